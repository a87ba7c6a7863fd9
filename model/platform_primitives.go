package model

import "fmt"

// Primitives of the platform: what a CPU, its idle thread and the architecture's hooks do.

var maskPrimitives = []Primitive{
	{
		Name: "cpu_online", Doc: "the CPU is in cpu_online_mask",
		value: func(*Builder, Call) Value {
			return flagOf(objOnline, func(x *Exec) bool { return x.st().Online })
		},
	},
	{
		Name: "cpu_present", Doc: "the CPU is in cpu_present_mask, which does not change",
		value: func(*Builder, Call) Value { return flagOf(0, func(x *Exec) bool { return !x.absent() }) },
	},
	{
		Name: "cpu_possible", Doc: "the CPU is in cpu_possible_mask, which does not change",
		value: func(*Builder, Call) Value {
			return flagOf(0, func(x *Exec) bool { return x.m.Scenario.possible(int(x.cpu)) })
		},
	},
	{
		Name: "cpu_dying", Doc: "the CPU is in cpu_dying_mask",
		value: func(*Builder, Call) Value { return flagOf(objDying, func(x *Exec) bool { return x.st().Dying }) },
	},
	{
		Name: "set_cpu_dying", File: "include/linux/cpumask.h", Doc: "the CPU comes into cpu_dying_mask, or goes",
		value: func(_ *Builder, c Call) Value {
			return flagField(objDying, func(c *CPU) *bool { return &c.Dying }).Store(c.Args[1])
		},
	},
	{
		Name: "num_online_cpus", Doc: "how many CPUs are in cpu_online_mask",
		value: func(*Builder, Call) Value {
			return Value{
				get: func(x *Exec) int64 { return int64(x.onlineCPUs()) }, kind: KindCount,
				acc: reads(objOnline).everyCPU(),
			}
		},
	},
	{
		Name: "topology_is_primary_thread", Doc: "the CPU is no second thread of its core",
		value: func(b *Builder, _ Call) Value {
			v := flagOf(0, func(x *Exec) bool { return x.m.PrimaryThread(x.s, x.cpu) })
			v.acc = b.a.m.primaryAccess(v.acc)
			return v
		},
	},
	{
		Name: "cpumask_test_cpu", Doc: "the CPU is in the mask: cpus_booted_once_mask",
		value: func(b *Builder, c Call) Value { return b.maskBit(c).Load() },
	},
	{
		Name: "cpumask_set_cpu", Doc: "the CPU comes into the mask: cpus_booted_once_mask or frozen_cpus",
		value: func(b *Builder, c Call) Value { return b.maskBit(c).Store(Truth(true)) },
	},
	{
		Name: "cpumask_any_and", Doc: "the first CPU that is online; all are housekeepers", value: firstOnline,
	},
}

// maskBit is the bit of the CPU in the mask that is the second argument.
func (b *Builder) maskBit(c Call) LValue {
	if c.Names[1] == "frozen_cpus" {
		return LValue{
			name: "frozen_cpus", kind: KindCount,
			get: func(x *Exec) int64 { return int64(x.task.Took >> x.cpu & 1) },
			set: func(x *Exec, n int64) { x.task.Took = x.task.Took&^(1<<x.cpu) | uint8(bit(n != 0))<<x.cpu },
		}
	}
	if c.Names[1] == "active_cpus" {
		return b.StopsHere()
	}
	if c.Names[1] != "cpus_booted_once_mask" {
		b.Fail(fmt.Errorf("%s: the mask %s is not known", c.Text, c.Names[1]))
	}
	p := flagField(objBootedOnce, func(c *CPU) *bool { return &c.BootedOnce })
	p.fixed = !b.a.m.Scenario.SMT.any()
	return p
}

// flagOf is a bool that is looked up.
func flagOf(o Object, is func(*Exec) bool) Value {
	return Value{get: func(x *Exec) int64 { return int64(bit(is(x))) }, kind: KindCount, acc: reads(o)}
}

func firstOnline(*Builder, Call) Value {
	return Value{kind: KindCount, acc: reads(objOnline).everyCPU(), get: func(x *Exec) int64 {
		for cpu := range x.m.Scenario.CPUs {
			if x.s.CPU[cpu].Online {
				return int64(cpu)
			}
		}
		return int64(x.m.Scenario.CPUs)
	}}
}

