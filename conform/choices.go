package conform

import (
	"slices"

	"github.com/hpcheck/hpcheck/ftrace"
	"github.com/hpcheck/hpcheck/model"
)

// enabled appends what the machine can do, without what the trace shows not to come next. What is written to the file
// fail is told, or guessed where it matters.
func (s *search) enabled(state *model.State, h here, dst []model.Action) []model.Action {
	acts := s.chosen(state, h, s.x.Enabled(state, dst))
	acts = slices.DeleteFunc(acts, func(act model.Action) bool { return s.x.WritesFail(state, act) })
	if s.m.Scenario.Suspend {
		acts = s.frozen(state, h, acts)
	}
	if s.single != nil {
		acts = s.coming(state, h, acts)
	}
	return s.settling(state, acts)
}

// coming leaves out that a state comes or goes where the trace would show it, and does not.
func (s *search) coming(state *model.State, h here, acts []model.Action) []model.Action {
	// Until then an operation would have to wait, and it shows nothing before.
	late := !s.marks && h.pos < len(s.events) && s.single[h.pos]
	return slices.DeleteFunc(acts, func(act model.Action) bool {
		r, comes, is := s.x.Comes(state, act)
		if !is {
			return late && s.x.Chooses(state, act)
		}
		f := s.m.Ladder[r].Callback(comes)
		if f == "" {
			return false
		}
		if h.pos == len(s.events) || !s.single[h.pos] {
			return true
		}
		e := &s.events[h.pos]
		return e.Step != s.m.Ladder[r].Number || e.Func != f && !gone(e.Func)
	})
}

// chosen leaves out operations of which the trace shows that they are not the next: it is about another CPU, or has no
// such target. One that shows nothing can wait until the trace is about its CPU.
func (s *search) chosen(state *model.State, h here, acts []model.Action) []model.Action {
	if len(s.m.Scenario.Sequence) > 0 {
		return acts
	}
	cpu := -1
	return slices.DeleteFunc(acts, func(act model.Action) bool {
		op, chooses := s.x.Choice(state, act)
		if s.dark && chooses {
			want, ok := writeOp(s.header.cpu, s.header.write)
			return h.writer != 0 || ok && op != want
		}
		if !chooses || h.pos == len(s.events) {
			return false
		}
		if cpu < 0 {
			cpu = s.next(h.pos)
		}
		return op.CPU != cpu || op.Via == model.ViaTarget && !s.goals[cpu][op.Target]
	})
}

// next is the CPU that the trace is about from an event on, as far as operations go; 0 if about none.
func (s *search) next(pos int) int {
	for i := pos; i < len(s.events); i++ {
		e := &s.events[i]
		if s.marks && e.Kind != ftrace.Begin || e.Kind == ftrace.Suspend || e.Kind == ftrace.Invoked ||
			e.Kind == ftrace.Exit || s.single != nil && s.single[i] {
			continue
		}
		return e.CPU
	}
	return 0
}

// goals are the targets of each CPU that a trace shows, and those that do for any that it does not. On the hotplug
// thread's part of a way down the trace shows the state at which that ends: then it may be the first of the ladder. An
// operation without a callback shows nothing, but where the next one begins: it has ended below a callback on a way up,
// and not below one on a way down. One that fails before there is a callback turns round wherever it was to go.
func goals(m *model.Machine, start *model.State, events []ftrace.Event) map[int]map[int]bool {
	all := map[int]map[int]bool{}
	first, last := m.Ladder[0].Number, m.Ladder[len(m.Ladder)-1].Number
	add := func(cpu, target int) {
		if all[cpu] == nil {
			all[cpu] = map[int]bool{first: true, last: true}
		}
		all[cpu][target] = true
	}
	for i := range events {
		e := &events[i]
		switch {
		case enters(e):
			add(e.CPU, e.Target)
			r, way := slices.IndexFunc(m.Ladder, func(s model.Step) bool { return s.Number == e.Step }), 1
			if e.Target >= e.Step {
				r, way = r-1, -1
			}
			for r > 0 && r < len(m.Ladder)-1 && !m.MayStop(start, model.Rung(r)) {
				r += way
			}
			if r > 0 {
				add(e.CPU, m.Ladder[r].Number)
			}
		case e.Kind == ftrace.Begin:
			if op, ok := writeOp(e.CPU, e.Write); ok && op.Via == model.ViaTarget {
				add(e.CPU, op.Target)
			}
		}
	}
	return all
}

// showsCallback reports whether a callback of the rung, if it does not fail by the file fail, is the next that is seen
// of its CPU. Before v5.13 the question comes for states that have none in that direction, too.
func (s *search) showsCallback(state *model.State, r model.Rung) bool {
	step := &s.m.Ladder[r]
	return !s.probes && s.m.Calls(state, r) > 0 &&
		(s.m.Kernel.RangeWalk || step.Startup != "" && step.Teardown != "")
}

