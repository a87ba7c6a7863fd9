package reports

import (
	"fmt"
	"io"
	"strings"
)

// mostAlternatives is how many are drawn: of more, most are the same steps in another order, which lead where the trace
// leads.
const mostAlternatives = 24

// roomy is the margin of a box, in inches: fonts are wider elsewhere than graphviz takes them for.
const roomy = "0.2,0.06"

// Neighbourhood writes the counterexample inside the state graph, for graphviz: the trace from top to bottom, and at
// each choice the alternatives, with where they lead. No edge has a label, which graphviz would write over others: what
// a step does stands in the box that it leads to.
func (c *Counterexample) Neighbourhood(w io.Writer) error {
	alternatives := c.Alternatives()
	d := newDotGraph()
	drawn := c.choose(alternatives)
	last := c.spine(d, alternatives, drawn)
	for i := range drawn {
		drawn[i].draw(d)
	}
	d.vertex("violated", attrs{
		"label": "✖ " + c.Property + " is violated\n" + strings.Join(foldWide(c.ends()), "\n") + "\n",
		"shape": "note", "style": "filled", "fillcolor": colourViolation, "penwidth": "2", "color": "#a03020",
		"margin": roomy,
	})
	d.edge(last, "violated", 50, attrs{"color": "#a03020", "penwidth": "3"})
	title := fmt.Sprintf(
		"%s on %s: the alternatives at each step\n%s\n", c.Property, c.Kernel,
		strings.Join(foldWide(c.explain(alternatives, len(drawn))), "\n"),
	)
	return d.write(w, title, attrs{"nodesep": "0.2", "ranksep": "0.25", "rankdir": "TB"}, nil)
}

// explain says what the picture shows.
func (c *Counterexample) explain(a *Alternatives, drawn int) string {
	if c.Lasso {
		return "Of a lasso, the alternatives are not looked at."
	}
	text := "Up to the last step there is a schedule that does not violate the property."
	if a.NoReturn >= 0 {
		text = fmt.Sprintf("After step %d every schedule violates the property (point of no return).", a.NoReturn)
	}
	if !a.Complete {
		text += fmt.Sprintf(
			" Looked at %s states and no more: an alternative that is not known may lead anywhere.",
			Thousands(uint64(a.States)),
		)
	}
	if drawn < len(a.Untaken) {
		text += fmt.Sprintf(
			" %d alternatives in %d boxes: what stays possible for several steps is one, and of many, those are left "+
				"out that lead where the trace leads.", len(a.Untaken), drawn,
		)
	}
	return text
}

// choose picks the alternatives that are shown. One that stays possible while others act, and leads to the same, is
// one. If there are too many, those stay that lead elsewhere than the trace, and of these the last.
func (c *Counterexample) choose(a *Alternatives) []Alternative {
	merged := merge(a.Untaken)
	if len(merged) <= mostAlternatives {
		return merged
	}
	var chosen []Alternative
	for _, alternative := range merged {
		elsewhere := alternative.Step < len(a.Prospects) && alternative.Prospect != a.Prospects[alternative.Step] &&
			alternative.Prospect != Unexplored
		if alternative.Violate || elsewhere {
			chosen = append(chosen, alternative)
		}
	}
	return chosen[max(0, len(chosen)-mostAlternatives):]
}

// merge makes one of an alternative that is possible at several steps after each other, with the same prospect.
func merge(all []Alternative) []Alternative {
	var merged []Alternative
	type what struct {
		thread, text string
		prospect     Prospect
		violate      bool
	}
	at := map[what]int{}
	for _, a := range all {
		key := what{a.Thread, a.Text, a.Prospect, a.Violate}
		if i, ok := at[key]; ok && merged[i].Until == a.Step-1 && merged[i].Rejoins < 0 && a.Rejoins < 0 {
			merged[i].Until = a.Step
			continue
		}
		at[key] = len(merged)
		merged = append(merged, a)
	}
	return merged
}

// spine draws the trace: a box for each state at which an alternative begins, for a fault, the point of no return and
// both ends. It returns the last.
func (c *Counterexample) spine(d *dotGraph, a *Alternatives, drawn []Alternative) string {
	choice := map[int]bool{}
	for i := range drawn {
		choice[drawn[i].Step-1] = true
	}
	last, from := "", 0
	for i := range a.Prospects {
		if i > 0 && i < len(a.Prospects)-1 && !choice[i] && !c.Steps[i-1].Fault && i != a.NoReturn {
			continue
		}
		name := spineName(i)
		look := a.Prospects[i].look()
		look["label"], look["margin"] = "boot\n", roomy
		if i > 0 {
			look["label"] = c.stretch(from+1, i)
		}
		look["label"] += a.Prospects[i].icon() + " " + a.Prospects[i].String() + "\n"
		if i == a.NoReturn {
			look["label"] += "POINT OF NO RETURN\n"
			look["penwidth"] = "3"
		}
		d.vertex(name, look)
		if last != "" {
			d.edge(last, name, 50, attrs{"penwidth": "3", "color": "#a03020"})
		}
		last, from = name, i
	}
	return last
}

func spineName(step int) string { return fmt.Sprintf("s%03d", step) }

// stretch names the steps between two states: the last one, and how many there are.
func (c *Counterexample) stretch(from, to int) string {
	s := &c.Steps[to-1]
	text := fmt.Sprintf("%d  %s: %s", s.Number, s.Thread, s.Label)
	if s.Outcome != "" {
		text += " → " + s.Outcome
	}
	if from < to {
		text = fmt.Sprintf("%d–%s", from, text)
	}
	if s.Fault {
		text = "⚡ FAULT " + text
	}
	return strings.Join(fold(text), "\n") + "\n"
}

// draw draws a step that was not taken, in a box that says where it leads.
func (a *Alternative) draw(d *dotGraph) {
	from := spineName(a.Step - 1)
	name := fmt.Sprintf("%s_%d", from, a.Ordinal)
	look := a.Prospect.look()
	lines := append(fold("or "+a.Thread+": "+a.Text), fold(a.Leads())...)
	if a.Until > a.Step {
		lines = append(lines, "(instead of any of the steps "+a.Instead()+")")
	}
	look["label"], look["margin"] = strings.Join(lines, "\n")+"\n", roomy
	d.vertex(name, look)
	d.edge(from, name, 1, attrs{"style": "dashed", "color": "#606060"})
}

// look tells the prospects apart by shape as well as by colour; a sign says it once more.
func (p Prospect) look() attrs {
	switch p {
	case Inevitable:
		return attrs{
			"shape": "box", "style": "filled", "fillcolor": colourViolation, "color": "#a03020", "peripheries": "2",
		}
	case Possible:
		return attrs{"shape": "box", "style": "filled,rounded", "fillcolor": colourFault}
	case Impossible:
		return attrs{"shape": "box", "style": "filled", "fillcolor": colourStep}
	}
	return attrs{"shape": "box", "style": "dashed"}
}
