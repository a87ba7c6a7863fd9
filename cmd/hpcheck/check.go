package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/reports"
)

// checkFlags are those of hpcheck itself.
type checkFlags struct {
	machineFlags
	searchFlags
	outputFlags
	properties []string
}

func (f *checkFlags) add(fs *pflag.FlagSet) {
	f.machineFlags.add(fs)
	f.searchFlags.add(fs)
	fs.StringSliceVar(&f.properties, "property", nil, "check only these, `NAME,...` (hpcheck list properties)")
	f.outputFlags.add(fs)
}

// newRootCommand is hpcheck.
func newRootCommand() *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:   "hpcheck",
		Short: "Check the Linux CPU hotplug core: every failure, under every schedule",
		Long: `hpcheck explores every schedule and every failure of CPU hotplug operations on a model of the kernel's code, and
checks that the machine always walks back the way it came.`,
		Example: `  hpcheck --cpus 4                          check v4.6 with four CPUs
  hpcheck --kernel v4.6-rc3 --out cex       find the rollback bug; open cex/report.html
  hpcheck --revert unpark --op down:1,up:1  take one part of its fix out, and pin the operations
  hpcheck --fault cpu_disable --depth 60    one kind of failure, schedules of at most 60 steps
  hpcheck ablate                            which part of the fix mends what`,
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(cmd.Context(), cmd.Flags(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.SetFlagErrorFunc(flagError)
	cmd.Flags().SortFlags = false
	f.add(cmd.Flags())
	complete(cmd, &f)
	cmd.AddCommand(newListCommand(), newAblateCommand(), newReplayCommand(), newDiffCommand(), newMinimizeCommand(),
		newGraphCommand(), newStepCommand(), newServeCommand(), newVersionCommand())
	return cmd
}

// run checks, and reports.
func (f *checkFlags) run(ctx context.Context, fs *pflag.FlagSet, stdout, stderr io.Writer) error {
	m, err := f.machine(fs)
	if err != nil {
		return err
	}
	props, err := invariants.Select(f.properties...)
	if err != nil {
		return usage("--property", err)
	}
	opt, err := f.options()
	if err != nil {
		return err
	}
	if err := f.prepare(); err != nil {
		return err
	}
	meter := newMeter(stderr)
	opt.Progress, opt.Every = meter.show, meter.every
	suite := invariants.Compile(m, props)
	result := explore.Run(ctx, suite, opt)
	meter.clear()
	run, err := reports.NewRun(suite, result, opt.Depth)
	if err != nil {
		return err // a bug of hpcheck's
	}
	err = f.report(run, painted(stdout))
	if verdict := status(run); verdict != nil {
		if err != nil {
			fmt.Fprintln(stderr, "hpcheck:", err)
		}
		return verdict
	}
	return err
}

// status is the exit status of a run.
func status(run *reports.Run) error {
	switch {
	case len(run.Violations()) > 0:
		return &exitError{status: exitViolated}
	case !run.Complete():
		return &exitError{status: exitIncomplete}
	}
	return nil
}
