package model

// kernel/cpu.c since v4.14: _cpu_up() and _cpu_down(), and what the CPU that comes or goes does in them.

// cpuUpSince414 is _cpu_up().
func (a *assembler) cpuUpSince414() {
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
			a.kickAPWorkSince414()
			a.when(failed, func() { a.jump(out) })
		})
		a.statement(labelGoalUp, func(x *Exec) { x.t.Goal, x.t.Step = min(x.task.Target, m.rung.bringupCPU), 0 })
		a.upCallbacksSince414()
		a.put(out)
		a.endWalk()
		a.cpusWriteUnlock()
		a.serializeTrainwrecks()
	})
}

// cpuDownSince414 is _cpu_down().
func (a *assembler) cpuDownSince414() {
	m := a.m
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
		a.cpusWriteLock()
		out := a.newTarget()
		a.askHousekeepers(out)
		a.setTasksFrozen()
		a.setState(func(x *Exec) Rung { return x.task.Target }, func(x *Exec, r Rung) { x.task.Prev = r })
		a.when(func(x *Exec) bool { return x.task.Prev > m.rung.teardownCPU }, func() {
			a.do("st->target = max(target, CPUHP_TEARDOWN_CPU)", writes(objTarget), func(x *Exec) {
				x.st().Target = max(x.task.Target, m.rung.teardownCPU)
			})
			a.kickAPWorkSince414()
			a.when(failed, func() { a.jump(out) })
			a.test("if (st->state > CPUHP_TEARDOWN_CPU) goto out", reads(objState),
				func(x *Exec) bool { return x.st().State > m.rung.teardownCPU }, func() { a.jump(out) })
			a.do("st->target = target", writes(objTarget), func(x *Exec) { x.st().Target = x.task.Target })
		})
		a.statement(labelGoalDown, func(x *Exec) { x.t.Goal = x.task.Target })
		a.downCallbacksSince414()
		a.when(failed, func() { a.rollbackOnTarget(out) })
		a.put(out)
		a.cpusWriteUnlock()
		a.serializeTrainwrecks()
		a.local(func(x *Exec) { x.task.Prev = 0 })
	})
}

// housekeeper reports whether a housekeeping CPU is online, or one that is not the CPU at hand.
func (x *Exec) housekeeper(another bool) bool {
	but := -1
	if another {
		but = int(x.cpu)
	}
	return x.m.Housekeeper(x.s, but)
}

// Housekeeper reports whether a housekeeping CPU is online, other than that one.
func (m *Machine) Housekeeper(s *State, but int) bool {
	for cpu := range m.Scenario.CPUs {
		if s.CPU[cpu].Online && !m.Scenario.isolated(cpu) && cpu != but {
			return true
		}
	}
	return false
}

// askHousekeepers is the look of _cpu_down() at the housekeeping CPUs, since v7.0. Where none is isolated there is
// always one.
func (a *assembler) askHousekeepers(none target) {
	k := &a.m.Kernel
	if !k.HousekeepingLocked && !k.AnotherHousekeeper || len(a.m.Scenario.Isolated) == 0 {
		return
	}
	label := "if (cpumask_any_and(cpu_online_mask, housekeeping_cpumask(HK_TYPE_DOMAIN)) >= nr_cpu_ids)"
	a.test(
		label, reads(objOnline).everyCPU(), func(x *Exec) bool { return !x.housekeeper(k.AnotherHousekeeper) },
		func() {
			a.setRet(EBUSY)
			a.jump(none)
		},
	)
}

// findWorkerCPU is the search for a housekeeping CPU on which a work item is to take another one down.
func (a *assembler) findWorkerCPU(none func()) {
	a.test(
		"for_each_cpu_and(cpu, cpu_online_mask, housekeeping_cpumask(HK_TYPE_DOMAIN))",
		reads(objOnline).everyCPU(),
		func(x *Exec) bool { return !x.housekeeper(true) },
		func() {
			a.setRet(EBUSY)
			none()
		},
	)
}

// rollbackOnTarget is what _cpu_down() does when its own part failed: the hotplug thread goes back to where it all
// began.
func (a *assembler) rollbackOnTarget(out target) {
	m := a.m
	back := func() {
		a.undo(func() {
			a.resetState(func(x *Exec) Rung { return x.task.Prev })
			a.kickAP()
		})
		a.jump(out)
	}
	if !m.Kernel.RangeWalk {
		cond, at := "if (ret && st->state > CPUHP_TEARDOWN_CPU && st->state < prev_state)",
			func(r Rung) bool { return r > m.rung.teardownCPU }
		if m.Kernel.UndoGuard {
			cond, at = "if (ret && st->state == CPUHP_TEARDOWN_CPU && st->state < prev_state)",
				func(r Rung) bool { return r == m.rung.teardownCPU }
		}
		a.test(cond, reads(objState), func(x *Exec) bool { r := x.st().State; return at(r) && r < x.task.Prev }, back)
		return
	}
	dead := m.assertion("_cpu_down: WARN(1, DEAD callback error)")
	a.test(
		"if (ret && st->state < prev_state)",
		reads(objState),
		func(x *Exec) bool { return x.st().State < x.task.Prev },
		func() {
			a.testElse(
				"if (st->state == CPUHP_TEARDOWN_CPU)", reads(objState),
				func(x *Exec) bool { return x.st().State == m.rung.teardownCPU }, back,
				func() { a.emit(func(x *Exec) Event { return Event{Kind: EventWarn, CPU: x.cpu, Assertion: dead} }) },
			)
		},
	)
}

