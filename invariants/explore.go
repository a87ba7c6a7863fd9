package invariants

import (
	"context"
	"fmt"

	"github.com/hpcheck/hpcheck/explore"
)

// probe is how many states are looked at to find out what programs that are assembled from C must not merge.
const probe = 2000

// Explore explores a suite. Where its programs are assembled from C, accesses to what one thread owns at the time are
// one instruction with their neighbours. If two threads could touch such a variable at the same time, it is not owned:
// then it is explored once more, with the variable's accesses as instructions of their own. The suite that is returned
// is the one that was explored.
func Explore(ctx context.Context, s *Suite, opt explore.Options) (*Suite, *explore.Result, error) {
	if s.Machine.Kernel.Source != nil {
		small := explore.Options{Workers: 1, MaxStates: probe}
		for {
			r, err := explore.Run(ctx, s, small)
			next, changed, failed := s.disown(r)
			if err != nil || failed != nil || !changed {
				break // the search itself will say what is wrong
			}
			s = next
		}
	}
	for {
		r, err := explore.Run(ctx, s, opt)
		next, changed, failed := s.disown(r)
		switch {
		case err == nil && failed != nil:
			return s, r, fmt.Errorf("several threads are at what was merged, and it can't be taken apart: %w", failed)
		case err != nil || !changed:
			return s, r, err
		}
		s = next
	}
}

// disown makes the suite with a machine in which what two threads raced for is not merged.
func (s *Suite) disown(r *explore.Result) (next *Suite, changed bool, err error) {
	if r == nil || s.Machine.Kernel.Source == nil {
		return s, false, nil
	}
	raced := s.Machine.Raced(r.Marks[1:])
	if raced == 0 {
		return s, false, nil
	}
	m, err := s.Machine.Disown(raced)
	if err != nil {
		return s, false, err
	}
	next = Compile(m, s.Properties)
	next.Reduce, next.Long = s.Reduce, s.Long
	return next, true, nil
}
