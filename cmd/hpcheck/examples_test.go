package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// exampleStatus is what each example of a --help exits with.
var exampleStatus = map[string]int{
	"hpcheck --cpus 4":                                                                             0,
	"hpcheck --kernel v4.6-rc3 --out cex":                                                          1,
	"hpcheck --kernel v4.6 --revert unpark":                                                        1,
	"hpcheck --fault cpu_disable --depth 60":                                                       0,
	"hpcheck conform --kernel v6.1 --states states.txt down.trace":                                 0,
	"hpcheck diff v4.6-rc3 v4.6":                                                                   1,
	"hpcheck diff v4.6 v4.6~unpark --op down:1 --fault cpu_disable":                                1,
	"hpcheck graph ladder --kernel v4.6":                                                           0,
	"hpcheck graph states --op down:1 --notifiers 0 --dyn-states 0 --smpboot-threads 0 --faults 0": 0,
	"hpcheck litmus cex.json":                                                                      0,
	"hpcheck minimize --kernel v4.6-rc3 --property no-deadlock --cpus 3":                           1,
	"hpcheck minimize cex/no-deadlock.json":                                                        1,
	"hpcheck monitor --list":                                                                       0,
	"hpcheck monitor --kernel v6.12 --states states.txt --out monitors walk-complete one-writer-of-state":     0,
	"hpcheck museum double-increment --out cex":                                                               0,
	"hpcheck predict --kernel v6.1 --op online:1=0 --fail smpboot/threads:online":                             0,
	"hpcheck predict --kernel v6.1 --op online:1=0,online:1=1,online:1=0 --fail softirq:dead --fail-before 2": 1,
	"hpcheck predict --kernel v6.1 --states states.txt --op target:1=sched:waitempty,target:1=0":              0,
	"hpcheck predict --op online:1=0,online:1=1 --fail-with workqueue:online=ENOMEM":                          0,
	"hpcheck predict --op suspend --fail sched:active":                                                        0,
	"hpcheck predict --smt on --op smt:off --fail sched:active":                                               0,
	"hpcheck replay cex/no-deadlock.json":                                                                     1,
	"hpcheck replay --kernel v4.6 cex/no-deadlock.json":                                                       0,
	"hpcheck repro cex.json":           0,
	"hpcheck record --cpu 1,2 --sweep": 0,
	"hpcheck conform --kernel v6.12 --states hpcheck-traces/states.txt hpcheck-traces/plain.trace": 0,
	"hpcheck init":                0,
	"hpcheck check scenario.toml": 0,
	"hpcheck check scenario.toml --kernel v4.6 --set notifiers=1": 1,
	"hpcheck check cex/scenario.toml --property no-deadlock":      1,
	"hpcheck step --kernel v4.6-rc3 --op down:1":                  0,
	"hpcheck step --kernel v4.6-rc3":                              0,
	"hpcheck merge 1.json 2.json":                                 1,
	"hpcheck --kernel v6.12 --memory-model relaxed --op down:1 --fault fail/sched:active " +
		"--json cex.json": 1,
	"hpcheck --kernel v6.1 --maxcpus 1 --op up:1,down:1 --fault fail/softirq:dead " +
		"--json cex.json": 1,
	"hpcheck --kernel v4.6-rc3 --search swarm --runs 4 --shard 1/2 --json 1.json": 1,
	"hpcheck --kernel v4.6-rc3 --search swarm --runs 4 --shard 2/2 --json 2.json": 1,
}

// exampleElsewhere are examples that take long, never end or need a kernel tree, and the tests that run the like.
var exampleElsewhere = map[string]string{
	"hpcheck drift --source ~/linux-6.12.50 --kernel v6.12":            "drift.txtar",
	"hpcheck drift --source ~/linux@my-branch --against origin/master": "drift_git.txtar",
	"hpcheck drift --source . --against HEAD --json -":                 "drift_git.txtar",
	"hpcheck museum":                     "TestMuseum",
	"hpcheck explain log --kernel v6.12": "explain.txtar",
	"hpcheck selftest --kernel v6.1 --states states.txt --cpu 1,2": "selftest.txtar",
	"hpcheck ablate":                                              "ablate.txtar",
	"hpcheck list source --source ~/linux":                        "needs a kernel tree",
	"hpcheck mutate":                                              "invariants.TestMutants",
	"hpcheck mutate --kernel v4.6,v6.1 --all":                     "invariants.TestMutants",
	"hpcheck mutate --reduce symmetry,por,merge":                  "invariants.TestMutants",
	"hpcheck run suites/v4.6.toml":                                "CI",
	"hpcheck run --only 'reader*' --out reports suites/v4.6.toml": "run.txtar",
	"hpcheck serve --kernel v4.6-rc3":                             "TestServe",
	"hpcheck serve --cpus 8 --ops 5 --listen localhost:8000":      "TestServe",
	"hpcheck serve cex/no-deadlock.json":                          "TestServe",
	"hpcheck serve scenario.toml":                                 "TestServeScenario",
	"hpcheck museum NAME":                                         "TestMuseum",
}

