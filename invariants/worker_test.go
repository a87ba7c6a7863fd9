package invariants

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/model"
)

// beside are scenarios with one participant each beside the task, and one with two tasks.
var beside = []func(*model.Scenario){
	func(sc *model.Scenario) { sc.CPUs = 4 },
	func(sc *model.Scenario) { sc.Tasks = 2 },
	func(sc *model.Scenario) { sc.Readers = 1 },
	func(sc *model.Scenario) { sc.Installers, sc.PrepareStates, sc.Instances = 1, true, 2 },
	func(sc *model.Scenario) { sc.Suspend, sc.Ops = true, 1 },
	func(sc *model.Scenario) { sc.Disablers = 1 },
	func(sc *model.Scenario) { sc.SMT = model.SMTOn },
	func(sc *model.Scenario) { sc.Migrators = 1 },
	func(sc *model.Scenario) { sc.Throttle, sc.Cpuset = model.ThrottleTask, true },
	func(sc *model.Scenario) { sc.WakeUps, sc.RCU = 1, true },
}

// What a worker does with what has changed comes to the same as what is done with all of a state.
func TestExpandingByChanges(t *testing.T) {
	for _, kernel := range []string{"v4.6", "v4.14", "v6.12", "v7.3"} {
		for _, change := range beside {
			s := Compile(machine(t, kernel, nil, change), All())
			w, walk, b := s.newWorker(), s.Walk(), explore.NewBatch(s.Width())
			for state := range states(s, 400) {
				b.Reset()
				violated := w.Expand(state, b)
				ts, want := walk.Transitions(state)
				require.Equal(t, want, violated)
				require.Len(t, b.Steps, len(ts))
				for i, step := range b.Steps {
					require.Equal(t, ts[i].Next, b.State(i))
					require.Equal(t, ts[i].Violated, step.Violated)
					for j, p := range s.Parts() {
						same := slices.Equal(state[p.From:p.To], b.State(i)[p.From:p.To])
						require.True(t, same || step.Parts>>j&1 == 1, "part %d has changed, and is not said to", j)
					}
				}
			}
		}
	}
}

// A property that looks only at steps that move something has nothing to say of the others.
func TestWhenNothingMoves(t *testing.T) {
	for _, kernel := range []string{"v4.6", "v6.12"} {
		for _, change := range beside {
			s := Compile(machine(t, kernel, nil, change), All())
			walk, c := s.Walk(), s.newWorker().check
			skipped := 0
			for state := range states(s, 400) {
				before := walk.State(state)
				ts, _ := walk.Transitions(state)
				for _, tr := range ts {
					c.Before, c.After, c.Thread = &before, &tr.After, tr.Action.Thread()
					c.memory = tr.Next[s.Machine.Words():]
					if c.occasions(s.Machine.Changes(&before, &tr.After, model.Everything))&moved != 0 {
						continue
					}
					c.violate, c.witness = 0, 0
					for _, o := range s.onStep {
						if o.when == moved {
							c.call(s, o.property, o.step)
							skipped++
						}
					}
					require.Zero(t, c.violate)
					require.Zero(t, c.witness)
				}
			}
			require.NotZero(t, skipped)
		}
	}
}
