package model

import "slices"

// kernel/rcu/: what hotplug has to do with grace periods; and the power of a CPU that is dead.

// rcuStarting is rcu_cpu_starting(): from here on a grace period needs the CPU. That is so since v4.9 (7ec99de36f40);
// before, it begins at CPU_UP_PREPARE.
func (a *assembler) rcuStarting() {
	if a.m.Scenario.RCU {
		a.do("rcu_cpu_starting(cpu)", writes(objRCU), func(x *Exec) { x.st().RCU = true })
	}
}

// rcuReportDead is rcu_report_dead(): it does not need it any more.
func (a *assembler) rcuReportDead() {
	if a.m.Scenario.RCU {
		a.afterlife("rcu_report_dead(cpu)", objRCU, func(x *Exec) { x.st().RCU = false })
	}
}

// afterlife is an instruction of the idle task of a CPU that may have been said to be dead. Where power is taken it may
// never come to it; who starts the CPU anew begins behind it.
func (a *assembler) afterlife(label string, o Object, run func(*Exec)) {
	if !a.m.Scenario.PowerOff {
		a.do(label, writes(o), run)
		return
	}
	a.emitNode(node{
		op: opAction, label: label, access: reads(objDead | objKicked).writes(o), rest: true,
		ready: asCount(func(x *Exec) bool { return !x.st().Dead || x.st().Kicked }),
		run: func(x *Exec) {
			if !x.st().Dead {
				run(x)
			}
		},
	})
}

// die is what the controlling task does about the CPU itself when it is said to be dead: it waits until it has stopped,
// as on x86, or takes its power.
func (a *assembler) die() {
	if a.m.Scenario.PowerOff {
		at := len(a.nodes)
		a.do("__cpu_die(cpu)", writes(objDead), func(x *Exec) { x.st().Dead = true })
		a.nodes[at].books = true // it is the machine's doing
		return
	}
	if !a.m.Kernel.SplitStartup {
		a.wait("__cpu_die(cpu)", reads(objDead), func(x *Exec) bool { return x.st().Dead }, nil)
	}
}

// synchronizeRCU is synchronize_rcu() where hotplug calls it. The grace period ends when all CPUs that RCU knows have
// passed through a quiescent state, which a CPU that is dead never does; and the callback that tells so runs in
// softirqs of the CPU on which it was queued, in ksoftirqd if there are many: the first smpboot thread.
func (a *assembler) synchronizeRCU() {
	if !a.m.Scenario.RCU {
		return
	}
	a.fun("synchronize_rcu", func() {
		a.mightSleep(nil)
		waits := reads(objRCU | objDead).everyCPU()
		if a.m.Scenario.Smpboot > 0 {
			waits = reads(objRCU | objDead | taskOf(slotSmpboot)).everyCPU()
		}
		a.wait("wait_for_completion(&rcu.completion)", waits, (*Exec).gracePeriodEnds, nil)
	})
}

// gracePeriodEnds reports whether nobody holds a grace period up that a task waits for on the CPU.
func (x *Exec) gracePeriodEnds() bool {
	for cpu := range x.m.Scenario.CPUs {
		if c := &x.s.CPU[cpu]; c.RCU && c.Dead {
			return false
		}
	}
	return x.m.Scenario.Smpboot == 0 || x.thread(slotSmpboot).State != TaskParked
}

// rcutreePrepare is the callback that takes the list of RCU callbacks of a CPU into use.
const rcutreePrepare = "rcutree_prepare_cpu"

// cblists reports whether the RCU callbacks of a CPU are looked at: the ladder has the state that enables their list.
// It is so since v4.14 at the latest.
func (m *Machine) cblists() bool {
	return m.Scenario.RCU && m.statePerRun() &&
		slices.ContainsFunc(m.Ladder, func(s Step) bool { return s.Startup == rcutreePrepare })
}

// migrateCallbacks is rcutree_migrate_callbacks(), which takes the callbacks of a CPU that is dead, and its list out of
// use.
func (a *assembler) migrateCallbacks() {
	if a.m.cblists() {
		a.do("rcutree_migrate_callbacks(cpu)", writes(objRCU), func(x *Exec) { x.st().Cblist = false })
	}
}

// callRCU is any call_rcu() of a task on a CPU, on which tasks run from now on.
func (a *assembler) callRCU() {
	if !a.m.cblists() {
		return
	}
	i := a.m.assertion("call_rcu: WARN_ON_ONCE(!rcu_segcblist_is_enabled(&rdp->cblist))")
	a.test(
		"call_rcu(): rcu_segcblist_is_enabled(&rdp->cblist)",
		reads(objRCU),
		func(x *Exec) bool { return !x.st().Cblist },
		func() {
			a.emit(func(x *Exec) Event { return Event{Kind: EventWarn, CPU: x.cpu, Assertion: i} })
		},
	)
}
