package model

import (
	"fmt"
	"slices"
	"strings"
)

// Kernel is one edition of the hotplug core: its step tables, and a switch for each thing that editions do differently.
// The programs ask for switches, never for a version.
type Kernel struct {
	Name   string // the edition, "v4.6"; with an architecture other than x86 behind a slash, "v7.3/arm64"
	Since  string // the first version that it covers, "4.6"; it covers those up to the next edition's
	Doc    string // a sentence on what it is
	Commit string // the upstream commit of kernel/cpu.c that it follows
	Steps  []Step // the built-in steps; the order does not matter

	DynFirst, DynLast int // the enum values of the slots for dynamic states

	Source   Source // what functions are assembled from instead of being written by hand; nil for the edition itself
	Disowned Object // what is not merged with its neighbours when it is lowered, since several threads are at it

	Without []string // the fixes that were taken out of the edition
	States  string   // the machine's ladder that it has, as FormatStates writes it; "" for the edition's own
	Machine string   // the name of that machine's list of states
	Asked   string   // the version of the kernel that was asked for, "6.12.117", if it is not the edition's own

	// Inferred says, in a line each, what was found out about the kernel and not told, and from which file.
	Inferred []string

	// Arch is the architecture; "" is x86. It says nothing but what the machine is called: what differs is below.
	Arch string

	// Notifiers: there are CPU notifiers, and the scheduler's are among them (until 530e9b76ae8f). After them, what
	// they did are states like any other, and a step is looked up by its number alone, whoever asks.
	Notifiers bool

	// SparseIRQ: bringup_cpu() keeps interrupts from being allocated and freed meanwhile (since aa877175e7a9).
	SparseIRQ bool

	// InstallersSerial: who installs or removes callbacks holds cpuhp_state_mutex all the while (since dc434e056fe1).
	// Before, it holds it while it writes the step table.
	InstallersSerial bool

	// RWSem: what keeps operations out is a percpu rwsem (since fc8dffd379ca). Before, it is a count of readers under a
	// mutex, which starves the writer.
	RWSem bool

	// UnparkByBP: who brings a CPU up unparks its hotplug thread and kicks it (since 9cd4f1a4e7a8). Before, the idle
	// task of the CPU does, which must not sleep.
	UnparkByBP bool

	// StopperByBP: who brings a CPU up unparks its stopper (from 9cd4f1a4e7a8 to 45178ac0cea8). Before and after, the
	// idle task of the CPU does.
	StopperByBP bool

	// ParkWaits: kthread_park() returns when the thread has left the run queue (since 85f1abe0019f). Before, it returns
	// when the thread says, by KTHREAD_IS_PARKED, that it is about to.
	ParkWaits bool

	// UnparkAsks: kthread_unpark() does nothing about a thread that is not told to park (since 214e01ad4ed7). Before,
	// it binds it all the same, and warns, since the thread runs.
	UnparkAsks bool

	// Since 4.10: the hotplug thread calls one callback each time that it runs, and whoever asked decides where it goes
	// after an error (since 4dddfb5faa61). Before, it goes the whole way, and back, by itself. With it came the file
	// fail.
	StatePerRun bool

	// UndoGuard: the way back of the control task begins only if there is one (since 69fa6eb7d6a6). Before,
	// undo_cpu_down() counts st->state up first of all, and the hotplug thread, which counts it up as well, leaves out
	// a step.
	UndoGuard bool

	// RangeWalk: cpuhp_invoke_callback_range() goes every way, up or down, on or back, and cpuhp_reset_state() may be
	// called twice (since 453e41085183). Before, each part has a loop of its own, which calls for states that have no
	// callback too.
	RangeWalk bool

	// NoBailOut: in a section in which nothing may fail, the walk goes on after an error (since 6f855b39e460). Between
	// 453e41085183 and that, it stops.
	NoBailOut bool

	// DeadBarred: the file fail does not take a state from which a CPU that is up can't come back (since 62f250694092).
	DeadBarred bool

	// DyingMask: there is a mask of the CPUs that go down (since e40f74c535b8).
	DyingMask bool

	// DyingInState: it is kept by cpuhp_set_state() and cpuhp_reset_state() (since 2ea46c6fc945). Before, it is kept by
	// cpuhp_invoke_callback(), which is not called where there is nothing to call.
	DyingInState bool

	// SplitStartup: CONFIG_HOTPLUG_SPLIT_STARTUP, and with it CONFIG_HOTPLUG_CORE_SYNC_FULL, as on x86. A CPU is kicked
	// in a state of its own, says that it is alive, and waits until it is told to come online (since a631be92b996,
	// v6.5).
	SplitStartup bool

	// SyncDead: CONFIG_HOTPLUG_CORE_SYNC_DEAD, as on x86 and arm64. A CPU says that it is dead, and the task that takes
	// it down waits for that (since 6f062123172a, v6.5).
	SyncDead bool

	// KickOnce: a CPU that was kicked and waits to be told to come online cannot be kicked again, as where firmware
	// starts CPUs (riscv). On x86 it begins again.
	KickOnce bool

	// BootCPUOffline: CPU 0 has a file online, which may be written, as on arm64.
	BootCPUOffline bool

	// BSPCheck: a machine whose CPU 0 is offline is not suspended, as on x86.
	BSPCheck bool

	// TargetNop: a write of the state at which the CPU is to its file target does nothing (since 64ea6e44f85b). Before,
	// it is a cpu_down() that has nothing to do.
	TargetNop bool

	// DownInWorker: cpu_down() has a work item on another CPU that is online do its work (since 2b8272ff4a70). It
	// changes nothing but who is seen to do it.
	DownInWorker bool

	// HousekeepingLocked: _cpu_down() asks, under the lock, whether any housekeeping CPU is online, the one that goes
	// among them (since v7.0). Before, cpu_down() has its work item run on another such CPU, and asks nobody if there
	// are no work items.
	HousekeepingLocked bool

	// SMTControl: the second threads of cores can be forbidden (since 05736e4ac13c).
	SMTControl bool

	// SMTCounts: a write to smt/control compares how many threads a core is to have with how many it was to have (since
	// 7f48405c3c34). Before, it compares what is written with cpu_smt_control.
	SMTCounts bool

	// PrimaryByMask: topology_is_primary_thread() is the generic one, as on arm64: the first in the mask of a CPU's
	// siblings, where only those are that are online, and the CPU itself. Elsewhere it goes by the number.
	PrimaryByMask bool

	// SMTLevels: CONFIG_SMT_NUM_THREADS_DYNAMIC, as on powerpc: cpu_bootable() asks cpu_smt_num_threads too.
	SMTLevels bool

	// SMTAsksCore: cpuhp_smt_enable() leaves out cores of which no thread is online, as on powerpc (since
	// 6c17ea1f3eaa).
	SMTAsksCore bool

	// BringupMask: at boot cpuhp_bringup_mask() goes through a mask and counts the CPUs that it has started (since
	// 18415f33e2ac). Before, a loop over the present CPUs looks how many are online.
	BringupMask bool

	// RegistersUnlocked: smpboot_register_percpu_thread() does not call get_online_cpus() (until 4bee96860a65).
	RegistersUnlocked bool

	// CountsEarly: cpuhp_bringup_mask() counts a CPU before it brings it up, and leaves the last one out (until
	// 06c6796e0304). CountWraps: bringup_nonboot_cpus() counts down from 0, too, and so brings all up (until
	// 6ef8eb512572).
	CountsEarly, CountWraps bool

	// OfflineBarred: the platform may declare that CPUs cannot go down (since 1037e4c53e85).
	OfflineBarred bool

	// FreezesFromLast: a suspend takes the CPUs down from the last to the first (since v6.12). Before, it goes the
	// other way.
	FreezesFromLast bool

	// BandwidthFirst: sched_cpu_deactivate() asks whether the deadline tasks fit on the other CPUs before it changes
	// anything (since 53916d5fd3c0, v6.14). Before, it asks when the CPU is no longer active.
	BandwidthFirst bool

	// UnbindsAtHome: workqueue_offline_cpu() unbinds the workers itself, and returns -1 if it does not run on the CPU
	// that goes (since e8b3f8db7aad). Before, it has a work item on that CPU do that.
	UnbindsAtHome bool

	// BootCPUTarget: the st->target of the boot CPU is CPUHP_ONLINE (since d385febc9a19). Before, nobody sets it.
	BootCPUTarget bool

	// TimersPushed: a CPU that dies pushes its timers to another one (since 5c0930ccaad5). Before, they are fetched
	// when it is dead, by the task that takes it down.
	TimersPushed bool

	// CpusetFlushed: an operation waits, when it has given the hotplug lock back, until cpuset has followed (since
	// b22afcdf04c9, until CpusetAtOnce). Before, it returns.
	CpusetFlushed bool

	// CpusetAtOnce: cpuset follows the active mask as it changes (since 2125c0034c5d). Before, it has a work item do
	// that.
	CpusetAtOnce bool

	// InstanceError: if an instance of a state fails, its error is kept while those before it are undone (since
	// 673db10729fb). Between 724a86881d03 and that, what the undo returns takes its place.
	InstanceError bool

	// NodeReset: who has asked for one instance takes it out of st->node again (since 1f7c70d6b2bc). Between
	// 96abb968549c and that it stays there, and the hotplug thread hands it to the callbacks of the next operation.
	NodeReset bool

	// PrepareDyn: who installs callbacks at a free slot of the prepare section has them called for the CPUs that are up
	// (since 932d8476399f). Before, the number of the slot, which is above zero, is taken for an error, and nobody is
	// called.
	PrepareDyn bool

	// What no kernel has: candidates for fixes (see candidates.go).

	FailSparesDead      bool // the file fail has no teardown fail from which there is no way back
	FailSparesRemovals  bool // the file fail has no teardown fail that is called for a driver that is removed
	TargetsBarred       bool // hotplug/target takes no state from the kick of a CPU to its takedown
	DeviceFollowsTarget bool // target_store() sets dev->offline
	BringupAfterBarrier bool // cpuhp_thread_fun() reads st->bringup behind its barrier
	SMTAsksDisabled     bool // cpuhp_smt_enable() looks at cpu_hotplug_disabled
	SMTCountRestored    bool // __store_smt_control() puts cpu_smt_num_threads back if it fails
	AnotherHousekeeper  bool // _cpu_down() asks for a housekeeping CPU other than the one that goes
	AliveIsKicked       bool // cpuhp_kick_ap_alive() does not kick a CPU that waits to be told to come online
	CountsWhoCame       bool // cpuhp_bringup_mask() counts a CPU if it has come to where it was to be brought
	RebootAsksActive    bool // migrate_to_reboot_cpu() takes no CPU that is not active
	ResumeMarksDevice   bool // thaw_secondary_cpus() sets dev->offline of a CPU that it cannot bring back

	// What was before v4.6, which no edition has: it comes with a fix that is taken out.

	// LateReport: the idle task of a CPU that dies says first that it is dead, and reports to RCU after that (until
	// 71f87b2fc64c). Since then it reports first, and has another CPU say it.
	LateReport bool

	// StopperDrains: a stopper is disabled when it parks, and says of what is still queued that it is done (until
	// 233e7f267e58). Since then take_cpu_down() disables it, and it flushes what is queued.
	StopperDrains bool

	// StopTwoInTurn: stop_two_cpus() has an interrupt, on the CPU with the lower number, queue its works for one
	// stopper and then for the other (until b17718d02f54). Since then it queues both at once.
	StopTwoInTurn bool

	// PutsPending: a reader that finds the lock taken leaves a note that it is gone, and wakes nobody (from
	// b2c4623dcd07 to 87af9e7ff9d9). Since then put_online_cpus() counts down without the lock, and wakes the writer.
	PutsPending bool

	// APRollback: after a takedown that failed, _cpu_down() sets st->rollback and kicks the hotplug thread, which
	// undoes its own steps (since 3b9d6da67e11). Before, they stay torn down.
	APRollback bool

	// UnparkOnError: takedown_cpu() unparks the hotplug thread when the CPU refused to die (since 3b9d6da67e11).
	// Before, it stays parked, and whoever kicks it next waits for ever.
	UnparkOnError bool

	// DownFailedOnAP: the hotplug thread sends CPU_DOWN_FAILED once it has undone its steps (since 3b9d6da67e11).
	// Before, takedown_cpu() sends it, on the controlling CPU, and first of all.
	DownFailedOnAP bool

	// UnlockOnError: write_cpuhp_target() gives device_hotplug_lock back when the target is refused (since
	// 40da1b11f01e). Before, it keeps it, and nobody can write to such a file again.
	UnlockOnError bool
}

