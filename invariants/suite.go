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
	Reduce     Reduction // what is left out
	Long       bool      // traces need not be the shortest, for another reason

	share   *Share  // nil: the whole
	alike   []uint8 // the CPUs that may be renamed
	layouts []layout
	run     int // words of memory for the run
	perCPU  int // words of memory for each CPU
	tasks   int // threads that are bound to no CPU
	pairs   *pairs
	onEvent [256][]int // by kind of event, the properties that look at it
	onStep  []onStep
	onEnd   []int
}

// onStep is what a property looks at steps with.
type onStep struct {
	property int
	when     occasion
	step     func(*Check)
}

// Compile makes a suite.
func Compile(m *model.Machine, ps []*Property) *Suite {
	s := &Suite{Machine: m, Properties: ps, alike: m.Interchangeable(), pairs: pairsOf(m), tasks: m.Layout()[1].Count}
	s.layouts, s.run, s.perCPU = lay(ps)
	for i, p := range ps {
		for _, kind := range p.on {
			s.onEvent[kind] = append(s.onEvent[kind], i)
		}
		if p.step != nil {
			s.onStep = append(s.onStep, onStep{i, p.when, p.step})
		}
		if p.end != nil {
			s.onEnd = append(s.onEnd, i)
		}
	}
	return s
}

// Width implements [explore.System].
func (s *Suite) Width() int { return s.Machine.Words() + s.run + s.perCPU*s.Machine.Scenario.CPUs }

// Parts implements [explore.Partitioned]: those of the machine, the memory of each CPU beside the CPU, and that of the
// run first.
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

// parts are the parts of which something may have changed.
func (s *Suite) parts(c model.Changes, wrote uint) (parts uint64) {
	i := 0
	if s.run > 0 {
		parts, i = uint64(wrote/wroteRun), 1
	}
	if c.Globals {
		parts |= 1 << i
	}
	i++
	parts |= uint64(c.Tasks) << i
	i += s.tasks
	for cpu := range s.Machine.Scenario.CPUs {
		parts |= uint64(c.CPUs>>cpu&1) << i
		i++
		if s.perCPU > 0 {
			parts |= uint64(wrote>>cpu&1) << i
			i++
		}
	}
	return parts
}

// Initial implements [explore.System].
func (s *Suite) Initial() [][]uint64 {
	state, words := s.boot()
	s.newWorker().canonical(&state, words)
	return [][]uint64{words}
}

// Boot returns the state in which the machine has booted, with its CPUs under their own numbers.
func (s *Suite) Boot() []uint64 {
	_, words := s.boot()
	return words
}

// boot returns the state in which the machine has booted, and its encoding with the memory of the properties.
func (s *Suite) boot() (model.State, []uint64) {
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
	return state, words
}

// check is a check on a state's memory.
func (s *Suite) check(words []uint64) *Check {
	return &Check{M: s.Machine, pairs: s.pairs, memory: words[s.Machine.Words():]}
}

// call calls a function of the i-th property.
func (c *Check) call(s *Suite, i int, f func(*Check)) {
	c.layout, c.bit = &s.layouts[i], 1<<i
	f(c)
}

// NumProperties implements [explore.System].
func (s *Suite) NumProperties() int { return len(s.Properties) }
