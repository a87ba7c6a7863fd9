package model

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/internal/choose"
)

// Fix is a named change that an edition has and its predecessor has not. Taking it out puts the bug back.
type Fix struct {
	Name   string
	Doc    string // what it changed
	Before string // what happened without it
	Commit string

	applies func(*Kernel) bool
	has     func(*Kernel) bool
	set     func(*Kernel, bool)
}

// Applies reports whether the code that it changes is there, with or without it.
func (f *Fix) Applies(k Kernel) bool { return f.applies(&k) }

// In reports whether the kernel has the fix.
func (f *Fix) In(k Kernel) bool { return f.has(&k) }

// Kernels are the names of the editions that have the fix.
func (f *Fix) Kernels() (names []string) {
	for _, k := range Kernels() {
		if f.has(&k) {
			names = append(names, k.Name)
		}
	}
	return names
}

// Revert returns the kernel with the named fixes taken out. It is an error if the kernel does not have one of them.
func (k Kernel) Revert(names ...string) (Kernel, error) {
	whole := k
	k.Steps, k.Without = slices.Clone(k.Steps), slices.Concat(k.Without, names)
	for _, name := range names {
		i := slices.IndexFunc(fixes, func(f Fix) bool { return f.Name == name })
		if i < 0 {
			return Kernel{}, &UnknownError{Kind: "fix", Name: name, Known: fixNames()}
		}
		if !fixes[i].has(&k) {
			return Kernel{}, fmt.Errorf(
				"%s is not in %v: it was taken out twice, or it never was there; it is in %s", name, whole,
				strings.Join(fixes[i].Kernels(), ", "),
			)
		}
		fixes[i].set(&k, false)
	}
	return k, nil
}

// Fixes returns those that the kernel has.
func (k Kernel) Fixes() []Fix {
	return slices.DeleteFunc(Fixes(), func(f Fix) bool { return !f.In(k) })
}

// Fixes returns all fixes, in the order of their commits.
func Fixes() []Fix { return slices.Clone(fixes) }

func fixNames() []string {
	names := make([]string, len(fixes))
	for i := range fixes {
		names[i] = fixes[i].Name
	}
	return names
}

