package explore

import "math/bits"

// mix is a bijection of the 64-bit words in which every bit of the argument changes about half of the bits of the
// result.
func mix(x uint64) uint64 {
	x ^= x >> 32
	x *= 0xd6e8feb86659fd93
	x ^= x >> 32
	x *= 0xd6e8feb86659fd93
	x ^= x >> 32
	return x
}

// unmix is the inverse of mix.
func unmix(x uint64) uint64 {
	const inverse = 0xcfee444d8b59a89b // of the factor of mix, modulo 1<<64
	x ^= x >> 32
	x *= inverse
	x ^= x >> 32
	x *= inverse
	x ^= x >> 32
	return x
}

// hash mixes words into 64 bits, by folded 128-bit products as wyhash does. The factors are folded in as well: else a
// factor that happens to be zero would swallow the other one.
func hash(words []uint64, seed uint64) uint64 {
	h := seed ^ 0x9e3779b97f4a7c15
	for ; len(words) >= 2; words = words[2:] {
		h = fold(words[0]^h, words[1]^0xe7037ed1a0b428db) ^ 0xa0761d6478bd642f
	}
	if len(words) == 1 {
		h = fold(words[0]^h, 0x8ebc6af09c88c6e3)
	}
	return fold(h^0x589965cc75374cc3, 0x1d8e4e27c47d124f)
}

func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo ^ a ^ b
}
