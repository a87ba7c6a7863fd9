package explore

import (
	"slices"
	"sort"
)

// history is how each state was first reached. The states are numbered in the order in which they were found, and that
// is the order in which they are expanded; so the parents of consecutive states follow each other, and it takes about a
// byte to keep one: for each expanded state, for each new successor a one and the ordinal of the transition, and then a
// zero.
type history struct {
	mem    *memory
	pages  [][]uint64
	end    int // words in use
	chunks []historyChunk
}

// historyChunk is where the expansions of a run of states begin. A chunk without a new state is left out.
type historyChunk struct {
	Word   int    // index of its first word
	Parent uint64 // number of its first expanded state
	Child  uint64 // number of its first new state
	Width  uint8  // bits of an ordinal
}

// log is the history of a chunk.
type log struct {
	words []uint64
	bits  int
}

func (l *log) reset() { l.words, l.bits = l.words[:0], 0 }

// put appends the lowest bits of v; there are no others.
func (l *log) put(v uint64, width int) {
	at := l.bits & 63
	if at == 0 {
		l.words = append(l.words, v)
	} else {
		l.words[len(l.words)-1] |= v << at
		if at+width > 64 {
			l.words = append(l.words, v>>(64-at))
		}
	}
	l.bits += width
}

// add appends a chunk.
func (h *history) add(l *log, parent, child uint64, width uint8) {
	h.chunks = append(h.chunks, historyChunk{h.end, parent, child, width})
	for words := l.words; len(words) > 0; {
		at := h.end % pageWords
		if at == 0 {
			h.pages = append(h.pages, h.mem.alloc(pageWords))
		}
		copied := copy(h.pages[len(h.pages)-1][at:], words)
		words = words[copied:]
		h.end += copied
	}
}

// origin returns the state from which a state was first reached, and the ordinal of the transition. It must not be an
// initial state.
func (h *history) origin(state uint64) (parent uint64, ordinal int) {
	i := sort.Search(len(h.chunks), func(i int) bool { return h.chunks[i].Child > state }) - 1
	c := h.chunks[i]
	at := c.Word * 64
	child := c.Child
	for parent = c.Parent; ; parent++ {
		for ; h.get(at, 1) == 1; child++ {
			ordinal = int(h.get(at+1, int(c.Width)))
			at += 1 + int(c.Width)
			if child == state {
				return parent, ordinal
			}
		}
		at++
	}
}

// get reads bits.
func (h *history) get(at, width int) uint64 {
	v, n := uint64(0), 0
	for n < width {
		word := h.pages[at/64/pageWords][at/64%pageWords]
		take := min(width-n, 64-at&63)
		v |= word >> (at & 63) & (1<<take - 1) << n
		n += take
		at += take
	}
	return v
}

// path returns the initial state from which the state was first reached, by number, and the ordinals that lead from it.
func (h *history) path(state uint64) (initial uint64, ordinals []int) {
	for len(h.chunks) > 0 && state >= h.chunks[0].Child {
		parent, ordinal := h.origin(state)
		ordinals = append(ordinals, ordinal)
		state = parent
	}
	slices.Reverse(ordinals)
	return state, ordinals
}
