package model

import "strings"

// FaultPoint is a place where the kernel's code looks at a result that may be an error.
type FaultPoint struct {
	Name     string
	Doc      string // when it fires
	Errno    Errno  // what is returned then
	Contract bool   // the kernel does not allow this failure; it fires only if it is named
	Enabled  bool   // it may fire in this scenario
}

// faultPoint returns the index of the point with that name; the first call of a name makes the point.
func (m *Machine) faultPoint(p FaultPoint) int {
	for i := range m.FaultPoints {
		if m.FaultPoints[i].Name == p.Name {
			return i
		}
	}
	p.Enabled = !p.Contract && len(m.Scenario.FaultPoints) == 0
	for _, pattern := range m.Scenario.FaultPoints {
		if matches(pattern, p.Name) && !(p.Contract && pattern == "*") { // "*" names none
			p.Enabled = true
			m.matched[pattern] = true
		}
	}
	m.FaultPoints = append(m.FaultPoints, p)
	return len(m.FaultPoints) - 1
}

// matches reports whether a pattern, in which each * stands for any text, describes the whole of a name.
func matches(pattern, name string) bool {
	first, rest, star := strings.Cut(pattern, "*")
	name, ok := strings.CutPrefix(name, first)
	if !ok || !star {
		return ok && name == ""
	}
	for i := range len(name) + 1 {
		if matches(rest, name[i:]) || rest == "" {
			return true
		}
	}
	return false
}

// mayFail is an instruction whose result the caller looks at: ret is 0, or the point's error if a fault is injected.
// Then, if it is given, says what else happens, knowing ret.
func (a *assembler) mayFail(label string, acc access, p FaultPoint, then func(*Exec)) {
	i := a.m.faultPoint(p)
	n := node{op: opAction, label: label, access: acc, point: i + 1, then: then}
	if a.m.FaultPoints[i].Enabled {
		n.access = n.access.writes(objFaults)
		n.ready = func(x *Exec) int {
			if x.s.Faults > 0 {
				return 2
			}
			return 1
		}
	}
	n.run = func(x *Exec) {
		x.t.Ret = OK
		if x.alt == 1 {
			x.t.Ret = x.m.FaultPoints[i].Errno
			x.s.Faults--
			x.emit(Event{Kind: EventFault, CPU: x.cpu, Point: uint8(i)})
		}
		if then := x.node().then; then != nil {
			then(x)
		}
	}
	a.emitNode(n)
}
