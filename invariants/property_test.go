package invariants

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/model"
)

// A property that nothing can violate checks nothing. Here each is shown a transition that must not be, one that may
// be, and must tell them apart. The transitions are made up, so that this does not depend on what the model can do.

// scene is a made-up sequence of transitions.
type scene struct {
	m      *model.Machine
	state  model.State
	thread model.ThreadID
	t      *testing.T
	suite  *Suite
	words  []uint64
	check  *Check
}

func newScene(t *testing.T, property string, change func(*model.Scenario)) *scene {
	t.Helper()
	kernel := "v4.6"
	if property == "instance-balance" { // the states of v4.6 have none
		more := change
		kernel, change = "v6.12", func(sc *model.Scenario) {
			sc.Instances = 2
			if more != nil {
				more(sc)
			}
		}
	}
	return sceneOn(t, kernel, property, change)
}

// sceneOn is a scene on a kernel.
func sceneOn(t *testing.T, kernel, property string, change func(*model.Scenario)) *scene {
	t.Helper()
	props, err := Select(nil, property)
	require.NoError(t, err)
	m := machine(t, kernel, nil, change)
	s := &scene{m: m, state: m.Initial(), thread: 1, t: t, suite: Compile(m, props)}
	s.words = s.suite.Initial()[0]
	s.check = s.suite.check(s.words)
	s.check.explain, s.check.only = true, 1
	return s
}

// show shows the property a transition: what changes, and what is visible.
func (s *scene) show(change func(*model.State), events ...model.Event) {
	before := s.state
	if change != nil {
		change(&s.state)
	}
	c, p := s.check, s.suite.Properties[0]
	c.Before, c.After, c.Thread, c.layout, c.bit = &before, &s.state, s.thread, &s.suite.layouts[0], 1
	for _, e := range events {
		for _, kind := range p.on {
			if kind == e.Kind {
				p.event(c, e)
			}
		}
	}
	now := c.occasions(s.m.Changes(&before, &s.state, model.Everything))
	if p.step != nil && p.when&^now == 0 {
		p.step(c)
	}
}

// clauses are why the property is violated.
func (s *scene) clauses() []string {
	var out []string
	for _, r := range s.check.reasons {
		out = append(out, r.Clause)
	}
	return out
}

func (s *scene) rung(symbol string) model.Rung {
	for r, step := range s.m.Ladder {
		if step.Symbol == symbol {
			return model.Rung(r)
		}
	}
	s.t.Fatalf("no %s", symbol)
	return 0
}

// The events of an operation on CPU 1.
func (s *scene) begin(up bool) {
	s.show(func(st *model.State) { st.Lock[model.CPUAddRemoveLock] = s.thread },
		model.Event{Kind: model.EventBegin, CPU: 1, Up: up})
}

func (s *scene) end(up bool, ret model.Errno) {
	s.show(func(st *model.State) { st.Lock[model.CPUAddRemoveLock] = model.Nobody },
		model.Event{Kind: model.EventEnd, CPU: 1, Up: up, Ret: ret})
}

func (s *scene) callback(symbol string, up bool, ret model.Errno) {
	r := s.rung(symbol)
	s.show(nil, model.Event{Kind: model.EventEnter, CPU: 1, Step: r, Up: up})
	s.show(nil, model.Event{Kind: model.EventExit, CPU: 1, Step: r, Up: up, Ret: ret})
}

func (s *scene) notify(n model.Notification, ret model.Errno) {
	for i := range s.m.Chain {
		if !s.m.Chain[i].Own {
			s.show(nil, model.Event{Kind: model.EventNotify, CPU: 1, Notification: n, Notifier: uint8(i), Ret: ret})
		}
	}
}

