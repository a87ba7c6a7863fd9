package conform

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/ftrace"
	"github.com/hpcheck/hpcheck/model"
)

// Calls that belong to no walk: a module is loaded or unloaded, an instance is added or removed, and each CPU's hotplug
// thread, or who does it, makes one call.

// singles says of each event whether it is the entry of such a call: the CPU has come to its target, which stays, and
// what is called does not lie ahead.
func singles(events []ftrace.Event, state map[int]int, top int) []bool {
	single := make([]bool, len(events))
	target := map[int]int{}
	for i := range events {
		e := &events[i]
		if _, known := state[e.CPU]; !known {
			state[e.CPU] = top
		}
		if _, known := target[e.CPU]; !known {
			target[e.CPU] = state[e.CPU]
		}
		switch e.Kind {
		case ftrace.Exit:
			state[e.CPU] = e.State
		case ftrace.Enter, ftrace.MultiEnter:
			settled := e.Target == target[e.CPU] && state[e.CPU] == e.Target && e.Step <= e.Target
			single[i] = e.Func != "cpuhp_kick_ap_work" && (settled || e.CPU == 0) // CPU 0 does not walk
			target[e.CPU] = e.Target
		}
	}
	return single
}

// standing is where the CPUs stand at the beginning of a trace, as far as it tells: those that are not at the top.
func standing(k model.Kernel, t *ftrace.Trace, h header) map[int]int {
	state := map[int]int{}
	for _, op := range offline(k, t) {
		state[op.CPU] = 0
	}
	if h.known {
		state[h.cpu] = h.from
	}
	return state
}

// comings are the states that come and go in a trace, of those that may, in the form of [model.Scenario].Modules.
func comings(k model.Kernel, t *ftrace.Trace, h header, may []string) []string {
	single := singles(t.Events, standing(k, t, h), topOf(k))
	var modules []string
	for i := range k.Steps {
		step := &k.Steps[i]
		if !slices.Contains(may, step.Name) {
			continue
		}
		if n, comes := atFirst(t, single, step); comes {
			modules = append(modules, fmt.Sprintf("%s=%d", step.Name, n))
		}
	}
	return modules
}

// atFirst is how many instances of a state there are at the beginning of a trace, and whether their number changes. CPU
// 0 is always up, so each that comes or goes is seen there once.
func atFirst(t *ftrace.Trace, single []bool, step *model.Step) (n int, changes bool) {
	there, least, way := 0, 0, 1 // relative to the beginning; and which way it went last
	found := false               // a walk has told how many there are
	for i := range t.Events {
		e := &t.Events[i]
		if !enters(e) || e.Step != step.Number {
			continue
		}
		if single[i] {
			if e.CPU > 0 { // or it is a walk back, after a failure that shows nothing
				continue
			}
			changes = true
			switch {
			case e.Func == step.Teardown:
				way = -1
			case !gone(e.Func):
				way = 1
			default: // one after the other
				way = -way
			}
			there += way
			least = min(least, there)
			continue
		}
		if !found {
			found, n = true, calls(t.Events[i:])-there
		}
	}
	if !found {
		n = -least
	}
	return max(n, 0), changes
}

// gone reports whether the tracer has no name for a callback any more: its module was unloaded before the trace was
// read.
func gone(callback string) bool { return strings.HasPrefix(callback, "0x") }

// calls is how many calls of one state a walk makes one after the other.
func calls(events []ftrace.Event) (n int) {
	first := &events[0]
	for i := range events {
		switch e := &events[i]; {
		case e.CPU != first.CPU || e.Kind == ftrace.Exit || e.Kind == ftrace.Invoke || e.Kind == ftrace.Invoked:
		case e.Kind == first.Kind && e.Step == first.Step && e.Func == first.Func && e.PID == first.PID:
			n++
		default:
			return n
		}
	}
	return n
}
