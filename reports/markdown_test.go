package reports

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/hpcheck/hpcheck/explore"
)

// mermaidLine is what a line of our sequence diagrams may be. A semicolon would end a statement, and a # begin an
// entity.
var mermaidLine = regexp.MustCompile(
	`^    (participant L\d+ as [^;#:]+|L\d+--?>>L\d+: ([^;#]|#\w+;)+|Note over L\d+(,L\d+)?: ([^;#]|#\w+;)+)$`,
)

func TestMermaid(t *testing.T) {
	for name, c := range pictured(t) {
		text := string(render(t, c.Mermaid))
		lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
		assert.Equal(t, "sequenceDiagram", lines[0])
		for _, line := range lines[1:] {
			assert.Regexp(t, mermaidLine, line, name)
		}
		assert.Less(t, len(text), 50000, "GitHub draws no more")
		faults := slices.ContainsFunc(c.Steps, func(s Step) bool { return s.Fault })
		assert.Equal(t, faults, strings.Contains(text, "FAULT"), name)
	}
	golden(t, "v4.6-rc3-rollback-restores-smpboot.mmd",
		render(t, run(t, "v4.6-rc3", explore.Options{}, "rollback-restores-smpboot").Violations()[0].Mermaid))
}

func TestShorten(t *testing.T) {
	var lines []string
	for i := range 1000 {
		lines = append(lines, fmt.Sprint(i))
	}
	short := shorten(lines, 100, 1<<20)
	assert.LessOrEqual(t, len(short), 100)
	assert.Equal(t, "0", short[0])
	assert.Equal(t, "999", short[len(short)-1])
	assert.Less(t, len(strings.Join(shorten(lines, 1000, 200), "\n")), 300)
	assert.Equal(t, lines[:5], shorten(lines[:5], 100, 1000))
}

func TestMarkdown(t *testing.T) {
	for name, r := range someRuns(t) {
		text := render(t, r.Markdown)
		golden(t, "report-"+name+".md", text)
		assert.Less(t, len(text), 65536, "GitHub takes no longer comment")
		assert.Equal(t, strings.Count(string(text), "<details>"), strings.Count(string(text), "</details>"))
	}
	assert.Equal(t, "a\\_b &lt;c&gt; \\*", md("a_b <c> *"))
}
