package main

import (
	"strconv"

	"github.com/spf13/pflag"

	"github.com/hpcheck/hpcheck/model"
)

func (f *machineFlags) addScenario(fs *pflag.FlagSet) {
	f.scenario = model.Default()
	for _, add := range []func(*pflag.FlagSet, *model.Scenario){
		f.addTasks, f.addOthers, f.addMachine, f.addBystanders, f.addDrivers, f.addFaults,
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

// addOthers adds the flags that say who is there beside them.
func (f *machineFlags) addOthers(fs *pflag.FlagSet, sc *model.Scenario) {
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
}

// addMachine adds the flags that say what the machine is like.
func (f *machineFlags) addMachine(fs *pflag.FlagSet, sc *model.Scenario) {
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
}

// addBystanders adds the flags that say who gets in the way.
func (f *machineFlags) addBystanders(fs *pflag.FlagSet, sc *model.Scenario) {
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
}

// addDrivers adds the flags that say which drivers there are.
func (f *machineFlags) addDrivers(fs *pflag.FlagSet, sc *model.Scenario) {
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
