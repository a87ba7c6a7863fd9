package model

import (
	"fmt"

	"github.com/hpcheck/hpcheck/internal/choose"
)

// kernel/cpu.c: the walks along the ladder, and what the hotplug thread does.

// callbacks are the functions that the step tables name.
var callbacks = map[string]func(*assembler){
	"smpboot_create_threads": (*assembler).smpbootCreateThreads,
	"notify_prepare":         (*assembler).notifyPrepare,
	"notify_dead":            (*assembler).notifyDead,
	"bringup_cpu":            (*assembler).bringupCPU,
	"cpuhp_kick_ap_alive":    (*assembler).kickAPAlive,
	"cpuhp_bringup_ap":       (*assembler).bringupAP,
	"notify_starting":        func(a *assembler) { a.notifyDropped("notify_starting", CPUStarting) },
	"notify_dying":           func(a *assembler) { a.notifyDropped("notify_dying", CPUDying) },
	"takedown_cpu":           (*assembler).takedownCPU,
	"smpboot_unpark_threads": (*assembler).smpbootUnparkThreads,
	"notify_online":          func(a *assembler) { a.notifyDropped("notify_online", CPUOnline) },
	"notify_down_prepare":    (*assembler).notifyDownPrepare,
	"smpboot_park_threads": func(a *assembler) {
		a.smpbootParkThreads()
		a.setRet(OK)
	},
	"sched_cpu_dying":      (*assembler).schedCPUDying,
	"sched_cpu_activate":   (*assembler).schedCPUActivate,
	"sched_cpu_deactivate": (*assembler).schedCPUDeactivate,
	"driver_dead":          (*assembler).driverDead,
}

// bystanders are callbacks of subsystems that share nothing with the core: they only take their turn.
var bystanders = map[string]bool{
	"takeover_tasklets":       true,
	"workqueue_prepare_cpu":   true,
	"timers_prepare_cpu":      true,
	"timers_dead_cpu":         true,
	"finish_cpu":              true,
	"sched_cpu_starting":      true,
	"hrtimers_cpu_starting":   true,
	"hrtimers_cpu_dying":      true,
	"sched_cpu_wait_empty":    true,
	"irq_affinity_online_cpu": true,
	"tick_cpu_dying":          true,
	"workqueue_online_cpu":    true,
	"workqueue_offline_cpu":   true,
	"hrtimers_prepare_cpu":    true,
	"hrtimers_dead_cpu":       true,
	"smpcfd_dying_cpu":        true,
	"rcutree_dying_cpu":       true,
}

// callback assembles the function of that name.
func (a *assembler) callback(name string) {
	if assemble, ok := callbacks[name]; ok {
		assemble(a)
		return
	}
	if assemble, ok := a.m.clients.callbacks[name]; ok { // no other step has it, see namesOfClients
		assemble(a)
		return
	}
	a.fun(name, func() {
		acc, run := a.bystander(name)
		a.do(name+"(cpu)", acc, run)
		a.setRet(OK)
	})
}

// MayFail reports whether a callback of a ladder may fail by itself, as "startup:STATE" or "teardown:STATE": those that
// the core does not look into.
func MayFail(function string) bool { return function != "" && callbacks[function] == nil }

// ladderCallback is a callback of the ladder that is no driver's. One that shares nothing with the core may fail by
// itself, if it is named; in the dead section the kernel forbids that.
func (a *assembler) ladderCallback(step *Step, up bool) {
	name := step.Callback(up)
	if callbacks[name] != nil || a.m.clients.callbacks[name] != nil || a.m.Kernel.Notifiers {
		a.callback(name)
		return
	}
	way := choose.If(up, "startup", "teardown")
	p := FaultPoint{
		Name:     way + ":" + step.Name,
		Function: name,
		Doc:      name + "() fails",
		Errno:    choose.If(up, ENOMEM, EBUSY),
		Contract: !up && step.Table == BP,
		Named:    true,
	}
	if !a.m.FaultPoints[a.m.faultPoint(p)].Enabled {
		a.callback(name)
		return
	}
	a.fun(name, func() {
		acc, run := a.bystander(name)
		a.mayFail(name+"(cpu)", acc, p, func(x *Exec) {
			if run != nil && x.t.Ret == OK {
				run(x)
			}
		})
	})
}

