package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/internal/files"
	"github.com/hpcheck/hpcheck/internal/interrupt"
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
	"github.com/hpcheck/hpcheck/reports"
)

// replayFlags are those of hpcheck replay.
type replayFlags struct {
	searchFlags
	kernel   string
	revert   []string
	property string
	file     string
	origin   sourceFlags
	propertyFlags
}

func newReplayCommand() *cobra.Command {
	var f replayFlags
	cmd := &cobra.Command{
		Use:   "replay FILE",
		Short: "Replay a saved counterexample, on the same kernel or another",
		Long: `replay walks a counterexample again that was saved as JSON (PROPERTY.json or run.json of --out, or - for
stdin), on the kernel on which it was found (a kernel tree is named by --source) or on another. It says whether the
property is violated again, and if not, at which step the kernels part; then it checks the whole scenario for that
property, since another kernel may fail in another way.

The exit status is 1 if the property is violated.`,
		Example: `  hpcheck --kernel v4.6-rc3 --out cex
  hpcheck replay cex/no-deadlock.json
  hpcheck replay --kernel v4.6 cex/no-deadlock.json      does v4.6 still do it?`,
		Args: exactly(1, "replay what? name one file, such as cex.json"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd.Context(), args[0], cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&f.kernel, "kernel", "", "on this edition `NAME`, not on that of the file")
	cmd.Flags().StringSliceVar(&f.revert, "revert", nil, "take these fixes out, `FIX,...`")
	f.origin.addSaved(cmd.Flags())
	cmd.Flags().StringVar(&f.property, "property", "", "of a run's file, only the counterexample of `NAME`")
	f.addFiles(cmd.Flags())
	f.searchFlags.add(cmd.Flags())
	completeKernels(cmd, "kernel", "revert")
	return cmd
}

func (f *replayFlags) run(ctx context.Context, file string, stdin io.Reader, stdout io.Writer) error {
	opt, err := f.options()
	if err != nil {
		return err
	}
	f.file = file
	saved, err := readSaved(file, stdin)
	if err != nil {
		return usage(file, err)
	}
	ctx, done := interrupt.Work(ctx)
	defer done()
	worst, found := exitOK, false
	for i := range saved {
		if f.property != "" && saved[i].Property != f.property {
			continue
		}
		if found {
			fmt.Fprintln(stdout)
		}
		found = true
		status, err := f.one(ctx, &saved[i], opt, stdout)
		if err != nil {
			return err
		}
		worst = worse(worst, status)
	}
	if !found {
		return usage(file, fmt.Errorf("there is no counterexample of %q in it", f.property))
	}
	if worst != exitOK {
		return &exitError{status: worst}
	}
	return nil
}

// machine makes the machine on which it is walked.
func (f *replayFlags) machine(s *reports.Saved) (*model.Machine, error) {
	switch {
	case f.kernel == "" && len(f.revert) == 0:
		return f.origin.again(s, f.file)
	case f.origin.spec != "":
		return nil, usage("--source", errors.New("names the kernel, so want no --kernel and no --revert"))
	}
	m, err := s.Machine(f.kernel, f.revert)
	if err != nil {
		err = usage("--kernel", err)
	}
	return m, err
}

// one replays a counterexample, and returns the status that it gives.
func (f *replayFlags) one(ctx context.Context, s *reports.Saved, opt explore.Options, stdout io.Writer) (int, error) {
	m, err := f.machine(s)
	if err != nil {
		return 0, err
	}
	all := propertyFlags{files: f.files}
	judges, err := all.load(m)
	if err != nil {
		return 0, err
	}
	all.names = []string{s.Property}
	props, err := all.load(m)
	if err != nil {
		return 0, &exitError{
			exitUsage, fmt.Errorf("a property that was written in a file needs --property-file; %w", err),
		}
	}
	replay := s.Walk(invariants.Compile(m, judges))
	if err := replay.Text(stdout); err != nil {
		return 0, err
	}
	if replay.Again() {
		return exitViolated, nil
	}
	run, err := check(ctx, m, props, opt)
	if err != nil {
		return 0, err
	}
	fmt.Fprintf(stdout, "  checked in that scenario, %s: %s\n", run.Kernel, run.VerdictText(run.Verdicts[0]))
	switch err := status(run).(type) {
	case *exitError:
		return err.status, nil
	default:
		return exitOK, err
	}
}

// readSaved reads counterexamples from a file, or from stdin for "-".
func readSaved(file string, stdin io.Reader) ([]reports.Saved, error) {
	if file == "-" {
		data, err := files.ReadAll(stdin, files.Runs)
		if err != nil {
			return nil, err
		}
		return reports.ReadSaved(bytes.NewReader(data))
	}
	data, err := files.Read(file, files.Runs)
	if err != nil {
		return nil, err
	}
	return reports.ReadSaved(bytes.NewReader(data))
}
