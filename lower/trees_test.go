package lower_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTrees: the trees have no violation in a scenario in which their editions have none.
func TestTrees(t *testing.T) {
	for _, name := range []string{"6.1", "6.12", "7.3"} {
		t.Run(name, func(t *testing.T) {
			_, violated := verdicts(t, open(t, name).kernel(t), small())
			assert.Empty(t, violated)
		})
	}
}

// TestAccount: of each function of the core it is said what became of it, and why if it was not assembled.
func TestAccount(t *testing.T) {
	for version, want := range map[string]map[string]int{
		"6.1":  {"assembled": 72, "by hand": 2, "left out": 6, "abstraction": 2, "primitive": 2},
		"6.12": {"assembled": 84, "by hand": 6, "left out": 6, "abstraction": 3, "primitive": 3},
		"7.3":  {"assembled": 83, "by hand": 6, "left out": 6, "abstraction": 3, "primitive": 3},
	} {
		t.Run(version, func(t *testing.T) {
			k := open(t, version).read(t)
			assembled, err := k.Assembled()
			require.NoError(t, err)
			all, err := k.Account(assembled)
			require.NoError(t, err)
			count := map[string]int{}
			for _, a := range all {
				if a.File == "kernel/cpu.c" {
					count[a.As]++
				}
				if a.As != "assembled" {
					assert.NotEmpty(t, a.Why, "%s:%d %s() is %s", a.File, a.Line, a.Function, a.As)
				}
			}
			assert.Equal(t, want, count)
		})
	}
}
