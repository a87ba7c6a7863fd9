package conform

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/ftrace"
	"github.com/hpcheck/hpcheck/internal/choose"
)

// mutation changes a trace at one place. It returns nil if it cannot be done there, or would change nothing.
type mutation struct {
	name string
	do   func(events []ftrace.Event, i int) []ftrace.Event
}

// moved is the mutation of where an event happens. An event of a thread that may be anywhere has none.
const moved = "another CPU"

// roams reports whether who shows the event is bound to no CPU: it is the task that writes, and it was not bound when
// that was recorded.
func roams(c *Checker, e *ftrace.Event) bool {
	return c.header.pin < 0 && !strings.HasPrefix(e.Comm, "cpuhp/") && !strings.HasPrefix(e.Comm, "kworker/")
}

// changed is a mutation of one event.
func changed(name string, change func(e *ftrace.Event) bool) mutation {
	return mutation{name, func(events []ftrace.Event, i int) []ftrace.Event {
		mutant := slices.Clone(events)
		if !change(&mutant[i]) {
			return nil
		}
		return mutant
	}}
}

var mutations = []mutation{
	{
		"dropped",
		func(events []ftrace.Event, i int) []ftrace.Event { return slices.Delete(slices.Clone(events), i, i+1) },
	},
	{"doubled", func(events []ftrace.Event, i int) []ftrace.Event {
		return slices.Insert(slices.Clone(events), i, events[i])
	}},
	{"swapped", func(events []ftrace.Event, i int) []ftrace.Event {
		if i+1 == len(events) || same(events[i], events[i+1]) {
			return nil
		}
		mutant := slices.Clone(events)
		mutant[i], mutant[i+1] = mutant[i+1], mutant[i]
		return mutant
	}},
	{"another thread", func(events []ftrace.Event, i int) []ftrace.Event {
		for j := range events {
			if events[j].PID != events[i].PID {
				mutant := slices.Clone(events)
				mutant[i].Comm, mutant[i].PID = events[j].Comm, events[j].PID
				return mutant
			}
		}
		return nil
	}},
	changed(moved, func(e *ftrace.Event) bool { e.On ^= 1; return true }),
	changed("for another CPU", func(e *ftrace.Event) bool { e.CPU ^= 3; return e.Kind != ftrace.Invoked }),
	changed("another result", func(e *ftrace.Event) bool {
		e.Ret = choose.If(e.Ret == 0, -5, 0)
		return e.Kind == ftrace.Exit || e.Kind == ftrace.Invoked || e.Kind == ftrace.End
	}),
	changed("another state", func(e *ftrace.Event) bool { e.State++; return e.Kind == ftrace.Exit }),
	changed("another target", func(e *ftrace.Event) bool {
		e.Target--
		return e.Kind == ftrace.Enter || e.Kind == ftrace.MultiEnter
	}),
	changed("another step", func(e *ftrace.Event) bool {
		e.Step++
		return e.Kind != ftrace.Begin && e.Kind != ftrace.End && e.Kind != ftrace.Invoked && e.Kind != ftrace.Suspend
	}),
	changed("the other end", func(e *ftrace.Event) bool { e.Starts = !e.Starts; return e.Kind == ftrace.Suspend }),
	changed("the other direction", func(e *ftrace.Event) bool { e.Up = !e.Up; return e.Kind == ftrace.Suspend }),
	changed("another callback", func(e *ftrace.Event) bool {
		e.Func += "_"
		return e.Kind == ftrace.Enter || e.Kind == ftrace.MultiEnter
	}),
}

// same reports whether two events show the same.
func same(a, b ftrace.Event) bool {
	a.Line, a.Time = b.Line, b.Time
	return a == b
}

// survivor is a mutant that was accepted, or not decided.
type survivor struct {
	mutation string
	file     string
	event    ftrace.Event
}

// How many mutants of each kind are made of a trace, if it is no number.
const (
	few  = 0  // one, of each fourth trace
	none = -1 // none at all
)

// mutants makes so many mutants of each trace, of each kind, at places chosen by chance but always the same, and
// returns how many were made and which were accepted.
func mutants(t testing.TB, f folder, mode string, each int) (made int, survivors []survivor) {
	k := f.kernel(t)
	rnd := rand.New(rand.NewPCG(1, 2))
	for n, trace := range recorded(t, f.name, mode) {
		if trace.Header["skipped"] != "" || each == few && n%4 != 0 {
			continue
		}
		c, err := New(k, trace)
		require.NoError(t, err)
		places := len(trace.Events)
		// What comes before the place is searched through for another execution, which takes minutes if it is long.
		if many(mode) {
			places = min(places, 300)
		}
		for _, m := range mutations {
			for range max(each, 1) {
				i := rnd.IntN(places)
				mutant := m.do(trace.Events, i)
				if mutant == nil || m.name == moved && roams(c, &trace.Events[i]) {
					continue
				}
				made++
				if r := c.Check(t.Context(), mutant); r.Verdict != VerdictRefused {
					survivors = append(survivors, survivor{m.name, trace.File, trace.Events[i]})
				}
			}
		}
	}
	return made, survivors
}

// A trace in which one thing is changed must be refused.
func TestMutants(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute")
	}
	for _, f := range folders {
		for _, mode := range f.modes {
			t.Run(f.name+"/"+mode, func(t *testing.T) {
				if many(mode) {
					t.Skip("to refuse a trace of 13,000 events takes seconds; make fidelity does it")
				}
				t.Parallel()
				made, survivors := mutants(t, f, mode, few)
				var texts []string
				for _, s := range survivors {
					texts = append(
						texts,
						fmt.Sprintf(
							"%s: %s:%d %s", s.mutation, s.file[strings.LastIndex(s.file, "/")+1:], s.event.Line,
							s.event.String(),
						),
					)
				}
				t.Logf("%d of %d accepted\n%s", len(survivors), made, strings.Join(texts, "\n"))
				assert.Less(t, 100*len(survivors), made, "more than 1 of 100")
			})
		}
	}
}

// A hotplug thread on a CPU that has no part in the trace, since nothing else happens there, is refused as on any
// other.
func TestHotplugThreadAway(t *testing.T) {
	f := folders[slices.IndexFunc(folders, func(f folder) bool { return f.name == "6.12-cloud-suspend" })]
	traces := recorded(t, f.name, "smt")
	trace := traces[slices.IndexFunc(traces, func(tr *ftrace.Trace) bool {
		return strings.HasSuffix(tr.File, "threads.trace")
	})]
	c, err := New(f.kernel(t), trace)
	require.NoError(t, err)
	require.NotContains(t, c.cast, 2)
	for i := 90; i < 200; i += 10 {
		if !strings.HasPrefix(trace.Events[i].Comm, "cpuhp/") {
			continue
		}
		away := slices.Clone(trace.Events)
		away[i].On = 2
		assert.Equal(t, VerdictRefused, c.Check(t.Context(), away).Verdict, "%s", away[i].String())
	}
}
