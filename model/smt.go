package model

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// kernel/cpu.c with CONFIG_HOTPLUG_SMT, since v4.19 (05736e4ac13c): the second threads of the cores can be forbidden.
// The threads of a core have numbers one after the other; with two to a core, CPUs with odd numbers are second threads.

// SMTControl is cpu_smt_control at boot; "" is SMTNone.
type SMTControl string

// What it may be.
const (
	SMTNone SMTControl = "none" // the cores have one thread each
	SMTOn   SMTControl = "on"
	SMTOff  SMTControl = "off" // nosmt
)

// any reports whether cores have several threads.
func (c SMTControl) any() bool { return c == SMTOn || c == SMTOff }

// ThreadsPerCore is how many threads a core has, if it has several.
func (sc *Scenario) ThreadsPerCore() int { return cmp.Or(sc.SMTThreads, 2) }

// secondary reports whether a CPU is not the first thread of its core.
func (sc *Scenario) secondary(cpu int) bool { return sc.SMT.any() && cpu%sc.ThreadsPerCore() != 0 }

// Secondary reports whether a CPU is not the first thread of its core.
func (m *Machine) Secondary(cpu uint8) bool { return m.Scenario.secondary(int(cpu)) }

// PrimaryThread is topology_is_primary_thread(): the first thread of a core, or, where the kernel goes by the mask of
// siblings, the first that is online. In the mask of a CPU that is not online there is only itself.
func (m *Machine) PrimaryThread(s *State, cpu uint8) bool {
	if !m.Secondary(cpu) {
		return true
	}
	if !m.Kernel.PrimaryByMask {
		return false
	}
	before := s.CPU[cpu-cpu%uint8(m.Scenario.ThreadsPerCore()) : cpu]
	return !s.CPU[cpu].Online || !slices.ContainsFunc(before, func(c CPU) bool { return c.Online })
}

// primaryAccess is what topology_is_primary_thread() looks at, besides.
func (m *Machine) primaryAccess(acc access) access {
	if m.Kernel.PrimaryByMask {
		return acc.reading(objOnline).everyCPU()
	}
	return acc
}

// coreOnline is topology_is_core_online(): any thread of the core is online.
func (x *Exec) coreOnline() bool {
	threads := uint8(x.m.Scenario.ThreadsPerCore())
	first := x.cpu - x.cpu%threads
	all := x.s.CPU[first:min(int(first+threads), x.m.Scenario.CPUs)]
	return slices.ContainsFunc(all, func(c CPU) bool { return c.Online })
}

// wantsSMT says what smt/control takes that the kernel has not.
func (k *Kernel) wantsSMT() string {
	for _, line := range k.Inferred {
		if file, _, _ := strings.Cut(line, ": "); strings.Contains(line, "CONFIG_HOTPLUG_SMT ") {
			return "a configuration with CONFIG_HOTPLUG_SMT, which " + file + " does not set"
		}
	}
	for _, p := range architectures {
		switch {
		case k.Arch != p.name:
		case p.smt == "":
			return "another architecture: " + p.name + " has no smt/control"
		default:
			return fmt.Sprintf("%s or a later kernel, the first that has smt/control on %s", p.smt, p.name)
		}
	}
	return "v4.19 or a later kernel, which has smt/control"
}

// Absent reports whether a CPU is not present.
func (m *Machine) Absent(cpu uint8) bool { return m.Scenario.absent(int(cpu)) }

// bootable is cpu_bootable(): a second thread that is forbidden may be started once, since x86 has to set CR4.MCE on
// each CPU.
func (x *Exec) bootable() bool {
	allowed := !x.m.Kernel.SMTLevels || !x.s.SMTOne || !x.m.Secondary(x.cpu)
	return !x.s.SMTOff && allowed || x.m.PrimaryThread(x.s, x.cpu) || !x.st().BootedOnce
}

// unlessBootable does something about a CPU that must not be started, or not stay.
func (a *assembler) unlessBootable(otherwise func()) {
	if !a.m.Scenario.SMT.any() {
		return
	}
	a.test(
		"if (!cpu_bootable(cpu))", a.m.primaryAccess(reads(objSMT|objBootedOnce)),
		func(x *Exec) bool { return !x.bootable() }, otherwise,
	)
}

