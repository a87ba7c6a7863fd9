package stepper

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/reports"
)

// Table is a part of a state: the variables of the CPUs, a column for each, of the threads, a row for each, or of the
// machine.
type Table struct {
	Title   string
	Columns []string
	Rows    []Row
}

// Row is a variable of the CPUs or of the machine, or a thread.
type Row struct {
	Name   string
	Values []string // by column
	Names  []string // the variables' full names, by column
}

// Tables arranges the variables of a state.
func Tables(cells []reports.Cell) []Table {
	machine, cpus, threads := Table{Title: "machine", Columns: []string{""}}, Table{
		Title: "CPUs",
	}, Table{Title: "threads"}
	for _, c := range cells {
		t, across, down := &threads, c.Field, c.Owner // there are more threads than a thread has variables
		switch {
		case c.Owner == "":
			t, across, down = &machine, "", c.Field
		case strings.HasPrefix(c.Owner, "CPU "):
			t, across, down = &cpus, c.Owner, c.Field
		}
		column := slices.Index(t.Columns, across)
		if column < 0 {
			t.Columns = append(t.Columns, across)
			column = len(t.Columns) - 1
		}
		row := slices.IndexFunc(t.Rows, func(r Row) bool { return r.Name == down })
		if row < 0 {
			t.Rows = append(t.Rows, Row{Name: down})
			row = len(t.Rows) - 1
		}
		r := &t.Rows[row]
		for len(r.Values) <= column {
			r.Values, r.Names = append(r.Values, ""), append(r.Names, "")
		}
		r.Values[column], r.Names[column] = c.Value, c.Name()
	}
	return []Table{cpus, threads, machine}
}

// Counterexample runs the checker for one property, and returns the way to where it is violated. The path is one of the
// stepper's own state space: a trace is found in a smaller one, with the memory of that property alone, but its steps
// are the same.
func (s *Stepper) Counterexample(ctx context.Context, name string, opt explore.Options) (Path, error) {
	if name == "" {
		return nil, errors.New("of which property?")
	}
	props, err := invariants.Select(nil, name)
	if err != nil {
		return nil, err
	}
	r, err := explore.Run(ctx, invariants.Compile(s.Suite.Machine, props), opt)
	if err != nil {
		return nil, err
	}
	if len(r.Violations) == 0 {
		if r.Stop == explore.Exhausted {
			return nil, fmt.Errorf("%s is not violated in this scenario", name)
		}
		return nil, fmt.Errorf("%s: no violation was found; the search was %v", name, r.Stop)
	}
	return r.Violations[0].Trace.Steps, nil
}
