package explore

import "slices"

// component is a strongly connected component of a part of a graph.
type component struct {
	id     uint32
	first  uint32 // the state with the lowest number
	closed bool   // it has a transition inside, and so a cycle
	dead   bool   // it is a state that has no transition at all
	always uint64 // the processes that can go on in all of its states
	acts   uint64 // the processes that have a transition inside
	could  uint64 // the processes that could take a lock in one of its states
	took   uint64 // those that do so inside
}

// put are the processes that are put off for ever: they could take a lock, and never do.
func (c *component) put() uint64 { return c.could &^ c.took }

// components calls found for each strongly connected component of the states that are in: Tarjan's algorithm, with a
// stack of its own. It returns to which component each state belongs, 0 for one that is not in.
func (g *graph) components(in func(uint32) bool, found func(c component, states []uint32)) (of []uint32) {
	const unseen = 0
	index := make([]uint32, len(g.states)) // 1 + the order of the visit
	low := make([]uint32, len(g.states))
	of = make([]uint32, len(g.states))
	type visit struct {
		v    uint32
		next uint64
	}
	var calls []visit
	var stack []uint32
	n := uint32(0)
	enter := func(v uint32) {
		n++
		index[v], low[v] = n, n
		stack = append(stack, v)
		from, _ := g.edges(v)
		calls = append(calls, visit{v, from})
	}
	for root := range uint32(len(g.states)) {
		if index[root] != unseen || !in(root) {
			continue
		}
		enter(root)
		for len(calls) > 0 {
			c := &calls[len(calls)-1]
			v := c.v
			_, end := g.edges(v)
			if c.next < end {
				w := g.to[c.next]
				c.next++
				switch {
				case !in(w) || of[w] != 0:
				case index[w] == unseen:
					enter(w)
				default:
					low[v] = min(low[v], index[w])
				}
				continue
			}
			calls = calls[:len(calls)-1]
			if len(calls) > 0 {
				up := calls[len(calls)-1].v
				low[up] = min(low[up], low[v])
			}
			if low[v] == index[v] {
				at := len(stack) - 1
				for stack[at] != v {
					at--
				}
				for _, w := range stack[at:] {
					of[w] = index[v]
				}
				found(g.component(stack[at:], of), stack[at:])
				stack = stack[:at]
			}
		}
	}
	return of
}

// component describes a component.
func (g *graph) component(states, of []uint32) component {
	c := component{id: of[states[0]], first: slices.Min(states), always: ^uint64(0)}
	for _, v := range states {
		c.always &= g.states[v].enabled
		c.could |= g.states[v].takes
		from, to := g.edges(v)
		c.dead = c.dead || from == to
		for e := from; e < to; e++ {
			if of[g.to[e]] == c.id {
				c.closed = true
				c.acts |= 1 << g.by[e]
				c.took |= 1 << g.by[e] & g.states[v].takes
			}
		}
	}
	return c
}

// cycle returns a short cycle through the first state of a fair component, on which each process acts or is disabled
// once, and each that could take a lock does. It goes to the nearest of what is still missing, until nothing is, and
// then back.
func (g *graph) cycle(c component, of []uint32) []int {
	inside := func(v uint32) bool { return of[v] == c.id }
	var steps []int
	at := c.first
	idle := g.states[at].enabled // the processes that have not acted, and could all along
	locks := c.could             // those that have not taken a lock, and could
	take := func(way []uint64) {
		for _, e := range way {
			by := uint64(1) << g.by[e]
			idle &^= by
			idle &= g.states[g.to[e]].enabled
			locks &^= by & g.states[at].takes
			first, _ := g.edges(at)
			steps = append(steps, int(e-first))
			at = g.to[e]
		}
	}
	for idle != 0 || locks != 0 {
		take(g.nearest(inside, at, func(v uint32, e uint64) bool {
			by := uint64(1) << g.by[e]
			return idle&by != 0 || idle&^g.states[g.to[e]].enabled != 0 || locks&by&g.states[v].takes != 0
		}))
	}
	if at != c.first || len(steps) == 0 {
		take(g.nearest(inside, at, func(_ uint32, e uint64) bool { return g.to[e] == c.first }))
	}
	return steps
}

// nearest returns a shortest way, as transitions, from a state to a transition that is wanted, without leaving a set of
// states. There is one.
func (g *graph) nearest(inside func(uint32) bool, from uint32, wanted func(v uint32, e uint64) bool) []uint64 {
	type origin struct {
		v uint32
		e uint64
	}
	reached := map[uint32]origin{from: {v: from}}
	queue := []uint32{from}
	for i := 0; i < len(queue); i++ {
		v := queue[i]
		first, end := g.edges(v)
		for e := first; e < end; e++ {
			w := g.to[e]
			if !inside(w) {
				continue
			}
			if wanted(v, e) {
				way := []uint64{e}
				for v != from {
					way = append(way, reached[v].e)
					v = reached[v].v
				}
				slices.Reverse(way)
				return way
			}
			if _, known := reached[w]; !known {
				reached[w] = origin{v, e}
				queue = append(queue, w)
			}
		}
	}
	return nil
}
