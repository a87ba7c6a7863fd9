package model

// What the callbacks of clients do for a CPU, for properties.

// Effect is a flag of each CPU that the startup of a state sets and its teardown clears.
type Effect struct {
	Var  Var
	Late bool // it may come later than the startup: somebody else sets it
	rung Rung
	flag int
}

// noteEffects finds the effects that can be judged: not those of a state that is installed without calls.
func (m *Machine) noteEffects() {
	for r := range m.Ladder {
		step := &m.Ladder[r]
		s := m.clientStateOf(step)
		if s == nil || m.withoutCalls(step) {
			continue
		}
		client := m.Scenario.Clients[step.Client.Client-1].Name
		for i, name := range append(append([]string(nil), s.Effects...), s.Leftovers...) {
			p := m.clientObject(client, name)
			if p.kind != ClientCPUFlag {
				panic("model: the effect " + name + " is no flag of each CPU")
			}
			m.clients.effects = append(m.clients.effects, Effect{
				Var: Var{scopeClient, uint8(SetOf), uint8(varClientMarks + p.index)}, Late: i >= len(s.Effects),
				rung: Rung(r), flag: p.index,
			})
		}
	}
	for i, p := range m.clients.words {
		if p.kind == ClientDuty {
			m.clients.duties = append(m.clients.duties, Var{scopeClient, uint8(CPUOf), uint8(varClientWord + i)})
		}
	}
}

// withoutCalls reports whether a client installs or removes a state, or an instance of it, without calls.
func (m *Machine) withoutCalls(step *Step) bool {
	name := m.clientStateOf(step).Name
	only := Scenario{Clients: m.Scenario.Clients[step.Client.Client-1 : step.Client.Client]}
	for _, verb := range []string{
		"cpuhp_setup_state_nocalls", "cpuhp_setup_state_nocalls_cpuslocked", "cpuhp_remove_state_nocalls",
		"cpuhp_state_add_instance_nocalls", "cpuhp_state_remove_instance_nocalls",
	} {
		if only.clientsDoTo(verb, name) {
			return true
		}
	}
	return false
}

// HasEffects reports whether there are effects or duties.
func (m *Machine) HasEffects() bool { return len(m.clients.effects)+len(m.clients.duties) > 0 }

// Effects returns the effects that can be judged, and Duties the duties.
func (m *Machine) Effects() []Effect { return m.clients.effects }

// Duties returns the duties.
func (m *Machine) Duties() []Var { return m.clients.duties }

// Done reports whether an effect is there for a CPU, and Due whether it should be: its state has callbacks, and the CPU
// is there or above.
func (m *Machine) Done(s *State, e Effect, cpu uint8) bool { return s.Client.Marks[e.flag]>>cpu&1 != 0 }

// Due reports whether an effect should be there.
func (m *Machine) Due(s *State, e Effect, cpu uint8) bool {
	return s.Modules[m.Ladder[e.rung].Module-1] > 0 && s.CPU[cpu].State >= e.rung
}

// OnDuty is the CPU that has a duty, if one has.
func (m *Machine) OnDuty(s *State, duty Var) (cpu uint8, has bool) {
	n := m.Number(s, duty)
	return uint8(n - 1), n > 0
}
