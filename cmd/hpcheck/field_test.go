package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each command of docs/field.md prints the lines that stand below it, in their order.
func TestFieldGuide(t *testing.T) {
	text, err := os.ReadFile("../../docs/field.md")
	require.NoError(t, err)
	t.Chdir("../..")
	type run struct {
		command string
		want    []string
	}
	var runs []run
	for line := range strings.Lines(string(text)) {
		code, is := strings.CutPrefix(strings.TrimRight(line, "\n"), "    ")
		command, begins := strings.CutPrefix(code, "$ hpcheck ")
		switch {
		case is && begins:
			runs = append(runs, run{command: command})
		case is && len(runs) > 0:
			last := &runs[len(runs)-1]
			last.want = append(last.want, code)
		}
	}
	require.GreaterOrEqual(t, len(runs), 7)
	for _, r := range runs {
		cmd := newRootCommand()
		var out, stderr bytes.Buffer
		cmd.SetArgs(strings.Fields(r.command))
		cmd.SetOut(&out)
		cmd.SetErr(&stderr)
		_ = cmd.Execute() // its status is not what is told
		all := stderr.String() + out.String()
		for _, want := range r.want {
			_, after, found := strings.Cut(all, want)
			if assert.True(t, found, "%s\nwant %s\nin   %s", r.command, want, all) {
				all = after
			}
		}
	}
}
