package invariants

import (
	"fmt"
	"slices"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/model"
)

// What must come in the end. The kernel promises these things only if every thread that can go on does so again and
// again (weak fairness), and if who waits for a mutex gets it in the end (strong fairness of locks). Nothing is assumed
// of how often a fault happens.

// wait is something that one of several may wait for: whoever it is, it must come.
type wait struct {
	who     func(m *model.Machine) []model.ThreadID
	pending func(x *model.Exec, s *model.State, id model.ThreadID) bool
	clause  string // with the name of who waits
}

var _ = property(Property{
	order: 101,
	Name:  "operation-terminates",
	Idle:  "nobody makes operations",
	Doc:   "every operation that began returns",
	Why: "an operation that goes on for ever holds cpu_add_remove_lock: nobody hotplugs or suspends any more, and " +
		"whoever asked for it " +
		"never comes back.",
	wait: &wait{
		who: func(m *model.Machine) []model.ThreadID {
			return slices.DeleteFunc(m.Threads(), func(id model.ThreadID) bool { return !m.Operates(id) })
		},
		pending: func(x *model.Exec, s *model.State, id model.ThreadID) bool { return x.Operating(s, id) },
		clause:  "%s is in an operation, and never returns from it",
	},
})

var _ = property(Property{
	order: 102,
	Name:  "parked-unparks",
	Idle:  "no thread is parked",
	Doc:   "on an online CPU with no operation under way, each smpboot thread gets to run",
	Why: "a ksoftirqd or a watchdog that stays parked on a CPU that works does nothing for it (changelog of " +
		"3b9d6da67e11).",
	wait: &wait{
		who: func(m *model.Machine) []model.ThreadID {
			var ids []model.ThreadID
			for cpu := range uint8(m.Scenario.CPUs) {
				for i := range m.Scenario.Smpboot {
					ids = append(ids, m.Smpboot(cpu, i))
				}
			}
			return ids
		},
		pending: func(x *model.Exec, s *model.State, id model.ThreadID) bool {
			m := x.Machine()
			t := m.Thread(s, id)
			if !s.CPU[m.Home(id)].Online || !t.Exists || t.State != model.TaskParked && !t.ShouldPark {
				return false
			}
			return !slices.ContainsFunc(
				m.Threads(), func(other model.ThreadID) bool { return m.Operates(other) && x.Operating(s, other) },
			)
		},
		clause: "%s is parked for ever, its CPU is online, and no operation is under way",
	},
})

var _ = property(Property{
	order: 103,
	Name:  "writer-not-starved",
	Idle:  "nobody waits for readers",
	Doc:   "whoever waits in cpu_hotplug_begin() for the readers to leave gets through in the end",
	Why: "new readers may come while the writer waits; the comment of cpu_hotplug_begin() knows of the livelock and " +
		"calls it very " +
		"difficult to achieve.",
	wait: &wait{
		who: func(m *model.Machine) []model.ThreadID {
			return slices.DeleteFunc(m.Threads(), func(id model.ThreadID) bool { return !m.Operates(id) })
		},
		pending: func(x *model.Exec, s *model.State, id model.ThreadID) bool { return x.Begins(s, id) },
		clause:  "%s waits in cpu_hotplug_begin(), and others read for ever",
	},
})

// Waits returns a function that says whether anybody waits, in a state, for what the named property is about; nil if it
// is about something else.
func Waits(m *model.Machine, property string) func(*model.State) bool {
	ps, err := Select(nil, property)
	if err != nil || !ps[0].Live() {
		return nil
	}
	x, w := m.NewExec(), ps[0].wait
	return func(s *model.State) bool {
		return slices.ContainsFunc(w.who(m), func(id model.ThreadID) bool { return w.pending(x, s, id) })
	}
}

// Live reports whether the property is about what must come in the end, and not about single steps.
func (p *Property) Live() bool { return p.wait != nil }

