package conform

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hpcheck/hpcheck/ftrace"
	"github.com/hpcheck/hpcheck/model"
)

// cast is who takes part in a trace: the machine's number of each of the model's CPUs. The boot CPU is the first, and
// they are in their order.
type cast []int

// castOf finds out who takes part: those that the trace or its header is about, those on which something ran, and, if
// there is room, those that the header says are there.
func castOf(t piece, h header) (cast, error) {
	about, others := map[int]int{0: 0}, map[int]bool{} // the line in which they are first
	if h.known {
		about[h.cpu] = 0
	}
	for i := range t.Events {
		e := &t.Events[i]
		if _, seen := about[e.CPU]; !seen && e.Kind != ftrace.Invoked {
			about[e.CPU] = e.Line
			if len(about) > model.MaxCPUs {
				return nil, &ftrace.Error{File: t.File, Line: e.Line, Text: fmt.Sprintf(
					"%d CPUs go up and down in this trace, and the model has %d with the first: record fewer of them",
					len(about)-1, model.MaxCPUs)}
			}
		}
		if e.On >= 0 {
			others[e.On] = true
		}
	}
	if h.pin >= 0 {
		others[h.pin] = true
	}
	for _, cpu := range t.up {
		others[cpu] = true
	}
	var all cast
	for cpu := range about {
		all = append(all, cpu)
	}
	var more []int
	for cpu := range others {
		more = append(more, cpu)
	}
	slices.Sort(more)
	for cpu, is := range parseMask(h.online) {
		if is {
			more = append(more, cpu)
		}
	}
	for _, cpu := range more {
		if !slices.Contains(all, cpu) && len(all) < model.MaxCPUs {
			all = append(all, cpu)
		}
	}
	if len(all) == 1 { // of a machine with one CPU there is nothing to say
		all = append(all, 1)
	}
	slices.Sort(all)
	return all, nil
}

// model is the model's number of a CPU; that of one that has no part is as high as none of the model's. What is no CPU,
// below 0, stays so.
func (c cast) model(cpu int) int {
	if cpu < 0 {
		return cpu
	}
	if i, found := slices.BinarySearch(c, cpu); found {
		return i
	}
	return len(c)
}

// same reports whether the machine's numbers are the model's.
func (c cast) same() bool { return c[len(c)-1] == len(c)-1 }

// bound are the names of threads that belong to a CPU, before its number.
var bound = []string{"cpuhp/", "migration/", "swapper/", "kworker/"}

// events are events with the model's numbers.
func (c cast) events(events []ftrace.Event) []ftrace.Event {
	if c.same() {
		return events
	}
	events = slices.Clone(events)
	for i := range events {
		e := &events[i]
		e.CPU, e.On = c.model(e.CPU), c.model(e.On)
		for _, name := range bound {
			if rest, ok := strings.CutPrefix(e.Comm, name); ok {
				number, more, colon := strings.Cut(rest, ":")
				if cpu, err := strconv.Atoi(number); err == nil {
					e.Comm = name + strconv.Itoa(c.model(cpu))
					if colon {
						e.Comm += ":" + more
					}
				}
			}
		}
	}
	return events
}

// machine is the model's part of the machine on which a trace was recorded.
func machine(k model.Kernel, t *ftrace.Trace, h header, cpus int) (*model.Machine, error) {
	sc := model.Default()
	sc.Smpboot, sc.DynStates, sc.Ops, sc.Faults, sc.CPUs = 1, 0, 15, 1, cpus
	sc.FaultPoints, sc.Targets = []string{"sched_cpu_deactivate", "cpu_up", "cpu_disable"}, model.TargetsOnline
	if partial(k, t, h) {
		sc.Targets = model.TargetsAll
	}
	if k.StatePerRun { // before, there is no file fail
		sc.FaultPoints = append(sc.FaultPoints, "fail/*")
	}
	if sc.Suspend = suspends(k, t); sc.Suspend && k.RangeWalk {
		sc.FaultPoints = append(sc.FaultPoints, "wakeup")
	}
	if k.SplitStartup {
		sc.FaultPoints = append(sc.FaultPoints, "sync_alive")
	}
	failed := failures(k, t)
	sc.FaultPoints, sc.Faults = append(sc.FaultPoints, failed...), min(max(sc.Faults, len(failed)), 15)
	m, err := build(k, sc)
	if err != nil {
		return nil, err
	}
	if come := comings(k, t, h, m.ModuleNames()); len(come) > 0 && k.StatePerRun {
		sc.Modules = come
		return build(k, sc)
	}
	return m, nil
}

