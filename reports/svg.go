package reports

import (
	_ "embed"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

//go:embed svg.css
var svgStyle string

// SVG writes the swimlane diagram: a lane for each thread, time downwards, arrows for who lets whom go on. It needs no
// graphviz, and looks right in light and in dark.
func (c *Counterexample) SVG(w io.Writer) error {
	s := c.layout()
	s.titled()
	_, err := io.WriteString(w, s.render(true))
	return err
}

// titled puts a title over the diagram and a legend under it, for a picture that stands alone.
func (s *swimlane) titled() {
	fit := int((s.width - 2*margin) / charWidth)
	t := node{class: "title", rect: rect{margin, margin, s.width - 2*margin, 0}}
	t.lines("head", foldTo(s.c.Property+" on "+s.c.Kernel, fit))
	t.lines("event", foldTo(s.c.Story().Headline, fit))
	t.lines("dim", foldTo(s.c.Scenario, fit))
	for k := range t.labels {
		t.labels[k].rect = rect{t.x, t.y + float64(k)*lineHeight, textWidth(t.labels[k].text), lineHeight}
	}
	t.h = float64(len(t.labels)) * lineHeight
	s.shift(t.h + margin)
	s.nodes = append(s.nodes, t)
	s.height += s.legend(margin, s.height)
}

// shift moves everything down.
func (s *swimlane) shift(d float64) {
	move := func(r *rect) { r.y += d }
	labels := func(ls []label) {
		for i := range ls {
			move(&ls[i].rect)
		}
	}
	labels(s.groups)
	labels(s.heads)
	for i := range s.lanes {
		move(&s.lanes[i].rect)
	}
	for i := range s.lives {
		s.lives[i].from += d
		s.lives[i].to += d
		if s.lives[i].label != nil {
			move(&s.lives[i].label.rect)
		}
	}
	for i := range s.wires {
		for j := range s.wires[i].points {
			s.wires[i].points[j].y += d
		}
	}
	for i := range s.nodes {
		move(&s.nodes[i].rect)
		labels(s.nodes[i].labels)
	}
	move(&s.why.rect)
	labels(s.why.labels)
	s.top += d
	s.height += d
}

// legendWires and legendLives are what the legend explains.
var (
	legendWires = []struct {
		kind ArrowKind
		text string
	}{
		{ArrowCall, "asks it to do something"},
		{ArrowWake, "wakes it"},
		{ArrowComplete, "completes what it waits for"},
		{ArrowEnable, "changes what it waits for"},
	}
	legendLives = []struct {
		life Life
		text string
	}{{Runs, "runs"}, {Sleeps, "sleeps"}, {Parked, "parked"}}
)

// legend draws the legend, as many entries in a line as fit, and returns its height.
func (s *swimlane) legend(x, y float64) float64 {
	start, at := x, y
	place := func(text string) (float64, float64) {
		need := 30 + 6 + textWidth(text) + 18
		if x+need > s.width-margin && x > start {
			x, at = start, at+lineHeight+4
		}
		here := x
		x += need
		l := node{class: "legend"}
		l.labels = []label{{rect{here + 36, at, textWidth(text), lineHeight}, text, "dim"}}
		s.nodes = append(s.nodes, l)
		return here, at + lineHeight/2
	}
	for _, e := range legendWires {
		x, y := place(e.text)
		s.wires = append(s.wires, wire{[]point{{x, y}, {x + 30, y}}, e.kind, e.text})
	}
	for _, e := range legendLives {
		x, y := place(e.text)
		s.lives = append(s.lives, lifeline{x: x + 15, from: y - 6, to: y + 6, life: e.life})
	}
	return at + lineHeight + margin - y
}

// svgWriter writes elements.
type svgWriter struct{ strings.Builder }

func (b *svgWriter) tag(format string, args ...any) {
	for i, a := range args {
		if text, ok := a.(string); ok {
			args[i] = xmlText(text)
		}
	}
	fmt.Fprintf(b, format, args...)
}

// xmlText escapes text. What XML cannot hold becomes a replacement character.
func xmlText(text string) string {
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(text)); err != nil {
		panic(err) // a strings.Builder does not fail
	}
	return b.String()
}

