package model

import "slices"

// row is a variable of each T.
type row[T any] struct {
	name   string // as reports say it; "" for what they leave out
	kind   ValueKind
	bits   uint                // how many the codec keeps
	object Object              // as which accesses name it
	sight  sight               // whether a property may look at it
	exists func(*Machine) bool // whether the scenario has any use for it; nil: always
	at     place[T]
}

// sight says whether a property may look at a variable that the acting thread has not declared to read or write.
type sight bool

const (
	visible sight = true
	hidden  sight = false
)

// place is where a variable is.
type place[T any] struct {
	get func(*T) int
	set func(*T, int)
}

// num is the place of a number.
func num[T any, V ~uint8 | ~uint16](at func(*T) *V) place[T] {
	return place[T]{func(t *T) int { return int(*at(t)) }, func(t *T, v int) { *at(t) = V(v) }}
}

// boolean is the place of a boolean.
func boolean[T any](at func(*T) *bool) place[T] {
	return place[T]{func(t *T) int { return int(bit(*at(t))) }, func(t *T, v int) { *at(t) = v != 0 }}
}

// partOf is the row of a part of a T.
func partOf[T, U any](r row[U], part func(*T) *U) row[T] {
	return row[T]{
		r.name, r.kind, r.bits, r.object, r.sight, r.exists,
		place[T]{func(t *T) int { return r.at.get(part(t)) }, func(t *T, v int) { r.at.set(part(t), v) }},
	}
}

// Variable is one variable of a machine's states, also one that is in no report.
type Variable struct {
	Name    string   // of those that are in reports
	CPU     int      // whose it is; [MaxCPUs] if it is nobody's, one more if it is a client's
	Thread  ThreadID // whose it is; Nobody if it is no thread's
	Visible bool     // a property may look at it while others act, see [Machine.Observable]
	Own     bool     // nobody reads or writes it but the thread, and who creates it

	object Object
	kind   ValueKind
	bits   uint
	exists bool
	get    func(*State) int
	set    func(*State, int)
}

// Copy gives the variable the value that it has in another state.
func (v *Variable) Copy(to, from *State) { v.set(to, v.get(from)) }

// Variables lists the variables of the machine's states: a state has nothing else that ever changes.
func (m *Machine) Variables() []Variable {
	return slices.DeleteFunc(m.allVariables(), func(v Variable) bool { return !v.exists })
}

// allVariables lists also those for which the scenario has no use.
func (m *Machine) allVariables() (all []Variable) {
	for i := range machineVariables {
		list(m, &all, &machineVariables[i], Variable{CPU: MaxCPUs, exists: true}, func(s *State) *State { return s })
	}
	for i := range clientVariables {
		row := m.clientRow(i)
		list(m, &all, &row, Variable{CPU: ofClients, exists: true}, func(s *State) *State { return s })
	}
	for i := range MaxUnbound {
		own := Variable{CPU: MaxCPUs, Thread: firstThread + ThreadID(i), exists: i < m.unbound}
		for field, row := range threadVariables {
			if field == int(fieldPC) {
				row.bits += pcHigh
			}
			row.sight = hidden // it is never told to park
			if row.object == objTask {
				row.object = objQueue
			} else {
				row.object = objOwn
			}
			list(m, &all, &row, own, func(s *State) *Thread { return &s.Task[i].Thread })
		}
		for j := range taskVariables {
			list(m, &all, &taskVariables[j], own, func(s *State) *Task { return &s.Task[i] })
		}
	}
	for cpu := range MaxCPUs {
		there := cpu < m.Scenario.CPUs
		for i, row := range cpuVariables {
			if i == int(fieldWorks) && !m.migrates() {
				row.bits = 1 // there is one work, and it is always the same
			}
			list(m, &all, &row, Variable{CPU: cpu, exists: there}, func(s *State) *CPU { return &s.CPU[cpu] })
		}
		for slot := range slotSmpboot + MaxSmpboot {
			own := Variable{CPU: cpu, exists: there && slot < slotSmpboot+m.Scenario.Smpboot}
			if own.exists {
				own.Thread = m.threadOf(uint8(cpu), slot)
			}
			for _, row := range threadVariables {
				row.object <<= 2 * slot
				list(m, &all, &row, own, func(s *State) *Thread { return &s.CPU[cpu].Thread[slot] })
			}
		}
	}
	return all
}

// list adds the variable of a row, which is the owner's.
func list[T any](m *Machine, all *[]Variable, r *row[T], v Variable, owner func(*State) *T) {
	if r.at.set == nil {
		return
	}
	at := r.at
	v.Name, v.Visible, v.Own, v.object, v.kind, v.bits = r.name, bool(
		r.sight,
	), r.object == objOwn, r.object, r.kind, r.bits
	v.exists = v.exists && (r.exists == nil || r.exists(m))
	v.get, v.set = func(s *State) int { return at.get(owner(s)) }, func(s *State, n int) { at.set(owner(s), n) }
	*all = append(*all, v)
}

func (m *Machine) hasCpuset() bool { return m.Scenario.Cpuset }

func (m *Machine) hasSMT() bool { return m.Scenario.SMT.any() }

func (m *Machine) instancesMove() bool { return m.Scenario.InstancesComeAndGo.any() }
