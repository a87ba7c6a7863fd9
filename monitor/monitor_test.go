package monitor

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/conform"
	"github.com/hpcheck/hpcheck/ftrace"
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
)

// recordings are those of real machines.
const recordings = "../conform/testdata"

// machine is the ladder of a real machine, and its recordings, by kind.
func machine(t *testing.T, edition, folder string) ([]model.Step, map[string][]*ftrace.Trace) {
	t.Helper()
	k, err := model.Lookup(edition)
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(recordings, folder, "states.txt"))
	require.NoError(t, err)
	steps, err := k.ParseStates(string(text))
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join(recordings, folder, "*.tar.gz"))
	require.NoError(t, err)
	traces, all := map[string][]*ftrace.Trace{}, []*ftrace.Trace(nil)
	for _, file := range files {
		kind := strings.TrimSuffix(filepath.Base(file), ".tar.gz")
		// one recording in many forms, of which perf's does not see the CPU that goes down, and a boot, on whose ladder
		// some states were not there yet
		if kind == "forms" || kind == "boot" {
			continue
		}
		traces[kind] = ftrace.OpenAll(file).Traces
		all = append(all, traces[kind]...)
	}
	k, err = k.WithStates(folder, conform.Learn(k, steps, all...))
	require.NoError(t, err)
	return k.Steps, traces
}

var machines = []struct{ folder, edition string }{
	{"6.1-cloud", "v6.1"}, {"6.1-rt", "v6.1"}, {"6.1-sc", "v6.1"}, {"6.1-small", "v6.1"}, {"6.1-cloud-suspend", "v6.1"},
	{"6.12-cloud", "v6.12"}, {"6.12-small", "v6.12"}, {"6.12-cloud-suspend", "v6.12"},
}

// made are the automata of all properties that can be watched.
func made(t *testing.T, ladder []model.Step) (all []*Automaton) {
	t.Helper()
	for _, w := range Table() {
		if w.make == nil {
			continue
		}
		a, err := Of(w.Property, ladder)
		require.NoError(t, err)
		all = append(all, a)
	}
	return all
}

// What a good kernel did on real machines violates none of them.
func TestRealMachinesAreQuiet(t *testing.T) {
	for _, m := range machines {
		ladder, traces := machine(t, m.edition, m.folder)
		for _, a := range made(t, ladder) {
			looked := 0
			for kind, some := range traces {
				for _, trace := range some {
					looked += len(trace.Events)
					if v := a.Run(trace.Events); v != nil {
						t.Errorf(
							"%s %s, %s: %s:%d: %s in %s",
							m.folder,
							kind,
							a.Name,
							trace.File,
							v.Line,
							v.Event,
							v.State,
						)
					}
				}
			}
			assert.Greater(t, looked, 200, m.folder)
		}
	}
}

// One thing wrong in what a machine did is seen.
func TestMutantsAreSeen(t *testing.T) {
	ladder, traces := machine(t, "v6.1", "6.1-cloud")
	s := sectionsOf(ladder)
	mutants := []struct {
		property, name string
		change         func(events []ftrace.Event, i int) []ftrace.Event
	}{
		{"walk-complete", "left out", func(e []ftrace.Event, i int) []ftrace.Event { return slices.Delete(e, i, i+2) }},
		{"callback-balance", "twice", func(e []ftrace.Event, i int) []ftrace.Event {
			return slices.Insert(e, i, e[i], e[i+1])
		}},
		{"rollback-order", "swapped", func(e []ftrace.Event, i int) []ftrace.Event {
			e[i], e[i+2], e[i+1], e[i+3] = e[i+2], e[i], e[i+3], e[i+1]
			return e
		}},
		{"one-writer-of-state", "within", func(e []ftrace.Event, i int) []ftrace.Event {
			e[i+1], e[i+2] = e[i+2], e[i+1]
			return e
		}},
		{"callback-context", "elsewhere", func(e []ftrace.Event, i int) []ftrace.Event { e[i].On = 0; return e }},
	}
	for _, m := range mutants {
		a, err := Of(m.property, ladder)
		require.NoError(t, err)
		seen, made := 0, 0
		for _, trace := range traces["plain"][:5] {
			for i := 8; i+3 < len(trace.Events); i++ {
				if !plainPair(s, ladder, trace.Events, i) || !plainPair(s, ladder, trace.Events, i+2) {
					continue
				}
				if m.name == "twice" && !both(ladder, trace.Events[i].Step) {
					continue // it may have been taken back without a trace
				}
				made++
				if a.Run(m.change(slices.Clone(trace.Events), i)) != nil {
					seen++
				}
			}
		}
		assert.Greater(t, made, 30, m.name)
		assert.Equal(t, made, seen, "%s, for %s", m.name, m.property)
	}
}

// plainPair reports whether a callback of the hotplug thread, without instances, begins there and ends right after.
func plainPair(s sections, ladder []model.Step, e []ftrace.Event, i int) bool {
	return e[i].Kind == ftrace.Enter && e[i+1].Kind == ftrace.Exit && e[i].Step == e[i+1].Step &&
		e[i].Step > s.teardown && inThread(&e[i]) && !slices.ContainsFunc(ladder, func(step model.Step) bool {
		return step.Number == e[i].Step && (step.Multi || step.Unknown)
	})
}

// both reports whether a state has a startup and a teardown.
func both(ladder []model.Step, number int) bool {
	return slices.ContainsFunc(ladder, func(s model.Step) bool {
		return s.Number == number && s.Startup != "" && s.Teardown != ""
	})
}

