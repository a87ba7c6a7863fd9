package reports

import (
	"encoding/binary"
	"slices"

	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
)

// Fate says where a state leads, as to a property.
type Fate string

// The fates.
const (
	FateMust    Fate = "must"    // the property is violated on every road from here that comes to an end
	FateMay     Fate = "may"     // on some roads, and not on others
	FateNever   Fate = "never"   // on none
	FateUnknown Fate = "unknown" // no violation was found, and not all that can be reached was looked at
)

// String says it in words.
func (f Fate) String() string {
	switch f {
	case FateMust:
		return "every road violates it"
	case FateMay:
		return "some roads violate it"
	case FateNever:
		return "no road violates it"
	}
	return "not known"
}

// Road is a step that would have been possible, and was not taken.
type Road struct {
	Step    int // the step that was taken instead
	Thread  string
	Text    string // what it would have done
	Ordinal int
	Violate bool // the step itself violates the property
	Fate    Fate // of the state that it leads to
	Rejoins int  // the step after which the trace is in that state too, -1 if it never is
}

// Roads are the state graph around a counterexample.
type Roads struct {
	Fates    []Fate // of the state after each step, beginning with the boot
	Taken    []Road // none of them: the steps not taken, in the order of the trace
	NoReturn int    // after this step every road violates the property; -1 if there is none
	States   int    // that were looked at
	All      bool   // all that can be reached
}

// roadStates is how many states around a counterexample are looked at.
const roadStates = 60_000

// Roads looks at what else could have happened, and where it leads.
func (c *Counterexample) Roads() *Roads {
	if c.roads == nil {
		c.roads = c.findRoads(roadStates)
	}
	return c.roads
}

// noRoads are the roads of a way to wait for ever: where others lead is not looked at.
func noRoads(steps int) *Roads {
	return &Roads{Fates: slices.Repeat([]Fate{FateUnknown}, steps+1), NoReturn: -1}
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

// fates finds where each state leads.
func (g *space) fates() []Fate {
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
	fates := make([]Fate, n)
	for id := range fates {
		switch {
		case doomed[id]:
			fates[id] = FateMust
		case violates[id]:
			fates[id] = FateMay
		case open[id]:
			fates[id] = FateUnknown
		default:
			fates[id] = FateNever
		}
	}
	return fates
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

// findRoads looks around the trace.
func (c *Counterexample) findRoads(limit int) *Roads {
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
	fates := g.fates()
	r := &Roads{NoReturn: -1, States: len(g.states), All: !slices.Contains(g.expanded, false)}
	where := map[int]int{} // the step after which the trace is in a state
	for i, id := range path {
		r.Fates = append(r.Fates, fates[id])
		where[id] = i
		if r.NoReturn < 0 && fates[id] == FateMust {
			r.NoReturn = i
		}
	}
	for i, ordinal := range c.Trace {
		for o, e := range g.edges[path[i]] {
			if o != ordinal {
				r.Taken = append(r.Taken, c.road(g, path[i], i+1, o, e, fates, where))
			}
		}
	}
	return r
}

// road describes a step that was not taken.
func (c *Counterexample) road(g *space, at, step, ordinal int, e edge, fates []Fate, where map[int]int) Road {
	m := c.suite.Machine
	before := g.walk.State(g.states[at])
	place := m.Place(&before, e.act.Thread())
	r := Road{
		Step: step, Thread: m.ThreadName(e.act.Thread()), Text: place.Function + "(): " + place.Label, Ordinal: ordinal,
		Violate: e.to < 0, Fate: FateMust, Rejoins: -1,
	}
	if outcome := m.DescribeAction(&before, e.act); outcome != "" {
		r.Text += " → " + outcome
	}
	if e.to >= 0 {
		r.Fate = fates[e.to]
		if i, ok := where[e.to]; ok {
			r.Rejoins = i
		}
	}
	return r
}
