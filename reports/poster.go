package reports

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/model"
)

// The places of the poster, in the pixels of its own coordinates: it is twice as large when it is drawn.
const (
	posterWidth  = 860
	posterScale  = 1.6
	nameColumn   = margin
	thereColumn  = 250
	backColumn   = 470
	endColumn    = 690
	callWidth    = 196
	rungGap      = 14
	columnSpaces = 27 // characters in a box of a callback
)

// poster is a page with everything placed.
type poster struct {
	c      *Counterexample
	l      *Ladder
	height float64
	nodes  []node
	labels []label
	wires  []wire
	rails  []float64 // heights of the lines of the rungs
}

// Poster writes one page for a talk or a mail: the rule that was broken, where and by whom; the ladder, with what the
// operation called on its way, what failed, what was taken back and what was not; and what is left.
func (c *Counterexample) Poster(w io.Writer) error {
	_, err := io.WriteString(w, c.poster().render(true))
	return err
}

// focus is the operation that the poster shows: the one in which something fails last, or the last one; and a CPU that
// it moves.
func (c *Counterexample) focus() (cpu, until int) {
	cpu, until = 1, len(c.Steps)
	for i := range c.Steps {
		if c.Steps[i].Fault {
			until = c.Steps[i].Number
		}
	}
	for i := range c.Steps[:until] {
		for _, e := range c.Steps[i].Events {
			if e.CPU > 0 && (e.Kind == model.EventCall || e.Rung >= 0) {
				cpu = e.CPU
			}
		}
	}
	return cpu, until
}

func (c *Counterexample) poster() *poster {
	cpu, until := c.focus()
	p := &poster{c: c, l: NewLadder(c.suite.Machine, c.Steps, cpu, until), height: margin}
	p.text(margin, "title", "✖ "+c.Property, 70)
	p.height += 8
	p.text(margin, "dim", c.Kernel+": "+c.Scenario, 120)
	p.height += 6
	p.text(margin, "big", "The rule: "+c.Doc+".", 102)
	p.height += 4
	p.text(margin, "big", c.headline(), 102)
	p.height += 10
	if p.l.touched() {
		p.ladder()
	} else {
		p.story()
	}
	p.left()
	p.height += margin
	return p
}

// text places lines of text one below the other.
func (p *poster) text(x float64, class, text string, width int) {
	for _, line := range foldTo(text, width) {
		if class != "code" {
			line = strings.TrimSpace(line) // it is prose
		}
		size := float64(lineHeight)
		switch class {
		case "title":
			size = 24
		case "big":
			size = 17
		}
		p.labels = append(p.labels, label{rect{x, p.height, textWidth(line), size}, line, class})
		p.height += size
	}
}

// shown are the rungs that are drawn, from the top: where something was called or the CPU stood, and those between
// that have a callback for it.
func (l *Ladder) shown() []int {
	low, high := min(l.Began, l.State, l.Target), max(l.Began, l.State, l.Target)
	for i := range l.Rungs {
		if l.Rungs[i].There != nil || l.Rungs[i].Back != nil {
			low, high = min(low, i), max(high, i)
		}
	}
	var shown []int
	for i := high; i >= max(0, low); i-- {
		r := &l.Rungs[i]
		if i == l.Began || i == l.State || i == l.Target || r.There != nil || r.Back != nil ||
			r.Step.Callback(l.Up) != "" || l.Undone(i) == PassedOver {
			shown = append(shown, i)
		}
	}
	return shown
}

