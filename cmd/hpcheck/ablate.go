package main

import (
	"context"
	"fmt"
	"io"
	"math/bits"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hpcheck/hpcheck/internal/interrupt"
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
	"github.com/hpcheck/hpcheck/reports"
)

// ablateFlags are those of hpcheck ablate.
type ablateFlags struct {
	machineFlags
	searchFlags
}

func newAblateCommand() *cobra.Command {
	var f ablateFlags
	cmd := &cobra.Command{
		Use:   "ablate",
		Short: "Remove every subset of the fix's parts, and show which properties fail",
		Long: `ablate takes every subset of the parts of the fix out of v4.6, and shows which properties are violated
then, with the length of the shortest counterexample. The first row is v4.6 itself, the last is v4.6-rc3. The exit
status is 0 if the table is complete, whatever is in it, and 3 if a limit left a gap.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(cmd.Context(), cmd.Flags(), cmd.OutOrStdout())
		},
	}
	cmd.Flags().SortFlags = false
	f.addScenario(cmd.Flags())
	f.searchFlags.add(cmd.Flags())
	return cmd
}

func (f *ablateFlags) run(ctx context.Context, fs *pflag.FlagSet, stdout io.Writer) error {
	opt, err := f.options()
	if err != nil {
		return err
	}
	fixed, err := model.Lookup("v4.6")
	if err != nil {
		return err
	}
	if _, err := f.machineOf(fixed, fs); err != nil {
		return err
	}
	ctx, done := interrupt.Work(ctx)
	defer done()
	props := invariants.All()
	fmt.Fprintf(stdout, "v4.6 without parts of its fix: %v\n\n", f.scenario)
	for i, p := range props {
		fmt.Fprintf(stdout, "%4d  %s\n", i+1, p.Name)
	}
	fmt.Fprintln(stdout)
	t := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	for i := range props {
		fmt.Fprintf(t, "%d\t", i+1)
	}
	fmt.Fprintln(t, "  taken out")
	complete := true
	for _, names := range subsets(partsOf(fixed)) {
		k, err := fixed.Revert(names...)
		if err != nil {
			return err
		}
		m, err := f.machineOf(k, fs)
		if err != nil {
			return err
		}
		run, err := check(ctx, m, props, opt)
		if err != nil {
			return err
		}
		for _, v := range run.Verdicts {
			fmt.Fprintf(t, "%s\t", cellOf(v))
		}
		taken := strings.Join(names, " + ")
		if taken == "" {
			taken = "(nothing)"
		}
		fmt.Fprintln(t, "  "+taken)
		complete = complete && run.Complete()
	}
	t.Flush()
	fmt.Fprintln(
		stdout,
		"\na number: violated, the steps of the shortest counterexample; .: holds; v: vacuous; ~: holds within "+
			"--depth; ?: not known",
	)
	if !complete {
		return &exitError{status: exitIncomplete}
	}
	return nil
}

// partsOf are the fixes that came with the commit of the edition itself.
func partsOf(k model.Kernel) []model.Fix {
	return slices.DeleteFunc(k.Fixes(), func(f model.Fix) bool { return f.Commit != k.Commit })
}

// cellOf is a verdict in a few letters.
func cellOf(v reports.Verdict) string {
	switch v.Status {
	case reports.Violated:
		return fmt.Sprint(len(v.Counterexample.Steps))
	case reports.Vacuous:
		return "v"
	case reports.HoldsWithin:
		return "~"
	case reports.Incomplete:
		return "?"
	}
	return "."
}

// subsets are all subsets of the fixes, by name: the smaller ones first, and each in the order of the fixes.
func subsets(fixes []model.Fix) [][]string {
	var all [][]string
	for size := range len(fixes) + 1 {
		for set := range uint(1) << len(fixes) {
			if bits.OnesCount(set) != size {
				continue
			}
			var names []string
			for i, f := range fixes {
				if set>>i&1 == 1 {
					names = append(names, f.Name)
				}
			}
			all = append(all, names)
		}
	}
	return all
}
