package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/internal/choose"
	"github.com/hpcheck/hpcheck/reports"
)

// versions is a span of them.
func versions(from, until string) string {
	if from == until {
		return from
	}
	return from + " to " + until
}

// shown is what came of an exhibit.
type shown struct {
	bug, fixed *reports.Run
	// The property that is violated in the fewest steps, of those that hold with the fix; the earlier one in the
	// documentation, if there are several.
	first  string
	length int
}

// show makes both runs.
func (e *exhibit) show(ctx context.Context, stderr io.Writer) (*shown, error) {
	var s shown
	for _, run := range []struct {
		of   *suiteRun
		into **reports.Run
	}{{e.bug, &s.bug}, {e.fixed, &s.fixed}} {
		made, early, err := run.of.flags.check(ctx, run.of.fs, stderr)
		if err := errors.Join(err, early); err != nil {
			return nil, run.of.placed(err)
		}
		*run.into = made
	}
	for _, v := range s.bug.Verdicts {
		if v.Status == reports.Violated && !s.violatedWithFix(v.Property.Name) &&
			(s.first == "" || len(v.Counterexample.Steps) < s.length) {
			s.first, s.length = v.Property.Name, len(v.Counterexample.Steps)
		}
	}
	if s.first == "" {
		s.first = "nothing"
	}
	return &s, nil
}

// violatedWithFix reports whether the property is violated with the fix as well, so that it is not what tells the two
// apart.
func (s *shown) violatedWithFix(property string) bool {
	return slices.ContainsFunc(
		s.fixed.Verdicts,
		func(v reports.Verdict) bool { return v.Property.Name == property && v.Status == reports.Violated },
	)
}

// fixedIsJudged reports whether the run with the fix was checked for the property that catches the bug.
func (s *shown) fixedIsJudged(e *exhibit) bool {
	return slices.ContainsFunc(s.fixed.Verdicts, func(v reports.Verdict) bool { return v.Property.Name == e.violates })
}

func (s *shown) steps() string {
	if s.length == 0 {
		return "-"
	}
	return fmt.Sprint(s.length)
}

// withFix tells what came of the run with the fix.
func (s *shown) withFix(e *exhibit) string {
	name := s.fixed.Kernel.String()
	if name == s.bug.Kernel.String() {
		name = "the same, without the offender"
	}
	caught, others := s.caughtWithFix(e)
	switch {
	case caught != nil:
		return fmt.Sprintf("%s: VIOLATED in %d steps", name, len(caught.Counterexample.Steps))
	case !s.fixedIsJudged(e):
		return fmt.Sprintf("%s: VIOLATED the rules: it was not checked for %s", name, e.violates)
	case !s.fixed.Complete():
		return fmt.Sprintf("%s: incomplete", name)
	case others > 0:
		return fmt.Sprintf(
			"%s: holds; %d other%s violated", name, others, choose.If(others == 1, "", "s"),
		)
	}
	return fmt.Sprintf("%s: clean", name)
}

// caughtWithFix is the verdict by which the bug is caught with its fix as well, nil if it is not; and how many other
// properties that run violates.
func (s *shown) caughtWithFix(e *exhibit) (caught *reports.Verdict, others int) {
	for i := range s.fixed.Verdicts {
		switch v := &s.fixed.Verdicts[i]; {
		case v.Status == reports.Violated && v.Property.Name == e.violates:
			caught = v
		case v.Status == reports.Violated:
			others++
		}
	}
	return caught, others
}

// status is the exit status of one exhibit.
func (s *shown) status(e *exhibit) int {
	caught, _ := s.caughtWithFix(e)
	switch {
	case caught != nil || !s.fixedIsJudged(e):
		return exitViolated
	case s.first != e.violates && !s.bug.Complete(), !s.fixed.Complete():
		return exitIncomplete
	case s.first != e.violates:
		return exitViolated
	}
	return exitOK
}

// script is what user space does in the counterexample, as a script. The error says what of it cannot be forced.
func (s *shown) script() (string, error) {
	for _, v := range s.bug.Verdicts {
		if v.Property.Name != s.first || v.Counterexample == nil {
			continue
		}
		if len(s.bug.Kernel.Without) > 0 {
			return "", errors.New("no released kernel is this one: it is an edition without a fix")
		}
		saved := v.Counterexample.Save()
		whole, err := saved.Machine("", nil)
		if err != nil {
			return "", err
		}
		r, m, err := reproOf(whole, saved)
		if err != nil {
			return "", err
		}
		if len(r.Unforced) > 0 {
			return "", errors.New("user space cannot force it: it takes " + r.Unforced[0])
		}
		return r.Script(m)
	}
	return "", errors.New("nothing is violated")
}

// tell tells the story of an exhibit, with the counterexample.
func (e *exhibit) tell(w io.Writer, s *shown) {
	fmt.Fprintf(w, "%s\n\n%s\n\n", e.Title, wrap(e.Story, 110))
	for _, fact := range [][2]string{
		{"in", versions(e.From, e.Until)}, {"introduced by", e.Introduced}, {"came with", e.BredBy},
		{"fixed by", e.Fixed}, {"verified", e.Verified},
	} {
		if fact[1] == "" {
			continue
		}
		if fact[0] == "came with" {
			fact[1] = "the fix of " + fact[1]
		}
		fmt.Fprintf(w, "%-14s %s\n", fact[0], fact[1])
	}
	fmt.Fprintf(w, "%-14s %s\n%-14s %s\n", "to see it", s.bug.Command(), "with the fix", s.fixed.Command())
	on := "--out writes a script that does it on a machine with that kernel, repro.sh"
	if _, err := s.script(); err != nil {
		on = err.Error()
	}
	fmt.Fprintf(w, "%-14s %s\n", "on a machine", on)
	fmt.Fprintln(w)
	for _, v := range s.bug.Verdicts {
		if v.Property.Name == s.first && v.Counterexample != nil {
			_ = v.Counterexample.Text(w, false)
			fmt.Fprintln(w)
		}
	}
}

// wrap breaks a text into lines.
func wrap(text string, width int) string {
	var b strings.Builder
	line := 0
	for _, word := range strings.Fields(text) {
		switch {
		case line == 0:
		case line+1+len(word) > width:
			b.WriteByte('\n')
			line = 0
		default:
			b.WriteByte(' ')
			line++
		}
		b.WriteString(word)
		line += len(word)
	}
	return b.String()
}
