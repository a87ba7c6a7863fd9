package monitor

import (
	"fmt"
	"slices"

	"github.com/hpcheck/hpcheck/ftrace"
	"github.com/hpcheck/hpcheck/model"
)

// The walk over the ladder. Where a CPU stands shows only at states that have a callback: one without is passed
// silently. So what is known of it is a span of states, and each callback is right if it is the next from one of them.

// span is where a CPU may stand: the highest state that is up is one of these.
type span struct{ low, high int }

// ways are the states that show: those with a startup and those with a teardown. States with instances are left out,
// for a monitor does not know how many there are, and so are the starting and dying sections: a tracepoint is silent on
// a CPU that is not online.
type ways struct {
	ups, downs []int
	top        int
}

func waysOf(ladder []model.Step, s sections) ways {
	var w ways
	for i := range ladder {
		step := &ladder[i]
		w.top = max(w.top, step.Number)
		if step.Multi || step.Unknown || s.offline < step.Number && step.Number < s.online {
			continue
		}
		if step.Startup != "" {
			w.ups = append(w.ups, step.Number)
		}
		if step.Teardown != "" {
			w.downs = append(w.downs, step.Number)
		}
	}
	return w
}

// above is the first startup above a state, or behind the top.
func (w *ways) above(state int) int {
	for _, n := range w.ups {
		if n > state {
			return n
		}
	}
	return w.top + 1
}

// below is the last teardown at a state or below it, or 0.
func (w *ways) below(state int) int {
	at := 0
	for _, n := range w.downs {
		if n <= state {
			at = n
		}
	}
	return at
}

// around is where a CPU that was at a state may be without having shown anything since.
func (w *ways) around(state int) span { return span{w.below(state), w.above(state) - 1} }

// mayUp reports whether the startup of a state is the next from somewhere in the span.
func (w *ways) mayUp(s span, n int) bool { return w.above(s.low) <= n && n <= w.above(s.high) }

// mayDown is the same of its teardown.
func (w *ways) mayDown(s span, n int) bool { return w.below(s.low) <= n && n <= w.below(s.high) }

func (s span) name() string { return fmt.Sprintf("at_%d_to_%d", s.low, s.high) }

// walk watches that the callbacks of a CPU come in the order of the ladder, up and down, with none left out.
func walk(ladder []model.Step) *Automaton {
	s := sectionsOf(ladder)
	w := waysOf(ladder, s)
	a := &Automaton{}
	var both []int
	for _, n := range slices.Concat(w.ups, w.downs) {
		if !slices.Contains(both, n) {
			both = append(both, n)
		}
	}
	slices.Sort(both)
	begins := func(n int, up bool) func(ftrace.Event) bool {
		return func(e ftrace.Event) bool {
			return e.Kind == ftrace.Enter && e.Step == n && !s.kicks(&e) && e.Step <= e.Target == up
		}
	}
	thread := func(n int) string {
		if n > s.teardown {
			return " && " + inThreadC
		}
		return ""
	}
	for _, n := range w.ups {
		a.Events = append(a.Events, Event{
			fmt.Sprintf(
				"up_%d",
				n,
			),
			"cpuhp_enter",
			fmt.Sprintf("idx == %d && idx <= target", n) + thread(n),
			begins(n, true),
		})
	}
	for _, n := range w.downs {
		a.Events = append(a.Events, Event{
			fmt.Sprintf(
				"down_%d",
				n,
			),
			"cpuhp_enter",
			fmt.Sprintf("idx == %d && idx > target", n) + thread(n),
			begins(n, false),
		})
	}
	for _, n := range both {
		a.Events = append(a.Events, Event{
			fmt.Sprintf("fails_%d", n), "cpuhp_exit", fmt.Sprintf("idx == %d && ret", n) + thread(n),
			func(e ftrace.Event) bool { return e.Kind == ftrace.Exit && e.Step == n && !s.kicks(&e) && e.Ret != 0 },
		})
	}
	w.fill(a, both)
	return a
}

// fill adds the states and the transitions: from everywhere that is reached, what may come.
func (w *ways) fill(a *Automaton, both []int) {
	a.state("unknown")
	var known []span
	reach := func(from string, to span, event string) {
		if !slices.Contains(known, to) {
			known = append(known, to)
		}
		a.move(from, to.name(), event)
	}
	for _, n := range w.ups {
		reach("unknown", w.around(n), fmt.Sprintf("up_%d", n))
	}
	for _, n := range w.downs {
		reach("unknown", w.around(n-1), fmt.Sprintf("down_%d", n))
	}
	for _, n := range both {
		a.move("unknown", "unknown", fmt.Sprintf("fails_%d", n))
	}
	for i := 0; i < len(known); i++ {
		at := known[i]
		for _, n := range w.ups {
			if w.mayUp(at, n) {
				reach(at.name(), w.around(n), fmt.Sprintf("up_%d", n))
			}
		}
		for _, n := range w.downs {
			if w.mayDown(at, n) {
				reach(at.name(), w.around(n-1), fmt.Sprintf("down_%d", n))
			}
		}
		for _, n := range both {
			to := at
			switch { // what failed last is not done
			case at == w.around(n) && slices.Contains(w.ups, n):
				to = w.around(n - 1)
			case at == w.around(n-1) && slices.Contains(w.downs, n):
				to = w.around(n)
			}
			reach(at.name(), to, fmt.Sprintf("fails_%d", n))
		}
	}
}
