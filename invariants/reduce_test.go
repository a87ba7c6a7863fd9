package invariants

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"math/bits"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/internal/choose"
	"github.com/hpcheck/hpcheck/model"
)

// reduced explores a suite with a reduction, and replays what it finds: the lengths are those of the counterexamples.
func reduced(t testing.TB, m *model.Machine, reduce Reduction) (lengths map[string]int, r *explore.Result) {
	t.Helper()
	s := Compile(m, All())
	s.Reduce = reduce
	r, err := explore.Run(context.Background(), s, explore.Options{Workers: 2})
	require.NoError(t, err)
	require.Equal(t, explore.Exhausted, r.Stop)
	lengths = map[string]int{}
	for _, v := range r.Violations {
		steps, reasons, err := s.Replay(v)
		require.NoError(t, err)
		assert.NotEmpty(t, reasons)
		lengths[s.Properties[v.Property].Name] = len(steps)
	}
	return lengths, r
}

// Whatever is left out, the verdicts must stay, and counterexamples as short; what was executed must not change either.
func TestReductionsKeepVerdicts(t *testing.T) {
	kernels := []struct {
		name    string
		without []string
	}{
		{"v4.6-rc3", nil},
		{"v4.6", nil},
		{"v6.1", nil},
		{"v6.12", nil},
		{"v4.6", []string{"unpark"}},
		{"v4.6", []string{"rollback"}},
		{"v4.6", []string{"down-failed-on-target"}},
		{"v4.6", []string{"skip-onerr"}},
		{"v4.10", nil},
		{"v4.13", nil},
		{"v4.14", nil},
		{"v4.19", nil},
		{"v5.13", nil},
	}
	for i, k := range kernels {
		if testing.Short() && i > 2 {
			break
		}
		for j, c := range small {
			if every := choose.If(testing.Short() || i >= 2, 7, 3); (i+j)%every != 0 {
				continue // what one of them leaves out, another has
			}
			m := machine(t, k.name, k.without, c.change)
			want, whole := reduced(t, m, 0)
			for reduce := Symmetry; reduce <= Symmetry|PartialOrder|Merge; reduce++ {
				if i >= 2 && bits.OnesCount(uint(reduce)) == 2 {
					continue // one alone, and all together
				}
				t.Run(m.Kernel.String()+", "+c.name+": "+reduce.String(), func(t *testing.T) {
					got, r := reduced(t, m, reduce)
					if reduce&Merge == 0 {
						assert.Equal(t, want, got)
					}
					// The fewest steps that are taken together are not always the fewest steps.
					for name, length := range want {
						assert.GreaterOrEqual(t, got[name], length, name)
						assert.LessOrEqual(t, got[name], 2*length+30, name)
					}
					assert.Len(t, got, len(want))
					assert.Equal(t, whole.Marks, r.Marks)
					assert.LessOrEqual(t, r.States, whole.States)
				})
			}
		}
	}
}

// The ladder of a real machine has some sixty states, most of which only take their turn. Which of their steps go
// together is for the partial order and for merging to find: what a small ladder violates, with them or without, a big
// one does too.
func TestReductionsOnARealLadder(t *testing.T) {
	text, err := os.ReadFile("../conform/testdata/6.1-cloud/states.txt")
	require.NoError(t, err)
	k, err := model.Lookup("v6.1")
	require.NoError(t, err)
	steps, err := k.ParseStates(string(text))
	require.NoError(t, err)
	k, err = k.WithStates("6.1-cloud", steps)
	require.NoError(t, err)
	m, err := model.New(k, model.Scenario{
		CPUs: 2, Boot: 1, Tasks: 1, Ops: 2, Faults: 1, Smpboot: 1,
		FaultPoints: []string{"fail/smpboot/threads:online", "fail/softirq:dead", "cpu_disable"},
	})
	require.NoError(t, err)
	want, whole := reduced(t, m, 0)
	require.NotEmpty(t, want)
	for _, reduce := range []Reduction{PartialOrder, PartialOrder | Merge} {
		got, r := reduced(t, m, reduce)
		assert.Equal(t, slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got)))
		assert.Equal(t, whole.Marks, r.Marks)
		assert.Less(t, r.States, whole.States)
	}
}

