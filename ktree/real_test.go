package ktree

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/internal/trees"
)

// All of kernel/ can be read, but for a function in a hundred at the most; and none of what the hotplug core is.
func TestRealTrees(t *testing.T) {
	for _, dir := range trees.All(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			tree, err := Open(dir)
			require.NoError(t, err)
			cfg, err := tree.Config(Options{})
			require.NoError(t, err)
			files, err := tree.List("kernel")
			require.NoError(t, err)
			var sources []string
			for _, file := range files {
				if strings.HasSuffix(file, ".c") {
					sources = append(sources, file)
				}
			}
			u, err := tree.Load(cfg, sources...)
			require.NoError(t, err)
			functions, bad := 0, 0
			for _, f := range u.Files {
				for _, fn := range f.Funcs {
					functions++
					bad += min(1, len(fn.Bad))
				}
				switch f.Path {
				case "kernel/cpu.c", "kernel/kthread.c", "kernel/smpboot.c", "kernel/stop_machine.c":
					assert.NoError(t, f.Err())
				}
			}
			t.Logf("%s: %d functions in %d files, %d with statements that cannot be read", tree.Version, functions,
				len(u.Files), bad)
			assert.Greater(t, functions, 5000)
			assert.Less(t, bad*100, functions)
		})
	}
}
