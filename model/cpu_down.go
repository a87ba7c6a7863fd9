package model

import "fmt"

// kernel/cpu.c: taking a CPU down.

// doCPUDown is do_cpu_down(cpu, target).
func (a *assembler) doCPUDown() {
	a.fun("do_cpu_down", func() {
		a.cpuMapsUpdateBegin()
		out := a.newTarget()
		a.downMapsLocked(out)
		a.put(out)
		a.cpuMapsUpdateDone()
	})
}

// downMapsLocked is cpu_down_maps_locked(cpu, target).
func (a *assembler) downMapsLocked(refused target) {
	if a.m.Scenario.OfflineDisabled { // for ever, so that nothing of the rest is reached
		a.setRet(EOPNOTSUPP)
		a.jump(refused)
		return
	}
	a.refuseDisabled(refused)
	if a.m.Kernel.DownInWorker {
		a.fun("cpu_down_maps_locked", func() { a.findWorkerCPU(func() { a.jump(refused) }) })
	}
	within(&a.worker, a.m.Kernel.DownInWorker, a.cpuDown)
}

// cpuDown is _cpu_down(cpu, tasks_frozen, target).
func (a *assembler) cpuDown() {
	m := a.m
	if m.statePerRun() {
		a.cpuDownSince414()
		return
	}
	a.fun("_cpu_down", func() {
		a.setRet(OK)
		a.test(
			"if (num_online_cpus() == 1)",
			reads(objOnline).everyCPU(),
			func(x *Exec) bool { return x.onlineCPUs() == 1 },
			func() {
				a.setRet(EBUSY)
				a.ret()
			},
		)
		a.when((*Exec).absent, func() {
			a.setRet(EINVAL)
			a.ret()
		})
		a.cpuHotplugBegin()
		a.setTasksFrozen()
		a.do("prev_state = st->state", reads(objState), func(x *Exec) { x.task.Prev = x.st().State })
		a.do("st->target = target", writes(objTarget), func(x *Exec) { x.st().Target = x.task.Target })
		a.free()
		out := a.newTarget()
		above := func(x *Exec) bool { return x.st().State > m.rung.teardownCPU }
		a.when(func(x *Exec) bool { return x.task.Prev > m.rung.teardownCPU }, func() {
			a.cpuhpKickAPWork()
			a.when(failed, func() { a.jump(out) })
			a.test("if (st->state > CPUHP_TEARDOWN_CPU) goto out", reads(objState), above, func() { a.jump(out) })
		})
		a.statement(labelGoalDown, func(x *Exec) { x.t.Goal = x.task.Target })
		a.cpuhpDownCallbacks(m.bpWalk(false))
		if m.Kernel.APRollback {
			a.rollbackOnAP()
		}
		if m.Kernel.Notifiers {
			a.do("hasdied = prev_state != st->state && st->state == CPUHP_OFFLINE", reads(objState), func(x *Exec) {
				x.task.Died = x.t.Ret == OK && x.task.Prev != x.st().State && x.st().State == m.rung.offline
			})
		}
		a.put(out)
		a.cpuHotplugDone()
		if m.Kernel.Notifiers {
			a.when(func(x *Exec) bool { return x.task.Died }, func() { a.cpuNotifyNofail(CPUPostDead) })
		}
		a.local(func(x *Exec) { x.task.Prev, x.task.Died = 0, false })
	})
}

// rollbackOnAP is what _cpu_down() does since the fix when the takedown failed: the hotplug thread undoes what it did.
func (a *assembler) rollbackOnAP() {
	a.when(failed, func() {
		a.test("if (ret && st->state > CPUHP_TEARDOWN_CPU && st->state < prev_state)", reads(objState),
			func(x *Exec) bool {
				return x.st().State > x.m.rung.teardownCPU && x.st().State < x.task.Prev
			},
			func() {
				a.do("st->target = prev_state", writes(objTarget), func(x *Exec) { x.st().Target = x.task.Prev })
				a.do("st->rollback = true", writes(objRollback), func(x *Exec) { x.st().Rollback = true })
				a.undo(a.cpuhpKickAPWork)
			})
	})
}

