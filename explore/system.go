package explore

// MaxProperties is how many properties a system may have.
const MaxProperties = 64

// System is what is explored: a transition system whose states are vectors of a fixed number of words. Equal states
// have equal words.
type System interface {
	// Width returns the number of words of a state.
	Width() int
	// Initial returns the initial states.
	Initial() [][]uint64
	// NumProperties returns how many properties the system checks, at most [MaxProperties].
	NumProperties() int
	// NewWorker returns a worker; each goroutine has its own.
	NewWorker() Worker
}

// Worker computes successors. It may have scratch space, but what it computes depends on the state alone: the engine
// relies on the same successors in the same order for the same state, no matter which worker computes them.
type Worker interface {
	// Expand adds every transition of the state to b, and returns the set of the properties that are violated in the
	// state itself: a deadlock, say. It must not keep or change the state.
	Expand(state []uint64, b *Batch) (violated uint64)
	// Marks returns a set of things that this worker has seen, for the system's own use: coverage, say. The engine
	// joins the sets of all workers. Their size does not change.
	Marks() []uint64
}

// Batch collects transitions.
type Batch struct {
	width int
	Steps []Step   // one for each transition
	words []uint64 // their target states, one after the other

	// Ordinals are the places of the transitions among all of the state's, if they are but a part of them.
	Ordinals []int
}

// Step is a transition, without its states.
type Step struct {
	Action   uint32 // what happened, in the system's terms
	Violated uint64 // the properties that the transition violates
	// Of a [Partitioned] system: the parts that may have changed, a bit for each; 0 if that is not known.
	Parts uint64
}

// NewBatch returns an empty batch for states of so many words.
func NewBatch(width int) *Batch { return &Batch{width: width} }

// Reset empties the batch.
func (b *Batch) Reset() { b.Steps, b.words, b.Ordinals = b.Steps[:0], b.words[:0], b.Ordinals[:0] }

// ordinal is the place of the i-th transition among all of the state's.
func (b *Batch) ordinal(i int) int {
	if len(b.Ordinals) == 0 {
		return i
	}
	return b.Ordinals[i]
}

// Add appends a transition and returns where its target state is to be written; the words there are arbitrary. The
// slice is valid until the next call.
func (b *Batch) Add(s Step) []uint64 {
	b.Steps = append(b.Steps, s)
	n := len(b.words)
	if n+b.width > cap(b.words) {
		grown := make([]uint64, n, 2*cap(b.words)+64*b.width)
		copy(grown, b.words)
		b.words = grown
	}
	b.words = b.words[:n+b.width]
	return b.words[n:]
}

// State returns the target state of the i-th transition.
func (b *Batch) State(i int) []uint64 { return b.words[i*b.width : (i+1)*b.width] }

// Reducer is a [Worker] that knows which part of the transitions of a state is enough to find every violation (an
// ample, or persistent, set of a partial-order reduction).
type Reducer interface {
	// ExpandPart adds the transitions of the part that is to be tried next: attempt counts from 0. b.Ordinals
	// says which they are of those of Expand. It returns false if there is no other part than all of them. The engine
	// asks again if a successor was known before.
	ExpandPart(state []uint64, b *Batch, attempt int) bool
}
