package model

// kernel/cpu.c: bringing a CPU up.

// doCPUUp is do_cpu_up(cpu, target).
func (a *assembler) doCPUUp() {
	m := a.m
	a.fun("do_cpu_up", func() {
		a.when(func(x *Exec) bool { return !m.Scenario.possible(int(x.cpu)) }, func() {
			a.setRet(EINVAL)
			a.ret()
		})
		a.tryOnlineNode()
		a.when(failed, a.ret)
		a.cpuMapsUpdateBegin()
		out := a.newTarget()
		a.refuseDisabled(out)
		a.unlessBootable(func() {
			a.setRet(EPERM)
			a.jump(out)
		})
		a.cpuUp()
		a.put(out)
		a.cpuMapsUpdateDone()
	})
}

// tryOnlineNode is try_online_node(cpu_to_node(cpu)). The node of CPU 0 is online.
func (a *assembler) tryOnlineNode() {
	at := len(a.nodes)
	a.mayFail(
		"try_online_node(cpu_to_node(cpu))",
		own,
		FaultPoint{
			Name: "try_online_node", Doc: "the memory node of the CPU cannot be brought online", Errno: ENOMEM,
		},
		nil,
	)
	if ways := a.nodes[at].ready; ways != nil {
		a.nodes[at].ready = func(x *Exec) int {
			if x.cpu == 0 {
				return 1
			}
			return ways(x)
		}
	}
}

// cpuUp is _cpu_up(cpu, tasks_frozen, target).
func (a *assembler) cpuUp() {
	m := a.m
	if m.statePerRun() {
		a.cpuUpSince414()
		return
	}
	a.fun("_cpu_up", func() {
		a.setRet(OK)
		a.cpuHotplugBegin()
		out := a.newTarget()
		a.when((*Exec).absent, func() {
			a.setRet(EINVAL)
			a.jump(out)
		})
		a.do("state = st->state", reads(objState), func(x *Exec) { x.t.Step = x.st().State })
		a.when(func(x *Exec) bool { return x.t.Step >= x.task.Target }, func() { a.jump(out) })
		a.when(func(x *Exec) bool { return x.t.Step == m.rung.offline }, func() {
			a.mayFail("idle_thread_get(cpu)", own,
				FaultPoint{Name: "idle_thread_get", Doc: "the CPU has no idle task", Errno: ENOMEM}, nil)
			a.when(failed, func() { a.jump(out) })
		})
		a.setTasksFrozen()
		a.do("st->target = target", writes(objTarget), func(x *Exec) { x.st().Target = x.task.Target })
		a.when(func(x *Exec) bool { return x.t.Step > m.rung.bringupCPU }, func() {
			a.cpuhpKickAPWork()
			a.when(failed, func() { a.jump(out) })
		})
		a.statement(labelGoalUp, func(x *Exec) { x.t.Goal, x.t.Step = min(x.task.Target, m.rung.bringupCPU), 0 })
		a.cpuhpUpCallbacks(m.bpWalk(true))
		a.put(out)
		a.endWalk()
		a.cpuHotplugDone()
	})
}

// bringupCPU is bringup_cpu(), with bringup_wait_for_ap().
func (a *assembler) bringupCPU() {
	if a.m.statePerRun() {
		a.bringupCPUSince414()
		return
	}
	k := &a.m.Kernel
	a.fun("bringup_cpu", func() {
		if k.SparseIRQ {
			a.mutexLock(SparseIRQLock)
		}
		a.archCPUUp()
		if k.SparseIRQ {
			a.mutexUnlock(SparseIRQLock)
		}
		a.when(failed, func() {
			if k.Notifiers {
				a.local(func(x *Exec) { x.t.Save = x.t.Ret })
				a.cpuNotify(notify{event: CPUUpCanceled})
				a.clearCalls()
				a.local(func(x *Exec) { x.t.Ret, x.t.Save = x.t.Save, OK })
			}
			a.ret()
		})
		a.fun("bringup_wait_for_ap", a.bringupWaitForAP)
		if !k.UnparkByBP {
			a.bugOn("!cpu_online(cpu)", reads(objOnline), func(x *Exec) bool { return !x.st().Online })
		}
	})
}

// bringupWaitForAP is bringup_wait_for_ap(), before v4.14.
func (a *assembler) bringupWaitForAP() {
	m := a.m
	a.waitForCompletion(ForOnline)
	if m.Kernel.UnparkByBP {
		a.refuseOffline(a.ret)
		a.stopMachineUnpark()
		a.kthreadUnpark(slotCpuhp)
		a.test(
			"if (st->target > CPUHP_AP_ONLINE_IDLE)",
			reads(objTarget),
			func(x *Exec) bool { return x.st().Target > m.rung.apOnlineIdle },
			func() {
				a.kickAPWork(true)
				a.waitForCompletion(ForWork)
			},
		)
	}
	a.do("return st->result", reads(objResult), func(x *Exec) { x.t.Ret = x.st().Result })
}

// refuseOffline is the look at a CPU that said that it was online. What is to be done about one that is not is given.
func (a *assembler) refuseOffline(wrong func()) {
	offline := a.m.assertion(a.fn.name + ": WARN_ON(!cpu_online(cpu))")
	a.test("if (WARN_ON(!cpu_online(cpu)))", reads(objOnline), func(x *Exec) bool { return !x.st().Online }, func() {
		a.emit(func(x *Exec) Event { return Event{Kind: EventWarn, CPU: x.cpu, Assertion: offline} })
		a.setRet(ECANCELED)
		wrong()
	})
}

