// Package stepper goes through a state space by hand: from a state, the steps that are possible; along one of them, the
// next state. Nothing is stored but the way from the initial state, so the size of the state space does not matter.
package stepper

import (
	"fmt"
	"slices"

	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
	"github.com/hpcheck/hpcheck/reports"
)

// Stepper goes through the state space of a suite. It may be used by one goroutine at a time.
type Stepper struct {
	Suite *invariants.Suite
	walk  *invariants.Walk
}

// New returns a stepper.
func New(s *invariants.Suite) *Stepper { return &Stepper{s, s.Walk()} }

// View is a state, and what is around it.
type View struct {
	Path     Path
	Cells    []reports.Cell // every variable
	Threads  []Thread
	Steps    []reports.Step // the way to it
	Choices  []Choice
	Violated []Violation // properties that the last step violates, or the state itself
	Broken   []Violation // properties that were violated before
	State    model.State
	Walk     *reports.Counterexample // the way, with its lanes; nil if it is longer than anybody looks at
}

// Thread is a thread in a state.
type Thread struct {
	Name    string
	CPU     int // its own, -1 for a task
	Stands  string
	Life    reports.Life
	Enabled bool
}

// Doing says in a word what the thread does: one that is on a run queue and cannot go on waits.
func (t Thread) Doing() string {
	if t.Life == reports.Runs && !t.Enabled {
		return "waits"
	}
	return string(t.Life)
}

// Choice is a step that is possible.
type Choice struct {
	Ordinal  int
	Step     reports.Step
	Violates []string // properties
	Path     Path
}

// Violation is a property that is violated, and why.
type Violation struct {
	Property string
	Doc      string
	Step     int
	Clauses  []string
}

// PathError says that a path leads nowhere.
type PathError struct {
	At       int // the step that is not possible, from 1
	Possible int // how many steps are
}

// Error says it.
func (e *PathError) Error() string {
	return fmt.Sprintf("the path leads nowhere: at step %d there are %d possible steps", e.At, e.Possible)
}

// longestWalk is how many steps are kept with their states, which a diagram needs.
const longestWalk = 2000

// At goes along a path.
func (s *Stepper) At(path Path) (*View, error) {
	m := s.Suite.Machine
	v := &View{Path: path}
	state := s.Suite.Initial()[0]
	var taken []invariants.Step
	for i, ordinal := range path {
		ts, _ := s.walk.Transitions(state)
		if ordinal >= len(ts) {
			return nil, &PathError{i + 1, len(ts)}
		}
		t := &ts[ordinal]
		before := s.walk.State(state)
		step := reports.Describe(m, &before, &t.After, t.Action, t.Events)
		step.Number, step.Violating = i+1, t.Violated != 0
		v.Steps = append(v.Steps, step)
		if len(path) <= longestWalk {
			taken = append(taken, invariants.Step{
				Action: t.Action, Ordinal: ordinal, Before: before, After: t.After, Events: slices.Clone(t.Events),
				Violated: t.Violated != 0,
			})
		}
		if t.Violated != 0 {
			violated := s.violations(state, ordinal, t.Violated, i+1)
			if i == len(path)-1 {
				v.Violated = violated
			} else {
				v.Broken = append(v.Broken, violated...)
			}
		}
		state = t.Next
	}
	if len(path) <= longestWalk {
		v.Walk = reports.Walk(s.Suite, taken)
	}
	v.State = s.walk.State(state)
	v.Cells = reports.Cells(m, &v.State)
	s.around(v, state)
	return v, nil
}

// around adds what is possible in the state.
func (s *Stepper) around(v *View, state []uint64) {
	m := s.Suite.Machine
	ts, violated := s.walk.Transitions(state)
	if violated != 0 {
		v.Violated = append(v.Violated, s.violations(state, len(ts), violated, len(v.Path))...)
	}
	enabled := map[model.ThreadID]bool{}
	for i := range ts {
		t := &ts[i]
		enabled[t.Action.Thread()] = true
		c := Choice{Ordinal: i, Step: reports.Describe(m, &v.State, &t.After, t.Action, t.Events), Path: v.Path.And(i)}
		c.Step.Number = len(v.Path) + 1
		for p, property := range s.Suite.Properties {
			if t.Violated>>p&1 == 1 {
				c.Violates = append(c.Violates, property.Name)
			}
		}
		v.Choices = append(v.Choices, c)
	}
	for _, id := range m.Threads() {
		v.Threads = append(v.Threads, Thread{
			Name: m.ThreadName(id), CPU: m.Home(id), Stands: reports.Stands(m, &v.State, id),
			Life: reports.LifeOf(m, &v.State, id), Enabled: enabled[id],
		})
	}
}

// violations says which properties a step violates, and why.
func (s *Stepper) violations(state []uint64, ordinal int, violated uint64, step int) []Violation {
	var all []Violation
	for i, p := range s.Suite.Properties {
		if violated>>i&1 == 0 {
			continue
		}
		v := Violation{Property: p.Name, Doc: p.Doc, Step: step}
		for _, r := range s.walk.Reasons(state, ordinal, i) {
			v.Clauses = append(v.Clauses, r.Clause)
		}
		all = append(all, v)
	}
	return all
}
