package invariants

import (
	"context"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/model"
)

// switches counts how often the acting thread changes.
func switches(actions []model.Action) int {
	n := 0
	for i := range actions[1:] {
		if actions[i].Thread() != actions[i+1].Thread() {
			n++
		}
	}
	return n
}

// byThread are the steps of each thread.
func byThread(actions []model.Action) map[model.ThreadID][]model.Action {
	by := map[model.ThreadID][]model.Action{}
	for _, a := range actions {
		by[a.Thread()] = append(by[a.Thread()], a)
	}
	return by
}

// fewest tries every order of the steps, plainly.
func fewest(s *Suite, actions []model.Action, property int) int {
	w, by := s.newWorker(), byThread(actions)
	threads := slices.Sorted(maps.Keys(by))
	type place struct {
		state string
		done  string // how many of its steps each thread has taken
		last  model.ThreadID
	}
	known := map[place]int{}
	const never = 1 << 20
	var try func(state []uint64, done []byte, last model.ThreadID, left int) int
	try = func(state []uint64, done []byte, last model.ThreadID, left int) int {
		at := place{keyOf(state), string(done), last}
		if n, ok := known[at]; ok {
			return n
		}
		best := never
		var before model.State
		s.Machine.Decode(&before, state)
		for i, id := range threads {
			steps := by[id][done[i]:]
			if len(steps) == 0 || !w.exec.CanDo(&before, steps[0]) {
				continue
			}
			next := slices.Clone(state)
			w.before = before
			violated := w.take(steps[0], next)>>property&1 == 1
			after := w.after
			s.Machine.Encode(next, &after)
			cost := never
			if left == 1 {
				if violated || len(w.exec.Enabled(&after, nil)) == 0 && w.end(&after, next)>>property&1 == 1 {
					cost = 0
				}
			} else if !violated {
				more := slices.Clone(done)
				more[i]++
				cost = try(next, more, id, left-1)
			}
			if id != last && last != model.Nobody {
				cost++
			}
			best = min(best, cost)
		}
		known[at] = best
		return best
	}
	return try(s.Boot(), make([]byte, len(threads)), model.Nobody, len(actions))
}

// A counterexample has the fewest context switches among all orders of its steps.
func TestFewestSwitches(t *testing.T) {
	fewer := 0
	for _, test := range []struct {
		kernel   string
		property string
		depth    int // to which it is searched for
		change   func(*model.Scenario)
	}{
		{"v4.6", "no-deadlock", 40,
			func(sc *model.Scenario) { sc.Readers, sc.Callback, sc.Ops, sc.Faults = 1, model.CallbackWaits, 1, 0 }},
		{"v4.6", "mailbox-exclusive", 30, func(sc *model.Scenario) { sc.Installers, sc.Ops = 2, 0 }},
		{"v4.6", "no-deadlock", 40, func(sc *model.Scenario) { sc.Targets, sc.Tasks, sc.Ops = model.TargetsAll, 2, 1 }},
		{"v4.6-rc3", "down-failed-on-target", 160, nil},
		{"v4.6-rc3", "no-deadlock", 160, func(sc *model.Scenario) { sc.Notifiers, sc.DynStates = 0, 0 }},
	} {
		ps, err := Select(nil, test.property)
		require.NoError(t, err)
		s := Compile(machine(t, test.kernel, nil, func(sc *model.Scenario) {
			sc.CPUs = 2
			if test.change != nil {
				test.change(sc)
			}
		}), ps)
		r, err := explore.Run(context.Background(), s, explore.Options{Workers: 1, Depth: test.depth})
		require.NoError(t, err)
		require.Len(t, r.Violations, 1, test.property)
		before, err := s.unfold(r.Violations[0])
		require.NoError(t, err)
		after := s.newWorker().calm(slices.Clone(before), 0)
		assert.Equal(t, byThread(before), byThread(after), "each thread does what it did")
		n, ok := s.newWorker().perform(after, 0, nil)
		assert.True(t, ok)
		assert.Len(t, after, n)
		assert.Equal(t, fewest(s, before, 0), switches(after), "%s on %s", test.property, test.kernel)
		if switches(after) < switches(before) {
			fewer++
		}
	}
	assert.GreaterOrEqual(t, fewer, 2)
}