// bootedOnce is what notify_cpu_starting() notes.
func (a *assembler) bootedOnce() {
	if a.m.Scenario.SMT.any() {
		a.do(
			"cpumask_set_cpu(cpu, &cpus_booted_once_mask)", writes(objBootedOnce),
			func(x *Exec) { x.st().BootedOnce = true },
		)
	}
}

// storeSMTControl is control_store(): a write of on or off to /sys/devices/system/cpu/smt/control.
func (a *assembler) storeSMTControl() {
	a.fun("control_store", func() {
		a.lockDeviceHotplug()
		a.setRet(OK)
		change := func() {
			a.whenElse(func(x *Exec) bool { return x.task.Up }, func() {
				a.smtEnable()
				a.local(func(x *Exec) { x.task.Up = true })
			}, func() {
				a.smtDisable()
				a.local(func(x *Exec) { x.task.Up = false })
			})
		}
		if a.m.Kernel.SMTCounts { // the number is remembered even if what is to be done fails
			a.test("if (num_threads != orig_threads)", reads(objSMT).writes(objSMT), func(x *Exec) bool {
				was := x.s.SMTOne
				x.s.SMTOne = !x.task.Up
				return was != x.s.SMTOne
			}, func() {
				change()
				if a.m.Kernel.SMTCountRestored {
					a.when(failed, func() {
						a.do(
							"cpu_smt_num_threads = orig_threads", writes(objSMT),
							func(x *Exec) { x.s.SMTOne = !x.s.SMTOne },
						)
					})
				}
			})
		} else {
			a.test(
				"if (ctrlval != cpu_smt_control)", reads(objSMT), func(x *Exec) bool { return x.s.SMTOff == x.task.Up },
				change,
			)
		}
		a.unlockDeviceHotplug()
	})
}

// smtDisable is cpuhp_smt_disable(CPU_SMT_DISABLED).
func (a *assembler) smtDisable() {
	m := a.m
	a.fun("cpuhp_smt_disable", func() {
		a.mutexLock(CPUAddRemoveLock)
		a.eachCPU(func(end target) {
			next := a.newTarget()
			a.test(
				"for_each_online_cpu(cpu)", reads(objOnline), func(x *Exec) bool { return !x.st().Online },
				func() { a.jump(next) },
			)
			if m.Kernel.PrimaryByMask {
				a.test(
					"if (topology_is_primary_thread(cpu))", m.primaryAccess(own),
					func(x *Exec) bool { return m.PrimaryThread(x.s, x.cpu) }, func() { a.jump(next) },
				)
			} else {
				a.when(func(x *Exec) bool { return !m.Secondary(x.cpu) }, func() { a.jump(next) })
			}
			a.local(func(x *Exec) { x.operation(false, m.rung.offline, false) })
			refused := a.newTarget()
			a.downMapsLocked(refused)
			a.put(refused)
			a.local((*Exec).operationEnds)
			a.leaveIf(end, failed)
			a.do("dev->offline = true", writes(objDevice), func(x *Exec) { x.st().Offline = true })
			a.put(next)
		})
		a.when(func(x *Exec) bool { return x.t.Ret == OK }, func() {
			a.do("cpu_smt_control = CPU_SMT_DISABLED", writes(objSMT), func(x *Exec) { x.s.SMTOff = true })
		})
		a.mutexUnlock(CPUAddRemoveLock)
	})
}

// smtEnable is cpuhp_smt_enable(). It does not ask whether hotplug is disabled.
func (a *assembler) smtEnable() {
	m := a.m
	a.fun("cpuhp_smt_enable", func() {
		a.mutexLock(CPUAddRemoveLock)
		refused := a.newTarget()
		if m.Kernel.SMTAsksDisabled {
			a.refuseDisabled(refused)
		}
		a.do("cpu_smt_control = CPU_SMT_ENABLED", writes(objSMT), func(x *Exec) { x.s.SMTOff = false })
		a.eachCPU(func(end target) {
			next := a.newTarget()
			a.when((*Exec).absent, func() { a.jump(next) })
			a.test(
				"if (cpu_online(cpu))", reads(objOnline), func(x *Exec) bool { return x.st().Online },
				func() { a.jump(next) },
			)
			if m.Kernel.SMTAsksCore {
				a.test(
					"if (!topology_is_core_online(cpu))", reads(objOnline).everyCPU(),
					func(x *Exec) bool { return !x.coreOnline() }, func() { a.jump(next) },
				)
			}
			a.local(func(x *Exec) { x.operation(true, m.rung.online, false) })
			a.cpuUp()
			a.local((*Exec).operationEnds)
			a.leaveIf(end, failed)
			a.do("dev->offline = false", writes(objDevice), func(x *Exec) { x.st().Offline = false })
			a.put(next)
		})
		a.put(refused)
		a.mutexUnlock(CPUAddRemoveLock)
	})
}

