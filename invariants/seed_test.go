package invariants

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/hpcheck/hpcheck/model"
)

// The counts and verdicts of the seed's editions are a contract: another number is another model, and needs a line in
// the changelog.
func TestSeed(t *testing.T) {
	tests := []struct {
		kernel              string
		cpus                int
		states, transitions uint64
		violated            map[string]int
	}{
		{
			"v4.6-rc3",
			2,
			12_522,
			40_038,
			map[string]int{
				"rollback-restores-smpboot": 78, "down-failed-on-target": 69, "rollback-restores-state": 78,
				"rollback-order": 69, "notifier-protocol": 264, "truthful-result": 78,
				"no-deadlock": 90, "idle-never-blocks": 148,
			},
		},
		{"v4.6", 2, 13_842, 42_959, map[string]int{
			"rollback-restores-state": 263, "notifier-protocol": 228, "masks-agree": 263, "truthful-result": 263,
			"idle-never-blocks": 149,
		}},
		{"v4.6", 4, 378_304, 1_304_157, map[string]int{
			"rollback-restores-state": 283, "notifier-protocol": 244, "masks-agree": 283, "truthful-result": 283,
			"idle-never-blocks": 159,
		}},
	}
	for _, tt := range tests {
		m := machine(t, tt.kernel, nil, func(sc *model.Scenario) { sc.CPUs = tt.cpus })
		s, r := explored(t, m, 2)
		assert.Equal(t, tt.states, r.States, "%s %d", tt.kernel, tt.cpus)
		assert.Equal(t, tt.transitions, r.Transitions, "%s %d", tt.kernel, tt.cpus)
		assert.Equal(t, tt.violated, violated(s, r), "%s %d", tt.kernel, tt.cpus)
	}
}

// subsets calls f with every subset of the parts of the fix.
func subsets(f func(out []string)) {
	k, _ := model.Lookup("v4.6")
	fixes := slices.DeleteFunc(k.Fixes(), func(f model.Fix) bool { return f.Commit != k.Commit })
	for set := range 1 << len(fixes) {
		var out []string
		for i, fix := range fixes {
			if set>>i&1 == 1 {
				out = append(out, fix.Name)
			}
		}
		f(out)
	}
}

// Which part of the fix does what, for every subset of the parts.
func TestAblation(t *testing.T) {
	subsets(func(out []string) {
		has := func(fix string) bool { return !slices.Contains(out, fix) }
		s, r := explored(t, machine(t, "v4.6", out, nil), 2)
		got := violated(s, r)
		is := func(property string, want bool) {
			_, violated := got[property]
			assert.Equal(t, want, violated, "%s without %v", property, out)
		}
		// A notifier gets CPU_ONLINE from the undo exactly where the hotplug thread is told to undo, can be reached,
		// and notify:online does not say that it is to be skipped.
		is("down-failed-excludes-online", has("rollback") && has("unpark") && !has("skip-onerr"))
		// The undo never comes if it is not asked for; if it is, but the thread is parked, the operation never returns.
		is("rollback-restores-smpboot", !has("rollback"))
		is("no-deadlock", !has("unpark"))
		// A bring-up that fails leaves the active bit set where CPU_DOWN_PREPARE is skipped on the way back.
		is("truthful-result", !has("rollback") || has("skip-onerr"))
		is("down-failed-on-target", !has("down-failed-on-target"))
	})
}

// The parent of the fix behaves as the fix with all parts taken out, state by state.
func TestParentIsTheFixWithoutItsParts(t *testing.T) {
	all := []string{"rollback", "unpark", "down-failed-on-target", "skip-onerr"}
	_, parent := explored(t, machine(t, "v4.6-rc3", nil, nil), 1)
	_, reverted := explored(t, machine(t, "v4.6", all, nil), 1)
	parent.Elapsed, reverted.Elapsed, parent.Bytes, reverted.Bytes = 0, 0, 0, 0
	assert.Equal(t, parent, reverted)
}

// A property whose premise never occurs must not count as witnessed.
func TestVacuity(t *testing.T) {
	m := machine(t, "v4.6", nil, func(sc *model.Scenario) { sc.Faults = 0 })
	s, r := explored(t, m, 1)
	var vacuous []string
	for i, p := range s.Properties {
		if r.Marks[0]>>i&1 == 0 {
			vacuous = append(vacuous, p.Name)
		}
	}
	assert.Equal(t, []string{
		"down-failed-excludes-online",
		"rollback-restores-smpboot",
		"down-failed-on-target",
		"rollback-order",
		// Nobody is there.
		"reader-excludes-writer",
		"installer-complete",
		"hotplug-disabled-respected",
		"frozen-agrees",
		"instance-balance",
	}, vacuous)
}
