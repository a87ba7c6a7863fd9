package explore

import "math/bits"

// Part is a part of a state that varies on its own: the words from From up to To. Parts of the same class and length
// are kept in common.
type Part struct {
	From, To int
	Class    int
}

// of returns the part's words in a state.
func (p *Part) of(state []uint64) []uint64 { return state[p.From:p.To] }

// Partitioned is a [System] that says how its states fall into parts, at most 64, which need not come in the order of
// their words. That makes it cheap to keep them whole: a part that was seen before, in whatever state and place, costs
// nothing.
type Partitioned interface {
	Parts() []Part
}

// defaultPart is the length of the parts of a system that does not say.
const defaultPart = 8

// partsOf returns the parts of a system's states. They cover the state without a gap.
func partsOf(sys System) []Part {
	if p, ok := sys.(Partitioned); ok {
		return p.Parts()
	}
	var parts []Part
	for from := 0; from < sys.Width(); from += defaultPart {
		parts = append(parts, Part{From: from, To: min(from+defaultPart, sys.Width()), Class: len(parts)})
	}
	return parts
}

// tree keeps states whole and small, as LTSmin's tree compression does (Laarman, van de Pol, Weber, SPIN 2011): each
// part is numbered, pairs of numbers are numbered, pairs of these, and so on, until two numbers are left. They are the
// root: one word that stands for this state and no other. What most often changes together should be near each other,
// so that each half of the tree takes few values.
type tree struct {
	parts []Part
	leaf  []*interner // by part; parts of a class share one
	pair  *interner   // inner nodes: two numbers in a word
	inner []inner     // the root comes last
}

// inner is a node with two children: below len(parts) they are parts, from there on inner nodes.
type inner struct {
	left, right int
	parts       uint64 // below it
}

func newTree(parts []Part, seed uint64, mem *memory) *tree {
	t := &tree{parts: parts}
	t.pair = newInterner(1, mem, func(words []uint64) uint64 { return mix(words[0]) })
	type shape struct{ class, width int }
	shared := map[shape]*interner{}
	for _, p := range parts {
		s := shape{p.Class, p.To - p.From}
		if shared[s] == nil {
			shared[s] = newInterner(s.width, mem, func(words []uint64) uint64 { return hash(words, seed) })
		}
		t.leaf = append(t.leaf, shared[s])
	}
	t.grow(0, len(parts))
	return t
}

// grow adds the nodes above the parts from first up to last, and returns the topmost.
func (t *tree) grow(first, last int) int {
	if last-first == 1 {
		return first
	}
	middle := (first + last) / 2
	left, right := t.grow(first, middle), t.grow(middle, last)
	t.inner = append(t.inner, inner{left, right, (1<<(last-first) - 1) << first})
	return len(t.parts) + len(t.inner) - 1
}

// noNumber is what an interner never returns.
const noNumber = 1<<32 - 1

// prepare gives a node room for the numbers.
func (t *tree) prepare(n *node) {
	n.id = make([]uint32, len(t.parts)+len(t.inner))
	for i := range n.id {
		n.id[i] = noNumber
	}
	n.memo = make([]memo, memos)
}

// memo is the number of a pair, or zeros for none. Numbers never change, so what was looked up need not be again.
type memo struct {
	pair uint64
	id   uint32
}

// memos is how many pairs a worker remembers.
const memos = 1 << 12

// pairs returns the number of a pair.
func (t *tree) pairs(pair uint64, n *node) uint32 {
	h := mix(pair)
	m := &n.memo[h%memos]
	if m.pair != pair || pair == 0 {
		words := [1]uint64{pair}
		m.pair, m.id = pair, t.pair.number(words[:], h)
	}
	return m.id
}

// load reads the state with that root into n, from the root down and only where a number is not the one that n has.
// It returns which parts differ.
func (t *tree) load(root uint64, n *node) (changed uint64) {
	if len(t.inner) == 0 {
		if n.id[0] == uint32(root) {
			return 0
		}
		n.id[0] = uint32(root)
		copy(t.parts[0].of(n.words), t.leaf[0].at(n.id[0]))
		return 1
	}
	top := len(t.inner) - 1
	pair := root
	for visit := uint64(1) << top; visit != 0; {
		i := bits.Len64(visit) - 1
		visit &^= 1 << i
		if i < top {
			pair = t.pair.at(n.id[len(t.parts)+i])[0]
		}
		for _, child := range [2]struct {
			at int
			id uint32
		}{{t.inner[i].left, uint32(pair >> 32)}, {t.inner[i].right, uint32(pair)}} {
			switch {
			case n.id[child.at] == child.id:
			case child.at < len(t.parts):
				n.id[child.at] = child.id
				changed |= 1 << child.at
			default:
				n.id[child.at] = child.id
				visit |= 1 << (child.at - len(t.parts))
			}
		}
	}
	for rest := changed; rest != 0; rest &= rest - 1 {
		i := bits.TrailingZeros64(rest)
		copy(t.parts[i].of(n.words), t.leaf[i].at(n.id[i]))
	}
	return changed
}

// root returns the root of a state. What it shares with base is not looked up again: changed says which parts differ.
// The hashes of those are in scratch, which may be base; its numbers are overwritten.
func (t *tree) root(words []uint64, changed uint64, base, scratch *node) uint64 {
	copy(scratch.id, base.id)
	for rest := changed; rest != 0; rest &= rest - 1 {
		i := bits.TrailingZeros64(rest)
		scratch.id[i] = t.leaf[i].number(t.parts[i].of(words), scratch.hash[i])
	}
	if len(t.inner) == 0 {
		return uint64(scratch.id[0])
	}
	top := len(t.inner) - 1
	for i, in := range t.inner[:top] {
		if changed&in.parts != 0 {
			pair := uint64(scratch.id[in.left])<<32 | uint64(scratch.id[in.right])
			scratch.id[len(t.parts)+i] = t.pairs(pair, scratch)
		}
	}
	return uint64(scratch.id[t.inner[top].left])<<32 | uint64(scratch.id[t.inner[top].right])
}

// collect frees what nobody reads any more.
func (t *tree) collect() {
	t.pair.collect()
	for _, in := range t.leaf {
		in.collect()
	}
}
