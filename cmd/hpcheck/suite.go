package main

import (
	"errors"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/hpcheck/hpcheck/clients"
	"github.com/hpcheck/hpcheck/internal/positioned"
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
	"github.com/hpcheck/hpcheck/reports"
)

// suite is a file with runs.
type suite struct {
	runs []*suiteRun
}

// suiteRun is one of them: the flags that it sets, and what is expected of it.
type suiteRun struct {
	reports.Entry
	flags checkFlags
	fs    *pflag.FlagSet
	keys  map[string]positioned.Pos // where each flag was set
	at    positioned.Pos
}

// junitFile has all runs, beside the directories of each.
const junitFile = "junit.xml"

// ownKeys are the keys of a run that are no flags.
var ownKeys = []string{"name", "about", "finding", "expect", "states", "covers"}

// readSuite reads a suite. Every flag is checked before the first run begins.
func readSuite(file string) (*suite, error) {
	t, err := positioned.Read(file)
	if err != nil {
		return nil, err
	}
	if clients.Is(t) {
		return nil, t.Errorf("this is a client, and no suite: want hpcheck check --client %s", file)
	}
	if err := t.Only("defaults", "run"); err != nil {
		return nil, err
	}
	tables, err := t.Tables("run", "run")
	if err != nil {
		return nil, err
	}
	if len(tables) == 0 {
		return nil, t.Errorf("there is no run: want [[run]] with a name")
	}
	defaults := &positioned.Table{}
	if v := t.Get("defaults"); v != nil {
		if err := v.Want(positioned.Map); err != nil {
			return nil, err
		}
		defaults = v.Table
	}
	var s suite
	for _, t := range tables {
		r, err := newSuiteRun(file, t, defaults)
		if err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(
			s.runs,
			func(other *suiteRun) bool { return strings.EqualFold(other.Name, r.Name) },
		); i >= 0 {
			return nil, t.Get("name").Errorf("there is already a run %q", s.runs[i].Name)
		}
		s.runs = append(s.runs, r)
	}
	return &s, nil
}

// newSuiteRun reads one run.
func newSuiteRun(file string, t, defaults *positioned.Table) (*suiteRun, error) {
	r := &suiteRun{fs: pflag.NewFlagSet("run", pflag.ContinueOnError), keys: map[string]positioned.Pos{}, at: t.Pos}
	r.fs.SortFlags = false
	r.flags.addCheck(r.fs)
	for _, key := range defaults.Keys {
		if slices.Contains(ownKeys, key.Name) {
			return nil, key.Errorf("%s is for a run, not for defaults", key.Name)
		}
		if t.Get(key.Name) == nil {
			if err := r.set(file, key); err != nil {
				return nil, err
			}
		}
	}
	for _, key := range t.Keys {
		if slices.Contains(ownKeys, key.Name) {
			continue
		}
		if err := r.set(file, key); err != nil {
			return nil, err
		}
	}
	var err error
	for _, own := range []struct {
		name string
		into *string
	}{{"about", &r.About}, {"finding", &r.Finding}} {
		if *own.into, err = t.String(own.name); err != nil {
			return nil, err
		}
	}
	if r.Name, err = t.Word("name", "ABCDEFGHIJKLMNOPQRSTUVWXYZ._-"); err != nil {
		return nil, err
	}
	if r.Name == "" {
		return nil, t.Errorf("the run has no name")
	}
	if r.Name[0] == '.' || strings.EqualFold(r.Name, junitFile) {
		return nil, t.Get("name").Errorf(
			"name %q: want another, since it names a directory beside %s", r.Name, junitFile,
		)
	}
	return r, r.expect(t)
}

// ladderKey is the key of the flag --states, since states are counted in a suite.
const ladderKey = "ladder"

// suiteKey is the key of a flag.
func suiteKey(f *pflag.Flag) string {
	if f.Name == "states" {
		return ladderKey
	}
	return f.Name
}

// flagOfKey is the name of the flag that a key sets.
func flagOfKey(key string) string {
	if key == ladderKey {
		return "states"
	}
	return key
}

// unknownKey says that there is no such key.
func unknownKey(fs *pflag.FlagSet, name string) error {
	return &model.UnknownError{Kind: "key", Name: name, Known: append(slices.Clone(ownKeys), keys(fs)...)}
}

// set sets a flag.
func (r *suiteRun) set(file string, key positioned.Key) error {
	name := flagOfKey(key.Name)
	flag := r.fs.Lookup(name)
	if flag == nil || name == "set" {
		return key.Errorf("%v", unknownKey(r.fs, key.Name))
	}
	r.keys[key.Name] = key.Pos
	values := []*positioned.Value{key.Value}
	if key.Value.Kind == positioned.Array {
		if _, ok := flag.Value.(pflag.SliceValue); !ok {
			return key.Value.Errorf("%s is not a list", key.Name)
		}
		values = key.Value.List
	}
	for _, v := range values {
		switch v.Kind {
		case positioned.String, positioned.Number, positioned.Truth:
		default:
			return v.Errorf("%s: want a text, a whole number, true or false", key.Name)
		}
		text := v.Text
		if text == "" {
			return v.Errorf("%s is empty", key.Name)
		}
		if slices.Contains(pathKeys, key.Name) && !filepath.IsAbs(text) {
			text = filepath.Join(filepath.Dir(file), text)
		}
		err := r.fs.Set(name, text)
		var invalid *pflag.InvalidValueError
		switch {
		case errors.As(err, &invalid):
			return v.Errorf("%s = %s: want %s", key.Name, text, wanted(invalid))
		case err != nil:
			return v.Errorf("%s: %v", key.Name, err)
		}
	}
	return nil
}

