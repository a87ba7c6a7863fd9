package explore

// walk follows the first successor of the first part that a reduction offers, from state to state. Where that leads
// depends on the state alone, so it is remembered.
type walk struct {
	codec *codec
	node  *node
	batch *Batch
	at    []uint64
	way   []uint64            // the keys of the states of this walk
	on    map[uint64]struct{} // the same, as a set
	ended map[uint64]struct{} // states from which the walk ends
}

// mostEnded is how many states are remembered.
const mostEnded = 1 << 17

func newWalk(width int, c *codec) *walk {
	return &walk{
		codec: c, node: c.newNode(), batch: NewBatch(width), on: map[uint64]struct{}{}, ended: map[uint64]struct{}{},
	}
}

// ends reports whether the walk from a state comes to one that has no part, but must be expanded whole, or has no
// successor. It does not if it comes to a state again.
func (w *walk) ends(r Reducer, state []uint64) bool {
	w.at = append(w.at[:0], state...)
	w.way = w.way[:0]
	clear(w.on)
	for {
		key, _ := w.codec.first(w.at, w.node)
		if _, ended := w.ended[key]; ended {
			return w.remember()
		}
		if _, again := w.on[key]; again {
			return false
		}
		w.on[key] = struct{}{}
		w.way = append(w.way, key)
		w.batch.Reset()
		if !r.ExpandPart(w.at, w.batch, 0) {
			return w.remember()
		}
		w.at = append(w.at[:0], w.batch.State(0)...)
	}
}

// remember notes that the walk ended.
func (w *walk) remember() bool {
	if len(w.ended) > mostEnded {
		clear(w.ended)
	}
	for _, key := range w.way {
		w.ended[key] = struct{}{}
	}
	return true
}
