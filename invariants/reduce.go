package invariants

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/model"
)

// Reduction is a set of ways to explore less without missing a violation.
type Reduction uint8

// The ways.
const (
	// Symmetry takes states that differ in the numbers of CPUs alone for one. Counterexamples stay the shortest.
	Symmetry Reduction = 1 << iota
	// PartialOrder leaves out orders of independent steps that no property can tell apart.
	PartialOrder
	// Merge takes steps together that follow each other without a choice, or without one that matters.
	Merge
)

var reductions = []string{"symmetry", "por", "merge"}

// Auto is what is worth its cost in a scenario, see [Kept]. A bounded depth counts every step: of two orders of the
// same steps the one that is left out may be the one that comes to a violation within the bound, because the other one
// has steps before it that are not the violation's business. To take steps together saves memory, not time.
func Auto(sc model.Scenario, depth int, ps []*Property) Reduction {
	if slices.ContainsFunc(ps, (*Property).Given) || sc.Weak() {
		return 0
	}
	if depth > 0 {
		return Symmetry
	}
	return Symmetry | PartialOrder
}

// Kept says why [Auto] leaves out less than it might, "" if it does not.
func Kept(sc model.Scenario, depth int, ps []*Property) string {
	switch {
	case slices.ContainsFunc(ps, (*Property).Given):
		return "a property of a file may tell apart whatever could be left out"
	case sc.Weak():
		return "where memory is weak, each order of steps may show something else"
	case depth > 0:
		return "orders of steps are kept apart, since the bound on the depth counts each step"
	}
	return ""
}

// Reductions are the names of the reductions.
func Reductions() []string { return slices.Clone(reductions) }

// ParseReduction returns the set with these names: "none" is the empty set.
func ParseReduction(names ...string) (Reduction, error) {
	var set Reduction
	for _, name := range names {
		i := slices.Index(reductions, name)
		switch {
		case i >= 0:
			set |= 1 << i
		case name != "none" || len(names) > 1:
			return 0, fmt.Errorf(
				"unknown reduction %q: want auto, none, or some of %s", name, strings.Join(reductions, ", "),
			)
		}
	}
	return set, nil
}

// String lists the names, "none" if there are none.
func (r Reduction) String() string {
	var names []string
	for i, name := range reductions {
		if r>>i&1 == 1 {
			names = append(names, name)
		}
	}
	if names == nil {
		return "none"
	}
	return strings.Join(names, ", ")
}

// Shortest reports whether counterexamples are still the shortest there are.
func (r Reduction) Shortest() bool { return r&(PartialOrder|Merge) == 0 }

// canonical renames the CPUs of a state, whose encoding is words, so that states that differ in these names alone
// become equal, and returns how. The CPUs that are alike are sorted by what belongs to them and by who refers to them.
func (w *worker) canonical(state *model.State, words []uint64) *model.Renaming {
	s := w.suite
	if s.Reduce&Symmetry == 0 || len(s.alike) < 2 {
		return nil
	}
	m := s.Machine
	refs := m.References(state)
	for i := range s.Properties {
		s.references(i, words, &refs)
	}
	var order [model.MaxCPUs]uint8
	n := copy(order[:], s.alike)
	sorted := true
	for i := 1; i < n; i++ {
		for j := i; j > 0 && s.less(words, &refs, order[j], order[j-1]); j-- {
			order[j], order[j-1] = order[j-1], order[j]
			sorted = false
		}
	}
	if sorted {
		return nil
	}
	r := model.Same
	for i, cpu := range order[:n] {
		r[cpu] = s.alike[i]
	}
	w.renamed = *state
	m.Rename(&w.renamed, &r)
	m.Encode(words, &w.renamed)
	s.rename(words, &r, &w.blocks)
	return &r
}

// less compares two CPUs.
func (s *Suite) less(words []uint64, refs *[model.MaxCPUs]uint64, a, b uint8) bool {
	n := s.Machine.WordsPerCPU()
	i, j := s.Machine.CPUWords(a), s.Machine.CPUWords(b)
	if c := slices.Compare(words[i:i+n], words[j:j+n]); c != 0 {
		return c < 0
	}
	memory := words[s.Machine.Words():]
	if c := slices.Compare(s.block(memory, a), s.block(memory, b)); c != 0 {
		return c < 0
	}
	return refs[a] < refs[b]
}

// block is the memory that the properties keep of a CPU.
func (s *Suite) block(memory []uint64, cpu uint8) []uint64 {
	from := s.run + int(cpu)*s.perCPU
	return memory[from : from+s.perCPU]
}

// references adds to refs whether a property's sets of CPUs contain a CPU.
func (s *Suite) references(property int, words []uint64, refs *[model.MaxCPUs]uint64) {
	for f, field := range s.Properties[property].memory {
		if !field.cpus {
			continue
		}
		l := &s.layouts[property]
		set := words[s.Machine.Words()+l.word[f]] >> l.shift[f] & l.mask[f]
		for _, cpu := range s.alike {
			refs[cpu] = refs[cpu]<<1 | set>>cpu&1
		}
	}
}

// rename gives the CPUs other numbers in the memory of the properties.
func (s *Suite) rename(words []uint64, r *model.Renaming, scratch *[]uint64) {
	memory := words[s.Machine.Words():]
	*scratch = append((*scratch)[:0], memory[s.run:]...)
	for cpu := range s.Machine.Scenario.CPUs {
		copy(s.block(memory, r[cpu]), (*scratch)[cpu*s.perCPU:(cpu+1)*s.perCPU])
	}
	for p := range s.Properties {
		for f, field := range s.Properties[p].memory {
			if !field.cpus {
				continue
			}
			l := &s.layouts[p]
			w := &memory[l.word[f]]
			old, set := *w>>l.shift[f]&l.mask[f], uint64(0)
			for cpu := range s.Machine.Scenario.CPUs {
				set |= old >> cpu & 1 << r[cpu]
			}
			*w = *w&^(l.mask[f]<<l.shift[f]) | set<<l.shift[f]
		}
	}
}

// reducer is a worker that can say which part of a state's transitions is enough.
type reducer struct {
	*worker
	parts []uint64 // of the state that is being expanded: the sets of threads whose steps are enough
}

// ExpandPart implements [explore.Reducer]: all that some threads can do, if that is enough.
func (w *reducer) ExpandPart(state []uint64, b *explore.Batch, attempt int) bool {
	if attempt < 2 { // the first is nearly always enough
		w.load(state)
		w.exec.Races(&w.start)
		w.scout.look(&w.start)
		w.parts = w.scout.enough(&w.start, w.parts[:0], attempt == 0)
	}
	if attempt >= len(w.parts) {
		return false
	}
	w.actions = w.enabled(&w.start, w.actions[:0])
	set := w.parts[attempt]
	for i, a := range w.actions {
		if set>>w.scout.at[a.Thread()]&1 == 1 {
			b.Ordinals = append(b.Ordinals, i)
			w.actions[len(b.Ordinals)-1] = a
		}
	}
	w.expand(state, w.actions[:len(b.Ordinals)], b)
	return len(b.Ordinals) > 0 // or none of what they can do is in this share
}
