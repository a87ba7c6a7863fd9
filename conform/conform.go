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
	// but end otherwise; of one that is not read the line that cannot be, 0 if it is none in particular.
	Line int

	// Of a trace that is refused:
	Seen   string   // what is there
	Could  []string // what the model could have done instead
	Where  string   // the state of the CPU there
	Reason string   // what else there is to say
}

// header is what the lines above a trace tell of it. Traces without such lines have none.
type header struct {
	known      bool // it is a recording of one operation
	refused    bool // it is one of a write to the file fail that was refused, and nothing more was done
	cpu        int
	from       int // st->state before
	fail       int // the state that the file fail names, -1 for none
	errno      int
	finalState int
	finalGoal  int
	finalFail  int
	pin        int        // the CPU to which the writer is bound, -1 if to none, or it is not told
	before     []model.Op // the writes that brought the CPU there from the top of the ladder, if they are told
	online     string     // the mask of CPUs that are online afterwards, "" if it is not told
}

// cpuMask is the form of a list of CPUs, of which Linux has 8192 at most.
var cpuMask = regexp.MustCompile(`^\d{1,4}(-\d{1,4})?(,\d{1,4}(-\d{1,4})?)*$`)

// The highest number that a state may have, and the highest that an error has.
const (
	maxNumber = 999
	maxErrno  = 4095
)

// readHeader reads them.
func readHeader(t *ftrace.Trace) (header, error) {
	h := header{fail: -1, finalFail: -1, pin: -1}
	h.refused = t.Header["skipped"] != ""
	if t.Header["cpu"] == "" || t.Header["final_state"] == "" && !h.refused {
		return h, nil
	}
	h.known = true
	line := func(key string) int { return max(t.At[key], 1) } // one that is missing is missing above
	for _, f := range []struct {
		key    string
		to     *int
		lo, hi int
	}{
		{"cpu", &h.cpu, 0, model.MaxCPUs - 1}, {"from", &h.from, 0, maxNumber}, {"errno", &h.errno, 0, maxErrno}, {"final_state", &h.finalState, 0, maxNumber},
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
	if text := t.Header["fail_state"]; text != "" && text != "none" && (h.refused || t.Header["fail_write"] != "EINVAL") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > maxNumber {
			return h, &ftrace.Error{
				File: t.File, Line: line("fail_state"),
				Text: fmt.Sprintf("the header has fail_state %q: want 0 to %d, or none", text, maxNumber),
			}
		}
		h.fail = n
	}
	if h.online = t.Header["online_mask"]; h.online != "" && !cpuMask.MatchString(h.online) {
		return h, &ftrace.Error{
			File: t.File, Line: line("online_mask"),
			Text: fmt.Sprintf("the header has online_mask %q: want CPUs such as 0,2-3", h.online),
		}
	}
	for _, write := range strings.Fields(t.Header["before"]) {
		op, ok := writeOp(h.cpu, write)
		if !ok {
			return h, &ftrace.Error{
				File: t.File,
				Line: line("before"),
				Text: fmt.Sprintf(
					"the header has before %q: want writes such as online=0 and hotplug/target=155", t.Header["before"],
				),
			}
		}
		h.before = append(h.before, op)
	}
	if n, err := strconv.Atoi(t.Header["pin"]); err == nil {
		h.pin = n
	}
	return h, nil
}

// maxCPU is the highest CPU that a trace is about, and the first line that has it.
func maxCPU(t *ftrace.Trace) (cpu, line int) {
	cpu = 1
	for i := range t.Events {
		if n := max(t.Events[i].CPU, t.Events[i].On); n > cpu {
			cpu, line = n, t.Events[i].Line
		}
	}
	return cpu, line
}

// offline are the CPUs that are not up where a trace begins that does not tell: the first that is seen of them is a
// callback on the way up, and none below it has one.
func offline(k model.Kernel, t *ftrace.Trace) (ops []model.Op) {
	first := 0 // the number of the first state that has a startup
	for i := range k.Steps {
		if s := &k.Steps[i]; s.Startup != "" && (first == 0 || s.Number < first) {
			first = s.Number
		}
	}
	seen := map[int]bool{}
	for i := range t.Events {
		e := &t.Events[i]
		if e.Kind == ftrace.Begin || e.Kind == ftrace.End || e.Kind == ftrace.Suspend || seen[e.CPU] {
			continue
		}
		seen[e.CPU] = true
		if (e.Kind == ftrace.Enter || e.Kind == ftrace.MultiEnter) && e.Target >= e.Step && e.Step <= first &&
			e.CPU > 0 {
			ops = append(ops, model.Op{CPU: e.CPU, Via: model.ViaOnline})
		}
	}
	return ops
}

// Checker holds one trace, or what was made of it, against a kernel.
type Checker struct {
	trace  *ftrace.Trace
	header header
	m      *model.Machine
	start  model.State
}

