// Package explore enumerates the reachable states of a transition system, breadth-first, with a pool of workers.
//
// A state travels like this. The engine takes a block of states from the front of the [queue] of the current level. In
// the first phase the workers take chunks of the block; for each state they compute the successors, and of each
// successor a key (see [codec]), leave out those that they have offered before, and sort the rest by shard. In the
// second phase each shard of the set of known keys (see [table]) is filled by one worker, in the order of the chunks,
// which marks the new ones. In the third, the new states are appended to the queue of the next level, and how they were
// reached to the [history], in the order in which a textbook's breadth-first search finds them.
//
// So no two goroutines ever write to the same place and nothing is locked. Which of several equal states comes first,
// and with it every number, parent and trace, depends neither on how many workers there are nor on the hash function.
package explore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Mode says how the known states are kept.
type Mode int

// The modes.
const (
	Exact Mode = iota // whole, compressed: no state is ever taken for another
	// By 64 bits of a hash: two states may be taken for one, with a probability that Result.Missed bounds.
	Compact
	// By three bits of a filter of a fixed size: some states are missed, about as many as Result.Missed says.
	Bitstate
)

var modes = [...]string{"exact", "compact", "bitstate"}

// String returns the mode's name.
func (m Mode) String() string { return modes[m] }

// Modes are the names of the modes.
func Modes() []string { return slices.Clone(modes[:]) }

// ParseMode returns the mode with that name.
func ParseMode(name string) (Mode, error) {
	for i, s := range modes {
		if s == name {
			return Mode(i), nil
		}
	}
	return 0, fmt.Errorf("unknown mode %q; known are %s", name, strings.Join(modes[:], ", "))
}

// Options say how to explore, and bound it.
type Options struct {
	Workers   int           // goroutines; at least 1
	Search    Search        // in which order
	Runs      int           // how many walks of Random or searches of Swarm, in all shares; 0: 10,000 and 64
	Shard     int           // of these, every Shards-th from this one on, so that several machines share the work
	Shards    int           // 0: 1
	Mode      Mode          // how states are kept
	Seed      uint64        // of the hash functions; with Exact it changes nothing that is reported
	Bits      uint64        // the size of the filter of Bitstate; 0: a gigabit
	Depth     int           // the length of a schedule in transitions; 0: no bound
	MaxStates uint64        // distinct states; 0: no bound
	Timeout   time.Duration // 0: no bound
	Memory    uint64        // bytes that the process may take; 0: no bound
	Spill     string        // a directory for states that are to be expanded, when Memory is short; "": none

	Checkpoint string        // a file to go on from later, written now and then and when the run stops; "": none
	Interval   time.Duration // how often; 0: every two minutes
	Resume     string        // go on from this file
	Settings   []Setting     // what the run and the file must agree on

	// Progress, if set, is called from time to time, from one goroutine at a time.
	Progress func(Progress)
	Every    time.Duration // how often; 0: every second
	// Found, if set, is called by a breadth-first search for each violation as soon as it is known, from one goroutine
	// at a time.
	Found func(Violation)
}

// Progress is how far an exploration has come.
type Progress struct {
	States      uint64 // distinct states found
	Transitions uint64 // transitions executed
	Level       int    // the level that is being expanded
	Frontier    uint64 // states of that level and the next that are still to be expanded
	Bytes       uint64 // memory of the process
	Elapsed     time.Duration
}

// Stop says why an exploration ended.
type Stop int

// The reasons. Only Exhausted is a proof.
const (
	Failed    Stop = iota // an error, such as a full disk
	Exhausted             // every reachable state was expanded
	// Every state was expanded that is reachable in fewer than Options.Depth transitions, and there are more.
	DepthBound
	StateLimit  // Options.MaxStates
	TimeLimit   // Options.Timeout
	MemoryLimit // Options.Memory
	Interrupted // the context was cancelled
	Sampled     // as many samples were taken as were asked for
	FirstFound  // a directed search looks no further than the first violation
)

