package reports

import (
	"fmt"
	"io"
	"os/exec"
	"slices"

	"github.com/hpcheck/hpcheck/model"
)

// Format is a form in which results are written: one file for a run, or one for each counterexample.
type Format struct {
	Name string // as in --format
	Doc  string
	File string // the file of a run, or the end of a counterexample's, which begins with the property
	Old  string // a name that it had, and that is still accepted
	Tool string // a program that it can't do without

	joins bool // several counterexamples may follow each other in one file

	run  func(*Run, io.Writer) error
	each func(*Counterexample, io.Writer, Detail) error
}

// Detail says how much is written.
type Detail struct {
	Full bool // every step, also the quiet ones
}

// plain is a form that knows no details.
func plain(f func(*Counterexample, io.Writer) error) func(*Counterexample, io.Writer, Detail) error {
	return func(c *Counterexample, w io.Writer, _ Detail) error { return f(c, w) }
}

// Formats returns all formats, the most important first: in this order they are documented and written.
func Formats() []Format { return slices.Clone(formats) }

var formats = []Format{
	{Name: "html", Doc: "the whole run as one page: begin here", File: "report.html", run: (*Run).HTML},
	{Name: "run-json", Doc: "the whole run in JSON", File: "run.json", run: (*Run).JSON},
	{Name: "junit", Doc: "JUnit XML: a test for each property", File: "junit.xml", run: (*Run).JUnit},
	{
		Name: "ktap", Doc: "KTAP, as the kernel's own tests: a test for each property", File: "report.ktap",
		run: (*Run).KTAP,
	},
	{Name: "sarif", Doc: "SARIF 2.1.0, for code scanning", File: "results.sarif", run: (*Run).SARIF},
	{Name: "markdown", Doc: "the run for a mail or a comment", File: "report.md", run: (*Run).Markdown},
	{Name: "summary", Doc: "the table of the properties", File: "summary.txt", run: (*Run).Summary},
	{Name: "github", Doc: "annotations for GitHub's workflows", File: "github.txt", run: (*Run).GitHub},
	{
		Name: "text", Doc: "a counterexample for people", File: ".txt", joins: true,
		each: func(c *Counterexample, w io.Writer, d Detail) error { return c.Text(w, d.Full) },
	},
	{
		Name: "json", Doc: "a counterexample for programs and for hpcheck replay", File: ".json",
		each: plain((*Counterexample).JSON),
	},
	{
		Name: "svg", Doc: "the swimlane diagram as a picture, without graphviz", File: ".svg",
		each: plain((*Counterexample).SVG),
	},
	{
		Name: "poster", Doc: "one page for a talk or a mail: the ladder, the fault, what was undone and what was not",
		File: ".poster.svg", each: plain((*Counterexample).Poster),
	},
	{
		Name: "mermaid", Doc: "a sequence diagram that GitHub and GitLab draw", File: ".mmd",
		each: plain((*Counterexample).Mermaid),
	},
	{Name: "dot", Doc: "the swimlane diagram for graphviz", File: ".dot", each: plain((*Counterexample).DOT)},
	{
		Name: "alternatives", Old: "roads", File: ".alternatives.dot", each: plain((*Counterexample).Neighbourhood),
		Doc: "the counterexample in the state graph, with the alternatives at each step, for graphviz",
	},
	{
		Name: "png", Doc: "the swimlane diagram as a picture, drawn by graphviz", File: ".png", Tool: "dot",
		each: plain((*Counterexample).PNG),
	},
	{
		Name: "graphs", File: "graphs.html", run: (*Run).Graphs,
		Doc: "the alternatives at each step of each counterexample, drawn, as one page",
	},
}

// LookupFormat returns the format with that name, or that had it.
func LookupFormat(name string) (Format, error) {
	var known []string
	for _, f := range formats {
		if f.Name == name || f.Old == name && name != "" {
			return f, nil
		}
		known = append(known, f.Name)
	}
	return Format{}, &model.UnknownError{Kind: "format", Name: name, Known: known}
}

// Missing reports whether the tool that the format needs is not installed.
func (f *Format) Missing() bool {
	if f.Tool == "" {
		return false
	}
	_, err := exec.LookPath(f.Tool)
	return err != nil
}

// File is a file that a run leaves, or one that an earlier run may have left and that may still be true.
type File struct {
	Name  string
	Write func(io.Writer) error // nil: the run does not know
}

// Files are the files that the format makes of a run.
func (f *Format) Files(r *Run, d Detail) []File {
	if f.run != nil {
		return []File{{f.File, func(w io.Writer) error { return f.run(r, w) }}}
	}
	var files []File
	for _, v := range r.Verdicts {
		file := File{Name: v.Property.Name + f.File}
		switch c := v.Counterexample; {
		case c != nil:
			file.Write = func(w io.Writer) error { return f.each(c, w, d) }
		case v.Status == Holds || v.Status == Vacuous:
			continue
		}
		files = append(files, file)
	}
	return files
}

// Left are the properties whose counterexamples [Format.Write] leaves out.
func (f *Format) Left(r *Run) []string {
	var left []string
	if f.run == nil && !f.joins {
		for _, c := range r.Violations() {
			left = append(left, c.Property)
		}
	}
	return left[min(1, len(left)):]
}

// Write writes the run, or its counterexamples one after the other; the first alone if they would not be one document.
func (f *Format) Write(w io.Writer, r *Run, d Detail) error {
	if f.run != nil {
		return f.run(r, w)
	}
	all := r.Violations()
	if !f.joins {
		all = all[:min(1, len(all))]
	}
	for i, c := range all {
		if i > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		if err := f.each(c, w, d); err != nil {
			return err
		}
	}
	return nil
}
