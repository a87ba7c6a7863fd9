package reports

import (
	"fmt"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
)

// New replays a violation and describes it. The error is that of [invariants.Suite.Replay].
func New(s *invariants.Suite, v explore.Violation) (*Counterexample, error) {
	steps, reasons, err := s.Replay(v)
	if err != nil {
		return nil, err
	}
	c := describe(s, s.Properties[v.Property], steps, reasons)
	c.property = v.Property
	return c, nil
}

// NewLasso replays a way to wait for ever and describes it. The error is that of [invariants.LiveSuite.ReplayLasso].
func NewLasso(s *invariants.LiveSuite, l explore.Lasso) (*Counterexample, error) {
	steps, reasons, err := s.ReplayLasso(l)
	if err != nil {
		return nil, err
	}
	text := "nobody can go on any more"
	if n := len(steps); n > l.Stem {
		text = fmt.Sprintf("steps %d to %d repeat for ever under a fair schedule", l.Stem+1, n)
	}
	reasons = append(reasons, invariants.Reason{Clause: text})
	c := describe(s.Suite, s.Wanted[s.Property(l.Wait)], steps, reasons)
	c.Lasso, c.alternatives = true, noAlternatives(len(steps))
	if waits := reasons[0].Waits; waits != model.Nobody {
		c.Starves = s.Machine.ThreadName(waits)
	}
	if l.Stem < len(steps) {
		c.CycleFrom, c.Stuck = l.Stem+1, nil // who waits in the last state goes on in the cycle
		c.Steps[l.Stem].Turns = true
		for i := range c.Steps[l.Stem:] {
			c.Steps[l.Stem+i].Cycle = true
		}
	}
	return c, nil
}

// describe makes a counterexample of what was replayed.
func describe(s *invariants.Suite, p *invariants.Property, steps []invariants.Step,
	reasons []invariants.Reason) *Counterexample {
	m := s.Machine
	c := &Counterexample{
		Kernel: m.Kernel.String(), Scenario: m.Scenario.String(), Property: p.Name, Doc: p.Doc, Why: p.Why,
		File:    p.File,
		Edition: EditionOf(m.Kernel), Params: m.Scenario, suite: s, start: s.Boot(),
		jobs: map[string]string{},
	}
	for _, n := range m.Chain {
		c.Chain = append(c.Chain, n.Name)
	}
	initial := m.Initial()
	c.Initial = Cells(m, &initial)
	c.Tracks, c.Arrows = tracks(m, steps), arrows(m, steps)
	acts := map[model.ThreadID]bool{}
	last := map[model.Var]int{}
	for i := range steps {
		s := &steps[i]
		acts[s.Action.Thread()] = true
		c.Trace = append(c.Trace, s.Ordinal)
		step := Describe(m, &s.Before, &s.After, s.Action, s.Events)
		step.Number, step.Violating, step.Cited = i+1, s.Violated, s.Noticed
		for _, change := range step.Changes {
			last[change.Var] = i + 1
		}
		c.Steps = append(c.Steps, step)
	}
	for _, id := range m.Threads() {
		if !acts[id] {
			continue
		}
		name := m.ThreadName(id)
		c.Lanes = append(c.Lanes, name)
		if m.Operates(id) && !c.calls(name) {
			c.jobs[name] = m.WorkName(id)
		}
	}
	final := initial
	if n := len(steps); n > 0 {
		final = steps[n-1].After
	}
	if n := len(steps); n == 0 || !steps[n-1].Violated { // the state itself violates the property
		x := m.NewExec()
		for _, id := range m.Threads() {
			if !x.Resting(&final, id) {
				c.Stuck = append(c.Stuck, Stuck{m.ThreadName(id), Stands(m, &final, id)})
			}
		}
	}
	for _, r := range reasons {
		c.cite(r.Waits, steps)
		clause := Clause{Text: r.Clause, At: at(m, &final, r.Waits)}
		for _, v := range r.Vars {
			clause.Vars = append(clause.Vars, Var{m.VarName(v), m.Value(&final, v), last[v]})
			if n := last[v]; n > 0 {
				c.Steps[n-1].Cited = true
			}
		}
		c.Clauses = append(c.Clauses, clause)
	}
	return c
}

