package lower

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/hpcheck/hpcheck/ktree"
	"github.com/hpcheck/hpcheck/model"
)

// Tree is a kernel tree as a kernel of the model.
type Tree struct {
	Kernel  model.Kernel
	Edition string   // that the rest is from
	Differs []string // how the states differ from the edition's
	Source  *Source
	Unit    *ktree.Unit
}

// files are those that programs are assembled from.
var files = []string{"include/linux/cpuhotplug.h", "kernel/cpu.c", "kernel/kthread.c", "kernel/smpboot.c",
	"kernel/stop_machine.c"}

// stateControl lets the file target take every state. A scenario says which ones are written to it, so it is taken for
// set.
const stateControl = "CONFIG_CPU_HOTPLUG_STATE_CONTROL"

// oldest is the oldest edition whose programs can be assembled from a tree.
const oldest = "v6.1"

// Read reads a tree under a configuration. The error says in which file something can't be read, and where.
func Read(tree *ktree.Tree, config *ktree.Config) (*Tree, error) {
	with := *config
	with.Set = maps.Clone(config.Set)
	with.Set[stateControl] = "1"
	unit, err := tree.Load(&with, files...)
	if err != nil {
		return nil, err
	}
	for _, p := range unit.Problems() {
		return nil, p
	}
	base, err := editionFor(tree.Version.String())
	if err != nil {
		return nil, err
	}
	steps, err := unit.Steps()
	if err != nil {
		return nil, err
	}
	t := &Tree{Edition: base.Name, Unit: unit, Source: New(with.Set, unit.Files...)}
	if t.Kernel, t.Differs, err = Ladder(base, steps); err != nil {
		return nil, err
	}
	t.Kernel.Name, t.Kernel.Doc = tree.Version.String(), "assembled from "+tree.Name
	t.Kernel.Commit = cmp.Or(tree.Revision, t.Kernel.Name)
	t.Source.tree, t.Source.code = tree.Name, codeOf(unit)
	t.Kernel.Source = t.Source
	return t, nil
}

// editionFor is the edition that covers a tree's version, or the newest that is no newer than it: what is not assembled
// from the tree is that edition's.
func editionFor(version string) (model.Kernel, error) {
	if k, err := model.Lookup(version); err == nil && model.CompareVersions(k.Name, oldest) >= 0 {
		return model.Lookup(k.Name)
	}
	kernels := model.Kernels()
	slices.Reverse(kernels)
	for _, k := range kernels {
		if model.CompareVersions(k.Name, version) <= 0 && model.CompareVersions(k.Name, oldest) >= 0 {
			return k, nil
		}
	}
	return model.Kernel{}, fmt.Errorf("the tree is %s: want %s or later", version, oldest)
}
