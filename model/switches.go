package model

import "slices"

// Switch is something that editions do differently, and that is no mere fix.
type Switch struct {
	Name   string
	Doc    string // what a kernel does that has it
	Before string // what one does that does not have it
	Commit string // where it came

	has func(*Kernel) bool
}

// In reports whether the kernel has it.
func (s *Switch) In(k Kernel) bool { return s.has(&k) }

// Switches returns all of them, in the order of their commits.
func Switches() []Switch { return slices.Clone(switches) }

// Platforms returns what architectures do differently.
func Platforms() []Switch { return slices.Clone(platforms) }

var platforms = []Switch{
	{
		Name: "kick-once", Commit: "riscv", has: func(k *Kernel) bool { return k.KickOnce },
		Doc:    "a CPU that was kicked, and waits to be told to come online, cannot be kicked again: -ENOTSUPP",
		Before: "it begins again",
	},
	{
		Name:   "boot-cpu-offline",
		Commit: "arm64, powerpc, riscv",
		has:    func(k *Kernel) bool { return k.BootCPUOffline },
		Doc:    "CPU 0 has a file online that can be written",
		Before: "CPU 0 has none; hotplug/target takes it down all the same",
	},
	{
		Name: "primary-by-mask", Commit: "arm64", has: func(k *Kernel) bool { return k.PrimaryByMask },
		Doc: "the primary thread of a core is the first that is online, and any that is not: a forbidden second " +
			"thread is started at every write, and refused with -ECANCELED",
		Before: "the primary thread of a core is the one with the lowest number",
	},
	{
		Name: "smt-levels", Commit: "powerpc", has: func(k *Kernel) bool { return k.SMTLevels },
		Doc:    "a CPU is bootable only if cpu_smt_num_threads allows its thread",
		Before: "a CPU is bootable if cpu_smt_control is on",
	},
	{
		Name:   "smt-asks-core",
		Commit: "6c17ea1f3eaa (v6.12), powerpc",
		has:    func(k *Kernel) bool { return k.SMTAsksCore },
		Doc:    "a write of on to smt/control leaves out cores that are offline",
		Before: "a write of on to smt/control starts the threads of all cores",
	},
	{
		Name: "bsp-check", Commit: "x86", has: func(k *Kernel) bool { return k.BSPCheck },
		Doc:    "a suspend is refused, with -ENODEV, while CPU 0 is offline",
		Before: "the first CPU that is online stays when the machine is suspended",
	},
}

