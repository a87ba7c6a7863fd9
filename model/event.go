package model

import (
	"fmt"

	"github.com/hpcheck/hpcheck/internal/choose"
)

// EventKind says what an observer of the machine could have seen.
type EventKind uint8

// The kinds of events, with the fields of [Event] that they use besides CPU.
const (
	EventNone      EventKind = iota
	EventCall                // cpu_up() or cpu_down() is called: Up
	EventBegin               // the operation got cpu_add_remove_lock: Up
	EventEnd                 // the operation gives it back: Up, Ret
	EventReturn              // the operation has returned: Up, Ret
	EventEnter               // a callback is entered: Step, Up
	EventExit                // a callback has returned: Step, Up, Ret
	EventNotify              // a notifier was called: Notification, Notifier, Ret
	EventFault               // a fault was injected: Point
	EventBug                 // a BUG_ON fired: Assertion
	EventWarn                // a WARN_ON fired: Assertion
	EventWake                // a sleeping thread was woken: Thread
	EventRequest             // somebody will wait for a completion: Completion, Purpose
	EventComplete            // a completion is signalled: Completion, Purpose
	EventConsume             // who waited for a completion goes on: Completion
	EventReadBegin           // a task is inside get_online_cpus(): Thread
	EventReadEnd             // it leaves with put_online_cpus(): Thread
	EventInstalled           // __cpuhp_setup_state() is through: Step, Owner, Up if it calls the callbacks, Ret
	EventRemoved             // __cpuhp_remove_state() is through: Step, Owner, Up as above
	EventSleep               // a thread that must not sleep comes to where it may: Thread
	EventForbid              // cpu_hotplug_disable() is through, for whoever called it: Thread
	EventAllow               // who called it is in cpu_hotplug_enable(): Thread
	// A callback is entered for an instance: Step, Up, Instance; of a machine's ladder only while Tracing.
	EventInstance
	EventInstanceDone // it has returned: Step, Up, Instance, Ret
	EventWork         // a stopper has accepted a migrator's work: Thread
	EventWorked       // it executes it: Thread
	EventWorkDone     // the migrator is told that it is done: Thread
	// Cpuhp_invoke_callback() is called: Step, Up; like those that follow only while Tracing.
	EventInvoke
	EventInvoked // it returns: Step, Up, Ret
	EventKick    // cpuhp_kick_ap_work() begins: Step, from where it goes
	EventKicked  // it ends: Step as above, Ret
	numEventKinds
)

// String is the event's short name.
func (k EventKind) String() string {
	return [numEventKinds]string{
		EventNone: "none", EventCall: "call", EventBegin: "begin", EventEnd: "end", EventReturn: "return",
		EventEnter: "enter",
		EventExit:  "exit", EventNotify: "notify", EventFault: "fault", EventBug: "bug", EventWarn: "warn",
		EventWake:    "wake",
		EventRequest: "request", EventComplete: "complete", EventConsume: "consume", EventReadBegin: "read-begin",
		EventWork: "work", EventWorked: "worked", EventWorkDone: "work-done",
		EventReadEnd: "read-end", EventInstalled: "installed", EventRemoved: "removed", EventSleep: "sleep",
		EventForbid: "forbid", EventAllow: "allow",
		EventInvoke: "invoke", EventInvoked: "invoked", EventInstance: "instance", EventInstanceDone: "instance-done",
		EventKick: "kick", EventKicked: "kicked",
	}[k]
}

// EventKinds returns every kind of event that there is without a tracer.
func EventKinds() []EventKind {
	kinds := make([]EventKind, 0, numEventKinds)
	for k := EventNone + 1; k < EventInvoke; k++ {
		kinds = append(kinds, k)
	}
	return kinds
}

// Event is something that an observer of the real machine could have seen.
type Event struct {
	Kind         EventKind
	CPU          uint8 // the CPU that it is about, which is not always the one on which it happens
	Step         Rung  // of an operation, its target
	Up           bool  // a startup, not a teardown; cpu_up(), not cpu_down()
	Notification Notification
	Notifier     uint8  // position in the chain
	Point        uint16 // index into Machine.FaultPoints
	Assertion    uint8  // index into Machine.Assertions
	Thread       ThreadID
	Completion   Completion
	Purpose      Purpose
	Via          Via
	Instance     uint8 // of a state that has some
	Owner        Owner // whose callback it is: 0 for those of the step table
	Ret          Errno
}

// Completion names a struct completion of a CPU.
type Completion uint8

// The completions. ParkedCompletion + slot is kthread.parked of the thread in that slot.
const (
	DoneCompletion Completion = iota // st->done
	StopCompletion                   // cpu_stop_done.completion
	ParkedCompletion
)

