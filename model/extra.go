package model

import "slices"

// The variables that participants bring. A machine gives each a place among those of the state; rows of the table,
// codec, accesses and reports follow from that.

// Extra is a variable that a participant brings, and of which there is one.
type Extra struct {
	name  string
	kind  ValueKind
	sight sight // whether a property may look at it while others act
}

// maxExtra is how many of them there may be in a machine.
const maxExtra = 8

// placeExtras gives the variables of those who take part their places.
func (m *Machine) placeExtras() {
	for _, p := range m.Scenario.taking() {
		m.extras = append(m.extras, p.vars...)
	}
	if len(m.extras) > maxExtra {
		panic("model: the participants bring too many variables")
	}
}

// placeOf is the place of a variable in [Globals].Extra; -1 if nobody brings it.
func (m *Machine) placeOf(v *Extra) int { return slices.Index(m.extras, v) }

// get is what it is in a state; 0 if nobody brings it.
func (v *Extra) get(m *Machine, s *State) uint8 {
	if i := m.placeOf(v); i >= 0 {
		return s.Extra[i]
	}
	return 0
}

// is returns the value that it has now.
func (x *Exec) is(v *Extra) uint8 { return v.get(x.m, x.s) }

// let sets it. A machine to which nobody brings it has no program that does so.
func (x *Exec) let(v *Extra, n uint8) { x.s.Extra[x.m.placeOf(v)] = n }

// holds reports whether a flag is set, and set sets it.
func (x *Exec) holds(v *Extra) bool     { return x.is(v) != 0 }
func (x *Exec) flag(v *Extra, set bool) { x.let(v, uint8(bit(set))) }

// Accesses of these are apart from the others, beside those of clients' objects.
const extraObject = clientWorkObject << MaxClientWorks

// object is the bit of a variable in those accesses.
func (m *Machine) objectOf(v *Extra) Object { return extraObject << m.placeOf(v) }

// looking adds to an access that variables of participants are read.
func (a *assembler) looking(acc access, vars ...*Extra) access {
	for _, v := range vars {
		acc.clientRead |= a.m.objectOf(v)
	}
	return acc
}

// changing adds that they are written.
func (a *assembler) changing(acc access, vars ...*Extra) access {
	for _, v := range vars {
		acc.clientWrite |= a.m.objectOf(v)
	}
	return acc
}

// extrasDiffer reports whether two states differ in one of them that a property may look at.
func (m *Machine) extrasDiffer(a, b *State) bool {
	for i, v := range m.extras {
		if v.sight == visible && a.Extra[i] != b.Extra[i] {
			return true
		}
	}
	return false
}
