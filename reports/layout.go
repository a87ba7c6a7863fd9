package reports

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hpcheck/hpcheck/model"
)

// The swimlane diagram needs no layout engine: rows are moments and columns are threads, so every place can be
// computed. Text is in a fixed-width font, whose advance is at most charWidth wherever it is drawn; that is all that
// must be known of it.

const (
	charWidth  = 6.75 // of the 11 pixel font
	lineHeight = 14
	padding    = 6
	laneGap    = 10
	rowGap     = 18
	margin     = 12
	quietFold  = 26  // characters of a line in a box in which nothing happens that matters
	fits       = 962 // in a window of 1280 pixels, beside the panel, with letters of 10 pixels
	minLane    = 106
	maxWhy     = 150
)

// folds are the lengths of lines in a box, in characters, that are tried until the diagram fits.
var folds = []int{40, 36, 32, 30, 28, 26}

// rect is a rectangle, its upper left corner first.
type rect struct{ x, y, w, h float64 }

func (r rect) right() float64  { return r.x + r.w }
func (r rect) bottom() float64 { return r.y + r.h }
func (r rect) middle() float64 { return r.x + r.w/2 }

// label is a line of text in its place.
type label struct {
	rect
	text  string
	class string
}

// node is a box of the diagram.
type node struct {
	rect
	class    string
	lane     int
	row      int
	from, to int // steps
	labels   []label
	title    string
	href     string // where a click leads
}

// wire is an arrow: its corners, and what it says.
type wire struct {
	points []point
	kind   ArrowKind
	title  string
}

type point struct{ x, y float64 }

// lifeline is a stretch of a lane in which its thread's life is the same.
type lifeline struct {
	x, from, to float64
	life        Life
	label       *label
}

// lane is a column.
type lane struct {
	rect
	thread string
	cpu    int
}

// swimlane is a diagram with every place computed.
type swimlane struct {
	c             *Counterexample
	width, height float64
	lanes         []lane
	groups        []label // the CPUs over the lanes
	heads         []label
	lives         []lifeline
	wires         []wire
	nodes         []node
	why           node
	top           float64 // where the lanes begin
	choices       []Choice
	fold          int // characters of a line in a box

	rowOf []int // of each step
	rows  []rowSpan
}

// rowSpan is the height that a row takes.
type rowSpan struct{ top, bottom float64 }

// layout computes the diagram, with what is possible after it. Its lines are as long as they may be for it to fit: a
// diagram that is shrunk instead cannot be read.
func (c *Counterexample) layout(choices ...Choice) *swimlane {
	var s *swimlane
	for _, fold := range folds {
		s = &swimlane{c: c, choices: choices, fold: fold, rowOf: make([]int, len(c.Steps)+1), top: margin}
		if s.place(); s.width <= fits {
			break
		}
	}
	return s
}

// place computes every place.
func (s *swimlane) place() {
	s.addNodes()
	s.addStuck()
	s.addChoices()
	s.placeLanes()
	s.placeNodes()
	s.addLives()
	s.addWires()
	s.addAgain()
	if s.c.Property != "" {
		s.addWhy()
	}
}

// addNodes makes a box for each row, and one for each thread of a row in which several act.
func (s *swimlane) addNodes() {
	for i, row := range s.c.Rows() {
		for j := range row.Steps {
			s.rowOf[row.Steps[j].Number] = i
		}
		shares := row.Shares()
		if len(shares) > 1 {
			for _, share := range shares {
				s.addNode(s.shareNode(&row, share), i, share.Thread)
			}
			continue
		}
		s.addNode(row.node(s.fold), i, shares[0].Thread)
	}
}

// addStuck makes a last row of the threads that wait for ever.
func (s *swimlane) addStuck() {
	row := len(s.c.Rows())
	for _, stuck := range s.c.Stuck {
		if !slices.Contains(s.c.Lanes, stuck.Thread) {
			continue
		}
		n := node{class: "violating", to: -1} // it is no step
		n.lines("head", foldTo("✖ waits for ever", s.fold))
		n.lines("code", foldTo(stuck.Stands, s.fold))
		s.addNode(n, row, stuck.Thread)
	}
}