// String returns the kernel's name.
func (c Completion) String() string {
	switch c {
	case DoneCompletion:
		return "st->done"
	case StopCompletion:
		return "cpu_stop_done.completion"
	}
	return slotName(int(c-ParkedCompletion)) + "->parked"
}

// Purpose is what a completion says, or what is waited for.
type Purpose uint8

// The purposes. st->done serves the first three.
const (
	ForWork   Purpose = iota // the hotplug thread has done what was asked
	ForDead                  // the CPU is dead
	ForOnline                // the CPU is online, and its hotplug thread has done its part
	ForPark                  // a thread is parked
	ForStop                  // the stoppers are done
)

// String says it in words.
func (p Purpose) String() string {
	return [...]string{
		"the request is done", "the CPU is dead", "the CPU is online", "the thread is parked", "the stoppers are done",
	}[p]
}

// Notification is what the CPU notifier chain is told.
type Notification uint8

// The notifications of include/linux/cpu.h.
const (
	CPUUpPrepare Notification = iota
	CPUUpCanceled
	CPUStarting
	CPUOnline
	CPUDownPrepare
	CPUDownFailed
	CPUDying
	CPUDead
	CPUPostDead
)

// String returns the kernel's name.
func (n Notification) String() string {
	return [...]string{
		"CPU_UP_PREPARE", "CPU_UP_CANCELED", "CPU_STARTING", "CPU_ONLINE", "CPU_DOWN_PREPARE", "CPU_DOWN_FAILED",
		"CPU_DYING", "CPU_DEAD", "CPU_POST_DEAD",
	}[n]
}

// CallbackName is the function that an EventEnter or an EventExit is about.
func (m *Machine) CallbackName(e Event) string {
	if e.Owner != OwnerNone && e.Owner != OwnerModule {
		return callbackName(callbackOf(e.Owner, e.Up))
	}
	return m.Ladder[e.Step].Callback(e.Up)
}

// OpOf is the operation that an EventCall is about.
func (m *Machine) OpOf(e Event) Op {
	if e.Via == ViaBoot {
		return Op{Via: ViaBoot}
	}
	o := Op{Up: e.Up, CPU: int(e.CPU), Via: e.Via}
	if e.Via == ViaTarget {
		o.Up, o.Target = false, m.numberOf(e.Step)
	}
	return o
}

// DescribeEvent says in words what the event is.
func (m *Machine) DescribeEvent(e Event) string {
	switch e.Kind {
	case EventCall:
		switch e.Via {
		case ViaKernel:
			return "calls " + m.describeCall(e)
		case ViaBoot:
			return "brings the CPUs up"
		default:
			return "writes " + m.written(e)
		}
	case EventBegin:
		return m.describeCall(e) + " begins"
	case EventEnd:
		return fmt.Sprintf("%s ends with %v", m.describeCall(e), e.Ret)
	case EventReturn:
		return fmt.Sprintf("%s returns %v", m.describeCall(e), e.Ret)
	case EventEnter:
		return "enters " + m.describeCallback(e)
	case EventExit:
		return fmt.Sprintf("%s returns %v", m.describeCallback(e), e.Ret)
	case EventNotify:
		text := fmt.Sprintf("%s gets %v for CPU %d", m.Chain[e.Notifier].Name, e.Notification, e.CPU)
		if e.Ret != OK {
			text += fmt.Sprintf(" and refuses with %v", e.Ret)
		}
		return text
	case EventFault:
		return "FAULT " + m.FaultPoints[e.Point].Name
	case EventBug:
		return "BUG " + m.Assertions[e.Assertion].String()
	case EventWarn:
		return "WARN " + m.Assertions[e.Assertion].String()
	case EventWake:
		return "wakes " + m.ThreadName(e.Thread)
	case EventRequest:
		return fmt.Sprintf("will wait for %v of CPU %d: %v", e.Completion, e.CPU, e.Purpose)
	case EventComplete:
		return fmt.Sprintf("completes %v of CPU %d: %v", e.Completion, e.CPU, e.Purpose)
	case EventConsume:
		return fmt.Sprintf("goes on: %v of CPU %d was completed", e.Completion, e.CPU)
	}
	return m.describeBeside(e)
}

// describeCall describes an operation, by how it is asked for.
func (m *Machine) describeCall(e Event) string {
	switch e.Via {
	case ViaKernel:
		return fmt.Sprintf("%s(%d)", choose.If(e.Up, "cpu_up", "cpu_down"), e.CPU)
	case ViaBoot:
		return "bringing up of the CPUs"
	}
	return "write of " + m.written(e)
}

