package custom

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
)

var update = flag.Bool("update", false, "write the vocabulary in docs/properties.md anew")

const own = "../../properties/own.toml"

func machine(t testing.TB, kernel string, change func(*model.Scenario), without ...string) *model.Machine {
	t.Helper()
	k, err := model.Lookup(kernel)
	require.NoError(t, err)
	k, err = k.Revert(without...)
	require.NoError(t, err)
	sc := model.Default()
	sc.CPUs, sc.Notifiers = 2, 1
	if change != nil {
		change(&sc)
	}
	m, err := model.New(k, sc)
	require.NoError(t, err)
	return m
}

// verdicts are the length of the shortest counterexample of each property, "holds" or "vacuous".
func verdicts(t testing.TB, m *model.Machine, ps []*invariants.Property) []string {
	t.Helper()
	s := invariants.Compile(m, ps)
	r, err := explore.Run(context.Background(), s, explore.Options{})
	require.NoError(t, err)
	require.Equal(t, explore.Exhausted, r.Stop)
	out := make([]string, len(ps))
	for i := range ps {
		out[i] = "holds"
		if r.Marks[0]>>i&1 == 0 {
			out[i] = "vacuous"
		}
	}
	for _, v := range r.Violations {
		out[v.Property] = fmt.Sprint(len(v.Trace.Steps))
		_, reasons, err := s.Replay(v)
		require.NoError(t, err)
		assert.NotEmpty(t, reasons, "%s says why", ps[v.Property].Name)
	}
	return out
}

// hpcheck's own properties, written in a file, give the same verdicts and equally long counterexamples.
func TestOwnProperties(t *testing.T) {
	twin := map[string]string{
		"threads-not-left-parked": "rollback-restores-smpboot", "down-failed-at-home": "down-failed-on-target",
		"masks-follow-state": "masks-agree", "failed-or-online": "down-failed-excludes-online",
	}
	type edition struct {
		kernel  string
		without []string
	}
	editions := []edition{
		{"v4.6-rc3", nil}, {"v4.6", nil}, {"v4.6", []string{"skip-onerr", "down-failed-on-target"}},
	}
	for _, f := range model.Fixes() {
		if k, err := model.Lookup("v4.6"); assert.NoError(t, err) && f.In(k) {
			editions = append(editions, edition{"v4.6", []string{f.Name}})
		}
	}
	violated := map[string]bool{}
	for _, e := range editions {
		m := machine(t, e.kernel, nil, e.without...)
		given, err := Load(m, own)
		require.NoError(t, err)
		require.Len(t, given, len(twin))
		var names []string
		for _, p := range given {
			names = append(names, twin[p.Name])
		}
		builtin, err := invariants.Select(nil, names...)
		require.NoError(t, err)
		want := map[string]string{}
		for i, v := range verdicts(t, m, builtin) {
			want[builtin[i].Name] = v
		}
		for i, got := range verdicts(t, m, given) {
			name := given[i].Name
			assert.Equal(t, want[twin[name]], got, "%s on %s without %v", name, e.kernel, e.without)
			violated[name] = violated[name] || got != "holds" && got != "vacuous"
		}
	}
	for name := range twin {
		assert.True(t, violated[name], "%s is violated somewhere", name)
	}
}

// The verdicts must not depend on the number of workers, each of which has its own watchers.
func TestWorkersDoNotMatter(t *testing.T) {
	m := machine(t, "v4.6-rc3", nil)
	given, err := Load(m, own)
	require.NoError(t, err)
	run := func(workers int) *explore.Result {
		r, err := explore.Run(context.Background(), invariants.Compile(m, given), explore.Options{Workers: workers})
		require.NoError(t, err)
		return r
	}
	one, many := run(1), run(3)
	assert.Equal(t, one.States, many.States)
	assert.Equal(t, one.Violations, many.Violations)
}

// A property over everything: it is about the state after the step, that before it, and who acts.
func TestScope(t *testing.T) {
	m := machine(t, "v4.6", func(sc *model.Scenario) { sc.Ops = 1; sc.Readers = 1; sc.CPUs, sc.Boot = 3, 2 })
	for _, test := range []struct{ always, want string }{
		{`before.cpu[2].online || !cpu[2].online || actor == "swapper/2"`, "holds"},
		{`before.cpu[2].online || !after.cpu[2].online || actor == "swapper/1"`, "violated"},
		{`all(cpu, .state <= CPUHP_ONLINE) && len(cpu) == 3`, "holds"},
		{`cpu[2].cpuhp.name == "cpuhp/2" && cpu[2].cpuhp.cpu == 2 && cpu[2].number == 2`, "holds"},
		{`cpu_hotplug_refcount <= 2`, "holds"},
		{`cpu_hotplug_refcount <= before.cpu_hotplug_refcount`, "violated"},
		{`none(events, .kind == EXIT && .ret > 0)`, "holds"},
		{`none(events, .kind == READ_END && .thread == "reader 0")`, "violated"},
		{`none(events, .kind == WAKE && .thread == "cpuhp/1")`, "violated"},
		{`none(events, .kind == FAULT && .point startsWith "cpu_disable")`, "violated"},
	} {
		ps, err := Parse(m, "f", fmt.Appendf(nil, "[[property]]\nname='x'\ndoc='x'\nalways='''%s'''", test.always))
		require.NoError(t, err, test.always)
		got := verdicts(t, m, ps)[0]
		if got != "holds" && got != "vacuous" {
			got = "violated"
		}
		assert.Equal(t, test.want, got, test.always)
	}
}

