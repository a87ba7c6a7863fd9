package model

import (
	"slices"
	"strings"
)

// Assertion is something of which the kernel's authors say that it cannot happen, and what the kernel does if it does.
type Assertion struct {
	Function string // in which it stands: "takedown_cpu"; with what it is called with, if that says more
	Text     string // "BUG_ON(cpu_online(cpu))"
	Macro    string // "BUG_ON"; "" if no macro says so, as in "list_add corruption"
}

// String is "takedown_cpu: BUG_ON(cpu_online(cpu))".
func (a Assertion) String() string { return a.Function + ": " + a.Text }

// Where says in which function it stands: "takedown_cpu()".
func (a Assertion) Where() string {
	if strings.HasSuffix(a.Function, ")") {
		return a.Function
	}
	return a.Function + "()"
}

// Kind is the event that it makes if it fails: EventBug, EventWarn, or EventNone if no macro says so.
func (a Assertion) Kind() EventKind {
	switch a.Macro {
	case "":
		return EventNone
	case "BUG_ON":
		return EventBug
	}
	return EventWarn
}

// assertion returns the index of an assertion, which is written "function: text".
func (m *Machine) assertion(written string) uint8 {
	var a Assertion
	a.Function, a.Text, _ = strings.Cut(written, ": ")
	if macro, _, called := strings.Cut(a.Text, "("); called && !strings.Contains(macro, " ") {
		a.Macro = macro
	}
	i := slices.Index(m.Assertions, a)
	if i < 0 {
		i = len(m.Assertions)
		m.Assertions = append(m.Assertions, a)
	}
	return uint8(i)
}
