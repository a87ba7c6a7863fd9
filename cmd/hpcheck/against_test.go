package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/model"
)

// smallTree writes a kernel tree with the tests' own hotplug core and the ladder of v6.12, and returns its directory.
func smallTree(t *testing.T) string {
	t.Helper()
	core, err := os.ReadFile("../../lower/testdata/core.c")
	require.NoError(t, err)
	k, err := model.Lookup("v6.12")
	require.NoError(t, err)
	steps := slices.Clone(k.Steps)
	slices.SortFunc(steps, func(a, b model.Step) int { return a.Number - b.Number })
	var enum, table strings.Builder
	field := func(name, value string) string {
		if value == "" {
			return ""
		}
		return fmt.Sprintf(" .%s = %s,", name, value)
	}
	for _, s := range steps {
		fmt.Fprintf(&enum, "\t%s = %d,\n", s.Symbol, s.Number)
		fmt.Fprintf(&table, "\t[%s] = { .name = %q,%s%s .cant_stop = %t },\n", s.Symbol, s.Name,
			field("startup.single", s.Startup), field("teardown.single", s.Teardown), s.CantStop)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"Makefile": "VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 9\n", ".gitignore": ".config\n",
		".config":                    "CONFIG_X86=y\nCONFIG_SMP=y\nCONFIG_HOTPLUG_CPU=y\n",
		"include/linux/cpuhotplug.h": "enum cpuhp_state {\n" + enum.String() + "};\n",
		"kernel/cpu.c": string(core) + "static struct cpuhp_step cpuhp_hp_states[] = {\n" +
			table.String() + "};\n",
		"kernel/kthread.c": "", "kernel/smpboot.c": "", "kernel/stop_machine.c": "",
	} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	return dir
}

// edit replaces a text in the tree's core.
func edit(t *testing.T, dir, old, with string) {
	t.Helper()
	file := filepath.Join(dir, "kernel", "cpu.c")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(text), old)
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(string(text), old, with, 1)), 0o644))
}

// hpcheck runs the command, and returns what it prints and its exit status.
func hpcheck(t *testing.T, args ...string) (string, int) {
	t.Helper()
	var out bytes.Buffer
	cmd := newRootCommand()
	cmd.SetArgs(args)
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	err := cmd.ExecuteContext(context.Background())
	var exit *exitError
	switch {
	case err == nil:
		return out.String(), exitOK
	case errors.As(err, &exit):
		return out.String() + err.Error(), exit.status
	}
	return out.String() + err.Error(), -1
}

// What a patch changes is told for a mail: functions, verdicts with the counterexample, behaviours.
func TestAgainst(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("there is no git")
	}
	dir := smallTree(t)
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A"}, {
		"-c", "user.name=n", "-c", "user.email=e@example.org", "commit", "-q", "-m", "x",
	}} {
		require.NoError(t, exec.Command("git", append([]string{"-C", dir}, args...)...).Run())
	}
	small := []string{"--source", dir, "--against", "HEAD", "--smpboot-threads", "0", "--op", "down:1"}

	out, status := hpcheck(t, small...)
	assert.Equal(t, exitOK, status, out)
	assert.Contains(t, out, "Nothing differs that could change a verdict")

	edit(t, dir, "/*\n * A hotplug core", "/* Other words.\n * A hotplug core")
	edit(t, dir, "int takedown_cpu(unsigned int cpu)", "int __init takedown_cpu(unsigned int which_cpu)")
	edit(t, dir, "which_cpu", "cpu")
	out, status = hpcheck(t, small...)
	assert.Equal(t, exitOK, status, out)
	assert.Contains(t, out, "1 in words only")
	assert.Contains(t, out, "Nothing differs")

	edit(t, dir, "\t\tkthread_unpark(st->thread);\n\t\treturn err;", "\t\treturn err;")
	out, status = hpcheck(t, append(small, "--json", filepath.Join(dir, "run.json"))...)
	assert.Equal(t, exitViolated, status, out)
	for _, want := range []string{
		"    changed  takedown_cpu, kernel/cpu.c:142\n             a statement gone, was line 152\n",
		"checked: 2 CPUs, 1 task, down:1,",
		"  no-deadlock: was holds, is VIOLATED in ",
		"cpuhp/1 is parked on CPU 1, which is online\n",
		" calls cpu_down(1)\n",
		" migration/1 FAULT cpu_disable, kernel/cpu.c:133\n",
		"behaviours only after: ",
		"(nothing happens any more)\n",
	} {
		assert.Contains(t, out, want)
	}
	for line := range strings.Lines(out) {
		assert.Less(t, len(strings.TrimSuffix(line, "\n")), 80, line)
	}
	assert.FileExists(t, filepath.Join(dir, "run.json"))

	// Of what neither run has assembled it says that, and no more.
	other := smallTree(t)
	park := filepath.Join(other, "kernel", "smpboot.c")
	code := "struct task_struct *idle_thread_get(unsigned int cpu)\n{\n\treturn 0;\n}\n"
	require.NoError(t, os.WriteFile(park, []byte(code), 0o644))
	out, status = hpcheck(t, "--source", other, "--against", dir+"@HEAD", "--smpboot-threads", "0", "--op", "down:1")
	assert.Equal(t, exitIncomplete, status, out)
	assert.Contains(t, out, "NOT CHECKED: these differ, but both runs have the model's own")
	assert.Contains(t, out, "  idle_thread_get, kernel/smpboot.c:1\n")
	assert.Contains(t, out, "verdicts that differ: 0 of ")

	// The other way round it is fixed.
	out, status = hpcheck(t, "--source", dir+"@HEAD", "--against", dir, "--smpboot-threads", "0", "--op", "down:1")
	assert.Equal(t, exitOK, status, out)
	assert.Contains(t, out, "  no-deadlock: was VIOLATED in ")

	// What is not understood is said with its place, in either tree.
	edit(t, dir, "st->result = 0;", "st->colour = 0;")
	for _, args := range [][]string{{dir, "HEAD"}, {dir + "@HEAD", dir}} {
		out, status = hpcheck(t, "--source", args[0], "--against", args[1], "--op", "down:1")
		assert.Equal(t, exitUsage, status, out)
		assert.Contains(t, out, "kernel/cpu.c:67")
	}
}

func TestAgainstMistakes(t *testing.T) {
	dir := smallTree(t)
	for _, c := range []struct{ args, want string }{
		{"--against x", "--against: is of use only with --source TREE, and without --kernel"},
		{"--against x --source DIR --kernel v6.12", "--against: is of use only with --source TREE"},
		{"--against x --source DIR --json -", "--against: writes to stdout, so want a file or --out DIR"},
		{"--against x --source DIR --format html", "--against: writes to stdout"},
		{"--against x --source DIR --checkpoint c", "--against: makes two runs"},
		{"--against x --source DIR", "--against: x is no directory, and as a revision: "},
		{"--against DIR --source nowhere", "--source: there is no directory nowhere"},
	} {
		out, status := hpcheck(t, strings.Fields(strings.ReplaceAll(c.args, "DIR", dir))...)
		assert.Equal(t, exitUsage, status, c.args)
		assert.Contains(t, out, c.want)
	}
}
