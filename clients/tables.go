package clients

import (
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/internal/positioned"
	"github.com/hpcheck/hpcheck/model"
)

// bodies reads the states, the work items and the tasks.
func (f *file) bodies(tables map[string][]*positioned.Table) error {
	for _, t := range tables["state"] {
		if err := f.state(t); err != nil {
			return err
		}
	}
	for _, t := range tables["work"] {
		if err := t.Only("name", "ordered", "steps"); err != nil {
			return err
		}
		w := model.ClientWork{Name: t.Get("name").Text}
		var err error
		if w.Ordered, err = t.String("ordered"); err != nil {
			return err
		}
		if w.Steps, err = f.steps(t, "steps", place{what: "a work item", perCPU: true}); err != nil {
			return err
		}
		f.client.Works = append(f.client.Works, w)
	}
	seen := map[string]bool{}
	for _, t := range tables["task"] {
		if err := t.Only("name", "steps"); err != nil {
			return err
		}
		name, err := t.Word("name", "ABCDEFGHIJKLMNOPQRSTUVWXYZ_.-")
		if err != nil {
			return err
		}
		if name == "" {
			return t.Errorf("the task has no name")
		}
		if seen[name] {
			return t.Get("name").Errorf("there is already a task %q", name)
		}
		seen[name] = true
		steps, err := f.steps(t, "steps", place{what: "a task"})
		if err != nil {
			return err
		}
		f.client.Tasks = append(f.client.Tasks, model.ClientTask{Name: name, Steps: steps})
	}
	return nil
}

var sections = []model.ClientSection{model.SectionPrepare, model.SectionStarting, model.SectionOnline}

// state reads a state.
func (f *file) state(t *positioned.Table) error {
	if err := t.Only(
		"name", "section", "registered", "instances", "startup", "teardown", "startup-function", "teardown-function",
		"effects", "leftovers",
	); err != nil {
		return err
	}
	s := model.ClientState{Name: t.Get("name").Text, Section: model.SectionOnline, Multi: t.Get("instances") != nil}
	section, err := t.String("section")
	if err != nil {
		return err
	}
	if section != "" {
		s.Section = model.ClientSection(section)
		if !slices.Contains(sections, s.Section) {
			return t.Get("section").Errorf("section = %q: want prepare, starting or online", section)
		}
	}
	if v := t.Get("registered"); v != nil {
		if err := v.Want(positioned.Truth); err != nil {
			return err
		}
		if s.Multi {
			return v.Errorf(
				"a state with instances is always registered: instances = N says how many there are at boot",
			)
		}
		s.Registered = v.True
	}
	if v := t.Get("instances"); v != nil {
		if s.Instances, err = v.Int(); err != nil {
			return err
		}
		if s.Instances < 0 || s.Instances > model.MaxClientInstances {
			return v.Errorf("instances = %d: want 0 to %d", s.Instances, model.MaxClientInstances)
		}
	}
	if err := f.callbacks(t, &s); err != nil {
		return err
	}
	if s.Instances > s.MostInstances() {
		return t.Get("instances").Errorf("instances = %d: want 1 at most if they may fail", s.Instances)
	}
	for _, l := range []struct {
		key  string
		into *[]string
	}{{"effects", &s.Effects}, {"leftovers", &s.Leftovers}} {
		names, err := words(t, l.key)
		if err != nil {
			return err
		}
		for _, v := range names {
			if f.kinds[v.Text] != model.ClientCPUFlag {
				return v.Errorf("%s: %q is none of the cpu-flags", l.key, v.Text)
			}
			*l.into = append(*l.into, v.Text)
		}
	}
	f.client.States = append(f.client.States, s)
	return nil
}

// callbacks reads what a state calls.
func (f *file) callbacks(t *positioned.Table, s *model.ClientState) (err error) {
	for _, c := range []struct {
		key, way string
		name     *string
		steps    *[]model.ClientStep
	}{{"startup", "startup", &s.Startup, &s.Up}, {"teardown", "teardown", &s.Teardown, &s.Down}} {
		v := t.Get(c.key)
		if v == nil {
			if v := t.Get(c.key + "-function"); v != nil {
				return v.Errorf("%s-function without %s", c.key, c.key)
			}
			continue
		}
		at := place{what: "a callback", perCPU: true, callback: true}
		if *c.steps, err = f.steps(t, c.key, at); err != nil {
			return err
		}
		if *c.name, err = t.String(c.key + "-function"); err != nil {
			return err
		}
		if *c.name == "" {
			*c.name = functionName(s.Name, c.way)
		}
		for i := range f.client.States {
			if o := &f.client.States[i]; o.Startup == *c.name || o.Teardown == *c.name {
				return v.Errorf("%s() is the function of another state", *c.name)
			}
		}
		if strings.ContainsAny(*c.name, " \t()") {
			return t.Get(c.key+"-function").Errorf("%q is no name of a function", *c.name)
		}
	}
	if s.Startup == "" && s.Teardown == "" {
		return t.Errorf("state %s: want startup, teardown or both", s.Name)
	}
	if s.Startup == s.Teardown {
		return t.Errorf("startup and teardown have the same name, %s()", s.Startup)
	}
	return nil
}
