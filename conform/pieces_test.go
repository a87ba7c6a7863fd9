package conform

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/ftrace"
)

// The trace of a boot (trace_event=cpuhp:cpuhp_enter,... on the kernel's command line) has the bring-ups of all CPUs
// and then the states of many drivers; it is judged piece by piece. A call that is missing on one CPU is seen in each
// piece.
func TestBoot(t *testing.T) {
	for _, folder := range []folder{{name: "6.1-cloud", edition: "v6.1"}, {name: "amd64-7.3.4", edition: "v7.3"}} {
		t.Run(folder.name, func(t *testing.T) {
			folder.modes = []string{"boot"}
			k, trace := folder.kernel(t), recorded(t, folder.name, "boot")[0]
			r := Check(t.Context(), k, trace)
			require.Equal(t, VerdictAccepted, r.Verdict, "%d: %s %s %v", r.Line, r.Why, r.Seen, r.Could)
			more, err := k.ParseStates(k.States)
			require.NoError(t, err)
			for i := range more {
				more[i].Instances += 2
			}
			since, err := k.WithStates(k.Machine, more)
			require.NoError(t, err)
			assert.Equal(t, VerdictAccepted, Check(t.Context(), since, trace).Verdict, "two more came since the boot")
			notes := strings.Join(r.Notes, "; ")
			assert.Contains(t, notes, "printk:online", "it is installed later, and called for nobody")
			assert.Contains(t, notes, "pieces, cut where the machine is at rest")

			_, early := ofBoot(trace)
			for _, what := range []func(e *ftrace.Event) bool{
				func(e *ftrace.Event) bool { return e.CPU == 2 && e.Func == "page_alloc_cpu_online" },
				func(e *ftrace.Event) bool { return e.CPU == 1 && e.Func == "sched_cpu_activate" },
				func(e *ftrace.Event) bool { return e.CPU == 1 && e.Func == "cacheinfo_cpu_online" },
			} {
				missing := *trace
				i := early + slices.IndexFunc(trace.Events[early:], func(e ftrace.Event) bool { return what(&e) })
				require.GreaterOrEqual(t, i, early)
				missing.Events = slices.Delete(slices.Clone(trace.Events), i, i+2) // with its exit
				r := Check(t.Context(), k, &missing)
				assert.Equal(t, VerdictRefused, r.Verdict, "without line %d: %s", trace.Events[i].Line, r.Why)
			}
		})
	}
}

// Only a trace with more states than the model has room for is cut, and only where the machine is at rest.
func TestPieces(t *testing.T) {
	f := folder{"6.1-cloud", "v6.1", []string{"boot"}}
	k, trace := f.kernel(t), recorded(t, f.name, "boot")[0]
	trace, _ = ofBoot(trace)
	all := pieces(k, trace)
	require.Len(t, all, 4)
	total := 0
	for _, part := range all {
		calls := 0
		for _, e := range part.Events {
			switch e.Kind {
			case ftrace.Enter, ftrace.MultiEnter:
				calls++
			case ftrace.Exit:
				calls--
			}
			require.GreaterOrEqual(t, calls, 0, "line %d", e.Line)
		}
		assert.Zero(t, calls)
		total += len(part.Events)
	}
	assert.Equal(t, len(trace.Events), total)
	for _, mode := range []string{"plain", "stress"} {
		for _, trace := range recorded(t, f.name, mode) {
			assert.Len(t, pieces(k, trace), 1, trace.File)
		}
	}
}
