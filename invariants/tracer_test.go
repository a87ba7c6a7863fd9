package invariants

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hpcheck/hpcheck/model"
)

// tracing searches depth first, as a prediction does, and takes the steps of few threads where a tracer says that they
// are enough.
type tracing struct {
	m      *model.Machine
	x      *model.Exec
	tracer *Tracer
	seen   map[string]bool // false: the search has come back from there
	ends   map[string]bool // the states where nobody can go on
}

// byTheTracer is how a machine ends if threads go first that a tracer names, one who looks at no event.
func byTheTracer(m *model.Machine) *tracing {
	s := newTracing(m)
	s.from(m.Initial())
	return s
}

func newTracing(m *model.Machine) *tracing {
	return &tracing{m: m, x: m.NewExec(), tracer: NewTracer(m), seen: map[string]bool{}, ends: map[string]bool{}}
}

func (s *tracing) key(state *model.State) string {
	words := make([]uint64, s.m.Words())
	s.m.Encode(words, state)
	return keyOf(words)
}

// from goes on from a state. If one of a few threads leads back to where the search comes from, the others could be put
// off for ever: then they are not enough.
func (s *tracing) from(state model.State) {
	key := s.key(&state)
	if _, was := s.seen[key]; was {
		return
	}
	s.seen[key] = true
	defer func() { s.seen[key] = false }()
	acts := s.x.Enabled(&state, nil)
	if len(acts) == 0 || state.Crashed {
		words := make([]uint64, s.m.Words())
		s.m.Encode(words, &state)
		s.ends[anyName(s.m, words)] = true
		return
	}
	for n := 0; ; n++ {
		ids, ok := s.tracer.Enough(&state, n)
		var next []model.State
		back := false
		for _, act := range acts {
			if !ok || slices.Contains(ids, act.Thread()) {
				to := state
				s.x.Do(&to, act)
				back = back || s.seen[s.key(&to)]
				next = append(next, to)
			}
		}
		if !ok || !back {
			for _, to := range next {
				s.from(to)
			}
			return
		}
	}
}

// What a tracer lets go first loses no end of a program that is drawn.
func TestTracerOnDrawnPrograms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t)
		m, err := model.New(kernelOf(t, d), drawnScenario(rapid.IntRange(2, 3).Draw(t, "CPUs")))
		require.NoError(t, err)
		if want, ok := byTheBook(m, drawnStates); ok {
			assert.Equal(t, want.Ends, byTheTracer(m).ends, "%v", d)
		}
	})
}

// Two tasks look at a variable and write it: which of them is first is a race, in which neither has to wait for the
// other one, and who is last writes what the third task is about to write.
func TestTracerSeesARace(t *testing.T) {
	d := drawn{
		"do_cpu_up": {{
			text: "if (st->should_run == 1)", field: "should_run", value: 1,
			then: []statement{
				{text: "st->target = 1;", field: "target", value: 1},
				completion("wait_for_completion", 0, "done_down"),
			},
			otherwise: []statement{{text: "st->should_run = 1;", field: "should_run", value: 1}},
		}},
		"do_cpu_down":      {{text: "st->target = 0;", field: "target", value: 0}},
		"cpuhp_thread_fun": {},
	}
	m, err := model.New(kernelOf(t, d), drawnScenario(2))
	require.NoError(t, err)
	want, ok := byTheBook(m, drawnStates)
	require.True(t, ok)
	assert.Equal(t, want.Ends, byTheTracer(m).ends)
}

// Who comes to wait for what was done before it came, and would have had to wait, has no race with who did it: a tracer
// that finds that out has fewer states to see, and the same ends.
func TestTracerIsPatient(t *testing.T) {
	d := drawn{
		"do_cpu_up": {completion("complete", 1, "done_up")},
		"do_cpu_down": {
			{text: "st->should_run = 1;", field: "should_run", value: 1},
			{text: "st->target = 0;", field: "target", value: 0},
			completion("wait_for_completion", 1, "done_up"),
		},
		"cpuhp_thread_fun": {},
	}
	m, err := model.New(kernelOf(t, d), drawnScenario(2))
	require.NoError(t, err)
	patient, hasty := newTracing(m), newTracing(m)
	hasty.tracer.scout.patient = false
	patient.from(m.Initial())
	hasty.from(m.Initial())
	assert.Equal(t, hasty.ends, patient.ends)
	assert.Less(t, len(patient.seen), len(hasty.seen))
}

// completion is a statement about a completion of st.
func completion(primitive string, which int64, name string) statement {
	return statement{
		text: primitive + "(&st->" + name + ");", primitive: primitive,
		args: []model.Value{model.Constant(which, model.KindCount)}, names: []string{name},
	}
}