// render writes the diagram; a picture that stands alone brings its style.
func (s *swimlane) render(standalone bool) string {
	b := &svgWriter{}
	b.tag(
		`<svg xmlns="http://www.w3.org/2000/svg" class="swim" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" `+
			`role="img" aria-label="%s">`+"\n",
		s.width,
		s.height,
		s.width,
		s.height,
		s.about(),
	)
	if standalone {
		b.WriteString("<style>\n" + plainStyle(svgStyle) + "</style>\n")
		b.tag(`<rect class="paper" width="%.0f" height="%.0f"/>`+"\n", s.width, s.height)
	}
	svgDefs(b, s.c.Property)
	for _, l := range s.lanes {
		b.tag(`<rect class="lane" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`+"\n", l.x, l.y, l.w, l.h)
	}
	for i := range s.groups {
		g := &s.groups[i]
		b.tag(`<line class="group" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`, g.x, g.bottom(), g.right(), g.bottom())
		b.centred(g)
	}
	for i := range s.heads {
		h := &s.heads[i]
		b.tag(`<rect class="lanehead" x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="4"/>`, h.x, h.y, h.w, h.h)
		b.centred(h)
	}
	for i := range s.lives {
		s.lives[i].render(b, s.c.Property)
	}
	for i := range s.wires {
		s.wires[i].render(b, s.c.Property)
	}
	for i := range s.nodes {
		s.nodes[i].render(b)
	}
	if s.c.Property != "" {
		s.why.render(b)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// about says what the diagram shows, for who does not see it.
func (s *swimlane) about() string {
	if s.c.Property == "" {
		return fmt.Sprintf("swimlane diagram of %d steps, and of what is possible after them", len(s.c.Steps))
	}
	return "swimlane diagram: " + s.c.Story().Headline
}

// svgDefs are the heads of the arrows, and the stripes of a parked thread. A page has several diagrams, so their names
// begin with one of the diagram's.
func svgDefs(b *svgWriter, prefix string) {
	b.WriteString("<defs>\n")
	for _, e := range legendWires {
		b.tag(
			`<marker id="%s-%s" class="head %s" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" `+
				`markerHeight="7" orient="auto"><path d="M0,0 L10,5 L0,10 z"/></marker>`+"\n",
			prefix,
			string(e.kind),
			string(e.kind),
		)
	}
	b.tag(`<pattern id="%s-stripes" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">`+
		`<rect class="stripe-gap" width="6" height="6"/><rect class="stripe" width="3" height="6"/></pattern>`+
		"\n</defs>\n", prefix)
}

// centred writes a label in the middle of its place.
func (b *svgWriter) centred(l *label) {
	b.tag(
		`<text class="%s" x="%.1f" y="%.1f" text-anchor="middle">%s</text>`+"\n",
		l.class,
		l.middle(),
		l.y+l.h/2+4,
		l.text,
	)
}

func (l *lifeline) render(b *svgWriter, prefix string) {
	switch l.life {
	case Parked:
		b.tag(
			`<rect class="life parked" x="%.1f" y="%.1f" width="9" height="%.1f" fill="url(#%s-stripes)">`+
				`<title>parked</title></rect>`+"\n",
			l.x-4.5,
			l.from,
			l.to-l.from,
			prefix,
		)
	case Absent:
		return
	default:
		b.tag(
			`<line class="life %s" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`+"\n",
			string(l.life),
			l.x,
			l.from,
			l.x,
			l.to,
		)
	}
	if l.label != nil {
		b.tag(
			`<text class="%s" x="%.1f" y="%.1f">%s</text>`+"\n",
			l.label.class,
			l.label.x,
			l.label.y+lineHeight-3,
			l.label.text,
		)
	}
}

func (w *wire) render(b *svgWriter, prefix string) {
	var path strings.Builder
	for i, p := range w.points {
		fmt.Fprintf(&path, "%c%.1f,%.1f ", "ML"[min(i, 1)], p.x, p.y)
	}
	b.tag(`<path class="wire %s" d="%s" marker-end="url(#%s-%s)"><title>%s</title></path>`+"\n",
		string(w.kind), strings.TrimSpace(path.String()), prefix, string(w.kind), w.title)
}

func (n *node) render(b *svgWriter) {
	if n.href != "" {
		b.tag(`<a href="%s">`, n.href)
	}
	b.tag(`<g class="node %s"`, n.class)
	if n.from > 0 {
		b.tag(` data-from="%d" data-to="%d"`, n.from, n.to)
	}
	b.WriteString(">")
	if n.title != "" {
		b.tag(`<title>%s</title>`, n.title)
	}
	if n.class != "title" && n.class != "legend" {
		b.tag(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="5"/>`, n.x, n.y, n.w, n.h)
	}
	for _, l := range n.labels {
		b.tag(
			`<text class="%s" x="%.1f" y="%.1f" xml:space="preserve">%s</text>`,
			l.class,
			l.x,
			l.y+lineHeight-3,
			l.text,
		)
	}
	b.WriteString("</g>")
	if n.href != "" {
		b.WriteString("</a>")
	}
	b.WriteString("\n")
}

// plainStyle is a style without variables, which nothing but a browser knows: the rules with the colours of light, and
// once more with those of dark for whoever asks for them.
func plainStyle(style string) string {
	light, rest, _ := strings.Cut(style, "}\n")
	dark, rules, _ := strings.Cut(rest, "}\n}\n")
	coloured := func(set string) string {
		var pairs []string
		for _, declaration := range strings.Split(set[strings.LastIndex(set, "{")+1:], ";") {
			if name, value, ok := strings.Cut(strings.TrimSpace(declaration), ":"); ok {
				pairs = append(pairs, "var("+name+")", strings.TrimSpace(value))
			}
		}
		return strings.NewReplacer(pairs...).Replace(rules)
	}
	return coloured(light) + "@media (prefers-color-scheme: dark) {\n" + coloured(dark) + "}\n"
}
