package invariants

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/model"
)

// census is what a search that needs no traces finds: which properties are violated, and what there is to be seen.
// Mutants are explored by it and not by the engine, because they may panic.
type census struct {
	states   uint64
	violated uint64          // the properties, a bit for each
	clauses  map[string]bool // what of them is false, with the property
	crashed  bool            // the program ran off the ladder
	cut      bool            // there are more states than were asked for
	// From some state no way leads to one in which everybody is done, as operation-terminates demands.
	endless bool
	// If it is there: hashes of the kernel's data in every state, and of every step that changes it or makes an event.
	// Of a mutant that shows what the kernel does not that is noted, and no more is.
	shown   map[uint64]bool
	differs bool
	// If it is there, as shown is: a bit for each node at which a thread stands, or that is executed.
	reached []uint64
}

// take explores a suite. If what is violated there anyhow is given, it stops at the first violation of another
// property, and names it; if there is none, it names the first that is violated in another way. It stops at most
// states, if that is not 0.
func (c *census) take(s *Suite, most uint64, anyhow *census) (first, another string) {
	defer func() {
		if recover() != nil {
			c.crashed = true
		}
	}()
	w := s.newWorker()
	w.check.explain, w.check.only = true, ^uint64(0)
	c.clauses = map[string]bool{}
	b := explore.NewBatch(s.Width())
	initial := s.Initial()[0]
	known := map[uint64]int32{hashWords(0, initial): 0}
	queue := [][]uint64{initial}
	var from, to []int32 // the transitions
	var ends []int32
	listen := func() {
		for _, r := range w.check.reasons {
			c.violated |= r.property
			clause := fmt.Sprint(r.property, r.Clause)
			switch name := s.Properties[bits.TrailingZeros64(r.property)].Name; {
			case anyhow == nil || anyhow.clauses[clause]:
			case anyhow.violated&r.property == 0:
				first = cmp.Or(first, name)
			default:
				another = cmp.Or(another, name)
			}
			c.clauses[clause] = true
		}
		w.check.reasons = w.check.reasons[:0]
	}
	for len(queue) > 0 && first == "" {
		state, at := queue[0], int32(c.states)
		queue = queue[1:]
		c.states++
		if most > 0 && c.states > most {
			c.cut = true
			break
		}
		b.Reset()
		w.Expand(state, b)
		listen()
		if c.shown != nil && !c.differs {
			c.look(w, state, anyhow)
		}
		if len(b.Steps) == 0 {
			ends = append(ends, at)
		}
		for i := range b.Steps {
			next := b.State(i)
			key := hashWords(0, next)
			if _, is := known[key]; !is {
				known[key] = int32(len(known))
				queue = append(queue, slices.Clone(next))
			}
			from, to = append(from, at), append(to, known[key])
		}
	}
	c.endless = first == "" && !c.cut && !allReach(ends, from, to, len(known))
	return first, another
}

// stand notes where the threads stand in the state that is loaded, and what has been executed so far.
func (c *census) stand(w *worker) {
	if c.reached == nil {
		return
	}
	for _, id := range w.suite.Machine.Threads() {
		place := w.exec.Place(&w.start, id)
		c.reached[place>>6] |= 1 << (place & 63)
	}
	for i, marks := range w.exec.Marks() {
		c.reached[i] |= marks
	}
}

// allReach reports whether from each of n states a way leads to one of the ends.
func allReach(ends, from, to []int32, n int) bool {
	first := make([]int32, n+1) // the transitions by the state that they lead to
	for _, t := range to {
		first[t+1]++
	}
	for i := range n {
		first[i+1] += first[i]
	}
	back, fill := make([]int32, len(from)), slices.Clone(first)
	for i, t := range to {
		back[fill[t]] = from[i]
		fill[t]++
	}
	reach := make([]bool, n)
	todo := slices.Clone(ends)
	for _, e := range ends {
		reach[e] = true
	}
	count := len(ends)
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, f := range back[first[at]:first[at+1]] {
			if !reach[f] {
				reach[f] = true
				count++
				todo = append(todo, f)
			}
		}
	}
	return count == n
}

// look notes what there is to be seen of a state and the steps from it, and whether the kernel shows it too.
func (c *census) look(w *worker, words []uint64, kernel *census) {
	show := func(h uint64) {
		c.shown[h] = true
		c.differs = c.differs || kernel != nil && !kernel.shown[h]
	}
	m := w.suite.Machine
	encoded := make([]uint64, m.Words())
	hash := func(s *model.State) uint64 {
		shared := s.Shared()
		m.Encode(encoded, &shared)
		return hashWords(1, encoded)
	}
	w.load(words)
	c.stand(w)
	before := hash(&w.start)
	show(before)
	for _, a := range w.exec.Enabled(&w.start, w.actions[:0]) {
		w.after = w.start
		w.exec.Do(&w.after, a)
		after := hash(&w.after)
		if after == before && len(w.exec.Events) == 0 {
			continue
		}
		step := []uint64{before, after, uint64(a)}
		for _, e := range w.exec.Events {
			step = append(step, hashText(fmt.Sprint(e)))
		}
		show(hashWords(2, step))
	}
}

// sameAs reports whether a whole mutant shows the same as the kernel.
func (c *census) sameAs(kernel *census) bool {
	return !c.crashed && !c.differs && len(c.shown) == len(kernel.shown)
}

func hashWords(seed uint64, words []uint64) uint64 {
	h := seed*0x9e3779b97f4a7c15 + 0x1234567
	for _, w := range words {
		h ^= w
		h *= 0xff51afd7ed558ccd
		h ^= h >> 32
		h *= 0xc4ceb9fe1a85ec53
		h ^= h >> 29
	}
	return h
}

func hashText(text string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 1099511628211
	}
	return h
}
