package model

// kernel/cpu.c: who keeps the CPUs from changing, and how an operation waits for them.

// labelDone is where a thread is at its end.
const labelDone = "done"

// done is where a task stays that has nothing more to do.
func (a *assembler) done() { a.rest(labelDone, own, func(*Exec) bool { return false }, nil) }

// readSection has the body between get_online_cpus() and put_online_cpus().
func (a *assembler) readSection(body func()) {
	if a.m.Kernel.RWSem {
		a.cpusReadLock()
		within(&a.reads, true, body)
		a.cpusReadUnlock()
		return
	}
	a.getOnlineCPUs()
	within(&a.reads, true, body)
	a.putOnlineCPUs()
}

// getOnlineCPUs is get_online_cpus(). Inside, the online mask does not change.
func (a *assembler) getOnlineCPUs() {
	a.fun("get_online_cpus", func() {
		a.mightSleep(nil)
		a.unlessWriter()
		a.mutexLock(CPUHotplugLock)
		a.do("atomic_inc(&cpu_hotplug.refcount)", writes(objReaders), func(x *Exec) {
			x.s.Readers++
			x.emit(Event{Kind: EventReadBegin, CPU: x.cpu, Thread: x.id})
		})
		a.mutexUnlock(CPUHotplugLock)
	})
}

// putOnlineCPUs is put_online_cpus(): the last reader wakes the writer.
func (a *assembler) putOnlineCPUs() {
	a.fun("put_online_cpus", func() {
		a.unlessWriter()
		if a.m.Kernel.PutsPending {
			a.putUnderLock()
			return
		}
		negative := a.m.assertion("put_online_cpus: WARN_ON(refcount < 0)")
		a.testElse("refcount = atomic_dec_return(&cpu_hotplug.refcount)", writes(objReaders),
			func(x *Exec) bool {
				x.emit(Event{Kind: EventReadEnd, CPU: x.cpu, Thread: x.id})
				if x.s.Readers == 0 {
					x.emit(Event{Kind: EventWarn, CPU: x.cpu, Assertion: negative})
					return true
				}
				x.s.Readers--
				return x.s.Readers == 0
			},
			func() {
				a.test(
					"if (waitqueue_active(&cpu_hotplug.wq))", reads(objQueue),
					func(x *Exec) bool { return x.s.OnWaitQueue },
					func() { a.do("wake_up(&cpu_hotplug.wq)", reads(objWriter).writes(objQueue), (*Exec).wakeWriter) },
				)
			}, func() {})
	})
}

// putUnderLock is the rest of put_online_cpus() before 87af9e7ff9d9: a reader that finds the lock taken leaves a note,
// and wakes nobody.
func (a *assembler) putUnderLock() {
	const lock = objLock << CPUHotplugLock
	a.testElse("if (!mutex_trylock(&cpu_hotplug.lock))", writes(lock), func(x *Exec) bool {
		if x.s.Lock[CPUHotplugLock] == Nobody {
			x.s.Lock[CPUHotplugLock] = x.id
			return false
		}
		return true
	}, func() {
		a.do("atomic_inc(&cpu_hotplug.puts_pending)", writes(objReaders), func(x *Exec) {
			x.emit(Event{Kind: EventReadEnd, CPU: x.cpu, Thread: x.id})
			x.s.PutsPending++
		})
		a.ret()
	}, func() {})
	a.holds |= 1 << classOf(CPUHotplugLock)
	a.testElse(
		"if (!--cpu_hotplug.refcount && cpu_hotplug.active_writer)",
		reads(objWriter).writes(objReaders),
		func(x *Exec) bool {
			x.emit(Event{Kind: EventReadEnd, CPU: x.cpu, Thread: x.id})
			x.s.Readers--
			return x.s.Readers == 0 && x.s.ActiveWriter != Nobody
		},
		func() {
			a.do(
				"wake_up_process(cpu_hotplug.active_writer)", reads(objWriter).writes(objQueue),
				(*Exec).wakeActiveWriter,
			)
		},
		func() {},
	)
	a.mutexUnlock(CPUHotplugLock)
}

// unlessWriter leaves the function if the running thread is the active writer.
func (a *assembler) unlessWriter() {
	a.test("if (cpu_hotplug.active_writer == current)", reads(objWriter),
		func(x *Exec) bool { return x.s.ActiveWriter == x.id }, a.ret)
}

