package explore

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// A table must know exactly what was inserted, through every growth.
func TestTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mem := &memory{}
		defer mem.close()
		table := newTable(mem, 1)
		seen := map[uint64]bool{}
		span := rapid.SampledFrom([]uint64{3, 1000, 1<<64 - 1}).Draw(t, "span")
		state := rapid.Uint64().Draw(t, "seed")
		for range rapid.IntRange(0, 30_000).Draw(t, "n") {
			state += 0x9e3779b97f4a7c15
			key := mix(state) % (span + 1 | 1)
			assert.Equal(t, !seen[key], table.insert(key))
			seen[key] = true
		}
		assert.Equal(t, len(seen), int(table.n)+int(b2i(table.zero)))
		for key := range seen {
			assert.True(t, table.has(key))
			assert.False(t, table.insert(key))
		}
		for i := range uint64(1000) {
			assert.Equal(t, seen[i], table.has(i))
		}
	})
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Keys that crowd at the end of the order run over into the tail.
func TestTableCrowdedAtTheEnd(t *testing.T) {
	mem := &memory{}
	defer mem.close()
	table := newTable(mem, 64)
	for i := range uint64(200) {
		key := (1<<56 - 1 - i) | i<<56 // rotated, these are the largest
		assert.True(t, table.insert(key))
	}
	for i := range uint64(200) {
		assert.True(t, table.has((1<<56-1-i)|i<<56))
	}
}
