package reports

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// The elements of JUnit's XML, as Jenkins, GitLab and GitHub's actions read it.
type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr,omitempty"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
	Out        *junitText      `xml:"system-out"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Name    string      `xml:"name,attr"`
	Class   string      `xml:"classname,attr"`
	Failure *junitCause `xml:"failure"`
	Error   *junitCause `xml:"error"`
	Skipped *junitCause `xml:"skipped"`
	Out     *junitText  `xml:"system-out"`
}

type junitText struct {
	Text string `xml:",cdata"`
}

type junitCause struct {
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
	Text    string `xml:",cdata"`
}

// JUnit writes the run as a suite of tests, one for each property. A violation is a failure; a property that the search
// did not get to the end of is an error, and one that never applied, or that only samples were taken of, is skipped:
// none of them must look like a test that passed.
func (r *Run) JUnit(w io.Writer) error {
	suite, err := r.junit("hpcheck " + r.Kernel.String())
	if err != nil {
		return err
	}
	return writeJUnit(w, suite)
}

// junit is the run as a suite of tests.
func (r *Run) junit(name string) (junitSuite, error) {
	suite := junitSuite{
		Name: name, Tests: len(r.Verdicts), Time: r.seconds(),
		Properties: []junitProperty{
			{"kernel", r.Kernel.String()},
			{"scenario", r.Scenario.String()},
			{"extent", r.extent()},
			{"command", r.Command()},
		},
	}
	for _, v := range r.Verdicts {
		c := junitCase{Name: v.Property.Name, Class: "hpcheck." + strings.ReplaceAll(r.Kernel.Name, ".", "_")}
		switch v.Status {
		case Violated:
			text, err := v.text()
			if err != nil {
				return suite, err
			}
			c.Failure = &junitCause{"violated", v.Counterexample.Story().Headline, text}
		case Incomplete:
			c.Error = &junitCause{"incomplete", r.extent(), ""}
		case Vacuous:
			c.Skipped = &junitCause{"vacuous", "vacuous: " + v.idle(), ""}
		case NotSeen, InShare:
			c.Skipped = &junitCause{v.Status.Slug(), r.verdict(v), ""}
		default:
			c.Out = &junitText{r.verdict(v) + ": " + v.Property.Doc}
		}
		suite.add(c)
	}
	var b strings.Builder
	err := r.Summary(&b)
	suite.Out = &junitText{b.String()}
	return suite, err
}

// seconds is how long the run took, if reports are to tell.
func (r *Run) seconds() string {
	if !r.Timed {
		return ""
	}
	return fmt.Sprintf("%.3f", r.Elapsed.Seconds())
}

// text is the counterexample as text.
func (v *Verdict) text() (string, error) {
	var b strings.Builder
	err := v.Counterexample.Text(&b, false)
	return b.String(), err
}

// add adds a test.
func (s *junitSuite) add(c junitCase) {
	s.Cases = append(s.Cases, c)
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
}

// writeJUnit writes suites of tests.
func writeJUnit(w io.Writer, suites ...junitSuite) error {
	all := junitSuites{Name: "hpcheck", Suites: suites}
	for _, s := range suites {
		all.Tests, all.Failures, all.Errors = all.Tests+s.Tests, all.Failures+s.Failures, all.Errors+s.Errors
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
