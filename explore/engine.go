package explore

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	chunkSize   = 256 // states in a chunk: what a worker takes at a time
	blockChunks = 64  // chunks in a block: what is expanded between two insertions
)

// engine is one exploration.
type engine struct {
	ctx     context.Context
	sys     System
	opt     Options
	workers []*worker
	shards  [numShards]shard
	chunks  [blockChunks]chunk
	start   time.Time
	shown   time.Time

	result  Result
	next    uint64     // states of the level that is being filled
	pending uint64     // states of the current level that are not expanded yet
	found   [64]source // where each property was violated first
	left    uint64     // the properties for which no violation is known
}

// worker is a goroutine's part: it is used by one at a time.
type worker struct {
	Worker
	batch *Batch
}

// chunk is a run of states of one shard, and what expanding them gave.
type chunk struct {
	shard, from, to int

	bucket      [numShards]bucket // the successors by shard
	transitions uint64
	ends        uint64
	violated    []source
}

// bucket holds successors: their hashes, their links to their parents, and their words one after the other.
type bucket struct {
	hash   []uint64
	parent []ref
	words  []uint64
}

// source is a transition or, if its ordinal is noStep, a state.
type source struct {
	property int
	state    ref
	step     int
}

const noStep = -1

func newEngine(ctx context.Context, sys System, opt Options) *engine {
	e := &engine{ctx: ctx, sys: sys, opt: opt, start: time.Now(), left: 1<<sys.NumProperties() - 1}
	e.shown = e.start
	for range opt.Workers {
		e.workers = append(e.workers, &worker{sys.NewWorker(), NewBatch(sys.Width())})
	}
	for i := range e.shards {
		e.shards[i].width = sys.Width()
	}
	for _, state := range sys.Initial() {
		h := hash(state)
		if e.shards[shardOf(h)].insert(state, h, noParent) {
			e.next++
		}
	}
	return e
}

// run expands level after level until there is none or something stops it.
func (e *engine) run() {
	var done [numShards]int // how many states of each shard are expanded
	for depth := 0; e.next > 0; depth++ {
		e.result.States += e.next
		e.result.Levels = append(e.result.Levels, e.next)
		if e.opt.Depth > 0 && depth == e.opt.Depth {
			e.result.Stop = DepthBound
			return
		}
		e.pending, e.next = e.next, 0
		var level [numShards]int // how many states each shard had when the level began
		for i := range level {
			level[i] = e.shards[i].n
		}
		for shard := 0; shard < numShards; {
			n := e.cut(&shard, &done, &level)
			if n == 0 {
				break
			}
			e.expand(n)
			e.insert(n)
			e.tell(depth)
			if e.stopped() {
				e.endLevel()
				return
			}
		}
	}
	e.result.Stop = Exhausted
}

// endLevel counts the states of a level that was not completed.
func (e *engine) endLevel() {
	if e.next > 0 {
		e.result.States += e.next
		e.result.Levels = append(e.result.Levels, e.next)
	}
}

// cut takes the next chunks of a level, and returns how many.
func (e *engine) cut(shard *int, done, level *[numShards]int) int {
	n := 0
	for ; *shard < numShards; *shard++ {
		for done[*shard] < level[*shard] {
			if n == blockChunks {
				return n
			}
			to := min(done[*shard]+chunkSize, level[*shard])
			c := &e.chunks[n]
			c.shard, c.from, c.to = *shard, done[*shard], to
			done[*shard] = to
			n++
		}
	}
	return n
}

// each calls do(worker, i) for i < n, by all workers.
func (e *engine) each(n int, do func(*worker, int)) {
	if len(e.workers) == 1 || n == 1 {
		for i := range n {
			do(e.workers[0], i)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for _, w := range e.workers {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				do(w, i)
			}
		})
	}
	wg.Wait()
}

// expand is the first phase of a block: the successors of n chunks.
func (e *engine) expand(n int) {
	e.each(n, func(w *worker, i int) { w.expand(&e.chunks[i], e) })
	for i := range n {
		c := &e.chunks[i]
		e.pending -= uint64(c.to - c.from)
		e.result.Transitions += c.transitions
		e.result.Ends += c.ends
		for _, v := range c.violated {
			if e.left>>v.property&1 != 0 {
				e.left &^= 1 << v.property
				e.found[v.property] = v
			}
		}
	}
}

