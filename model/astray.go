package model

import (
	"runtime"
	"strings"
)

// What is assembled from C may do what nothing that is written by hand does: it may run for ever within one
// instruction, or leave the ladder. The kernel would hang there, or read behind the end of cpuhp_hp_states. Both end
// like a BUG.

// The assertions that say so.
const (
	endless   = "kernel/cpu.c: a loop that never ends"
	offLadder = "cpuhp_hp_states: a state that does not exist"
)

// mostLocal is how much local work there may be until the next instruction. A walk over the longest ladder is some
// thousand nodes.
const mostLocal = 1 << 17

// neverEnds is what the local work panics with when there is more.
type neverEnds struct{}

// execute executes an action of what was assembled from C.
func (x *Exec) execute(s *State, act Action) {
	defer func() {
		switch r := recover().(type) {
		case nil:
			if int(x.st().State) >= len(x.m.Ladder) || x.t.overflows() {
				x.astray(offLadder)
			}
		case neverEnds:
			x.astray(endless)
		case runtime.Error:
			if !strings.Contains(r.Error(), "index out of range") {
				panic(r)
			}
			x.astray(offLadder)
		default:
			panic(r)
		}
	}()
	x.perform(s, act)
}

// overflows reports whether a register holds what no state has room for.
func (t *Thread) overflows() bool {
	return uint8(t.Prev|t.Goal|t.Step)>>rungBits|(t.I|t.N)>>countBits != 0
}

// astray ends everything. Where the thread has come to is not kept: it stands where it began.
func (x *Exec) astray(assertion string) {
	x.bug(x.m.assertion(assertion))
	t := x.t
	t.Ret, t.Err, t.Save, t.Prev, t.Goal, t.Step, t.I, t.N = 0, 0, 0, 0, 0, 0, 0, 0
	last := Rung(len(x.m.Ladder) - 1)
	for cpu := range x.m.Scenario.CPUs {
		c := &x.s.CPU[cpu]
		c.State, c.Target, c.CBState = min(c.State, last), min(c.Target, last), min(c.CBState, last)
	}
	if x.task != nil {
		x.task.Prev, x.task.Took = min(x.task.Prev, last), 0
	}
}
