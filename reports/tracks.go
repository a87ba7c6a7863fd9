package reports

import (
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
)

// Life is what the scheduler knows of a thread.
type Life string

// The lives of a thread.
const (
	Absent Life = "absent" // not created yet
	Runs   Life = "runs"   // on a run queue
	Sleeps Life = "sleeps" // in schedule(), until somebody wakes it
	Parked Life = "parked" // TASK_PARKED, until somebody unparks it
)

// Track is what becomes of a thread.
type Track struct {
	Thread string
	CPU    int // its own, -1 for a task
	Stands string
	Spans  []Span
}

// Span is a stretch of the trace in which a thread's life is the same: after steps From to To, 0 being the boot.
type Span struct {
	From, To int
	Life     Life
}

// tracks follows every thread through the trace.
func tracks(m *model.Machine, steps []invariants.Step) []Track {
	states := statesOf(m, steps)
	var all []Track
	for _, id := range m.Threads() {
		t := Track{Thread: m.ThreadName(id), CPU: m.Home(id), Stands: Stands(m, states[0], id)}
		for i, s := range states {
			life := LifeOf(m, s, id)
			if n := len(t.Spans); n > 0 && t.Spans[n-1].Life == life {
				t.Spans[n-1].To = i
			} else {
				t.Spans = append(t.Spans, Span{i, i, life})
			}
		}
		all = append(all, t)
	}
	return all
}

// statesOf are the states of a trace, from the boot to the end.
func statesOf(m *model.Machine, steps []invariants.Step) []*model.State {
	initial := m.Initial()
	states := []*model.State{&initial}
	for i := range steps {
		states = append(states, &steps[i].After)
	}
	return states
}

// LifeOf says what the scheduler knows of a thread.
func LifeOf(m *model.Machine, s *model.State, id model.ThreadID) Life {
	t := m.Thread(s, id)
	switch {
	case t.State == model.TaskParked: // it may still be on its way into schedule()
		return Parked
	case t.Queued:
		return Runs
	case !t.Exists:
		return Absent
	}
	return Sleeps
}

// ArrowKind says how a thread lets another go on.
type ArrowKind string

// The kinds of arrows.
const (
	ArrowCall     ArrowKind = "call"     // it asks for something, and wakes who is to do it
	ArrowWake     ArrowKind = "wake"     // it wakes a thread that slept
	ArrowComplete ArrowKind = "complete" // it completes what the other waits for
	ArrowEnable   ArrowKind = "enable"   // it changes what the other's instruction waits for: a lock, a flag
)

// Arrow goes from the step that let a thread go on to the step in which it did.
type Arrow struct {
	Kind     ArrowKind
	From, To int    // steps, from 1
	Text     string // what is asked, or what has happened
}

// arrows finds, for each step of a thread that could not have run at some moment since its last one, the step of
// another that made it possible. This follows from what is enabled in each state alone, so no kind of waiting is
// forgotten.
func arrows(m *model.Machine, steps []invariants.Step) []Arrow {
	states := statesOf(m, steps)
	enabled := make([]map[model.ThreadID]bool, len(states))
	x := m.NewExec()
	for i, s := range states {
		enabled[i] = map[model.ThreadID]bool{}
		for _, act := range x.Enabled(s, nil) {
			enabled[i][act.Thread()] = true
		}
	}
	var all []Arrow
	last := map[model.ThreadID]int{} // a thread's last step, from 1
	for i := range steps {
		id := steps[i].Action.Thread()
		for j := i - 1; j >= last[id]; j-- {
			if !enabled[j][id] {
				all = append(all, arrow(m, steps, j, i))
				break
			}
		}
		last[id] = i + 1
	}
	return all
}

// arrow describes the arrow between two steps, counted from 0 here.
func arrow(m *model.Machine, steps []invariants.Step, from, to int) Arrow {
	a := Arrow{Kind: ArrowEnable, From: from + 1, To: to + 1}
	id := steps[to].Action.Thread()
	for _, e := range steps[to].Events {
		if e.Kind != model.EventConsume {
			continue
		}
		for _, c := range steps[from].Events {
			if c.Kind == model.EventComplete && c.Completion == e.Completion {
				a.Kind, a.Text = ArrowComplete, c.Purpose.String()
				return a
			}
		}
	}
	for _, e := range steps[from].Events {
		if e.Kind != model.EventWake || e.Thread != id {
			continue
		}
		a.Kind, a.Text = ArrowWake, m.DescribeEvent(e)
		if purpose, ok := asked(steps, from, id); ok {
			a.Kind, a.Text = ArrowCall, purpose.String()
		}
		return a
	}
	if changes := m.Diff(&steps[from].Before, &steps[from].After); len(changes) > 0 {
		a.Text = changes[0].Name + " = " + changes[0].New
	}
	return a
}

// asked looks for what the thread that wakes another in a step wants of it: something that it has said it will wait
// for, and that the other completes.
func asked(steps []invariants.Step, from int, id model.ThreadID) (model.Purpose, bool) {
	for r := from; r >= 0; r-- {
		if steps[r].Action.Thread() != steps[from].Action.Thread() {
			continue
		}
		for _, e := range steps[r].Events {
			switch e.Kind {
			case model.EventConsume: // the last request was answered before
				return 0, false
			case model.EventRequest:
				return e.Purpose, completes(steps[from:], e, id)
			}
		}
	}
	return 0, false
}

// completes reports whether the thread is the one that completes what was requested.
func completes(steps []invariants.Step, request model.Event, id model.ThreadID) bool {
	for i := range steps {
		for _, e := range steps[i].Events {
			if e.Kind == model.EventComplete && e.Completion == request.Completion && e.CPU == request.CPU {
				return steps[i].Action.Thread() == id
			}
		}
	}
	return false
}
