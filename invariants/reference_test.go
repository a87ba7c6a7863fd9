package invariants

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/model"
)

// reference explores a suite as plainly as it can be done: one thread, a map of whole states, a queue.
func reference(s *Suite) (levels []uint64, transitions uint64, found map[string]int, applied uint64) {
	w := s.newWorker()
	b := explore.NewBatch(s.Width())
	found = map[string]int{}
	note := func(set uint64, length int) {
		for i, p := range s.Properties {
			if _, known := found[p.Name]; set>>i&1 == 1 && !known {
				found[p.Name] = length
			}
		}
	}
	level := s.Initial()
	seen := map[string]bool{keyOf(level[0]): true}
	for depth := 0; len(level) > 0; depth++ {
		levels = append(levels, uint64(len(level)))
		var next [][]uint64
		var later uint64 // what steps violate: violations in the states come first, they are a step shorter
		for _, state := range level {
			b.Reset()
			note(w.Expand(state, b), depth)
			for i, step := range b.Steps {
				transitions++
				later |= step.Violated
				if key := keyOf(b.State(i)); !seen[key] {
					seen[key] = true
					next = append(next, slices.Clone(b.State(i)))
				}
			}
		}
		note(later, depth+1)
		level = next
	}
	return levels, transitions, found, w.Marks()[0]
}

// scenario is a change of the default one.
type scenario struct {
	name   string
	change func(*model.Scenario)
}

// small are scenarios that are explored in no time.
var small = []scenario{
	{"default", nil},
	{"one operation", func(sc *model.Scenario) { sc.Ops = 1 }},
	{"two faults", func(sc *model.Scenario) { sc.Faults, sc.Notifiers, sc.Smpboot, sc.DynStates = 2, 0, 0, 0 }},
	{"two dynamic states, two faults", func(sc *model.Scenario) { sc.DynStates, sc.Faults, sc.Ops = 2, 2, 1 }},
	{"cold", func(sc *model.Scenario) { sc.Boot, sc.Ops, sc.DynStates = 1, 1, 0 }},
	{"two tasks", func(sc *model.Scenario) {
		sc.Tasks, sc.Ops, sc.Notifiers, sc.Smpboot, sc.DynStates = 2, 1, 0, 0, 0
	}},
	{"three CPUs", func(sc *model.Scenario) { sc.CPUs, sc.Ops = 3, 1 }},
	{"no notifiers, no threads", func(sc *model.Scenario) { sc.Notifiers, sc.Smpboot, sc.DynStates = 0, 0, 0 }},
	{"a reader", func(sc *model.Scenario) { sc.Readers, sc.Ops, sc.Notifiers = 1, 1, 1 }},
	{"a looping reader", func(sc *model.Scenario) { sc.Readers, sc.ReadersLoop, sc.Ops, sc.Notifiers = 1, true, 1, 0 }},
	{"an installer", func(sc *model.Scenario) {
		sc.Installers, sc.Ops, sc.DynStates, sc.Notifiers, sc.Smpboot, sc.Faults = 1, 1, 0, 0, 0, 0
	}},
	{"any target", func(sc *model.Scenario) { sc.Targets, sc.Ops, sc.Faults = model.TargetsAll, 1, 0 }},
	{
		"suspend",
		func(sc *model.Scenario) { sc.Suspend, sc.Ops, sc.Notifiers, sc.Smpboot, sc.Faults = true, 1, 1, 0, 0 },
	},
	{"a disabler", func(sc *model.Scenario) { sc.Disablers, sc.Ops, sc.Notifiers = 1, 1, 0 }},
	{"an absent CPU", func(sc *model.Scenario) { sc.CPUs, sc.Absent, sc.Ops = 3, 1, 1 }},
	{"instances", func(sc *model.Scenario) { sc.Instances, sc.Ops, sc.DynStates = 2, 1, 0 }},
	{"a callback that reads", func(sc *model.Scenario) { sc.Callback = model.CallbackReads }},
	{"a callback that waits", func(sc *model.Scenario) { sc.Callback, sc.Readers, sc.Ops = model.CallbackWaits, 1, 1 }},
	{"a callback that fails half-way", func(sc *model.Scenario) { sc.Callback, sc.Ops = model.CallbackHalf, 1 }},
	{"broken contract", func(sc *model.Scenario) { sc.FaultPoints, sc.Ops = []string{"*dead/*", "cpu_*"}, 1 }},
	{"an instance that comes and goes", func(sc *model.Scenario) {
		sc.Instances, sc.InstancesComeAndGo, sc.Ops, sc.DynStates, sc.Notifiers, sc.Smpboot, sc.Faults = 2,
			model.InstanceOfOne, 1, 0, 0, 0, 0
	}},
	{"migrators", func(sc *model.Scenario) {
		sc.Migrators, sc.Ops, sc.DynStates, sc.Notifiers, sc.Smpboot, sc.Faults = 1, 1, 0, 0, 0, 0
	}},
	{
		"a task that may be throttled",
		func(sc *model.Scenario) { sc.Throttle, sc.Ops, sc.Smpboot, sc.Faults = model.ThrottleTask, 1, 0, 0 },
	},
	{
		"a holder that may be throttled",
		func(sc *model.Scenario) { sc.Throttle, sc.Ops, sc.Smpboot, sc.Faults = model.ThrottleHolder, 1, 0, 0 },
	},
	{"cpuset", func(sc *model.Scenario) { sc.Cpuset, sc.Ops, sc.Smpboot = true, 1, 0 }},
	{"wake-ups", func(sc *model.Scenario) {
		sc.WakeUps, sc.Ops, sc.DynStates, sc.Smpboot, sc.Notifiers, sc.Faults = 1, 1, 0, 0, 0, 0
	}},
	{"grace periods", func(sc *model.Scenario) { sc.RCU, sc.PowerOff, sc.Ops, sc.Notifiers = true, true, 1, 0 }},
	{"second threads", func(sc *model.Scenario) { sc.SMT, sc.Ops, sc.DynStates, sc.Smpboot = model.SMTOn, 1, 0, 0 }},
	{"second threads that are forbidden", func(sc *model.Scenario) {
		sc.SMT, sc.Boot, sc.Ops, sc.DynStates, sc.Smpboot, sc.Disablers, sc.Faults = model.SMTOff, 1, 1, 0, 0, 1, 0
	}},
	{"boot", func(sc *model.Scenario) {
		sc.CPUs, sc.Boot, sc.Sequence, sc.DynStates, sc.Smpboot, sc.Notifiers, sc.Faults = 3, 1, []model.Op{
			{Via: model.ViaBoot},
		}, 0, 0, 0, 0
	}},
	{"a state that comes and goes", func(sc *model.Scenario) {
		sc.Modules, sc.Ops, sc.DynStates, sc.Smpboot, sc.Faults = []string{"workqueue:online"}, 1, 0, 0, 0
	}},
	{"an installer of prepare states", func(sc *model.Scenario) {
		sc.Installers, sc.PrepareStates, sc.Ops, sc.DynStates, sc.Notifiers, sc.Smpboot, sc.Faults = 1, true, 1, 0, 0,
			0, 0
	}},
	{"CPU 0 goes down", func(sc *model.Scenario) {
		sc.CPU0Hotplug, sc.Notifiers, sc.Smpboot, sc.DynStates, sc.Faults = true, 0, 0, 0, 0
	}},
}

