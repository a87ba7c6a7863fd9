package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// live are the findings that kernels people run may have, each with a command that names states and never numbers.
var live = []struct{ finding, args string }{
	{"12", "--maxcpus 1 --op up:1,down:1 --fault fail/softirq:dead --property no-warn-on"},
	{"13", "--targets all --faults 0 --dyn-states 0 --property no-deadlock"},
	{"14", "--targets all --faults 0 --dyn-states 0 --property callback-balance"},
	{"15", "--targets all --faults 0 --dyn-states 0 --property no-bug-on"},
	{"18", "--maxcpus 1 --op up:1,up:1 --fault fail/cpu:bringup --property no-deadlock"},
	{"24", "--installers 1 --ops 1 --smpboot-threads 0 --dyn-states 0 --property no-bug-on"},
	{"27", "--tasks 2 --op down:1 --fault fail/cpu:bringup --property callback-context"},
	{"28", "--op target:1=0,online:1=1 --faults 0 --property truthful-result"},
	{"29", "--memory-model relaxed --op down:1 --fault fail/sched:active --property no-deadlock"},
	{"30", "--smt off --maxcpus 1 --op up:1 --fault fail/cpu:teardown --property masks-agree"},
	{"31", "--smt off --maxcpus 1 --op smt:on --disablers 1 --faults 0 --property hotplug-disabled-respected"},
	{"33", "--smt on --op smt:off,smt:off --fault fail/sched:active --property truthful-result"},
	{"34", "--cpus 3 --isolated 0,2 --op down:1 --faults 0 --property masks-agree"},
	{"34, suspend", "--isolated 0 --suspend --ops 0 --faults 0 --property masks-agree"},
	{"35", "--maxcpus 1 --op up:1,up:1 --fault fail/cpu:bringup --property threads-agree"},
	{"36", "--op down:0 --property rollback-restores-state"},
	{"37", "--suspend --ops 0 --fault cpu_up --property truthful-result"},
	{"38", "--cpus 4 --maxcpus 1 --smt off --op boot:2 --faults 0 --property boot-comes-up"},
	{"39", "--reboot --targets all --ops 1 --faults 0 --dyn-states 0 --property reboot-keeps-its-cpu"},
	{"39, SMT", "--reboot --smt off --maxcpus 1 --op smt:on --faults 0 --dyn-states 0 --property reboot-keeps-its-cpu"},
}

// The table of docs/findings.md that says in which editions, and on which architectures, they are. With -update it is
// written.
func TestFindingsByEdition(t *testing.T) {
	if testing.Short() {
		t.Skip("two minutes")
	}
	kernels := []string{
		"v6.1", "v6.6", "v6.12", "v6.18", "v7.3", "v7.3/arm64", "v7.3/riscv", "v7.3/s390", "v7.3/powerpc",
	}
	var b strings.Builder
	fmt.Fprintf(&b, "| finding | %s |\n|---|%s\n", strings.Join(kernels, " | "), strings.Repeat("---|", len(kernels)))
	for _, l := range live {
		fmt.Fprintf(&b, "| %s |", l.finding)
		for _, k := range kernels {
			fmt.Fprintf(&b, " %s |", verdictOf(t, append(strings.Fields(l.args), "--kernel", k, "--quiet")))
		}
		b.WriteString("\n")
	}
	const file, from, to = "../../docs/findings.md", "<!-- made by the tests -->\n", "<!-- to here -->"
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(data), from)
	require.True(t, ok)
	table, after, ok := strings.Cut(rest, to)
	require.True(t, ok)
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(before+from+b.String()+to+after), 0o666))
		return
	}
	assert.Equal(t, b.String(), table)
}

// verdictOf runs hpcheck: "yes" if a property is violated, "no" if none is, "-" if the kernel has nothing of the kind.
func verdictOf(t *testing.T, args []string) string {
	t.Helper()
	root := newRootCommand()
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetErr(&out)
	root.SetArgs(args)
	err := root.ExecuteContext(context.Background())
	var exit *exitError
	switch {
	case err == nil:
		return "no"
	case errors.As(err, &exit) && exit.status == exitViolated:
		return "yes"
	case errors.As(err, &exit) && exit.status == exitUsage:
		return "-"
	}
	require.NoError(t, err, "%v\n%s", args, out.String())
	return ""
}
