package model

import "github.com/hpcheck/hpcheck/internal/choose"

// kernel/cpu.c since v4.14 (4dddfb5faa61): the hotplug thread calls one callback each time that it runs, and never
// turns round by itself. The task that asked decides: it points st->target the other way and kicks the thread again.

// statePerRun reports whether the kernel is one of these.
func (m *Machine) statePerRun() bool { return m.Kernel.StatePerRun }

// doneCount is st->done_up or st->done_down; before v4.14 both are st->done.
func (x *Exec) doneCount(up bool) *uint8 {
	if up || !x.m.statePerRun() {
		return &x.st().Done
	}
	return &x.st().DoneDown
}

// completeAPThread is complete_ap_thread(st, bringup).
func (a *assembler) completeAPThread(up bool, p Purpose) {
	a.do("complete(&st->"+doneName(up)+")", writes(objDone), func(x *Exec) {
		n := x.doneCount(up)
		*n = min(*n+1, maxDone)
		x.completion(EventComplete, DoneCompletion, p)
	})
}

func doneName(up bool) string { return choose.If(up, "done_up", "done_down") }

// waitForAPThread is wait_for_ap_thread(st, bringup); up says which of the completions, knowing the state.
func (a *assembler) waitForAPThread(label string, p Purpose, up func(*Exec) bool) {
	a.fun("wait_for_ap_thread", func() {
		a.mightSleep(nil)
		a.emitNode(node{
			op: opAction, label: label, access: reads(objBringup).writes(objDone), lock: classWork,
			ready: asCount(func(x *Exec) bool { return *x.doneCount(up(x)) > 0 }),
			run: func(x *Exec) {
				*x.doneCount(up(x))--
				x.completion(EventConsume, DoneCompletion, p)
			},
		})
	})
}

// setState is cpuhp_set_state(): an operation, or a part of one, begins. before keeps prev_state.
func (a *assembler) setState(target func(*Exec) Rung, before func(*Exec, Rung)) {
	a.fun("cpuhp_set_state", func() {
		a.do(
			"st->target = target",
			reads(objState|objTarget).writes(objTarget|objRollback|objBringup|objDying|objCB|objLast),
			func(x *Exec) {
				st := x.st()
				to := target(x)
				st.Rollback, st.Target, st.Bringup, st.CB, st.Last = false, to, st.State < to, 0, 0
				x.setDying(!st.Bringup)
				before(x, st.State)
			},
		)
	})
}

// resetState is cpuhp_reset_state(): turn round. Since 453e41085183, who has turned round already only gets another
// target.
func (a *assembler) resetState(prev func(*Exec) Rung) {
	a.fun("cpuhp_reset_state", func() {
		a.do(
			"st->target = prev_state",
			reads(objLast).writes(objState|objTarget|objRollback|objBringup|objDying),
			func(x *Exec) {
				st := x.st()
				st.Target = prev(x)
				if st.Rollback && a.m.Kernel.RangeWalk {
					return
				}
				st.Rollback = true
				switch { // what was done of the state itself has to be undone first
				case st.Last > 0:
				case st.Bringup:
					st.State--
				default:
					st.State++
				}
				st.Bringup = !st.Bringup
				x.setDying(!st.Bringup)
			},
		)
	})
}

// kickAP is __cpuhp_kick_ap().
func (a *assembler) kickAP() {
	a.fun("__cpuhp_kick_ap", func() {
		a.test("if (!st->single && st->state == st->target)", reads(objState|objTarget|objCB),
			func(x *Exec) bool { return x.st().CB == 0 && x.st().State == x.st().Target }, a.ret)
		a.do("st->result = 0", writes(objResult), func(x *Exec) { x.st().Result = OK })
		a.smpMB()
		a.do("st->should_run = true", writes(objShouldRun), func(x *Exec) {
			x.st().ShouldRun = true
			x.completion(EventRequest, DoneCompletion, ForWork)
		})
		a.wakeUpProcess(slotCpuhp)
		a.waitForAPThread(
			"wait_for_completion(st->bringup ? &st->done_up : &st->done_down)", ForWork,
			func(x *Exec) bool { return x.st().Bringup },
		)
	})
}

// cpuhpKickAP is cpuhp_kick_ap(): the hotplug thread goes to the target, or back to prev_state.
func (a *assembler) cpuhpKickAP(target func(*Exec) Rung, before func(*Exec, Rung), prev func(*Exec) Rung) {
	a.fun("cpuhp_kick_ap", func() {
		a.setState(target, before)
		a.kickAP()
		a.do("ret = st->result", reads(objResult), func(x *Exec) { x.t.Ret = x.st().Result })
		a.when(failed, func() {
			a.undo(func() {
				a.resetState(prev)
				a.kickAP()
			})
		})
	})
}

func targetNow(x *Exec) Rung { return x.st().Target }

