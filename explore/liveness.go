package explore

import (
	"context"
	"math/bits"
	"slices"
	"time"
)

// Live is a [System] of processes, some of whose states wait for something that must come.
type Live interface {
	System
	// Processes returns how many processes there are, at most 64.
	Processes() int
	// Process returns whose transition an action is.
	Process(action uint32) int
	// Pending returns what is waited for in a state, a bit for each wait, and which processes could take a lock now. It
	// is called by one goroutine at a time.
	Pending(state []uint64) (waits, takes uint64)
}

// Lasso is a way to wait for ever: a stem, and a cycle that comes back to where the stem ends. On the cycle something
// is waited for, every process that could always go on does so at least once, and so does every process that could take
// a lock at any time: the cycle is fair, so nothing but the system itself is to blame. The cycle is empty if the stem
// ends in a state that nobody can leave.
type Lasso struct {
	Wait  int   // the bit of what is waited for
	Trace Trace // stem and cycle
	Stem  int   // steps of the stem
}

// LiveResult is what a search for lassos found.
type LiveResult struct {
	Stop        Stop
	States      uint64
	Transitions uint64
	Waits       uint64  // what was waited for in any state
	Lassos      []Lasso // by wait, at most one for each
	Elapsed     time.Duration
}

// Liveness explores the whole system and looks for a lasso for every wait, under weak fairness, and strong fairness of
// locks: a process that can go on from some point on for ever does so again and again, and one that can take a lock
// again and again gets it.
//
// A run that waits for ever stays, in the end, in a strongly connected component of the states that wait. A component
// has a weakly fair cycle if and only if each process acts in it or is disabled in one of its states, since a cycle may
// go through all of it. If a process could take a lock in some of its states and never does, a fair cycle must avoid
// these: what is left falls apart into smaller components (Emerson and Lei 1987). The components are Tarjan's (1972);
// the search is sequential, and needs the whole graph: about 50 bytes for a state and five for a transition.
func Liveness(ctx context.Context, sys Live, opt Options) *LiveResult {
	if opt.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, opt.Timeout)
		defer cancel()
	}
	opt.Mode = Exact
	begun := time.Now()
	g := newGraph(sys, opt.withDefaults())
	defer g.mem.close()
	r := &LiveResult{Stop: g.explore(ctx)}
	r.States, r.Transitions = uint64(len(g.states)), uint64(len(g.to))
	for i := range g.states {
		r.Waits |= g.states[i].waits
	}
	if r.Stop == Exhausted {
		for waits := r.Waits; waits != 0; waits &= waits - 1 {
			if l, found := g.lasso(bits.TrailingZeros64(waits)); found {
				r.Lassos = append(r.Lassos, l)
			}
		}
	}
	r.Elapsed = time.Since(begun)
	return r
}

// graph is a system's whole state graph. States are numbered in the order of breadth-first search.
type graph struct {
	sys     Live
	opt     Options
	mem     *memory
	codec   *codec
	initial [][]uint64
	number  map[uint64]uint32 // of the state with a key
	states  []vertex
	to      []uint32 // where transitions lead, those of a state one after the other
	by      []uint8  // whose they are
}

// vertex is a state.
type vertex struct {
	key     uint64
	waits   uint64
	enabled uint64 // the processes that can go on
	takes   uint64 // those of them that take a lock
	first   uint64 // its first transition
	parent  uint32 // the state from which it was reached first; its own number if it is initial
	ordinal uint32 // by which of that state's transitions; which of the initial states it is
}

func newGraph(sys Live, opt Options) *graph {
	mem := &memory{}
	return &graph{
		sys:     sys,
		opt:     opt,
		mem:     mem,
		codec:   newCodec(sys, Exact, opt.Seed, mem),
		initial: sys.Initial(),
		number:  map[uint64]uint32{},
	}
}

