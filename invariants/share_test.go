package invariants

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/model"
)

// divided are scenarios with something to divide by, and into how many shares.
var divided = []struct {
	kernel string
	scenario
	count int
}{
	{"v4.6-rc3", scenario{"default", nil}, 3},
	{"v4.6-rc3", scenario{"two tasks", func(sc *model.Scenario) { sc.Tasks, sc.Ops, sc.Notifiers = 2, 1, 0 }}, 2},
	{"v4.6", scenario{"two faults", func(sc *model.Scenario) { sc.Faults, sc.Ops = 2, 1 }}, 4},
	{"v6.12", scenario{"three CPUs", func(sc *model.Scenario) { sc.CPUs, sc.Ops = 3, 1 }}, 5},
	{"v6.12", scenario{"no faults", func(sc *model.Scenario) { sc.CPUs, sc.Faults = 3, 0 }}, 2},
	{"v6.12", scenario{"a fail file", func(sc *model.Scenario) { sc.Ops, sc.Targets = 1, model.TargetsAll }}, 4},
}

// TestSharesAreExhaustive: what the whole run reaches, the shares reach together, and nothing else.
func TestSharesAreExhaustive(t *testing.T) {
	for _, d := range divided {
		t.Run(d.kernel+"/"+d.name, func(t *testing.T) {
			whole := reachable(suiteOf(t, d.kernel, d.scenario))
			together, largest := map[string]bool{}, 0
			for i := range d.count {
				s := suiteOf(t, d.kernel, d.scenario)
				require.NoError(t, s.Divide(i, d.count))
				part := reachable(s)
				maps.Copy(together, part)
				largest = max(largest, len(part))
			}
			assert.True(t, maps.Equal(whole, together), "%d states, together %d", len(whole), len(together))
			assert.Less(t, largest, len(whole), "nothing was divided")
		})
	}
}

// TestSharesAgree: with every reduction the shares find what the whole finds, by ways of the same length if the
// reduction promises the shortest.
func TestSharesAgree(t *testing.T) {
	for _, d := range divided {
		for _, reduce := range []Reduction{Symmetry, Symmetry | PartialOrder, Symmetry | PartialOrder | Merge} {
			t.Run(fmt.Sprintf("%s/%s/%v", d.kernel, d.name, reduce), func(t *testing.T) {
				want := lengths(t, suiteOf(t, d.kernel, d.scenario), reduce)
				got := map[string]int{}
				for i := range d.count {
					s := suiteOf(t, d.kernel, d.scenario)
					s.Reduce = reduce
					require.NoError(t, s.Divide(i, d.count))
					for name, n := range lengths(t, s, reduce) {
						if old, ok := got[name]; !ok || n < old {
							got[name] = n
						}
					}
				}
				if !reduce.Shortest() {
					assert.ElementsMatch(t, slices.Collect(maps.Keys(want)), slices.Collect(maps.Keys(got)))
					return
				}
				assert.Equal(t, want, got)
			})
		}
	}
}

func TestDivideRefuses(t *testing.T) {
	s := suiteOf(t, "v6.12", scenario{"", func(sc *model.Scenario) { sc.Faults = 0 }})
	assert.ErrorContains(t, s.Divide(2, 3), "3/3: without faults a run is divided by its first operation")
}

func suiteOf(t *testing.T, kernel string, sc scenario) *Suite {
	return Compile(machine(t, kernel, nil, sc.change), All())
}

// reachable explores a suite plainly, and returns its states.
func reachable(s *Suite) map[string]bool {
	w, b := s.newWorker(), explore.NewBatch(s.Width())
	states := s.Initial()
	seen := map[string]bool{keyOf(states[0]): true}
	for len(states) > 0 {
		state := states[len(states)-1]
		states = states[:len(states)-1]
		b.Reset()
		w.Expand(state, b)
		for i := range b.Steps {
			to := append([]uint64(nil), b.State(i)...)
			if key := keyOf(to); !seen[key] {
				seen[key] = true
				states = append(states, to)
			}
		}
	}
	return seen
}

// lengths explores a suite and returns how long the counterexample to each property is that is violated.
func lengths(t *testing.T, s *Suite, reduce Reduction) map[string]int {
	s.Reduce = reduce
	r, err := explore.Run(context.Background(), s, explore.Options{Workers: 2})
	require.NoError(t, err)
	require.Equal(t, explore.Exhausted, r.Stop)
	found := map[string]int{}
	for _, v := range r.Violations {
		steps, _, err := s.Replay(v)
		require.NoError(t, err)
		found[s.Properties[v.Property].Name] = len(steps)
	}
	return found
}
