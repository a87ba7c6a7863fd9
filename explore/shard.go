package explore

// A set of states is divided into shards by place. A shard is never used by two goroutines at a time unless they only
// read, so it needs no locks.

const (
	shardBits = 6
	numShards = 1 << shardBits
)

func shardOf(place uint64) int { return int(place >> (64 - shardBits)) }

// shard is a table or, for a bitstate search, a bit set.
type shard struct {
	table table
	bits  *bitset
	sink  uint64 // what was read ahead; it is of no use
}

const firstLines = 8

func newShard(mem *memory, opt Options) shard {
	if opt.Mode == Bitstate {
		return shard{bits: newBitset(mem, int(opt.Bits/64/numShards)+1)}
	}
	return shard{table: newTable(mem, firstLines)}
}

func (s *shard) insert(key uint64) bool {
	if s.bits != nil {
		return s.bits.insert(key)
	}
	return s.table.insert(key)
}

func (s *shard) has(key uint64) bool {
	if s.bits != nil {
		return s.bits.has(key)
	}
	return s.table.has(key)
}

// ahead is how many keys are looked for at a time: their lines are all asked for before the first is used.
const ahead = 16

// insertAll inserts keys, sets fresh[at[i]] to 1 for each that is new, and returns how many are.
func (s *shard) insertAll(keys []uint64, at []uint32, fresh []uint8) int {
	n := 0
	for len(keys) > 0 {
		run := keys[:min(len(keys), ahead)]
		sum := s.sink
		if s.bits != nil {
			for _, key := range run {
				sum += s.bits.touch(key)
			}
		} else {
			for _, key := range run {
				sum += s.table.touch(key)
			}
		}
		s.sink = sum
		for i, key := range run {
			if s.insert(key) {
				fresh[at[i]] = 1
				n++
			}
		}
		keys, at = keys[len(run):], at[len(run):]
	}
	return n
}

// growth returns how many bytes the shard may grow by if so many keys are added.
func (s *shard) growth(keys uint64) uint64 {
	if s.bits != nil {
		return 0
	}
	return s.table.growth(keys)
}
