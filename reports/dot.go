package reports

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/model"
)

// DOT writes a counterexample as a swimlane diagram for graphviz: a lane for each thread, time downwards, a box for
// each step that matters and one for each stretch of others, arrows for who lets whom go on.
func (c *Counterexample) DOT(w io.Writer) error {
	d := newDiagram(c)
	d.header()
	rows := c.Rows()
	for i := range rows {
		d.row(i, &rows[i])
	}
	d.signals(rows)
	d.again(rows)
	d.verdict(len(rows))
	return d.write(w)
}

// diagram is a graph on a grid: rows are moments, columns are lanes. Every crossing has a vertex, so that the lanes are
// straight; most are points on the lifeline.
type diagram struct {
	*dotGraph
	c     *Counterexample
	ranks []string // statements that put the vertices of a row on one line
}

// Colours that stay apart for those who can't tell red from green; what they say is written as well.
const (
	colourQuiet     = "#f4f4f4"
	colourStep      = "#dce9f7"
	colourFault     = "#ffd37a"
	colourViolation = "#f7b2a8"
	colourLine      = "#b0b0b0"
	colourSignal    = "#2f6f9f"
)

func newDiagram(c *Counterexample) *diagram {
	return &diagram{dotGraph: newDotGraph(), c: c}
}

func cell(row, lane int) string { return fmt.Sprintf("r%03d_%02d", row, lane) }

// header is the row of the lanes' names.
func (d *diagram) header() {
	for lane, name := range d.c.Lanes {
		d.vertex(cell(0, lane), attrs{
			"label": d.c.laneName(name), "shape": "box", "style": "filled,bold", "fillcolor": "white",
		})
		if lane > 0 {
			d.edge(cell(0, lane-1), cell(0, lane), 1, attrs{"style": "invis"})
		}
	}
	d.sameRank(0)
}

func (d *diagram) sameRank(row int) {
	var cells []string
	for lane := range d.c.Lanes {
		cells = append(cells, `"`+cell(row, lane)+`"`)
	}
	d.ranks = append(d.ranks, "\t{ rank=same; "+strings.Join(cells, "; ")+"; }")
}

// row draws a row: a box in the lane of the thread that acts, points in the others.
func (d *diagram) row(i int, row *Row) {
	lane := d.lane(row)
	for l := range d.c.Lanes {
		if l == lane {
			d.vertex(cell(i+1, l), row.box())
		} else {
			d.vertex(cell(i+1, l), attrs{"shape": "point", "width": "0.03", "color": colourLine})
		}
		d.edge(cell(i, l), cell(i+1, l), 50, attrs{"arrowhead": "none", "color": colourLine})
	}
	d.sameRank(i + 1)
}

// lane is the column of a row: that of the thread which acts last.
func (d *diagram) lane(row *Row) int {
	return slices.Index(d.c.Lanes, row.Steps[len(row.Steps)-1].Thread)
}

// box is the look of a row's box.
func (r *Row) box() attrs {
	a := attrs{"shape": "box", "style": "filled,rounded", "fillcolor": colourStep}
	if r.Quiet() {
		a["label"], a["fillcolor"], a["fontcolor"] = r.quietLabel(), colourQuiet, "#606060"
		return a
	}
	s := &r.Steps[0]
	lines := []string{fmt.Sprintf("%d  %s()", s.Number, s.Function)}
	switch {
	case s.Turns:
		lines[0] = "FROM HERE FOR EVER  " + lines[0]
		a["fillcolor"], a["peripheries"], a["penwidth"] = colourViolation, "2", "2"
	case s.Violating:
		lines[0] = "VIOLATED  " + lines[0]
		a["fillcolor"], a["peripheries"], a["penwidth"] = colourViolation, "2", "2"
	case s.Fault:
		lines[0] = "FAULT  " + lines[0]
		a["fillcolor"], a["penwidth"] = colourFault, "2"
	}
	label := s.Label
	if s.Outcome != "" {
		label += " -> " + s.Outcome
	}
	lines = append(lines, fold(label)...)
	for _, e := range s.Events {
		if !signal(e.Kind) && e.Kind != model.EventFault {
			lines = append(lines, fold(e.Text)...)
		}
	}
	for _, ch := range s.Changes {
		lines = append(lines, fold(fmt.Sprintf("%s: %s → %s", ch.Name, ch.Old, ch.New))...)
	}
	a["label"] = strings.Join(lines, "\n") + "\n"
	return a
}

