package model

// kernel/cpu.c since v4.14 (4dddfb5faa61): the hotplug thread calls one callback each time that it runs, and never turns round by itself. The
// task that asked decides: it points st->target the other way and kicks the thread again.

// stepwise reports whether the kernel is one of these.
func (m *Machine) stepwise() bool { return m.Kernel.Stepwise }

// doneCount is st->done_up or st->done_down; before v4.14 both are st->done.
func (x *Exec) doneCount(up bool) *uint8 {
	if up || !x.m.stepwise() {
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

func doneName(up bool) string { return map[bool]string{true: "done_up", false: "done_down"}[up] }

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
		a.do("st->target = target", reads(objState|objTarget).writes(objTarget|objRollback|objBringup), func(x *Exec) {
			st := x.st()
			to := target(x)
			st.Rollback, st.Target, st.Bringup = false, to, st.State < to
			before(x, st.State)
		})
	})
}

// resetState is cpuhp_reset_state(): turn round. Who has turned round already only gets another target.
func (a *assembler) resetState(prev func(*Exec) Rung) {
	a.fun("cpuhp_reset_state", func() {
		a.do("st->target = prev_state", writes(objState|objTarget|objRollback|objBringup), func(x *Exec) {
			st := x.st()
			st.Target = prev(x)
			if st.Rollback {
				return
			}
			st.Rollback = true
			if st.Bringup {
				st.State--
			} else {
				st.State++
			}
			st.Bringup = !st.Bringup
		})
	})
}

