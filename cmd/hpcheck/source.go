package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/hpcheck/hpcheck/ktree"
	"github.com/hpcheck/hpcheck/lower"
	"github.com/hpcheck/hpcheck/model"
	"github.com/hpcheck/hpcheck/reports"
)

// sourceFlags say from which kernel tree programs are assembled.
type sourceFlags struct {
	spec    string
	config  string
	against string  // the tree that it is compared with
	always  bool    // also beside a kernel
	source  *source // once it is read
}

func (f *sourceFlags) add(fs *pflag.FlagSet) {
	fs.StringVar(
		&f.spec,
		"source",
		"",
		"check the kernel tree `TREE`, a directory or DIR@REVISION, with programs that are assembled from its C; "+
			"beside --kernel it says where the lines of functions are, for SARIF and annotations",
	)
	fs.StringVar(
		&f.config, "config", "", "the configuration of the tree, a .config `FILE`; else the tree's own, or x86's defaults",
	)
}

// asked reports whether a tree is to be checked.
func (f *sourceFlags) asked(fs *pflag.FlagSet) bool {
	return f.spec != "" && (f.always || fs == nil || !fs.Changed("kernel"))
}

// directory is where lines are looked up, "" for nowhere: the files of a revision are in no directory.
func (f *sourceFlags) directory() string {
	if f.source != nil && f.source.tree.Revision != "" {
		return ""
	}
	return f.spec
}

// kernel is the tree as a kernel.
func (f *sourceFlags) kernel() (model.Kernel, error) {
	if f.source == nil {
		var err error
		if f.source, err = openSource(f.spec, f.config); err != nil {
			return model.Kernel{}, err
		}
	}
	return f.source.kernel, nil
}

// source is a kernel tree that was read.
type source struct {
	tree    *ktree.Tree
	unit    *ktree.Unit
	low     *lower.Source
	edition string // that the rest is from
	notes   []string
	kernel  model.Kernel
}

// sourceFiles are the files that programs are assembled from.
var sourceFiles = []string{"include/linux/cpuhotplug.h", "kernel/cpu.c"}

// openSource reads a tree.
func openSource(spec, config string) (*source, error) {
	tree, err := ktree.Open(spec)
	if err != nil {
		return nil, usage("--source", err)
	}
	return readSource(tree, config)
}

// readSource reads a tree that was opened.
func readSource(tree *ktree.Tree, config string) (*source, error) {
	cfg, err := tree.Config(ktree.Options{File: config})
	if err != nil {
		flag := "--source"
		if config != "" {
			flag = "--config"
		}
		return nil, usage(flag, err)
	}
	unit, err := tree.Load(cfg, sourceFiles...)
	if err != nil {
		return nil, usage("--source", err)
	}
	for _, p := range unit.Problems() {
		return nil, &exitError{exitUsage, p}
	}
	s := &source{tree: tree, unit: unit, low: lower.New(cfg.Set, unit.Files...)}
	base, err := editionFor(tree.Version.String())
	if err != nil {
		return nil, usage("--source", err)
	}
	steps, err := unit.Steps()
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	s.edition = base.Name
	if s.kernel, s.notes, err = lower.Ladder(base, steps); err != nil {
		return nil, &exitError{exitUsage, err}
	}
	s.kernel.Name, s.kernel.Doc = tree.Version.String(), "assembled from "+tree.Name
	s.kernel.DownInWorker = s.calls("work_on_cpu")
	if tree.Revision != "" {
		s.kernel.Commit = tree.Revision
	}
	s.kernel.Source = s.low
	return s, nil
}

// calls reports whether any function of the tree's hotplug core calls another one.
func (s *source) calls(name string) bool {
	return slices.ContainsFunc(s.unit.Reach("cpu_down").Calls, func(c *ktree.Call) bool { return c.Name == name })
}

// oldestSource is the oldest edition whose programs can be assembled from a tree.
const oldestSource = "v6.1"

// editionFor is the newest edition that is no newer than a tree: what is not assembled from the tree is that edition's.
func editionFor(version string) (model.Kernel, error) {
	kernels := model.Kernels()
	slices.Reverse(kernels)
	for _, k := range kernels {
		if model.CompareVersions(k.Name, version) <= 0 && model.CompareVersions(k.Name, oldestSource) >= 0 {
			return k, nil
		}
	}
	return model.Kernel{}, fmt.Errorf("the tree is %s: want %s or later", version, oldestSource)
}

// fromSource has the runs of a suite that are about the tree's edition made with the tree. What is expected of them is
// that the same properties are violated: numbers of states and lengths of counterexamples are those of the programs
// that are written by hand.
func (s *suite) fromSource(f *sourceFlags) error {
	if _, err := f.kernel(); err != nil {
		return err
	}
	var editions []string
	s.runs = slices.DeleteFunc(s.runs, func(r *suiteRun) bool {
		k, err := model.Lookup(r.flags.kernel)
		if err == nil && !slices.Contains(editions, k.Name) {
			editions = append(editions, k.Name)
		}
		return err != nil || k.Name != f.source.edition || len(r.flags.revert) > 0
	})
	if len(s.runs) == 0 {
		return usage("--source", fmt.Errorf(
			"%s is %s, and the suite's runs are about %s", f.spec, f.source.edition, strings.Join(editions, ", "),
		))
	}
	for _, r := range s.runs {
		r.flags.origin = *f
		r.flags.origin.always = true
		r.States, r.Covers = 0, nil
		for name, want := range r.Want {
			want.Length = 0
			r.Want[name] = want
		}
	}
	return nil
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
		Tree: s.tree.Name, Revision: s.tree.Revision, Edition: s.edition, Config: s.unit.Config.From,
		Functions: m.Lowered(), Symbols: []string{}, Rests: []reports.Rest{}, Differs: append([]string{}, s.notes...),
	}
	for _, symbol := range s.unit.Asked() {
		a.Symbols = append(a.Symbols, symbol.Name+"="+symbol.Value)
	}
	for _, n := range s.low.Notes() {
		a.Rests = append(a.Rests, reports.Rest{Name: n.Name, As: n.What, Why: n.Why})
	}
	return a
}