// eachCPU has a task go through the CPUs that can be unplugged, in the order of their numbers.
func (a *assembler) eachCPU(body func(end target)) {
	a.local(func(x *Exec) { x.aim(a.m.firstCPU()) })
	a.forever(func(end target) {
		a.leaveIf(end, func(x *Exec) bool { return int(x.task.Left) >= a.m.Scenario.CPUs })
		body(end)
		a.local(func(x *Exec) { x.aim(x.task.Left + 1) })
	})
	a.local(func(x *Exec) { x.aim(0) })
}

// bringupNonbootCPUs is bringup_nonboot_cpus(), or smp_init() as long as it had the loop: the CPUs that were not
// started yet. Where a CPU is kicked in a state of its own, all are kicked first, and then brought up one after the
// other; the first threads of the cores come before the second ones.
func (a *assembler) bringupNonbootCPUs() {
	m := a.m
	name := "smp_init"
	if m.Kernel.RangeWalk {
		name = "bringup_nonboot_cpus"
	}
	all := bootMask(func(uint8) bool { return true })
	most := func(*Exec) int { return m.bootMost() }
	a.fun(name, func() {
		switch {
		case m.bootMost() == 0 && m.Kernel.BringupMask && !m.Kernel.CountWraps:
		case !m.Kernel.SplitStartup:
			a.bringupMask(m.rung.online, all, most)
		case m.Scenario.SMT.any():
			a.bringupBoth(func(cpu uint8) bool { return !m.Secondary(cpu) }, most)
			a.secondThreadsLeft()
			a.bringupBoth(m.Secondary, func(x *Exec) int { return int(x.task.Took) })
			a.local(func(x *Exec) { x.task.Took = 0 })
		default:
			a.bringupBoth(all, most)
		}
		a.setRet(OK)
	})
	if m.UsesSysfs() {
		a.eachCPU(func(target) {
			a.do(
				"register_cpu(): dev->offline = !cpu_online(cpu)", reads(objOnline).writes(objDevice),
				func(x *Exec) { x.st().Offline = !x.st().Online },
			)
		})
	}
}

// cleanUp is what cpuhp_bringup_mask() does about a CPU that may have gone back no further than to where it was kicked.
// Nobody else is there yet, so the kernel takes no lock; here it has the one by which operations are told.
func (a *assembler) cleanUp() {
	m := a.m
	a.do(labelAlone, writes(objLock<<CPUAddRemoveLock), func(x *Exec) {
		x.s.Lock[CPUAddRemoveLock] = x.id
		x.operation(false, m.rung.offline, false)
	})
	a.invokeRange(m.bpWalk(false), false, func(*Exec) Rung { return m.rung.offline })
	a.warnOn("cpuhp_invoke_callback_range()", failed)
	a.do(labelAlone, writes(objLock<<CPUAddRemoveLock), func(x *Exec) {
		x.operationEnds()
		x.s.Lock[CPUAddRemoveLock] = Nobody
	})
}

// bootMask is a mask of CPUs to be started.
type bootMask func(cpu uint8) bool

// below is how many CPUs of the mask come before one.
func (in bootMask) below(cpu uint8) (n int) {
	for before := range cpu {
		n += one(in(before))
	}
	return n
}

// bringupBoth has the CPUs of a mask kicked, and then brought up.
func (a *assembler) bringupBoth(mask bootMask, most func(*Exec) int) {
	a.bringupMask(a.m.rung.kickAP, mask, most)
	a.bringupMask(a.m.rung.online, mask, most)
}