var fixes = []Fix{
	{
		Name: "bringup-count", Commit: "06c6796e0304234da65e70577f354cb194086521",
		Doc:     "cpuhp_bringup_mask() counts a CPU when it has brought it up",
		Before:  "it counts it before, and leaves the last one out",
		applies: func(k *Kernel) bool { return k.BringupMask },
		has:     func(k *Kernel) bool { return !k.CountsEarly },
		set:     func(k *Kernel, on bool) { k.CountsEarly = !on },
	},
	{
		Name: "maxcpus-zero", Commit: "6ef8eb5125722c241fd60d7b0c872d5c2e5dd4ca",
		Doc:     "bringup_nonboot_cpus() does nothing with maxcpus=0",
		Before:  "it counts down from 0, comes to 0 never, and brings all CPUs up",
		applies: func(k *Kernel) bool { return k.BringupMask },
		has:     func(k *Kernel) bool { return !k.CountWraps },
		set:     func(k *Kernel, on bool) { k.CountWraps = !on },
	},
	{
		Name:   "wake-active-writer",
		Commit: "87af9e7ff9d9",
		Doc:    "a reader that leaves counts down without the lock, and wakes the writer from a wait queue",
		Before: "a reader that finds the lock taken leaves a note that it is gone and wakes nobody, and the " +
			"writer, which held the lock, goes to sleep",
		applies: func(k *Kernel) bool { return !k.RWSem },
		has:     func(k *Kernel) bool { return !k.PutsPending },
		set:     func(k *Kernel, on bool) { k.PutsPending = !on },
	},
	{
		Name: "register-waits", Commit: "4bee96860a65c3a62b332edac331b3cf936ba3ad",
		Doc:     "smpboot_register_percpu_thread() keeps the CPUs from changing",
		Before:  "a CPU comes up while threads are made for the CPUs that are up, and is left without",
		applies: func(*Kernel) bool { return true },
		has:     func(k *Kernel) bool { return !k.RegistersUnlocked },
		set:     func(k *Kernel, on bool) { k.RegistersUnlocked = !on },
	},
	{
		Name: "stopper-flushes", Commit: "233e7f267e580fefdeb36628b7efe8bfe056d27c",
		Doc:     "a stopper that is to park is disabled first, and flushes what was queued",
		Before:  "it is disabled when it parks, and what was queued since it looked last is said to be done",
		applies: func(*Kernel) bool { return true },
		has:     func(k *Kernel) bool { return !k.StopperDrains },
		set:     func(k *Kernel, on bool) { k.StopperDrains = !on },
	},
	{
		Name: "stop-two-at-once", Commit: "b17718d02f54b90978d0e0146368b512b11c3e84",
		Doc:     "stop_two_cpus() queues its works at both stoppers at once",
		Before:  "it queues one after the other, on the CPU with the lower number",
		applies: func(*Kernel) bool { return true },
		has:     func(k *Kernel) bool { return !k.StopTwoInTurn },
		set:     func(k *Kernel, on bool) { k.StopTwoInTurn = !on },
	},
	{
		Name: "report-before-death", Commit: "71f87b2fc64c2e9b6d53cb817f28711b959d3dfe",
		Doc:     "a CPU that dies reports to RCU, and then another CPU says for it that it is dead",
		Before:  "it says so itself and reports to RCU after that, when its power may be gone",
		applies: func(*Kernel) bool { return true },
		has:     func(k *Kernel) bool { return !k.LateReport },
		set:     func(k *Kernel, on bool) { k.LateReport = !on },
	},
	{
		Name: "park-after-grace-period", Commit: "2a58c527bb566b7abad96289fa5b973040c33c82",
		Doc:     "takedown_cpu() parks the smpboot threads, after it has waited for a grace period",
		Before:  "they are parked before, as the teardown of their state, and the grace period may need one of them",
		applies: func(k *Kernel) bool { return k.Notifiers },
		has: func(k *Kernel) bool {
			s := k.step("CPUHP_AP_SMPBOOT_THREADS")
			return k.Notifiers && s.Startup != "" && s.Teardown == ""
		},
		set: func(k *Kernel, on bool) {
			k.step("CPUHP_AP_SMPBOOT_THREADS").Teardown = choose.If(on, "", "smpboot_park_threads")
		},
	},
	{
		Name: "rollback", Commit: seedCommit,
		Doc:     "after a failed takedown _cpu_down() has the hotplug thread undo its own steps",
		Before:  "the steps of the hotplug thread stay torn down on a CPU that is online",
		applies: func(k *Kernel) bool { return !k.StatePerRun },
		has:     func(k *Kernel) bool { return k.APRollback },
		set:     func(k *Kernel, on bool) { k.APRollback = on },
	},
	{
		Name: "unpark", Commit: seedCommit,
		Doc:     "takedown_cpu() unparks the hotplug thread when the CPU refused to die",
		Before:  "the hotplug thread stays parked, and the next request to it is never answered",
		applies: func(k *Kernel) bool { return !k.StatePerRun },
		has:     func(k *Kernel) bool { return k.UnparkOnError },
		set:     func(k *Kernel, on bool) { k.UnparkOnError = on },
	},
	{
		Name: "down-failed-on-target", Commit: seedCommit,
		Doc:     "the hotplug thread sends CPU_DOWN_FAILED after its undo",
		Before:  "takedown_cpu() sends it on the controlling CPU, before anything is undone",
		applies: func(k *Kernel) bool { return k.Notifiers },
		has:     func(k *Kernel) bool { return k.DownFailedOnAP },
		set:     func(k *Kernel, on bool) { k.DownFailedOnAP = on },
	},
	{
		Name: "skip-onerr", Commit: seedCommit,
		Doc:     "notify:online has skip_onerr: an undo does not call it",
		Before:  "the undo of a failed takedown sends CPU_ONLINE, and then comes CPU_DOWN_FAILED",
		applies: func(k *Kernel) bool { return k.Notifiers },
		has:     func(k *Kernel) bool { return k.step("CPUHP_AP_NOTIFY_ONLINE").SkipOnErr },
		set:     func(k *Kernel, on bool) { k.step("CPUHP_AP_NOTIFY_ONLINE").SkipOnErr = on },
	},
	{
		Name:   "node-reset",
		Commit: "1f7c70d6b2bc",
		Doc:    "cpuhp_invoke_ap_callback() takes the node out of st->node when it is through",
		Before: "the hotplug thread calls the callbacks of the next operation for that node, which may be freed, " +
			"and for no other instance",
		applies: func(k *Kernel) bool { return k.StatePerRun },
		has:     func(k *Kernel) bool { return k.NodeReset },
		set:     func(k *Kernel, on bool) { k.NodeReset = on },
	},
	{
		Name:   "undo-guard",
		Commit: "69fa6eb7d6a64801ea261025cce9723d9442d773",
		Doc: "the control task goes back only if it came on, and then has the hotplug thread go back from " +
			"CPUHP_TEARDOWN_CPU",
		Before: "undo_cpu_down() counts st->state up, cpuhp_reset_state() counts it up once more, and the hotplug " +
			"thread leaves out a step on its way back",
		applies: func(k *Kernel) bool { return k.StatePerRun && !k.RangeWalk },
		has:     func(k *Kernel) bool { return k.UndoGuard },
		set:     func(k *Kernel, on bool) { k.UndoGuard = on },
	},
	{
		Name: "dying-in-state", Commit: "2ea46c6fc9452ac100ad907b051d797225847e33",
		Doc:     "cpuhp_set_state() and cpuhp_reset_state() keep the mask of dying CPUs",
		Before:  "cpuhp_invoke_callback() keeps it, and is not called where there is nothing to call",
		applies: func(k *Kernel) bool { return k.DyingMask },
		has:     func(k *Kernel) bool { return k.DyingInState },
		set:     func(k *Kernel, on bool) { k.DyingInState = on },
	},
	{
		Name: "no-bail-out", Commit: "6f855b39e4602b6b42a8e5cbcfefb8a1b8b5f0be",
		Doc:     "in a section in which nothing may fail the walk goes on after an error",
		Before:  "it stops there, though nobody can go back",
		applies: func(k *Kernel) bool { return k.RangeWalk },
		has:     func(k *Kernel) bool { return k.NoBailOut },
		set:     func(k *Kernel, on bool) { k.NoBailOut = on },
	},
	{
		Name: "prepare-dyn", Commit: "932d8476399f622aa0767a4a0a9e78e5341dc0e1",
		Doc:     "__cpuhp_setup_state() takes the number of a free slot for success in the prepare section too",
		Before:  "there it takes the number for an error, and does not call the callbacks that it has stored",
		applies: func(k *Kernel) bool { return !k.Notifiers },
		has:     func(k *Kernel) bool { return k.PrepareDyn },
		set:     func(k *Kernel, on bool) { k.PrepareDyn = on },
	},
	{
		Name: "instance-error", Commit: "673db10729fb121ea1b16fe57791a0cb9eac1eb5",
		Doc:     "the error of an instance is kept while those before it are undone",
		Before:  "the result of the undo takes its place, and the state counts as done",
		applies: func(k *Kernel) bool { return k.StatePerRun },
		has:     func(k *Kernel) bool { return k.InstanceError },
		set:     func(k *Kernel, on bool) { k.InstanceError = on },
	},
	{
		Name: "target-nop", Commit: "64ea6e44f85b9b75925ebe1ba0e6e8430cc4e06f",
		Doc:     "a write to hotplug/target of the state in which the CPU is does nothing",
		Before:  "such a write is a cpu_down() that has nothing to do",
		applies: func(k *Kernel) bool { return k.DyingMask },
		has:     func(k *Kernel) bool { return k.TargetNop },
		set:     func(k *Kernel, on bool) { k.TargetNop = on },
	},
}
