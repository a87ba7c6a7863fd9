package invariants

import (
	"slices"

	"github.com/hpcheck/hpcheck/model"
)

// A scout looks for a thread whose next step is enough: whatever the others do before it, it could as well come first.
//
// That is so for a thread t in a state (its steps are a persistent set, Godefroid 1996) if the others, without t, come
// to a halt after a few steps; if they do the same in any order; and if none of their steps depends on the next step of
// t. A property can't tell the difference if t's step is invisible or if all of theirs are: a step is invisible if it
// makes no event that a property looks at, and changes nothing that one looks at then.
//
// What the others do is not estimated but tried, on a copy of the state. They do the same in any order if they have no
// race: of two steps of different threads that depend on each other, one must come first, since it or a step after it
// is what the other thread waited for (happens-before, as in dynamic partial-order reduction, Flanagan and Godefroid
// 2005).
type scout struct {
	machine *model.Machine
	looks   func(model.EventKind) bool // whether an event of that kind is looked at
	por     bool                       // there is a partial-order reduction
	exec    *model.Exec
	copy    model.State

	threads []thread
	enabled int
	lost    int    // threads of which nothing is known
	clash   []pair // threads whose steps depend on each other
	steps   []scouted
}

// scouted is a step of a run of several threads.
type scouted struct {
	model.Footprint
	past uint64 // the steps that must come before it
}

// thread is what a scout knows of a thread.
type thread struct {
	id       model.ThreadID
	outcomes int  // of its next step
	known    bool // ahead is all that it does until somebody helps it
	visible  bool // something in ahead is
	ahead    model.Ahead

	// In a run with the others.

	can   int         // the outcomes of its next step
	waits model.Guard // for what, if there are none
	past  uint64      // the steps that must come before it
}

type pair struct{ a, b int }

func newScout(s *Suite) *scout {
	return scoutOf(s.Machine, s.Reduce&PartialOrder != 0, func(k model.EventKind) bool { return len(s.onEvent[k]) > 0 })
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
	sc.explore(state)
	for i := range sc.threads {
		if t := &sc.threads[i]; t.outcomes == 1 && sc.suffices(state, i) {
			return t.id, true
		}
	}
	return 0, false
}

// count counts the threads that can go on, and returns the last of them, -1 if there is none.
func (sc *scout) count(state *model.State) int {
	last := -1
	sc.enabled = 0
	for i := range sc.threads {
		t := &sc.threads[i]
		if t.outcomes = sc.exec.Outcomes(state, t.id); t.outcomes > 0 {
			sc.enabled++
			last = i
		}
	}
	return last
}

// look prepares enough.
func (sc *scout) look(state *model.State) {
	sc.count(state)
	if sc.enabled > 1 && !state.Crashed {
		sc.explore(state)
	}
}

// enough returns the n-th thread whose next step, whatever its outcome, is enough.
func (sc *scout) enough(state *model.State, n int) (model.ThreadID, bool) {
	if sc.enabled < 2 || state.Crashed {
		return 0, false
	}
	for i := range sc.threads {
		if t := &sc.threads[i]; t.outcomes > 0 && sc.suffices(state, i) {
			if n == 0 {
				return t.id, true
			}
			n--
		}
	}
	return 0, false
}

// explore finds out what each thread does by itself.
func (sc *scout) explore(state *model.State) {
	sc.lost, sc.clash = 0, sc.clash[:0]
	for i := range sc.threads {
		t := &sc.threads[i]
		t.visible = false
		sc.copy = *state
		t.known = sc.exec.Ahead(&sc.copy, t.id, &t.ahead, func() bool {
			t.visible = t.visible || sc.visible(state, &sc.copy)
			return true
		})
		if !t.known {
			if sc.lost++; sc.lost > 1 {
				return // no step is enough
			}
		}
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
			if a.ahead.Steps.Changes(&b.ahead.Guard) ||
				j < i && b.ahead.Moves && a.ahead.Steps.Conflicts(&b.ahead.Steps) {
				sc.clash = append(sc.clash, pair{i, j})
			}
		}
	}
}

// suffices reports whether the next step of the i-th thread is enough.
func (sc *scout) suffices(state *model.State, i int) bool {
	t := &sc.threads[i]
	if sc.lost > 1 || sc.lost == 1 && t.known {
		return false
	}
	var next model.Footprint
	sc.exec.Next(state, t.id, &next)
	visible := false
	for j := range sc.threads {
		if o := &sc.threads[j]; j != i && o.ahead.Moves {
			if o.ahead.Steps.Conflicts(&next) || next.Blocks(&o.ahead.Steps) {
				return false
			}
			visible = visible || o.visible
		}
	}
	for _, c := range sc.clash {
		if c.a != i && c.b != i {
			ok, more := sc.together(state, i, &next)
			if !ok {
				return false
			}
			visible = more
			break
		}
	}
	return !visible || !sc.shows(state, t)
}