// schedCPUDying is sched_cpu_dying(): what still runs on the CPU goes elsewhere.
func (a *assembler) schedCPUDying() {
	a.fun("sched_cpu_dying", func() {
		a.do("balance_push()", everyTask(), (*Exec).migrateTasks)
		a.setRet(OK)
	})
}

// schedCPUActivate is sched_cpu_activate().
func (a *assembler) schedCPUActivate() {
	a.fun("sched_cpu_activate", func() {
		a.do("set_cpu_active(cpu, true)", writes(objActive), func(x *Exec) { x.st().Active = true })
		a.callRCU()
		a.cpusetFollows()
		a.setRet(OK)
	})
}

// schedCPUDeactivate is sched_cpu_deactivate(), which refuses if the deadline tasks do not fit on the other CPUs. Where
// grace periods take no time, what it does before it asks is one with the question.
func (a *assembler) schedCPUDeactivate() {
	overflow := FaultPoint{
		Name: "sched_cpu_deactivate", Doc: "the deadline tasks do not fit on the other CPUs", Errno: EBUSY,
	}
	const inactive = "set_cpu_active(cpu, false)"
	clear := func(label string) {
		a.do(label, writes(objActive), func(x *Exec) { x.st().Active = false })
	}
	a.fun("sched_cpu_deactivate", func() {
		switch {
		case a.m.Kernel.BandwidthFirst:
			a.mayFail("dl_bw_deactivate(cpu)", own, overflow, nil)
			a.when(failed, a.ret)
			clear(inactive)
			a.synchronizeRCU()
			a.setRet(OK)
		default:
			if a.m.Scenario.RCU {
				at := len(a.nodes)
				clear("set_cpu_active(cpu, false); balance_push_set(cpu, true)")
				a.nodes[at].books = true // what comes of it is said below
				a.synchronizeRCU()
			}
			a.mayFail(inactive, writes(objActive), overflow, func(x *Exec) { x.st().Active = x.t.Ret != OK })
		}
		if a.m.Scenario.Cpuset {
			a.when(func(x *Exec) bool { return !failed(x) }, a.cpusetFollows)
		}
	})
}

// walk says which callbacks a walk along the ladder calls.
type walk struct {
	up     bool
	table  Table
	lo, hi Rung // the rungs between which it goes, both included
	undo   bool // it goes back after an error: skip_onerr counts, and results are dropped
}

// String says what the walk calls: "startup", "teardown in an undo".
func (w walk) String() string {
	text := choose.If(w.up, "startup", "teardown")
	if w.undo {
		text += " in an undo"
	}
	return text
}

// calls reports whether the walk calls a callback of the rung.
func (w walk) calls(r Rung, s *Step) bool {
	return w.lo <= r && r <= w.hi && s.Table == w.table && s.Callback(w.up) != "" && !(w.undo && s.SkipOnErr)
}

// strays reports whether a walk that ought not to come to the step would call its callback all the same, in the wrong
// place: where a step is looked up by its number alone. What such a callback does is not told, only that it is called.
func (w walk) strays(m *Machine, s *Step) bool {
	return !m.Kernel.Notifiers && s.Callback(w.up) != "" && !(w.undo && s.SkipOnErr)
}

// misplaced reports whether a step stands in the table in which it is never looked for.
func (m *Machine) misplaced(s *Step) bool {
	return s.Table == BP && s.Number > m.Ladder[m.rung.bringupCPU].Number && s.Symbol != "CPUHP_TEARDOWN_CPU"
}

// Misplaced reports whether a rung's callbacks are never called, because it stands in the table in which it is not
// looked for (46febd37f9c7).
func (m *Machine) Misplaced(r Rung) bool { return m.misplaced(&m.Ladder[r]) }

// bpWalk and apWalk are the walks of the controlling task and of the hotplug thread.
func (m *Machine) bpWalk(up bool) walk { return walk{up: up, table: BP, hi: m.rung.online} }
func (m *Machine) apWalk(up bool) walk {
	return walk{up: up, table: AP, lo: m.rung.apOnlineIdle, hi: m.rung.online}
}

