package invariants

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/model"
)

// textbook explores a machine breadth first, every transition of every state, without the engine, and returns the
// properties that are violated. It gives up at most states.
func textbook(t testing.TB, m *model.Machine, most int) []string {
	t.Helper()
	s := Compile(m, All())
	w := s.newWorker()
	b := explore.NewBatch(s.Width())
	var violated uint64
	queue := s.Initial()
	known := map[uint64]bool{hashWords(0, queue[0]): true}
	for len(queue) > 0 {
		require.Less(t, len(known), most)
		state := queue[0]
		queue = queue[1:]
		b.Reset()
		violated |= w.Expand(state, b)
		for i, step := range b.Steps {
			violated |= step.Violated
			if key := hashWords(0, b.State(i)); !known[key] {
				known[key] = true
				queue = append(queue, slices.Clone(b.State(i)))
			}
		}
	}
	return s.names(violated)
}

// names are the names of a set of properties, in order.
func (s *Suite) names(set uint64) (names []string) {
	for i, p := range s.Properties {
		if set>>i&1 == 1 {
			names = append(names, p.Name)
		}
	}
	return names
}

// Reductions lost these: cpu_hotplug_disabled was not among what properties look at, and that a stopper looks at the
// state of multi_cpu_stop() before it acknowledges it was not declared, since no kernel moves on without it.
func TestLostVerdicts(t *testing.T) {
	k, err := model.Lookup("v6.12")
	require.NoError(t, err)
	sc := model.Default()
	sc.Disablers, sc.Ops, sc.Faults, sc.DynStates, sc.Smpboot, sc.Notifiers = 1, 1, 0, 0, 0, 0
	for _, tt := range []struct {
		mutation model.Mutation
		violated []string
	}{
		{
			mutation(model.MutateTwice, "cpu_maps_update_done", "mutex_unlock(&cpu_add_remove_lock)"),
			[]string{"no-warn-on", "error-has-cause", "lock-guards"},
		},
		{
			mutation(model.MutateSwap, "cpu_hotplug_enable", "mutex_lock(&cpu_add_remove_lock)"),
			[]string{"error-has-cause", "lock-guards"},
		},
		{
			mutation(model.MutateSwap, "cpu_hotplug_enable", "--cpu_hotplug_disabled"),
			[]string{"error-has-cause", "lock-guards"},
		},
		{
			mutation(model.MutateTwice, "multi_cpu_stop", "MULTI_STOP_RUN: ack_state()"),
			[]string{"no-deadlock"},
		},
	} {
		t.Run(tt.mutation.String(), func(t *testing.T) {
			m, err := model.NewMutant(k, sc, tt.mutation)
			require.NoError(t, err)
			require.NotNil(t, m)
			assert.Equal(t, tt.violated, textbook(t, m, 10_000))
			for reduce := range Symmetry | PartialOrder | Merge + 1 {
				s := Compile(m, All())
				s.Reduce = reduce
				r, err := explore.Run(t.Context(), s, explore.Options{Workers: 1})
				require.NoError(t, err)
				var violated uint64
				for _, v := range r.Violations {
					violated |= 1 << v.Property
				}
				assert.Equal(t, tt.violated, s.names(violated), "%v", reduce)
			}
		})
	}
}