// Check decides whether the kernel has an execution that shows what the trace shows.
func Check(ctx context.Context, k model.Kernel, t *ftrace.Trace) Result {
	r := Result{File: t.File, Events: len(t.Events)}
	if t.Err != nil {
		return r.unread(t.Err)
	}
	if r.Verdict, r.Why = unfit(t); r.Verdict != "" {
		return r
	}
	c, err := New(k, t)
	if err != nil {
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
	case len(t.Events) == 0 && t.Header["skipped"] == "":
		return VerdictUnread, "it has no events of CPU hotplug: want the text of a trace with cpuhp_enter, cpuhp_multi_enter and cpuhp_exit"
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
func New(k model.Kernel, t *ftrace.Trace) (*Checker, error) {
	h, err := readHeader(t)
	if err != nil {
		return nil, err
	}
	m, start, err := prepare(k, t, h)
	if err != nil {
		return nil, err
	}
	return &Checker{t, h, m, start}, nil
}

// Check decides whether the machine has an execution that shows these events, which are those of the trace or what was
// made of them.
func (c *Checker) Check(ctx context.Context, events []ftrace.Event) Result {
	r := Result{File: c.trace.File, Events: len(events)}
	newSearch(c, events).run(ctx, c.start, &r)
	return r
}

// prepare makes that machine, in the state in which the trace starts.
func prepare(k model.Kernel, t *ftrace.Trace, h header) (*model.Machine, model.State, error) {
	sc := model.Default()
	sc.Smpboot, sc.DynStates, sc.Ops, sc.Faults = 1, 0, 15, 1
	cpu, line := maxCPU(t)
	if cpu >= model.MaxCPUs {
		return nil, model.State{}, &ftrace.Error{
			File: t.File, Line: line, Text: fmt.Sprintf("CPU %d: the model has CPUs 0 to %d", cpu, model.MaxCPUs-1),
		}
	}
	// With two alone, one could not go down while the other is on its way.
	sc.CPUs = min(max(cpu+1, len(parseMask(h.online)), 3), model.MaxCPUs)
	sc.FaultPoints, sc.Targets = []string{"sched_cpu_deactivate", "cpu_up", "cpu_disable"}, model.TargetsOnline
	if k.Stepwise { // before, there is no file fail
		sc.FaultPoints = append(sc.FaultPoints, "fail/*")
	}
	if sc.Suspend = suspends(k, t); sc.Suspend && k.RangeWalk {
		sc.FaultPoints = append(sc.FaultPoints, "wakeup")
	}
	if k.SplitStartup {
		sc.FaultPoints = append(sc.FaultPoints, "sync_alive")
	}
	before := offline(k, t)
	if h.refused {
		sc.Targets = model.TargetsAll
	}
	switch {
	case h.known:
		before = way(h, topOf(k))
	case sc.Suspend: // takes every CPU that is up
		before = append(before, unseen(t, sc.CPUs)...)
	}
	if sequence := writes(t); sequence != nil {
		sc.Sequence, sc.Targets = slices.Concat(before, sequence), model.TargetsAll
	}
	m, err := model.New(k, sc)
	if err != nil {
		return nil, model.State{}, err
	}
	if come := comings(k, t, h, m.ModuleNames()); len(come) > 0 && k.Stepwise {
		sc.Modules = come
		if m, err = model.New(k, sc); err != nil {
			return nil, model.State{}, err
		}
	}
	start := m.Initial()
	if len(before) > 0 || h.known {
		start, err = walk(m, start, before)
		if err == nil && h.known && m.Ladder[start.CPU[h.cpu].State].Number != h.from {
			err = fmt.Errorf(
				"it was at state %d, and the model cannot get there: it comes to state %d", h.from,
				m.Ladder[start.CPU[h.cpu].State].Number,
			)
		}
		if err != nil {
			return nil, start, err
		}
	}
	return m, start, nil
}

func topOf(k model.Kernel) int { return k.Steps[len(k.Steps)-1].Number }

// way are the operations that bring the CPU from the top of the ladder to where the trace starts.
func way(h header, top int) []model.Op {
	if len(h.before) > 0 {
		return h.before
	}
	switch h.from {
	case top:
		return nil
	case 0:
		return []model.Op{{CPU: h.cpu, Via: model.ViaOnline}}
	}
	return []model.Op{{CPU: h.cpu, Via: model.ViaTarget, Target: h.from}}
}

// writes are the writes that the marks of a trace tell of; nil if it has none.
func writes(t *ftrace.Trace) []model.Op {
	var ops []model.Op
	for i := range t.Events {
		e := &t.Events[i]
		if e.Kind != ftrace.Begin {
			continue
		}
		if op, ok := writeOp(e.CPU, e.Write); ok {
			ops = append(ops, op)
		}
	}
	return ops
}

// writeOp is the operation that a write to a file of a CPU asks for: "online=0", "hotplug/target=155".
func writeOp(cpu int, write string) (model.Op, bool) {
	file, value, _ := strings.Cut(write, "=")
	op, err := model.ParseOp(
		map[string]string{"online": "online", "hotplug/target": "target"}[file] + fmt.Sprintf(":%d=%s", cpu, value),
	)
	return op, err == nil
}

// walk goes on until these operations are made, on one schedule, and lets all threads come to rest.
func walk(m *model.Machine, s model.State, ops []model.Op) (model.State, error) {
	x := m.NewExec()
	left := len(ops) - int(s.Task[0].Made)
	s.Faults = 0
	for range 1_000_000 {
		acts := slices.DeleteFunc(x.Enabled(&s, nil), func(act model.Action) bool {
			if _, _, comes := x.Comes(&s, act); comes || m.Suspends(act.Thread()) {
				return true
			}
			made := int(s.Task[0].Made)
			if x.Chooses(&s, act) {
				return made >= len(ops) || m.DescribeAction(&s, act) != ops[made].String()
			}
			return act.Outcome() > 0
		})
		if len(acts) == 0 {
			break
		}
		x.Do(&s, acts[0])
		for _, e := range x.Events {
			if e.Kind == model.EventReturn {
				left--
			}
		}
	}
	if left > 0 {
		return s, errors.New("an operation before it does not end")
	}
	s.Faults = 1
	return s, nil
}