// bringupCPUSince414 is bringup_cpu(), with bringup_wait_for_ap().
func (a *assembler) bringupCPUSince414() {
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

// waitForAPOnline is bringup_wait_for_ap_online(), before v6.5 a part of bringup_wait_for_ap(). What is to be done
// about a CPU that did not come online is given.
func (a *assembler) waitForAPOnline(wrong func()) {
	a.waitForAPThread("wait_for_completion(&st->done_up)", ForOnline, func(*Exec) bool { return true })
	a.refuseOffline(wrong)
	if a.m.Kernel.StopperByBP {
		a.stopMachineUnpark()
	}
	a.kthreadUnpark(slotCpuhp)
	a.unlessBootable(func() {
		a.setRet(ECANCELED)
		wrong()
	})
}

// kickToTarget is the end of bringing up a CPU: its hotplug thread goes the rest of the way.
func (a *assembler) kickToTarget() {
	m := a.m
	a.test(
		"if (st->target <= CPUHP_AP_ONLINE_IDLE)",
		reads(objTarget),
		func(x *Exec) bool { return x.st().Target <= m.rung.apOnlineIdle },
		func() {
			a.setRet(OK)
			a.ret()
		},
	)
	a.cpuhpKickAP(targetNow, func(*Exec, Rung) {}, func(*Exec) Rung { return m.rung.apOnlineIdle })
}

// takedownCPUSince414 is takedown_cpu().
func (a *assembler) takedownCPUSince414() {
	m := a.m
	a.fun("takedown_cpu", func() {
		a.kthreadPark(slotCpuhp)
		a.parkSmpboot()
		a.mutexLock(SparseIRQLock)
		a.stopMachine()
		a.when(failed, func() {
			a.mutexUnlock(SparseIRQLock)
			a.kthreadUnpark(slotCpuhp)
			a.ret()
		})
		a.bugOn("cpu_online(cpu)", reads(objOnline), func(x *Exec) bool { return x.st().Online })
		a.waitForAPThread("wait_for_completion(&st->done_down)", ForDead, func(*Exec) bool { return false })
		a.bugOn(
			"st->state != CPUHP_AP_IDLE_DEAD", reads(objState),
			func(x *Exec) bool { return x.st().State != m.rung.apIdleDead },
		)
		a.mutexUnlock(SparseIRQLock)
		if m.Kernel.SyncDead {
			a.syncDead()
		} else {
			a.die()
		}
		a.migrateCallbacks()
	})
}

// dyingSince414 is the way through the atomic section in take_cpu_down().
func (a *assembler) dyingSince414() {
	m := a.m
	wrong := m.assertion("take_cpu_down: WARN_ON(st->state != CPUHP_TEARDOWN_CPU - 1)")
	a.test(
		"WARN_ON(st->state != CPUHP_TEARDOWN_CPU - 1)",
		reads(objState),
		func(x *Exec) bool { return x.st().State != m.rung.teardownCPU-1 },
		func() {
			a.emit(func(x *Exec) Event { return Event{Kind: EventWarn, CPU: x.cpu, Assertion: wrong} })
		},
	)
	a.invokeRange(
		walk{table: AP, lo: m.rung.apOffline, hi: m.rung.teardownCPU - 1}, m.Kernel.NoBailOut,
		func(x *Exec) Rung { return x.t.Goal },
	)
	a.warnIfBailedOut("take_cpu_down")
	a.endWalk()
}

// warnIfBailedOut is the look at the result of a way through an atomic section, as long as it stopped at an error.
func (a *assembler) warnIfBailedOut(in string) {
	if !a.m.Kernel.NoBailOut {
		a.warnIfFailed(a.m.assertion(in + ": WARN_ON(ret)"))
		a.setRet(OK)
	}
}

// warnIfFailed is WARN_ON(ret).
func (a *assembler) warnIfFailed(assertion uint8) {
	a.when(failed, func() {
		a.emit(func(x *Exec) Event { return Event{Kind: EventWarn, CPU: x.cpu, Assertion: assertion} })
		a.setRet(OK)
	})
}

// startingSince414 is notify_cpu_starting().
func (a *assembler) startingSince414() {
	m := a.m
	a.do(
		"target = min(st->target, CPUHP_AP_ONLINE)", reads(objTarget),
		func(x *Exec) { x.t.Goal = min(x.st().Target, m.rung.apOnline) },
	)
	a.invokeRange(
		walk{up: true, table: AP, lo: m.rung.apIdleDead, hi: m.rung.apOnline}, m.Kernel.NoBailOut,
		func(x *Exec) Rung { return x.t.Goal },
	)
	a.warnIfBailedOut("notify_cpu_starting")
	a.endWalk()
}

// onlineIdleSince414 is cpuhp_online_idle().
func (a *assembler) onlineIdleSince414() {
	m := a.m
	if m.Kernel.SyncDead {
		a.do(
			"cpuhp_ap_update_sync_state(SYNC_STATE_ONLINE)", writes(objSync),
			func(x *Exec) { x.st().Sync = SyncOnline },
		)
	}
	if !m.Kernel.StopperByBP {
		a.stopMachineUnpark()
	}
	a.do("st->state = CPUHP_AP_ONLINE_IDLE", writes(objState), func(x *Exec) { x.st().State = m.rung.apOnlineIdle })
	a.completeAPThread(true, ForOnline)
}
