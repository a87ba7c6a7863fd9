package reports

import (
	"slices"

	"github.com/hpcheck/hpcheck/model"
)

// Ladder is what an operation does with one CPU, rung by rung: which callbacks it calls on its way, what fails, and
// which callbacks take back what was done.
type Ladder struct {
	CPU   int
	Op    string // "cpu_down(1)", "" before the first operation
	Up    bool   // where the operation goes
	Rungs []Rung // from the bottom up

	Began  int // the rung on which the CPU stood when the operation began
	State  int // the rung on which it stands: st->state
	Target int // st->target
	Online bool

	Failed bool // something has failed since the operation began, or the operation has
	Ended  bool // the operation has returned
}

// Rung is a step of the ladder, and what was called there since the operation began.
type Rung struct {
	Name  string // "CPUHP_ONLINE (43)"
	Step  model.Step
	There *Call // on the way of the operation
	Back  *Call // the other way: an undo
}

// Call is a callback that was called.
type Call struct {
	Name     string
	From, To int    // steps
	Result   string // "" as long as it has not returned
	Faults   []string
}

// Undone says what became of what the operation did here.
type Undone int

// What may become of it.
const (
	Untouched  Undone = iota // nothing was called here
	Kept                     // called, and nothing has failed since
	Failing                  // the callback itself failed
	TakenBack                // called, and taken back
	SkipOnErr                // called, and the kernel does not undo it
	NoUndo                   // called, and there is no callback that would undo it
	Left                     // called, and not taken back although something failed
	PassedOver               // nothing was to be called on the way, and what the undo was to call was not
)

// Undone says what became of what the operation did on a rung.
func (l *Ladder) Undone(i int) Undone {
	r := &l.Rungs[i]
	switch {
	case r.There == nil && r.Back == nil && l.passed(i) && r.Step.Callback(!l.Up) != "" && !r.Step.SkipOnErr:
		return PassedOver
	case r.There == nil:
		return Untouched
	case r.There.failed():
		return Failing
	case r.Back != nil:
		return TakenBack
	case !l.Failed:
		return Kept
	case r.Step.SkipOnErr:
		return SkipOnErr
	case r.Step.Callback(!l.Up) == "":
		return NoUndo
	}
	return Left
}

// passed reports whether the operation came past a rung before something failed in a callback of another.
func (l *Ladder) passed(i int) bool {
	failed := slices.IndexFunc(l.Rungs, func(r Rung) bool { return r.There.failed() })
	if failed < 0 {
		return false
	}
	if l.Up {
		return l.Began < i && i < failed
	}
	return failed < i && i <= l.Began
}

// failed reports whether a callback has failed, or something in it.
func (c *Call) failed() bool {
	return c != nil && (c.Result != "" && c.Result != "0" || len(c.Faults) > 0)
}

// NewLadder follows a CPU through steps that begin at the boot, from the last operation on it that begins before the
// step until; 0: before the end.
func NewLadder(m *model.Machine, steps []Step, cpu, until int) *Ladder {
	l := &Ladder{CPU: cpu}
	for i := range m.Ladder {
		l.Rungs = append(l.Rungs, Rung{Name: m.RungName(model.Rung(i)), Step: m.Ladder[i]})
	}
	initial := m.Initial()
	l.State, l.Target = int(initial.CPU[cpu].State), int(initial.CPU[cpu].Target)
	l.Online = initial.CPU[cpu].Online
	l.Began = l.State
	begins, caller := 0, ""
	for i := range steps {
		for _, e := range steps[i].Events {
			if e.Kind == model.EventCall && (until == 0 || steps[i].Number <= until) && l.concerns(e) {
				begins, caller = i, steps[i].Thread
			}
		}
	}
	for i := range steps {
		if i == begins {
			l.Began = l.State
		} else if i > begins && steps[i].Thread == caller && hasCall(&steps[i]) {
			break // the next operation
		}
		l.step(&steps[i], i >= begins)
	}
	return l
}

func hasCall(s *Step) bool {
	return slices.ContainsFunc(s.Events, func(e Event) bool { return e.Kind == model.EventCall })
}

// concerns reports whether an operation may move the CPU: a suspend and a boot move all.
func (l *Ladder) concerns(e Event) bool { return e.CPU == l.CPU || e.CPU == 0 }

// step follows a step. What is called counts once the operation has begun.
func (l *Ladder) step(s *Step, begun bool) {
	for j := range s.Events {
		switch e := &s.Events[j]; {
		case e.Kind == model.EventCall && begun && l.Op == "" && l.concerns(*e):
			l.Op, l.Up = e.OpName, e.Up
			if e.Op.Via == model.ViaTarget {
				l.Up = l.rungOf(e.Op.Target) > l.State
			}
		case (e.Kind == model.EventEnd || e.Kind == model.EventReturn) && begun && e.Result != "0":
			l.Failed = l.Failed || e.CPU == l.CPU
			l.Ended = l.Ended || e.CPU == l.CPU
		case (e.Kind == model.EventEnd || e.Kind == model.EventReturn) && begun:
			l.Ended = l.Ended || e.CPU == l.CPU
		case e.Kind == model.EventFault && begun:
			l.fault(e)
		case begun && e.Rung >= 0 && e.CPU == l.CPU:
			l.call(s, e)
		}
	}
	for _, ch := range s.Changes {
		if ch.Var == model.CPUVar(model.FieldState, uint8(l.CPU)) {
			l.State = l.named(ch.New)
		}
		if ch.Var == model.CPUVar(model.FieldTarget, uint8(l.CPU)) {
			l.Target = l.named(ch.New)
		}
		if ch.Var == model.CPUVar(model.FieldOnline, uint8(l.CPU)) {
			l.Online = ch.New == "true"
		}
	}
}

func (l *Ladder) named(name string) int {
	return slices.IndexFunc(l.Rungs, func(r Rung) bool { return r.Name == name })
}

func (l *Ladder) rungOf(number int) int {
	return slices.IndexFunc(l.Rungs, func(r Rung) bool { return r.Step.Number == number })
}

// call notes that a callback is entered or left.
func (l *Ladder) call(s *Step, e *Event) {
	r := &l.Rungs[e.Rung]
	at := &r.There
	if e.Up != l.Up {
		at = &r.Back
	}
	if e.Kind == model.EventEnter {
		*at = &Call{Name: e.Name, From: s.Number}
	}
	if *at == nil {
		return // it was entered before the operation began
	}
	(*at).To = s.Number
	if e.Kind == model.EventExit {
		(*at).Result = e.Result
		l.Failed = l.Failed || e.Result != "0"
	}
}

// fault puts a failure where it happens: on the rung whose callback the file "fail" keeps from being called, in the
// callback that has not returned, or on the rung on which the CPU stands.
func (l *Ladder) fault(e *Event) {
	l.Failed = true
	at := slices.IndexFunc(l.Rungs, func(r Rung) bool { return e.State != "" && r.Step.Name == e.State })
	if at >= 0 && l.Rungs[at].There == nil {
		l.Rungs[at].There = &Call{Result: e.Result, Faults: []string{e.Detail}}
		return
	}
	var open *Call
	for i := range l.Rungs {
		for _, c := range []*Call{l.Rungs[i].There, l.Rungs[i].Back} {
			if c != nil && c.Result == "" && (open == nil || c.From > open.From) {
				open = c
			}
		}
	}
	if open == nil {
		open = &Call{}
		l.Rungs[max(0, l.State)].There = open
	}
	open.Faults = append(open.Faults, e.Detail)
}
