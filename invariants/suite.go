package invariants

import (
	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/model"
)

// Suite is a machine together with the properties that are checked on it: what the engine explores. A state is the
// machine's, followed by the memory of the properties.
type Suite struct {
	Machine    *model.Machine
	Properties []*Property

	layouts []layout
	run     int        // words of memory for the run
	perCPU  int        // words of memory for each CPU
	onEvent [256][]int // by kind of event, the properties that look at it
	onStep  []int
	onEnd   []int
}

// Compile makes a suite.
func Compile(m *model.Machine, ps []*Property) *Suite {
	s := &Suite{Machine: m, Properties: ps}
	s.layouts, s.run, s.perCPU = lay(ps)
	for i, p := range ps {
		for _, kind := range p.on {
			s.onEvent[kind] = append(s.onEvent[kind], i)
		}
		if p.step != nil {
			s.onStep = append(s.onStep, i)
		}
		if p.end != nil {
			s.onEnd = append(s.onEnd, i)
		}
	}
	return s
}

// Width implements [explore.System].
func (s *Suite) Width() int { return s.Machine.Words() + s.run + s.perCPU*s.Machine.Scenario.CPUs }

// Parts implements [explore.Partitioned]: those of the machine, the memory of each CPU beside the CPU, and that of the run first.
func (s *Suite) Parts() []explore.Part {
	var parts []explore.Part
	from, class := s.Machine.Words(), 0
	memory := func(words int) {
		if words > 0 {
			parts = append(parts, explore.Part{From: from, To: from + words, Class: class})
			from += words
		}
	}
	memory(s.run)
	at := 0
	for _, group := range s.Machine.Layout() {
		class += 2
		for range group.Count {
			parts = append(parts, explore.Part{From: at, To: at + group.Words, Class: class})
			at += group.Words
			if group.PerCPU {
				class++
				memory(s.perCPU)
				class--
			}
		}
	}
	return parts
}

// Initial implements [explore.System].
func (s *Suite) Initial() [][]uint64 {
	state := s.Machine.Initial()
	words := make([]uint64, s.Width())
	s.Machine.Encode(words, &state)
	c := s.check(words)
	c.Before, c.After = &state, &state
	for i, p := range s.Properties {
		if p.boot != nil {
			c.call(s, i, p.boot)
		}
	}
	return [][]uint64{words}
}

// check is a check on a state's memory.
func (s *Suite) check(words []uint64) *Check {
	return &Check{M: s.Machine, memory: words[s.Machine.Words():]}
}

// call calls a function of the i-th property.
func (c *Check) call(s *Suite, i int, f func(*Check)) {
	c.layout, c.bit = &s.layouts[i], 1<<i
	f(c)
}

// NewWorker implements [explore.System].
func (s *Suite) NewWorker() explore.Worker { return s.newWorker() }

func (s *Suite) newWorker() *worker {
	x := s.Machine.NewExec()
	w := &worker{suite: s, exec: x, check: Check{M: s.Machine}, marks: make([]uint64, 1+len(x.Marks()))}
	for i, p := range s.Properties {
		if p.always {
			w.marks[0] |= 1 << i
		}
	}
	return w
}

// worker expands states.
type worker struct {
	suite   *Suite
	exec    *model.Exec
	check   Check
	before  model.State
	after   model.State
	actions []model.Action
	marks   []uint64
}

// Marks implements [explore.Worker]: the first word has the properties whose premise occurred, the others are the
// machine's.
func (w *worker) Marks() []uint64 {
	copy(w.marks[1:], w.exec.Marks())
	return w.marks
}

// Expand implements [explore.Worker].
func (w *worker) Expand(state []uint64, b *explore.Batch) uint64 {
	s := w.suite
	s.Machine.Decode(&w.before, state)
	w.actions = w.exec.Enabled(&w.before, w.actions[:0])
	if len(w.actions) == 0 {
		return w.end(state)
	}
	for _, a := range w.actions {
		next := b.Add(explore.Step{Action: uint32(a)})
		b.Steps[len(b.Steps)-1].Violated = w.take(state, a, next)
	}
	return 0
}

// take executes an action from w.before, whose encoding is state, writes the successor to next, and returns which properties
// the transition violates.
func (w *worker) take(state []uint64, a model.Action, next []uint64) uint64 {
	s := w.suite
	m := s.Machine
	w.after = w.before
	w.exec.Do(&w.after, a)
	m.Encode(next, &w.after)
	copy(next[m.Words():], state[m.Words():])
	c := &w.check
	c.Before, c.After, c.Thread, c.memory = &w.before, &w.after, a.Thread(), next[m.Words():]
	c.violate, c.witness = 0, 0
	for _, e := range w.exec.Events {
		for _, i := range s.onEvent[e.Kind] {
			c.layout, c.bit = &s.layouts[i], 1<<i
			s.Properties[i].event(c, e)
		}
	}
	for _, i := range s.onStep {
		c.call(s, i, s.Properties[i].step)
	}
	w.marks[0] |= c.witness
	return c.violate
}

// end checks a state that has no successor.
func (w *worker) end(state []uint64) uint64 {
	s := w.suite
	c := &w.check
	c.Before, c.After, c.Thread, c.memory = &w.before, &w.before, model.Nobody, state[s.Machine.Words():]
	c.violate, c.witness = 0, 0
	for _, i := range s.onEnd {
		c.call(s, i, s.Properties[i].end)
	}
	w.marks[0] |= c.witness
	return c.violate
}

// NumProperties implements [explore.System].
func (s *Suite) NumProperties() int { return len(s.Properties) }