// String says it in words.
func (s Stop) String() string {
	return [...]string{
		"stopped by an error", "exhausted", "bounded by depth", "stopped by the limit of states", "stopped by the " +
			"time limit",
		"stopped by the memory limit", "interrupted", "sampled", "ended at the first violation",
	}[s]
}

// Result is what an exploration found. Whatever the reason for which it stopped, all in it was found.
type Result struct {
	Stop        Stop
	Mode        Mode
	Search      Search
	Runs        int      // walks or searches, if the search takes samples; States is an estimate then
	States      uint64   // distinct states
	Transitions uint64   // transitions, also those to known states
	Levels      []uint64 // distinct states by the least number of transitions that reach them
	Ends        uint64   // states without a successor
	Reduced     uint64   // states of which a part of the transitions was enough
	Violations  []Violation
	Marks       []uint64 // the union of the workers' marks

	// Missed is 0 with Exact. With Compact it is the probability that any state was missed; with Bitstate an estimate
	// of the part of the states that were, as far as the search came.
	Missed float64

	Bytes   uint64 // the most memory that the process took, as far as it was looked at
	Spilled uint64 // bytes moved to Options.Spill, before they were compressed
	Elapsed time.Duration
}

// Depth returns the number of the last level that has a state; of a search that has no levels, the length of its
// longest path.
func (r *Result) Depth() int { return len(r.Levels) - 1 }

// deepest notes the length of a path.
func (r *Result) deepest(n int) {
	for len(r.Levels) <= n {
		r.Levels = append(r.Levels, 0)
	}
}

// Violation is a shortest way to a violation of a property.
type Violation struct {
	Property int
	Trace    Trace
}

// Trace is a path from an initial state: which of them, and at each state which of its transitions, as numbered by
// Worker.Expand or, where that was enough, by Reducer.ExpandPart.
type Trace struct {
	Initial []uint64
	Steps   []int
}

// Run explores the system. A run that was cancelled is a result with Stop Interrupted; the error says that a file could
// not be written or read, and the result then holds what was found before. A *CheckpointError is about Options.Resume,
// and there is no result then.
func Run(ctx context.Context, sys System, opt Options) (*Result, error) {
	opt = opt.withDefaults()
	if opt.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, opt.Timeout)
		defer cancel()
	}
	switch opt.Search {
	case DepthFirst, Directed:
		mem := &memory{}
		defer mem.close()
		s := newSequential(ctx, sys, opt, sys.NewWorker(), mem)
		if opt.Search == DepthFirst {
			s.depthFirst(nil, 0)
		} else {
			s.directed()
		}
		return s.finish(), nil
	case Random, Swarm:
		return sample(ctx, sys, opt), nil
	}
	e := newEngine(ctx, sys, opt)
	defer e.close()
	if opt.Resume == "" {
		e.begin()
	} else if err := e.resume(); err != nil {
		return nil, err
	}
	err := e.run()
	return e.finish(), err
}

// withDefaults fills in what was left open.
func (o Options) withDefaults() Options {
	o.Workers = max(o.Workers, 1)
	o.Shards = max(o.Shards, 1)
	o.Every = cmp.Or(o.Every, time.Second)
	o.Runs = cmp.Or(o.Runs, map[Search]int{Random: 10_000, Swarm: 64}[o.Search])
	bits := uint64(1 << 30)
	if o.Search == Swarm {
		bits = swarmFilter
	}
	o.Bits = cmp.Or(o.Bits, bits)
	return o
}

// cancelled returns why the context ended, false if it has not.
func cancelled(ctx context.Context) (Stop, bool) {
	switch err := ctx.Err(); {
	case err == nil:
		return 0, false
	case errors.Is(err, context.DeadlineExceeded):
		return TimeLimit, true
	}
	return Interrupted, true
}
