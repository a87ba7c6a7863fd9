package model

import (
	"slices"
	"strconv"
	"strings"
)

// FaultPoint is a place where the kernel's code looks at a result that may be an error.
type FaultPoint struct {
	Name     string
	Doc      string // when it fires
	Errno    Errno  // what is returned then, if the scenario says nothing else
	Contract bool   // the kernel does not allow this failure; it fires only if it is named
	Named    bool   // it fires only if it is named, for there are many such
	Function string // by which it may be named too; "" for none
	Enabled  bool   // it may fire in this scenario
	State    string // the state whose next callback is not called, if the file fail makes it fail; else ""

	// Errnos are what may be returned then in this scenario, one of them.
	Errnos []Errno
}

// named reports whether a pattern names the point. "*" alone names those that fire without being named.
func (p *FaultPoint) named(pattern string) bool {
	if pattern == "*" {
		return !p.Contract && !p.Named
	}
	return matches(pattern, p.Name) || p.Function != "" && matches(pattern, p.Function)
}

// splitFault takes POINT=ERRNO+ERRNO apart. The errors are empty if none are named; the error is an *UnknownError.
func splitFault(text string) (pattern string, errnos []Errno, err error) {
	pattern, list, told := strings.Cut(text, "=")
	if !told {
		return pattern, nil, nil
	}
	for word := range strings.SplitSeq(list, "+") {
		if word == "any" {
			for e := OK + 1; e < numErrnos; e++ {
				errnos = append(errnos, e)
			}
			continue
		}
		e, ok := ParseErrno(word)
		if !ok {
			return "", nil, &UnknownError{Kind: "error", Name: word, Known: append(errnoNames(), "any")}
		}
		errnos = append(errnos, e)
	}
	return pattern, errnos, nil
}

// ParseErrno finds an error by its name or its number: "ENOMEM", "-ENOMEM", "12", "-12".
func ParseErrno(text string) (Errno, bool) {
	text = strings.TrimPrefix(text, "-")
	n, err := strconv.Atoi(text)
	for e := OK + 1; e < numErrnos; e++ {
		if e.String() == "-"+text || err == nil && e.Number() == n {
			return e, true
		}
	}
	return OK, false
}

func errnoNames() (names []string) {
	for e := OK + 1; e < numErrnos; e++ {
		names = append(names, e.String()[1:])
	}
	return names
}

// faultPoint returns the index of the point with that name; the first call of a name makes the point.
func (m *Machine) faultPoint(p FaultPoint) int {
	for i := range m.FaultPoints {
		if m.FaultPoints[i].Name == p.Name {
			return i
		}
	}
	p.Enabled = !p.Contract && !p.Named && len(m.Scenario.FaultPoints) == 0
	for _, text := range m.Scenario.FaultPoints {
		pattern, errnos, _ := splitFault(text) // [New] has looked at it
		if p.named(pattern) {
			p.Enabled = true
			m.matched[text] = true
			p.Errnos = append(p.Errnos, errnos...)
		}
	}
	if len(p.Errnos) == 0 {
		p.Errnos = []Errno{p.Errno}
	}
	slices.Sort(p.Errnos)
	p.Errnos = slices.Compact(p.Errnos)
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

// mayFail is an instruction whose result the caller looks at: ret is 0, or one of the point's errors if a fault is
// injected.
// Then, if it is given, says what else happens, knowing ret.
func (a *assembler) mayFail(label string, acc access, p FaultPoint, then func(*Exec)) {
	i := a.m.faultPoint(p)
	n := node{op: opAction, label: label, access: acc, point: i + 1, then: then}
	if a.m.FaultPoints[i].Enabled {
		n.access = n.access.writes(objFaults)
		ways := 1 + len(a.m.FaultPoints[i].Errnos)
		n.ready = func(x *Exec) int {
			if x.s.Faults > 0 {
				return ways
			}
			return 1
		}
	}
	n.run = func(x *Exec) {
		x.t.Ret = OK
		if x.alt > 0 {
			x.t.Ret = x.m.FaultPoints[i].Errnos[x.alt-1]
			x.s.Faults--
			x.emit(Event{Kind: EventFault, CPU: x.cpu, Point: uint16(i), Ret: x.t.Ret})
		}
		if then := x.node().then; then != nil {
			then(x)
		}
	}
	a.emitNode(n)
}
