package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/internal/interrupt"
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
	"github.com/hpcheck/hpcheck/reports"
)

// checkFlags are those of hpcheck itself.
type checkFlags struct {
	machineFlags
	searchFlags
	outputFlags
	propertyFlags
	liveness bool
	reduce   []string
	asked    *reports.Request
	file     *suiteRun // the scenario file, if there is one
}

func (f *checkFlags) add(fs *pflag.FlagSet) {
	f.addCheck(fs)
	in(fs, groupWhat, func(fs *pflag.FlagSet) {
		fs.StringVar(
			&f.origin.against,
			"against",
			"",
			"with --source, say what differs from this `TREE`, or in a revision of the repository of --source: "+
				"functions, "+
				"verdicts, behaviours",
		)
	})
	f.outputFlags.add(fs)
}

// addCheck adds the flags that say what is checked, and how. They are also the keys of a suite's runs.
func (f *checkFlags) addCheck(fs *pflag.FlagSet) {
	f.machineFlags.add(fs)
	f.searchFlags.add(fs)
	in(fs, groupWhat, func(fs *pflag.FlagSet) {
		f.propertyFlags.add(fs)
		fs.BoolVar(
			&f.liveness, "liveness", false,
			"check also what must come in the end, if every thread that can go on does so again and again; "+
				"explores a second time",
		)
	})
	in(fs, groupSearch, func(fs *pflag.FlagSet) {
		fs.StringSliceVar(
			&f.reduce, "reduce", []string{"auto"},
			"explore less without missing a violation: `WAY,...` from symmetry, por, merge; or none",
		)
	})
}