// together lets all threads but the t-th run until none can, and reports whether they have no race and no step that
// depends on next, and whether one of their steps is visible.
func (sc *scout) together(state *model.State, t int, next *model.Footprint) (ok, visible bool) {
	sc.copy = *state
	sc.steps = sc.steps[:0]
	for i := range sc.threads {
		o := &sc.threads[i]
		o.past, o.can, o.waits = 0, o.outcomes, model.Guard{}
		if o.can == 0 {
			sc.exec.Waits(&sc.copy, o.id, &o.waits)
		}
	}
	for {
		i := sc.runnable(t)
		if i < 0 {
			return true, visible
		}
		o := &sc.threads[i]
		if o.can > 1 || len(sc.steps) == 64 {
			return false, false
		}
		step := scouted{past: o.past}
		sc.exec.Next(&sc.copy, o.id, &step.Footprint)
		if step.Conflicts(next) || next.Blocks(&step.Footprint) || sc.races(&step) {
			return false, false
		}
		sc.exec.Do(&sc.copy, model.ActionOf(o.id, 0))
		if sc.copy.Crashed {
			return false, false
		}
		visible = visible || sc.visible(state, &sc.copy)
		sc.steps = append(sc.steps, step)
		o.past |= 1 << (len(sc.steps) - 1)
		if !sc.settle(t, i) {
			return false, false
		}
	}
}

// runnable returns a thread that can run, other than the t-th; -1 if there is none.
func (sc *scout) runnable(t int) int {
	for i := range sc.threads {
		if i != t && sc.threads[i].can > 0 {
			return i
		}
	}
	return -1
}

// races reports whether a step depends on an earlier one that need not have come before it.
func (sc *scout) races(step *scouted) bool {
	for k := range sc.steps {
		if step.past>>k&1 == 0 && step.Conflicts(&sc.steps[k].Footprint) {
			return true
		}
	}
	return false
}

// settle finds out who can run after a step of the i-th thread. It returns false if the step has taken that from
// somebody.
func (sc *scout) settle(t, i int) bool {
	step := &sc.steps[len(sc.steps)-1].Footprint
	for j := range sc.threads {
		o := &sc.threads[j]
		could := o.can > 0
		if j == t || !could && !step.Changes(&o.waits) {
			continue
		}
		o.can = sc.exec.Outcomes(&sc.copy, o.id)
		switch {
		case o.can > 0 && !could:
			for k := range sc.steps {
				if sc.steps[k].Changes(&o.waits) {
					o.past |= sc.steps[k].past | 1<<k
				}
			}
		case o.can > 0:
		case j == i:
			o.waits = model.Guard{}
			sc.exec.Waits(&sc.copy, o.id, &o.waits)
		case could:
			return false
		default:
			sc.exec.Waits(&sc.copy, o.id, &o.waits)
		}
	}
	return true
}

// shows reports whether the next step of a thread may be visible, or may end everything.
func (sc *scout) shows(state *model.State, t *thread) bool {
	for outcome := range t.outcomes {
		sc.copy = *state
		sc.exec.Do(&sc.copy, model.ActionOf(t.id, outcome))
		if sc.visible(state, &sc.copy) {
			return true
		}
	}
	return false
}

// visible reports whether the last step, in a run that began in state, was visible.
func (sc *scout) visible(state, now *model.State) bool {
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

// Tracer says, for who looks at a machine's events while tracing, which thread may go first.
type Tracer struct{ scout *scout }

// NewTracer returns a Tracer for who looks at events of these kinds, and at the state of the CPU that they are about.
func NewTracer(m *model.Machine, kinds ...model.EventKind) *Tracer {
	sc := scoutOf(m, true, func(k model.EventKind) bool { return slices.Contains(kinds, k) })
	sc.exec.Tracing = true
	return &Tracer{sc}
}

// Enough returns the n-th thread whose next step, whatever its outcome, is enough in the state: every execution from
// there shows what one shows that begins with it.
func (t *Tracer) Enough(state *model.State, n int) (model.ThreadID, bool) {
	t.scout.look(state)
	return t.scout.enough(state, n)
}
