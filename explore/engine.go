package explore

import (
	"context"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

const (
	blockChunks = 64  // chunks in a block: what is expanded between two insertions
	mostStates  = 256 // states in a chunk: what a worker takes at a time
	leastStates = 32
	mostWords   = 1 << 11
)

// engine is one breadth-first exploration.
type engine struct {
	ctx     context.Context
	sys     System
	opt     Options
	mem     *memory
	codec   *codec
	shards  [numShards]shard
	workers []*worker
	shares  []share
	chunks  [blockChunks]chunk
	begun   time.Time // less what an earlier part of the run took
	shown   time.Time
	saved   time.Time

	initial [][]uint64
	current *queue // the level that is being expanded
	next    *queue // the one after it
	done    int    // states of the current level that are expanded
	first   uint64 // the number of the current level's first state
	history history

	result Result
	found  [64]source // where each property was violated first
	left   uint64     // the properties for which no violation is known
	peak   uint64     // bytes

	earlier []uint64 // the marks of an earlier part of the run
}

// worker is a goroutine's part: it is used by one at a time.
type worker struct {
	Worker
	reducer Reducer
	walk    *walk
	batch   *Batch
	keys    []uint64
	places  []uint64
	base    *node // the state that is being expanded
	scratch *node // its successor
	recent  [recentKeys]uint64
	from    int // where the chunk began whose successors were offered last
}

// recentKeys is how many successors a worker remembers. One that it has offered before was offered by an earlier state
// in the order of expansion, so it is no news. Most transitions of most systems end here, without a look at the big
// table.
const recentKeys = 1 << 13

// source is a transition or, if its ordinal is noStep, a state.
type source struct {
	State    uint64 // its number
	Ordinal  int
	property int
}

const noStep = -1

func newEngine(ctx context.Context, sys System, opt Options) *engine {
	mem := &memory{}
	e := &engine{
		ctx: ctx, sys: sys, opt: opt, mem: mem, codec: newCodec(sys, opt.Mode, opt.Seed, mem), begun: time.Now(),
		left: 1<<sys.NumProperties() - 1, history: history{mem: mem}, initial: sys.Initial(),
	}
	e.shown, e.saved = e.begun, e.begun
	width := e.codec.itemWidth()
	e.current = newQueue(width, mem, &spillFile{dir: opt.Spill})
	e.next = newQueue(width, mem, &spillFile{dir: opt.Spill})
	for range opt.Workers {
		e.workers = append(e.workers, e.newWorker())
	}
	e.shares = make([]share, opt.Workers)
	for i := range e.shards {
		e.shards[i] = newShard(mem, opt)
	}
	return e
}

func (e *engine) newWorker() *worker {
	w := &worker{
		Worker: e.sys.NewWorker(), batch: NewBatch(e.sys.Width()), base: e.codec.newNode(), scratch: e.codec.newNode(),
		walk: newWalk(e.sys.Width(), e.codec),
	}
	w.reducer, _ = w.Worker.(Reducer)
	w.forget()
	return w
}

// forget empties the recent keys: slot i holds what can't be there.
func (w *worker) forget() {
	for i := range w.recent {
		w.recent[i] = uint64(i) + 1
	}
}

// begin inserts the initial states.
func (e *engine) begin() {
	n := e.workers[0].base
	for i, state := range e.initial {
		key, place := e.codec.first(state, n)
		if !e.shards[shardOf(place)].insert(key) {
			continue
		}
		e.initial[e.next.n] = e.initial[i] // numbers count different ones only
		e.store(e.next.item(e.next.reserve(1)), key, state)
	}
}

// store writes the item of a state.
func (e *engine) store(item []uint64, key uint64, words []uint64) {
	if e.codec.keyed() {
		item[0] = key
	} else {
		copy(item, words)
	}
}

// run expands level after level until there is none or something stops it.
func (e *engine) run() error {
	for e.enter() {
		for e.done < e.current.n {
			if stopped, err := e.block(); stopped || err != nil {
				e.leave()
				return err
			}
		}
	}
	return nil
}

// enter makes the next level the current one, unless there is none or it is beyond the bound. A level that a checkpoint
// has begun goes on.
func (e *engine) enter() bool {
	if e.done < e.current.n {
		return true
	}
	r := &e.result
	e.first += uint64(e.current.n)
	e.current.clear()
	e.current, e.next, e.done = e.next, e.current, 0
	if e.current.n == 0 {
		r.Stop = Exhausted
		return false
	}
	r.States += uint64(e.current.n)
	r.Levels = append(r.Levels, uint64(e.current.n))
	if e.opt.Depth > 0 && r.Depth() == e.opt.Depth {
		r.Stop = DepthBound
		return false
	}
	return true
}

// leave counts the states of a level that was not entered.
func (e *engine) leave() {
	if e.next.n > 0 {
		e.result.States += uint64(e.next.n)
		e.result.Levels = append(e.result.Levels, uint64(e.next.n))
	}
}

// block expands the next states of the level, and reports whether the run is to stop.
func (e *engine) block() (stopped bool, err error) {
	n := e.cut()
	end := e.chunks[n-1].to
	if err := e.current.load(e.done, end); err != nil {
		return false, err
	}
	e.each(n, func(w *worker, i int) { w.expand(e, &e.chunks[i]) })
	if e.codec.tree != nil {
		e.codec.tree.collect()
	}
	fits, err := e.fit(n)
	if err != nil {
		return false, err
	}
	if !fits {
		return true, e.stop(MemoryLimit)
	}
	e.insert(n)
	e.append(n)
	left := e.left
	e.count(n)
	e.bytes()
	e.done = end
	e.current.release(end)
	e.report(left &^ e.left)
	e.tell()
	if why, stopped := e.stopped(); stopped {
		return true, e.stop(why)
	}
	return false, e.save(false)
}

// stop ends the run, which can go on from its checkpoint.
func (e *engine) stop(why Stop) error {
	if err := e.save(true); err != nil {
		return err
	}
	e.result.Stop = why
	return nil
}

// cut takes the next chunks of the level, and returns how many. A chunk's size depends on the level alone: a reduction
// asks what was known when the block began, and that must not depend on the number of workers.
func (e *engine) cut() int {
	most := mostStates
	if !e.codec.keyed() { // their successors are kept as they are
		most = max(1, min(most, mostWords/e.codec.width))
	}
	size := min(max(e.current.n/16, leastStates), most)
	n := 0
	for from := e.done; from < e.current.n && n < blockChunks; from += size {
		c := &e.chunks[n]
		c.from, c.to = from, min(from+size, e.current.n)
		n++
	}
	return n
}

// share is the part of a phase's work that a worker begins with. It fills a cache line, since others count it down as
// well.
type share struct {
	next atomic.Int64
	end  int64
	_    [48]byte
}

// each calls do(worker, i) for i < n, by all workers. Each begins with the same share every time, so that what it
// touches stays in its cache, and helps the others when it is done.
func (e *engine) each(n int, do func(*worker, int)) {
	workers := len(e.workers)
	if workers == 1 || n == 1 {
		for i := range n {
			do(e.workers[0], i)
		}
		return
	}
	for w := range e.shares {
		e.shares[w].next.Store(int64(n * w / workers))
		e.shares[w].end = int64(n * (w + 1) / workers)
	}
	var wg sync.WaitGroup
	for first, w := range e.workers {
		wg.Go(func() {
			for k := range workers {
				s := &e.shares[(first+k)%workers]
				for i := s.next.Add(1) - 1; i < s.end; i = s.next.Add(1) - 1 {
					do(w, int(i))
				}
			}
		})
	}
	wg.Wait()
}

// expand is the first phase of a block: the successors of a chunk's states.
func (w *worker) expand(e *engine, c *chunk) {
	c.reset()
	if c.from < w.from {
		w.forget() // what it has offered since comes later in the order
	}
	w.from = c.from
	seen := ^e.left // violations that are known, or that this chunk has found before
	for i := c.from; i < c.to; i++ {
		e.codec.load(e.current.item(i), w.base)
		violated, reduced := w.successors(e)
		state := e.first + uint64(i)
		c.note(&seen, violated, state, noStep)
		for j := range w.batch.Steps {
			if v := w.batch.Steps[j].Violated; v&^seen != 0 {
				c.note(&seen, v, state, w.batch.ordinal(j))
			}
		}
		c.transitions += uint64(len(w.batch.Steps))
		if len(w.batch.Steps) == 0 {
			c.ends++
		}
		if reduced {
			c.reduced++
		}
		w.offer(e, c, uint32(i-c.from)<<ordinalBits)
	}
	c.sort()
}

// successors fills the batch with the successors of w.base, and computes their keys. Where a reduction offers a part of
// the transitions that will do, it is taken if there is a way on, by parts that were taken, to a state that is expanded
// whole or has no successor: so nothing is put off for ever (the condition S of stubborn sets, Valmari 1991). There is
// one if some successor is new, since it is expanded later, or if whoever takes the first successor of the first part
// again and again comes to such a state.
func (w *worker) successors(e *engine) (violated uint64, reduced bool) {
	if w.reducer != nil {
		for attempt := 0; ; attempt++ {
			w.batch.Reset()
			if !w.reducer.ExpandPart(w.base.words, w.batch, attempt) {
				break
			}
			w.encode(e)
			if w.fresh(e) {
				return 0, true
			}
			if attempt > 0 {
				continue
			}
			ends := w.walk.ends(w.reducer, w.base.words)
			w.batch.Reset()
			w.reducer.ExpandPart(w.base.words, w.batch, 0) // it has walked on
			if ends {
				return 0, true
			}
		}
	}
	w.batch.Reset()
	violated = w.Expand(w.base.words, w.batch)
	w.encode(e)
	return violated, false
}

// encode computes the keys and places of the successors.
func (w *worker) encode(e *engine) {
	w.keys, w.places = w.keys[:0], w.places[:0]
	if e.codec.width == 1 {
		for _, word := range w.batch.words {
			w.keys = append(w.keys, mix(word^e.codec.seed))
		}
		return
	}
	for i := range w.batch.Steps {
		key, place := e.codec.key(w.batch.State(i), w.batch.Steps[i].Parts, w.base, w.scratch)
		w.keys, w.places = append(w.keys, key), append(w.places, place)
	}
}

// place returns the place of the i-th successor.
func (w *worker) place(i int) uint64 {
	if len(w.places) == 0 {
		return w.keys[i]
	}
	return w.places[i]
}

// fresh reports whether some successor was not known when the block began.
func (w *worker) fresh(e *engine) bool {
	for i, key := range w.keys {
		if !e.shards[shardOf(w.place(i))].has(key) {
			return true
		}
	}
	return false
}

// offer adds the successors to the chunk.
func (w *worker) offer(e *engine, c *chunk, origin uint32) {
	keep := !e.codec.keyed()
	for i, key := range w.keys {
		recent := &w.recent[key%recentKeys]
		if *recent == key {
			continue
		}
		*recent = key
		c.key = append(c.key, key)
		c.shard = append(c.shard, uint8(shardOf(w.place(i))))
		c.origin = append(c.origin, origin+uint32(w.batch.ordinal(i)))
		if keep {
			c.words = append(c.words, w.batch.State(i)...)
		}
	}
}

// insert is the second phase of a block: each shard learns which of its keys are new.
func (e *engine) insert(n int) {
	e.each(numShards, func(_ *worker, s int) {
		for i := range n {
			c := &e.chunks[i]
			from, to := c.start[s], c.start[s+1]
			c.news[s] = e.shards[s].insertAll(c.sorted[from:to], c.at[from:to], c.fresh)
		}
	})
}

// append is the third phase of a block: the new states go to the end of the next level, in the order in which
// breadth-first search with a queue finds them.
func (e *engine) append(n int) {
	child := e.first + uint64(e.current.n) + uint64(e.next.n)
	for i := range n {
		c := &e.chunks[i]
		c.child = child
		news := c.total()
		c.into = e.next.reserve(news)
		child += uint64(news)
	}
	e.each(n, func(_ *worker, i int) {
		c := &e.chunks[i]
		into := c.into
		for j, fresh := range c.fresh {
			if fresh != 0 {
				e.store(e.next.item(into), c.key[j], c.state(j, e.codec.width))
				into++
			}
		}
		c.write()
	})
	for i := range n {
		c := &e.chunks[i]
		if c.total() > 0 {
			e.history.add(&c.log, e.first+uint64(c.from), c.child, c.width)
		}
	}
}

// count adds up what a block found.
func (e *engine) count(n int) {
	r := &e.result
	for i := range n {
		c := &e.chunks[i]
		r.Transitions += c.transitions
		r.Ends += c.ends
		r.Reduced += c.reduced
		for _, v := range c.violated {
			if e.left>>v.property&1 != 0 {
				e.left &^= 1 << v.property
				e.found[v.property] = v
			}
		}
	}
}

// bytes returns the memory in use, by the exploration and by the rest of the process, and remembers the most.
func (e *engine) bytes() uint64 {
	bytes := e.mem.bytes() + process()
	e.peak = max(e.peak, bytes)
	return bytes
}

// fit sees to it that a block's successors have room. What waits at the far end of the queues is moved to a file first,
// if there may be one.
func (e *engine) fit(n int) (bool, error) {
	if e.opt.Memory == 0 {
		return true, nil
	}
	limit := e.opt.Memory / 32 * 31 // what is not accounted for needs some room, too
	need := e.need(n)
	if e.bytes()+need <= limit {
		return true, nil
	}
	debug.FreeOSMemory() // garbage first
	if e.bytes()+need <= limit {
		return true, nil
	}
	if e.opt.Spill == "" {
		return false, nil
	}
	page := e.chunks[n-1].to/e.current.per + 1
	for _, q := range []struct {
		*queue
		from int
	}{{e.current, page}, {e.next, 0}} {
		moved, err := q.spill(q.from)
		if err != nil {
			return false, err
		}
		e.result.Spilled += uint64(moved) * 8 * pageWords
	}
	e.mem.trim()
	return e.bytes()+need <= limit, nil
}

// need returns how much memory it may take to insert a block.
func (e *engine) need(n int) uint64 {
	sum := uint64(0)
	for s := range e.shards {
		keys := uint64(0)
		for i := range n {
			keys += uint64(e.chunks[i].start[s+1] - e.chunks[i].start[s])
		}
		sum += e.shards[s].growth(keys) + keys*4*uint64(e.next.width) // as a rule few are new
	}
	return sum + 8*pageWords
}

// report tells of properties that have just been found violated.
func (e *engine) report(properties uint64) {
	for p := 0; e.opt.Found != nil && properties>>p != 0; p++ {
		if properties>>p&1 == 1 {
			e.opt.Found(Violation{Property: p, Trace: e.trace(e.found[p])})
		}
	}
}

func (e *engine) tell() {
	if e.opt.Progress == nil || time.Since(e.shown) < e.opt.Every {
		return
	}
	e.shown = time.Now()
	e.opt.Progress(Progress{
		States: e.result.States + uint64(e.next.n), Transitions: e.result.Transitions, Level: e.result.Depth(),
		Frontier: uint64(e.current.n-e.done) + uint64(e.next.n), Bytes: e.bytes(), Elapsed: e.shown.Sub(e.begun),
	})
}

// stopped returns which limit was hit, false if none was.
func (e *engine) stopped() (Stop, bool) {
	if e.done == e.current.n && e.next.n == 0 {
		return 0, false // there is nothing left to do
	}
	if why, ended := cancelled(e.ctx); ended {
		return why, true
	}
	return StateLimit, e.opt.MaxStates > 0 && e.result.States+uint64(e.next.n) >= e.opt.MaxStates
}

// close gives back what the exploration holds outside the heap.
func (e *engine) close() {
	e.current.file.close()
	e.next.file.close()
	e.mem.close()
}
