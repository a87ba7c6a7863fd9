package main

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the man pages and the completions anew")

// joined is a text in which commands that go on behind a backslash are one line.
func joined(text []byte) string {
	return regexp.MustCompile(` *\\\n *`).ReplaceAllString(string(text), " ")
}

// generated makes the man pages and the completions in a directory.
func generated(t *testing.T, dir string) {
	t.Helper()
	root := newRootCommand()
	root.DisableAutoGenTag = true
	// Some defaults are those of the machine; the pages must be the same everywhere.
	visit(root, func(cmd *cobra.Command) {
		if f := cmd.Flags().Lookup("workers"); f != nil {
			f.DefValue = "all CPUs"
		}
	})
	man := filepath.Join(dir, "man")
	require.NoError(t, os.MkdirAll(man, 0o777))
	date := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	visit(root, func(cmd *cobra.Command) {
		cmd.DisableAutoGenTag = true
		if !cmd.IsAvailableCommand() && cmd != root || strings.HasPrefix(cmd.CommandPath(), "hpcheck completion") {
			return
		}
		name := strings.ReplaceAll(cmd.CommandPath(), " ", "-")
		header := &doc.GenManHeader{
			Title: strings.ToUpper(name), Section: "1", Source: "hpcheck", Manual: "hpcheck", Date: &date,
		}
		var b strings.Builder
		require.NoError(t, doc.GenMan(cmd, header, &b))
		page, more := b.String(), manSections(cmd)
		if i := strings.Index(page, ".SH SEE ALSO"); i >= 0 {
			page = page[:i] + more + "\n" + page[i:]
		} else {
			page += more
		}
		require.NoError(t, os.WriteFile(filepath.Join(man, name+".1"), []byte(page), 0o666))
	})
	require.NoError(t, os.WriteFile(filepath.Join(dir, "manual.md"), []byte(manual()), 0o666))
	completions := filepath.Join(dir, "completions")
	require.NoError(t, os.MkdirAll(completions, 0o777))
	for name, write := range map[string]func(*bytes.Buffer) error{
		"hpcheck.bash": func(b *bytes.Buffer) error { return root.GenBashCompletionV2(b, true) },
		"_hpcheck":     func(b *bytes.Buffer) error { return root.GenZshCompletion(b) },
		"hpcheck.fish": func(b *bytes.Buffer) error { return root.GenFishCompletion(b, true) },
		"hpcheck.ps1":  func(b *bytes.Buffer) error { return root.GenPowerShellCompletionWithDesc(b) },
	} {
		var b bytes.Buffer
		require.NoError(t, write(&b))
		require.NoError(t, os.WriteFile(filepath.Join(completions, name), b.Bytes(), 0o666))
	}
}

func visit(cmd *cobra.Command, f func(*cobra.Command)) {
	f(cmd)
	for _, sub := range cmd.Commands() {
		visit(sub, f)
	}
}

// The man pages and the completions in docs are those of the command.
func TestDocsAreGenerated(t *testing.T) {
	const docs = "../../docs"
	if *update {
		require.NoError(t, os.RemoveAll(docs+"/man"))
		require.NoError(t, os.RemoveAll(docs+"/completions"))
		generated(t, docs)
	}
	dir := t.TempDir()
	generated(t, dir)
	count := 0
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		count++
		name, err := filepath.Rel(dir, path)
		require.NoError(t, err)
		want, err := os.ReadFile(path)
		require.NoError(t, err)
		got, err := os.ReadFile(filepath.Join(docs, name))
		require.NoError(t, err, "make generate makes it")
		assert.True(t, bytes.Equal(want, got), "%s is not up to date: make generate", name)
		return nil
	}))
	assert.Greater(t, count, 10)
}
