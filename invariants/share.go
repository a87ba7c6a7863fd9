package invariants

import (
	"fmt"
	"slices"

	"github.com/hpcheck/hpcheck/model"
)

// Share is one of several parts into which an exhaustive run is divided, by what is chosen first: the first fault or,
// in a run without faults, the first operation of the first task. A share takes the paths on which that choice is its
// own, and those on which it was not made yet, so each path of the undivided run is in one share at least.
//
// A share is a transition system of its own, in which some choices are missing. The reductions hold there as they do in
// the whole: they follow other threads only as long as these have no choice, and what is no choice is in every share.
type Share struct {
	Index, Count int // which of how many, from 0

	kinds int // operations that differ by a multiple of it are one kind: their CPUs are alike; 0: each is a kind
}

// Divide makes the suite a share of itself, the one with that index among count. The error says that there is too
// little to choose from.
func (s *Suite) Divide(index, count int) error {
	share := Share{Index: index, Count: count}
	choices, perCPU := s.Machine.FirstOperations()
	if s.Reduce&Symmetry != 0 && len(s.alike) > 1 {
		choices, share.kinds = min(choices, perCPU), perCPU
	}
	if s.Machine.Scenario.Faults == 0 && count > choices {
		return fmt.Errorf("%v: without faults a run is divided by its first operation, of which there are %d kinds; "+
			"want N from 1 to %d", &share, choices, choices)
	}
	s.share = &share
	return nil
}

// Share returns which share of a run the suite is; nil if it is the whole.
func (s *Suite) Share() *Share { return s.share }

// String returns the share as --shard has it: "2/8".
func (h *Share) String() string { return fmt.Sprintf("%d/%d", h.Index+1, h.Count) }

// takes reports whether the share takes an action of a state in which the choice was not made yet.
func (h *divider) takes(s *model.State, a model.Action) bool {
	h.after = *s
	h.exec.Do(&h.after, a)
	choice := a.Outcome()
	switch {
	case h.byFault:
		if h.after.Faults == s.Faults {
			return true
		}
		choice += h.exec.Place(s, a.Thread())
	case h.after.Task[0].Made == 0:
		return true
	case h.kinds > 0:
		choice %= h.kinds
	}
	return choice%h.Count == h.Index
}

// divider decides for a worker what its share takes.
type divider struct {
	*Share
	byFault bool
	exec    *model.Exec
	after   model.State // scratch space
}

// enabled appends every action that is possible in a state and that the worker's share takes.
func (w *worker) enabled(s *model.State, dst []model.Action) []model.Action {
	dst = w.exec.Enabled(s, dst)
	h := w.divider
	if h == nil {
		return dst
	}
	made := s.Task[0].Made > 0
	if h.byFault {
		made = int(s.Faults) < w.suite.Machine.Scenario.Faults
	}
	if made { // every outcome is this share's
		return dst
	}
	return slices.DeleteFunc(dst, func(a model.Action) bool {
		return !(h.byFault && a.Outcome() == 0) && !h.takes(s, a)
	})
}
