package reports

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
)

// Replay is a saved counterexample, walked again.
type Replay struct {
	Saved    *Saved
	Kernel   string
	Followed int      // steps that the kernel took as they were saved
	Added    int      // steps that only this kernel has, in which nothing is to be seen
	Left     int      // those that only the other has
	Violated []string // properties that the steps violated on it
	Wanted   *Step    // the step at which they part; nil if they do not
	Instead  []string // what the kernel could do there
	Why      string   // how they part
}

// Walk walks a saved counterexample on a suite, step by step, as long as the kernel does what was saved: the same
// thread, at the same statement of the same function, with the same outcome. Steps that only one of the kernels has and
// nobody sees do not part them.
func (s *Saved) Walk(suite *invariants.Suite) *Replay {
	m := suite.Machine
	r := &Replay{Saved: s, Kernel: m.Kernel.String()}
	walk := suite.Walk()
	state := suite.Initial()[0]
	note := func(violated uint64) {
		for i, p := range suite.Properties {
			if violated>>i&1 == 1 && !slices.Contains(r.Violated, p.Name) {
				r.Violated = append(r.Violated, p.Name)
			}
		}
	}
	again := newAgain(s, suite)
	for i := range s.Steps {
		again.see(i, state)
		want := &s.Steps[i]
		way := follow(m, walk, state, want)
		if way == nil {
			if want.unseen() {
				r.Left++
				continue
			}
			ts, _ := walk.Transitions(state)
			before := walk.State(state)
			r.part(m, want, ts, &before)
			return r
		}
		for _, t := range way {
			note(t.Violated)
			state = t.Next
		}
		r.Added += len(way) - 1
		r.Followed++
	}
	again.see(len(s.Steps), state)
	ts, violated := walk.Transitions(state)
	if len(ts) == 0 {
		note(violated)
	}
	if again.closes(state, len(ts) == 0) {
		r.Violated = append(r.Violated, s.Property)
	}
	return r
}

// again follows a way to wait for ever.
type again struct {
	saved *Saved
	waits func(*model.State) bool // nil if it is no such way
	m     *model.Machine
	start []uint64 // where what is repeated begins
	ok    bool
}

func newAgain(s *Saved, suite *invariants.Suite) *again {
	a := &again{saved: s, m: suite.Machine, ok: true}
	if s.Lasso {
		a.waits = invariants.Waits(suite.Machine, s.Property)
	}
	return a
}

// see looks at the state after so many steps.
func (a *again) see(steps int, words []uint64) {
	from := a.saved.Cycle - 1
	if a.saved.Cycle == 0 {
		from = len(a.saved.Steps)
	}
	if a.waits == nil || steps < from {
		return
	}
	var state model.State
	a.m.Decode(&state, words)
	a.ok = a.ok && a.waits(&state)
	if steps == from {
		a.start = slices.Clone(words[:a.m.Words()])
	}
}

// closes reports whether the way leads back to where what is repeated began, or to where nobody can go on.
func (a *again) closes(words []uint64, dead bool) bool {
	return a.waits != nil && a.ok &&
		(a.saved.Cycle > 0 && slices.Equal(a.start, words[:a.m.Words()]) || a.saved.Cycle == 0 && dead)
}

// mostAdded is how many steps in which nothing is to be seen a kernel may make that the other does not have, in a row.
const mostAdded = 20

// follow finds the step on this kernel, and the steps before it that nobody sees and that the kernel has and the other
// has not: a test more, a flag that is set. It returns nil if the thread does something else.
func follow(m *model.Machine, walk *invariants.Walk, state []uint64, want *SavedStep) []invariants.Transition {
	var way []invariants.Transition
	for range mostAdded {
		ts, _ := walk.Transitions(state)
		before := walk.State(state)
		own := -1 // the thread's step, if it has but one and nobody sees it
		for _, t := range ts {
			if m.ThreadName(t.Action.Thread()) != want.Thread {
				continue
			}
			place := m.Place(&before, t.Action.Thread())
			if place.Function == want.Function && place.Label == want.Label &&
				m.DescribeAction(&before, t.Action) == want.Outcome {
				return append(way, t)
			}
		}
		for j, t := range ts {
			if m.ThreadName(t.Action.Thread()) != want.Thread {
				continue
			}
			if own >= 0 || slices.ContainsFunc(t.Events, func(e model.Event) bool { return observed(e.Kind) }) {
				return nil
			}
			own = j
		}
		if own < 0 {
			return nil
		}
		way = append(way, ts[own])
		state = ts[own].Next
	}
	return nil
}

