package reports

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
)

// A walk has the lanes of who has acted, and of who can: every choice is a link in a box of its own.
func TestDiagramOfAWalk(t *testing.T) {
	k, err := model.Lookup("v4.6-rc3")
	require.NoError(t, err)
	m, err := model.New(k, model.Default())
	require.NoError(t, err)
	s := invariants.Compile(m, invariants.All())
	walk := s.Walk()
	state := s.Initial()[0]
	var taken []invariants.Step
	for range 40 {
		ts, _ := walk.Transitions(state)
		taken = append(taken, invariants.Step{
			Action: ts[0].Action, Before: walk.State(state), After: ts[0].After, Events: ts[0].Events,
		})
		state = ts[0].Next
	}
	c := Walk(s, taken)
	require.Len(t, c.Steps, 40)
	ts, _ := walk.Transitions(state)
	before := walk.State(state)
	var choices []Choice
	for i := range ts {
		step := Describe(m, &before, &ts[i].After, ts[i].Action, ts[i].Events)
		href := "/?at=" + string(rune('a'+i))
		choices = append(choices, Choice{Step: &step, Ordinal: i, Href: href, Violates: i == 1})
	}
	require.GreaterOrEqual(t, len(choices), 2)
	text := string(c.Diagram(choices))
	for i := range choices {
		assert.Contains(t, text, `<a href="`+choices[i].Href+`">`)
	}
	assert.NotContains(t, text, "is violated", "it is no counterexample")
	assert.Contains(t, text, "✖ violates a property")
	assert.Contains(t, string(Walk(s, nil).Diagram(nil)), "<svg", "before the first step")

	l := NewLadder(m, c.Steps, 1, 0)
	assert.Equal(t, "cpu_down(1)", l.Op)
	picture := string(l.Picture())
	assert.Contains(t, picture, "▼ dyn1_teardown()")
	assert.Contains(t, picture, "CPU 1 stands at CPUHP_TEARDOWN_CPU (8) and goes to")
}
