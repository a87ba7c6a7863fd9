package conform

import (
	"cmp"
	"context"
	"fmt"
	"math/bits"
	"slices"

	"github.com/hpcheck/hpcheck/ftrace"
	"github.com/hpcheck/hpcheck/model"
)

// search looks for an execution of the machine that shows the events of a trace, in their order. It goes ahead on one
// schedule, and back to where there was another when it can't go on; where it has been, with as much of the trace
// matched, it does not go again.
type search struct {
	m      *model.Machine
	x      *model.Exec
	trace  *ftrace.Trace
	events []ftrace.Event // with the model's numbers of CPUs
	told   []ftrace.Event // the same as the machine has them
	cast   cast
	header header

	single []bool // of each event, whether it begins a call that belongs to no walk; nil if no state comes or goes

	goals map[int]map[int]bool // the targets of each CPU

	dark     bool // there is nothing but a header
	probes   bool // the trace shows calls of cpuhp_invoke_callback()
	sleeps   bool // it shows where a suspend takes a CPU down, and where its end brings it back
	marks    bool // it shows where operations begin and end
	injected bool // what was in the file fail is told

	words   int
	pending []uint64 // nodes that are left to be tried: the words of the state, then those of here
	seen    map[fingerprint]struct{}
	steps   int // of the model that were taken
	acts    []model.Action
	loops   []map[model.PC]bool // of each thread, whether it is in its loop there

	end  here // where the trace is at its end
	over bool // it is, and nothing more may be shown

	furthest int
	could    []string
	at       model.State // the first one there
	reason   string
	copy     model.State // scratch
}

// here is what belongs to a node besides the state.
type here struct {
	pos     int // events that are matched
	pid     int // of the task that makes the operation, 0 if it was not seen yet
	writer  int // of the task that asked for it, as far as marks tell
	sleeper int // of who suspends the machine
	blind   int // the CPUs of which perf sees nothing any more, a bit for each
}

// blindTo reports whether perf sees nothing of what runs on the CPU, which is -1 for who belongs to none.
func (h *here) blindTo(cpu int) bool { return cpu >= 0 && h.blind>>cpu&1 == 1 }

// hereWords is how many words that takes.
const hereWords = 5

func newSearch(c *Checker, events []ftrace.Event) *search {
	s := &search{
		m:        c.m,
		x:        c.m.NewExec(),
		trace:    c.trace,
		events:   c.cast.events(events),
		told:     events,
		cast:     c.cast,
		header:   c.header,
		words:    c.m.Words(),
		seen:     map[fingerprint]struct{}{},
		injected: c.header.known && !c.header.rewritten,
	}
	s.x.Tracing = true
	s.dark = c.header.known && len(events) == 0
	s.goals = goals(s.m, &c.start, s.events)
	if len(c.m.Scenario.Modules) > 0 {
		s.single = singles(s.events, standing(c.m.Kernel, c.trace, c.header), topOf(c.m.Kernel))
	}
	for i := range s.events {
		switch s.events[i].Kind {
		case ftrace.Invoke:
			s.probes = true
		case ftrace.Suspend:
			s.sleeps = true
		case ftrace.Begin:
			s.marks = true
		}
	}
	return s
}

// run searches, and writes what came of it.
func (s *search) run(ctx context.Context, start model.State, r *Result) {
	s.furthest = -1
	if s.header.fail >= 0 {
		for i := range s.m.Ladder {
			if s.m.Ladder[i].Number == s.header.fail {
				start.CPU[s.header.cpu].Fail = model.Rung(i)
			}
		}
	}
	found := s.search(ctx, start)
	r.Searched = s.steps
	if found {
		r.Verdict = VerdictAccepted
		r.Unfinished = !s.header.known && !s.finishes(s.at, s.end)
		return
	}
	if ctx.Err() != nil || len(s.seen) >= most {
		r.Verdict, r.Why = VerdictUndecided, fmt.Sprintf(
			"%d of %d events have an execution, and the search for the rest was stopped after %d states",
			max(s.furthest, 0), len(s.events), s.steps,
		)
		return
	}
	if why := s.midway(); why != "" {
		r.Verdict, r.Why = VerdictUndecided, why
		return
	}
	r.Verdict, r.Could, r.Where, r.Reason = VerdictRefused, s.could, s.describe(&s.at), s.reason
	if s.furthest < len(s.events) {
		e := &s.told[max(s.furthest, 0)]
		r.Line, r.Seen = e.Line, e.String()
		r.Reason = cmp.Or(s.unlisted(e), r.Reason)
	} else {
		r.Line, r.Seen = s.trace.Lines, "the end of the trace"
	}
}