// instances shows what is called for the two instances of a state, and whether it goes well.
func (s *scene) instances(up bool, ok ...bool) {
	s.begin(up)
	for i, well := range ok {
		e := model.Event{
			Kind: model.EventInstanceDone, CPU: 1, Step: s.rung("CPUHP_AP_ONLINE_DYN+8"), Up: up, Instance: uint8(i),
		}
		if !well {
			e.Ret = model.EAGAIN
		}
		s.show(nil, e)
	}
}

func TestProperties(t *testing.T) {
	const dyn = "CPUHP_AP_ONLINE_DYN+0"
	tests := []struct {
		property string
		name     string
		play     func(*scene)
		want     string // part of a clause; "" if it holds
	}{
		{"down-failed-excludes-online", "one of them", func(s *scene) {
			s.begin(false)
			s.notify(model.CPUDownFailed, model.OK)
			s.begin(true)
			s.notify(model.CPUOnline, model.OK)
		}, ""},
		{"down-failed-excludes-online", "both", func(s *scene) {
			s.begin(false)
			s.notify(model.CPUOnline, model.OK)
			s.notify(model.CPUDownFailed, model.OK)
		}, "notifier1 got both"},

		{"rollback-restores-smpboot", "unparked", func(s *scene) { s.begin(false); s.end(false, model.EBUSY) }, ""},
		{"rollback-restores-smpboot", "parked", func(s *scene) {
			s.begin(false)
			s.show(func(st *model.State) { s.m.Thread(st, s.m.Smpboot(1, 0)).ShouldPark = true })
			s.end(false, model.EBUSY)
		}, "smpboot1/1 is left parked"},
		{"rollback-restores-smpboot", "hotplug thread parked", func(s *scene) {
			s.begin(false)
			s.show(func(st *model.State) { s.m.Thread(st, s.m.Cpuhp(1)).ShouldPark = true })
			s.end(false, model.EBUSY)
		}, "cpuhp/1 is left parked"},
		{"rollback-restores-smpboot", "parked and offline", func(s *scene) {
			s.begin(false)
			s.show(func(st *model.State) {
				s.m.Thread(st, s.m.Cpuhp(1)).ShouldPark = true
				st.CPU[1].Online = false
			})
			s.end(false, model.EBUSY)
		}, ""},

		{"down-failed-on-target", "in the hotplug thread", func(s *scene) {
			s.begin(false)
			s.callback("CPUHP_TEARDOWN_CPU", false, model.EBUSY)
			s.thread = s.m.Cpuhp(1)
			s.notify(model.CPUDownFailed, model.OK)
		}, ""},
		{"down-failed-on-target", "in the task", func(s *scene) {
			s.begin(false)
			s.callback("CPUHP_TEARDOWN_CPU", false, model.EBUSY)
			s.notify(model.CPUDownFailed, model.OK)
		}, "from task 0 and not from cpuhp/1"},

		{"rollback-restores-state", "as it was", func(s *scene) {
			s.begin(false)
			s.callback(dyn, false, model.OK)
			s.callback(dyn, true, model.OK)
			s.end(false, model.EBUSY)
		}, ""},
		{"rollback-restores-state", "another state", func(s *scene) {
			s.begin(false)
			s.show(func(st *model.State) { st.CPU[1].State = s.rung("CPUHP_AP_ONLINE_IDLE") })
			s.end(false, model.EBUSY)
		}, "CPU 1 st->state is CPUHP_AP_ONLINE_IDLE (9) and was CPUHP_ONLINE (43)"},
		{"rollback-restores-state", "another target", func(s *scene) {
			s.begin(false)
			s.show(func(st *model.State) { st.CPU[1].Target = 0 })
			s.end(false, model.EBUSY)
		}, "CPU 1 st->target is CPUHP_OFFLINE (0)"},
		{"rollback-restores-state", "another mask", func(s *scene) {
			s.begin(false)
			s.show(func(st *model.State) { st.CPU[1].Active = false })
			s.end(false, model.EBUSY)
		}, "CPU 1 active has become false"},
		{"rollback-restores-state", "a callback too few", func(s *scene) {
			s.begin(false)
			s.callback(dyn, false, model.OK)
			s.end(false, model.EBUSY)
		}, "the callbacks of CPUHP_AP_ONLINE_DYN+0 (12) were not called again"},

		{"rollback-order", "reverse", func(s *scene) {
			s.begin(false)
			s.callback(dyn, false, model.OK)
			s.callback("CPUHP_AP_SMPBOOT_THREADS", true, model.OK)
			s.callback(dyn, true, model.OK)
			s.end(false, model.EBUSY)
		}, ""},
		{"rollback-order", "forward", func(s *scene) {
			s.begin(false)
			s.callback(dyn, false, model.OK)
			s.callback(dyn, true, model.OK)
			s.callback("CPUHP_AP_SMPBOOT_THREADS", true, model.OK)
		}, "CPUHP_AP_SMPBOOT_THREADS (10) is undone after CPUHP_AP_ONLINE_DYN+0 (12)"},
		{
			"rollback-order", "what was not done", func(s *scene) { s.begin(false); s.callback(dyn, true, model.OK) },
			"is undone and was not done",
		},
		{"rollback-order", "not at all", func(s *scene) {
			s.begin(false)
			s.callback(dyn, false, model.OK)
			s.end(false, model.EBUSY)
		}, "was never undone"},
		{"rollback-order", "DOWN_FAILED while parked", func(s *scene) {
			s.begin(false)
			s.callback("CPUHP_TEARDOWN_CPU", false, model.EBUSY)
			s.show(func(st *model.State) { s.m.Thread(st, s.m.Smpboot(1, 0)).ShouldPark = true })
			s.notify(model.CPUDownFailed, model.OK)
		}, "smpboot1/1 is still parked"},

		{"notifier-protocol", "down and up", func(s *scene) {
			s.begin(false)
			for _, n := range []model.Notification{model.CPUDownPrepare, model.CPUDying, model.CPUDead,
				model.CPUPostDead} {
				s.notify(n, model.OK)
			}
			s.end(false, model.OK)
			s.begin(true)
			for _, n := range []model.Notification{model.CPUUpPrepare, model.CPUStarting, model.CPUOnline} {
				s.notify(n, model.OK)
			}
			s.end(true, model.OK)
		}, ""},
		{"notifier-protocol", "failed and canceled", func(s *scene) {
			s.notify(model.CPUDownPrepare, model.OK)
			s.notify(model.CPUDownFailed, model.OK)
			s.end(false, model.EBUSY)
		}, ""},
		{"notifier-protocol", "who refused gets nothing", func(s *scene) {
			s.notify(model.CPUDownPrepare, model.EPERM)
			s.notify(model.CPUDownFailed, model.OK)
		}, "gets CPU_DOWN_FAILED for CPU 1, which it knows as online"},
		{
			"notifier-protocol", "out of turn", func(s *scene) { s.notify(model.CPUDying, model.OK) },
			"gets CPU_DYING for CPU 1, which it knows as online",
		},
		{"notifier-protocol", "half-way", func(s *scene) {
			s.notify(model.CPUDownPrepare, model.OK)
			s.end(false, model.EBUSY)
		}, "still knows CPU 1 as going down"},

		{"callback-balance", "in turn", func(s *scene) {
			s.begin(false)
			s.callback(dyn, false, model.OK)
			s.callback(dyn, true, model.OK)
			s.end(false, model.EBUSY)
		}, ""},
		{"callback-balance", "a failed one does not count", func(s *scene) {
			s.begin(false)
			s.callback(dyn, false, model.EAGAIN)
			s.end(false, model.EAGAIN)
		}, ""},
		{
			"callback-balance", "twice", func(s *scene) { s.begin(true); s.callback(dyn, true, model.OK) },
			"the startup of CPUHP_AP_ONLINE_DYN+0 (12) runs twice",
		},
		{"callback-balance", "against the state", func(s *scene) {
			s.begin(false)
			s.callback(dyn, false, model.OK)
			s.end(false, model.OK)
		}, "CPU 1 is in CPUHP_ONLINE (43), and the teardown of CPUHP_AP_ONLINE_DYN+0 (12) was the last to run"},

		{"callback-context", "where they belong", func(s *scene) {
			s.begin(false)
			s.callback("CPUHP_TEARDOWN_CPU", false, model.OK)
			s.thread = s.m.Cpuhp(1)
			s.callback(dyn, false, model.OK)
			s.show(func(st *model.State) { st.CPU[1].IRQsOff = true })
			s.thread = s.m.Stopper(1)
			s.callback("CPUHP_AP_NOTIFY_STARTING", false, model.OK)
			s.thread = s.m.Idle(1)
			s.callback("CPUHP_AP_NOTIFY_STARTING", true, model.OK)
		}, ""},
		{
			"callback-context", "an AP step in the task",
			func(s *scene) { s.begin(false); s.callback(dyn, false, model.OK) },
			"dyn1_teardown(1) runs in task 0 and not in cpuhp/1",
		},
		{"callback-context", "a BP step elsewhere", func(s *scene) {
			s.begin(false)
			s.thread = s.m.Cpuhp(1)
			s.callback("CPUHP_TEARDOWN_CPU", false, model.OK)
		}, "takedown_cpu(1) runs in cpuhp/1 and not in task 0"},
		{"callback-context", "on another CPU", func(s *scene) {
			s.begin(false)
			s.thread = s.m.Cpuhp(0)
			s.callback(dyn, false, model.OK)
		}, "runs in cpuhp/0 and not in cpuhp/1"},
		{"callback-context", "migrated", func(s *scene) {
			s.begin(false)
			s.thread = s.m.Cpuhp(1)
			s.show(func(st *model.State) { s.m.Thread(st, s.thread).Elsewhere = true })
			s.callback(dyn, false, model.OK)
		}, "which is not on its CPU"},
		{"callback-context", "interrupts on", func(s *scene) {
			s.begin(false)
			s.thread = s.m.Stopper(1)
			s.callback("CPUHP_AP_NOTIFY_STARTING", false, model.OK)
		}, "runs with interrupts on"},

		{"masks-agree", "online", func(s *scene) { s.begin(false); s.end(false, model.OK) }, ""},
		{"masks-agree", "anything goes during an operation", func(s *scene) {
			s.begin(false)
			s.show(func(st *model.State) { st.CPU[1].Active, st.CPU[1].Online = false, false })
		}, ""},
		{"masks-agree", "offline in the mask only", func(s *scene) {
			s.begin(false)
			s.show(func(st *model.State) { st.CPU[1].Online = false })
			s.end(false, model.OK)
		}, "CPU 1 is in CPUHP_ONLINE (43), and online is false"},
		{"masks-agree", "active and offline", func(s *scene) {
			s.begin(false)
			s.show(func(st *model.State) { st.CPU[1].Online, st.CPU[1].State = false, 0 })
			s.end(false, model.OK)
		}, "CPU 1 is active and not online"},
		{"masks-agree", "online and inactive", func(s *scene) {
			s.begin(false)
			s.show(func(st *model.State) { st.CPU[1].Active = false })
			s.end(false, model.OK)
		}, "CPU 1 is in CPUHP_ONLINE (43) and not active"},
		{"masks-agree", "the last CPU", func(s *scene) {
			s.begin(false)
			s.show(func(st *model.State) { st.CPU[0].Online, st.CPU[1].Online = false, false })
		}, "no CPU is online"},

		{"masks-agree", "dying, and all the way up", func(s *scene) {
			s.show(func(st *model.State) { st.CPU[1].Dying = true })
		}, "CPU 1 is in CPUHP_ONLINE (43) and still marked dying"},

		{"truthful-result", "the target was reached", func(s *scene) {
			s.begin(false)
			s.show(func(st *model.State) { st.CPU[1].State = 0 })
			s.end(false, model.OK)
		}, ""},
		{
			"truthful-result", "it was not", func(s *scene) { s.begin(false); s.end(false, model.OK) },
			"0 is returned for CPU 1, which was to reach CPUHP_OFFLINE (0) and is in CPUHP_ONLINE (43)",
		},
		{"truthful-result", "an error that changed the state", func(s *scene) {
			s.begin(false)
			s.show(func(st *model.State) { st.CPU[1].State = 3 })
			s.end(false, model.EIO)
		}, "-EIO is returned for CPU 1, which was in CPUHP_ONLINE (43) and is in CPUHP_BRINGUP_CPU (3)"},
		{"truthful-result", "an error that changed the mask", func(s *scene) {
			s.begin(false)
			s.show(func(st *model.State) { st.CPU[1].Online = false })
			s.end(false, model.EIO)
		}, "whose online bit has changed to false"},

		{"locks-released", "all", func(s *scene) { s.show(nil, model.Event{Kind: model.EventReturn, CPU: 1}) }, ""},
		{"locks-released", "not this one", func(s *scene) {
			s.show(
				func(st *model.State) { st.Lock[model.SparseIRQLock] = s.thread },
				model.Event{Kind: model.EventReturn, CPU: 1},
			)
		}, "task 0 returns and holds sparse_irq_lock"},
		{"locks-released", "somebody else's", func(s *scene) {
			s.show(
				func(st *model.State) { st.Lock[model.SparseIRQLock] = s.m.Cpuhp(1) },
				model.Event{Kind: model.EventReturn, CPU: 1},
			)
		}, ""},
		{"locks-released", "the writer", func(s *scene) {
			s.show(func(st *model.State) { st.ActiveWriter = s.thread }, model.Event{Kind: model.EventReturn, CPU: 1})
		}, "task 0 returns and is the active writer"},

		{
			"instance-balance", "as many as must be",
			func(s *scene) { s.instances(false, true, true); s.instances(true, true, true) }, "",
		},
		{"instance-balance", "one that fails does not count", func(s *scene) { s.instances(false, false, false) }, ""},
		{"instance-balance", "one is left out", func(s *scene) {
			s.instances(false, true, false)
			s.end(false, model.OK)
		}, "CPU 1 is in CPUHP_ONLINE (236), where 4 instances must be up, and 3 are"},
		{"instance-balance", "twice", func(s *scene) { s.instances(true, true, true) }, "the startup of instance 0 of"},

		{"stopper-serves", "it does", func(s *scene) { s.show(nil) }, ""},
		{
			"stopper-serves", "it does not",
			func(s *scene) { s.show(func(st *model.State) { st.CPU[1].StopEnabled = false }) },
			"CPU 1 is online and in its idle loop, and its stopper takes no work",
		},
		{"stopper-serves", "on a CPU that is offline", func(s *scene) {
			s.show(func(st *model.State) { st.CPU[1].StopEnabled, st.CPU[1].Online = false, false })
		}, ""},

		{"walk-complete", "all of them", func(s *scene) {
			s.begin(false)
			s.callback(dyn, false, model.OK)
			s.callback("CPUHP_AP_NOTIFY_ONLINE", false, model.OK)
			s.show(func(st *model.State) { st.CPU[1].State = s.rung("CPUHP_AP_ONLINE_IDLE") })
			s.end(false, model.OK)
		}, ""},
		{"walk-complete", "an error", func(s *scene) { s.begin(false); s.end(false, model.EBUSY) }, ""},
		{"walk-complete", "one left out at the end", func(s *scene) {
			s.begin(false)
			s.callback(dyn, false, model.OK)
			s.show(func(st *model.State) { st.CPU[1].State = s.rung("CPUHP_AP_ONLINE_IDLE") })
			s.end(false, model.OK)
		}, "left out the teardown of CPUHP_AP_NOTIFY_ONLINE"},
		{"walk-complete", "one left out on the way", func(s *scene) {
			s.begin(false)
			s.callback("CPUHP_AP_NOTIFY_ONLINE", false, model.OK)
			s.show(func(st *model.State) { st.CPU[1].State = s.rung("CPUHP_AP_ONLINE_IDLE") })
			s.end(false, model.OK)
		}, "left out the teardown of CPUHP_AP_ONLINE_DYN+0 (12), or called it out of order"},
		{"walk-complete", "one too many", func(s *scene) {
			s.begin(true)
			s.callback(dyn, true, model.OK)
			s.end(true, model.OK)
		}, "beyond the end of its way"},

		{"error-has-cause", "nothing fails", func(s *scene) { s.end(false, model.OK) }, ""},
		{"error-has-cause", "a failure before it", func(s *scene) {
			s.state.Faults = 0
			s.end(false, model.EAGAIN)
		}, ""},
		{"error-has-cause", "somebody forbids it", func(s *scene) {
			s.show(nil, model.Event{Kind: model.EventForbid, Thread: s.named("task 0")})
			s.end(false, model.EBUSY)
		}, ""},
		{"error-has-cause", "nobody forbids it any more, and the kernel's counter says so", func(s *scene) {
			s.state.Disabled = 1
			s.end(false, model.EBUSY)
		}, "and nothing forbids the operation"},
		{"error-has-cause", "the last CPU", func(s *scene) {
			s.state.CPU[1].Online = false
			s.end(false, model.EBUSY)
		}, ""},
		{
			"error-has-cause", "an error from nowhere", func(s *scene) { s.end(false, model.EAGAIN) },
			"although nothing has failed",
		},
		{
			"error-has-cause", "busy, and nobody is", func(s *scene) { s.end(true, model.EBUSY) },
			"although nothing has failed",
		},
		{"retry-comes-through", "nothing has failed before", func(s *scene) {
			s.begin(false)
			s.end(false, model.EAGAIN)
		}, ""},
		{"retry-comes-through", "a failure in it", func(s *scene) {
			s.begin(false)
			s.state.Faults = 0
			s.end(false, model.EAGAIN)
		}, ""},
		{"retry-comes-through", "a failure before it, and none in it", func(s *scene) {
			s.state.Faults = 0
			s.begin(false)
			s.end(false, model.EAGAIN)
		}, "-EAGAIN is returned for CPU 1, and nothing has failed since the operation began"},
		{"retry-comes-through", "it does", func(s *scene) {
			s.state.Faults = 0
			s.begin(false)
			s.end(false, model.OK)
		}, ""},
		{"retry-comes-through", "somebody forbids it", func(s *scene) {
			s.state.Faults = 0
			s.show(nil, model.Event{Kind: model.EventForbid, Thread: s.named("task 0")})
			s.begin(false)
			s.end(false, model.EBUSY)
		}, ""},
		{"retry-comes-through", "the CPU was left on its way", func(s *scene) {
			s.state.Faults, s.state.CPU[1].Target = 0, 0
			s.begin(false)
			s.end(false, model.EAGAIN)
		}, ""},
		{"retry-comes-through", "the CPU was left online, in a state in which it is not", func(s *scene) {
			s.state.Faults, s.state.CPU[1].Target, s.state.CPU[1].State = 0, 0, 0
			s.begin(true)
			s.end(true, model.ENOSYS)
		}, ""},
		{"retry-comes-through", "what fail names is still to fail", func(s *scene) {
			s.state.Faults, s.state.CPU[1].Fail = 0, s.rung(dyn)
			s.begin(false)
			s.end(false, model.EAGAIN)
		}, ""},

		{"error-has-cause", "fail names it, and it is called", func(s *scene) {
			s.state.CPU[1].Fail = s.rung(dyn)
			s.show(nil, model.Event{Kind: model.EventEnter, CPU: 1, Step: s.rung(dyn)})
		}, "and fail names it"},
		{"error-has-cause", "a target at which nobody may stop", func(s *scene) {
			s.show(
				nil,
				model.Event{Kind: model.EventReturn, CPU: 1, Via: model.ViaTarget, Step: s.rung("CPUHP_BRINGUP_CPU")},
			)
		}, "at which nobody may stop"},

		{"lock-guards", "under the lock", func(s *scene) {
			s.state.Lock[model.CPUAddRemoveLock] = s.thread
			s.show(func(st *model.State) { st.Disabled++ })
		}, ""},
		{
			"lock-guards", "without it", func(s *scene) { s.show(func(st *model.State) { st.Disabled++ }) },
			"without cpu_add_remove_lock",
		},
		{"lock-guards", "under that of another", func(s *scene) {
			s.state.Lock[model.CPUHPStateMutex] = s.thread + 1
			s.show(func(st *model.State) { st.Slot[0] = 1 })
		}, "without cpuhp_state_mutex"},
		{"lock-guards", "the online mask, and no operation", func(s *scene) {
			s.show(func(st *model.State) { st.CPU[1].Online = false })
		}, "writes the online mask"},

		{"threads-agree", "all run", func(s *scene) { s.show(nil) }, ""},
		{"threads-agree", "one is told to park", func(s *scene) {
			s.show(func(st *model.State) { st.CPU[1].Thread[3].ShouldPark = true })
		}, "is told to park"},
		{"threads-agree", "a dead CPU executes", func(s *scene) {
			s.state.CPU[1].Dead = true
			s.thread = s.m.Idle(1)
			s.state.CPU[1].Thread[2].PC++
			s.show(nil)
		}, "has stopped"},

		{"truthful-result", "a write that left the file as it was", func(s *scene) {
			s.show(nil, model.Event{Kind: model.EventReturn, CPU: 1, Via: model.ViaOnline})
		}, "a write of 0 to online of CPU 1 returned 0, and the file says 1"},
		{"truthful-result", "a write that left the CPU as it was", func(s *scene) {
			s.state.CPU[1].Online = false
			s.show(nil, model.Event{Kind: model.EventReturn, CPU: 1, Via: model.ViaOnline, Up: true})
		}, "a write of 1 to online of CPU 1 returned 0, and the CPU is in"},

		{"no-bug-on", "a warning", func(s *scene) { s.show(nil, model.Event{Kind: model.EventWarn}) }, ""},
		{"no-bug-on", "a bug", func(s *scene) { s.show(nil, s.assertion(model.EventBug, "BUG_ON(")) }, "BUG_ON("},
		{"no-warn-on", "a bug", func(s *scene) { s.show(nil, model.Event{Kind: model.EventBug}) }, ""},
		{
			"no-warn-on", "a warning", func(s *scene) { s.show(nil, s.assertion(model.EventWarn, "WARN_ON(")) },
			"WARN_ON(",
		},

		{"no-stale-completion", "asked and told", func(s *scene) {
			s.completion(model.EventRequest, model.ForWork)
			s.completion(model.EventComplete, model.ForWork)
			s.completion(model.EventConsume, model.ForWork)
		}, ""},
		{"no-stale-completion", "the hotplug thread brings the CPU up", func(s *scene) {
			s.completion(model.EventRequest, model.ForOnline)
			s.completion(model.EventComplete, model.ForWork)
		}, ""},
		{"no-stale-completion", "another end", func(s *scene) {
			s.completion(model.EventRequest, model.ForDead)
			s.completion(model.EventComplete, model.ForWork)
		}, "and nobody waits for that"},
		{"no-stale-completion", "twice", func(s *scene) {
			s.completion(model.EventRequest, model.ForWork)
			s.completion(model.EventComplete, model.ForWork)
			s.completion(model.EventComplete, model.ForWork)
		}, "and nobody waits for that"},
		{"no-stale-completion", "left over", func(s *scene) {
			s.state.CPU[1].Done = 1
			s.completion(model.EventRequest, model.ForWork)
		}, "is completed already"},
		{"no-stale-completion", "not told", func(s *scene) {
			s.completion(model.EventRequest, model.ForWork)
			s.completion(model.EventConsume, model.ForWork)
		}, "and it was not told"},
	}
	shown := map[string][2]bool{}
	for _, tt := range tests {
		t.Run(tt.property+" "+tt.name, func(t *testing.T) {
			s := newScene(t, tt.property, nil)
			tt.play(s)
			both := shown[tt.property]
			if tt.want == "" {
				assert.Empty(t, s.clauses())
				assert.Zero(t, s.check.violate)
				both[0] = true
			} else {
				require.NotEmpty(t, s.clauses())
				assert.Contains(t, s.clauses()[0], tt.want)
				assert.Equal(t, uint64(1), s.check.violate)
				both[1] = true
			}
			shown[tt.property] = both
		})
	}
	for name := range besides { // in context_test.go
		shown[name] = [2]bool{true, true}
	}
	for _, p := range All() {
		if p.end == nil { // no-deadlock is shown whole state spaces, in TestAblation
			assert.Equal(t, [2]bool{true, true}, shown[p.Name], "%s is not shown both ways", p.Name)
		}
	}
}