// A mistake is shown where it is, with what is allowed there.
func TestMistakes(t *testing.T) {
	m := machine(t, "v4.6", nil)
	head := "[[property]]\nname = 'a'\ndoc = 'b'\n"
	for _, test := range []struct{ text, want string }{
		{"", "f:1:1: there is no property"},
		{"x = 1", `f:1:1: unknown key "x"; here are known: property`},
		{"property = 1", "f:1:12: want tables, each headed [[property]]"},
		{"property = [1]", "f:1:13: want tables"},
		{"[[property]]\ndoc = 'b'", "f:1:3: the property has no name"},
		{"[[property]]\nname = 'a'", "f:1:3: the property has no doc"},
		{"[[property]]\nname = 1", "f:2:8: want a string, not a whole number"},
		{"[[property]]\nname = '../a'\ndoc = 'b'", `f:2:8: name "../a": want small letters, digits and -`},
		{"[[property]]\nname = 'masks-agree'\ndoc = 'b'\nalways='true'",
			`f:2:8: there is already a property "masks-agree"`},
		{head + "always='true'\n" + head + "always='true'", `f:6:8: there is already a property "a"`},
		{head, "f:1:3: want one of: always"},
		{head + "per = 'thread'\nalways = 'true'", `f:4:7: per = "thread": want "cpu"`},
		{head + "always = 'cpu[1].online'\nnever = 'true'", "f:1:3: want one of"},
		{head + "always = 'true'\nuntil = 'true'", "f:5:9: until is of no use with always"},
		{head + "after = 'true'", "f:1:3: after and never need each other"},
		{head + "always = 'cpu[1].onlin'", "f:4:18: unknown field onlin; there are active, cpuhp, dead, done"},
		{head + "always = 'cpus[1].online'", "f:4:11: unknown name cpus; in scope are active_writer, actor, after, " +
			"before, cpu,"},
		{head + "always = 'me == 1'", "f:4:11: unknown name me"},
		{head + "always = '''\ncpu[1].online &&\n  cpu[1].foo'''", "f:6:10: unknown field foo"},
		{head + "always = \"actor == \\\"x\\\"\"", `f:4:10: actor is never "x"; it may be nobody, task 0, cpuhp/0`},
		{head + "always = 'cpu[1].online +'", "f:4:25: unexpected token EOF"},
		{head + "always = 'cpu[1].state'", "f:4:10: expected bool, but got int"},
		{head + "always = 'cpu[1].online == 1'", "f:4:25: invalid operation: == (mismatched types bool and int)"},
		{head + "always = 'any(events, .kind == \"notfy\")'", `f:4:32: kind is never "notfy"; it may be call, begin`},
		{head + "always = 'cpu[7].online'", "f:4:10: cpu[7].online can't be evaluated: index out of range: 7 (array " +
			"length is 2)"},
		{head + "always = 'now().Year() > 2000'", "f:4:11: unknown name now"},
		{head + "always = 'keys($env)[0] == \"actor\"'", "f:4:11: unknown name keys"},
		{head + "always = ''", "f:4:10: the expression is empty"},
		{head + "always = 'cpu_add_remove_lock == \"task0\"'",
			`cpu_add_remove_lock is never "task0"; it may be nobody, task 0`},
		{head + "always = 'actor in [\"task 0\", \"foo\"]'", `actor is never "foo"`},
		{head + "move = 'a'", "f:4:8: want tables, each headed [[property.move]]"},
		{"[[property]]\nname = 'a'\ndoc = \"a\\u001b[31m\"", "f:3:7: doc has the character U+001B, which can't be " +
			"printed"},
		{head + strings.Repeat("[[property.move]]\nfrom = 'a'\nto = 'b'\nwhen = 'true'\n", 1001), "f:1:3: 1001 " +
			"moves: want 1000 at most"},
		{head + "always = 'all(1..100000000, # > 0)'", "can't be evaluated: memory budget exceeded"},
		{head + "[[property.move]]\nfrom = 'a'\nto = 'b'\nwhen = 'true'", "f:1:3: no move leads to \"violated\""},
		{head + "[[property.move]]\nfrom = 'a'\nto = 'violated'", "f:4:12: the move has no when"},
		{head + "[[property.move]]\nfrom = 'violated'\nto = 'violated'\nwhen = 'true'", "f:5:8: violated is where " +
			"it ends"},
		{head + "[[property.move]]\nto = 'b'\nwhen = 'true'", "f:4:12: the move has no from"},
		{head + "[[property.move]]\nif = 'b'", `f:5:1: unknown key "if"`},
		{head + "always = 'true", "f:4:14: "},
		{head + "always = 'true'\nalways = 'true'", "f:5:1: key always is already defined"},
	} {
		ps, err := Parse(m, "f", []byte(test.text))
		require.Error(t, err, test.text)
		assert.Nil(t, ps)
		assert.Contains(t, err.Error(), test.want, test.text)
		assert.NotContains(t, err.Error(), "\n", "one line")
	}
	_, err := Load(m, filepath.Join(t.TempDir(), "none.toml"))
	assert.ErrorIs(t, err, os.ErrNotExist)
}

