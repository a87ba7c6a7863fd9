package invariants

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/model"
)

func TestBootComesUp(t *testing.T) {
	returned := model.Event{Kind: model.EventReturn, Via: model.ViaBoot}
	for _, tt := range []struct {
		most, online, faults int
		want                 string
	}{
		{-1, 3, 1, ""}, {-1, 2, 1, "2 CPUs are online, not 3"}, {-1, 2, 0, ""},
		{0, 1, 1, ""}, {0, 3, 1, "3 CPUs are online, not 1"}, {0, 3, 0, "3 CPUs are online, not 1"},
		{2, 2, 1, ""}, {2, 1, 1, "1 CPUs are online, not 2"},
	} {
		s := sceneOn(t, "v6.12", "boot-comes-up", func(sc *model.Scenario) {
			sc.CPUs, sc.Boot, sc.Notifiers = 3, 1, 0
			sc.Sequence = []model.Op{{Via: model.ViaBoot, Target: tt.most + 1}}
		})
		s.show(func(st *model.State) {
			st.Faults = uint8(tt.faults)
			for cpu := range 3 {
				st.CPU[cpu].Online = cpu < tt.online
			}
		}, returned)
		if tt.want == "" {
			assert.Empty(t, s.clauses(), "%+v", tt)
			continue
		}
		require.NotEmpty(t, s.clauses(), "%+v", tt)
		assert.Contains(t, s.clauses()[0], tt.want)
	}
}
