package reports

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
)

// Prospect says where a state leads, as to a property.
type Prospect string

// The prospects. In CTL, where violated stands for what the property forbids: AF, EF, and not EF.
const (
	Inevitable Prospect = "inevitable" // every schedule from here that ends violates the property
	Possible   Prospect = "possible"   // some do, and some do not
	Impossible Prospect = "impossible" // none does
	Unexplored Prospect = "unexplored" // no violation was found, and not all that can be reached was looked at
)

// String says it in words.
func (p Prospect) String() string {
	switch p {
	case Inevitable:
		return "every schedule from here violates it"
	case Possible:
		return "some schedules from here violate it"
	case Impossible:
		return "no schedule from here violates it"
	}
	return "not known"
}

// icon is a sign for the prospect that does not need colour.
func (p Prospect) icon() string {
	switch p {
	case Inevitable:
		return "✖"
	case Possible:
		return "◐"
	case Impossible:
		return "✔"
	}
	return "?"
}

// Alternative is a step that was possible, and was not taken.
type Alternative struct {
	Step     int // the step that was taken instead
	Until    int // as long as until this step, it was possible with the same prospect
	Thread   string
	Text     string // what it would have done
	Ordinal  int
	Violate  bool     // the step itself violates the property
	Prospect Prospect // of the state that it leads to
	Rejoins  int      // the step after which the trace is in that state too, -1 if it never is
}

// Instead names the steps that were taken: "12", or "12-15".
func (a *Alternative) Instead() string {
	s := Sentence{From: a.Step, To: a.Until}
	return s.Steps()
}

// Leads says where it leads.
func (a *Alternative) Leads() string {
	if a.Violate {
		return "✖ it violates the property at once"
	}
	text := a.Prospect.icon() + " " + a.Prospect.String()
	if a.Rejoins >= 0 {
		text += fmt.Sprintf("; it leads to the state after step %d", a.Rejoins)
	}
	return text
}

// Alternatives are the state graph around a counterexample.
type Alternatives struct {
	Prospects []Prospect    // of the state after each step, beginning with the boot
	Untaken   []Alternative // in the order of the trace
	NoReturn  int           // after this step the violation is inevitable; -1 if there is none
	States    int           // that were looked at
	Complete  bool          // these are all that can be reached
}

// alternativeStates is how many states around a counterexample are looked at.
const alternativeStates = 60_000

// Alternatives looks at what else could have happened, and where it leads.
func (c *Counterexample) Alternatives() *Alternatives {
	if c.alternatives == nil {
		c.alternatives = c.findAlternatives(alternativeStates)
	}
	return c.alternatives
}

// noAlternatives are those of a lasso: where other steps lead is not looked at.
func noAlternatives(steps int) *Alternatives {
	return &Alternatives{Prospects: slices.Repeat([]Prospect{Unexplored}, steps+1), NoReturn: -1}
}

// space is a part of the state graph, for one property.
type space struct {
	walk     *invariants.Walk
	bit      uint64
	limit    int
	ids      map[string]int
	states   [][]uint64
	edges    [][]edge
	expanded []bool
	bad      []bool // the state itself violates the property
}

type edge struct {
	to  int // -1: the transition violates the property
	act model.Action
}

func newSpace(s *invariants.Suite, property, limit int) *space {
	return &space{walk: s.Walk(), bit: 1 << property, limit: limit, ids: map[string]int{}}
}

// id returns the number of a state.
func (g *space) id(state []uint64) int {
	key := make([]byte, 8*len(state))
	for i, w := range state {
		binary.LittleEndian.PutUint64(key[8*i:], w)
	}
	if id, ok := g.ids[string(key)]; ok {
		return id
	}
	id := len(g.states)
	g.ids[string(key)] = id
	g.states = append(g.states, slices.Clone(state))
	g.edges, g.expanded, g.bad = append(g.edges, nil), append(g.expanded, false), append(g.bad, false)
	return id
}

// expand finds the successors of a state.
func (g *space) expand(id int) {
	if g.expanded[id] {
		return
	}
	g.expanded[id] = true
	ts, violated := g.walk.Transitions(g.states[id])
	g.bad[id] = violated&g.bit != 0
	for i := range ts {
		to := -1
		if ts[i].Violated&g.bit == 0 {
			to = g.id(ts[i].Next)
		}
		g.edges[id] = append(g.edges[id], edge{to, ts[i].Action})
	}
}

