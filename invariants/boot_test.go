package invariants

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/explore"
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

// What a boot with maxcpus= comes to, by every schedule: how many CPUs are online when it ends, of four of which the
// odd ones are second threads, and whether boot-comes-up finds fault with it.
func TestBootCounts(t *testing.T) {
	for _, tt := range []struct {
		kernel string
		revert []string
		smt    model.SMTControl
		nr     int
		most   []int // -1: nothing is said
		online []int
		wrong  []bool
	}{
		{"v4.6", nil, "", 0, []int{-1, 0, 1, 2, 3, 4}, []int{4, 1, 1, 2, 3, 4}, make([]bool, 6)},
		{"v6.1", nil, "off", 0, []int{0, 1, 2}, []int{1, 1, 2}, make([]bool, 3)},
		{"v6.6", nil, "", 0, []int{0, 1, 2}, []int{4, 1, 2}, []bool{true, false, false}},
		{"v6.6", nil, "on", 0, []int{0, 2}, []int{4, 2}, []bool{true, false}},
		{"v6.6", []string{"bringup-count"}, "", 0, []int{1, 2, 4}, []int{1, 1, 3}, []bool{false, true, true}},
		{"v6.6", []string{"bringup-count"}, "on", 0, []int{1, 2, 4}, []int{1, 1, 3}, []bool{false, true, true}},
		{"v6.12", nil, "on", 0, []int{-1, 0, 1, 2, 3, 4}, []int{4, 1, 1, 2, 3, 4}, make([]bool, 6)},
		{"v7.3", nil, "off", 0, []int{0, 1, 2, 3}, []int{1, 1, 2, 2}, make([]bool, 4)},
		{"v7.3", nil, "", 2, []int{-1, 0, 1, 4}, []int{2, 1, 1, 2}, make([]bool, 4)},
		{"v4.6", nil, "", 1, []int{-1, 3}, []int{1, 1}, make([]bool, 2)},
		{"v7.3/arm64", nil, "", 0, []int{-1, 0, 2}, []int{4, 1, 2}, make([]bool, 3)},
		// finding 38: what is counted does not stay
		{"v7.3/powerpc", nil, "off", 0, []int{-1, 1, 2, 3}, []int{2, 1, 1, 2}, []bool{false, false, true, false}},
	} {
		for i, most := range tt.most {
			m := machine(t, tt.kernel, tt.revert, func(sc *model.Scenario) {
				sc.CPUs, sc.Boot, sc.NrCPUs, sc.SMT = 4, 1, tt.nr, tt.smt
				sc.Notifiers, sc.DynStates, sc.Smpboot, sc.Faults = 0, 0, 0, 0
				sc.Sequence = []model.Op{{Via: model.ViaBoot, Target: most + 1}}
			})
			var online []int
			count := &Property{Name: "count", Doc: "-", on: []model.EventKind{model.EventReturn}}
			count.event = func(c *Check, _ model.Event) { online = append(online, c.online()) }
			ps, err := Select([]*Property{count}, "boot-comes-up", "count")
			require.NoError(t, err)
			s := Compile(m, ps)
			s.Reduce = PartialOrder | Merge
			r, err := explore.Run(context.Background(), s, explore.Options{Workers: 1})
			require.NoError(t, err)
			require.NotEmpty(t, online)
			what := fmt.Sprintf("%s %v SMT %q nr_cpus=%d maxcpus=%d", tt.kernel, tt.revert, tt.smt, tt.nr, most)
			for _, n := range online {
				assert.Equal(t, tt.online[i], n, what)
			}
			assert.Equal(t, tt.wrong[i], len(r.Violations) > 0, what)
		}
	}
}
