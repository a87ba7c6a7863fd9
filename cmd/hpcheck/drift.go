package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hpcheck/hpcheck/drift"
	"github.com/hpcheck/hpcheck/internal/files"
	"github.com/hpcheck/hpcheck/ktree"
	"github.com/hpcheck/hpcheck/model"
)

// driftFlags are those of hpcheck drift.
type driftFlags struct {
	source  string
	against string
	kernel  string
	config  ktree.Options
	runs    []string
	states  string
	json    string
	verbose bool
}

func newDriftCommand() *cobra.Command {
	var f driftFlags
	cmd := &cobra.Command{
		Use: "drift",
		Short: "Tell which functions of a kernel tree are not those that an edition was made from, and which " +
			"verdicts carry over",
		Long: `drift compares the functions of a kernel tree with hashes of those that an edition was made from, and its
ladder with the edition's. Comments, white space, local names, attributes and the texts of strings do not count, nor do
calls that only print, trace or tell lockdep. Then it says of each run of the suites whether it executes a function that
differs: if not, its verdicts hold for the tree, too. Nothing is built, and no header is read but
include/linux/cpuhotplug.h.

With --against, two trees are compared with each other: what a patch changes, and which runs execute it.

The exit status is 0 if every run carries over, and 1 if one does not.`,
		Example: `  hpcheck drift --source ~/linux-6.12.50 --kernel v6.12
  hpcheck drift --source ~/linux@my-branch --against origin/master
  hpcheck drift --source . --against HEAD --json -`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := notEmpty(cmd.Flags()); err != nil {
				return err
			}
			return f.run(cmd.OutOrStdout())
		},
	}
	f.add(cmd.Flags())
	return cmd
}

func (f *driftFlags) add(fs *pflag.FlagSet) {
	fs.SortFlags = false
	fs.StringVar(
		&f.source,
		"source",
		".",
		"the kernel `TREE`: a directory, or a revision of the git repository there, as DIR@REVISION",
	)
	fs.StringVar(
		&f.against,
		"against",
		"",
		"compare with this `TREE` and not with what the edition was made from; or with a revision of the repository "+
			"of --source",
	)
	fs.StringVar(
		&f.kernel,
		"kernel",
		"",
		"the `EDITION` (without it, the last one that is not newer than the tree): "+strings.Join(
			drift.Editions(),
			", ",
		),
	)
	fs.StringVar(
		&f.config.File, "config", "",
		"the configuration, `FILE`; without it the tree's .config, or else the defaults of the architecture",
	)
	fs.StringVar(
		&f.config.Arch,
		"arch",
		"",
		"the architecture `ARCH` whose defaults are taken, a directory under arch; without it x86",
	)
	fs.StringSliceVar(
		&f.runs,
		"run",
		nil,
		"decide about these runs, and not about those of the suites: run.json of --out, `FILE,...`",
	)
	fs.StringVar(
		&f.states,
		"states",
		"",
		"compare the tree's ladder also with that of a machine: a copy of its "+
			"/sys/devices/system/cpu/hotplug/states, `FILE`",
	)
	fs.StringVar(&f.json, "json", "", "write it as JSON to `FILE`, - for stdout with nothing else on it")
	fs.BoolVarP(
		&f.verbose,
		"verbose",
		"v",
		false,
		"name also the functions that differ in words, printing, tracing or lockdep only",
	)
}

func (f *driftFlags) run(stdout io.Writer) error {
	r, err := f.report()
	if err != nil {
		return err
	}
	switch f.json {
	case "":
		err = r.Text(stdout, f.verbose)
	case "-":
		err = r.JSON(stdout)
	default:
		err = errors.Join(r.Text(stdout, f.verbose), files.Write(f.json, r.JSON))
	}
	for _, v := range r.Verdicts {
		if !v.Carries {
			return errors.Join(err, ended(exitViolated))
		}
	}
	return err
}

// report compares what the flags say.
func (f *driftFlags) report() (*drift.Report, error) {
	tree, err := ktree.Open(f.source)
	if err != nil {
		return nil, usage("--source", err)
	}
	defer tree.Close()
	edition := drift.Nearest(tree.Version)
	if f.kernel != "" {
		k, err := model.Lookup(f.kernel)
		if err != nil {
			return nil, usage("--kernel", err)
		}
		edition = k.Name
	}
	f.kernel = edition
	ref, err := drift.ReferenceOf(f.kernel)
	if err != nil {
		return nil, usage("--kernel", err)
	}
	runs := ref.Runs
	if len(f.runs) > 0 {
		if runs, err = f.reported(); err != nil {
			return nil, err
		}
	}
	cfg, err := tree.Config(f.config)
	if err != nil {
		return nil, f.badConfig(err)
	}
	taken, err := drift.Take(tree, cfg, ref.Modeled, ref.Others)
	if err != nil {
		return nil, usage("--source", err)
	}
	if f.against != "" {
		if ref, err = f.other(tree, cfg, ref); err != nil {
			return nil, usage("--against", err)
		}
	}
	r := drift.Compare(ref, taken, runs)
	if f.states != "" {
		text, err := files.Read(f.states, files.Text)
		if err != nil {
			return nil, usage("--states", err)
		}
		if r.Machine, err = taken.Machine(f.states, string(text)); err != nil {
			return nil, usage("--states", err)
		}
	}
	return r, nil
}

// badConfig is what is wrong with the configuration: of a file that was named, or of the tree.
func (f *driftFlags) badConfig(err error) error {
	switch {
	case f.config.File != "":
		return usage("--config", err)
	case f.config.Arch != "":
		return usage("--arch", err)
	}
	return usage("--source", err)
}

// other is the reference of another tree, read under the same configuration.
func (f *driftFlags) other(tree *ktree.Tree, cfg *ktree.Config, ref *drift.Reference) (*drift.Reference, error) {
	against, err := tree.OpenBeside(f.against)
	if err != nil {
		return nil, err
	}
	defer against.Close()
	taken, err := drift.Take(against, cfg, ref.Modeled, ref.Others)
	if err != nil {
		return nil, err
	}
	return taken.Reference(ref), nil
}

// reported reads the runs that were named.
func (f *driftFlags) reported() ([]drift.Run, error) {
	var runs []drift.Run
	for _, file := range f.runs {
		x, err := drift.ReadRun(file)
		if err != nil {
			return nil, usage("--run", err)
		}
		if x.Kernel != f.kernel {
			return nil, usage("--run", fmt.Errorf("%s is a run of %s: want one of %s", file, x.Kernel, f.kernel))
		}
		runs = append(runs, x.Run)
	}
	return runs, nil
}
