package invariants

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/model"
)

// everybody is a scenario with all who can be beside an operation.
func everybody(sc *model.Scenario) {
	sc.Readers, sc.Installers, sc.Suspend, sc.Callback = 1, 2, true, model.CallbackWaits
}

// thread returns the thread with that name.
func (s *scene) named(name string) model.ThreadID {
	for _, id := range s.m.Threads() {
		if s.m.ThreadName(id) == name {
			return id
		}
	}
	s.t.Fatalf("no %s", name)
	return 0
}

// by has a thread do something.
func (s *scene) by(name string, change func(*model.State), events ...model.Event) {
	s.thread = s.named(name)
	s.show(change, events...)
}

// driver shows a callback of driver 0.
func (s *scene) driver(cpu uint8, up bool, ret model.Errno) {
	e := model.Event{Kind: model.EventEnter, CPU: cpu, Step: s.rung("CPUHP_AP_DRIVER"), Up: up, Owner: 1}
	s.show(nil, e)
	e.Kind, e.Ret = model.EventExit, ret
	s.show(nil, e)
}

func (s *scene) installed(calls bool, ret model.Errno) {
	s.show(nil, model.Event{Kind: model.EventInstalled, Step: s.rung("CPUHP_AP_DRIVER"), Up: calls, Owner: 1, Ret: ret})
}

func (s *scene) removed(calls bool) {
	s.show(nil, model.Event{Kind: model.EventRemoved, Step: s.rung("CPUHP_AP_DRIVER"), Up: calls, Owner: 1})
}

func (s *scene) asks(who string, kind model.EventKind) {
	s.by(who, nil, model.Event{Kind: kind, CPU: 1, Completion: model.DoneCompletion, Purpose: model.ForWork})
}

// goTo puts the scene into the first state that is reached, with all that the property remembers, in which something is
// so.
func (s *scene) goTo(is func(x *model.Exec, st *model.State) bool) {
	x := s.m.NewExec()
	for words := range states(s.suite, 60_000) {
		s.m.Decode(&s.state, words)
		if is(x, &s.state) {
			copy(s.words, words)
			return
		}
	}
	s.t.Fatal("there is no such state")
}

// reads shows that a thread gets or puts the CPUs.
func (s *scene) reads(thread string, kinds ...model.EventKind) {
	for _, kind := range kinds {
		s.show(nil, model.Event{Kind: kind, Thread: s.named(thread)})
	}
}

// forbid shows that the suspend forbids hotplug, or allows it again.
func (s *scene) forbid(kind model.EventKind) {
	s.show(nil, model.Event{Kind: kind, Thread: s.named("suspend 0")})
}

