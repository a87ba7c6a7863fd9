package reports

import (
	"fmt"
	"html/template"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/hpcheck/hpcheck/conform"
	"github.com/hpcheck/hpcheck/model"
)

// Conformance is what came of holding a kernel against traces.
type Conformance struct {
	Kernel  model.Kernel
	Results []conform.Result
	Version string // of hpcheck
}

// Counts says how many traces were accepted, refused and left out.
func (c *Conformance) Counts() (accepted, refused, skipped int) {
	for i := range c.Results {
		switch r := &c.Results[i]; {
		case r.Skipped != "":
			skipped++
		case r.Accepted:
			accepted++
		default:
			refused++
		}
	}
	return accepted, refused, skipped
}

// Headline says it in a sentence.
func (c *Conformance) Headline() string {
	accepted, refused, skipped := c.Counts()
	events := 0
	for i := range c.Results {
		events += c.Results[i].Events
	}
	text := fmt.Sprintf(
		"%v can do what %d of %d traces show, with %s events", c.Kernel, accepted, accepted+refused,
		Thousands(uint64(events)),
	)
	if skipped > 0 {
		text += fmt.Sprintf("; %d left out", skipped)
	}
	return text
}

// Text writes a line for each trace if verbose, else only what is not accepted, and the sentence.
func (c *Conformance) Text(w io.Writer, verbose bool) error {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for i := range c.Results {
		r := &c.Results[i]
		switch {
		case r.Skipped != "" && (verbose || r.Unread):
			fmt.Fprintf(t, "left out\t%s\t%s\n", r.File, r.Skipped)
		case r.Accepted && (verbose || r.Unfinished):
			fmt.Fprintf(t, "accepted\t%s\t%s, %d states\n", r.File, extent(r), r.Searched)
		case r.Skipped == "" && !r.Accepted:
			t.Flush()
			b.WriteString(refusal(r))
		}
	}
	t.Flush()
	_, err := fmt.Fprintf(w, "%s%s\n", b.String(), c.Headline())
	return err
}

// extent is how much of a trace there was.
func extent(r *conform.Result) string {
	text := fmt.Sprintf("%d events", r.Events)
	if r.Unfinished {
		text += ", which end in the middle of an operation"
	}
	return text
}

// refusal says where a trace and the model part.
func refusal(r *conform.Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d: no execution shows this here\n    the machine: %s\n", r.File, r.Line, r.Seen)
	for _, could := range r.Could {
		fmt.Fprintf(&b, "    the model:   %s\n", could)
	}
	if r.Reason != "" {
		fmt.Fprintf(&b, "    %s\n", r.Reason)
	}
	fmt.Fprintf(&b, "    before it:   %s\n", r.Where)
	return b.String()
}

// JUnit writes a suite with a test for each trace.
func (c *Conformance) JUnit(w io.Writer) error {
	suite := junitSuite{
		Name: "hpcheck conform " + c.Kernel.String(), Tests: len(c.Results), Time: "0",
		Properties: []junitProperty{{"kernel", c.Kernel.String()}},
	}
	for i := range c.Results {
		r := &c.Results[i]
		test := junitCase{Name: r.File, Class: "hpcheck.conform." + strings.ReplaceAll(c.Kernel.Name, ".", "_")}
		switch {
		case r.Skipped != "":
			test.Skipped = &junitCause{"skipped", r.Skipped, ""}
		case r.Accepted:
			test.Out = &junitText{"accepted: " + extent(r)}
		default:
			test.Failure = &junitCause{"refused", fmt.Sprintf("line %d: %s", r.Line, r.Seen), refusal(r)}
		}
		suite.add(test)
	}
	return writeJUnit(w, suite)
}

var conformPage = template.Must(template.New("conform.html").Funcs(template.FuncMap{
	"refusal": func(r conform.Result) string { return refusal(&r) },
	"extent":  func(r conform.Result) string { return extent(&r) },
}).ParseFS(htmlFiles, "html/conform.html"))

// HTML writes one page that needs nothing else.
func (c *Conformance) HTML(w io.Writer) error {
	accepted, refused, skipped := c.Counts()
	return conformPage.Execute(w, struct {
		*Conformance
		Accepted, Refused, Skipped int
		CSS                        template.CSS
	}{c, accepted, refused, skipped, template.CSS(embedded("report.css"))})
}
