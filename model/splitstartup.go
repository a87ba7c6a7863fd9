package model

import "fmt"

// kernel/cpu.c since v6.5: the CPU is kicked in a state of its own, says that it is alive, and waits until it is told
// to come online. When it has died, it says that as well.

// SyncState is enum cpuhp_sync_state.
type SyncState uint8

// The values.
const (
	SyncDead SyncState = iota
	SyncKicked
	SyncShouldDie
	SyncAlive
	SyncShouldOnline
	SyncOnline
)

// String returns the kernel's name.
func (s SyncState) String() string {
	return [...]string{
		"SYNC_STATE_DEAD", "SYNC_STATE_KICKED", "SYNC_STATE_SHOULD_DIE", "SYNC_STATE_ALIVE", "SYNC_STATE_SHOULD_ONLINE",
		"SYNC_STATE_ONLINE",
	}[s]
}

// kickAPAlive is cpuhp_kick_ap_alive(): a CPU that is dead, or that came no further than to say that it is alive, is
// kicked.
func (a *assembler) kickAPAlive() {
	waits := a.m.Kernel.AliveIsKicked // a CPU that is alive is left alone
	a.fun("cpuhp_kick_ap_alive", func() {
		again := a.newTarget()
		a.put(again)
		if waits {
			a.setRet(OK)
			a.test("atomic_read(&st->ap_sync_state) == SYNC_STATE_ALIVE", reads(objSync),
				func(x *Exec) bool { return x.st().Sync == SyncAlive }, a.ret)
		}
		a.fun("cpuhp_can_boot_ap", func() {
			a.testElse(
				"atomic_try_cmpxchg(&st->ap_sync_state, SYNC_STATE_KICKED)",
				writes(objSync),
				func(x *Exec) bool {
					s := &x.st().Sync
					if *s != SyncDead && *s != SyncKicked && (*s != SyncAlive || waits) {
						return false
					}
					*s = SyncKicked
					return true
				},
				func() { a.setRet(OK) },
				func() { a.setRet(EAGAIN) },
			)
		})
		if waits {
			a.when(func(x *Exec) bool { return failed(x) && x.st().Sync == SyncAlive }, func() { a.jump(again) })
		}
		a.when(failed, a.ret)
		a.kick()
	})
}

// kick is arch_cpuhp_kick_ap_alive().
func (a *assembler) kick() {
	once := a.m.Kernel.KickOnce
	acc := writes(objKicked)
	if once {
		acc = acc.reading(objDead)
	}
	a.mayFail("arch_cpuhp_kick_ap_alive(cpu, idle)", acc,
		FaultPoint{Name: "cpu_up", Doc: "the CPU cannot be kicked", Errno: EIO},
		func(x *Exec) {
			st := x.st()
			switch {
			case x.t.Ret != OK:
			case once && (!st.Dead || st.Kicked): // it runs already
				x.t.Ret = ENOTSUPP
			default:
				st.Kicked = true
			}
		})
}

// bringupAP is cpuhp_bringup_ap().
func (a *assembler) bringupAP() {
	a.fun("cpuhp_bringup_ap", func() {
		unlock := a.newTarget()
		a.mutexLock(SparseIRQLock)
		a.syncAlive()
		a.when(failed, func() { a.jump(unlock) })
		a.fun("bringup_wait_for_ap_online", func() { a.waitForAPOnline(func() { a.jump(unlock) }) })
		a.mutexUnlock(SparseIRQLock)
		a.kickToTarget()
		a.ret()
		a.put(unlock)
		a.mutexUnlock(SparseIRQLock)
	})
}

// syncAlive is cpuhp_bp_sync_alive().
func (a *assembler) syncAlive() {
	a.fun("cpuhp_bp_sync_alive", func() { a.waitAlive(SyncShouldOnline) })
}

// waitAlive waits until the CPU is alive, for ten seconds at most, and tells it what to do next. That it takes longer
// is a fault; a CPU that was not kicked never is alive.
func (a *assembler) waitAlive(next SyncState) {
	p := a.m.faultPoint(
		FaultPoint{Name: "sync_alive", Doc: "the CPU does not say within ten seconds that it is alive", Errno: EIO},
	)
	late := func(x *Exec) bool { return x.m.FaultPoints[p].Enabled && x.s.Faults > 0 }
	acc := reads(objKicked | objDead).writes(objSync)
	if a.m.FaultPoints[p].Enabled {
		acc = acc.writes(objFaults)
	}
	a.mightSleep(nil)
	a.emitNode(node{
		op:     opAction,
		label:  "cpuhp_wait_for_sync_state(cpu, SYNC_STATE_ALIVE, " + next.String() + ")",
		access: acc,
		ready:  asCount(func(x *Exec) bool { return x.st().Sync == SyncAlive || x.silent() || late(x) }),
		run: func(x *Exec) {
			switch {
			case x.st().Sync == SyncAlive:
				x.st().Sync, x.t.Ret = next, OK
				x.completion(EventRequest, DoneCompletion, ForOnline)
				return
			case !x.silent():
				x.s.Faults--
				x.markBit(x.m.numNodes + p)
				x.emit(Event{Kind: EventFault, CPU: x.cpu, Point: uint16(p), Ret: EIO})
			}
			x.t.Ret = EIO
		},
	})
}

