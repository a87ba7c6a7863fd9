package explore_test

import (
	"context"
	"fmt"

	"github.com/hpcheck/hpcheck/explore"
)

// door is a room with two people in front of it. Each looks whether it is empty, and goes in a step later. A state is
// one word: two bits for where each of them is.
type door struct{}

// Where somebody is.
const (
	outside = iota
	sure    // that the room is empty
	inside
)

func (door) Width() int                  { return 1 }
func (door) Initial() [][]uint64         { return [][]uint64{{0}} }
func (door) NumProperties() int          { return 1 }
func (d door) NewWorker() explore.Worker { return d }
func (door) Marks() []uint64             { return nil }

// Expand adds what either of them may do next. The property is violated by the step that brings both inside.
func (door) Expand(state []uint64, b *explore.Batch) (violated uint64) {
	for i := range 2 {
		at, other := state[0]>>(2*i)&3, state[0]>>(2-2*i)&3
		if at == outside && other == inside {
			continue // it is not empty
		}
		next := (at + 1) % 3
		step := explore.Step{Action: uint32(i)}
		if next == inside && other == inside {
			step.Violated = 1
		}
		b.Add(step)[0] = next<<(2*i) | other<<(2-2*i)
	}
	return 0
}

// A system is explored to its end, and each property that is violated comes with a shortest trace: here both look
// before either goes in.
func ExampleRun() {
	r, err := explore.Run(context.Background(), door{}, explore.Options{Workers: 2})
	if err != nil {
		panic(err)
	}
	fmt.Println(r.States, "states,", r.Transitions, "transitions,", r.Stop == explore.Exhausted)
	for _, v := range r.Violations {
		fmt.Println("property", v.Property, "is violated in", len(v.Trace.Steps), "steps")
	}
	// Output:
	// 9 states, 16 transitions, true
	// property 0 is violated in 4 steps
}
