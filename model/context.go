package model

import (
	"math/bits"
	"slices"
)

// In which context code runs: whether it may sleep, what it holds, and whether it walks.

// mightSleep is might_sleep(): what comes next may sleep, if the condition is true; nil means always. It makes an event
// if the running thread must not: if it is the idle task, or has interrupts off.
func (a *assembler) mightSleep(cond func(*Exec) bool) {
	if !a.bound && !a.m.Scenario.clientsDo("spin_lock") {
		return
	}
	a.local(func(x *Exec) {
		if (x.atomic() || x.spins()) && (cond == nil || cond(x)) {
			x.emit(Event{Kind: EventSleep, CPU: x.cpu, Thread: x.id})
		}
	})
}

// atomic reports whether the running thread, which is bound to a CPU, must not sleep.
func (x *Exec) atomic() bool {
	switch x.m.threads[x.id].kind {
	case kindIdle, kindIRQ:
		return true
	case kindStopper:
		return x.st().IRQsOff
	}
	return false
}

// Class is a class of locks, in the sense of lockdep: what can be held and waited for.
type Class uint8

// The classes: the locks, and the requests to the hotplug threads. Whoever is inside get_online_cpus() holds
// cpu_hotplug.lock, as kernel/cpu.c tells lockdep.
const (
	classNone Class = iota
	classLock
	classWork    = classLock + Class(numLocks)
	classClients = classWork + 1 // the locks of clients, and then their work items
	NumClasses   = classClients + MaxClientLocks + MaxClientWorks
)

func classOf(l Lock) Class { return classLock + Class(l) }

// clientLockClass and clientWorkClass are the classes of the locks and of the work items of clients.
func clientLockClass(i int) Class { return classClients + Class(i) }
func clientWorkClass(i int) Class { return classClients + MaxClientLocks + Class(i) }

// ClassName names a class.
func (m *Machine) ClassName(c Class) string {
	switch {
	case c == classNone:
		return "nothing"
	case c == classWork:
		return "the hotplug thread"
	case c >= clientWorkClass(0):
		return m.clients.works[c-clientWorkClass(0)].name
	case c >= classClients:
		return m.clients.locks[c-classClients].name
	}
	return Lock(c - classLock).String()
}

// held is the set of classes that the running thread holds: a bit for each.
func (x *Exec) held() (set uint32) {
	for l, holder := range x.s.Lock {
		if holder == x.id {
			set |= 1 << classOf(Lock(l))
		}
	}
	if x.m.hasClients() {
		set |= x.heldOfClients()
	}
	n := x.node()
	if n.inside != classNone {
		set |= 1 << n.inside
	}
	if n.serves {
		set |= 1 << classWork
	}
	if n.reads {
		set |= 1 << classOf(CPUHotplugLock)
	}
	return set
}

// Order is that somebody takes a class while holding another.
type Order struct{ Held, Taken Class }

// Takes returns the classes that a thread holds, a bit for each, and the one that it is about to take; 0 for none.
func (x *Exec) Takes(s *State, id ThreadID) (held uint32, taken Class) {
	x.become(s, id)
	if taken = x.node().lock; taken != classNone {
		held = x.held() &^ (1 << taken)
	}
	return held, taken
}

// noteOrder notes, while a program is assembled, that a class may be taken at this point.
func (a *assembler) noteOrder(taken Class) {
	held := a.holds | 1<<a.inside&^1
	if a.serves {
		held |= 1 << classWork
	}
	if a.reads {
		held |= 1 << classOf(CPUHotplugLock)
	}
	for held &^= 1 << taken; held != 0; held &= held - 1 {
		o := Order{Class(bits.TrailingZeros32(held)), taken}
		if !slices.Contains(a.m.orders, o) {
			a.m.orders = append(a.m.orders, o)
		}
	}
}

// cyclic returns those of the orders that are part of a cycle.
func cyclic(orders []Order) []Order {
	var reach [NumClasses][NumClasses]bool
	for _, o := range orders {
		reach[o.Held][o.Taken] = true
	}
	for via := range NumClasses {
		for from := range NumClasses {
			for to := range NumClasses {
				reach[from][to] = reach[from][to] || reach[from][via] && reach[via][to]
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(orders), func(o Order) bool { return !reach[o.Taken][o.Held] })
}

// CyclicOrders returns the orders in which the programs may take classes and that are part of a cycle.
func (m *Machine) CyclicOrders() []Order { return m.cyclicOrders }

// Cycle reports whether the orders whose bits are set, by their place in [Machine.CyclicOrders], make a cycle.
func (m *Machine) Cycle(set uint64) bool {
	var some []Order
	for ; set != 0; set &= set - 1 {
		some = append(some, m.cyclicOrders[bits.TrailingZeros64(set)])
	}
	return len(cyclic(some)) > 0
}

// Walks reports whether a thread walks over the st->state of a CPU, and the other thread has no part in that.
func (x *Exec) Walks(s *State, id ThreadID, cpu uint8, other ThreadID) bool {
	x.become(s, id)
	if x.cpu != cpu {
		return false
	}
	kind := x.m.threads[other].kind
	switch x.node().walk {
	case walksAP:
		return true
	case walksUp:
		return kind != kindIdle && kind != kindCpuhp
	case walksDown:
		return kind != kindStopper && kind != kindIdle
	}
	return false
}

// Operating reports whether a thread that makes operations is in one.
func (x *Exec) Operating(s *State, id ThreadID) bool {
	x.become(s, id)
	n := x.node()
	return !n.rest && n.outcome == nil // it is neither done nor choosing
}

// Locks reports whether a thread is about to take a mutex.
func (x *Exec) Locks(s *State, id ThreadID) bool {
	x.become(s, id)
	c := x.node().lock
	return c != classNone && c != classWork
}

// Begins reports whether a thread waits in cpu_hotplug_begin().
func (x *Exec) Begins(s *State, id ThreadID) bool {
	x.become(s, id)
	return x.node().begins
}

// Machine is what the Exec executes.
func (x *Exec) Machine() *Machine { return x.m }

// Parks reports whether a thread is in __kthread_parkme().
func (x *Exec) Parks(s *State, id ThreadID) bool {
	x.become(s, id)
	return x.node().park
}
