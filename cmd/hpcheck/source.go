package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hpcheck/hpcheck/drift"
	"github.com/hpcheck/hpcheck/ktree"
	"github.com/hpcheck/hpcheck/lower"
	"github.com/hpcheck/hpcheck/model"
	"github.com/hpcheck/hpcheck/reports"
)

// sourceFlags say from which kernel tree programs are assembled.
type sourceFlags struct {
	spec    string
	config  string
	assume  []string
	against string  // the tree that it is compared with
	always  bool    // also beside a kernel
	source  *source // once it is read
	fs      *pflag.FlagSet
}

func (f *sourceFlags) add(fs *pflag.FlagSet) {
	f.fs = fs
	fs.StringVar(
		&f.spec,
		"source",
		"",
		"check the kernel tree `TREE`, a directory or DIR@REVISION, with programs that are assembled from its C; "+
			"beside --kernel it says where the lines of functions are, for SARIF and annotations",
	)
	fs.StringVar(
		&f.config,
		"config",
		"",
		"the configuration of the kernel, a .config `FILE`; else a tree's own, or what x86 has",
	)
	f.addAssume(fs)
}

// addAssume adds --assume.
func (f *sourceFlags) addAssume(fs *pflag.FlagSet) {
	fs.StringSliceVar(
		&f.assume, "assume", nil,
		"of functions of the tree's that hpcheck does not know, assume that each does `NAME=WHAT,...`: nothing, "+
			"sleeps, fails, or returns a number or an error such as -EBUSY",
	)
}

// asked reports whether a tree is to be checked.
func (f *sourceFlags) asked() bool {
	return f.spec != "" && (f.always || f.fs == nil || !f.fs.Changed("kernel"))
}

// lines is where lines are looked up, nil for nowhere.
func (f *sourceFlags) lines() (*reports.Tree, error) {
	switch {
	case f.spec == "":
		return nil, nil
	case f.source != nil:
		return reports.TreeOf(f.source.tree.Read), nil
	}
	if _, err := os.Stat(f.spec); err != nil { // or it is a revision
		tree, err := ktree.Open(f.spec)
		if err != nil {
			return nil, usage("--source", err)
		}
		return reports.TreeOf(tree.Read), nil
	}
	tree, err := reports.OpenTree(f.spec)
	if err != nil {
		return nil, usage("--source", err)
	}
	return tree, nil
}

// kernel is the tree as a kernel.
func (f *sourceFlags) kernel(arch string) (model.Kernel, error) {
	if f.source == nil {
		var err error
		if f.source, err = openSource(f.spec, ktree.Options{File: f.config, Arch: arch}); err != nil {
			return model.Kernel{}, err
		}
		for _, text := range f.assume {
			if err := f.source.Source.Assume(text); err != nil {
				return model.Kernel{}, usage("--assume", err)
			}
		}
	}
	return f.source.Kernel, nil
}

// source is a kernel tree that was read.
type source struct {
	*lower.Tree
	tree *ktree.Tree
}

// openSource reads a tree.
func openSource(spec string, config ktree.Options) (*source, error) {
	tree, err := ktree.Open(spec)
	if err != nil {
		return nil, usage("--source", err)
	}
	cfg, err := tree.Config(config)
	if err != nil {
		flag := "--source"
		if config.File != "" {
			flag = "--config"
		}
		return nil, usage(flag, err)
	}
	read, err := lower.Read(tree, cfg)
	if err != nil {
		return nil, usage("--source", err)
	}
	if cfg.Arch != "x86" {
		if read.Kernel, err = read.Kernel.On(cfg.Arch); err != nil {
			return nil, usage("--source", fmt.Errorf("%s: %w", cfg.From, err))
		}
	}
	return &source{read, tree}, nil
}

// fromSource has the runs of a suite that are about the tree's edition made with the tree. What is expected of them is
// that the same properties are violated: numbers of states and lengths of counterexamples are those of the programs
// that are written by hand.
func (s *suite) fromSource(f *sourceFlags) error {
	if _, err := f.kernel(""); err != nil {
		return err
	}
	var editions []string
	s.runs = slices.DeleteFunc(s.runs, func(r *suiteRun) bool {
		k, err := model.Lookup(r.flags.kernel)
		if err == nil && !slices.Contains(editions, k.Name) {
			editions = append(editions, k.Name)
		}
		return err != nil || k.Name != f.source.Edition || len(r.flags.revert) > 0
	})
	if len(s.runs) == 0 {
		return usage("--source", fmt.Errorf(
			"%s is %s, and the suite's runs are about %s", f.spec, f.source.Edition, strings.Join(editions, ", "),
		))
	}
	for _, r := range s.runs {
		r.flags.origin = *f
		r.flags.origin.always = true
		if r.flags.arch != "" {
			r.flags.origin.source = nil // it is read with another configuration
		}
		r.States, r.Covers = 0, nil
		for name, want := range r.Want {
			want.Length = 0
			r.Want[name] = want
		}
	}
	return nil
}

// addSaved adds the flags of who reads a saved counterexample.
func (f *sourceFlags) addSaved(fs *pflag.FlagSet) {
	fs.StringVar(&f.spec, "source", "", "the kernel tree `TREE` in which it was found, if it was found in one")
	fs.StringVar(&f.config, "config", "", "the configuration of the tree, a .config `FILE`")
	f.addAssume(fs)
}