// back is the walk that undoes w.
func (w walk) back() walk {
	w.up, w.undo = !w.up, true
	return w
}

// invokeCallback is cpuhp_invoke_callback() of the rung in the register Step; ret is its result, 0 if there is none.
func (a *assembler) invokeCallback(w walk) {
	end, none := a.newTarget(), a.newTarget()
	a.trace(func(x *Exec) Event { return Event{Kind: EventInvoke, CPU: x.cpu, Step: x.t.Step, Up: w.up} })
	if k := &a.m.Kernel; k.DyingMask && !k.DyingInState {
		a.do("set_cpu_dying(cpu, !bringup)", writes(objDying), func(x *Exec) { x.st().Dying = !w.up })
	}
	if a.m.stepwise() {
		a.failHere(end, w.up)
	}
	cases, strays := make([]target, len(a.m.Ladder)), a.newTarget()
	for r := range cases {
		switch step := &a.m.Ladder[r]; {
		case a.m.misplaced(step):
			cases[r] = none
		case w.calls(Rung(r), step):
			cases[r] = a.newTarget()
		case w.strays(a.m, step):
			cases[r] = strays
		default:
			cases[r] = none
		}
	}
	a.switchOn(w.String(), func(x *Exec) int { return int(x.t.Step) }, cases)
	for r, place := range cases {
		if place == none || place == strays {
			continue
		}
		a.put(place)
		step := &a.m.Ladder[r]
		if step.Slot > 0 {
			a.slotCallback(w)
			a.jump(end)
			continue
		}
		if !step.Multi {
			a.unlessThere(step, 0, none)
		}
		a.emit(func(x *Exec) Event { return Event{Kind: EventEnter, CPU: x.cpu, Step: Rung(r), Up: w.up} })
		switch {
		case step.Dyn > 0:
			a.dynCallback(step, w)
		case step.MayFail:
			a.drivers(Rung(r), w)
		case step.Multi:
			a.instances(Rung(r), w.up)
		case !a.m.Kernel.Notifiers && a.m.atomic(Rung(r)) && bystanders[step.Callback(w.up)] && step.Client.Client == 0:
			a.atomicCallback(step.Callback(w.up))
		default:
			a.ladderCallback(step, w.up)
		}
		a.emit(func(x *Exec) Event {
			return Event{Kind: EventExit, CPU: x.cpu, Step: Rung(r), Up: w.up, Ret: x.t.Ret}
		})
		a.jump(end)
	}
	a.put(strays)
	a.local(func(x *Exec) {
		x.emit(Event{Kind: EventEnter, CPU: x.cpu, Step: x.t.Step, Up: w.up})
		x.emit(Event{Kind: EventExit, CPU: x.cpu, Step: x.t.Step, Up: w.up})
	})
	a.put(none)
	a.setRet(OK)
	a.put(end)
	a.trace(func(x *Exec) Event {
		return Event{Kind: EventInvoked, CPU: x.cpu, Step: x.t.Step, Up: w.up, Ret: x.t.Ret}
	})
}

// atomicCallback is a callback of a section in which nothing may fail. That it does all the same is a fault that the
// kernel forbids.
func (a *assembler) atomicCallback(name string) {
	a.fun(name, func() {
		acc, run := a.bystander(name)
		a.mayFail(name+"(cpu)", acc, FaultPoint{
			Name:     "atomic/" + name,
			Doc:      name + "() fails, with interrupts off, which the kernel forbids",
			Errno:    EINVAL,
			Contract: true,
		}, run)
	})
}

// dynCallback is the startup or teardown of a driver's dynamic state.
func (a *assembler) dynCallback(step *Step, w walk) {
	name := choose.If(w.up, "startup", "teardown")
	doc := fmt.Sprintf("the %s of %s fails", name, step.Name)
	if w.undo {
		name, doc = "undo-"+name, doc+" in an undo, which drops the error"
	}
	p := FaultPoint{Name: name + "/" + step.Name, Doc: doc, Errno: EAGAIN}
	a.fun(step.Callback(w.up), func() { a.callbackBody(step, w.up, p) })
}

