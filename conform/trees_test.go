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

// archOf is the directory under arch by the name of a machine, where that is not x86.
var archOf = map[string]string{"arm64": "arm64", "riscv64": "riscv", "s390x": "s390"}

// fromTree is the kernel with its programs assembled from the tree of its series, if HPCHECK_TREES names a directory
// with one. Then the tests of this package hold those against the recordings.
func fromTree(t testing.TB, k model.Kernel, folder string) model.Kernel {
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
	// A .config is of x86; of the others, the defaults count.
	cfg, err := tree.Config(ktree.Options{Arch: archOf[strings.Split(folder, "-")[0]]})
	require.NoError(t, err)
	read, err := lower.Read(tree, cfg)
	require.NoError(t, err)
	return read.Kernel
}
