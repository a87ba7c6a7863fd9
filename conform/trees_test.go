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
var archOf = map[string]string{"arm64": "arm64", "riscv64": "riscv", "s390x": "s390", "ppc64el": "powerpc"}

// treeOf is the tree from which the programs of a folder's edition are assembled, if HPCHECK_TREES names a directory
// with one of that series; else "".
func treeOf(t testing.TB, f folder) string {
	t.Helper()
	if os.Getenv(trees.Variable) == "" {
		return ""
	}
	version := strings.Split(strings.TrimPrefix(f.edition, "v"), ".")
	return trees.Find(t, version[0]+"."+version[1])
}

// fromTree is the kernel with its programs assembled from a tree.
func fromTree(t testing.TB, dir string, f folder) model.Kernel {
	t.Helper()
	tree, err := ktree.Open(dir)
	require.NoError(t, err)
	// A .config is of x86; of the others, the defaults count.
	cfg, err := tree.Config(ktree.Options{Arch: archOf[strings.Split(f.name, "-")[0]]})
	require.NoError(t, err)
	read, err := lower.Read(tree, cfg)
	require.NoError(t, err)
	return read.Kernel
}
