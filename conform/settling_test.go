package conform

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/ftrace"
	"github.com/hpcheck/hpcheck/internal/trees"
	"github.com/hpcheck/hpcheck/model"
)

// What an edition does on any schedule is accepted: that the search lets threads settle first loses nothing. The
// schedules are made by chance, and keep threads that are on their way to rest waiting for long. If there are trees it
// is about these. The first seeds are those that were refused once: what is in the file fail, and what an
// operation without a callback did, was taken from what a later operation shows.
func TestAnySchedule(t *testing.T) {
	made, failed := 0, 0
	seeds := []uint64{141, 258, 528, 589, 674, 836, 1205, 1225, 1302, 1345, 1451, 1479}
	for seed := range uint64(60) {
		seeds = append(seeds, seed)
	}
	for _, k := range kernelsToTry(t) {
		if !k.StatePerRun {
			continue
		}
		c, err := New(k, &ftrace.Trace{Header: map[string]string{}, Events: []ftrace.Event{
			{CPU: 1}, {CPU: 2}, {Kind: ftrace.Begin, CPU: 1, Write: "hotplug/target=0"}, // so it may be written
		}})
		require.NoError(t, err)
		for _, seed := range seeds {
			trace := byChance(c, rand.New(rand.NewPCG(seed, 1)))
			if len(trace.Events) == 0 {
				continue // CPUs were told to be where they are
			}
			made++
			if slices.ContainsFunc(trace.Events,
				func(e ftrace.Event) bool { return e.Kind == ftrace.Exit && e.Ret < 0 }) {
				failed++
			}
			r := Check(t.Context(), k, trace)
			assert.Equal(t, VerdictAccepted, r.Verdict, "%s, seed %d, line %d: %s\n%v\n%s",
				k.Name, seed, r.Line, r.Seen, r.Could, r.Where)
		}
	}
	assert.Greater(t, failed, made/10, "operations fail as well")
}

// kernelsToTry are the editions, or if there are trees, kernels that are made from these.
func kernelsToTry(t *testing.T) []model.Kernel {
	t.Helper()
	editions := model.Kernels()
	if os.Getenv(trees.Variable) != "" {
		editions = nil
		for _, f := range folders {
			newest := f.name == "amd64-7.3.4"
			if dir := treeOf(t, f); dir != "" && (newest || strings.HasSuffix(f.name, "-cloud")) {
				editions = append(editions, fromTree(t, dir, f))
			}
		}
	}
	if testing.Short() {
		editions = editions[len(editions)-2:]
	}
	return editions
}

// byChance is a trace of what a machine does on a schedule made by chance, in some operations.
func byChance(c *Checker, r *rand.Rand) *ftrace.Trace {
	s := newSearch(c, nil)
	state, trace := c.start, &ftrace.Trace{Header: map[string]string{}}
	tardy := map[model.ThreadID]bool{} // who waits until nobody else can go on, for a while
	for ops, steps := 0, 0; ops < 8 && steps < 20_000; steps++ {
		if steps%200 == 0 {
			clear(tardy)
			for _, id := range s.m.Threads() {
				tardy[id] = r.IntN(3) == 0
			}
		}
		acts := s.x.Enabled(&state, nil)
		if len(acts) == 0 {
			break // a BUG, or an operation that never ends
		}
		prompt := slices.DeleteFunc(slices.Clone(acts), func(a model.Action) bool { return tardy[a.Thread()] })
		if len(prompt) > 0 {
			acts = prompt
		}
		act := acts[r.IntN(len(acts))]
		if act.Outcome() > 0 && !s.x.Chooses(&state, act) && r.IntN(4) > 0 {
			continue // most go well
		}
		s.x.Do(&state, act)
		for _, e := range s.x.Events {
			if v, visible := s.shows(&e, &state, act); visible {
				trace.Events = append(trace.Events, told(&v, act.Thread(), r, len(trace.Events)+1))
			}
			if e.Kind == model.EventReturn {
				ops++
				state.Task[0].Made, state.Faults = 0, 1
			}
		}
	}
	trace.Lines = len(trace.Events)
	return trace
}

// told is an event as a tracer writes it: somebody did it, somewhere.
func told(v *shown, id model.ThreadID, r *rand.Rand, line int) ftrace.Event {
	e := v.Event
	e.Line, e.PID = line, 1000+int(id)
	switch {
	case v.who.worker:
		e.Comm, e.PID = "kworker/u8:1", 200
	case v.who.thread == "":
		e.Comm, e.PID = "writer", 100
	}
	for v.on < 0 {
		e.On = r.IntN(3)
		if v.up>>e.On&1 == 1 && !(v.on == anotherCPU && e.On == v.CPU) || v.up == 0 {
			break
		}
	}
	return e
}

// The search for a wrong event takes no more steps than ten times those of accepting the trace, wherever it stands.
func TestRefusalIsCheap(t *testing.T) {
	for _, name := range []string{"6.1-cloud", "6.1-rt"} {
		i := slices.IndexFunc(folders, func(f folder) bool { return f.name == name })
		k, trace := folders[i].kernel(t), recorded(t, name, "stress")[0]
		c, err := New(k, trace)
		require.NoError(t, err)
		good := c.Check(t.Context(), trace.Events)
		require.Equal(t, VerdictAccepted, good.Verdict)
		for _, percent := range []int{1, 50, 99} {
			for _, change := range []func(*ftrace.Event){
				func(e *ftrace.Event) { e.Ret = -5 },
				func(e *ftrace.Event) { e.State++ },
				func(e *ftrace.Event) { e.CPU = 1 + e.CPU%3 },
			} {
				wrong := slices.Clone(trace.Events)
				at := len(wrong) * percent / 100
				for wrong[at].Kind != ftrace.Exit {
					at++
				}
				change(&wrong[at])
				r := c.Check(t.Context(), wrong)
				what := fmt.Sprintf("%s, %d %%", name, percent)
				assert.Equal(t, VerdictRefused, r.Verdict, what)
				assert.Less(t, r.Searched, 10*good.Searched, what)
			}
		}
	}
}