// switchOn jumps to the target that choose, on registers only, selects.
func (a *assembler) switchOn(way string, choose func(*Exec) int, cases []target) {
	table := make([]PC, len(cases))
	for i, t := range cases {
		table[i] = PC(t)
	}
	a.emitNode(node{op: opSwitch, way: way, choose: choose, table: table})
}

// cpuhpDownCallbacks is cpuhp_down_callbacks(): from the state where it stands down to the register Goal.
func (a *assembler) cpuhpDownCallbacks(w walk) {
	a.walking(w.walker(), func() {
		a.fun("cpuhp_down_callbacks", func() {
			a.do("prev_state = st->state", reads(objState), func(x *Exec) {
				x.t.Prev, x.t.Step, x.t.Ret = x.st().State, x.st().State, OK
			})
			a.forever(func(end target) {
				a.leaveIf(end, func(x *Exec) bool { return x.t.Step <= x.t.Goal })
				a.invokeCallback(w)
				a.when(failed, func() {
					a.do("st->target = prev_state", writes(objTarget), func(x *Exec) { x.st().Target = x.t.Prev })
					if a.m.Kernel.UndoGuard {
						a.test(
							"if (st->state < prev_state)",
							reads(objState),
							func(x *Exec) bool { return x.st().State < x.t.Prev },
							func() {
								a.undo(func() { a.undoCPUDown(w.back()) })
							},
						)
					} else {
						a.undo(func() { a.undoCPUDown(w.back()) })
					}
					a.jump(end)
				})
				a.do("st->state--", writes(objState), func(x *Exec) {
					x.st().State--
					x.t.Step = x.st().State
				})
			})
			a.endWalk()
		})
	})
}

// cpuhpUpCallbacks is cpuhp_up_callbacks(): from the state where it stands up to the register Goal. That the state is
// below the target and that it is counted up are one instruction; nobody else writes it meanwhile.
func (a *assembler) cpuhpUpCallbacks(w walk) {
	a.walking(w.walker(), func() {
		a.fun("cpuhp_up_callbacks", func() {
			a.do("prev_state = st->state", reads(objState), func(x *Exec) { x.t.Prev, x.t.Ret = x.st().State, OK })
			a.forever(func(end target) {
				a.climb(end)
				a.invokeCallback(w)
				a.when(failed, func() {
					a.do("st->target = prev_state", writes(objTarget), func(x *Exec) { x.st().Target = x.t.Prev })
					a.undo(func() { a.undoCPUUp(w.back()) })
					a.jump(end)
				})
			})
			a.endWalk()
		})
	})
}

// climb is the head of a walk upwards: the next rung, or the end if the register Goal is reached.
func (a *assembler) climb(end target) {
	a.testElse("while (st->state < target) st->state++", writes(objState),
		func(x *Exec) bool {
			if x.st().State >= x.t.Goal {
				return false
			}
			x.st().State++
			x.t.Step = x.st().State
			return true
		},
		func() {}, func() { a.jump(end) })
}

// undo keeps the walk's error over its undo, which drops the errors of the callbacks.
func (a *assembler) undo(body func()) {
	a.local(func(x *Exec) { x.t.Err = x.t.Ret })
	body()
	a.local(func(x *Exec) { x.t.Ret, x.t.Err = x.t.Err, OK })
}

// How far the walk of the control task goes.
const (
	labelGoalUp   = "target = min(target, CPUHP_BRINGUP_CPU)"
	labelGoalDown = "cpuhp_down_callbacks(cpu, st, target)"
)

// endWalk forgets the registers of a walk.
func (a *assembler) endWalk() {
	a.local(func(x *Exec) { x.t.Prev, x.t.Goal, x.t.Step = 0, 0, 0 })
}

// undoCPUDown is undo_cpu_down(): from above the state where it stands up to st->target, exclusively.
func (a *assembler) undoCPUDown(w walk) {
	a.fun("undo_cpu_down", func() {
		a.undoLoop("for (st->state++; st->state < st->target; st->state++)", w,
			func(c *CPU) bool { c.State++; return c.State < c.Target })
	})
}

// undoCPUUp is undo_cpu_up(): from below the state where it stands down to st->target, exclusively.
func (a *assembler) undoCPUUp(w walk) {
	a.fun("undo_cpu_up", func() {
		a.undoLoop("for (st->state--; st->state > st->target; st->state--)", w,
			func(c *CPU) bool { c.State--; return c.State > c.Target })
	})
}

