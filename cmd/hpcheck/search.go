package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/internal/files"
	"github.com/hpcheck/hpcheck/internal/positioned"
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/invariants/custom"
	"github.com/hpcheck/hpcheck/model"
	"github.com/hpcheck/hpcheck/reports"
)

// searchFlags say how to search, and how far.
type searchFlags struct {
	opt    explore.Options
	search string
	shard  string
	store  string
	filter size
	memory size
}

func (f *searchFlags) add(fs *pflag.FlagSet) { in(fs, groupSearch, f.addSearch) }

func (f *searchFlags) addSearch(fs *pflag.FlagSet) {
	fs.IntVar(
		&f.opt.Workers, "workers", runtime.GOMAXPROCS(0),
		"number of worker goroutines; the result does not depend on it",
	)
	fs.IntVar(&f.opt.Depth, "depth", 0, "longest schedule, in steps, 0 for no bound")
	fs.Uint64Var(&f.opt.MaxStates, "max-states", 0, "stop after this many states, 0 for no limit")
	fs.DurationVar(&f.opt.Timeout, "timeout", 0, "stop after this time, such as 90s or 2h, 0 for no limit")
	fs.Var(&f.memory, "memory", "most memory to use, such as 512M or 8G, 0 for no limit; at the limit, spill or stop")
	fs.StringVar(&f.opt.Spill, "spill", "", "when memory runs out, move waiting states to `DIR`")
	fs.StringVar(
		&f.store,
		"store",
		"exact",
		"how to store states, `MODE`: exact; compact (a 64-bit hash); bitstate (a filter, which may miss states)",
	)
	fs.Var(&f.filter, "filter", "size of the filter for --store bitstate and --search swarm; 0 for 128M and 1M")
	fs.StringVar(
		&f.search,
		"search",
		"bfs",
		"search in this `ORDER`: bfs, dfs, directed, random or swarm; bfs finds shortest counterexamples, dfs needs "+
			"little memory, directed heads for a violation, random makes random walks, swarm many small searches",
	)
	fs.IntVar(
		&f.opt.Runs, "runs", 0,
		"number of walks of --search random or searches of swarm, in all shares together; 0 for 10000 and 64",
	)
	fs.StringVar(
		&f.shard,
		"shard",
		"",
		"explore only share `I/N`, from 1/N to N/N: of the paths of an exhaustive run, or of the walks or searches "+
			"of samples (hpcheck merge joins the shares)",
	)
	fs.Uint64Var(
		&f.opt.Seed, "seed", 0, "seed of the hash of --store compact and bitstate, and of --search random and swarm",
	)
	fs.StringVar(
		&f.opt.Checkpoint,
		"checkpoint",
		"",
		"save the run to `FILE` every few minutes and when it is stopped; --resume continues it",
	)
	fs.DurationVar(&f.opt.Interval, "checkpoint-interval", 0, "time between checkpoints, 0 for two minutes")
	fs.StringVar(&f.opt.Resume, "resume", "", "continue the run saved in `FILE`, with its flags")
}

// mostWorkers is more than any machine has use for.
const mostWorkers = 1024

// mostFilter is how large a filter may be: it is allocated at once.
func mostFilter(memory uint64) uint64 {
	const most = 1 << 42 // where nobody says how much memory there is
	if memory > 0 {
		return memory
	}
	if n := machineMemory(); n > 0 {
		return n
	}
	return most
}

// leastMemory is what a run takes in any case.
const leastMemory = 64 << 20

// options checks the flags.
func (f *searchFlags) options() (explore.Options, error) {
	opt := &f.opt
	opt.Memory, opt.Bits = uint64(f.memory), 8*uint64(f.filter)
	var err error
	if opt.Mode, err = explore.ParseMode(f.store); err != nil {
		return *opt, usage("--store", err)
	}
	if opt.Search, err = explore.ParseSearch(f.search); err != nil {
		return *opt, usage("--search", err)
	}
	if err := f.share(); err != nil {
		return *opt, usage("--shard", err)
	}
	if opt.Spill != "" {
		if err := files.WritableDir(opt.Spill); err != nil {
			return *opt, usage("--spill", err)
		}
	}
	if err := f.contradictions(); err != nil {
		return *opt, err
	}
	if opt.Checkpoint == "" {
		opt.Checkpoint = opt.Resume
	} else if err := regular(opt.Checkpoint); err != nil {
		return *opt, usage("--checkpoint", err)
	}
	return *opt, nil
}

// regular checks that a file can be replaced by a whole one again and again.
func regular(file string) error {
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no regular file: want one, or a new name", file)
	}
	return files.Writable(file)
}

// share reads --shard.
func (f *searchFlags) share() error {
	if f.shard == "" {
		return nil
	}
	first, second, _ := strings.Cut(f.shard, "/")
	i, err1 := strconv.Atoi(first)
	n, err2 := strconv.Atoi(second)
	if err1 != nil || err2 != nil || i < 1 || i > n {
		return fmt.Errorf("%s: want I/N with I from 1 to N, such as 2/8", f.shard)
	}
	f.opt.Shard, f.opt.Shards = i-1, n
	return nil
}

