package model

import "fmt"

// kernel/reboot.c: a reboot, which takes no CPU down by hotplug. It moves to a CPU that it relies on from then on.

// The CPU that is asked for, the one to which the task is bound that reboots, and whether it restarts the machine.
var (
	rebootAsked = &Extra{name: "reboot_cpu", kind: CPUOf, sight: visible}
	rebootBound = &Extra{name: "reboot's CPU", kind: CPUOf, sight: visible}
	restarts    = &Extra{name: "machine_restart()", kind: Flag, sight: visible}
)

// reboots is a task that restarts the machine.
func reboots() participant {
	return participant{
		params: []Param{
			whether("reboot", "reboot", "a task restarts the machine, on any CPU that the kernel's reboot= may name",
				func(sc *Scenario) *bool { return &sc.Reboot }),
		},
		crews: func(sc *Scenario) []crew {
			return some(crew{name: "reboot", count: one(sc.Reboot), body: (*assembler).reboot})
		},
		vars:    []*Extra{rebootAsked, rebootBound, restarts},
		numbers: true,
		fits: func(sc *Scenario) error {
			if sc.Reboot && (sc.Suspend || sc.Kexec) {
				return &ParamError{
					"reboot", "true", "neither suspend nor kexec, which system_transition_mutex keeps out",
				}
			}
			return nil
		},
		files: map[string]string{
			"kernel_restart": "kernel/reboot.c", "migrate_to_reboot_cpu": "kernel/reboot.c",
			"set_cpus_allowed_ptr": "kernel/sched/core.c", "machine_restart": "",
		},
		unforced: same("a reboot: run reboot -f in another shell meanwhile"),
	}
}

// reboot is kernel_restart(), and kernel_halt() and kernel_power_off(), which differ in nothing that hotplug could see.
// Hotplug is never enabled again.
func (a *assembler) reboot() {
	a.scenario("kernel_restart", func() {
		a.fun("migrate_to_reboot_cpu", func() {
			a.askedForReboot()
			a.cpuHotplugDisable()
			if a.m.Kernel.RebootAsksActive {
				a.activeRebootCPU()
			} else {
				a.rebootCPU(func(x *Exec) uint8 { return x.task.Left })
			}
			a.moveToRebootCPU()
		})
		a.fun("machine_restart", func() {
			a.do("machine_restart()", a.changing(own, restarts), func(x *Exec) { x.flag(restarts, true) })
		})
	})
	a.done()
}

// askedForReboot has Left be the CPU that reboot= or /sys/kernel/reboot/cpu asks for: any that is possible.
func (a *assembler) askedForReboot() {
	sc := &a.m.Scenario
	a.emitNode(node{
		op: opAction, label: "cpu = reboot_cpu", access: a.changing(own, rebootAsked),
		ready:   func(*Exec) int { return sc.within(sc.CPUs - sc.Impossible) },
		run:     func(x *Exec) { x.task.Left = uint8(x.alt); x.let(rebootAsked, 1+x.task.Left) },
		outcome: func(_ *Exec, alt int) string { return fmt.Sprint("CPU ", alt) },
	})
}

// activeRebootCPU is what migrate_to_reboot_cpu() would be with the candidate: Made is the CPU that is asked for, or
// the first that is active if it is not.
func (a *assembler) activeRebootCPU() {
	active := reads(objActive).everyCPU()
	a.local(func(x *Exec) { x.task.Made = x.task.Left })
	a.test(
		"if (!cpu_active(cpu))", active, func(x *Exec) bool { return !x.s.CPU[x.task.Made].Active },
		func() {
			a.do("cpu = cpumask_first(cpu_active_mask)", active, func(x *Exec) {
				for x.task.Made = 0; int(x.task.Made) < x.m.Scenario.CPUs-1 && !x.s.CPU[x.task.Made].Active; {
					x.task.Made++
				}
			})
		},
	)
}

// moveToRebootCPU is set_cpus_allowed_ptr() of the task itself, which takes active CPUs only. Nobody looks at what it
// returns.
func (a *assembler) moveToRebootCPU() {
	a.fun("set_cpus_allowed_ptr", func() {
		acc := a.changing(reads(objActive).everyCPU(), rebootBound)
		a.do("cpumask_any_and_distribute(cpu_active_mask, new_mask)", acc, func(x *Exec) {
			if x.s.CPU[x.task.Made].Active {
				x.let(rebootBound, 1+x.task.Made)
			}
			x.task.Left, x.task.Made = 0, 0
		})
	})
}

// Reboot is what can be seen of a task that restarts the machine.
type Reboot struct {
	Asked, Bound int  // the CPU that reboot= asks for, and the one to which the task is bound; below 0 if there is none
	Restarts     bool // the machine restarts
	Thread       ThreadID
}

// Reboot returns what there is to see of a reboot, and the variable that says where it is bound.
func (m *Machine) Reboot(s *State) (Reboot, Var) {
	return Reboot{
		Asked: int(rebootAsked.get(m, s)) - 1, Bound: int(rebootBound.get(m, s)) - 1,
		Restarts: restarts.get(m, s) != 0, Thread: m.first("reboot"),
	}, m.extraVar(rebootBound)
}
