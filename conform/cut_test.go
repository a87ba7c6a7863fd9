package conform

import (
	"fmt"
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/ftrace"
)

// bare is a trace as somebody records it by hand: no header, no marks, and cut off after some events.
func bare(t *ftrace.Trace) *ftrace.Trace {
	b := &ftrace.Trace{File: t.File, Header: map[string]string{}, Lines: t.Lines}
	for _, e := range t.Events {
		if e.Kind != ftrace.Begin && e.Kind != ftrace.End {
			b.Events = append(b.Events, e)
		}
	}
	return b
}

// A trace without a header is of a CPU that was down if it begins with the way up, and it may end anywhere: also
// between two instances of a state.
func TestTracesThatAreCutOff(t *testing.T) {
	k := folders[0].kernel(t)
	up, down, unfinished := 0, 0, 0
	for _, trace := range recorded(t, folders[0].name, "plain")[:6] {
		whole := bare(trace)
		for n := 1; n <= len(whole.Events); n++ {
			part := *whole
			part.Events = whole.Events[:n]
			r := Check(t.Context(), k, &part)
			require.True(
				t, r.Verdict == VerdictAccepted, "%s, %d of %d events: line %d", trace.File, n, len(whole.Events),
				r.Line,
			)
			if r.Unfinished {
				unfinished++
			} else {
				assert.Greater(t, n, len(whole.Events)-5, "%s after %d of %d events", trace.File, n, len(whole.Events))
			}
		}
		if trace.Header["from"] == "0" {
			up++
		} else {
			down++
		}
	}
	assert.Positive(t, up)
	assert.Positive(t, down)
	assert.Positive(t, unfinished)
}

// Nothing is said of a trace that begins in the middle of an operation, if that is where the search ends.
func TestTracesThatBeginMidway(t *testing.T) {
	k := folders[0].kernel(t)
	for _, trace := range recorded(t, folders[0].name, "plain")[:2] {
		whole := bare(trace)
		for n := 4; n+4 < len(whole.Events); n += 7 {
			part := *whole
			part.Events = whole.Events[n:]
			r := Check(t.Context(), k, &part)
			if r.Verdict != VerdictAccepted {
				assert.Equal(t, VerdictUndecided, r.Verdict, "%s from event %d", trace.File, n)
				assert.Contains(t, r.Why, "it begins in the middle of an operation, with CPU 1 at step")
			}
		}
	}
}

// What can't be judged is said, and is no success.
func TestTracesThatTellNothing(t *testing.T) {
	k := folders[0].kernel(t)
	empty := Check(t.Context(), k, &ftrace.Trace{File: "junk", Header: map[string]string{}})
	assert.Equal(t, VerdictUnread, empty.Verdict)
	assert.Contains(t, empty.Why, "no events")

	some := *recorded(t, folders[0].name, "plain")[0]
	some.Lost = 3
	lost := Check(t.Context(), k, &some)
	assert.Equal(t, VerdictUndecided, lost.Verdict)
	assert.Contains(t, lost.Why, "lost 3 events")
}

// A header that nobody can have written is refused, with what it may say.
func TestHeaders(t *testing.T) {
	k := folders[0].kernel(t)
	good := recorded(t, folders[0].name, "plain")[0]
	for key, values := range map[string][]string{
		"cpu": {"8192", "-3", "99999999999", "x"}, "from": {"1000", "-1", ""}, "errno": {"-16", "4096", "x"},
		"final_state":  {"1000", "x"},
		"final_target": {"-2"}, "final_fail": {"-2", "1000"}, "fail_state": {"1000", "-1", "x"},
		"online_mask": {"0-9999999999", "-5-3", "abc", "0,,1"},
	} {
		for _, value := range values {
			some := *good
			some.Header = maps.Clone(good.Header)
			some.Header[key] = value
			r := Check(t.Context(), k, &some)
			assert.Equal(t, VerdictUnread, r.Verdict)
			assert.Equal(t, good.At[key], r.Line)
			assert.Contains(t, r.Why, fmt.Sprintf("the header has %s %q: want ", key, value))
		}
	}
}
