package model

// Which steps of different threads can be swapped. Two steps are independent if neither writes what the other one reads
// or writes; counting is no conflict with counting. What a thread can do until somebody else does something for it is
// found by letting it run on a copy of the state.

// Footprint is what some steps of a thread read and write of what is shared: for each CPU, and, last, for the machine.
type Footprint struct {
	read, write, add [MaxCPUs + 2]Object // and behind them those of clients
	needs            [MaxCPUs + 1]Object // objStopped, objAnyCPU, objAlone: what must not be taken away
	takes            [MaxCPUs + 1]Object // the same: what may be
	reads, writes    Object              // the unions of read and of write and add, to tell most pairs apart at once
}

const (
	perCPUObjects         = objWriter - 1
	machineObjects        = ^perCPUObjects
	objAnyCPU      Object = 1 << 63 // whether there is a CPU on which a thread that is not bound to one may run
	// Whether the idle task of a CPU that is offline is alone there. Others may leave its run queue as they like, or be
	// woken, elsewhere: it takes one that is bound to the CPU to change that.
	objAlone Object = 1
)

// ofClients is the place of clients' objects, and of variables that participants bring, in a footprint.
const ofClients = MaxCPUs + 1

// Conflicts reports whether steps with these footprints may not be swapped. That one of them takes the CPU from the
// other does not count: see Blocks and Crowds.
func (f *Footprint) Conflicts(g *Footprint) bool {
	if f.writes&(g.reads|g.writes)|g.writes&f.reads == 0 {
		return false
	}
	for i := range f.write {
		if f.write[i]&(g.read[i]|g.write[i]|g.add[i]) != 0 || g.write[i]&(f.read[i]|f.add[i]) != 0 ||
			f.add[i]&g.read[i] != 0 || g.add[i]&f.read[i] != 0 {
			return true
		}
	}
	return false
}

// Blocks reports whether f may take something away without which g is not possible, other than the last CPU.
func (f *Footprint) Blocks(g *Footprint) bool {
	for cpu := range MaxCPUs {
		if f.takes[cpu]&g.needs[cpu] != 0 {
			return true
		}
	}
	return false
}

// Crowds reports whether steps with footprint g, from the state on, need some CPU, and f may take the last one: there
// is no other, or they may take CPUs themselves.
func (f *Footprint) Crowds(g *Footprint, m *Machine, s *State) bool {
	if f.takes[MaxCPUs]&g.needs[MaxCPUs]&objAnyCPU == 0 {
		return false
	}
	if g.takes[MaxCPUs]&objAnyCPU != 0 {
		return true
	}
	for cpu := range m.Scenario.CPUs {
		if c := &s.CPU[cpu]; c.Online && !c.Stopped && f.takes[cpu] == 0 {
			return false
		}
	}
	return true
}

// accessNow is what an instruction reads and writes in the state as it is.
func (x *Exec) accessNow(n *node) access {
	if n.access.now != nil {
		return n.access.now(x)
	}
	return n.access
}

// declares is that, and what a property looks at that sees the instruction being executed: whether somebody walks over
// st->state while somebody else changes it.
func (x *Exec) declares(n *node) access {
	a := x.accessNow(n)
	if n.turns {
		a.read |= objState
	}
	return a
}

// note adds what the instruction at which the running thread stands reads and writes, and that it needs a CPU.
func (f *Footprint) note(x *Exec) {
	n := x.node()
	a := x.declares(n)
	if n.alone && x.nothingElse() {
		a = reads(a.read & (objOnline | objState))
		f.needs[x.cpu] |= objAlone
	}
	if n.binds {
		f.takes[x.cpu] |= objAlone
	}
	first, last := int(x.cpu), int(x.cpu)
	if a.allCPUs {
		first, last = 0, x.m.Scenario.CPUs-1
	}
	for cpu := first; cpu <= last; cpu++ {
		f.read[cpu] |= a.read & perCPUObjects
		f.write[cpu] |= a.write & perCPUObjects
		f.add[cpu] |= a.add & perCPUObjects
	}
	f.read[0] |= a.boot
	f.read[MaxCPUs] |= a.read & machineObjects
	f.write[MaxCPUs] |= a.write & machineObjects &^ objFaults // see Ahead
	f.add[MaxCPUs] |= a.add & machineObjects
	f.read[ofClients] |= a.clientRead
	f.write[ofClients] |= a.clientWrite
	if a.write&(objStopped|objOnline) != 0 {
		f.takes[x.cpu] |= objStopped
		f.takes[MaxCPUs] |= objAnyCPU
	}
	if a.add&objStopped != 0 || a.write&objOnline != 0 {
		f.add[MaxCPUs] |= objAnyCPU // there is one more
	}
	f.reads |= a.read | a.boot | a.clientRead
	f.writes |= (a.write|a.add)&^objFaults | a.clientWrite
	if a.add&objStopped != 0 || a.write&objOnline != 0 {
		f.writes |= objAnyCPU
	}
	if x.m.mayBeThrottled(x.id) {
		f.read[ofClients] |= x.m.objectOf(throttledOf)
		f.reads |= x.m.objectOf(throttledOf)
	}
	f.noteCPU(x)
}

