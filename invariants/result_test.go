package invariants

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/model"
)

// A write is judged where nobody else has been at the CPU meanwhile, and a suspend by what it brings back.
func TestResultAmongOthers(t *testing.T) {
	const lie = "a write of 1 to online of CPU 1 returned 0, and the CPU is in CPUHP_ONLINE (43)"
	call := model.Event{Kind: model.EventCall, CPU: 1, Via: model.ViaOnline, Up: true}
	ret := model.Event{Kind: model.EventReturn, CPU: 1, Via: model.ViaOnline, Up: true}
	of := func(e model.Event, cpu uint8) model.Event { e.CPU = cpu; return e }
	suspends := func(sc *model.Scenario) { sc.Suspend, sc.Targets = true, model.TargetsOnline }
	two := func(sc *model.Scenario) { sc.Tasks, sc.Targets = 2, model.TargetsOnline }
	sleeper := func(s *scene) model.ThreadID {
		for _, id := range s.m.Threads() {
			if s.m.Suspends(id) {
				return id
			}
		}
		require.Fail(t, "nobody suspends")
		return 0
	}
	forbid := func(s *scene) model.Event {
		return model.Event{Kind: model.EventForbid, CPU: 1, Thread: sleeper(s)}
	}
	allow := func(s *scene) model.Event {
		return model.Event{Kind: model.EventAllow, CPU: 1, Thread: sleeper(s)}
	}
	brings := func(s *scene, ret model.Errno) {
		s.thread = sleeper(s)
		s.show(nil, forbid(s))
		s.begin(true)
		s.show(nil, model.Event{Kind: model.EventEnd, CPU: 1, Up: true, Ret: ret})
	}
	for _, tt := range []struct {
		name   string
		change func(*model.Scenario)
		act    func(*scene)
		want   []string
	}{
		{
			"two tasks, one after the other", two, func(s *scene) { s.show(nil, call, ret, call, ret) },
			[]string{lie, lie},
		},
		{"two tasks at once", two, func(s *scene) { s.show(nil, call, call, ret, ret) }, nil},
		{"then alone", two, func(s *scene) { s.show(nil, call, call, ret, ret, call, ret) }, []string{lie}},
		{"two tasks, of two CPUs", two, func(s *scene) { s.show(nil, call, of(call, 0), ret) }, []string{lie}},
		{"beside a write to smt/control", two, func(s *scene) {
			s.show(nil, call, model.Event{Kind: model.EventCall, Via: model.ViaSMT}, ret)
		}, nil},
		{"before a suspend", suspends, func(s *scene) { s.show(nil, call, ret, forbid(s)) }, []string{lie}},
		{"in the middle of a suspend", suspends, func(s *scene) { s.show(nil, forbid(s), call, ret) }, nil},
		{"a suspend in the middle of it", suspends, func(s *scene) {
			s.show(nil, call, forbid(s), allow(s), ret)
		}, nil},
		{"after a suspend", suspends, func(s *scene) { s.show(nil, forbid(s), allow(s), call, ret) }, []string{lie}},
		{"a resume that fails", suspends, func(s *scene) {
			brings(s, model.ENOMEM)
			s.show(nil, allow(s))
		}, []string{"the suspend is over, and CPU 1, which it took down and could not bring back, is in " +
			"CPUHP_ONLINE (43), and its file online says 1"}},
		{"a resume that fails, and says so", suspends, func(s *scene) {
			brings(s, model.ENOMEM)
			s.show(func(st *model.State) { st.CPU[1].Offline = true }, allow(s))
		}, nil},
		{"a resume that fails, until another brings the CPU back", suspends, func(s *scene) {
			brings(s, model.ENOMEM)
			s.show(func(st *model.State) { st.CPU[1].Online = true }, allow(s))
		}, nil},
		{"and no other suspend is to blame for it", suspends, func(s *scene) {
			brings(s, model.ENOMEM)
			s.show(func(st *model.State) { st.CPU[1].Online = true }, allow(s))
			s.show(func(st *model.State) { st.CPU[1].Online = false }, forbid(s), allow(s))
		}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(t, "truthful-result", tt.change)
			s.state.CPU[1].Online = false
			tt.act(s)
			assert.Equal(t, tt.want, s.clauses())
		})
	}
}

// What finding 28 does is seen beside a second task and a suspend, too; and where nothing fails the property holds
// there.
func TestResultIsLookedAt(t *testing.T) {
	asked, err := Select(nil, "truthful-result")
	require.NoError(t, err)
	twice := func(sc *model.Scenario) { sc.Tasks = 2 }
	suspends := func(sc *model.Scenario) { sc.Suspend, sc.Targets = true, model.TargetsOnline }
	holds := func(kernel string, change func(*model.Scenario), sequence ...string) bool {
		m := machine(t, kernel, nil, func(sc *model.Scenario) {
			sc.Sequence, sc.Faults, sc.Targets = ops(t, sequence...), 0, model.TargetsOnline
			change(sc)
		})
		r, err := explore.Run(t.Context(), Compile(m, asked), explore.Options{Workers: 2})
		require.NoError(t, err)
		require.Equal(t, explore.Exhausted, r.Stop)
		return len(r.Violations) == 0
	}
	for _, kernel := range []string{"v4.6", "v4.14", "v6.1", "v7.3"} {
		for _, change := range []func(*model.Scenario){twice, suspends} {
			assert.False(t, holds(kernel, change, "target:1=0", "online:1=1"), kernel)
			assert.True(t, holds(kernel, change, "online:1=0", "online:1=1"), kernel)
		}
	}
}
