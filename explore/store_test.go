package explore

import (
	"encoding/binary"
	"math/bits"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// A shard must know exactly what was inserted, through every growth.
func TestShard(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := shard{width: 2}
		seen := map[[2]uint64]int{}
		span := rapid.SampledFrom([]uint64{3, 100, 1 << 40}).Draw(t, "span")
		for range rapid.IntRange(0, 3000).Draw(t, "n") {
			state := [2]uint64{rapid.Uint64Range(0, span).Draw(t, "a"), rapid.Uint64Range(0, 3).Draw(t, "b")}
			_, known := seen[state]
			assert.Equal(t, !known, s.insert(state[:], hash(state[:]), ref(len(seen))))
			if !known {
				seen[state] = len(seen)
			}
		}
		assert.Equal(t, len(seen), s.n)
		for state, n := range seen {
			assert.Equal(t, state[:], s.at(n))
			assert.Equal(t, ref(n), s.parent[n])
		}
	})
}

// States with equal tags must still be told apart.
func TestShardCollisions(t *testing.T) {
	s := shard{width: 1}
	for i := range uint64(700) {
		assert.True(t, s.insert([]uint64{i}, 42, noParent))
	}
	for i := range uint64(700) {
		assert.False(t, s.insert([]uint64{i}, 42, noParent))
	}
}

func TestRef(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shard := rapid.IntRange(0, numShards-1).Draw(t, "shard")
		n := rapid.IntRange(0, 1<<32-1).Draw(t, "n")
		ordinal := rapid.IntRange(0, 1<<16-1).Draw(t, "ordinal")
		r := newRef(shard, n).by(ordinal)
		assert.Equal(t, [3]int{shard, n, ordinal}, [3]int{r.shard(), r.number(), r.ordinal()})
		assert.Equal(t, newRef(shard, n), r.state())
	})
}

// Changing any bit of a state should change about half of the bits of its hash.
func TestHashAvalanche(t *testing.T) {
	for _, width := range []int{1, 2, 3, 8, 35} {
		sum, count, worst := 0, 0, 64
		for seed := range uint64(40) {
			state := make([]uint64, width)
			for i := range state {
				state[i] = seed*0x9e3779b97f4a7c15 + uint64(i)
			}
			h := hash(state)
			for bit := range 64 * width {
				state[bit/64] ^= 1 << (bit % 64)
				d := bits.OnesCount64(h ^ hash(state))
				state[bit/64] ^= 1 << (bit % 64)
				sum, count, worst = sum+d, count+1, min(worst, d)
			}
		}
		assert.InDelta(t, 32, float64(sum)/float64(count), 1, "width %d", width)
		assert.Greater(t, worst, 8, "width %d", width)
	}
}

func FuzzShardInsert(f *testing.F) {
	f.Add([]byte("some states, some of them twice, some of them twice"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := shard{width: 1}
		seen := map[uint64]bool{}
		for ; len(data) >= 2; data = data[2:] {
			v := uint64(binary.LittleEndian.Uint16(data))
			if fresh := s.insert([]uint64{v}, hash([]uint64{v}), noParent); fresh == seen[v] {
				t.Fatalf("insert(%d) says new: %v", v, fresh)
			}
			seen[v] = true
		}
	})
}