// explore builds the graph.
func (g *graph) explore(ctx context.Context) Stop {
	w, b := g.sys.NewWorker(), NewBatch(g.sys.Width())
	base, scratch := g.codec.newNode(), g.codec.newNode()
	for i, state := range g.initial {
		key, _ := g.codec.first(state, scratch)
		g.add(key, uint32(len(g.states)), uint32(i))
	}
	shown := time.Now()
	for i := 0; i < len(g.states); i++ {
		if i%1024 == 0 {
			if why, stopped := g.stopped(ctx); stopped {
				return why
			}
			if g.opt.Progress != nil && time.Since(shown) >= g.opt.Every {
				shown = time.Now()
				g.opt.Progress(Progress{
					States:      uint64(len(g.states)),
					Transitions: uint64(len(g.to)),
					Frontier:    uint64(len(g.states) - i),
					Bytes:       g.mem.bytes() + process(),
				})
			}
		}
		g.codec.load([]uint64{g.states[i].key}, base)
		b.Reset()
		w.Expand(base.words, b)
		v := vertex{first: uint64(len(g.to))}
		v.waits, v.takes = g.sys.Pending(base.words)
		for j := range b.Steps {
			key, _ := g.codec.key(b.State(j), b.Steps[j].Parts, base, scratch)
			process := g.sys.Process(b.Steps[j].Action)
			v.enabled |= 1 << process
			g.to, g.by = append(g.to, g.add(key, uint32(i), uint32(j))), append(g.by, uint8(process))
		}
		s := &g.states[i]
		s.waits, s.enabled, s.takes, s.first = v.waits, v.enabled, v.takes&v.enabled, v.first
	}
	return Exhausted
}

// stopped checks the limits.
func (g *graph) stopped(ctx context.Context) (Stop, bool) {
	if why, ended := cancelled(ctx); ended {
		return why, true
	}
	switch {
	case g.opt.MaxStates > 0 && uint64(len(g.states)) >= g.opt.MaxStates:
		return StateLimit, true
	case g.opt.Memory > 0 && g.mem.bytes()+process() > g.opt.Memory/32*31, len(g.states) > 1<<31:
		return MemoryLimit, true
	}
	return 0, false
}

// add returns the number of a state, which gets one if it is new.
func (g *graph) add(key uint64, parent, ordinal uint32) uint32 {
	n, known := g.number[key]
	if !known {
		n = uint32(len(g.states))
		g.number[key] = n
		g.states = append(g.states, vertex{key: key, parent: parent, ordinal: ordinal})
	}
	return n
}

// edges returns the first of a state's transitions, and the first that is not.
func (g *graph) edges(v uint32) (from, to uint64) {
	if int(v)+1 == len(g.states) {
		return g.states[v].first, uint64(len(g.to))
	}
	return g.states[v].first, g.states[v+1].first
}

// lasso returns a lasso for a wait: that of the fair component, or of the dead end, that is reached first.
func (g *graph) lasso(wait int) (Lasso, bool) {
	region := make([]uint32, len(g.states)) // 0: out of question
	for v := range g.states {
		region[v] = uint32(g.states[v].waits >> wait & 1)
	}
	var best component
	var of []uint32
	found := false
	for now, last := uint32(1), uint32(1); now <= last; now++ {
		better := false
		in := g.components(func(v uint32) bool { return region[v] == now }, func(c component, states []uint32) {
			switch {
			case !c.closed && !c.dead || c.always&^c.acts != 0:
			case c.put() != 0:
				last++
				for _, v := range states {
					region[v] = 0
					if g.states[v].takes&c.put() == 0 {
						region[v] = last
					}
				}
			case !found || c.first < best.first:
				best, found, better = c, true, true
			}
		})
		if better {
			of = in
		}
	}
	if !found {
		return Lasso{}, false
	}
	initial, steps := g.path(best.first)
	l := Lasso{Wait: wait, Stem: len(steps), Trace: Trace{Initial: g.initial[initial], Steps: steps}}
	if !best.dead {
		l.Trace.Steps = append(l.Trace.Steps, g.cycle(best, of)...)
	}
	return l, true
}

// path returns the way by which a state was reached first.
func (g *graph) path(v uint32) (initial int, steps []int) {
	for g.states[v].parent != v {
		steps = append(steps, int(g.states[v].ordinal))
		v = g.states[v].parent
	}
	slices.Reverse(steps)
	return int(g.states[v].ordinal), steps
}
