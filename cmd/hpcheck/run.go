package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/hpcheck/hpcheck/internal/files"
	"github.com/hpcheck/hpcheck/internal/interrupt"
	"github.com/hpcheck/hpcheck/internal/positioned"
	"github.com/hpcheck/hpcheck/reports"
)

// runFlags are those of hpcheck run.
type runFlags struct {
	only   string
	out    string
	format tableFormat
	origin sourceFlags
}

func newRunCommand() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run SUITE.toml",
		Short: "Run a suite, and compare each verdict with the expected one",
		Long: `run makes the runs that a file names, each with a kernel, a scenario, bounds, properties and the verdicts
that are expected, and prints a table. A run's keys are the flags of hpcheck itself, without the dashes
(docs/suites.md).

The exit status is 0 if everything is as expected, 1 if a verdict is not, and 3 if something is not known because a
limit or a signal came first.`,
		Example: `  hpcheck run suites/v4.6.toml
  hpcheck run --only 'reader*' --out reports suites/v4.6.toml`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return errors.New("run which suite? name one file, such as suites/v4.6.toml")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := notEmpty(cmd.Flags()); err != nil {
				return err
			}
			return f.run(cmd.Context(), args[0], cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().StringVar(&f.only, "only", "", "make only the runs whose name matches `PATTERN`, * for any text")
	cmd.Flags().StringVar(
		&f.out,
		"out",
		"",
		"write every form of report of each run to `DIR`/RUN, and junit.xml with all of them to DIR",
	)
	f.format.add(cmd.Flags())
	f.origin.add(cmd.Flags())
	return cmd
}

func (f *runFlags) run(ctx context.Context, file string, stdout, stderr io.Writer) error {
	s, err := readSuite(file)
	var mistake *positioned.Error
	switch {
	case errors.As(err, &mistake):
		return &exitError{exitUsage, err} // it says where
	case err != nil:
		return usage(file, err)
	}
	if f.only != "" {
		if err := s.only(f.only); err != nil {
			return err
		}
	}
	if f.origin.spec != "" {
		if err := s.fromSource(&f.origin); err != nil {
			return err
		}
	}
	if f.out != "" {
		if err := files.WritableDir(f.out); err != nil {
			return usage("--out", err)
		}
	}
	ctx, done := interrupt.Work(ctx)
	defer done()
	entries := make([]reports.Entry, len(s.runs))
	var failed error
	for i, r := range s.runs {
		if ctx.Err() == nil {
			run, early, err := r.flags.check(ctx, r.fs, stderr)
			if err != nil {
				return fmt.Errorf("%s: %w", r.Name, r.placed(err))
			}
			r.Run, failed = run, errors.Join(failed, early, f.report(r.Name, run))
		}
		entries[i] = r.Entry
	}
	if f.out != "" {
		failed = errors.Join(
			failed,
			files.Write(
				filepath.Join(f.out, junitFile), func(w io.Writer) error { return reports.SuiteJUnit(w, entries) },
			),
		)
	}
	done()
	return errors.Join(f.table(stdout, entries), failed, f.status(entries))
}

// table writes what came of the runs.
func (f *runFlags) table(w io.Writer, entries []reports.Entry) error {
	if f.format == ktapFormat {
		return reports.SuiteKTAP(w, entries)
	}
	return reports.SuiteTable(w, entries)
}

// report writes the reports of a run.
func (f *runFlags) report(name string, run *reports.Run) error {
	if f.out == "" {
		return nil
	}
	out := outputFlags{out: filepath.Join(f.out, name)}
	if err := out.prepare(); err != nil {
		return err
	}
	defer out.close()
	run.Version = version()
	_, err := out.files(run)
	return err
}

// status is the exit status.
func (f *runFlags) status(entries []reports.Entry) error {
	status := exitOK
	for i := range entries {
		for _, u := range entries[i].Unexpected() {
			if !u.Unknown {
				return &exitError{status: exitViolated}
			}
			status = exitIncomplete
		}
	}
	return ended(status)
}
