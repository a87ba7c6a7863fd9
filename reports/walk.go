package reports

import (
	"fmt"
	"html/template"
	"slices"
	"strconv"

	"github.com/hpcheck/hpcheck/invariants"
)

// Walk describes steps that somebody took, from the boot: it has the lanes and the arrows of a counterexample, and
// violates nothing that it would speak of.
func Walk(s *invariants.Suite, steps []invariants.Step) *Counterexample {
	c := describe(s, &invariants.Property{}, steps, nil)
	c.Stuck = nil
	for i := range c.Steps {
		c.Steps[i].Violating = steps[i].Violated
	}
	return c
}

// Choice is a step that is possible after a walk, to be drawn on the lane of its thread.
type Choice struct {
	Step     *Step
	Ordinal  int
	Href     string // the address to which a click leads
	Violates bool
}

// Diagram draws the walk, and what is possible after it.
func (c *Counterexample) Diagram(choices []Choice) template.HTML {
	acting := map[string]bool{}
	for _, lane := range c.Lanes {
		acting[lane] = true
	}
	for _, choice := range choices {
		acting[choice.Step.Thread] = true
	}
	drawn := *c
	drawn.Lanes = nil
	for _, t := range c.Tracks {
		if acting[t.Thread] {
			drawn.Lanes = append(drawn.Lanes, t.Thread)
		}
	}
	return template.HTML(drawn.layout(choices...).render(false))
}

// addChoices adds the boxes of what is possible, below everything else: in one row the first of each thread, in the
// next the second.
func (s *swimlane) addChoices() {
	row := len(s.c.Rows())
	nth := map[string]int{}
	for _, choice := range s.choices {
		step := choice.Step
		n := node{class: "possible", to: -1, href: choice.Href, title: "take this step"}
		if step.Fault {
			n.class += " fault"
		}
		if choice.Violates {
			n.class += " violating"
		}
		n.lines("head", foldTo(strconv.Itoa(choice.Ordinal)+"  "+step.Function+"()", s.fold))
		text := step.Label
		if step.Outcome != "" {
			text += " → " + step.Outcome
		}
		if step.Fault {
			text = "⚡ " + text
		}
		n.lines("code", foldTo(text, s.fold))
		if choice.Violates {
			n.lines("bad", []string{"✖ violates a property"})
		}
		s.addNode(n, row+nth[step.Thread], step.Thread)
		nth[step.Thread]++
	}
	slices.SortStableFunc(s.nodes, func(a, b node) int { return a.row - b.row })
}

// The places of the picture of a ladder.
const (
	rungHeight  = 17
	railAt      = 226
	callsAt     = 244
	ladderWidth = 470 // at least
)

// Picture draws where the CPU stands on its ladder, where it goes, what its operation called since it began, and what
// failed. It is as wide as a column of a page.
func (l *Ladder) Picture() template.HTML {
	b := &svgWriter{}
	shown := l.shown()
	height, width := 0, float64(ladderWidth)
	at := map[int]int{} // the height of a rung's middle
	for _, i := range shown {
		at[i] = height + rungHeight/2 + 4
		height += max(1, len(l.notes(i))) * rungHeight
		for _, note := range l.notes(i) {
			width = max(width, callsAt+textWidth(note.text)+8)
		}
	}
	b.tag(`<svg xmlns="http://www.w3.org/2000/svg" class="swim ladder" viewBox="0 0 %.0f %d" width="%.0f" height="%d" `+
		`role="img" aria-label="%s">`+"\n", width, height+8, width, height+8,
		fmt.Sprintf("CPU %d stands at %s and goes to %s", l.CPU, l.Rungs[l.State].Name, l.Rungs[l.Target].Name))
	b.tag(`<line class="rail" x1="%d" y1="4" x2="%d" y2="%d"/>`+"\n", railAt, railAt, height+4)
	if l.State != l.Target {
		b.tag(`<line class="heading" x1="%d" y1="%d" x2="%d" y2="%d"/>`+"\n", railAt, at[l.State], railAt, at[l.Target])
	}
	for _, i := range shown {
		l.rung(b, i, at[i])
	}
	b.WriteString("</svg>\n")
	return template.HTML(b.String())
}

// rung draws a rung: its name, the CPU and its target if they are there, and what was called.
func (l *Ladder) rung(b *svgWriter, i, y int) {
	class := "dim"
	if i == l.State {
		class = "head"
	}
	b.tag(`<text class="%s" x="%d" y="%d" text-anchor="end">%s</text>`, class, railAt-12, y+4, l.Rungs[i].Name)
	b.tag(`<line class="rail" x1="%d" y1="%d" x2="%d" y2="%d"/>`+"\n", railAt-6, y, railAt+6, y)
	if i == l.Target {
		b.tag(`<circle class="target" cx="%d" cy="%d" r="6"><title>st->target</title></circle>`+"\n", railAt, y)
	}
	if i == l.State {
		b.tag(`<circle class="stands" cx="%d" cy="%d" r="4.5"><title>st->state</title></circle>`+"\n", railAt, y)
	}
	for k, note := range l.notes(i) {
		b.tag(`<text class="%s" x="%d" y="%d">%s</text>`+"\n", note.class, callsAt, y+4+k*rungHeight, note.text)
	}
}

// notes says, line by line, what was called on a rung.
func (l *Ladder) notes(i int) []label {
	var notes []label
	for _, call := range []struct {
		*Call
		up bool
	}{{l.Rungs[i].There, l.Up}, {l.Rungs[i].Back, !l.Up}} {
		if call.Call == nil {
			continue
		}
		text := "▼ "
		if call.up {
			text = "▲ "
		}
		if call.Name != "" {
			text += call.Name + "()"
		}
		class := "good"
		switch {
		case call.failed():
			class, text = "fault", text+" ⚡ "+call.Result
		case call.Result == "":
			class, text = "code", text+" …"
		}
		notes = append(notes, label{text: text, class: class})
	}
	if undone := l.Undone(i); undone == Left || undone == PassedOver {
		class, text := "dim", "not called yet: "
		if l.Ended {
			class, text = "bad", "✖ not called: "
		}
		notes = append(notes, label{text: text + l.Rungs[i].Step.Callback(!l.Up) + "()", class: class})
	}
	return notes
}
