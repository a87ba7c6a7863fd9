package lower_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
)

// TestOwned: what two threads may touch at the same time is not merged, and what one thread owns is.
func TestOwned(t *testing.T) {
	disowned := func(code string, change func(*model.Scenario)) model.Object {
		sc := small()
		change(&sc)
		m, err := model.New(kernel(t, code), sc)
		require.NoError(t, err)
		s := invariants.Compile(m, nil)
		s.Reduce = invariants.Auto(sc, 0, nil)
		s, _, err = invariants.Explore(context.Background(), s, explore.Options{Workers: 2})
		require.NoError(t, err)
		return s.Machine.Kernel.Disowned
	}
	assert.Empty(t, disowned(core(t), func(*model.Scenario) {}).String())
	assert.Equal(
		t,
		"st->state",
		disowned(core(t), func(sc *model.Scenario) { sc.Tasks, sc.Ops = 2, 1 }).String(),
		"fail_store() reads it",
	)
	assert.Contains(t, disowned(
		core(t, "\twake_up_process(st->thread);\n", "\twake_up_process(st->thread);\n\tst->should_run = true;\n"),
		func(sc *model.Scenario) { sc.Ops, sc.Faults = 1, 0 },
	).String(), "st->should_run", "it is handed over twice")
	early := core(
		t,
		"\tcpu_maps_update_begin();\n\terr = send",
		"\tper_cpu_ptr(&cpuhp_state, cpu)->target = goal;\n\tper_cpu_ptr(&cpuhp_state, cpu)->rollback = "+
			"false;\n\tcpu_maps_update_begin();\n\terr = send",
	)
	assert.Equal(
		t,
		"st->target, st->rollback",
		disowned(early, func(sc *model.Scenario) { sc.Tasks, sc.Ops, sc.Faults = 2, 1, 0 }).String(),
	)
}

// TestHandedOver: the hotplug thread that has found st->should_run set touches it together with the rest of the
// request.
func TestHandedOver(t *testing.T) {
	var stands []string
	walked(t, 2, "", func(m *model.Machine, _ *model.Exec, s *model.State, enabled []model.Action) {
		for _, a := range enabled {
			if p := m.Place(s, a.Thread()); strings.Contains(p.Label, "should_run") {
				stands = append(stands, p.Function+": "+p.Label)
			}
		}
	})
	slices.Sort(stands)
	assert.Equal(t, []string{
		"ask: st->should_run = true", "cpuhp_should_run: return st->should_run",
		"smpboot_thread_fn: if (kind->thread_should_run(own->cpu))",
	}, slices.Compact(stands))
}
