package model

// kernel/cpu.c: suspend, and who forbids hotplug for a while.

// refuseDisabled is the look at cpu_hotplug_disabled in do_cpu_up() and do_cpu_down().
func (a *assembler) refuseDisabled(out target) {
	if !a.m.mayDisable() {
		return
	}
	a.test("if (cpu_hotplug_disabled)", reads(objDisabled), func(x *Exec) bool { return x.s.Disabled > 0 }, func() {
		a.setRet(EBUSY)
		a.jump(out)
	})
}

// setTasksFrozen is cpuhp_tasks_frozen = tasks_frozen of _cpu_up() and _cpu_down(). Without a suspend it is never true.
func (a *assembler) setTasksFrozen() {
	if a.m.freezes() {
		a.do("cpuhp_tasks_frozen = tasks_frozen", writes(objFrozen), func(x *Exec) { x.s.TasksFrozen = x.task.Frozen })
	}
}

func (a *assembler) cpuHotplugDisable() {
	a.disableHotplug()
	a.emit(func(x *Exec) Event { return Event{Kind: EventForbid, CPU: x.cpu, Thread: x.id} })
}

func (a *assembler) disableHotplug() {
	a.fun("cpu_hotplug_disable", func() {
		a.mutexLock(CPUAddRemoveLock)
		a.do("cpu_hotplug_disabled++", writes(objDisabled), func(x *Exec) { x.s.Disabled++ })
		a.mutexUnlock(CPUAddRemoveLock)
	})
}

func (a *assembler) cpuHotplugEnable() {
	a.enableHotplug()
	a.emit(func(x *Exec) Event { return Event{Kind: EventAllow, CPU: x.cpu, Thread: x.id} })
}

func (a *assembler) enableHotplug() {
	a.fun("cpu_hotplug_enable", func() {
		a.mutexLock(CPUAddRemoveLock)
		a.enable()
		a.mutexUnlock(CPUAddRemoveLock)
	})
}

// enable is the count of cpu_hotplug_enable() and enable_nonboot_cpus().
func (a *assembler) enable() {
	negative := a.m.assertion(a.fn.name + ": WARN_ON(--cpu_hotplug_disabled < 0)")
	a.do("--cpu_hotplug_disabled", writes(objDisabled), func(x *Exec) {
		if x.s.Disabled == 0 {
			x.emit(Event{Kind: EventWarn, CPU: x.cpu, Assertion: negative})
			return
		}
		x.s.Disabled--
	})
}

// suspends is a task that does that.
func suspends() participant {
	return participant{
		params: []Param{
			whether("suspend", "suspend", "a task suspends the machine and resumes it",
				func(sc *Scenario) *bool { return &sc.Suspend }),
		},
		crews: func(sc *Scenario) []crew {
			return some(crew{
				name: "suspend", count: one(sc.Suspend), body: (*assembler).suspend, work: "the suspend",
				operates: true, frozen: true,
			})
		},
		numbers:  true,
		files:    map[string]string{"suspend_enter": "kernel/power/suspend.c"},
		unforced: same("a suspend: have another shell write to /sys/power/state meanwhile"),
	}
}

// suspend is a task that suspends the machine and wakes it again: enter_state() of kernel/power/suspend.c with the PM
// notifier cpu_hotplug_pm_callback().
func (a *assembler) suspend() {
	a.notes(factFreezes)
	a.notifier(pmSuspendPrepare, a.disableHotplug, EventForbid)
	refused := a.newTarget()
	if a.m.firstCPU() == 0 && a.m.Kernel.BSPCheck {
		a.fun("bsp_pm_callback", func() {
			a.test(
				"if (cpumask_first(cpu_online_mask) != 0)", reads(objOnline).everyCPU(),
				func(x *Exec) bool { return x.firstOnline() != 0 }, func() { a.jump(refused) },
			)
		})
	}
	a.scenario("suspend_enter", func() {
		a.disableNonbootCPUs()
		a.enableNonbootCPUs()
	})
	a.put(refused)
	a.notifier(pmPostSuspend, a.enableHotplug, EventAllow)
	a.done()
}

// What a PM notifier is told (include/linux/suspend.h).
const (
	pmSuspendPrepare = 3
	pmPostSuspend    = 4
)

// notifier is cpu_hotplug_pm_callback() with that action.
func (a *assembler) notifier(action int64, body func(), kind EventKind) {
	within(&a.action, action, func() { a.fun("cpu_hotplug_pm_callback", body) })
	a.emit(func(x *Exec) Event { return Event{Kind: kind, CPU: x.cpu, Thread: x.id} })
}

