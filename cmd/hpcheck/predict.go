package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hpcheck/hpcheck/conform"
	"github.com/hpcheck/hpcheck/internal/choose"
	"github.com/hpcheck/hpcheck/model"
	"github.com/hpcheck/hpcheck/reports"
)

// predictFlags are those of hpcheck predict.
type predictFlags struct {
	kernelFlags
	states  statesFlags
	cpus    int
	counted bool // somebody said how many
	ops     []string
	fail    string
	with    string // STATE=ERRNO: a callback of the state fails with that
	before  int
	smt     string
	threads int   // of a core
	boot    int   // how many CPUs are brought up at boot, 0 for all
	alone   []int // the CPUs that are isolated
	format  tableFormat

	conditions     conform.Conditions
	noStateControl bool // the kernel is built without CONFIG_CPU_HOTPLUG_STATE_CONTROL
}

func newPredictCommand() *cobra.Command {
	var f predictFlags
	cmd := &cobra.Command{
		Use:   "predict --kernel NAME --op OP,... [--fail STATE]",
		Short: "Predict the outcome of an operation on a real machine",
		Long: `predict makes operations on CPUs that are all online, unless --smt off or --maxcpus says otherwise, and
says what the last of them may come to, on any schedule: the result of the write, st->state and st->target, what is
left in the file fail, and the warnings on the way. A target is the number of a state or its name. The one operation
suspend is a suspend and its end, with two CPUs if --cpus does not say three, since all of them take part in it. --smt
off is a machine that was booted with nosmt, and with --maxcpus 1 also with maxcpus=1: then second threads were never
started. With --fail the number of a state is written to the file fail of that CPU before it, of CPU 1 before a
suspend. With --fail-with the first callback of a state that is called in the operation, and may fail, does, and
returns that error.

The exit status is 0 if it can only come to one thing, and 1 if that depends on the schedule, or it never returns, or
the kernel warns or dies. With --format ktap it is 4 if the kernel has no such file.`,
		Example: `  hpcheck predict --kernel v6.1 --op online:1=0 --fail smpboot/threads:online
  hpcheck predict --kernel v6.1 --op online:1=0,online:1=1,online:1=0 --fail softirq:dead --fail-before 2
  hpcheck predict --kernel v6.1 --states states.txt --op target:1=sched:waitempty,target:1=0
  hpcheck predict --op suspend --fail sched:active
  hpcheck predict --op online:1=0,online:1=1 --fail-with workqueue:online=ENOMEM
  hpcheck predict --smt on --op smt:off --fail sched:active`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := notEmpty(cmd.Flags()); err != nil {
				return err
			}
			f.counted = cmd.Flags().Changed("cpus")
			return f.run(cmd.OutOrStdout())
		},
	}
	cmd.Flags().SortFlags = false
	f.kernelFlags.add(cmd.Flags())
	f.states.add(cmd.Flags())
	f.cpus = defaultCPUs
	number(cmd.Flags(), &f.cpus, "cpus", "CPUs, 2 to 8; all are online at first")

	cmd.Flags().StringSliceVar(
		&f.ops,
		"op",
		nil,
		"the operations, `OP,...`: online:CPU=0, online:CPU=1, target:CPU=STATE, down:CPU, up:CPU, "+
			"smt:off, smt:on; or suspend alone",
	)
	cmd.Flags().StringVar(
		&f.fail,
		"fail",
		"",
		"write this state, `STATE`, a name or a number, to the file fail of the last operation's CPU",
	)
	cmd.Flags().StringVar(
		&f.with,
		"fail-with",
		"",
		"a callback of this state fails by itself in the last operation, `STATE=ERRNO`, such as "+
			"workqueue:online=ENOMEM",
	)
	number(cmd.Flags(), &f.before, "fail-before", "before which operation, counted from 1; 0 for the last")
	fs := cmd.Flags()
	fs.StringVar(
		&f.smt, "smt", "none",
		"the CPUs with odd numbers are second threads, `CONTROL`: none, on, or off, as booted with nosmt",
	)
	number(fs, &f.threads, "smt-threads", "threads to a core with --smt on or off, 2 to 8; 0 for 2")
	number(fs, &f.boot, "maxcpus", "how many CPUs are brought up at boot, as maxcpus= says; 0 for all")
	addCPUs(
		fs, &f.alone, "isolated",
		"these CPUs, `CPUS`, such as 1,3-5, are isolated: the last one that is not must stay, for housekeeping",
	)
	fs.BoolVar(&f.conditions.Disabled, "disabled", false, "somebody has called cpu_hotplug_disable()")
	fs.BoolVar(&f.conditions.Deadline, "deadline", false, "the deadline tasks do not fit on the CPUs that stay")
	fs.BoolVar(
		&f.noStateControl,
		"no-state-control",
		false,
		"the kernel is built without CONFIG_CPU_HOTPLUG_STATE_CONTROL: hotplug/target takes the first state and the "+
			"last",
	)
	f.format.add(fs)
	completeKernels(cmd, "kernel", "")
	return cmd
}

