package conform

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/ftrace"
	"github.com/hpcheck/hpcheck/model"
)

// What a callback of a trace returned is what it may return in the model, wherever it may fail.
func TestFailuresOfCallbacks(t *testing.T) {
	k, err := model.Lookup("v7.3")
	require.NoError(t, err)
	call := func(step int, f string, ret int) []ftrace.Event {
		return []ftrace.Event{
			{Kind: ftrace.Enter, PID: 7, CPU: 1, Step: step, Func: f},
			{Kind: ftrace.Exit, PID: 7, CPU: 1, Step: step, Ret: ret},
		}
	}
	for _, tt := range []struct {
		step int
		f    string
		ret  int
		want []string
	}{
		{186, "workqueue_offline_cpu", -16, []string{"teardown:workqueue:online=EBUSY"}},
		{186, "workqueue_online_cpu", -12, []string{"startup:workqueue:online=ENOMEM"}},
		{186, "workqueue_online_cpu", 0, nil},
		{142, "takedown_cpu", -28, []string{"cpu_disable=ENOSPC"}},
		{82, "cpuhp_kick_ap_alive", -524, []string{"cpu_up=ENOTSUPP"}},
		{234, "sched_cpu_deactivate", -16, []string{"sched_cpu_deactivate=EBUSY"}},
		{234, "sched_cpu_activate", -16, nil}, // it cannot
		{186, "something_else", -16, nil},     // the state has no such callback
	} {
		got := failures(k, &ftrace.Trace{Events: call(tt.step, tt.f, tt.ret)})
		assert.Equal(t, tt.want, got, tt.f)
	}
}
