package reports

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
)

// Whoever begins operations without a call of cpu_up() or cpu_down() is named as what he is: a suspend is no boot, and
// an installer is not in the operation of a task. What weak memory shows a thread is told.
func TestStoryNamesWhoDoesIt(t *testing.T) {
	for _, tt := range []struct {
		kernel, property string
		scenario         model.Scenario
		want             []string
	}{
		{
			"v6.12", "truthful-result",
			model.Scenario{CPUs: 2, Tasks: 1, Suspend: true, Faults: 1, FaultPoints: []string{"cpu_up"}},
			[]string{"In the suspend, by suspend 0 in cpu_hotplug_enable()", "suspend 0: cpu_up(1) ends with -EIO"},
		},
		{
			"v4.6", "mailbox-exclusive", model.Scenario{CPUs: 2, Tasks: 1, Installers: 2},
			[]string{"By installer 1 in cpuhp_invoke_ap_callback(): ", "No failure is injected."},
		},
		{
			"v6.12", "no-deadlock",
			model.Scenario{
				CPUs: 2, Tasks: 1, Sequence: []model.Op{{CPU: 1}}, MemoryModel: model.Relaxed, Faults: 1,
				FaultPoints: []string{"fail/sched:active"},
			},
			[]string{
				"bringup = st->bringup still finds the old value: CPU 1", "takes cpu_add_remove_lock and keeps it",
			},
		},
	} {
		k, err := model.Lookup(tt.kernel)
		require.NoError(t, err)
		m, err := model.New(k, tt.scenario)
		require.NoError(t, err)
		props, err := invariants.Select(nil, tt.property)
		require.NoError(t, err)
		s := invariants.Compile(m, props)
		result, err := explore.Run(context.Background(), s, explore.Options{})
		require.NoError(t, err)
		require.NotEmpty(t, result.Violations, tt.property)
		c, err := New(s, result.Violations[0])
		require.NoError(t, err)
		text := string(render(t, c.Tell))
		for _, want := range tt.want {
			assert.Contains(t, text, want)
		}
		assert.NotContains(t, text, "the boot")
	}
}
