package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
	"github.com/hpcheck/hpcheck/reports"
)

// entry is what somebody has registered: its name, which is typed, and a sentence, which is read.
type entry struct{ name, doc string }

// registries are all lists to which a file of its own adds something.
func registries(t *testing.T) map[string][]entry {
	t.Helper()
	all := map[string][]entry{}
	add := func(kind, name, doc string) { all[kind] = append(all[kind], entry{name, doc}) }
	for _, p := range append(invariants.All(), invariants.AllLive()...) {
		add("property", p.Name, p.Doc)
	}
	for _, k := range model.Kernels() {
		add("edition", k.Name, k.Doc)
	}
	for _, f := range model.Fixes() {
		add("fix or candidate", f.Name, f.Doc) // both are taken out and put in by their names
	}
	for _, c := range model.Candidates() {
		add("fix or candidate", c.Name, c.Doc)
	}
	for _, s := range model.Switches() {
		add("switch", s.Name, s.Doc)
	}
	for _, f := range reports.Formats() {
		add("format", f.Name, f.Doc)
		add("file of a format", f.File, f.Doc)
	}
	exhibits, err := readMuseum()
	require.NoError(t, err)
	for _, e := range exhibits {
		add("exhibit", e.Name, e.Title)
	}
	visit(newRootCommand(), func(cmd *cobra.Command) {
		add("command", strings.ReplaceAll(cmd.CommandPath(), " ", "."), cmd.Short)
		cmd.Flags().VisitAll(func(f *pflag.Flag) { add("flag of "+cmd.CommandPath(), f.Name, f.Usage) })
	})
	findings, err := os.ReadFile("../../docs/findings.md")
	require.NoError(t, err)
	for _, m := range regexp.MustCompile(`(?m)^### (\d+)\. (.+)$`).FindAllStringSubmatch(string(findings), -1) {
		add("finding", m[1], m[2])
	}
	return all
}

// Within a registry every name is there once and can be typed, and every entry says what it is. Go would take a second
// property of the same name without a word, and of two files of one name the later one would win.
func TestRegistries(t *testing.T) {
	all := registries(t)
	assert.Greater(t, len(all["property"]), 30)
	assert.Greater(t, len(all["finding"]), 30)
	for kind, entries := range all {
		assert.Empty(t, mistakes(entries), kind)
	}
	for _, c := range model.Candidates() { // what one refers to is there
		for _, number := range strings.Split(c.Finding, ", ") {
			assert.Contains(t, names(all["finding"]), number, "%s is for a finding that is not told", c.Name)
		}
	}
}

// The check itself finds what it is for.
func TestRegistryMistakes(t *testing.T) {
	assert.Equal(t, []string{
		`"a" is there twice`, `"b" says what "a" says`, `"c c" can't be typed`, `"d" says nothing`,
	}, mistakes([]entry{{"a", "x"}, {"a", "y"}, {"b", "x"}, {"c c", "z"}, {"d", " "}}))
}

// mistakes says what is wrong with a registry.
func mistakes(entries []entry) []string {
	var wrong []string
	seen, said := map[string]bool{}, map[string]string{}
	typed := regexp.MustCompile(`^[A-Za-z0-9_.+-]+$`)
	for _, e := range entries {
		other, again := said[e.doc]
		switch {
		case seen[e.name]:
			wrong = append(wrong, `"`+e.name+`" is there twice`)
		case !typed.MatchString(e.name):
			wrong = append(wrong, `"`+e.name+`" can't be typed`)
		case strings.TrimSpace(e.doc) == "":
			wrong = append(wrong, `"`+e.name+`" says nothing`)
		case again:
			wrong = append(wrong, `"`+e.name+`" says what "`+other+`" says`)
		}
		seen[e.name], said[e.doc] = true, e.name
	}
	return wrong
}

func names(entries []entry) []string {
	var all []string
	for _, e := range entries {
		all = append(all, e.name)
	}
	return all
}

// What people type every day fits on a page: the rest is in --help-all, in scenario files and behind --set. A list that
// names a flag that is gone would hide nothing.
func TestEverydayFlags(t *testing.T) {
	flags, rest := 0, 0
	root := newRootCommand()
	root.InitDefaultHelpFlag()
	root.InitDefaultVersionFlag()
	all := root.Flags()
	all.AddFlagSet(root.PersistentFlags())
	all.VisitAll(func(f *pflag.Flag) {
		switch {
		case key(f) || rare(f):
			rest++
		case f.Name != "help" && f.Name != "help-all" && f.Name != "version":
			flags++
		}
	})
	assert.LessOrEqual(t, flags, 26)
	assert.Greater(t, rest, 40)
	for _, name := range append(everyday, unusual...) {
		assert.NotNil(t, all.Lookup(name), name)
	}
}