// editions are all editions, each defined in a file of its own.
var editions []*Kernel

// edition registers an edition. A mistake in one is a bug of the program, so it panics.
func edition(k Kernel) *Kernel {
	if k.Name == "" || k.Doc == "" || k.Commit == "" || len(k.Steps) == 0 {
		panic("model: an edition needs a name, a sentence, a commit and steps")
	}
	k.BSPCheck = true
	editions = append(editions, &k)
	return &k
}

// vary returns steps with some of them replaced, by their numbers.
func vary(steps []Step, with ...Step) []Step {
	steps = slices.Clone(steps)
	for _, s := range with {
		i := slices.IndexFunc(steps, func(t Step) bool { return t.Number == s.Number })
		if i < 0 {
			panic("model: no step has the number of " + s.Symbol)
		}
		steps[i] = s
	}
	return steps
}

// Kernels returns all editions, oldest first.
func Kernels() []Kernel {
	ks := make([]Kernel, 0, len(editions))
	for _, k := range editions {
		ks = append(ks, *k)
	}
	slices.SortFunc(ks, func(a, b Kernel) int { return strings.Compare(a.order(), b.order()) })
	return ks
}

// order is the edition's place in time; version that of the kernel that was asked for.
func (k *Kernel) order() string { return versionOrder(k.Name) }
func (k *Kernel) version() string {
	if k.Asked != "" {
		return versionOrder("v" + k.Asked)
	}
	return k.order()
}

