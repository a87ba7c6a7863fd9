package conform

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/ftrace"
	"github.com/hpcheck/hpcheck/model"
)

// A suspend is told by its own events, and found without them; who takes the CPUs down, and in which order, is looked
// at.
func TestSuspend(t *testing.T) {
	for _, f := range folders {
		if !slices.Contains(f.modes, "suspend") {
			continue
		}
		k := f.kernel(t)
		trace := recorded(t, f.name, "suspend")[0]
		require.Contains(t, trace.File, "suspend.trace")
		check := func(k model.Kernel, change func(*ftrace.Event) bool) Result {
			changed := *trace
			changed.Events = nil
			for _, e := range trace.Events {
				if change(&e) {
					changed.Events = append(changed.Events, e)
				}
			}
			require.NotEmpty(t, changed.Events)
			r := Check(t.Context(), k, &changed)
			return r
		}
		accepts := func(k model.Kernel, change func(*ftrace.Event) bool) bool {
			return check(k, change).Verdict == VerdictAccepted
		}
		told := func(e *ftrace.Event) bool { return true }
		untold := func(e *ftrace.Event) bool { return e.Kind != ftrace.Suspend }
		assert.True(t, accepts(k, told), f.name)
		assert.True(t, accepts(k, untold), f.name)
		other := k
		other.FreezesFromLast = !k.FreezesFromLast
		assert.False(t, accepts(other, told), "%s: it takes them down from the other end", f.name)
		assert.False(t, accepts(other, untold), "%s: it takes them down from the other end, and is not told", f.name)
		assert.False(t, accepts(k, func(e *ftrace.Event) bool {
			return e.Kind != ftrace.Suspend || e.Starts || e.CPU != 2
		}), "%s: of CPU 2 no end is told", f.name)
		assert.False(t, accepts(k, func(e *ftrace.Event) bool {
			if !isBound(e.Comm) && e.Kind != ftrace.Suspend && e.Target < e.Step {
				e.Comm, e.PID = "kworker/0:1", 7
			}
			return true
		}), "%s: a worker takes the CPUs down, and another task suspends", f.name)
		assert.True(t, accepts(k, func(e *ftrace.Event) bool {
			if !isBound(e.Comm) {
				e.Comm, e.PID = "kworker/u8:1", 7
			}
			return e.Kind != ftrace.Suspend
		}), "%s: a worker suspends the machine, and is not told", f.name)
		for _, only := range [][]int{{1}, {2}, {3}, {1, 3}} {
			assert.True(t, accepts(k, func(e *ftrace.Event) bool {
				if !isBound(e.Comm) {
					e.On = 0
				}
				return slices.Contains(only, e.CPU)
			}), "%s: of the others nothing is seen: they are down", f.name)
		}
		begun := 0
		mid := check(k, func(e *ftrace.Event) bool {
			if e.Kind == ftrace.Suspend {
				begun++
			}
			return begun > 2
		})
		assert.Equal(t, VerdictUndecided, mid.Verdict)
		assert.Contains(t, mid.Why, "in the middle of a suspend")
		begun = 0
		assert.False(t, accepts(k, func(e *ftrace.Event) bool {
			if e.Kind == ftrace.Suspend {
				begun++
			}
			if begun > 3 && !isBound(e.Comm) {
				e.PID = 7
			}
			return true
		}), "%s: another task goes on with it", f.name)
		last := len(trace.Events) - 10
		at := trace.Events[last].Line
		late := check(k, func(e *ftrace.Event) bool { return e.Line != at })
		assert.False(t, late.Verdict != VerdictRefused)
		good := Check(t.Context(), k, trace)
		assert.Less(t, late.Searched, 10*good.Searched, "%s: one event is missing near the end", f.name)
	}
}

// A task that takes a CPU down by itself, where a worker has to, is not taken for one that suspends the machine.
func TestDownByTheCallerIsNoSuspend(t *testing.T) {
	_, k := machineOf(t, "6.12-cloud")
	down := *named(t, recorded(t, "6.12-cloud", "plain"), "plain.c1.236-000")
	for _, marks := range []bool{true, false} {
		for _, header := range []bool{true, false} {
			trace := down
			if !header {
				trace.Header = nil
			}
			trace.Events = nil
			for _, e := range down.Events {
				if isWorker(e.Comm) {
					e.Comm, e.PID = down.Events[0].Comm, down.Events[0].PID
				}
				if marks || e.Kind != ftrace.Begin && e.Kind != ftrace.End {
					trace.Events = append(trace.Events, e)
				}
			}
			assert.False(t, suspends(k, &trace))
			assert.Equal(t, VerdictRefused, Check(t.Context(), k, &trace).Verdict, "marks %v, header %v", marks, header)
		}
	}
}
