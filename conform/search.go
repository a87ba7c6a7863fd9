package conform

import (
	"cmp"
	"context"
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/ftrace"
	"github.com/hpcheck/hpcheck/invariants"
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
	known   int                // how often it came to where it had been
	tracer  *invariants.Tracer // nil: all threads are tried
	acts    []model.Action

	end  here // where the trace is at its end
	over bool // it is, and nothing more may be shown

	furthest int
	could    []string
	at       model.State // the first one there
	reason   string
	copy     model.State // scratch
	staged   model.State // likewise
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
	s.goals = goals(s.events)
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
	look := looks
	if s.sleeps {
		look = append(slices.Clip(look), model.EventBegin, model.EventEnd)
	}
	for _, tracer := range []*invariants.Tracer{nil, invariants.NewTracer(s.m, look...)} {
		if s.tracer = tracer; s.search(ctx, start) {
			r.Verdict, r.Searched = VerdictAccepted, len(s.seen)
			r.Unfinished = !s.header.known && !s.finishes(s.at, s.end)
			return
		}
	}
	r.Searched = len(s.seen)
	if ctx.Err() != nil || len(s.seen) >= most {
		r.Verdict, r.Why = VerdictUndecided, fmt.Sprintf(
			"%d of %d events have an execution, and the search for the rest was stopped after %d states",
			max(s.furthest, 0), len(s.events), len(s.seen),
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
	case first.Kind != ftrace.Enter && first.Kind != ftrace.MultiEnter, first.CPU == 0:
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
		case e.Kind == ftrace.Enter || e.Kind == ftrace.MultiEnter:
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

// looks are the events that a trace may show, besides those of a suspend.
var looks = []model.EventKind{
	model.EventCall,
	model.EventReturn,
	model.EventEnter,
	model.EventExit,
	model.EventInvoke,
	model.EventInvoked,
	model.EventInstance,
	model.EventInstanceDone,
	model.EventKick,
	model.EventKicked,
}

// most is how many nodes are tried in all: some GB.
const most = 10_000_000

// quick is how many nodes for each event are tried without a reduction: what a kernel did is found long before.
const quick = 64

// search looks for an execution from the state. Without a tracer it gives up early.
func (s *search) search(ctx context.Context, start model.State) bool {
	clear(s.seen)
	s.pending = s.pending[:0]
	s.push(&start, here{})
	words := make([]uint64, s.words+hereWords)
	var state model.State
	for len(s.pending) > 0 && len(s.seen) < most && ctx.Err() == nil &&
		(s.tracer != nil || len(s.seen) < quick*(len(s.events)+16)) {
		n := len(s.pending) - len(words)
		copy(words, s.pending[n:])
		s.pending = s.pending[:n]
		s.m.Decode(&state, words)
		if s.ahead(
			&state,
			here{
				int(words[s.words]), int(words[s.words+1]), int(words[s.words+2]), int(words[s.words+3]),
				int(words[s.words+4]),
			},
		) {
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
		s.known++
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
		if len(s.acts) != 1 || s.asks(state, s.acts[0]) {
			break
		}
		if !s.step(state, s.acts[0], &h) {
			return false
		}
		s.acts = s.acts[:0]
	}
	if len(s.acts) == 0 {
		s.push(state, h)
	}
	if s.tracer == nil {
		s.all(state, s.acts, h)
		return false
	}
	if s.rest(state) {
		s.all(state, s.acts, h)
		return false
	}
	stage := s.stage(state)
	// A thread is enough unless it leads only to where the search has been: then it may be that the others wait for
	// ever.
	for n := 0; ; n++ {
		id, ok := s.tracer.Enough(stage, n)
		if !ok {
			s.all(state, s.acts, h)
			return false
		}
		first := slices.IndexFunc(s.acts, func(a model.Action) bool { return a.Thread() == id })
		if first < 0 {
			continue // what it could do is left out
		}
		last := first
		for last < len(s.acts) && s.acts[last].Thread() == id {
			last++
		}
		if s.all(state, s.acts[first:last], h) {
			return false
		}
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

// reached notes how far the search has come.
func (s *search) reached(pos int, state *model.State) {
	if pos > s.furthest {
		s.furthest, s.could, s.reason, s.at = pos, nil, "", *state
	}
}

// enabled appends what the machine can do. That a state comes or goes is tried where the trace goes on with it, or
// would not show it.
func (s *search) enabled(state *model.State, h here, dst []model.Action) []model.Action {
	acts := s.chosen(state, h, s.x.Enabled(state, dst))
	if s.m.Scenario.Suspend {
		acts = s.frozen(state, h, acts)
	}
	if s.single == nil {
		return acts
	}
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

// goals are the targets that a trace shows of each CPU.
func goals(events []ftrace.Event) map[int]map[int]bool {
	all := map[int]map[int]bool{}
	add := func(cpu, target int) {
		if all[cpu] == nil {
			all[cpu] = map[int]bool{}
		}
		all[cpu][target] = true
	}
	for i := range events {
		switch e := &events[i]; e.Kind {
		case ftrace.Enter, ftrace.MultiEnter:
			add(e.CPU, e.Target)
		case ftrace.Begin:
			if op, ok := writeOp(e.CPU, e.Write); ok && op.Via == model.ViaTarget {
				add(e.CPU, op.Target)
			}
		}
	}
	return all
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

// rest leaves out that the next operation begins while somebody has not come to rest after the last one, and reports
// whether it did: what is left to do then shows nothing, and to have done it is no hindrance to what comes.
func (s *search) rest(state *model.State) bool {
	begins := func(a model.Action) bool { return s.x.Chooses(state, a) || s.opens(state, a) }
	first := slices.IndexFunc(s.acts, begins)
	if first < 0 {
		return false
	}
	if !slices.ContainsFunc(s.acts, func(a model.Action) bool { return !begins(a) }) {
		bindParked(state)
		return false
	}
	s.acts = slices.DeleteFunc(s.acts, begins)
	return true
}

// bindParked forgets on which CPU a parked thread went to sleep: it is bound to its own before it wakes up.
func bindParked(state *model.State) {
	for cpu := range state.CPU {
		for i := range state.CPU[cpu].Thread {
			if t := &state.CPU[cpu].Thread[i]; t.State == model.TaskParked && !t.Queued {
				t.Elsewhere = false
			}
		}
	}
}

// all takes each of these steps, and reports whether they lead to where the search has not been, or nowhere.
func (s *search) all(state *model.State, acts []model.Action, h here) bool {
	known := s.known
	for _, act := range acts {
		switch {
		case s.x.WritesFail(state, act): // what is in the file is told, or guessed where it matters
		case s.asks(state, act):
			rung, _ := s.x.AsksFail(state, act)
			cpu := s.x.About(state, act)
			takes := s.m.TakesFail(state, cpu, rung)
			shows := takes && !s.dark && !h.blindTo(s.m.Home(act.Thread())) && s.showsCallback(state, rung)
			entered := shows && s.entered(h.pos, int(cpu), s.m.Ladder[rung].Number)
			if takes && !entered && !s.goesOn(state, h.pos, int(cpu), rung) {
				s.branch(state, act, h, func(next *model.State) { next.CPU[cpu].Fail = rung })
			}
			if entered || !shows {
				s.branch(state, act, h, func(next *model.State) { next.CPU[cpu].Fail = 0 })
			}
		default:
			s.branch(state, act, h, nil)
		}
	}
	return s.known == known
}

// showsCallback reports whether a callback of the rung, if it does not fail by the file fail, is the next that is seen
// of its CPU.
func (s *search) showsCallback(state *model.State, r model.Rung) bool {
	return !s.probes && s.m.Calls(state, r) > 0
}

// entered reports whether the next that the trace shows of a CPU is that a callback of the state is entered.
func (s *search) entered(pos, cpu, number int) bool {
	for i := pos; i < len(s.events); i++ {
		if e := &s.events[i]; e.CPU == cpu && e.Kind != ftrace.Invoked && e.Kind != ftrace.Suspend {
			return (e.Kind == ftrace.Enter || e.Kind == ftrace.MultiEnter) && e.Step == number
		}
	}
	return false
}

// goesOn reports whether the trace shows that no callback of the rung has failed, where an error turns a walk round:
// the next of the CPU's callbacks lies further that way.
func (s *search) goesOn(state *model.State, pos, cpu int, r model.Rung) bool {
	c, number := &state.CPU[cpu], s.m.Ladder[r].Number
	up := c.Target > c.State
	if !up && !s.m.TurnsRound(r) {
		return false
	}
	for i := pos; i < len(s.events); i++ {
		e := &s.events[i]
		if e.CPU != cpu || e.Kind == ftrace.Invoked || e.Kind == ftrace.Suspend {
			continue
		}
		if e.Kind != ftrace.Enter && e.Kind != ftrace.MultiEnter || up != (e.Target >= e.Step) {
			return false
		}
		return up && e.Step > number || !up && e.Step < number
	}
	return false
}

// asks reports whether the action asks for what is in the file fail, and nobody told.
func (s *search) asks(state *model.State, act model.Action) bool {
	if s.injected {
		return false
	}
	_, asks := s.x.AsksFail(state, act)
	return asks
}

// branch takes a step from a copy of the state, with something changed before, and keeps where it leads.
func (s *search) branch(state *model.State, act model.Action, h here, change func(*model.State)) {
	s.copy = *state
	if change != nil {
		change(&s.copy)
	}
	if s.step(&s.copy, act, &h) {
		s.push(&s.copy, h)
	}
}

// step takes a step of the machine, and reports whether it shows what comes next in the trace.
func (s *search) step(state *model.State, act model.Action, h *here) bool {
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
		if v := got[key]; v[0] != v[1] && !(key == "final_fail" && s.header.rewritten) {
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

// parseMask reads "0,2-3".
func parseMask(text string) []bool {
	var mask []bool
	for _, part := range strings.Split(text, ",") {
		var lo, hi int
		if n, _ := fmt.Sscanf(part, "%d-%d", &lo, &hi); n == 1 {
			hi = lo
		}
		for len(mask) <= hi {
			mask = append(mask, false)
		}
		for i := lo; i <= hi; i++ {
			mask[i] = true
		}
	}
	return mask
}

// formatMask writes it.
func formatMask(mask []bool) string {
	var parts []string
	for i := 0; i < len(mask); i++ {
		if !mask[i] {
			continue
		}
		j := i
		for j+1 < len(mask) && mask[j+1] {
			j++
		}
		if i == j {
			parts = append(parts, fmt.Sprint(i))
		} else {
			parts = append(parts, fmt.Sprintf("%d-%d", i, j))
		}
		i = j
	}
	return strings.Join(parts, ",")
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
