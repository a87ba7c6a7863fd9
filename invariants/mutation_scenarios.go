package invariants

import (
	"reflect"
	"slices"

	"github.com/hpcheck/hpcheck/model"
)

// MutationScenario is a scenario in which mutants are looked for.
type MutationScenario struct {
	Name     string
	Scenario model.Scenario
}

// MutationScenarios are those in which mutants of a kernel are looked for: small, and together they execute every
// instruction that there is.
func MutationScenarios(k model.Kernel) []MutationScenario {
	var fit []MutationScenario
	for _, s := range mutationScenarios {
		if s.name == "two installers" && !k.InstallersSerial {
			continue // they get in each other's way (finding 5), in many millions of states
		}
		sc := model.Default()
		s.change(k, &sc)
		if !k.Notifiers {
			sc.Notifiers = 0
		}
		same := func(s MutationScenario) bool { return reflect.DeepEqual(s.Scenario, sc) }
		if slices.ContainsFunc(fit, same) {
			continue
		}
		if sc, ok := fits(k, sc); ok && (s.name != "broken contract" || len(sc.FaultPoints) > 0) {
			fit = append(fit, MutationScenario{s.name, sc})
		}
	}
	for _, p := range model.Participants() { // those of whom the table does not know
		known := slices.ContainsFunc(fit, func(s MutationScenario) bool { return p.In(&s.Scenario) })
		sc := model.Default()
		sc.Ops, sc.Notifiers, sc.Smpboot, sc.DynStates, sc.Faults = 1, 0, 0, 0, 0
		p.Join(&sc)
		if sc, ok := fits(k, sc); ok && !known {
			fit = append(fit, MutationScenario{p.Key, sc})
		}
	}
	return fit
}

// failingDrivers are the faults of drivers, and of the CPU that refuses to go.
var failingDrivers = []string{"startup/*", "teardown/*", "cpu_disable", "sched_cpu_deactivate"}

