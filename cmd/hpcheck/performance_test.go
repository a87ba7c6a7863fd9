package main

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/reports"
)

// The numbers of states in docs/performance.md are those of today. Where a table says which flag its first column is,
// a row is a value of it; the other columns are ways to reduce.
func TestPerformanceStates(t *testing.T) {
	if testing.Short() {
		t.Skip("explores some ten thousand states")
	}
	text, err := os.ReadFile("../../docs/performance.md")
	require.NoError(t, err)
	counted := 0
	count := func(want string, flags ...string) {
		if want == "" {
			return
		}
		counted++
		if n, err := strconv.Atoi(strings.ReplaceAll(want, ",", "")); err != nil || n > 5_000 {
			require.NoError(t, err, flags)
			return // too long for a test
		}
		var out bytes.Buffer
		cmd := newRootCommand()
		cmd.SetOut(&out)
		cmd.SetArgs(append(flags, "--json", "-", "--quiet"))
		_ = cmd.Execute() // v4.6 violates some
		var run struct{ Extent struct{ States uint64 } }
		require.NoError(t, json.Unmarshal(out.Bytes(), &run), flags)
		assert.Equal(t, want, reports.Thousands(run.Extent.States), flags)
	}
	table := regexp.MustCompile("(?m)^\\| `(--kernel v4.6[^`]*)` .*\n\\|[-|]+\\|\n((?:\\|.*\n)+)")
	for _, m := range table.FindAllStringSubmatch(string(text), -1) {
		heads := cells(strings.SplitN(m[0], "\n", 2)[0])
		for row := range strings.Lines(m[2]) {
			row := cells(row)
			flags := strings.Fields(m[1] + " " + row[0])
			for i, head := range heads[1:] {
				value := row[i+1]
				way, _, _ := strings.Cut(head, " ")
				switch {
				case strings.HasPrefix(head, "`"): // a second table beside the first
					flags = strings.Fields(strings.Trim(head, "`") + " " + value)
				case head == "states" && flags[len(flags)-1] != "--ops":
					count(value, flags...)
				case head != "" && head != "states":
					count(value, append(flags[:len(flags):len(flags)], "--set", "reduce="+way)...)
				}
			}
		}
	}
	assert.Equal(t, 27, counted)
}

// cells are those of a row of a table.
func cells(row string) []string {
	all := strings.Split(strings.Trim(strings.TrimSpace(row), "|"), "|")
	for i := range all {
		all[i] = strings.TrimSpace(all[i])
	}
	return all
}
