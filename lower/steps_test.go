package lower_test

import (
	"math/rand/v2"
	"slices"
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

// TestLeavingIsFree: a stopper that gives its CPU back comes to the same before and after what any other thread does.
func TestLeavingIsFree(t *testing.T) {
	free := 0
	walked(t, 3, "", func(m *model.Machine, x *model.Exec, s *model.State, enabled []model.Action) {
		do := func(s model.State, a model.Action) (model.State, []model.Event) {
			x.Do(&s, a)
			return s, slices.Clone(x.Events)
		}
		for _, a := range enabled {
			if !m.IsStopper(a.Thread()) || !x.Free(s, a.Thread(), func(model.EventKind) bool { return true }) {
				continue
			}
			assert.Equal(t, "preempt_count_dec()", m.Place(s, a.Thread()).Label)
			for _, b := range enabled {
				if a.Thread() == b.Thread() {
					continue
				}
				free++
				first, alone := do(*s, a)
				second, shown := do(*s, b)
				require.NotZero(t, x.Outcomes(&first, b.Thread()), "it takes the step of %s", m.ThreadName(b.Thread()))
				one, behind := do(second, a)
				two, other := do(first, b)
				require.True(t, one == two && slices.Equal(alone, behind) && slices.Equal(shown, other))
			}
		}
	})
	assert.Greater(t, free, 500)
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