// step returns the built-in step with that symbol, an empty one if there is none.
func (k *Kernel) step(symbol string) *Step {
	for i := range k.Steps {
		if k.Steps[i].Symbol == symbol {
			return &k.Steps[i]
		}
	}
	return &Step{}
}

// fit takes what the edition does not have out of a scenario: notifiers that it does not have are not there.
func (k *Kernel) fit(sc *Scenario) {
	if !k.Notifiers {
		sc.Notifiers = 0
	}
}

// String returns the edition's name, and what was taken out: "v4.6 without rollback, unpark".
func (k Kernel) String() string {
	name := k.Name
	if k.Asked != "" {
		name += " for " + k.Asked
	}
	if k.States != "" {
		name += fmt.Sprintf(" on the %d states of %s", strings.Count(k.States, "\n"), k.Machine)
	}
	if len(k.Without) == 0 {
		return name
	}
	return name + " without " + strings.Join(k.Without, ", ")
}

// UnknownError says that a name means nothing, and which do.
type UnknownError struct {
	Kind  string // what it was to name: "kernel", "fix", ...
	Name  string
	Known []string
	Many  bool // there are too many to list
}

// Error suggests the nearest known name.
func (e *UnknownError) Error() string {
	msg := fmt.Sprintf("unknown %s %q", e.Kind, e.Name)
	if len(e.Name) > longestName { // whatever was given, it was no name
		return fmt.Sprintf("unknown %s %q...", e.Kind, e.Name[:longestName])
	}
	near := nearest(e.Name, e.Known)
	if near != "" {
		msg += fmt.Sprintf(", did you mean %q?", near)
	}
	if known := strings.Join(e.Known, ", "); !e.Many && (near == "" || len(known) <= longestList) {
		msg += " (known: " + known + ")"
	}
	return msg
}

// Messages are read in one glance: a name is shown up to a length, and a long list only if nothing better can be said.
const (
	longestName = 60
	longestList = 160
)

// nearest returns the known name with the smallest edit distance, "" if none is close enough to be meant.
func nearest(name string, known []string) string {
	best, at := "", len(strings.TrimLeft(name, "-"))/2+1 // the dashes of a flag say nothing
	for _, k := range known {
		if d := editDistance(name, k); d < at {
			best, at = k, d
		}
	}
	return best
}

// editDistance is Levenshtein's distance.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
