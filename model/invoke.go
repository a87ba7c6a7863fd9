package model

import (
	"slices"

	"github.com/hpcheck/hpcheck/internal/choose"
)

// One callback after another: cpuhp_invoke_callback() and what every walk over st->state shares.

// walk says which callbacks a walk along the ladder calls.
type walk struct {
	up     bool
	table  Table
	lo, hi Rung // the rungs between which it goes, both included
	undo   bool // it goes back after an error: skip_onerr counts, and results are dropped
}

// String says what the walk calls: "startup", "teardown in an undo".
func (w walk) String() string {
	text := choose.If(w.up, "startup", "teardown")
	if w.undo {
		text += " in an undo"
	}
	return text
}

// calls reports whether the walk calls a callback of the rung.
func (w walk) calls(r Rung, s *Step) bool {
	return w.lo <= r && r <= w.hi && s.Table == w.table && s.Callback(w.up) != "" && !(w.undo && s.SkipOnErr)
}

// wrongWay reports whether a walk that ought not to come to the step would call its callback all the same, in the wrong
// place: where a step is looked up by its number alone. What such a callback does is not told, only that it is called.
func (w walk) wrongWay(m *Machine, s *Step) bool {
	return !m.Kernel.Notifiers && s.Callback(w.up) != "" && !(w.undo && s.SkipOnErr)
}

// misplaced reports whether a step stands in the table in which it is never looked for.
func (m *Machine) misplaced(s *Step) bool {
	return s.Table == BP && s.Number > m.Ladder[m.rung.bringupCPU].Number && s.Symbol != "CPUHP_TEARDOWN_CPU"
}

// Misplaced reports whether a rung's callbacks are never called, because it stands in the table in which it is not
// looked for (46febd37f9c7).
func (m *Machine) Misplaced(r Rung) bool { return m.misplaced(&m.Ladder[r]) }

// bpWalk and apWalk are the walks of the controlling task and of the hotplug thread.
func (m *Machine) bpWalk(up bool) walk { return walk{up: up, table: BP, hi: m.rung.online} }

func (m *Machine) apWalk(up bool) walk {
	return walk{up: up, table: AP, lo: m.rung.apOnlineIdle, hi: m.rung.online}
}

// back is the walk that undoes w.
func (w walk) back() walk {
	w.up, w.undo = !w.up, true
	return w
}

// invokeCallback is cpuhp_invoke_callback() of the rung in the register Step; ret is its result, 0 if there is none.
func (a *assembler) invokeCallback(w walk) {
	end, none := a.newTarget(), a.newTarget()
	a.trace(func(x *Exec) Event { return Event{Kind: EventInvoke, CPU: x.cpu, Step: x.t.Step, Up: w.up} })
	if k := &a.m.Kernel; k.DyingMask && !k.DyingInState {
		a.do("set_cpu_dying(cpu, !bringup)", writes(objDying), func(x *Exec) { x.st().Dying = !w.up })
	}
	if a.m.statePerRun() {
		a.failHere(end, w.up)
	}
	cases, wrong, astray := make([]target, len(a.m.Ladder)), a.newTarget(), a.newTarget()
	for r := range cases {
		switch step := &a.m.Ladder[r]; {
		case a.m.misplaced(step):
			cases[r] = none
		case w.calls(Rung(r), step):
			cases[r] = a.newTarget()
		case w.wrongWay(a.m, step):
			cases[r] = choose.If(a.leavesHome(step.Callback(w.up)), astray, wrong)
		default:
			cases[r] = none
		}
	}
	a.switchOn(w.String(), func(x *Exec) int { return int(x.t.Step) }, cases)
	for r, place := range cases {
		if place == none || place == wrong || place == astray {
			continue
		}
		a.put(place)
		step := &a.m.Ladder[r]
		if step.Slot > 0 {
			a.slotCallback(w)
			a.jump(end)
			continue
		}
		if !step.Multi {
			a.unlessThere(step, 0, none)
		}
		a.emit(func(x *Exec) Event { return Event{Kind: EventEnter, CPU: x.cpu, Step: Rung(r), Up: w.up} })
		switch {
		case step.Dyn > 0:
			a.dynCallback(step, w)
		case step.MayFail:
			a.drivers(Rung(r), w)
		case step.Multi:
			a.instances(Rung(r), w.up)
		case !a.m.Kernel.Notifiers && a.m.atomic(Rung(r)) && bystanders[step.Callback(w.up)] && step.Client.Client == 0:
			a.atomicCallback(step.Callback(w.up))
		default:
			a.ladderCallback(step, w.up)
		}
		a.emit(func(x *Exec) Event {
			return Event{Kind: EventExit, CPU: x.cpu, Step: Rung(r), Up: w.up, Ret: x.t.Ret}
		})
		a.jump(end)
	}
	if slices.Contains(cases, astray) {
		a.put(astray)
		a.workqueueOfflineElsewhere(w)
		a.jump(end)
	}
	a.put(wrong)
	a.local(func(x *Exec) {
		x.emit(Event{Kind: EventEnter, CPU: x.cpu, Step: x.t.Step, Up: w.up})
		x.emit(Event{Kind: EventExit, CPU: x.cpu, Step: x.t.Step, Up: w.up})
	})
	a.put(none)
	a.setRet(OK)
	a.put(end)
	a.trace(func(x *Exec) Event {
		return Event{Kind: EventInvoked, CPU: x.cpu, Step: x.t.Step, Up: w.up, Ret: x.t.Ret}
	})
}

