// Package reports turns results and counterexamples into something to read. Every form is a function of a [Run] or a
// [Counterexample]; none of them computes anew what happened.
package reports

import (
	"slices"

	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
)

// Counterexample is a path to a violation of a property, described.
type Counterexample struct {
	Kernel   string // the edition and what was taken out of it
	Scenario string
	Property string
	Doc      string // the property's sentence
	Why      string // why it matters
	File     string // where the property was given, if it is not one of hpcheck's own
	Clauses  []Clause
	Lanes    []string // the threads that act, in the order of the machine
	Steps    []Step

	Edition Edition
	Params  model.Scenario
	Trace   []int    // which transition of each state, among all that are possible there
	Initial []Cell   // every variable, before the first step
	Tracks  []Track  // every thread, in the order of the machine
	Arrows  []Arrow  // who lets whom go on
	Chain   []string // the notifiers, in the order in which they are called
	Stuck   []Stuck  // who waits for what never comes, if that is the violation

	Lasso     bool   // it is a way to wait for ever
	CycleFrom int    // from this step on, the steps are repeated for ever; 0 if nothing is
	Starves   string // the thread that waits for ever in a lasso

	request      *Request          // what was asked for, nil if nobody said
	suite        *invariants.Suite // what it was found in
	property     int               // its number there
	start        []uint64          // the initial state
	jobs         map[string]string // what each thread does that begins its operations without an EventCall
	alternatives *Alternatives     // once they are known
}

// Stuck is a thread that cannot go on in the last state, and has not come to a rest.
type Stuck struct {
	Thread string
	Stands string
}

// Edition is a kernel: where its source is, and what was taken out of it.
type Edition struct {
	Name    string
	Doc     string
	Commit  string
	Without []string
	States  string      // the machine's ladder, as model.FormatStates writes it; "" for the edition's own
	Machine string      // its name
	Tree    string      // the kernel tree that it was assembled from, "" for an edition
	Code    string      // a hash of the tree's code
	Lacks   []model.Fix // fixes that the next edition has
}

// Cell is a variable with a value.
type Cell struct {
	Owner string // "CPU 1", "cpuhp/1", "" for the machine
	Field string
	Value string
}

// Name is the variable's name in full.
func (c *Cell) Name() string {
	if c.Owner == "" {
		return c.Field
	}
	return c.Owner + " " + c.Field
}

// Clause is a part of the property that is false, with the variables that it speaks of.
type Clause struct {
	Text string
	At   string // where the thread that waits for ever stands in the tree: " (kernel/cpu.c:283)"; "" if none does
	Vars []Var
}

// Var is a variable and how it came to its value.
type Var struct {
	Name  string
	Value string
	Step  int // the step that wrote it last, 0 if it is as it was at boot
}

// Step is one transition.
type Step struct {
	Number    int    // from 1
	Thread    string // who acts
	CPU       int    // where, -1 for a thread that is bound to no CPU
	Function  string // the kernel function
	Callers   []string
	Label     string // the statement
	File      string // where it is in the kernel tree, if it was assembled from one
	Line      int
	Outcome   string // which of several outcomes, "" for the ordinary one
	Events    []Event
	Changes   []model.Change
	Violating bool   // the step violates the property
	Fault     bool   // a fault is injected
	Stale     bool   // it reads what was there before, which weak memory allows
	Turns     bool   // what is repeated for ever begins here
	Cycle     bool   // it is repeated for ever
	Cited     bool   // it wrote a variable of a clause last, or the property took notice of it
	Goes      string // where the thread stands afterwards
}

// Event is something that an observer could have seen.
type Event struct {
	Kind     model.EventKind
	Text     string
	Thread   string // whom it wakes, for EventWake
	CPU      int    // what it is about
	Name     string // the callback, the notification, the fault point, the assertion or the completion
	Notifier string
	Up       bool
	Rung     int // the step of the ladder whose callback EventEnter and EventExit are about, -1 for none
	Result   string
	Detail   string   // the fault's meaning, the completion's purpose
	Op       model.Op // for EventCall
	OpName   string   // what it is called in a sentence
	State    string   // of a fault that the file fail injects, the state whose callback is not called
}

// command shows the counterexample again.
func (c *Counterexample) command() string {
	rest := []Setting{{"property", c.Property}}
	if c.File != "" {
		rest = append(rest, Setting{"property-file", c.File})
	}
	return c.request.command(c.Edition, c.Params, rest...)
}

// stem is how many steps there are before those that are repeated for ever.
func (c *Counterexample) stem() int {
	if c.CycleFrom > 0 {
		return c.CycleFrom - 1
	}
	return len(c.Steps)
}

// Quiet reports whether nothing happens in the step that a reader must see.
func (s *Step) Quiet() bool {
	if s.Violating || s.Fault || s.Stale || s.Cited || s.Cycle {
		return false
	}
	for _, e := range s.Events {
		switch e.Kind {
		case model.EventWake, model.EventRequest, model.EventComplete, model.EventConsume:
		default:
			return false
		}
	}
	return true
}

// Row is what a report shows as one: a step, or a stretch of quiet ones.
type Row struct {
	Steps []Step
}

// Quiet reports whether the row is a stretch of quiet steps.
func (r *Row) Quiet() bool { return r.Steps[0].Quiet() }

// manyRuns is into how many runs of one thread each a quiet stretch is divided at the most.
const manyRuns = 4

// Rows folds stretches of quiet steps: each run of steps of one thread becomes a row, or the whole stretch if it goes
// to and fro between threads.
func (c *Counterexample) Rows() []Row {
	var rows []Row
	for i := 0; i < len(c.Steps); {
		if !c.Steps[i].Quiet() {
			rows = append(rows, Row{c.Steps[i : i+1]})
			i++
			continue
		}
		n := 1
		for i+n < len(c.Steps) && c.Steps[i+n].Quiet() {
			n++
		}
		rows = append(rows, runs(c.Steps[i:i+n])...)
		i += n
	}
	return rows
}

// runs divides a quiet stretch.
func runs(steps []Step) []Row {
	var rows []Row
	from := 0
	for i := 1; i <= len(steps); i++ {
		if i == len(steps) || steps[i].Thread != steps[from].Thread {
			rows = append(rows, Row{steps[from:i]})
			from = i
		}
	}
	if len(rows) > manyRuns {
		return []Row{{steps}}
	}
	return rows
}

// Share is how many steps of a stretch a thread makes.
type Share struct {
	Thread string
	Steps  int
}

// Shares says who makes the steps of the row, in the order of their first.
func (r *Row) Shares() []Share {
	var shares []Share
next:
	for _, s := range r.Steps {
		for i := range shares {
			if shares[i].Thread == s.Thread {
				shares[i].Steps++
				continue next
			}
		}
		shares = append(shares, Share{s.Thread, 1})
	}
	return shares
}

// Operations are the operations that the counterexample calls, in their order.
func (c *Counterexample) Operations() []model.Op {
	var ops []model.Op
	for i := range c.Steps {
		for _, e := range c.Steps[i].Events {
			if e.Kind == model.EventCall {
				ops = append(ops, e.Op)
			}
		}
	}
	return ops
}

// Faults are the fault points that fire in the counterexample, each once.
func (c *Counterexample) Faults() []string {
	var names []string
	for i := range c.Steps {
		for _, e := range c.Steps[i].Events {
			if e.Kind == model.EventFault && !slices.Contains(names, e.Name) {
				names = append(names, e.Name)
			}
		}
	}
	return names
}
