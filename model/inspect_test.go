package model

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What Diff reports must be among the variables that Vars lists: a report shows a state as its variables, and a step as
// the difference.
func TestVarsAreThoseOfDiff(t *testing.T) {
	m, err := New(*editions[0], Default())
	require.NoError(t, err)
	known := map[Var]bool{}
	names := map[string]bool{}
	for _, v := range m.Vars() {
		known[v] = true
		name := m.VarName(v)
		assert.False(t, names[name], "%s is there twice", name)
		names[name] = true
		if owner := m.VarOwner(v); owner != "" {
			assert.Equal(t, name, owner+" "+m.VarField(v))
		}
	}
	x := m.NewExec()
	s := m.Initial()
	for range 200 {
		actions := x.Enabled(&s, nil)
		if len(actions) == 0 {
			break
		}
		before := s
		x.Do(&s, actions[len(actions)-1])
		for _, c := range m.Diff(&before, &s) {
			assert.True(t, known[c.Var], c.Name)
		}
	}
}

func TestFunctions(t *testing.T) {
	m, err := New(*editions[0], Default())
	require.NoError(t, err)
	assert.Contains(t, m.Functions(), "takedown_cpu")
	assert.Equal(t, -1, m.Home(firstThread))
	assert.Equal(t, 1, m.Home(m.Cpuhp(1)))
}
