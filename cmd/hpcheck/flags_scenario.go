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
	number(fs, &sc.CPUs, "cpus", "number of CPUs, 2 to 8; CPU 0 boots the machine")
	number(fs, &sc.Boot, "maxcpus", "number of CPUs brought up at boot, 0 for all")
	number(fs, &sc.Tasks, "tasks", "number of tasks that take CPUs up and down, 1 to 4")
	number(fs, &sc.Ops, "ops", "operations of each task, 0 to 15; each is any cpu_up() or cpu_down()")
	fs.StringSliceVar(
		&f.ops,
		"op",
		nil,
		"exactly these operations, `up:CPU,down:CPU,...`; also online:CPU=0, target:CPU=STATE, smt:off, smt:on, and "+
			"boot or boot:MAXCPUS as the first",
	)
	fs.Var(
		word[model.Targets]{&sc.Targets},
		"targets",
		"what the tasks do, `WHAT`: ends (call cpu_up() and cpu_down()), online (write to cpuN/online), "+
			"all (write to cpuN/hotplug/target too)",
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
	number(fs, &sc.Absent, "absent", "number of CPUs, the last ones, that are not present")
	addCPUs(
		fs, &sc.Isolated, "isolated",
		"isolate these CPUs, `CPUS`, such as 1,3-5: the last CPU that is not isolated has to stay, for housekeeping",
	)
	number(fs, &sc.Impossible, "impossible", "number of absent CPUs that are not even possible")
	number(
		fs, &sc.NrCPUs, "nr-cpus", "the kernel's nr_cpus=: CPUs from this number on are not possible; 0 is ignored",
	)
	fs.Var(
		word[model.CallbackKind]{&sc.Callback},
		"callback",
		"what the callbacks of the first dynamic state do, `KIND`: plain, get-online-cpus, "+
			"waits (for a mutex that readers hold), half (fail halfway)",
	)
	fs.Var(
		word[model.MemoryModel]{&sc.MemoryModel},
		"memory-model",
		"how threads see each other's stores to cpuhp_cpu_state, `MODEL`: sc (at once), tso (late, in order), "+
			"relaxed (in any order without a barrier)",
	)
	fs.BoolVar(
		&sc.RCU, "rcu", false,
		"synchronize_rcu() waits for each CPU that did not report itself dead, and for the first smpboot thread "+
			"(ksoftirqd) of the CPU that goes down",
	)
	fs.BoolVar(
		&sc.CPU0Hotplug, "cpu0hotplug", false,
		"CPU 0 can go down too, as on arm64, powerpc and riscv, where it has a file online",
	)
	fs.Var(
		word[model.SMTControl]{&sc.SMT},
		"smt",
		"whether CPUs with odd numbers are second threads of their cores, `CONTROL`: none (they are not), on, off "+
			"(they are, and not allowed at boot)",
	)
	number(
		fs, &sc.SMTThreads, "smt-threads",
		"threads per core with --smt on or off, 2 to 8, with consecutive numbers; 0 for 2",
	)
	fs.BoolVar(
		&sc.OfflineDisabled, "offline-disabled", false,
		"the platform does not allow CPUs to go down (cpu_hotplug_disable_offlining())",
	)
	fs.BoolVar(
		&sc.PowerOff, "power-off", false,
		"__cpu_die() cuts the power of a CPU that is reported dead; on x86 it waits until the CPU has stopped",
	)
}

// addDrivers adds the flags that say which drivers there are.
func (f *machineFlags) addDrivers(fs *pflag.FlagSet, sc *model.Scenario) {
	number(fs, &sc.Notifiers, "notifiers", "number of CPU notifiers of drivers, 0 to 4")
	number(fs, &sc.DynStates, "dyn-states", "number of dynamic states of drivers, 0 to 4")
	number(
		fs, &sc.Instances, "instances",
		"number of instances, 0 to 3, of each of two more states; each instance may fail",
	)
	number(fs, &sc.Smpboot, "smpboot-threads", "number of ordinary smpboot threads on each CPU, 0 to 3")
}

// addFaults adds the flags that say what may fail.
func (f *machineFlags) addFaults(fs *pflag.FlagSet, sc *model.Scenario) {
	number(fs, &sc.Faults, "faults", "most faults on one path, 0 to 15")
	fs.StringSliceVar(
		&sc.FaultPoints,
		"fault",
		nil,
		"inject faults only at these points, `POINT,...`, with * for any text (hpcheck list faults); "+
			"POINT=ERRNO+ERRNO or POINT=any says which errors, as in startup:workqueue:online=ENOMEM",
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