// contradictions refuses what can't be, and what would have no effect or a wrong one.
func (f *searchFlags) contradictions() error {
	opt := &f.opt
	order := opt.Search != explore.BreadthFirst
	for _, c := range []struct {
		wrong bool
		flag  string
		why   string
	}{
		{opt.Workers < 1 || opt.Workers > mostWorkers, "--workers",
			fmt.Sprintf("%d: want 1 to %d", opt.Workers, mostWorkers)},
		{uint64(f.filter) > mostFilter(opt.Memory), "--filter",
			fmt.Sprintf("%s: want %s at most, since that is the memory", reports.Size(uint64(f.filter)),
				reports.Size(mostFilter(opt.Memory)))},
		{opt.Depth < 0, "--depth", fmt.Sprintf("%d: want 0 or more", opt.Depth)},
		{opt.Timeout < 0, "--timeout", fmt.Sprintf("%v: want 0 or more", opt.Timeout)},
		{opt.Interval < 0, "--checkpoint-interval", fmt.Sprintf("%v: want 0 or more", opt.Interval)},
		{opt.Runs < 0, "--runs", fmt.Sprintf("%d: want 0 or more", opt.Runs)},
		{opt.Memory > 0 && opt.Memory < leastMemory, "--memory", fmt.Sprintf("%v: want 0 or at least 64M", &f.memory)},
		{opt.Spill != "" && opt.Memory == 0, "--spill", "is of no use without --memory, which says when"},
		{opt.Spill != "" && order, "--spill", "is for --search bfs; the other searches do not spill"},
		{opt.Checkpoint != "" && order, "--checkpoint", "is for --search bfs; the other searches can't go on from a " +
			"file"},
		{opt.Interval != 0 && opt.Checkpoint == "" && opt.Resume == "", "--checkpoint-interval",
			"is of no use without --checkpoint or --resume"},
		{opt.Depth > 0 && order && !opt.Search.Samples(), "--depth",
			"is for --search bfs, and for random and swarm; others would miss states that are reached by a longer " +
				"way first"},
		{opt.MaxStates > 0 && opt.Search.Samples(), "--max-states",
			"has no meaning with --search " + f.search + "; want --runs or --timeout"},
		{opt.Runs != 0 && !opt.Search.Samples(), "--runs", "is for --search random and swarm"},
		{opt.Search == explore.Directed && f.shard != "", "--shard", "is of no use with --search directed, which " +
			"looks for one violation"},
		{f.store != "exact" && opt.Search.Samples(), "--store", "has no meaning with --search " + f.search},
		{f.filter != 0 && opt.Mode != explore.Bitstate && opt.Search != explore.Swarm, "--filter",
			"is of no use without --store bitstate or --search swarm"},
		{opt.Seed != 0 && opt.Mode == explore.Exact && !opt.Search.Samples(), "--seed", "is of no use with --store " +
			"exact"},
	} {
		if c.wrong {
			return usage(c.flag, errors.New(c.why))
		}
	}
	return nil
}

// check explores a machine, with the reductions that are worth it, and evaluates what was found.
func check(
	ctx context.Context,
	m *model.Machine,
	props []*invariants.Property,
	opt explore.Options,
) (*reports.Run, error) {
	props, live := split(props)
	suite := invariants.Compile(m, props)
	suite.Reduce, suite.Long = invariants.Auto(m.Scenario, opt.Depth, props), opt.Search != explore.BreadthFirst
	suite, result, err := invariants.Explore(ctx, suite, opt)
	if err != nil {
		return nil, err
	}
	run, err := reports.NewRun(suite, result, opt.Depth)
	if err != nil {
		return nil, err
	}
	if len(live) > 0 {
		err = wait(ctx, run, suite.Machine, live, opt)
	}
	run.Asked(&reports.Request{Line: line})
	return run, err
}

// propertyFlags say what is checked.
type propertyFlags struct {
	names []string
	files []string
}

func (f *propertyFlags) add(fs *pflag.FlagSet) {
	fs.StringSliceVar(&f.names, "property", nil, "check only these, `NAME,...` (hpcheck list properties)")
	f.addFiles(fs)
}

func (f *propertyFlags) addFiles(fs *pflag.FlagSet) {
	fs.StringArrayVar(
		&f.files,
		"property-file",
		nil,
		"check also the properties that are written in `FILE` (docs/properties.md)",
	)
}

// given returns the properties of the files.
func (f *propertyFlags) given(m *model.Machine) ([]*invariants.Property, error) {
	given, err := custom.Load(m, f.files...)
	var mistake *positioned.Error
	switch {
	case errors.As(err, &mistake):
		return nil, &exitError{exitUsage, err} // it says where
	case err != nil:
		return nil, usage("--property-file", err)
	}
	return given, nil
}

// load returns the properties that are to be checked on a machine.
func (f *propertyFlags) load(m *model.Machine) ([]*invariants.Property, error) {
	given, err := f.given(m)
	if err != nil {
		return nil, err
	}
	props := append(invariants.For(m), given...)
	if len(f.names) > 0 {
		if props, err = invariants.Select(given, f.names...); err != nil {
			return nil, usage("--property", err)
		}
	}
	if len(props) > explore.MaxProperties {
		return nil, usage(
			"--property-file",
			fmt.Errorf(
				"%d properties in all: want %d at most; choose with --property", len(props), explore.MaxProperties,
			),
		)
	}
	return props, nil
}

// split separates the properties of single steps from those about what must come in the end.
func split(props []*invariants.Property) (steps, live []*invariants.Property) {
	for _, p := range props {
		if p.Live() {
			live = append(live, p)
		} else {
			steps = append(steps, p)
		}
	}
	return steps, live
}

// wait looks for ways to wait for ever, and adds what it finds to the run.
func wait(
	ctx context.Context,
	run *reports.Run,
	m *model.Machine,
	live []*invariants.Property,
	opt explore.Options,
) error {
	s, err := invariants.CompileLive(m, live)
	if err != nil {
		return usage("--liveness", err)
	}
	return run.AddLive(s, explore.Liveness(ctx, s, opt))
}
