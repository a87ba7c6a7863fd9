package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
)

// tryReductions is hpcheck mutate --reduce.
func (f *mutateFlags) tryReductions(ctx context.Context, stdout, stderr io.Writer, kernels []model.Kernel) error {
	ways, err := invariants.ParseReduction(f.reduce...)
	switch {
	case err != nil:
		return &exitError{exitUsage, fmt.Errorf("--reduce: %w", err)}
	case ways == 0:
		return &exitError{exitUsage, fmt.Errorf("--reduce none: want what is to be tried against it")}
	case f.states < 1:
		return &exitError{exitUsage, fmt.Errorf("--max-states %d: want 1 or more", f.states)}
	case f.all || f.markdown:
		return &exitError{exitUsage, fmt.Errorf("--reduce has one table: leave out --all and --markdown")}
	}
	differ := false
	t := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "kernel\tmutants in a scenario\tof these, too large\tundeclared\tviolate a property\tdiffer")
	var notes []string
	for _, k := range kernels {
		var trials []invariants.Trial
		err := invariants.TryReductions(
			ctx, k, invariants.TrialScenarios(k), invariants.Combinations(ways), f.states, f.workers,
			func(t invariants.Trial) {
				if trials = append(trials, t); len(trials)%100 == 0 {
					fmt.Fprintf(stderr, "%s: %d\n", k.Name, len(trials))
				}
			},
		)
		if err != nil && ctx.Err() == nil {
			return err
		}
		slices.SortFunc(trials, func(a, b invariants.Trial) int {
			return cmp.Or(cmp.Compare(a.Scenario, b.Scenario), cmp.Compare(a.String(), b.String()))
		})
		row, lines := summary(k.Name, trials)
		fmt.Fprintln(t, row)
		notes = append(notes, lines...)
		differ = differ || slices.ContainsFunc(trials, func(t invariants.Trial) bool { return len(t.Differ) > 0 })
		if ctx.Err() != nil {
			break
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, line := range notes {
		if _, err := fmt.Fprintln(stdout, line); err != nil {
			return err
		}
	}
	switch {
	case ctx.Err() != nil:
		return &exitError{exitIncomplete, fmt.Errorf("interrupted: there are more mutants than the table has")}
	case differ:
		return &exitError{status: exitViolated}
	}
	return nil
}

// summary is a row of the table, and what is to be said of single mutants.
func summary(kernel string, trials []invariants.Trial) (row string, notes []string) {
	large, undeclared, violate, differ := 0, 0, 0, 0
	list := func(names []string) string { return cmp.Or(strings.Join(names, ", "), "nothing") }
	for _, t := range trials {
		switch {
		case t.TooLarge:
			large++
			continue
		case len(t.Violated) > 0:
			violate++
		}
		if t.Undeclared != "" {
			undeclared++
			notes = append(
				notes, fmt.Sprintf("%s, %s: %v\n  undeclared: %s", kernel, t.Scenario, t.Mutation, t.Undeclared),
			)
		}
		if len(t.Differ) > 0 {
			differ++
			notes = append(
				notes, fmt.Sprintf("%s, %s: %v\n  none: %s", kernel, t.Scenario, t.Mutation, list(t.Violated)),
			)
		}
		for _, d := range t.Differ {
			notes = append(notes, fmt.Sprintf("  %v: %s", d.Reduce, list(d.Violated)))
		}
	}
	return fmt.Sprintf("%s\t%d\t%d\t%d\t%d\t%d", kernel, len(trials), large, undeclared, violate, differ), notes
}
