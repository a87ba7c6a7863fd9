package invariants

import (
	"math/bits"
	"slices"

	"github.com/hpcheck/hpcheck/model"
)

// A scout looks for threads whose next steps are enough: whatever the others do before one of them, that one could as
// well come first.
//
// That is so for a set of threads (their steps are a persistent set, Godefroid 1996) if the others, as long as none of
// the set moves, come to a halt after a few steps, if none of their steps depends on the next step of a thread of the
// set, and if one of the set can still go on where they halt: else that may be an end. A property can't tell the
// difference if the steps of the set are invisible or if all of theirs are: a step is invisible if it makes no event
// that a property looks at, and changes nothing that one looks at then.
//
// The set begins with one thread, and grows (a stubborn set, Valmari 1989): by a thread whose steps depend on a step of
// the set, or by one that lets such a thread go on; by one of which it is not known where it comes to a halt; and by
// one of two that have a race. What the others do is not estimated but tried, on a copy of the state, with all their
// choices. They do the same in any order if they have no race: of two steps of different threads that depend on each
// other, one must come first, since it or a step after it is what the other thread waited for (happens-before, as in
// dynamic partial-order reduction, Flanagan and Godefroid 2005).
//
// So what an earlier operation has left behind, a thread that is about to park, say, stays where it is until somebody
// does something that depends on it, and only there both orders are tried.
type scout struct {
	machine *model.Machine
	looks   func(model.EventKind) bool // whether an event of that kind is looked at
	blind   bool                       // nobody looks at a step at all
	por     bool                       // there is a partial-order reduction
	exec    *model.Exec
	copy    model.State
	before  model.State
	patient bool // it finds out whether who waits in vain would have to wait

	threads []thread
	at      []uint8 // the place of each thread among them, by its number
	enabled int
	free    int    // one whose next step is free, see [model.Exec.Free]; -1 if there is none
	all     uint64 // the threads that can go on
	clash   []pair // threads whose steps depend on each other
	run     run
}

// thread is what a scout knows of a thread.
type thread struct {
	id       model.ThreadID
	outcomes int  // of its next step
	known    bool // ahead is all that it does until somebody helps it
	visible  bool // something in ahead is
	ahead    model.Ahead
	next     next
}

// next is the next step of a thread.
type next struct {
	model.Footprint
	known   bool
	visible bool
	ends    bool // it may be a BUG, after which nothing runs
}

type pair struct{ a, b int }

func newScout(s *Suite) *scout {
	sc := scoutOf(s.Machine, s.Reduce&PartialOrder != 0, func(k model.EventKind) bool { return len(s.onEvent[k]) > 0 })
	sc.blind = !slices.ContainsFunc(s.Properties, (*Property).looks)
	return sc
}

func scoutOf(m *model.Machine, por bool, looks func(model.EventKind) bool) *scout {
	sc := &scout{machine: m, looks: looks, por: por, exec: m.NewExec()}
	var stoppers []thread // they come last: who needs the CPU runs before it is taken
	for _, id := range m.Threads() {
		if m.IsStopper(id) {
			stoppers = append(stoppers, thread{id: id})
		} else {
			sc.threads = append(sc.threads, thread{id: id})
		}
	}
	sc.threads = append(sc.threads, stoppers...)
	sc.at = make([]uint8, 1+slices.Max(m.Threads()))
	for i := range sc.threads {
		sc.at[sc.threads[i].id] = uint8(i)
	}
	return sc
}

// only returns a thread whose next step, which must be but one, is to be taken at once: since it is the only one that
// is possible or, with a partial-order reduction, since it is enough.
func (sc *scout) only(state *model.State) (model.ThreadID, bool) {
	if state.Crashed {
		return 0, false
	}
	last := sc.count(state)
	switch {
	case sc.enabled == 0:
		return 0, false
	case sc.enabled == 1:
		return sc.threads[last].id, sc.threads[last].outcomes == 1
	case !sc.por:
		return 0, false
	}
	if sc.look(state); sc.free >= 0 && sc.threads[sc.free].outcomes > 1 {
		return 0, false
	}
	for i := range sc.threads {
		if t := &sc.threads[i]; t.outcomes == 1 && sc.alone(state, i) {
			return t.id, true
		}
	}
	return 0, false
}

// count counts the threads that can go on, and returns the last of them, -1 if there is none.
func (sc *scout) count(state *model.State) int {
	last := -1
	sc.enabled, sc.all = 0, 0
	for i := range sc.threads {
		t := &sc.threads[i]
		if t.outcomes = sc.exec.Outcomes(state, t.id); t.outcomes > 0 {
			sc.enabled++
			sc.all |= 1 << i
			last = i
		}
	}
	return last
}

