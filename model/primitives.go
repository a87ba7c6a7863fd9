package model

import "fmt"

// The primitives: what the C of kernel/cpu.c calls and is not assembled from C itself.

var lockPrimitives = []Primitive{
	{
		Name: "percpu_down_write", Doc: "cpu_hotplug_lock is taken for writing",
		code: just((*assembler).percpuDownWrite),
	},
	{
		Name: "percpu_up_write", Doc: "cpu_hotplug_lock is given back by the writer",
		code: just(func(a *assembler) { a.mutexUnlock(CPUHotplugLock) }),
	},
	{
		Name: "percpu_down_read", Doc: "cpu_hotplug_lock is taken for reading",
		code: just(func(a *assembler) {
			a.percpuDownRead()
			a.reads = true
		}),
	},
	{
		Name: "percpu_up_read", Doc: "cpu_hotplug_lock is given back by a reader",
		code: just(func(a *assembler) {
			a.reads = false
			a.percpuUpRead()
		}),
	},
	{
		Name: "mutex_lock",
		Doc:  "cpu_add_remove_lock or cpuhp_state_mutex is taken; with the first, an operation is alone",
		code: func(b *Builder, c Call) {
			l := b.lockNamed(c)
			b.a.mutexLock(l)
			if l == CPUAddRemoveLock && b.a.operates {
				b.a.emit((*Exec).beginning)
			}
		},
	},
	{
		Name: "mutex_unlock", Doc: "the lock is given back; with cpu_add_remove_lock, an operation ends",
		code: func(b *Builder, c Call) {
			if l := b.lockNamed(c); l != CPUAddRemoveLock || !b.a.operates {
				b.a.mutexUnlock(l)
				return
			}
			endOperation(b, c)
		},
	},
	{
		Name: "irq_lock_sparse", File: "kernel/irq/irqdesc.c", Doc: "sparse_irq_lock is taken",
		code: just(func(a *assembler) { a.mutexLock(SparseIRQLock) }),
	},
	{
		Name: "irq_unlock_sparse", File: "kernel/irq/irqdesc.c", Doc: "sparse_irq_lock is given back",
		code: just(func(a *assembler) { a.mutexUnlock(SparseIRQLock) }),
	},
	{
		Name: "local_irq_disable", Doc: "interrupts are off on the CPU",
		code: just(func(a *assembler) {
			a.do("local_irq_disable()", writes(objIRQs), func(x *Exec) { x.st().IRQsOff = true })
		}),
	},
	{
		Name: "local_irq_restore", Doc: "interrupts are as they were before: on",
		code: just(func(a *assembler) {
			a.do("local_irq_restore()", writes(objIRQs), func(x *Exec) { x.st().IRQsOff = false })
		}),
	},
	{
		Name: "local_irq_enable", Doc: "interrupts are on",
		code: just(func(a *assembler) {
			a.do("local_irq_enable()", writes(objIRQs), func(x *Exec) { x.st().IRQsOff = false })
		}),
	},
	{
		Name: "smp_mb", Doc: "a full barrier; nothing where memory is not weak",
		code: just((*assembler).smpMB),
	},
}

// lockNamed is the lock that is the argument of a call.
func (b *Builder) lockNamed(c Call) Lock {
	switch c.Names[0] {
	case "cpu_add_remove_lock":
		return CPUAddRemoveLock
	case "cpuhp_state_mutex":
		return CPUHPStateMutex
	case "smpboot_threads_lock":
		return SmpbootThreadsLock
	case "stop_cpus_mutex":
		return StopCPUsMutex
	}
	b.Fail(fmt.Errorf("%s: the lock %s is not known", c.Text, c.Names[0]))
	return 0
}

// endOperation is the end of an operation. What is shown is its result, which is the second argument, if it has one.
func endOperation(b *Builder, c Call) {
	result := Constant(0, KindErrno)
	if len(c.Args) > 1 {
		result = c.Args[1]
	}
	b.holding("Ret", c.Text, result, b.a.unlockMaps)
}

var threadPrimitives = []Primitive{
	{
		Name: "kthread_park", File: "kernel/kthread.c", Spare: true, Doc: "the thread is asked to park, and has parked",
		code: slotOf((*assembler).kthreadPark),
	},
	{
		Name: "kthread_unpark", File: "kernel/kthread.c", Spare: true,
		Doc:  "the thread need not park any more, and is bound to its CPU and woken if it has",
		code: slotOf((*assembler).kthreadUnpark),
	},
	{
		Name: "wake_up_process",
		File: "kernel/sched/core.c",
		Doc:  "the thread runs again if it sleeps; not if it is parked",
		code: slotOf((*assembler).wakeUpProcess),
	},
	{
		Name: "wait_for_completion",
		File: "kernel/sched/completion.c",
		Doc:  "sleeps until st->done_up or st->done_down is completed",
		code: waitForDone,
	},
	{
		Name: "complete",
		File: "kernel/sched/completion.c",
		Doc:  "completes st->done_up or st->done_down",
		code: completeDone,
	},
	{
		Name: "stop_machine_cpuslocked", File: "kernel/stop_machine.c", Spare: true, Returns: true, spoils: results,
		Doc:  "all online CPUs stop, and the one that is meant executes take_cpu_down()",
		code: just((*assembler).stopMachine),
	},
	{
		Name:  "stop_machine_park",
		File:  "kernel/stop_machine.c",
		Spare: true,
		Doc:   "the stopper takes no more work, and parks when it is done",
		code:  just((*assembler).stopMachinePark),
	},
	{
		Name:  "stop_machine_unpark",
		File:  "kernel/stop_machine.c",
		Spare: true,
		Doc:   "the stopper of the CPU takes work again, and is unparked",
		code:  just((*assembler).stopMachineUnpark),
	},
	{
		Name: "cpuhp_invoke_callback", File: "kernel/cpu.c", Returns: true, spoils: everything | slotsOf("Step"),
		Doc:  "the callback of the state is called; a subsystem's does nothing, or fails where a fault is injected",
		code: invoke,
	},
}