// newRootCommand is hpcheck.
func newRootCommand() *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:   "hpcheck",
		Short: "Check the Linux CPU hotplug core: every failure, under every schedule",
		Long: `hpcheck explores every schedule and every failure of CPU hotplug operations on a model of the kernel's
code, and checks that a failed operation is undone completely.`,
		Example: `  hpcheck --cpus 4                          check the newest kernel with four CPUs
  hpcheck --kernel v4.6-rc3 --out cex       find the rollback bug; open cex/report.html
  hpcheck --kernel v4.6 --revert unpark     remove one part of its fix
  hpcheck --fault cpu_disable --depth 60    one kind of failure, schedules of at most 60 steps
  hpcheck ablate                            what each part of the fix does`,
		Args:          noCommand,
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       version(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().NFlag() == 0 && isTerminal(cmd.OutOrStdout()) {
				return welcome(cmd.OutOrStdout())
			}
			return f.run(cmd.Context(), cmd.Flags(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.SetFlagErrorFunc(flagError)
	cmd.SetVersionTemplate("hpcheck {{.Version}}\n")
	grouped(cmd)
	cmd.PersistentPreRun = func(cmd *cobra.Command, _ []string) {
		if w := cmd.ErrOrStderr(); isTerminal(w) { // a script need not be told
			for _, set := range oldSpellings(cmd.Flags(), os.Args[1:]) {
				fmt.Fprintf(w, "hpcheck: note: this flag is %s now; the old spelling keeps working\n", set)
			}
		}
	}
	cmd.Flags().SortFlags = false
	f.add(cmd.Flags())
	complete(cmd, &f.scenario)
	cmd.AddCommand(commands()...)
	return cmd
}

// commands are those of hpcheck.
func commands() []*cobra.Command {
	return []*cobra.Command{
		newCheckCommand(),
		newInitCommand(),
		newListCommand(),
		newAblateCommand(),
		newReplayCommand(),
		newDiffCommand(),
		newDriftCommand(),
		newMinimizeCommand(),
		newGraphCommand(),
		newConformCommand(),
		newPredictCommand(),
		newReproCommand(),
		newRecordCommand(),
		newLitmusCommand(),
		newMonitorCommand(),
		newExplainCommand(),
		newSelftestCommand(),
		newStepCommand(),
		newServeCommand(),
		newPageCommand(),
		newRunCommand(),
		newMuseumCommand(),
		newMutateCommand(),
		newMergeCommand(),
		newVersionCommand(),
	}
}

// welcome says what to do first.
func welcome(w io.Writer) error {
	_, err := io.WriteString(
		w,
		`hpcheck checks Linux CPU hotplug: every failure, in every order in which its threads can run.

  hpcheck --cpus 4                       check the newest kernel that it knows, in about a second
  hpcheck --kernel v4.6-rc3 --out cex    find a bug that Linux had, then open cex/report.html
  hpcheck init                           write a scenario of your own, for hpcheck check scenario.toml
  hpcheck --help                         everything else
`,
	)
	return err
}

// noCommand refuses what is no command, and says which may have been meant.
func noCommand(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case strings.HasSuffix(args[0], ".toml"):
		return fmt.Errorf("%q is no command: hpcheck check %s checks a scenario, hpcheck run %s makes the runs of a "+
			"suite",
			args[0], args[0], args[0])
	}
	var names []string
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	return &model.UnknownError{Kind: "command", Name: args[0], Known: names}
}

// run checks, and reports.
func (f *checkFlags) run(ctx context.Context, fs *pflag.FlagSet, stdout, stderr io.Writer) error {
	if err := notEmpty(fs); err != nil {
		return err
	}
	if err := resumeAlone(fs); err != nil {
		return err
	}
	f.stdout, f.stderr = stdout, stderr
	defer f.close()
	if f.origin.against != "" {
		return f.patch(ctx, fs, stdout, stderr)
	}
	job, err := f.ready(fs, stderr)
	if err != nil && f.file != nil {
		return &exitError{exitUsage, f.file.placed(err)}
	}
	if err != nil {
		return err
	}
	ctx, done := interrupt.Work(ctx)
	defer done()
	run, failed, err := job.search(ctx)
	if err != nil {
		return err
	}
	unwritten := f.report(run, painted(stdout), done)
	if failed != nil {
		failed = &exitError{exitIncomplete, failed}
	}
	return errors.Join(failed, unwritten, status(run))
}

// check checks what the flags say. failed is what ended the search early; what was found until then is in the run.
func (f *checkFlags) check(
	ctx context.Context,
	fs *pflag.FlagSet,
	stderr io.Writer,
) (run *reports.Run, failed, err error) {
	job, err := f.ready(fs, stderr)
	if err != nil {
		return nil, nil, err
	}
	return job.search(ctx)
}

// job is a search whose flags have been checked.
type job struct {
	suite *invariants.Suite
	live  []*invariants.Property
	opt   explore.Options
	meter *meter
	asked *reports.Request
	from  *sourceFlags
}

// ready checks the flags.
func (f *checkFlags) ready(fs *pflag.FlagSet, stderr io.Writer) (*job, error) {
	m, err := f.machine(fs)
	if err != nil {
		return nil, err
	}
	all, err := f.load(m)
	if err != nil {
		return nil, err
	}
	props, live := split(all)
	if f.liveness {
		live = invariants.AllLive()
	}
	opt, err := f.options()
	if err != nil {
		return nil, err
	}
	if len(live) > 0 && (opt.Depth > 0 || opt.Search.Samples()) {
		return nil, usage(
			"--liveness",
			errors.New("looks at the whole state graph: want no --depth, and no --search random or swarm"),
		)
	}
	suite := invariants.Compile(m, props)
	if suite.Reduce, err = f.reduction(m, opt.Depth, props); err != nil {
		return nil, usage("--reduce", err)
	}
	if err := f.divide(suite, len(live) > 0); err != nil {
		return nil, usage("--shard", err)
	}
	if f.tree, err = f.origin.lines(); err != nil {
		return nil, err
	}
	if err := f.prepare(); err != nil {
		return nil, err
	}
	meter := newMeter(stderr)
	opt.Progress, opt.Every = meter.show, meter.every
	f.asked = request(fs)
	if f.out != "" {
		f.saved = savedKeys(fs, f.out)
	}
	f.follow(suite, &opt)
	suite.Long = opt.Search != explore.BreadthFirst
	opt.Settings = append(settings(suite, opt), resumable(fs))
	return &job{suite, live, opt, meter, f.asked, &f.origin}, nil
}

// search searches. failed is what ended the search early.
func (j *job) search(ctx context.Context) (run *reports.Run, failed, err error) {
	suite, result, failed := invariants.Explore(ctx, j.suite, j.opt)
	j.suite = suite
	j.meter.clear()
	if result == nil {
		return nil, nil, usage("--resume", failed)
	}
	if run, err = reports.NewRun(j.suite, result, j.opt.Depth); err != nil {
		return nil, nil, err // a bug of hpcheck's
	}
	run.Assembled = j.from.assembled(j.suite.Machine)
	if j.opt.Shards > 1 && run.Share == nil { // of samples
		run.Share = &reports.Shares{Of: j.opt.Shards, Parts: []int{j.opt.Shard + 1}, Seed: j.opt.Seed, Runs: j.opt.Runs}
	}
	if len(j.live) > 0 && failed == nil {
		err = wait(ctx, run, j.suite.Machine, j.live, j.opt)
		j.meter.clear()
	}
	run.Asked(j.asked)
	return run, failed, err
}

// follow has the stream written while the search goes on.
func (f *checkFlags) follow(suite *invariants.Suite, opt *explore.Options) {
	if f.stream == nil {
		return
	}
	f.stream.Start(suite, version(), f.asked)
	show := opt.Progress
	opt.Progress = func(p explore.Progress) {
		show(p)
		f.stream.Progress(p)
	}
	opt.Found = func(v explore.Violation) {
		if c, err := reports.New(suite, v); err == nil { // an error comes again at the end
			f.stream.Violation(c)
		}
	}
}

// settings are what a run and its checkpoints must agree on.
func settings(s *invariants.Suite, opt explore.Options) []explore.Setting {
	var names []string
	for _, p := range s.Properties {
		names = append(names, p.Name)
	}
	return []explore.Setting{
		{Name: "the version of hpcheck", Value: version()},
		{Name: "the kernel", Value: s.Machine.Kernel.String()},
		{Name: "the scenario", Value: s.Machine.Scenario.String()},
		{Name: "--fault", Value: strings.Join(s.Machine.Scenario.FaultPoints, ",")},
		{Name: "--property", Value: strings.Join(names, ",")},
		{Name: "--reduce", Value: s.Reduce.String()},
		{Name: "--store", Value: opt.Mode.String()},
		{Name: "--seed", Value: fmt.Sprint(opt.Seed)},
		{Name: "--filter", Value: fmt.Sprint(opt.Bits / 8)},
		{Name: "--depth", Value: fmt.Sprint(opt.Depth)},
		{Name: "--shard", Value: fmt.Sprintf("%d/%d", opt.Shard+1, max(opt.Shards, 1))},
	}
}

// reduction is what the run leaves out.
func (f *checkFlags) reduction(
	m *model.Machine,
	depth int,
	props []*invariants.Property,
) (invariants.Reduction, error) {
	if slices.Equal(f.reduce, []string{"auto"}) {
		if f.opt.Search.Samples() {
			return 0, nil // a walk gains nothing
		}
		return invariants.Auto(m.Scenario, depth, props), nil
	}
	reduce, err := invariants.ParseReduction(f.reduce...)
	switch {
	case err != nil:
		return 0, err
	case depth > 0 && !reduce.Shortest():
		return 0, errors.New("por and merge leave out steps that --depth would count; want symmetry or none")
	case reduce != 0 && m.Scenario.Weak():
		return 0, errors.New("where memory is weak nothing can be left out; want none")
	case reduce != 0 && slices.ContainsFunc(props, (*invariants.Property).Given):
		return 0, errors.New("a property of a file may tell apart whatever is left out; want none")
	}
	return reduce, nil
}

// divide makes the suite the share of an exhaustive run that --shard names.
func (f *checkFlags) divide(s *invariants.Suite, live bool) error {
	switch {
	case f.shard == "" || f.opt.Search.Samples():
		return nil
	case live:
		return errors.New("is of no use with --liveness, which looks at the whole state graph")
	}
	return s.Divide(f.opt.Shard, f.opt.Shards)
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
