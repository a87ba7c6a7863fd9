package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/hpcheck/hpcheck/internal/files"
	"github.com/hpcheck/hpcheck/internal/interrupt"
	"github.com/hpcheck/hpcheck/model"
	"github.com/hpcheck/hpcheck/reports"
)

// museumFlags are those of hpcheck museum.
type museumFlags struct {
	out    string
	format tableFormat
	story  bool
}

func newMuseumCommand() *cobra.Command {
	var f museumFlags
	cmd := &cobra.Command{
		Use:   "museum [NAME...]",
		Short: "Put historic bugs of the hotplug core back, and find them again",
		Long: `museum has defects that the hotplug core really had. Each is run twice: on the edition that carried it,
where a property must be violated, and with the fix, where that property must hold. Without a name all of them
are run, and a table is printed; with one, its story is told too.

The exit status is 0 if each bug is found and none is left with its fix, 1 if not, and 3 if a limit or a signal came
first.`,
		Example: `  hpcheck museum
  hpcheck museum double-increment --out cex`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := notEmpty(cmd.Flags()); err != nil {
				return err
			}
			f.story = len(args) > 0 && f.format != ktapFormat
			return f.run(cmd.Context(), args, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			all, err := readMuseum()
			if err != nil {
				return nil, cobra.ShellCompDirectiveError
			}
			return exhibitNames(all), cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().StringVar(&f.out, "out", "", "write every form of report of each bug to `DIR`/NAME")
	f.format.add(cmd.Flags())
	return cmd
}

// chosen are the exhibits with these names, in the order of all; all if there are no names.
func chosen(all []*exhibit, names []string) ([]*exhibit, error) {
	known := exhibitNames(all)
	for _, name := range names {
		if !slices.Contains(known, name) {
			return nil, &exitError{exitUsage, &model.UnknownError{Kind: "bug", Name: name, Known: known}}
		}
	}
	return slices.DeleteFunc(all, func(e *exhibit) bool {
		return len(names) > 0 && !slices.Contains(names, e.Name)
	}), nil
}

func (f *museumFlags) run(ctx context.Context, names []string, stdout, stderr io.Writer) error {
	all, err := readMuseum()
	if err == nil {
		all, err = chosen(all, names)
	}
	if err != nil {
		return err
	}
	if f.out != "" {
		if err := files.WritableDir(f.out); err != nil {
			return usage("--out", err)
		}
	}
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "bug\tfixed by\tin\ton\tcaught first by\tsteps\tstates\ttime\twith the fix\t")
	ctx, done := interrupt.Work(ctx)
	defer done()
	status := exitOK
	var tests []reports.Test
	for _, e := range all {
		shown, err := e.show(ctx, stderr)
		if err != nil {
			return fmt.Errorf("%s: %w", e.Name, err)
		}
		if ctx.Err() != nil {
			fmt.Fprintf(stderr, "hpcheck: interrupted at %s: it is not in the table, nor what comes after it\n", e.Name)
			status = max(status, exitIncomplete)
			break
		}
		if err := f.write(e, shown); err != nil {
			return err
		}
		if f.story {
			e.tell(stdout, shown)
		}
		shown.row(w, e)
		status = max(status, shown.status(e))
		tests = append(tests, shown.test(e))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if f.format == ktapFormat {
		err = reports.WriteKTAP(stdout, tests...)
	} else {
		_, err = io.WriteString(stdout, table.String())
	}
	return errors.Join(err, ended(status))
}

// write writes the reports of the bug, and a script that does it where there can be one.
func (f *museumFlags) write(e *exhibit, s *shown) error {
	if f.out == "" {
		return nil
	}
	if err := (&runFlags{out: f.out}).report(e.Name, s.bug); err != nil {
		return err
	}
	script, err := s.script()
	if err != nil {
		return nil // user space cannot force it, and the story says so
	}
	return files.Write(filepath.Join(f.out, e.Name, "repro.sh"), func(w io.Writer) error {
		_, err := io.WriteString(w, script)
		return err
	})
}

// row is the row of the table.
func (s *shown) row(w io.Writer, e *exhibit) {
	fmt.Fprintf(
		w, "%s\t%.12s\t%s\t%s\t%s\t%s\t%s\t%v\t%s\t\n", e.Name, e.Fixed, versions(e.From, e.Until),
		s.bug.Kernel, s.first, s.steps(), reports.Thousands(s.bug.States),
		s.bug.Elapsed.Round(time.Millisecond), s.withFix(e),
	)
}