func (s *swimlane) addNode(n node, row int, thread string) {
	n.row, n.lane = row, slices.Index(s.c.Lanes, thread)
	widest := 0
	for _, l := range n.labels {
		widest = max(widest, utf8.RuneCountInString(l.text))
	}
	n.w, n.h = float64(widest)*charWidth+2*padding, float64(len(n.labels))*lineHeight+2*padding
	s.nodes = append(s.nodes, n)
}

// shareNode is a thread's part of a quiet stretch.
func (s *swimlane) shareNode(row *Row, share Share) node {
	n := node{class: "quiet", from: row.Steps[0].Number, to: row.Steps[len(row.Steps)-1].Number}
	text := stepsInAll(share.Steps)
	var title []string
	for i := range row.Steps {
		if row.Steps[i].Thread == share.Thread {
			title = append(
				title, fmt.Sprintf("%d  %s(): %s", row.Steps[i].Number, row.Steps[i].Function, row.Steps[i].Label),
			)
		}
	}
	n.title = strings.Join(title, "\n")
	n.labels = []label{{text: text, class: "dim"}}
	return n
}

// node is the box of a row in which one thread acts.
func (r *Row) node(fold int) node {
	first, last := &r.Steps[0], &r.Steps[len(r.Steps)-1]
	n := node{class: "quiet", from: first.Number, to: last.Number}
	if r.Quiet() {
		var title []string
		for i := range r.Steps {
			title = append(title, fmt.Sprintf("%d  %s(): %s", r.Steps[i].Number, r.Steps[i].Function, r.Steps[i].Label))
		}
		n.title = strings.Join(title, "\n")
		head := fmt.Sprintf("%d  %s", first.Number, first.Label)
		if first != last {
			head = fmt.Sprintf("%d–%d  %d steps in %s()", first.Number, last.Number, len(r.Steps), last.Function)
		}
		n.lines("dim", foldTo(head, quietFold))
		return n
	}
	n.class, n.title = "step", strings.Join(
		append(first.Callers[:len(first.Callers):len(first.Callers)], first.Function), " > ",
	)
	head := fmt.Sprintf("%d  %s()", first.Number, first.Function)
	switch {
	case first.Turns:
		n.class = "violating"
		head = "↻ FROM HERE FOR EVER  " + head
	case first.Violating:
		n.class = "violating"
		head = "✖ VIOLATED  " + head
	case first.Fault:
		n.class = "fault"
		head = "⚡ FAULT  " + head
	case first.Cited:
		n.class = "cited"
		head = "◆ " + head
	}
	n.lines("head", foldTo(head, fold))
	text := first.Label
	if first.Outcome != "" {
		text += " → " + first.Outcome
	}
	n.lines("code", foldTo(text, fold))
	for _, e := range first.Events {
		if !signal(e.Kind) && e.Kind != model.EventFault {
			n.lines("event", foldTo("• "+e.Text, fold))
		}
	}
	for _, ch := range first.Changes {
		n.lines("change", foldTo(fmt.Sprintf("%s: %s → %s", ch.Name, ch.Old, ch.New), fold))
	}
	return n
}

// lines appends lines of text.
func (n *node) lines(class string, texts []string) {
	for _, t := range texts {
		n.labels = append(n.labels, label{text: t, class: class})
	}
}

// cpuNumber is never broken: "CPU" at the end of a line says nothing.
var cpuNumber = regexp.MustCompile(`CPU (\d)`)

// foldTo breaks text into lines of at most so many characters; a word that is longer is broken, behind a character that
// joins names if there is one.
func foldTo(text string, width int) []string {
	var lines []string
	line, begun := "", false // begun: there are characters in the line
	flush := func() {
		lines, line, begun = append(lines, line), "  ", false
	}
	for _, word := range strings.Fields(cpuNumber.ReplaceAllString(text, "CPU\x00$1")) {
		r := []rune(strings.ReplaceAll(word, "\x00", " "))
		for {
			space := ""
			if begun {
				space = " "
			}
			room := width - utf8.RuneCountInString(line+space)
			if len(r) <= room {
				line, begun = line+space+string(r), true
				break
			}
			if len(r) > width-2 { // no line has room for it
				at := seam(r[:max(0, room)])
				if at == 0 && !begun {
					at = room
				}
				if at > 0 {
					line, r = line+space+string(r[:at]), r[at:]
				}
			}
			flush()
		}
	}
	return append(lines, line)
}

