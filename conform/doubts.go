package conform

import (
	"context"
	"fmt"
	"slices"

	"github.com/hpcheck/hpcheck/ftrace"
	"github.com/hpcheck/hpcheck/model"
)

// A trace that no execution shows may be no fault of the kernel: it may be of two recordings, or something was not
// recorded. What can be seen of that is looked for before a trace is refused.

// doubts is the verdict on a trace that is not accepted as it is.
func doubts(ctx context.Context, k model.Kernel, t *ftrace.Trace, r Result) Result {
	if why := unrecorded(k, t.Events); why != "" {
		return r.undecided(0, why+": record all of cpuhp")
	}
	if r.Verdict == VerdictUndecided {
		return r
	}
	if at := t.Restarts(); len(at) > 0 {
		return restarted(ctx, k, t, at)
	}
	h, err := readHeader(t)
	if err != nil || r.Verdict != VerdictRefused {
		return r
	}
	if line, why := unpaired(t.Events); why != "" && !h.known {
		rest := *t
		rest.Events = slices.DeleteFunc(slices.Clone(t.Events), isMark)
		if other := checkPieces(ctx, k, &rest); other.Verdict == VerdictAccepted {
			return r.undecided(
				line,
				why+": its callbacks have an execution, and what the writes returned can't be judged",
			)
		}
	}
	if cpu := t.OneCPU(); cpu >= 0 && !h.known {
		return r.undecided(0, fmt.Sprintf(
			"all of it ran on CPU %d, and what ran on the others is missing: want the file trace, not that of a CPU",
			cpu,
		))
	}
	if t.Cut > 0 && h.known {
		return r.undecided(t.Cut, "its last line is cut off, and it tells of a write that had its end")
	}
	return r
}

// undecided is the result of a trace that cannot be judged.
func (r Result) undecided(line int, why string) Result {
	return Result{
		File: r.File, Verdict: VerdictUndecided, Why: why, Line: line,
		Notes: r.Notes, Events: r.Events, Searched: r.Searched,
	}
}

// restarted judges the recordings of which a trace seems to be put together, which begin at these events and at the
// first. The verdict is the worst of them.
func restarted(ctx context.Context, k model.Kernel, t *ftrace.Trace, at []int) (worst Result) {
	events, searched := 0, 0
	for i, end := range append(at, len(t.Events)) {
		part := *t
		part.Events = t.Events[0:end]
		if i > 0 {
			part.Events = t.Events[at[i-1]:end]
		}
		r := checkPieces(ctx, k, &part)
		events, searched = events+r.Events, searched+r.Searched
		if i == 0 || rank(r.Verdict) > rank(worst.Verdict) {
			worst = r
		}
	}
	worst.Events, worst.Searched = events, searched
	worst.Notes = append(worst.Notes, fmt.Sprintf(
		"its time goes back in line %d: it is judged as %d recordings, one after the other",
		t.Events[at[0]].Line,
		len(at)+1,
	))
	return worst
}

// rank is how bad a verdict is.
func rank(v Verdict) int { return slices.Index(Verdicts(), v) }

func isMark(e ftrace.Event) bool { return e.Kind == ftrace.Begin || e.Kind == ftrace.End }

// unpaired is the line of the first mark that does not go with those before it, and why: writes overlap, or one has no
// beginning or no end. why is "" if all do.
func unpaired(events []ftrace.Event) (line int, why string) {
	var open *ftrace.Event
	for i := range events {
		switch e := &events[i]; {
		case e.Kind == ftrace.Begin && open == nil:
			open = e
		case e.Kind == ftrace.Begin && open.PID == e.PID:
			return e.Line, fmt.Sprintf("a write begins before the end of that in line %d is marked", open.Line)
		case e.Kind == ftrace.Begin:
			return e.Line, fmt.Sprintf(
				"a write begins within that of line %d, and one at a time is looked at",
				open.Line,
			)
		case e.Kind != ftrace.End:
		case open != nil && open.PID == e.PID && (open.CPU != e.CPU || open.Write != e.Write):
			return 0, "" // that is no other write's
		case open == nil || open.PID != e.PID:
			return e.Line, "a write ends whose beginning is not marked"
		default:
			open = nil
		}
	}
	return 0, ""
}

// unrecorded says which kind of event a trace does not have, though it has what goes with it; "" if none is missed.
func unrecorded(k model.Kernel, events []ftrace.Event) string {
	kinds, entered := map[ftrace.Kind]int{}, map[int]bool{}
	for i := range events {
		e := &events[i]
		kinds[e.Kind]++
		if enters(e) {
			entered[e.Step] = true
		}
	}
	alone := map[int]bool{} // states with instances of which nothing but exits is seen
	for i := range events {
		e := &events[i]
		if step := stepAt(k, e.Step); e.Kind == ftrace.Exit && !entered[e.Step] && step != nil && step.Multi {
			alone[e.Step] = true
		}
	}
	switch enters := kinds[ftrace.Enter] + kinds[ftrace.MultiEnter]; {
	case kinds[ftrace.Exit] == 0 && enters > 1:
		return "it has no cpuhp_exit"
	case kinds[ftrace.Exit] > 1 && enters == 0:
		return "it has neither cpuhp_enter nor cpuhp_multi_enter"
	case kinds[ftrace.Enter] == 0 && enters > 1:
		return "it has no cpuhp_enter"
	case kinds[ftrace.MultiEnter] == 0 && len(alone) > 1:
		return "it has no cpuhp_multi_enter"
	}
	return ""
}