// Every example of every --help is run, in the order of its command and in one directory with what the text of it
// assumes, and exits as it is said to.
func TestExamples(t *testing.T) {
	home, err := filepath.Abs("../..")
	require.NoError(t, err)
	var commands []*cobra.Command
	visit(newRootCommand(), func(cmd *cobra.Command) { commands = append(commands, cmd) })
	t.Chdir(t.TempDir())
	traces(t, home, "6.1-cloud", "states.txt", "down.trace")
	require.NoError(t, os.Mkdir("hpcheck-traces", 0o777))
	traces(t, home, "6.12-cloud", "hpcheck-traces/states.txt", "hpcheck-traces/plain.trace")
	require.NoError(t, os.WriteFile("log", []byte("INFO: task cpuhp/1:19 blocked for more than 120 seconds.\n"), 0o666))
	left := map[string]bool{}
	for line := range exampleStatus {
		left[line] = true
	}
	for _, args := range examples(commands) {
		name := strings.Join(args, " ")
		again := !left[name] && name != "hpcheck init" // it makes what is there already
		delete(left, name)
		if _, elsewhere := exampleElsewhere[name]; elsewhere || testing.Short() {
			understood(t, args)
			continue
		}
		if name == "hpcheck init" {
			require.NoError(t, os.RemoveAll("scenario.toml"))
		}
		status, known := exampleStatus[name]
		require.True(t, known, "%s: say in this test how it exits", name)
		if !again {
			assert.Equal(t, status, runExample(t, args), name)
		}
	}
	assert.Empty(t, left, "no example any more")
}

// examples returns the words of each example.
func examples(commands []*cobra.Command) [][]string {
	var all [][]string
	for _, cmd := range commands {
		for _, line := range strings.FieldsFunc(strings.ReplaceAll(cmd.Example, " && ", "\n"), isNewline) {
			if args := exampleCommand(line); args != nil {
				all = append(all, args)
			}
		}
	}
	return all
}

func isNewline(r rune) bool { return r == '\n' }

// exampleCommand takes hpcheck's words out of a line of a shell: no pipe, no redirection, no remark.
func exampleCommand(line string) []string {
	if i := strings.Index(line, "| hpcheck"); i >= 0 {
		line = line[i+2:]
	}
	line = regexp.MustCompile(`\s*(?:[|>].*|\s{3,}.*)$`).ReplaceAllString(strings.TrimSpace(line), "")
	args := strings.Fields(strings.ReplaceAll(line, "*.trace", "plain.trace"))
	if len(args) == 0 || args[0] != "hpcheck" {
		return nil
	}
	return args
}

// runExample runs hpcheck in this process and returns its status.
func runExample(t *testing.T, args []string) int {
	t.Helper()
	root := newRootCommand()
	var out, stderr bytes.Buffer
	root.SetOut(&out)
	root.SetErr(&stderr)
	root.SetIn(strings.NewReader("find violates no-deadlock\nstate\nquit\n"))
	root.SetArgs(args[1:])
	err := root.Execute()
	if err == nil {
		return 0
	}
	var exit *exitError
	require.ErrorAs(t, err, &exit, args)
	if exit.status > exitViolated {
		t.Logf("%v: %v", args, err)
	}
	return exit.status
}

// understood asserts that hpcheck has this command and these flags.
func understood(t *testing.T, args []string) {
	t.Helper()
	cmd, rest, err := newRootCommand().Find(args[1:])
	require.NoError(t, err, args)
	assert.NoError(t, cmd.ParseFlags(rest), args)
}

// traces puts a machine's states and one of its traces where an example looks for them.
func traces(t *testing.T, home, machine, states, trace string) {
	t.Helper()
	dir := filepath.Join(home, "conform", "testdata", machine)
	copied, err := os.ReadFile(filepath.Join(dir, "states.txt"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(states, copied, 0o666))
	var list []string
	out, err := exec.Command("tar", "tzf", filepath.Join(dir, "plain.tar.gz")).Output()
	require.NoError(t, err)
	for name := range strings.Lines(string(out)) {
		if strings.HasSuffix(strings.TrimSpace(name), ".trace") {
			list = append(list, strings.TrimSpace(name))
		}
	}
	text, err := exec.Command("tar", "xzOf", filepath.Join(dir, "plain.tar.gz"), slices.Min(list)).Output()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(trace, text, 0o666))
}