// takedownCPU is takedown_cpu().
func (a *assembler) takedownCPU() {
	m := a.m
	if m.statePerRun() {
		a.takedownCPUSince414()
		return
	}
	a.fun("takedown_cpu", func() {
		if m.Kernel.Notifiers { // afterwards it is sched_cpu_deactivate() that waits
			a.synchronizeRCU()
		}
		a.kthreadPark(slotCpuhp)
		a.parkSmpboot()
		a.mutexLock(SparseIRQLock)
		a.stopMachine()
		a.when(failed, func() {
			if m.Kernel.Notifiers && !m.Kernel.DownFailedOnAP {
				a.local(func(x *Exec) { x.t.Save = x.t.Ret })
				a.cpuNotifyNofail(CPUDownFailed)
				a.local(func(x *Exec) { x.t.Ret, x.t.Save = x.t.Save, OK })
			}
			a.mutexUnlock(SparseIRQLock)
			if m.Kernel.UnparkOnError {
				a.kthreadUnpark(slotCpuhp)
			}
			a.ret()
		})
		a.bugOn("cpu_online(cpu)", reads(objOnline), func(x *Exec) bool { return x.st().Online })
		a.waitForCompletion(ForDead)
		a.bugOn("st->state != CPUHP_AP_IDLE_DEAD", reads(objState),
			func(x *Exec) bool { return x.st().State != m.rung.apIdleDead })
		a.mutexUnlock(SparseIRQLock)
		a.die()
	})
}

// parkSmpboot is what takedown_cpu() does about the other per-CPU threads, if that is not the teardown of a state of
// the hotplug thread.
func (a *assembler) parkSmpboot() {
	for i := range a.m.Ladder {
		if a.m.Ladder[i].Teardown == "smpboot_park_threads" {
			return
		}
	}
	a.smpbootParkThreads()
}

// takeCPUDown is take_cpu_down(), in the stopper of the CPU, while all others wait; ret is what __cpu_disable() says.
func (a *assembler) takeCPUDown() {
	m := a.m
	dying := walk{table: AP, lo: m.rung.apOffline, hi: m.rung.teardownCPU}
	a.fun("take_cpu_down", func() {
		a.do("target = max(st->target, CPUHP_AP_OFFLINE)", reads(objTarget), func(x *Exec) {
			x.t.Goal = max(x.st().Target, m.rung.apOffline)
		})
		a.disable()
		a.when(failed, func() {
			a.local(func(x *Exec) { x.t.Goal = 0 })
			a.ret()
		})
		if m.Kernel.RangeWalk {
			a.dyingSince414()
		} else {
			a.dying(dying)
		}
		a.stopMachinePark()
		a.setRet(OK)
	})
}

// disable is __cpu_disable(): the CPU is no longer online, or it refuses to die.
func (a *assembler) disable() {
	a.mayFail("__cpu_disable()", writes(objOnline),
		FaultPoint{Name: "cpu_disable", Doc: "__cpu_disable() fails: the CPU refuses to die", Errno: EBUSY},
		func(x *Exec) {
			if x.t.Ret == OK {
				x.st().Online = false
				x.completion(EventRequest, DoneCompletion, ForDead)
			}
		})
}

// dying is the way through the atomic section before v4.14.
func (a *assembler) dying(w walk) {
	if a.m.Kernel.Notifiers {
		a.do("st->state", reads(objState), func(x *Exec) { x.t.Step = x.st().State })
	} else { // the table is that of the number, and not that of who asks: it has to leave TEARDOWN_CPU first
		wrong := a.m.assertion("take_cpu_down: WARN_ON(st->state != CPUHP_TEARDOWN_CPU)")
		a.test(
			"WARN_ON(st->state != CPUHP_TEARDOWN_CPU)",
			reads(objState),
			func(x *Exec) bool { return x.st().State != a.m.rung.teardownCPU },
			func() {
				a.emit(func(x *Exec) Event { return Event{Kind: EventWarn, CPU: x.cpu, Assertion: wrong} })
			},
		)
		a.do("st->state--", writes(objState), func(x *Exec) {
			x.st().State--
			x.t.Step = x.st().State
		})
	}
	failure := a.m.assertion("take_cpu_down: WARN_ON(ret)")
	a.walking(walksAP, func() {
		a.forever(func(end target) {
			a.leaveIf(end, func(x *Exec) bool { return x.t.Step <= x.t.Goal })
			a.invokeCallback(w)
			if a.m.statePerRun() {
				a.warnIfFailed(failure)
			}
			a.do("st->state--", writes(objState), func(x *Exec) {
				x.st().State--
				x.t.Step = x.st().State
			})
		})
	})
	a.endWalk()
}

