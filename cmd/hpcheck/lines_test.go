package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/internal/trees"
	"github.com/hpcheck/hpcheck/ktree"
	"github.com/hpcheck/hpcheck/model"
)

// What is known of releases is what their sources have, where HPCHECK_TREES names a directory with them.
func TestKnownLines(t *testing.T) {
	dir := os.Getenv(trees.Variable)
	if dir == "" {
		t.Skip(trees.Variable + " names no directory with kernel trees")
	}
	found, err := filepath.Glob(filepath.Join(dir, "linux-*"))
	require.NoError(t, err)
	var b strings.Builder
	for _, name := range found {
		tree, err := ktree.Open(name)
		require.NoError(t, err)
		k, err := model.Lookup(fmt.Sprint(tree.Version))
		require.NoError(t, err)
		all, err := placesIn(tree, k)
		require.NoError(t, err)
		for _, p := range all {
			fmt.Fprintf(&b, "%s\t%s\t%d\t%d\t%s\t%s\n",
				strings.TrimPrefix(tree.Version.String(), "v"), p.file, p.first, p.last, p.function, p.assertion)
		}
	}
	if *update {
		require.NoError(t, os.WriteFile("lines.tsv", []byte(b.String()), 0o666))
	}
	for line := range strings.Lines(b.String()) {
		assert.Contains(t, knownLines+b.String(), line)
	}
}

// Each assertion that the model of an edition has in these files stands in one line of the releases of that edition.
func TestLinesAreOfTheModel(t *testing.T) {
	for _, release := range []string{"6.1.192", "6.12.117", "7.3.4"} {
		k, err := model.Lookup(release)
		require.NoError(t, err)
		m, err := model.New(k, model.Default())
		require.NoError(t, err)
		seen := map[string]int{}
		for _, p := range placesOf(release) {
			if p.assertion != "" {
				seen[p.assertion]++
			}
		}
		for _, a := range m.Assertions {
			// A function may be named for the one that calls it, and pr_warn() tells no line.
			if !strings.HasPrefix(a.Function, "mutex_unlock(") && a.Macro != "pr_warn" &&
				a.Function != "__kthread_bind" {
				assert.Equal(t, 1, seen[a.String()], "%s: %s", release, a)
			}
		}
	}
}

// The line decides between the assertions of a function, in a release whose lines are known and in a tree.
func TestExplainByLine(t *testing.T) {
	explain := func(text string, more ...string) (string, error) {
		log := filepath.Join(t.TempDir(), "log")
		require.NoError(t, os.WriteFile(log, []byte(text), 0o666))
		cmd := newRootCommand()
		var out strings.Builder
		cmd.SetArgs(append([]string{"explain", log}, more...))
		cmd.SetOut(&out)
		cmd.SetErr(io.Discard)
		err := cmd.Execute()
		return out.String(), err
	}
	const bug = "kernel BUG at kernel/cpu.c:%d!\nCPU: 1 PID: 8 Comm: sh Not tainted 6.12.117+deb13-amd64 #1  " +
		"Debian 6.12.117-1\n"
	online, _ := explain(fmt.Sprintf(bug, 1320), "--timeout", "1ms")
	assert.Contains(t, online, "by its line it is takedown_cpu: BUG_ON(cpu_online(cpu))")
	dead, _ := explain(fmt.Sprintf(bug, 1330), "--timeout", "1ms")
	assert.Contains(t, dead, "by its line it is takedown_cpu: BUG_ON(st->state != CPUHP_AP_IDLE_DEAD)")
	idle, err := explain(fmt.Sprintf(bug, 1364))
	require.NoError(t, err, idle)
	assert.Contains(t, idle, "finding 15 of docs/findings.md")
	other, err := explain(fmt.Sprintf(bug, 1321))
	assert.Error(t, err)
	assert.Contains(t, other, "no assertion stands in kernel/cpu.c:1321 of these sources, the nearest in "+
		"line 1320, in takedown_cpu()")
	none, err := explain("WARNING: CPU: 1 PID: 25 at kernel/cpu.c:1064 cpuhp_thread_fun+0x1/0x2\n" +
		"Not tainted 6.12.117 #1\n")
	assert.Error(t, err)
	assert.Contains(t, none, "kernel/cpu.c:1064 is an assertion of cpuhp_thread_fun() that the model does not have")

	crash, err := explain("BUG: kernel NULL pointer dereference, address: 0000000000000008\nOops: 0000 [#1]\n" +
		"CPU: 1 PID: 25 Comm: cpuhp/1 Not tainted 6.12.117 #1\nRIP: 0010:rcu_report_qs_rnp+0x1/0x2\nCall Trace:\n" +
		" rcutree_offline_cpu+0x1/0x2\n cpuhp_invoke_callback+0x1/0x2\n cpuhp_thread_fun+0x1/0x2\n")
	require.NoError(t, err)
	assert.Contains(t, crash, "in rcutree_offline_cpu(), the teardown of RCU/tree:online, in cpuhp/1")
}
