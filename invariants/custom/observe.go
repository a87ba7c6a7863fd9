package custom

import (
	"maps"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/internal/positioned"
	"github.com/hpcheck/hpcheck/model"
)

// Letter is what a tracepoint of CPU hotplug shows: a callback of a CPU begins, or has ended.
type Letter struct {
	Exit   bool
	Up     bool // of one that begins
	Step   model.Rung
	Failed bool // of one that has ended
}

// Observed is a property as an automaton over what the tracepoints show: Next is the state to which a letter leads from
// each state, -1 where that violates the property.
type Observed struct {
	Name, Doc string
	States    []string
	Letters   []Letter
	Next      map[Letter][]int

	Err error // why it cannot be one; nothing else but the name is to be known then
}

// shown are the words of an expression that the tracepoints can answer.
var shown = []string{"events", "kind", "cpu", "me", "up", "step", "ret"}

// Observe reads the properties of a file as automata over what the tracepoints show of one CPU. Of a property that
// speaks of what they do not show [Observed.Err] says so, and where; the error is of the file.
func Observe(m *model.Machine, file string) ([]*Observed, error) {
	t, err := positioned.Read(file)
	if err != nil {
		return nil, err
	}
	v := NewVocabulary(m)
	_, wrong := v.properties(t, nil)
	tables, err := t.Tables("property", "property")
	if err != nil {
		return nil, err
	}
	var all []*Observed
	for _, t := range tables {
		o, err := v.observe(t)
		if err != nil { // of this one: the others may be asked for
			o = &Observed{Err: err}
			o.Name, _ = t.String("name")
			wrong = nil
		}
		all = append(all, o)
	}
	if wrong != nil { // of the file
		return nil, wrong
	}
	return all, nil
}

func (v *Vocabulary) observe(t *positioned.Table) (*Observed, error) {
	o := &Observed{Next: map[Letter][]int{}}
	o.Name, _ = t.String("name")
	o.Doc, _ = t.String("doc")
	if per, _ := t.String("per"); per != "cpu" {
		return nil, t.Errorf(`%s: an automaton watches one CPU: want per = "cpu"`, o.Name)
	}
	r, err := v.rules(t, true)
	if err != nil {
		return nil, err
	}
	for _, e := range r.expressions() {
		for _, word := range slices.Sorted(maps.Keys(e.uses)) {
			if !slices.Contains(shown, word) {
				return nil, e.at.Errorf("%s: no tracepoint of CPU hotplug shows %s", o.Name, word)
			}
		}
	}
	if o.States = r.states; r.always != nil {
		o.States = []string{"fine"}
	}
	w := newWatcher(v.m, r)
	for i := range v.m.Ladder {
		if err := o.letters(w, model.Rung(i), t); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// letters adds those of a state's callbacks.
func (o *Observed) letters(w *watcher, step model.Rung, t *positioned.Table) error {
	event := func(kind model.EventKind, up bool, ret model.Errno) model.Event {
		return model.Event{Kind: kind, CPU: 1, Step: step, Up: up, Ret: ret}
	}
	ended := map[bool][]int{}
	for _, up := range []bool{true, false} {
		if w.m.Ladder[step].Callback(up) == "" {
			continue
		}
		begins := event(model.EventEnter, up, model.OK)
		o.add(Letter{Up: up, Step: step}, o.next(w, begins))
		other := begins
		other.CPU = 0
		if !slices.Equal(o.next(w, other), identity(len(o.States))) {
			return t.Errorf("%s: it looks at callbacks of other CPUs: want .cpu == me", o.Name)
		}
		for ret := model.OK; ret.Valid(); ret++ {
			failed := ret != model.OK
			next := o.next(w, event(model.EventExit, up, ret))
			if old, ok := ended[failed]; ok && !slices.Equal(old, next) {
				return t.Errorf(
					"%s: cpuhp_exit does not show which way it goes, and one error is as good as another",
					o.Name,
				)
			}
			ended[failed] = next
		}
	}
	for _, failed := range []bool{false, true} {
		if next, ok := ended[failed]; ok {
			o.add(Letter{Exit: true, Step: step, Failed: failed}, next)
		}
	}
	return nil
}

func (o *Observed) add(l Letter, next []int) {
	o.Letters = append(o.Letters, l)
	o.Next[l] = next
}

func identity(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// next is where an event leads from each state.
func (o *Observed) next(w *watcher, e model.Event) []int {
	fields := map[string]any{}
	for _, f := range eventFields {
		if slices.Contains(shown, f.name) {
			fields[f.name] = f.value(w.m, e)
		}
	}
	w.scope["events"], w.scope["me"] = []any{fields}, 1
	next := make([]int, len(o.States))
	for state := range next {
		next[state] = w.leads(state)
	}
	return next
}

// leads is the state to which what is in scope leads, -1 for a violation.
func (w *watcher) leads(state int) int {
	is := func(e *expression) bool { out, err := w.vm.Run(e.program, w.scope); return err == nil && out.(bool) }
	if e := w.rules.always; e != nil {
		if is(e) {
			return state
		}
		return -1
	}
	for i := range w.rules.moves {
		if way := &w.rules.moves[i]; way.from == state && is(way.when) {
			return way.to
		}
	}
	return state
}

// ID is the property's name as C takes it.
func (o *Observed) ID() string { return strings.ReplaceAll(o.Name, "-", "_") }