// ladder places the rungs, and an arrow along what was called each way.
func (p *poster) ladder() {
	l := p.l
	way, back := "down the ladder", "back up"
	if l.Up {
		way, back = "up the ladder", "back down"
	}
	head := func(x float64, text string) {
		p.labels = append(p.labels, label{rect{x, p.height, textWidth(text), lineHeight}, text, "head"})
	}
	head(nameColumn, fmt.Sprintf("the ladder of CPU %d", l.CPU))
	if l.Op != "" {
		head(thereColumn, l.Op+", "+way)
		head(backColumn, "undone, "+back)
	}
	head(endColumn, "in the end")
	p.height += lineHeight + 6
	var there, undo []node
	for _, i := range l.shown() {
		r := &l.Rungs[i]
		top := p.height
		at := rect{nameColumn, top + padding, textWidth(r.Name), lineHeight}
		p.labels = append(p.labels, label{at, r.Name, "code"})
		bottom := top + lineHeight + 2*padding
		if r.There != nil {
			n := p.call(thereColumn, top, r.There, l.class(i))
			there, bottom = append(there, n), max(bottom, n.bottom())
		} else if name := r.Step.Callback(l.Up); name != "" && l.Op != "" {
			p.labels = append(p.labels, label{
				rect{thereColumn + padding, top + padding, textWidth(name), lineHeight}, name, "dim",
			})
		}
		if r.Back != nil {
			n := p.call(backColumn, top, r.Back, "undone")
			undo, bottom = append(undo, n), max(bottom, n.bottom())
		} else {
			bottom = max(bottom, p.missing(top, i))
		}
		bottom = max(bottom, p.stands(i, top))
		p.height = bottom + rungGap
		p.rails = append(p.rails, p.height-rungGap/2)
	}
	p.arrows(there, l.Up, ArrowCall)
	p.arrows(undo, !l.Up, ArrowComplete)
}

// touched reports whether anything was called on the ladder.
func (l *Ladder) touched() bool {
	return slices.ContainsFunc(l.Rungs, func(r Rung) bool { return r.There != nil || r.Back != nil })
}

// story tells what happened where no callback is part of it, as in a cycle of readers.
func (p *poster) story() {
	p.text(margin, "head", "what happens", 40)
	p.height += 4
	const text = margin + 11*charWidth // beside the numbers of the steps
	for _, s := range p.c.Story().Sentences {
		top := p.height
		at := rect{text - textWidth(s.Steps()) - 2*charWidth, top, textWidth(s.Steps()), lineHeight}
		p.labels = append(p.labels, label{at, s.Steps(), "dim"})
		p.text(text, "code", s.Text, 110)
		p.height += 3
	}
	p.height += 6
}

// class is the look of a callback on the operation's way.
func (l *Ladder) class(i int) string {
	switch undone := l.Undone(i); {
	case undone == Failing:
		return "fault"
	case undone == Left && l.Ended:
		return "violating"
	}
	return "step"
}

// missing says why nothing took back what was called on a rung, and returns where that ends.
func (p *poster) missing(top float64, i int) float64 {
	text, class := "", "dim"
	undo := p.l.Rungs[i].Step.Callback(!p.l.Up) + "()"
	switch undone := p.l.Undone(i); {
	case (undone == Left || undone == PassedOver) && p.l.Ended:
		text, class = "✖ not called: "+undo, "bad"
	case undone == Left || undone == PassedOver:
		text = "not called yet: " + undo
	case undone == SkipOnErr:
		text = "skip_onerr: no undo"
	case undone == NoUndo:
		text = "nothing to undo"
	}
	if text == "" {
		return top
	}
	lines := foldTo(text, columnSpaces-1)
	for k, line := range lines {
		at := rect{backColumn, top + padding + float64(k)*lineHeight, textWidth(line), lineHeight}
		p.labels = append(p.labels, label{at, line, class})
	}
	return top + float64(len(lines))*lineHeight + 2*padding
}

// stands says, beside a rung, where the CPU stands, and returns where that ends.
func (p *poster) stands(i int, y float64) float64 {
	y += padding
	for _, mark := range []struct {
		is          bool
		text, class string
	}{
		{i == p.l.Began && p.l.Op != "", "began here", "dim"},
		{i == p.l.State, "◀ st->state", "head"},
		{i == p.l.Target, "◁ st->target", "code"},
	} {
		if mark.is {
			at := rect{endColumn, y, textWidth(mark.text), lineHeight}
			p.labels = append(p.labels, label{at, mark.text, mark.class})
			y += lineHeight
		}
	}
	return y + padding
}

// steps names the steps from the call to the return.
func (c *Call) steps() string {
	s := Sentence{From: c.From, To: c.To}
	if c.From == c.To {
		return "step " + s.Steps()
	}
	return "steps " + s.Steps()
}

