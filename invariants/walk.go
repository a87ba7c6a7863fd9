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

// Transitions returns every way to go on from a state, in the engine's order. violated are the properties that the state
// itself violates, which only one without transitions does.
func (k *Walk) Transitions(state []uint64) (ts []Transition, violated uint64) {
	k.w.check.only, k.w.check.explain = 0, false
	k.w.suite.Machine.Decode(&k.w.before, state)
	k.w.actions = k.w.exec.Enabled(&k.w.before, k.w.actions[:0])
	if len(k.w.actions) == 0 {
		return nil, k.w.end(state)
	}
	ts = make([]Transition, len(k.w.actions))
	for i, act := range k.w.actions {
		next := make([]uint64, k.suite.Width())
		v := k.w.take(state, act, next)
		ts[i] = Transition{act, next, k.w.after, slices.Clone(k.w.exec.Events), v}
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
	c := &k.w.check
	c.explain, c.only, c.reasons = true, 1<<property, nil
	k.w.suite.Machine.Decode(&k.w.before, state)
	k.w.actions = k.w.exec.Enabled(&k.w.before, k.w.actions[:0])
	if ordinal < len(k.w.actions) {
		k.w.take(state, k.w.actions[ordinal], make([]uint64, k.suite.Width()))
	} else {
		k.w.end(state)
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
	return true, k.w.end(state)
}
