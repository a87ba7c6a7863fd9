package conform

import (
	"slices"

	"github.com/hpcheck/hpcheck/ftrace"
	"github.com/hpcheck/hpcheck/model"
)

// match compares an event of the machine with the trace.
func (s *search) match(e *model.Event, state *model.State, act model.Action, h *here) bool {
	shown, visible := s.shows(e, state, act)
	visible = visible && !h.blindTo(s.m.Home(act.Thread()))
	if e.Kind == model.EventEnd && s.m.Suspends(act.Thread()) {
		state.Faults = 1
	}
	if e.Kind == model.EventReturn {
		defer func() {
			h.pid, h.writer = 0, 0
			if s.dark {
				h.pid = somebody
			}
			if len(s.m.Scenario.Sequence) == 0 {
				state.Task[0].Made = 0 // it makes as many as there are in the trace
			}
			state.Faults = 1
		}()
	}
	if !visible {
		switch {
		case s.marks && !s.dark || !s.header.known:
		case e.Kind == model.EventCall:
			h.writer = somebody
		case e.Kind == model.EventReturn && h.pos == len(s.events):
			return s.outcome(state, e.Ret.Number(), h)
		}
		return true
	}
	if h.pos == len(s.events) {
		s.note(state, h, "", &shown)
		return false // the trace is at its end, and this is not in it
	}
	seen := &s.events[h.pos]
	if why := s.differs(seen, &shown, h); why != "" {
		if shown.up&uint(h.blind) != 0 {
			return true // it may have run where perf sees nothing
		}
		s.note(state, h, why, &shown)
		return false
	}
	if s.trace.Perf && seen.Kind == ftrace.Enter && seen.Func == perfLeaves && seen.On == seen.CPU {
		h.blind |= 1 << seen.On
	}
	h.pos++
	return e.Kind != model.EventReturn || s.outcome(state, seen.Ret, h)
}

// perfLeaves is the callback, of perf:online, by which perf leaves a CPU that goes down. When it comes back, who
// recorded is not told, and its events are not there.
const perfLeaves = "perf_event_exit_cpu"

// somebody stands for a writer of whom nothing more is known.
const somebody = 1 << 31

// note keeps what the machine could have done at the furthest place.
func (s *search) note(state *model.State, h *here, why string, shown *shown) {
	s.reached(h.pos, state)
	if h.pos != s.furthest || len(s.could) >= 8 {
		return
	}
	text := shown.text(s.cast)
	if why != "" {
		text += " (" + why + ")"
	}
	if !slices.Contains(s.could, text) {
		s.could = append(s.could, text)
	}
}

// reached notes how far the search has come.
func (s *search) reached(pos int, state *model.State) {
	if pos > s.furthest {
		s.furthest, s.could, s.reason, s.at = pos, nil, "", *state
	}
}

// ends reports whether the trace may end in the state, at its last event: a recording of an operation tells its end as
// well, and where things stood when it had not come back.
func (s *search) ends(state *model.State, h *here) bool {
	switch {
	case !s.header.known:
		return true
	case s.header.errno == noReturn:
		return s.outcome(state, noReturn, h)
	case s.dark:
		return h.pid == somebody // it has returned, and came to that
	}
	return h.writer == 0
}

// finishes reports whether the operation that is under way where the trace ends can come to its end without showing
// anything more.
func (s *search) finishes(state model.State, h here) bool {
	if h.writer != 0 {
		return false // its end would be marked
	}
	if n := len(s.events); n > 0 && s.events[n-1].Kind == ftrace.End {
		return true // and is
	}
	s.over = true
	seen := map[model.State]bool{state: true}
	for todo := []model.State{state}; len(todo) > 0 && len(seen) < straight; todo = todo[1:] {
		acts := s.enabled(&todo[0], h, nil)
		if slices.ContainsFunc(acts, func(a model.Action) bool { return s.x.Chooses(&todo[0], a) }) {
			return true
		}
		for _, a := range acts {
			next, at := todo[0], h
			if s.step(&next, a, &at) && !seen[next] {
				seen[next] = true
				todo = append(todo, next)
			}
		}
	}
	return false
}