// disableNonbootCPUs is disable_nonboot_cpus(), later freeze_secondary_cpus(): the first online CPU stays. That is CPU
// 0, if it can't be unplugged.
func (a *assembler) disableNonbootCPUs() {
	m := a.m
	name := "disable_nonboot_cpus"
	if !m.Kernel.Notifiers {
		name = "freeze_secondary_cpus"
	}
	a.fun(name, func() {
		a.mutexLock(CPUAddRemoveLock)
		first, last := m.firstCPU(), uint8(m.Scenario.CPUs)-1
		acc, online := reads(objOnline), func(x *Exec) bool { return x.st().Online }
		if first == 0 {
			acc = acc.everyCPU()
			online = func(x *Exec) bool { return x.st().Online && x.cpu != x.firstOnline() }
		}
		a.local(func(x *Exec) { x.aim(first) })
		a.forever(func(end target) {
			a.leaveIf(end, func(x *Exec) bool { return x.task.Left > last })
			if m.Kernel.FreezesFromLast {
				a.local(func(x *Exec) { x.turnTo(last + first - x.task.Left) })
			}
			a.test("for_each_online_cpu(cpu)", acc, online, func() {
				if m.Kernel.RangeWalk {
					a.wakeUpPending()
					a.leaveIf(end, failed)
				}
				a.local(func(x *Exec) { x.operation(false, m.rung.offline, true) })
				a.cpuDown()
				a.local((*Exec).operationEnds)
				a.leaveIf(end, failed)
				a.local(func(x *Exec) { x.task.Took |= 1 << x.cpu })
			})
			a.local(func(x *Exec) { x.aim(x.task.Left + 1) })
		})
		a.local(func(x *Exec) { x.aim(0) })
		a.when(func(x *Exec) bool { return x.t.Ret == OK }, func() {
			a.bugOn(
				"num_online_cpus() > 1", reads(objOnline).everyCPU(), func(x *Exec) bool { return x.onlineCPUs() > 1 },
			)
		})
		a.setRet(OK)
		a.do("cpu_hotplug_disabled++", writes(objDisabled), func(x *Exec) { x.s.Disabled++ })
		a.mutexUnlock(CPUAddRemoveLock)
	})
}

// wakeUpPending is pm_wakeup_pending().
func (a *assembler) wakeUpPending() {
	a.mayFail(
		"pm_wakeup_pending()",
		own,
		FaultPoint{
			Name: "wakeup", Doc: "the machine is to wake up again before it sleeps", Errno: EBUSY,
		},
		nil,
	)
}

// enableNonbootCPUs is enable_nonboot_cpus(), later thaw_secondary_cpus(): brings back what was taken, whatever
// happens.
func (a *assembler) enableNonbootCPUs() {
	m := a.m
	name := "enable_nonboot_cpus"
	if m.Kernel.RangeWalk {
		name = "thaw_secondary_cpus"
	}
	a.fun(name, func() {
		a.mutexLock(CPUAddRemoveLock)
		a.enable()
		a.local(func(x *Exec) { x.aim(m.firstCPU()) })
		a.forever(func(end target) {
			a.leaveIf(end, func(x *Exec) bool { return x.task.Took>>x.task.Left == 0 })
			a.when(func(x *Exec) bool { return x.task.Took>>x.cpu&1 != 0 }, func() {
				a.local(func(x *Exec) { x.operation(true, m.rung.online, true) })
				a.cpuUp()
				a.local((*Exec).operationEnds)
				if m.Kernel.ResumeMarksDevice {
					a.when(failed, func() {
						a.do("dev->offline = true", writes(objDevice), func(x *Exec) { x.st().Offline = true })
					})
				}
				a.setRet(OK)
			})
			a.local(func(x *Exec) { x.aim(x.task.Left + 1) })
		})
		a.local(func(x *Exec) {
			x.aim(0)
			x.task.Took = 0
		})
		a.mutexUnlock(CPUAddRemoveLock)
	})
}

// aim has a task's loop over the CPUs go on with that one. Left is where the loop stands, also past the last CPU.
func (x *Exec) aim(cpu uint8) {
	x.task.Left = cpu
	if int(cpu) >= x.m.Scenario.CPUs {
		cpu = 0
	}
	x.task.CPU, x.cpu = cpu, cpu
}

// turnTo has a task's loop turn to a CPU that is not the one at which the loop stands.
func (x *Exec) turnTo(cpu uint8) { x.task.CPU, x.cpu = cpu, cpu }

// operation begins one of the operations of somebody who makes several under the lock.
func (x *Exec) operation(up bool, target Rung, frozen bool) {
	x.task.Up, x.task.Target, x.task.Frozen = up, target, frozen
	x.emit(Event{Kind: EventBegin, CPU: x.cpu, Up: up, Step: target})
}

// operationEnds ends it.
func (x *Exec) operationEnds() {
	x.emit(Event{Kind: EventEnd, CPU: x.cpu, Up: x.task.Up, Ret: x.t.Ret, Step: x.task.Target})
	x.task.Up, x.task.Target, x.task.Frozen = false, 0, false
}
