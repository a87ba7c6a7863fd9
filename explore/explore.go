// Package explore is an explicit-state exploration engine: breadth-first, by level, with a pool of workers. It knows
// nothing of what it explores; see [System].
//
// # How a state travels
//
// A level's states are cut into chunks, and some chunks at a time make a block. In the first phase of a block the workers
// take chunks, expand their states, hash the successors and sort them by shard of the [store]. In the second phase each shard
// is filled by one worker, in the order of the chunks. So no two goroutines ever touch the same shard, nothing is locked,
// and which of several equal states comes first, and with it every number, parent and trace, does not depend on
// how many workers there are or how fast they run.
package explore

import (
	"context"
	"time"
)

// Options bound an exploration.
type Options struct {
	Workers   int           // goroutines; at least 1
	Depth     int           // the length of a schedule in transitions; 0: no bound
	MaxStates uint64        // distinct states; 0: no bound
	Timeout   time.Duration // 0: no bound
	Memory    uint64        // bytes that the stored states may take; 0: no bound

	// Progress, if set, is called from time to time, from one goroutine at a time.
	Progress func(Progress)
	Every    time.Duration // how often; 0: every second
}

// Progress is how far an exploration has come.
type Progress struct {
	States      uint64 // distinct states found
	Transitions uint64 // transitions executed
	Level       int    // the level that is being expanded
	Frontier    uint64 // states of that level and the next that are still to be expanded
	Bytes       uint64 // memory of the stored states
	Elapsed     time.Duration
}

// Stop says why an exploration ended.
type Stop int

// The reasons. Only Exhausted is a proof.
const (
	Exhausted   Stop = iota // every reachable state was expanded
	DepthBound              // every state was expanded that is reachable in fewer than Options.Depth transitions, and there are more
	StateLimit              // Options.MaxStates
	TimeLimit               // Options.Timeout
	MemoryLimit             // Options.Memory
	Interrupted             // the context was cancelled
)

// String says it in words.
func (s Stop) String() string {
	return [...]string{
		"exhausted", "bounded by depth", "stopped by the limit of states", "stopped by the time limit",
		"stopped by the memory limit", "interrupted",
	}[s]
}

// Result is what an exploration found. Whatever the reason for which it stopped, all in it was found.
type Result struct {
	Stop        Stop
	States      uint64   // distinct states
	Transitions uint64   // transitions, also those to known states
	Levels      []uint64 // distinct states by the least number of transitions that reach them
	Ends        uint64   // states without a successor
	Violations  []Violation
	Marks       []uint64 // the union of the workers' marks
	Bytes       uint64   // memory of the stored states
	Elapsed     time.Duration
}

// Depth returns the number of the last level that has a state.
func (r *Result) Depth() int { return len(r.Levels) - 1 }

// Violation is a shortest way to a violation of a property.
type Violation struct {
	Property int
	Trace    Trace
}

// Trace is a path from an initial state: which of them, and at each state which of its transitions, as numbered by
// Worker.Expand.
type Trace struct {
	Initial []uint64
	Steps   []int
}

// Run explores the system. The only error is a context that was cancelled before anything could be done; a cancelled run is a
// Result with Stop Interrupted.
func Run(ctx context.Context, sys System, opt Options) *Result {
	if opt.Workers < 1 {
		opt.Workers = 1
	}
	if opt.Every == 0 {
		opt.Every = time.Second
	}
	if opt.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, opt.Timeout)
		defer cancel()
	}
	e := newEngine(ctx, sys, opt)
	e.run()
	return e.finish()
}
