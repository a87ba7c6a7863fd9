package explore

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Whatever the order, every state must be expanded, and every violation found; the trace need not be the shortest.
func TestOrders(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := rubbles().Draw(t, "graph")
		levels, transitions, shortest := g.reference()
		states := uint64(0)
		for _, n := range levels {
			states += n
		}
		search := rapid.SampledFrom([]Search{DepthFirst, Directed}).Draw(t, "search")
		r := run(t, g, Options{Search: search, Mode: Mode(rapid.IntRange(0, 1).Draw(t, "mode"))})
		if search == DepthFirst {
			assert.Equal(t, states, r.States)
			assert.Equal(t, transitions, r.Transitions)
		}
		found := [2]bool{}
		for _, v := range r.Violations {
			found[v.Property] = true
			assert.GreaterOrEqual(t, len(v.Trace.Steps), shortest[v.Property])
			g.follow(t, v)
		}
		want := [2]bool{shortest[0] >= 0, shortest[1] >= 0}
		if search == Directed && want != [2]bool{} {
			assert.Equal(t, FirstFound, r.Stop)
			assert.NotEmpty(t, r.Violations)
			return
		}
		assert.Equal(t, Exhausted, r.Stop)
		assert.Equal(t, want, found)
	})
}

// Samples depend on the seed alone: not on the workers, and several machines with a share each find what one finds.
func TestSamples(t *testing.T) {
	broken := peterson(3)
	broken.bad = func(n int, s uint64) bool { return get(s, 0, 3) == 4 && get(s, 3, 3) == 3 }
	for _, search := range []Search{Random, Swarm} {
		t.Run(search.String(), func(t *testing.T) {
			opt := Options{Search: search, Runs: 13, Depth: 500, Seed: 7, Workers: 1}
			want := run(t, broken, opt)
			assert.Equal(t, Sampled, want.Stop)
			require.Len(t, want.Violations, 1)
			opt.Workers = 3
			again := run(t, broken, opt)
			want.Elapsed, again.Elapsed, want.Bytes, again.Bytes = 0, 0, 0, 0
			assert.Equal(t, want, again)

			var parts best
			opt.Shards = 3
			transitions, runs := uint64(0), 0
			for opt.Shard = range 3 {
				part := run(t, broken, opt)
				transitions += part.Transitions
				runs += part.Runs
				for _, v := range part.Violations {
					parts.offer(1<<v.Property, opt.Shard, v.Trace.Initial, v.Trace.Steps, noStep)
				}
			}
			assert.Equal(t, want.Transitions, transitions)
			assert.Equal(t, want.Runs, runs)
			assert.Len(t, parts.violations()[0].Trace.Steps, len(want.Violations[0].Trace.Steps))
		})
	}
}

// A swarm of small filters must reach nearly everything of what one filter of their size would lose.
func TestSwarmCovers(t *testing.T) {
	const states = 177_147
	opt := Options{Search: Swarm, Runs: 12, Bits: 2 * states, Workers: 2}
	one := run(t, philosophers(11), Options{Mode: Bitstate, Bits: opt.Bits, Search: DepthFirst})
	all := run(t, philosophers(11), opt)
	t.Logf("one: %d of %d states, the swarm: %d", one.States, states, all.States)
	assert.Less(t, one.States, uint64(states*95/100))
	assert.InEpsilon(t, states, all.States, 0.01)
}

func TestSketch(t *testing.T) {
	for _, n := range []uint64{0, 1, 1000, 2_000_000} {
		s := make(sketch, sketchWords)
		for i := range n {
			s.add(mix(i))
			s.add(mix(i / 2))
		}
		assert.InDelta(t, n, s.count(), 1+float64(n)/500)
	}
}

// What was asked for is taken, also if it is what another search would take by itself.
func TestDefaults(t *testing.T) {
	assert.Equal(t, uint64(swarmFilter), Options{Search: Swarm}.withDefaults().Bits)
	assert.Equal(t, uint64(1<<30), Options{Search: Swarm, Bits: 1 << 30}.withDefaults().Bits)
	assert.Equal(t, uint64(1<<30), Options{Mode: Bitstate}.withDefaults().Bits)
}
