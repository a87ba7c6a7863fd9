package reports

import (
	"fmt"
	"io"
	"strings"

	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
)

// TooLargeError says that a state space is too large to be drawn.
type TooLargeError struct{ Limit int }

// Error says how large it may be, and what makes it smaller.
func (e *TooLargeError) Error() string {
	return fmt.Sprintf("more than %d states: fewer operations, notifiers, states and threads make fewer", e.Limit)
}

// StateGraph writes the state space of a small configuration for graphviz. A stretch in which there is nothing to
// choose is one edge.
func StateGraph(w io.Writer, s *invariants.Suite, limit int) error {
	g := newSpace(s, 0, limit)
	g.bit = 0 // no property ends the search
	g.id(s.Initial()[0])
	violated := map[[2]int]uint64{}
	for i := 0; i < len(g.states); i++ {
		if len(g.states) > limit {
			return &TooLargeError{limit}
		}
		g.expand(i)
		ts, _ := g.walk.Transitions(g.states[i])
		for j := range ts {
			violated[[2]int{i, j}] = ts[j].Violated
		}
	}
	in := make([]int, len(g.states))
	for _, edges := range g.edges {
		for _, e := range edges {
			in[e.to]++
		}
	}
	d := newDotGraph()
	shown := func(id int) bool {
		return id == 0 || in[id] != 1 || len(g.edges[id]) != 1 || violated[[2]int{id, 0}] != 0
	}
	m := s.Machine
	count := 0
	for id := range g.states {
		if !shown(id) {
			continue
		}
		count++
		d.vertex(vertexName(id), stateLook(s, g, id))
	}
	for id := range g.states {
		if !shown(id) {
			continue
		}
		for j, e := range g.edges[id] {
			n, to := 1, e.to
			for !shown(to) {
				to = g.edges[to][0].to
				n++
			}
			before := g.walk.State(g.states[id])
			d.merge(vertexName(id), vertexName(to), actionText(m, &before, e.act, n), violated[[2]int{id, j}] != 0)
		}
	}
	title := fmt.Sprintf(
		"the state space of %s\n%s\n%d states, %d of them drawn: where nothing can be chosen, an edge stands for "+
			"several steps\n",
		m.Kernel, m.Scenario, len(g.states), count,
	)
	return d.write(w, title, attrs{"nodesep": "0.2", "ranksep": "0.4"}, nil)
}

func vertexName(id int) string { return fmt.Sprintf("s%05d", id) }

// merge adds an edge, or its label to the one that is there: the library has one edge between two vertices.
func (d *dotGraph) merge(from, to, label string, violates bool) {
	a := attrs{"label": label}
	if violates {
		a["color"], a["penwidth"], a["label"] = "#a03020", "3", "✖ "+label
	}
	if old, err := d.g.Edge(from, to); err == nil {
		a["label"] = strings.ReplaceAll(old.Properties.Attributes["label"], `\l`, "\n") + a["label"]
		d.check(d.g.RemoveEdge(from, to))
	}
	d.edge(from, to, 1, a)
}

func actionText(m *model.Machine, s *model.State, act model.Action, n int) string {
	place := m.Place(s, act.Thread())
	text := m.ThreadName(act.Thread()) + ": " + place.Label
	if outcome := m.DescribeAction(s, act); outcome != "" {
		text += " → " + outcome
	}
	if n > 1 {
		text += fmt.Sprintf(" (and %d more)", n-1)
	}
	return strings.Join(fold(text), "\n") + "\n"
}

// stateLook shows a state: where each CPU stands.
func stateLook(s *invariants.Suite, g *space, id int) attrs {
	m := s.Machine
	state := g.walk.State(g.states[id])
	var lines []string
	for cpu := 1; cpu < m.Scenario.CPUs; cpu++ {
		c := &state.CPU[cpu]
		bits := ""
		if c.Online {
			bits += " online"
		}
		if c.Active {
			bits += " active"
		}
		lines = append(lines, fmt.Sprintf("CPU %d: %s%s", cpu, m.RungName(c.State), bits))
	}
	a := attrs{"shape": "box", "style": "filled,rounded", "fillcolor": colourQuiet}
	switch {
	case len(g.edges[id]) == 0:
		a["fillcolor"], a["peripheries"] = colourStep, "2"
		lines = append(lines, "the end")
		if _, violated := g.walk.Ends(g.states[id]); violated != 0 {
			a["fillcolor"] = colourViolation
			lines[len(lines)-1] = "✖ the end"
		}
	case id == 0:
		a["penwidth"] = "2"
		lines = append(lines, "boot")
	}
	a["label"] = strings.Join(lines, "\n") + "\n"
	return a
}

// LadderGraph writes the ladder of a kernel for graphviz: the states from the top down, who runs the callbacks, and
// which are called on the way up and on the way down.
func LadderGraph(w io.Writer, m *model.Machine) error {
	d := newDotGraph()
	for i := len(m.Ladder) - 1; i >= 0; i-- {
		s := &m.Ladder[i]
		who := "the task that asked"
		a := attrs{"shape": "box", "style": "filled", "fillcolor": colourFault, "width": "3.2"}
		if s.Table == model.AP {
			who = "on the CPU itself"
			a["fillcolor"] = colourStep
		}
		label := fmt.Sprintf("%d  %s\n", s.Number, s.Symbol)
		if s.Name != "" {
			label += s.Name + ", "
		}
		label += s.Table.String() + ": " + who + "\n"
		var flags []string
		if s.SkipOnErr {
			flags = append(flags, "skip_onerr")
		}
		if s.CantStop {
			flags = append(flags, "cant_stop")
		}
		if len(flags) > 0 {
			label += strings.Join(flags, ", ") + "\n"
		}
		a["label"] = label
		d.vertex(fmt.Sprintf("r%02d", i), a)
	}
	for i := len(m.Ladder) - 1; i > 0; i-- {
		s := &m.Ladder[i]
		// The edges are drawn from the top down, so that the ladder stands upright.
		hi, lo := fmt.Sprintf("r%02d", i), fmt.Sprintf("r%02d", i-1)
		label := ""
		if s.Startup != "" {
			label += "▲ " + s.Startup + "()\n"
		}
		if s.Teardown != "" {
			label += "▼ " + s.Teardown + "()\n"
		}
		d.edge(hi, lo, 1, attrs{"dir": "both", "label": label})
	}
	title := fmt.Sprintf(
		"the ladder of %s\n▲ is called on the way up, to reach the upper state; ▼ on the way down, to leave it\n",
		m.Kernel,
	)
	return d.write(w, title, attrs{"ranksep": "0.3"}, nil)
}
