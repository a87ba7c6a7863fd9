package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// documents are all that people read.
func documents(t *testing.T) []string {
	t.Helper()
	files := []string{"../../README.md", "../../CONTRIBUTING.md"}
	require.NoError(t, filepath.WalkDir("../../docs", func(path string, d os.DirEntry, err error) error {
		if strings.HasSuffix(path, ".md") {
			files = append(files, path)
		}
		return err
	}))
	return files
}

// A flag that a document names is there, and so is every file of this repository to which one links.
func TestDocumentsNameWhatIsThere(t *testing.T) {
	known := map[string]bool{}
	visit(newRootCommand(), func(cmd *cobra.Command) {
		cmd.InitDefaultHelpFlag()
		cmd.Flags().VisitAll(func(f *pflag.Flag) { known["--"+f.Name] = true })
	})
	others := []string{ // of other programs
		"--yes", "--check", "--markdown", "--no-audit", "--notes", "--array",
	}
	flag := regexp.MustCompile("`(?:[^`\n]*? )?(--[a-z][a-z-]+)")
	link := regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)
	for _, file := range documents(t) {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range flag.FindAllStringSubmatch(string(text), -1) {
			if !known[m[1]] && !slices.Contains(others, m[1]) {
				assert.Fail(t, fmt.Sprintf("%s names %s, and there is no such flag", file, m[1]))
			}
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(file), m[1])); err != nil {
				assert.Fail(t, fmt.Sprintf("%s links to %s, which is not there", file, m[1]))
			}
		}
	}
}
