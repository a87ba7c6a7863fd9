package drift

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/internal/trees"
	"github.com/hpcheck/hpcheck/ktree"
)

// Real trees are read without a problem, and the one that an edition was made from is what it was made from.
func TestRealTrees(t *testing.T) {
	for _, dir := range trees.All(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			tree, err := ktree.Open(dir)
			require.NoError(t, err)
			cfg, err := tree.Config(ktree.Options{})
			require.NoError(t, err)
			defaults, err := tree.Config(ktree.Options{Arch: "x86"})
			require.NoError(t, err)
			ref, err := ReferenceOf(Nearest(tree.Version))
			require.NoError(t, err)
			for _, c := range []*ktree.Config{cfg, defaults} {
				taken, err := Take(tree, c, ref.Modeled, ref.Others)
				require.NoError(t, err)
				assert.Empty(t, taken.Unit.Problems())
				functions := 0
				for _, f := range taken.Unit.Files {
					functions += len(f.Funcs)
				}
				r := Compare(ref, taken, ref.Runs)
				t.Logf("%s, %s: %d functions; beside %s: %s", tree.Version, c.From, functions, ref.Tree, r.summary())
				if strings.TrimPrefix(tree.Version.String(), "v") == ref.Tree {
					assert.Empty(t, r.Changes)
					assert.Empty(t, r.Steps)
					assert.Empty(t, r.Settings)
				}
			}
		})
	}
}
