package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whatever a suite says, it is runs whose machines can be made, or an error.
func FuzzSuite(f *testing.F) {
	seed, err := os.ReadFile("../../suites/seed.toml")
	require.NoError(f, err)
	f.Add(seed)
	f.Add([]byte("[defaults]\ncpus = 3\n[[run]]\nname = 'a'\nop = ['down:1']\n[run.expect]\nno-deadlock = 'holds'\n"))
	f.Add([]byte("[[run]]\nname = 'a'\nstates = 1\ncovers = ['takedown_cpu']\n"))
	file := filepath.Join(f.TempDir(), "suite.toml")
	f.Fuzz(func(t *testing.T, data []byte) {
		require.NoError(t, os.WriteFile(file, data, 0o600))
		s, err := readSuite(file)
		if err != nil {
			return
		}
		for _, r := range s.runs {
			_, _ = r.machine()
		}
	})
}

// Whatever a scenario file says, it sets flags, or is an error.
func FuzzScenario(f *testing.F) {
	f.Add([]byte("kernel = 'v6.12'\ncpus = 3\nop = ['down:1', 'up:1']\nfault = ['fail/*']\ndepth = 20\n"))
	f.Add([]byte("set = 1\nreaders-loop = true\nmemory = '8G'\nproperty = ['no-deadlock']\n"))
	file := filepath.Join(f.TempDir(), "scenario.toml")
	f.Fuzz(func(t *testing.T, data []byte) {
		require.NoError(t, os.WriteFile(file, data, 0o600))
		var c checkFlags
		cmd := newCheckCommand()
		_ = c.readScenario(cmd.Flags(), file)
	})
}

// A size that is understood is written as one that means the same.
func FuzzSize(f *testing.F) {
	for _, text := range []string{"0", "512M", "8GiB", "2tb", "1e9", "-1", "99999999999999999999T"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var n, again size
		if n.Set(text) == nil {
			require.NoError(t, again.Set(n.String()))
		}
	})
}
