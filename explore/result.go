package explore

import (
	"slices"
	"time"
)

// finish joins what the workers know, and rebuilds the traces.
func (e *engine) finish() *Result {
	r := &e.result
	r.Marks = e.marks()
	for p := range e.sys.NumProperties() {
		if e.left>>p&1 == 0 {
			r.Violations = append(r.Violations, Violation{Property: p, Trace: e.trace(e.found[p])})
		}
	}
	r.Mode = e.opt.Mode
	r.Missed = missedBy(e.opt.Mode, e.codec, &e.shards, r.States)
	r.Bytes = max(e.peak, e.bytes())
	r.Elapsed = time.Since(e.begun)
	return r
}

// marks is the union of all marks so far.
func (e *engine) marks() []uint64 {
	marks := slices.Clone(e.earlier)
	for _, w := range e.workers {
		marks = join(marks, w.Marks())
	}
	return marks
}

// join adds marks to others.
func join(marks, more []uint64) []uint64 {
	if marks == nil {
		return slices.Clone(more)
	}
	for i, m := range more {
		marks[i] |= m
	}
	return marks
}

// trace follows the history back to an initial state.
func (e *engine) trace(src source) Trace {
	from, steps := e.history.path(src.State)
	if src.Ordinal != noStep {
		steps = append(steps, src.Ordinal)
	}
	return Trace{Initial: slices.Clone(e.initial[from]), Steps: steps}
}

// missedBy computes Result.Missed.
func missedBy(mode Mode, c *codec, shards *[numShards]shard, states uint64) float64 {
	switch {
	case mode == Bitstate:
		ones, total := uint64(0), uint64(0)
		for i := range shards {
			ones += shards[i].bits.ones
			total += 64 * uint64(len(shards[i].bits.words))
		}
		return missed(ones, total)
	case c.keyed():
		return 0
	}
	n := float64(states)
	return min(1, n*n/(1<<65)) // the birthday bound for 64 bits
}
