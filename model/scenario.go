package model

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Scenario says what happens to a machine: who is there, what is asked, and what may go wrong.
type Scenario struct {
	CPUs      int  // present CPUs; CPU 0 boots the machine
	Boot      int  // how many of them are brought up at boot, 0 for all: the kernel's maxcpus=
	Tasks     int  // control tasks
	Ops       int  // operations that each of them makes
	Sequence  []Op // these operations instead, one after the other, by each task
	Notifiers int  // CPU notifiers, besides the scheduler's own
	DynStates int  // dynamic states, registered since boot
	Instances int  // of each of two states with instances, which are there if it is above 0
	Smpboot   int  // ordinary smpboot threads on each CPU
	Faults    int  // how many faults may be injected

	Targets     Targets // what the tasks ask for, and how
	Readers     int     // tasks that call get_online_cpus()
	ReadersLoop bool    // they do it again and again
	// They may do it inside, too, where that is not allowed: before the rwsem they may anyway.
	ReadersNest        bool
	Installers         int          // drivers that install callbacks, and remove them again
	InstancesComeAndGo ComeAndGo    // what a driver does with the last instance of the two states
	PrepareStates      bool         // they may choose states of the prepare section too
	Suspend            bool         // a task suspends the machine, and wakes it
	Kexec              bool         // a task boots another kernel, for which all CPUs but one go down
	Reboot             bool         // a task restarts the machine
	Registrar          bool         // a task registers the last smpboot threads, and unregisters them
	CPU0Hotplug        bool         // tasks may choose operations on CPU 0 too, as they may where it has a file online
	Disablers          int          // tasks that forbid hotplug for a while
	Absent             int          // how many of the CPUs, the last ones, are not present
	Isolated           []int        // the CPUs that are not for housekeeping: isolcpus=domain, or an isolated cpuset
	Impossible         int          // how many of those are not even possible
	NrCPUs             int          // the kernel's nr_cpus=: those from that number on are not possible
	Callback           CallbackKind // what the callbacks of the first dynamic state do
	MemoryModel        MemoryModel  // how threads see each other's stores
	RCU                bool         // grace periods take a while, and need every CPU and its first smpboot thread
	OfflineDisabled    bool         // the platform has declared that CPUs cannot go down
	PowerOff           bool         // a CPU that is said to be dead loses its power at once
	Migrators          int          // tasks that have stoppers do something
	WakeUps            int          // wake-ups for no reason
	Throttle           Throttle     // who may be throttled, once
	Cpuset             bool         // cpuset follows the active mask
	// States of the ladder that come and go: NAME, or NAME=N for how many instances there are at first.
	Modules []string
	Clients []Client   // subsystems written in files
	SMT     SMTControl // whether cores have several threads, and the second ones are forbidden at boot
	// How many threads a core has then, one after the other by their numbers; 0 for two.
	SMTThreads int

	// FaultPoints are patterns of the fault points that may fire: * stands for any text. If there are none, every point
	// may at which the kernel allows a failure; a point that breaks a contract of the kernel must be named, and * alone
	// names none.
	FaultPoints []string
}

// Targets says what the tasks ask for, and how; "" is TargetsEnds.
type Targets string

// What tasks may ask for.
const (
	TargetsEnds   Targets = "ends"   // cpu_up() and cpu_down(), as kernel code calls them
	TargetsOnline Targets = "online" // writes of 0 and 1 to cpuN/online
	TargetsAll    Targets = "all"    // these, and writes of any number to cpuN/hotplug/target
)

// CallbackKind says what the callbacks of the first dynamic state do; "" is CallbackPlain.
type CallbackKind string

// What those callbacks may do.
const (
	CallbackPlain CallbackKind = "plain"           // they succeed or fail
	CallbackReads CallbackKind = "get-online-cpus" // they call get_online_cpus()
	CallbackWaits CallbackKind = "waits"           // they take a mutex that readers hold around get_online_cpus()
	// They have two pieces of work, and may fail after the first, which they undo.
	CallbackHalf CallbackKind = "half"
)

// ComeAndGo says what a driver does with the last instance of the states that have some; "" is InstancesStay.
type ComeAndGo string

