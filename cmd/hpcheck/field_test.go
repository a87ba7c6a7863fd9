package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each command of docs/field.md, and of docs/gallery.md, prints the lines that stand below it, in their order.
func TestFieldGuide(t *testing.T) {
	t.Chdir("../..")
	says(t, "docs/field.md", "    $ hpcheck ", 8)
}

func TestGallery(t *testing.T) {
	text, err := filepath.Abs("../../docs/gallery.md")
	require.NoError(t, err)
	t.Chdir(t.TempDir())
	cmd := newRootCommand() // whose files it begins with
	cmd.SetArgs([]string{"--kernel", "v4.6-rc3", "--property", "no-deadlock", "--out", "cex", "--format", "json"})
	cmd.SetOut(io.Discard)
	require.Error(t, cmd.Execute())
	says(t, text, "$ hpcheck ", 3)
}

// says runs the commands of a document, which begin as prompt does, and compares. Lines of dots stand for any others.
func says(t *testing.T, file, prompt string, least int) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	type run struct {
		command string
		want    []string
	}
	var runs []run
	indent := prompt[:len(prompt)-len(strings.TrimLeft(prompt, " "))]
	for line := range strings.Lines(joined(text)) {
		line = strings.TrimRight(line, "\n")
		command, begins := strings.CutPrefix(line, prompt)
		code, is := strings.CutPrefix(line, indent)
		switch {
		case begins:
			runs = append(runs, run{command: command})
		case strings.HasPrefix(line, "#") || strings.HasPrefix(line, "```"):
			runs = append(runs, run{}) // what follows is prose
		case is && len(runs) > 0 && strings.TrimSpace(line) != "...":
			last := &runs[len(runs)-1]
			last.want = append(last.want, code)
		}
	}
	made := 0
	for _, r := range runs {
		if r.command == "" {
			continue
		}
		made++
		cmd := newRootCommand()
		var out, stderr bytes.Buffer
		cmd.SetArgs(strings.Fields(r.command))
		cmd.SetOut(&out)
		cmd.SetErr(&stderr)
		_ = cmd.Execute() // its status is not what is told
		all := stderr.String() + out.String()
		for _, want := range r.want {
			_, after, found := strings.Cut(all, strings.TrimSpace(want))
			if assert.True(t, found, "%s\nwant %s\nin   %s", r.command, want, all) {
				all = after
			}
		}
	}
	assert.GreaterOrEqual(t, made, least)
}
