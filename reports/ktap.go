package reports

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/conform"
)

// Test is a test of KTAP, the form of the kernel's own tests (Documentation/dev-tools/ktap.rst): one that ran, or a
// group of them.
type Test struct {
	Name   string
	Result Outcome // of a group it follows from its tests
	Why    string  // behind the result, in a few words; may be left out
	Notes  []string
	Tests  []Test
}

// Outcome is how a test went.
type Outcome int

// The outcomes. Skipped is neither good nor bad: there was nothing to test.
const (
	Passed Outcome = iota
	Failed
	Skipped
	Broken // it did not come to a result
)

// WriteKTAP writes tests as KTAP, version 1. The parser of tools/testing/kunit finds the end of a group by its plan and
// its name, so both are written, and no test of a group has the group's name.
func WriteKTAP(w io.Writer, tests ...Test) error {
	var b strings.Builder
	writeTests(&b, "", "", tests)
	_, err := io.WriteString(w, b.String())
	return err
}

// writeTests writes a plan and its tests, as a group of that name if there is one.
func writeTests(b *strings.Builder, indent, group string, tests []Test, notes ...string) {
	b.WriteString(indent + "KTAP version 1\n")
	if group != "" {
		b.WriteString(indent + "# Subtest: " + group + "\n")
	}
	writeNotes(b, indent, notes)
	fmt.Fprintf(b, "%s1..%d\n", indent, len(tests))
	for i := range tests {
		tests[i].write(b, indent, i+1)
	}
}

func (t *Test) write(b *strings.Builder, indent string, number int) {
	name := t.name()
	if len(t.Tests) > 0 {
		writeTests(b, indent+"  ", name, t.Tests, t.Notes...)
	} else {
		writeNotes(b, indent, t.Notes)
	}
	result, directive := "ok", ""
	switch t.outcome() {
	case Failed:
		result = "not ok"
	case Broken:
		result, directive = "not ok", "ERROR "
	case Skipped:
		directive = "SKIP "
	}
	line := fmt.Sprintf("%s%s %d %s", indent, result, number, name)
	if behind := strings.TrimSpace(directive + oneLine(t.Why)); behind != "" {
		line += " # " + behind
	}
	b.WriteString(line + "\n")
}

// name is the test's name as a line of results can have it.
func (t *Test) name() string {
	name := oneLine(t.Name)
	for slices.ContainsFunc(t.Tests, func(u Test) bool { return u.name() == name }) {
		name += ", all"
	}
	return name
}

// outcome is the test's own, or what the tests of a group make of it.
func (t *Test) outcome() Outcome {
	if len(t.Tests) == 0 {
		return t.Result
	}
	all := Skipped
	for i := range t.Tests {
		switch o := t.Tests[i].outcome(); o {
		case Failed, Broken:
			return Failed
		case Passed:
			all = Passed
		}
	}
	return all
}

// writeNotes writes diagnostic lines. One that began with Subtest: would begin a group.
func writeNotes(b *strings.Builder, indent string, notes []string) {
	for _, note := range notes {
		for line := range strings.Lines(note) {
			line = strings.TrimRight(line, "\r\n")
			if strings.HasPrefix(strings.TrimSpace(line), "Subtest:") {
				line = "| " + line
			}
			b.WriteString(strings.TrimRight(indent+"# "+line, " ") + "\n")
		}
	}
}

// oneLine is a text without what a line of results cannot have: # begins a directive, and a line ends a test.
func oneLine(text string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(text, "#", "_")), " ")
}

// KTAP writes the run as a group of tests: first the search itself, then one for each property. A property that never
// had anything to say is skipped, and so is one of which only samples were looked at; one that the search did not get
// to the end of is no test that passed.
func (r *Run) KTAP(w io.Writer) error { return WriteKTAP(w, r.ktap("hpcheck "+r.Kernel.String())) }

// ktap is the run as a group of tests.
func (r *Run) ktap(name string) Test {
	search := Test{
		Name: "search", Why: fmt.Sprintf("%s states", Thousands(r.States)),
		Notes: []string{r.extent(), r.store(), "again with: " + r.Command()},
	}
	if !r.Complete() {
		search.Result, search.Why = Broken, r.Stop.String()
	}
	group := Test{Name: name, Notes: []string{fmt.Sprintf("%v: %v", r.Kernel, r.Scenario)}, Tests: []Test{search}}
	for _, v := range r.Verdicts {
		t := Test{Name: v.Property.Name, Why: r.verdict(v)}
		switch v.Status {
		case Violated:
			t.Result, t.Notes = Failed, v.Counterexample.notes()
		case Incomplete:
			t.Result = Broken
		case Vacuous:
			t.Result, t.Why = Skipped, "vacuous: "+v.idle()
		case NotSeen:
			t.Result = Skipped
		}
		group.Tests = append(group.Tests, t)
	}
	return group
}

// notes tell the story of the counterexample, and how to see it again.
func (c *Counterexample) notes() []string {
	var b strings.Builder
	if err := c.Tell(&b); err != nil {
		return nil // a builder has no errors
	}
	return []string{strings.TrimSpace(b.String()), "again with: " + c.command()}
}

// SuiteKTAP writes a group of tests for each run of a suite. A property passes if its verdict is the expected one.
func SuiteKTAP(w io.Writer, entries []Entry) error {
	tests := make([]Test, len(entries))
	for i := range entries {
		tests[i] = entries[i].ktap()
	}
	return WriteKTAP(w, tests...)
}

// ktap is the run of a suite as a group of tests.
func (e *Entry) ktap() Test {
	if e.Run == nil {
		return Test{Name: e.Name, Result: Broken, Why: "the run was not made"}
	}
	group, wrong := e.Run.ktap(e.Name), e.Unexpected()
	for i := range group.Tests {
		t := &group.Tests[i]
		u := slices.IndexFunc(wrong, func(u Unexpected) bool { return u.Property == t.Name && i > 0 })
		switch {
		case u >= 0 && wrong[u].Unknown:
			t.Result, t.Why = Broken, wrong[u].Text
		case u >= 0:
			t.Result, t.Why = Failed, wrong[u].Text
		case t.Result != Passed && t.Result != Skipped:
			t.Result, t.Why = Passed, "as expected: "+t.Why
		}
	}
	for _, u := range wrong {
		if u.Property == "" {
			group.Tests = append(group.Tests, Test{Name: "as expected", Result: Failed, Why: u.Text})
		}
	}
	return group
}

// KTAP writes a group with a test for each trace, after one that says that there were traces to look at.
func (c *Conformance) KTAP(w io.Writer) error {
	read := Test{Name: "traces", Why: c.Headline()}
	if c.Count(conform.VerdictAccepted)+c.Count(conform.VerdictRefused) == 0 {
		read.Result = Failed
	}
	group := Test{Name: "hpcheck conform " + c.Title(), Tests: []Test{read}}
	for i := range c.Results {
		r := &c.Results[i]
		t := Test{Name: r.File, Why: extent(r)}
		switch r.Verdict {
		case conform.VerdictUndecided, conform.VerdictUnread:
			t.Result, t.Why = Broken, fmt.Sprintf("%s: %s", r.Verdict, r.Why)
		case conform.VerdictRefused:
			t.Result, t.Why, t.Notes = Failed, fmt.Sprintf("line %d", r.Line), []string{refusal(r)}
		}
		group.Tests = append(group.Tests, t)
	}
	return WriteKTAP(w, group)
}
