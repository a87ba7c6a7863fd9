package conform

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/model"
)

// machineFor makes machines on which operations are made.
func machineFor(t *testing.T, kernel string) func([]model.Op) (*model.Machine, error) {
	k, err := model.Lookup(kernel)
	require.NoError(t, err)
	return func(ops []model.Op) (*model.Machine, error) {
		sc := model.Default()
		sc.CPUs, sc.Notifiers, sc.DynStates, sc.Targets, sc.Ops = 4, 0, 0, model.TargetsAll, 0
		sc.Sequence, sc.FaultPoints = ops, []string{"fail/*"}
		return model.New(k, sc)
	}
}

// Nothing that does harm is a case, and every state is one, refused or not, or named as left out.
func TestSelftestIsHarmless(t *testing.T) {
	for _, kernel := range []string{"v4.14", "v4.19", "v6.1", "v7.3"} {
		s := Selftest{CPUs: []int{1, 2}, Machine: machineFor(t, kernel)}
		cases, left, err := s.Cases()
		require.NoError(t, err)
		m := cases[0].machine
		named := 0
		for _, step := range m.Ladder {
			if step.Name != "" {
				named++
			}
		}
		assert.Len(t, cases, 4*(1+named)-2*len(left), kernel)
		for _, c := range cases {
			for _, o := range c.Outcomes {
				assert.Empty(t, o.End+o.Warnings, "%s %s", kernel, c.Fail)
				assert.True(t, o.State == 0 || o.State == m.Ladder[len(m.Ladder)-1].Number, "%s %s", kernel, c.Fail)
			}
			assert.Equal(t, c.Refused, len(c.Outcomes) == 0)
		}
		if kernel == "v4.14" { // it would stay in the file fail, and no -1 takes it out
			assert.True(t, slices.Contains(left, "up cpu:teardown"), kernel)
		}
	}
}