// at says where a thread stands in the tree, "" for nobody, and if that is not known.
func at(m *model.Machine, s *model.State, id model.ThreadID) string {
	if id == model.Nobody {
		return ""
	}
	place := m.Place(s, id)
	return (&Step{File: place.File, Line: place.Line}).at()
}

// Describe says what an action does in a state. The step has no number yet.
func Describe(m *model.Machine, before, after *model.State, act model.Action, events []model.Event) Step {
	place := m.Place(before, act.Thread())
	step := Step{
		Thread: m.ThreadName(act.Thread()), CPU: place.CPU, Function: place.Function, Callers: place.Callers,
		File: place.File, Line: place.Line,
		Label: place.Label, Outcome: m.DescribeAction(before, act), Changes: m.Diff(before, after),
		Goes: Stands(m, after, act.Thread()), Stale: m.FindsOld(act),
	}
	for _, e := range events {
		step.Events = append(step.Events, describeEvent(m, e))
		step.Fault = step.Fault || e.Kind == model.EventFault
	}
	return step
}

// Stands says where a thread is in its code.
func Stands(m *model.Machine, s *model.State, id model.ThreadID) string {
	place := m.Place(s, id)
	switch {
	case place.Label == "":
		return place.Function + "()"
	case place.Function == "": // it has nothing to do any more
		return place.Label
	}
	return place.Function + "(): " + place.Label
}

// describeEvent takes an event apart.
func describeEvent(m *model.Machine, e model.Event) Event {
	d := Event{
		Kind: e.Kind, Text: m.DescribeEvent(e), CPU: int(e.CPU), Up: e.Up, Rung: -1, Thread: m.ThreadName(e.Thread),
	}
	if (e.Kind == model.EventEnter || e.Kind == model.EventExit) &&
		(e.Owner == model.OwnerNone || e.Owner == model.OwnerModule) {
		d.Rung = int(e.Step)
	}
	switch e.Kind {
	case model.EventEnd, model.EventReturn:
		d.Result = e.Ret.String()
	case model.EventEnter:
		d.Name = m.CallbackName(e)
	case model.EventExit:
		d.Name, d.Result = m.CallbackName(e), e.Ret.String()
	case model.EventCall:
		d.Op, d.OpName = m.OpOf(e), m.OperationName(e)
	case model.EventNotify:
		d.Name, d.Notifier, d.Result = e.Notification.String(), m.Chain[e.Notifier].Name, e.Ret.String()
	case model.EventFault:
		p := &m.FaultPoints[e.Point]
		d.Name, d.Detail, d.State = p.Name, p.Doc, p.State
		d.Result = e.Ret.String()
	case model.EventBug, model.EventWarn:
		d.Name = m.Assertions[e.Assertion].String()
	case model.EventRequest, model.EventComplete, model.EventConsume:
		d.Name, d.Detail = e.Completion.String(), e.Purpose.String()
	}
	return d
}

// Cells lists every variable with its value.
func Cells(m *model.Machine, s *model.State) []Cell {
	vars := m.Vars()
	cells := make([]Cell, len(vars))
	for i, v := range vars {
		cells[i] = Cell{m.VarOwner(v), m.VarField(v), m.Value(s, v)}
	}
	return cells
}

// EditionOf describes a kernel. Of the fixes that it does not have, those count whose code is there.
func EditionOf(k model.Kernel) Edition {
	e := Edition{Name: k.Name, Doc: k.Doc, Commit: k.Commit, Without: k.Without, States: k.States, Machine: k.Machine}
	if k.Source != nil {
		e.Tree, e.Code = k.Source.Origin()
	}
	for _, f := range model.Fixes() {
		if f.Applies(k) && !f.In(k) {
			e.Lacks = append(e.Lacks, f)
		}
	}
	return e
}

// cite marks the last step of a thread that waits for ever: it is what brought the thread there.
func (c *Counterexample) cite(id model.ThreadID, steps []invariants.Step) {
	for i := len(steps) - 1; i >= 0 && id != model.Nobody; i-- {
		if steps[i].Action.Thread() == id {
			c.Steps[i].Cited = true
			return
		}
	}
}
