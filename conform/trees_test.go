package conform

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/ktree"
	"github.com/hpcheck/hpcheck/lower"
	"github.com/hpcheck/hpcheck/model"
)

// fromTree is the kernel with its programs assembled from a tree, if HPCHECK_TREES names a directory with linux-6.1 and
// linux-6.12. Then the tests of this package hold those against the recordings.
func fromTree(t testing.TB, k model.Kernel) model.Kernel {
	t.Helper()
	dir := filepath.Join(os.Getenv("HPCHECK_TREES"), "linux-"+strings.TrimPrefix(k.Name, "v"))
	if _, err := os.Stat(dir); os.Getenv("HPCHECK_TREES") == "" || err != nil {
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