// entered reports whether the next that the trace shows of a CPU is that a callback of the state is entered: not that
// an operation begins there.
func (s *search) entered(state *model.State, pos, cpu, number int) bool {
	e := s.nextOf(state, pos, cpu)
	return e != nil && enters(e) && e.Step == number && e.Func != "cpuhp_kick_ap_work"
}

// enters reports whether a callback is entered.
func enters(e *ftrace.Event) bool { return e.Kind == ftrace.Enter || e.Kind == ftrace.MultiEnter }

// nextOf is the next that the trace shows of a CPU in the operation at hand: nil if before that a callback is entered
// for another one, or with another target, since operations come one after the other.
func (s *search) nextOf(state *model.State, pos, cpu int) *ftrace.Event {
	target := s.m.Ladder[state.CPU[cpu].Target].Number
	for i := pos; i < len(s.events); i++ {
		switch e := &s.events[i]; {
		case enters(e) && (e.CPU != cpu || !stands(s.m, target, e.Target)):
			return nil
		case e.CPU == cpu && e.Kind != ftrace.Invoked && e.Kind != ftrace.Suspend:
			return e
		}
	}
	return nil
}

// goesOn reports whether the trace shows that no callback of the rung has failed, where an error turns a walk round:
// the next of the CPU's callbacks lies further that way.
func (s *search) goesOn(state *model.State, pos, cpu int, r model.Rung) bool {
	number := s.m.Ladder[r].Number
	up := r <= state.CPU[cpu].Target // a walk down does not call what is at its target
	if !up && !s.m.TurnsRound(r) {
		return false
	}
	e := s.nextOf(state, pos, cpu)
	if e == nil || !enters(e) || up != (e.Target >= e.Step) {
		return false
	}
	return up && e.Step > number || !up && e.Step < number
}

// asks reports whether the action asks for what is in the file fail, and nobody told.
func (s *search) asks(state *model.State, act model.Action) bool {
	if s.injected {
		return false
	}
	_, asks := s.x.AsksFail(state, act)
	return asks
}

// fires says of an action that asks for what is in the file fail of a CPU, which nobody told, what it may find there.
type fires struct {
	cpu    uint8
	rung   model.Rung
	may    bool // it may be the rung that is asked for
	mayNot bool // it may be anything else
}

// arm makes it so that it is the rung, or nothing.
func (f *fires) arm(state *model.State, is bool) {
	state.CPU[f.cpu].Fail = 0
	if is {
		state.CPU[f.cpu].Fail = f.rung
	}
}

// fires looks ahead in the trace for what such an action finds.
func (s *search) fires(state *model.State, act model.Action, h *here) fires {
	rung, _ := s.x.AsksFail(state, act)
	cpu := s.x.About(state, act)
	takes := s.m.TakesFail(state, cpu, rung)
	shows := takes && !s.dark && !h.blindTo(s.m.Home(act.Thread())) && s.showsCallback(state, rung)
	entered := shows && s.entered(state, h.pos, int(cpu), s.m.Ladder[rung].Number)
	return fires{
		cpu: cpu, rung: rung,
		may:    takes && !entered && !s.goesOn(state, h.pos, int(cpu), rung),
		mayNot: entered || !shows,
	}
}

// settling leaves everything out but a step of a thread that is on its way to rest.
//
// What a stopper, a hotplug thread or another smpboot thread does in its loop shows nothing, and nobody waits for it
// but for whether it has parked; what an idle thread does that plays dead is the same. Who asks something of them in
// the meantime finds them at rest instead of on the way there, and they do the same then. Stoppers that stop the
// machine together wait only for one another, and for all of them each time; what one of them calls then is not part of
// this, and they go first only until they wait. It might be that they never do, so where an operation has not come back
// every order is tried.
func (s *search) settling(state *model.State, acts []model.Action) []model.Action {
	if s.header.errno == noReturn {
		return acts
	}
	for i, act := range acts {
		if s.inLoop(state, act.Thread()) {
			return append(acts[:0], acts[i])
		}
	}
	return acts
}

// inLoop reports whether a thread is in one of loops, and in nothing that this has called.
func (s *search) inLoop(state *model.State, id model.ThreadID) bool {
	if s.m.Home(id) < 0 {
		return false
	}
	for int(id) >= len(s.loops) {
		s.loops = append(s.loops, map[model.PC]bool{})
	}
	pc := s.m.Thread(state, id).PC
	is, known := s.loops[id][pc]
	if !known {
		is = slices.Contains(loops, s.m.Place(state, id).Function)
		s.loops[id][pc] = is
	}
	return is
}

// loops are the functions in which threads that are bound to a CPU wait for something to do, or go to do so.
var loops = []string{
	"smpboot_thread_fn", "__kthread_parkme", "cpu_stopper_thread", "arch_cpu_idle_dead",
	"cpuhp_should_run", "cpu_stop_should_run", "multi_cpu_stop", "ack_state", "set_state", "cpu_stop_signal_done",
}