func (w *worker) expand(c *chunk, e *engine) {
	c.transitions, c.ends, c.violated = 0, 0, c.violated[:0]
	for i := range c.bucket {
		b := &c.bucket[i]
		b.hash, b.parent, b.words = b.hash[:0], b.parent[:0], b.words[:0]
	}
	seen := ^e.left // violations that are known, or that this chunk has found before
	note := func(violated uint64, state ref, step int) {
		for p := 0; violated&^seen != 0; p++ {
			if bit := uint64(1) << p; violated&^seen&bit != 0 {
				seen |= bit
				c.violated = append(c.violated, source{p, state, step})
			}
		}
	}
	from := &e.shards[c.shard]
	for n := c.from; n < c.to; n++ {
		self := newRef(c.shard, n)
		w.batch.Reset()
		note(w.Expand(from.at(n), w.batch), self, noStep)
		c.transitions += uint64(len(w.batch.Steps))
		if len(w.batch.Steps) == 0 {
			c.ends++
		}
		for i, s := range w.batch.Steps {
			if s.Violated != 0 {
				note(s.Violated, self, i)
			}
			state := w.batch.State(i)
			h := hash(state)
			b := &c.bucket[shardOf(h)]
			b.hash = append(b.hash, h)
			b.parent = append(b.parent, self.by(i))
			b.words = append(b.words, state...)
		}
	}
}

// insert is the second phase of a block: the new ones among the successors are stored.
func (e *engine) insert(n int) {
	var fresh [numShards]uint64
	e.each(numShards, func(_ *worker, s int) {
		shard := &e.shards[s]
		before := shard.n
		for i := range n {
			b := &e.chunks[i].bucket[s]
			for j, h := range b.hash {
				shard.insert(b.words[j*shard.width:(j+1)*shard.width], h, b.parent[j])
			}
		}
		fresh[s] = uint64(shard.n - before)
	})
	for _, f := range fresh {
		e.next += f
	}
}

// bytes returns the memory of the store.
func (e *engine) bytes() uint64 {
	var sum uint64
	for i := range e.shards {
		sum += e.shards[i].bytes()
	}
	return sum
}

func (e *engine) tell(depth int) {
	if e.opt.Progress == nil || time.Since(e.shown) < e.opt.Every {
		return
	}
	e.shown = time.Now()
	e.opt.Progress(Progress{
		States: e.result.States + e.next, Transitions: e.result.Transitions, Level: depth, Frontier: e.pending + e.next,
		Bytes: e.bytes(), Elapsed: e.shown.Sub(e.start),
	})
}

// stopped checks the limits, and notes which one was hit.
func (e *engine) stopped() bool {
	switch err := e.ctx.Err(); {
	case errors.Is(err, context.DeadlineExceeded):
		e.result.Stop = TimeLimit
	case err != nil:
		e.result.Stop = Interrupted
	case e.opt.MaxStates > 0 && e.result.States+e.next >= e.opt.MaxStates:
		e.result.Stop = StateLimit
	case e.opt.Memory > 0 && e.bytes() >= e.opt.Memory:
		e.result.Stop = MemoryLimit
	default:
		return false
	}
	return e.pending+e.next > 0 // else there was nothing left to do
}

// finish joins what the workers know, and rebuilds the traces.
func (e *engine) finish() *Result {
	r := &e.result
	for _, w := range e.workers {
		marks := w.Marks()
		if r.Marks == nil {
			r.Marks = make([]uint64, len(marks))
		}
		for i, m := range marks {
			r.Marks[i] |= m
		}
	}
	for p := range e.sys.NumProperties() {
		if e.left>>p&1 == 0 {
			r.Violations = append(r.Violations, Violation{Property: p, Trace: e.trace(e.found[p])})
		}
	}
	r.Bytes = e.bytes()
	r.Elapsed = time.Since(e.start)
	return r
}

// trace follows the links to the parents back to an initial state.
func (e *engine) trace(src source) Trace {
	var steps []int
	if src.step != noStep {
		steps = append(steps, src.step)
	}
	at := src.state
	for {
		parent := e.shards[at.shard()].parent[at.number()]
		if parent == noParent {
			break
		}
		steps = append(steps, parent.ordinal())
		at = parent.state()
	}
	slices.Reverse(steps)
	return Trace{Initial: slices.Clone(e.shards[at.shard()].at(at.number())), Steps: steps}
}
