package lower_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/model"
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

// TestAccount: of each function of the core it is said what became of it, and of most that they were assembled or have
// a part by hand.
func TestAccount(t *testing.T) {
	k := open(t, "6.12").read(t)
	m, err := model.New(k.Kernel, small())
	require.NoError(t, err)
	count := map[string]int{}
	for _, a := range k.Account(m.Lowered()) {
		count[a.As]++
	}
	assert.Equal(t, map[string]int{
		"assembled": 36, "by hand": 46, "left out": 6, "not modelled": 6, "primitive": 7,
	}, count)
}
