package invariants

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/model"
)

func TestRebootKeepsItsCPU(t *testing.T) {
	for _, tt := range []struct {
		bound    uint8 // 1 + the CPU
		restarts uint8
		up       bool // CPU 1
		want     string
	}{
		{0, 0, false, ""}, {2, 0, true, ""}, {2, 1, true, ""}, {1, 1, false, ""},
		{0, 1, true, "is bound to no CPU"},
		{2, 0, false, "has moved to CPU 1, which is not online"}, {2, 1, false, "has moved to CPU 1"},
		{1, 0, true, "has moved to CPU 0, and CPU 1, which is asked for, is there"},
	} {
		s := sceneOn(t, "v6.12", "reboot-keeps-its-cpu", func(sc *model.Scenario) { sc.Reboot = true })
		s.show(func(st *model.State) { st.Extra[0], st.CPU[1].Online, st.CPU[1].Active = 2, tt.up, tt.up })
		s.show(func(st *model.State) { st.Extra[1], st.Extra[2] = tt.bound, tt.restarts })
		if tt.want == "" {
			assert.Empty(t, s.clauses(), "%+v", tt)
			continue
		}
		require.Len(t, s.clauses(), 1, "%+v", tt)
		assert.Contains(t, s.clauses()[0], tt.want)
	}
}

// What a reboot meets, by every schedule, whatever is left out: which properties are violated.
func TestReboot(t *testing.T) {
	forbids := model.Mutation{Kind: model.MutateDrop, Instruction: model.Instruction{
		Function: "cpu_hotplug_disable", Label: "cpu_hotplug_disabled++",
	}}
	const own, forbidden = "reboot-keeps-its-cpu", "hotplug-disabled-respected"
	allowed := func(sc *model.Scenario) {
		sc.SMT, sc.Boot, sc.Sequence = model.SMTOff, 1, []model.Op{{Via: model.ViaSMT, Up: true}}
	}
	for _, tt := range []struct {
		name, kernel string
		apply        []string // candidates
		change       func(*model.Scenario)
		wrong        []model.Mutation
		want         []string
	}{
		{"down and up", "v6.12", nil, func(sc *model.Scenario) { sc.Ops = 2 }, nil, nil},
		{"down and up", "v4.6", nil, func(sc *model.Scenario) { sc.Ops = 1 }, nil, nil},
		{"CPU 0", "v7.3/arm64", nil, func(sc *model.Scenario) { sc.Sequence = []model.Op{{}, {Up: true}} }, nil, nil},
		{"stopped inactive", "v7.3", nil, func(sc *model.Scenario) {
			sc.Sequence = []model.Op{{CPU: 1, Via: model.ViaTarget, Target: 147}}
		}, nil, []string{own}},
		{"SMT control", "v6.12", nil, allowed, nil, []string{forbidden, own}},
		{"SMT control that asks", "v6.12", []string{"smt-enable-asks"}, allowed, nil, nil},
		{"hotplug stays enabled", "v6.12", nil, func(sc *model.Scenario) { sc.Sequence = []model.Op{{CPU: 1}} },
			[]model.Mutation{forbids}, []string{forbidden, own}},
	} {
		k, err := model.Lookup(tt.kernel)
		require.NoError(t, err)
		k, err = k.Apply(tt.apply...)
		require.NoError(t, err)
		sc := model.Default()
		sc.Reboot, sc.Notifiers, sc.DynStates, sc.Smpboot, sc.Faults = true, 0, 0, 0, 0
		tt.change(&sc)
		m, err := model.NewMutant(k, sc, tt.wrong...)
		require.NoError(t, err)
		require.NotNil(t, m, tt.name)
		ps := slices.DeleteFunc(For(m), func(p *Property) bool { return p.Name != own && p.Name != forbidden })
		for _, reduce := range []Reduction{0, Symmetry | PartialOrder | Merge} {
			assert.ElementsMatch(t, tt.want, byTheEngine(t, m, ps, reduce).Violated, "%s, %v", tt.name, reduce)
		}
	}
}

// Nobody suspends the machine, or boots another kernel, while it restarts.
func TestRebootAlone(t *testing.T) {
	for _, change := range []func(*model.Scenario){
		func(sc *model.Scenario) { sc.Suspend = true },
		func(sc *model.Scenario) { sc.Kexec = true },
	} {
		sc := model.Default()
		require.NoError(t, sc.Validate())
		sc.Reboot = true
		require.NoError(t, sc.Validate())
		change(&sc)
		assert.ErrorContains(t, sc.Validate(), "reboot true: want neither suspend nor kexec")
	}
}