// look prepares for alone and enough: it looks for a thread whose next step is free, and, if there is none, finds out
// what each does by itself.
func (sc *scout) look(state *model.State) {
	sc.count(state)
	sc.free = -1
	if sc.enabled < 2 || state.Crashed {
		return
	}
	for i := range sc.threads {
		if t := &sc.threads[i]; t.outcomes > 0 && sc.exec.Free(state, t.id, sc.looks) {
			if visible, ends := sc.shows(state, t); !visible && !ends {
				sc.free = i
				return
			}
		}
	}
	sc.explore(state)
}

// explore finds out what each thread does by itself.
func (sc *scout) explore(state *model.State) {
	sc.clash = sc.clash[:0]
	for i := range sc.threads {
		t := &sc.threads[i]
		t.visible, t.next.known = false, false
		if t.outcomes == 0 {
			t.known = true
			sc.exec.Stays(state, t.id, &t.ahead)
			continue
		}
		sc.copy = *state
		t.known = sc.exec.Ahead(&sc.copy, t.id, &t.ahead, func(now *model.State) bool {
			t.visible = t.visible || sc.visible(state, now)
			return true
		})
	}
	for i := range sc.threads {
		a := &sc.threads[i]
		if !a.known || !a.ahead.Moves {
			continue
		}
		for j := range sc.threads {
			b := &sc.threads[j]
			if i == j || !b.known {
				continue
			}
			if b.ahead.Waits(&a.ahead.Steps) || j < i && b.ahead.Moves && a.ahead.Steps.Conflicts(&b.ahead.Steps) {
				sc.clash = append(sc.clash, pair{i, j})
			}
		}
	}
}

// next is the next step of the i-th thread.
func (sc *scout) next(state *model.State, i int) *next {
	t := &sc.threads[i]
	if n := &t.next; !n.known {
		*n = next{known: true}
		sc.exec.Next(state, t.id, &n.Footprint)
		n.visible, n.ends = sc.shows(state, t)
	}
	return &t.next
}

// shows reports whether the next step of a thread may be visible, and whether it may end everything.
func (sc *scout) shows(state *model.State, t *thread) (visible, ends bool) {
	for outcome := range t.outcomes {
		sc.copy = *state
		sc.exec.Do(&sc.copy, model.ActionOf(t.id, outcome))
		visible, ends = visible || sc.visible(state, &sc.copy), ends || sc.copy.Crashed
	}
	return visible, ends
}

// visible reports whether the last step, in a run that began in state, was visible.
func (sc *scout) visible(state, now *model.State) bool {
	if sc.blind {
		return false
	}
	for _, e := range sc.exec.Events {
		if sc.looks(e.Kind) && !(e.Completion == model.StopCompletion && completes(e.Kind)) {
			return true
		}
	}
	return sc.machine.Observable(state, now)
}

// completes reports whether an event is about a completion. No property looks at that of stop_machine(), which lies on
// the waiter's stack.
func completes(k model.EventKind) bool {
	return k == model.EventRequest || k == model.EventComplete || k == model.EventConsume
}

// Tracer says, for who looks at a machine's events while tracing, which threads may go first.
type Tracer struct {
	scout *scout
	sets  []uint64
	ids   []model.ThreadID
}

// NewTracer returns a Tracer for who looks at events of these kinds, and at the state of the CPU that they are about.
func NewTracer(m *model.Machine, kinds ...model.EventKind) *Tracer {
	sc := scoutOf(m, true, func(k model.EventKind) bool { return slices.Contains(kinds, k) })
	sc.exec.Tracing, sc.patient = true, true
	return &Tracer{scout: sc}
}

// Enough returns the n-th set of threads whose next steps, whatever their outcomes, are enough in the state, those of
// few threads first: every execution from there shows what one shows that begins with one of them. It is false if there
// is no such set but that of all. The set is valid until the next call.
func (t *Tracer) Enough(state *model.State, n int) ([]model.ThreadID, bool) {
	sc := t.scout
	sc.look(state)
	t.sets = sc.enough(state, t.sets[:0], n == 0)
	if n >= len(t.sets) {
		return nil, false
	}
	t.ids = t.ids[:0]
	for set := t.sets[n]; set != 0; set &= set - 1 {
		t.ids = append(t.ids, sc.threads[bits.TrailingZeros64(set)].id)
	}
	return t.ids, true
}
