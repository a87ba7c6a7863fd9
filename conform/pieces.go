package conform

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/ftrace"
	"github.com/hpcheck/hpcheck/model"
)

// A boot installs the states of many drivers one after the other, and the model has room for [model.MaxModules] that
// come and go. Between two of them the machine is at rest, and what comes after depends on nothing but where the CPUs
// stand.

// bootTask names task 1 before it runs init; until then it has the name of the idle task.
const bootTask = "task 1"

// piece is a part of a trace, and the CPUs that were brought up before it.
type piece struct {
	*ftrace.Trace
	up []int
}

// pieces cuts a trace in which more than [model.MaxModules] states come where the machine is at rest, so that, as far
// as it can be, one comes in each piece: two would come in any order, and a piece that is refused would be searched
// for long. Any other trace is one piece.
func pieces(k model.Kernel, t *ftrace.Trace) (all []piece) {
	whole := []piece{{Trace: t}}
	h, err := readHeader(t)
	if err != nil || h.known || !k.StatePerRun {
		return whole
	}
	single := singles(t.Events, standing(k, t, h), topOf(k))
	rests := restsOf(t, single)
	come := map[int]bool{} // the states that come
	first, last := 0, -1   // where a piece begins, and the state that came last
	cut := func(to int) {
		part := *t
		part.Events = t.Events[first:to]
		all, first, last = append(all, piece{&part, upBefore(t.Events[:first], topOf(k))}), to, -1
	}
	for i := range t.Events {
		step := t.Events[i].Step
		if single[i] && step != last && rests[i] && i > first && last >= 0 {
			cut(i)
		}
		if single[i] {
			come[step], last = true, step
		}
	}
	if len(come) <= model.MaxModules {
		return whole
	}
	cut(len(t.Events))
	return all
}

// upBefore are the CPUs that have come to the top of the ladder by these events.
func upBefore(events []ftrace.Event, top int) (cpus []int) {
	at := map[int]int{}
	for i := range events {
		if e := &events[i]; e.Kind == ftrace.Exit {
			at[e.CPU] = e.State
		}
	}
	for cpu, state := range at {
		if state == top {
			cpus = append(cpus, cpu)
		}
	}
	slices.Sort(cpus)
	return cpus
}

// ofBoot leaves out what was called for the boot CPU before there were hotplug threads: cpuhp_invoke_ap_callback()
// calls then at once. Task 1, which brings up the other CPUs, is told from the idle task by its number.
func ofBoot(t *ftrace.Trace) (*ftrace.Trace, int) {
	boots := func(e *ftrace.Event) bool { return e.PID == 1 && strings.HasPrefix(e.Comm, "swapper") }
	n := 0
	for n < len(t.Events) && t.Events[n].CPU == 0 && (t.Events[n].PID == 0 || boots(&t.Events[n])) {
		n++
	}
	if n == 0 && !slices.ContainsFunc(t.Events, func(e ftrace.Event) bool { return boots(&e) }) {
		return t, 0
	}
	later := *t
	later.Events = slices.Clone(t.Events[n:])
	for i := range later.Events {
		if e := &later.Events[i]; boots(e) {
			e.Comm = bootTask
		}
	}
	return &later, n
}

// withoutLater is the kernel without the states that are not there yet in the first of some pieces: those that come
// in a later one, and, while task 1 boots the machine, those that no CPU calls on its way up, which were installed
// later and called for nobody. The names of these are told.
func withoutLater(k model.Kernel, t *ftrace.Trace, all []piece) (fewer model.Kernel, silent []string) {
	if len(all) == 1 {
		return k, nil
	}
	steps, err := k.ParseStates(k.States)
	m, failed := model.New(k, model.Default())
	if err != nil || failed != nil {
		return k, nil
	}
	mayCome := m.ModuleNames()
	from := *t
	from.Events = t.Events[len(t.Events)-eventsOf(all):]
	single := singles(from.Events, standing(k, &from, header{}), topOf(k))
	first := all[0].Events
	boots := bootsIn(first, single)
	there := steps[:0]
	for _, step := range steps {
		n, comes := atFirst(&from, single, &step)
		called := slices.ContainsFunc(first, func(e ftrace.Event) bool { return e.Step == step.Number })
		switch {
		case called || n > 0 || !slices.Contains(mayCome, step.Name):
		case comes:
			continue
		case boots && step.Startup != "":
			silent = append(silent, step.Name)
			continue
		}
		there = append(there, step)
	}
	if fewer, err := k.WithStates(k.Machine, there); err == nil {
		return fewer, silent
	}
	return k, nil
}

