package model

import (
	"fmt"
	"math/bits"
	"slices"
)

// Registers of functions that are lowered from C. While a program is put together each local variable of each call has
// one of its own; when it is complete, it is found where each is live (Aho and others, "Compilers", 1986, 10.6), and
// those that must survive an instruction share the few that a state has, as in a compiler (Chaitin, "Register
// allocation and spilling via graph coloring", 1982). Where a thread stands, those that are dead are 0. So two states
// differ only in what still matters, however the C is written.

// Register is a local variable.
type Register struct {
	name string
	kind Kind
	at   *slot     // where a state keeps it; nil: in scratch
	n    int       // its place in scratch
	like *Register // from or to which it is copied
	want *slot
}

// Name is how C calls it.
func (r *Register) Name() string { return r.name }

// learn notes what is assigned.
func (r *Register) learn(k Kind) {
	switch {
	case r.kind == KindUnknown || r.kind == KindCount && k != KindUnknown:
		r.kind = k
	case r.kind == KindErrno && k == KindRung || r.kind == KindRung && k == KindErrno:
		r.kind = KindEither
	}
}

func (r *Register) load(x *Exec) int64 {
	if r.at == nil {
		return x.scratch[r.n]
	}
	return r.at.get(x)
}

func (r *Register) store(x *Exec, n int64) {
	if r.at == nil {
		x.scratch[r.n] = n
		return
	}
	r.at.set(x, n)
}

// place is the register as a place.
func (r *Register) place() LValue {
	return LValue{name: r.name, get: r.load, set: r.store, reg: r}
}

// maxScratch is how many local variables may be live within one instruction of a program, all in all.
const maxScratch = 1024

// slot is where a state keeps a register.
type slot struct {
	name string
	kind Kind
	task bool // only a thread that is bound to no CPU has it
	get  func(*Exec) int64
	set  func(*Exec, int64)
}

// slots are the registers of a thread, in the order in which they are taken. Those that the hand-written programs use
// for a certain thing come last.
var slots = []*slot{
	{
		"Ret",
		KindErrno,
		false,
		func(x *Exec) int64 { return x.t.Ret.value() },
		func(x *Exec, n int64) { x.t.Ret = errnoOf(n) },
	},
	{
		"Err",
		KindErrno,
		false,
		func(x *Exec) int64 { return x.t.Err.value() },
		func(x *Exec, n int64) { x.t.Err = errnoOf(n) },
	},
	{
		"Save",
		KindErrno,
		false,
		func(x *Exec) int64 { return x.t.Save.value() },
		func(x *Exec, n int64) { x.t.Save = errnoOf(n) },
	},
	{
		"Prev",
		KindRung,
		false,
		func(x *Exec) int64 { return int64(x.t.Prev) },
		func(x *Exec, n int64) { x.t.Prev = Rung(n) },
	},
	{
		"Goal",
		KindRung,
		false,
		func(x *Exec) int64 { return int64(x.t.Goal) },
		func(x *Exec, n int64) { x.t.Goal = Rung(n) },
	},
	{
		"task.Prev",
		KindRung,
		true,
		func(x *Exec) int64 { return int64(x.task.Prev) },
		func(x *Exec, n int64) { x.task.Prev = Rung(n) },
	},
	{
		"task.Took",
		KindEither,
		true,
		func(x *Exec) int64 { return eitherOf(x.task.Took) },
		func(x *Exec, n int64) { x.task.Took = toEither(n) },
	},
	{
		"Step",
		KindRung,
		false,
		func(x *Exec) int64 { return int64(x.t.Step) },
		func(x *Exec, n int64) { x.t.Step = Rung(n) },
	},
	{
		"I",
		KindCount,
		false,
		func(x *Exec) int64 { return int64(int8(x.t.I)) },
		func(x *Exec, n int64) { x.t.I = uint8(n) },
	},
	{
		"task.Left",
		KindCount,
		true,
		func(x *Exec) int64 { return int64(int8(x.task.Left)) },
		func(x *Exec, n int64) { x.task.Left = uint8(n) },
	},
	{"N", KindCount, false, func(x *Exec) int64 { return int64(x.t.N) }, func(x *Exec, n int64) { x.t.N = uint8(n) }},
	// Only a migrator has a stop_machine() of its own.
	{
		"task.Stop.Ret",
		KindErrno,
		true,
		func(x *Exec) int64 { return x.task.Stop.Ret.value() },
		func(x *Exec, n int64) { x.task.Stop.Ret = errnoOf(n) },
	},
	{
		"task.Stop.Threads",
		KindEither,
		true,
		func(x *Exec) int64 { return eitherOf(x.task.Stop.Threads | x.task.Stop.Ack<<countBits) },
		func(x *Exec, n int64) {
			w := toEither(n)
			x.task.Stop.Threads, x.task.Stop.Ack = w&(1<<countBits-1), w>>countBits
		},
	},
	{
		"task.Stop.Todo",
		KindCount,
		true,
		func(x *Exec) int64 { return int64(int8(x.task.Stop.Todo)) },
		func(x *Exec, n int64) { x.task.Stop.Todo = uint8(n) },
	},
}

