package model

// What an action does with memory, for who writes it down as a litmus test.

// MemoryStep is what an action reads and writes of the fields that weak memory is about, and who waits for whom.
type MemoryStep struct {
	Thread   ThreadID
	Drains   bool // it executes nothing: a store of the thread reaches memory
	Fence    bool // it orders what is before it and behind it
	First    bool // of the next load and store of the thread the store comes first, and does not hang on the load
	Accesses []MemoryAccess

	others Footprint // what it reads and writes besides
}

// MemoryAccess is a load or a store of a field of a CPU.
type MemoryAccess struct {
	CPU   uint8
	Field CPUField
	Store bool
	Value int  // what is read, or written; of a state its number
	Old   bool // what is read was overwritten before
}

// MemoryStep says what an action does in a state. The loads come first. A load is what the instruction may look at, as
// it declares; a store that changes nothing is none.
func (m *Machine) MemoryStep(s *State, act Action) MemoryStep {
	step := MemoryStep{Thread: act.Thread()}
	if act.Outcome() >= outcomeDrain {
		step.Drains = true
		return step
	}
	x := m.NewExec()
	state := *s
	x.become(&state, act.Thread())
	n := x.node()
	a := x.accessNow(n)
	step.Fence, step.First = n.fence(), n.order && act.Outcome() == 1
	step.others.noteOthers(x, a)
	loads := a.read
	if n.op == opTest {
		loads |= a.write
	}
	seen := m.seenBy(s, act)
	for i, field := range plain {
		if loads&cpuVariables[field].object != 0 && !n.order {
			old := m.FindsOld(act) && m.hasOld(s, act.Thread(), x.cpu, field)
			step.Accesses = append(step.Accesses, MemoryAccess{
				CPU: x.cpu, Field: field, Value: m.plainNumber(field, seen[x.cpu][i]), Old: old,
			})
		}
	}
	after := *s
	x.Do(&after, act)
	written := m.seenBy(&after, action(act.Thread(), 0))
	for cpu := range uint8(m.Scenario.CPUs) {
		for i, field := range plain {
			if a.write&cpuVariables[field].object != 0 && written[cpu][i] != seen[cpu][i] {
				step.Accesses = append(step.Accesses, MemoryAccess{
					CPU: cpu, Field: field, Store: true, Value: m.plainNumber(field, written[cpu][i]),
				})
			}
		}
	}
	return step
}

// seenBy is what the thread of an action finds in the plain fields: its own stores, and old values if the action does.
func (m *Machine) seenBy(s *State, act Action) memory {
	all := m.memory(s)
	set := func(list []Stored) {
		var shown State
		for _, w := range list {
			if w.Thread == act.Thread() {
				shown.CPU[w.CPU].store(w.Field, w.Value)
				for i, field := range plain {
					if field == w.Field {
						all[w.CPU][i] = m.memory(&shown)[w.CPU][i]
					}
				}
			}
		}
	}
	set(s.Buffer[:])
	if m.FindsOld(act) {
		set(s.Old[:])
	}
	return all
}

func (m *Machine) hasOld(s *State, id ThreadID, cpu uint8, f CPUField) bool {
	for _, o := range s.Old {
		if o.Thread == id && o.CPU == cpu && o.Field == f {
			return true
		}
	}
	return false
}

// Settled reports whether all stores have reached memory, and nobody may find what was there before them.
func (s *State) Settled() bool { return s.Buffer[0].Thread == Nobody && s.Old[0].Thread == Nobody }

// MemoryAt is the value of a field as all see it in a state that is settled.
func (m *Machine) MemoryAt(s *State, cpu uint8, f CPUField) int {
	for i, field := range plain {
		if field == f {
			return m.plainNumber(f, m.memory(s)[cpu][i])
		}
	}
	return 0
}

// plainNumber is the value of a plain field as a number: of a state its own.
func (m *Machine) plainNumber(f CPUField, v uint8) int {
	switch f {
	case FieldState, FieldTarget, FieldFail, FieldCBState:
		return m.Ladder[v].Number
	}
	return int(v)
}

// noteOthers adds what an instruction reads and writes besides the plain fields.
func (f *Footprint) noteOthers(x *Exec, a access) {
	first, last := int(x.cpu), int(x.cpu)
	if a.allCPUs {
		first, last = 0, x.m.Scenario.CPUs-1
	}
	for cpu := first; cpu <= last; cpu++ {
		f.read[cpu] |= a.read & perCPUObjects &^ plainObjects
		f.write[cpu] |= (a.write | a.add) & perCPUObjects &^ plainObjects
	}
	f.read[MaxCPUs] |= a.read & machineObjects
	f.write[MaxCPUs] |= (a.write | a.add) & machineObjects &^ objFaults
}

// Precedes reports whether the other step comes after this one because it reads or writes what this one has written.
func (t *MemoryStep) Precedes(other *MemoryStep) bool {
	for i := range t.others.write {
		if t.others.write[i]&(other.others.read[i]|other.others.write[i]) != 0 {
			return true
		}
	}
	return false
}