// noteCPU adds what decides whether there is a CPU for the running thread, and what properties look at whenever it
// makes a step.
func (f *Footprint) noteCPU(x *Exec) {
	for l, holder := range x.s.Lock {
		if holder == x.id { // for lock-order
			f.read[MaxCPUs] |= objLock << l
			f.reads |= objLock << l
		}
	}
	if x.m.hasClients() { // the same
		held := x.clientObjectsHeld()
		f.read[ofClients] |= held
		f.reads |= held
	}
	info := &x.m.threads[x.id]
	if !info.kind.unbound() && info.kind != kindIRQ && info.kind != kindIdle { // for park-protocol
		f.read[info.cpu] |= kthreadOf(info.slot)
		f.reads |= kthreadOf(info.slot)
	}
	switch {
	case info.kind == kindIRQ:
	case info.kind == kindStopper:
		f.read[info.cpu] |= objIRQs // for callback-context
		f.reads |= objIRQs
	case info.kind.unbound() || x.t.Elsewhere:
		f.needs[MaxCPUs] |= objAnyCPU
	default:
		f.needs[info.cpu] |= objStopped
		if info.kind == kindIdle {
			f.read[info.cpu] |= objIRQs | objDead // and for threads-agree
			f.reads |= objIRQs | objDead
		}
	}
}

// Ahead is what a thread can do by itself.
type Ahead struct {
	Steps  Footprint // of what it does
	Guards []Guard   // what it waits for at the end: whatever it may have chosen on the way
	Moves  bool      // it can do something

	forks []State // scratch space
}

// lookahead is how many steps a thread is followed.
const lookahead = 48

// Ahead follows a thread in s, which it changes, until it waits, with every choice on the way, and calls step after
// each instruction. It returns false if that was too far, or if step returned false: then nothing is known of what the
// thread may do.
//
// The budget of faults does not count as something that is read and written: that a fault is spent takes a choice from
// somebody, but never the ordinary outcome, and with that one in its place nothing of the order is lost.
func (x *Exec) Ahead(s *State, id ThreadID, a *Ahead, step func(*State) bool) bool {
	*a = Ahead{Guards: a.Guards[:0], forks: a.forks}
	left := lookahead
	return x.follow(s, id, a, 0, &left, step)
}

// Stays is Ahead of a thread that can't go on.
func (x *Exec) Stays(s *State, id ThreadID, a *Ahead) {
	*a = Ahead{Guards: append(a.Guards[:0], Guard{}), forks: a.forks}
	x.Waits(s, id, &a.Guards[0])
}

// follow is Ahead after so many choices.
func (x *Exec) follow(s *State, id ThreadID, a *Ahead, choices int, left *int, step func(*State) bool) bool {
	take := func(s *State, outcome int) bool {
		*left--
		x.Do(s, action(id, outcome))
		return !s.Crashed && step(s)
	}
	for *left > 0 {
		n := x.outcomes(s, id)
		if n == 0 {
			a.Guards = append(a.Guards, Guard{})
			x.Waits(s, id, &a.Guards[len(a.Guards)-1])
			return true
		}
		a.Moves = true
		a.Steps.note(x)
		if n == 1 {
			if !take(s, 0) {
				return false
			}
			continue
		}
		if n > *left {
			return false
		}
		for outcome := range n {
			if len(a.forks) == choices {
				a.forks = append(a.forks, State{})
			}
			fork := &a.forks[choices]
			*fork = *s
			if !take(fork, outcome) || !x.follow(fork, id, a, choices+1, left, step) {
				return false
			}
		}
		return true
	}
	return false
}

// Waits reports whether steps may change what the thread waits for at the end.
func (a *Ahead) Waits(f *Footprint) bool {
	for i := range a.Guards {
		if f.Changes(&a.Guards[i]) {
			return true
		}
	}
	return false
}

// Guard is what a thread waits for.
type Guard struct {
	cpu     uint8
	objects Object // of that CPU
	boot    Object // of CPU 0
	machine Object
	every   Object // of every CPU
	clients Object // of clients, and of other participants
}

