package reports

import (
	"embed"
	"encoding/base64"
	"html/template"
	"io"
	"regexp"
	"slices"
	"strings"
)

//go:embed html
var htmlFiles embed.FS

var htmlReport = template.Must(template.New("report.html").Funcs(template.FuncMap{
	"capital": Capital,
	"count":   Thousands,
	"icon":    Status.icon,
	"class":   func(p Prospect) string { return string(p) },
	"number":  func(n int) string { return Thousands(uint64(n)) },
	"prose":   prose,
}).ParseFS(htmlFiles, "html/report.html"))

// HTML writes the run as one file that needs nothing else: what went wrong in plain words, the properties, each
// counterexample with its diagram and its states, and the coverage.
func (r *Run) HTML(w io.Writer) error {
	page := htmlPage{
		Run:      r,
		Title:    "hpcheck: " + r.Subject(),
		Extent:   r.extent(),
		Edition:  EditionOf(r.Kernel),
		Findings: r.Findings(),
		Version:  r.version(),
		SourceTree: "https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git/tree/kernel/cpu.c?id=" +
			r.Kernel.Commit,
		CSS: Look() + template.CSS(embedded("report.css")),
		JS:  template.JS(embedded("diagram.js") + embedded("report.js")),
	}
	var coverage strings.Builder
	r.coverage(&coverage)
	page.Coverage = coverage.String()
	for _, v := range r.Verdicts {
		page.Verdicts = append(page.Verdicts, htmlVerdict{v, r.verdict(v)})
	}
	slices.SortStableFunc(page.Verdicts, func(a, b htmlVerdict) int { return a.late() - b.late() })
	for i, c := range r.Violations() {
		page.Cases = append(page.Cases, htmlCase(c, i == 0))
	}
	return htmlReport.Execute(w, page)
}

// glued is what a browser breaks in two: an error behind its sign, a member in its arrow.
var glued = regexp.MustCompile(`-E[A-Z]+|[\w()]+-(?:&gt;|>)\w+`)

// prose keeps what belongs together on one line.
func prose(text string) template.HTML {
	return template.HTML(glued.ReplaceAllString(template.HTMLEscapeString(text), `<span class="nb">$0</span>`))
}

// Capital has a sentence begin with a capital, unless it begins with the name of a property.
func Capital(text string) string {
	if first, _, _ := strings.Cut(text, " "); strings.Contains(first, "-") {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// Look is the style that all pages share: the colours, and the diagrams.
func Look() template.CSS { return template.CSS(embedded("look.css") + svgStyle) }

// LaneScript is what a reader may do with a diagram: laneDiagram() of a figure.
func LaneScript() template.JS { return template.JS(embedded("diagram.js")) }

func embedded(name string) string {
	text, err := htmlFiles.ReadFile("html/" + name)
	if err != nil {
		panic(err) // it is part of the program
	}
	return string(text)
}

// htmlPage is what the template shows.
type htmlPage struct {
	*Run
	Title    string
	Extent   string
	Edition  Edition
	Findings []Finding
	Verdicts []htmlVerdict
	Cases    []htmlCounterexample
	Coverage string
	Version  string

	SourceTree string
	CSS        template.CSS
	JS         template.JS
}

type htmlVerdict struct {
	Verdict
	Text string
}

// late is 0 for what is violated, which comes first.
func (v htmlVerdict) late() int {
	if v.Counterexample != nil {
		return 0
	}
	return 1
}

type htmlCounterexample struct {
	*Counterexample
	Open         bool
	How          string // "violated in 78 steps"
	Story        Story
	SVG          template.HTML
	Poster       template.HTML
	Saved        template.URL // the poster as a file of its own
	Data         *Saved
	Table        []htmlStep
	Command      string
	Views        []htmlView
	Alternatives *Alternatives
	Chosen       []Alternative
}

// htmlStep is a row of the table of steps.
type htmlStep struct {
	*Step
	Chain string
	File  string
	URL   string
	Quiet bool
}

// htmlView is a notification and how each notifier took it.
type htmlView struct {
	Step   int
	Name   string
	CPU    int
	Thread string
	Cells  []string // by notifier: "", "ok" or the error
}

func htmlCase(c *Counterexample, open bool) htmlCounterexample {
	h := htmlCounterexample{
		Counterexample: c, Open: open, Story: c.Story(), SVG: template.HTML(c.layout().render(false)), Data: c.Save(),
		Command: c.command(), Views: c.views(),
		Alternatives: c.Alternatives(), Chosen: c.choose(c.Alternatives()),
	}
	h.How = "violated in " + stepsInAll(len(c.Steps))
	if c.Lasso {
		h.How = "violated for ever after " + stepsInAll(c.stem())
	}
	poster := c.poster()
	h.Poster = template.HTML(poster.render(false))
	saved := base64.StdEncoding.EncodeToString([]byte(poster.render(true)))
	h.Saved = template.URL("data:image/svg+xml;base64," + saved)
	h.Story.markNoReturn(h.Alternatives.NoReturn)
	for i := range c.Steps {
		s := &c.Steps[i]
		h.Table = append(h.Table, htmlStep{
			s, s.chain(), s.home(), c.Edition.sourceURL(s.home(), s.Function), s.Quiet(),
		})
	}
	return h
}

// views puts what the notifiers are told side by side: a line for each time that the chain is called.
func (c *Counterexample) views() []htmlView {
	var views []htmlView
	for i := range c.Steps {
		s := &c.Steps[i]
		for _, e := range s.Events {
			if e.Notifier == "" {
				continue
			}
			n := len(views) - 1
			at := slices.Index(c.Chain, e.Notifier)
			if n < 0 || views[n].Name != e.Name || views[n].CPU != e.CPU || views[n].Thread != s.Thread ||
				views[n].Cells[at] != "" {
				views = append(
					views,
					htmlView{
						Step: s.Number, Name: e.Name, CPU: e.CPU, Thread: s.Thread, Cells: make([]string, len(c.Chain)),
					},
				)
				n++
			}
			views[n].Cells[at] = "✓"
			if e.Result != "0" {
				views[n].Cells[at] = e.Result
			}
		}
	}
	return views
}