// besides are scenes of the properties about who is beside an operation, and about contexts: first what may be, then
// what may not.
var besides = map[string]struct {
	good, bad func(*scene)
	want      string
}{
	"reader-excludes-writer": {
		func(s *scene) {
			s.reads("task 0", model.EventReadBegin)
			s.reads("cpuhp/1", model.EventReadBegin, model.EventReadBegin, model.EventReadEnd, model.EventReadEnd)
			s.reads("task 0", model.EventReadEnd)
			s.show(func(st *model.State) { st.CPU[1].Online = false })
		},
		func(s *scene) {
			s.reads("task 0", model.EventReadBegin)
			s.reads("cpuhp/1", model.EventReadBegin, model.EventReadBegin, model.EventReadEnd)
			s.reads("task 0", model.EventReadEnd)
			s.show(func(st *model.State) { st.CPU[1].Online = false })
		},
		"CPU 1: online becomes false, and cpuhp/1 is inside get_online_cpus()",
	},
	"installer-complete": {
		func(s *scene) {
			s.driver(0, true, model.OK)
			s.driver(1, true, model.EAGAIN)
			s.driver(1, true, model.OK)
			s.installed(true, model.OK)
			s.driver(1, false, model.OK)
			s.driver(0, false, model.OK)
			s.removed(true)
		},
		func(s *scene) {
			s.driver(1, true, model.OK)
			s.installed(true, model.OK)
		},
		"CPU 0 is in CPUHP_ONLINE (43), and the startup ran 0 times",
	},
	"mailbox-exclusive": {
		func(s *scene) {
			s.asks("installer 0", model.EventRequest)
			s.asks("installer 0", model.EventConsume)
			s.asks("installer 1", model.EventRequest)
			s.asks("installer 1", model.EventConsume)
		},
		func(s *scene) {
			s.asks("installer 0", model.EventRequest)
			s.asks("installer 1", model.EventRequest)
		},
		"installer 1 makes a request to cpuhp/1 before that of installer 0 is answered",
	},
	"one-writer-of-state": {
		func(s *scene) {
			s.goTo(func(x *model.Exec, st *model.State) bool {
				return x.Walks(st, s.named("cpuhp/1"), 1, s.named("swapper/1"))
			})
			s.by("cpuhp/1", func(st *model.State) { st.CPU[1].State-- })
			s.by("swapper/1", func(st *model.State) { st.CPU[0].State-- })
		},
		func(s *scene) {
			s.goTo(func(x *model.Exec, st *model.State) bool {
				return x.Walks(st, s.named("cpuhp/1"), 1, s.named("swapper/1"))
			})
			s.by("swapper/1", func(st *model.State) { st.CPU[1].State-- })
		},
		"swapper/1 changes st->state of CPU 1, over which cpuhp/1 walks",
	},
	"park-protocol": {
		func(s *scene) {
			s.by("cpuhp/1", func(st *model.State) {
				st.CPU[1].Thread[0].ShouldPark = true
			})
			s.by("task 0", func(st *model.State) { st.CPU[1].Thread[0].IsParked = true })
		},
		func(s *scene) {
			s.state.CPU[1].Thread[0].ShouldPark, s.state.CPU[1].Thread[0].IsParked = true, true
			s.by("cpuhp/1", nil)
		},
		"cpuhp/1 is parked and runs on",
	},
	"idle-never-blocks": {
		func(s *scene) { s.show(nil, model.Event{Kind: model.EventWarn}) },
		func(s *scene) { s.show(nil, model.Event{Kind: model.EventSleep, Thread: s.named("swapper/1")}) },
		"swapper/1 reaches ",
	},
	"hotplug-disabled-respected": {
		func(s *scene) {
			s.forbid(model.EventForbid)
			s.state.Lock[model.CPUAddRemoveLock] = s.named("suspend 0")
			s.callback("CPUHP_AP_NOTIFY_ONLINE", false, model.OK)
			s.forbid(model.EventAllow)
			s.state.Lock[model.CPUAddRemoveLock] = s.named("task 0")
			s.callback("CPUHP_AP_NOTIFY_ONLINE", false, model.OK)
		},
		func(s *scene) {
			s.forbid(model.EventForbid)
			s.state.Lock[model.CPUAddRemoveLock] = s.named("task 0")
			s.callback("CPUHP_AP_NOTIFY_ONLINE", false, model.OK)
		},
		"notify_down_prepare runs for CPU 1 in an operation of task 0, although suspend 0 has disabled hotplug",
	},
	"frozen-agrees": {
		func(s *scene) {
			s.state.TasksFrozen, s.state.Lock[model.CPUAddRemoveLock] = true, s.named("suspend 0")
			s.notify(model.CPUDownPrepare, model.OK)
		},
		func(s *scene) {
			s.state.TasksFrozen, s.state.Lock[model.CPUAddRemoveLock] = true, s.named("task 0")
			s.notify(model.CPUDownPrepare, model.OK)
		},
		"in an operation of task 0, and cpuhp_tasks_frozen is true",
	},
	"lock-order": {
		func(s *scene) { s.takes("driver_mutex", "hotplug thread") },
		func(s *scene) {
			s.takes("driver_mutex", "hotplug thread")
			s.takes("hotplug thread", "cpu_hotplug.lock")
			s.takes("cpu_hotplug.lock", "driver_mutex")
		},
		"takes cpu_hotplug.lock while it holds driver_mutex, which closes a cycle",
	},
}

// takes shows a step after which a thread is about to take one class of locks and holds another.
func (s *scene) takes(taken, held string) {
	x := s.m.NewExec()
	for words := range states(s.suite, 60_000) {
		s.m.Decode(&s.state, words)
		for _, id := range s.m.Threads() {
			holds, takes := x.Takes(&s.state, id)
			for _, o := range s.m.CyclicOrders() {
				if o.Taken == takes && holds>>o.Held&1 == 1 && strings.Contains(s.m.ClassName(o.Taken), taken) &&
					strings.Contains(s.m.ClassName(o.Held), held) {
					s.thread = id
					s.show(nil)
					return
				}
			}
		}
	}
	s.t.Fatalf("nobody takes %s and holds %s", taken, held)
}

