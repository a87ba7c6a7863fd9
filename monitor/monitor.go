// Package monitor turns properties into deterministic automata over what the kernel's tracepoints of CPU hotplug show,
// in the DOT dialect of tools/verification in the kernel's tree: rvgen makes a run-time monitor of one. An automaton
// watches one CPU. It begins in a state in which everything may come, since it may be switched on at any time; from
// where it knows where the CPU stands, an event without a transition violates the property.
package monitor

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/ftrace"
)

// Automaton is a deterministic automaton. Next[s][e] is the state to which event e leads from state s, -1 for none.
type Automaton struct {
	Name   string // a C identifier
	Doc    string
	States []string
	Events []Event
	Next   [][]int
}

// Event is a letter of an automaton, bound to a tracepoint.
type Event struct {
	Name  string // a C identifier, and no state's name
	Point string // the tracepoint
	When  string // what must be true of its arguments and of who runs, in C; "" for nothing

	is func(ftrace.Event) bool
}

// state returns the number of a state, which it adds if it is not there.
func (a *Automaton) state(name string) int {
	if i := slices.Index(a.States, name); i >= 0 {
		return i
	}
	a.States = append(a.States, name)
	row := make([]int, len(a.Events))
	for i := range row {
		row[i] = -1
	}
	a.Next = append(a.Next, row)
	return len(a.States) - 1
}

// event returns the number of an event; it panics if there is none, which is a mistake in a table of this package.
func (a *Automaton) event(name string) int {
	i := slices.IndexFunc(a.Events, func(e Event) bool { return e.Name == name })
	if i < 0 {
		panic("monitor: no event " + name)
	}
	return i
}

// move adds a transition for each event.
func (a *Automaton) move(from, to string, events ...string) {
	f, t := a.state(from), a.state(to)
	for _, e := range events {
		a.Next[f][a.event(e)] = t
	}
}

// identifier is what the kernel's C takes as a name, and rvgen as a node.
var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// valid says what rvgen would not take, or would take for something else. That there is one transition for a state and
// an event is the form of Next.
func (a *Automaton) valid() error {
	used := make([]bool, len(a.Events))
	seen := map[string]bool{}
	for _, name := range a.States {
		if !identifier.MatchString(name) || strings.HasPrefix(name, "__init_") || seen[name] {
			return fmt.Errorf("%q is no name of a state: want a C identifier that no other has", name)
		}
		seen[name] = true
	}
	for _, e := range a.Events {
		if !identifier.MatchString(e.Name) || seen[e.Name] {
			return fmt.Errorf("%q is no name of an event: want a C identifier that no other has, and no state", e.Name)
		}
		seen[e.Name] = true
	}
	for _, row := range a.Next {
		for e, to := range row {
			used[e] = used[e] || to >= 0
		}
	}
	if e := slices.Index(used, false); e >= 0 {
		return fmt.Errorf("%s has no transition: rvgen would not know that there is such an event", a.Events[e].Name)
	}
	return nil
}

// DOT writes the automaton as rvgen reads it: node ids are their labels, one edge from a state to another has all its
// events, and there is no number, no comment and no weight. Each state has a block of its own: rvgen goes down by a
// level for each statement of a block, and does not come to the end of some 330 in a row.
func (a *Automaton) DOT(w io.Writer) error {
	if err := a.valid(); err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "digraph state_automaton {\n\t{node [shape = plaintext, style=invis, label=\"\"] \"__init_%s\"};\n",
		a.States[0])
	for i, name := range a.States {
		shape := "circle"
		if i == 0 {
			shape = "doublecircle"
		}
		fmt.Fprintf(&b, "\t{node [shape = %s] \"%s\"};\n", shape, name)
	}
	fmt.Fprintf(&b, "\t\"__init_%[1]s\" -> \"%[1]s\";\n", a.States[0])
	for from, name := range a.States {
		fmt.Fprintf(&b, "\t{\n\t\t\"%[1]s\" [label = \"%[1]s\"];\n", name)
		for to, other := range a.States {
			var events []string
			for e, next := range a.Next[from] {
				if next == to {
					events = append(events, a.Events[e].Name)
				}
			}
			if len(events) > 0 {
				fmt.Fprintf(&b, "\t\t\"%s\" -> \"%s\" [ label = \"%s\" ];\n", name, other, strings.Join(events, `\n`))
			}
		}
		b.WriteString("\t}\n")
	}
	fmt.Fprintf(&b, "\t{ rank = min ;\n\t\t\"__init_%[1]s\";\n\t\t\"%[1]s\";\n\t}\n}\n", a.States[0])
	_, err := io.WriteString(w, b.String())
	return err
}

// Binding writes a line for each event: its tracepoint, and when it is that event.
func (a *Automaton) Binding(w io.Writer) error {
	var b strings.Builder
	for _, e := range a.Events {
		fmt.Fprintf(&b, "%-18s %-12s %s\n", e.Name, e.Point, e.When)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Violation is where a trace violates an automaton.
type Violation struct {
	Line  int    // of the trace
	CPU   int    // that is watched
	State string // the automaton's
	Event string // for which there is no transition there
}

// Run watches every CPU of a trace, as a monitor would, and returns the first violation; nil if there is none.
func (a *Automaton) Run(events []ftrace.Event) *Violation {
	at := map[int]int{}
	for i := range events {
		e := &events[i]
		for k := range a.Events {
			if !a.Events[k].is(*e) {
				continue
			}
			state := at[e.CPU]
			next := a.Next[state][k]
			if next < 0 {
				return &Violation{e.Line, e.CPU, a.States[state], a.Events[k].Name}
			}
			at[e.CPU] = next
		}
	}
	return nil
}
