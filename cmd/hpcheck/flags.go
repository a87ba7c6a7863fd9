package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/hpcheck/hpcheck/ktree"
	"github.com/hpcheck/hpcheck/lower"
	"github.com/hpcheck/hpcheck/model"
)

// machineFlags say which kernel is checked and what happens to it.
type machineFlags struct {
	kernelFlags
	revert   []string
	states   statesFlags
	scenario model.Scenario
	ops      []string
	clients  []string
	read     func(file string) ([]byte, error) // how clients are read, if not from files
}

// kernelFlags say which kernel, and which architecture it is for: an edition, or a tree.
type kernelFlags struct {
	kernel, arch string
	apply        []string
	origin       sourceFlags
}

func (f *kernelFlags) add(fs *pflag.FlagSet) {
	fs.StringVar(
		&f.kernel, "kernel", newest(),
		"check the kernel `NAME`, such as v6.12, or a version that it covers, such as 6.12.117 (hpcheck list kernels)",
	)
	fs.StringVar(
		&f.arch, "arch", "",
		"architecture `NAME`: "+strings.Join(model.Architectures(), ", ")+
			"; default: that of the list of states, or x86",
	)
	fs.StringSliceVar(
		&f.apply, "apply", nil,
		"apply these candidate fixes, `NAME,...`, which no kernel has (hpcheck list candidates)",
	)
	f.origin.add(fs)
}

// lookup is the kernel that they name.
func (f *kernelFlags) lookup() (model.Kernel, error) {
	k, err := f.edition()
	if err != nil {
		return k, err
	}
	switch {
	case f.origin.config != "" && f.origin.spec == "":
		if k, err = configured(k, f.origin.config, f.arch); err != nil {
			return k, usage("--config", err)
		}
	case f.arch != "":
		if k, err = k.On(f.arch); err != nil {
			return k, usage("--arch", err)
		}
	}
	if k, err = k.Apply(f.apply...); err != nil {
		return k, usage("--apply", err)
	}
	return k, nil
}

// configured is an edition as a .config has it.
func configured(k model.Kernel, file, arch string) (model.Kernel, error) {
	c, err := ktree.ReadConfig(file, arch)
	if err != nil {
		return k, err
	}
	return k.Configured(filepath.Base(file), c.Arch, func(symbol string) bool { return c.Set.Builtin(symbol) })
}

// edition is the edition, or the tree.
func (f *kernelFlags) edition() (model.Kernel, error) {
	if f.origin.asked() {
		return f.origin.kernel(f.arch)
	}
	k, err := model.Lookup(f.kernel)
	if err != nil {
		return k, usage("--kernel", err)
	}
	return k, nil
}

func (f *machineFlags) add(fs *pflag.FlagSet) {
	in(fs, groupWhat, func(fs *pflag.FlagSet) {
		f.kernelFlags.add(fs)
		fs.StringSliceVar(&f.revert, "revert", nil, "take these fixes out, `FIX,...` (hpcheck list fixes)")
		f.states.add(fs)
	})
	in(fs, groupWho, f.addScenario)
	addSet(fs)
}

// machine makes the machine that the flags ask for.
func (f *machineFlags) machine(fs *pflag.FlagSet) (*model.Machine, error) {
	k, err := f.base()
	if err != nil {
		return nil, err
	}
	if k, err = f.states.apply(k); err != nil {
		return nil, err
	}
	return f.machineOf(k, fs)
}

// base is the kernel without a machine's ladder.
func (f *machineFlags) base() (model.Kernel, error) {
	k, err := f.lookup()
	if err != nil {
		return k, err
	}
	if k.Source != nil && len(f.revert) > 0 {
		return k, usage("--revert", errors.New("is for editions: with --source, change the tree"))
	}
	if k, err = k.Revert(f.revert...); err != nil {
		return k, usage("--revert", err)
	}
	return k, nil
}

// machineOf makes a machine of that kernel.
func (f *machineFlags) machineOf(k model.Kernel, fs *pflag.FlagSet) (*model.Machine, error) {
	sc := f.scenario
	if err := settled(fs); err != nil {
		return nil, err
	}
	if !k.Notifiers && sc.Notifiers > 0 && fs != nil && fs.Changed("notifiers") {
		return nil, usage(
			"--notifiers",
			fmt.Errorf(
				"%d: %s has no CPU notifiers, want 0; v4.6 is the last edition that has some", sc.Notifiers, k.Name,
			),
		)
	}
	if len(f.ops) > 0 && fs != nil && fs.Changed("ops") {
		return nil, usage("--ops", errors.New("is of no use with --op, which lists the operations"))
	}
	if len(sc.FaultPoints) > 0 && sc.Faults == 0 {
		return nil, usage("--fault", errors.New("is of no use with --faults 0, which allows none"))
	}
	for _, text := range f.ops {
		text, err := withNumber(k, text)
		if err != nil {
			return nil, usage("--op", err)
		}
		op, err := model.ParseOp(text)
		if err != nil {
			return nil, usage("--op", err)
		}
		sc.Sequence = append(sc.Sequence, op)
	}
	var err error
	if sc.Clients, err = f.readClients(sc.CPUs); err != nil {
		return nil, err
	}
	m, err := model.New(k, sc)
	var param *model.ParamError
	var unknown *lower.Error
	switch {
	case errors.As(err, &unknown):
		return nil, &exitError{exitUsage, err} // it says where
	case errors.As(err, &param):
		return nil, mistaken(param.Param, fmt.Sprintf(" %s: want %s", param.Value, param.Want), err)
	case err != nil:
		return nil, usage("--fault", err)
	}
	return m, nil
}

// withNumber puts the number of a state of the kernel in the place of its name, as in target:1=smpboot/threads:online.
func withNumber(k model.Kernel, op string) (string, error) {
	target, name, _ := strings.Cut(op, "=")
	if _, err := strconv.Atoi(name); err == nil || name == "" || !strings.HasPrefix(target, "target:") {
		return op, nil
	}
	var names []string
	for _, s := range k.Steps {
		if s.Name == name || s.Symbol == name {
			return target + "=" + strconv.Itoa(s.Number), nil
		}
		if s.Name != "" {
			names = append(names, s.Name)
		}
	}
	return "", &model.UnknownError{Kind: "state", Name: name, Known: names}
}

// size is a number of bytes.
type size uint64

var units = []struct {
	suffix string
	bytes  uint64
}{{"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {"T", 1 << 40}}

// Set implements [pflag.Value]: "512M", "8GiB", "1000000".
func (s *size) Set(text string) error {
	digits := strings.TrimSuffix(strings.TrimSuffix(strings.ToUpper(text), "IB"), "B")
	unit := uint64(1)
	for _, u := range units {
		if d, ok := strings.CutSuffix(digits, u.suffix); ok {
			digits, unit = d, u.bytes
		}
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || n > 1<<63/unit {
		return errors.New("want a number of bytes, such as 512M or 8G")
	}
	*s = size(n * unit)
	return nil
}

// String implements [pflag.Value].
func (s *size) String() string { return strconv.FormatUint(uint64(*s), 10) }

// Type implements [pflag.Value].
func (s *size) Type() string { return "SIZE" }