// mutationScenarios change the plain scenario.
var mutationScenarios = []struct {
	name   string
	change func(model.Kernel, *model.Scenario)
}{
	{"one operation", func(_ model.Kernel, sc *model.Scenario) { sc.Ops = 1 }},
	{"nothing fails", func(_ model.Kernel, sc *model.Scenario) { sc.Faults = 0 }},
	{
		"drivers and __cpu_disable() fail",
		func(_ model.Kernel, sc *model.Scenario) { sc.Ops, sc.FaultPoints = 1, failingDrivers },
	},
	{
		"a machine that boots, and drivers fail",
		func(_ model.Kernel, sc *model.Scenario) { sc.Boot, sc.Ops, sc.FaultPoints = 1, 1, failingDrivers },
	},
	{"no notifiers", func(_ model.Kernel, sc *model.Scenario) { sc.Ops, sc.Notifiers = 1, 0 }},
	{
		"a machine that boots, without notifiers",
		func(_ model.Kernel, sc *model.Scenario) { sc.Boot, sc.Ops, sc.Notifiers = 1, 1, 0 },
	},
	{"two faults", func(_ model.Kernel, sc *model.Scenario) { sc.Ops, sc.Faults = 1, 2 }},
	{"a machine that boots", func(_ model.Kernel, sc *model.Scenario) { sc.Boot, sc.Ops = 1, 1 }},
	{
		"a machine that boots, and nothing fails",
		func(_ model.Kernel, sc *model.Scenario) { sc.Boot, sc.Ops, sc.Faults = 1, 1, 0 },
	},
	{"two operations", func(_ model.Kernel, sc *model.Scenario) {}},
	{"instances", func(_ model.Kernel, sc *model.Scenario) { sc.Instances, sc.Ops, sc.DynStates = 2, 1, 0 }},
	{
		"instances, two faults",
		func(_ model.Kernel, sc *model.Scenario) { sc.Instances, sc.Ops, sc.DynStates, sc.Faults = 2, 1, 0, 2 },
	},
	{"the files online", func(_ model.Kernel, sc *model.Scenario) {
		sc.Targets, sc.Faults, sc.Notifiers, sc.DynStates, sc.Smpboot = model.TargetsOnline, 0, 1, 0, 0
	}},
	{"half-way and back", func(k model.Kernel, sc *model.Scenario) {
		half := rungs(k, *sc)[1]
		sc.Sequence = []model.Op{target(half), target(half), target(rungs(k, *sc)[2])}
	}},
	{"the prepare section and back", func(k model.Kernel, sc *model.Scenario) {
		sc.Sequence = []model.Op{{Via: model.ViaOnline, CPU: 1}, target(rungs(k, *sc)[0]), target(rungs(k, *sc)[2])}
	}},
	{"the prepare section and back, and drivers fail", func(k model.Kernel, sc *model.Scenario) {
		sc.FaultPoints = failingDrivers
		sc.Sequence = []model.Op{{Via: model.ViaOnline, CPU: 1}, target(rungs(k, *sc)[0]), target(rungs(k, *sc)[2])}
	}},
	{"nothing to call after a failure", func(k model.Kernel, sc *model.Scenario) {
		sc.FaultPoints = failingDrivers
		sc.Sequence = []model.Op{{CPU: 1}, target(rungs(k, *sc)[2] - 1)}
	}},
	{
		"a number that no state has",
		func(_ model.Kernel, sc *model.Scenario) { sc.Sequence = []model.Op{target(999), target(1)} },
	},
	{"any target", func(_ model.Kernel, sc *model.Scenario) {
		sc.Targets, sc.Faults, sc.Notifiers, sc.DynStates, sc.Smpboot = model.TargetsAll, 0, 1, 0, 0
	}},
	{"an absent CPU", func(_ model.Kernel, sc *model.Scenario) { sc.CPUs, sc.Absent, sc.Ops = 3, 1, 1 }},
	{"a third CPU that stays down", func(_ model.Kernel, sc *model.Scenario) {
		sc.CPUs, sc.Boot, sc.Ops, sc.Notifiers, sc.Smpboot, sc.DynStates, sc.Faults = 3, 1, 1, 0, 0, 0, 0
	}},
	{
		"broken contract",
		func(_ model.Kernel, sc *model.Scenario) {
			sc.FaultPoints, sc.Ops = []string{"*dead/*", "cpu_*", "atomic/*"}, 1
		},
	},
	{
		"a disabler",
		func(_ model.Kernel, sc *model.Scenario) { sc.Disablers, sc.Ops, sc.Notifiers, sc.Faults = 1, 1, 0, 0 },
	},
	{"a reader", func(_ model.Kernel, sc *model.Scenario) {
		sc.Readers, sc.ReadersLoop, sc.Ops, sc.Notifiers, sc.Faults, sc.DynStates = 1, true, 1, 0, 0, 0
	}},
	{"two tasks", func(_ model.Kernel, sc *model.Scenario) {
		sc.Tasks, sc.Ops, sc.Faults, sc.Notifiers, sc.Smpboot, sc.DynStates = 2, 1, 0, 0, 0, 0
	}},
	{"an installer", func(_ model.Kernel, sc *model.Scenario) {
		sc.Installers, sc.Ops, sc.Notifiers, sc.Smpboot, sc.DynStates = 1, 1, 0, 0, 0
		sc.FaultPoints = append([]string{"install/*", "fail/driver"}, failingDrivers...)
	}},
	{"an installer, and nothing fails", func(_ model.Kernel, sc *model.Scenario) {
		sc.Installers, sc.Ops, sc.Notifiers, sc.Smpboot, sc.DynStates, sc.Faults = 1, 1, 0, 0, 0, 0
	}},
	{"an installer in the prepare section", func(_ model.Kernel, sc *model.Scenario) {
		sc.Installers, sc.PrepareStates, sc.Ops, sc.Notifiers, sc.Smpboot, sc.DynStates, sc.Faults = 1, true, 1, 0,
			0, 0, 0
	}},
	{"an instance that comes and goes", func(_ model.Kernel, sc *model.Scenario) {
		sc.Instances, sc.InstancesComeAndGo, sc.Ops, sc.Smpboot, sc.DynStates, sc.Faults = 2, model.InstanceOfOne,
			1, 0, 0, 0
	}},
	{"two installers", func(_ model.Kernel, sc *model.Scenario) {
		sc.Installers, sc.Ops, sc.Notifiers, sc.Smpboot, sc.DynStates, sc.Faults = 2, 0, 0, 0, 0, 0
	}},
	{"grace periods, and power that goes off", func(_ model.Kernel, sc *model.Scenario) {
		sc.CPUs, sc.Sequence, sc.RCU, sc.PowerOff = 3, []model.Op{{CPU: 1}, {CPU: 2}}, true, true
		sc.Notifiers, sc.Faults = 0, 0
	}},
	{"a migrator", func(_ model.Kernel, sc *model.Scenario) {
		sc.Migrators, sc.Sequence = 1, []model.Op{{CPU: 1}, {CPU: 1, Up: true}}
		sc.Notifiers, sc.Smpboot, sc.Faults, sc.DynStates = 0, 0, 0, 0
	}},
	{"a migrator, and two CPUs", func(_ model.Kernel, sc *model.Scenario) {
		sc.CPUs, sc.Migrators, sc.Ops, sc.Notifiers, sc.Smpboot, sc.Faults, sc.DynStates = 3, 1, 0, 0, 0, 0, 0
	}},
	{"wake-ups for no reason", func(_ model.Kernel, sc *model.Scenario) {
		sc.WakeUps, sc.Readers, sc.Ops, sc.Notifiers, sc.Faults, sc.DynStates = 1, 1, 1, 0, 0, 0
	}},
	{"cpuset", func(_ model.Kernel, sc *model.Scenario) { sc.Cpuset, sc.Smpboot, sc.Faults = true, 0, 0 }},
	{"a task that may be throttled", func(_ model.Kernel, sc *model.Scenario) {
		sc.Throttle, sc.Ops, sc.Smpboot, sc.Faults, sc.DynStates = model.ThrottleTask, 1, 0, 0, 0
	}},
	{"suspend", func(_ model.Kernel, sc *model.Scenario) {
		sc.Suspend, sc.Ops, sc.Notifiers, sc.Smpboot, sc.Faults, sc.DynStates = true, 1, 1, 0, 0, 0
	}},
	{"suspend alone", func(_ model.Kernel, sc *model.Scenario) {
		sc.Suspend, sc.Ops, sc.Notifiers, sc.Smpboot, sc.Faults, sc.DynStates = true, 0, 1, 0, 0, 0
	}},
	{"kexec", func(_ model.Kernel, sc *model.Scenario) {
		sc.Kexec, sc.Ops, sc.Notifiers, sc.Smpboot, sc.DynStates, sc.Faults = true, 1, 0, 0, 0, 0
	}},
	// Beside an operation the kernel itself violates what it asserts, that one CPU is left.
	{"kexec alone", func(_ model.Kernel, sc *model.Scenario) {
		sc.Kexec, sc.CPUs, sc.Ops, sc.Notifiers, sc.Smpboot, sc.DynStates, sc.Faults = true, 3, 0, 0, 0, 0, 0
	}},
	{
		"a callback that fails half-way",
		func(_ model.Kernel, sc *model.Scenario) { sc.Callback, sc.Ops = model.CallbackHalf, 1 },
	},
}
