package model

import "slices"

// The CPUs that can be unplugged are alike: the code treats none of them as special, and nothing depends on the order
// of their numbers. So states that differ in these numbers alone have the same future, and one of them stands for all.

// Renaming gives each CPU another number: r[old] is the new one.
type Renaming [MaxCPUs]uint8

// Same is the renaming that changes nothing.
var Same = Renaming{0, 1, 2, 3, 4, 5, 6, 7}

// Inverse returns the renaming that takes r back.
func (r *Renaming) Inverse() *Renaming {
	var back Renaming
	for old, now := range r {
		back[now] = uint8(old)
	}
	return &back
}

// After returns the renaming that does first s and then r.
func (r *Renaming) After(s *Renaming) *Renaming {
	var both Renaming
	for cpu := range both {
		both[cpu] = r[s[cpu]]
	}
	return &both
}

// Interchangeable returns the CPUs that are alike in every respect: not the boot CPU, none that is absent, and none
// that the scenario names, as one of an operation or as one that is isolated.
func (m *Machine) Interchangeable() []uint8 {
	var cpus []uint8
	// They go through the CPUs in the order of their numbers, or nothing is renamed.
	if m.firstCPU() == 0 || m.turnsByNumber() || m.numbersCPUs() || m.more() || m.boots() || m.weak() {
		return nil
	}
	for cpu := 1; cpu < m.Scenario.CPUs; cpu++ {
		named := m.Scenario.absent(cpu) || m.Scenario.isolated(cpu)
		for _, op := range m.Scenario.Sequence {
			named = named || op.CPU == cpu
		}
		if !named {
			cpus = append(cpus, uint8(cpu))
		}
	}
	return cpus
}

// References returns, by CPU, who names it elsewhere in the state: a set of bits that says which tasks work on it, and
// which locks its threads hold.
func (m *Machine) References(s *State) (refs [MaxCPUs]uint64) {
	for i := range m.unbound {
		refs[s.Task[i].CPU] |= 1 << i
	}
	for l, holder := range s.Lock {
		if info := &m.threads[holder]; holder != Nobody && !info.kind.unbound() {
			refs[info.cpu] |= 1 << (MaxUnbound + l*(slotSmpboot+MaxSmpboot) + info.slot)
		}
	}
	return refs
}

// Rename gives the CPUs of a state other numbers.
func (m *Machine) Rename(s *State, r *Renaming) {
	old := s.CPU
	for cpu := range m.Scenario.CPUs {
		s.CPU[r[cpu]] = old[cpu]
	}
	for i := range m.unbound {
		s.Task[i].CPU = r[s.Task[i].CPU]
	}
	for l, holder := range s.Lock {
		if info := &m.threads[holder]; holder != Nobody && !info.kind.unbound() {
			s.Lock[l] = m.threadOf(r[info.cpu], info.slot)
		}
	}
}

// RenameAction gives the CPUs that an action of a state is about other numbers.
func (m *Machine) RenameAction(s *State, a Action, r *Renaming) Action {
	id, outcome := a.Thread(), a.Outcome()
	x := m.NewExec()
	x.become(s, id)
	info := &m.threads[id]
	switch {
	case !info.kind.unbound():
		id += ThreadID((int(r[info.cpu]) - int(info.cpu)) * m.threadsPerCPU())
	case x.choosing() && len(m.Scenario.Sequence) == 0 && outcome < len(m.ops)*(m.Scenario.CPUs-1):
		per := len(m.ops)
		outcome = per*(int(r[1+outcome/per])-1) + outcome%per
	}
	return action(id, outcome)
}

// turnsByNumber reports whether the machine is a mutant that turns to the next CPU, by its number.
func (m *Machine) turnsByNumber() bool {
	return slices.ContainsFunc(m.mutations, func(mu Mutation) bool { return mu.Kind == MutateAstray })
}
