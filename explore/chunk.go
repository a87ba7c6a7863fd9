package explore

import "math/bits"

// chunk is a run of states of a level, and what expanding them gave: every successor that is worth a look into the
// table, in the order in which breadth-first search finds them.
type chunk struct {
	from, to int // the states, as items of the level

	key    []uint64
	shard  []uint8
	origin []uint32 // the state's place in the chunk above ordinalBits bits for the transition's ordinal
	words  []uint64 // the successors themselves, if their keys do not give them back
	fresh  []uint8  // 1 for those that turned out to be new

	// The same by shard: those of shard s are from start[s] up to start[s+1].
	sorted []uint64 // keys
	at     []uint32 // where in key
	start  [numShards + 1]uint32
	news   [numShards]int // how many are new

	child uint64 // the number of the first new one
	into  int    // its place in the next level
	log   log
	width uint8 // of the ordinals in the log

	transitions uint64
	ends        uint64
	reduced     uint64
	violated    []source
}

// ordinalBits limits the transitions of a state.
const ordinalBits = 24

func (c *chunk) reset() {
	c.key, c.shard, c.origin, c.words = c.key[:0], c.shard[:0], c.origin[:0], c.words[:0]
	c.transitions, c.ends, c.reduced, c.violated = 0, 0, 0, c.violated[:0]
}

// note keeps the violations that were not seen before.
func (c *chunk) note(seen *uint64, violated uint64, state uint64, ordinal int) {
	for news := violated &^ *seen; news != 0; news &= news - 1 {
		c.violated = append(c.violated, source{State: state, Ordinal: ordinal, property: bits.TrailingZeros64(news)})
	}
	*seen |= violated
}

// sort puts the successors in the order of their shards, those of one shard as they came.
func (c *chunk) sort() {
	n := len(c.key)
	c.sorted, c.at, c.fresh = resize(c.sorted, n), resize(c.at, n), resize(c.fresh, n)
	clear(c.fresh)
	clear(c.start[:])
	for _, s := range c.shard {
		c.start[s+1]++
	}
	var next [numShards]uint32
	for s := 1; s <= numShards; s++ {
		c.start[s] += c.start[s-1]
		next[s-1] = c.start[s-1]
	}
	for i, s := range c.shard {
		j := next[s&(numShards-1)]
		next[s&(numShards-1)]++
		c.sorted[j], c.at[j] = c.key[i], uint32(i)
	}
}

// resize returns a slice of length n, with any contents.
func resize[T any](s []T, n int) []T {
	if n > cap(s) {
		return make([]T, n, n+n/2)
	}
	return s[:n]
}

// total returns how many successors are new.
func (c *chunk) total() int {
	sum := 0
	for _, n := range c.news {
		sum += n
	}
	return sum
}

// state returns the i-th successor, nil if it is not kept.
func (c *chunk) state(i, width int) []uint64 {
	if len(c.words) == 0 {
		return nil
	}
	return c.words[i*width : (i+1)*width]
}

// write writes the history of the chunk.
func (c *chunk) write() {
	most := uint32(0)
	for i, fresh := range c.fresh {
		if fresh != 0 {
			most = max(most, c.origin[i]&(1<<ordinalBits-1))
		}
	}
	c.width = uint8(bits.Len32(most))
	c.log.reset()
	parent := uint32(0)
	for i, fresh := range c.fresh {
		if fresh == 0 {
			continue
		}
		for ; parent < c.origin[i]>>ordinalBits; parent++ {
			c.log.put(0, 1)
		}
		c.log.put(1|uint64(c.origin[i]&(1<<ordinalBits-1))<<1, 1+int(c.width))
	}
}