// most is how many nodes are tried in all: some GB.
const most = 10_000_000

// search looks for an execution from the state.
func (s *search) search(ctx context.Context, start model.State) bool {
	s.push(&start, here{})
	words := make([]uint64, s.words+hereWords)
	var state model.State
	for len(s.pending) > 0 && len(s.seen) < most && ctx.Err() == nil {
		n := len(s.pending) - len(words)
		copy(words, s.pending[n:])
		s.pending = s.pending[:n]
		s.m.Decode(&state, words)
		h := words[s.words:]
		if s.ahead(&state, here{int(h[0]), int(h[1]), int(h[2]), int(h[3]), int(h[4])}) {
			return true
		}
	}
	return false
}

// push keeps a node to be tried later, unless it was there before.
func (s *search) push(state *model.State, h here) {
	n := len(s.pending)
	s.pending = slices.Grow(s.pending, s.words+hereWords)[:n+s.words+hereWords]
	s.m.Encode(s.pending[n:n+s.words], state)
	copy(
		s.pending[n+s.words:],
		[]uint64{uint64(h.pos), uint64(h.pid), uint64(h.writer), uint64(h.sleeper), uint64(h.blind)},
	)
	key := fingerprintOf(s.pending[n:])
	if _, ok := s.seen[key]; ok {
		s.pending = s.pending[:n]
		return
	}
	s.seen[key] = struct{}{}
}

// fingerprint stands for a node. Two of the same fingerprint would be taken for one, and an execution be missed; none
// is invented.
type fingerprint [2]uint64

func fingerprintOf(words []uint64) fingerprint {
	a, b := uint64(0x9e3779b97f4a7c15), uint64(0xc2b2ae3d27d4eb4f)
	for _, w := range words {
		hi, lo := bits.Mul64(a^w, 0xa0761d6478bd642f)
		a = hi ^ lo
		hi, lo = bits.Mul64(b^w^0xe7037ed1a0b428db, 0x8ebc6af09c88c6e3)
		b = hi ^ lo ^ a
	}
	return fingerprint{a, b}
}

// straight is how far the machine is followed where it has no choice, until the place is kept.
const straight = 1000

// ahead tries all that the machine can do in a state. It returns true if the trace is at its end.
func (s *search) ahead(state *model.State, h here) bool {
	for range straight {
		if h.pos == len(s.events) && s.ends(state, &h) {
			s.at, s.end = *state, h
			return true
		}
		s.reached(h.pos, state)
		s.acts = s.enabled(state, h, s.acts[:0])
		if len(s.acts) != 1 {
			break
		}
		if s.asks(state, s.acts[0]) {
			f := s.fires(state, s.acts[0], &h)
			if f.may == f.mayNot {
				break
			}
			f.arm(state, f.may)
		}
		if !s.step(state, s.acts[0], &h) {
			return false
		}
		s.acts = s.acts[:0]
	}
	if len(s.acts) == 0 {
		s.push(state, h)
	}
	for _, act := range s.acts {
		if !s.asks(state, act) {
			s.branch(state, act, h, nil, false)
			continue
		}
		f := s.fires(state, act, &h)
		if f.may {
			s.branch(state, act, h, &f, true)
		}
		if f.mayNot {
			s.branch(state, act, h, &f, false)
		}
	}
	return false
}

// branch takes a step from a copy of the state, with what the step finds in the file fail, and keeps where it leads.
func (s *search) branch(state *model.State, act model.Action, h here, f *fires, armed bool) {
	s.copy = *state
	if f != nil {
		f.arm(&s.copy, armed)
	}
	if s.step(&s.copy, act, &h) {
		s.push(&s.copy, h)
	}
}

// step takes a step of the machine, and reports whether it shows what comes next in the trace.
func (s *search) step(state *model.State, act model.Action, h *here) bool {
	s.steps++
	s.x.Do(state, act)
	if s.m.Suspends(act.Thread()) && s.x.Again(state, act.Thread()) { // it does it as often as the trace has it
		h.sleeper = 0
	}
	for i := range s.x.Events {
		if !s.match(&s.x.Events[i], state, act, h) {
			// A trace that was cut off may end between two events of one step.
			return i > 0 && h.pos == len(s.events) && !s.header.known && !s.over
		}
	}
	return true
}