// The engine must agree with the reference on states, transitions, verdicts and the lengths of counterexamples.
func TestEngineAgreesWithReference(t *testing.T) {
	for i, kernel := range []string{"v4.6-rc3", "v4.6", "v6.1", "v6.12", "v4.10", "v4.13", "v4.14", "v4.19", "v5.13"} {
		for j, c := range small {
			if (i+j)%2 != 0 || i >= 2 && (i+j)%4 != 0 {
				continue // what one of them leaves out, another has
			}
			t.Run(kernel+" "+c.name, func(t *testing.T) {
				m := machine(t, kernel, nil, c.change)
				levels, transitions, found, applied := reference(Compile(m, All()))
				s, r := explored(t, m, 2)
				assert.Equal(t, levels, r.Levels)
				assert.Equal(t, transitions, r.Transitions)
				assert.Equal(t, found, violated(s, r))
				assert.Equal(t, applied, r.Marks[0])
			})
		}
	}
}

// States, transitions, verdicts and traces must be the same for any number of workers.
func TestWorkersDoNotMatter(t *testing.T) {
	cpus, kernels, teams := 3, []string{"v4.6-rc3", "v4.6", "v6.1", "v6.12"}, []int{1, 2, 7}
	if testing.Short() { // under the race detector
		cpus, kernels, teams = 2, []string{"v4.6-rc3", "v6.12"}, []int{1, 7}
	}
	for _, kernel := range kernels {
		m := machine(t, kernel, nil, func(sc *model.Scenario) { sc.CPUs = cpus })
		for _, reduce := range []Reduction{0, Symmetry | PartialOrder, Symmetry | PartialOrder | Merge} {
			if reduce == 0 && kernel >= "v6" {
				continue // too many
			}
			var want *explore.Result
			for _, workers := range teams {
				s := Compile(m, All())
				s.Reduce = reduce
				r, err := explore.Run(context.Background(), s, explore.Options{Workers: workers})
				require.NoError(t, err)
				r.Elapsed, r.Bytes = 0, 0
				if want == nil {
					want = r
				}
				assert.Equal(t, want, r, "%s with %d workers, reduced by %v", kernel, workers, reduce)
			}
		}
	}
}

// Every counterexample must replay.
func TestReplay(t *testing.T) {
	m := machine(t, "v4.6-rc3", nil, func(sc *model.Scenario) { sc.Faults = 2 })
	s, r := explored(t, m, 2)
	assert.NotEmpty(t, r.Violations)
	for _, v := range r.Violations {
		steps, reasons, err := s.Replay(v)
		assert.NoError(t, err)
		assert.Len(t, steps, len(v.Trace.Steps))
		assert.NotEmpty(t, reasons, s.Properties[v.Property].Name)
		for _, r := range reasons {
			assert.NotEmpty(t, r.Clause)
		}
	}
}

// What is not a trace, or one that violates nothing, must be refused.
func TestReplayRefuses(t *testing.T) {
	m := machine(t, "v4.6-rc3", nil, nil)
	s, r := explored(t, m, 1)
	good := r.Violations[0]

	short := good
	short.Trace.Steps = good.Trace.Steps[:10]
	_, _, err := s.Replay(short)
	assert.ErrorContains(t, err, "does not violate")

	wrong := good
	wrong.Trace.Steps = append([]int{99}, good.Trace.Steps...)
	_, _, err = s.Replay(wrong)
	assert.ErrorContains(t, err, "is not possible")
}
