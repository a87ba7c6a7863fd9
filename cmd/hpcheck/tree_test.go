package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/reports"
)

// A counterexample that was found in a tree is walked again on the same C, and on no other.
func TestSavedFromATree(t *testing.T) {
	dir := smallTree(t)
	edit(t, dir, "\t\tkthread_unpark(st->thread);\n\t\treturn err;", "\t\treturn err;")
	saved := filepath.Join(t.TempDir(), "cex.json")
	out, status := hpcheck(t, "--source", dir, "--op", "down:1", "--fault", "cpu_disable", "--property", "no-deadlock",
		"--json", saved)
	require.Equal(t, exitViolated, status, out)

	with := func(command string) []string { return []string{command, "--source", dir, saved} }
	out, status = hpcheck(t, with("replay")...)
	assert.Equal(t, exitViolated, status, out)
	assert.Contains(t, out, "the same to the end, and VIOLATED again")
	out, status = hpcheck(t, with("repro")...)
	assert.Equal(t, exitOK, status, out)
	assert.Contains(t, out, "CANNOT BE FORCED: cpu_disable")
	out, status = hpcheck(t, with("minimize")...)
	assert.Equal(t, exitViolated, status, out)
	assert.Contains(t, out, "this shows it:\n  hpcheck --source "+dir+" --op down:1")
	out, status = hpcheck(t, with("litmus")...)
	assert.Equal(t, exitUsage, status, out)
	assert.Contains(t, out, "its memory is not weak")

	edit(t, dir, "/*\n * A hotplug core", "/* Other words.\n * A hotplug core")
	out, status = hpcheck(t, with("replay")...)
	assert.Equal(t, exitViolated, status, out)
	edit(t, dir, "err = st->result;", "err = st->result + 0;")
	for _, command := range []string{"replay", "repro", "minimize", "litmus"} {
		out, status = hpcheck(t, with(command)...)
		assert.Equal(t, exitUsage, status, out)
		assert.Contains(t, out, "--source: it was found in "+dir+", whose code is ")
		assert.Contains(t, out, ": want the same tree")
		out, status = hpcheck(t, command, saved)
		assert.Equal(t, exitUsage, status, out)
		assert.Contains(t, out, "it was found in the kernel tree "+dir+": want --source with that tree")
	}
	out, status = hpcheck(t, "replay", "--source", dir, "--kernel", "v6.12", saved)
	assert.Equal(t, exitUsage, status, out)
	assert.Contains(t, out, "--source: names the kernel, so want no --kernel and no --revert")
}

// Every step of what is assembled, and the callbacks that it calls, are shown where they stand in the tree.
func TestLinesOfATree(t *testing.T) {
	dir, to := smallTree(t), t.TempDir()
	read := func(path ...string) string {
		text, err := os.ReadFile(filepath.Join(path...))
		require.NoError(t, err)
		return string(text)
	}
	edit(t, dir, "\t\tkthread_unpark(st->thread);\n\t\treturn err;", "\t\treturn err;")
	out, status := hpcheck(t, "--source", dir, "--op", "down:1", "--fault", "cpu_disable", "--property", "no-deadlock",
		"--dyn-states", "1", "--smpboot-threads", "1", "--out", to)
	require.Equal(t, exitViolated, status, out)
	code := strings.Split(read(dir, "kernel", "cpu.c"), "\n")

	var saved struct{ Steps []reports.SavedStep }
	require.NoError(t, json.Unmarshal([]byte(read(to, "no-deadlock.json")), &saved))
	page, at := read(to, "report.html"), map[string]bool{}
	for _, s := range saved.Steps {
		if s.Function == "task" || s.Function == "fail_store" || s.File != "kernel/cpu.c" {
			continue
		}
		require.Positive(t, s.Line, "step %d, %s(): %s", s.Number, s.Function, s.Label)
		at[s.Function+": "+strings.TrimSpace(code[s.Line-1])] = true
		assert.Contains(t, page, fmt.Sprintf("<small>%s:%d</small>", s.File, s.Line))
	}
	assert.Contains(t, at, "dyn1_teardown: st->result = cpuhp_invoke_callback(cpu, which, up, st->node, &st->last);")

	why := strings.Join(strings.Fields(read(to, "no-deadlock.txt")), " ")
	waits := regexp.MustCompile(`waits for ever in ask\(\): [^ ]+ [^(]*\(kernel/cpu\.c:(\d+)\) CPU 1`)
	where := waits.FindStringSubmatch(why)
	require.NotNil(t, where, why)
	line, err := strconv.Atoi(where[1])
	require.NoError(t, err)
	assert.Contains(t, code[line-1], "wait_for_completion(")
	assert.Regexp(t, `task 0, in turn\(\) \(kernel/cpu\.c:\d+\): CPU 1`, read(to, "report.md"))

	type location struct {
		PhysicalLocation struct {
			Region struct {
				StartLine int
				Snippet   struct{ Text string }
			}
		}
	}
	var sarif struct {
		Runs []struct {
			Results []struct {
				Locations []location
				CodeFlows []struct {
					ThreadFlows []struct{ Locations []struct{ Location location } }
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(read(to, "results.sarif")), &sarif))
	region := sarif.Runs[0].Results[0].Locations[0].PhysicalLocation.Region
	require.Positive(t, region.StartLine)
	assert.Equal(t, code[region.StartLine-1], region.Snippet.Text)
	flow := sarif.Runs[0].Results[0].CodeFlows[0].ThreadFlows[0].Locations
	assert.Equal(t, flow[1].Location, flow[0].Location, "what is chosen first stands where the task begins")
	assert.NotContains(t, page, "git/torvalds/", "the tree is no release of his")
}

// What the README shows of a patch is what comes out, but for the numbers: a patch like that of a tree of our own.
func TestReadmePatch(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(readme), "$ hpcheck --source . --against HEAD --op down:1 --fault cpu_disable\n")
	require.True(t, ok)
	shown, _, _ := strings.Cut(rest, "```")

	before, after := smallTree(t), smallTree(t)
	edit(t, after, "\t\tkthread_unpark(st->thread);\n\t\treturn err;", "\t\treturn err;")
	out, status := hpcheck(t, "--source", after, "--against", before, "--op", "down:1", "--fault", "cpu_disable")
	require.Equal(t, exitViolated, status, out)
	number := regexp.MustCompile(`:\d+|line \d+|\b\d+ `)
	plain := func(text string) string {
		return strings.Join(strings.Fields(number.ReplaceAllString(text, " N ")), " ")
	}
	out = plain(out)
	for _, line := range strings.Split(strings.TrimSpace(shown), "\n") {
		if line == "..." {
			continue
		}
		_, rest, ok := strings.Cut(out, plain(line))
		require.True(t, ok, "%q is not in what follows: %s", plain(line), out)
		out = rest
	}
}

// Commands that look at a kernel take a tree, too, or say why not.
func TestTreeInOtherCommands(t *testing.T) {
	dir := smallTree(t)
	log := filepath.Join(t.TempDir(), "log")
	edit(t, dir, "\tst->state = CPUHP_AP_IDLE_DEAD;\n", "") // so that the kernel comes to this BUG
	require.NoError(t, os.WriteFile(log, []byte("[ 242.1] kernel BUG at kernel/cpu.c:157!\n[ 242.1] RIP: "+
		"0010:takedown_cpu+0x1/0x2\n"), 0o666))
	for _, tt := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"monitor", "--source", dir, "walk-complete"}, exitOK, "digraph state_automaton"},
		{[]string{"graph", "ladder", "--source", dir}, exitOK, "takedown_cpu"},
		{[]string{"list", "faults", "--source", dir}, exitOK, "cpu_disable"},
		{[]string{"explain", "--source", dir, log}, exitOK, "again with: hpcheck --source " + dir},
		{
			[]string{"explain", "--source", dir, "--assume", "power_ask=fails", log}, exitOK,
			"again with: hpcheck --set assume=power_ask=fails --source " + dir,
		},
		{[]string{"explain", "--source", dir, log}, exitOK, "not tried: \"--op target:1=ap:online"},
		{
			[]string{"mutate", "--source", dir}, exitUsage,
			"--source: mutants are made of the programs of an edition",
		},
	} {
		out, status := hpcheck(t, tt.args...)
		assert.Equal(t, tt.status, status, "%v: %s", tt.args, out)
		assert.Contains(t, out, tt.want, "%v", tt.args)
	}
}

