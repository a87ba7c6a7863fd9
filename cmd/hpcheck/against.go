package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/pflag"

	"github.com/hpcheck/hpcheck/drift"
	"github.com/hpcheck/hpcheck/internal/fold"
	"github.com/hpcheck/hpcheck/internal/interrupt"
	"github.com/hpcheck/hpcheck/ktree"
	"github.com/hpcheck/hpcheck/model"
	"github.com/hpcheck/hpcheck/reports"
)

// patchPositions is how many positions of behaviours are compared.
const patchPositions = 400_000

// patch checks the tree of --source and that of --against in the same scenario, and says what differs: functions,
// verdicts, behaviours. If no function is, that is all. The status is 1 if a property is violated that was not, and 3
// if a function differs that neither run has assembled.
func (f *checkFlags) patch(ctx context.Context, fs *pflag.FlagSet, stdout, stderr io.Writer) error {
	if err := f.patchFlags(fs); err != nil {
		return err
	}
	functions, other, err := f.functions()
	if err != nil {
		return err
	}
	w := &fold.Writer{W: stdout}
	functions.Functions(w, f.verbose)
	w.Linef("")
	if !functions.Matters() {
		w.Linef("Nothing differs that could change a verdict, so none was looked for.")
		return w.Err
	}
	after, err := f.ready(fs, stderr)
	if err != nil {
		return err
	}
	g := *f
	g.origin, g.outputFlags = sourceFlags{
		spec: other, config: f.origin.config, assume: f.origin.assume,
	}, outputFlags{stdout: io.Discard, stderr: stderr}
	before, err := g.ready(fs, stderr)
	if err != nil {
		return err
	}
	ctx, done := interrupt.Work(ctx)
	defer done()
	p := &reports.Patch{}
	var failed [2]error
	if p.Before, failed[0], err = before.search(ctx); err != nil {
		return err
	}
	if p.After, failed[1], err = after.search(ctx); err != nil {
		return err
	}
	p.Unseen = unseen(functions, before.suite.Machine, after.suite.Machine)
	p.Behaviours = reports.Diff(ctx, before.suite.Machine, after.suite.Machine, patchPositions)
	unwritten := f.report(p.After, io.Discard, done)
	err = errors.Join(w.Err, unwritten, p.Text(stdout))
	for _, early := range failed {
		if early != nil {
			err = errors.Join(err, &exitError{exitIncomplete, early})
		}
	}
	switch {
	case p.Worse():
		return errors.Join(err, ended(exitViolated))
	case !p.Before.Complete() || !p.After.Complete() || len(p.Unseen) > 0:
		return errors.Join(err, ended(exitIncomplete))
	}
	return err
}

// unseen are the functions that differ between two trees and that neither machine has assembled from its tree: a
// change of these changes no verdict.
func unseen(r *drift.Report, machines ...*model.Machine) (all []string) {
	for _, c := range r.Changes {
		assembled := slices.ContainsFunc(machines, func(m *model.Machine) bool {
			return slices.Contains(m.Lowered(), c.Name)
		})
		switch {
		case !c.Kind.Matters() || assembled || c.Name == "cpuhp_hp_states": // the table of steps is always taken
		case c.Line == 0:
			all = append(all, fmt.Sprintf("%s, which is gone from %s", c.Name, c.File))
		default:
			all = append(all, fmt.Sprintf("%s, %s:%d", c.Name, c.File, c.Line))
		}
	}
	for _, problem := range r.Taken.Unit.Problems() {
		all = append(all, "what could not be read: "+problem.Error())
	}
	return all
}

// patchFlags says which flags --against needs, and which it cannot have beside it.
func (f *checkFlags) patchFlags(fs *pflag.FlagSet) error {
	switch {
	case !f.origin.asked():
		return usage("--against", errors.New("is of use only with --source TREE, and without --kernel"))
	case f.json == "-" || f.lines == "-" || f.out == "" && len(f.formats) > 0:
		return usage("--against", errors.New("writes to stdout, so want a file or --out DIR for the run in another "+
			"form"))
	case f.opt.Resume != "" || f.opt.Checkpoint != "" || f.shard != "":
		return usage("--against", errors.New("makes two runs: want no --resume, --checkpoint or --shard"))
	}
	return nil
}

// functions compares the trees function by function, and names the other one as --source would.
func (f *checkFlags) functions() (r *drift.Report, other string, err error) {
	d := driftFlags{source: f.origin.spec, against: f.origin.against, config: ktree.Options{File: f.origin.config}}
	if r, err = d.report(); err != nil {
		return nil, "", err
	}
	return r, r.Reference.Edition, nil
}