// silent reports whether the CPU will never say that it is alive: nobody has kicked it.
func (x *Exec) silent() bool { return x.st().Dead && !x.st().Kicked }

// startSecondary is start_secondary(). A CPU that waits to be told to come online, and is kicked once more, begins
// again.
func (a *assembler) startSecondary() {
	top, end := a.newTarget(), a.newTarget()
	a.put(top)
	a.do("start_secondary()", writes(objKicked|objDead|objIRQs), func(x *Exec) {
		st := x.st()
		st.Kicked, st.Dead, st.IRQsOff = false, false, true
	})
	within(&a.again, 1+top, func() {
		a.fun("cpuhp_ap_sync_alive", func() {
			a.do(
				"cpuhp_ap_update_sync_state(SYNC_STATE_ALIVE)", writes(objSync),
				func(x *Exec) { x.st().Sync = SyncAlive },
			)
			a.spin("while (atomic_read(st) != SYNC_STATE_SHOULD_ONLINE) cpu_relax()", reads(objSync),
				func(x *Exec) bool { return x.st().Sync == SyncShouldOnline })
		})
	})
	a.jump(end)
	a.put(end)
	a.apStarting()
}

// spin waits for something, without an end. A CPU that is kicked while it waits begins again.
func (a *assembler) spin(label string, acc access, ready func(*Exec) bool) {
	if a.again == 0 {
		a.rest(label, acc, ready, nil)
		return
	}
	a.restTest(label, acc.reading(objKicked), func(x *Exec) bool { return x.st().Kicked || ready(x) },
		func(x *Exec) bool { return x.st().Kicked }, func() { a.jump(a.again - 1) })
}

// reportDead is arch_cpu_idle_dead(), with cpuhp_ap_report_dead().
func (a *assembler) reportDead() {
	a.fun("arch_cpu_idle_dead", func() {
		if !a.sourced("cpuhp_ap_report_dead") {
			a.do("cpuhp_ap_report_dead()", writes(objSync), func(x *Exec) { x.st().Sync = SyncDead })
		}
		stop := "native_play_dead()"
		if a.m.Kernel.Arch != "" {
			stop = "the CPU stops"
		}
		a.afterlife(stop, objDead, func(x *Exec) { x.st().Dead = true })
	})
}

// syncDead is cpuhp_bp_sync_dead(): wait until the CPU has said that it is dead. On x86 it stops right after that.
func (a *assembler) syncDead() {
	a.fun("cpuhp_bp_sync_dead", func() {
		a.do("atomic_try_cmpxchg(&st->ap_sync_state, SYNC_STATE_SHOULD_DIE)", writes(objSync), func(x *Exec) {
			if x.st().Sync != SyncDead {
				x.st().Sync = SyncShouldDie
			}
		})
		a.waitDead()
		a.die()
	})
}

// waitDead waits until the CPU has said that it is dead.
func (a *assembler) waitDead() {
	a.mightSleep(nil)
	a.wait(
		"cpuhp_wait_for_sync_state(cpu, SYNC_STATE_DEAD, SYNC_STATE_DEAD)", reads(objSync),
		func(x *Exec) bool { return x.st().Sync == SyncDead }, nil,
	)
}

// waitForSync is cpuhp_wait_for_sync_state(cpu, state, next).
func waitForSync(b *Builder, c Call) {
	state, _ := c.Args[1].Known()
	next, known := c.Args[2].Known()
	switch {
	case known && SyncState(state) == SyncAlive:
		b.a.waitAlive(SyncState(next))
	case known && SyncState(state) == SyncDead && SyncState(next) == SyncDead:
		b.a.waitDead()
		b.a.setRet(OK)
	default:
		b.Fail(fmt.Errorf("%s: want to wait for SYNC_STATE_ALIVE, or for SYNC_STATE_DEAD to stay", c.Text))
	}
}