func (a *assembler) undoLoop(label string, w walk, next func(*CPU) bool) {
	a.walking(w.walker(), func() {
		a.forever(func(end target) {
			a.testElse(label, reads(objTarget).writes(objState),
				func(x *Exec) bool {
					more := next(x.st())
					x.t.Step = x.st().State
					return more
				},
				func() { a.invokeCallback(w) },
				func() { a.jump(end) })
		})
	})
}

// walker says who walks over st->state.
type walker uint8

// The walkers. What the control task has others do for it, in bringup_cpu() and takedown_cpu(), they may.
const (
	walksNot  walker = iota
	walksAP          // a thread of the CPU
	walksUp          // the control task, on the way up: the idle task and the hotplug thread go on from BRINGUP_CPU
	walksDown        // the control task, on the way down: the stopper and the idle task go on from TEARDOWN_CPU
)

// walker is who makes the walk.
func (w walk) walker() walker {
	switch {
	case w.table == AP:
		return walksAP
	case w.up:
		return walksUp
	}
	return walksDown
}

// walking assembles the body as part of a walk.
func (a *assembler) walking(w walker, body func()) { within(&a.walk, w, body) }

// within assembles the body with a mark on its nodes.
func within[T any](mark *T, value T, body func()) {
	was := *mark
	*mark = value
	body()
	*mark = was
}

// cpuhpThreadFun is cpuhp_thread_fun(): the hotplug thread does what st asks for.
func (a *assembler) cpuhpThreadFun() {
	if a.m.stepwise() {
		a.stepwiseThreadFun()
		return
	}
	a.fun("cpuhp_thread_fun", func() {
		a.smpMB()
		a.do("st->should_run = false", writes(objShouldRun), func(x *Exec) {
			x.st().ShouldRun = false
			x.t.Ret = OK
		})
		within(&a.serves, true, a.serve)
		a.complete(ForWork)
	})
}

// serve is what it does.
func (a *assembler) serve() {
	tooLow := func(x *Exec) bool { return x.st().State < x.m.rung.apOnlineIdle }
	regular := func() {
		a.bugOn("st->state < CPUHP_AP_ONLINE_IDLE", reads(objState), tooLow)
		a.cpuhpRegularWork()
	}
	done := a.newTarget()
	if a.m.Scenario.Installers > 0 {
		a.test("if (st->cb)", reads(objCB), func(x *Exec) bool { return x.st().CB != 0 }, func() {
			a.singleCallback()
			a.jump(done)
		})
	}
	if a.m.Kernel.APRollback {
		a.testElse("if (st->rollback)", reads(objRollback), func(x *Exec) bool { return x.st().Rollback },
			func() {
				a.bugOn("st->state < CPUHP_AP_ONLINE_IDLE", reads(objState), tooLow)
				a.undoCPUDown(a.m.apWalk(false).back())
				a.endWalk()
				if a.m.Kernel.Notifiers && a.m.Kernel.DownFailedOnAP {
					a.cpuNotifyNofail(CPUDownFailed)
				}
				a.setRet(OK)
				a.do("st->rollback = false", writes(objRollback), func(x *Exec) { x.st().Rollback = false })
			}, regular)
	} else {
		regular()
	}
	a.put(done)
	a.do("st->result = ret", writes(objResult), func(x *Exec) {
		x.st().Result, x.t.Ret = x.t.Ret, OK
	})
}

// cpuhpRegularWork is the regular hotplug work of the thread: the whole way up or down, with its own undo.
func (a *assembler) cpuhpRegularWork() {
	a.testElse("if (st->state < st->target)", reads(objState|objTarget),
		func(x *Exec) bool {
			x.t.Goal = x.st().Target
			return x.st().State < x.t.Goal
		},
		func() {
			a.fun("cpuhp_ap_online", func() { a.cpuhpUpCallbacks(a.m.apWalk(true)) })
		},
		func() {
			a.fun("cpuhp_ap_offline", func() {
				a.statement(
					"target = max(target, CPUHP_TEARDOWN_CPU)",
					func(x *Exec) { x.t.Goal = max(x.t.Goal, x.m.rung.teardownCPU) },
				)
				a.cpuhpDownCallbacks(a.m.apWalk(false))
			})
		})
}

