package model

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// In every state in which a thread has a free step, each step that another one can make comes to the same before it as
// after it, and takes nothing but a CPU from it. That is so in all states of small scenarios, so "now or ever".
func TestFreeSteps(t *testing.T) {
	t.Parallel()
	scenarios := slices.Concat(commuteScenarios, []commuteScenario{
		{"two tasks", func(sc *Scenario) { sc.Tasks = 2 }},
		{"wake-ups for no reason", func(sc *Scenario) { sc.WakeUps = 1 }},
		{"a thread of smpboot", func(sc *Scenario) { sc.Smpboot = 1 }},
	})
	free := map[string]int{} // by label
	all := func(EventKind) bool { return true }
	for _, kernel := range []string{"v4.6", "v4.14", "v6.12"} {
		for _, sc := range scenarios {
			if testing.Short() && sc.name != "two tasks" && sc.name != "a thread of smpboot" {
				continue
			}
			m := commuteMachine(t, kernel, sc.change)
			c := &commuting{m: m, x: m.NewExec()}
			visit(m, 10_000, func(_ *Exec, before, _ *State, _ Action) {
				if c.last == *before {
					return
				}
				c.last = *before
				movers := c.movers(before)
				for i := range movers {
					if s := &movers[i]; s.outcomes > 0 && c.x.Free(before, s.id, all) {
						free[m.Place(before, s.id).Label]++
						require.NoError(t, c.free(before, movers, s), "%s, %s", kernel, sc.name)
					}
				}
			})
		}
	}
	assert.Greater(t, free["schedule()"], 100)
	assert.Greater(t, free[LabelOperation], 100)
}

// free looks at a free step of t, before and after each step of the others.
func (c *commuting) free(s *State, all []mover, t *mover) error {
	for i := range all {
		u := &all[i]
		for n := range t.outcomes * u.outcomes {
			a, b := n/u.outcomes, n%u.outcomes
			second, events := c.do(*s, u.id, b)
			first, alone := c.do(*s, t.id, a)
			switch {
			case u.id == t.id || second.Crashed:
				continue
			case c.x.Outcomes(&first, u.id) != u.outcomes:
				return fmt.Errorf("%s takes the step from %s", c.text(s, t), c.text(s, u))
			case c.x.Outcomes(&second, t.id) == 0 && c.kept(&second, t.id):
				continue
			case c.x.Outcomes(&second, t.id) != t.outcomes:
				return fmt.Errorf("%s takes the step from %s", c.text(s, u), c.text(s, t))
			}
			one, behind := c.do(second, t.id, a)
			two, other := c.do(first, u.id, b)
			if one != two || !slices.Equal(events, other) || !slices.Equal(alone, behind) {
				return fmt.Errorf("%s and %s come to something else in another order", c.text(s, t), c.text(s, u))
			}
		}
	}
	return nil
}

// kept reports whether stoppers keep a thread off its CPU.
func (c *commuting) kept(s *State, id ThreadID) bool {
	c.x.become(s, id)
	return !c.x.scheduled()
}

// What rebinds relies on: who is woken from TASK_PARKED sleeps and was bound before.
func TestParkedAreBoundBeforeTheyWake(t *testing.T) {
	t.Parallel()
	woken := 0
	for _, kernel := range []string{"v4.6", "v4.10", "v4.13", "v4.14"} {
		m := machine(t, kernel, func(sc *Scenario) { sc.CPUs, sc.Ops, sc.Faults, sc.DynStates = 3, 2, 1, 0 })
		require.True(t, m.rebinds())
		visit(m, 15_000, func(_ *Exec, before, after *State, act Action) {
			for _, id := range m.Threads() {
				was, is := m.Thread(before, id), m.Thread(after, id)
				if act.Thread() != id && was.State == TaskParked && is.State != TaskParked {
					woken++
					require.False(t, was.Queued || was.Elsewhere, "%s: %s", kernel, m.Place(before, act.Thread()).Label)
				}
				if !is.Queued && is.State == TaskParked {
					require.False(t, is.Elsewhere)
				}
			}
		})
	}
	assert.Greater(t, woken, 40)
}

// A mutant that does some of it wrong remembers what it does not bind, and so do later editions.
func TestNothingIsForgottenWhereItMatters(t *testing.T) {
	k, err := Lookup("v4.6")
	require.NoError(t, err)
	sound, err := New(k, Default())
	require.NoError(t, err)
	assert.True(t, sound.rebinds())
	wrong := 0
	for _, mu := range sound.Mutations() {
		if !slices.Contains(parkers, mu.Function) && !strings.Contains(mu.Label, "kthread") {
			continue
		}
		m, err := NewMutant(k, Default(), mu)
		require.NoError(t, err)
		assert.False(t, m.rebinds(), mu.String())
		wrong++
	}
	assert.Greater(t, wrong, 50)
	m, err := NewMutant(k, Default(), Mutation{
		Kind: MutateDrop,
		Instruction: Instruction{
			Function: "_cpu_down", Label: "hasdied = prev_state != st->state && st->state == CPUHP_OFFLINE",
		},
	})
	require.NoError(t, err)
	if assert.NotNil(t, m) {
		assert.True(t, m.rebinds())
	}
}
