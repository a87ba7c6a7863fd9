package model

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is declared less than it may be (access.narrowedBy) is held against what is executed, in every state that is
// reachable: a step that by its footprint depends on none of two steps of others must come to the same before as after
// them, and nobody may be able to go on after a step that by its footprint changes nothing of what he waits for.

// commutes looks at all states of a machine, and returns what is declared wrongly, nil if nothing is, and how often an
// instruction that is narrowed took part.
func commutes(m *Machine, limit int) (narrowed int, whole bool, err error) {
	c := &commuting{m: m, x: m.NewExec()}
	n := visit(m, limit, func(_ *Exec, before, _ *State, _ Action) {
		if err == nil && c.last != *before { // once, and not for each transition
			c.last = *before
			err = c.state(before)
		}
	})
	return c.narrowed, n < limit, err
}

type commuting struct {
	m        *Machine
	x        *Exec
	last     State
	narrowed int
}

// mover is a thread in a state.
type mover struct {
	id       ThreadID
	outcomes int
	step     Footprint
	waits    Guard
	narrowed bool
}

func (c *commuting) movers(s *State) (all []mover) {
	for id := firstThread; int(id) < len(c.m.threads); id++ {
		t := mover{id: id, outcomes: c.x.Outcomes(s, id)}
		if t.outcomes > 0 {
			c.x.Next(s, id, &t.step)
		} else {
			c.x.Waits(s, id, &t.waits)
		}
		c.x.become(s, id)
		t.narrowed = c.x.node().access.now != nil
		all = append(all, t)
	}
	return all
}

// do returns the state after a step, and what it made visible: who completes what stop_machine() waits for is of no
// interest to anybody.
func (c *commuting) do(s State, id ThreadID, outcome int) (State, []Event) {
	c.x.Do(&s, action(id, outcome))
	return s, slices.DeleteFunc(slices.Clone(c.x.Events), func(e Event) bool { return e.Completion == StopCompletion })
}

