package explore

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// The counts on which all checkers agree, in every mode that loses no state, whether a state is one word or many.
func TestCounts(t *testing.T) {
	tests := []struct {
		model               packed
		states, transitions uint64
		long                bool
		modes               []Mode // all if there are none: a large table is one of each in one model
	}{
		{commit(7), 296_448, 2_744_705, false, nil},
		{philosophers(11), 177_147, 0, false, nil},
		{philosophers(13), 1_594_323, 13_817_466, true, []Mode{Exact}},
		{filter(5), 88_560, 0, false, nil},
		{filter(6), 1_827_936, 6_803_688, true, nil},
		{peterson(4), 1_119_560, 3_864_896, true, []Mode{Compact}},
		{commit(8), 1_745_408, 18_507_777, true, []Mode{Exact}},
	}
	for _, tt := range tests {
		for _, sys := range []System{tt.model, spread{tt.model}} {
			for _, mode := range []Mode{Exact, Compact} {
				for _, workers := range []int{1, 2, 7} {
					if tt.long && workers != 2 || testing.Short() && workers == 1 {
						continue
					}
					if _, wide := sys.(spread); tt.modes != nil && (wide || !slices.Contains(tt.modes, mode)) {
						continue
					}
					t.Run(fmt.Sprintf("%v %v %d", sys, mode, workers), func(t *testing.T) {
						if tt.long && testing.Short() {
							t.Skip("long")
						}
						r := run(t, sys, Options{Workers: workers, Mode: mode})
						assert.Equal(t, Exhausted, r.Stop)
						assert.Equal(t, tt.states, r.States)
						if tt.transitions > 0 {
							assert.Equal(t, tt.transitions, r.Transitions)
						}
						assert.Empty(t, r.Violations)
						assert.Equal(t, []uint64{1}, r.Marks)
						sum := uint64(0)
						for _, n := range r.Levels {
							sum += n
						}
						assert.Equal(t, r.States, sum)
					})
				}
			}
		}
	}
}

// A filter that is large enough misses few states, one that is too small misses many, and the estimate tells them
// apart.
func TestBitstate(t *testing.T) {
	const states = 177_147
	for _, perState := range []uint64{4, 8, 16, 64, 256} {
		r := run(t, philosophers(11), Options{Mode: Bitstate, Bits: perState * states})
		lost := 1 - float64(r.States)/states
		t.Logf("%d bits for each state: %.5f lost, estimated %.5f", perState, lost, r.Missed)
		assert.LessOrEqual(t, r.States, uint64(states))
		assert.InDelta(t, lost, r.Missed, 0.02+r.Missed/2)
	}
}

// run explores, and fails the test if a file could not be written.
func run(t require.TestingT, sys System, opt Options) *Result {
	r, err := Run(context.Background(), sys, opt)
	require.NoError(t, err)
	return r
}

// rubble is a random graph: a system with no structure that an engine could rely on.
type rubble struct {
	edges    [][]int
	initial  []int
	bad      map[[2]int]bool // violating transitions, by state and ordinal
	badState int
}

func (g *rubble) Width() int         { return 3 }
func (g *rubble) NumProperties() int { return 2 }
func (g *rubble) NewWorker() Worker  { return rubbleWorker{g} }
func (g *rubble) Initial() [][]uint64 {
	var states [][]uint64
	for _, i := range g.initial {
		states = append(states, g.state(i))
	}
	return states
}
func (g *rubble) state(i int) []uint64 { return []uint64{uint64(i), uint64(i * i), 7} }

type rubbleWorker struct{ *rubble }

func (rubbleWorker) Marks() []uint64 { return nil }
func (w rubbleWorker) Expand(state []uint64, b *Batch) uint64 {
	i := int(state[0])
	for j, to := range w.edges[i] {
		violated := uint64(0)
		if w.bad[[2]int{i, j}] {
			violated = 1
		}
		copy(b.Add(Step{Action: uint32(j), Violated: violated}), w.state(to))
	}
	if i == w.badState {
		return 2
	}
	return 0
}

func rubbles() *rapid.Generator[*rubble] {
	return rapid.Custom(func(t *rapid.T) *rubble {
		n := rapid.IntRange(1, 60).Draw(t, "n")
		node := rapid.IntRange(0, n-1)
		g := &rubble{bad: map[[2]int]bool{}, badState: node.Draw(t, "bad")}
		for i := range n {
			g.edges = append(g.edges, rapid.SliceOfN(node, 0, 4).Draw(t, "edges"))
			for j := range g.edges[i] {
				if rapid.IntRange(0, 15).Draw(t, "violating") == 0 {
					g.bad[[2]int{i, j}] = true
				}
			}
		}
		g.initial = rapid.SliceOfN(node, 1, 3).Draw(t, "initial")
		return g
	})
}

// reference is breadth-first search as in a textbook.
func (g *rubble) reference() (levels []uint64, transitions uint64, shortest [2]int) {
	depth := map[int]int{}
	var queue []int
	shortest = [2]int{-1, -1}
	for _, i := range g.initial {
		if _, seen := depth[i]; !seen {
			depth[i] = 0
			queue = append(queue, i)
		}
	}
	for at := 0; at < len(queue); at++ {
		i := queue[at]
		for len(levels) <= depth[i] {
			levels = append(levels, 0)
		}
		levels[depth[i]]++
		if i == g.badState && shortest[1] < 0 {
			shortest[1] = depth[i]
		}
		for j, to := range g.edges[i] {
			transitions++
			if g.bad[[2]int{i, j}] && (shortest[0] < 0 || depth[i]+1 < shortest[0]) {
				shortest[0] = depth[i] + 1
			}
			if _, seen := depth[to]; !seen {
				depth[to] = depth[i] + 1
				queue = append(queue, to)
			}
		}
	}
	return levels, transitions, shortest
}

