package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hpcheck/hpcheck/internal/choose"
	"github.com/hpcheck/hpcheck/internal/interrupt"
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
)

// mutateFlags are those of hpcheck mutate.
type mutateFlags struct {
	kernels  []string
	workers  int
	all      bool
	markdown bool
	reduce   []string
	states   int
	tree     string
}

func newMutateCommand() *cobra.Command {
	var f mutateFlags
	cmd := &cobra.Command{
		Use:   "mutate",
		Short: "Mutate a kernel's code, one mutant at a time, and see whether a property detects it",
		Long: `mutate measures the properties. It makes mutants of a kernel: an instruction is left out, done twice,
done after the next one or for another CPU, a condition is turned round, a bound or a state is off by one, a walk leaves
a callback out. Each is explored in small scenarios. It is killed if a property is violated that the kernel does not
violate there, or in a way in which the kernel does not violate it, or if it never comes to rest; it is the same if it
shows no other state of the kernel's data and no other visible step in any of them; it is harmless if it does something
else that was found to be as good; otherwise it has survived. The score is what was killed of all that are neither the
same nor harmless.

With --reduce it measures these reductions instead. Each mutant is explored in scenarios that are smaller still, with
every transition and with every combination of the reductions: the same properties must be violated, and of one that
runs off the ladder each search must find that. What a mutant does that its instructions do not declare is reported too,
since a reduction relies on it.

The exit status is 0 if every survivor is explained, or no verdict differs, 1 if not, and 3 if a signal came first; then
the tables have what is known.`,
		Example: `  hpcheck mutate
  hpcheck mutate --kernel v4.6,v6.1 --all
  hpcheck mutate --reduce symmetry,por,merge`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := notEmpty(cmd.Flags()); err != nil {
				return err
			}
			return f.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f.add(cmd.Flags())
	complete(cmd, nil)
	return cmd
}

func (f *mutateFlags) add(fs *pflag.FlagSet) {
	newest := model.Kernels()[len(model.Kernels())-1].Name
	fs.StringSliceVar(&f.kernels, "kernel", []string{newest}, "mutants of the `EDITION`,...")
	fs.IntVar(&f.workers, "workers", runtime.GOMAXPROCS(0), "mutants at once; the result does not depend on it")
	fs.BoolVar(&f.all, "all", false, "list those that were killed too")
	fs.BoolVar(&f.markdown, "markdown", false, "write tables for a document")
	fs.StringSliceVar(
		&f.reduce,
		"reduce",
		nil,
		"try `WAY`,... to leave out states against each other and none: symmetry, por, merge",
	)
	fs.IntVar(&f.states, "max-states", 20_000, "with --reduce, leave mutants alone that have more than `N` states")
	fs.StringVar(&f.tree, "source", "", "refused: see hpcheck --source TREE --against TREE")
	fs.MarkHidden("source")
	fs.SortFlags = false
}

func (f *mutateFlags) run(ctx context.Context, stdout, stderr io.Writer) error {
	if f.tree != "" {
		return usage("--source",
			errors.New("mutants are made of the programs of an edition, whose instructions do not "+
				"depend on how the C is written: want --kernel"))
	}
	if f.workers < 1 {
		return &exitError{exitUsage, fmt.Errorf("--workers %d: want 1 or more", f.workers)}
	}
	kernels := make([]model.Kernel, len(f.kernels))
	for i, name := range f.kernels {
		k, err := model.Lookup(name)
		if err != nil {
			return &exitError{exitUsage, err}
		}
		kernels[i] = k
	}
	ctx, done := interrupt.Work(ctx)
	defer done()
	if len(f.reduce) > 0 {
		return f.tryReductions(ctx, stdout, stderr, kernels)
	}
	all, err := f.surveys(ctx, stderr, kernels)
	if err != nil {
		return err
	}
	write := f.text
	if f.markdown {
		write = f.tables
	}
	if err := write(stdout, all); err != nil {
		return err
	}
	if ctx.Err() != nil {
		last := all[len(all)-1]
		return &exitError{
			exitIncomplete,
			fmt.Errorf(
				"interrupted: of %s there are %d mutants, and of what comes after it none", last.Kernel,
				len(last.Mutants),
			),
		}
	}
	for _, m := range all {
		if slices.ContainsFunc(m.Survivors(), func(mu invariants.Mutant) bool { return mu.Why == "" }) {
			return &exitError{status: exitViolated}
		}
	}
	return nil
}

// surveys makes the mutants of the kernels, until it is interrupted.
func (f *mutateFlags) surveys(
	ctx context.Context,
	stderr io.Writer,
	kernels []model.Kernel,
) (all []invariants.Survey, err error) {
	for _, k := range kernels {
		n := 0
		mutants, err := invariants.Mutate(ctx, k, invariants.MutationScenarios(k), f.workers, func(invariants.Mutant) {
			if n++; n%50 == 0 {
				fmt.Fprintf(stderr, "%s: %d mutants\n", k.Name, n)
			}
		})
		if err != nil && ctx.Err() == nil {
			return nil, err
		}
		all = append(all, invariants.Survey{Kernel: k.Name, Mutants: mutants})
		if ctx.Err() != nil {
			break
		}
	}
	return all, nil
}

// columns of the table of scores.
var mutationColumns = []string{
	"kernel", "mutants", "the same", "harmless", "killed", "of these, in another way", "survived", "score",
}

func scoreRow(m invariants.Survey) []string {
	count := m.Count()
	return []string{
		m.Kernel, fmt.Sprint(len(m.Mutants)), fmt.Sprint(count[invariants.Same]),
		fmt.Sprint(count[invariants.Harmless]), fmt.Sprint(count[invariants.Killed]), fmt.Sprint(m.OtherWays()),
		fmt.Sprint(count[invariants.Survived] + count[invariants.TooLarge]), fmt.Sprintf("%.1f %%", 100*m.Score()),
	}
}

func (f *mutateFlags) text(w io.Writer, all []invariants.Survey) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, strings.Join(mutationColumns, "\t"))
	for _, m := range all {
		fmt.Fprintln(t, strings.Join(scoreRow(m), "\t"))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, m := range all {
		fmt.Fprintf(w, "\n%s was killed by\n", m.Kernel)
		for _, k := range m.Killers() {
			fmt.Fprintf(w, "%6d  %s\n", k.Mutants, k.Property)
		}
		if f.all {
			for _, mu := range m.Mutants {
				if mu.Outcome == invariants.Killed {
					way := choose.If(mu.Way, " (in another way than the kernel)", "")
					fmt.Fprintf(w, "  %v\n      killed by %s%s, in %s\n", mu.Mutation, mu.Property, way, mu.Scenario)
				}
			}
		}
		for _, mu := range m.Survivors() {
			fmt.Fprintf(
				w,
				"  %v\n      %s, first seen in %s: %s\n",
				mu.Mutation,
				mu.Outcome,
				mu.Scenario,
				mu.Explained(),
			)
		}
	}
	return nil
}

// tables is the same in Markdown, with the survivors of all kernels that have one reason in one row.
func (f *mutateFlags) tables(w io.Writer, all []invariants.Survey) error {
	row := func(cells ...string) { fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | ")) }
	row(mutationColumns...)
	fmt.Fprintln(w, "|"+strings.Repeat("---|", len(mutationColumns)))
	for _, m := range all {
		row(scoreRow(m)...)
	}
	fmt.Fprintln(w, "\nThe survivors:")
	fmt.Fprintln(w)
	row("mutant", "of", "", "why no property minds")
	fmt.Fprintln(w, "|---|---|---|---|")
	type survivor struct {
		what    string
		outcome invariants.Outcome
		why     string
	}
	kernels := map[survivor][]string{}
	var order []survivor
	for _, m := range all {
		for _, mu := range m.Survivors() {
			s := survivor{"`" + strings.ReplaceAll(mu.String(), "|", "\\|") + "`", mu.Outcome, mu.Explained()}
			if kernels[s] == nil {
				order = append(order, s)
			}
			kernels[s] = append(kernels[s], m.Kernel)
		}
	}
	for _, s := range order {
		row(s.what, strings.Join(kernels[s], ", "), string(s.outcome), s.why)
	}
	return nil
}
