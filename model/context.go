package model

import "math/bits"

// In which context code runs: whether it may sleep, what it holds, and whether it walks.

// mightSleep is might_sleep(): what comes next may sleep, if the condition is true; nil means always. It makes an event if the running
// thread must not: if it is the idle task, or has interrupts off.
func (a *assembler) mightSleep(cond func(*Exec) bool) {
	if !a.bound {
		return
	}
	a.local(func(x *Exec) {
		if x.atomic() && (cond == nil || cond(x)) {
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

// The classes: the locks, and the requests to the hotplug threads. Whoever is inside get_online_cpus() holds cpu_hotplug.lock, as
// kernel/cpu.c tells lockdep.
const (
	classNone Class = iota
	classLock
	classWork  = classLock + Class(numLocks)
	NumClasses = classWork + 1
)

func classOf(l Lock) Class { return classLock + Class(l) }

// String names the class.
func (c Class) String() string {
	switch c {
	case classNone:
		return "nothing"
	case classWork:
		return "the hotplug thread"
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
	n := x.node()
	if n.serves {
		set |= 1 << classWork
	}
	if n.reads {
		set |= 1 << classOf(CPUHotplugLock)
	}
	return set
}

// noteOrder remembers, for each class that the running thread holds, that it takes another one while it holds that.
func (x *Exec) noteOrder() {
	n := x.node()
	if n.lock == classNone {
		return
	}
	for held := x.held() &^ (1 << n.lock); held != 0; held &= held - 1 {
		x.markBit(x.m.orderMark(Order{Class(bits.TrailingZeros32(held)), n.lock}))
	}
}

// Order is that somebody took a class while holding another.
type Order struct{ Held, Taken Class }

// orderMark is the bit of the marks that says that an order was seen.
func (m *Machine) orderMark(o Order) int {
	return m.numNodes + len(m.FaultPoints) + int(o.Held)*int(NumClasses) + int(o.Taken)
}

// Orders returns in which orders classes were taken, judging by the marks of all Execs.
func (m *Machine) Orders(marks []uint64) []Order {
	var orders []Order
	for held := range NumClasses {
		for taken := range NumClasses {
			o := Order{held, taken}
			if i := m.orderMark(o); marks[i>>6]>>(i&63)&1 != 0 {
				orders = append(orders, o)
			}
		}
	}
	return orders
}

// Takes reports whether a thread is about to take one class while holding another.
func (x *Exec) Takes(s *State, id ThreadID, o Order) bool {
	x.become(s, id)
	return x.node().lock == o.Taken && x.held()>>o.Held&1 != 0
}

// Walks reports whether a thread walks over the st->state of a CPU, and has nobody else do so.
func (x *Exec) Walks(s *State, id ThreadID, cpu uint8) bool {
	x.become(s, id)
	return x.node().walk && x.cpu == cpu
}

// Parks reports whether a thread is in __kthread_parkme().
func (x *Exec) Parks(s *State, id ThreadID) bool {
	x.become(s, id)
	return x.node().park
}