// What the driver may do.
const (
	InstancesStay  ComeAndGo = "none"   // all instances are there since boot
	InstanceOfOne  ComeAndGo = "one"    // it adds an instance to one of the two states, and removes it
	InstanceOfBoth ComeAndGo = "both"   // it adds an instance to each of them, with a node of its own, and removes them
	InstanceShared ComeAndGo = "shared" // as above, but with one node for both
)

// any reports whether there is such a driver.
func (c ComeAndGo) any() bool { return cmp.Or(c, InstancesStay) != InstancesStay }

// Throttle says who may be throttled by the scheduler's bandwidth control; "" is ThrottleNobody.
type Throttle string

// Who may be.
const (
	ThrottleNobody Throttle = "none"
	ThrottleTask   Throttle = "task"   // the first of the tasks that make operations
	ThrottleHolder Throttle = "holder" // a task that holds a mutex, which a callback for a dead CPU takes
)

// any reports whether somebody may be.
func (t Throttle) any() bool { return cmp.Or(t, ThrottleNobody) != ThrottleNobody }

// Default is the scenario of a plain run.
func Default() Scenario {
	return Scenario{CPUs: 2, Tasks: 1, Ops: 2, Notifiers: 2, DynStates: 1, Smpboot: 1, Faults: 1,
		Targets: TargetsEnds, Callback: CallbackPlain, InstancesComeAndGo: InstancesStay, MemoryModel: SC,
		Throttle: ThrottleNobody, SMT: SMTNone}
}

// ParamError says which parameter of a scenario can't be, and what can.
type ParamError struct {
	Param string // the field's name in small letters: "cpus"
	Value string
	Want  string
}

// Error returns "cpus 99: want 2 to 8".
func (e *ParamError) Error() string { return fmt.Sprintf("%s %s: want %s", e.Param, e.Value, e.Want) }

// param is a numeric parameter with its range.
type param struct {
	name          string
	value, lo, hi int
}

func (sc *Scenario) params() []param {
	return []param{
		{"cpus", sc.CPUs, 2, MaxCPUs},
		{"maxcpus", sc.Boot, 0, sc.CPUs},
		{"tasks", sc.Tasks, 1, MaxTasks},
		{"ops", sc.Ops, 0, 15},
		{"notifiers", sc.Notifiers, 0, 4},
		{"dyn-states", sc.DynStates, 0, 4},
		{"instances", sc.Instances, 0, MaxInstances},
		{"smpboot-threads", sc.Smpboot, 0, MaxSmpboot},
		{"faults", sc.Faults, 0, 15},
		{"absent", sc.Absent, 0, sc.CPUs - 1},
		{"impossible", sc.Impossible, 0, sc.Absent},
		{"smt-threads", sc.SMTThreads, 0, MaxCPUs},
		{"nr-cpus", sc.NrCPUs, 0, sc.CPUs},
	}
}

// Range says what a numeric parameter may be: "2 to 8". It is empty if there is no such parameter.
func (sc *Scenario) Range(name string) string {
	for _, p := range Params() {
		if p.Key == name && p.hi > 0 {
			return p.between()
		}
	}
	for _, p := range sc.params() {
		if p.name == name {
			return fmt.Sprintf("%d to %d", p.lo, p.hi)
		}
	}
	return ""
}

// choice is a parameter that is one of a few words: the first, if nobody says.
type choice struct {
	name, value string
	words       []string
}

func (sc *Scenario) choices() []choice {
	return []choice{
		{"targets", string(sc.Targets), texts(TargetsEnds, TargetsOnline, TargetsAll)},
		{"callback", string(sc.Callback), texts(CallbackPlain, CallbackReads, CallbackWaits, CallbackHalf)},
		{"memory-model", string(sc.MemoryModel), texts(SC, TSO, Relaxed)},
		{"smt", string(sc.SMT), texts(SMTNone, SMTOn, SMTOff)},
	}
}

// texts are words as they are typed.
func texts[T ~string](words ...T) []string {
	all := make([]string, len(words))
	for i, w := range words {
		all[i] = string(w)
	}
	return all
}

// Words are what a parameter may be, if it is one of a few words: "ends", "online", "all". The first is what it is if
// nobody says.
func (sc *Scenario) Words(name string) []string {
	for _, p := range Params() {
		if p.Key == name {
			return p.words
		}
	}
	for _, c := range sc.choices() {
		if c.name == name {
			return c.words
		}
	}
	return nil
}