// defaultCPUs is how many CPUs there are if nobody says; of a suspend two, since every CPU's threads take part in it.
const defaultCPUs = 4

// mostSuspended is how many CPUs a suspend may have: with 4 the schedules are too many.
const mostSuspended = 3

// newest is the name of the newest edition.
func newest() string {
	all := model.Kernels()
	return all[len(all)-1].Name
}

func (f *predictFlags) run(stdout io.Writer) error {
	m, err := f.machine()
	var none *noFileError
	if errors.As(err, &none) && f.format == ktapFormat {
		skipped := reports.Test{Name: f.name(), Result: reports.Skipped, Why: none.Error()}
		return errors.Join(reports.WriteKTAP(stdout, skipped), &exitError{status: exitSkipped})
	}
	if err != nil {
		return err
	}
	outcomes, certain, err := f.outcomes(m)
	if err != nil {
		return err
	}
	switch {
	case f.format == ktapFormat:
		test := reports.Test{Name: f.name(), Notes: outcomes}
		if !certain {
			test.Result, test.Why = reports.Failed, "depends on the schedule, or is nothing good"
		}
		err = reports.WriteKTAP(stdout, test)
	case len(outcomes) == 1:
		_, err = fmt.Fprintln(stdout, outcomes[0])
	default:
		for i, o := range outcomes {
			fmt.Fprintf(stdout, "%d. %s\n", i+1, o)
		}
	}
	if err == nil && !certain {
		return &exitError{exitViolated, nil}
	}
	return err
}

// name is the prediction's, as a test.
func (f *predictFlags) name() string {
	name := strings.Join(f.ops, ",")
	if f.fail != "" {
		name += " with fail " + f.fail
	}
	if f.with != "" {
		name += " failing with " + f.with
	}
	return name
}

// outcomes are what the last operation may come to, in words, and whether that is one thing and a good one.
func (f *predictFlags) outcomes(m *model.Machine) (texts []string, certain bool, err error) {
	fail, err := f.failing(m)
	if err != nil {
		return nil, false, err
	}
	if !m.Kernel.DeadBarred && f.fail != "" && (fail < 0 || fail > m.Ladder[len(m.Ladder)-1].Number) {
		return []string{fmt.Sprintf(
			"nobody can say: %v does not look whether the file fail is given the number of a state, and %d is none; "+
				"what it finds outside of the step table decides", m.Kernel, fail,
		)}, false, nil
	}
	arms, err := f.arms(m, fail)
	if err != nil {
		return nil, false, err
	}
	certain = true
	var no *conform.Refused
	switch {
	case f.suspends():
		some, err := conform.PredictSuspend(m, 1, fail)
		for _, o := range some {
			texts = append(texts, o.String())
			certain = certain && o.End == "" && o.Warnings == ""
		}
		if errors.As(err, &no) {
			return []string{err.Error()}, true, nil
		}
		return texts, certain && len(some) == 1, err
	case f.refused(m):
		return []string{
			"returns -EINVAL: without CONFIG_CPU_HOTPLUG_STATE_CONTROL hotplug/target takes the first state " +
				"and the last; nothing changes",
		}, true, nil
	}
	some, err := conform.PredictUnder(m, arms, len(arms)-1, f.conditions)
	switch {
	case errors.As(err, &no):
		return []string{err.Error()}, true, nil
	case err != nil:
		return nil, false, usage(choose.If(f.with != "", "--fail-with", "--op"), err)
	}
	for _, o := range some {
		texts = append(texts, o.String())
		certain = certain && o.End == "" && o.Warnings == ""
	}
	return texts, certain && len(some) == 1, nil
}