// toEither is an error, or a number that is not below 0, in eight bits; eitherOf takes it back.
func toEither(n int64) uint8 {
	if n < 0 {
		return 1<<7 | uint8(errnoOf(n))
	}
	return uint8(n)
}

func eitherOf(w uint8) int64 {
	if w>>7 != 0 {
		return Errno(w &^ (1 << 7)).value()
	}
	return int64(w)
}

func slotNamed(name string) *slot {
	for _, s := range slots {
		if s.name == name {
			return s
		}
	}
	panic("model: no register is called " + name)
}

// value is the error as C returns it.
func (e Errno) value() int64 { return -int64(e.Number()) }

// errnoOf is the error that C returns as n. One that the model does not know is EINVAL.
func errnoOf(n int64) Errno {
	for e := range numErrnos {
		if e.value() == n {
			return e
		}
	}
	return EINVAL
}

// slotSet is a set of slots, a bit for each.
type slotSet uint16

// everySlot is all of them.
const everySlot = ^slotSet(0)

// slotsOf is the set of slots with these names.
func slotsOf(names ...string) (set slotSet) {
	for _, name := range names {
		set |= 1 << slices.IndexFunc(slots, func(s *slot) bool { return s.name == name })
	}
	return set
}

// lowered is what is known of a node that the lowering made, or that stands between two of those.
type lowered struct {
	uses, sets []*Register
	spoils     slotSet // what a program written by hand may use here
	owned      bool    // it touches nothing but registers and what one thread owns at the time
	region     bool    // it is part of a region that is one instruction
	start      bool    // it stands at the beginning of such a region
	head       bool    // it stands before what may be merged, and is no instruction if nothing is
	shown      bool    // what a tracer sees here must still be so when the instruction ends: nothing is merged past it
	mine       Object  // what it touches itself
	lone       bool    // which is but one access
	merged     Object  // of what one thread owns: what the instruction touches, if that is more than one access
	from       int     // of the end of a function that a program by hand calls: 1 + where it begins
	late       bool    // it may be done with what comes before it, see mayBeLate
	gives      *int64  // what is put into the one register that it writes, if that is known before it runs
	given      []given // the registers that have the same value for every thread that stands here
	dead       slotSet // registers that are 0 for a thread that stands here, or has come to such an end
}

// given is a register and its value.
type given struct {
	r *Register
	n int64
}

// give sets the registers that have the same value for every thread that stands at a node.
func (x *Exec) give(n *node) {
	if n.low != nil {
		for _, g := range n.low.given {
			g.r.store(x, g.n)
		}
	}
}

// forget clears registers.
func (x *Exec) forget(dead slotSet) {
	for ; dead != 0; dead &= dead - 1 {
		if s := slots[bits.TrailingZeros16(uint16(dead))]; !s.task || x.task != nil {
			s.set(x, 0)
		}
	}
}

// allocate gives each register its place. It returns an error if there are too few.
func (a *assembler) allocate() error {
	if !slices.ContainsFunc(a.nodes, func(n node) bool { return n.low != nil }) {
		return nil
	}
	l := a.liveness()
	scratch := 0
	for i, r := range l.all {
		switch {
		case r.at != nil:
		case l.rests.has(i) && !a.constant(i, l):
			if err := a.colour(i, l); err != nil {
				return err
			}
		case scratch == maxScratch:
			return fmt.Errorf("want at most %d local variables that no other thread can come between", maxScratch)
		default:
			r.n = scratch
			scratch++
		}
	}
	a.clearDead(l)
	return nil
}

