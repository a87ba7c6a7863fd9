package explore

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
	tree  *tree  // for wide states, exactly
	seed  uint64 // of the fingerprints
}

func newCodec(sys System, mode Mode, seed uint64, mem *memory) *codec {
	c := &codec{width: sys.Width(), seed: seed}
	if c.width > 1 {
		c.parts = partsOf(sys)
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

// node is a state with what was computed of it: the hash of each part and, in a tree, the numbers of the parts and of
// the inner nodes.
type node struct {
	words []uint64
	hash  []uint64
	id    []uint32
}

func (c *codec) newNode() *node {
	n := &node{words: make([]uint64, c.width), hash: make([]uint64, len(c.parts))}
	if c.tree != nil {
		c.tree.prepare(n)
	}
	return n
}

// load reads an item of a queue.
func (c *codec) load(item []uint64, n *node) {
	switch {
	case c.width == 1:
		n.words[0] = unmix(item[0]) ^ c.seed
		return
	case c.tree != nil:
		c.tree.load(unmix(item[0]), n)
	default:
		copy(n.words, item)
	}
	for i, p := range c.parts {
		n.hash[i] = hash(n.words[p.From:p.To], c.seed)
	}
}

// key computes the key and the place of a state. Of base, a neighbour, only what differs is computed again; scratch is
// overwritten.
func (c *codec) key(words []uint64, base, scratch *node) (key, place uint64) {
	if c.width == 1 {
		key = mix(words[0] ^ c.seed)
		return key, key
	}
	changed := uint64(0)
	for i, p := range c.parts {
		w := words[p.From:p.To]
		if equal(w, base.words[p.From:p.To]) {
			scratch.hash[i] = base.hash[i]
			continue
		}
		scratch.hash[i] = hash(w, c.seed)
		changed |= 1 << i
	}
	place = combine(scratch.hash)
	if c.tree == nil {
		return place, place
	}
	return mix(c.tree.root(words, changed, base, scratch)), place
}

// first computes the key and the place of a state without a neighbour.
func (c *codec) first(words []uint64, n *node) (key, place uint64) {
	if c.width == 1 {
		return c.key(words, nil, nil)
	}
	for i, p := range c.parts {
		n.hash[i] = hash(words[p.From:p.To], c.seed)
	}
	place = combine(n.hash)
	if c.tree == nil {
		return place, place
	}
	return mix(c.tree.root(words, 1<<len(c.parts)-1, n, n)), place
}

// combine makes one fingerprint of the hashes of the parts. The same parts in other places have another one.
func combine(hashes []uint64) uint64 {
	sum, place := uint64(0), uint64(0x9e3779b97f4a7c15)
	for _, h := range hashes {
		sum += (h ^ place) * (place | 1)
		place = place*0xd1342543de82ef95 + 1
	}
	return mix(sum)
}
