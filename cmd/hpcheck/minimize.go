package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/internal/interrupt"
	"github.com/hpcheck/hpcheck/internal/positioned"
	"github.com/hpcheck/hpcheck/model"
	"github.com/hpcheck/hpcheck/reports"
)

// minimizeFlags are those of hpcheck minimize.
type minimizeFlags struct {
	machineFlags
	searchFlags
	outputFlags
	property string
	propertyFlags
}

func newMinimizeCommand() *cobra.Command {
	var f minimizeFlags
	cmd := &cobra.Command{
		Use:   "minimize [FILE]",
		Short: "Find the smallest scenario in which a property is still violated",
		Long: `minimize makes a scenario smaller as long as the property is violated in it: fewer CPUs, tasks,
operations, faults, notifiers and threads, and then only the operations and the faults of the counterexample. It says
which command shows the violation, and shows it. The scenario is that of the flags, or of a saved counterexample.`,
		Example: `  hpcheck minimize --kernel v4.6-rc3 --property no-deadlock --cpus 3
  hpcheck minimize cex/no-deadlock.json`,
		Args: atMostOne("counterexample"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd, args)
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&f.property, "property", "", "the property, `NAME` (hpcheck list properties)")
	f.addFiles(cmd.Flags())
	f.machineFlags.add(cmd.Flags())
	f.searchFlags.add(cmd.Flags())
	f.outputFlags.add(cmd.Flags())
	complete(cmd, &f.scenario)
	return cmd
}

func (f *minimizeFlags) run(cmd *cobra.Command, args []string) error {
	f.stdout, f.stderr = cmd.OutOrStdout(), cmd.ErrOrStderr()
	stdout := f.stdout
	opt, err := f.options()
	if err != nil {
		return err
	}
	if f.tree, err = f.origin.lines(); err != nil {
		return err
	}
	if err := f.prepare(); err != nil {
		return err
	}
	defer f.close()
	m, err := f.subject(cmd.Flags(), args, cmd.InOrStdin())
	if err != nil {
		return err
	}
	if f.property == "" {
		return usage("--property", errors.New("say which property is to stay violated"))
	}
	f.names = []string{f.property}
	if _, err := f.load(m); err != nil {
		return err
	}
	ctx, done := interrupt.Work(cmd.Context())
	defer done()
	z := minimizer{kernel: m.Kernel, properties: &f.propertyFlags, opt: opt, ctx: ctx}
	run, err := z.check(m.Scenario)
	if err != nil {
		return err
	}
	if len(run.Violations()) == 0 {
		fmt.Fprintf(
			stdout, "%s: %s\n%s\n", f.property, run.VerdictText(run.Verdicts[0]),
			"It is not violated, so there is nothing to minimize.",
		)
		return status(run)
	}
	best, err := z.minimize(run)
	if err != nil {
		return err
	}
	best.Asked(f.request(cmd.Flags(), args))
	failed := f.report(best, painted(stdout), done)
	if f.json != "-" && (f.out != "" || len(f.chosen) == 0) {
		fmt.Fprintf(stdout, "\nminimized in %d runs; this shows it:\n  %s\n", z.runs,
			best.Violations()[0].Save().Command)
	}
	return errors.Join(failed, ended(exitViolated))
}

// request is what the flags ask for; with a saved counterexample it is the file that says which kernel.
func (f *minimizeFlags) request(fs *pflag.FlagSet, args []string) *reports.Request {
	q := request(fs)
	if len(args) > 0 {
		q.Kernel = nil
	}
	return q
}

// subject is the machine to begin with.
func (f *minimizeFlags) subject(fs *pflag.FlagSet, args []string, stdin io.Reader) (*model.Machine, error) {
	if len(args) == 0 {
		return f.machine(fs)
	}
	saved, err := readSaved(args[0], stdin)
	if err != nil {
		return nil, usage(args[0], err)
	}
	for i := range saved {
		if f.property != "" && saved[i].Property != f.property {
			continue
		}
		f.property = saved[i].Property
		return f.origin.again(&saved[i], args[0])
	}
	return nil, usage(args[0], errors.New("there is no such counterexample in it"))
}

// minimizer looks for a smaller scenario.
type minimizer struct {
	ctx        context.Context
	kernel     model.Kernel
	properties *propertyFlags
	opt        explore.Options
	runs       int
}

// check explores a scenario; the error says that there is no such scenario.
func (z *minimizer) check(sc model.Scenario) (*reports.Run, error) {
	m, err := model.New(z.kernel, sc)
	if err != nil {
		return nil, err
	}
	props, err := z.properties.load(m)
	if err != nil {
		return nil, err
	}
	z.runs++
	return check(z.ctx, m, props, z.opt)
}

// minimize tries every change that makes the scenario smaller, until none keeps the violation.
func (z *minimizer) minimize(run *reports.Run) (*reports.Run, error) {
	for {
		smaller := false
		for _, sc := range candidates(run) {
			if z.ctx.Err() != nil {
				return run, nil
			}
			next, err := z.check(sc)
			var param *model.ParamError
			var unknown *model.UnknownError
			var mistake *positioned.Error
			if errors.As(err, &param) || errors.As(err, &unknown) || errors.As(err, &mistake) {
				continue // there is no such scenario, or the property speaks of what is not in it
			}
			if err != nil {
				return nil, err
			}
			if len(next.Violations()) > 0 {
				run, smaller = next, true
				break
			}
		}
		if !smaller {
			return run, nil
		}
	}
}

// candidates are the scenarios that are smaller than that of a run by one thing, the greatest relief first.
func candidates(run *reports.Run) []model.Scenario {
	var all []model.Scenario
	v := reflect.ValueOf(run.Scenario)
	for i := range v.NumField() {
		sc := run.Scenario
		f := reflect.ValueOf(&sc).Elem().Field(i)
		switch name := v.Type().Field(i).Name; {
		case name == "Boot": // 0 stands for all of them: it is no number of things
		case name == "Ops" && len(sc.Sequence) > 0:
		case f.Kind() == reflect.Int && f.Int() > 0:
			f.SetInt(f.Int() - 1)
			all = append(all, sc)
		case f.Kind() == reflect.Bool && f.Bool():
			f.SetBool(false)
			all = append(all, sc)
		}
	}
	for i := range run.Scenario.Sequence {
		if len(run.Scenario.Sequence) == 1 {
			break
		}
		sc := run.Scenario
		sc.Sequence = slices.Delete(slices.Clone(sc.Sequence), i, i+1)
		all = append(all, sc)
	}
	for i := range run.Scenario.Clients {
		sc := run.Scenario
		sc.Clients = slices.Delete(slices.Clone(sc.Clients), i, i+1)
		all = append(all, sc)
	}
	return append(all, pinned(run)...)
}

// pinned are the scenarios with only those operations, and only those faults, that are in the counterexample.
func pinned(run *reports.Run) []model.Scenario {
	var all []model.Scenario
	c := run.Violations()[0]
	ops, points := c.Operations(), c.Faults()
	if len(run.Scenario.Sequence) == 0 && run.Scenario.Tasks == 1 && len(ops) > 0 {
		sc := run.Scenario
		sc.Sequence = ops
		all = append(all, sc)
	}
	if len(points) > 0 && !slices.Equal(points, run.Scenario.FaultPoints) &&
		!strings.ContainsAny(strings.Join(points, ""), `*?[\`) {
		sc := run.Scenario
		sc.FaultPoints = points
		all = append(all, sc)
	}
	return all
}
