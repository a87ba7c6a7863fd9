package model

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// preparing has one installer, which may choose states of the prepare section.
func preparing(sc *Scenario) {
	sc.Installers, sc.PrepareStates, sc.Ops, sc.DynStates, sc.Smpboot, sc.Faults = 1, true, 0, 0, 0, 0
}

// The states for installers in the prepare section stand below what brings a CPU up, the one with a fixed number
// lowest, and those with a state of the scenario's instances do not share its number.
func TestPrepareSteps(t *testing.T) {
	for _, kernel := range []string{"v4.10", "v6.1", "v6.12"} {
		m := machine(t, kernel, func(sc *Scenario) {
			preparing(sc)
			sc.Installers, sc.Instances = 2, 1
		})
		var names []string
		for r, s := range m.Ladder {
			if s.Table == BP && Rung(r) < m.rung.bringupCPU && (s.Slot > 0 || s.MayFail) {
				names = append(names, s.Name)
			}
			if r > 0 {
				assert.Less(t, m.Ladder[r-1].Number, s.Number, kernel)
			}
		}
		assert.Equal(t, []string{"driver:prepare", "slot4", "slot5", "multi:prepare"}, names, kernel)
	}
}

// Scenarios that can't be are refused with one line.
func TestPrepareStatesRefused(t *testing.T) {
	sc := Default()
	sc.PrepareStates = true
	assert.EqualError(t, sc.Validate(), "prepare-states without installers: want installers=1 or more")
	sc.Installers = 1
	k, err := Lookup("v4.6")
	require.NoError(t, err)
	_, err = New(k, sc)
	assert.EqualError(
		t, err,
		"prepare-states on v4.6: want v4.10 or a later kernel, which has free slots in the prepare section",
	)

	k, err = Lookup("v6.12")
	require.NoError(t, err)
	for _, n := range k.freePrepare()[1:] { // a ladder with one number left
		k.Steps = append(k.Steps, Step{Number: n, Symbol: "taken"})
	}
	_, err = New(k, sc)
	assert.EqualError(t, err, "prepare-states with 1 free numbers in the prepare section: want a ladder with 2")
}

// A startup of the prepare section is called by the installer itself, once for each CPU, and nobody asks a hotplug
// thread. Without the fix nobody is called at a free slot, and at a fixed one as ever.
func TestPrepareCalls(t *testing.T) {
	for _, tt := range []struct {
		without []string
		way     int
		calls   int
	}{
		{nil, installPrepare | installInvoke | installDynamic, 2},
		{nil, installPrepare | installInvoke, 2},
		{nil, installPrepare | installDynamic, 0},
		{[]string{"prepare-dyn"}, installPrepare | installInvoke | installDynamic, 0},
		{[]string{"prepare-dyn"}, installPrepare | installInvoke, 2},
	} {
		k, err := Lookup("v6.12")
		require.NoError(t, err)
		k, err = k.Revert(tt.without...)
		require.NoError(t, err)
		sc := Default()
		preparing(&sc)
		m, err := New(k, sc)
		require.NoError(t, err)
		x, s, calls := m.NewExec(), m.Initial(), 0
		installed := false
		for first := true; !installed; first = false {
			act := action(m.Installer(1), 0)
			if first {
				act = action(m.Installer(1), tt.way)
			}
			require.True(t, x.CanDo(&s, act), "the installer waits for somebody")
			x.Do(&s, act)
			for _, e := range x.Events {
				switch e.Kind {
				case EventEnter:
					calls++
					assert.Equal(t, BP, m.Ladder[e.Step].Table)
				case EventInstalled:
					installed = true
					assert.Equal(t, OK, e.Ret)
				}
			}
		}
		assert.Equal(t, tt.calls, calls, "%v %d", tt.without, tt.way)
	}
}
