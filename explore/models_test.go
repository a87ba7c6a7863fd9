package explore

import "fmt"

// The models that checkers are compared by: two-phase commit, dining philosophers, and the filter lock with an atomic
// and with a split test. A state is one word of packed fields. Their counts of states and transitions are known, and
// every checker agrees on them.

// packed is a model with states of one word.
type packed struct {
	name string
	n    int
	next func(n int, s uint64, out []uint64) []uint64
	bad  func(n int, s uint64) bool
}

func (p packed) Width() int          { return 1 }
func (p packed) Initial() [][]uint64 { return [][]uint64{{0}} }
func (p packed) NumProperties() int  { return 1 }
func (p packed) NewWorker() Worker   { return &packedWorker{packed: p} }
func (p packed) String() string      { return fmt.Sprintf("%s-%d", p.name, p.n) }

type packedWorker struct {
	packed
	expanded [1]uint64
	out      []uint64
}

func (w *packedWorker) Marks() []uint64 { return w.expanded[:] }

func (w *packedWorker) Expand(state []uint64, b *Batch) uint64 {
	w.expanded[0] = 1
	w.out = w.next(w.n, state[0], w.out[:0])
	for i, t := range w.out {
		violated := uint64(0)
		if w.bad(w.n, t) {
			violated = 1
		}
		b.Add(Step{Action: uint32(i), Violated: violated})[0] = t
	}
	return 0
}

// spread is the same model with its state spread over several words: what comes from a wide state.
type spread struct{ packed }

const (
	spreadWidth = 6
	spreadBits  = 11 // of the packed state in each word
)

func (m spread) Width() int          { return spreadWidth }
func (m spread) Initial() [][]uint64 { return [][]uint64{make([]uint64, spreadWidth)} }
func (m spread) NewWorker() Worker {
	return &spreadWorker{packedWorker: packedWorker{packed: m.packed}, batch: NewBatch(1)}
}
func (m spread) String() string { return m.packed.String() + " wide" }

// Parts implements [Partitioned].
func (m spread) Parts() []Part {
	return []Part{{0, 1, 0}, {1, 2, 0}, {2, 4, 1}, {4, 5, 0}, {5, 6, 0}}
}

type spreadWorker struct {
	packedWorker
	batch *Batch
}

func (w *spreadWorker) Expand(state []uint64, b *Batch) uint64 {
	word := uint64(0)
	for i, part := range state {
		word |= part << (spreadBits * i)
	}
	w.batch.Reset()
	w.packedWorker.Expand([]uint64{word}, w.batch)
	for i, step := range w.batch.Steps {
		next := b.Add(step)
		for j := range next {
			next[j] = w.batch.State(i)[0] >> (spreadBits * j) & (1<<spreadBits - 1)
		}
	}
	return 0
}

// padded is the same model with many words that never change: its frontier takes far more room than its table.
type padded struct{ packed }

const padding = 40

func (m padded) Width() int          { return 1 + padding }
func (m padded) Initial() [][]uint64 { return [][]uint64{make([]uint64, 1+padding)} }
func (m padded) NewWorker() Worker {
	return &paddedWorker{packedWorker: packedWorker{packed: m.packed}, batch: NewBatch(1)}
}

type paddedWorker struct {
	packedWorker
	batch *Batch
}

func (w *paddedWorker) Expand(state []uint64, b *Batch) uint64 {
	w.batch.Reset()
	w.packedWorker.Expand(state[:1], w.batch)
	for i, step := range w.batch.Steps {
		next := b.Add(step)
		clear(next)
		next[0] = w.batch.State(i)[0]
	}
	return 0
}

// get and set read and write a field of w bits at offset o.
func get(s uint64, o, w int) uint64           { return s >> o & (1<<w - 1) }
func set(s uint64, o, w int, v uint64) uint64 { return s&^((1<<w-1)<<o) | v<<o }
func has(s uint64, o int) bool                { return s>>o&1 != 0 }

// commit is two-phase commit with n resource managers: a state of 2 bits each, their messages, what the manager has
// received, its state, and its decision.
func commit(n int) packed {
	return packed{"commit", n, func(n int, s uint64, out []uint64) []uint64 {
		const working, prepared, committed, aborted = 0, 1, 2, 3
		tm := get(s, 4*n, 2)
		if tm == 0 && get(s, 3*n, n) == 1<<n-1 {
			out = append(out, set(s, 4*n, 2, 1)|1<<(4*n+2))
		}
		if tm == 0 {
			out = append(out, set(s, 4*n, 2, 2)|1<<(4*n+3))
		}
		for r := range n {
			state := get(s, 2*r, 2)
			if tm == 0 && has(s, 2*n+r) {
				out = append(out, s|1<<(3*n+r))
			}
			if state == working {
				out = append(out, set(s, 2*r, 2, prepared)|1<<(2*n+r))
				out = append(out, set(s, 2*r, 2, aborted))
			}
			if has(s, 4*n+2) {
				out = append(out, set(s, 2*r, 2, committed))
			}
			if has(s, 4*n+3) {
				out = append(out, set(s, 2*r, 2, aborted))
			}
		}
		return out
	}, func(n int, s uint64) bool {
		low, high := s&0x55555, s>>1&0x55555&(1<<(2*n)-1)
		return high&^low != 0 && high&low != 0 // one committed and one aborted
	}}
}

