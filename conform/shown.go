package conform

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hpcheck/hpcheck/ftrace"
	"github.com/hpcheck/hpcheck/model"
)

// shown is what a tracer of the machine would have written.
type shown struct {
	ftrace.Event
	who who
	up  uint // the CPUs that are online, a bit for each, if who did it is bound to none
	on  int  // the CPU on which it ran, -1 if that may be any other than the one that it is about, -2 if it may be any

	kicked bool // it is the end of a walk that another thread made, and no callback's
}

// who did it: a thread that is bound to a CPU, by its name, or the task that makes the operation.
type who struct {
	thread string // "" for the task
	worker bool   // the task has a work item do it
	sleeps bool   // it is who suspends the machine
	module bool   // it is nobody of these, but who loads a module, or adds a device
}

// The places of which the machine does not say which they are.
const (
	anotherCPU = -1
	anyCPU     = -2
)

// shows says what a tracer writes at an event of the machine, false if nothing: nobody traces it, or the
// tracer is blind on a CPU that is not online.
func (s *search) shows(e *model.Event, state *model.State, act model.Action) (shown, bool) {
	if s.dark {
		return shown{}, false
	}
	v := shown{Event: ftrace.Event{CPU: int(e.CPU)}}
	home := s.m.Home(act.Thread())
	blind := false
	if home >= 0 {
		v.who.thread, v.on = s.m.ThreadName(act.Thread()), home
		v.Comm = v.who.thread
		if s.x.ElsewhereNow(state, act) {
			v.on = anyCPU
		}
		blind = !state.CPU[home].Online
	} else {
		v.on, v.Comm = anyCPU, "the task"
		for cpu := range s.m.Scenario.CPUs {
			if state.CPU[cpu].Online {
				v.up |= 1 << cpu
			}
		}
		if s.m.Module(act.Thread()) {
			v.who.module, v.Comm = true, "a module"
		} else if s.m.Suspends(act.Thread()) {
			v.who.sleeps, v.Comm = true, "who suspends"
		} else if !state.Task[0].Up && s.m.Kernel.DownInWorker {
			v.who.worker, v.on, v.Comm = true, anotherCPU, "a kworker"
		}
	}
	v.On = max(v.on, 0)
	c := &state.CPU[e.CPU]
	multi := func() bool { return s.m.Ladder[e.Step].Multi }
	v.Step = s.number(min(e.Step, model.Rung(len(s.m.Ladder)-1)))
	switch e.Kind {
	case model.EventEnter, model.EventInstance:
		v.Kind, v.Target, v.Func = ftrace.Enter, s.number(c.Target), s.m.CallbackName(*e)
		if e.Kind == model.EventInstance {
			v.Kind = ftrace.MultiEnter
		} else if multi() {
			return v, false
		}
		return v, !blind
	case model.EventExit, model.EventInstanceDone:
		v.Kind, v.State, v.Ret = ftrace.Exit, s.number(c.State), -e.Ret.Number()
		if !e.Up && c.State+1 == e.Step {
			v.State = v.Step - 1 // the ladder of the model leaves the empty entries between out
		}
		return v, !blind && (e.Kind == model.EventInstanceDone || !multi())
	case model.EventKick:
		v.Kind, v.Target, v.Func = ftrace.Enter, s.number(c.Target), "cpuhp_kick_ap_work"
		return v, true
	case model.EventKicked:
		v.Kind, v.State, v.Ret, v.kicked = ftrace.Exit, s.number(c.State), -e.Ret.Number(), true
		return v, true
	case model.EventInvoke:
		v.Kind, v.Up = ftrace.Invoke, e.Up
		return v, s.probes
	case model.EventInvoked:
		v.Kind, v.Ret = ftrace.Invoked, -e.Ret.Number()
		return v, s.probes
	case model.EventCall:
		v.Kind, v.Write, v.on, v.who.worker, v.Comm = ftrace.Begin, written(s.m.OpOf(*e)), anyCPU, false, "the task"
		return v, s.marks
	case model.EventBegin, model.EventEnd:
		v.Kind, v.Up, v.Starts = ftrace.Suspend, e.Up, e.Kind == model.EventBegin
		return v, s.sleeps && v.who.sleeps
	case model.EventReturn:
		v.Kind, v.Ret, v.on, v.who.worker, v.Comm = ftrace.End, e.Ret.Number(), anyCPU, false, "the task"
		v.Write = written(s.m.OpOf(*e))
		return v, s.marks
	}
	return v, false
}

func (s *search) number(r model.Rung) int { return s.m.Ladder[r].Number }

// written is the write that asks for an operation, as the marks have it.
func written(o model.Op) string {
	file, value, _ := strings.Cut(o.String(), "=")
	if strings.HasPrefix(file, "target") {
		return "hotplug/target=" + value
	}
	return "online=" + value
}

// differs says in what an event of the trace is not what the machine shows; "" if it is that.
func (s *search) differs(seen *ftrace.Event, v *shown, h *here) string {
	switch {
	case seen.Kind != v.Kind:
		return "another event"
	case seen.Kind != ftrace.Invoked && seen.CPU != v.CPU:
		return "another CPU"
	case seen.On == ftrace.Unknown:
	case v.on >= 0 && seen.On != v.on, v.on == anotherCPU && seen.On == v.CPU:
		return "it ran on another CPU"
	case v.up != 0 && seen.On < s.m.Scenario.CPUs && v.up>>seen.On&1 == 0:
		return "it ran on a CPU that is down"
	}
	if why := s.otherWho(seen, v, h); why != "" {
		return why
	}
	switch seen.Kind {
	case ftrace.Begin, ftrace.End:
		if seen.Write != v.Write {
			return "another write"
		}
		if seen.Kind == ftrace.End && seen.Ret != v.Ret {
			return "another result"
		}
	case ftrace.Suspend:
		if seen.Up != v.Up {
			return "the other direction"
		}
		if seen.Starts != v.Starts {
			return "the other end"
		}
	case ftrace.Invoked:
		if seen.Ret != v.Ret {
			return "another result"
		}
	default:
		return s.otherStep(seen, v)
	}
	return ""
}

