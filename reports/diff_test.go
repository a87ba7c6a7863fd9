package reports

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
)

func machine(t *testing.T, kernel string, without ...string) *model.Machine {
	t.Helper()
	k, err := model.Lookup(kernel)
	require.NoError(t, err)
	k, err = k.Revert(without...)
	require.NoError(t, err)
	sc := model.Default()
	sc.Sequence = []model.Op{{CPU: 1}, {Up: true, CPU: 1}}
	m, err := model.New(k, sc)
	require.NoError(t, err)
	return m
}

// Can the machine make these events, with nothing to be seen in between? Asked of every state, without any sets.
func can(a *automaton, at map[int]bool, events Behaviour) bool {
	for _, event := range events {
		seen := map[int]bool{}
		var visit func(int)
		next := map[int]bool{}
		visit = func(id int) {
			if seen[id] {
				return
			}
			seen[id] = true
			for _, mv := range a.from(id) {
				switch mv.event {
				case "":
					visit(mv.to)
				case event:
					next[mv.to] = true
				}
			}
		}
		for id := range at {
			visit(id)
		}
		if len(next) == 0 {
			return false
		}
		at = next
	}
	return true
}

// What is said to be a behaviour of one kernel only must be one of that kernel, and not of the other; without its last
// event it is one of both.
func TestDiffSaysTheTruth(t *testing.T) {
	for _, pair := range [][2]*model.Machine{
		{machine(t, "v4.6-rc3"), machine(t, "v4.6")},
		{machine(t, "v4.6"), machine(t, "v4.6", "unpark")},
		{machine(t, "v4.6", "skip-onerr"), machine(t, "v4.6")},
	} {
		d := Diff(context.Background(), pair[0], pair[1], 1<<22)
		require.True(t, d.Complete)
		assert.NotEmpty(t, append(d.Only[0], d.Only[1]...))
		for side, only := range d.Only {
			for _, b := range only {
				for i, m := range pair {
					a := newAutomaton(m)
					start := func() map[int]bool {
						return map[int]bool{a.id(position{invariants.Compile(m, nil).Initial()[0], nil}): true}
					}
					assert.Equal(t, i == side, can(a, start(), b), "%v on %v", b, m.Kernel)
					assert.True(t, can(a, start(), b[:len(b)-1]), "all but the last of %v on %v", b, m.Kernel)
				}
			}
		}
	}
}

func TestDiffOfTheSame(t *testing.T) {
	d := Diff(context.Background(), machine(t, "v4.6"), machine(t, "v4.6"), 1<<22)
	assert.True(t, d.Complete)
	assert.Empty(t, d.Only[0])
	assert.Empty(t, d.Only[1])
}

// A violation that was saved is violated when it is walked again, whatever it is.
func TestReplayOfEverything(t *testing.T) {
	for _, kernel := range []string{"v4.6-rc3", "v4.6"} {
		for _, c := range run(t, kernel, explore.Options{}).Violations() {
			m, err := c.Save().Machine("", nil)
			require.NoError(t, err)
			r := c.Save().Walk(invariants.Compile(m, invariants.All()))
			assert.True(t, r.Again(), c.Property)
			assert.Equal(t, len(c.Steps), r.Followed)
			assert.Zero(t, r.Added+r.Left)
		}
	}
}
