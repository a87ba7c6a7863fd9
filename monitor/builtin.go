package monitor

import (
	"fmt"
	"strings"

	"github.com/hpcheck/hpcheck/ftrace"
	"github.com/hpcheck/hpcheck/model"
)

// Watched says of a property whether the tracepoints of CPU hotplug show enough to watch it.
type Watched struct {
	Property string
	Part     string // what of it is watched; "" for nothing
	Why      string // why not more
	make     func([]model.Step) *Automaton
}

const (
	notifiers  = "CPU notifiers have no tracepoint, and there are none since v4.10"
	noEnd      = "no tracepoint shows that an operation begins, ends, or what it returns"
	noMasks    = "no tracepoint shows the masks"
	noLocks    = "no tracepoint of CPU hotplug shows locks"
	noThreads  = "parking shows in the scheduler's tracepoints at most, not in those of CPU hotplug"
	noRequests = "no tracepoint shows a request to a hotplug thread, or its answer"
	kernelSays = "the kernel says so itself, in its log"
	noDrivers  = "no tracepoint shows that a driver installs or removes a state"
	wantsClock = "for ever is no event: it takes a clock, which is a hybrid automaton"
	walkPart   = "the order of the callbacks: each startup and each teardown comes where the one before it ended"
)

// Table is what can be watched of each of hpcheck's properties, in their order.
func Table() []Watched {
	return []Watched{
		{"down-failed-excludes-online", "", notifiers, nil},
		{"rollback-restores-smpboot", "", noThreads, nil},
		{"down-failed-on-target", "", notifiers, nil},
		{"rollback-restores-state", "", noEnd, nil},
		{"rollback-order", walkPart, noEnd, walk},
		{"notifier-protocol", "", notifiers, nil},
		{"callback-balance", walkPart + ", so they alternate", "of st->state only what the events have", walk},
		{
			"callback-context", "callbacks of the starting and dying sections run with interrupts off, those of the " +
				"hotplug thread on its CPU, and those of the control task not in a hotplug thread",
			"whether the task that runs is the one that asked does not show", context,
		},
		{"masks-agree", "", noMasks, nil},
		{"truthful-result", "", noEnd, nil},
		{"locks-released", "", noLocks, nil},
		{"no-bug-on", "", kernelSays, nil},
		{"no-warn-on", "", kernelSays, nil},
		{"no-deadlock", "", wantsClock, nil},
		{"no-stale-completion", "", noRequests, nil},
		{"reader-excludes-writer", "", "readers of cpu_hotplug_lock have no tracepoint", nil},
		{"installer-complete", "", noDrivers, nil},
		{"mailbox-exclusive", "", noRequests, nil},
		{
			"one-writer-of-state",
			"callbacks of one CPU do not overlap, but for those within cpu:bringup and cpu:teardown",
			"st->state itself shows only where a callback ends",
			overlap,
		},
		{"park-protocol", "", noThreads, nil},
		{"idle-never-blocks", "", "it takes the scheduler's tracepoints", nil},
		{"hotplug-disabled-respected", "", "cpu_hotplug_disable() has no tracepoint", nil},
		{"frozen-agrees", "", "cpuhp_tasks_frozen shows nowhere", nil},
		{"lock-order", "", "that is lockdep's", nil},
		{"walk-complete", walkPart + ", and none is left out", noEnd, walk},
		{"stopper-serves", "", "stoppers have no tracepoint", nil},
		{
			"instance-balance",
			"",
			"cpuhp_multi_enter has the instance, but a monitor's object is a number, and this takes a CPU and a node",
			nil,
		},
		{"error-has-cause", "", noEnd, nil},
		{"threads-agree", "", noThreads, nil},
		{"lock-guards", "", noLocks, nil},
		{"operation-terminates", "", wantsClock, nil},
		{"parked-unparks", "", wantsClock, nil},
		{"writer-not-starved", "", wantsClock, nil},
	}
}

// Of makes the automaton of a property for a kernel with that ladder. The error says why it cannot be watched.
func Of(property string, ladder []model.Step) (*Automaton, error) {
	var known []string
	for _, w := range Table() {
		if w.Property == property && w.make == nil {
			return nil, fmt.Errorf("%s cannot be watched from tracepoints: %s", property, w.Why)
		}
		if w.Property == property {
			a := w.make(ladder)
			a.Name, a.Doc = strings.ReplaceAll(property, "-", "_"), w.Part
			return a, a.valid()
		}
		known = append(known, w.Property)
	}
	return nil, &model.UnknownError{Kind: "property", Name: property, Known: known}
}