// otherStep compares callbacks.
func (s *search) otherStep(seen *ftrace.Event, v *shown) string {
	switch {
	case seen.Step != v.Step:
		return "another state"
	case seen.Kind == ftrace.Invoke && seen.Up != v.Up:
		return "the other direction"
	case seen.Kind == ftrace.Exit && !stands(s.m, v.State, seen.State):
		return "another st->state"
	case seen.Kind == ftrace.Exit && seen.Ret != v.Ret:
		return "another result"
	case s.awayFromHome(seen, v):
		return "it returns an error on another CPU"
	case enters(seen) && seen.Func != v.Func && !gone(seen.Func):
		return "another callback"
	case enters(seen) && !stands(s.m, v.Target, seen.Target):
		return "another st->target"
	}
	return ""
}

// awayFromHome reports whether workqueue_offline_cpu() has succeeded on another CPU than the one that goes: it warns
// there, and returns -1.
func (s *search) awayFromHome(seen *ftrace.Event, v *shown) bool {
	step := stepAt(s.m.Kernel, v.Step)
	return seen.Kind == ftrace.Exit && !v.kicked && seen.Ret == 0 && seen.On >= 0 && seen.On != seen.CPU &&
		step != nil && step.Teardown == "workqueue_offline_cpu" && v.State == v.Step-1
}

// otherWho compares who did it. All that one task does for an operation, it does as the same task.
func (s *search) otherWho(seen *ftrace.Event, v *shown, h *here) string {
	if seen.Comm == ftrace.Nobody {
		return ""
	}
	if v.who.thread != "" {
		name := v.who.thread
		if strings.HasPrefix(name, "swapper/") && seen.Comm == "<idle>" {
			name = seen.Comm
		}
		if seen.Comm != s.cut(name) {
			return "another thread"
		}
		return ""
	}
	if v.who.module {
		if s.isBound(seen.Comm) {
			return "another thread"
		}
		return ""
	}
	if v.who.sleeps { // a worker may do that as well
		if s.isBound(seen.Comm) {
			return "another thread"
		}
		if h.sleeper == 0 {
			h.sleeper = seen.PID
		}
		if h.sleeper != seen.PID {
			return "another task"
		}
		return s.otherPlace(seen, v)
	}
	if s.isBound(seen.Comm) || isWorker(seen.Comm) != v.who.worker {
		return "another thread"
	}
	switch {
	case v.Kind == ftrace.Begin:
		h.writer = seen.PID
		return s.otherPlace(seen, v)
	case v.Kind == ftrace.End && h.writer != seen.PID:
		return "another task"
	case v.Kind == ftrace.End:
		return s.otherPlace(seen, v)
	case h.pid == 0 && h.writer != 0 && h.writer != somebody && !v.who.worker:
		h.pid = h.writer
	case h.pid == 0:
		h.pid = seen.PID
	}
	if h.pid != seen.PID {
		return "another task"
	}
	return s.otherPlace(seen, v)
}

// otherPlace compares where a task ran that is known to be bound to a CPU: a worker by its name, who wrote by the
// header.
func (s *search) otherPlace(seen *ftrace.Event, v *shown) string {
	bound := s.header.pin
	if v.who.worker {
		name, _, _ := strings.Cut(strings.TrimPrefix(seen.Comm, "kworker/"), ":")
		n, err := strconv.Atoi(name)
		if err != nil {
			return "" // kworker/u is bound to none
		}
		bound = n
	}
	if bound >= 0 && seen.On != ftrace.Unknown && seen.On != bound && bound != v.CPU {
		return "it ran on another CPU"
	}
	return ""
}

// cut is a task's name as far as the trace has it.
func (s *search) cut(name string) string {
	if n := s.trace.Narrow; n > 0 && n < len(name) {
		return name[:n]
	}
	return name
}

func isWorker(comm string) bool { return strings.HasPrefix(comm, "kworker") }

// isBound reports whether such a thread belongs to a CPU, and makes no operations.
func isBound(comm string) bool {
	for _, prefix := range []string{"cpuhp/", "migration/", "swapper/", "<idle>"} {
		if strings.HasPrefix(comm, prefix) {
			return true
		}
	}
	return false
}

// isBound reports so of a name that may be cut off.
func (s *search) isBound(comm string) bool {
	return isBound(comm) || s.trace.Narrow > 0 && (comm == s.cut("migration/") || comm == s.cut("swapper/"))
}

// text says what the machine could have shown, with its own numbers of CPUs.
func (v *shown) text(c cast) string {
	on := ""
	switch v.on {
	case anotherCPU:
		on = "[another CPU]"
	case anyCPU:
		on = "[any CPU]"
	default:
		on = fmt.Sprintf("[%03d]", c[v.on])
	}
	e := v.Event
	e.CPU = c[e.CPU]
	who := e.Comm
	if name, number, ok := strings.Cut(who, "/"); ok && v.who.thread != "" {
		if cpu, err := strconv.Atoi(number); err == nil {
			who = fmt.Sprintf("%s/%d", name, c[cpu])
		}
	}
	return fmt.Sprintf("%s %s %v: %s", who, on, e.Kind, e.What())
}
