package ftrace

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whatever printed the kernel's lines, what it put before them is cut off, and no line of a trace is taken for such.
func TestPlain(t *testing.T) {
	const line = "         cpuhp/1-25      [001] .....    25.811389: cpuhp_enter: cpu: 0001 target: 145 step: 235 (x)"
	for _, prefix := range []string{
		"", "> ", "<6>", "[   30.000003] ", "[   30.000003] host1 kernel: ", "[   30.0 <    0.001>] ", "[  +0.000003] ",
		"[Nov30 10:00] ", "[Mon Nov 30 10:00:00 2026] ", "kern  :info  : [   30.000003] ",
		"2026-11-30T10:00:00,000003+00:00 ", "2026-11-30T10:00:00.1234567Z ", "[2026-11-30 10:00:00] [   30.0] ",
		"Nov 30 10:00:00 host1 kernel: ", "Nov 30 10:00:00.123456 host1 kernel: ", "1764500000.123456 host1 kernel: ",
		"6,500,33000000,-;", "down.trace:17: ", "17: ",
	} {
		rest, _ := plain([]byte(prefix + line))
		assert.Equal(t, line, string(rest), "%q", prefix)
	}
	for _, line := range []string{
		"kworker/0:1-11 [000] ..... 25.810854: cpuhp_enter: cpu: 0001",
		"a:info-7 [000] ..... 25.8: cpuhp_exit: cpu: 0001",
	} {
		rest, _ := plain([]byte(line))
		assert.Equal(t, line, string(rest))
	}
}

// A link to a trace is one, and so is one to a directory; of a link to nothing it is said.
func TestLinks(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "real"), 0o777))
	text := []byte("a-7 [001] .... 25.8: cpuhp_enter: cpu: 0001 target: 145 step: 235 (sched_cpu_deactivate)\n")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "real", "a.trace"), text, 0o666))
	for name, to := range map[string]string{"real/b.trace": "a.trace", "real/c.trace": "nowhere", "link": "real"} {
		require.NoError(t, os.Symlink(to, filepath.Join(dir, name)))
	}
	all := OpenAll(filepath.Join(dir, "link")).Traces
	require.Len(t, all, 3)
	assert.Len(t, all[0].Events, 1)
	assert.Len(t, all[1].Events, 1)
	assert.ErrorContains(t, all[2].Err, "no such file")
}
