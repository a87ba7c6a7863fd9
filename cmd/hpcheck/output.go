package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/hpcheck/hpcheck/internal/files"
	"github.com/hpcheck/hpcheck/reports"
)

// outputFlags say what is written, and where.
type outputFlags struct {
	out     string
	formats []string
	json    string
	lines   string
	full    bool
	trace   bool
	timings bool
	quiet   bool
	verbose bool

	saved  [][2]string // the keys of the run, for a file beside the reports; nil for none
	tree   *reports.Tree
	stream *reports.Stream // nil if there is none
	file   *os.File        // that it writes to, if it is one
	dir    *files.Dir      // of --out
	stdout io.Writer
	stderr io.Writer
	chosen []reports.Format
}

func (f *outputFlags) add(fs *pflag.FlagSet) { in(fs, groupOutput, f.addOutput) }

func (f *outputFlags) addOutput(fs *pflag.FlagSet) {
	fs.StringVar(&f.out, "out", "", "write all forms of report to `DIR`, or those of --format")
	fs.StringSliceVar(
		&f.formats,
		"format",
		nil,
		"write only these forms, `FORM,...` (hpcheck list formats); without --out, one form to stdout",
	)
	fs.StringVar(&f.json, "json", "", "write the run as JSON to `FILE`, - for stdout and nothing else there")
	fs.StringVar(
		&f.lines,
		"json-lines",
		"",
		"write the progress of the run to `FILE`, - for stdout: a line of JSON for the start, each violation, "+
			"progress now and then, and the end",
	)
	fs.BoolVar(
		&f.timings, "timings", false,
		"tell time and memory in files too, which are otherwise the same for every run and any number of workers",
	)
	fs.BoolVar(&f.trace, "trace", false, "also show the steps of each counterexample")
	fs.BoolVar(&f.full, "full", false, "show every step of a counterexample, the quiet ones too")
	fs.BoolVarP(
		&f.quiet, "quiet", "q", false, "print a line for each property that is violated or not done, and nothing else",
	)
	fs.BoolVarP(&f.verbose, "verbose", "v", false, "also show the steps, and what each property says")
}

// prepare checks the flags before a search that may take hours.
func (f *outputFlags) prepare() error {
	for _, name := range f.formats {
		format, err := reports.LookupFormat(name)
		if err != nil {
			return usage("--format", err)
		}
		if format.Old == name && isTerminal(f.stderr) {
			fmt.Fprintf(f.stderr, "hpcheck: note: this format is %s now; the old name keeps working\n", format.Name)
		}
		if format.Missing() {
			return usage("--format", fmt.Errorf("%s needs %s, which is not installed", name, format.Tool))
		}
		f.chosen = append(f.chosen, format)
	}
	switch {
	case f.out == "" && len(f.chosen) > 1:
		return usage("--format", errors.New("stdout takes one form; name a directory for more with --out"))
	case f.out == "" && len(f.chosen) == 1 && f.json == "-":
		return usage("--json", errors.New("- is of no use with --format, which writes to stdout too"))
	case f.lines == "-" && (f.json == "-" || f.out == "" && len(f.chosen) == 1):
		return usage("--json-lines", errors.New("- is of no use with --json - or --format, which write to stdout too"))
	case f.quiet && f.verbose:
		return usage("--quiet", errors.New("is of no use with --verbose"))
	}
	if f.out != "" {
		var err error
		if f.dir, err = files.OpenDir(f.out); err != nil {
			return usage("--out", err)
		}
	}
	if f.json != "" && f.json != "-" {
		if err := files.Writable(f.json); err != nil {
			return usage("--json", err)
		}
	}
	return f.openLines()
}

// openLines opens the file of --json-lines.
func (f *outputFlags) openLines() (err error) {
	switch f.lines {
	case "":
		return nil
	case "-":
		f.stream = reports.NewStream(f.stdout)
		return nil
	}
	if f.file, err = os.Create(f.lines); err != nil {
		return usage("--json-lines", err)
	}
	f.stream = reports.NewStream(f.file)
	return nil
}

// close lets others write to the directory of --out.
func (f *outputFlags) close() {
	if f.dir != nil {
		_ = f.dir.Close() // the files are written; with the program the lock goes anyway
	}
}

// closeLines writes the end of the stream.
func (f *outputFlags) closeLines(run *reports.Run) error {
	if f.stream == nil {
		return nil
	}
	err := f.stream.End(run)
	if f.file != nil {
		err = errors.Join(err, f.file.Close())
	}
	if err != nil {
		return &files.WriteError{Name: f.lines, Err: err}
	}
	return nil
}

