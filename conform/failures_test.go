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

// A callback that fails by itself gives its error to whoever wrote, and the walk is undone.
func TestPredictOwnFailures(t *testing.T) {
	k, err := model.Lookup("v7.3")
	require.NoError(t, err)
	for _, tt := range []struct {
		point, op string
		want      string
	}{
		{"teardown:workqueue:online=EBUSY", "online:1=0", "returns -EBUSY; state 235, target 235, fail -1, online 0-1"},
		{"sched_cpu_deactivate=ENOSPC", "online:1=0", "returns -ENOSPC; state 235, target 235, fail -1, online 0-1"},
		{
			"teardown:timers:prepare=EIO", "online:1=0",
			"returns -EIO; state 143, target 142, fail -1, online 0-1; warns: _cpu_down: WARN(1, DEAD callback error)",
		},
		{"startup:workqueue:online=EIO", "online:1=0", ""},
	} {
		sc := model.Default()
		sc.CPUs, sc.DynStates, sc.FaultPoints, sc.Faults = 2, 0, []string{tt.point}, 1
		op, err := model.ParseOp(tt.op)
		require.NoError(t, err)
		sc.Sequence = []model.Op{op}
		m, err := model.New(k, sc)
		require.NoError(t, err, tt.point)
		got, err := PredictUnder(m, nil, 0, Conditions{Fails: true})
		if tt.want == "" {
			assert.EqualError(t, err, "nothing that is to fail is called")
			continue
		}
		require.NoError(t, err, tt.point)
		require.Len(t, got, 1, tt.point)
		assert.Equal(t, tt.want, got[0].String())
	}
}
