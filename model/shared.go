package model

// Shared is what of a state the kernel's data is: without where each thread stands in its code, and its local
// variables.
func (s *State) Shared() State {
	shared := *s
	for i := range shared.Task {
		shared.Task[i].forget()
		shared.Task[i].Prev = 0
	}
	for cpu := range shared.CPU {
		shared.CPU[cpu].Work = NoWork
		for slot := range shared.CPU[cpu].Thread {
			shared.CPU[cpu].Thread[slot].forget()
		}
	}
	return shared
}

// forget forgets the thread's program counter and registers.
func (t *Thread) forget() {
	t.PC, t.Ret, t.Err, t.Save, t.Prev, t.Goal, t.Step, t.I, t.N = 0, OK, OK, OK, 0, 0, 0, 0, 0
}
