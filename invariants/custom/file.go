// Package custom reads properties that a user has written: TOML, with expressions over the states and the events of a
// step.
package custom

import (
	"slices"

	"github.com/hpcheck/hpcheck/internal/positioned"
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
)

// mostMoves is how many moves an automaton may have.
const mostMoves = 1000

// Bad is the state of an automaton in which the property is violated.
const Bad = "violated"

// Load reads the properties of files, for a machine. A mistake is told with file, line and column.
func Load(m *model.Machine, files ...string) ([]*invariants.Property, error) {
	if len(files) == 0 {
		return nil, nil
	}
	v := NewVocabulary(m)
	var all []*invariants.Property
	for _, file := range files {
		t, err := positioned.Read(file)
		if err != nil {
			return nil, err
		}
		more, err := v.properties(t, all)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	return all, nil
}

// Parse reads the properties of a file that is in memory; name is the file's in messages.
func Parse(m *model.Machine, name string, data []byte) ([]*invariants.Property, error) {
	t, err := positioned.Parse(name, data)
	if err != nil {
		return nil, err
	}
	return NewVocabulary(m).properties(t, nil)
}

// properties are those of a file; others are there already.
func (v *Vocabulary) properties(t *positioned.Table, others []*invariants.Property) ([]*invariants.Property, error) {
	if err := t.Only("property"); err != nil {
		return nil, err
	}
	tables, err := t.Tables("property", "property")
	if err != nil {
		return nil, err
	}
	if len(tables) == 0 {
		return nil, t.Errorf("there is no property: want [[property]] with name, doc and what must be true")
	}
	taken := map[string]bool{}
	for _, p := range slices.Concat(invariants.All(), invariants.Elsewhere(), invariants.AllLive(), others) {
		taken[p.Name] = true
	}
	var all []*invariants.Property
	for _, t := range tables {
		p, err := v.property(t)
		if err != nil {
			return nil, err
		}
		if taken[p.Name] {
			return nil, t.Get("name").Errorf("there is already a property %q", p.Name)
		}
		taken[p.Name] = true
		all = append(all, p)
	}
	return all, nil
}

// property reads one.
func (v *Vocabulary) property(t *positioned.Table) (*invariants.Property, error) {
	if err := t.Only("name", "doc", "why", "per", "premise", "always", "after", "never", "until", "move"); err != nil {
		return nil, err
	}
	a := invariants.Automaton{File: t.File, Why: "It was given in " + t.File + "."}
	for _, field := range []struct {
		name string
		into *string
	}{{"name", &a.Name}, {"doc", &a.Doc}, {"why", &a.Why}} {
		text, err := t.String(field.name)
		if field.name == "name" {
			text, err = t.Word("name", "-")
		}
		if err != nil {
			return nil, err
		}
		if text != "" {
			*field.into = text
		} else if field.name != "why" {
			return nil, t.Errorf("the property has no %s", field.name)
		}
	}
	switch per, err := t.String("per"); {
	case err != nil:
		return nil, err
	case per == "cpu":
		a.PerCPU = true
	case t.Get("per") != nil:
		return nil, t.Get("per").Errorf(`per = %q: want "cpu"`, per)
	}
	rules, err := v.rules(t, a.PerCPU)
	if err != nil {
		return nil, err
	}
	if err := rules.try(v.m); err != nil {
		return nil, err
	}
	a.States, a.Always = len(rules.states), rules.always != nil && rules.premise == nil
	a.Watch = func(m *model.Machine) invariants.Watcher { return newWatcher(m, rules) }
	return invariants.Given(a), nil
}

// rules are what a property demands, in one of its forms.
type rules struct {
	perCPU  bool
	premise *expression
	always  *expression // it must be true after each step
	moves   []move
	states  []string // the automaton's, the first is where it begins
}

// move is one that an automaton makes if its condition is true.
type move struct {
	from, to int // to is violated if it is negative
	when     *expression
	why      string // what is false then
}

func (v *Vocabulary) rules(t *positioned.Table, perCPU bool) (*rules, error) {
	r := &rules{perCPU: perCPU}
	compiled := map[string]*expression{}
	for _, name := range []string{"premise", "always", "after", "never", "until"} {
		value := t.Get(name)
		if value == nil {
			continue
		}
		e, err := v.compile(value, perCPU)
		if err != nil {
			return nil, err
		}
		compiled[name] = e
	}
	moves := t.Get("move")
	forms := 0
	for _, there := range []bool{compiled["always"] != nil, compiled["never"] != nil || compiled["after"] != nil,
		moves != nil} {
		if there {
			forms++
		}
	}
	if forms != 1 {
		return nil, t.Errorf("want one of: always; after and never, with until if that ends it; or [[property.move]]")
	}
	r.premise, r.always = compiled["premise"], compiled["always"]
	switch {
	case r.always != nil:
		if compiled["until"] != nil {
			return nil, t.Get("until").Errorf("until is of no use with always")
		}
		return r, nil
	case moves != nil:
		return r, v.automaton(t, r)
	case compiled["after"] == nil || compiled["never"] == nil:
		return nil, t.Errorf("after and never need each other")
	}
	r.sequence(compiled["after"], compiled["never"], compiled["until"])
	return r, nil
}

// sequence is the automaton of: after a, never b, until c. In one step, c comes first, then b, then a.
func (r *rules) sequence(after, never, until *expression) {
	r.states = []string{"before", "after"}
	why := "it was after " + after.text + ", and there is " + never.text
	if until != nil {
		r.moves = append(r.moves, move{1, 0, until, ""})
		why += " before " + until.text
	}
	r.moves = append(r.moves, move{1, -1, never, why}, move{0, 1, after, ""})
}

// automaton reads [[property.move]].
func (v *Vocabulary) automaton(t *positioned.Table, r *rules) error {
	tables, err := t.Tables("move", "property.move")
	if err != nil {
		return err
	}
	state := func(name string) int {
		if name == Bad {
			return -1
		}
		if i := slices.Index(r.states, name); i >= 0 {
			return i
		}
		r.states = append(r.states, name)
		return len(r.states) - 1
	}
	if len(tables) > mostMoves {
		return t.Errorf("%d moves: want %d at most", len(tables), mostMoves)
	}
	bad := false
	for _, t := range tables {
		if err := t.Only("from", "when", "to"); err != nil {
			return err
		}
		var ends [2]string
		for i, name := range []string{"from", "to"} {
			text, err := t.String(name)
			if err != nil {
				return err
			}
			if text == "" {
				return t.Errorf("the move has no %s", name)
			}
			ends[i] = text
		}
		if ends[0] == Bad {
			return t.Get("from").Errorf("%s is where it ends: nothing comes after it", Bad)
		}
		if t.Get("when") == nil {
			return t.Errorf("the move has no when")
		}
		when, err := v.compile(t.Get("when"), r.perCPU)
		if err != nil {
			return err
		}
		m := move{from: state(ends[0]), to: state(ends[1]), when: when}
		if m.to < 0 {
			bad, m.why = true, "in state "+ends[0]+" there is "+when.text
		}
		r.moves = append(r.moves, m)
	}
	if !bad {
		return t.Errorf("no move leads to %q, so it can't be violated", Bad)
	}
	if len(r.states) > 64 {
		return t.Errorf("%d states: want 64 at most", len(r.states))
	}
	return nil
}