// kickAP is __cpuhp_kick_ap().
func (a *assembler) kickAP() {
	a.fun("__cpuhp_kick_ap", func() {
		a.test("if (!st->single && st->state == st->target)", reads(objState|objTarget),
			func(x *Exec) bool { return x.st().State == x.st().Target }, a.ret)
		a.do("st->result = 0", writes(objResult), func(x *Exec) { x.st().Result = OK })
		a.do("st->should_run = true", writes(objShouldRun), func(x *Exec) {
			x.st().ShouldRun = true
			x.completion(EventRequest, DoneCompletion, ForWork)
		})
		a.wakeUpProcess(slotCpuhp)
		a.waitForAPThread("wait_for_completion(st->bringup ? &st->done_up : &st->done_down)", ForWork, func(x *Exec) bool { return x.st().Bringup })
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

// stepwiseKickAPWork is cpuhp_kick_ap_work().
func (a *assembler) stepwiseKickAPWork() {
	a.fun("cpuhp_kick_ap_work", func() {
		a.trace(func(x *Exec) Event { return Event{Kind: EventKick, CPU: x.cpu, Step: x.st().State} })
		a.cpuhpKickAP(targetNow, func(x *Exec, r Rung) { x.t.Prev = r }, func(x *Exec) Rung { return x.t.Prev })
		a.trace(func(x *Exec) Event { return Event{Kind: EventKicked, CPU: x.cpu, Step: x.t.Prev, Ret: x.t.Ret} })
		a.local(func(x *Exec) { x.t.Prev = 0 })
	})
}

// empty reports whether a step has nothing to call in that direction: cpuhp_step_empty().
func (m *Machine) empty(r Rung, up bool) bool { return m.Ladder[r].Callback(up) == "" }

// nextState is cpuhp_next_state(): st->state is moved ahead to the next state that has a callback, or to the goal, and the
// register Step says which is to be called.
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
		if !x.m.empty(x.t.Step, up) {
			return true
		}
	}
}

// invokeRange is __cpuhp_invoke_callback_range(). With nofail the way goes on after an error, which is only told.
func (a *assembler) invokeRange(w walk, nofail bool, goal func(*Exec) Rung) {
	warning := a.m.assertion("cpuhp_invoke_callback_range_nofail: pr_warn(CPU state failed)")
	a.fun("cpuhp_invoke_callback_range", func() {
		a.walking(w.walker(), func() {
			a.setRet(OK)
			a.forever(func(end target) {
				a.testElse("cpuhp_next_state()", writes(objState), func(x *Exec) bool { return x.nextState(w.up, goal(x)) },
					func() {
						a.invokeCallback(w)
						a.when(failed, func() {
							if !nofail {
								a.jump(end)
								return
							}
							a.emit(func(x *Exec) Event { return Event{Kind: EventWarn, CPU: x.cpu, Assertion: warning} })
							a.setRet(OK)
						})
					}, func() { a.jump(end) })
			})
		})
	})
}

// warnOn is WARN_ON(cond), on registers.
func (a *assembler) warnOn(cond string, test func(*Exec) bool) {
	i := a.m.assertion(a.fn.name + ": WARN_ON(" + cond + ")")
	a.when(test, func() { a.emit(func(x *Exec) Event { return Event{Kind: EventWarn, CPU: x.cpu, Assertion: i} }) })
}

// stepwiseUpCallbacks is cpuhp_up_callbacks(), to the register Goal.
func (a *assembler) stepwiseUpCallbacks() {
	m := a.m
	a.fun("cpuhp_up_callbacks", func() {
		a.do("prev_state = st->state", reads(objState), func(x *Exec) { x.t.Prev = x.st().State })
		a.invokeRange(m.bpWalk(true), false, func(x *Exec) Rung { return x.t.Goal })
		a.when(failed, func() { a.turn(m.bpWalk(false), func(*Exec) bool { return true }) })
		a.endWalk()
	})
}

// stepwiseDownCallbacks is cpuhp_down_callbacks(), to the register Goal.
func (a *assembler) stepwiseDownCallbacks() {
	m := a.m
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

// stepwiseThreadFun is cpuhp_thread_fun(): one callback.
func (a *assembler) stepwiseThreadFun() {
	a.fun("cpuhp_thread_fun", func() {
		within(&a.serves, true, func() {
			a.testElse("bringup = st->bringup", reads(objBringup), func(x *Exec) bool { return x.st().Bringup },
				func() { a.threadTurn(true) }, func() { a.threadTurn(false) })
		})
	})
}

// threadTurn is one turn in that direction.
func (a *assembler) threadTurn(up bool) {
	w := a.m.apWalk(up)
	end := a.newTarget()
	a.walking(walksAP, func() {
		a.testElse("st->should_run = cpuhp_next_state()", reads(objTarget).writes(objState|objShouldRun), func(x *Exec) bool {
			x.st().ShouldRun = x.nextState(up, x.st().Target)
			return x.st().ShouldRun
		}, func() {
			a.invokeCallback(w)
			a.do("st->result = ret", writes(objResult), func(x *Exec) { x.st().Result, x.t.Step = x.t.Ret, 0 })
			a.when(func(x *Exec) bool { return x.t.Ret == OK }, a.ret) // should_run is still set: the thread comes again
			warning := a.m.assertion("cpuhp_thread_fun: WARN_ON(st->rollback)")
			a.test("if (st->rollback)", reads(objRollback), func(x *Exec) bool { return x.st().Rollback }, func() {
				a.emit(func(x *Exec) Event { return Event{Kind: EventWarn, CPU: x.cpu, Assertion: warning} })
			})
			a.do("st->should_run = false", writes(objShouldRun), func(x *Exec) { x.st().ShouldRun, x.t.Ret = false, OK })
		}, func() { a.jump(end) })
		a.put(end)
	})
	a.completeAPThread(up, ForWork)
}

// stepwiseCPUUp is _cpu_up().
func (a *assembler) stepwiseCPUUp() {
	m := a.m
	a.fun("_cpu_up", func() {
		a.setRet(OK)
		a.cpusWriteLock()
		out := a.newTarget()
		a.when((*Exec).absent, func() {
			a.setRet(EINVAL)
			a.jump(out)
		})
		a.do("st->state", reads(objState), func(x *Exec) { x.t.Step = x.st().State })
		a.when(func(x *Exec) bool { return x.t.Step >= x.task.Target }, func() { a.jump(out) })
		a.when(func(x *Exec) bool { return x.t.Step == m.rung.offline }, func() {
			a.mayFail("idle_thread_get(cpu)", own,
				FaultPoint{Name: "idle_thread_get", Doc: "the CPU has no idle task", Errno: ENOMEM}, nil)
			a.when(failed, func() { a.jump(out) })
		})
		a.setTasksFrozen()
		a.setState(func(x *Exec) Rung { return x.task.Target }, func(*Exec, Rung) {})
		a.when(func(x *Exec) bool { return x.t.Step > m.rung.bringupCPU }, func() {
			a.local(func(x *Exec) { x.t.Step = 0 })
			a.stepwiseKickAPWork()
			a.when(failed, func() { a.jump(out) })
		})
		a.local(func(x *Exec) { x.t.Goal, x.t.Step = min(x.task.Target, m.rung.bringupCPU), 0 })
		a.stepwiseUpCallbacks()
		a.put(out)
		a.endWalk()
		a.cpusWriteUnlock()
	})
}

// stepwiseCPUDown is cpu_down_maps_locked() with _cpu_down().
func (a *assembler) stepwiseCPUDown() {
	m := a.m
	a.fun("cpu_down_maps_locked", func() {
		a.test("for_each_cpu_and(cpu, cpu_online_mask, housekeeping_cpumask(HK_TYPE_DOMAIN))", reads(objOnline).everyCPU(), func(x *Exec) bool {
			for cpu := range m.Scenario.CPUs {
				if x.s.CPU[cpu].Online && cpu != int(x.cpu) {
					return false
				}
			}
			return true
		}, func() {
			a.setRet(EBUSY)
			a.ret()
		})
		a.fun("_cpu_down", func() {
			a.setRet(OK)
			a.test("if (num_online_cpus() == 1)", reads(objOnline).everyCPU(), func(x *Exec) bool { return x.onlineCPUs() == 1 }, func() {
				a.setRet(EBUSY)
				a.ret()
			})
			a.when((*Exec).absent, func() {
				a.setRet(EINVAL)
				a.ret()
			})
			a.cpusWriteLock()
			a.setTasksFrozen()
			out := a.newTarget()
			a.setState(func(x *Exec) Rung { return x.task.Target }, func(x *Exec, r Rung) { x.task.Prev = r })
			a.when(func(x *Exec) bool { return x.task.Prev > m.rung.teardownCPU }, func() {
				a.do("st->target = max(target, CPUHP_TEARDOWN_CPU)", writes(objTarget), func(x *Exec) {
					x.st().Target = max(x.task.Target, m.rung.teardownCPU)
				})
				a.stepwiseKickAPWork()
				a.when(failed, func() { a.jump(out) })
				a.test("if (st->state > CPUHP_TEARDOWN_CPU) goto out", reads(objState),
					func(x *Exec) bool { return x.st().State > m.rung.teardownCPU }, func() { a.jump(out) })
				a.do("st->target = target", writes(objTarget), func(x *Exec) { x.st().Target = x.task.Target })
			})
			a.local(func(x *Exec) { x.t.Goal = x.task.Target })
			a.stepwiseDownCallbacks()
			a.when(failed, func() { a.rollbackOnTarget(out) })
			a.put(out)
			a.cpusWriteUnlock()
			a.local(func(x *Exec) { x.task.Prev = 0 })
		})
	})
}

// rollbackOnTarget is what _cpu_down() does when its own part failed: the hotplug thread goes back to where it all began.
func (a *assembler) rollbackOnTarget(out target) {
	m := a.m
	dead := m.assertion("_cpu_down: WARN(1, DEAD callback error)")
	a.test("if (ret && st->state < prev_state)", reads(objState), func(x *Exec) bool { return x.st().State < x.task.Prev }, func() {
		a.testElse("if (st->state == CPUHP_TEARDOWN_CPU)", reads(objState), func(x *Exec) bool { return x.st().State == m.rung.teardownCPU },
			func() {
				a.undo(func() {
					a.resetState(func(x *Exec) Rung { return x.task.Prev })
					a.kickAP()
				})
				a.jump(out)
			},
			func() { a.emit(func(x *Exec) Event { return Event{Kind: EventWarn, CPU: x.cpu, Assertion: dead} }) })
	})
}

// stepwiseBringupCPU is bringup_cpu(), with bringup_wait_for_ap().
func (a *assembler) stepwiseBringupCPU() {
	a.fun("bringup_cpu", func() {
		a.mutexLock(SparseIRQLock)
		a.archCPUUp()
		a.mutexUnlock(SparseIRQLock)
		a.when(failed, a.ret)
		a.fun("bringup_wait_for_ap", func() {
			a.waitForAPOnline(a.ret)
			a.kickToTarget()
		})
	})
}

// waitForAPOnline is bringup_wait_for_ap_online(), before v6.5 a part of bringup_wait_for_ap(). What is to be done about a CPU that did not come online is
// given.
func (a *assembler) waitForAPOnline(wrong func()) {
	a.waitForAPThread("wait_for_completion(&st->done_up)", ForOnline, func(*Exec) bool { return true })
	offline := a.m.assertion(a.fn.name + ": WARN_ON(!cpu_online(cpu))")
	a.test("if (WARN_ON(!cpu_online(cpu)))", reads(objOnline), func(x *Exec) bool { return !x.st().Online }, func() {
		a.emit(func(x *Exec) Event { return Event{Kind: EventWarn, CPU: x.cpu, Assertion: offline} })
		a.setRet(ECANCELED)
		wrong()
	})
	a.kthreadUnpark(slotCpuhp)
}

// kickToTarget is the end of bringing up a CPU: its hotplug thread goes the rest of the way.
func (a *assembler) kickToTarget() {
	m := a.m
	a.test("if (st->target <= CPUHP_AP_ONLINE_IDLE)", reads(objTarget), func(x *Exec) bool { return x.st().Target <= m.rung.apOnlineIdle }, func() {
		a.setRet(OK)
		a.ret()
	})
	a.cpuhpKickAP(targetNow, func(*Exec, Rung) {}, func(*Exec) Rung { return m.rung.apOnlineIdle })
}

// stepwiseTakedownCPU is takedown_cpu().
func (a *assembler) stepwiseTakedownCPU() {
	m := a.m
	a.fun("takedown_cpu", func() {
		a.kthreadPark(slotCpuhp)
		a.mutexLock(SparseIRQLock)
		a.stopMachine()
		a.when(failed, func() {
			a.mutexUnlock(SparseIRQLock)
			a.kthreadUnpark(slotCpuhp)
			a.ret()
		})
		a.bugOn("cpu_online(cpu)", reads(objOnline), func(x *Exec) bool { return x.st().Online })
		a.waitForAPThread("wait_for_completion(&st->done_down)", ForDead, func(*Exec) bool { return false })
		a.bugOn("st->state != CPUHP_AP_IDLE_DEAD", reads(objState), func(x *Exec) bool { return x.st().State != m.rung.apIdleDead })
		a.mutexUnlock(SparseIRQLock)
		if m.Kernel.SplitStartup {
			a.syncDead()
			return
		}
		a.wait("__cpu_die(cpu)", reads(objDead), func(x *Exec) bool { return x.st().Dead }, nil)
	})
}

// stepwiseDying is the way through the atomic section in take_cpu_down().
func (a *assembler) stepwiseDying() {
	m := a.m
	wrong := m.assertion("take_cpu_down: WARN_ON(st->state != CPUHP_TEARDOWN_CPU - 1)")
	a.test("WARN_ON(st->state != CPUHP_TEARDOWN_CPU - 1)", reads(objState), func(x *Exec) bool { return x.st().State != m.rung.teardownCPU-1 }, func() {
		a.emit(func(x *Exec) Event { return Event{Kind: EventWarn, CPU: x.cpu, Assertion: wrong} })
	})
	a.invokeRange(walk{table: AP, lo: m.rung.apOffline, hi: m.rung.teardownCPU - 1}, true, func(x *Exec) Rung { return x.t.Goal })
	a.endWalk()
}

// stepwiseStarting is notify_cpu_starting().
func (a *assembler) stepwiseStarting() {
	m := a.m
	a.do("target = min(st->target, CPUHP_AP_ONLINE)", reads(objTarget), func(x *Exec) { x.t.Goal = min(x.st().Target, m.rung.apOnline) })
	a.invokeRange(walk{up: true, table: AP, lo: m.rung.apIdleDead, hi: m.rung.apOnline}, true, func(x *Exec) Rung { return x.t.Goal })
	a.endWalk()
}

// stepwiseOnlineIdle is cpuhp_online_idle().
func (a *assembler) stepwiseOnlineIdle() {
	m := a.m
	if m.Kernel.SplitStartup {
		a.do("cpuhp_ap_update_sync_state(SYNC_STATE_ONLINE)", writes(objSync), func(x *Exec) { x.st().Sync = SyncOnline })
	}
	a.stopMachineUnpark()
	a.do("st->state = CPUHP_AP_ONLINE_IDLE", writes(objState), func(x *Exec) { x.st().State = m.rung.apOnlineIdle })
	a.completeAPThread(true, ForOnline)
}

// cpusWriteLock is cpus_write_lock(): a percpu rwsem, which lets no new reader in once a writer is there.
func (a *assembler) cpusWriteLock() {
	a.fun("cpus_write_lock", func() {
		a.mutexLock(CPUHotplugLock)
		if a.m.hasReaders() {
			a.mightSleep(nil)
			within(&a.begins, true, func() {
				a.wait("percpu_down_write(): wait for readers", reads(objReaders), func(x *Exec) bool { return x.s.Readers == 0 }, nil)
			})
		}
	})
}

func (a *assembler) cpusWriteUnlock() {
	a.fun("cpus_write_unlock", func() { a.mutexUnlock(CPUHotplugLock) })
}

// cpusReadLock and cpusReadUnlock are cpus_read_lock() and cpus_read_unlock().
func (a *assembler) cpusReadLock() {
	a.fun("cpus_read_lock", func() {
		a.mightSleep(nil)
		a.emitNode(node{
			op: opAction, label: "percpu_down_read(&cpu_hotplug_lock)", access: reads(objLock << CPUHotplugLock).writes(objReaders), lock: classOf(CPUHotplugLock),
			ready: asCount(func(x *Exec) bool { return x.s.Lock[CPUHotplugLock] == Nobody }),
			run: func(x *Exec) {
				x.s.Readers++
				x.emit(Event{Kind: EventReadBegin, CPU: x.cpu, Thread: x.id})
			},
		})
	})
}

func (a *assembler) cpusReadUnlock() {
	a.fun("cpus_read_unlock", func() {
		a.do("percpu_up_read(&cpu_hotplug_lock)", writes(objReaders), func(x *Exec) {
			x.s.Readers--
			x.emit(Event{Kind: EventReadEnd, CPU: x.cpu, Thread: x.id})
		})
	})
}