// failures are the fault points of the callbacks that a trace shows to fail, with the errors that they returned. (What
// the file fail injects returns before it could be seen.) A callback of which the edition says that it cannot fail is
// none of them.
func failures(k model.Kernel, t *ftrace.Trace) (points []string) {
	called := map[[2]int]string{} // by each task, for each CPU
	for i := range t.Events {
		e := &t.Events[i]
		if e.Kind == ftrace.Enter {
			called[[2]int{e.PID, e.CPU}] = e.Func
		}
		if e.Kind != ftrace.Exit || e.Ret >= 0 {
			continue
		}
		errno, ok := model.ParseErrno(strconv.Itoa(e.Ret))
		f := called[[2]int{e.PID, e.CPU}]
		point := ""
		if s := stepAt(k, e.Step); coreFaults[f] != "" || s != nil {
			point = faultOf(s, f)
		}
		if point = point + "=" + strings.TrimPrefix(errno.String(), "-"); ok && point[0] != '=' &&
			!slices.Contains(points, point) {
			points = append(points, point)
		}
	}
	return points
}

// coreFaults are the fault points of what fails in a callback of the core.
var coreFaults = map[string]string{
	"sched_cpu_deactivate": "sched_cpu_deactivate", "takedown_cpu": "cpu_disable", "bringup_cpu": "cpu_up",
	"cpuhp_kick_ap_alive": "cpu_up", "smpboot_create_threads": "create/*",
}

// faultOf is the fault point of a callback of a step, "" if it cannot fail.
func faultOf(s *model.Step, callback string) string {
	switch core := coreFaults[callback]; {
	case core != "":
		return core
	case s == nil || !model.MayFail(callback) || s.Multi:
	case callback == s.Startup:
		return "startup:" + s.Name
	case callback == s.Teardown:
		return "teardown:" + s.Name
	}
	return ""
}

// OwnFaults are the fault points of the callbacks of a step, which fail by themselves and not by the file fail.
func OwnFaults(s *model.Step) (points []string) {
	for _, callback := range []string{s.Startup, s.Teardown} {
		if point := faultOf(s, callback); callback != "" && point != "" {
			points = append(points, point)
		}
	}
	return points
}

// withTracer is the kernel with the state that function_graph has added while it traced: it is not in a list that was
// copied before.
func withTracer(k model.Kernel, t *ftrace.Trace) model.Kernel {
	i := slices.IndexFunc(t.Events, func(e ftrace.Event) bool { return e.Func == "fgraph_cpu_init" })
	if i < 0 || k.States == "" || stepAt(k, t.Events[i].Step) != nil {
		return k
	}
	steps, err := k.ParseStates(k.States)
	if err != nil {
		return k
	}
	steps = append(steps, model.Step{Number: t.Events[i].Step, Name: "fgraph:online", Startup: t.Events[i].Func})
	slices.SortFunc(steps, func(a, b model.Step) int { return a.Number - b.Number })
	if more, err := k.WithStates(k.Machine, steps); err == nil {
		return more
	}
	return k
}

