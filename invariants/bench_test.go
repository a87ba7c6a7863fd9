package invariants

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/model"
)

// BenchmarkReductions explores v4.6 with four CPUs, with each way to explore less.
func BenchmarkReductions(b *testing.B) {
	for _, reduce := range []Reduction{0, Symmetry, PartialOrder, Merge, PartialOrder | Merge,
		Symmetry | PartialOrder | Merge} {
		b.Run(reduce.String(), func(b *testing.B) {
			s := Compile(machine(b, "v4.6", nil, func(sc *model.Scenario) { sc.CPUs = 4 }), All())
			s.Reduce = reduce
			states, transitions := uint64(0), uint64(0)
			for b.Loop() {
				r, err := explore.Run(context.Background(), s, explore.Options{Workers: 1})
				require.NoError(b, err)
				states, transitions = r.States, transitions+r.Transitions
			}
			b.ReportMetric(float64(states), "states")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(transitions), "ns/transition")
		})
	}
}

// BenchmarkTransition explores a part of v6.12 with three CPUs, every transition of every state.
func BenchmarkTransition(b *testing.B) {
	s := Compile(machine(b, "v6.12", nil, func(sc *model.Scenario) { sc.CPUs = 3 }), All())
	transitions := uint64(0)
	for b.Loop() {
		r, err := explore.Run(b.Context(), s, explore.Options{Workers: 1, MaxStates: 100_000})
		require.NoError(b, err)
		transitions += r.Transitions
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(transitions), "ns/transition")
}
