package invariants

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/hpcheck/hpcheck/model"
)

// Outcome is what became of a mutant.
type Outcome string

// The outcomes.
const (
	Killed Outcome = "killed" // a property is violated that the kernel does not violate there, or not in that way
	// In no scenario it shows another state of the kernel's data, or another visible step: there is nothing to be seen.
	Same     Outcome = "same"
	Harmless Outcome = "harmless"  // it does something else, and it was found that this is as good
	Survived Outcome = "survived"  // it does something else, and no property minds
	TooLarge Outcome = "too large" // it has many times the kernel's states, and none of those seen violates a property
)

// Mutant is a kernel with one thing done wrong, and what became of it.
type Mutant struct {
	model.Mutation
	Outcome  Outcome
	Property string // the one that is violated first
	Way      bool   // the kernel violates it too, but not in that way
	Scenario string // in which it was killed or, if it survived, in which it first does something else
	Why      string // of one that was not killed, and is not the same: why no property minds, if that is known
}

// Explained says why no property minds the survivor.
func (mu *Mutant) Explained() string {
	if mu.Why == "" {
		return "NOT EXPLAINED"
	}
	return mu.Why
}

// Survey is what became of all mutants of a kernel.
type Survey struct {
	Kernel  string
	Mutants []Mutant
}

// Count counts the mutants by what became of them.
func (s *Survey) Count() map[Outcome]int {
	count := map[Outcome]int{}
	for _, mu := range s.Mutants {
		count[mu.Outcome]++
	}
	return count
}

// Score is how many of those were killed that are not equivalent to the kernel: neither the same nor harmless.
func (s *Survey) Score() float64 {
	count := s.Count()
	return float64(count[Killed]) / float64(max(1, len(s.Mutants)-count[Same]-count[Harmless]))
}

// OtherWays is how many of those that were killed violate only properties that the kernel violates too, but in another
// way.
func (s *Survey) OtherWays() (n int) {
	for _, mu := range s.Mutants {
		if mu.Way {
			n++
		}
	}
	return n
}

// Survivors are the mutants that no property minds, the harmless ones among them, in the order of the programs.
func (s *Survey) Survivors() []Mutant {
	return slices.DeleteFunc(
		slices.Clone(s.Mutants), func(mu Mutant) bool { return mu.Outcome == Killed || mu.Outcome == Same },
	)
}

// Killer is a property, and how many mutants it was the first to mind.
type Killer struct {
	Property string
	Mutants  int
}

// Killers are those that minded any, the most deadly first.
func (s *Survey) Killers() []Killer {
	var all []Killer
	for _, mu := range s.Mutants {
		if mu.Outcome != Killed {
			continue
		}
		i := slices.IndexFunc(all, func(k Killer) bool { return k.Property == mu.Property })
		if i < 0 {
			i = len(all)
			all = append(all, Killer{Property: mu.Property})
		}
		all[i].Mutants++
	}
	slices.SortStableFunc(all, func(a, b Killer) int { return cmp.Compare(b.Mutants, a.Mutants) })
	return all
}

// fits takes out of a scenario the fault points that the kernel has not. It returns false if the kernel has nothing of
// the kind.
func fits(k model.Kernel, sc model.Scenario) (model.Scenario, bool) {
	if _, err := model.New(k, sc); err == nil {
		return sc, true
	}
	sc.FaultPoints = slices.DeleteFunc(slices.Clone(sc.FaultPoints), func(p string) bool {
		one := sc
		one.FaultPoints = []string{p}
		_, err := model.New(k, one)
		return err != nil
	})
	_, err := model.New(k, sc)
	return sc, err == nil
}

// target writes a number to hotplug/target of CPU 1.
func target(number int) model.Op { return model.Op{Via: model.ViaTarget, CPU: 1, Target: number} }

// rungs are the numbers of three steps at which an operation may end: the first of the prepare section, a driver's, and
// the last of all.
func rungs(k model.Kernel, sc model.Scenario) (numbers [3]int) {
	m, err := model.New(k, sc)
	if err != nil {
		return numbers
	}
	s := m.Initial()
	for r := len(m.Ladder) - 1; r > 0; r-- {
		switch {
		case !m.MayStop(&s, model.Rung(r)):
		case m.Ladder[r].Name == "dyn1":
			numbers[1] = m.Ladder[r].Number
		case model.Rung(r) == m.Online():
			numbers[2] = m.Ladder[r].Number
		default:
			numbers[0] = m.Ladder[r].Number
		}
	}
	return numbers
}

