package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/pflag"

	"github.com/hpcheck/hpcheck/reports"
)

// outputFlags say what is written, and where.
type outputFlags struct {
	out     string
	formats []string
	json    string
	lines   string
	full    bool
	quiet   bool
	verbose bool
	source  string

	tree   *reports.Tree
	stream *reports.Stream // nil if there is none
	file   *os.File        // that it writes to, if it is one
	stdout io.Writer
	chosen []reports.Format
}

func (f *outputFlags) add(fs *pflag.FlagSet) {
	fs.StringVar(&f.out, "out", "", "write every form of report to `DIR`, or those of --format")
	fs.StringSliceVar(
		&f.formats,
		"format",
		nil,
		"only these forms, `FORM,...` (hpcheck list formats); without --out one form, to stdout",
	)
	fs.StringVar(&f.json, "json", "", "write the run as JSON to `FILE`, - for stdout with nothing else on it")
	fs.StringVar(
		&f.lines,
		"json-lines",
		"",
		"write the run as it goes on to `FILE`, - for stdout: a line of JSON for the start, each violation, progress now and then, and the end",
	)
	fs.StringVar(
		&f.source,
		"source",
		"",
		"look the lines of functions up in the kernel tree `DIR`, for SARIF and annotations",
	)
	fs.BoolVar(&f.full, "full", false, "show every step of a counterexample, also the quiet ones")
	fs.BoolVarP(
		&f.quiet, "quiet", "q", false, "print a line for each property that is violated or not done, and nothing else",
	)
	fs.BoolVarP(&f.verbose, "verbose", "v", false, "tell each counterexample's story, and what each property says")
}

// prepare checks the flags before a search that may take hours.
func (f *outputFlags) prepare() error {
	for _, name := range f.formats {
		format, err := reports.LookupFormat(name)
		if err != nil {
			return usage("--format", err)
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
	if f.source != "" {
		var err error
		if f.tree, err = reports.OpenTree(f.source); err != nil {
			return usage("--source", err)
		}
	}
	if f.out != "" {
		if err := writable(f.out); err != nil {
			return usage("--out", err)
		}
	}
	if f.json != "" && f.json != "-" {
		if err := writable(filepath.Dir(f.json)); err != nil {
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
		return fmt.Errorf("writing %s: %w", f.lines, err)
	}
	return nil
}

// report writes what was asked for. What goes to stdout ends with the summary, so that a terminal shows it.
func (f *outputFlags) report(run *reports.Run, stdout io.Writer) error {
	run.Version, run.Tree = version(), f.tree
	failed := f.closeLines(run)
	if f.lines == "-" {
		stdout = io.Discard // for nothing else
	}
	names := io.Discard
	toStdout := f.json == "-" || f.out == "" && len(f.chosen) == 1
	if !toStdout && !f.quiet {
		names = stdout
	}
	if f.out != "" {
		failed = errors.Join(failed, f.files(run, names))
	}
	if f.json != "" && f.json != "-" {
		failed = errors.Join(failed, writeFile(f.json, run.JSON))
	}
	switch {
	case f.json == "-":
		return errors.Join(run.JSON(stdout), failed)
	case toStdout:
		return errors.Join(f.chosen[0].Write(stdout, run, f.detail()), failed)
	case f.quiet:
		return errors.Join(run.Brief(stdout), failed)
	}
	if f.out == "" || failed != nil { // what was found must not be lost with a full disk
		if err := f.texts(run, stdout); err != nil {
			return errors.Join(err, failed)
		}
	}
	if f.verbose {
		return errors.Join(run.Explained(stdout), failed)
	}
	return errors.Join(run.Summary(stdout), failed)
}

func (f *outputFlags) detail() reports.Detail { return reports.Detail{Full: f.full} }

// texts writes the counterexamples.
func (f *outputFlags) texts(run *reports.Run, stdout io.Writer) error {
	for _, c := range run.Violations() {
		if f.verbose {
			if err := c.Tell(stdout); err != nil {
				return err
			}
		}
		if err := c.Text(stdout, f.full); err != nil {
			return err
		}
		fmt.Fprintln(stdout)
	}
	return nil
}

// files writes the forms to the directory, and removes what an earlier run left for a property that holds now.
func (f *outputFlags) files(run *reports.Run, names io.Writer) error {
	chosen := f.chosen
	if len(chosen) == 0 {
		chosen = slices.DeleteFunc(reports.Formats(), func(f reports.Format) bool { return f.Missing() })
	}
	for _, format := range chosen {
		for _, file := range format.Files(run, f.detail()) {
			name := filepath.Join(f.out, file.Name)
			if file.Write == nil {
				if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
					return err
				}
				continue
			}
			if err := writeFile(name, file.Write); err != nil {
				return err
			}
			fmt.Fprintln(names, name)
		}
	}
	return nil
}

// writeFile writes a file whole or not at all.
func writeFile(name string, write func(io.Writer) error) error {
	tmp, err := os.CreateTemp(filepath.Dir(name), ".hpcheck-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // of no effect once it is renamed
	if err := errors.Join(write(tmp), tmp.Chmod(0o644), tmp.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return os.Rename(tmp.Name(), name)
}