func (c *commuting) state(s *State) error {
	all := c.movers(s)
	for i := range all {
		t := &all[i]
		for outcome := range t.outcomes {
			if err := c.lets(s, all, t, outcome); err != nil {
				return err
			}
		}
		for j := range all {
			if u := &all[j]; i != j && t.outcomes > 0 && u.outcomes > 0 && c.apart(s, t, u) {
				if err := c.after(s, s, t, u, 1); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// apart reports whether by their footprints u's step may come before t's or after it.
func (c *commuting) apart(s *State, t, u *mover) bool {
	return !t.step.Conflicts(&u.step) && !t.step.Blocks(&u.step) && !u.step.Blocks(&t.step) &&
		!t.step.Crowds(&u.step, c.m, s) && !u.step.Crowds(&t.step, c.m, s)
}

// lets looks whether a step lets somebody go on who waits for what it does not change.
func (c *commuting) lets(s *State, all []mover, t *mover, outcome int) error {
	after, _ := c.do(*s, t.id, outcome)
	for i := range all {
		w := &all[i]
		if w.id == t.id || w.outcomes > 0 || after.Crashed || t.step.Changes(&w.waits) {
			continue
		}
		if c.x.Outcomes(&after, w.id) > 0 {
			return fmt.Errorf("%s lets %s, which waits for something else", c.text(s, t), c.text(s, w))
		}
	}
	return nil
}

// after looks at t's step before and after u's, and, if there are more, before and after another one's behind that.
// The step was looked at in the state from.
func (c *commuting) after(from, s *State, t, u *mover, more int) error {
	if t.narrowed || u.narrowed {
		c.narrowed++
	}
	for a := range t.outcomes {
		for b := range u.outcomes {
			second, events := c.do(*s, u.id, b)
			first, alone := c.do(*s, t.id, a)
			if first.Crashed || second.Crashed {
				continue // that is independent of nothing
			}
			if c.x.Outcomes(&second, t.id) != t.outcomes || c.x.Outcomes(&first, u.id) != u.outcomes {
				return fmt.Errorf("%s and %s: one of them takes the other's step", c.text(from, t), c.text(s, u))
			}
			one, behind := c.do(second, t.id, a)
			two, other := c.do(first, u.id, b)
			if one != two || !slices.Equal(events, other) || !slices.Equal(alone, behind) {
				return fmt.Errorf("%s and %s come to something else in another order", c.text(from, t), c.text(s, u))
			}
			if more == 0 {
				continue
			}
			next := c.movers(&second)
			for i := range next {
				v := &next[i]
				if v.id != t.id && v.outcomes > 0 && c.apart(&second, t, v) {
					if err := c.after(from, &second, t, v, more-1); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

func (c *commuting) text(s *State, t *mover) string {
	p := c.m.Place(s, t.id)
	return fmt.Sprintf("%s of %s", p.Label, c.m.ThreadName(t.id))
}

type commuteScenario struct {
	name   string
	change func(*Scenario)
}

// commuteScenarios are small, so that all states can be looked at, and have all that is narrowed.
var commuteScenarios = []commuteScenario{
	{"two operations", func(sc *Scenario) { sc.Ops = 2 }},
	{"three CPUs", func(sc *Scenario) { sc.CPUs = 3 }},
	{"a disabler", func(sc *Scenario) { sc.Disablers = 1 }},
	{"a reader", func(sc *Scenario) { sc.Readers = 1 }},
	{"an installer", func(sc *Scenario) { sc.Installers, sc.Ops = 1, 0 }},
	{"suspend", func(sc *Scenario) { sc.Suspend, sc.Ops = true, 0 }},
	{"second threads", func(sc *Scenario) { sc.SMT = SMTOn }},
	{"a migrator", func(sc *Scenario) { sc.Migrators, sc.Ops = 1, 0 }},
	{"a migrator beside an operation", func(sc *Scenario) { sc.Migrators, sc.Sequence = 1, []Op{{CPU: 1}} }},
}

func commuteMachine(t *testing.T, kernel string, change func(*Scenario)) *Machine {
	return machine(t, kernel, func(sc *Scenario) {
		sc.Ops, sc.Faults, sc.Notifiers, sc.DynStates, sc.Smpboot = 1, 0, 0, 0, 0
		change(sc)
	})
}

func TestNarrowedAccessesCommute(t *testing.T) {
	for _, kernel := range []string{"v4.6", "v6.12"} {
		for _, sc := range commuteScenarios {
			if kernel == "v4.6" && sc.name == "a migrator beside an operation" || kernel != "v6.12" && testing.Short() {
				continue // the largest by far, and much as that of v6.12
			}
			m := commuteMachine(t, kernel, sc.change)
			narrowed, whole, err := commutes(m, 40_000)
			require.NoError(t, err, "%s, %s", kernel, sc.name)
			assert.True(t, whole, "%s, %s: not all states", kernel, sc.name)
			assert.True(t, narrowed > 100 || sc.name == "an installer", "%s, %s: %d", kernel, sc.name, narrowed)
		}
	}
}

// Whatever is narrowed to nothing is noticed.
func TestNarrowedTooFarIsNoticed(t *testing.T) {
	narrowed := map[string]bool{} // by label
	for _, sc := range commuteScenarios {
		for _, p := range commuteMachine(t, "v6.12", sc.change).programs {
			for i := range p.nodes {
				if n := &p.nodes[i]; n.access.now != nil {
					narrowed[n.label] = true
				}
			}
		}
	}
	assert.Len(t, narrowed, 9)
	for label := range narrowed {
		noticed := slices.ContainsFunc(commuteScenarios, func(sc commuteScenario) bool {
			m, stands := commuteMachine(t, "v6.12", sc.change), false
			for _, p := range m.programs {
				for i := range p.nodes {
					if n := &p.nodes[i]; n.label == label && n.access.now != nil {
						n.access.now = func(*Exec) access { return own }
						stands = true
					}
				}
			}
			if !stands {
				return false
			}
			_, _, err := commutes(m, 3_000)
			return err != nil
		})
		assert.True(t, noticed, label)
	}
}