// What can't be evaluated only later violates the property, and the counterexample says why.
func TestFailsLater(t *testing.T) {
	m := machine(t, "v4.6", nil)
	ps, err := Parse(
		m, "f",
		[]byte("[[property]]\nname='x'\ndoc='x'\nalways='cpu_add_remove_lock == NOBODY || cpu[8 + me0()].online'"),
	)
	require.Error(t, err)
	assert.Nil(t, ps)
	ps, err = Parse(
		m, "f", []byte("[[property]]\nname='x'\ndoc='x'\nalways='cpu_add_remove_lock == NOBODY || cpu[8].online'"),
	)
	require.NoError(t, err)
	s := invariants.Compile(m, ps)
	r, err := explore.Run(context.Background(), s, explore.Options{})
	require.NoError(t, err)
	require.Len(t, r.Violations, 1)
	_, reasons, err := s.Replay(r.Violations[0])
	require.NoError(t, err)
	assert.Contains(
		t, reasons[0].Clause,
		"f:4:8: cpu_add_remove_lock == NOBODY || cpu[8].online can't be evaluated: index out of range",
	)
}

// The vocabulary has everything that an event says, and nothing is left to expand it by hand but its fields.
func TestVocabularyIsWhole(t *testing.T) {
	assert.Len(t, eventFields, reflect.TypeFor[model.Event]().NumField())
	m := machine(t, "v4.6", func(sc *model.Scenario) {
		sc.Readers, sc.Installers, sc.Suspend, sc.Callback = 1, 1, true, model.CallbackWaits
	})
	v := NewVocabulary(m)
	seen := map[string]string{}
	for _, x := range m.Vars() {
		name := ident(m.VarField(x))
		assert.Regexp(t, `^[a-z_][a-z0-9_]*$`, name)
		_, role, _ := v.owner(x)
		_, ofCPU := x.CPU()
		id := fmt.Sprint(name, role != "", ofCPU)
		if other := seen[id]; other != "" {
			assert.Equal(t, other, m.VarField(x), "two variables are called %s", name)
		}
		seen[id] = m.VarField(x)
		assert.NotContains(t, v.constants, name)
	}
}

// docs/properties.md has the vocabulary of the default machine with everybody beside it.
func TestVocabularyIsCurrent(t *testing.T) {
	const file, begin, end = "../../docs/properties.md", "<!-- vocabulary -->\n", "<!-- end -->\n"
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(data), begin)
	require.True(t, ok)
	_, after, ok := strings.Cut(rest, end)
	require.True(t, ok)
	m := machine(
		t, "v4.6",
		func(sc *model.Scenario) { *sc = model.Default(); sc.Readers, sc.Installers, sc.Suspend = 1, 1, true },
	)
	var b strings.Builder
	for _, words := range NewVocabulary(m).List() {
		fmt.Fprintf(&b, "\n**%s**\n\n| | |\n| --- | --- |\n", strings.ToUpper(words.Heading[:1])+words.Heading[1:])
		for _, w := range words.Words {
			fmt.Fprintf(&b, "| `%s` | %s |\n", w[0], strings.ReplaceAll(w[1], "|", `\|`))
		}
	}
	want := before + begin + b.String() + "\n" + end + after
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(want), 0o644))
		return
	}
	assert.Equal(t, want, string(data), "run make generate")
}

// BenchmarkOwn explores with a built-in property, and with the same one from a file.
func BenchmarkOwn(b *testing.B) {
	m := machine(b, "v4.6", func(sc *model.Scenario) { sc.CPUs = 3 })
	given, err := Load(m, own)
	require.NoError(b, err)
	builtin, err := invariants.Select(nil, "rollback-restores-smpboot", "masks-agree")
	require.NoError(b, err)
	for name, ps := range map[string][]*invariants.Property{
		"none": nil, "smpboot": builtin[:1], "smpboot-file": given[:1], "masks": builtin[1:], "masks-file": given[2:3],
	} {
		b.Run(name, func(b *testing.B) {
			transitions := uint64(0)
			for b.Loop() {
				r, err := explore.Run(context.Background(), invariants.Compile(m, ps), explore.Options{Workers: 1})
				require.NoError(b, err)
				transitions += r.Transitions
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(transitions), "ns/transition")
		})
	}
}