// Validate returns a *ParamError if the scenario can't be.
func (sc *Scenario) Validate() error {
	for _, p := range sc.params() {
		if p.value < p.lo || p.value > p.hi {
			return &ParamError{p.name, strconv.Itoa(p.value), sc.Range(p.name)}
		}
	}
	for _, c := range sc.choices() {
		if c.value != "" && !slices.Contains(c.words, c.value) {
			return &ParamError{c.name, c.value, oneOf(c.words)}
		}
	}
	if err := sc.fitting(); err != nil {
		return err
	}
	if n := sc.unbound(); n > MaxUnbound {
		return &ParamError{"tasks", fmt.Sprintf("%d, readers, installers and others", sc.Tasks),
			fmt.Sprintf("at most %d of all together", MaxUnbound)}
	}
	if err := sc.lacks(); err != nil {
		return err
	}
	for _, cpu := range sc.Isolated {
		if cpu < 0 || cpu >= sc.CPUs || len(sc.Isolated) >= sc.CPUs {
			return &ParamError{
				"isolated", fmt.Sprint(sc.Isolated), fmt.Sprintf("CPUs from 0 to %d, and not all of them", sc.CPUs-1),
			}
		}
	}
	return sc.validSequence()
}

// lacks returns a *ParamError if a parameter needs another that is not there.
func (sc *Scenario) lacks() error {
	kind := cmp.Or(sc.Callback, CallbackPlain)
	for _, n := range []struct {
		lacks              bool
		name, value, wants string
	}{
		{
			kind != CallbackPlain && sc.DynStates == 0,
			"callback", string(kind), "dyn-states=1 or more, whose callbacks these are",
		},
		{
			sc.SMTThreads > 0 && !sc.SMT.any(),
			"smt-threads", strconv.Itoa(sc.SMTThreads), "smt=on or smt=off, so that there are second threads",
		},
		{sc.SMTThreads == 1, "smt-threads", "1", "2 to 8, or 0 for two; with smt=none a core has one"},
		{
			kind == CallbackWaits && sc.Readers == 0,
			"callback", string(kind), "readers=1 or more, who hold the mutex",
		},
	} {
		if n.lacks {
			return &ParamError{n.name, n.value, n.wants}
		}
	}
	return nil
}

// validSequence returns a *ParamError if an operation can't be.
func (sc *Scenario) validSequence() error {
	if len(sc.Sequence) > 15 {
		return &ParamError{"op", strconv.Itoa(len(sc.Sequence)) + " operations", "at most 15"}
	}
	for i, o := range sc.Sequence {
		switch {
		case o.Via == ViaBoot && (i > 0 || sc.Tasks > 1 || sc.Boot != 1):
			return &ParamError{"op", o.String(), "it as the first operation of one task, with maxcpus=1"}
		case o.Via == ViaBoot && sc.notAtBoot():
			return &ParamError{"op", o.String(), "nobody else: at that time there are neither drivers nor user space"}
		case o.Via == ViaSMT && !sc.SMT.any():
			return &ParamError{"op", o.String(), "smt=on or smt=off, so that there are second threads"}
		case o.Via == ViaBoot || o.Via == ViaSMT:
			continue
		}
		if o.Via == ViaTarget && (o.Target < -1 || o.Target > 999) {
			return &ParamError{"op", o.String(), "a target from -1 to 999"}
		}
		if o.CPU >= sc.CPUs {
			return &ParamError{"op", o.String(), fmt.Sprintf("a CPU from 0 to %d", sc.CPUs-1)}
		}
	}
	return nil
}