// call is the box of a callback.
func (p *poster) call(x, y float64, c *Call, class string) node {
	n := node{class: class} // it is no box of the diagram, which follows steps
	if c.Name != "" {
		n.lines("code", foldTo(c.Name+"()", columnSpaces))
		n.lines("dim", []string{c.steps()})
	}
	for _, fault := range c.Faults {
		n.lines("fault", foldTo("⚡ "+fault, columnSpaces))
	}
	if c.Result != "" && c.Result != "0" {
		n.lines("fault", []string{"✖ returns " + c.Result})
	}
	if c.Result == "" && c.Name != "" {
		n.lines("bad", []string{"has not returned"})
	}
	n.rect = rect{x, y, callWidth, float64(len(n.labels))*lineHeight + 2*padding}
	for k := range n.labels {
		n.labels[k].rect = rect{
			x + padding, y + padding + float64(k)*lineHeight, textWidth(n.labels[k].text), lineHeight,
		}
	}
	p.nodes = append(p.nodes, n)
	return n
}

// arrows draws which way the callbacks follow each other: the boxes stand from the top down.
func (p *poster) arrows(nodes []node, up bool, kind ArrowKind) {
	for i := range nodes[:max(0, len(nodes)-1)] {
		x := nodes[i].right() - 14 // beside what is written between the boxes
		a, b := point{x, nodes[i].bottom()}, point{x, nodes[i+1].y}
		if up {
			a, b = b, a
		}
		p.wires = append(p.wires, wire{points: []point{a, b}, kind: kind, title: "then"})
	}
}

// left is the note at the end: what is false, and which threads of a CPU that is online are parked.
func (p *poster) left() {
	n := node{class: "why"}
	n.lines("head", []string{"In the end"})
	for _, clause := range p.c.Clauses {
		n.lines("event", foldTo("✖ "+clause.Text, 118))
	}
	var parked []string
	for _, t := range p.c.Tracks {
		if t.CPU == p.l.CPU && p.l.Online && len(t.Spans) > 0 && t.Spans[len(t.Spans)-1].Life == Parked {
			parked = append(parked, t.Thread)
		}
	}
	if len(parked) > 0 {
		n.lines("fault", foldTo("parked to the end: "+strings.Join(parked, ", "), 118))
	}
	n.rect = rect{margin, p.height + 4, posterWidth - 2*margin, float64(len(n.labels))*lineHeight + 2*padding}
	for k := range n.labels {
		n.labels[k].rect = rect{
			n.x + padding, n.y + padding + float64(k)*lineHeight, textWidth(n.labels[k].text), lineHeight,
		}
	}
	p.nodes = append(p.nodes, n)
	p.height = n.bottom() + 8
	p.text(margin, "dim", "Again: "+p.c.command(), 120)
}

// render writes the page; one that stands alone brings its style.
func (p *poster) render(standalone bool) string {
	b := &svgWriter{}
	b.tag(`<svg xmlns="http://www.w3.org/2000/svg" class="swim poster" viewBox="0 0 %d %.0f" width="%.0f" `+
		`height="%.0f" role="img" aria-label="%s">`+"\n",
		posterWidth, p.height, posterWidth*posterScale, p.height*posterScale, p.c.Property+": "+p.c.headline())
	if standalone {
		b.WriteString("<style>\n" + plainStyle(svgStyle) + "</style>\n")
		b.tag(`<rect class="paper" width="%d" height="%.0f"/>`+"\n", posterWidth, p.height)
	}
	prefix := "poster-" + p.c.Property
	svgDefs(b, prefix)
	for _, y := range p.rails {
		b.tag(`<line class="rail" x1="%d" y1="%.1f" x2="%d" y2="%.1f"/>`+"\n", margin, y, posterWidth-margin, y)
	}
	for i := range p.wires {
		p.wires[i].render(b, prefix)
	}
	for i := range p.nodes {
		p.nodes[i].render(b)
	}
	for i := range p.labels {
		l := &p.labels[i]
		b.tag(`<text class="%s" x="%.1f" y="%.1f" xml:space="preserve">%s</text>`+"\n", l.class, l.x, l.y+l.h-4, l.text)
	}
	b.WriteString("</svg>\n")
	return b.String()
}
