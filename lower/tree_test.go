package lower

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is not assembled from a tree is from the edition that covers its version, or from the newest one.
func TestEditionFor(t *testing.T) {
	for version, want := range map[string]string{
		"v6.1": "v6.1", "v6.1.192": "v6.1", "v6.12.117": "v6.12", "v7.2.12": "v7.3", "v7.3.4": "v7.3", "v9.9": "v7.3",
		"v7.3-rc2": "v7.3",
	} {
		k, err := editionFor(version)
		require.NoError(t, err, version)
		assert.Equal(t, want, k.Name, version)
		assert.Empty(t, k.Asked, version)
	}
	_, err := editionFor("v5.15.3")
	assert.ErrorContains(t, err, "want v6.1 or later")
}
