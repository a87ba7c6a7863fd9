package model

// kernel/cpu.c since v4.13 (fc8dffd379ca): what keeps the CPUs from changing is a percpu rwsem, which lets no new
// reader in once a writer is there.

// cpusWriteLock is cpus_write_lock().
func (a *assembler) cpusWriteLock() { a.fun("cpus_write_lock", a.percpuDownWrite) }

// percpuDownWrite is percpu_down_write(&cpu_hotplug_lock).
func (a *assembler) percpuDownWrite() {
	a.mutexLock(CPUHotplugLock)
	if a.m.hasReaders() {
		a.mightSleep(nil)
		within(&a.begins, true, func() {
			a.wait(
				"percpu_down_write(): wait for readers", reads(objReaders),
				func(x *Exec) bool { return x.s.Readers == 0 }, nil,
			)
		})
	}
}

func (a *assembler) cpusWriteUnlock() {
	a.fun("cpus_write_unlock", func() { a.mutexUnlock(CPUHotplugLock) })
}

// cpusReadLock and cpusReadUnlock are cpus_read_lock() and cpus_read_unlock().
func (a *assembler) cpusReadLock() { a.fun("cpus_read_lock", a.percpuDownRead) }

func (a *assembler) percpuDownRead() {
	a.mightSleep(nil)
	a.emitNode(node{
		op:     opAction,
		label:  "percpu_down_read(&cpu_hotplug_lock)",
		access: reads(objLock << CPUHotplugLock).writes(objReaders),
		lock:   classOf(CPUHotplugLock),
		ready:  asCount(func(x *Exec) bool { return x.s.Lock[CPUHotplugLock] == Nobody }),
		run: func(x *Exec) {
			x.s.Readers++
			x.emit(Event{Kind: EventReadBegin, CPU: x.cpu, Thread: x.id})
		},
	})
}

func (a *assembler) cpusReadUnlock() { a.fun("cpus_read_unlock", a.percpuUpRead) }

func (a *assembler) percpuUpRead() {
	a.do("percpu_up_read(&cpu_hotplug_lock)", writes(objReaders), func(x *Exec) {
		x.s.Readers--
		x.emit(Event{Kind: EventReadEnd, CPU: x.cpu, Thread: x.id})
	})
}