// Where less is left out than might be, it is said why.
func TestKept(t *testing.T) {
	plain, weak := model.Default(), model.Default()
	weak.MemoryModel = model.TSO
	assert.Equal(t, Symmetry|PartialOrder, Auto(plain, 0, All()))
	assert.Empty(t, Kept(plain, 0, All()))
	for _, tt := range []struct {
		sc     model.Scenario
		depth  int
		reduce Reduction
		why    string
	}{
		{plain, 20, Symmetry, "orders of steps are kept apart, since the bound on the depth counts each step"},
		{weak, 0, 0, "where memory is weak, each order of steps may show something else"},
		{weak, 20, 0, "where memory is weak, each order of steps may show something else"},
	} {
		assert.Equal(t, tt.reduce, Auto(tt.sc, tt.depth, All()))
		assert.Equal(t, tt.why, Kept(tt.sc, tt.depth, All()))
	}
}

// states are encoded states that are reachable without a reduction, each once, the nearest first.
func states(s *Suite, limit int) iter.Seq[[]uint64] {
	return func(yield func([]uint64) bool) {
		w := s.newWorker()
		b := explore.NewBatch(s.Width())
		all := s.Initial()
		seen := map[string]bool{keyOf(all[0]): true}
		for i := 0; i < len(all); i++ {
			if !yield(all[i]) {
				return
			}
			if len(all) >= limit {
				continue
			}
			b.Reset()
			w.Expand(all[i], b)
			for j := range b.Steps {
				if key := keyOf(b.State(j)); !seen[key] {
					seen[key] = true
					all = append(all, slices.Clone(b.State(j)))
				}
			}
		}
	}
}

// With the CPUs renamed a state must have the successors of the state, renamed, and the same violations; and states
// that differ in these names alone must have one representative.
func TestSymmetry(t *testing.T) {
	for _, change := range []func(*model.Scenario){
		func(sc *model.Scenario) { sc.CPUs, sc.Tasks, sc.Ops = 4, 2, 1 },
		func(sc *model.Scenario) { sc.CPUs, sc.Targets, sc.Readers, sc.Faults = 4, model.TargetsAll, 1, 0 },
		func(sc *model.Scenario) { sc.CPUs, sc.Absent, sc.Disablers, sc.Callback = 5, 1, 1, model.CallbackHalf },
	} {
		m := machine(t, "v4.6", nil, change)
		whole := Compile(m, All())
		s := Compile(m, All())
		s.Reduce = Symmetry
		w, b := s.newWorker(), explore.NewBatch(s.Width())
		outcomes := func(words []uint64) []string { // canonical successors, with what they violate
			b.Reset()
			violated := w.Expand(words, b)
			out := []string{fmt.Sprint(violated)}
			for i, step := range b.Steps {
				out = append(out, fmt.Sprint(b.State(i), step.Violated))
			}
			slices.Sort(out)
			return out
		}
		rng := rand.New(rand.NewPCG(1, 2))
		all := slices.Collect(states(whole, 40_000))
		for range 3_000 {
			words := all[rng.IntN(len(all))]
			r := model.Same
			for i, cpu := range rng.Perm(len(s.alike)) {
				r[s.alike[i]] = s.alike[cpu]
			}
			other := slices.Clone(words)
			var state model.State
			m.Decode(&state, other)
			m.Rename(&state, &r)
			m.Encode(other, &state)
			s.rename(other, &r, &w.blocks)
			require.Equal(t, outcomes(words), outcomes(other), "%v", r)

			m.Decode(&state, words)
			one := slices.Clone(words)
			w.canonical(&state, one)
			m.Decode(&state, other)
			w.canonical(&state, other)
			require.Equal(t, one, other, "two representatives, %v", r)
		}
	}
}

// A property must not look at what Observable leaves out: with that as it is in another state, it must say and remember
// the same.
func TestPropertiesLookAtTheObservable(t *testing.T) {
	for i, c := range append(small,
		scenario{"three CPUs, two faults", func(sc *model.Scenario) { sc.CPUs, sc.Ops, sc.Faults = 3, 1, 2 }}) {
		for j, kernel := range []string{"v4.6-rc3", "v4.6", "v4.13", "v4.14", "v4.19", "v6.1", "v6.12"} {
			if every := choose.If(testing.Short(), 7, 3); (i+j)%every != 0 {
				continue // what one of them leaves out, another has
			}
			t.Run(kernel+" "+c.name, func(t *testing.T) { lookAtTheObservable(t, machine(t, kernel, nil, c.change)) })
		}
	}
}

