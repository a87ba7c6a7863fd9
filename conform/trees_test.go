package conform

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/internal/trees"
	"github.com/hpcheck/hpcheck/ktree"
	"github.com/hpcheck/hpcheck/lower"
	"github.com/hpcheck/hpcheck/model"
)

// fromTree is the kernel with its programs assembled from the tree of its series, if HPCHECK_TREES names a directory
// with one. Then the tests of this package hold those against the recordings.
func fromTree(t testing.TB, k model.Kernel) model.Kernel {
	t.Helper()
	if os.Getenv(trees.Variable) == "" {
		return k
	}
	dir := trees.Find(t, strings.TrimPrefix(k.Name, "v"))
	if dir == "" {
		return k
	}
	tree, err := ktree.Open(dir)
	require.NoError(t, err)
	cfg, err := tree.Config(ktree.Options{})
	require.NoError(t, err)
	read, err := lower.Read(tree, cfg)
	require.NoError(t, err)
	return read.Kernel
}
