package conform

import (
	"maps"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/ftrace"
	"github.com/hpcheck/hpcheck/model"
)

// A machine that is suspended: one task takes all CPUs down but the first, and brings them back, while whoever else
// makes operations is frozen.

// suspends reports whether the machine was suspended in the trace: it says so, or a task takes CPUs down by itself,
// where tasks have that done by a worker, and brings CPUs back. A task that a mark or a header tells to write is none
// that suspends.
func suspends(k model.Kernel, t *ftrace.Trace) bool {
	down, up := map[int]bool{}, map[int]bool{}
	for i := range t.Events {
		e := &t.Events[i]
		switch {
		case e.Kind == ftrace.Suspend:
			return true
		case e.Kind == ftrace.Begin:
			down[e.PID], up[e.PID] = false, false
			continue
		}
		if _, writes := down[e.PID]; writes && !down[e.PID] {
			continue
		}
		// Who is on another CPU.
		worker := e.Comm == ftrace.Nobody || isWorker(e.Comm) && !strings.HasPrefix(e.Comm, "kworker/u")
		switch {
		case k.DownInWorker && kicksDown(e, topOf(k)) && (!worker || e.On == e.CPU):
			down[e.PID] = true
		case e.Kind == ftrace.Enter && e.Target == topOf(k) && down[e.PID]:
			up[e.PID] = true
		}
	}
	return t.Header["final_state"] == "" && slices.Contains(slices.Collect(maps.Values(up)), true)
}

// kicksDown reports whether a walk down from the top begins there, of which the first step is to kick the hotplug
// thread.
func kicksDown(e *ftrace.Event, top int) bool {
	return e.Kind == ftrace.Enter && e.Func == "cpuhp_kick_ap_work" && e.Step == top && e.Target < top
}

// midSuspend reports whether a CPU comes back from a suspend that is not seen to take it.
func midSuspend(t *ftrace.Trace) bool {
	seen := map[int]bool{}
	for i := range t.Events {
		e := &t.Events[i]
		if e.Kind != ftrace.Suspend || seen[e.CPU] {
			continue
		}
		seen[e.CPU] = true
		if e.Up || !e.Starts {
			return true
		}
	}
	return false
}

// unseen takes the CPUs down of which a trace shows nothing.
func unseen(t *ftrace.Trace, cpus int) (ops []model.Op) {
	for cpu := 1; cpu < cpus; cpu++ {
		if !slices.ContainsFunc(
			t.Events,
			func(e ftrace.Event) bool { return e.CPU == cpu && e.Kind != ftrace.Invoked },
		) {
			ops = append(ops, model.Op{CPU: cpu, Via: model.ViaOnline})
		}
	}
	return ops
}

// frozen leaves out that a suspend begins where the trace does not go on with it, or while somebody is in the middle of
// an operation, and that an operation begins meanwhile: who makes operations is frozen before the first CPU is taken
// down, and that waits for who is in the kernel. Where marks tell of operations, one may have been told that was frozen
// before it began.
func (s *search) frozen(state *model.State, h here, acts []model.Action) []model.Action {
	begins := func(act model.Action) bool { return s.x.Chooses(state, act) }
	starts := func(act model.Action) bool { return s.m.Suspends(act.Thread()) && s.x.First(state, act) }
	idle := slices.ContainsFunc(acts, begins)
	awake := slices.ContainsFunc(acts, starts)
	return slices.DeleteFunc(acts, func(act model.Action) bool {
		return starts(act) && (!s.falls(h.pos) || !idle && !s.marks) || begins(act) && !awake && !s.marks
	})
}

// falls reports whether the trace may go on with a suspend: before it takes the first CPU down, it shows nothing.
func (s *search) falls(pos int) bool {
	if pos == len(s.events) {
		return false
	}
	e := &s.events[pos]
	if s.sleeps {
		return e.Kind == ftrace.Suspend && e.Starts && !e.Up
	}
	return kicksDown(e, topOf(s.m.Kernel))
}
