package main

import (
	"strconv"

	"github.com/spf13/pflag"

	"github.com/hpcheck/hpcheck/model"
)

func (f *machineFlags) addScenario(fs *pflag.FlagSet) {
	f.scenario = model.Default()
	for _, add := range []func(*pflag.FlagSet, *model.Scenario){
		f.addTasks, f.addParticipants, f.addMachine, f.addDrivers, f.addFaults,
	} {
		add(fs, &f.scenario)
	}
}

// addTasks adds the flags that say what the tasks ask for.
func (f *machineFlags) addTasks(fs *pflag.FlagSet, sc *model.Scenario) {
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
}

// addParticipants adds the flags of those who may take part beside the tasks: as they say themselves.
func (f *machineFlags) addParticipants(fs *pflag.FlagSet, sc *model.Scenario) {
	for _, p := range model.Params() {
		switch at := p.At(sc).(type) {
		case *int:
			number(fs, at, p.Key, p.Doc)
		case *bool:
			fs.BoolVar(at, p.Key, *at, p.Doc)
		case *[]string:
			fs.StringSliceVar(at, p.Key, nil, p.Doc)
		case *[]model.Client: // they are in files
			fs.StringSliceVar(&f.clients, p.Key, nil, p.Doc)
		case model.Word:
			fs.Var(at, p.Key, p.Doc)
		}
	}
}

// addMachine adds the flags that say what the machine is like.
func (f *machineFlags) addMachine(fs *pflag.FlagSet, sc *model.Scenario) {
	number(fs, &sc.Absent, "absent", "how many of the CPUs, the last ones, are not present")
	addCPUs(
		fs, &sc.Isolated, "isolated",
		"these CPUs, `CPUS`, such as 1,3-5, are isolated: the last one that is not must stay, for housekeeping",
	)
	number(fs, &sc.Impossible, "impossible", "how many of the absent CPUs are not even possible")
	number(
		fs, &sc.NrCPUs, "nr-cpus", "the kernel's nr_cpus=: CPUs from that number on are not possible; it ignores 0",
	)
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
		&sc.CPU0Hotplug, "cpu0hotplug", false,
		"operations may be on CPU 0 too, as they are where it has a file online (arm64, powerpc, riscv)",
	)
	fs.Var(
		word[model.SMTControl]{&sc.SMT},
		"smt",
		"whether CPUs with odd numbers are second threads of their cores, `CONTROL`: none (they are not), on, off "+
			"(they are, and forbidden at boot)",
	)
	number(
		fs, &sc.SMTThreads, "smt-threads",
		"threads to a core with --smt on or off, 2 to 8, one after the other by their numbers; 0 for 2",
	)
	fs.BoolVar(
		&sc.OfflineDisabled, "offline-disabled", false,
		"the platform has declared that CPUs cannot go down (cpu_hotplug_disable_offlining())",
	)
	fs.BoolVar(
		&sc.PowerOff, "power-off", false,
		"__cpu_die() takes the power of a CPU that is said to be dead, where on x86 it waits until it has stopped",
	)
}

// addDrivers adds the flags that say which drivers there are.
func (f *machineFlags) addDrivers(fs *pflag.FlagSet, sc *model.Scenario) {
	number(fs, &sc.Notifiers, "notifiers", "CPU notifiers of drivers, 0 to 4")
	number(fs, &sc.DynStates, "dyn-states", "dynamic states of drivers, 0 to 4")
	number(
		fs, &sc.Instances, "instances",
		"instances, 0 to 3, of each of two more states, each of which may fail by itself",
	)
	number(fs, &sc.Smpboot, "smpboot-threads", "ordinary smpboot threads on each CPU, 0 to 3")
}

// addFaults adds the flags that say what may fail.
func (f *machineFlags) addFaults(fs *pflag.FlagSet, sc *model.Scenario) {
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