// seam is where a word that is too long is broken: behind the last character of its second half that joins names, 0 if
// there is none.
func seam(r []rune) int {
	for i := len(r) - 1; i > len(r)/2; i-- {
		if strings.ContainsRune("(,_.>/", r[i]) {
			return i + 1
		}
	}
	return 0
}

// placeLanes gives each lane the width of its widest box, and names the CPUs over them.
func (s *swimlane) placeLanes() {
	home := map[string]int{}
	for _, t := range s.c.Tracks {
		home[t.Thread] = t.CPU
	}
	x := float64(margin)
	for i, name := range s.c.Lanes {
		w := max(minLane, textWidth(s.c.laneName(name))+4*padding)
		for j := range s.nodes {
			if s.nodes[j].lane == i {
				w = max(w, s.nodes[j].w)
			}
		}
		s.lanes = append(s.lanes, lane{rect{x, s.top, w, 0}, name, home[name]})
		x += w + laneGap
	}
	s.width = max(x-laneGap+margin, 420)
	y := s.top
	for i := 0; i < len(s.lanes); {
		j := i
		for j < len(s.lanes) && s.lanes[j].cpu == s.lanes[i].cpu {
			j++
		}
		text := "any CPU"
		if s.lanes[i].cpu >= 0 {
			text = fmt.Sprintf("CPU %d", s.lanes[i].cpu)
		}
		s.groups = append(
			s.groups, label{rect{s.lanes[i].x, y, s.lanes[j-1].right() - s.lanes[i].x, lineHeight + 4}, text, "group"},
		)
		i = j
	}
	y += lineHeight + 10
	for _, l := range s.lanes {
		s.heads = append(s.heads, label{rect{l.x, y, l.w, lineHeight + 2*padding}, s.c.laneName(l.thread), "lane"})
	}
	s.top = y + lineHeight + 2*padding
}

func textWidth(text string) float64 { return float64(utf8.RuneCountInString(text)) * charWidth }

// placeNodes gives each row its height, and each box and each line of text its place.
func (s *swimlane) placeNodes() {
	y := s.top + rowGap
	for i := 0; i < len(s.nodes); {
		row := s.nodes[i].row
		height := 0.0
		first := i
		for ; i < len(s.nodes) && s.nodes[i].row == row; i++ {
			height = max(height, s.nodes[i].h)
		}
		for j := first; j < i; j++ {
			n := &s.nodes[j]
			n.x, n.y = s.lanes[n.lane].middle()-n.w/2, y
			for k := range n.labels {
				n.labels[k].rect = rect{
					n.x + padding, n.y + padding + float64(k)*lineHeight, textWidth(n.labels[k].text), lineHeight,
				}
			}
		}
		s.rows = append(s.rows, rowSpan{y, y + height})
		y += height + rowGap
	}
	for i := range s.lanes {
		s.lanes[i].h = y - s.lanes[i].y
	}
	s.height = y
}

// addWhy is the note at the end: what is false, and who wrote what it speaks of.
func (s *swimlane) addWhy() {
	n := node{class: "why"}
	fit := min(maxWhy, int((s.width-2*margin-2*padding)/charWidth))
	n.lines("head", foldTo("✖ "+s.c.Property+" is violated. The rule: "+s.c.Doc, fit))
	for _, clause := range s.c.Clauses {
		n.lines("event", foldTo("• "+clause.Text, fit))
		for _, v := range clause.Vars {
			n.lines("change", foldTo(fmt.Sprintf("↳ %s = %s, %s", v.Name, v.Value, s.c.writer(v)), fit))
		}
	}
	n.rect = rect{margin, s.height, s.width - 2*margin, float64(len(n.labels))*lineHeight + 2*padding}
	for k := range n.labels {
		n.labels[k].rect = rect{
			n.x + padding, n.y + padding + float64(k)*lineHeight, textWidth(n.labels[k].text), lineHeight,
		}
	}
	s.why = n
	s.height = n.bottom() + margin
}
