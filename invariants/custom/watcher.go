package custom

import (
	"maps"

	"github.com/expr-lang/expr/vm"

	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
)

// watcher evaluates a property's expressions. It implements [invariants.Watcher].
type watcher struct {
	m      *model.Machine
	rules  *rules
	vm     vm.VM
	scope  map[string]any
	before *snapshot // nil if nothing speaks of it
	after  *snapshot
	events bool // something speaks of them
	used   []model.Var
	check  *invariants.Check
}

// newWatcher makes one that looks only at what the expressions speak of.
func newWatcher(m *model.Machine, r *rules) *watcher {
	w := &watcher{m: m, rules: r}
	uses := map[string]bool{}
	for _, e := range r.expressions() {
		maps.Copy(uses, e.uses)
	}
	v := &Vocabulary{m: m}
	for _, x := range m.Vars() {
		if uses[ident(m.VarField(x))] {
			w.used = append(w.used, x)
		}
	}
	w.after = v.snapshot(w.used)
	w.scope = w.after.top
	w.scope["after"] = maps.Clone(w.after.top)
	if uses["before"] {
		w.before = v.snapshot(w.used)
		w.scope["before"] = w.before.top
	}
	if uses["after"] {
		w.after.twin = w.scope["after"].(map[string]any)
	}
	w.scope["events"] = []any(nil)
	w.events = uses["events"]
	return w
}

func (r *rules) expressions() []*expression {
	var all []*expression
	for _, e := range []*expression{r.premise, r.always} {
		if e != nil {
			all = append(all, e)
		}
	}
	for i := range r.moves {
		all = append(all, r.moves[i].when)
	}
	return all
}

// Look implements [invariants.Watcher].
func (w *watcher) Look(c *invariants.Check) {
	w.check = c
	w.after.fill(c.After)
	if w.before != nil {
		w.before.fill(c.Before)
	}
	w.scope["actor"] = w.m.ThreadName(c.Thread)
	if !w.events {
		return
	}
	events := make([]any, len(c.Events))
	for i, e := range c.Events {
		event := make(map[string]any, len(eventFields))
		for _, f := range eventFields {
			event[f.name] = f.value(w.m, e)
		}
		events[i] = event
	}
	w.scope["events"] = events
}

// Move implements [invariants.Watcher].
func (w *watcher) Move(cpu int, state uint64) (m invariants.Move) {
	m.State = state
	w.scope["me"] = cpu
	premise := w.rules.premise != nil && w.holds(w.rules.premise, &m)
	if e := w.rules.always; e != nil {
		if !w.holds(e, &m) && m.Violated == "" {
			w.violated(&m, cpu, "not "+e.text)
		}
		m.Applies = premise
		return m
	}
	for i := range w.rules.moves {
		way := &w.rules.moves[i]
		if way.from != int(state) || !w.holds(way.when, &m) {
			continue
		}
		if way.to < 0 {
			w.violated(&m, cpu, way.why)
			break
		}
		m.State = uint64(way.to)
		break
	}
	begun := state != 0 || m.State != 0
	m.Applies = begun && (premise || w.rules.premise == nil)
	return m
}

// violated says what is false, and which variables that it speaks of have just changed.
func (w *watcher) violated(m *invariants.Move, cpu int, why string) {
	m.Violated = why
	if w.rules.perCPU {
		m.Violated = "for CPU " + string(rune('0'+cpu)) + ": " + why
	}
	for _, x := range w.used {
		if w.m.Number(w.check.Before, x) != w.m.Number(w.check.After, x) {
			m.Vars = append(m.Vars, x)
		}
	}
}

// holds evaluates an expression. One that can't be evaluated, because it asks for an eighth CPU of two, say, is neither
// true nor false: that violates the property, and the counterexample says so.
func (w *watcher) holds(e *expression, m *invariants.Move) bool {
	out, err := w.vm.Run(e.program, w.scope)
	if err != nil {
		m.Violated = e.failure(err).Error()
		return false
	}
	return out.(bool)
}

// failure says why an expression can't be evaluated, and where it stands.
func (e *expression) failure(err error) error {
	return e.at.Errorf("%s can't be evaluated: %s", e.text, firstLine(err.Error()))
}

// try evaluates every expression once, in the initial state: most of what can't be evaluated shows then.
func (r *rules) try(m *model.Machine) error {
	w := newWatcher(m, r)
	state := m.Initial()
	w.Look(&invariants.Check{M: m, Before: &state, After: &state})
	cpus := 1
	if r.perCPU {
		cpus = m.Scenario.CPUs
	}
	for cpu := range cpus {
		w.scope["me"] = cpu
		for _, e := range r.expressions() {
			if _, err := w.vm.Run(e.program, w.scope); err != nil {
				return e.failure(err)
			}
		}
	}
	return nil
}

// snapshot is a state as expressions see it: maps that are filled in place.
type snapshot struct {
	m     *model.Machine
	cells []cell
	top   map[string]any
	twin  map[string]any // another name for it, to be filled as well
	known map[model.ValueKind]map[int]any
}

// cell is a variable's place.
type cell struct {
	into map[string]any
	name string
	top  bool
	v    model.Var
	kind model.ValueKind
	last int
}

// snapshot makes one with places for some variables.
func (v *Vocabulary) snapshot(vars []model.Var) *snapshot {
	s := &snapshot{m: v.m, top: map[string]any{}, known: map[model.ValueKind]map[int]any{}}
	cpus := make([]any, v.m.Scenario.CPUs)
	for i := range cpus {
		cpus[i] = map[string]any{"number": i}
	}
	var threads []any
	byName := map[string]map[string]any{}
	for _, x := range v.m.Vars() { // every thread has its place, also if nothing is asked of it
		cpu, role, name := v.owner(x)
		if role == "" || byName[name] != nil {
			continue
		}
		t := map[string]any{"name": name, "cpu": cpu}
		byName[name] = t
		threads = append(threads, t)
		cpus[cpu].(map[string]any)[role] = t
	}
	s.top["cpu"], s.top["threads"] = cpus, threads
	for _, x := range vars {
		into := s.top
		cpu, role, name := v.owner(x)
		switch {
		case role != "":
			into = byName[name]
		case cpu >= 0:
			into = cpus[cpu].(map[string]any)
		}
		s.cells = append(s.cells, cell{into, ident(v.m.VarField(x)), cpu < 0, x, x.Kind(), -1})
	}
	return s
}

// fill puts the values of a state into their places.
func (s *snapshot) fill(state *model.State) {
	for i := range s.cells {
		c := &s.cells[i]
		n := s.m.Number(state, c.v)
		if n == c.last {
			continue
		}
		c.last = n
		known := s.known[c.kind]
		if known == nil {
			known = map[int]any{}
			s.known[c.kind] = known
		}
		v, ok := known[n]
		if !ok {
			v = value(s.m, c.kind, n)
			known[n] = v
		}
		c.into[c.name] = v
		if c.top && s.twin != nil {
			s.twin[c.name] = v
		}
	}
}
