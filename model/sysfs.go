package model

import (
	"slices"

	"github.com/hpcheck/hpcheck/internal/choose"
)

// drivers/base/core.c, drivers/base/cpu.c and kernel/cpu.c: what a write to the files of a CPU in sysfs does.

// UsesSysfs reports whether operations are asked for through sysfs, or anybody sets what it tells.
func (m *Machine) UsesSysfs() bool {
	ops := m.ops
	if len(m.Scenario.Sequence) > 0 {
		ops = m.Scenario.Sequence
	}
	return m.Scenario.SMT.any() || m.Scenario.Suspend && m.Kernel.ResumeMarksDevice ||
		slices.ContainsFunc(ops, func(o Op) bool { return o.Via == ViaOnline || o.Via == ViaTarget })
}

// lockDeviceHotplug is lock_device_hotplug_sysfs(): it tries, and if the lock is taken it has the system call start
// again a bit later. That is a wait.
func (a *assembler) lockDeviceHotplug() {
	a.fun("lock_device_hotplug_sysfs", func() {
		a.lockNode("mutex_trylock(&device_hotplug_lock)", DeviceHotplugLock)
	})
}

func (a *assembler) unlockDeviceHotplug() {
	a.fun("unlock_device_hotplug", func() { a.mutexUnlock(DeviceHotplugLock) })
}

// onlineStore is online_store(): a write of 0 or 1 to cpuN/online. Writing what is there already is no error.
func (a *assembler) onlineStore() {
	a.fun("online_store", func() {
		a.lockDeviceHotplug()
		a.whenElse(func(x *Exec) bool { return x.task.Up },
			func() {
				a.fun("device_online",
					func() { a.deviceChange(true, func() { a.viaDevice("cpu_device_up", a.doCPUUp) }) })
			},
			func() {
				a.fun("device_offline",
					func() { a.deviceChange(false, func() { a.viaDevice("cpu_device_down", a.doCPUDown) }) })
			})
		a.unlockDeviceHotplug()
	})
}

// viaDevice is a function of the source, if there is one; it does nothing but to call another one.
func (a *assembler) viaDevice(name string, otherwise func()) {
	if !a.sourced(name) {
		otherwise()
	}
}

// deviceChange is what device_online() and device_offline() have in common.
func (a *assembler) deviceChange(up bool, change func()) {
	a.test("if (dev->offline)", reads(objDevice), func(x *Exec) bool { return x.st().Offline == up }, func() {
		change()
		a.when(func(x *Exec) bool { return x.t.Ret == OK }, func() {
			a.do(choose.If(up, "dev->offline = false", "dev->offline = true"), writes(objDevice),
				func(x *Exec) { x.st().Offline = !up })
		})
	})
}

// writeCPUHPTarget is write_cpuhp_target(): a write to cpuN/hotplug/target, with CONFIG_CPU_HOTPLUG_STATE_CONTROL.
func (a *assembler) writeCPUHPTarget() {
	m := a.m
	a.fun("write_cpuhp_target", func() {
		a.when(func(x *Exec) bool { return int(x.task.Target) == m.outOfRange() }, func() {
			a.setRet(EINVAL)
			a.ret()
		})
		a.lockDeviceHotplug()
		a.mutexLock(CPUHPStateMutex)
		a.do("ret = !sp->name || sp->cant_stop ? -EINVAL : 0", reads(objSteps), func(x *Exec) {
			x.t.Ret = OK
			if !m.MayStop(x.s, x.task.Target) {
				x.t.Ret = EINVAL
			}
		})
		a.mutexUnlock(CPUHPStateMutex)
		a.when(failed, func() {
			if m.Kernel.UnlockOnError {
				a.unlockDeviceHotplug()
			}
			a.ret()
		})
		a.testElse("if (st->state < target)", reads(objState), func(x *Exec) bool {
			x.task.Up = x.st().State < x.task.Target
			return x.task.Up
		}, a.doCPUUp, func() {
			if !m.Kernel.TargetNop {
				a.doCPUDown()
				return
			}
			a.testElse(
				"else if (st->state > target)", reads(objState),
				func(x *Exec) bool { return x.st().State > x.task.Target }, a.doCPUDown, a.targetNop,
			)
		})
		if m.Kernel.DeviceFollowsTarget {
			a.do(
				"dev->offline = !cpu_online(cpu)", reads(objOnline).writes(objDevice),
				func(x *Exec) { x.st().Offline = !x.st().Online },
			)
		}
		a.unlockDeviceHotplug()
	})
}

// targetNop is what target_store() does for a CPU that is where it is to go.
func (a *assembler) targetNop() {
	a.setRet(OK)
	warning := a.m.assertion("target_store: WARN_ON(st->target != target)")
	a.test(
		"else if (WARN_ON(st->target != target))",
		reads(objTarget),
		func(x *Exec) bool { return x.st().Target != x.task.Target },
		func() {
			a.emit(func(x *Exec) Event { return Event{Kind: EventWarn, CPU: x.cpu, Assertion: warning} })
			a.do("st->target = target", writes(objTarget), func(x *Exec) { x.st().Target = x.task.Target })
		},
	)
}

// Targets that are no rung: a number outside of the ladder, and one that no state has.
func (m *Machine) outOfRange() int { return len(m.Ladder) }
func (m *Machine) unused() int     { return len(m.Ladder) + 1 }

// MayStop reports whether an operation may end at a rung: it must have a name, and not be marked cant_stop.
func (m *Machine) MayStop(s *State, r Rung) bool {
	if int(r) >= len(m.Ladder) {
		return false
	}
	step := &m.Ladder[r]
	if step.Slot > 0 {
		return s.Slot[step.Slot-1] != OwnerNone
	}
	return step.Name != "" && !m.cantStop(r)
}

// cantStop reports whether no operation may end at a rung: cant_stop of its entry.
func (m *Machine) cantStop(r Rung) bool {
	first := m.rung.bringupCPU
	if m.rung.kickAP > 0 {
		first = m.rung.kickAP
	}
	return m.Ladder[r].CantStop || m.Kernel.TargetsBarred && first <= r && r <= m.rung.teardownCPU
}