// reportIdleDead is cpuhp_report_idle_dead(), in the idle task of the CPU: the last that the CPU does. It can't
// complete st->done itself any more, once it has reported to RCU, and asks an online CPU to.
func (a *assembler) reportIdleDead() {
	m := a.m
	a.fun("cpuhp_report_idle_dead", func() {
		a.bugOn("st->state != CPUHP_AP_OFFLINE", reads(objState),
			func(x *Exec) bool { return x.st().State != m.rung.apOffline })
		if m.Kernel.LateReport {
			a.do("st->state = CPUHP_AP_IDLE_DEAD", writes(objState), func(x *Exec) { x.st().State = m.rung.apIdleDead })
			a.complete(ForDead)
			a.rcuReportDead()
			return
		}
		a.rcuReportDead()
		a.do("st->state = CPUHP_AP_IDLE_DEAD", writes(objState), func(x *Exec) { x.st().State = m.rung.apIdleDead })
		a.do("smp_call_function_single(cpuhp_complete_idle_dead)", writes(objIPI), func(x *Exec) { x.st().IPI = true })
	})
}

// irq is the interrupt in which the first online CPU completes st->done for a CPU that is dead.
func (a *assembler) irq() {
	acc := writes(objIPI | objDone).ofBootCPU(objIRQs)
	if a.m.firstCPU() == 0 {
		acc = writes(objIPI | objDone).reading(objIRQs | objOnline).everyCPU()
	}
	come := func(more access, then func(*Exec)) {
		a.rest(
			"complete(&st->done)",
			acc.and(more).unless(func(x *Exec) bool { return x.st().IPI }, reads(objIPI)),
			func(x *Exec) bool { return x.st().IPI && !x.s.CPU[x.firstOnline()].IRQsOff },
			func(x *Exec) {
				x.st().IPI = false
				then(x)
			},
		)
	}
	if a.m.Kernel.Source != nil {
		a.forever(func(target) { a.handler("cpuhp_complete_idle_dead", come) })
		return
	}
	a.fun("cpuhp_complete_idle_dead", func() {
		a.forever(func(target) {
			come(own, func(x *Exec) {
				n := x.doneCount(false)
				*n = min(*n+1, maxDone)
				x.completion(EventComplete, DoneCompletion, ForDead)
			})
		})
	})
}

// handler is a function of the source that an interrupt executes: one instruction, which begins when the interrupt
// comes.
func (a *assembler) handler(name string, come func(access, func(*Exec))) {
	at := len(a.nodes)
	come(own, func(*Exec) {})
	if !a.sourced(name) {
		panic(failure{fmt.Errorf("the kernel's source has no %s()", name)})
	}
	acc := a.nodes[at].access
	now := acc.now
	for i := at + 1; i < len(a.nodes); i++ {
		n := &a.nodes[i]
		if n.ready != nil {
			panic(failure{fmt.Errorf("%s() waits in an interrupt: %s", name, n.label)})
		}
		if n.op == opAction || n.op == opTest {
			acc = acc.and(n.access)
			n.localize()
			n.low.mine = 0
		}
	}
	acc.now = now
	a.nodes[at].access = acc
}

// onlineCPUs is num_online_cpus().
func (x *Exec) onlineCPUs() int {
	n := 0
	for cpu := range x.m.Scenario.CPUs {
		if x.s.CPU[cpu].Online {
			n++
		}
	}
	return n
}