// Mutate looks for every mutant of a kernel in those scenarios, with some workers, and calls done after each. The
// mutants come in the order of the programs. The error is about a scenario that can't be, or the context's; then those
// come of which it is known what becomes of them.
func Mutate(
	ctx context.Context,
	k model.Kernel,
	scenarios []MutationScenario,
	workers int,
	done func(Mutant),
) ([]Mutant, error) {
	var mutants []Mutant
	bases := make([]base, 0, len(scenarios))
	for _, s := range scenarios {
		m, err := model.New(k, s.Scenario)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
		for _, mu := range m.Mutations() {
			if !slices.ContainsFunc(mutants, func(known Mutant) bool { return known.Mutation == mu }) {
				mutants = append(mutants, Mutant{Mutation: mu})
			}
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		bases = append(bases, baseOf(s.Name, m))
	}
	// Who is killed is killed where there is least to look at.
	slices.SortStableFunc(bases, func(a, b base) int { return cmp.Compare(a.states, b.states) })
	next := make(chan *Mutant)
	var all sync.WaitGroup
	var one sync.Mutex
	for range workers {
		all.Add(1)
		go func() {
			defer all.Done()
			for mu := range next {
				if mu.find(ctx, k, bases); mu.Outcome == "" {
					continue
				}
				one.Lock()
				done(*mu)
				one.Unlock()
			}
		}()
	}
	for i := range mutants {
		next <- &mutants[i]
	}
	close(next)
	all.Wait()
	return slices.DeleteFunc(mutants, func(mu Mutant) bool { return mu.Outcome == "" }), ctx.Err()
}

// base is the kernel itself in a scenario, with the mutants in which something is wrong that is reached there. Nothing
// comes of the others.
type base struct {
	*census
	name     string
	scenario model.Scenario
	mutants  map[model.Mutation]bool
}

func baseOf(name string, m *model.Machine) base {
	c := &census{shown: map[uint64]bool{}, reached: make([]uint64, (m.Marks()+63)/64)}
	b := base{c, name, m.Scenario, map[model.Mutation]bool{}}
	b.take(whole(m), 0, nil)
	for _, mu := range m.MutationsAt(func(place int) bool { return b.reached[place>>6]>>(place&63)&1 != 0 }) {
		b.mutants[mu] = true
	}
	return b
}

// whole asks all of a machine that forgets nothing, whether it is a mutant that may not forget or the kernel, so that
// the two can be compared.
func whole(m *model.Machine) *Suite { return Compile(m.Remember(), For(m)) }

// find says what becomes of the mutant. It does not if the context ends before.
func (mu *Mutant) find(ctx context.Context, k model.Kernel, bases []base) {
	large, differs := "", ""
	var other Mutant // as which it counts if no property is violated that the kernel does not violate at all
	for _, b := range bases {
		if ctx.Err() != nil {
			return
		}
		if !b.mutants[mu.Mutation] {
			continue
		}
		m, err := model.NewMutant(k, b.scenario, mu.Mutation)
		if err != nil || m == nil {
			continue
		}
		c := &census{}
		if differs == "" {
			c.shown = map[uint64]bool{}
		}
		first, another := c.take(whole(m), b.states*30+10_000, b.census)
		switch {
		case first == "" && c.crashed:
			first = "(it runs off the ladder)"
		case first == "" && !c.cut && c.endless && !b.endless:
			first = "(it never comes to rest)"
		}
		if first != "" {
			mu.Outcome, mu.Property, mu.Scenario = Killed, first, b.name
			return
		}
		if another != "" && other.Outcome == "" {
			other.Outcome, other.Property, other.Scenario, other.Way = Killed, another, b.name, true
		}
		if c.cut && large == "" {
			large = b.name
		}
		if differs == "" && !c.sameAs(b.census) {
			differs = b.name
		}
	}
	switch {
	case other.Outcome != "":
		mu.Outcome, mu.Property, mu.Scenario, mu.Way = other.Outcome, other.Property, other.Scenario, other.Way
	case large != "":
		mu.Outcome, mu.Scenario = TooLarge, large
	case differs != "":
		mu.Outcome, mu.Scenario = Survived, differs
		mu.explain()
	default:
		mu.Outcome = Same
	}
}
