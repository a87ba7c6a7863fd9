package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Nothing but the newest kernel is named, and the list of a machine: its traces are accepted whatever it runs.
func TestAnyListWithTheNewestKernel(t *testing.T) {
	folders, err := filepath.Glob("../../conform/testdata/*")
	require.NoError(t, err)
	tried := 0
	for _, folder := range folders {
		traces := filepath.Join(folder, "sweep.tar.gz")
		if _, err := os.Stat(traces); err != nil {
			continue
		}
		if testing.Short() && tried == 2 {
			break
		}
		tried++
		cmd := newRootCommand()
		var out, stderr bytes.Buffer
		cmd.SetArgs([]string{"conform", "--kernel", "7.3", "--states", filepath.Join(folder, "states.txt"), traces})
		cmd.SetOut(&out)
		cmd.SetErr(&stderr)
		assert.NoError(t, cmd.Execute(), "%s\n%s%s", folder, stderr.String(), out.String())
		assert.Contains(t, out.String(), "can do what")
		// A list is another kernel's if its states end elsewhere and 7.3 refuses a trace: 7.1 and 7.2 end at 236, but
		// slub:dead has its startup there as in 7.3, and every trace of theirs is one of 7.3 too.
		fits := slices.ContainsFunc([]string{"-7.1", "-7.2", "-7.3"}, func(v string) bool {
			return strings.Contains(folder, v)
		})
		assert.Equal(t, !fits, strings.Contains(stderr.String(), "and not 7.3: its states end at 235, and those of "),
			"%s: %s", folder, stderr.String())
	}
	assert.Greater(t, tried, 1)
}

// A ladder that somebody has made longer is no other kernel's, as long as nothing else is wrong with its traces.
func TestALongerLadderIsNoOtherKernel(t *testing.T) {
	list, err := os.ReadFile("../../conform/testdata/amd64-7.3.4/states.txt")
	require.NoError(t, err)
	longer := filepath.Join(t.TempDir(), "states.txt")
	text := strings.Replace(string(list), "235: online", "235: new:online\n236: online", 1)
	require.NotEqual(t, text, string(list))
	require.NoError(t, os.WriteFile(longer, []byte(text), 0o666))
	cmd := newRootCommand()
	var stderr bytes.Buffer
	cmd.SetArgs([]string{"conform", "--kernel", "7.3", "--states", longer,
		"../../conform/testdata/amd64-7.3.4/sweep.tar.gz"})
	cmd.SetOut(&bytes.Buffer{})
	cmd.SetErr(&stderr)
	assert.Error(t, cmd.Execute(), "whose last step is another")
	assert.NotContains(t, stderr.String(), "and not 7.3")
}

// The numbers alone say of the list of every machine which edition it is of, also where none has these.
func TestListsByTheirNumbers(t *testing.T) {
	for machine, edition := range map[string]string{
		"6.1-cloud": "v6.1", "6.12-cloud": "v6.12", "amd64-6.16.12": "v6.18", "amd64-6.17.13": "v6.18",
		"amd64-6.19.14": "v6.18", "amd64-7.0.13": "v7.3", "amd64-7.1.13": "v7.3", "amd64-7.2.12": "v7.3",
		"arm64-6.12.117": "v6.12", "riscv64-6.12.117": "v6.12", "s390x-6.12.107": "v6.12",
		"s390x-7.2.13": "v7.3", "ppc64el-7.2.13": "v7.3",
	} {
		text, err := os.ReadFile("../../conform/testdata/" + machine + "/states.txt")
		require.NoError(t, err)
		assert.Equal(t, edition, byNumbers(string(text)), machine)
	}
}
