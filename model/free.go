package model

import "slices"

// Steps that are free: whoever has one as the next may take it at once, since it comes to the same whatever the others
// do before it, now or ever. Which they are is known from the programs, so nobody has to be followed to find out.

// Free reports whether the next step of a thread, which must be possible, is free: each step of another thread that can
// be made before it comes to the same if it is made after it. (Steps after which nothing runs are free of nothing; who
// looks at the events of this one has to ask about them, too.)
//
// A step that touches nothing shared is. It may have to wait for a CPU, while stoppers have them all; but if they never
// give one back, they are stuck whether it was made before or not.
//
// So is the schedule() of a thread that has parked, in an edition from before v4.17, see [Machine.rebinds].
func (x *Exec) Free(s *State, id ThreadID, looks func(EventKind) bool) bool {
	x.become(s, id)
	n := x.node()
	switch {
	case n.sleeps:
		seen := x.m.watched[x.m.threads[id].slot] && looks(EventSleep)
		return x.m.rebinds() && x.t.State == TaskParked && !seen
	case x.task == nil || n.access.now != nil || !n.access.empty():
		return false
	}
	var f Footprint
	f.note(x)
	return f.reads|f.writes == 0
}

// empty reports whether that is nothing but the budget of faults, see Ahead.
func (a *access) empty() bool {
	return a.read|a.write&^objFaults|a.add|a.boot|a.clientRead|a.clientWrite == 0
}

// rebinds reports whether a thread that sleeps in TASK_PARKED is bound to its CPU before it wakes up, and by nobody who
// might overtake it. Then it need not be known of a sleeping one whether it was moved away from its CPU before
// (a variable that is dead: Bozga, Fernandez and Ghirvu, "State space reduction based on live variables analysis",
// 1999), and schedule() forgets it. With that the schedule() of a thread that parks is free.
//
// Before v4.17 a thread says that it parks, by KTHREAD_IS_PARKED and a completion, before it leaves the run queue. From
// then on it is in TASK_PARKED: nothing but wake_up_state(TASK_PARKED) ends that, which only kthread_unpark() calls.
// Who unparks it has cleared KTHREAD_IS_PARKED, which one caller can do; then he waits in wait_task_inactive() until it
// sleeps, binds it, and wakes it up. Of the other steps that have to do with the thread,
//   - an ordinary wake-up does nothing in TASK_PARKED, asleep or not;
//   - migration_call() moves it if it still runs: that is forgotten when it sleeps, and it would not run there anyhow;
//   - wait_task_inactive(), and the idle task of a CPU that goes down, wait until it sleeps, or was moved;
//   - a stopper may keep it off its CPU. Where it does so for ever the stopper is stuck: so it is after the step, too,
//     since who now goes on in wait_task_inactive() comes to no stop_machine() of his own, for stop_cpus_mutex is held.
//
// A mutant in which something of that is done wrong can be told apart, and has neither.
func (m *Machine) rebinds() bool { return !m.Kernel.ParkWaits && !m.tampered && !m.weakMemory }

// Remember has the machine forget nothing by [Machine.rebinds], and returns it: so it can be compared, state by state,
// with its mutants, of which some forget nothing. Its Execs mark local work too, as [Machine.MutationsAt] needs it.
func (m *Machine) Remember() *Machine {
	m.tampered, m.marksAll = true, true
	return m
}

// parkers are the functions, and parking the objects, that [Machine.rebinds] relies on.
var parkers = []string{
	"kthread", "kthread_park", "kthread_unpark", "__kthread_bind", "__kthread_parkme", "smpboot_thread_fn",
	"smpboot_create_threads", "__smpboot_create_thread", "stop_machine", "stop_cpus", "__stop_cpus",
	"queue_stop_cpus_work", "multi_cpu_stop", "cpu_stop_signal_done", "cpu_stopper_thread", "stop_machine_park",
	"stop_machine_unpark",
}

var parking = func() Object {
	o := objStop | objAck | objWork | objTodo | objStopWork | objStopped | objLock<<StopCPUsMutex
	for slot := range slotSmpboot + MaxSmpboot {
		o |= taskOf(slot) | kthreadOf(slot)
	}
	return o
}()

// parks reports whether what a node does is relied on by [Machine.rebinds].
func (n *node) parks() bool {
	return (n.access.read|n.access.write|n.access.add)&parking != 0 ||
		n.fn != nil && slices.Contains(parkers, n.fn.name)
}
