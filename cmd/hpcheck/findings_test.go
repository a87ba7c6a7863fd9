package main

import (
	"bytes"
	"context"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// violatedLine is what --quiet says of a violation.
var violatedLine = regexp.MustCompile(`(?m)^(\S+): VIOLATED (?:in|for ever after) (\d+) steps$`)

// finding is a section of docs/findings.md.
type finding struct {
	title    string
	commands [][]string
	lengths  map[string][]string // of the properties' counterexamples
}

func readFindings(t *testing.T) []finding {
	t.Helper()
	data, err := os.ReadFile("../../docs/findings.md")
	require.NoError(t, err)
	number := regexp.MustCompile(`\d+`)
	var all []finding
	for line := range strings.Lines(joined(data)) {
		line = strings.TrimRight(line, "\n")
		if title, ok := strings.CutPrefix(line, "##"); ok {
			all = append(all, finding{title: strings.Trim(title, "# "), lengths: map[string][]string{}})
			continue
		}
		if len(all) == 0 {
			continue
		}
		f := &all[len(all)-1]
		if command, ok := strings.CutPrefix(line, "    hpcheck "); ok {
			f.commands = append(f.commands, strings.Fields(command))
		}
		cells := strings.Split(line, "|")
		if len(cells) < 4 || !strings.Contains(line, "`") {
			continue
		}
		length := number.FindAllString(cells[len(cells)-2], -1)
		if strings.Contains(cells[len(cells)-2], "for ever") {
			length = length[:1] // the way there, without the cycle
		}
		for _, name := range regexp.MustCompile("`([a-z-]+)`").FindAllStringSubmatch(cells[len(cells)-3], -1) {
			f.lengths[name[1]] = append(f.lengths[name[1]], length...)
		}
	}
	return all
}

// Every command in docs/findings.md shows what its section says: those properties are violated, in so many steps.
func TestFindings(t *testing.T) {
	if testing.Short() {
		t.Skip("minutes under the race detector")
	}
	findings := 0
	all := readFindings(t)
	t.Chdir("../..") // some name files
	for _, f := range all {
		if len(f.commands) == 0 {
			continue
		}
		findings++
		t.Run(f.title, func(t *testing.T) {
			t.Parallel()
			seen := map[string][]string{}
			for _, args := range f.commands {
				root := newRootCommand()
				var out bytes.Buffer
				root.SetOut(&out)
				root.SetErr(&out)
				root.SetArgs(append(slices.Clone(args), "--quiet"))
				err := root.ExecuteContext(context.Background())
				var exit *exitError
				if assert.ErrorAs(t, err, &exit, "%v\n%s", args, out.String()) {
					assert.Equal(t, exitViolated, exit.status, "%v\n%s", args, out.String())
				}
				for _, m := range violatedLine.FindAllStringSubmatch(out.String(), -1) {
					seen[m[1]] = append(seen[m[1]], m[2])
				}
				if i := slices.Index(args, "--property"); i >= 0 {
					for name := range strings.SplitSeq(args[i+1], ",") {
						assert.Contains(t, seen, name, "%v", args)
					}
				}
			}
			assert.Equal(t, f.lengths, seen)
		})
	}
	assert.GreaterOrEqual(t, findings, 12)
}

// The findings stand in the order of their numbers, none is left out, and each has an anchor and a row in the table at
// the top that says the same.
func TestFindingsAreInOrder(t *testing.T) {
	text, err := os.ReadFile("../../docs/findings.md")
	require.NoError(t, err)
	section := regexp.MustCompile(`(?m)^<a id="finding-(\d+)"></a>\n\n### (\d+)\. (.+)$`)
	row := regexp.MustCompile(`(?m)^\| \[(\d+)\]\(#finding-(\d+)\) \| v\S[^|]* \| (.+) \|$`)
	sections, rows := section.FindAllStringSubmatch(string(text), -1), row.FindAllStringSubmatch(string(text), -1)
	require.Greater(t, len(sections), 30)
	require.Len(t, rows, len(sections))
	assert.Equal(t, len(sections), strings.Count(string(text), "\n### "))
	for i, s := range sections {
		number := strconv.Itoa(i + 1)
		assert.Equal(t, []string{number, number, s[3]}, s[1:])
		assert.Equal(t, s[1:], rows[i][1:])
	}
}

// What the suites expect to be violated is in the findings: none of it may be left out.
func TestFindingsAreWhole(t *testing.T) {
	known := map[string]bool{}
	for _, f := range readFindings(t) {
		for name := range f.lengths {
			known[name] = true
		}
	}
	for _, file := range []string{"seed", "v4.6", "v4.6-all", "editions", "v6.1", "v6.12", "v7.3-all"} {
		s, err := readSuite("../../suites/" + file + ".toml")
		require.NoError(t, err)
		for _, r := range s.runs {
			for name, want := range r.Want {
				own := strings.HasPrefix(r.Name, "own-") ||
					name == "operation-terminates" // the same lasso as writer-not-starved
				assert.True(
					t, known[name] || own || want.Verdict != "violated", "%s of %s in %s is in no finding", name,
					r.Name, file,
				)
			}
		}
	}
}