// unseen reports whether nobody sees anything of the step. An event that this hpcheck does not know is seen.
func (s *SavedStep) unseen() bool {
	for _, e := range s.Events {
		hidden := false
		for _, kind := range model.EventKinds() {
			hidden = hidden || kind.String() == e.Kind && !observed(kind)
		}
		if !hidden {
			return false
		}
	}
	return true
}

// part says where the kernel parts from what was saved.
func (r *Replay) part(m *model.Machine, want *SavedStep, ts []invariants.Transition, before *model.State) {
	r.Wanted = &Step{
		Number:   want.Number,
		Thread:   want.Thread,
		CPU:      -1,
		Function: want.Function,
		Label:    want.Label,
		Outcome:  want.Outcome,
	}
	if want.CPU != nil {
		r.Wanted.CPU = *want.CPU
	}
	stands := ""
	for _, id := range m.Threads() {
		if m.ThreadName(id) == want.Thread {
			place := m.Place(before, id)
			stands = fmt.Sprintf("%s(): %s", place.Function, place.Label)
		}
	}
	can := false
	for _, t := range ts {
		step := Describe(m, before, &t.After, t.Action, t.Events)
		can = can || step.Thread == want.Thread
		r.Instead = append(r.Instead, step.Brief())
	}
	switch {
	case stands == "":
		r.Why = fmt.Sprintf("there is no %s", want.Thread)
	case stands != fmt.Sprintf("%s(): %s", want.Function, want.Label):
		r.Why = fmt.Sprintf("%s stands at %s", want.Thread, stands)
	case can:
		r.Why = fmt.Sprintf("%s is there, and that outcome is not possible", want.Thread)
	default:
		r.Why = fmt.Sprintf("%s is there too, and cannot go on", want.Thread)
	}
}

// Again reports whether the property is violated as it was saved.
func (r *Replay) Again() bool {
	for _, name := range r.Violated {
		if name == r.Saved.Property {
			return r.Wanted == nil
		}
	}
	return false
}

// Text writes what became of it.
func (r *Replay) Text(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(
		&b, "%s, found on %s in %d steps, on %s:\n", r.Saved.Property, r.Saved.Kernel, len(r.Saved.Steps), r.Kernel,
	)
	switch {
	case r.Wanted != nil:
		fmt.Fprintf(&b, "  the same for %d steps%s; they part at step %d\n", r.Followed, r.besides(), r.Wanted.Number)
		fmt.Fprintf(&b, "    saved: %s, in %s()\n", r.Wanted.Brief(), r.Wanted.Function)
		fmt.Fprintf(&b, "    here:  %s\n", r.Why)
		for _, text := range r.Instead {
			fmt.Fprintf(&b, "           possible: %s\n", text)
		}
		if len(r.Instead) == 0 {
			b.WriteString("           nothing is possible\n")
		}
	case r.Again():
		fmt.Fprintf(&b, "  the same to the end%s, and VIOLATED again\n", r.besides())
	default:
		fmt.Fprintf(&b, "  the same to the end%s, and not violated\n", r.besides())
	}
	for _, name := range r.Violated {
		if name != r.Saved.Property || r.Wanted != nil {
			fmt.Fprintf(&b, "  on the way, %s is violated\n", name)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// besides names the steps that only one kernel has.
func (r *Replay) besides() string {
	var parts []string
	if r.Added > 0 {
		parts = append(parts, fmt.Sprintf("%d that only this kernel has", r.Added))
	}
	if r.Left > 0 {
		parts = append(parts, fmt.Sprintf("%d that it has not", r.Left))
	}
	if len(parts) == 0 {
		return ""
	}
	return ", besides " + join(parts) + " and nobody sees"
}

// String names a saved kernel as [model.Kernel] does.
func (k SavedKern) String() string {
	if len(k.Without) == 0 {
		return k.Name
	}
	return k.Name + " without " + strings.Join(k.Without, ", ")
}