// On any graph the engine must agree with the textbook, and its traces must be paths of it, and shortest ones.
func TestAgainstReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := rubbles().Draw(t, "graph")
		levels, transitions, shortest := g.reference()
		r := run(t, g, Options{
			Workers: rapid.IntRange(1, 3).Draw(t, "workers"), Mode: Mode(rapid.IntRange(0, 1).Draw(t, "mode")),
		})
		assert.Equal(t, levels, r.Levels)
		assert.Equal(t, transitions, r.Transitions)
		found := [2]int{-1, -1}
		for _, v := range r.Violations {
			found[v.Property] = len(v.Trace.Steps)
			g.follow(t, v)
		}
		assert.Equal(t, shortest, found)
	})
}

// follow walks a trace and checks that it ends in the violation.
func (g *rubble) follow(t require.TestingT, v Violation) {
	at := int(v.Trace.Initial[0])
	require.Contains(t, g.initial, at)
	last := [2]int{}
	for _, j := range v.Trace.Steps {
		require.Less(t, j, len(g.edges[at]))
		last = [2]int{at, j}
		at = g.edges[at][j]
	}
	if v.Property == 0 {
		assert.True(t, g.bad[last])
	} else {
		assert.Equal(t, g.badState, at)
	}
}

// Everything but the time must be the same for any number of workers, also when a limit ends the run.
func TestWorkersDoNotMatter(t *testing.T) {
	broken := peterson(3)
	broken.bad = func(n int, s uint64) bool { return get(s, 0, 3) == 4 && get(s, 3, 3) == 3 }
	for _, opt := range []Options{{}, {Mode: Compact}, {Mode: Bitstate, Bits: 1 << 16}, {Depth: 9}, {MaxStates: 5000}} {
		t.Run(fmt.Sprintf("%v depth %d states %d", opt.Mode, opt.Depth, opt.MaxStates), func(t *testing.T) {
			var want *Result
			for _, workers := range []int{1, 2, 7} {
				opt.Workers = workers
				r := run(t, spread{broken}, opt)
				r.Elapsed, r.Bytes = 0, 0
				if want == nil {
					want = r
				}
				assert.Equal(t, want, r, "%d workers", workers)
			}
		})
	}
}

func TestBounds(t *testing.T) {
	model := philosophers(9)
	all := run(t, model, Options{Workers: 1})
	t.Run("depth", func(t *testing.T) {
		r := run(t, model, Options{Depth: 5})
		assert.Equal(t, DepthBound, r.Stop)
		assert.Equal(t, all.Levels[:6], r.Levels)
	})
	t.Run("depth beyond the end is exhaustive", func(t *testing.T) {
		r := run(t, model, Options{Depth: all.Depth() + 1})
		assert.Equal(t, Exhausted, r.Stop)
	})
	t.Run("states", func(t *testing.T) {
		r := run(t, model, Options{MaxStates: 1000})
		assert.Equal(t, StateLimit, r.Stop)
		assert.GreaterOrEqual(t, r.States, uint64(1000))
		assert.Less(t, r.States, all.States)
	})
	t.Run("states, exactly as many as there are", func(t *testing.T) {
		r := run(t, model, Options{MaxStates: all.States + 1})
		assert.Equal(t, Exhausted, r.Stop)
	})
	t.Run("memory", func(t *testing.T) {
		r := run(t, model, Options{Memory: 1})
		assert.Equal(t, MemoryLimit, r.Stop)
	})
	t.Run("time", func(t *testing.T) {
		r := run(t, commit(10), Options{Timeout: time.Millisecond})
		assert.Equal(t, TimeLimit, r.Stop)
	})
	t.Run("interrupted", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		r, err := Run(ctx, model, Options{})
		require.NoError(t, err)
		assert.Equal(t, Interrupted, r.Stop)
		assert.NotZero(t, r.States)
	})
}

// A violation that was found before a limit ended the run must be in the result.
func TestLimitsKeepWhatWasFound(t *testing.T) {
	model := philosophers(9)
	model.bad = func(n int, s uint64) bool { return get(s, 0, 2) == 1 }
	r := run(t, model, Options{MaxStates: 10})
	require.Len(t, r.Violations, 1)
	assert.Equal(t, []int{0}, r.Violations[0].Trace.Steps)
}

func TestProgress(t *testing.T) {
	var shown []Progress
	r := run(t, commit(6), Options{
		Workers: 2, Every: time.Nanosecond, Progress: func(p Progress) { shown = append(shown, p) },
	})
	require.NotEmpty(t, shown)
	assert.True(t, slices.IsSortedFunc(shown, func(a, b Progress) int { return int(a.States) - int(b.States) }))
	last := shown[len(shown)-1]
	assert.LessOrEqual(t, last.States, r.States)
	assert.Zero(t, last.Frontier, "nothing is left after the last block")
}