var switches = []Switch{
	{
		Name:   "notifiers",
		Commit: "until 530e9b76ae8f (v4.10)",
		has:    func(k *Kernel) bool { return k.Notifiers },
		Doc: "there are CPU notifiers, the scheduler's among them, and two step tables, of which each walk knows " +
			"one",
		Before: "there are no notifiers; what they did are states, and a step is looked up by its number, whoever asks",
	},
	{
		Name: "sparse-irq", Commit: "aa877175e7a9 (v4.9)", has: func(k *Kernel) bool { return k.SparseIRQ },
		Doc:    "bringup_cpu() holds the lock of the interrupt descriptors",
		Before: "bringup_cpu() does not hold the lock of the interrupt descriptors",
	},
	{
		Name:   "installers-serial",
		Commit: "dc434e056fe1 (v4.11)",
		has:    func(k *Kernel) bool { return k.InstallersSerial },
		Doc:    "who installs or removes callbacks holds cpuhp_state_mutex all the while",
		Before: "it holds the mutex only while it writes the step table, and two of them share a CPU's mailbox",
	},
	{
		Name: "unlock-on-error", Commit: "40da1b11f01e (v4.12)", has: func(k *Kernel) bool { return k.UnlockOnError },
		Doc:    "a write to hotplug/target that is refused gives device_hotplug_lock back",
		Before: "it keeps the lock",
	},
	{
		Name: "rwsem", Commit: "fc8dffd379ca (v4.13)", has: func(k *Kernel) bool { return k.RWSem },
		Doc:    "a percpu rwsem keeps operations out, and lets no reader in once a writer waits",
		Before: "a count of readers keeps operations out, and a writer may wait for ever",
	},
	{
		Name: "unpark-by-bp", Commit: "9cd4f1a4e7a8 (v4.13)", has: func(k *Kernel) bool { return k.UnparkByBP },
		Doc:    "the task that brings a CPU up unparks its hotplug thread and kicks it",
		Before: "the CPU's idle task does, which must not sleep",
	},
	{
		Name:   "stopper-by-bp",
		Commit: "9cd4f1a4e7a8 (v4.13), until 45178ac0cea8 (v5.6)",
		has:    func(k *Kernel) bool { return k.StopperByBP },
		Doc:    "the task that brings a CPU up unparks its stopper too",
		Before: "the CPU's idle task unparks its stopper",
	},
	{
		Name:   "state-per-run",
		Commit: "4dddfb5faa61 (v4.14)",
		has:    func(k *Kernel) bool { return k.StatePerRun },
		Doc: "the hotplug thread calls one callback each time that it runs, and the task that asked decides " +
			"where it goes after an error; there is the file fail",
		Before: "the hotplug thread goes the whole way, and back after an error, by itself",
	},
	{
		Name: "unbinds-at-home", Commit: "e8b3f8db7aad (v4.16)", has: func(k *Kernel) bool { return k.UnbindsAtHome },
		Doc:    "workqueue_offline_cpu() returns -1 on another CPU than the one that goes",
		Before: "workqueue_offline_cpu() has a work item on the CPU that goes do its work",
	},
	{
		Name: "park-waits", Commit: "85f1abe0019f (v4.17)", has: func(k *Kernel) bool { return k.ParkWaits },
		Doc: "kthread_park() returns when the thread has left the run queue, and warns if it was told to park " +
			"before",
		Before: "kthread_park() returns when the thread says, by KTHREAD_IS_PARKED, that it is about to leave it",
	},
	{
		Name:   "park-on-ap",
		Commit: "between v4.15 and v4.19",
		has:    func(k *Kernel) bool { return k.step("CPUHP_AP_SMPBOOT_THREADS").Teardown != "" },
		Doc:    "the hotplug thread parks the smpboot threads, as the teardown of their state",
		Before: "takedown_cpu() parks the smpboot threads",
	},
	{
		Name: "range-walk", Commit: "453e41085183 (v5.13)", has: func(k *Kernel) bool { return k.RangeWalk },
		Doc:    "one function goes every way, up or down, on or back, and only to states that have a callback",
		Before: "each part has a loop of its own, which comes to every state",
	},
	{
		Name: "dead-barred", Commit: "62f250694092 (v5.13)", has: func(k *Kernel) bool { return k.DeadBarred },
		Doc:    "the file fail does not take a state from which a CPU that is up can't come back",
		Before: "it takes every state that has a callback and is not atomic",
	},
	{
		Name: "dying-mask", Commit: "e40f74c535b8 (v5.13)", has: func(k *Kernel) bool { return k.DyingMask },
		Doc:    "there is a mask of the CPUs that go down",
		Before: "there is no mask of the CPUs that go down",
	},
	{
		Name:   "split-startup",
		Commit: "6f062123172a (v6.5)",
		has:    func(k *Kernel) bool { return k.SplitStartup },
		Doc: "a CPU is kicked in a state of its own, says that it is alive, and waits until it is told to come " +
			"online (CONFIG_HOTPLUG_SPLIT_STARTUP)",
		Before: "cpu:bringup kicks the CPU and waits until it is online",
	},
	{
		Name: "bringup-mask", Commit: "18415f33e2ac (v6.5)", has: func(k *Kernel) bool { return k.BringupMask },
		Doc:    "a boot with maxcpus= counts the CPUs that were started, whatever came of it",
		Before: "a boot with maxcpus= looks how many CPUs are online",
	},
	{
		Name: "sync-dead", Commit: "6f062123172a (v6.5)", has: func(k *Kernel) bool { return k.SyncDead },
		Doc: "a CPU says that it is dead, and the task that takes it down waits for that " +
			"(CONFIG_HOTPLUG_CORE_SYNC_DEAD)",
		Before: "the core does not wait until a CPU is dead; the architecture may",
	},
	{
		Name:   "down-in-worker",
		Commit: "2b8272ff4a70 (v6.6, and 6.1.y), until v7.0",
		has:    func(k *Kernel) bool { return k.DownInWorker },
		Doc:    "cpu_down() has a work item on another CPU do its work",
		Before: "cpu_down() does its work itself",
	},
	{
		Name:   "housekeeping-locked",
		Commit: "v7.0",
		has:    func(k *Kernel) bool { return k.HousekeepingLocked },
		Doc:    "_cpu_down() refuses, under the lock, if no housekeeping CPU is online; the one that goes counts",
		Before: "cpu_down() looks for another housekeeping CPU to work on, if it has a work item at all",
	},
	{
		Name: "smt-control", Commit: "05736e4ac13c (v4.19)", has: func(k *Kernel) bool { return k.SMTControl },
		Doc:    "the second threads of cores can be forbidden; then they are started once, and taken down again",
		Before: "all CPUs are alike",
	},
	{
		Name:   "smt-counts",
		Commit: "7f48405c3c34 (v6.6)",
		has:    func(k *Kernel) bool { return k.SMTCounts },
		Doc: "a write to smt/control looks at how many threads a core was to have, and does nothing if it is as " +
			"many",
		Before: "a write to smt/control looks at cpu_smt_control, and does nothing if it is that",
	},
	{
		Name:   "cpuset-flushed",
		Commit: "b22afcdf04c9 (v5.14), until 2125c0034c5d (v6.10)",
		has:    func(k *Kernel) bool { return k.CpusetFlushed },
		Doc:    "an operation waits until cpuset's work item has followed the active mask",
		Before: "an operation does not wait for cpuset",
	},
	{
		Name: "boot-cpu-target", Commit: "d385febc9a19 (v6.2)", has: func(k *Kernel) bool { return k.BootCPUTarget },
		Doc:    "st->target of the boot CPU is CPUHP_ONLINE",
		Before: "nobody sets st->target of the boot CPU",
	},
	{
		Name:   "timers-pushed",
		Commit: "5c0930ccaad5 (v6.7, and 6.1.y)",
		has:    func(k *Kernel) bool { return k.TimersPushed },
		Doc:    "a CPU that dies pushes its timers to another one",
		Before: "the task that takes a CPU down fetches its timers when it is dead",
	},
	{
		Name: "offline-barred", Commit: "1037e4c53e85 (v6.11)", has: func(k *Kernel) bool { return k.OfflineBarred },
		Doc:    "a platform may declare that CPUs cannot go down",
		Before: "no platform can declare that CPUs cannot go down",
	},
	{
		Name:   "freezes-from-last",
		Commit: "between v6.6 and v6.12",
		has:    func(k *Kernel) bool { return k.FreezesFromLast },
		Doc:    "a suspend takes the CPUs down from the last to the first",
		Before: "a suspend takes the CPUs down from the first to the last",
	},
	{
		Name:   "unpark-asks",
		Commit: "214e01ad4ed7 (v6.12, and 6.1.y)",
		has:    func(k *Kernel) bool { return k.UnparkAsks },
		Doc:    "kthread_unpark() does nothing about a thread that is not told to park",
		Before: "kthread_unpark() binds any thread, and warns of one that runs; with KTHREAD_IS_PARKED it looks at " +
			"that",
	},
	{
		Name: "bandwidth-first", Commit: "53916d5fd3c0 (v6.14)", has: func(k *Kernel) bool { return k.BandwidthFirst },
		Doc: "sched_cpu_deactivate() asks whether the deadline tasks fit on the other CPUs before it changes " +
			"anything",
		Before: "it asks when the CPU is no longer active, and makes it active again",
	},
	{
		Name: "cpuset-at-once", Commit: "2125c0034c5d (v6.10)", has: func(k *Kernel) bool { return k.CpusetAtOnce },
		Doc:    "cpuset follows the active mask as it changes",
		Before: "cpuset has a work item follow the active mask",
	},
}
