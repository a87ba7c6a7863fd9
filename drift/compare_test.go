package drift

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/ktree"
)

// core is a kernel/cpu.c of the tests' own: it has the names that the core must have, and nothing of its text.
const core = `
static int prepare(unsigned int cpu) { return fill(cpu); }
static struct cpuhp_step cpuhp_hp_states[] = {
	[CPUHP_OFFLINE] = { .name = "offline" },
	[CPUHP_SHELVES] = { .name = "shelves", .startup.single = prepare },
	[CPUHP_ONLINE] = { .name = "online" },
};
static void tell(int cpu) { lockdep_assert_held(&m); }
static int helper(struct shelf *s, int n)
{
	int i, sum = 0;

	for (i = 0; i < n; i++)
		sum += s->book[i].pages;
	if (sum > 100) {
		pr_info("%d pages\n", sum);
		goto out;
	}
	sum = READ_ONCE(s->min) ? : 0x10;
out:
	tell(n);
	return sum;
}
int cpu_up(unsigned int cpu) { return helper(&shelf, cpu) + cpuhp_hp_states[0].cant_stop; }
int cpu_down(unsigned int cpu) { return prepare(cpu); }
`

const header = `enum cpuhp_state { CPUHP_OFFLINE, CPUHP_SHELVES, CPUHP_LATER, CPUHP_ONLINE };`

// take takes the prints of a tree with this kernel/cpu.c and this header.
func take(t testing.TB, core, header string) *Taken {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"Makefile": "VERSION = 9\nPATCHLEVEL = 1\nSUBLEVEL = 7\n", ".config": "CONFIG_X86=y\n", "kernel/cpu.c": core,
		"include/linux/cpuhotplug.h": header, "kernel/kthread.c": "", "kernel/smpboot.c": "",
		"kernel/stop_machine.c": "",
		"lib/books.c":           "int book(void) { return 1; }\nint other(void) { return 2; }\n",
	} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	tree, err := ktree.Open(dir)
	require.NoError(t, err)
	cfg, err := tree.Config(ktree.Options{})
	require.NoError(t, err)
	taken, err := Take(tree, cfg, nil, []string{"lib/books.c:book", "lib/none.c:x"})
	require.NoError(t, err)
	return taken
}

// against compares a changed core with the core, for two runs.
func against(t *testing.T, core2, header2 string) *Report {
	t.Helper()
	ref := take(t, core, header).Reference(&Reference{
		Modeled: []string{"cpu_up", "cpu_down", "prepare"},
		Ladder:  []string{"CPUHP_OFFLINE", "CPUHP_SHELVES", "CPUHP_ONLINE"},
	})
	ref.Edition = "v9.1"
	return Compare(ref, take(t, core2, header2), []Run{
		{
			Suite:     "s",
			Name:      "up",
			Functions: []string{"cpu_up"},
		},
		{Suite: "s", Name: "down", Functions: []string{"cpu_down", "prepare"}},
	})
}