func TestBesides(t *testing.T) {
	for name, tt := range besides {
		t.Run(name, func(t *testing.T) {
			change := everybody
			if name == "one-writer-of-state" || name == "lock-order" { // these go to states that the machine can reach
				change = func(sc *model.Scenario) { sc.Readers, sc.Callback, sc.Notifiers = 1, model.CallbackWaits, 0 }
			}
			good := newScene(t, name, change)
			tt.good(good)
			assert.Empty(t, good.clauses())
			bad := newScene(t, name, change)
			tt.bad(bad)
			require.NotEmpty(t, bad.clauses())
			assert.Contains(t, bad.clauses()[0], tt.want)
		})
	}
}

// A put too many takes away what another reader has got; the count of the kernel alone does not show whose it was.
func TestPutTooMany(t *testing.T) {
	s := newScene(t, "reader-excludes-writer", everybody)
	s.reads("cpuhp/1", model.EventReadBegin)
	s.reads("task 0", model.EventReadEnd)
	assert.Equal(t, []string{"task 0 puts what it has not got"}, s.clauses())
}

// What installer-complete says in each case.
func TestInstallerComplete(t *testing.T) {
	tests := []struct {
		name string
		play func(*scene)
		want string
	}{
		{"twice", func(s *scene) { s.driver(1, true, model.OK); s.driver(1, true, model.OK) }, "runs twice on CPU 1"},
		{"torn down and never set up", func(s *scene) { s.driver(1, false, model.OK) }, "whose startup did not"},
		{"an error that leaves something", func(s *scene) {
			s.driver(0, true, model.OK)
			s.installed(true, model.EAGAIN)
		}, "could not be installed, and its startup on CPU 0 was not undone"},
		{"a removal that leaves something", func(s *scene) {
			s.driver(0, true, model.OK)
			s.driver(1, true, model.OK)
			s.installed(true, model.OK)
			s.driver(0, false, model.OK)
			s.removed(true)
		}, "was removed, and its startup on CPU 1 was not undone"},
		{"called after it was removed", func(s *scene) {
			s.installed(false, model.OK)
			s.removed(false)
			s.driver(1, false, model.OK)
		}, "after it was removed"},
		{"installed without calls", func(s *scene) {
			s.installed(false, model.OK)
			s.driver(1, false, model.OK)
			s.driver(1, true, model.OK)
			s.removed(false)
		}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(t, "installer-complete", everybody)
			tt.play(s)
			if tt.want == "" {
				assert.Empty(t, s.clauses())
				return
			}
			require.NotEmpty(t, s.clauses())
			assert.Contains(t, s.clauses()[0], tt.want)
		})
	}
}

// A callback of the prepare section runs in the installer that it belongs to while that installs it, and in nobody
// else.
func TestInstallerCallsItsOwn(t *testing.T) {
	for _, tt := range []struct {
		owner model.Owner
		want  string
	}{{1, ""}, {2, "runs in installer 0 and not in nobody"}, {model.OwnerNone, "runs in installer 0 and not in " +
		"nobody"}} {
		s := newScene(t, "callback-context", everybody)
		s.thread = s.m.Installer(1)
		s.show(nil, model.Event{Kind: model.EventEnter, CPU: 1, Step: s.rung("CPUHP_TEARDOWN_CPU"), Owner: tt.owner})
		if tt.want == "" {
			assert.Empty(t, s.clauses())
			continue
		}
		require.Len(t, s.clauses(), 1)
		assert.Contains(t, s.clauses()[0], tt.want)
	}
}