// expect reads what is expected.
func (r *suiteRun) expect(t *positioned.Table) error {
	m, err := r.machine()
	if err != nil {
		return err
	}
	props, err := r.flags.load(m)
	if err != nil {
		return r.placed(err)
	}
	if v := t.Get("states"); v != nil {
		n, err := v.Int()
		if err != nil {
			return err
		}
		if n < 1 {
			return v.Errorf("states = %d: want 1 or more", n)
		}
		r.States = uint64(n)
	}
	if v := t.Get("covers"); v != nil {
		if err := r.covers(v, m.Functions()); err != nil {
			return err
		}
	}
	switch expect := t.Get("expect"); {
	case expect == nil:
		return nil
	case expect.Kind == positioned.String && expect.Text == "holds":
		return nil
	case expect.Kind == positioned.String && expect.Text == "violated":
		r.Some = true
		return nil
	case expect.Kind == positioned.Map:
		return r.verdicts(expect.Table, props)
	default:
		return expect.Errorf(`want "holds", "violated", or a table with the verdicts of properties`)
	}
}

// covers reads the functions that must be executed.
func (r *suiteRun) covers(v *positioned.Value, known []string) error {
	if err := v.Want(positioned.Array); err != nil {
		return err
	}
	for _, e := range v.List {
		if err := e.Want(positioned.String); err != nil {
			return err
		}
		if !slices.Contains(known, e.Text) {
			return e.Errorf("this scenario has no function %q", e.Text)
		}
		r.Covers = append(r.Covers, e.Text)
	}
	return nil
}

// verdicts reads what is expected of each property.
func (r *suiteRun) verdicts(t *positioned.Table, props []*invariants.Property) error {
	if r.flags.liveness {
		props = slices.Concat(props, invariants.AllLive())
	}
	var known []string
	for _, p := range props {
		known = append(known, p.Name)
	}
	r.Want = map[string]reports.Want{}
	for _, key := range t.Keys {
		if !slices.Contains(known, key.Name) {
			return key.Errorf("this run does not check %q; it checks %s", key.Name, strings.Join(known, ", "))
		}
		want, err := wantOf(key)
		if err != nil {
			return err
		}
		r.Want[key.Name] = want
	}
	return nil
}

// wantOf is what a key expects: a word, or the length of the shortest counterexample.
func wantOf(key positioned.Key) (reports.Want, error) {
	want := reports.Want{Verdict: key.Value.Text}
	switch {
	case key.Value.Kind == positioned.Number:
		n, err := key.Value.Int()
		if err != nil {
			return want, err
		}
		if n < 1 {
			return want, key.Value.Errorf(
				"%s = %d: want the length of the shortest counterexample, 1 or more", key.Name, n,
			)
		}
		return reports.Want{Verdict: "violated", Length: n}, nil
	case key.Value.Kind != positioned.String || !slices.Contains(reports.Words(), want.Verdict):
		return want, key.Value.Errorf(
			"%s: want one of %s, or the length of the shortest counterexample", key.Name,
			strings.Join(reports.Words(), ", "),
		)
	}
	return want, nil
}

// machine makes the run's machine, and checks all its flags.
func (r *suiteRun) machine() (*model.Machine, error) {
	m, err := r.flags.machine(r.fs)
	if err != nil {
		return nil, r.placed(err)
	}
	if _, err := r.flags.options(); err != nil {
		return nil, r.placed(err)
	}
	return m, nil
}

// placed says where the flag was set that an error is about.
func (r *suiteRun) placed(err error) error {
	var m *mistake
	if !errors.As(err, &m) {
		return err // it says itself where
	}
	at := r.at
	key := m.flag
	if flag := r.fs.Lookup(m.flag); flag != nil {
		key = suiteKey(flag)
	}
	p, ok := r.keys[key]
	switch {
	case ok:
		at = p
	case at.File == "":
		return err // of the command line, and not of a file
	}
	return at.Errorf("%s%s", key, m.says)
}

// only keeps the runs whose names match a pattern.
func (s *suite) only(pattern string) error {
	if _, err := path.Match(pattern, ""); err != nil {
		return usage("--only", err)
	}
	s.runs = slices.DeleteFunc(s.runs, func(r *suiteRun) bool {
		ok, _ := path.Match(pattern, r.Name)
		return !ok
	})
	if len(s.runs) == 0 {
		return usage("--only", errors.New(pattern+" matches no run"))
	}
	return nil
}
