package main

import (
	"bytes"
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
	link := regexp.MustCompile(`\]\(([^)#:]*)(?:#([^)]*))?\)`)
	for _, file := range documents(t) {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range flag.FindAllStringSubmatch(string(text), -1) {
			if !known[m[1]] && !slices.Contains(others, m[1]) {
				assert.Fail(t, fmt.Sprintf("%s names %s, and there is no such flag", file, m[1]))
			}
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			to := file
			if m[1] != "" {
				to = filepath.Join(filepath.Dir(file), m[1])
			}
			if _, err := os.Stat(to); err != nil {
				assert.Fail(t, fmt.Sprintf("%s links to %s, which is not there", file, m[1]))
			} else if m[2] != "" && !slices.Contains(anchors(t, to), m[2]) {
				assert.Fail(t, fmt.Sprintf("%s links to #%s of %s, which is not there", file, m[2], to))
			}
		}
	}
}

// anchors are the places of a document that a link can name: those that have an id, and its headings.
func anchors(t *testing.T, file string) (all []string) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	for _, m := range regexp.MustCompile(`<a id="([^"]+)">`).FindAllStringSubmatch(string(text), -1) {
		all = append(all, m[1])
	}
	for _, m := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(string(text), -1) {
		slug := regexp.MustCompile(`[^\pL\d _-]`).ReplaceAllString(strings.ToLower(m[1]), "")
		all = append(all, strings.ReplaceAll(slug, " ", "-"))
	}
	return all
}

// The table says that every mutant is refused, without exception: 23,000 of 23,000 is what the README says, too.
func TestEveryMutantInTheTableIsRefused(t *testing.T) {
	text, err := os.ReadFile("../../docs/fidelity.md")
	require.NoError(t, err)
	rows := regexp.MustCompile(`(?m)^\| `+"`v"+`[^\n]*\| (\d+) of (\d+) \|$`).FindAllStringSubmatch(string(text), -1)
	require.Greater(t, len(rows), 10)
	for _, row := range rows {
		assert.Equal(t, row[2], row[1], row[0])
	}
}

// Every command that the tutorial shows is run, in its order and in one directory; none of them is bad usage, and what
// the text says of them is true.
func TestTutorial(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute under the race detector")
	}
	text, err := os.ReadFile("../../docs/tutorial.md")
	require.NoError(t, err)
	t.Chdir(t.TempDir())
	said := map[string]string{}
	shown := regexp.MustCompile(`(?m)^    (?:(printf .*) \| )?(hpcheck .*)$`)
	for _, m := range shown.FindAllStringSubmatch(string(text), -1) {
		root := newRootCommand()
		var out bytes.Buffer
		root.SetOut(&out)
		root.SetIn(strings.NewReader("find violates no-deadlock\nstate\nquit\n")) // what printf says
		root.SetArgs(strings.Fields(m[2])[1:])
		var exit *exitError
		if err := root.Execute(); err != nil {
			require.ErrorAs(t, err, &exit, m[2])
			require.Equal(t, exitViolated, exit.status, "%s: %v", m[2], err)
		}
		said[m[2]] = out.String()
	}
	require.Len(t, said, 9)
	found := said["hpcheck --kernel v4.6-rc3 --out cex"]
	last := 0
	for _, line := range []string{"rollback-restores-smpboot    VIOLATED in 78 steps",
		"no-deadlock                  VIOLATED in 90 steps", "1,732 states", "begin with cex/report.html\n"} {
		at := strings.Index(found, line)
		assert.Greater(t, at, last, "%s: in this order", line)
		last = at
		assert.Contains(t, string(text), line)
	}
	assert.True(t, strings.HasSuffix(found, "begin with cex/report.html\n"))
	assert.Contains(t, said["hpcheck --kernel v4.6-rc3 --property rollback-restores-smpboot"], "left parked")
	assert.Contains(t, said["hpcheck step --kernel v4.6-rc3"], "VIOLATED no-deadlock")
	assert.Contains(t, said["hpcheck --kernel v4.6 --property rollback-restores-smpboot,no-deadlock"],
		"no-deadlock                holds")
	assert.Contains(t, said["hpcheck --kernel v4.6 --revert unpark --property no-deadlock"], "VIOLATED")
	assert.NotContains(t, said["hpcheck replay --kernel v4.6 cex/no-deadlock.json"], "is violated again")
}
