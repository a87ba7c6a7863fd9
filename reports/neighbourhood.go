package reports

import (
	"fmt"
	"io"
	"strings"
)

// The most roads that are drawn: of more, most are the same steps in another order, which lead where the trace leads.
const mostRoads = 24

// Neighbourhood writes the counterexample inside the state graph, for graphviz: the trace from top to bottom, and at
// each choice the roads not taken, with where they lead.
func (c *Counterexample) Neighbourhood(w io.Writer) error {
	roads := c.Roads()
	d := newDotGraph()
	drawn := c.choose(roads)
	byStep := map[int][]Road{}
	for _, r := range drawn {
		byStep[r.Step] = append(byStep[r.Step], r)
	}
	joined := map[int]bool{} // states that a road leads back to
	for _, r := range drawn {
		if r.Rejoins >= 0 {
			joined[r.Rejoins] = true
		}
	}
	nodeAt := map[int]string{} // the vertex of the state after a step
	last := c.spine(d, roads, byStep, joined, nodeAt)
	for _, r := range drawn {
		c.drawRoad(d, r, nodeAt)
	}
	d.vertex("violated", attrs{
		"label": "✖ " + c.Property + " is violated\n" + strings.Join(foldWide(c.ends()), "\n") + "\n",
		"shape": "note", "style": "filled", "fillcolor": colourViolation, "penwidth": "2", "color": "#a03020",
	})
	d.edge(last, "violated", 50, attrs{"color": "#a03020", "penwidth": "3"})
	title := fmt.Sprintf("%s on %s: the roads not taken\n%s\n", c.Property, c.Kernel, c.explain(roads, len(drawn)))
	return d.write(w, title, attrs{"nodesep": "0.15", "ranksep": "0.25", "rankdir": "TB"}, nil)
}

// explain says what the picture shows.
func (c *Counterexample) explain(r *Roads, drawn int) string {
	if c.Lasso {
		return "Of a way to wait for ever, the roads not taken are not looked at."
	}
	var text []string
	if r.NoReturn >= 0 {
		text = append(
			text,
			fmt.Sprintf("After step %d the property is violated whatever happens (point of no return).", r.NoReturn),
		)
	} else {
		text = append(text, "Up to the last step there is a road on which the property is not violated.")
	}
	if !r.All {
		text = append(
			text,
			fmt.Sprintf(
				"Looked at %s states and no more: a road that is not known may lead anywhere.",
				Thousands(uint64(r.States)),
			),
		)
	}
	if drawn < len(r.Taken) {
		text = append(
			text,
			fmt.Sprintf(
				"%d roads of %d are drawn: those that lead elsewhere than the trace does.", drawn, len(r.Taken),
			),
		)
	}
	return strings.Join(text, " ")
}

// choose picks the roads that are drawn. If there are too many, those stay that are known to change the
// fate, and then those near the end.
func (c *Counterexample) choose(r *Roads) []Road {
	if len(r.Taken) <= mostRoads {
		return r.Taken
	}
	var chosen []Road
	for _, road := range r.Taken {
		elsewhere := road.Step < len(r.Fates) && road.Fate != r.Fates[road.Step] && road.Fate != FateUnknown
		if road.Violate || elsewhere {
			chosen = append(chosen, road)
		}
	}
	return chosen[max(0, len(chosen)-mostRoads):]
}

// spine draws the trace: a vertex for each state at which there was a choice, or which a road leads to, and returns the
// last.
func (c *Counterexample) spine(
	d *dotGraph,
	r *Roads,
	byStep map[int][]Road,
	joined map[int]bool,
	nodeAt map[int]string,
) string {
	last, from := "", 0
	for i := range r.Fates {
		choice := len(byStep[i+1]) > 0
		if i > 0 && i < len(r.Fates)-1 && !choice && !joined[i] && !c.Steps[i-1].Fault && i != r.NoReturn {
			continue
		}
		name := fmt.Sprintf("s%03d", i)
		nodeAt[i] = name
		a := fateLook(r.Fates[i])
		a["label"] = fmt.Sprintf("after step %d\n%s\n", i, r.Fates[i])
		if i == 0 {
			a["label"] = fmt.Sprintf("boot\n%s\n", r.Fates[i])
		}
		if i == r.NoReturn {
			a["label"] += "POINT OF NO RETURN\n"
			a["penwidth"] = "3"
		}
		d.vertex(name, a)
		if last != "" {
			d.edge(last, name, 50, attrs{"penwidth": "3", "color": "#a03020", "label": c.stretch(from+1, i)})
		}
		last, from = name, i
	}
	return last
}

// stretch names the steps between two states: the last one, and how many there are.
func (c *Counterexample) stretch(from, to int) string {
	s := &c.Steps[to-1]
	text := fmt.Sprintf("%d  %s: %s", s.Number, s.Thread, s.Label)
	if s.Outcome != "" {
		text += " → " + s.Outcome
	}
	if s.Fault {
		text = "⚡ FAULT " + text
	}
	if from < to {
		text = fmt.Sprintf("%d–%s", from, text)
	}
	return strings.Join(fold(text), "\n") + "\n"
}

// drawRoad draws a step that was not taken: back to the trace if that comes to the same state, or to a vertex that says
// where it leads.
func (c *Counterexample) drawRoad(d *dotGraph, r Road, nodeAt map[int]string) {
	from := nodeAt[r.Step-1]
	label := strings.Join(fold(r.Thread+": "+r.Text), "\n") + "\n"
	if r.Rejoins >= 0 && nodeAt[r.Rejoins] != "" && nodeAt[r.Rejoins] != from {
		d.edge(from, nodeAt[r.Rejoins], 1, attrs{"style": "dashed", "color": colourLine, "label": label})
		return
	}
	name := fmt.Sprintf("%s_%d", from, r.Ordinal)
	a := fateLook(r.Fate)
	a["label"] = r.Fate.String()
	if r.Violate {
		a["label"] = "✖ violated too"
	}
	d.vertex(name, a)
	d.edge(from, name, 1, attrs{"style": "dashed", "color": "#606060", "label": label})
}

// fateLook tells the fates apart by shape as well as by colour.
func fateLook(f Fate) attrs {
	switch f {
	case FateMust:
		return attrs{"shape": "octagon", "style": "filled", "fillcolor": colourViolation}
	case FateMay:
		return attrs{"shape": "ellipse", "style": "filled", "fillcolor": colourFault}
	case FateNever:
		return attrs{"shape": "box", "style": "filled", "fillcolor": colourStep}
	}
	return attrs{"shape": "diamond", "style": "dashed"}
}
