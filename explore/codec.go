package explore

import "math/bits"

// codec turns states into keys and back, in one of three ways:
//
//   - A state of one word: its key is that word under a bijection, so keys are exact and give the state back.
//   - A wide state, exactly: the key is the root of the tree that keeps it, under a bijection.
//   - A wide state by its fingerprint alone: the key is a 64-bit hash, and what is to be expanded is kept as it is.
//
// A place says to which shard a state belongs. It depends on the state alone, never on who found it first.
type codec struct {
	width int
	parts []Part
	weigh []uint64 // for each part, what tells it from the same words in another place
	tree  *tree    // for wide states, exactly
	seed  uint64   // of the fingerprints
}

func newCodec(sys System, mode Mode, seed uint64, mem *memory) *codec {
	c := &codec{width: sys.Width(), seed: seed}
	if c.width > 1 {
		c.parts = partsOf(sys)
		place := uint64(0x9e3779b97f4a7c15)
		for range c.parts {
			c.weigh = append(c.weigh, place)
			place = place*0xd1342543de82ef95 + 1
		}
	}
	if c.width > 1 && mode == Exact {
		c.tree = newTree(c.parts, seed, mem)
	}
	return c
}

// itemWidth is the number of words that a queue keeps of a state: its key, if that gives it back, or all.
func (c *codec) itemWidth() int {
	if c.keyed() {
		return 1
	}
	return c.width
}

// keyed reports whether a key gives its state back.
func (c *codec) keyed() bool { return c.width == 1 || c.tree != nil }

// node is a state with what was computed of it: the hash of each part, the sum of these, each weighed by its place,
// and, in a tree, the numbers of the parts and of the inner nodes.
type node struct {
	words []uint64
	hash  []uint64
	sum   uint64
	id    []uint32
	memo  []memo // pairs that were looked up last
}

func (c *codec) newNode() *node {
	n := &node{words: make([]uint64, c.width), hash: make([]uint64, len(c.parts))}
	c.digest(n.words, n)
	if c.tree != nil {
		c.tree.prepare(n)
	}
	return n
}

// load reads an item of a queue. What of it is in n already is not read again: states that were found one after the
// other have much in common.
func (c *codec) load(item []uint64, n *node) {
	switch {
	case c.width == 1:
		n.words[0] = unmix(item[0]) ^ c.seed
		return
	case c.tree != nil:
		for changed := c.tree.load(unmix(item[0]), n); changed != 0; changed &= changed - 1 {
			i := bits.TrailingZeros64(changed)
			h := hash(c.parts[i].of(n.words), c.seed)
			n.sum += weighed(h, c.weigh[i]) - weighed(n.hash[i], c.weigh[i])
			n.hash[i] = h
		}
	default:
		copy(n.words, item)
		c.digest(n.words, n)
	}
}

// digest computes the hashes of a state's parts, and their sum.
func (c *codec) digest(words []uint64, n *node) {
	n.sum = 0
	for i := range c.parts {
		n.hash[i] = hash(c.parts[i].of(words), c.seed)
		n.sum += weighed(n.hash[i], c.weigh[i])
	}
}

// weighed is what a part adds to the fingerprint of a state. The same part in another place adds something else.
func weighed(hash, weight uint64) uint64 { return (hash ^ weight) * (weight | 1) }

// key computes the key and the place of a state. Of base, a neighbour, only what differs is computed again: it is among
// these parts, a bit for each, or 0 if that is not known. scratch is overwritten.
func (c *codec) key(words []uint64, among uint64, base, scratch *node) (key, place uint64) {
	if c.width == 1 {
		key = mix(words[0] ^ c.seed)
		return key, key
	}
	changed, sum := uint64(0), base.sum
	if among == 0 {
		among = 1<<len(c.parts) - 1
	}
	for ; among != 0; among &= among - 1 {
		i := bits.TrailingZeros64(among)
		p := &c.parts[i]
		w := p.of(words)
		if equal(w, p.of(base.words)) {
			continue
		}
		h := hash(w, c.seed)
		sum += weighed(h, c.weigh[i]) - weighed(base.hash[i], c.weigh[i])
		scratch.hash[i] = h
		changed |= 1 << i
	}
	place = mix(sum)
	if c.tree == nil {
		return place, place
	}
	return mix(c.tree.root(words, changed, base, scratch)), place
}

// first computes the key and the place of a state without a neighbour.
func (c *codec) first(words []uint64, n *node) (key, place uint64) {
	if c.width == 1 {
		return c.key(words, 0, nil, nil)
	}
	copy(n.words, words)
	c.digest(words, n)
	place = mix(n.sum)
	if c.tree == nil {
		return place, place
	}
	return mix(c.tree.root(words, 1<<len(c.parts)-1, n, n)), place
}
