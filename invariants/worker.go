package invariants

import (
	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/model"
)

// worker expands states.
type worker struct {
	suite   *Suite
	exec    *model.Exec
	check   Check
	start   model.State // what is expanded
	words   []uint64    // from which it was decoded
	next    model.State // where a step leads from there; else it is the same, if that is said
	same    bool
	before  model.State // a step
	after   model.State
	actions []model.Action
	marks   []uint64

	scout   *scout      // if steps are left out
	divider *divider    // if the suite is a share
	renamed model.State // scratch space of canonical
	blocks  []uint64
}

// NewWorker implements [explore.System].
func (s *Suite) NewWorker() explore.Worker {
	w := s.newWorker()
	if s.Reduce&PartialOrder == 0 {
		return w
	}
	return &reducer{worker: w}
}

func (s *Suite) newWorker() *worker {
	x := s.Machine.NewExec()
	w := &worker{
		suite: s, exec: x, check: Check{M: s.Machine, pairs: s.pairs}, marks: make([]uint64, 1+len(x.Marks())),
		words: make([]uint64, s.Machine.Words()),
	}
	s.Machine.Decode(&w.start, w.words)
	for i, p := range s.Properties {
		if p.always {
			w.marks[0] |= 1 << i
		}
	}
	if s.share != nil {
		w.divider = &divider{Share: s.share, byFault: s.Machine.Scenario.Faults > 0, exec: s.Machine.NewExec()}
	}
	if s.Reduce&(PartialOrder|Merge) != 0 {
		w.scout = newScout(s)
	}
	return w
}

// Marks implements [explore.Worker]: the first word has the properties whose premise occurred, the others are the
// machine's.
func (w *worker) Marks() []uint64 {
	copy(w.marks[1:], w.exec.Marks())
	return w.marks
}

// Expand implements [explore.Worker].
func (w *worker) Expand(state []uint64, b *explore.Batch) uint64 {
	w.load(state)
	w.exec.Races(&w.start)
	w.actions = w.enabled(&w.start, w.actions[:0])
	if len(w.actions) == 0 {
		return w.end(&w.start, state)
	}
	w.expand(state, w.actions, b)
	return 0
}

// load makes w.start the state whose encoding is words.
func (w *worker) load(words []uint64) {
	m := w.suite.Machine
	changes := m.DecodeChanges(&w.start, w.words, words)
	m.Restore(&w.next, &w.start, changes) // a state that was expanded before has much in common with it
}

// expand adds the successors of w.start, whose encoding is state, by some of its actions.
func (w *worker) expand(state []uint64, actions []model.Action, b *explore.Batch) {
	m := w.suite.Machine
	if !w.same {
		w.next = w.start
	}
	w.same = false // a step may panic
	for _, a := range actions {
		next := b.Add(explore.Step{Action: uint32(a)})
		copy(next, state)
		step := &b.Steps[len(b.Steps)-1]
		if w.suite.Reduce&Merge != 0 {
			step.Violated = w.together(a, next)
			w.canonical(&w.after, next)
			continue
		}
		w.check.wrote = 0
		w.exec.Do(&w.next, a)
		changes := m.Changes(&w.start, &w.next, w.exec.Reach())
		step.Violated = w.judge(&w.start, &w.next, changes, a, next)
		m.EncodeChanges(next, &w.start, &w.next, changes)
		if w.canonical(&w.next, next) == nil {
			step.Parts = w.suite.parts(changes, w.check.wrote)
		}
		m.Restore(&w.next, &w.start, changes)
	}
	w.same = true
}

// together takes an action from w.start, and the steps that are to be taken together with it.
func (w *worker) together(a model.Action, next []uint64) (violated uint64) {
	w.before = w.start
	violated = w.take(a, next)
	w.encode(next)
	w.follow(func(id model.ThreadID) {
		violated |= w.take(model.ActionOf(id, 0), next)
		w.encode(next) // at once: what a state can't keep is found out at the same step
	})
	return violated
}

// encode writes to next, which has w.before, what has changed since.
func (w *worker) encode(next []uint64) {
	m := w.suite.Machine
	m.EncodeChanges(next, &w.before, &w.after, m.Changes(&w.before, &w.after, model.Everything))
}

// longest is how many steps are taken together at most.
const longest = 1 << 10

// follow calls step for each step that is to be taken together with the one before: from w.after, after which it is
// w.before.
func (w *worker) follow(step func(model.ThreadID)) {
	if w.suite.Reduce&Merge == 0 {
		return
	}
	for range longest {
		id, ok := w.scout.only(&w.after)
		if !ok {
			return
		}
		w.before = w.after
		w.exec.Races(&w.before)
		step(id)
	}
}

// take executes an action from w.before to w.after, keeps the memory of the properties, at the end of next, up to date,
// and returns which properties the step violates.
func (w *worker) take(a model.Action, next []uint64) uint64 {
	w.after = w.before
	w.exec.Do(&w.after, a)
	return w.judge(&w.before, &w.after, w.suite.Machine.Changes(&w.before, &w.after, model.Everything), a, next)
}

// judge lets the properties look at the step from a state to another, with these changes.
func (w *worker) judge(before, after *model.State, changes model.Changes, a model.Action, next []uint64) uint64 {
	s := w.suite
	c := &w.check
	c.Before, c.After, c.Thread, c.memory = before, after, a.Thread(), next[s.Machine.Words():]
	c.Events = w.exec.Events
	c.violate, c.witness = 0, 0
	for _, e := range w.exec.Events {
		for _, i := range s.onEvent[e.Kind] {
			c.layout, c.bit = &s.layouts[i], 1<<i
			s.Properties[i].event(c, e)
		}
	}
	now := c.occasions(changes)
	for _, o := range s.onStep {
		if o.when&^now == 0 {
			c.call(s, o.property, o.step)
		}
	}
	w.marks[0] |= c.witness
	return c.violate
}

// end checks a state that has no successor.
func (w *worker) end(state *model.State, words []uint64) uint64 {
	s := w.suite
	c := &w.check
	c.Before, c.After, c.Thread, c.memory = state, state, model.Nobody, words[s.Machine.Words():]
	c.violate, c.witness = 0, 0
	for _, i := range s.onEnd {
		c.call(s, i, s.Properties[i].end)
	}
	w.marks[0] |= c.witness
	return c.violate
}

// Distance implements [explore.Guide]. A violation needs a failure and the way back from it, and most come near the end
// of an operation: what has failed already comes first, then what has least before it.
func (w *worker) Distance(words []uint64) int {
	m := w.suite.Machine
	w.load(words)
	return min(255, 64*int(w.start.Faults)+m.Ahead(&w.start))
}