// kickAPWorkSince414 is cpuhp_kick_ap_work().
func (a *assembler) kickAPWorkSince414() {
	a.fun("cpuhp_kick_ap_work", func() {
		a.trace(func(x *Exec) Event { return Event{Kind: EventKick, CPU: x.cpu, Step: x.st().State} })
		a.cpuhpKickAP(targetNow, func(x *Exec, r Rung) { x.t.Prev = r }, func(x *Exec) Rung { return x.t.Prev })
		a.trace(func(x *Exec) Event { return Event{Kind: EventKicked, CPU: x.cpu, Step: x.t.Prev, Ret: x.t.Ret} })
		a.local(func(x *Exec) { x.t.Prev = 0 })
	})
}

// empty reports whether a step has nothing to call in that direction: cpuhp_step_empty().
func (m *Machine) empty(r Rung, up bool) bool {
	return m.Ladder[r].Callback(up) == "" || m.misplaced(&m.Ladder[r])
}

// setDying is set_cpu_dying(), where cpuhp_set_state() and cpuhp_reset_state() call it.
func (x *Exec) setDying(dying bool) {
	if x.m.Kernel.DyingMask && x.m.Kernel.DyingInState {
		x.st().Dying = dying
	}
}

// nextState is cpuhp_next_state(): st->state is moved ahead to the next state that has a callback, or to the goal, and
// the register Step says which is to be called.
func (x *Exec) nextState(up bool, goal Rung) bool {
	st := x.st()
	for {
		switch {
		case up && st.State >= goal, !up && st.State <= goal:
			return false
		case up:
			st.State++
			x.t.Step = st.State
		default:
			x.t.Step = st.State
			st.State--
		}
		if step := &x.m.Ladder[x.t.Step]; !x.m.empty(x.t.Step, up) &&
			(step.Module == 0 || step.Multi || *x.count(step) > 0) {
			return true
		}
	}
}

// nextAccess adds what cpuhp_next_state() looks at besides.
func (a *assembler) nextAccess(acc access) access {
	if len(a.m.modules) > 0 {
		acc = acc.reading(objSteps)
	}
	return acc
}

// invokeRange is __cpuhp_invoke_callback_range(). With nofail the way goes on after an error, which is only told.
func (a *assembler) invokeRange(w walk, nofail bool, goal func(*Exec) Rung) {
	warning := a.m.assertion("cpuhp_invoke_callback_range_nofail: pr_warn(CPU state failed)")
	a.fun("cpuhp_invoke_callback_range", func() {
		a.walking(w.walker(), func() {
			a.setRet(OK)
			a.forever(func(end target) {
				a.testElse(
					"cpuhp_next_state()",
					a.nextAccess(writes(objState)),
					func(x *Exec) bool { return x.nextState(w.up, goal(x)) },
					func() {
						a.invokeCallback(w)
						a.when(failed, func() {
							if !nofail {
								a.jump(end)
								return
							}
							a.emit(
								func(x *Exec) Event { return Event{Kind: EventWarn, CPU: x.cpu, Assertion: warning} },
							)
							a.setRet(OK)
						})
					},
					func() { a.jump(end) },
				)
			})
		})
	})
}

// warnOn is WARN_ON(cond), on registers.
func (a *assembler) warnOn(cond string, test func(*Exec) bool) {
	i := a.m.assertion(a.fn.name + ": WARN_ON(" + cond + ")")
	at := len(a.nodes)
	a.when(test, func() { a.emit(func(x *Exec) Event { return Event{Kind: EventWarn, CPU: x.cpu, Assertion: i} }) })
	a.nodes[at].books = true
}

// upCallbacksSince414 is cpuhp_up_callbacks(), to the register Goal.
func (a *assembler) upCallbacksSince414() {
	m := a.m
	if !m.Kernel.RangeWalk {
		a.cpuhpUpCallbacks(m.bpWalk(true))
		return
	}
	a.fun("cpuhp_up_callbacks", func() {
		a.do("prev_state = st->state", reads(objState), func(x *Exec) { x.t.Prev = x.st().State })
		a.invokeRange(m.bpWalk(true), false, func(x *Exec) Rung { return x.t.Goal })
		a.when(failed, func() { a.turn(m.bpWalk(false), func(*Exec) bool { return true }) })
		a.endWalk()
	})
}

// downCallbacksSince414 is cpuhp_down_callbacks(), to the register Goal.
func (a *assembler) downCallbacksSince414() {
	m := a.m
	if !m.Kernel.RangeWalk {
		a.cpuhpDownCallbacks(m.bpWalk(false))
		return
	}
	a.fun("cpuhp_down_callbacks", func() {
		a.do("prev_state = st->state", reads(objState), func(x *Exec) { x.t.Prev = x.st().State })
		a.invokeRange(m.bpWalk(false), false, func(x *Exec) Rung { return x.t.Goal })
		a.when(failed, func() { a.turn(m.bpWalk(true), func(x *Exec) bool { return x.st().State < x.t.Prev }) })
		a.endWalk()
	})
}

