// Package house holds what every file of the repository must keep to.
package house

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	root     = "../.."
	widest   = 120
	tabStops = 4
)

// files are those of the repository, by their paths from the root, without the data of tests.
func files(t *testing.T) (all []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || d.Name() == ".git"):
			return fs.SkipDir
		case !d.IsDir():
			all = append(all, filepath.ToSlash(strings.TrimPrefix(path, root+"/")))
		}
		return nil
	}))
	return all
}

// No line of Go or Markdown is wider than 120 columns, but for rows of tables.
func TestWidth(t *testing.T) {
	read := 0
	for _, name := range files(t) {
		ext := filepath.Ext(name)
		if ext != ".go" && ext != ".md" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, name))
		require.NoError(t, err)
		read++
		number := 0
		for line := range strings.Lines(string(text)) {
			number++
			line = strings.TrimRight(line, "\n")
			row := ext == ".md" && strings.HasPrefix(strings.TrimSpace(line), "|")
			if w := width(line); w > widest && !row {
				t.Errorf("%s:%d: %d columns, want %d at most", name, number, w, widest)
			}
		}
	}
	assert.Greater(t, read, 300)
}

// width is how many columns a line takes.
func width(line string) int {
	columns := 0
	for _, r := range line {
		if r == '\t' {
			columns += tabStops - columns%tabStops
			continue
		}
		columns++
	}
	return columns
}