// explore expands breadth-first from the states that are known, the last of them first, up to the limit.
func (g *space) explore() {
	for i := len(g.states) - 1; i >= 0; i-- {
		g.expand(i)
	}
	for i := 0; i < len(g.states) && i < g.limit; i++ {
		g.expand(i)
	}
}

// prospects finds where each state leads.
func (g *space) prospects() []Prospect {
	n := len(g.states)
	back := make([][]int, n)
	for from, edges := range g.edges {
		for _, e := range edges {
			if e.to >= 0 {
				back[e.to] = append(back[e.to], from)
			}
		}
	}
	violates := reach(back, func(id int) bool {
		return g.bad[id] || slices.ContainsFunc(g.edges[id], func(e edge) bool { return e.to < 0 })
	})
	open := reach(back, func(id int) bool { return !g.expanded[id] })
	doomed := g.doomed(back)
	prospects := make([]Prospect, n)
	for id := range prospects {
		switch {
		case doomed[id]:
			prospects[id] = Inevitable
		case violates[id]:
			prospects[id] = Possible
		case open[id]:
			prospects[id] = Unexplored
		default:
			prospects[id] = Impossible
		}
	}
	return prospects
}

// reach finds the states from which one can be reached that is like this.
func reach(back [][]int, like func(int) bool) []bool {
	in := make([]bool, len(back))
	var queue []int
	for id := range back {
		if like(id) {
			in[id] = true
			queue = append(queue, id)
		}
	}
	for len(queue) > 0 {
		id := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		for _, from := range back[id] {
			if !in[from] {
				in[from] = true
				queue = append(queue, from)
			}
		}
	}
	return in
}

// doomed finds the states from which the property is violated whatever happens: those that violate it, and those from
// which each transition does or leads to such a state. A state that was not expanded is not doomed, nor is one that may
// go round for ever.
func (g *space) doomed(back [][]int) []bool {
	doomed := make([]bool, len(g.states))
	ways := make([]int, len(g.states)) // transitions that are not doomed
	var queue []int
	for id, edges := range g.edges {
		for _, e := range edges {
			if e.to >= 0 {
				ways[id]++
			}
		}
		if g.expanded[id] && ways[id] == 0 && (g.bad[id] || len(edges) > 0) {
			doomed[id] = true
			queue = append(queue, id)
		}
	}
	for len(queue) > 0 {
		id := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		for _, from := range back[id] {
			if ways[from]--; ways[from] == 0 && !doomed[from] {
				doomed[from] = true
				queue = append(queue, from)
			}
		}
	}
	return doomed
}

// findAlternatives looks around the trace.
func (c *Counterexample) findAlternatives(limit int) *Alternatives {
	g := newSpace(c.suite, c.property, limit)
	path := []int{g.id(c.start)}
	for _, ordinal := range c.Trace {
		at := path[len(path)-1]
		g.expand(at)
		if to := g.edges[at][ordinal].to; to >= 0 {
			path = append(path, to)
		}
	}
	g.explore()
	prospects := g.prospects()
	r := &Alternatives{NoReturn: -1, States: len(g.states), Complete: !slices.Contains(g.expanded, false)}
	where := map[int]int{} // the step after which the trace is in a state
	for i, id := range path {
		r.Prospects = append(r.Prospects, prospects[id])
		where[id] = i
		if r.NoReturn < 0 && prospects[id] == Inevitable {
			r.NoReturn = i
		}
	}
	for i, ordinal := range c.Trace {
		for o, e := range g.edges[path[i]] {
			if o != ordinal {
				r.Untaken = append(r.Untaken, c.alternative(g, path[i], i+1, o, e, prospects, where))
			}
		}
	}
	return r
}

// alternative describes a step that was not taken.
func (c *Counterexample) alternative(g *space, at, step, ordinal int, e edge, prospects []Prospect,
	where map[int]int) Alternative {
	m := c.suite.Machine
	before := g.walk.State(g.states[at])
	place := m.Place(&before, e.act.Thread())
	a := Alternative{
		Step: step, Until: step, Ordinal: ordinal,
		Thread: m.ThreadName(e.act.Thread()), Text: place.Function + "(): " + place.Label,
		Violate: e.to < 0, Prospect: Inevitable, Rejoins: -1,
	}
	if outcome := m.DescribeAction(&before, e.act); outcome != "" {
		a.Text += " → " + outcome
	}
	if e.to >= 0 {
		a.Prospect = prospects[e.to]
		if i, ok := where[e.to]; ok {
			a.Rejoins = i
		}
	}
	return a
}
