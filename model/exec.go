package model

import "slices"

// Action is one way to go on from a state: a thread, and which of its instruction's outcomes.
type Action uint32

func action(id ThreadID, alt int) Action { return Action(id)<<16 | Action(alt) }

// ActionOf returns the action of a thread with that outcome.
func ActionOf(id ThreadID, outcome int) Action { return action(id, outcome) }

// Thread returns the thread that acts.
func (a Action) Thread() ThreadID { return ThreadID(a >> 16) }

// Outcome returns which of the instruction's outcomes it is; 0 is the ordinary one.
func (a Action) Outcome() int { return int(a & 0xffff) }

// Exec executes a machine's instructions. It holds scratch space, so each goroutine has its own; what it computes
// depends on its arguments alone.
//
// The code that a thread runs is always about one CPU: the operation's for a task, its own for a thread that is bound
// to a CPU.
type Exec struct {
	// Events are what the last Do made visible, in order.
	Events []Event

	// Tracing: also the events that are nothing but what a tracer of a real kernel sees.
	Tracing bool

	m    *Machine
	s    *State
	t    *Thread // the thread that runs
	task *Task   // the same, if it is bound to no CPU
	id   ThreadID
	cpu  uint8 // the CPU that its code is about
	alt  int

	reached uint8 // see Reach

	ahead State  // see regionNow
	irq   Thread // the interrupt handler has no state of its own
	marks []uint64

	scratch [maxScratch]int64 // local variables that no other thread can come between
}

// NewExec returns an Exec of its own for a goroutine.
func (m *Machine) NewExec() *Exec {
	return &Exec{m: m, Events: make([]Event, 0, 16), marks: make([]uint64, (m.Marks()+63)/64)}
}

// st is the cpuhp_cpu_state, and whatever else belongs to the CPU that the running code is about.
func (x *Exec) st() *CPU { return &x.s.CPU[x.cpu] }

// thread is a thread of that CPU.
func (x *Exec) thread(slot int) *Thread { return &x.s.CPU[x.cpu].Thread[slot] }

func (x *Exec) emit(e Event) { x.Events = append(x.Events, e) }

// bug is what BUG() does: nothing runs any more.
func (x *Exec) bug(assertion uint8) {
	x.emit(Event{Kind: EventBug, CPU: x.cpu, Assertion: assertion})
	x.s.Crashed = true
}

// Enabled appends to dst every action that is possible in the state, by thread and outcome.
func (x *Exec) Enabled(s *State, dst []Action) []Action {
	if s.Crashed {
		return dst
	}
	for id := firstThread; int(id) < len(x.m.threads); id++ {
		n := x.outcomes(s, id)
		for alt := range n {
			dst = append(dst, action(id, alt))
		}
		if x.m.weak() {
			dst = x.weakEnabled(dst, s, id, n)
		}
	}
	return dst
}

// CanDo reports whether an action is possible in the state.
func (x *Exec) CanDo(s *State, a Action) bool {
	if x.m.weak() {
		return slices.Contains(x.Enabled(s, nil), a)
	}
	id := a.Thread()
	return !s.Crashed && id >= firstThread && int(id) < len(x.m.threads) && a.Outcome() < x.outcomes(s, id)
}

// outcomes returns how many outcomes the thread's instruction has in the state, 0 if it can't run.
func (x *Exec) outcomes(s *State, id ThreadID) int {
	if info := &x.m.threads[id]; info.slot >= 0 && !info.kind.unbound() && !s.CPU[info.cpu].Thread[info.slot].Queued {
		return 0 // as most are
	}
	x.become(s, id)
	if !x.t.Queued || !x.scheduled() || x.throttled() {
		return 0
	}
	if x.m.weak() && x.heldUp() {
		return 0
	}
	if n := x.node(); n.ready != nil {
		x.give(n)
		return n.ready(x)
	}
	return 1
}

// become makes a thread the one that runs.
func (x *Exec) become(s *State, id ThreadID) {
	info := &x.m.threads[id]
	x.s, x.id, x.cpu, x.task = s, id, info.cpu, nil
	switch {
	case info.kind.unbound():
		x.task = &s.Task[info.index]
		x.t, x.cpu = &x.task.Thread, x.task.CPU
	case info.kind == kindIRQ:
		x.irq = Thread{Queued: true}
		x.t = &x.irq
	default:
		x.t = &s.CPU[info.cpu].Thread[info.slot]
	}
}

func (x *Exec) node() *node { return &x.m.threads[x.id].program.nodes[x.t.PC] }

// scheduled reports whether there is a CPU on which the thread may run: a stopper that runs work keeps every other
// thread off its CPU.
func (x *Exec) scheduled() bool {
	switch info := &x.m.threads[x.id]; {
	case info.kind == kindStopper || info.kind == kindIRQ:
		return true
	case info.kind.unbound() || x.t.Elsewhere:
		for cpu := range x.m.Scenario.CPUs {
			if c := &x.s.CPU[cpu]; c.Online && !c.Stopped {
				return true
			}
		}
		return false
	default:
		return !x.s.CPU[info.cpu].Stopped
	}
}

// throttled reports whether the running thread is; what a work item does for it goes on.
func (x *Exec) throttled() bool { return x.m.victims && x.m.Throttled(x.s) == x.id && !x.node().worker }

// Do executes an action, which must be enabled, in place. What it made visible is in x.Events until the next call.
func (x *Exec) Do(s *State, act Action) {
	if x.m.weak() {
		x.doWeak(s, act)
		x.reached = Everything
		return
	}
	x.do(s, act)
}

// Reach returns the CPUs of which the last Do may have changed something, a bit for each: that of which its instruction
// is about, unless it declares to write what belongs to others. Of a mutant and of what is made from a kernel's source
// that is not relied on.
func (x *Exec) Reach() uint8 { return x.reached }

// do executes an action on a memory that all threads see alike.
func (x *Exec) do(s *State, act Action) {
	if x.m.lowered != nil {
		x.execute(s, act)
		return
	}
	x.perform(s, act)
}

// perform executes it.
func (x *Exec) perform(s *State, act Action) {
	x.become(s, act.Thread())
	x.alt = act.Outcome()
	x.Events = x.Events[:0]
	p := x.m.threads[x.id].program
	pc := x.t.PC
	n := &p.nodes[pc]
	x.reached = 1 << x.cpu
	if n.access.allCPUs || x.m.undeclared {
		x.reached = Everything
	}
	x.mark(p, pc)
	x.give(n)
	if n.run != nil {
		n.run(x)
	}
	pc++
	if n.op == opTest && !n.cond(x) {
		pc = n.to
	}
	x.t.PC = x.settle(p, pc)
	if low := p.nodes[x.t.PC].low; low != nil {
		x.forget(low.dead)
	}
}

// settle executes local work until the next instruction.
func (x *Exec) settle(p *program, pc PC) PC {
	for count := 0; ; count++ {
		n := &p.nodes[pc]
		switch n.op {
		case opAction, opTest:
			return pc
		}
		if count == mostLocal {
			panic(neverEnds{})
		}
		if n.low != nil && n.label != "" || x.m.marksAll {
			x.markBit(p.base + int(pc)) // a statement that was merged into the instruction
		}
		switch n.op {
		case opLocal:
			n.run(x)
			pc++
		case opIf:
			if n.cond(x) {
				pc++
			} else {
				pc = n.to
			}
		case opGoto:
			pc = n.to
		case opSwitch:
			pc = n.table[n.choose(x)]
		}
	}
}