// What of a change of the source counts, and what does not.
func TestWhatCounts(t *testing.T) {
	for _, c := range []struct {
		name, old, new string
		want           Kind
	}{
		{"nothing", "", "", Same},
		{"a comment", "int i, sum = 0;", "int i, sum = 0; /* the pages */ // of all", Same},
		{"white space", "sum += s->book[i].pages;", "sum\n+=\ns->book[ i ].pages ;", Same},
		{"a local name", "sum", "total", Words},
		{"the name of a label", "out", "done", Words},
		{"a string", "%d pages\\n", "pages: %d\\n", Words},
		{"an attribute", "static int helper(", "static noinline int helper(", Words},
		{"braces", "sum += s->book[i].pages;", "{ sum += s->book[i].pages; }", Words},
		{"parentheses", "if (sum > 100)", "if ((sum > 100))", Words},
		{"declarations apart", "int i, sum = 0;", "int i;\nint sum = 0;", Words},
		{"how a number is written", "0x10", "16U", Words},
		{"what is printed", "pr_info(\"%d pages\\n\", sum);", "pr_info(\"%d of %d pages\\n\", sum, n);", Noise},
		{"nothing is printed", "pr_info(\"%d pages\\n\", sum);", "", Noise},
		{"a trace point", "tell(n);", "tell(n);\ntrace_shelf(n);", Noise},
		{"a function that only tells", "\ttell(n);\n", "\n", Noise},
		{"what is printed has an effect", "pr_info(\"%d pages\\n\", sum);", "pr_info(\"%d pages\\n\", sum++);",
			Changed},
		{"a comparison", "sum > 100", "sum >= 100", Changed},
		{"an operator", "sum +=", "sum -=", Changed},
		{"a field", "s->min", "s->max", Changed},
		{"a number", "0x10", "0x11", Changed},
		{"READ_ONCE", "READ_ONCE(s->min)", "s->min", Changed},
		{"a statement less", "goto out;", ";", Changed},
		{"a call more", "return sum;", "wake(n);\nreturn sum;", Changed},
		{"a type", "struct shelf *s", "const struct rack *s", Changed},
		{"a local name for another", "i < n", "n < i", Changed},
		{"in a statement expression", "return sum;", "return ({ sum; });", Changed},
		{"static", "int i, sum = 0;", "static int i, sum = 0;", Changed},
		{"what is freed at the end", "int i, sum = 0;", "int i __free(x), sum = 0;", Changed},
		{"a condition of the configuration", "tell(n);", "tell(n);\n#ifdef CONFIG_X86\nwake(n);\n#endif", Changed},
		{"a condition that is not met", "tell(n);", "tell(n);\n#ifdef CONFIG_ARM\nwake(n);\n#endif", Same},
	} {
		require.Contains(t, core, c.old, c.name)
		r := against(t, strings.ReplaceAll(core, c.old, c.new), header)
		kind := Same
		for _, change := range r.Changes {
			if change.Name == "helper" {
				kind = change.Kind
			} else {
				assert.False(t, change.Kind.Matters(), "%s: %+v", c.name, change)
			}
		}
		assert.Equal(t, c.want, kind, c.name)
		assert.Equal(t, !c.want.Matters(), r.Verdicts[0].Carries, c.name)
		assert.True(t, r.Verdicts[1].Carries, c.name)
	}
}

// A run is what it executes: also functions that the model has no name for, but no others.
func TestVerdicts(t *testing.T) {
	for _, c := range []struct{ old, new, up, down string }{
		{"return fill(cpu)", "return empty(cpu)", "", "prepare"},
		{"return prepare(cpu); }", "return helper(0, 1) + prepare(cpu); }", "", "cpu_down"},
		{"int cpu_down(unsigned int cpu) { return prepare(cpu); }", "", "", "cpu_down"},
		{"sum > 100", "sum > 101", "helper", ""},
		{"tell(n);", "tell(n);\nnewer(n);", "helper", ""},
	} {
		r := against(t, strings.Replace(core, c.old, c.new, 1), header)
		assert.Equal(t, c.up, strings.Join(r.Verdicts[0].Because, " "), c.new)
		assert.Equal(t, c.down, strings.Join(r.Verdicts[1].Because, " "), c.new)
	}
	// A function that is new is executed by whoever calls it.
	r := against(
		t,
		strings.Replace(core, "static int helper", "static void newer(int n) { wake(n); }\nstatic int helper", 1)+
			"int add_cpu(void) { newer(1); }",
		header,
	)
	assert.True(t, r.Verdicts[0].Carries, "nothing that it executes calls it")
	assert.Equal(t, "newer add_cpu", changed(r))
}

func changed(r *Report) string {
	var names []string
	for _, c := range r.Changes {
		if c.Kind != Words && c.Kind != Noise {
			names = append(names, strings.TrimSpace(c.Name+" "+c.Was))
		}
	}
	return strings.Join(names, " ")
}

