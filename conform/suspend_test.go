package conform

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/ftrace"
	"github.com/hpcheck/hpcheck/model"
)

// A suspend is told by its own events, and found without them; who takes the CPUs down, and in which order, is looked at.
func TestSuspend(t *testing.T) {
	for _, f := range folders {
		if !slices.Contains(f.modes, "suspend") {
			continue
		}
		k := f.kernel(t)
		trace := recorded(t, f.name, "suspend")[0]
		require.Contains(t, trace.File, "suspend.trace")
		accepts := func(k model.Kernel, change func(*ftrace.Event) bool) bool {
			changed := *trace
			changed.Events = nil
			for _, e := range trace.Events {
				if change(&e) {
					changed.Events = append(changed.Events, e)
				}
			}
			require.NotEmpty(t, changed.Events)
			r, err := Check(k, &changed)
			require.NoError(t, err)
			return r.Accepted
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
	}
}