// bootsIn reports whether task 1 brings up CPUs.
func bootsIn(events []ftrace.Event, single []bool) bool {
	for i := range events {
		if e := &events[i]; e.Comm == bootTask && e.Kind == ftrace.Enter && !single[i] {
			return true
		}
	}
	return false
}

// eventsOf is how many events some pieces have.
func eventsOf(all []piece) (n int) {
	for _, part := range all {
		n += len(part.Events)
	}
	return n
}

// restsOf says of each event whether the machine is at rest before it: no call and no write is under way, each CPU has
// come to its target, and no state is installed on some CPUs only.
func restsOf(t *ftrace.Trace, single []bool) []bool {
	rests := make([]bool, len(t.Events))
	target, busy := map[int]int{}, map[int]bool{}
	open, last := 0, -1
	for i := range t.Events {
		e := &t.Events[i]
		call := enters(e)
		whole := !single[i] || e.CPU == 0 && e.Step != last // a state is installed on CPU 0 first
		rests[i] = open == 0 && len(busy) == 0 && (call || e.Kind == ftrace.Begin) && whole
		switch {
		case call:
			open++
			target[e.CPU], last = e.Target, e.Step
			if !single[i] {
				busy[e.CPU] = true
			}
		case e.Kind == ftrace.Exit:
			open--
			if e.State == target[e.CPU] {
				delete(busy, e.CPU)
			}
		case e.Kind == ftrace.Begin:
			open++
		case e.Kind == ftrace.End:
			open--
		}
	}
	return rests
}

// asBooted is the kernel with as many instances as its states have in the trace of a boot: more may have come since.
func asBooted(k model.Kernel, t *ftrace.Trace) model.Kernel {
	steps, err := k.ParseStates(k.States)
	if err != nil {
		return k
	}
	if k, err := k.WithStates(k.Machine, Count(k, steps, t)); err == nil {
		return k
	}
	return k
}

// checkPieces judges each piece by itself; the verdict is the worst of them.
func checkPieces(ctx context.Context, k model.Kernel, t *ftrace.Trace) Result {
	var whole Result
	later, early := ofBoot(t)
	if later != t {
		t, k = later, asBooted(k, later)
	}
	all := pieces(k, t)
	events, searched := 0, 0
	var notes []string
	for i, part := range all {
		fewer, silent := withoutLater(k, t, all[i:])
		r := checkPiece(ctx, fewer, part)
		if len(silent) > 0 {
			notes = append(notes, "no CPU called these when it was brought up at boot, so they were not there yet: "+
				strings.Join(silent, ", "))
		}
		events, searched = events+r.Events, searched+r.Searched
		if i == 0 || rank(r.Verdict) > rank(whole.Verdict) {
			whole = r
		}
	}
	whole.Events, whole.Searched, whole.Notes = events, searched, append(whole.Notes, notes...)
	if len(all) > 1 {
		whole.Notes = append(whole.Notes, fmt.Sprintf(
			"it is judged in %d pieces, cut where the machine is at rest: more than %d states are installed in it",
			len(all), model.MaxModules))
	}
	if early > 0 {
		whole.Notes = append(whole.Notes, fmt.Sprintf(
			"its first %d events are left out: the boot CPU had no hotplug thread yet", early))
	}
	return whole
}