func TestRenamed(t *testing.T) {
	r := against(t, strings.ReplaceAll(core, "helper", "count_pages"), header)
	assert.Equal(t, "count_pages helper cpu_up", changed(r))
	assert.Equal(t, []string{"cpu_up"}, r.Verdicts[0].Because, "it calls another name")
}

func TestWhere(t *testing.T) {
	edit := strings.NewReplacer(
		"sum += s",
		"sum -= s",
		"return sum;",
		"return sum + 1;",
		"\tif (sum > 100) {",
		"\tif (0) {",
	)
	r := against(t, edit.Replace(core), header)
	require.Len(t, r.Changes, 1)
	assert.Equal(t, []int{14, 15, 22}, r.Changes[0].At)
	assert.Equal(t, 3, r.Changes[0].Lost)
	assert.Equal(t, 9, r.Changes[0].Line)
}

func TestOtherFiles(t *testing.T) {
	taken := take(t, core, header)
	last := taken.Prints[len(taken.Prints)-1]
	assert.Equal(t, []string{"book", "lib/books.c"}, []string{last.Name, last.File})
}

func TestSteps(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"", "", ""},
		{"CPUHP_LATER", "CPUHP_LATER, CPUHP_LATEST", ""}, // of which the table says nothing
		{"CPUHP_LATER, ", "", ""},
		{"CPUHP_LATER, CPUHP_ONLINE", "CPUHP_ONLINE, CPUHP_LATER", "not the edition's: CPUHP_ONLINE is in another " +
			"place of the order"},
		{".startup.single = prepare", ".startup.single = repair", "CPUHP_SHELVES was prepare/-, is repair/-"},
		{".startup.single", ".teardown.single", "CPUHP_SHELVES was prepare/-, is -/prepare"},
		{"= prepare }", "= prepare, .cant_stop = true }", "CPUHP_SHELVES was prepare/-, is prepare/- cant_stop"},
		{"CPUHP_SHELVES", "CPUHP_RACKS", "not the edition's: CPUHP_RACKS is new: prepare/-; CPUHP_SHELVES is gone: " +
			"prepare/-"},
		{"CPUHP_OFFLINE, CPUHP_SHELVES", "CPUHP_SHELVES, CPUHP_OFFLINE", "CPUHP_SHELVES is in another place of the " +
			"order"},
	} {
		r := against(t, strings.ReplaceAll(core, c.old, c.new), strings.ReplaceAll(header, c.old, c.new))
		var got []string
		matters := false
		for _, s := range r.Steps {
			matters = matters || s.Matters
			text := s.Symbol + " " + s.What
			if !s.Matters {
				text = "not the edition's: " + text
			}
			got = append(got, text)
		}
		assert.Equal(t, c.want, strings.Join(got, "; "), c.new)
		assert.Equal(t, !matters, r.Verdicts[0].Carries, c.new)
	}
	assert.Equal(t, 1, against(t, core, strings.Replace(header, "CPUHP_LATER, ", "", 1)).Moved)
}

func TestMachine(t *testing.T) {
	taken := take(t, core, header)
	m, err := taken.Machine("states", "  0: offline\n  1: racks\n  2: later:online\n\n")
	require.NoError(t, err)
	assert.Equal(t, &Machine{File: "states", Same: 1, RunTime: 1, Differ: []string{
		"1 is racks there, the source has shelves", "3 is not there, the source has online",
	}}, m)
	for _, bad := range []string{"x", "x: y", "1:y"} {
		_, err = taken.Machine("states", "0: offline\n"+bad)
		assert.ErrorContains(t, err, "states:2: ")
	}
}

