package model

import "fmt"

// The CPU notifier chain, kernel/cpu.c before v4.10.

// Notifier is an entry of the chain.
type Notifier struct {
	Name     string
	Priority int  // higher ones are called first
	Own      bool // the scheduler's: it never refuses

	acts func(*Exec, Notification) // what an own notifier does
	on   []Notification            // when it does it
	acc  access
}

// notifierChain is the chain with n notifiers of drivers between those of the scheduler (kernel/sched/core.c), which
// see to the active mask and to the threads that are still on a CPU that dies.
func notifierChain(n int) []Notifier {
	chain := []Notifier{
		{
			Name: "sched_cpu_active", Priority: 1<<31 - 1, Own: true, on: []Notification{CPUDownFailed},
			acc:  writes(objActive),
			acts: func(x *Exec, _ Notification) { x.st().Active = true },
		},
		{
			Name: "migration_call", Priority: 10, Own: true, on: []Notification{CPUDying},
			acc:  everyTask(),
			acts: func(x *Exec, _ Notification) { x.migrateTasks() },
		},
	}
	for i := range n {
		chain = append(chain, Notifier{Name: fmt.Sprintf("notifier%d", i+1), Priority: n - 1 - i})
	}
	return append(chain, Notifier{
		Name: "sched_cpu_inactive", Priority: -1 << 31, Own: true, on: []Notification{CPUDownPrepare},
		acc:  writes(objActive),
		acts: func(x *Exec, _ Notification) { x.st().Active = false },
	})
}

// everyTask is the access of what moves the threads of a CPU. A thread that is on a run queue looks at its struct
// kthread with every step (see [Footprint]), so that it may not be moved unseen.
func everyTask() access {
	var o Object
	for slot := range slotSmpboot + MaxSmpboot {
		o |= taskOf(slot) | kthreadOf(slot)
	}
	return writes(o)
}

// migrateTasks is migrate_tasks(): whatever is still on the run queue of the dying CPU, except the stopper and the idle
// task, goes to another one.
func (x *Exec) migrateTasks() {
	for slot := range x.st().Thread {
		if t := x.thread(slot); slot != slotStopper && slot != slotIdle && t.Queued {
			t.Elsewhere = true
		}
	}
}

// callers of a chain.
type notify struct {
	event    Notification
	mayVeto  bool // the kernel allows an error
	nofail   bool // it does not, and looks: cpu_notify_nofail()
	upToCall bool // only those before the one that refused, not all
}

// cpuNotify is __cpu_notify(): calls the notifiers until one refuses; ret is its error. N is nr_calls afterwards, which
// counts the one that refused.
func (a *assembler) cpuNotify(n notify) {
	a.fun("__raw_notifier_call_chain", func() {
		a.local(func(x *Exec) {
			x.t.I, x.t.Ret = 0, OK
			if !n.upToCall {
				x.t.N = uint8(len(x.m.Chain))
			}
		})
		a.forever(func(end target) {
			a.leaveIf(end, func(x *Exec) bool { return x.t.I == x.t.N })
			a.callNotifier(n)
			a.local(func(x *Exec) { x.t.I++ })
			a.leaveIf(end, failed)
		})
		a.local(func(x *Exec) { x.t.I, x.t.N = 0, x.t.I })
	})
}

// callNotifier is nb->notifier_call() of the I-th notifier.
func (a *assembler) callNotifier(n notify) {
	end := a.newTarget()
	cases := make([]target, len(a.m.Chain))
	for i := range cases {
		cases[i] = a.newTarget()
	}
	a.switchOn("", func(x *Exec) int { return int(x.t.I) }, cases)
	for i := range a.m.Chain {
		nb := &a.m.Chain[i]
		a.put(cases[i])
		seen := func(x *Exec) {
			x.emit(Event{Kind: EventNotify, CPU: x.cpu, Notification: n.event, Notifier: uint8(i), Ret: x.t.Ret})
		}
		label := fmt.Sprintf("%s(%v)", nb.Name, n.event)
		switch {
		case nb.Own && nb.actsOn(n.event):
			a.do(label, nb.acc, func(x *Exec) {
				nb.acts(x, n.event)
				seen(x)
			})
		case nb.Own: // does nothing
		case n.mayVeto || n.nofail:
			a.mayFail(label, own, vetoPoint(n, nb), seen)
		default:
			a.do(label, own, seen)
		}
		a.jump(end)
	}
	a.put(end)
}

func (nb *Notifier) actsOn(event Notification) bool {
	for _, e := range nb.on {
		if e == event {
			return true
		}
	}
	return false
}

// vetoPoint is the fault that a notifier returns an error.
func vetoPoint(n notify, nb *Notifier) FaultPoint {
	p := FaultPoint{
		Name:  fmt.Sprintf("%s/%s", n.event.short(), nb.Name),
		Doc:   fmt.Sprintf("%s refuses %v", nb.Name, n.event),
		Errno: EPERM, Contract: n.nofail,
	}
	if n.nofail {
		p.Doc = fmt.Sprintf("%s returns an error for %v, which the kernel forbids", nb.Name, n.event)
	}
	return p
}

// short is the name in a fault point.
func (n Notification) short() string {
	return [...]string{
		"up-prepare", "up-canceled", "starting", "online", "down-prepare", "down-failed", "dying", "dead", "post-dead",
	}[n]
}

// cpuNotifyNofail is cpu_notify_nofail().
func (a *assembler) cpuNotifyNofail(event Notification) {
	a.fun("cpu_notify_nofail", func() {
		a.cpuNotify(notify{event: event, nofail: true})
		a.bugIf("cpu_notify(val, cpu)", failed)
		a.clearCalls()
	})
}

// clearCalls forgets nr_calls.
func (a *assembler) clearCalls() { a.local(func(x *Exec) { x.t.N = 0 }) }

// cancel tells those that accepted a preparation before somebody refused that nothing will come of it.
func (a *assembler) cancel(event Notification) {
	a.when(failed, func() {
		a.local(func(x *Exec) { x.t.Save, x.t.N = x.t.Ret, x.t.N-1 })
		a.cpuNotify(notify{event: event, upToCall: true})
		a.local(func(x *Exec) { x.t.Ret, x.t.Save = x.t.Save, OK })
	})
	a.clearCalls()
}

// notifyPrepare is notify_prepare().
func (a *assembler) notifyPrepare() {
	a.fun("notify_prepare", func() {
		a.cpuNotify(notify{event: CPUUpPrepare, mayVeto: true})
		a.cancel(CPUUpCanceled)
	})
}

// notifyDownPrepare is notify_down_prepare().
func (a *assembler) notifyDownPrepare() {
	a.fun("notify_down_prepare", func() {
		a.cpuNotify(notify{event: CPUDownPrepare, mayVeto: true})
		a.cancel(CPUDownFailed)
	})
}

// notifyDropped is notify_online(), notify_starting() or notify_dying(): what the notifiers return is dropped.
func (a *assembler) notifyDropped(name string, event Notification) {
	a.fun(name, func() {
		a.cpuNotify(notify{event: event})
		a.clearCalls()
	})
}

// notifyDead is notify_dead().
func (a *assembler) notifyDead() {
	a.fun("notify_dead", func() { a.cpuNotifyNofail(CPUDead) })
}
