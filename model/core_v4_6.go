package model

// kernel/cpu.c: the walks along the ladder, and what the hotplug thread does.

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

// cpuhpThreadFun is cpuhp_thread_fun(): the hotplug thread does what st asks for.
func (a *assembler) cpuhpThreadFun() {
	if a.m.statePerRun() {
		a.threadFunSince414()
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