// partial reports whether a CPU goes to other states than the first and the last of the ladder.
func partial(k model.Kernel, t *ftrace.Trace, h header) bool {
	top := topOf(k)
	ends := []int{0, top}
	if h.refused || h.known && !slices.Contains(ends, h.from) || h.known && h.errno > 0 &&
		stepAt(k, h.finalState) == nil ||
		slices.ContainsFunc(h.before, func(op model.Op) bool { return op.Via == model.ViaTarget }) {
		return true
	}
	settled, target := map[int]bool{}, map[int]int{} // by CPU: it is where it was to go
	for i := range t.Events {
		e := &t.Events[i]
		switch e.Kind {
		case ftrace.Begin:
			if strings.HasPrefix(e.Write, "hotplug/target=") {
				return true
			}
		case ftrace.Exit:
			settled[e.CPU] = e.State == target[e.CPU]
		case ftrace.Enter, ftrace.MultiEnter:
			begins, known := settled[e.CPU]
			if e.CPU > 0 && stops(k, e, begins || !known) { // CPU 0 has a target of its own, and never walks
				return true
			}
			settled[e.CPU], target[e.CPU] = false, e.Target
		}
	}
	return false
}

// stops reports whether a callback is on the way to a state between the first and the last. On a way down the hotplug
// thread's part ends at the state above which the control task's begins; and on a way that does not begin there it may
// be that somebody goes back to the end of the hotplug thread's part. Who writes the last state to hotplug/target of a
// CPU that is there makes a walk of it, which calls nothing.
func stops(k model.Kernel, e *ftrace.Event, begins bool) bool {
	switch {
	case e.Func == "cpuhp_kick_ap_work" && e.Step == e.Target:
		return true
	case e.Target == 0 || e.Target == topOf(k):
		return false
	}
	s := stepAt(k, e.Target)
	if begins {
		return e.Func != "cpuhp_kick_ap_work" || s == nil || s.Symbol != "CPUHP_TEARDOWN_CPU"
	}
	below := stepAt(k, e.Target-1)
	return (s == nil || s.Symbol != "CPUHP_TEARDOWN_CPU") && (below == nil || below.Symbol != "CPUHP_TEARDOWN_CPU")
}

// stepAt is the state of a number, nil if there is none.
func stepAt(k model.Kernel, number int) *model.Step {
	i := slices.IndexFunc(k.Steps, func(s model.Step) bool { return s.Number == number })
	if i < 0 {
		return nil
	}
	return &k.Steps[i]
}

// begin is the state in which the trace starts.
func (c *Checker) begin() (model.State, error) {
	h, s := &c.header, c.m.Initial()
	if !h.known {
		return walk(c.m, s, c.offline())
	}
	s, err := walk(c.m, s, c.down())
	if err != nil {
		return s, err
	}
	for _, ops := range c.ways() {
		if at, err := walk(c.m, s, ops); err == nil && stands(c.m, c.m.Ladder[at.CPU[h.cpu].State].Number, h.from) {
			return at, nil
		}
	}
	if all := c.histories(); len(all) > 0 {
		return all[0], nil
	}
	if top := topOf(c.m.Kernel); h.from > top {
		return s, fmt.Errorf(
			"it was at state %d, and %s ends at %d: it is the list of another kernel, or the trace is", h.from,
			cmp.Or(c.m.Kernel.Machine, "the ladder of "+c.m.Kernel.Name), top,
		)
	}
	return s, fmt.Errorf("it was at state %d, and no history was found in which the model gets there", h.from)
}

// ways are the operations that may have brought the header's CPU from the top of the ladder to where the trace starts:
// those that are told, and if these lead elsewhere, since more was done before, the shortest.
func (c *Checker) ways() [][]model.Op {
	h := &c.header
	direct := directly(h.cpu, h.from, topOf(c.m.Kernel))
	if len(h.before) == 0 {
		return [][]model.Op{direct}
	}
	told := slices.Clone(h.before)
	for i := range told {
		told[i].CPU = h.cpu
	}
	return [][]model.Op{told, direct}
}

// directly is the operation that brings a CPU from the top of the ladder to a state.
func directly(cpu, from, top int) []model.Op {
	switch from {
	case top:
		return nil
	case 0:
		return []model.Op{{CPU: cpu, Via: model.ViaOnline}}
	}
	return []model.Op{{CPU: cpu, Via: model.ViaTarget, Target: from}}
}