func TestNearest(t *testing.T) {
	all := Editions()
	require.GreaterOrEqual(t, len(all), 2)
	for version, want := range map[ktree.Version]string{
		{Version: "4", Patchlevel: "19"}:                                 all[0],
		{Version: "6", Patchlevel: "1", Sublevel: "0"}:                   "v6.1",
		{Version: "6", Patchlevel: "1", Sublevel: "200"}:                 "v6.1",
		{Version: "6", Patchlevel: "11"}:                                 "v6.1",
		{Version: "6", Patchlevel: "12", Sublevel: "0", Extra: "-rc3"}:   "v6.1",
		{Version: "6", Patchlevel: "13", Sublevel: "0", Extra: "-local"}: "v6.12",
		{Version: "99", Patchlevel: "0"}:                                 all[len(all)-1],
	} {
		assert.Equal(t, want, Nearest(version), version)
	}
	for _, e := range all {
		ref, err := ReferenceOf(e)
		require.NoError(t, err)
		assert.Equal(t, e, ref.Edition)
		assert.Greater(t, len(ref.Prints), 100)
		assert.NotEmpty(t, ref.Runs)
		assert.Contains(t, ref.Modeled, "_cpu_down")
		assert.Contains(t, ref.Runs[0].Functions, "_cpu_down")
	}
	_, err := ReferenceOf("v4.6")
	assert.ErrorContains(t, err, "there are no hashes of what v4.6 was made from: want one of v6.1, v6.12")
}

// Each part of a function that differs is told with its line here and there, or only here beside an edition.
func TestParts(t *testing.T) {
	before := take(t, core, header)
	for _, c := range []struct{ old, new, want, beside string }{
		{"\tif (sum > 100) {", "\n\tif (sum >= 100) {", "a condition changed, line 16, was 15",
			"a condition changed, line 16"},
		{"\tsum = READ_ONCE(s->min) ? : 0x10;\n", "", "a statement gone, was line 19", "a statement gone"},
		{"\tsum = READ_ONCE", "\tn--;\n\tsum = READ_ONCE", "a statement new, line 19", "a statement new, line 19"},
		{"sum += s", "sum -= s", "a statement changed, line 14, was 14", "a statement changed, line 14"},
		{"\ttell(n);\n\treturn sum;", "\tif (n)\n\t\treturn 0;\n\treturn sum;", "2 statements new, lines 21-22",
			"2 statements new, lines 21-22"},
		{"\tif (sum > 100) {", "\tif (n) n++; if (sum > 100 && n) {",
			"3 statements in place of a condition, line 15, was 15", "3 statements in place of a statement, line 15"},
		{"\tsum = READ_ONCE(s->min) ? : 0x10;\nout:", "out:\n\tsum = READ_ONCE(s->min) ? : 0x10;",
			"a statement moved, line 19, was 20", "a statement moved, line 19"},
		{"\t\tgoto out;\n\t}\n", "\t}\n\t\tgoto out;\n", "a block ends elsewhere, line 15, was 15",
			"a block ends elsewhere, line 15"},
	} {
		text := strings.Replace(core, c.old, c.new, 1)
		now := take(t, text, header)
		var got, beside []string
		partsOf := func(ref *Reference) []Part {
			all := Compare(ref, now, nil).Changes
			return all[slices.IndexFunc(all, func(c Change) bool { return c.Name == "helper" })].Parts
		}
		for _, part := range partsOf(before.Reference(&Reference{})) {
			got = append(got, part.What+part.where())
		}
		assert.Equal(t, c.want, strings.Join(got, "; "), c.new)
		ref := before.Reference(&Reference{})
		ref.Prints = slices.Clone(ref.Prints)
		for i := range ref.Prints {
			ref.Prints[i].at = nil // as of an edition
		}
		for _, part := range partsOf(ref) {
			assert.Empty(t, part.Was)
			beside = append(beside, part.What+part.where())
		}
		assert.Equal(t, c.beside, strings.Join(beside, "; "), c.new)
	}
}