// turn is what both do after an error: back to where they began.
func (a *assembler) turn(back walk, if_ func(*Exec) bool) {
	a.walking(back.walker(), func() {
		a.undo(func() {
			a.resetState(func(x *Exec) Rung { return x.t.Prev })
			back.undo = true
			a.test("if (st->state != prev_state)", reads(objState), if_, func() {
				a.invokeRange(back, false, func(x *Exec) Rung { return x.t.Prev })
				a.warnOn("cpuhp_invoke_callback_range()", failed)
			})
		})
	})
}

// threadFunSince414 is cpuhp_thread_fun(): one callback.
func (a *assembler) threadFunSince414() {
	a.fun("cpuhp_thread_fun", func() {
		within(&a.serves, true, func() {
			if a.m.Kernel.BringupAfterBarrier {
				a.smpMB()
			}
			a.testElse("bringup = st->bringup", reads(objBringup), func(x *Exec) bool { return x.st().Bringup },
				func() { a.threadTurn(true) }, func() { a.threadTurn(false) })
		})
	})
}

// threadTurn is one turn in that direction.
func (a *assembler) threadTurn(up bool) {
	w := a.m.apWalk(up)
	end := a.newTarget()
	if !a.m.Kernel.BringupAfterBarrier {
		a.smpMB() // behind the read of st->bringup, in all kernels
	}
	if a.m.asksForOne() {
		a.test("if (st->single)", reads(objCB), func(x *Exec) bool { return x.st().CB != 0 }, func() {
			a.do("st->should_run = false", writes(objShouldRun), func(x *Exec) { x.st().ShouldRun = false })
			a.callSingle(up)
			a.do(
				"st->result = ret", writes(objResult),
				func(x *Exec) { x.st().Result, x.t.Step, x.t.N, x.t.Ret = x.t.Ret, 0, 0, OK },
			)
			a.jump(end)
		})
	}
	a.walking(walksAP, func() {
		if a.m.Kernel.RangeWalk {
			a.testElse(
				"st->should_run = cpuhp_next_state()",
				a.nextAccess(reads(objTarget).writes(objState|objShouldRun)),
				func(x *Exec) bool {
					x.st().ShouldRun = x.nextState(up, x.st().Target)
					return x.st().ShouldRun
				},
				func() {},
				func() { a.jump(end) },
			)
		} else {
			a.stepOne(up)
		}
		a.invokeCallback(w)
		a.do("st->result = ret", writes(objResult), func(x *Exec) { x.st().Result, x.t.Step = x.t.Ret, 0 })
		a.when(failed, func() {
			warning := a.m.assertion("cpuhp_thread_fun: WARN_ON(st->rollback)")
			at := len(a.nodes)
			a.test("if (st->rollback)", reads(objRollback), func(x *Exec) bool { return x.st().Rollback }, func() {
				a.emit(func(x *Exec) Event { return Event{Kind: EventWarn, CPU: x.cpu, Assertion: warning} })
			})
			a.nodes[at].books = true
			a.do(
				"st->should_run = false", writes(objShouldRun), func(x *Exec) { x.st().ShouldRun, x.t.Ret = false, OK },
			)
			a.jump(end)
		})
		if a.m.Kernel.RangeWalk {
			a.ret() // should_run is still set: the thread comes again
		} else {
			a.test("if (st->should_run)", reads(objShouldRun), func(x *Exec) bool { return x.st().ShouldRun }, a.ret)
		}
	})
	a.put(end)
	a.completeAPThread(up, ForWork)
}

// callSingle is the one callback that was asked for, in that direction.
func (a *assembler) callSingle(up bool) {
	called := a.newTarget()
	a.loadSingle(func(*Exec) bool { return up })
	if a.m.Scenario.InstancesComeAndGo.any() {
		for _, r := range a.m.multiRungs() {
			if a.m.Ladder[r].Table == AP {
				a.when(func(x *Exec) bool { return x.t.Step == r }, func() {
					a.singleInstance(r, up)
					a.jump(called)
				})
			}
		}
	}
	a.singleModule(called, up)
	if a.m.Scenario.Installers > 0 {
		a.failSingle(called, up)
		a.driverCallback("install", "remove")
	}
	a.put(called)
}

// stepOne is the next state of cpuhp_thread_fun() before 453e41085183, whether it has a callback or not.
func (a *assembler) stepOne(up bool) {
	past := a.m.assertion("cpuhp_thread_fun: WARN_ON(st->state past st->target)")
	label := choose.If(up, "st->should_run = ++st->state < st->target", "st->should_run = "+
		"--st->state > st->target")
	a.do(label, reads(objTarget).writes(objState|objShouldRun), func(x *Exec) {
		st := x.st()
		if up {
			st.State++
			x.t.Step, st.ShouldRun = st.State, st.State < st.Target
		} else {
			x.t.Step = st.State
			st.State--
			st.ShouldRun = st.State > st.Target
		}
		if up && st.State > st.Target || !up && st.State < st.Target {
			x.emit(Event{Kind: EventWarn, CPU: x.cpu, Assertion: past})
		}
	})
}
