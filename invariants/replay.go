package invariants

import (
	"fmt"
	"slices"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/model"
)

// Step is a step of a replayed trace.
type Step struct {
	Action   model.Action
	Ordinal  int // among the actions that are possible before it
	Before   model.State
	After    model.State
	Events   []model.Event
	Noticed  bool // the property took notice: its memory changed
	Violated bool // the step violates the property
}

// Replay executes a trace again, step by step from the initial state, and returns its steps and why the property is
// violated at its end. It is an error, and a bug of this program, if the trace can't be executed or does not violate
// the property.
func (s *Suite) Replay(v explore.Violation) ([]Step, []Reason, error) {
	actions, err := s.unfold(v)
	if err != nil {
		return nil, nil, err
	}
	w := s.newWorker()
	if s.Long || !s.Reduce.Shortest() {
		actions = w.shorten(actions, v.Property)
	}
	actions = w.calm(actions, v.Property)
	w.check.explain = true
	steps := make([]Step, 0, len(actions))
	_, ok := w.perform(actions, v.Property, func(before, after []uint64, violated bool) {
		a := actions[len(steps)]
		events := slices.Clone(w.exec.Events)
		w.actions = w.exec.Enabled(&w.before, w.actions[:0])
		steps = append(steps, Step{
			Action: a, Ordinal: slices.Index(w.actions, a), Before: w.before, After: w.after, Events: events,
			Noticed: s.remembers(v.Property, before, after), Violated: violated,
		})
	})
	if !ok {
		return nil, nil, fmt.Errorf("replay of %s: the last state does not violate it", s.Properties[v.Property].Name)
	}
	return steps, w.check.reasons, nil
}

// unfold turns a trace of the reduced system into the actions of the whole one: steps that were taken together come
// apart, and CPUs get their own numbers back.
func (s *Suite) unfold(v explore.Violation) ([]model.Action, error) {
	w := s.newWorker()
	state, words := s.boot()
	same := model.Same
	back := &same // from the numbers in the trace to the real ones
	if r := w.canonical(&state, words); r != nil {
		back = r.Inverse()
	}
	var actions []model.Action
	for i, ordinal := range v.Trace.Steps {
		s.Machine.Decode(&w.before, words)
		w.actions = w.enabled(&w.before, w.actions[:0])
		if ordinal >= len(w.actions) {
			return nil, fmt.Errorf("replay of %s: step %d: action %d of %d is not possible",
				s.Properties[v.Property].Name, i+1, ordinal+1, len(w.actions))
		}
		take := func(a model.Action) {
			actions = append(actions, s.Machine.RenameAction(&w.before, a, back))
			w.take(a, words)
		}
		take(w.actions[ordinal])
		w.follow(func(id model.ThreadID) { take(model.ActionOf(id, 0)) })
		s.Machine.Encode(words, &w.after)
		if r := w.canonical(&w.after, words); r != nil {
			back = back.After(r.Inverse())
		}
	}
	return actions, nil
}

// perform executes actions from the initial state until the property is violated, and calls step with the encoded
// states before and after each. It returns how many were executed, and false if one is not possible or the property is
// not violated.
func (w *worker) perform(
	actions []model.Action,
	property int,
	step func(before, after []uint64, violated bool),
) (int, bool) {
	bit := uint64(1) << property
	var next []uint64
	w.after, next = w.suite.boot()
	state := slices.Clone(next)
	for i, a := range actions {
		w.before = w.after
		if !w.exec.CanDo(&w.before, a) {
			return 0, false
		}
		w.check.reasons, w.check.only = nil, bit
		violated := w.take(a, next)&bit != 0
		if step != nil {
			step(state, next, violated)
		}
		if violated {
			return i + 1, true
		}
		copy(state, next)
	}
	w.check.reasons, w.check.only = nil, bit // the last state itself must violate it
	w.actions = w.exec.Enabled(&w.after, w.actions[:0])
	return len(actions), len(w.actions) == 0 && w.end(&w.after, next)&bit != 0
}

// shorten leaves out what the violation does not need: a step, or all that a thread does from some step on. A search
// that takes steps together, or leaves out orders of them, finds a way to each violation, but may put steps into it
// that have nothing to do with it.
func (w *worker) shorten(actions []model.Action, property int) []model.Action {
	fewer := make([]model.Action, 0, len(actions))
	for shorter := true; shorter; {
		shorter = false
		for i := len(actions) - 1; i >= 0; i-- {
			for _, rest := range []bool{true, false} {
				fewer = fewer[:0]
				for j, a := range actions {
					if j != i && !(rest && j > i && a.Thread() == actions[i].Thread()) {
						fewer = append(fewer, a)
					}
				}
				if n, ok := w.perform(fewer, property, nil); ok {
					actions, shorter = append(actions[:0], fewer[:n]...), true
					i = min(i, n)
					break
				}
			}
		}
	}
	return actions
}

// remembers reports whether the memory of a property differs between two states.
func (s *Suite) remembers(property int, a, b []uint64) bool {
	before, after := s.check(a), s.check(b)
	before.layout, after.layout = &s.layouts[property], &s.layouts[property]
	for f := range s.Properties[property].memory {
		for cpu := range uint8(s.Machine.Scenario.CPUs) {
			if before.get(f, cpu) != after.get(f, cpu) {
				return true
			}
		}
	}
	return false
}