// Waits adds to g what a thread that can't run waits for. Where several things are missing one of them is enough: until
// that has changed, it can't run.
func (x *Exec) Waits(s *State, id ThreadID, g *Guard) {
	x.become(s, id)
	info := &x.m.threads[x.id]
	g.cpu = x.cpu
	switch {
	case x.throttled():
		g.clients |= x.m.objectOf(throttledOf)
	case !x.t.Queued && info.kind.unbound():
		g.machine |= objQueue
	case !x.t.Queued:
		g.objects |= taskOf(info.slot)
	case !x.scheduled() && (info.kind.unbound() || x.t.Elsewhere):
		g.machine |= objAnyCPU
	case !x.scheduled():
		g.objects |= objStopped
	default:
		a := x.accessNow(x.node())
		objects := a.read | a.write | a.add
		g.machine |= objects & machineObjects
		g.boot |= a.boot
		g.clients |= a.clientRead | a.clientWrite
		if a.allCPUs {
			g.every |= objects & perCPUObjects
		} else {
			g.objects |= objects & perCPUObjects
		}
	}
}

// Changes reports whether steps may change what somebody waits for.
func (f *Footprint) Changes(g *Guard) bool {
	if f.writes&(g.objects|g.boot|g.machine|g.every|g.clients) == 0 {
		return false
	}
	return (f.write[g.cpu]|f.add[g.cpu])&g.objects != 0 || (f.write[0]|f.add[0])&g.boot != 0 ||
		(f.write[MaxCPUs]|f.add[MaxCPUs])&g.machine != 0 || f.write[ofClients]&g.clients != 0 || f.writes&g.every != 0
}

// Next adds to f what the next instruction of a thread reads and writes.
func (x *Exec) Next(s *State, id ThreadID, f *Footprint) {
	x.become(s, id)
	f.note(x)
}

// Barred reports whether the instruction at which the thread stands in now is not possible in before, where what it
// waits for is not so. It changes before.
func (x *Exec) Barred(before, now *State, id ThreadID) bool {
	x.become(now, id)
	n := x.node()
	info := &x.m.threads[id]
	switch {
	case n.ready == nil || info.kind == kindIRQ || x.m.weak():
		return false
	case info.kind.unbound():
		before.Task[info.index] = now.Task[info.index]
	default:
		before.CPU[info.cpu].Thread[info.slot] = now.CPU[info.cpu].Thread[info.slot]
	}
	x.become(before, id)
	x.give(n)
	return n.ready(x) == 0
}

// Names reports whether the footprint has a variable.
func (f *Footprint) Names(v *Variable) bool {
	return (f.read[v.CPU]|f.write[v.CPU]|f.add[v.CPU])&v.object != 0
}

// Outcomes returns how many outcomes the thread's next instruction has in the state, 0 if it can't run.
func (x *Exec) Outcomes(s *State, id ThreadID) int { return x.outcomes(s, id) }

// Observable reports whether two states differ in something that a property may look at when an event makes it look.
func (m *Machine) Observable(a, b *State) bool {
	if a.Lock != b.Lock || a.ActiveWriter != b.ActiveWriter || a.Crashed != b.Crashed || a.Listed != b.Listed ||
		a.Modules != b.Modules || a.Slot != b.Slot || a.Faults != b.Faults || a.Disabled != b.Disabled ||
		a.TasksFrozen != b.TasksFrozen || a.SMTOff != b.SMTOff || m.extrasDiffer(a, b) ||
		a.Client.Marks != b.Client.Marks ||
		a.Client.Word != b.Client.Word && m.hasDuties() {
		return true
	}
	for i := range m.Scenario.CPUs {
		c, d := &a.CPU[i], &b.CPU[i]
		if c.State != d.State || c.Target != d.Target || c.Online != d.Online || c.Active != d.Active ||
			c.Dying != d.Dying || c.Allowed != d.Allowed ||
			c.Done != d.Done || c.DoneDown != d.DoneDown ||
			c.Fail != d.Fail ||
			c.Offline != d.Offline ||
			c.StopEnabled != d.StopEnabled ||
			m.Idles(a, uint8(i)) != m.Idles(b, uint8(i)) {
			return true
		}
		for slot := range slotSmpboot + m.Scenario.Smpboot {
			t, u := &c.Thread[slot], &d.Thread[slot]
			if t.ShouldPark != u.ShouldPark || t.Exists != u.Exists || t.Parked != u.Parked ||
				t.Elsewhere != u.Elsewhere {
				return true
			}
		}
	}
	return false
}
