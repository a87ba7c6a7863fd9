package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/hpcheck/hpcheck/conform"
	"github.com/hpcheck/hpcheck/model"
)

// predictFlags are those of hpcheck predict.
type predictFlags struct {
	kernelFlags
	states statesFlags
	cpus   int
	ops    []string
	fail   string
	before int
}

func newPredictCommand() *cobra.Command {
	var f predictFlags
	cmd := &cobra.Command{
		Use:   "predict --kernel NAME --op OP,... [--fail STATE]",
		Short: "Say what an operation on a real machine will come to",
		Long: `predict makes operations on CPUs that are all online, and says what the last of them may come to, on any schedule: the result of the write, st->state and
st->target, what is left in the file fail, and the warnings on the way. With --fail the number of a state is written to the file fail of that CPU before it.

The exit status is 0 if it can only come to one thing, and 1 if that depends on the schedule, or it never returns, or the kernel warns or dies.`,
		Example: `  hpcheck predict --kernel v6.1 --op online:1=0 --fail smpboot/threads:online
  hpcheck predict --kernel v6.1 --op online:1=0,online:1=1,online:1=0 --fail softirq:dead --fail-before 2
  hpcheck predict --kernel v6.1 --states states.txt --op target:1=155,target:1=0`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := notEmpty(cmd.Flags()); err != nil {
				return err
			}
			return f.run(cmd.OutOrStdout())
		},
	}
	cmd.Flags().SortFlags = false
	f.kernelFlags.add(cmd.Flags())
	f.states.add(cmd.Flags())
	f.cpus = 4
	number(cmd.Flags(), &f.cpus, "cpus", "CPUs, 2 to 8; all are online at first")

	cmd.Flags().StringSliceVar(
		&f.ops,
		"op",
		nil,
		"the operations, `OP,...`: online:CPU=0, online:CPU=1, target:CPU=STATE, down:CPU, up:CPU",
	)
	cmd.Flags().StringVar(
		&f.fail,
		"fail",
		"",
		"write this state, `STATE`, a name or a number, to the file fail of the last operation's CPU",
	)
	number(cmd.Flags(), &f.before, "fail-before", "before which operation, counted from 1; 0 for the last")
	completeKernels(cmd, "kernel", "")
	return cmd
}

// newest is the name of the newest edition.
func newest() string {
	all := model.Kernels()
	return all[len(all)-1].Name
}

func (f *predictFlags) run(stdout io.Writer) error {
	m, err := f.machine()
	if err != nil {
		return err
	}
	fail, err := f.failing(m)
	if err != nil {
		return err
	}
	armed := len(m.Scenario.Sequence) - 1
	switch {
	case f.before < 0 || f.before > len(m.Scenario.Sequence):
		return usage(
			"--fail-before",
			fmt.Errorf(
				"%d: want 1 to %d, the number of operations, or 0 for the last", f.before, len(m.Scenario.Sequence),
			),
		)
	case f.before > 0 && fail < 0:
		return usage("--fail-before", errors.New("is of no use without --fail"))
	case f.before > 0:
		armed = f.before - 1
	}
	arms := make([]int, len(m.Scenario.Sequence))
	for i := range arms {
		arms[i] = -1
	}
	arms[armed] = fail
	outcomes, err := conform.Predict(m, arms, len(arms)-1)
	var no *conform.Refused
	switch {
	case errors.As(err, &no):
		fmt.Fprintln(stdout, err)
		return nil
	case err != nil:
		return usage("--op", err)
	}
	certain := len(outcomes) == 1
	for i, o := range outcomes {
		if len(outcomes) > 1 {
			fmt.Fprintf(stdout, "%d. ", i+1)
		}
		fmt.Fprintln(stdout, o)
		certain = certain && o.End == "" && o.Warnings == ""
	}
	if !certain {
		return &exitError{exitViolated, nil}
	}
	return nil
}

// machine makes the machine.
func (f *predictFlags) machine() (*model.Machine, error) {
	k, err := f.lookup()
	if err != nil {
		return nil, err
	}
	if !k.Stepwise && f.fail != "" {
		return nil, usage("--fail", fmt.Errorf("%s has no file fail: want v4.14 or a later kernel", k.Name))
	}
	if k, err = f.states.apply(k); err != nil {
		return nil, err
	}
	if len(f.ops) == 0 {
		return nil, usage("--op", errors.New("is missing: name operations, such as online:1=0"))
	}
	for _, text := range f.ops {
		if op, err := model.ParseOp(text); err == nil && (op.Via == model.ViaSMT || op.Via == model.ViaBoot) {
			return nil, usage(
				"--op", fmt.Errorf("%s: want writes to a CPU's online or hotplug/target, or up:CPU and down:CPU", text),
			)
		}
	}
	flags := machineFlags{kernelFlags: f.kernelFlags, ops: f.ops}
	flags.scenario = model.Default()
	flags.scenario.CPUs, flags.scenario.DynStates, flags.scenario.Targets, flags.scenario.Faults = f.cpus, 0, model.TargetsAll, 0
	if k.Stepwise {
		flags.scenario.FaultPoints, flags.scenario.Faults = []string{"fail/*"}, 1
	}
	return flags.machineOf(k, nil)
}

// failing is the number of the state that is to fail, -1 for none.
func (f *predictFlags) failing(m *model.Machine) (int, error) {
	if f.fail == "" {
		return -1, nil
	}
	if n, err := strconv.Atoi(f.fail); err == nil {
		return n, nil
	}
	var names []string
	for _, s := range m.Ladder {
		if s.Name == f.fail {
			return s.Number, nil
		}
		if s.Name != "" {
			names = append(names, s.Name)
		}
	}
	return 0, usage("--fail", &model.UnknownError{Kind: "state", Name: f.fail, Known: names})
}
