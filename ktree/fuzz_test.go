package ktree

import (
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/cfront"
)

// memory is a store of texts by path.
type memory map[string]string

func (m memory) read(path string) (string, error) {
	if text, ok := m[path]; ok {
		return text, nil
	}
	return "", fs.ErrNotExist
}

func (m memory) list(dir string) ([]string, error) {
	var files []string
	for _, path := range slices.Sorted(maps.Keys(m)) {
		if strings.HasPrefix(path, dir+"/") {
			files = append(files, path)
		}
	}
	return files, nil
}

func (memory) close() error { return nil }

// FuzzTree puts any text in the place of any file of the small tree: it is read, or an error says why not.
func FuzzTree(f *testing.F) {
	paths := slices.Sorted(maps.Keys(small))
	for i, path := range paths {
		f.Add(uint8(i), small[path])
		f.Add(uint8(i), "")
	}
	for _, entry := range []string{
		"", "1", "[1]", "[CPUHP_SHELVES]", "[CPUHP_NONE] = {}", "[CPUHP_SHELVES] = 1", "[CPUHP_SHELVES] = { 1 }",
		"[0 ... CPUHP_SHELVES] = { .name = 1 }", "[CPUHP_SHELVES] = { .startup = { .single = f } }",
	} {
		f.Add(uint8(slices.Index(paths, stepsSource)), "struct cpuhp_step cpuhp_hp_states[] = { "+entry+" };")
	}
	f.Fuzz(func(t *testing.T, which uint8, text string) {
		files := maps.Clone(memory(small))
		files[paths[int(which)%len(paths)]] = text
		tree, err := open(&Tree{Name: "small", Dir: "testdata", files: files})
		if err != nil {
			return
		}
		for _, arch := range []string{"x86", "oven", "powerpc", "lost"} {
			cfg, err := tree.Config(Options{Arch: arch})
			if err != nil {
				cfg = newConfig(cfront.Config{}, arch, "nothing")
			}
			u, err := tree.Load(cfg, stepsHeader, stepsSource, "kernel/smpboot.c")
			require.NoError(t, err)
			if steps, err := u.Steps(); err == nil {
				require.True(t, slices.IsSortedFunc(steps, func(a, b Step) int { return int(a.Number - b.Number) }))
			}
			for _, call := range u.Reach(slices.Collect(maps.Keys(u.Funcs))...).Calls {
				require.NotEmpty(t, call.In, call.Name)
			}
			u.Asked()
			_, err = u.Overrides(append(u.Weak(), "arch_tea")...)
			require.NoError(t, err)
		}
	})
}
