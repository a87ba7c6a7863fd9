package reports

import (
	"fmt"
	"math"
	"slices"
)

// after is where the state after a step begins.
func (s *swimlane) after(step int) float64 {
	if step == 0 {
		return s.top
	}
	return s.rows[s.rowOf[step]].bottom
}

// addLives draws what becomes of the threads.
func (s *swimlane) addLives() {
	for _, t := range s.c.Tracks {
		i := slices.Index(s.c.Lanes, t.Thread)
		if i < 0 {
			continue
		}
		for _, span := range t.Spans {
			from, to := s.after(span.From), s.height-rowGap/2
			if span.To < len(s.c.Steps) {
				to = s.after(span.To + 1)
			}
			if to <= from {
				continue
			}
			l := lifeline{x: s.lanes[i].middle(), from: from, to: to, life: span.Life}
			if span.Life == Parked {
				l.label = s.freeLabel(i, from, to, "parked")
			}
			s.lives = append(s.lives, l)
		}
	}
}

// freeLabel finds a place beside the lifeline that no box takes.
func (s *swimlane) freeLabel(lane int, from, to float64, text string) *label {
	w := textWidth(text)
	at := from + 4
	for _, n := range s.nodes {
		if n.lane != lane || n.bottom() <= at {
			continue
		}
		if n.y >= at+lineHeight {
			break
		}
		at = n.bottom() + 2
	}
	if at+lineHeight > to {
		return nil
	}
	return &label{rect{s.lanes[lane].middle() - 8 - w, at, w, lineHeight}, text, "parked"}
}

// addWires routes the arrows. One leaves its box sideways, or downwards if there are others in the row, goes to the
// lane of the thread that it lets go on, and down that lane, which is free until that thread acts.
func (s *swimlane) addWires() {
	into := map[int]int{}    // arrows that a box has
	outOf := map[int]int{}   // arrows that leave a box
	channel := map[int]int{} // arrows that run under a row
	for _, a := range s.c.Arrows {
		from, to := s.nodeOf(a.From), s.nodeOf(a.To)
		if from < 0 || to < 0 || s.nodes[from].row == s.nodes[to].row || s.nodes[from].lane == s.nodes[to].lane {
			continue
		}
		f, t := &s.nodes[from], &s.nodes[to]
		x := s.lanes[t.lane].middle() + spread(into[to])
		into[to]++
		var points []point
		if s.alone(f.row) {
			y := f.y + min(f.h/2, 12) + 7*float64(outOf[from])
			side := f.right()
			if s.lanes[t.lane].x < f.x {
				side = f.x
			}
			points = []point{{side, y}, {x, y}}
		} else {
			y := s.rows[f.row].bottom + 4 + 4*float64(channel[f.row]%3)
			channel[f.row]++
			out := f.middle() + spread(outOf[from])
			points = []point{{out, f.bottom()}, {out, y}, {x, y}}
		}
		outOf[from]++
		points = append(points, point{x, t.y})
		s.wires = append(
			s.wires, wire{points, a.Kind, fmt.Sprintf("%s: step %d to step %d, %s", a.Kind, a.From, a.To, a.Text)},
		)
	}
}

// addAgain draws the way back from the end of a cycle to where it begins, left of all lanes.
func (s *swimlane) addAgain() {
	if s.c.CycleFrom == 0 {
		return
	}
	const x = margin / 2
	first, last := s.rows[s.rowOf[s.c.CycleFrom]], s.rows[s.rowOf[len(s.c.Steps)]]
	top, bottom := first.top+lineHeight/2, last.bottom-lineHeight/2
	s.wires = append(s.wires, wire{
		[]point{{margin, bottom}, {x, bottom}, {x, top}, {margin, top}}, ArrowCall,
		fmt.Sprintf("steps %d to %d repeat for ever", s.c.CycleFrom, len(s.c.Steps)),
	})
}

// spread puts arrows side by side: 8, -8, 16, ...
func spread(n int) float64 {
	d := 8 * math.Ceil(float64(n+1)/2)
	if n%2 == 1 {
		return -d
	}
	return d
}

// nodeOf is the box with a step, in the lane of its thread.
func (s *swimlane) nodeOf(step int) int {
	lane := slices.Index(s.c.Lanes, s.c.Steps[step-1].Thread)
	return slices.IndexFunc(s.nodes, func(n node) bool {
		return n.lane == lane && n.row == s.rowOf[step]
	})
}

// alone reports whether a row has one box.
func (s *swimlane) alone(row int) bool {
	n := 0
	for i := range s.nodes {
		if s.nodes[i].row == row {
			n++
		}
	}
	return n == 1
}
