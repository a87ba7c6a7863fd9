package explore

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"
)

// Search says in which order states are expanded, and which.
type Search int

// The searches. BreadthFirst, DepthFirst and Directed expand every reachable state, unless a limit, or what Directed
// looks for, ends them; Random and Swarm take samples.
const (
	BreadthFirst Search = iota // level by level: counterexamples are shortest
	DepthFirst                 // the last state first, by one worker: little waits to be expanded
	// The state first that the system says is closest to a violation, by one worker, until there is one.
	Directed
	Random // walks, each from an initial state, at each state along any of its transitions
	// Depth-first searches, each with a hash function and an order of its own, and a small filter.
	Swarm
)

var searches = [...]string{"bfs", "dfs", "directed", "random", "swarm"}

// String returns the name of the search.
func (s Search) String() string { return searches[s] }

// Samples reports whether the search looks at a part of the states only.
func (s Search) Samples() bool { return s == Random || s == Swarm }

// Searches are the names of the searches.
func Searches() []string { return slices.Clone(searches[:]) }

// ParseSearch returns the search with that name.
func ParseSearch(name string) (Search, error) {
	for i, s := range searches {
		if s == name {
			return Search(i), nil
		}
	}
	return 0, fmt.Errorf("unknown search %q; known are %s", name, strings.Join(searches[:], ", "))
}

// Guide is a [Worker] that can say how far a state may be from a violation. It is a guess, and orders a directed search
// only.
type Guide interface {
	// Distance returns 0 to 255.
	Distance(state []uint64) int
}

// best keeps, for each property, the best trace that was found: the shortest, and of these the first in the order of
// the runs.
type best struct {
	found [64]*Trace
	run   [64]int
}

// offer keeps a trace if it is better than what is there. The steps are copied.
func (b *best) offer(violated uint64, run int, initial []uint64, steps []int, last int) {
	for rest := violated; rest != 0; rest &= rest - 1 {
		p := bits.TrailingZeros64(rest)
		n := len(steps)
		if last != noStep {
			n++
		}
		old := b.found[p]
		if old != nil && (len(old.Steps) < n || len(old.Steps) == n && b.run[p] <= run) {
			continue
		}
		t := &Trace{Initial: slices.Clone(initial), Steps: slices.Clone(steps)}
		if last != noStep {
			t.Steps = append(t.Steps, last)
		}
		b.found[p], b.run[p] = t, run
	}
}

// join adds what another one has.
func (b *best) join(o *best) {
	for p, t := range o.found {
		if t != nil {
			b.offer(1<<p, o.run[p], t.Initial, t.Steps, noStep)
		}
	}
}

// violations lists what was found.
func (b *best) violations() (vs []Violation) {
	for p, t := range b.found {
		if t != nil {
			vs = append(vs, Violation{Property: p, Trace: *t})
		}
	}
	return vs
}

// sketch counts different keys, approximately, in a fixed space: each sets one of many bits (linear counting, Whang,
// Vander-Zanden and Taylor 1990). The sketch of a union is the union of the sketches.
type sketch []uint64

const sketchWords = 1 << 19 // 4 MiB: off by less than a thousandth up to 100 million keys

func (s sketch) add(key uint64) {
	h := mix(key + 0x632be59bd9b4e019)
	s[h>>6%sketchWords] |= 1 << (h & 63)
}

func (s sketch) join(o sketch) {
	for i, w := range o {
		s[i] |= w
	}
}

// count estimates how many different keys were added.
func (s sketch) count() uint64 {
	ones := 0
	for _, w := range s {
		ones += bits.OnesCount64(w)
	}
	total := float64(64 * len(s))
	return uint64(math.Round(-total * math.Log1p(-min(float64(ones)/total, 1-1/total))))
}
