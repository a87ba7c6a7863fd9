package lower_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/model"
)

// walked calls f with the states of some executions: those of a machine with threads from the C, and two operations. A
// call of that name always fails, once.
func walked(
	t *testing.T, cpus int, fails string,
	f func(m *model.Machine, x *model.Exec, s *model.State, enabled []model.Action),
) {
	t.Helper()
	sc := small()
	sc.CPUs, sc.Smpboot, sc.Faults = cpus, 1, 1
	m, err := model.New(threaded(t), sc)
	require.NoError(t, err)
	x, next := m.NewExec(), rand.New(rand.NewPCG(1, 2))
	for range 100 {
		s := m.Initial()
		for enabled := x.Enabled(&s, nil); len(enabled) > 0; enabled = x.Enabled(&s, enabled[:0]) {
			f(m, x, &s, enabled)
			act := enabled[next.IntN(len(enabled))]
			if last := x.Outcomes(&s, act.Thread()) - 1; m.Place(&s, act.Thread()).Label == fails && last > 0 {
				act = model.ActionOf(act.Thread(), last)
			}
			x.Do(&s, act)
		}
	}
}

// TestResultsAreForgotten: what failed in one stop_machine() is no part of the state in the next.
func TestResultsAreForgotten(t *testing.T) {
	again := 0
	walked(t, 2, "__cpu_disable()", func(m *model.Machine, _ *model.Exec, s *model.State, _ []model.Action) {
		for cpu := range uint8(m.Scenario.CPUs) {
			p := m.Place(s, m.Stopper(cpu))
			if p.Function == "multi_cpu_stop" && s.Faults == 0 && s.Stop.State < model.StopRun {
				again++
				require.Equal(t, model.OK, m.Thread(s, m.Stopper(cpu)).Ret, p.Label)
			}
		}
	})
	assert.Greater(t, again, 100)
}
