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
	Before   model.State
	After    model.State
	Events   []model.Event
	Noticed  bool // the property took notice: its memory changed
	Violated bool // the step violates the property
}

// Replay executes a trace again, step by step from the initial state, and returns its steps and why the property is violated
// at its end. It is an error, and a bug of this program, if the trace can't be executed or does not violate the property.
func (s *Suite) Replay(v explore.Violation) ([]Step, []Reason, error) {
	w := s.newWorker()
	w.check.explain = true
	state := slices.Clone(v.Trace.Initial)
	next := make([]uint64, s.Width())
	steps := make([]Step, 0, len(v.Trace.Steps))
	bit := uint64(1) << v.Property
	violated := uint64(0)
	for i, ordinal := range v.Trace.Steps {
		s.Machine.Decode(&w.before, state)
		w.actions = w.exec.Enabled(&w.before, w.actions[:0])
		if ordinal >= len(w.actions) {
			return nil, nil, fmt.Errorf("replay of %s: step %d: action %d of %d is not possible",
				s.Properties[v.Property].Name, i+1, ordinal+1, len(w.actions))
		}
		act := w.actions[ordinal]
		w.check.reasons, w.check.only = nil, bit
		violated = w.take(state, act, next)
		steps = append(steps, Step{
			Action: act, Before: w.before, After: w.after, Events: slices.Clone(w.exec.Events),
			Noticed: s.remembers(v.Property, state, next), Violated: violated&bit != 0,
		})
		state, next = next, state
	}
	if violated&bit == 0 { // then the state itself must violate it
		s.Machine.Decode(&w.before, state)
		w.check.reasons, w.check.only = nil, bit
		if len(w.exec.Enabled(&w.before, nil)) > 0 || w.end(state)&bit == 0 {
			return nil, nil, fmt.Errorf("replay of %s: the last state does not violate it", s.Properties[v.Property].Name)
		}
	}
	return steps, w.check.reasons, nil
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