// Every property is in the table, once, in the order of the documentation.
func TestTableIsWhole(t *testing.T) {
	var want, got []string
	for _, p := range slices.Concat(invariants.All(), invariants.AllLive()) {
		want = append(want, p.Name)
	}
	for _, w := range Table() {
		got = append(got, w.Property)
		assert.Equal(t, w.make != nil, w.Part != "", w.Property)
		assert.NotEmpty(t, w.Why, w.Property)
	}
	assert.Equal(t, want, got)
}

// What rvgen would drop, mix up or not compile is refused.
func TestInvalid(t *testing.T) {
	a := &Automaton{Events: []Event{{Name: "a"}, {Name: "b"}}}
	a.move("one", "two", "a")
	assert.ErrorContains(t, a.DOT(&bytes.Buffer{}), "b has no transition")
	a.move("two", "a", "b")
	assert.ErrorContains(t, a.DOT(&bytes.Buffer{}), `"a" is no name of an event`)
	a = &Automaton{Events: []Event{{Name: "a"}}}
	a.move("one two", "three", "a")
	assert.ErrorContains(t, a.DOT(&bytes.Buffer{}), `"one two" is no name of a state`)
}

func TestDOT(t *testing.T) {
	k, err := model.Lookup("v6.12")
	require.NoError(t, err)
	a, err := Of("one-writer-of-state", k.Steps)
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, a.DOT(&b))
	assert.Equal(t, `digraph state_automaton {
	{node [shape = plaintext, style=invis, label=""] "__init_unknown"};
	{node [shape = doublecircle] "unknown"};
	{node [shape = circle] "inside"};
	{node [shape = circle] "between"};
	"__init_unknown" -> "unknown";
	{
		"unknown" [label = "unknown"];
		"unknown" -> "inside" [ label = "callback_begins\ninstance_begins" ];
		"unknown" -> "between" [ label = "callback_ends" ];
	}
	{
		"inside" [label = "inside"];
		"inside" -> "between" [ label = "callback_ends" ];
	}
	{
		"between" [label = "between"];
		"between" -> "inside" [ label = "callback_begins\ninstance_begins" ];
	}
	{ rank = min ;
		"__init_unknown";
		"unknown";
	}
}
`, b.String())
}

// rvgen of the kernel's tree must take each of them, and make the same automaton of it. Name the tree in
// HPCHECK_KERNEL_TREE, and in HPCHECK_PYTHON a python3 that finds lark; it was run with the tree of 7.3, whose rvgen
// needs Python 3.12.
func TestRvgenTakesThem(t *testing.T) {
	tree, python := os.Getenv("HPCHECK_KERNEL_TREE"), os.Getenv("HPCHECK_PYTHON")
	if tree == "" || python == "" {
		t.Skip("HPCHECK_KERNEL_TREE and HPCHECK_PYTHON do not name a kernel's tree and a python3")
	}
	ladder, _ := machine(t, "v7.3", "amd64-7.3.4")
	for _, a := range made(t, ladder) {
		dir := t.TempDir()
		var b bytes.Buffer
		require.NoError(t, a.DOT(&b))
		require.NoError(t, os.WriteFile(filepath.Join(dir, a.Name+".dot"), b.Bytes(), 0o666))
		cmd := exec.Command(
			python,
			filepath.Join(tree, "tools/verification/rvgen"),
			"monitor",
			"-c",
			"da",
			"-t",
			"per_obj",
			"-s",
			a.Name+".dot",
		)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s: %s", a.Name, out)
		header, err := os.ReadFile(filepath.Join(dir, a.Name, a.Name+".h"))
		require.NoError(t, err)
		assert.Equal(t, matrixOf(a), matrixIn(string(header)), a.Name)
	}
}

// matrixOf are the transitions of an automaton, as words.
func matrixOf(a *Automaton) (all []string) {
	for s, row := range a.Next {
		for e, to := range row {
			if to >= 0 {
				all = append(all, fmt.Sprintf("%s %s %s", a.States[s], a.Events[e].Name, a.States[to]))
			}
		}
	}
	slices.Sort(all)
	return all
}

// matrixIn are the transitions in a header that rvgen has made.
func matrixIn(header string) (all []string) {
	part := func(from, to string) []string {
		_, text, _ := strings.Cut(header, from)
		text, _, _ = strings.Cut(text, to)
		return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\n,{}\"", r) })
	}
	states, events := part(".state_names = {", "},"), part(".event_names = {", "},")
	cells := part(".function = {", ".initial_state")
	for i, cell := range cells {
		if cell = cell[:strings.LastIndex(cell+"_", "_")]; i < len(states)*len(events) &&
			!strings.HasPrefix(cell, "INVALID") {
			to := slices.IndexFunc(states, func(s string) bool { return strings.HasPrefix(cells[i], s+"_") })
			for j, s := range states { // the longest name that fits
				if strings.HasPrefix(cells[i], s+"_") && (to < 0 || len(s) > len(states[to])) {
					to = j
				}
			}
			all = append(all, fmt.Sprintf("%s %s %s", states[i/len(events)], events[i%len(events)], states[to]))
		}
	}
	slices.Sort(all)
	return all
}

var update = flag.Bool("update", false, "write the table of docs/monitors.md again")

// The table in the docs is that of the program.
func TestDocs(t *testing.T) {
	const file, begin, end = "../docs/monitors.md", "<!-- made from monitor.Table -->\n", "<!-- to here -->\n"
	doc, err := os.ReadFile(file)
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(doc), begin)
	require.True(t, ok)
	table, after, ok := strings.Cut(rest, end)
	require.True(t, ok)
	want := "\n| property | part | why |\n|---|---|---|\n"
	for _, w := range Table() {
		part := w.Part
		if part == "" {
			part = "-"
		}
		want += fmt.Sprintf("| `%s` | %s | %s |\n", w.Property, part, w.Why)
	}
	want += "\n"
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(before+begin+want+end+after), 0o666))
		table = want
	}
	assert.Equal(t, want, table)
}