// waitForDone is wait_for_completion() of the control task. Who asked the hotplug thread for something since it last
// waited, waits for that; if not, it waits for the CPU to come or to go.
func waitForDone(b *Builder, c Call) {
	switch c.Names[0] {
	case "parked":
		b.waitParked(c)
		return
	case "completion":
		b.waitStopped(c)
		return
	}
	a, purpose := b.a, ForWork
	which := c.Args[0]
	if n, _ := which.Known(); !a.asked && n == 0 {
		purpose = ForDead
	} else if !a.asked {
		purpose = ForOnline
	}
	a.asked = false
	f := which.run()
	up := func(x *Exec) bool { return f(x) != 0 }
	a.mightSleep(nil)
	b.note(node{
		op: opAction, label: c.Text, access: which.acc.writes(objDone), lock: classWork,
		ready: asCount(func(x *Exec) bool { return *x.doneCount(up(x)) > 0 }),
		run:   func(x *Exec) { *x.doneCount(up(x))--; x.completion(EventConsume, DoneCompletion, purpose) },
	}, which.uses, which.sets)
}

// completeDone is complete(): of the hotplug thread when it has done its work, of the idle task when the CPU is there.
func completeDone(b *Builder, c Call) {
	switch c.Names[0] {
	case "parked":
		b.a.completeParked(c.slot(b))
		return
	case "completion":
		b.completeStopped(c)
		return
	}
	purpose := ForWork
	switch b.a.name {
	case "idle":
		purpose = ForOnline
	case "irq":
		purpose = ForDead
	}
	which := c.Args[0]
	f := which.run()
	b.note(node{
		op: opAction, label: c.Text, access: which.acc.writes(objDone),
		run: func(x *Exec) {
			n := x.doneCount(f(x) != 0)
			*n = min(*n+1, maxDone)
			x.completion(EventComplete, DoneCompletion, purpose)
		},
	}, which.uses, which.sets)
}

// invoke is cpuhp_invoke_callback(cpu, state, bringup, node, lastp). In the hotplug thread it may be the one callback
// that an installer has asked for.
func invoke(b *Builder, c Call) {
	a, direction := b.a, c.Args[2]
	call := func(up bool) {
		if a.single() {
			a.callSingleHere(up)
			return
		}
		if a.name != "cpuhp" || !a.m.asksForOne() {
			a.invokeCallback(b.walk(up))
			return
		}
		single, _ := b.Field("single")
		b.Branch("st->single", single.Load(), func() {
			a.walking(walksNot, func() { a.callSingle(up) })
			a.local(func(x *Exec) { x.t.N = 0 })
		}, func() { a.invokeCallback(b.walk(up)) })
	}
	b.holding("Step", c.Text, c.Args[1], func() {
		b.Branch("bringup", direction, func() { call(true) }, func() { call(false) })
	})
}

var filePrimitives = []Primitive{
	{
		Name: "lock_device_hotplug_sysfs", File: "drivers/base/core.c", Returns: true, spoils: results,
		Doc: "device_hotplug_lock is taken; the system call that finds it taken begins again later, which is a wait",
		code: just(func(a *assembler) {
			a.lockDeviceHotplug()
			a.setRet(OK)
		}),
	},
	{
		Name: "unlock_device_hotplug", File: "drivers/base/core.c", Doc: "device_hotplug_lock is given back",
		code: just((*assembler).unlockDeviceHotplug),
	},
	{
		Name: "pm_wakeup_pending", File: "drivers/base/power/wakeup.c", Returns: true, spoils: results,
		Doc:  "the machine is to wake up again before it sleeps; a fault is that it is",
		code: just((*assembler).wakeUpPending),
	},
}

var devicePrimitives = []Primitive{
	{
		Name: "dev_set_offline", File: "include/linux/device.h", Doc: "dev->offline is set",
		value: func(b *Builder, _ Call) Value { return b.DeviceOffline().Store(Truth(true)) },
	},
	{
		Name: "dev_clear_offline", File: "include/linux/device.h", Doc: "dev->offline is cleared",
		value: func(b *Builder, _ Call) Value { return b.DeviceOffline().Store(Truth(false)) },
	},
}

var listPrimitives = []Primitive{
	{
		Name: "hlist_add_head", File: "include/linux/list.h", Doc: "the instance comes on the list of its state",
		code: addInstanceTo,
	},
	{
		Name: "hlist_del", File: "include/linux/list.h", code: removeInstanceFrom,
		Doc: "the instance is off the list that it was put on last; to take it off once more is a fault",
	},
}