// What is assumed of a function that hpcheck does not know is in every report, and a saved counterexample needs it.
func TestAssume(t *testing.T) {
	dir, saved := smallTree(t), filepath.Join(t.TempDir(), "cex.json")
	edit(t, dir, "\tkthread_park(st->thread);\n", "\tkthread_park(st->thread);\n\terr = power_ask(cpu);\n"+
		"\tif (err)\n\t\treturn err;\n")
	run := []string{"--source", dir, "--op", "down:1", "--property", "no-deadlock", "--json", saved}
	out, status := hpcheck(t, run...)
	assert.Equal(t, exitUsage, status)
	assert.Regexp(t, `kernel/cpu.c:\d+: takedown_cpu\(\): power_ask\(\) is not known: .* assume=power_ask=nothing`,
		out)

	out, status = hpcheck(t, append(run, "--assume", "power_ask=fails")...)
	assert.Equal(t, exitViolated, status, out)
	assert.Contains(t, out, "ASSUMED: power_ask() (it does nothing, and returns 0, or an error where that fault is")
	text, err := os.ReadFile(saved)
	require.NoError(t, err)
	assert.Regexp(t, `"name": "power_ask",\s+"as": "assumption"`, string(text))
	out, status = hpcheck(t, "replay", "--source", dir, "--assume", "power_ask=fails", saved)
	assert.Equal(t, exitViolated, status, out)

	edit(t, dir, "power_ask(cpu);\n", "power_ask(cpu) + power_tell(cpu);\n")
	out, status = hpcheck(t, append(run, "--assume", "power_ask=fails", "--assume", "power_tell=0")...)
	assert.Equal(t, exitViolated, status, out)
	text, err = os.ReadFile(saved)
	require.NoError(t, err)
	again := regexp.MustCompile(`"command": "hpcheck ([^"]*)"`).FindStringSubmatch(string(text))
	require.NotNil(t, again)
	assert.Contains(t, again[1], " --set assume=power_ask=fails,power_tell=0 ")
	out, status = hpcheck(t, strings.Fields(again[1])...)
	assert.Equal(t, exitViolated, status, out)

	out, status = hpcheck(t, append(run, "--assume", "mutex_lock=nothing")...)
	assert.Equal(t, exitUsage, status)
	assert.Contains(t, out, "--assume: mutex_lock() has a meaning in the model")
}

// A list of states of another architecture than that of the configuration is refused, and says what to give.
func TestStatesOfAnotherArchitecture(t *testing.T) {
	out, status := hpcheck(t, "--source", smallTree(t), "--states", "../../conform/testdata/arm64-6.12.117/states.txt")
	assert.Equal(t, exitUsage, status, out)
	assert.Contains(t, out, "the states are those of arm64, and the tree was read with a configuration of x86: "+
		"want --arch arm64, or --config with that machine's own")
}
