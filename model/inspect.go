package model

import (
	"maps"
	"slices"
)

// Vars lists the variables of a machine's states, in the order of [Machine.Diff].
func (m *Machine) Vars() []Var { return slices.Clone(m.vars) }

// allVars are the variables that there are in the scenario.
func (m *Machine) allVars() []Var {
	var vars []Var
	add := func(v Var) {
		if m.exists(v) {
			vars = append(vars, v)
		}
	}
	for f := range numMachineVars {
		add(Var{scopeMachine, 0, f})
	}
	for i := range clientVariables {
		if r := m.clientRow(i); r.name != "" {
			vars = append(vars, Var{scopeClient, uint8(r.kind), uint8(i)})
		}
	}
	for cpu := range m.Scenario.CPUs {
		for f := range numCPUFields {
			add(CPUVar(f, uint8(cpu)))
		}
	}
	for id := firstThread; int(id) < len(m.threads); id++ {
		if !m.hasVars(id) {
			continue
		}
		for f := range numThreadFields {
			add(ThreadVar(f, id))
		}
	}
	return vars
}

// hasVars reports whether a thread has variables that others see. Tasks, idle tasks and interrupt handlers have none.
func (m *Machine) hasVars(id ThreadID) bool {
	kind := m.threads[id].kind
	return !kind.unbound() && kind != kindIdle && kind != kindIRQ
}

// VarOwner names what a variable belongs to: "CPU 1", "cpuhp/1", or "" for the machine.
func (m *Machine) VarOwner(v Var) string {
	switch v.scope {
	case scopeCPU:
		return "CPU " + string('0'+rune(v.index))
	case scopeThread:
		return m.threads[v.index].name
	}
	return ""
}

// Home is the CPU to which a thread belongs, -1 for a task.
func (m *Machine) Home(id ThreadID) int {
	if m.threads[id].kind.unbound() {
		return -1
	}
	return int(m.threads[id].cpu)
}

// Unbound is which of the threads that are bound to no CPU a thread is, from 0, less than [MaxUnbound].
func (m *Machine) Unbound(id ThreadID) int { return m.threads[id].index }

// UnboundThread is the thread that is the i-th of those that are bound to no CPU.
func (m *Machine) UnboundThread(i int) ThreadID { return firstThread + ThreadID(i) }

// Functions lists the kernel functions of the programs, each once, in their order.
func (m *Machine) Functions() []string {
	var names []string
	seen := map[string]bool{}
	for _, p := range m.programs {
		for i := range p.nodes {
			for f := p.nodes[i].fn; f != nil; f = f.caller {
				if !seen[f.name] {
					seen[f.name] = true
					names = append(names, f.name)
				}
			}
		}
	}
	return names
}

// Suspends reports whether the thread is one that suspends the machine.
func (m *Machine) Suspends(id ThreadID) bool { return m.threads[id].crew.frozen }

// First reports whether the action is the first of its thread.
func (x *Exec) First(s *State, a Action) bool {
	x.become(s, a.Thread())
	return x.t.PC == 0
}

// Again has a thread begin again if it is done, and reports whether it was.
func (x *Exec) Again(s *State, id ThreadID) bool {
	x.become(s, id)
	done := x.node().label == labelDone
	if done {
		x.t.PC = 0
	}
	return done
}

// Operates reports whether the thread makes operations: a task that hotplugs, one that suspends, an installer, a driver
// whose instance comes and goes.
func (m *Machine) Operates(id ThreadID) bool {
	return m.threads[id].kind == kindTask || m.threads[id].crew.operates
}

// Parkable reports whether the thread is a kthread that can be parked.
func (m *Machine) Parkable(id ThreadID) bool {
	kind := m.threads[id].kind
	return kind == kindCpuhp || kind == kindStopper || kind == kindSmpboot
}

// Values are the texts that [Machine.Value] may return for a variable; nil where there are too many to list.
func (m *Machine) Values(v Var) []string {
	kind, n := v.Kind(), 0
	switch kind {
	case Flag:
		n = 2
	case ErrnoOf:
		n = int(numErrnos)
	case TaskOf:
		n = int(TaskParked) + 1
	case StatusOf:
		n = int(ThreadParked) + 1
	case StopOf:
		n = int(StopExit) + 2 // and "(all left)"
	case SyncOf:
		n = int(SyncOnline) + 1
	case CPUOf:
		n = m.Scenario.CPUs + 1
	case RungOf:
		var all []string
		for r := range m.Ladder {
			all = append(all, m.RungName(Rung(r)))
		}
		return all
	case ThreadOf:
		all := []string{m.ThreadName(Nobody)}
		for _, id := range m.Threads() {
			all = append(all, m.ThreadName(id))
		}
		return all
	}
	var all []string
	for i := range n {
		all = append(all, m.Text(kind, i))
	}
	return all
}

// Lowered lists the functions that were assembled from a kernel tree, sorted.
func (m *Machine) Lowered() []string { return slices.Sorted(maps.Keys(m.lowered)) }