// quietLabel says which steps a row stands for, and who makes them if that is more than one thread.
func (r *Row) quietLabel() string {
	first, last := &r.Steps[0], &r.Steps[len(r.Steps)-1]
	if first == last {
		return fmt.Sprintf("%d  %s()\n%s\n", first.Number, first.Function, strings.Join(fold(first.Label), "\n"))
	}
	lines := []string{fmt.Sprintf("%d to %d", first.Number, last.Number)}
	if shares := r.Shares(); len(shares) > 1 {
		for _, s := range shares {
			lines = append(lines, fmt.Sprintf("%s: %s", s.Thread, steps(s.Steps)))
		}
	} else {
		lines = append(lines, fold(first.Function+"() ... "+last.Function+"()")...)
	}
	return strings.Join(lines, "\n") + "\n"
}

// fold breaks a line that is too wide for a lane.
func fold(text string) []string {
	const width = 44
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = "    "
		} else if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

// signal reports whether an event is a hint from one thread to another, drawn as an arrow.
func signal(k model.EventKind) bool {
	switch k {
	case model.EventWake, model.EventRequest, model.EventComplete, model.EventConsume:
		return true
	}
	return false
}

// arrowLook tells the kinds of arrows apart by their line as well as by their colour.
var arrowLook = map[ArrowKind]attrs{
	ArrowCall:     {"color": "#005b9a", "penwidth": "2"},
	ArrowWake:     {"color": colourSignal, "penwidth": "1.5", "arrowhead": "empty"},
	ArrowComplete: {"color": "#007a5a", "penwidth": "1.5", "style": "dashed"},
	ArrowEnable:   {"color": "#808080", "style": "dotted"},
}

// signals draws an arrow from each step that lets another thread go on to the row in which that thread does. Where
// several threads act in a row, an arrow begins or ends at the lane.
func (d *diagram) signals(rows []Row) {
	rowOf := map[int]int{}
	for i := range rows {
		for j := range rows[i].Steps {
			rowOf[rows[i].Steps[j].Number] = i + 1
		}
	}
	drawn := map[[2]string]bool{}
	for _, a := range d.c.Arrows {
		from := cell(rowOf[a.From], slices.Index(d.c.Lanes, d.c.Steps[a.From-1].Thread))
		to := cell(rowOf[a.To], slices.Index(d.c.Lanes, d.c.Steps[a.To-1].Thread))
		if rowOf[a.From] == rowOf[a.To] || drawn[[2]string{from, to}] {
			continue
		}
		drawn[[2]string{from, to}] = true
		look := maps.Clone(arrowLook[a.Kind])
		look["constraint"], look["tooltip"] = "false", fmt.Sprintf("%s: %s", a.Kind, a.Text)
		d.edge(from, to, 1, look)
	}
}

// again is the way back from the last row to where what is repeated for ever begins.
func (d *diagram) again(rows []Row) {
	for i := range rows {
		if rows[i].Steps[0].Turns {
			d.edge(cell(len(rows), d.lane(&rows[len(rows)-1])), cell(i+1, d.lane(&rows[i])), 1, attrs{
				"color":      "#a03020",
				"penwidth":   "3",
				"constraint": "false",
				"headport":   "e",
				"tailport":   "e",
				"label":      "again, for ever",
				"fontcolor":  "#a03020",
			})
		}
	}
}

// verdict is a note at the end: what is false.
func (d *diagram) verdict(rows int) {
	var lines []string
	for _, clause := range d.c.Clauses {
		lines = append(lines, foldWide(clause.Text)...)
		for _, v := range clause.Vars {
			lines = append(lines, fmt.Sprintf("    %s = %s, %s", v.Name, v.Value, d.c.writer(v)))
		}
	}
	d.vertex("why", attrs{
		"shape": "note", "style": "filled", "fillcolor": "white", "color": "#a03020", "penwidth": "2",
		"label": "why " + d.c.Property + " is violated\n" + strings.Join(lines, "\n") + "\n",
	})
	lane := 0
	if n := len(d.c.Steps); n > 0 {
		lane = slices.Index(d.c.Lanes, d.c.Steps[n-1].Thread)
	}
	d.edge(cell(rows, lane), "why", 1, attrs{"color": "#a03020", "arrowhead": "none"})
}

// foldWide breaks a sentence for the note.
func foldWide(text string) []string {
	var b strings.Builder
	wrap(&b, "", "  ", text)
	return strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
}

// write renders the diagram.
func (d *diagram) write(w io.Writer) error {
	title := fmt.Sprintf("%s: %s\n%s\n", d.c.Property, d.c.Doc, "kernel "+d.c.Kernel+": "+d.c.Scenario)
	return d.dotGraph.write(w, title, attrs{"nodesep": "0.25", "ranksep": "0.18", "splines": "line"}, d.ranks)
}
