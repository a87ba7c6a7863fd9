package explore

import (
	"sync"
	"sync/atomic"
)

// interner numbers vectors of words: equal vectors have equal numbers, and a number gives its vector back. Looking up
// takes no lock; only what is new does. The numbers depend on who comes first, so nothing that is reported may depend
// on them.
type interner struct {
	width int
	hash  func(words []uint64) uint64
	mem   *memory

	index atomic.Pointer[[]uint64]   // open addressing: 0, or 32 bits of the hash above 1 + the number
	slabs atomic.Pointer[[][]uint64] // slabVectors vectors each

	mu    sync.Mutex
	n     uint32
	stale [][]uint64 // indexes that were replaced, and may still be read
}

const (
	slabVectors = 1 << 12
	internedTag = 1<<64 - 1<<32 // the bits of a slot that are of the hash
)

func newInterner(width int, mem *memory, hash func([]uint64) uint64) *interner {
	in := &interner{width: width, hash: hash, mem: mem}
	index := mem.alloc(1 << 10)
	in.index.Store(&index)
	in.slabs.Store(&[][]uint64{})
	return in
}

// number returns the number of a vector that has that hash.
func (in *interner) number(words []uint64, h uint64) uint32 {
	if id, ok := in.find(*in.index.Load(), words, h); ok {
		return id
	}
	return in.add(words, h)
}

func (in *interner) find(index []uint64, words []uint64, h uint64) (uint32, bool) {
	mask := uint64(len(index) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		slot := atomic.LoadUint64(&index[i])
		if slot == 0 {
			return 0, false
		}
		if (slot^h)&internedTag == 0 && equal(in.at(uint32(slot)-1), words) {
			return uint32(slot) - 1, true
		}
	}
}

// at returns the vector with that number.
func (in *interner) at(id uint32) []uint64 {
	i := int(id%slabVectors) * in.width
	return (*in.slabs.Load())[id/slabVectors][i : i+in.width]
}

// add numbers a vector that was not found.
func (in *interner) add(words []uint64, h uint64) uint32 {
	in.mu.Lock()
	defer in.mu.Unlock()
	index := *in.index.Load()
	if id, ok := in.find(index, words, h); ok {
		return id // another worker was faster
	}
	if in.n == 1<<32-2 {
		panic("explore: more than 4 billion different parts of states")
	}
	if int(in.n) >= len(index)/2 {
		index = in.grow(index)
	}
	id := in.n
	slabs := *in.slabs.Load()
	if id%slabVectors == 0 {
		slabs = in.extend(slabs)
	}
	i := int(id%slabVectors) * in.width
	copy(slabs[id/slabVectors][i:], words)
	in.n++
	put(index, h, id) // publishes the vector
	return id
}

// extend adds a slab.
func (in *interner) extend(slabs [][]uint64) [][]uint64 {
	slabs = append(slabs[:len(slabs):len(slabs)], in.mem.alloc(slabVectors*in.width))
	in.slabs.Store(&slabs)
	return slabs
}

// put takes the first free slot of an index.
func put(index []uint64, h uint64, id uint32) {
	mask := uint64(len(index) - 1)
	i := h & mask
	for atomic.LoadUint64(&index[i]) != 0 {
		i = (i + 1) & mask
	}
	atomic.StoreUint64(&index[i], h&internedTag|uint64(id+1))
}

// grow doubles the index. Whoever still reads the old one finds less in it, and comes to add.
func (in *interner) grow(old []uint64) []uint64 {
	index := in.mem.alloc(2 * len(old))
	for id := range in.n {
		put(index, in.hash(in.at(id)), id)
	}
	in.index.Store(&index)
	in.stale = append(in.stale, old)
	return index
}

// collect frees what nobody reads any more. No other goroutine may use the interner meanwhile.
func (in *interner) collect() {
	for _, old := range in.stale {
		in.mem.free(old)
	}
	in.stale = nil
}

func equal(a, b []uint64) bool {
	for i, w := range a {
		if w != b[i] {
			return false
		}
	}
	return true
}
