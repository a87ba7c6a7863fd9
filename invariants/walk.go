package invariants

import (
	"slices"

	"github.com/hpcheck/hpcheck/model"
)

// Walk goes through the state space of a suite by hand, one transition after the other. It holds scratch space, so each
// goroutine has its own; it keeps no state.
type Walk struct {
	suite *Suite
	w     *worker
}

// Walk returns a walk.
func (s *Suite) Walk() *Walk { return &Walk{s, s.newWorker()} }

// Transition is one way to go on from a state.
type Transition struct {
	Action   model.Action
	Next     []uint64 // the state that it leads to, as the engine knows it
	After    model.State
	Events   []model.Event
	Violated uint64 // the properties that it violates
}

// Transitions returns every way to go on from a state, in the engine's order. violated are the properties that the
// state itself violates, which only one without transitions does.
func (k *Walk) Transitions(state []uint64) (ts []Transition, violated uint64) {
	w, m := k.w, k.suite.Machine
	w.check.only, w.check.explain = 0, false
	w.load(state)
	w.actions = w.exec.Enabled(&w.start, w.actions[:0])
	if len(w.actions) == 0 {
		return nil, w.end(&w.start, state)
	}
	ts = make([]Transition, len(w.actions))
	for i, act := range w.actions {
		next := slices.Clone(state)
		w.before = w.start
		v := w.take(act, next)
		m.Encode(next, &w.after)
		ts[i] = Transition{act, next, w.after, slices.Clone(w.exec.Events), v}
	}
	return ts, 0
}

// State decodes a state.
func (k *Walk) State(state []uint64) (s model.State) {
	k.suite.Machine.Decode(&s, state)
	return s
}

// Reasons says why a property is violated by a transition, or by the state itself if there is none.
func (k *Walk) Reasons(state []uint64, ordinal, property int) []Reason {
	w, c := k.w, &k.w.check
	c.explain, c.only, c.reasons = true, 1<<property, nil
	k.suite.Machine.Decode(&w.before, state)
	w.actions = w.exec.Enabled(&w.before, w.actions[:0])
	if ordinal < len(w.actions) {
		w.take(w.actions[ordinal], slices.Clone(state))
	} else {
		w.end(&w.before, state)
	}
	c.explain = false
	return c.reasons
}

// Ends reports whether a state has no transition, and which properties it violates then.
func (k *Walk) Ends(state []uint64) (ends bool, violated uint64) {
	k.w.check.only, k.w.check.explain = 0, false
	k.w.suite.Machine.Decode(&k.w.before, state)
	k.w.actions = k.w.exec.Enabled(&k.w.before, k.w.actions[:0])
	if len(k.w.actions) > 0 {
		return false, 0
	}
	return true, k.w.end(&k.w.before, state)
}
