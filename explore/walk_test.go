package explore

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// spinner has a process that goes round for ever, in states 0 to 4, and one that steps aside, once, from which it is
// a violation. Its reduction would always have the first one go on.
type spinner struct{}

const aside = 8

func (spinner) Width() int          { return 1 }
func (spinner) Initial() [][]uint64 { return [][]uint64{{0}} }
func (spinner) NumProperties() int  { return 1 }
func (spinner) NewWorker() Worker   { return spinner{} }
func (spinner) Marks() []uint64     { return nil }

func (spinner) Expand(state []uint64, b *Batch) uint64 {
	at := state[0] % aside
	b.Add(Step{Action: 0})[0] = state[0] - at + (at+1)%5
	if state[0] < aside {
		b.Add(Step{Action: 1, Violated: 1})[0] = state[0] + aside
	}
	return 0
}

func (s spinner) ExpandPart(state []uint64, b *Batch, attempt int) bool {
	if attempt > 0 || state[0] >= aside {
		return false
	}
	b.Add(Step{Action: 0})[0] = (state[0] + 1) % 5
	b.Ordinals = append(b.Ordinals, 0)
	return true
}

// A step that a reduction could put off for ever is taken all the same.
func TestNothingIsPutOffForEver(t *testing.T) {
	for _, search := range []Search{BreadthFirst, DepthFirst} {
		for workers := range 3 {
			r, err := Run(context.Background(), spinner{}, Options{Search: search, Workers: workers})
			require.NoError(t, err)
			assert.Equal(t, Exhausted, r.Stop)
			assert.Len(t, r.Violations, 1, "%v", search)
			assert.NotZero(t, r.Reduced)
		}
	}
}

// A walk ends where a state has no part, and does not where it comes to a state again; what is remembered of earlier
// walks does not change that.
func TestWalk(t *testing.T) {
	c := newCodec(spinner{}, Exact, 0, &memory{})
	round, on := newWalk(1, c), newWalk(1, c)
	for range 2 {
		assert.False(t, round.ends(spinner{}, []uint64{3}))
		assert.True(t, round.ends(spinner{}, []uint64{aside}))
		assert.True(t, on.ends(toEight{}, []uint64{3}))
		assert.True(t, on.ends(toEight{}, []uint64{1}))
	}
}

// toEight has one way, which ends.
type toEight struct{ spinner }

func (toEight) ExpandPart(state []uint64, b *Batch, attempt int) bool {
	if attempt > 0 || state[0] == aside {
		return false
	}
	b.Add(Step{})[0] = state[0] + 1
	return true
}
