package main

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/hpcheck/hpcheck/reports"
)

// tableFormat is the form in which a command prints what came of many runs or traces.
type tableFormat string

// The forms.
const (
	textFormat tableFormat = "text"
	ktapFormat tableFormat = "ktap"
)

func (f *tableFormat) add(fs *pflag.FlagSet) {
	*f = textFormat
	fs.Var(f, "format", "print `FORM`: text, or ktap, the form of the kernel's own tests")
}

// Set implements [pflag.Value].
func (f *tableFormat) Set(text string) error {
	switch to := tableFormat(text); to {
	case textFormat, ktapFormat:
		*f = to
		return nil
	}
	return errors.New("text or ktap")
}

// String implements [pflag.Value].
func (f *tableFormat) String() string { return string(*f) }

// Type implements [pflag.Value].
func (f *tableFormat) Type() string { return "FORM" }

// test is the exhibit as a group of tests: that the bug is found, and that it is gone with the fix.
func (s *shown) test(e *exhibit) reports.Test {
	bug := reports.Test{
		Name:  "bug on " + s.bug.Kernel.String(),
		Why:   fmt.Sprintf("%s, in %s steps", s.first, s.steps()),
		Notes: []string{"with: " + s.bug.Command()},
	}
	switch {
	case s.first == e.violates:
	case s.bug.Complete():
		bug.Result = reports.Failed
	default:
		bug.Result, bug.Why = reports.Broken, s.bug.Stop.String()
	}
	fixed := reports.Test{
		Name:  "with the fix, on " + s.fixed.Kernel.String(),
		Why:   s.withFix(e),
		Notes: []string{"with: " + s.fixed.Command()},
	}
	switch caught, _ := s.caughtWithFix(e); {
	case caught != nil || !s.fixedIsJudged(e):
		fixed.Result = reports.Failed
	case !s.fixed.Complete():
		fixed.Result = reports.Broken
	}
	return reports.Test{Name: e.Name, Notes: []string{e.Title}, Tests: []reports.Test{bug, fixed}}
}
