package invariants

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/model"
)

// Where a state comes and goes, a walk back may pass it by without having left anything out. What is violated is
// finding 24: the file fail has the state that is removed.
func TestComesAndGoes(t *testing.T) {
	for _, c := range []struct {
		fault    string
		violated []string
	}{
		{"fail/smpboot/threads:online", nil},
		{"fail/workqueue:online", []string{"no-bug-on"}},
	} {
		for _, kernel := range []string{"v6.1", "v6.12"} {
			k, err := model.Lookup(kernel)
			require.NoError(t, err)
			sc := model.Scenario{
				CPUs: 2, Tasks: 1, Ops: 1, Faults: 1, Modules: []string{"workqueue:online"},
				FaultPoints: []string{c.fault},
			}
			m, err := model.New(k, sc)
			require.NoError(t, err)
			lengths, _ := reduced(t, m, PartialOrder|Merge)
			var violated []string
			for name := range lengths {
				violated = append(violated, name)
			}
			assert.Equal(t, c.violated, violated, "%s, %s", kernel, c.fault)
		}
	}
}
