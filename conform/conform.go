// Package conform holds a model against what real kernels did: whether it has an execution that shows exactly the steps
// of a recorded trace, and comes to the same end.
package conform

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hpcheck/hpcheck/ftrace"
	"github.com/hpcheck/hpcheck/model"
)

// Verdict is what came of a trace. Each trace has one.
type Verdict string

// The verdicts.
const (
	VerdictAccepted  Verdict = "accepted"    // the model has an execution that shows what the trace shows
	VerdictRefused   Verdict = "refused"     // it has none
	VerdictUndecided Verdict = "not decided" // events are missing, or the search was stopped; Why says so
	VerdictUnread    Verdict = "not read"    // it is no trace of CPU hotplug; Why says what it is instead
)

// Verdicts lists them, the worst last.
func Verdicts() []Verdict {
	return []Verdict{VerdictAccepted, VerdictUnread, VerdictUndecided, VerdictRefused}
}

// Result says whether a model accepts a trace.
type Result struct {
	File     string
	Verdict  Verdict
	Why      string   // if it was not decided, or not read
	Notes    []string // what else is to be known of a verdict
	Events   int      // that were to be matched
	Searched int      // states of the model that were looked at

	Unfinished bool // it is accepted, and ends in the middle of an operation

	// Of a trace that is refused the first line that no execution has at this place, the last line if they have all,
	// but end otherwise; of one that is not read the line that cannot be, 0 if there is no such line.
	Line int

	// Of a trace that is refused:
	Seen   string   // what is there
	Could  []string // what the model could have done instead
	Where  string   // the state of the CPU there
	Reason string   // what else there is to say
}

// header is what the lines above a trace tell of it. Traces without such lines have none.
type header struct {
	known      bool   // it is a recording of one operation
	told       bool   // and it tells all writes that brought the CPU to where it was
	refused    bool   // it is one of a write to the file fail that was refused, and nothing more was done
	write      string // to a file of the CPU: "online=0"
	cpu        int
	from       int  // st->state before
	fail       int  // the state that the file fail names, -1 for none
	rewritten  bool // somebody writes to the file fail meanwhile, or has written what nobody told
	errno      int  // of the write, noReturn if it has not come back
	finalState int
	finalGoal  int
	finalFail  int
	pin        int        // the CPU to which the writer is bound, -1 if to none, or it is not told
	before     []model.Op // the writes that brought the CPU there from the top of the ladder, if they are told
	online     string     // the mask of CPUs that are online afterwards, "" if it is not told
}

// noReturn is the error number of a write that has not come back.
const noReturn = -1

// cpuMask is the form of a list of CPUs, of which Linux has 8192 at most.
var cpuMask = regexp.MustCompile(`^\d{1,4}(-\d{1,4})?(,\d{1,4}(-\d{1,4})?)*$`)

// The highest number that a state may have, that an error has, and that a CPU has.
const (
	maxNumber = 999
	maxErrno  = 4095
	maxCPU    = 8191
)

// readHeader reads them.
func readHeader(t *ftrace.Trace) (header, error) {
	h := header{fail: -1, finalFail: -1, pin: -1}
	h.refused = t.Header["skipped"] != ""
	if t.Header["cpu"] == "" || t.Header["final_state"] == "" && !h.refused {
		return h, nil
	}
	h.known = true
	_, h.write, _ = strings.Cut(t.Header["write"], "/")
	line := func(key string) int { return max(t.At[key], 1) } // one that is missing is missing above
	for _, f := range []struct {
		key    string
		to     *int
		lo, hi int
	}{
		{"cpu", &h.cpu, 0, maxCPU}, {"from", &h.from, 0, maxNumber}, {"errno", &h.errno, noReturn, maxErrno},
		{"final_state", &h.finalState, 0, maxNumber},
		{"final_target", &h.finalGoal, -1, maxNumber}, {"final_fail", &h.finalFail, -1, maxNumber},
	} {
		if t.Header[f.key] == "" && h.refused {
			continue // it ended before it began
		}
		n, err := strconv.Atoi(t.Header[f.key])
		if err != nil || n < f.lo || n > f.hi {
			return h, &ftrace.Error{
				File: t.File, Line: line(f.key),
				Text: fmt.Sprintf("the header has %s %q: want %d to %d", f.key, t.Header[f.key], f.lo, f.hi),
			}
		}
		*f.to = n
	}
	if text := t.Header["fail_state"]; text == "unknown" || t.Header["fail"] == "unknown" {
		h.rewritten = true
	} else if took := t.Header["fail_write"]; text != "" && text != "none" && (h.refused || armed(took)) {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > maxNumber {
			return h, &ftrace.Error{
				File: t.File, Line: line("fail_state"),
				Text: fmt.Sprintf("the header has fail_state %q: want 0 to %d, none or unknown", text, maxNumber),
			}
		}
		h.fail = n
	}
	if h.fail < 0 && h.finalFail >= 0 {
		h.rewritten = true
	}
	if h.online = t.Header["online_mask"]; h.online != "" && !cpuMask.MatchString(h.online) {
		return h, &ftrace.Error{
			File: t.File, Line: line("online_mask"),
			Text: fmt.Sprintf("the header has online_mask %q: want CPUs such as 0,2-3", h.online),
		}
	}
	for _, key := range []string{"before", "prep"} {
		for _, write := range strings.Fields(t.Header[key]) {
			write, _, _ = strings.Cut(write, ":") // its result may follow
			op, ok := writeOp(h.cpu, write)
			if !ok {
				return h, &ftrace.Error{
					File: t.File, Line: line(key),
					Text: fmt.Sprintf(
						"the header has %s %q: want writes such as online=0 and hotplug/target=155", key, t.Header[key],
					),
				}
			}
			h.before = append(h.before, op)
		}
	}
	_, h.told = t.Header["before"]
	if n, err := strconv.Atoi(t.Header["pin"]); err == nil {
		h.pin = n
	}
	return h, nil
}