// leavesHome reports whether a callback is called here by a task that may be on another CPU than the one that it is
// for, and looks at that.
func (a *assembler) leavesHome(callback string) bool {
	return a.m.Kernel.UnbindsAtHome && !a.bound && callback == "workqueue_offline_cpu"
}

// workqueueOfflineElsewhere is workqueue_offline_cpu() as a task calls it that came past the hotplug thread's states:
// cpuhp_up_callbacks(), when the hotplug thread has failed, and again on its way back. On another CPU it warns, and
// returns -1. The task may be on the CPU itself as long as that is active.
func (a *assembler) workqueueOfflineElsewhere(w walk) {
	a.fun("workqueue_offline_cpu", func() {
		warning := a.m.assertion("workqueue_offline_cpu: WARN_ON(cpu != smp_processor_id())")
		a.local(func(x *Exec) { x.emit(Event{Kind: EventEnter, CPU: x.cpu, Step: x.t.Step, Up: w.up}) })
		a.emitNode(node{
			op: opAction, label: "if (WARN_ON(cpu != smp_processor_id())) return -1", access: reads(objActive),
			ready: func(x *Exec) int { return choose.If(x.st().Active, 2, 1) },
			run: func(x *Exec) {
				x.t.Ret = OK
				if x.alt == 0 {
					x.t.Ret = EPERM
					x.emit(Event{Kind: EventWarn, CPU: x.cpu, Assertion: warning})
				}
				x.emit(Event{Kind: EventExit, CPU: x.cpu, Step: x.t.Step, Up: w.up, Ret: x.t.Ret})
			},
			outcome: func(_ *Exec, alt int) string { return [...]string{"on another CPU", "on that CPU"}[alt] },
		})
	})
}

// switchOn jumps to the target that choose, on registers only, selects.
func (a *assembler) switchOn(way string, choose func(*Exec) int, cases []target) {
	table := make([]PC, len(cases))
	for i, t := range cases {
		table[i] = PC(t)
	}
	a.emitNode(node{op: opSwitch, way: way, choose: choose, table: table})
}

// walker says who walks over st->state.
type walker uint8

// The walkers. What the control task has others do for it, in bringup_cpu() and takedown_cpu(), they may.
const (
	walksNot  walker = iota
	walksAP          // a thread of the CPU
	walksUp          // the control task, on the way up: the idle task and the hotplug thread go on from BRINGUP_CPU
	walksDown        // the control task, on the way down: the stopper and the idle task go on from TEARDOWN_CPU
)

// walking assembles the body as part of a walk.
func (a *assembler) walking(w walker, body func()) { within(&a.walk, w, body) }

// within assembles the body with a mark on its nodes.
func within[T any](mark *T, value T, body func()) {
	was := *mark
	*mark = value
	body()
	*mark = was
}
