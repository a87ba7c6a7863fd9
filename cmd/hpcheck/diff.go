package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hpcheck/hpcheck/internal/interrupt"
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/ktree"
	"github.com/hpcheck/hpcheck/model"
	"github.com/hpcheck/hpcheck/reports"
)

// diffFlags are those of hpcheck diff.
type diffFlags struct {
	machineFlags
	searchFlags
	positions int
	config    string
	full      bool
}

func newDiffCommand() *cobra.Command {
	var f diffFlags
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "Compare two kernels: verdicts, and behaviours that only one of them has",
		Long: `diff compares two kernels in the same scenario: first the verdicts, then the behaviours. A behaviour is
the sequence of what an observer sees: operations, callbacks, notifications, failures. Shown is the shortest behaviour
of each kernel that the other does not have, for each event by which they part.

A kernel is an edition, or an edition without fixes: v4.6, v4.6-rc3, v4.6~unpark, v4.6~unpark,rollback; or a kernel
tree, as hpcheck --source takes it. The exit status is 1 if anything differs.`,
		Example: `  hpcheck diff v4.6-rc3 v4.6
  hpcheck diff v4.6 v4.6~unpark --op down:1 --fault cpu_disable`,
		Args: exactly(2, "diff of what? name two kernels, such as v4.6-rc3 v4.6"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd.Context(), cmd.Flags(), args, cmd.OutOrStdout())
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, k := range model.Kernels() {
				names = append(names, k.Name)
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().SortFlags = false
	f.addScenario(cmd.Flags())
	f.searchFlags.add(cmd.Flags())
	cmd.Flags().IntVar(&f.positions, "positions", 400_000, "compare behaviours up to so many positions, `N`")
	cmd.Flags().StringVar(
		&f.config,
		"config",
		"",
		"the configuration of kernel trees, a .config `FILE`; else each tree's own",
	)
	cmd.Flags().BoolVar(&f.full, "full", false, "show each behaviour from its beginning, and all of them")
	return cmd
}

// parseKernel reads "v4.6~unpark,rollback".
func parseKernel(text string) (model.Kernel, error) {
	name, without, found := strings.Cut(text, "~")
	k, err := model.Lookup(name)
	if err != nil || !found {
		return k, err
	}
	return k.Revert(strings.Split(without, ",")...)
}

func (f *diffFlags) run(ctx context.Context, fs *pflag.FlagSet, names []string, stdout io.Writer) error {
	var kernels [2]model.Kernel
	var err error
	for i, name := range names {
		if isTree(name) {
			s, err := openSource(name, ktree.Options{File: f.config})
			if err != nil {
				return err
			}
			kernels[i] = s.Kernel
			continue
		}
		if kernels[i], err = parseKernel(name); err != nil {
			return usage(name, err)
		}
	}
	return f.compare(ctx, fs, kernels, stdout)
}

// compare compares two kernels.
func (f *diffFlags) compare(ctx context.Context, fs *pflag.FlagSet, kernels [2]model.Kernel, stdout io.Writer) error {
	opt, err := f.options()
	if err != nil {
		return err
	}
	var machines [2]*model.Machine
	for i, k := range kernels {
		if machines[i], err = f.machineOf(k, fs); err != nil {
			return err
		}
	}
	ctx, done := interrupt.Work(ctx)
	defer done()
	var runs [2]*reports.Run
	for i, m := range machines {
		if runs[i], err = check(ctx, m, invariants.For(m), opt); err != nil {
			return err
		}
	}
	fmt.Fprintf(stdout, "A: %s\nB: %s\n%s\n\n", runs[0].Kernel, runs[1].Kernel, runs[0].Scenario)
	f.code(machines, stdout)
	differ := f.verdicts(runs, (kernels[0].Source == nil) != (kernels[1].Source == nil), stdout)
	d := reports.Diff(ctx, machines[0], machines[1], f.positions)
	f.behaviours(d, stdout)
	complete := runs[0].Complete() && runs[1].Complete() && d.Complete
	switch {
	case differ || len(d.Only[0])+len(d.Only[1]) > 0:
		return &exitError{status: exitViolated}
	case !complete:
		return &exitError{status: exitIncomplete}
	}
	return nil
}

// code says in words what the kernels do differently.
func (f *diffFlags) code(machines [2]*model.Machine, stdout io.Writer) {
	a, b := machines[0].Kernel, machines[1].Kernel
	var lines []string
	changed := func(inA, inB bool, doc, before, source string) {
		switch {
		case inA == inB:
		case inB:
			lines = append(lines, fmt.Sprintf("B: %s (%s)\n    A: %s", doc, source, before))
		default:
			lines = append(lines, fmt.Sprintf("A: %s (%s)\n    B: %s", doc, source, before))
		}
	}
	for _, s := range model.Switches() {
		changed(s.In(a), s.In(b), s.Doc, s.Before, s.Commit)
	}
	for _, x := range model.Fixes() {
		if x.Applies(a) && x.Applies(b) {
			changed(x.In(a), x.In(b), x.Doc, x.Before, fmt.Sprintf("%.12s", x.Commit))
		}
	}
	for i, name := range []string{"A", "B"} {
		if only := statesOnlyIn(machines[i], machines[1-i]); only != "" {
			lines = append(lines, fmt.Sprintf("of the states that are modelled only %s has %s", name, only))
		}
	}
	if len(lines) > 0 {
		fmt.Fprintf(stdout, "The code:\n  %s\n\n", strings.ReplaceAll(strings.Join(lines, "\n"), "\n", "\n  "))
	}
}

// statesOnlyIn lists the names of the states that one machine has and the other has not.
func statesOnlyIn(m, other *model.Machine) string {
	has := map[string]bool{}
	for _, s := range other.Ladder {
		has[s.Name] = true
	}
	var names []string
	for _, s := range m.Ladder {
		if !has[s.Name] {
			names = append(names, s.Name)
		}
	}
	return strings.Join(names, ", ")
}

// verdicts writes those that differ.
func (f *diffFlags) verdicts(runs [2]*reports.Run, otherwise bool, stdout io.Writer) bool {
	differ := false
	table(stdout, func(w io.Writer) {
		for i := range runs[0].Verdicts {
			v, o := runs[0].Verdicts[i], runs[1].Verdicts[i]
			a, b := runs[0].VerdictText(v), runs[1].VerdictText(o)
			if a == b || otherwise && v.Status == o.Status { // how long it is depends on who wrote the programs
				continue
			}
			if !differ {
				fmt.Fprintln(w, "property\tA\tB")
			}
			differ = true
			fmt.Fprintf(w, "%s\t%s\t%s\n", runs[0].Verdicts[i].Property.Name, a, b)
		}
	})
	if !differ {
		fmt.Fprintln(stdout, "The verdicts are the same.")
	}
	return differ
}

// behaviours writes those that only one kernel has.
func (f *diffFlags) behaviours(d *reports.Difference, stdout io.Writer) {
	for i, name := range []string{"A", "B"} {
		only := d.Only[i]
		if len(only) == 0 {
			fmt.Fprintf(stdout, "\nEvery behaviour of %s that was looked at is one of the other, too.\n", name)
			continue
		}
		fmt.Fprintf(stdout, "\nOnly %s does this:\n", name)
		for j, b := range only {
			if j > 0 && !f.full {
				fmt.Fprintf(stdout, "  also, after %d events that both can do: %s\n", len(b)-1, b[len(b)-1])
				continue
			}
			f.behaviour(b, stdout)
		}
	}
	if !d.Complete {
		fmt.Fprintln(stdout, "\nINCOMPLETE: there may be more behaviours that differ; a limit was hit (--positions).")
	}
}

// behaviour writes one, its beginning left out if it is long.
func (f *diffFlags) behaviour(b reports.Behaviour, stdout io.Writer) {
	const most = 12
	from := 0
	if len(b) > most && !f.full {
		from = len(b) - most
		fmt.Fprintf(stdout, "      ... %d events that both can do\n", from)
	}
	for i := from; i < len(b); i++ {
		mark := " "
		if i == len(b)-1 {
			mark = "!"
		}
		fmt.Fprintf(stdout, "%s %4d %s\n", mark, i+1, b[i])
	}
}
