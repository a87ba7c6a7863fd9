package model

import "slices"

// Switch is something that editions do differently, and that is no mere fix.
type Switch struct {
	Name   string
	Doc    string // what a kernel does that has it
	Before string // what one does that has it not
	Commit string // where it came

	has func(*Kernel) bool
}

// In reports whether the kernel has it.
func (s *Switch) In(k Kernel) bool { return s.has(&k) }

// Switches returns all of them, in the order of their commits.
func Switches() []Switch { return slices.Clone(switches) }

var switches = []Switch{
	{
		Name: "unlock-on-error", Commit: "40da1b11f01e (v4.12)", has: func(k *Kernel) bool { return k.UnlockOnError },
		Doc:    "a write to hotplug/target that is refused gives device_hotplug_lock back",
		Before: "it keeps the lock",
	},
	{
		Name: "stepwise", Commit: "4dddfb5faa61 (v4.14)", has: func(k *Kernel) bool { return k.Stepwise },
		Doc:    "the hotplug thread calls one callback each time that it runs, and the task that asked decides where it goes after an error; there is the file fail",
		Before: "the hotplug thread goes the whole way, and back after an error, by itself",
	},
	{
		Name: "target-nop", Commit: "64ea6e44f85b (v6.2, and 6.1.y)", has: func(k *Kernel) bool { return k.TargetNop },
		Doc:    "a write to hotplug/target of the state in which the CPU is does nothing",
		Before: "such a write is a cpu_down() that has nothing to do",
	},
	{
		Name: "split-startup", Commit: "6f062123172a (v6.5)", has: func(k *Kernel) bool { return k.SplitStartup },
		Doc:    "a CPU is kicked in a state of its own, says that it is alive, and waits until it is told to come online; it says when it is dead",
		Before: "cpu:bringup kicks the CPU and waits until it is online",
	},
	{
		Name: "down-in-worker", Commit: "2b8272ff4a70 (v6.6, and 6.1.y)", has: func(k *Kernel) bool { return k.DownInWorker },
		Doc:    "cpu_down() has a work item on another CPU do its work",
		Before: "cpu_down() does its work itself",
	},
}
