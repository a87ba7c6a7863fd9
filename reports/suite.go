package reports

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/hpcheck/hpcheck/explore"
)

// Entry is a run of a suite, beside what was expected of it.
type Entry struct {
	Name    string
	About   string
	Finding string
	Want    map[string]Want // by property; all others must hold, or never apply
	Some    bool            // any property may be violated, and one must be
	States  uint64          // how many there must be, 0 for any number
	Covers  []string        // functions of which every instruction must be executed
	Run     *Run            // nil if it was not made
}

// Want is a verdict that is expected.
type Want struct {
	Verdict string // a word of [Words]
	Length  int    // of the shortest counterexample, 0 for any
}

// Words are the verdicts that can be expected.
func Words() []string { return []string{"holds", "violated", "vacuous", "incomplete", "not-seen"} }

// word is the status as [Words] has it.
func (s Status) word() string {
	if s == HoldsWithin {
		return Holds.Slug()
	}
	return s.Slug()
}

// String returns the verdict.
func (w Want) String() string {
	if w.Length > 0 {
		return fmt.Sprintf("%s in %s", w.Verdict, stepsInAll(w.Length))
	}
	return w.Verdict
}

// Unexpected is what is otherwise than expected.
type Unexpected struct {
	Property string // empty if it is about the run
	Text     string
	Unknown  bool // it is only that something is not known, because the run was stopped
}

// Unexpected lists what is otherwise than expected, in the order of the properties.
func (e *Entry) Unexpected() []Unexpected {
	if e.Run == nil {
		return []Unexpected{{Text: "was not run", Unknown: true}}
	}
	var all []Unexpected
	for _, v := range e.Run.Verdicts {
		if u := e.judge(v); u != nil {
			all = append(all, *u)
		}
	}
	if e.Some && len(e.Run.Violations()) == 0 {
		all = append(
			all, Unexpected{Text: "no property is violated, and one was expected to be", Unknown: !e.Run.Complete()},
		)
	}
	if e.States > 0 && e.Run.States != e.States {
		all = append(
			all,
			Unexpected{
				Text:    fmt.Sprintf("%s states, want %s", Thousands(e.Run.States), Thousands(e.States)),
				Unknown: !e.Run.Complete(),
			},
		)
	}
	for _, in := range e.Run.Coverage.Missed {
		if slices.Contains(e.Covers, in.Function) {
			all = append(all, Unexpected{Text: fmt.Sprintf("never in %s(): %s", in.Function, in.Label)})
		}
	}
	return all
}

// judge compares a verdict with what was expected; it returns nil if that is the same.
func (e *Entry) judge(v Verdict) *Unexpected {
	got := Want{Verdict: v.Status.word()}
	if v.Counterexample != nil {
		got.Length = v.Counterexample.stem()
	}
	want, named := e.Want[v.Property.Name]
	switch {
	case named && want.Length == 0 && want.Verdict == got.Verdict, named && want == got:
		return nil
	case !named && (e.Some || got.Verdict == "holds" || got.Verdict == "vacuous"):
		return nil
	case !named:
		want.Verdict = "holds"
	}
	return &Unexpected{
		v.Property.Name, fmt.Sprintf("%s: %s, want %v", v.Property.Name, e.Run.verdict(v), want),
		v.Status == Incomplete,
	}
}

// outcome says in a word how it went.
func (e *Entry) outcome() string {
	wrong := e.Unexpected()
	switch {
	case e.Run == nil:
		return "not run"
	case len(wrong) > 0:
		return "NOT AS EXPECTED"
	case e.Finding != "":
		return "as expected: " + e.Finding
	case len(e.Run.Violations()) > 0:
		return fmt.Sprintf("as expected: %d violated", len(e.Run.Violations()))
	case e.Run.Stop == explore.DepthBound:
		return fmt.Sprintf("holds within depth %d", e.Run.DepthBound)
	case e.Run.Stop != explore.Exhausted:
		return fmt.Sprintf("as expected: %v", e.Run.Stop)
	}
	return "holds"
}

// SuiteTable writes a line for each run, and below it what is otherwise than expected.
func SuiteTable(w io.Writer, entries []Entry) error {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "run\tkernel\tstates\ttransitions\ttime\t")
	for i := range entries {
		e := &entries[i]
		if e.Run == nil {
			fmt.Fprintf(t, "%s\t\t\t\t\t%s\n", e.Name, e.outcome())
			continue
		}
		fmt.Fprintf(
			t, "%s\t%v\t%s\t%s\t%v\t%s\n", e.Name, e.Run.Kernel, Thousands(e.Run.States), Thousands(e.Run.Transitions),
			e.Run.Elapsed.Round(time.Millisecond), e.outcome(),
		)
	}
	t.Flush()
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	for i, line := range lines {
		if _, err := fmt.Fprintln(w, strings.TrimRight(line, " ")); err != nil {
			return err
		}
		if i == 0 || entries[i-1].Run == nil {
			continue
		}
		for _, u := range entries[i-1].Unexpected() {
			fmt.Fprintf(w, "    %s\n", u.Text)
		}
	}
	return nil
}

// SuiteJUnit writes a suite of tests for each run: a property passes if its verdict is the expected one.
func SuiteJUnit(w io.Writer, entries []Entry) error {
	var suites []junitSuite
	for i := range entries {
		e := &entries[i]
		if e.Run == nil {
			s := junitSuite{Name: e.Name, Tests: 1}
			s.add(
				junitCase{Name: e.Name, Class: "hpcheck", Error: &junitCause{"incomplete", "the run was not made", ""}},
			)
			suites = append(suites, s)
			continue
		}
		s, err := e.Run.junit(e.Name)
		if err != nil {
			return err
		}
		cases := s.Cases
		s.Cases, s.Failures, s.Errors, s.Skipped = nil, 0, 0, 0
		wrong := e.Unexpected()
		for _, c := range cases {
			i := slices.IndexFunc(wrong, func(u Unexpected) bool { return u.Property == c.Name })
			switch {
			case i < 0 && c.Failure != nil:
				c.Out, c.Failure = &junitText{"as expected: " + c.Failure.Message}, nil
			case i < 0 && c.Error != nil:
				c.Out, c.Error = &junitText{"as expected: " + c.Error.Message}, nil
			case i >= 0 && c.Failure == nil && c.Error == nil:
				c.Failure, c.Skipped, c.Out = &junitCause{"unexpected", wrong[i].Text, ""}, nil, nil
			}
			s.add(c)
		}
		for _, u := range wrong {
			if u.Property == "" {
				s.Tests++
				s.add(junitCase{Name: "as expected", Class: "hpcheck", Failure: &junitCause{"unexpected", u.Text, ""}})
			}
		}
		suites = append(suites, s)
	}
	return writeJUnit(w, suites...)
}