// An instance that comes and goes counts while it is on the list of its state, and not while somebody may be about to
// put it there or to take it away.
func TestInstanceBalanceFollowsTheList(t *testing.T) {
	here := func(s *scene, up bool) {
		for cpu := range uint8(2) {
			s.show(
				nil,
				model.Event{
					Kind: model.EventInstanceDone, CPU: cpu, Step: s.rung("CPUHP_AP_ONLINE_DYN+8"), Up: up, Instance: 1,
				},
			)
		}
	}
	mutex := func(s *scene, holder model.ThreadID, listed uint8) {
		s.show(func(st *model.State) { st.Lock[model.CPUHPStateMutex], st.Listed = holder, listed })
	}
	const online = 2 // the bit of that state
	for _, tt := range []struct {
		name string
		play func(*scene)
		want string
	}{
		{"comes and goes", func(s *scene) {
			mutex(s, 1, 0)
			here(s, true)
			mutex(s, model.Nobody, online)
			mutex(s, 1, online)
			here(s, false)
			mutex(s, model.Nobody, 0)
		}, ""},
		{"is listed and was never started", func(s *scene) { mutex(s, model.Nobody, online) }, "CPU 0 is in " +
			"CPUHP_ONLINE (236), where 3 instances must be up, and 2 are"},
		{"is started and not listed", func(s *scene) { mutex(s, 1, 0); here(s, true); mutex(s, model.Nobody, 0) },
			"where 2 instances must be up, and 3 are"},
		{"is torn down when it is gone", func(s *scene) { mutex(s, 1, 0); here(s, false) }, "the teardown of " +
			"instance 1 of CPUHP_AP_ONLINE_DYN+8 (210) runs twice on CPU 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(
				t, "instance-balance", func(sc *model.Scenario) { sc.InstancesComeAndGo = model.InstanceOfOne },
			)
			tt.play(s)
			if tt.want == "" {
				assert.Empty(t, s.clauses())
				return
			}
			require.NotEmpty(t, s.clauses())
			assert.Contains(t, s.clauses()[0], tt.want)
		})
	}
}

// Work that a stopper has taken is executed once before its caller goes on, and what it has not taken need not be.
func TestStopperServesWhatItTook(t *testing.T) {
	const took, did, told = model.EventWork, model.EventWorked, model.EventWorkDone
	for _, tt := range []struct {
		name  string
		kinds []model.EventKind
		want  string
	}{
		{"taken, executed, done", []model.EventKind{took, did, told}, ""},
		{"refused", nil, ""},
		{"not executed", []model.EventKind{took, told}, "migrator 1 is told that its work is done, and it was not " +
			"executed"},
		{"executed twice", []model.EventKind{took, did, did}, "the work of migrator 1 is executed, and nobody waits " +
			"for that"},
		{"executed when it was not taken", []model.EventKind{did}, "nobody waits for that"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(t, "stopper-serves", func(sc *model.Scenario) { sc.Migrators = 2 })
			for _, kind := range tt.kinds {
				s.show(nil, model.Event{Kind: kind, CPU: 1, Thread: s.m.FirstMigrator() + 1})
			}
			if tt.want == "" {
				assert.Empty(t, s.clauses())
				return
			}
			require.Len(t, s.clauses(), 1)
			assert.Contains(t, s.clauses()[0], tt.want)
		})
	}
}

// Cpuset's mask is the active one whenever no operation is under way, unless the machine is suspended, where cpuset
// does not follow.
func TestMasksAgreeOnCpuset(t *testing.T) {
	for _, frozen := range []bool{false, true} {
		s := sceneOn(t, "v6.1", "masks-agree", func(sc *model.Scenario) { sc.Cpuset = true })
		s.show(nil)
		require.Empty(t, s.clauses())
		s.show(func(st *model.State) { st.CPU[1].Allowed, st.TasksFrozen = false, frozen })
		if frozen {
			require.Empty(t, s.clauses())
		} else {
			require.Equal(t, []string{"CPU 1 is active, and cpuset does not allow it"}, s.clauses())
		}
	}
}

// Who is throttled for ever is part of the deadlock, and the report says why.
func TestDeadlockNamesTheTimer(t *testing.T) {
	m := machine(t, "v5.13", nil, func(sc *model.Scenario) {
		sc.Throttle, sc.Sequence, sc.Faults, sc.Smpboot, sc.DynStates = model.ThrottleTask, []model.Op{
			{CPU: 1},
		}, 0, 0, 0
	})
	s, r := explored(t, m, 2)
	require.Len(t, r.Violations, 1)
	_, reasons, err := s.Replay(r.Violations[0])
	require.NoError(t, err)
	assert.Regexp(
		t,
		`^task 0 is throttled for ever in .*: the timer that would let it run is on CPU 1, which is down$`,
		reasons[0].Clause,
	)
}
