package model

// What who holds a machine against traces of real kernels asks of it.

// Chooses reports whether the action begins the next operation of a task.
func (x *Exec) Chooses(s *State, act Action) bool {
	x.become(s, act.Thread())
	return x.choosing()
}

// Choice is the operation that the action has a task choose, false if it chooses none.
func (x *Exec) Choice(s *State, act Action) (Op, bool) {
	if !x.Chooses(s, act) {
		return Op{}, false
	}
	return x.m.choice(act.Outcome(), int(x.task.Made)), true
}

// About is the CPU that the thread's code is about.
func (x *Exec) About(s *State, act Action) uint8 {
	x.become(s, act.Thread())
	return x.cpu
}

// ElsewhereNow reports whether a thread that belongs to a CPU is not bound to it now.
func (x *Exec) ElsewhereNow(s *State, act Action) bool {
	x.become(s, act.Thread())
	return x.t.Elsewhere
}

// AsksFail reports whether the action is the question whether a callback is to fail, and of which state: for who plays
// the part of those who write to the file at any time.
func (x *Exec) AsksFail(s *State, act Action) (Rung, bool) {
	x.become(s, act.Thread())
	return x.t.Step, x.node().label == LabelFailHere
}

// WritesFail reports whether the action is a write to the file.
func (x *Exec) WritesFail(s *State, act Action) bool {
	x.become(s, act.Thread())
	return act.Outcome() > 0 && x.node().label == LabelFailStore
}

// TakesFail reports whether the file takes the state now, as fail_store() decides it.
func (m *Machine) TakesFail(s *State, cpu uint8, r Rung) bool {
	return m.failPoint(r) >= 0 &&
		(!m.Kernel.DeadBarred || r > m.rung.bringupCPU || s.CPU[cpu].State <= m.rung.bringupCPU)
}

// TurnsRound reports whether a walk down turns round if a callback of the rung fails: it is one of the hotplug
// thread's. When the CPU is dead a walk goes on, or stops.
func (m *Machine) TurnsRound(r Rung) bool { return r > m.rung.teardownCPU }
