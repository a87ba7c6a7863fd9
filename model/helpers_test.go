package model

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files anew; commit the difference only if you understand it")

// golden compares text with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o777))
		require.NoError(t, os.WriteFile(file, []byte(got), 0o666))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

// machine makes a machine of an edition; change may alter the default scenario.
func machine(t testing.TB, kernel string, change func(*Scenario)) *Machine {
	t.Helper()
	k, err := Lookup(kernel)
	require.NoError(t, err)
	sc := Default()
	if change != nil {
		change(&sc)
	}
	m, err := New(k, sc)
	require.NoError(t, err)
	return m
}

// visit calls f for every transition that is reachable, at most limit states deep into the set of states. It is a plain
// breadth-first search.
func visit(m *Machine, limit int, f func(x *Exec, before, after *State, act Action)) (states int) {
	x := m.NewExec()
	queue := []State{m.Initial()}
	seen := map[State]bool{queue[0]: true}
	for i := 0; i < len(queue) && len(seen) < limit; i++ {
		for _, act := range x.Enabled(&queue[i], nil) {
			after := queue[i]
			x.Do(&after, act)
			f(x, &queue[i], &after, act)
			if !seen[after] {
				seen[after] = true
				queue = append(queue, after)
			}
		}
	}
	return len(seen)
}