// secondThreadsLeft is what cpuhp_bringup_cpus_parallel() does when the first threads of the cores are up: Took is how
// many second ones may be started. The number has no sign: less than none is more than there are.
func (a *assembler) secondThreadsLeft() {
	most := a.m.bootMost()
	if most < 0 {
		return
	}
	a.fun("cpuhp_bringup_cpus_parallel", func() {
		a.do("ncpus -= num_online_cpus()", reads(objOnline).everyCPU(), func(x *Exec) {
			x.task.Took = uint8(min(uint(most)-uint(x.onlineCPUs()), 2*MaxCPUs))
		})
	})
}

// bringupMask is cpuhp_bringup_mask(), or the loop of those who have no function for it.
func (a *assembler) bringupMask(to Rung, mask bootMask, most func(*Exec) int) {
	named := a.m.Kernel.BringupMask
	body := func() {
		a.eachCPU(func(end target) {
			next := a.newTarget()
			a.count(end, to, mask, most)
			a.when(func(x *Exec) bool { return x.absent() || !mask(x.cpu) }, func() { a.jump(next) })
			if !named {
				a.test(
					"if (!cpu_online(cpu))", reads(objOnline), func(x *Exec) bool { return x.st().Online },
					func() { a.jump(next) },
				)
			}
			a.local(func(x *Exec) { x.task.Up, x.task.Target = true, to })
			a.doCPUUp()
			if named {
				a.when(failed, a.cleanUp)
			}
			a.put(next)
			a.local(func(x *Exec) { x.task.Up, x.task.Target, x.t.Ret = false, 0, OK })
		})
	}
	if !named {
		body()
		return
	}
	a.fun("cpuhp_bringup_mask", body)
}

// count ends the loop when there are as many CPUs as the command line allows. The boot CPU is one of them. A loop over
// a mask counts down after each CPU, or before; it never comes to 0 from 0. Older ones count those that are online.
func (a *assembler) count(end target, to Rung, mask bootMask, most func(*Exec) int) {
	limit := a.m.bootMost()
	switch {
	case limit < 0:
	case !a.m.Kernel.BringupMask:
		a.test(
			"if (num_online_cpus() >= setup_max_cpus)", reads(objOnline).everyCPU(),
			func(x *Exec) bool { return x.onlineCPUs() >= limit }, func() { a.jump(end) },
		)
	case a.m.Kernel.CountsEarly:
		secondary := !mask(0)
		a.leaveIf(end, func(x *Exec) bool {
			return mask(x.task.Left) && (limit > 0 || secondary) && mask.below(x.task.Left)+1 >= most(x)
		})
	case a.m.Kernel.CountsWhoCame:
		came := func(x *Exec) bootMask {
			return func(cpu uint8) bool { return mask(cpu) && x.s.CPU[cpu].State >= to }
		}
		a.test(
			"if (!ncpus)", reads(objState).everyCPU(),
			func(x *Exec) bool { return mask(x.task.Left) && came(x).below(x.task.Left) >= most(x) },
			func() { a.jump(end) },
		)
	default:
		a.leaveIf(end, func(x *Exec) bool { return mask(x.task.Left) && mask.below(x.task.Left) == most(x) })
	}
}

// SetupMaxCPUs is setup_max_cpus of a machine that boots: maxcpus=, or more CPUs than there are if nothing is said.
func (m *Machine) SetupMaxCPUs() int {
	if most := m.bootMost(); most >= 0 {
		return most
	}
	return 2*MaxCPUs - 1
}

// bootMost is the kernel's maxcpus= when it boots; -1 if nothing is said.
func (m *Machine) bootMost() int {
	if !m.boots() {
		return -1
	}
	return m.Scenario.Sequence[0].Target - 1
}

// Boots reports whether the machine boots, and to how many CPUs: as many as the command line allows, at least the one
// that boots; second threads that are forbidden do not stay.
func (m *Machine) Boots() (cpus int, boots bool) {
	if !m.boots() {
		return 0, false
	}
	cpus = m.Scenario.present()
	if m.Scenario.SMT == SMTOff {
		threads := m.Scenario.ThreadsPerCore()
		cpus = (cpus + threads - 1) / threads
	}
	if most := m.bootMost(); most >= 0 {
		cpus = min(cpus, max(most, 1))
	}
	return cpus, true
}