// complete is complete(&st->done).
func (a *assembler) complete(p Purpose) {
	a.do("complete(&st->done)", writes(objDone), func(x *Exec) {
		x.st().Done = min(x.st().Done+1, maxDone)
		x.completion(EventComplete, DoneCompletion, p)
	})
}

// waitForCompletion is wait_for_completion(&st->done).
func (a *assembler) waitForCompletion(p Purpose) {
	a.mightSleep(nil)
	a.emitNode(node{
		op: opAction, label: "wait_for_completion(&st->done)", access: writes(objDone), lock: classWork,
		ready: asCount(func(x *Exec) bool { return x.st().Done > 0 }),
		run: func(x *Exec) {
			x.st().Done--
			x.completion(EventConsume, DoneCompletion, p)
		},
	})
}

// kickAPWork is __cpuhp_kick_ap_work(): hand a request to the hotplug thread.
func (a *assembler) kickAPWork(request bool) {
	a.fun("__cpuhp_kick_ap_work", func() {
		a.do("st->result = 0", writes(objResult), func(x *Exec) { x.st().Result = OK })
		if a.m.Scenario.Installers > 0 { // without them it is always NULL
			a.do("st->cb = NULL", writes(objCB), func(x *Exec) { x.st().CB = 0 })
		}
		a.smpMB()
		a.do("st->should_run = true", writes(objShouldRun), func(x *Exec) {
			x.st().ShouldRun = true
			if request {
				x.completion(EventRequest, DoneCompletion, ForWork)
			}
		})
		a.wakeUpProcess(slotCpuhp)
	})
}

// cpuhpKickAPWork is cpuhp_kick_ap_work(): hand a request to the hotplug thread and wait for its result.
func (a *assembler) cpuhpKickAPWork() {
	a.fun("cpuhp_kick_ap_work", func() {
		a.trace(func(x *Exec) Event {
			x.t.Goal = x.st().State
			return Event{Kind: EventKick, CPU: x.cpu, Step: x.t.Goal}
		})
		a.kickAPWork(true)
		a.waitForCompletion(ForWork)
		a.do("return st->result", reads(objResult), func(x *Exec) { x.t.Ret = x.st().Result })
		a.trace(func(x *Exec) Event { return Event{Kind: EventKicked, CPU: x.cpu, Step: x.t.Goal, Ret: x.t.Ret} })
	})
}

// callbackBody is what a callback of a dynamic state does; ret is its result. Only those of the first state do more
// than to succeed or to fail.
func (a *assembler) callbackBody(step *Step, up bool, p FaultPoint) {
	label, kind := step.Callback(up)+"(cpu)", CallbackPlain
	if step.Dyn == 1 {
		kind = a.m.Scenario.Callback
	}
	switch kind {
	case CallbackReads:
		a.readSection(func() { a.mayFail(label, own, p, nil) })
	case CallbackWaits:
		a.mutexLock(DriverMutex)
		a.mayFail(label, own, p, nil)
		a.mutexUnlock(DriverMutex)
	case CallbackHalf:
		a.halfCallback(label, up, p)
	default:
		a.mayFail(label, own, p, nil)
	}
}

// halfCallback is a callback with two pieces of work, of which the second may fail; then it undoes the first. It warns
// if it is called to set up what is there, or to free what is not.
func (a *assembler) halfCallback(label string, up bool, p FaultPoint) {
	first, second := "allocate", "free"
	if !up {
		first, second = second, first
	}
	set := func(what string, to bool) {
		warning := a.m.assertion(
			a.fn.name + ": WARN_ON(" + choose.If(to, "allocated", "!allocated") + ")",
		)
		a.do(label+": "+what, writes(objDriver), func(x *Exec) {
			if x.st().Allocated == to {
				x.emit(Event{Kind: EventWarn, CPU: x.cpu, Assertion: warning})
			}
			x.st().Allocated = to
		})
	}
	set(first, up)
	a.mayFail(label, own, p, nil)
	a.when(failed, func() { set(second, !up) })
}
