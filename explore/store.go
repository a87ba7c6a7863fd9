package explore

import "math/bits"

// A store keeps the states that were seen, each once and whole, and how each was reached. It is divided into shards by
// hash; a shard is never used by two goroutines at a time, so it needs no locks. Within a shard states are numbered in the
// order of insertion.

const (
	shardBits = 6
	numShards = 1 << shardBits
	slabBits  = 12 // states in a slab
	slabSize  = 1 << slabBits
)

// ref names a stored state: the shard in the low bits, its number there above. As a link to a parent it has the ordinal of the
// transition in the top bits.
type ref uint64

const ordinalShift = 48

func newRef(shard, n int) ref { return ref(n)<<shardBits | ref(shard) }

func (r ref) shard() int    { return int(r & (numShards - 1)) }
func (r ref) number() int   { return int(r & (1<<ordinalShift - 1) >> shardBits) }
func (r ref) ordinal() int  { return int(r >> ordinalShift) }
func (r ref) state() ref    { return r & (1<<ordinalShift - 1) }
func (r ref) by(i int) ref  { return r | ref(i)<<ordinalShift }
func shardOf(h uint64) int  { return int(h >> (64 - shardBits)) }
func tagOf(h uint64) uint64 { return h << shardBits &^ (1<<32 - 1) }

const noParent = ref(1<<64 - 1)

// shard is an open-addressing table over slabs of states.
type shard struct {
	width  int
	n      int        // states
	slabs  [][]uint64 // slabSize states each
	parent []ref
	table  []uint64 // 0, or 32 bits of the hash above 1 + the number of the state
}

// insert stores the state, which has that hash, unless it is known. It returns whether it is new.
func (s *shard) insert(state []uint64, h uint64, parent ref) bool {
	if s.n >= len(s.table)/4*3 {
		s.grow()
	}
	mask := uint64(len(s.table) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		slot := s.table[i]
		if slot == 0 {
			s.table[i] = tagOf(h) | uint64(s.n+1)
			break
		}
		if slot&^(1<<32-1) == tagOf(h) && equal(s.at(int(uint32(slot))-1), state) {
			return false
		}
	}
	if s.n>>slabBits == len(s.slabs) {
		s.slabs = append(s.slabs, make([]uint64, slabSize*s.width))
	}
	copy(s.at(s.n), state)
	s.parent = append(s.parent, parent)
	s.n++
	return true
}

// at returns the n-th state.
func (s *shard) at(n int) []uint64 {
	i := (n & (slabSize - 1)) * s.width
	return s.slabs[n>>slabBits][i : i+s.width : i+s.width]
}

// grow doubles the table. The states are hashed again, since a slot has only half of the hash.
func (s *shard) grow() {
	s.table = make([]uint64, max(1024, 2*len(s.table)))
	mask := uint64(len(s.table) - 1)
	for n := range s.n {
		h := hash(s.at(n))
		i := h & mask
		for s.table[i] != 0 {
			i = (i + 1) & mask
		}
		s.table[i] = tagOf(h) | uint64(n+1)
	}
}

// bytes returns the memory that the shard holds.
func (s *shard) bytes() uint64 {
	return 8 * uint64(len(s.slabs)*slabSize*s.width+cap(s.parent)+len(s.table))
}

func equal(a, b []uint64) bool {
	for i, w := range a {
		if w != b[i] {
			return false
		}
	}
	return true
}

// hash mixes a state into 64 bits, by folded 128-bit products as wyhash does. The factors are folded in as well: else a
// factor that happens to be zero would swallow the other one.
func hash(state []uint64) uint64 {
	h := uint64(0x9e3779b97f4a7c15)
	for ; len(state) >= 2; state = state[2:] {
		h = fold(state[0]^h, state[1]^0xe7037ed1a0b428db) ^ 0xa0761d6478bd642f
	}
	if len(state) == 1 {
		h = fold(state[0]^h, 0x8ebc6af09c88c6e3)
	}
	return fold(h^0x589965cc75374cc3, 0x1d8e4e27c47d124f)
}

func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo ^ a ^ b
}
