package explore

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"
)

// sequential is a search by one worker with a set of its own.
type sequential struct {
	ctx     context.Context
	opt     Options
	sys     System
	mem     *memory
	codec   *codec
	shards  [numShards]shard
	worker  Worker
	reducer Reducer
	walk    *walk
	batch   *Batch
	base    *node
	scratch *node
	begun   time.Time
	shown   time.Time

	run    int // which one of several
	best   best
	seen   sketch // if the states are to be counted over several runs
	result Result
}

func newSequential(ctx context.Context, sys System, opt Options, worker Worker, mem *memory) *sequential {
	s := &sequential{
		ctx: ctx, opt: opt, sys: sys, mem: mem, codec: newCodec(sys, opt.Mode, opt.Seed, mem), worker: worker,
		batch: NewBatch(sys.Width()), begun: time.Now(), result: Result{Stop: Exhausted},
	}
	s.shown = s.begun
	s.reducer, _ = worker.(Reducer)
	s.base, s.scratch = s.codec.newNode(), s.codec.newNode()
	s.walk = newWalk(sys.Width(), s.codec)
	for i := range s.shards {
		s.shards[i] = newShard(mem, opt)
	}
	return s
}

// insert adds a state to the set, and reports whether it is new.
func (s *sequential) insert(words []uint64) bool {
	key, place := s.codec.first(words, s.scratch)
	if !s.shards[shardOf(place)].insert(key) {
		return false
	}
	s.result.States++
	if s.seen != nil {
		s.seen.add(hash(words, 0)) // the place depends on the seed
	}
	return true
}

// knows reports whether the state is in the set.
func (s *sequential) knows(words []uint64) bool {
	key, place := s.codec.first(words, s.scratch)
	return s.shards[shardOf(place)].has(key)
}

// expand fills the batch with the successors of a state; a part of them, where a reduction says that it will do.
func (s *sequential) expand(words []uint64) (violated uint64) {
	defer func() { s.result.Transitions += uint64(len(s.batch.Steps)) }()
	if s.reducer != nil {
		for attempt := 0; ; attempt++ {
			s.batch.Reset()
			if !s.reducer.ExpandPart(words, s.batch, attempt) {
				break
			}
			fresh := false
			for i := range s.batch.Steps {
				fresh = fresh || !s.knows(s.batch.State(i))
			}
			if !fresh && attempt == 0 { // see worker.successors
				fresh = s.walk.ends(s.reducer, words)
				s.batch.Reset()
				s.reducer.ExpandPart(words, s.batch, 0)
			}
			if fresh {
				s.result.Reduced++
				return 0
			}
		}
	}
	s.batch.Reset()
	violated = s.worker.Expand(words, s.batch)
	if len(s.batch.Steps) == 0 {
		s.result.Ends++
	}
	return violated
}

// stopped checks the limits, and notes which one was hit.
func (s *sequential) stopped() bool {
	why, ended := cancelled(s.ctx)
	switch {
	case ended:
		s.result.Stop = why
	case s.opt.MaxStates > 0 && s.result.States >= s.opt.MaxStates:
		s.result.Stop = StateLimit
	case s.opt.Memory > 0 && s.mem.bytes()+process() > s.opt.Memory/32*31:
		s.result.Stop = MemoryLimit
	default:
		return false
	}
	return true
}

// tell calls Progress now and then.
func (s *sequential) tell(depth, frontier int) {
	if s.opt.Progress == nil || time.Since(s.shown) < s.opt.Every {
		return
	}
	s.shown = time.Now()
	s.opt.Progress(Progress{
		States: s.result.States, Transitions: s.result.Transitions, Level: depth, Frontier: uint64(frontier),
		Bytes: s.mem.bytes() + process(), Elapsed: s.shown.Sub(s.begun),
	})
}

// finish completes the result.
func (s *sequential) finish() *Result {
	r := &s.result
	r.Mode, r.Search = s.opt.Mode, s.opt.Search
	r.Violations = s.best.violations()
	r.Marks = join(nil, s.worker.Marks())
	r.Bytes = max(r.Bytes, s.mem.bytes()+process())
	r.Missed = missedBy(s.opt.Mode, s.codec, &s.shards, r.States)
	r.Elapsed = time.Since(s.begun)
	return r
}

// frame is a state on the stack of a depth-first search, with those of its successors that were new when it was
// expanded.
type frame struct {
	items    []uint64 // encoded successors
	ordinals []int
	next     int // which one is to be visited next
}

