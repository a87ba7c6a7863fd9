package explore

import (
	"math"
	"math/bits"
)

// bitset is a Bloom filter: a set that may say of a key that it has it when it has not. It takes a fixed number of
// bits, whatever the number of keys; a state that it takes for another one is lost (Holzmann's bitstate hashing).
//
// A bitset is used by one goroutine at a time.
type bitset struct {
	words []uint64
	ones  uint64
}

// bitsPerKey is how many bits a key sets.
const bitsPerKey = 3

func newBitset(mem *memory, words int) *bitset { return &bitset{words: mem.alloc(words)} }

// position returns the i-th bit of a key.
func (b *bitset) position(key uint64, i int) (word int, mask uint64) {
	h := mix(key + uint64(i)*0x9e3779b97f4a7c15)
	w, low := bits.Mul64(h, uint64(len(b.words)))
	return int(w), 1 << (low >> 58)
}

// touch brings the first word of a key into the cache; the result is of no use.
func (b *bitset) touch(key uint64) uint64 {
	w, _ := b.position(key, 0)
	return b.words[w]
}

// insert adds a key and reports whether it is new, as far as can be told.
func (b *bitset) insert(key uint64) bool {
	fresh := false
	for i := range bitsPerKey {
		w, mask := b.position(key, i)
		if b.words[w]&mask == 0 {
			b.words[w] |= mask
			b.ones++
			fresh = true
		}
	}
	return fresh
}

// has reports whether all bits of the key are set.
func (b *bitset) has(key uint64) bool {
	for i := range bitsPerKey {
		if w, mask := b.position(key, i); b.words[w]&mask == 0 {
			return false
		}
	}
	return true
}

// missed estimates which part of the new keys that were offered was taken for others. When a part x of the bits is set,
// that befalls a new key with probability x^k; as each that is not lost sets about k(1-x) bits more, x goes evenly
// through the logarithm of 1/(1-x), over which the mean is taken.
func missed(ones, total uint64) float64 {
	full := float64(ones) / float64(total)
	if full == 0 {
		return 0
	}
	const steps = 1000
	end, sum := -math.Log1p(-full), 0.0
	for i := range steps {
		x := -math.Expm1(-end * (float64(i) + 0.5) / steps)
		sum += math.Pow(x, bitsPerKey)
	}
	return sum / steps
}