func lookAtTheObservable(t *testing.T, m *model.Machine) {
	s := Compile(m, All())
	all := slices.Collect(states(s, 20_000))
	rng := rand.New(rand.NewPCG(1, 2))
	w, vars := s.newWorker(), m.Variables()
	judged := func(a model.Action, next []uint64) uint64 {
		return w.judge(&w.before, &w.after, m.Changes(&w.before, &w.after, model.Everything), a, next)
	}
	x, steps, quiet := m.NewExec(), 0, 0
	for range 5_000 {
		words := all[rng.IntN(len(all))]
		var donor model.State
		m.Decode(&donor, all[rng.IntN(len(all))])
		m.Decode(&w.before, words)
		w.actions = w.exec.Enabled(&w.before, w.actions[:0])
		if len(w.actions) == 0 {
			continue
		}
		a := w.actions[rng.IntN(len(w.actions))]
		var declared model.Footprint
		w.exec.Next(&w.before, a.Thread(), &declared)
		start, one, two := w.before, slices.Clone(words), slices.Clone(words)
		want := w.take(a, one)
		before, after := w.before, w.after
		w.graft(x, vars, &donor, a.Thread(), &declared, false)
		require.False(t, m.Observable(&start, &w.before))
		got := judged(a, two)
		steps++
		sameJudgement(t, s, &start, a, want, got, one, two)

		if s.sees(w.exec.Events) || m.Observable(&before, &after) {
			continue
		}
		// What nobody sees is judged the same, whatever others have been seen to do before; what is said of the state
		// as such aside, which is said of it whoever acts.
		quiet++
		copy(one, words)
		copy(two, words)
		w.before, w.after = before, after
		want = judged(a, one)
		events := w.exec.Events
		asSuch := func(words []uint64) uint64 { // what is said of the state after the step, whoever acts
			was := w.before
			defer func() { w.before, w.exec.Events = was, events }()
			w.before, w.exec.Events = w.after, nil
			return judged(model.ActionOf(m.IRQ(0), 0), slices.Clone(words))
		}
		was := asSuch(one)
		w.graft(x, vars, &donor, a.Thread(), &declared, true)
		got = judged(a, two) | was
		want |= asSuch(two)
		sameJudgement(t, s, &start, a, want, got, one, two)
	}
	require.Greater(t, steps, 1_000)
	require.Greater(t, quiet, 100)
}

// sameJudgement holds what is said and remembered of a step against what should be.
func sameJudgement(
	t *testing.T, s *Suite, start *model.State, a model.Action, want, got uint64, one, two []uint64,
) {
	one, two = one[s.Machine.Words():], two[s.Machine.Words():]
	if want != got || !slices.Equal(one, two) {
		t.Fatalf("after %s: %v, not %v; it remembers %#x, not %#x", s.Machine.Place(start, a.Thread()).Label,
			s.names(got), s.names(want), two, one)
	}
}

// sees reports whether a property looks at one of the events.
func (s *Suite) sees(events []model.Event) bool {
	return slices.ContainsFunc(events, func(e model.Event) bool {
		return len(s.onEvent[e.Kind]) > 0 && !(e.Completion == model.StopCompletion && completes(e.Kind))
	})
}

// graft takes, in the states before and after a step, what the step does not declare from another state; with all set,
// also what others would be seen to change.
func (w *worker) graft(
	x *model.Exec, vars []model.Variable, donor *model.State, actor model.ThreadID, f *model.Footprint, all bool,
) {
	m := w.suite.Machine
	var skip [256]bool // what is their own
	skip[actor] = true
	for _, id := range m.Threads() {
		for cpu := range uint8(m.Scenario.CPUs) {
			// It begins and ends a walk by steps that touch st->state, see TestDeclaredWrites.
			skip[id] = skip[id] || x.Walks(&w.before, id, cpu, actor) != x.Walks(donor, id, cpu, actor) ||
				!all && id == m.Idle(cpu) && m.Idles(&w.before, cpu) != m.Idles(donor, cpu)
		}
	}
	from := *donor
	for l, holder := range donor.Lock {
		if holder == actor { // nobody takes a lock for another thread
			from.Lock[l] = w.before.Lock[l]
		}
	}
	// Nobody moves a thread that runs and does not write its struct kthread, see TestDeclaredWrites.
	elsewhere := m.VarField(model.ThreadVar(model.FieldElsewhere, actor))
	for i := range vars {
		if v := &vars[i]; (all || !v.Visible) && !f.Names(v) &&
			!(v.Own && skip[v.Thread]) && !(v.Thread == actor && v.Name == elsewhere) {
			v.Copy(&w.before, &from)
			v.Copy(&w.after, &from)
		}
	}
}