// LiveSuite is a machine together with the liveness properties that are checked on it.
type LiveSuite struct {
	*Suite
	Wanted []*Property

	waits []waiting
	exec  *model.Exec
	state model.State
}

// waiting is one who may wait.
type waiting struct {
	property int
	id       model.ThreadID
}

// CompileLive makes a suite for liveness. Nothing is left out of it: a reduction that keeps every violation of a single
// step need not keep every cycle.
func CompileLive(m *model.Machine, ps []*Property) (*LiveSuite, error) {
	s := &LiveSuite{Suite: Compile(m, nil), Wanted: ps, exec: m.NewExec()}
	for i, p := range ps {
		for _, id := range p.wait.who(m) {
			s.waits = append(s.waits, waiting{i, id})
		}
	}
	if len(s.waits) > 64 {
		return nil, fmt.Errorf(
			"%d threads may wait for something: want at most 64; take fewer CPUs, threads or properties", len(s.waits),
		)
	}
	return s, nil
}

// Processes implements [explore.Live].
func (s *LiveSuite) Processes() int { return len(s.Machine.Threads()) + 1 }

// Process implements [explore.Live].
func (s *LiveSuite) Process(action uint32) int { return int(model.Action(action).Thread()) }

// Pending implements [explore.Live].
func (s *LiveSuite) Pending(words []uint64) (pending, takes uint64) {
	s.Machine.Decode(&s.state, words)
	if s.state.Crashed { // after a BUG nothing goes on, and that is no-bug-on's business
		return 0, 0
	}
	for _, id := range s.Machine.Threads() {
		if s.exec.Locks(&s.state, id) {
			takes |= 1 << id
		}
	}
	for i, w := range s.waits {
		if s.Wanted[w.property].wait.pending(s.exec, &s.state, w.id) {
			pending |= 1 << i
		}
	}
	return pending, takes
}

// Waits returns how many may wait for something.
func (s *LiveSuite) Waits() int { return len(s.waits) }

// Property returns the number, among those wanted, of the property that a wait is about.
func (s *LiveSuite) Property(wait int) int { return s.waits[wait].property }

// ReplayLasso executes a lasso again, and returns its steps and why it violates the property. It is an error, and a bug
// of this program, if it can't be executed, does not close, or does not wait all along the cycle.
func (s *LiveSuite) ReplayLasso(l explore.Lasso) ([]Step, []Reason, error) {
	w := s.newWorker()
	wait := s.waits[l.Wait]
	p := s.Wanted[wait.property]
	wrong := func(what string) error { return fmt.Errorf("replay of %s: the lasso %s", p.Name, what) }
	w.after = s.Machine.Initial()
	var start model.State
	var steps []Step
	for i := 0; ; i++ {
		if i == l.Stem {
			start = w.after
		}
		if i >= l.Stem && !p.wait.pending(s.exec, &w.after, wait.id) {
			return nil, nil, wrong("does not wait")
		}
		if i == len(l.Trace.Steps) {
			break
		}
		w.before = w.after
		w.actions = w.exec.Enabled(&w.before, w.actions[:0])
		if l.Trace.Steps[i] >= len(w.actions) {
			return nil, nil, wrong("is not possible")
		}
		a := w.actions[l.Trace.Steps[i]]
		w.exec.Do(&w.after, a)
		steps = append(steps, Step{
			Action: a, Ordinal: l.Trace.Steps[i], Before: w.before, After: w.after, Events: slices.Clone(w.exec.Events),
		})
	}
	if start != w.after {
		return nil, nil, wrong("does not close")
	}
	if len(l.Trace.Steps) == l.Stem && len(w.exec.Enabled(&w.after, nil)) > 0 {
		return nil, nil, wrong("ends where somebody can go on")
	}
	return steps, []Reason{{Clause: fmt.Sprintf(p.wait.clause, s.Machine.ThreadName(wait.id)), Waits: wait.id}}, nil
}