var platformPrimitives = []Primitive{
	{
		Name: "try_online_node", File: "mm/memory_hotplug.c", Returns: true, spoils: results,
		Doc:  "the memory node of the CPU is online; a fault is that it can't be",
		code: just((*assembler).tryOnlineNode),
	},
	{
		Name:    "arch_cpuhp_kick_ap_alive",
		Returns: true,
		spoils:  results,
		Doc:     "the CPU is told to start; a fault is that it can't be",
		code:    just((*assembler).kick),
	},
	{
		Name:    "__cpu_disable",
		Returns: true,
		spoils:  results,
		Doc:     "the CPU leaves cpu_online_mask, or refuses to die; a fault is that it refuses",
		code:    just((*assembler).disable),
	},
	{
		Name: "rcutree_report_cpu_starting", File: "kernel/rcu/tree.c", Doc: "grace periods need the CPU",
		code: just((*assembler).rcuStarting),
	},
	{
		Name: "rcu_cpu_starting", File: "kernel/rcu/tree.c", Doc: "grace periods need the CPU",
		code: just((*assembler).rcuStarting),
	},
	{
		Name: "rcutree_report_cpu_dead", File: "kernel/rcu/tree.c", Doc: "grace periods do not need the CPU any more",
		code: just((*assembler).rcuReportDead),
	},
	{
		Name: "rcu_report_dead", File: "kernel/rcu/tree.c", Doc: "grace periods do not need the CPU any more",
		code: just((*assembler).rcuReportDead),
	},
	{
		Name: "smp_call_function_single", File: "kernel/smp.c", Doc: "an online CPU is asked to complete st->done_down",
		code: func(b *Builder, c Call) {
			if c.Names[1] != "cpuhp_complete_idle_dead" {
				b.Fail(fmt.Errorf("%s: want cpuhp_complete_idle_dead() to be called", c.Text))
			}
			b.a.do(
				"smp_call_function_single(cpuhp_complete_idle_dead)",
				writes(objIPI),
				func(x *Exec) { x.st().IPI = true },
			)
		},
	},
	{
		Name: "idle_thread_get", File: "kernel/smpboot.c", Returns: true, spoils: results,
		Doc: "the idle task of the CPU; a fault is that there is none", code: idleThread,
	},
	{
		Name: "__cpu_up", Returns: true, spoils: results, Doc: "the CPU is told to start, and has marked itself online",
		code: just((*assembler).archCPUUp),
	},
	{
		Name: "__cpu_die",
		Doc:  "before v6.5: waits until the CPU has stopped, or takes its power; since then nothing, on x86",
		code: just(func(a *assembler) {
			if !a.m.Kernel.SplitStartup {
				a.die()
			}
		}),
	},
	{
		Name: "cpuhp_wait_for_sync_state", File: "kernel/cpu.c", Returns: true, truth: true, spoils: results,
		Doc:  "waits until the CPU says that it is alive, for ten seconds at most, or that it is dead",
		code: waitForSync,
	},
	{
		Name: "arch_cpuhp_cleanup_dead_cpu", Doc: "the CPU, which has said that it is dead, stops right after that",
		code: just((*assembler).die),
	},
	{
		Name: "rcutree_migrate_callbacks",
		File: "kernel/rcu/tree.c",
		Doc:  "the RCU callbacks of the dead CPU go elsewhere",
		code: just((*assembler).migrateCallbacks),
	},
	{
		Name: "cpu_up_down_serialize_trainwrecks", File: "kernel/cpu.c", Doc: "waits until cpuset has followed",
		code: just((*assembler).serializeTrainwrecks),
	},
}

// idleThread is idle_thread_get(). It can't fail in a walk: whoever walks has found the task there before.
func idleThread(b *Builder, _ Call) {
	if b.a.walk != walksNot {
		b.a.setRet(OK)
		return
	}
	b.a.mayFail(
		"idle_thread_get(cpu)",
		own,
		FaultPoint{Name: "idle_thread_get", Doc: "the CPU has no idle task", Errno: ENOMEM},
		nil,
	)
}
