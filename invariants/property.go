// Package invariants holds the properties that a kernel must have, one file for each family, and checks them on every
// transition of a machine.
//
// A property looks at a transition: the state before and after, and the events that it made visible. One that must
// remember something declares a few bits of memory, for the run or for each CPU, which become part of the explored
// state. Adding a property is adding a definition; nothing else needs to know.
package invariants

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/model"
)

// Property is something that must hold on every path.
type Property struct {
	Name string // as in --property
	Doc  string // the sentence that a kernel developer would say
	Why  string // why it matters, and where that is written down
	// What has to be so that it holds vacuously: "nobody calls get_online_cpus()".
	Idle string
	File string // where it was given, if it is not one of hpcheck's own: then what it looks at is not known

	order int // the place in lists
	// It is asked only where this is so; elsewhere it could but be vacuous. Nil: everywhere.
	only   func(*model.Machine) bool
	always bool // it has no premise: it never holds vacuously
	memory []field

	// boot sets the memory for the initial state.
	boot func(*Check)
	// event is called for each event of a transition whose kind is listed in on.
	on    []model.EventKind
	event func(*Check, model.Event)
	// step is called after each transition; only after those where all this is so, if that is said.
	step func(*Check)
	when occasion
	// end is called for a state that has no transition.
	end func(*Check)

	// wait says what must come in the end, if that is what the property is about; then it has none of the above.
	wait *wait
}

// looks reports whether the property looks at steps, not only at states that are the end.
func (p *Property) looks() bool { return p.event != nil || p.step != nil }

// field is some bits of a property's memory; they are zero unless boot sets them.
type field struct {
	bits   int
	perCPU bool
	cpus   bool // it is a set of CPUs, a bit for each
}

var registry []*Property

// property registers a property. A mistake in one is a bug of the program, so it panics.
func property(p Property) *Property {
	switch {
	case p.Name == "" || p.Doc == "" || p.Why == "":
		panic("invariants: a property needs a name, a sentence and a reason")
	case p.always == (p.Idle != ""):
		panic("invariants: " + p.Name + " must say when it holds vacuously, if it may")
	case p.event == nil && p.step == nil && p.end == nil && p.wait == nil:
		panic("invariants: " + p.Name + " checks nothing")
	case (p.event == nil) != (len(p.on) == 0):
		panic("invariants: " + p.Name + " must say which events it looks at, if it looks at any")
	}
	registry = append(registry, &p)
	return &p
}

// All returns the properties of single steps that are asked everywhere, in the order of the documentation.
func All() []*Property {
	return slices.DeleteFunc(inOrder(), func(p *Property) bool { return p.Live() || p.only != nil })
}

// Elsewhere returns those that are asked only where there is something to ask.
func Elsewhere() []*Property {
	return slices.DeleteFunc(inOrder(), func(p *Property) bool { return p.only == nil })
}

// For returns the properties of single steps that are asked on a machine.
func For(m *model.Machine) []*Property {
	return slices.DeleteFunc(inOrder(), func(p *Property) bool { return p.Live() || p.only != nil && !p.only(m) })
}

// AllLive returns the properties about what must come in the end, in the same order.
func AllLive() []*Property {
	return slices.DeleteFunc(inOrder(), func(p *Property) bool { return !p.Live() })
}

func inOrder() []*Property {
	all := slices.Clone(registry)
	slices.SortFunc(all, func(a, b *Property) int { return a.order - b.order })
	return all
}

// Select returns the named properties; all of single steps if no name is given. The order is that of the documentation;
// those that are given come last.
func Select(given []*Property, names ...string) ([]*Property, error) {
	if len(names) == 0 {
		return append(All(), given...), nil
	}
	all := append(inOrder(), given...)
	known := make([]string, len(all))
	for i, p := range all {
		known[i] = p.Name
	}
	var selected []*Property
	for _, name := range names {
		if !slices.Contains(known, name) {
			return nil, &model.UnknownError{Kind: "property", Name: name, Known: known}
		}
	}
	for _, p := range all {
		if slices.Contains(names, p.Name) {
			selected = append(selected, p)
		}
	}
	return selected, nil
}

// Check is what a property sees of a transition.
type Check struct {
	M      *model.Machine
	Before *model.State
	After  *model.State
	Thread model.ThreadID // the thread that acts
	Events []model.Event  // what it made visible

	watchers map[*Property]Watcher // of the properties that are given
	memory   []uint64              // of all properties, after the transition
	wrote    uint                  // whose memory was written: a bit for each CPU, and wroteRun
	layout   *layout               // of the property that is called
	pairs    *pairs                // the machine's reversible steps
	violate  uint64
	witness  uint64
	bit      uint64 // of the property that is called

	x       *model.Exec
	explain bool   // collect reasons
	only    uint64 // of this property
	reasons []Reason
}

// occasion is something that is so after few transitions, a bit for each.
type occasion uint8

const (
	atRest occasion = 1 << iota // no operation is under way
	moved                       // what there is one of, or the state of a CPU or whether it is online, has changed
)

// occasions returns what is so after a transition.
func (c *Check) occasions(changes model.Changes) (now occasion) {
	if c.quiet() {
		now |= atRest
	}
	if changes.Globals {
		return now | moved
	}
	for cpus := changes.CPUs; cpus != 0; cpus &= cpus - 1 {
		cpu := bits.TrailingZeros8(cpus)
		if was, is := &c.Before.CPU[cpu], &c.After.CPU[cpu]; was.State != is.State || was.Online != is.Online {
			return now | moved
		}
	}
	return now
}

// Reason says why a property is violated.
type Reason struct {
	Clause string         // which part of the property is false, and how
	Vars   []model.Var    // the variables that it speaks of
	Waits  model.ThreadID // who waits for ever, if it is about that

	property uint64 // whose it is, a bit
}

// violated says that the property is violated, and why. The format and its arguments are used only when a
// counterexample is explained.
func (c *Check) violated(vars []model.Var, format string, args ...any) {
	c.violate |= c.bit
	if c.explain && c.only&c.bit != 0 {
		c.reasons = append(c.reasons, Reason{Clause: fmt.Sprintf(format, args...), Vars: vars, property: c.bit})
	}
}

// exec returns an Exec, to look at where threads stand.
func (c *Check) exec() *model.Exec {
	if c.x == nil {
		c.x = c.M.NewExec()
	}
	return c.x
}

// applies says that the property's premise occurred. A property whose premise never occurs holds only vacuously.
func (c *Check) applies() { c.witness |= c.bit }

// quiet reports whether no operation is under way.
func (c *Check) quiet() bool { return c.After.Lock[model.CPUAddRemoveLock] == model.Nobody }

// vars is short for a list of variables.
func vars(v ...model.Var) []model.Var { return v }

// join makes a list readable.
func join(items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	return strings.Join(items[:len(items)-1], ", ") + " and " + items[len(items)-1]
}