// philosophers are n of them, the last one left-handed: a program counter of 2 bits each, and the forks.
func philosophers(n int) packed {
	return packed{"philosophers", n, func(n int, s uint64, out []uint64) []uint64 {
		for i := range n {
			first, second := 2*n+i, 2*n+i+1
			if i == n-1 {
				first, second = 2*n, first
			}
			switch pc := get(s, 2*i, 2); {
			case pc == 0 && !has(s, first):
				out = append(out, set(s, 2*i, 2, 1)|1<<first)
			case pc == 1 && !has(s, second):
				out = append(out, set(s, 2*i, 2, 2)|1<<second)
			case pc == 2:
				out = append(out, set(s, 2*i, 2, 3)&^(1<<first))
			case pc == 3:
				out = append(out, set(s, 2*i, 2, 0)&^(1<<second))
			}
		}
		return out
	}, func(n int, s uint64) bool {
		const low = 0x5555555555555555
		all := uint64(1)<<(2*n) - 1
		eating := s & all >> 1 &^ s & low // one bit for each who eats: his counter is 2
		return eating&(eating>>2|eating<<(2*n-2))&all != 0
	}}
}

// filter is the filter lock for n threads, whose test of all others is atomic.
func filter(n int) packed {
	return packed{"filter", n, func(n int, s uint64, out []uint64) []uint64 {
		for i := range n {
			level := get(s, 2*n+3*i, 3)
			switch get(s, 2*i, 2) {
			case 0:
				out = append(out, set(set(s, 2*n+3*i, 3, 1), 2*i, 2, 1))
			case 1:
				out = append(out, set(set(s, 5*n+3*(int(level)-1), 3, uint64(i)), 2*i, 2, 2))
			case 2:
				free := get(s, 5*n+3*(int(level)-1), 3) != uint64(i)
				if !free {
					free = true
					for k := range n {
						free = free && (k == i || get(s, 2*n+3*k, 3) < level)
					}
				}
				switch {
				case free && level == uint64(n-1):
					out = append(out, set(s, 2*i, 2, 3))
				case free:
					out = append(out, set(set(s, 2*n+3*i, 3, level+1), 2*i, 2, 1))
				}
			case 3:
				out = append(out, set(set(s, 2*n+3*i, 3, 0), 2*i, 2, 0))
			}
		}
		return out
	}, func(n int, s uint64) bool {
		critical := s & (s >> 1) & 0x5555555555555555 & (1<<(2*n) - 1)
		return critical&(critical-1) != 0
	}}
}

// peterson is the filter lock for n threads that look at one other at a time.
func peterson(n int) packed {
	return packed{"peterson", n, func(n int, s uint64, out []uint64) []uint64 {
		for i := range n {
			pc, at, look := 3*i, 3*n+3*i, 6*n+3*i
			pos := func(x int) int { return 9*n + 3*x }
			step := func(x uint64) int { return 12*n + 2*int(x) }
			j, k := get(s, at, 3), get(s, look, 3)
			switch get(s, pc, 3) {
			case 0:
				out = append(out, set(set(s, at, 3, 1), pc, 3, 1))
			case 1:
				if j < uint64(n) {
					out = append(out, set(set(s, pos(i), 3, j), pc, 3, 2))
				} else {
					out = append(out, set(s, pc, 3, 4))
				}
			case 2:
				out = append(out, set(set(set(s, step(j-1), 2, uint64(i)), look, 3, 0), pc, 3, 3))
			case 3:
				if k < uint64(n) && (k == uint64(i) || get(s, pos(int(k)), 3) < j) {
					out = append(out, set(s, look, 3, k+1))
				}
				if get(s, step(j-1), 2) != uint64(i) || k == uint64(n) {
					out = append(out, set(set(s, at, 3, j+1), pc, 3, 1))
				}
			case 4:
				out = append(out, set(set(s, pos(i), 3, 0), pc, 3, 0))
			}
		}
		return out
	}, func(n int, s uint64) bool {
		critical := s >> 2 & 0x1249249249249249 & (1<<(3*n) - 1)
		return critical&(critical-1) != 0
	}}
}