// colour finds a slot for a register that nothing uses at the same time.
func (a *assembler) colour(i int, l *liveness) error {
	r, taken := l.all[i], l.spoilt[i]
	for j, o := range l.all {
		if o.at != nil && l.meets[i].has(j) {
			taken |= 1 << slices.Index(slots, o.at)
		}
	}
	spare := false // a stopper keeps small numbers also where others keep states
	fits := func(s *slot) bool {
		kind := r.kind
		if kind == KindUnknown {
			kind = KindCount
		}
		if s != nil && s.name == "task.Left" && r.want != s {
			return false // it is where a loop stands, also one that is written by hand
		}
		small := spare && s != nil && s.kind == KindRung && kind == KindCount
		return s != nil && (s.kind == kind || s.kind == KindEither || small) &&
			taken>>slices.Index(slots, s)&1 == 0 && a.has(s)
	}
	prefer := []*slot{r.want}
	if r.like != nil {
		prefer = append(prefer, r.like.at)
	}
	for _, spare = range []bool{false, a.name == "migration"} {
		for _, s := range append(prefer, slots...) {
			if fits(s) {
				r.at = s
				return nil
			}
		}
	}
	return fmt.Errorf("the local variable %s has to be kept, and all registers are taken", r.name)
}

// constant reports whether a register has one value, which is known, wherever a thread may stand that needs it. Then
// the value is no part of the state: who goes on from there gets it.
func (a *assembler) constant(i int, l *liveness) bool {
	before := l.predecessors(a)
	type place struct {
		at int
		n  int64
	}
	var places []place
	for at := range a.nodes {
		if n := &a.nodes[at]; n.op != opAction && n.op != opTest || !l.in[at].has(i) {
			continue
		}
		n, ok := a.reaching(i, at, l, before)
		if !ok {
			return false
		}
		places = append(places, place{at, n})
	}
	for _, p := range places {
		n := &a.nodes[p.at]
		if n.low == nil {
			n.low = &lowered{}
		}
		n.low.given = append(n.low.given, given{l.all[i], p.n})
	}
	return true
}

// reaching is the one number that a register may have at a node.
func (a *assembler) reaching(i, at int, l *liveness, before [][]int) (n int64, ok bool) {
	seen, found := make([]bool, len(a.nodes)), false
	var walk func(int) bool
	walk = func(at int) bool {
		if at == 0 { // a node that nobody comes to has nothing before it either
			return false
		}
		for _, j := range before[at] {
			if seen[j] {
				continue
			}
			seen[j] = true
			if l.sets[j] == nil || !l.sets[j].has(i) {
				if !walk(j) {
					return false
				}
				continue
			}
			gives := a.nodes[j].low.gives
			if gives == nil || len(a.nodes[j].low.sets) != 1 || found && n != *gives {
				return false
			}
			n, found = *gives, true
		}
		return true
	}
	return n, walk(at) && found
}

// clearDead says of each node where a thread may stand which registers are dead there.
func (a *assembler) clearDead(l *liveness) {
	at := make([]slotSet, len(l.all))
	for i, r := range l.all {
		if r.at != nil {
			at[i] = 1 << slices.Index(slots, r.at)
		}
	}
	usedIn := func(from, to int) (used slotSet) {
		for i := from; i < to; i++ {
			for j := range l.sets[i].all() {
				used |= at[j]
			}
		}
		return used
	}
	used := usedIn(0, len(a.nodes))
	for i := range a.nodes {
		n := &a.nodes[i]
		if n.low == nil {
			continue
		}
		live := l.in[i]
		switch {
		case n.low.from > 0:
			n.low.dead, live = usedIn(n.low.from-1, i), l.in[i+1]
		case n.op == opAction || n.op == opTest:
			n.low.dead = used &^ n.low.spoils
		}
		for j := range live.all() {
			n.low.dead &^= at[j]
		}
	}
}

// liveness solves the equations of live variables, backwards.
func (a *assembler) liveness() *liveness {
	l := a.registersOf()
	out := l.empty()
	for again := true; again; {
		again = false
		for i := len(a.nodes) - 1; i >= 0; i-- {
			for _, j := range a.successors(i) {
				again = l.in[i].take(l.in[j], l.sets[i]) || again
			}
			if l.uses[i] != nil {
				again = l.in[i].take(l.uses[i], nil) || again
			}
		}
	}
	for i := range a.nodes {
		n := &a.nodes[i]
		if n.op == opAction || n.op == opTest {
			l.rests.take(l.in[i], nil)
		}
		if n.low == nil {
			continue
		}
		clear(out)
		for _, j := range a.successors(i) {
			out.take(l.in[j], nil)
		}
		l.interfere(n, i, out)
	}
	return l
}