// written says what a write that asks for an operation writes to which file.
func (m *Machine) written(e Event) string {
	switch e.Via {
	case ViaTarget:
		return fmt.Sprintf("%s to cpu%d/hotplug/target", m.TargetName(e.Step), e.CPU)
	case ViaOnline:
		return fmt.Sprintf("%d to cpu%d/online", bit(e.Up), e.CPU)
	}
	return choose.If(e.Up, "on", "off") + " to smt/control"
}

// OperationName names the operation that an EventCall begins, as a sentence has it: "cpu_down(1)", "the write of 0 to
// cpu1/online", [TheBoot].
func (m *Machine) OperationName(e Event) string {
	switch e.Via {
	case ViaKernel:
		return m.describeCall(e)
	case ViaBoot:
		return TheBoot
	}
	return "the " + m.describeCall(e)
}

// TheBoot is the name of the operation that brings the CPUs up when the machine boots.
const TheBoot = "the boot"

// WorkName names what a thread does that makes operations without an EventCall: "the suspend", "the work of kexec 1".
func (m *Machine) WorkName(id ThreadID) string {
	if c := m.threads[id].crew; c.work != "" {
		return c.work
	}
	return "the work of " + m.ThreadName(id)
}

// describeCallback describes a callback, and whose it is.
func (m *Machine) describeCallback(e Event) string {
	if e.Owner != OwnerNone && e.Owner != OwnerModule {
		return fmt.Sprintf("%s(%d) of %s", m.CallbackName(e), e.CPU, m.Ladder[e.Step].Name)
	}
	return fmt.Sprintf("%s(%d)", m.CallbackName(e), e.CPU)
}

// describeBeside describes the events of those who are beside an operation.
func (m *Machine) describeBeside(e Event) string {
	switch e.Kind {
	case EventReadBegin:
		return m.ThreadName(e.Thread) + " is inside get_online_cpus()"
	case EventReadEnd:
		return m.ThreadName(e.Thread) + " leaves with put_online_cpus()"
	case EventInstalled:
		return fmt.Sprintf(
			"__cpuhp_setup_state() of driver%d at %s returns %v", e.Owner-1, m.Ladder[e.Step].Name, e.Ret,
		)
	case EventSleep:
		return m.ThreadName(e.Thread) + " may sleep, and must not"
	case EventForbid:
		return m.ThreadName(e.Thread) + " has disabled hotplug"
	case EventAllow:
		return m.ThreadName(e.Thread) + " enables hotplug again"
	case EventWork:
		return fmt.Sprintf("migration/%d accepts the work of %s", e.CPU, m.ThreadName(e.Thread))
	case EventWorked:
		return fmt.Sprintf("migration/%d executes the work of %s", e.CPU, m.ThreadName(e.Thread))
	case EventWorkDone:
		return fmt.Sprintf("%s is told that its work is done", m.ThreadName(e.Thread))
	case EventRemoved:
		return fmt.Sprintf("driver%d is removed from %s", e.Owner-1, m.Ladder[e.Step].Name)
	}
	return m.describeTraced(e)
}

// instance names the instance that an event is about. Those of a machine's ladder have no numbers.
func (m *Machine) instance(e Event) string {
	if step := &m.Ladder[e.Step]; step.MayFail {
		return fmt.Sprintf("instance %d of %s", e.Instance, step.Name)
	}
	return "an instance"
}

// describeTraced describes what only a tracer sees.
func (m *Machine) describeTraced(e Event) string {
	number := m.Ladder[e.Step].Number
	switch e.Kind {
	case EventInvoke:
		return fmt.Sprintf("calls cpuhp_invoke_callback(%d, %d)", e.CPU, number)
	case EventInvoked:
		return fmt.Sprintf("cpuhp_invoke_callback(%d, %d) returns %v", e.CPU, number, e.Ret)
	case EventInstance:
		return fmt.Sprintf("enters %s(%d) for %s", m.CallbackName(e), e.CPU, m.instance(e))
	case EventInstanceDone:
		return fmt.Sprintf("%s(%d) for %s returns %v", m.CallbackName(e), e.CPU, m.instance(e), e.Ret)
	case EventKick:
		return fmt.Sprintf("cpuhp_kick_ap_work(%d) begins at %d", e.CPU, number)
	case EventKicked:
		return fmt.Sprintf("cpuhp_kick_ap_work(%d), begun at %d, returns %v", e.CPU, number, e.Ret)
	}
	return fmt.Sprintf("event %d", e.Kind)
}
