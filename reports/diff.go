package reports

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
)

// Difference says which behaviours two kernels do not share. A behaviour is the sequence of what an observer sees:
// operations, callbacks, notifications, failures, BUGs, and that nothing happens any more.
type Difference struct {
	// Of the first and of the second, the shortest first, one for each event by which they part.
	Only      [2][]Behaviour
	Positions int  // how many sets of states were compared
	Complete  bool // no limit was hit: there are no others
}

// Behaviour is a sequence of events of which the other kernel can do all but the last.
type Behaviour []string

// nothingMore is the event that nothing happens any more.
const nothingMore = "(nothing happens any more)"

// observed are the events by which behaviours are told apart. How threads wake each other is not: it is how, not what.
func observed(k model.EventKind) bool {
	switch k {
	case model.EventBegin, model.EventEnd, model.EventWake, model.EventRequest, model.EventComplete, model.EventConsume:
		return false
	}
	return true
}

// automaton makes the observable behaviour of a machine, on demand. A position is a state together with those events of
// the transition to it that are still to be seen.
type automaton struct {
	machine *model.Machine
	walk    *invariants.Walk
	ids     map[string]int
	at      []position
	moves   [][]move // of each position, once it was looked at
}

type position struct {
	state   []uint64
	pending []string
}

type move struct {
	event string // "" for a step that nobody sees
	to    int
}

func newAutomaton(m *model.Machine) *automaton {
	return &automaton{machine: m, walk: invariants.Compile(m, nil).Walk(), ids: map[string]int{}}
}

func (a *automaton) id(p position) int {
	key := fmt.Sprint(p.state) + strings.Join(p.pending, "\x00")
	if id, ok := a.ids[key]; ok {
		return id
	}
	a.ids[key] = len(a.at)
	a.at, a.moves = append(a.at, p), append(a.moves, nil)
	return len(a.at) - 1
}

// from lists the moves of a position.
func (a *automaton) from(id int) []move {
	if a.moves[id] != nil {
		return a.moves[id]
	}
	p := a.at[id]
	moves := []move{}
	if len(p.pending) > 0 {
		moves = append(moves, move{p.pending[0], a.id(position{p.state, p.pending[1:]})})
	} else {
		ts, _ := a.walk.Transitions(p.state)
		for _, t := range ts {
			var events []string
			for _, e := range t.Events {
				if observed(e.Kind) {
					events = append(events, a.machine.ThreadName(t.Action.Thread())+": "+a.machine.DescribeEvent(e))
				}
			}
			if len(events) == 0 {
				moves = append(moves, move{"", a.id(position{t.Next, nil})})
			} else {
				moves = append(moves, move{events[0], a.id(position{t.Next, events[1:]})})
			}
		}
		if len(ts) == 0 {
			moves = append(moves, move{nothingMore, id})
		}
	}
	a.moves[id] = moves
	return moves
}

// close adds what is reached by steps that nobody sees, and sorts.
func (a *automaton) close(set []int) []int {
	in := map[int]bool{}
	for _, id := range set {
		in[id] = true
	}
	for i := 0; i < len(set); i++ {
		for _, mv := range a.from(set[i]) {
			if mv.event == "" && !in[mv.to] {
				in[mv.to] = true
				set = append(set, mv.to)
			}
		}
	}
	slices.Sort(set)
	return slices.Compact(set)
}

// next are the events that may be seen next, each with the positions to which it leads, not closed.
func (a *automaton) next(set []int) map[string][]int {
	next := map[string][]int{}
	for _, id := range set {
		for _, mv := range a.from(id) {
			switch mv.event {
			case "":
			case nothingMore:
				next[nothingMore] = nil // nothing follows
			default:
				next[mv.event] = append(next[mv.event], mv.to)
			}
		}
	}
	return next
}

// pair is a pair of sets of positions: where the kernels may be after the same events.
type pair struct {
	sets   [2][]int
	parent int
	event  string
}

// Diff compares the behaviours of two machines, breadth-first, so that the shortest differences come first. It stops
// when so many positions are known, or when the context is cancelled.
func Diff(ctx context.Context, first, second *model.Machine, limit int) *Difference {
	d := &Difference{Complete: true}
	as := [2]*automaton{newAutomaton(first), newAutomaton(second)}
	start := pair{parent: -1}
	for i, m := range []*model.Machine{first, second} {
		suite := invariants.Compile(m, nil)
		start.sets[i] = as[i].close([]int{as[i].id(position{suite.Initial()[0], nil})})
	}
	pairs := []pair{start}
	known := map[string]bool{}
	parted := [2]map[string]bool{{}, {}}
	for at := 0; at < len(pairs); at++ {
		if ctx.Err() != nil || len(as[0].at)+len(as[1].at) > limit {
			d.Complete = false
			break
		}
		nexts := [2]map[string][]int{as[0].next(pairs[at].sets[0]), as[1].next(pairs[at].sets[1])}
		for _, event := range sortedKeys(nexts[0], nexts[1]) {
			to0, in0 := nexts[0][event]
			to1, in1 := nexts[1][event]
			switch {
			case in0 && in1 && event != nothingMore:
				p := pair{parent: at, event: event, sets: [2][]int{as[0].close(to0), as[1].close(to1)}}
				if key := fmt.Sprint(p.sets); !known[key] {
					known[key] = true
					pairs = append(pairs, p)
				}
			case in0 != in1:
				side := 0
				if in1 {
					side = 1
				}
				if !parted[side][event] {
					parted[side][event] = true
					d.Only[side] = append(d.Only[side], behaviour(pairs, at, event))
				}
			}
		}
	}
	d.Positions = len(pairs)
	return d
}

func sortedKeys(maps ...map[string][]int) []string {
	var keys []string
	for _, m := range maps {
		for k := range m {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// behaviour is the sequence of events to a pair, and one more.
func behaviour(pairs []pair, at int, event string) Behaviour {
	b := Behaviour{event}
	for ; pairs[at].parent >= 0; at = pairs[at].parent {
		b = append(b, pairs[at].event)
	}
	slices.Reverse(b)
	return b
}