// down takes those CPUs down that the header says are, and that the trace is not about.
func (c *Checker) down() (ops []model.Op) {
	if c.header.online == "" {
		return nil
	}
	mask := parseMask(c.header.online)
	for cpu := 1; cpu < len(c.cast); cpu++ {
		up := c.cast[cpu] < len(mask) && mask[c.cast[cpu]]
		seen := slices.ContainsFunc(c.trace.Events, func(e ftrace.Event) bool {
			return e.CPU == cpu && e.Kind != ftrace.Invoked || e.On == cpu
		})
		if cpu != c.header.cpu && !up && !seen {
			ops = append(ops, model.Op{CPU: cpu, Via: model.ViaOnline})
		}
	}
	return ops
}

// offline takes those CPUs down that are not up where a trace begins that does not tell.
func (c *Checker) offline() []model.Op {
	ops := offline(c.m.Kernel, c.trace)
	if c.m.Scenario.Suspend { // takes every CPU that is up
		ops = append(ops, unseen(c.trace, len(c.cast))...)
	}
	return ops
}

// offline are the CPUs that are not up where a trace begins that does not tell: the first that is seen of them is a
// callback on the way up, and none below it has one, or that nothing comes of a write.
func offline(k model.Kernel, t *ftrace.Trace) (ops []model.Op) {
	first := firstStartup(k)
	seen := map[int]bool{}
	for i := range t.Events {
		e := &t.Events[i]
		up := e.Target >= e.Step // a walk down does not call what is at its target
		switch e.Kind {
		case ftrace.Begin, ftrace.Suspend, ftrace.Invoked:
			continue
		case ftrace.End: // of a write that fails and shows nothing; to a CPU that is up it would succeed
			if e.Write == "online=1" && e.Ret > 0 && e.CPU > 0 && !seen[e.CPU] {
				ops = append(ops, model.Op{CPU: e.CPU, Via: model.ViaOnline})
				seen[e.CPU] = true
			}
			continue
		case ftrace.Invoke:
			up = e.Up
		case ftrace.Exit:
			up = false
		}
		if up && e.Step <= first && e.CPU > 0 && !seen[e.CPU] {
			ops = append(ops, model.Op{CPU: e.CPU, Via: model.ViaOnline})
		}
		seen[e.CPU] = true
	}
	return ops
}

// firstStartup is the number of the first state that has a startup.
func firstStartup(k model.Kernel) int {
	first := 0
	for i := range k.Steps {
		if s := &k.Steps[i]; s.Startup != "" && (first == 0 || s.Number < first) {
			first = s.Number
		}
	}
	return first
}

// walk makes these operations, on one schedule, and lets all threads come to rest.
func walk(m *model.Machine, s model.State, ops []model.Op) (model.State, error) {
	x := m.NewExec()
	s.Faults = 0
	for _, op := range ops {
		if !makes(m, x, &s, &op) {
			return s, fmt.Errorf("an operation before it does not end: %v", op)
		}
	}
	if !makes(m, x, &s, nil) {
		return s, errors.New("what was done before it does not come to rest")
	}
	s.Faults = 1
	return s, nil
}

// makes carries an operation out, and reports whether it returned. If none is named it lets all threads come to rest.
func makes(m *model.Machine, x *model.Exec, s *model.State, op *model.Op) bool {
	begun := false
	for range 1_000_000 {
		acts := slices.DeleteFunc(x.Enabled(s, nil), func(act model.Action) bool {
			if _, _, comes := x.Comes(s, act); comes || m.Suspends(act.Thread()) {
				return true
			}
			if choice, chooses := x.Choice(s, act); chooses {
				return begun || op == nil || choice != *op
			}
			return act.Outcome() > 0
		})
		if len(acts) == 0 {
			return op == nil
		}
		_, chooses := x.Choice(s, acts[0])
		begun = begun || chooses
		x.Do(s, acts[0])
		if slices.ContainsFunc(x.Events, func(e model.Event) bool { return e.Kind == model.EventReturn }) {
			if len(m.Scenario.Sequence) == 0 {
				s.Task[0].Made = 0
			}
			return op != nil
		}
	}
	return false
}
