package conform

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/ftrace"
)

// What is no fault of the kernel's is none: a trace that is put together of others, or of which a part was not
// recorded. But where the rest has no execution, it is refused.
func TestDoubts(t *testing.T) {
	_, k := machineOf(t, "6.12-cloud")
	text := string(formFiles(t)["trace.txt"])
	var events string
	for line := range strings.Lines(text) {
		if line[0] != '#' {
			events += line
		}
	}
	without := func(of string) string {
		return regexp.MustCompile(`(?m)^.*(?:`+of+`).*\n`).ReplaceAllString(events, "")
	}
	fails := func(events string) string {
		return strings.Replace(events, "state: 189 step: 190 ret: 0", "state: 189 step: 190 ret: -5", 1)
	}
	wrong := fails(events)
	ended := strings.Replace(events, "END cpu1/online=0", "END cpu2/online=0", 1)
	overlap := strings.Replace(events, "\n", "\n           other-9     [002] .....    25.730999: tracing_mark_write: "+
		"BEGIN cpu2/online=0\n", 1)
	for name, tt := range map[string]struct {
		text    string
		verdict Verdict
		why     string
	}{
		"twice":                    {events + events, VerdictAccepted, ""},
		"twice, the second wrong":  {events + wrong, VerdictRefused, ""},
		"twice, the first wrong":   {wrong + events, VerdictRefused, ""},
		"thrice, half of a line":   {events + events + events[:len(events)-20], VerdictAccepted, ""},
		"marks overlap":            {overlap, VerdictUndecided, "a write begins within that of line 1"},
		"marks overlap, and wrong": {fails(overlap), VerdictRefused, ""},
		"no end of the first":      {without("END cpu1/online=0"), VerdictUndecided, "begins within that of line 1"},
		"no beginning":             {without("BEGIN cpu1/online=0"), VerdictUndecided, "whose beginning is not marked"},
		"another end":              {ended, VerdictRefused, ""},
		"one CPU":                  {without(`\[00[1-3]\]`), VerdictUndecided, "all of it ran on CPU 0"},
		"no exits":                 {without("cpuhp_exit|tracing_mark"), VerdictUndecided, "it has no cpuhp_exit"},
		"no entries":               {without("cpuhp_enter|cpuhp_mu|tracing_mark"), VerdictUndecided, "it has neither"},
		"no instances":             {without("cpuhp_multi_enter"), VerdictUndecided, "it has no cpuhp_multi_enter"},
	} {
		file := filepath.Join(t.TempDir(), "x.trace")
		require.NoError(t, os.WriteFile(file, []byte(tt.text), 0o666))
		for _, trace := range ftrace.OpenAll(file).Traces {
			r := Check(t.Context(), k, trace)
			assert.Equal(t, tt.verdict, r.Verdict, "%s:%d: %s %s %v", name, r.Line, r.Why, r.Seen, r.Could)
			assert.Contains(t, r.Why, tt.why, name)
		}
	}
}

// A trace whose last line is cut off anywhere is not refused for that.
func TestCutAnywhere(t *testing.T) {
	_, k := machineOf(t, "6.12-cloud")
	text := formFiles(t)["trace.txt"]
	lines := bytes.SplitAfter(text, []byte("\n"))
	for back := 2; back < 60; back += 9 {
		whole := bytes.Join(lines[:len(lines)-back], nil)
		last := lines[len(lines)-back]
		for n := range last {
			name := fmt.Sprintf("%d lines before the end, after %d characters", back, n)
			r, _ := verdictOf(t, k, "x.trace", append(bytes.Clone(whole), last[:n]...))
			assert.Equal(t, VerdictAccepted, r.Verdict, "%s: %s %s %v", name, r.Why, r.Seen, r.Could)
		}
	}
}
