package conform

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/model"
)

// The traces of 6.1 must be refused by an older edition wherever the two really differ: a bring-up that goes well looks
// the same in all of them, a CPU that goes down does not, since a work item takes it down, and neither does a failure
// that is not walked back as in 6.1. docs/fidelity.md has the table.
func TestOtherEditionsRefuse(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute")
	}
	f := folders[0]
	text, err := os.ReadFile(filepath.Join("testdata", f.name, "states.txt"))
	require.NoError(t, err)
	for _, tt := range []struct {
		edition  string
		accepted map[string]int // by mode, of 41 plain ones and of 72 of the sweep
	}{
		{"v4.10", map[string]int{"plain": 19, "sweep": 19}},
		{"v4.13", map[string]int{"plain": 19, "sweep": 19}},
		{"v4.14", map[string]int{"plain": 19, "sweep": 3}},
		{"v4.19", map[string]int{"plain": 19, "sweep": 3}},
		{"v5.13", map[string]int{"plain": 19, "sweep": 51}},
		{"v6.1", map[string]int{"plain": 41, "sweep": 72}},
	} {
		k, err := model.Lookup(tt.edition)
		require.NoError(t, err)
		steps, err := k.ParseStates(string(text))
		require.NoError(t, err)
		k, err = k.WithStates(f.name, Learn(k, steps, recorded(t, f.name, "plain")...))
		require.NoError(t, err)
		for mode, want := range tt.accepted {
			accepted := 0
			for _, trace := range recorded(t, f.name, mode) {
				if trace.Header["skipped"] == "1" {
					continue
				}
				r := checked(t, k, trace)
				if r.Verdict == VerdictAccepted {
					accepted++
					assert.True(
						t, tt.edition == "v6.1" || strings.Contains(r.File, ".000-"),
						"%s accepts %s, in which a CPU goes down", tt.edition, r.File,
					)
				}
			}
			assert.Equal(t, want, accepted, "%s, %s", tt.edition, mode)
		}
	}
	old, err := model.Lookup("v4.6")
	require.NoError(t, err)
	_, err = old.ParseStates(string(text))
	assert.ErrorContains(t, err, "v4.6 has other states")
}