// report writes what was asked for. The files come first: whoever reads stdout may go away, and a pipe may be full.
// What goes to stdout ends with the summary, so that a terminal shows it. done is called once the rest may be cut off.
func (f *outputFlags) report(run *reports.Run, stdout io.Writer, done func()) error {
	run.Version, run.Tree, run.Timed = version(), f.tree, f.timings
	var failed error
	wrote := ""
	if f.out != "" {
		wrote, failed = f.files(run)
	}
	done()
	if f.json != "" && f.json != "-" {
		failed = errors.Join(failed, files.Write(f.json, run.JSON))
	}
	failed = errors.Join(failed, f.closeLines(run))
	if f.lines == "-" {
		return failed // nothing else goes there
	}
	return errors.Join(f.toStdout(run, stdout, wrote, failed != nil), failed)
}

// toStdout writes what goes there: the run in one form, or what people read.
func (f *outputFlags) toStdout(run *reports.Run, stdout io.Writer, wrote string, failed bool) error {
	switch {
	case f.json == "-":
		return run.JSON(stdout)
	case f.out == "" && len(f.chosen) == 1:
		return f.one(run, stdout)
	case f.quiet:
		return run.Brief(stdout)
	}
	if f.out == "" || failed { // what was found must not be lost with a full disk
		if err := f.stories(run, stdout, failed); err != nil {
			return err
		}
	}
	run.Timed = true // who sits there wants to know, and no file is compared with it
	summary := run.Summary
	if f.verbose {
		summary = run.Explained
	}
	err := summary(stdout)
	if err == nil && wrote != "" {
		_, err = fmt.Fprintf(stdout, "\n%s\n", wrote)
	}
	return err
}

// one writes the run in one form. A form that is a document for each counterexample gives the first one alone.
func (f *outputFlags) one(run *reports.Run, stdout io.Writer) error {
	format := f.chosen[0]
	if left := format.Left(run); len(left) > 0 {
		fmt.Fprintf(f.stderr, "hpcheck: note: this is %s alone; %s violated too: choose with --property, "+
			"or write all with --out DIR\n", run.Violations()[0].Property, are(left))
	}
	return format.Write(stdout, run, f.detail())
}

// are names some things, and says that they are.
func are(names []string) string {
	if len(names) == 1 {
		return names[0] + " is"
	}
	return strings.Join(names, ", ") + " are"
}

func (f *outputFlags) detail() reports.Detail { return reports.Detail{Full: f.full} }

// stories writes what went wrong in plain words, and the steps where somebody asked for them or has no file of them.
func (f *outputFlags) stories(run *reports.Run, stdout io.Writer, failed bool) error {
	for _, c := range run.Violations() {
		if err := c.Tell(stdout); err != nil {
			return err
		}
		if !f.trace && !f.full && !f.verbose && !failed {
			continue
		}
		if err := c.Text(stdout, f.full); err != nil {
			return err
		}
		fmt.Fprintln(stdout)
	}
	return nil
}

// files writes the forms to the directory, each by itself, and returns a line that says which file to begin with. What
// another run has left there is removed.
func (f *outputFlags) files(run *reports.Run) (wrote string, err error) {
	chosen := f.chosen
	if len(chosen) == 0 {
		chosen = slices.DeleteFunc(reports.Formats(), func(f reports.Format) bool { return f.Missing() })
	}
	failed := f.dir.Begin(run.Command())
	if f.saved != nil {
		failed = errors.Join(failed, f.dir.Write(scenarioFile, func(w io.Writer) error { return scenario(w, f.saved) }))
	}
	unknown := map[string]bool{} // what an earlier run found, and this one does not know
	first := ""
	for _, format := range chosen {
		for _, file := range format.Files(run, f.detail()) {
			if file.Write == nil {
				unknown[file.Name] = true
				continue
			}
			if err := f.dir.Write(file.Name, file.Write); err != nil {
				failed = errors.Join(failed, err)
			} else if first == "" {
				first = file.Name
			}
		}
	}
	all, err := f.dir.Finish(func(name string) bool { return unknown[name] })
	failed = errors.Join(failed, err)
	switch n := len(all); {
	case first == "":
		return fmt.Sprintf("wrote %d files to %s", n, f.out), failed
	default:
		return fmt.Sprintf("wrote %d files: begin with %s", n, filepath.Join(f.out, first)), failed
	}
}