// sections are where the ladder's sections end, as numbers of states.
type sections struct {
	bringup  int // cpu:bringup
	kick     int // in which a CPU is kicked, -1 if that is cpu:bringup
	offline  int // ap:offline
	online   int // ap:online
	teardown int // cpu:teardown
}

func sectionsOf(ladder []model.Step) sections {
	s := sections{kick: -1}
	for _, step := range ladder {
		switch step.Symbol {
		case "CPUHP_BRINGUP_CPU":
			s.bringup = step.Number
		case "CPUHP_BP_KICK_AP":
			s.kick = step.Number
		case "CPUHP_TEARDOWN_CPU":
			s.teardown = step.Number
		case "CPUHP_AP_ONLINE":
			s.online = step.Number
		case "CPUHP_AP_OFFLINE":
			s.offline = step.Number
		}
	}
	return s
}

// inThread reports whether a hotplug thread did it.
func inThread(e *ftrace.Event) bool { return strings.HasPrefix(e.Comm, "cpuhp/") }

// inThreadC is the same in C.
const inThreadC = `!strncmp(current->comm, "cpuhp/", 6)`

func enters(e *ftrace.Event) bool { return e.Kind == ftrace.Enter || e.Kind == ftrace.MultiEnter }

// kicks reports whether the event only brackets what the hotplug thread does: cpuhp_kick_ap_work() shows itself as a
// callback of the state in which the CPU is, and runs in the control task.
func (s sections) kicks(e *ftrace.Event) bool { return e.Step > s.teardown && !inThread(e) }

// nests reports whether other callbacks of the CPU run within this one.
func (s sections) nests(step int) bool {
	return step == s.bringup || step == s.kick || step == s.teardown
}

// overlap watches that the callbacks of a CPU do not overlap.
func overlap(ladder []model.Step) *Automaton {
	s := sectionsOf(ladder)
	inner := func(e *ftrace.Event) bool { return !s.nests(e.Step) && !s.kicks(e) }
	when := fmt.Sprintf("idx != %d && idx != %d && (idx <= %d || %s)", s.bringup, s.teardown, s.teardown, inThreadC)
	if s.kick >= 0 {
		when = fmt.Sprintf("idx != %d && ", s.kick) + when
	}
	a := &Automaton{Events: []Event{
		{
			"callback_begins",
			"cpuhp_enter",
			when,
			func(e ftrace.Event) bool { return e.Kind == ftrace.Enter && inner(&e) },
		},
		{
			"instance_begins", "cpuhp_multi_enter", when,
			func(e ftrace.Event) bool { return e.Kind == ftrace.MultiEnter && inner(&e) },
		},
		{"callback_ends", "cpuhp_exit", when, func(e ftrace.Event) bool { return e.Kind == ftrace.Exit && inner(&e) }},
	}}
	a.move("unknown", "inside", "callback_begins", "instance_begins")
	a.move("unknown", "between", "callback_ends")
	a.move("between", "inside", "callback_begins", "instance_begins")
	a.move("inside", "between", "callback_ends")
	return a
}

// context watches where callbacks run.
func context(ladder []model.Step) *Automaton {
	s := sectionsOf(ladder)
	wrong := func(e *ftrace.Event) bool {
		switch {
		case e.Step > s.teardown:
			return inThread(e) && e.On != e.CPU
		case e.Step > s.offline && e.Step < s.online:
			return e.On != e.CPU
		}
		return inThread(e)
	}
	here := "smp_processor_id() == cpu"
	when := fmt.Sprintf("idx > %d ? !(%s) || %s : idx > %d && idx < %d ? irqs_disabled() && %s : !(%s)",
		s.teardown, inThreadC, here, s.offline, s.online, here, inThreadC)
	points := []struct {
		point string
		kind  ftrace.Kind
	}{{"cpuhp_enter", ftrace.Enter}, {"cpuhp_multi_enter", ftrace.MultiEnter}}
	a := &Automaton{}
	for i, p := range points {
		name := []string{"callback", "instance"}[i]
		a.Events = append(
			a.Events,
			Event{
				name + "_in_place",
				p.point,
				when,
				func(e ftrace.Event) bool { return e.Kind == p.kind && !wrong(&e) },
			},
			Event{
				name + "_elsewhere", p.point, "!(" + when + ")",
				func(e ftrace.Event) bool { return e.Kind == p.kind && wrong(&e) },
			},
		)
	}
	right := []string{"callback_in_place", "instance_in_place"}
	a.move("unknown", "unknown", "callback_elsewhere", "instance_elsewhere")
	a.move("unknown", "watching", right...)
	a.move("watching", "watching", right...)
	return a
}