// armed reports whether the file fail has taken what was written to it; "" and - if that is not told.
func armed(result string) bool {
	return result == "" || result == "-" || result == "none" || result == "OK" || result == "0" || result == "armed"
}

// Checker holds one trace, or what was made of it, against a kernel.
type Checker struct {
	trace  *ftrace.Trace // with the model's numbers of CPUs
	header header        // its lines above the trace
	cast   cast
	m      *model.Machine
	start  model.State
}

// Check decides whether the kernel has an execution that shows what the trace shows.
func Check(ctx context.Context, k model.Kernel, t *ftrace.Trace) Result {
	r, fit := Fit(t)
	if !fit {
		return r
	}
	k = withTracer(k, t)
	if r = checkPieces(ctx, k, t); r.Verdict != VerdictAccepted {
		r = doubts(ctx, k, t, r)
	}
	if t.Part != "" {
		r.Notes = append(r.Notes, t.Part)
	}
	if t.Cut > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("its last line, %d, is cut off, and left out", t.Cut))
	}
	return r
}

// Fit reports whether a trace can be judged at all, and has the verdict on one that cannot.
func Fit(t *ftrace.Trace) (r Result, fit bool) {
	r = Result{File: t.File, Events: len(t.Events)}
	if t.Err != nil {
		return r.unread(t.Err), false
	}
	r.Verdict, r.Why = unfit(t)
	return r, r.Verdict == ""
}

// checkPiece decides it for a trace in which no more states come and go than the model has room for.
func checkPiece(ctx context.Context, k model.Kernel, t piece) Result {
	r := Result{File: t.File, Events: len(t.Events)}
	c, err := newChecker(k, t)
	if param := (*model.ParamError)(nil); errors.As(err, &param) && param.Param == "module" {
		r.Verdict = VerdictUndecided
		r.Why = fmt.Sprintf(
			"%s come and go in it without a rest between them: the model has room for %d",
			param.Value, model.MaxModules,
		)
		return r
	} else if err != nil {
		return r.unread(err)
	}
	if c.header.refused {
		return c.refusal()
	}
	return c.Check(ctx, t.Events)
}

// unread is the verdict on what could not be read.
func (r Result) unread(err error) Result {
	r.Verdict, r.Why = VerdictUnread, err.Error()
	var at *ftrace.Error
	if errors.As(err, &at) {
		r.Why, r.Line = at.Text, at.Line
	}
	return r
}

// unfit is the verdict on a trace that cannot be judged, with the reason; "" if it can.
func unfit(t *ftrace.Trace) (Verdict, string) {
	switch {
	case t.Lost > 0:
		return VerdictUndecided, fmt.Sprintf(
			"the tracer lost %d events, and what it has can't be judged: enlarge buffer_size_kb", t.Lost,
		)
	case midSuspend(t):
		return VerdictUndecided, "it begins in the middle of a suspend: begin before the machine is suspended"
	case len(t.Events) == 0 && t.Raw:
		return VerdictUnread, "options/raw was on, with which the kernel writes of an event no more than the number " +
			"of its type: echo 0 >options/raw"
	case len(t.Events) == 0 && t.Header["final_state"] == "" && t.Header["skipped"] == "":
		return VerdictUnread, "it has no events of CPU hotplug: want the text of a trace with cpuhp_enter, " +
			"cpuhp_multi_enter and cpuhp_exit"
	}
	return "", ""
}

// refusal judges a recording of a write to the file fail that was refused, and of nothing else: the model must refuse
// it too.
func (c *Checker) refusal() Result {
	r := Result{File: c.trace.File, Verdict: VerdictAccepted}
	rung := slices.IndexFunc(c.m.Ladder, func(s model.Step) bool { return s.Number == c.header.fail })
	if rung >= 0 && c.m.TakesFail(&c.start, uint8(c.header.cpu), model.Rung(rung)) {
		r.Verdict, r.Line = VerdictRefused, max(c.trace.At["fail_state"], 1)
		r.Seen = fmt.Sprintf("the file fail refuses %d", c.header.fail)
		r.Reason = "the model's takes it"
	}
	return r
}

