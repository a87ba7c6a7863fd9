package lower_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/ktree"
	"github.com/hpcheck/hpcheck/lower"
	"github.com/hpcheck/hpcheck/model"
)

// trees is the directory with linux-6.1, linux-6.12 and linux-7.3, each with a .config or not.
func trees(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("HPCHECK_TREES")
	if dir == "" {
		t.Skip("HPCHECK_TREES names no directory with kernel trees")
	}
	return dir
}

// read reads a tree, with kernel/cpu.c edited.
func read(t *testing.T, version string, edit func(string) string) model.Kernel {
	t.Helper()
	from, to := filepath.Join(trees(t), "linux-"+version), t.TempDir()
	for _, name := range []string{"Makefile", ".config", "include/linux/cpuhotplug.h", "kernel/cpu.c"} {
		text, err := os.ReadFile(filepath.Join(from, name))
		require.NoError(t, err)
		if name == "kernel/cpu.c" {
			text = []byte(edit(string(text)))
		}
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(to, name)), 0o777))
		require.NoError(t, os.WriteFile(filepath.Join(to, name), text, 0o666))
	}
	tree, err := ktree.Open(to)
	require.NoError(t, err)
	cfg, err := tree.Config(ktree.Options{})
	require.NoError(t, err)
	k, err := lower.Read(tree, cfg)
	require.NoError(t, err)
	return k.Kernel
}

// drop takes the nth statement, from 0, out of a function in which the words stand, in this order.
func drop(t *testing.T, function, words string, nth int) func(string) string {
	t.Helper()
	return func(text string) string {
		head := regexp.MustCompile(`(?m)^[a-z][^;{}()=#]*\b` + function + `\([^;{}]*\)\s*\{`).FindStringIndex(text)
		require.NotNil(t, head, "the tree has no %s()", function)
		end := head[1] + strings.Index(text[head[1]:], "\n}")
		body := text[head[1]:end]
		statement := regexp.MustCompile(`(?m)^\t+[^\n;{}]*` + strings.ReplaceAll(words, " ", `[^\n;{}]*`) + `[^;{}]*;`)
		found := statement.FindAllStringIndex(body, -1)
		require.Greater(t, len(found), nth, "%s() has no such statement", function)
		return text[:head[1]] + body[:found[nth][0]] + "\t;" + body[found[nth][1]:] + text[end:]
	}
}

// TestTrees: the trees have no violation in a scenario in which their editions have none.
func TestTrees(t *testing.T) {
	for _, version := range []string{"6.1", "6.12", "7.3"} {
		t.Run(version, func(t *testing.T) {
			_, violated := verdicts(t, read(t, version, func(text string) string { return text }), small())
			assert.Empty(t, violated)
		})
	}
}

// TestPatches: bugs of the past, and some that are like them, as changes of the source.
func TestPatches(t *testing.T) {
	for _, bug := range []struct {
		name, function, words string
		nth                   int
		property              string
	}{
		{"the hotplug thread stays parked", "takedown_cpu", "kthread_unpark", 0, "no-deadlock"},
		{"a lock is kept", "takedown_cpu", "irq_unlock_sparse", 0, "no-deadlock"},
		{"the thread's steps stay torn down", "_cpu_down", "__cpuhp_kick_ap", 0, "rollback-restores-state"},
		{"nobody turns round", "cpuhp_kick_ap", "cpuhp_reset_state", 0, "rollback-restores-state"},
		{"nobody goes back", "cpuhp_kick_ap", "__cpuhp_kick_ap", 1, "rollback-restores-state"},
		{"a wake-up is lost", "__cpuhp_kick_ap", "wake_up_process", 0, "no-deadlock"},
		{"the walk up does not turn round", "cpuhp_up_callbacks", "cpuhp_reset_state", 0, "rollback-restores-state"},
		{"the thread is never unparked", "bringup_wait_for_ap_online", "kthread_unpark", 0, "no-deadlock"},
		{"nobody says that the CPU is there", "cpuhp_online_idle", "complete_ap_thread", 0, "no-deadlock"},
		{"the stopper is never unparked", "cpuhp_online_idle", "stop_machine_unpark", 0, "stopper-serves"},
		{"nobody says that the CPU is dead", "cpuhp_report_idle_dead", "smp_call_function_single", 0, "no-deadlock"},
		{"a lock is kept on the way up", "cpuhp_bringup_ap", "irq_unlock_sparse", 1, "locks-released"},
		{"the error is lost", "cpuhp_thread_fun", "st->should_run = false", 1, "rollback-order"},
	} {
		t.Run(bug.name, func(t *testing.T) {
			k := read(t, "6.12", drop(t, bug.function, bug.words, bug.nth))
			_, violated := verdicts(t, k, small())
			assert.Contains(t, violated, bug.property)
		})
	}
}

// TestAccount: of each function of the core it is said what became of it, and of most that they were assembled or have
// a part by hand.
func TestAccount(t *testing.T) {
	tree, err := ktree.Open(filepath.Join(trees(t), "linux-6.12"))
	require.NoError(t, err)
	cfg, err := tree.Config(ktree.Options{})
	require.NoError(t, err)
	k, err := lower.Read(tree, cfg)
	require.NoError(t, err)
	m, err := model.New(k.Kernel, small())
	require.NoError(t, err)
	count := map[string]int{}
	for _, a := range k.Account(m.Lowered()) {
		count[a.As]++
	}
	assert.Equal(t, map[string]int{
		"assembled": 36, "by hand": 46, "left out": 6, "not modelled": 6, "primitive": 7,
	}, count)
}