// arms are the numbers of states that are written to the file fail, by operation.
func (f *predictFlags) arms(m *model.Machine, fail int) ([]int, error) {
	arms := make([]int, len(m.Scenario.Sequence))
	for i := range arms {
		arms[i] = -1
	}
	at := len(arms) - 1
	switch {
	case f.before < 0 || f.before > len(arms):
		return nil, usage("--fail-before", fmt.Errorf(
			"%d: want 1 to %d, the number of operations, or 0 for the last", f.before, len(arms),
		))
	case f.before > 0 && fail < 0:
		return nil, usage("--fail-before", errors.New("is of no use without --fail"))
	case f.before > 0:
		at = f.before - 1
	}
	if at >= 0 {
		arms[at] = fail
	}
	return arms, nil
}

// suspends reports whether the operation is a suspend.
func (f *predictFlags) suspends() bool { return len(f.ops) == 1 && f.ops[0] == "suspend" }

// refused reports whether the last operation is a target that the kernel does not take.
func (f *predictFlags) refused(m *model.Machine) bool {
	if !f.noStateControl {
		return false
	}
	op := m.Scenario.Sequence[len(m.Scenario.Sequence)-1]
	return op.Via == model.ViaTarget && !f.end(m, op.Target)
}

// end reports whether the number is that of the first state or of the last.
func (f *predictFlags) end(m *model.Machine, number int) bool {
	return number == m.Ladder[0].Number || number == m.Ladder[len(m.Ladder)-1].Number
}

// noFileError is that the kernel has no such file.
type noFileError struct{ kernel string }

func (e *noFileError) Error() string {
	return e.kernel + " has no file fail: want v4.14 or a later kernel"
}

// machine makes the machine.
func (f *predictFlags) machine() (*model.Machine, error) {
	k, err := f.lookup()
	if err != nil {
		return nil, err
	}
	if !k.StatePerRun && f.fail != "" {
		return nil, usage("--fail", &noFileError{k.Name})
	}
	if k, err = f.states.apply(k); err != nil {
		return nil, err
	}
	if len(f.ops) == 0 {
		return nil, usage("--op", errors.New("is missing: name operations, such as online:1=0"))
	}
	ops, err := f.operations(k)
	if err != nil {
		return nil, err
	}
	flags := machineFlags{kernelFlags: f.kernelFlags, ops: ops}
	sc := model.Default()
	sc.CPUs, sc.DynStates, sc.Targets, sc.Faults, sc.SMT = f.cpus, 0, model.TargetsAll, 0, model.SMTControl(f.smt)
	sc.Boot, sc.SMTThreads = f.boot, f.threads
	sc.Disablers, sc.Isolated = choose.If(f.conditions.Disabled, 1, 0), f.alone
	if f.suspends() {
		sc.CPUs = choose.If(f.counted, f.cpus, 2)
		sc.Suspend, sc.Ops, sc.Targets = true, 0, model.TargetsEnds
	}
	if k.StatePerRun {
		sc.FaultPoints, sc.Faults = []string{"fail/*"}, 1
	}
	if f.conditions.Deadline {
		sc.FaultPoints, sc.Faults = append(sc.FaultPoints, conform.DeadlinePoint), 1
	}
	if f.with != "" {
		points, err := f.ownFaults(k)
		if err != nil {
			return nil, usage("--fail-with", err)
		}
		sc.FaultPoints, sc.Faults, f.conditions.Fails = append(sc.FaultPoints, points...), 1, true
	}
	flags.scenario = sc
	m, err := flags.machineOf(k, nil)
	if err != nil || !f.noStateControl {
		return m, err
	}
	for _, op := range m.Scenario.Sequence[:max(0, len(m.Scenario.Sequence)-1)] {
		if op.Via == model.ViaTarget && !f.end(m, op.Target) {
			return nil, usage("--op", fmt.Errorf("%v is refused with --no-state-control: leave it out", op))
		}
	}
	return m, nil
}

