package conform

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/hpcheck/hpcheck/ftrace"
	"github.com/hpcheck/hpcheck/model"
)

// midway says that a trace without a header begins in the middle of an operation, and that the search has not come to
// its end: where things stood is not told then. It is "" otherwise.
func (s *search) midway() string {
	if s.header.known || len(s.events) == 0 {
		return ""
	}
	first := &s.events[0]
	up := first.Target >= first.Step
	switch {
	case first.Kind == ftrace.Exit || first.Kind == ftrace.Invoked:
	case !enters(first), first.CPU == 0:
		return ""
	case first.Func == "cpuhp_kick_ap_work",
		!up && first.Step == topOf(s.m.Kernel),
		up && first.Step <= firstStartup(s.m.Kernel):
		return "" // a walk begins so
	}
	target := first.Target
	for i := range s.events {
		e := &s.events[i]
		switch {
		case e.CPU != first.CPU:
		case enters(e):
			target = e.Target
		case e.Kind == ftrace.Exit && e.State == target && s.furthest > i:
			return ""
		}
	}
	return fmt.Sprintf("it begins in the middle of an operation, with CPU %d at step %d on its way to %d: begin "+
		"before it",
		s.cast[first.CPU], first.Step, first.Target)
}

// unlisted says that the machine's list of states does not have the step of an event, "" if it has.
func (s *search) unlisted(e *ftrace.Event) string {
	switch e.Kind {
	case ftrace.Enter, ftrace.MultiEnter, ftrace.Exit, ftrace.Invoke:
		if stepAt(s.m.Kernel, e.Step) == nil {
			return fmt.Sprintf(
				"step %d is not in %s", e.Step, cmp.Or(s.m.Kernel.Machine, "the states of "+s.m.Kernel.Name),
			)
		}
	}
	return ""
}

// outcome compares what an operation came to with what is told of it.
func (s *search) outcome(state *model.State, errno int, h *here) bool {
	if !s.header.known || h.pos != len(s.events) {
		return true
	}
	c := &state.CPU[s.header.cpu]
	got := map[string][2]int{
		"errno":        {errno, s.header.errno},
		"final_state":  {s.m.Ladder[c.State].Number, s.header.finalState},
		"final_target": {s.m.Ladder[c.Target].Number, s.header.finalGoal},
		"final_fail":   {s.failOf(c), s.header.finalFail},
	}
	for _, key := range []string{"errno", "final_state", "final_target", "final_fail"} {
		v := got[key]
		same := v[0] == v[1] || key == "final_fail" && s.header.rewritten ||
			(key == "final_state" || key == "final_target") && stands(s.m, v[0], v[1])
		if !same {
			s.reason = fmt.Sprintf("the machine ended with %s %d, the model with %d", key, v[1], v[0])
			s.furthest = h.pos
			return false
		}
	}
	if s.header.online == "" {
		return true
	}
	if mask := s.onlineMask(state); mask != s.header.online {
		s.reason = fmt.Sprintf("the machine ended with CPUs %s online, the model with %s", s.header.online, mask)
		s.furthest = h.pos
		return false
	}
	return true
}

func (s *search) failOf(c *model.CPU) int {
	if c.Fail == 0 {
		return -1
	}
	return s.m.Ladder[c.Fail].Number
}

// onlineMask lists the CPUs that are online, as the kernel does; those that the machine has and the model has not are
// as they are told.
func (s *search) onlineMask(state *model.State) string {
	mask := parseMask(s.header.online)
	for cpu, number := range s.cast {
		for len(mask) <= number {
			mask = append(mask, false)
		}
		mask[number] = state.CPU[cpu].Online
	}
	return formatMask(mask)
}

// describe says how the CPUs stand.
func (s *search) describe(state *model.State) string {
	var parts []string
	for cpu := 1; cpu < s.m.Scenario.CPUs; cpu++ {
		c := &state.CPU[cpu]
		text := fmt.Sprintf(
			"CPU %d: state %d, target %d", s.cast[cpu], s.m.Ladder[c.State].Number, s.m.Ladder[c.Target].Number,
		)
		if c.Rollback {
			text += ", rollback"
		}
		if f := s.failOf(c); f >= 0 {
			text += fmt.Sprintf(", fail %d", f)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}
