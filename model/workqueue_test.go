package model

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The hotplug thread fails on its way up, and again on its way back. Then cpuhp_up_callbacks() goes on down from where
// that is left, by itself and on its own CPU, and workqueue_offline_cpu() refuses to run there. Since v5.13 the walk
// ends with that, and the CPU stays; before, nobody looks at the result. In v4.14 a work item did the work.
func TestWorkqueueOfflineElsewhere(t *testing.T) {
	for _, tt := range []struct {
		kernel string
		result Errno
		stays  bool // where it is then
	}{
		{"v4.14", OK, false},
		{"v4.19", EPERM, false},
		{"v5.13", EPERM, true},
		{"v6.1", EPERM, true},
		{"v6.12", EPERM, true},
		{"v7.3", EPERM, true},
	} {
		t.Run(tt.kernel, func(t *testing.T) {
			m := machine(t, tt.kernel, func(sc *Scenario) {
				sc.Boot, sc.Sequence, sc.DynStates, sc.Faults = 1, []Op{{Up: true, CPU: 1}}, 3, 2
				sc.FaultPoints = []string{"startup/dyn3", "teardown/dyn2"}
			})
			calls, look := 0, m.NewExec()
			states := visit(m, 20_000, func(x *Exec, before, after *State, act Action) {
				for _, e := range x.Events {
					if e.Kind == EventExit && m.Ladder[e.Step].Teardown == "workqueue_offline_cpu" && !e.Up &&
						m.threads[act.Thread()].kind == kindTask {
						calls++
						assert.Equal(t, tt.result, e.Ret)
					}
				}
				if tt.stays && len(look.Enabled(after, nil)) == 0 && after.Faults == 0 {
					assert.Equal(t, "irq/affinity:online", m.Ladder[after.CPU[1].State].Name)
				}
			})
			require.Less(t, states, 20_000)
			assert.Positive(t, calls)
		})
	}
}