// again makes the machine of a counterexample that was saved in a file: on the tree that is named, or on the kernel on
// which it was found.
func (f *sourceFlags) again(s *reports.Saved, file string) (*model.Machine, error) {
	if f.spec == "" {
		m, err := s.Machine("", nil)
		var tree *reports.TreeError
		switch {
		case errors.As(err, &tree):
			err = usage(file, fmt.Errorf("%w: want --source with that tree", err))
		case err != nil:
			err = usage(file, err)
		}
		return m, err
	}
	name, candidates, _ := strings.Cut(s.Kernel.Name, "+")
	_, arch, _ := strings.Cut(name, "/")
	k, err := f.kernel(arch)
	if err == nil && arch != "" {
		k, err = k.On(arch)
	}
	if err == nil && candidates != "" {
		k, err = k.Apply(strings.Split(candidates, "+")...)
	}
	if err != nil {
		return nil, err
	}
	m, err := s.On(k, s.Kernel.Without)
	if err != nil {
		return nil, usage("--source", err)
	}
	return m, nil
}

// isTree reports whether the name of a kernel is a directory with a tree, or a revision there.
func isTree(name string) bool {
	if _, err := model.Lookup(name); err == nil {
		return false
	}
	dir, _, _ := strings.Cut(name, "@")
	info, err := os.Stat(dir)
	return err == nil && info.IsDir()
}

// assembled says what of a machine was assembled from the tree; nil for an edition.
func (f *sourceFlags) assembled(m *model.Machine) *reports.Assembled {
	s := f.source
	if s == nil || m.Kernel.Source == nil {
		return nil
	}
	a := &reports.Assembled{
		Tree: s.tree.Name, Revision: s.tree.Revision, Edition: s.Edition, Config: s.Unit.Config.From,
		Functions: m.Lowered(), Symbols: []string{}, Rests: []reports.Rest{}, Differs: append([]string{}, s.Differs...),
	}
	for _, symbol := range s.Unit.Asked() {
		a.Symbols = append(a.Symbols, symbol.Name+"="+symbol.Value)
	}
	a.Rests = append(a.Rests, s.rests()...)
	return a
}

// printAccount writes what became of each function, and how many there are of each kind, by file.
func printAccount(w io.Writer, all []lower.Account) {
	table(w, func(w io.Writer) {
		for _, a := range all {
			fmt.Fprintf(w, "%s:%d\t%s()\t%s\t%s\n", a.File, a.Line, a.Function, a.As, a.Why)
		}
	})
	fmt.Fprintln(w)
	for from := 0; from < len(all); {
		file, count, n := all[from].File, map[string]int{}, 0
		for ; from < len(all) && all[from].File == file; from++ {
			count[all[from].As]++
			n++
		}
		var counts []string
		for _, as := range slices.Sorted(maps.Keys(count)) {
			counts = append(counts, fmt.Sprintf("%d %s", count[as], as))
		}
		fmt.Fprintf(w, "%s: %d functions: %s\n", file, n, strings.Join(counts, ", "))
	}
}

// rests is what the programs rest on; of primitives with the functions of the tree for which they stand.
func (s *source) rests() []reports.Rest {
	var rests []reports.Rest
	var primitives []string
	for _, n := range s.Source.Notes() {
		rests = append(rests, reports.Rest{Name: n.Name, As: n.What, Why: n.Why})
		if n.What == "primitive" {
			primitives = append(primitives, n.Name)
		}
	}
	for _, stand := range drift.Stands(s.tree, s.Unit.Config, s.Edition, primitives...) {
		r := &rests[slices.IndexFunc(rests, func(r reports.Rest) bool {
			return r.As == "primitive" && r.Name == stand.Name
		})]
		r.File, r.Line, r.Code, r.Pinned = stand.File, stand.Line, stand.Words, stand.Pinned
	}
	return rests
}

// newListSourceCommand is hpcheck list source.
func newListSourceCommand() *cobra.Command {
	var f machineFlags
	cmd := &cobra.Command{
		Use:   "source",
		Short: "List the functions of a kernel tree's hotplug core, and how each is modelled",
		Long: `list source names the functions of kernel/cpu.c, kthread.c, smpboot.c and stop_machine.c of a tree that
the hotplug core consists of: which are assembled, in the scenario if flags say which, else in any,
and of the others what stands for them in the model, or why they are written by hand.`,
		Example: "  hpcheck list source --source ~/linux",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			m, err := f.machine(cmd.Flags())
			if err != nil {
				return err
			}
			if f.origin.source == nil {
				return usage("--source", errors.New("is missing: name a kernel tree, without --kernel"))
			}
			assembled, scenario := m.Lowered(), false
			cmd.Flags().Visit(func(f *pflag.Flag) { scenario = scenario || f.Name != "source" && f.Name != "config" })
			if !scenario {
				if assembled, err = f.origin.source.Assembled(); err != nil {
					return err
				}
			}
			all, err := f.origin.source.Account(assembled)
			if err != nil {
				return err
			}
			printAccount(cmd.OutOrStdout(), all)
			return nil
		},
	}
	cmd.Flags().SortFlags = false
	f.add(cmd.Flags())
	return cmd
}
