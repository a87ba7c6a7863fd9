package conform

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/cfront"
	"github.com/hpcheck/hpcheck/lower"
	"github.com/hpcheck/hpcheck/model"
)

// A machine is shared by all who ask for the same kernel. Two sources are two kernels, be they equal: what is in one
// may change while the other is looked at.
func TestSameKernel(t *testing.T) {
	k, err := model.Lookup("v6.12")
	require.NoError(t, err)
	first, second, older := k, k, k
	first.Source, second.Source = lower.New(cfront.Config{}), lower.New(cfront.Config{})
	older.RangeWalk = !k.RangeWalk
	assert.True(t, sameKernel(k, k))
	assert.True(t, sameKernel(first, first))
	assert.False(t, sameKernel(k, first))
	assert.False(t, sameKernel(first, second))
	assert.False(t, sameKernel(k, older))
}
