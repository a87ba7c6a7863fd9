package explore

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// Samples: walks and searches, each numbered, each with a source of random numbers of its own. What is found depends on
// the numbers and on the seed, not on who does which.

const (
	walkLength  = 10_000 // steps of a walk, and depth of a swarm's search, unless Depth says otherwise
	swarmFilter = 1 << 23
)

// sample makes runs until there are enough, or a limit ends it.
func sample(ctx context.Context, sys System, opt Options) *Result {
	begun := time.Now()
	shown := begun
	var mu sync.Mutex
	total := &Result{Stop: Sampled, Mode: opt.Mode, Search: opt.Search}
	var found best
	seen := make(sketch, sketchWords)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range opt.Workers {
		wg.Go(func() {
			w := &sampler{ctx: ctx, sys: sys, opt: opt, worker: sys.NewWorker(), seen: make(sketch, sketchWords)}
			defer w.mem.close()
			for {
				n := int(next.Add(1)) - 1
				run := n*opt.Shards + opt.Shard // this machine's share
				if run >= opt.Runs || ctx.Err() != nil {
					break
				}
				r := w.run(run)
				mu.Lock()
				total.Runs++
				total.Transitions += r.Transitions
				total.Ends += r.Ends
				for len(total.Levels) < len(r.Levels) {
					total.Levels = append(total.Levels, 0)
				}
				if opt.Progress != nil && time.Since(shown) >= opt.Every {
					shown = time.Now()
					opt.Progress(Progress{
						States: w.seen.count(), Transitions: total.Transitions, Level: len(total.Levels) - 1,
						Frontier: uint64(opt.share() - total.Runs), Bytes: process(), Elapsed: shown.Sub(begun),
					})
				}
				mu.Unlock()
			}
			mu.Lock()
			defer mu.Unlock()
			found.join(&w.best)
			seen.join(w.seen)
			total.Marks = join(total.Marks, w.worker.Marks())
			total.Bytes = max(total.Bytes, w.mem.bytes()+process())
		})
	}
	wg.Wait()
	if opt.Search == Swarm {
		total.Mode = Bitstate
	}
	if why, ended := cancelled(ctx); ended {
		total.Stop = why
	}
	total.States = seen.count()
	total.Violations = found.violations()
	total.Elapsed = time.Since(begun)
	return total
}

// share is how many of the runs are this machine's.
func (o Options) share() int { return (o.Runs - o.Shard + o.Shards - 1) / o.Shards }

// sampler is a goroutine's part.
type sampler struct {
	ctx    context.Context
	sys    System
	opt    Options
	worker Worker
	mem    memory
	best   best
	seen   sketch
}

// run makes the run with that number.
func (w *sampler) run(number int) *Result {
	length := w.opt.Depth
	if length == 0 {
		length = walkLength
	}
	rng := rand.New(rand.NewPCG(w.opt.Seed, uint64(number)))
	if w.opt.Search == Swarm {
		opt := w.opt
		opt.Mode, opt.Seed, opt.Progress, opt.MaxStates = Bitstate, rng.Uint64(), nil, 0
		s := newSequential(w.ctx, w.sys, opt, w.worker, &w.mem)
		s.run, s.seen = number, w.seen
		s.depthFirst(rng, length)
		w.best.join(&s.best)
		for i := range s.shards {
			w.mem.free(s.shards[i].bits.words)
		}
		return &s.result
	}
	return w.walk(rng, number, length)
}

// walk goes from an initial state along any transition, as far as it can.
func (w *sampler) walk(rng *rand.Rand, number, length int) *Result {
	r := &Result{}
	initial := w.sys.Initial()
	first := initial[rng.IntN(len(initial))]
	state := append([]uint64(nil), first...)
	b := NewBatch(w.sys.Width())
	var steps []int
	for range length {
		w.seen.add(hash(state, 0))
		b.Reset()
		w.best.offer(w.worker.Expand(state, b), number, first, steps, noStep)
		n := len(b.Steps)
		if n == 0 {
			r.Ends++
			break
		}
		i := rng.IntN(n)
		r.Transitions++
		w.best.offer(b.Steps[i].Violated, number, first, steps, i)
		steps = append(steps, i)
		copy(state, b.State(i))
	}
	r.deepest(len(steps))
	return r
}
