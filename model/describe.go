package model

import (
	"fmt"
	"slices"
)

// ThreadName returns a thread's name: "cpuhp/1".
func (m *Machine) ThreadName(id ThreadID) string { return m.threads[id].name }

// Threads returns all threads, in the order in which reports list them.
func (m *Machine) Threads() []ThreadID {
	ids := make([]ThreadID, 0, len(m.threads)-1)
	for id := firstThread; int(id) < len(m.threads); id++ {
		ids = append(ids, id)
	}
	return ids
}

// Cpuhp, Stopper and Idle return the threads of a CPU that have a part in every operation.
func (m *Machine) Cpuhp(cpu uint8) ThreadID   { return m.threadOf(cpu, slotCpuhp) }
func (m *Machine) Stopper(cpu uint8) ThreadID { return m.threadOf(cpu, slotStopper) }
func (m *Machine) Idle(cpu uint8) ThreadID    { return m.threadOf(cpu, slotIdle) }

// ThreadOf returns the thread in a slot of a CPU, by its place in [CPU.Thread].
func (m *Machine) ThreadOf(cpu uint8, slot int) ThreadID { return m.threadOf(cpu, slot) }

// IsStopper reports whether the thread is the stopper of a CPU.
func (m *Machine) IsStopper(id ThreadID) bool { return m.threads[id].kind == kindStopper }

// Place is an instruction, described.
type Place struct {
	Thread   ThreadID
	CPU      int      // the CPU that executes it; -1 for a task, which is bound to none
	Function string   // the kernel function
	Label    string   // the statement
	Callers  []string // the functions that called it, outermost first
	File     string   // where the statement is in the kernel tree, if it was assembled from one
	Line     int
}

// Place describes the instruction at which a thread stands.
func (m *Machine) Place(s *State, id ThreadID) Place {
	x := m.NewExec()
	x.become(s, id)
	p := Place{Thread: id, CPU: x.runsOn(), Label: x.node().label}
	for f := x.node().fn; f != nil; f = f.caller {
		p.Callers = append(p.Callers, f.name)
		if p.File == "" && f.file != "" && x.node().line > 0 {
			p.File, p.Line = f.file, x.node().line
		}
	}
	slices.Reverse(p.Callers)
	if n := len(p.Callers); n > 0 {
		p.Function, p.Callers = p.Callers[n-1], p.Callers[:n-1]
	}
	return p
}

// runsOn is the CPU on which the thread runs, -1 if it may be any.
func (x *Exec) runsOn() int {
	switch info := &x.m.threads[x.id]; {
	case info.kind.unbound() || x.t.Elsewhere:
		return -1
	case info.kind == kindIRQ:
		return 0 // cpumask_first(cpu_online_mask)
	default:
		return int(info.cpu)
	}
}

// DescribeAction says which of several outcomes of an instruction an action is; "" if there is but one.
func (m *Machine) DescribeAction(s *State, a Action) string {
	x := m.NewExec()
	x.become(s, a.Thread())
	n := x.node()
	if m.weak() {
		if text := m.describeWeak(s, a); text != "" {
			return text
		}
	}
	switch {
	case n.point > 0 && a.Outcome() > 0:
		return fmt.Sprintf("fails with %v", m.FaultPoints[n.point-1].Errnos[a.Outcome()-1])
	case n.outcome != nil:
		return n.outcome(x, a.Outcome())
	}
	return ""
}

// Resting reports whether the thread has nothing to do: it sleeps in its loop or is parked, or it is done. A thread
// that rests is no part of a deadlock. One that sleeps in TASK_UNINTERRUPTIBLE waits for somebody.
func (x *Exec) Resting(s *State, id ThreadID) bool {
	x.become(s, id)
	return !x.t.Queued && x.t.State != TaskUninterruptible || x.t.Queued && x.node().rest
}

// IRQ returns the interrupt handler of a CPU.
func (m *Machine) IRQ(cpu uint8) ThreadID { return m.threadOf(cpu, slotSmpboot-1) + 1 }

// Smpboot returns the i-th ordinary smpboot thread of a CPU; there are Scenario.Smpboot.
func (m *Machine) Smpboot(cpu uint8, i int) ThreadID { return m.threadOf(cpu, slotSmpboot+i) }

// Thread returns a thread as it is in a state. An interrupt handler has nothing to show.
func (m *Machine) Thread(s *State, id ThreadID) *Thread {
	switch info := &m.threads[id]; {
	case info.kind.unbound():
		return &s.Task[info.index].Thread
	case info.kind == kindIRQ:
		return &Thread{Queued: true}
	default:
		return &s.CPU[info.cpu].Thread[info.slot]
	}
}

// APOnlineIdle and TeardownCPU are the rungs of CPUHP_AP_ONLINE_IDLE and CPUHP_TEARDOWN_CPU.
func (m *Machine) APOnlineIdle() Rung { return m.rung.apOnlineIdle }
func (m *Machine) TeardownCPU() Rung  { return m.rung.teardownCPU }

// Online is the rung of CPUHP_ONLINE.
func (m *Machine) Online() Rung { return m.rung.online }

// Target is the target of the operation that a task is in.
func (m *Machine) Target(s *State, task ThreadID) Rung { return s.Task[m.threads[task].index].Target }

// NumCompletions is how many completions belong to a CPU.
const NumCompletions = int(ParkedCompletion) + slotSmpboot + MaxSmpboot

// Unconsumed is how many completions of a CPU's completion nobody has consumed yet.
func (m *Machine) Unconsumed(s *State, cpu uint8, c Completion) int {
	switch c {
	case DoneCompletion:
		return int(s.CPU[cpu].Done + s.CPU[cpu].DoneDown)
	case StopCompletion:
		return int(bit(s.Stop.Done))
	}
	return int(s.CPU[cpu].Thread[c-ParkedCompletion].Parked)
}

// CompletionVar names the variable that counts them.
func (m *Machine) CompletionVar(cpu uint8, c Completion) Var {
	if c == DoneCompletion {
		return CPUVar(FieldDone, cpu)
	}
	return ThreadVar(FieldParked, m.threadOf(cpu, int(c-ParkedCompletion)))
}

// About is the CPU that the code which a thread runs is about; ok is false for a task without an operation.
func (m *Machine) About(s *State, id ThreadID) (cpu uint8, ok bool) {
	x := m.NewExec()
	x.become(s, id)
	return x.cpu, x.task == nil || x.task.CPU > 0
}

// Ahead says roughly how much is still to be done: operations that were not begun, and the rungs between where CPUs
// stand and where they are to go.
func (m *Machine) Ahead(s *State) int {
	n := 0
	for i := range m.Scenario.Tasks {
		n += 8 * (m.Scenario.ops() - int(s.Task[i].Made))
	}
	for i := range m.Scenario.CPUs {
		n += max(int(s.CPU[i].State)-int(s.CPU[i].Target), int(s.CPU[i].Target)-int(s.CPU[i].State))
	}
	return n
}