// depthFirst visits what can be reached from the initial states. The order of the successors is that of the system or,
// with rng, an arbitrary one; limit bounds the length of the stack if it is not 0.
func (s *sequential) depthFirst(rng *rand.Rand, limit int) {
	width := s.sys.Width()
	var stack []frame
	var steps []int
	words := make([]uint64, width)
	for _, initial := range s.sys.Initial() {
		if fresh := s.insert(initial); !fresh {
			continue
		}
		push := func(state []uint64) {
			violated := s.expand(state)
			s.best.offer(violated, s.run, initial, steps, noStep)
			var f frame
			if len(stack) < cap(stack) {
				f = stack[:len(stack)+1][len(stack)]
			}
			f = frame{items: f.items[:0], ordinals: f.ordinals[:0]}
			for i, step := range s.batch.Steps {
				s.best.offer(step.Violated, s.run, initial, steps, s.batch.ordinal(i))
				f.items = append(f.items, s.batch.State(i)...)
				f.ordinals = append(f.ordinals, s.batch.ordinal(i))
			}
			if rng != nil {
				rng.Shuffle(len(f.ordinals), func(i, j int) {
					f.ordinals[i], f.ordinals[j] = f.ordinals[j], f.ordinals[i]
					for k := range width {
						a, b := &f.items[i*width+k], &f.items[j*width+k]
						*a, *b = *b, *a
					}
				})
			}
			stack = append(stack, f)
			s.result.deepest(len(stack) - 1)
		}
		push(initial)
		for n := 0; len(stack) > 0; n++ {
			if n%1024 == 0 {
				s.tell(len(stack), len(stack))
				if s.stopped() {
					return
				}
			}
			f := &stack[len(stack)-1]
			if f.next == len(f.ordinals) || limit > 0 && len(stack) > limit {
				stack = stack[:len(stack)-1]
				if len(steps) > 0 {
					steps = steps[:len(steps)-1]
				}
				continue
			}
			copy(words, f.items[f.next*width:(f.next+1)*width])
			ordinal := f.ordinals[f.next]
			f.next++
			if fresh := s.insert(words); fresh {
				steps = append(steps, ordinal)
				push(words)
			}
		}
	}
}

// directed expands the state first that is closest to a violation, by the guess of the system, until it finds one.
func (s *sequential) directed() {
	d := nearestFirst{s: s, width: s.sys.Width(), nearest: 256, initial: s.sys.Initial()}
	d.guide, _ = s.worker.(Guide)
	for i, state := range d.initial {
		d.push(state, origin{-1, i})
	}
	words := make([]uint64, d.width)
	for n := 0; d.waiting > 0; n++ {
		if n%1024 == 0 {
			s.tell(0, d.waiting)
			if s.stopped() {
				return
			}
		}
		at := d.pop(words)
		violated := s.expand(words)
		all := violated
		for _, step := range s.batch.Steps {
			all |= step.Violated
		}
		if all != 0 {
			first, steps := d.path(at)
			s.best.offer(violated, 0, first, steps, noStep)
			for i, step := range s.batch.Steps {
				s.best.offer(step.Violated, 0, first, steps, s.batch.ordinal(i))
			}
			s.result.Stop = FirstFound
			return
		}
		for i := range s.batch.Steps {
			d.push(s.batch.State(i), origin{at, s.batch.ordinal(i)})
		}
	}
}

// nearestFirst are the states that wait, by their distance.
type nearestFirst struct {
	s       *sequential
	guide   Guide // nil: they are all as far
	width   int
	initial [][]uint64
	reached []origin
	buckets [256][]uint64 // by distance: index into reached, and the state
	nearest int           // the first bucket in which one may wait
	waiting int
}

// origin is how a state was reached.
type origin struct {
	parent  int // index into reached; -1: an initial state
	ordinal int
}

// push has a state wait, if it is new.
func (d *nearestFirst) push(state []uint64, from origin) {
	if fresh := d.s.insert(state); !fresh {
		return
	}
	distance := 0
	if d.guide != nil {
		distance = d.guide.Distance(state)
	}
	d.buckets[distance] = append(append(d.buckets[distance], uint64(len(d.reached))), state...)
	d.reached = append(d.reached, from)
	d.nearest = min(d.nearest, distance)
	d.waiting++
}

// pop takes the last of the nearest states, and returns its index into reached. One must wait.
func (d *nearestFirst) pop(words []uint64) int {
	for len(d.buckets[d.nearest]) == 0 {
		d.nearest++
	}
	b := d.buckets[d.nearest]
	last := b[len(b)-1-d.width:]
	copy(words, last[1:])
	d.buckets[d.nearest] = b[:len(b)-1-d.width]
	d.waiting--
	return int(last[0])
}

// path is the way to a state that was reached.
func (d *nearestFirst) path(i int) (first []uint64, steps []int) {
	for ; d.reached[i].parent >= 0; i = d.reached[i].parent {
		steps = append(steps, d.reached[i].ordinal)
	}
	slices.Reverse(steps)
	return d.initial[d.reached[i].ordinal], steps
}