// wakeWriter wakes who is on cpu_hotplug.wq, and takes it off: autoremove_wake_function().
func (x *Exec) wakeWriter() {
	if !x.s.OnWaitQueue {
		return
	}
	x.s.OnWaitQueue = false
	x.wakeActiveWriter()
}

// wakeActiveWriter is wake_up_process() of the writer.
func (x *Exec) wakeActiveWriter() {
	if x.s.ActiveWriter == Nobody {
		return
	}
	writer := &x.s.Task[x.m.threads[x.s.ActiveWriter].index].Thread
	writer.State = TaskRunning
	if !writer.Queued {
		writer.Queued = true
		x.emit(Event{Kind: EventWake, CPU: x.cpu, Thread: x.s.ActiveWriter})
	}
}

// cpuHotplugBegin is cpu_hotplug_begin(): waits until nobody reads, and keeps the lock. Without readers, the refcount
// is always 0, and nobody needs to look.
func (a *assembler) cpuHotplugBegin() {
	if a.m.Kernel.RWSem {
		a.cpusWriteLock()
		return
	}
	a.fun("cpu_hotplug_begin", func() {
		a.do("cpu_hotplug.active_writer = current", writes(objWriter), func(x *Exec) { x.s.ActiveWriter = x.id })
		if !a.m.hasReaders() {
			a.mutexLock(CPUHotplugLock)
			return
		}
		if !a.m.Kernel.PutsPending {
			within(&a.begins, true, a.waitForReaders)
		} else {
			within(&a.begins, true, a.waitForPuts)
		}
	})
}

// waitForReaders is the loop in cpu_hotplug_begin().
func (a *assembler) waitForReaders() {
	a.forever(func(end target) {
		a.mutexLock(CPUHotplugLock)
		a.do("prepare_to_wait(&cpu_hotplug.wq, TASK_UNINTERRUPTIBLE)", writes(objQueue), func(x *Exec) {
			x.s.OnWaitQueue, x.t.State = true, TaskUninterruptible
		})
		a.test(
			"if (!atomic_read(&cpu_hotplug.refcount))", reads(objReaders),
			func(x *Exec) bool { return x.s.Readers == 0 }, func() { a.jump(end) },
		)
		a.mutexUnlock(CPUHotplugLock)
		a.do("schedule()", writes(objQueue), (*Exec).schedule)
	})
	a.holds |= 1 << classOf(CPUHotplugLock)
	a.do("finish_wait(&cpu_hotplug.wq)", writes(objQueue), func(x *Exec) {
		x.s.OnWaitQueue, x.t.State = false, TaskRunning
	})
}

// waitForPuts is the loop in cpu_hotplug_begin() before 87af9e7ff9d9.
func (a *assembler) waitForPuts() {
	a.forever(func(end target) {
		a.mutexLock(CPUHotplugLock)
		a.do("cpu_hotplug.refcount -= atomic_xchg(&cpu_hotplug.puts_pending, 0)", writes(objReaders), func(x *Exec) {
			x.s.Readers, x.s.PutsPending = x.s.Readers-x.s.PutsPending, 0
		})
		a.test(
			"if (!cpu_hotplug.refcount)", reads(objReaders), func(x *Exec) bool { return x.s.Readers == 0 },
			func() { a.jump(end) },
		)
		a.do(
			"__set_current_state(TASK_UNINTERRUPTIBLE)", writes(objQueue),
			func(x *Exec) { x.t.State = TaskUninterruptible },
		)
		a.mutexUnlock(CPUHotplugLock)
		a.do("schedule()", writes(objQueue), (*Exec).schedule)
	})
	a.holds |= 1 << classOf(CPUHotplugLock)
}

// cpuHotplugDone is cpu_hotplug_done().
func (a *assembler) cpuHotplugDone() {
	if a.m.Kernel.RWSem {
		a.cpusWriteUnlock()
		return
	}
	a.fun("cpu_hotplug_done", func() {
		a.do("cpu_hotplug.active_writer = NULL", writes(objWriter), func(x *Exec) { x.s.ActiveWriter = Nobody })
		a.mutexUnlock(CPUHotplugLock)
	})
}
