package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// printed is what a command prints; it must end well.
func printed(t *testing.T, args ...string) string {
	t.Helper()
	cmd := newRootCommand()
	var out bytes.Buffer
	cmd.SetArgs(args)
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	require.NoError(t, cmd.Execute(), "%v: %s", args, out.String())
	return out.String()
}

// With nosmt the second threads were started once, so the kernel does not start them again. With maxcpus=1 they were
// not: it starts one, and takes it down (kernel/cpu.c, cpu_bootable()).
func TestPredictForbiddenThreads(t *testing.T) {
	for _, kernel := range []string{"v4.19", "v6.1", "v6.12", "v7.3"} {
		for ops, want := range map[string]string{
			"online:1=1 ":                       "returns -EPERM; ",
			"online:1=1 --maxcpus=1":            "returns -ECANCELED; ",
			"online:1=1,online:1=1 --maxcpus=1": "returns -EPERM; ",
			"online:2=1 --maxcpus=1":            "returns 0; ",
		} {
			op, boot, _ := bytes.Cut([]byte(ops), []byte(" "))
			args := []string{"predict", "--kernel", kernel, "--smt", "off", "--op", string(op)}
			if len(boot) > 0 {
				args = append(args, string(boot))
			}
			assert.Contains(t, printed(t, args...), want, "%s %s", kernel, ops)
		}
	}
}

// A suspend is predicted for as many CPUs as somebody names, or refused.
func TestPredictSuspendCPUs(t *testing.T) {
	suspend := []string{"predict", "--op", "suspend", "--fail", "sched:active"}
	assert.Contains(t, printed(t, suspend...), "online afterwards 0-1\n")
	assert.Contains(t, printed(t, append(suspend, "--cpus", "3")...), "online afterwards 0-2\n")
	cmd := newRootCommand()
	cmd.SetArgs(append(suspend, "--cpus", "4"))
	cmd.SetOut(&bytes.Buffer{})
	cmd.SetErr(&bytes.Buffer{})
	assert.EqualError(t, cmd.Execute(), "--cpus: 4: want 2 or 3 for a suspend")
}

// Any CPU can be tested: all but the first are alike to the model.
func TestSelftestOfAnyCPU(t *testing.T) {
	one := printed(t, "selftest", "--kernel", "v6.12", "--cpu", "1")
	last := printed(t, "selftest", "--kernel", "v6.12", "--cpu", "8191")
	assert.Contains(t, one, "\ncheck 1 0 none 0 ")
	assert.Equal(t, len(one), len(bytes.ReplaceAll([]byte(last), []byte("8191"), []byte("1"))))
	assert.Contains(t, printed(t, "record", "--cpu", "1-3,7"), "selected='1 2 3 7'\n")
}
