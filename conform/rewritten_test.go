package conform

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/hpcheck/hpcheck/ftrace"
)

// Recordings of one operation, with less told of them: without the marks of the writer, without the lines above the
// trace, and without either.
func TestLessIsTold(t *testing.T) {
	for _, f := range folders {
		if f.name != "amd64-7.3.4" && f.name != "6.12-cloud" && f.name != "s390x-7.2.13" {
			continue
		}
		k := f.kernel(t)
		for n, trace := range recorded(t, f.name, "sweep") {
			if trace.Header["skipped"] != "" || n%4 > 0 {
				continue
			}
			silent := *trace
			silent.Events = slices.DeleteFunc(slices.Clone(trace.Events), func(e ftrace.Event) bool {
				return e.Kind == ftrace.Begin || e.Kind == ftrace.End
			})
			bare := *trace
			bare.Header = map[string]string{}
			both := silent
			both.Header = bare.Header
			for what, less := range map[string]*ftrace.Trace{
				"no marks": &silent, "no header": &bare, "neither": &both,
			} {
				if r := Check(t.Context(), k, less); len(less.Events) > 0 {
					assert.Equal(t, VerdictAccepted, r.Verdict, "%s, %s: %s %s", trace.File, what, r.Seen, r.Why)
				}
			}
			if len(silent.Events) > 1 { // and what is not told is not taken for anything
				wrong := silent
				wrong.Header = maps.Clone(trace.Header)
				wrong.Events = slices.Delete(slices.Clone(silent.Events), 1, 2)
				assert.Equal(t, VerdictRefused, Check(t.Context(), k, &wrong).Verdict, trace.File)
			}
		}
	}
}
