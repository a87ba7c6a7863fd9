package drift

import (
	"cmp"
	"maps"
	"slices"
)

// Kind is how a function differs from that of the reference.
type Kind string

// The kinds of differences, the least first.
const (
	Same    Kind = "same"
	Words   Kind = "words"   // names, attributes, strings, how it is written
	Noise   Kind = "noise"   // also what is printed, traced or told lockdep
	Renamed Kind = "renamed" // its code is that of a function that is gone
	Changed Kind = "changed"
	New     Kind = "new"
	Gone    Kind = "gone"
)

// Matters reports whether the code that the model was made from is another.
func (k Kind) Matters() bool { return k == Changed || k == New || k == Gone }

// Change is a function, or a variable with an initializer, that is not as it was.
type Change struct {
	Name  string `json:"name"`
	File  string `json:"file"`
	Line  int    `json:"line,omitempty"` // in the tree; 0 if it is gone
	Kind  Kind   `json:"kind"`
	Was   string `json:"was,omitempty"`   // its name, if it is renamed
	At    []int  `json:"lines,omitempty"` // the lines of the statements that are new or other
	Lost  int    `json:"lost,omitempty"`  // how many statements of the reference are not there any more
	Parts []Part `json:"parts,omitempty"` // the same in parts, if it is changed
}

// StepChange is a step of the ladder that is not as it was.
type StepChange struct {
	Symbol  string `json:"symbol"`
	What    string `json:"what"`
	Matters bool   `json:"matters"` // the edition has the step
}

// Setting is a symbol of the configuration that has another value.
type Setting struct {
	Name string `json:"name"`
	Was  string `json:"was"`
	Is   string `json:"is"`
}

// Verdict says whether a run's verdicts carry over to the tree.
type Verdict struct {
	Run     Run      `json:"-"`
	Suite   string   `json:"suite"`
	Name    string   `json:"name"`
	Carries bool     `json:"carries"`
	Because []string `json:"because,omitempty"` // the functions that it executes and that differ
}

// Report is how a tree differs from what an edition was made from.
type Report struct {
	Reference *Reference
	Taken     *Taken
	Same      int // functions whose words are the same
	Changes   []Change
	Steps     []StepChange
	Moved     int // steps that have another number, in the same order
	Settings  []Setting
	Verdicts  []Verdict
	Machine   *Machine // nil if none was asked for
}

// Compare compares what was taken of a tree with an edition's reference, and decides which of the runs carry over.
func Compare(ref *Reference, t *Taken, runs []Run) *Report {
	r := &Report{Reference: ref, Taken: t}
	r.functions()
	r.steps()
	asked := map[string]string{}
	for _, a := range t.Unit.Asked() {
		asked[a.Name] = a.Value
	}
	for _, name := range slices.Sorted(maps.Keys(ref.Config)) {
		if is := t.Unit.Config.Set.Value(name); is != ref.Config[name] {
			r.Settings = append(r.Settings, Setting{Name: name, Was: ref.Config[name], Is: is})
		}
	}
	for _, run := range runs {
		r.Verdicts = append(r.Verdicts, r.verdict(run))
	}
	return r
}

// Matters reports whether anything differs that could change a verdict.
func (r *Report) Matters() bool {
	return len(r.Settings) > 0 || r.stepsMatter() || slices.ContainsFunc(r.Changes, func(c Change) bool {
		return c.Kind.Matters() || c.Kind == Renamed
	})
}

func (r *Report) stepsMatter() bool {
	return slices.ContainsFunc(r.Steps, func(s StepChange) bool { return s.Matters })
}

type key struct{ file, name string }

func byKey(prints []Print) map[key]*Print {
	m := map[key]*Print{}
	for i := range prints {
		m[key{prints[i].File, prints[i].Name}] = &prints[i]
	}
	return m
}

// functions compares function by function. One that is in another file now is found there.
func (r *Report) functions() {
	old, now := byKey(r.Reference.Prints), byKey(r.Taken.Prints)
	byName := map[string]*Print{}
	for k, p := range old {
		if now[k] == nil {
			byName[p.Name] = p
		}
	}
	var fresh []*Print
	for i := range r.Taken.Prints {
		p := &r.Taken.Prints[i]
		was := old[key{p.File, p.Name}]
		if was == nil {
			if was = byName[p.Name]; was != nil {
				delete(byName, p.Name)
			}
		}
		if was == nil {
			fresh = append(fresh, p)
			continue
		}
		r.function(was, p)
	}
	gone := map[string]*Print{} // by code
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		gone[byName[name].Code] = byName[name]
	}
	for _, p := range fresh {
		c := Change{Name: p.Name, File: p.File, Line: p.line, Kind: New}
		if p.nothing() {
			c.Kind = Noise
		}
		if was := gone[p.Code]; was != nil && len(p.Lines) >= 3*lineDigits { // less is no proof
			c.Kind, c.Was = Renamed, was.Name
			delete(gone, p.Code)
			delete(byName, was.Name)
		}
		r.Changes = append(r.Changes, c)
	}
	for _, p := range byName {
		c := Change{Name: p.Name, File: p.File, Kind: Gone, Lost: len(p.Lines) / lineDigits}
		if p.nothing() {
			c.Kind = Noise
		}
		r.Changes = append(r.Changes, c)
	}
	slices.SortFunc(r.Changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Name, b.Name))
	})
}

// function compares one.
func (r *Report) function(was, is *Print) {
	c := Change{Name: is.Name, File: is.File, Line: is.line}
	switch {
	case was.Words == is.Words:
		r.Same++
		return
	case was.Tree == is.Tree:
		c.Kind = Words
	case was.Code == is.Code:
		c.Kind = Noise
	default:
		c.Kind = Changed
		c.Parts = partsOf(was, is)
		for _, part := range c.Parts {
			c.At = append(c.At, part.Lines...)
			c.Lost += part.gone
		}
		slices.Sort(c.At)
		c.At = slices.Compact(c.At)
	}
	r.Changes = append(r.Changes, c)
}

// theSteps stands among functions for the ladder.
const theSteps = "the steps"

// verdict decides about a run.
func (r *Report) verdict(run Run) Verdict {
	v := Verdict{Run: run, Suite: run.Suite, Name: run.Name}
	executes := r.Taken.Executes(run.Functions, r.Reference.Modeled)
	for _, c := range r.Changes {
		if c.Kind.Matters() && executes[c.Name] {
			v.Because = append(v.Because, c.Name)
		}
	}
	slices.Sort(v.Because)
	if r.stepsMatter() {
		v.Because = append(v.Because, theSteps)
	}
	v.Carries = len(v.Because) == 0
	return v
}
