package model

import (
	"iter"
	"math/bits"
	"slices"
)

// Which registers of a program are live where.

// has reports whether the threads of the program have a slot. One that suspends the machine keeps there which CPUs it
// has taken down.
func (a *assembler) has(s *slot) bool {
	return !s.task || !a.bound && !(s.name == "task.Took" && a.crew.frozen)
}

// registerSet is a set of registers, by their number.
type registerSet []uint64

func (s registerSet) add(i int) { s[i/64] |= 1 << (i % 64) }

func (s registerSet) has(i int) bool { return s[i/64]>>(i%64)&1 != 0 }

// all are the numbers in the set, the lowest first.
func (s registerSet) all() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, word := range s {
			for ; word != 0; word &= word - 1 {
				if !yield(64*i + bits.TrailingZeros64(word)) {
					return
				}
			}
		}
	}
}

// take adds a set and reports whether that changed anything.
func (s registerSet) take(from registerSet, but registerSet) (more bool) {
	for i := range s {
		now := s[i] | from[i]
		if but != nil {
			now = s[i] | from[i]&^but[i]
		}
		more = more || now != s[i]
		s[i] = now
	}
	return more
}

// liveness is which registers are live where.
type liveness struct {
	all        []*Register
	in         []registerSet // before each node
	uses, sets []registerSet // nil where there are none
	rests      registerSet   // those that are live where a thread may stand
	meets      []registerSet // those that are live when each is written
	before     [][]int
	spoilt     []slotSet // what is used by hand while each is live
}

func (l *liveness) empty() registerSet { return make(registerSet, (len(l.all)+63)/64) }

// predecessors are the nodes that may come before each.
func (l *liveness) predecessors(a *assembler) [][]int {
	if l.before == nil {
		l.before = a.before()
	}
	return l.before
}

// registersOf numbers the registers.
func (a *assembler) registersOf() *liveness {
	l, number := &liveness{}, map[*Register]int{}
	for i := range a.nodes {
		if low := a.nodes[i].low; low != nil {
			for _, r := range slices.Concat(low.sets, low.uses) {
				if _, ok := number[r]; !ok {
					number[r] = len(l.all)
					l.all = append(l.all, r)
				}
			}
		}
	}
	n := len(a.nodes)
	l.in, l.uses, l.sets = make([]registerSet, n), make([]registerSet, n), make([]registerSet, n)
	set := func(rs []*Register) registerSet {
		if len(rs) == 0 {
			return nil
		}
		s := l.empty()
		for _, r := range rs {
			s.add(number[r])
		}
		return s
	}
	for i := range a.nodes {
		l.in[i] = l.empty()
		if low := a.nodes[i].low; low != nil {
			l.uses[i], l.sets[i] = set(low.uses), set(low.sets)
		}
	}
	l.rests, l.meets, l.spoilt = l.empty(), make([]registerSet, len(l.all)), make([]slotSet, len(l.all))
	for i := range l.meets {
		l.meets[i] = l.empty()
	}
	return l
}

// interfere notes what can't share a slot because of a node, knowing what is live after it. A copy may be where the
// original is.
func (l *liveness) interfere(n *node, i int, out registerSet) {
	for j := range out.all() {
		l.spoilt[j] |= n.low.spoils
		for k := range l.sets[i].all() {
			r := l.all[j]
			copied := l.all[k].like == r && len(n.low.sets) == 1 && slices.Contains(n.low.uses, r)
			if k != j && !copied {
				l.meets[k].add(j)
				l.meets[j].add(k)
			}
		}
	}
}

// before are the nodes that may come before each.
func (a *assembler) before() [][]int {
	before := make([][]int, len(a.nodes))
	for i := range a.nodes {
		for _, j := range a.successors(i) {
			before[j] = append(before[j], i)
		}
	}
	return before
}

// successors are the nodes that may come after one.
func (a *assembler) successors(i int) []int {
	switch n := &a.nodes[i]; n.op {
	case opTest, opIf:
		return []int{i + 1, int(n.to)}
	case opGoto:
		return []int{int(n.to)}
	case opSwitch:
		next := make([]int, len(n.table))
		for j, t := range n.table {
			next[j] = int(t)
		}
		return next
	}
	if i+1 < len(a.nodes) {
		return []int{i + 1}
	}
	return nil
}