// oneOf lists what a word may be: "a, b or c".
func oneOf(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// present is how many CPUs are present: the first ones.
func (sc *Scenario) present() int { return sc.within(sc.CPUs - sc.Absent) }

// within is how many of the first n CPUs the command line lets the kernel know.
func (sc *Scenario) within(n int) int {
	if sc.NrCPUs == 0 {
		return n
	}
	return min(n, sc.NrCPUs)
}

// absent reports whether the CPU is not present, possible whether it might ever be.
func (sc *Scenario) absent(cpu int) bool   { return cpu >= sc.present() }
func (sc *Scenario) possible(cpu int) bool { return cpu < sc.within(sc.CPUs-sc.Impossible) }

// booted reports whether the CPU is brought up at boot. A second thread that is forbidden is started once and taken
// down again (cpu_bootable()), so that only maxcpus= leaves out that.
func (sc *Scenario) booted(cpu int) bool { return !sc.absent(cpu) && (sc.Boot == 0 || cpu < sc.Boot) }

// online reports whether the CPU is up after boot.
func (sc *Scenario) online(cpu int) bool {
	return sc.booted(cpu) && !(sc.SMT == SMTOff && sc.secondary(cpu))
}

// isolated reports whether a CPU is not for housekeeping.
func (sc *Scenario) isolated(cpu int) bool { return slices.Contains(sc.Isolated, cpu) }

// ops returns how many operations a task makes.
func (sc *Scenario) ops() int {
	if len(sc.Sequence) > 0 {
		return len(sc.Sequence)
	}
	return sc.Ops
}

// String says in words what happens: "2 CPUs, 1 task, 2 operations each, ...".
func (sc Scenario) String() string {
	count := func(n int, what string) string {
		if n == 1 {
			return "1 " + what
		}
		return fmt.Sprintf("%d %ss", n, what)
	}
	parts := []string{count(sc.CPUs, "CPU")}
	if sc.Boot > 0 && sc.Boot < sc.CPUs {
		parts[0] += fmt.Sprintf(" (%d up at boot)", sc.Boot)
	}
	parts = append(parts, count(sc.Tasks, "task"))
	if len(sc.Sequence) > 0 {
		ops := make([]string, len(sc.Sequence))
		for i, o := range sc.Sequence {
			ops[i] = o.String()
		}
		parts = append(parts, strings.Join(ops, " "))
	} else {
		parts = append(parts, count(sc.Ops, "operation"))
	}
	parts = append(parts, sc.participants(count)...)
	parts = append(parts, count(sc.Notifiers, "notifier"), count(sc.DynStates, "dynamic state"),
		count(sc.Smpboot, "smpboot thread")+" per CPU", count(sc.Faults, "fault"))
	if len(sc.FaultPoints) > 0 {
		parts[len(parts)-1] += " at " + strings.Join(sc.FaultPoints, " ")
	}
	return strings.Join(parts, ", ")
}

// MaxInstances is how many instances a state of a scenario may have.
const MaxInstances = 3

// participants are who and what there is besides the tasks.
func (sc *Scenario) participants(count func(int, string) string) []string {
	var parts []string
	some := func(n int, what string) {
		if n > 0 {
			parts = append(parts, count(n, what))
		}
	}
	if cmp.Or(sc.Targets, TargetsEnds) != TargetsEnds {
		parts = append(parts, "targets "+string(sc.Targets))
	}
	parts = append(parts, sc.inWords(count)...)
	some(sc.Instances, "instance")
	some(sc.Absent, "absent CPU")
	some(sc.Impossible, "impossible CPU")
	if sc.NrCPUs > 0 {
		parts = append(parts, fmt.Sprintf("nr_cpus=%d", sc.NrCPUs))
	}
	if len(sc.Isolated) > 0 {
		parts = append(parts, strings.Trim(fmt.Sprint("CPUs isolated: ", sc.Isolated), " "))
	}
	if cmp.Or(sc.Callback, CallbackPlain) != CallbackPlain {
		parts = append(parts, "callbacks "+string(sc.Callback))
	}
	if cmp.Or(sc.MemoryModel, SC) != SC {
		parts = append(parts, "memory "+string(sc.MemoryModel))
	}
	if sc.RCU {
		parts = append(parts, "grace periods")
	}
	if sc.OfflineDisabled {
		parts = append(parts, "offlining disabled")
	}
	if sc.PowerOff {
		parts = append(parts, "power goes off")
	}
	if sc.SMT.any() {
		parts = append(parts, "SMT "+string(sc.SMT))
		if n := sc.ThreadsPerCore(); n > 2 {
			parts[len(parts)-1] += fmt.Sprintf(" with %d threads to a core", n)
		}
	}
	return parts
}
