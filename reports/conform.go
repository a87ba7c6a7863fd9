package reports

import (
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/hpcheck/hpcheck/conform"
	"github.com/hpcheck/hpcheck/model"
)

// Conformance is what came of holding a kernel against traces.
type Conformance struct {
	Kernel  model.Kernel
	Of      []model.Kernel // of each result its kernel, where they are of more than one; nil if all are of Kernel
	Results []conform.Result
	Version string // of hpcheck
}

// Count is how many traces have the verdict.
func (c *Conformance) Count(v conform.Verdict) (n int) {
	for i := range c.Results {
		if c.Results[i].Verdict == v {
			n++
		}
	}
	return n
}

// Headline says it in a sentence.
func (c *Conformance) Headline() string {
	accepted, events := c.Count(conform.VerdictAccepted), 0
	for i := range c.Results {
		events += c.Results[i].Events
	}
	shown := fmt.Sprintf(
		"what %d of %d traces show, with %s events", accepted, accepted+c.Count(conform.VerdictRefused),
		Thousands(uint64(events)),
	)
	text := fmt.Sprintf("%v can do %s", c.Kernel, shown)
	if n := len(c.machines()); n > 1 {
		text = fmt.Sprintf("%d machines can do %s", n, shown)
	}
	for _, v := range []conform.Verdict{conform.VerdictUndecided, conform.VerdictUnread} {
		if n := c.Count(v); n > 0 {
			text += fmt.Sprintf("; %d %s", n, v)
		}
	}
	return text
}

// Title names the kernel, or how many there are.
func (c *Conformance) Title() string {
	if n := len(c.machines()); n > 1 {
		return fmt.Sprintf("%d machines", n)
	}
	return c.Kernel.String()
}

// machines are the kernels, each once.
func (c *Conformance) machines() (all []string) {
	for _, k := range c.Of {
		if k.Name != "" && !slices.Contains(all, k.String()) {
			all = append(all, k.String())
		}
	}
	return all
}

// Text writes a line for each trace if verbose, else only what is not accepted, and the sentence.
func (c *Conformance) Text(w io.Writer, verbose bool) error {
	var b strings.Builder
	if c.Of == nil {
		b.WriteString(inferred(c.Kernel))
	}
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	head := ""
	for i := range c.Results {
		r := &c.Results[i]
		says := r.Verdict != conform.VerdictAccepted || verbose || r.Unfinished || len(r.Notes) > 0
		if says && c.Of != nil && c.heading(i) != head {
			t.Flush()
			head = c.heading(i)
			b.WriteString(head)
		}
		switch {
		case r.Verdict == conform.VerdictRefused:
			t.Flush()
			b.WriteString(refusal(r))
		case r.Verdict != conform.VerdictAccepted:
			fmt.Fprintf(t, "%s\t%s\t%s\n", r.Verdict, spot(r), r.Why)
		case says:
			fmt.Fprintf(t, "accepted\t%s\t%s, %d states\n", r.File, extent(r), r.Searched)
		}
	}
	t.Flush()
	_, err := fmt.Fprintf(w, "%s%s\n", b.String(), c.Headline())
	return err
}

// heading is what stands above the results of a machine.
func (c *Conformance) heading(i int) string {
	if k := c.Of[i]; k.Name != "" {
		return fmt.Sprintf("%s%v:\n", inferred(k), k)
	}
	return "no kernel:\n"
}

// spot is the file, and the line if there is one.
func spot(r *conform.Result) string {
	if r.Line > 0 {
		return fmt.Sprintf("%s:%d", r.File, r.Line)
	}
	return r.File
}

// extent is how much of a trace there was.
func extent(r *conform.Result) string {
	text := fmt.Sprintf("%d events", r.Events)
	if r.Unfinished {
		text += ", which end in the middle of an operation"
	}
	return strings.Join(append([]string{text}, r.Notes...), "; ")
}

// refusal says where a trace and the model part.
func refusal(r *conform.Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: no execution shows this here\n    the machine: %s\n", spot(r), r.Seen)
	for _, could := range r.Could {
		fmt.Fprintf(&b, "    the model:   %s\n", could)
	}
	if r.Reason != "" {
		fmt.Fprintf(&b, "    %s\n", r.Reason)
	}
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "    %s\n", note)
	}
	if r.Where != "" {
		fmt.Fprintf(&b, "    before it:   %s\n", r.Where)
	}
	return b.String()
}

// JUnit writes a suite with a test for each trace.
func (c *Conformance) JUnit(w io.Writer) error {
	suite := junitSuite{
		Name: "hpcheck conform " + c.Title(), Tests: len(c.Results),
		Properties: []junitProperty{{"kernel", c.Title()}},
	}
	for i := range c.Results {
		r, k := &c.Results[i], c.Kernel
		if c.Of != nil {
			k = c.Of[i]
		}
		test := junitCase{Name: r.File, Class: "hpcheck.conform." + strings.ReplaceAll(k.Name, ".", "_")}
		switch r.Verdict {
		case conform.VerdictAccepted:
			test.Out = &junitText{"accepted: " + extent(r)}
		case conform.VerdictUndecided, conform.VerdictUnread:
			test.Error = &junitCause{strings.ReplaceAll(string(r.Verdict), " ", "-"), r.Why, ""}
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
	"number":  func(n int) string { return Thousands(uint64(n)) },
}).ParseFS(htmlFiles, "html/conform.html"))

// HTML writes one page that needs nothing else.
func (c *Conformance) HTML(w io.Writer) error {
	return conformPage.Execute(w, struct {
		*Conformance
		Refused int
		CSS     template.CSS
	}{c, c.Count(conform.VerdictRefused), Look() + template.CSS(embedded("report.css"))})
}
