package model

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The fix with all its parts taken out is its parent.
func TestRevertingAllIsTheParent(t *testing.T) {
	fixed, err := Lookup("v4.6")
	require.NoError(t, err)
	parent, err := Lookup("v4.6-rc3")
	require.NoError(t, err)
	got, err := fixed.Revert("rollback", "unpark", "down-failed-on-target", "skip-onerr")
	require.NoError(t, err)
	got.Name, got.Since, got.Doc, got.Commit, got.Without = parent.Name, "", parent.Doc, parent.Commit, nil
	assert.Equal(t, parent, got)
	for _, f := range Fixes() {
		assert.Equal(t, f.Commit == seedCommit, f.In(fixed) && !f.In(parent), f.Name)
	}
}

// Reverting must not reach into the edition that it starts from.
func TestRevertCopies(t *testing.T) {
	fixed, err := Lookup("v4.6")
	require.NoError(t, err)
	_, err = fixed.Revert("skip-onerr")
	require.NoError(t, err)
	again, err := Lookup("v4.6")
	require.NoError(t, err)
	assert.True(t, again.step("CPUHP_AP_NOTIFY_ONLINE").SkipOnErr)
}

func TestNamesThatMeanNothing(t *testing.T) {
	_, err := Lookup("v46")
	require.ErrorContains(t, err, `unknown kernel "v46", did you mean "v4.6"? (known: v4.6-rc3, v4.6, `)
	k, err := Lookup("v4.6-rc3")
	require.NoError(t, err)
	_, err = k.Revert("unpark")
	require.EqualError(
		t, err, "unpark is not in v4.6-rc3: it was taken out twice, or it never was there; it is in v4.6, v4.10, v4.13",
	)
	_, err = k.Revert("umpark")
	require.ErrorContains(t, err, `did you mean "unpark"?`)
	_, err = k.Revert("something else")
	require.ErrorContains(t, err, `unknown fix "something else" (known: bringup-count, maxcpus-zero, `)
}

// Every callback that a table names must exist in the model, and be where the kernel has it.
func TestTables(t *testing.T) {
	for _, k := range Kernels() {
		seen := map[int]bool{}
		for _, s := range k.Steps {
			assert.False(t, seen[s.Number], "%s has %d twice", k.Name, s.Number)
			seen[s.Number] = true
			for _, name := range []string{s.Startup, s.Teardown} {
				if name != "" {
					assert.True(t, callbacks[name] != nil || bystanders[name], "%s %s: %s", k.Name, s.Symbol, name)
				}
			}
			assert.False(t, k.DynFirst <= s.Number && s.Number <= k.DynLast, "%s is in the dynamic range", s.Symbol)
		}
	}
}

func TestEditDistance(t *testing.T) {
	tests := []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"", "abc", 3},
		{"abc", "", 3},
		{"abc", "abc", 0},
		{"rolback", "rollback", 1},
		{"kitten", "sitting", 3},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.want, editDistance(tt.a, tt.b), "%q %q", tt.a, tt.b)
	}
}
