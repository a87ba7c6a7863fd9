package lower_test

import (
	"context"
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