// archCPUUp is __cpu_up() as on x86: it returns when the CPU has marked itself online, and refuses a CPU that runs.
func (a *assembler) archCPUUp() {
	a.fun("__cpu_up", func() {
		a.mayFail("__cpu_up(cpu, idle)", reads(objDead).writes(objKicked),
			FaultPoint{Name: "cpu_up", Doc: "__cpu_up() fails: the CPU does not come alive", Errno: EIO},
			func(x *Exec) {
				switch {
				case x.t.Ret != OK:
				case !x.st().Dead:
					x.t.Ret = ENOSYS
				default:
					x.st().Kicked = true
					x.completion(EventRequest, DoneCompletion, ForOnline)
				}
			})
		a.when(failed, a.ret)
		a.wait(
			"while (!cpu_online(cpu)) cpu_relax()", reads(objOnline), func(x *Exec) bool { return x.st().Online }, nil,
		)
	})
}

// Where the idle task waits.
const (
	labelIdle     = "cpu_is_offline(smp_processor_id())"
	labelPlayDead = "play_dead()"
)

// idle is swapper/N of a CPU. It runs when the CPU starts, and when nothing else is left on a CPU that dies.
func (a *assembler) idle() {
	a.forever(func(target) {
		a.rest(labelPlayDead, reads(objKicked), func(x *Exec) bool { return x.st().Kicked }, nil)
		a.fun("start_secondary", func() {
			if a.m.Kernel.SplitStartup {
				a.startSecondary()
				return
			}
			a.do("start_secondary()", writes(objKicked|objDead|objIRQs), func(x *Exec) {
				st := x.st()
				st.Kicked, st.Dead, st.IRQsOff = false, false, true
			})
			a.apStarting()
		})
		a.fun("cpu_startup_entry", func() {
			a.cpuhpOnlineIdle()
			a.fun("cpu_idle_loop", func() {
				at := len(a.nodes)
				a.rest(
					labelIdle,
					everyTask().reading(objOnline).unless(
						func(x *Exec) bool { return !x.st().Online }, reads(objOnline),
					),
					(*Exec).nothingElse,
					nil,
				)
				a.nodes[at].alone = true
				a.reportIdleDead()
				if a.m.Kernel.SyncDead {
					a.reportDead()
					return
				}
				a.afterlife("arch_cpu_idle_dead()", objDead, func(x *Exec) { x.st().Dead = true })
			})
		})
	})
}

// apStarting is the rest of start_secondary().
func (a *assembler) apStarting() {
	a.notifyCPUStarting()
	a.do("set_cpu_online(cpu, true)", writes(objOnline), func(x *Exec) { x.st().Online = true })
	a.do("local_irq_enable()", writes(objIRQs), func(x *Exec) { x.st().IRQsOff = false })
}

// nothingElse reports whether the CPU is offline and nothing but its idle task is left to run on it.
func (x *Exec) nothingElse() bool {
	if x.st().Online {
		return false
	}
	for slot := range x.st().Thread {
		if t := x.thread(slot); slot != slotIdle && t.Queued && !t.Elsewhere {
			return false
		}
	}
	return true
}

// notifyCPUStarting is notify_cpu_starting(), in the idle task with interrupts off.
func (a *assembler) notifyCPUStarting() {
	m := a.m
	a.fun("notify_cpu_starting", func() {
		a.bootedOnce()
		a.rcuStarting()
		if m.Kernel.RangeWalk {
			a.startingSince414()
			return
		}
		failure := m.assertion("notify_cpu_starting: WARN_ON(ret)")
		a.do("target = min(st->target, CPUHP_AP_ONLINE)", reads(objTarget), func(x *Exec) {
			x.t.Goal = min(x.st().Target, m.rung.apOnline)
		})
		a.walking(walksAP, func() {
			a.forever(func(end target) {
				a.climb(end)
				a.invokeCallback(walk{up: true, table: AP, lo: m.rung.apIdleDead, hi: m.rung.apOnline})
				if m.statePerRun() {
					a.warnIfFailed(failure)
				}
			})
		})
		a.endWalk()
	})
}

// cpuhpOnlineIdle is cpuhp_online_idle(CPUHP_AP_ONLINE_IDLE), in the idle task.
func (a *assembler) cpuhpOnlineIdle() {
	m := a.m
	a.fun("cpuhp_online_idle", func() {
		if m.statePerRun() {
			a.onlineIdleSince414()
			return
		}
		a.do("st->state = CPUHP_AP_ONLINE_IDLE", writes(objState), func(x *Exec) { x.st().State = m.rung.apOnlineIdle })
		if m.Kernel.UnparkByBP {
			a.complete(ForOnline)
			return
		}
		if m.Kernel.Notifiers {
			a.do("set_cpu_active(cpu, true)", writes(objActive), func(x *Exec) { x.st().Active = true })
		}
		a.stopMachineUnpark()
		a.kthreadUnpark(slotCpuhp)
		a.testElse("if (st->target > CPUHP_AP_ONLINE_IDLE)", reads(objTarget),
			func(x *Exec) bool { return x.st().Target > m.rung.apOnlineIdle },
			func() { a.kickAPWork(false) },
			func() { a.complete(ForOnline) })
	})
}

// Idles reports whether a CPU's idle task is in its loop, so that the CPU schedules.
func (m *Machine) Idles(s *State, cpu uint8) bool {
	return s.CPU[cpu].Thread[slotIdle].PC == m.idleLoop
}
