package conform

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
)

// A machine's ladder of more than sixty states must have the verdicts of the edition's own, which has some of them:
// what is left out there only takes its turn.
func TestRealLaddersHaveTheSameVerdicts(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute")
	}
	verdicts := func(k model.Kernel, sc model.Scenario) map[string]bool {
		m, err := model.New(k, sc)
		require.NoError(t, err)
		s := invariants.Compile(m, invariants.All())
		s.Reduce = invariants.Auto(sc, 0, s.Properties)
		r, err := explore.Run(context.Background(), s, explore.Options{})
		require.NoError(t, err)
		require.Equal(t, explore.Exhausted, r.Stop)
		violated := map[string]bool{}
		for _, v := range r.Violations {
			violated[s.Properties[v.Property].Name] = true
		}
		return violated
	}
	op := func(text string) model.Op {
		o, err := model.ParseOp(text)
		require.NoError(t, err)
		return o
	}
	for _, f := range folders {
		if f.name != "6.1-cloud" && f.name != "6.12-cloud" {
			continue // the ladders of these, with a few states more, or less
		}
		own, err := model.Lookup(f.edition)
		require.NoError(t, err)
		real := f.kernel(t)
		assert.Greater(t, len(real.Steps), 60)
		sc := model.Default()
		assert.Empty(t, verdicts(own, sc))
		assert.Empty(t, verdicts(real, sc), "any two operations, any one failure")
		sc.Boot, sc.Sequence, sc.FaultPoints = 1, []model.Op{op("up:1"), op("down:1")}, []string{"fail/*"}
		want := verdicts(own, sc)
		assert.NotEmpty(t, want, "finding 12")
		assert.Equal(t, want, verdicts(real, sc), f.name)
	}
}