// New makes the machine on which the trace was recorded, and brings it to where the trace starts.
func New(k model.Kernel, t *ftrace.Trace) (*Checker, error) { return newChecker(k, piece{Trace: t}) }

func newChecker(k model.Kernel, t piece) (*Checker, error) {
	h, err := readHeader(t.Trace)
	if err != nil {
		return nil, err
	}
	c := &Checker{header: h}
	if c.cast, err = castOf(t, h); err != nil {
		return nil, err
	}
	c.header.cpu, c.header.pin = c.cast.model(h.cpu), c.cast.model(h.pin)
	mapped := *t.Trace
	mapped.Events = c.cast.events(t.Events)
	c.trace = &mapped
	if c.m, err = machine(k, c.trace, c.header, len(c.cast)); err != nil {
		return nil, err
	}
	c.start, err = c.begin()
	return c, err
}

// Check decides whether the machine has an execution that shows these events, which are those of the trace or what was
// made of them.
func (c *Checker) Check(ctx context.Context, events []ftrace.Event) Result {
	r := Result{File: c.trace.File, Events: len(events)}
	events, refusals := c.withoutRefusals(events)
	if refusals > 0 && len(events) == 0 && c.header.known {
		return c.stayed(r)
	}
	for _, cpu := range c.trace.Split {
		r.Notes = append(r.Notes, fmt.Sprintf(
			"the first event of CPU %d stands twice, as trace-cmd split writes it, and is taken once", cpu))
	}
	if c.header.known && len(events) == 0 {
		r.Notes = append(r.Notes, "it has no events: only what it came to was looked at")
	}
	newSearch(c, events).run(ctx, c.start, &r)
	if r.Verdict != VerdictRefused || !c.header.known || c.header.told {
		return r
	}
	for _, start := range c.histories() {
		other := Result{File: r.File, Events: r.Events, Notes: r.Notes}
		if newSearch(c, events).run(ctx, start, &other); other.Verdict == VerdictAccepted {
			return other
		}
	}
	return r
}

// withoutRefusals leaves out writes of numbers to hotplug/target that the kernel may refuse with -EINVAL, and has:
// nothing comes of them.
func (c *Checker) withoutRefusals(events []ftrace.Event) (rest []ftrace.Event, n int) {
	gone := map[int]bool{}
	for i := range events {
		b := &events[i]
		if b.Kind != ftrace.Begin || !mayRefuse(c.m.Kernel, b.Write) {
			continue
		}
		end := i + 1 + slices.IndexFunc(events[i+1:], func(e ftrace.Event) bool { return e.PID == b.PID })
		if e := &events[end]; end > i && e.Kind == ftrace.End && e.CPU == b.CPU && e.Write == b.Write &&
			e.Ret == model.EINVAL.Number() && c.pinned(b) && c.pinned(e) {
			gone[i], gone[end] = true, true
		}
	}
	if len(gone) == 0 {
		return events, 0
	}
	for i := range events {
		if !gone[i] {
			rest = append(rest, events[i])
		}
	}
	return rest, len(gone) / 2
}

// pinned reports whether an event of the writer is on the CPU to which the writer is bound.
func (c *Checker) pinned(e *ftrace.Event) bool {
	return c.header.pin < 0 || e.On == ftrace.Unknown || c.cast.model(e.On) == c.header.pin
}

// stayed judges a recording of a write that was refused: everything must be as it was.
func (c *Checker) stayed(r Result) Result {
	h := &c.header
	r.Verdict = VerdictAccepted
	for _, f := range []struct {
		key       string
		got, want int
	}{
		{"errno", h.errno, model.EINVAL.Number()}, {"final_state", h.finalState, h.from},
		{"final_target", h.finalGoal, c.m.Ladder[c.start.CPU[h.cpu].Target].Number},
		{"final_fail", h.finalFail, h.fail},
	} {
		if f.got != f.want {
			r.Verdict, r.Line, r.Seen = VerdictRefused, c.trace.Lines, "the end of the trace"
			r.Reason = fmt.Sprintf("the machine ended with %s %d, the model with %d", f.key, f.got, f.want)
			return r
		}
	}
	return r
}

func topOf(k model.Kernel) int { return k.Steps[len(k.Steps)-1].Number }

// writeOp is the operation that a write to a file of a CPU asks for: "online=0", "hotplug/target=155".
func writeOp(cpu int, write string) (model.Op, bool) {
	file, value, _ := strings.Cut(write, "=")
	op, err := model.ParseOp(
		map[string]string{"online": "online", "hotplug/target": "target"}[file] + fmt.Sprintf(":%d=%s", cpu, value),
	)
	return op, err == nil
}