func (s *scene) completion(kind model.EventKind, p model.Purpose) {
	s.show(nil, model.Event{Kind: kind, CPU: 1, Completion: model.DoneCompletion, Purpose: p})
}

// assertion is the event of the first assertion of the kernel with that text.
func (s *scene) assertion(kind model.EventKind, text string) model.Event {
	for i, a := range s.m.Assertions {
		if strings.Contains(a.String(), text) {
			return model.Event{Kind: kind, CPU: 1, Assertion: uint8(i)}
		}
	}
	s.t.Fatalf("no %s", text)
	return model.Event{}
}

func TestSelect(t *testing.T) {
	all, err := Select(nil)
	require.NoError(t, err)
	assert.Len(t, all, 30)
	for i, p := range all {
		assert.Equal(t, i+1, p.order, p.Name)
	}
	some, err := Select(nil, "no-bug-on", "masks-agree")
	require.NoError(t, err)
	require.Len(t, some, 2)
	assert.Equal(t, "masks-agree", some[0].Name, "the order is that of the list, not that of the flag")
	_, err = Select(nil, "mask-agree")
	assert.ErrorContains(t, err, `unknown property "mask-agree", did you mean "masks-agree"?`)
}

// The memory of properties must not overlap.
func TestMemory(t *testing.T) {
	s := Compile(machine(t, "v4.6", nil, nil), All())
	words := make([]uint64, s.Width())
	c := s.check(words)
	type place struct{ property, field, cpu int }
	var places []place
	for i, p := range s.Properties {
		for f, field := range p.memory {
			cpus := 1
			if field.perCPU {
				cpus = s.Machine.Scenario.CPUs
			}
			for cpu := range cpus {
				places = append(places, place{i, f, cpu})
			}
		}
	}
	value := func(n int) uint64 { return uint64(n)*0x9e3779b97f4a7c15 | 1 }
	for n, p := range places {
		c.layout = &s.layouts[p.property]
		c.set(p.field, uint8(p.cpu), value(n))
	}
	for n, p := range places {
		c.layout = &s.layouts[p.property]
		mask := uint64(1)<<s.Properties[p.property].memory[p.field].bits - 1
		assert.Equal(t, value(n)&mask, c.get(p.field, uint8(p.cpu)), "%+v", p)
	}
	for _, w := range words[:s.Machine.Words()] {
		assert.Zero(t, w, "the memory reaches into the machine's state")
	}
}