// ownFaults are the fault points of the state that --fail-with names, with its error.
func (f *predictFlags) ownFaults(k model.Kernel) ([]string, error) {
	if f.conditions.Deadline {
		return nil, errors.New("goes without --deadline: one thing fails")
	}
	i := strings.LastIndexByte(f.with, '=')
	if i < 0 {
		return nil, fmt.Errorf("%s: want STATE=ERRNO, such as workqueue:online=ENOMEM", f.with)
	}
	errno, ok := model.ParseErrno(f.with[i+1:])
	if !ok || errno == model.OK {
		return nil, fmt.Errorf("%s is no error: want a name such as ENOMEM, or its number", f.with[i+1:])
	}
	name := f.with[:i]
	number, err := strconv.Atoi(name)
	if err != nil {
		if number, err = numberNamed(k.Steps, name); err != nil {
			return nil, err
		}
	}
	for at := range k.Steps {
		if k.Steps[at].Number != number {
			continue
		}
		points := conform.OwnFaults(&k.Steps[at])
		for p := range points {
			points[p] += "=" + strings.TrimPrefix(errno.String(), "-")
		}
		if len(points) > 0 {
			return points, nil
		}
	}
	return nil, fmt.Errorf("%s has no callback that can fail by itself", name)
}

// operations are those of --op, with the numbers of states in place of their names.
func (f *predictFlags) operations(k model.Kernel) ([]string, error) {
	if f.suspends() {
		if f.conditions != (conform.Conditions{}) || f.before > 0 || f.with != "" {
			return nil, usage("--op", errors.New(
				"suspend goes with --fail, and not with --fail-before, --fail-with, --disabled or --deadline",
			))
		}
		if f.counted && (f.cpus < 2 || f.cpus > mostSuspended) {
			return nil, usage("--cpus", fmt.Errorf("%d: want 2 or %d for a suspend", f.cpus, mostSuspended))
		}
		return nil, nil
	}
	if f.conditions.Disabled && len(f.ops) > 1 {
		return nil, usage("--disabled", fmt.Errorf("%d operations: want one", len(f.ops)))
	}
	var ops []string
	for _, text := range f.ops {
		where, name, ok := strings.Cut(text, "=")
		if _, err := strconv.Atoi(name); ok && err != nil && strings.HasPrefix(text, "target:") {
			n, err := numberNamed(k.Steps, name)
			if err != nil {
				return nil, usage("--op", err)
			}
			text = fmt.Sprintf("%s=%d", where, n)
		}
		op, err := model.ParseOp(text)
		if err == nil && op.Via == model.ViaBoot {
			return nil, usage("--op", fmt.Errorf("%s: want writes to a file, suspend, or up:CPU and down:CPU", text))
		}
		ops = append(ops, text)
	}
	return ops, nil
}

// failing is the number of the state that is to fail, -1 for none.
func (f *predictFlags) failing(m *model.Machine) (int, error) {
	if f.fail == "" {
		return -1, nil
	}
	if n, err := strconv.Atoi(f.fail); err == nil {
		return n, nil
	}
	n, err := numberNamed(m.Ladder, f.fail)
	if err != nil {
		return 0, usage("--fail", err)
	}
	return n, nil
}

// numberNamed is the number of the state with a name.
func numberNamed(steps []model.Step, name string) (int, error) {
	var names []string
	for _, s := range steps {
		if s.Name == name {
			return s.Number, nil
		}
		if s.Name != "" {
			names = append(names, s.Name)
		}
	}
	return 0, &model.UnknownError{Kind: "state", Name: name, Known: names}
}
