package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

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
		"edition of the hotplug core, or a version that one covers, `NAME`, such as 6.12.117 (hpcheck list kernels)",
	)
	fs.StringVar(
		&f.arch, "arch", "",
		"architecture `NAME`: "+strings.Join(model.Architectures(), ", ")+
			"; x86 if neither this nor a list of states says",
	)
	fs.StringSliceVar(
		&f.apply, "apply", nil,
		"apply these candidates for fixes, `NAME,...`, which no kernel has (hpcheck list candidates)",
	)
	f.origin.add(fs)
}

// lookup is the kernel that they name.
func (f *kernelFlags) lookup() (model.Kernel, error) {
	k, err := f.edition()
	if err != nil {
		return k, err
	}
	if f.arch != "" {
		if k, err = k.On(f.arch); err != nil {
			return k, usage("--arch", err)
		}
	}
	if k, err = k.Apply(f.apply...); err != nil {
		return k, usage("--apply", err)
	}
	return k, nil
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

func (f *machineFlags) addScenario(fs *pflag.FlagSet) {
	sc := &f.scenario
	*sc = model.Default()
	number(fs, &sc.CPUs, "cpus", "CPUs, 2 to 8; CPU 0 boots the machine")
	number(fs, &sc.Boot, "maxcpus", "CPUs brought up at boot, 0 for all; the others are cold")
	number(fs, &sc.Tasks, "tasks", "tasks that make operations, 1 to 4")
	number(fs, &sc.Ops, "ops", "operations that each task makes, 0 to 15: each any cpu_up() or cpu_down()")
	fs.StringSliceVar(
		&f.ops,
		"op",
		nil,
		"these operations instead, `up:CPU,down:CPU,...`; also online:CPU=0, target:CPU=STATE, smt:off, smt:on, and "+
			"boot, or boot:MAXCPUS, as the first",
	)
	fs.Var(
		word[model.Targets]{&sc.Targets},
		"targets",
		"what the tasks ask for, `WHAT`: ends (cpu_up() and cpu_down()), online (writes to cpuN/online), "+
			"all (also to cpuN/hotplug/target)",
	)
	number(fs, &sc.Readers, "readers", "tasks that call get_online_cpus(), 0 to 3")
	fs.BoolVar(&sc.ReadersLoop, "readers-loop", false, "they do it again and again")
	fs.BoolVar(&sc.ReadersNest, "readers-nest", false, "they may do it inside, too, where a percpu rwsem forbids it")
	number(fs, &sc.Installers, "installers", "drivers that install callbacks and remove them, 0 to 3")
	fs.BoolVar(
		&sc.PrepareStates, "prepare-states", false,
		"they may choose states of the prepare section, too, whose callbacks they call themselves",
	)
	fs.BoolVar(&sc.Suspend, "suspend", false, "a task suspends the machine and wakes it")
	fs.BoolVar(
		&sc.CPU0Hotplug, "cpu0hotplug", false,
		"operations may be on CPU 0 too, as they are where it has a file online (arm64, powerpc, riscv)",
	)
	number(fs, &sc.Disablers, "disablers", "tasks that forbid hotplug for a while, 0 to 2")
	number(fs, &sc.Absent, "absent", "how many of the CPUs, the last ones, are not present")
	fs.IntSliceVar(
		&sc.Isolated, "isolated", nil,
		"these CPUs, `CPU,...`, are isolated: the last one that is not must stay, for housekeeping",
	)
	number(fs, &sc.Impossible, "impossible", "how many of the absent CPUs are not even possible")
	fs.Var(
		word[model.CallbackKind]{&sc.Callback},
		"callback",
		"what the callbacks of the first dynamic state do, `KIND`: plain, get-online-cpus, "+
			"waits (for a mutex that readers hold), half (fail half-way)",
	)
	fs.Var(
		word[model.MemoryModel]{&sc.MemoryModel},
		"memory-model",
		"how threads see each other's stores to cpuhp_cpu_state, `MODEL`: sc (at once), tso (late, in order), "+
			"relaxed (in any order without a barrier)",
	)
	fs.BoolVar(
		&sc.RCU, "rcu", false,
		"synchronize_rcu() waits: for each CPU that did not report itself dead, and for the first smpboot thread "+
			"(ksoftirqd) of the one that goes down",
	)
	fs.BoolVar(
		&sc.OfflineDisabled, "offline-disabled", false,
		"the platform has declared that CPUs cannot go down (cpu_hotplug_disable_offlining())",
	)
	fs.BoolVar(
		&sc.PowerOff, "power-off", false,
		"__cpu_die() takes the power of a CPU that is said to be dead, where on x86 it waits until it has stopped",
	)
	number(
		fs, &sc.Migrators, "migrators",
		"tasks, 0 to 3, that have stoppers do something, as the scheduler does to move a task: stop_one_cpu() of "+
			"any CPU, or stop_two_cpus() of any two",
	)
	number(fs, &sc.WakeUps, "wake-ups", "wake-ups for no reason, 0 to 15, which every sleeper must bear")
	fs.Var(
		word[model.Throttle]{&sc.Throttle},
		"throttle",
		"who may be throttled, once, until a timer fires: `WHO`: none, task (the first that makes operations), "+
			"holder (who holds a mutex that a "+
			"callback for a dead CPU takes)",
	)
	fs.BoolVar(&sc.Cpuset, "cpuset", false, "cpuset follows the active mask, up to v6.9 by a work item")
	fs.StringSliceVar(
		&sc.Modules,
		"module",
		nil,
		"states of the ladder that come and go, `NAME,...`, or NAME=N for how many instances there are at first: "+
			"modules that are loaded and unloaded, devices",
	)
	fs.StringSliceVar(
		&f.clients, "client", nil,
		"subsystems that somebody wrote down, `FILE,...`: their tasks, work items, locks and callbacks "+
			"(docs/clients.md)",
	)
	fs.Var(
		word[model.SMTControl]{&sc.SMT},
		"smt",
		"whether CPUs with odd numbers are second threads of their cores, `CONTROL`: none (they are not), on, off "+
			"(they are, and forbidden at boot)",
	)
	number(fs, &sc.Notifiers, "notifiers", "CPU notifiers of drivers, 0 to 4")
	number(fs, &sc.DynStates, "dyn-states", "dynamic states of drivers, 0 to 4")
	number(
		fs, &sc.Instances, "instances",
		"instances, 0 to 3, of each of two more states, each of which may fail by itself",
	)
	fs.Var(
		word[model.ComeAndGo]{&sc.InstancesComeAndGo},
		"instances-come-and-go",
		"what a driver does with the last instance, `KIND`: none, one (adds and removes that of one "+
			"state), both (of each of them), shared (of each of them, by one node)",
	)
	number(fs, &sc.Smpboot, "smpboot-threads", "ordinary smpboot threads on each CPU, 0 to 3")
	number(fs, &sc.Faults, "faults", "faults in a run, 0 to 15")
	fs.StringSliceVar(
		&sc.FaultPoints,
		"fault",
		nil,
		"only at these points, `POINT,...`, with * for any text (hpcheck list faults); POINT=ERRNO+ERRNO or "+
			"POINT=any says "+
			"which errors it may return, as in startup:workqueue:online=ENOMEM",
	)
}

// number adds a flag for a whole number.
func number(fs *pflag.FlagSet, p *int, name, usage string) {
	fs.IntVar(p, name, *p, usage)
	fs.Lookup(name).DefValue = strconv.Itoa(*p)
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
		return nil, &exitError{exitUsage, fmt.Errorf("--%s %s: want %s", param.Param, param.Value, param.Want)}
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

// word is a flag whose value is one of a few words; the model says which.
type word[T ~string] struct{ value *T }

// Set implements [pflag.Value].
func (w word[T]) Set(text string) error {
	*w.value = T(text)
	return nil
}

// String implements [pflag.Value].
func (w word[T]) String() string {
	if w.value == nil {
		return ""
	}
	return string(*w.value)
}

// Type implements [pflag.Value].
func (w word[T]) Type() string { return "WORD" }

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

// usage is a mistake of the user's, about a flag.
func usage(flag string, err error) error {
	return &exitError{exitUsage, fmt.Errorf("%s: %w", flag, err)}
}

// flagError says in one line which flag has a bad value, and what is allowed.
func flagError(cmd *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	var unknown *pflag.NotExistError
	switch {
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() == "":
		var known []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, "--"+f.Name) })
		name := "--" + unknown.GetSpecifiedName()
		return &exitError{exitUsage, &model.UnknownError{Kind: "flag", Name: name, Known: known}}
	case !errors.As(err, &invalid):
		return &exitError{exitUsage, fmt.Errorf("%w (%s --help)", err, cmd.CommandPath())}
	}
	return &exitError{
		exitUsage, fmt.Errorf("--%s %s: want %s", invalid.GetFlag().Name, invalid.GetValue(), wanted(invalid)),
	}
}

// wanted is what a flag with a bad value wants.
func wanted(invalid *pflag.InvalidValueError) string {
	sc := model.Default()
	if want := sc.Range(invalid.GetFlag().Name); want != "" {
		return want
	}
	switch invalid.GetFlag().Value.Type() {
	case "int", "uint64":
		return "a whole number"
	case "duration":
		return "a time such as 90s or 2h"
	case "bool":
		return "true or false"
	}
	return strings.TrimPrefix(errors.Unwrap(invalid).Error(), "want ")
}

// notEmpty refuses a flag that was given nothing, such as an unset variable of a shell.
func notEmpty(fs *pflag.FlagSet) (err error) {
	fs.Visit(func(flag *pflag.Flag) {
		if text := flag.Value.String(); text == "" || text == "[]" {
			err = usage("--"+flag.Name, errors.New("is empty"))
		}
	})
	return err
}
