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
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
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

// JUnit writes the run as a suite of tests, one for each property. A violation is a failure; a property that the search did
// not get to the end of is an error, and one that never applied is skipped: neither must look like a test that passed.
func (r *Run) JUnit(w io.Writer) error {
	suite := junitSuite{
		Name: "hpcheck " + r.Kernel.String(), Tests: len(r.Verdicts), Time: fmt.Sprintf("%.3f", r.Elapsed.Seconds()),
		Properties: []junitProperty{
			{"kernel", r.Kernel.String()},
			{"scenario", r.Scenario.String()},
			{"extent", r.extent()},
			{"command", r.Command()},
		},
	}
	for _, v := range r.Verdicts {
		c := junitCase{Name: v.Property.Name, Class: "hpcheck." + strings.ReplaceAll(r.Kernel.Name, ".", "_")}
		verdict := r.verdict(v)
		switch v.Status {
		case Violated:
			suite.Failures++
			var b strings.Builder
			if err := v.Counterexample.Text(&b, false); err != nil {
				return err
			}
			c.Failure = &junitCause{"violated", v.Counterexample.Story().Headline, b.String()}
		case Incomplete:
			suite.Errors++
			c.Error = &junitCause{"incomplete", r.extent(), ""}
		case Vacuous:
			suite.Skipped++
			c.Skipped = &junitCause{"vacuous", "vacuous: what the property speaks of never happened", ""}
		default:
			c.Out = &junitText{verdict + ": " + v.Property.Doc}
		}
		suite.Cases = append(suite.Cases, c)
	}
	var b strings.Builder
	if err := r.Summary(&b); err != nil {
		return err
	}
	suite.Out = &junitText{b.String()}
	all := junitSuites{
		Name: "hpcheck", Tests: suite.Tests, Failures: suite.Failures, Errors: suite.Errors, Time: suite.Time,
		Suites: []junitSuite{suite},
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
