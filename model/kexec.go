package model

// kernel/kexec_core.c, kernel/reboot.c and kernel/cpu.c: kexec, as on an architecture that takes all CPUs but one down
// by CPU hotplug (arm64, riscv).

// kexecs is a task that boots another kernel.
func kexecs() participant {
	return participant{
		params: []Param{
			whether("kexec", "kexec", "a task boots another kernel, and first takes all CPUs but one down",
				func(sc *Scenario) *bool { return &sc.Kexec }).
				on("v5.13 or a later kernel, which has smp_shutdown_nonboot_cpus()",
					func(k *Kernel) bool { return k.RangeWalk }),
		},
		crews: func(sc *Scenario) []crew {
			return some(crew{name: "kexec", count: one(sc.Kexec), body: (*assembler).kexec, operates: true})
		},
		numbers: true,
		files: map[string]string{
			"kernel_kexec": "kernel/kexec_core.c", "migrate_to_reboot_cpu": "kernel/reboot.c",
		},
		unforced: same("kexec: run kexec -e in another shell meanwhile"),
	}
}

// kexec is kernel_kexec(): the CPU that is to boot has to be online, and stays; nobody may bring one up afterwards.
func (a *assembler) kexec() {
	a.scenario("kernel_kexec", func() {
		a.fun("migrate_to_reboot_cpu", func() {
			a.cpuHotplugDisable()
			a.rebootCPU(bootCPU)
		})
		a.cpuHotplugEnable()
		a.smpShutdownNonbootCPUs()
	})
	a.done()
}

// bootCPU is reboot_cpu if nobody sets it.
func bootCPU(*Exec) uint8 { return 0 }

// rebootCPU has Made say which CPU is to boot: the one that is asked for, or, if it is not online, the first that is.
func (a *assembler) rebootCPU(asked func(*Exec) uint8) {
	a.do("if (!cpu_online(cpu)) cpu = cpumask_first(cpu_online_mask)", reads(objOnline).everyCPU(), func(x *Exec) {
		if x.task.Made = asked(x); !x.s.CPU[x.task.Made].Online {
			x.task.Made = x.firstOnline()
		}
	})
}

// smpShutdownNonbootCPUs is smp_shutdown_nonboot_cpus().
func (a *assembler) smpShutdownNonbootCPUs() {
	m := a.m
	a.fun("smp_shutdown_nonboot_cpus", func() {
		a.mutexLock(CPUAddRemoveLock)
		a.rebootCPU(bootCPU)
		a.forever(func(end target) {
			a.leaveIf(end, func(x *Exec) bool { return int(x.task.Left) >= m.Scenario.CPUs })
			a.test("for_each_online_cpu(cpu)", reads(objOnline), func(x *Exec) bool {
				return x.st().Online && x.cpu != x.task.Made
			}, func() {
				a.local(func(x *Exec) { x.operation(false, m.rung.offline, false) })
				refused := a.newTarget()
				a.downMapsLocked(refused)
				a.put(refused)
				a.local((*Exec).operationEnds)
				a.leaveIf(end, failed)
			})
			a.local(func(x *Exec) { x.aim(x.task.Left + 1) })
		})
		a.local(func(x *Exec) {
			x.aim(0)
			x.t.Ret, x.task.Made = OK, 0
		})
		a.bugOn("num_online_cpus() > 1", reads(objOnline).everyCPU(), func(x *Exec) bool { return x.onlineCPUs() > 1 })
		a.do("cpu_hotplug_disabled++", writes(objDisabled), func(x *Exec) { x.s.Disabled++ })
		a.mutexUnlock(CPUAddRemoveLock)
		a.emit(func(x *Exec) Event { return Event{Kind: EventForbid, CPU: x.cpu, Thread: x.id} })
	})
}
