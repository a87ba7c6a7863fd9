package conform

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/ftrace"
	"github.com/hpcheck/hpcheck/model"
)

// A list may come from Windows, have holes and remarks, and name what nobody knows: traces show what that calls.
func TestLists(t *testing.T) {
	f, k := machineOf(t, "6.12-cloud")
	trace := named(t, recorded(t, f.name, "plain"), "plain.c1.236-000")
	for name, change := range map[string]func(string) string{
		"CRLF":    func(list string) string { return strings.ReplaceAll(list, "\n", "\r\n") },
		"BOM":     func(list string) string { return "\ufeff" + list },
		"remarks": func(list string) string { return "# of a box\n\n" + strings.ReplaceAll(list, "\n", "\n# and\n") },
		"holes":   func(list string) string { return list + "300: \n301:\n" },
		"unknown": func(list string) string {
			return strings.Replace(list, "mm/vmstat:online", "their/vmstat:online", 1)
		},
		"twice": func(list string) string {
			return strings.Replace(list, "mm/vmstat:online", "mm/writeback:online", 1)
		},
	} {
		own, err := model.Lookup("v6.12")
		require.NoError(t, err)
		bare := ""
		for _, s := range k.Steps {
			if s.Name != "" {
				bare += fmt.Sprintf("%3d: %s\n", s.Number, s.Name)
			}
		}
		steps, err := own.ParseStates(change(bare))
		require.NoError(t, err, name)
		if name == "unknown" {
			assert.Equal(t, []string{"their/vmstat:online"}, model.Unknown(steps))
			assumed := model.Assume(steps)
			assert.Contains(t, model.FormatStates(assumed), "their/vmstat:online | their/vmstat:online:startup "+
				"their/vmstat:online:teardown")
		}
		with, err := own.WithStates(
			"list", Count(own, steps, append([]*ftrace.Trace{trace}, recorded(t, f.name, "plain")...)...),
		)
		require.NoError(t, err, name)
		r := Check(t.Context(), with, trace)
		if name == "twice" { // it calls what the second of that name is known to call, and vmstat is not that
			assert.Equal(t, VerdictRefused, r.Verdict)
			continue
		}
		assert.Equal(t, VerdictAccepted, r.Verdict, "%s:%d %s %v", name, r.Line, r.Seen, r.Could)
	}
	short := strings.Replace(model.FormatStates(k.Steps), "mm/vmstat:online", "x:online | - -\n#", 1)
	steps, err := k.ParseStates(short)
	require.NoError(t, err)
	without := steps[:0]
	for _, s := range steps {
		if s.Name != "x:online" {
			without = append(without, s)
		}
	}
	with, err := k.WithStates("short.txt", without)
	require.NoError(t, err)
	r := Check(t.Context(), with, trace)
	assert.Equal(t, VerdictRefused, r.Verdict)
	assert.Regexp(t, `^step \d+ is not in short.txt$`, r.Reason)
}
