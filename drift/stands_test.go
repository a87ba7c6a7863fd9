package drift

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/internal/trees"
	"github.com/hpcheck/hpcheck/ktree"
	"github.com/hpcheck/hpcheck/model"
)

// parker is a tree of our own in which kthread_park() is this.
func parker(t *testing.T, body string) (*ktree.Tree, *ktree.Config) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"Makefile": "VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 9\n", ".config": "CONFIG_X86=y\nCONFIG_SMP=y\n",
		"kernel/cpu.c": "",
		"kernel/kthread.c": "int kthread_park(struct task *k);\n\nint kthread_park(struct task *k)\n{\n" +
			body + "}\n",
	} {
		file := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o777))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o666))
	}
	tree, err := ktree.Open(dir)
	require.NoError(t, err)
	cfg, err := tree.Config(ktree.Options{})
	require.NoError(t, err)
	return tree, cfg
}

// A definition is found from its head on: not a call, not a prototype, not a name that only ends alike.
func TestDefinitions(t *testing.T) {
	for text, want := range map[string][]string{
		"int f(int a)\n{\n\tg();\n}\nint b;\n":                             {"int f(int a)\n{\n\tg();\n}"},
		"int f(int a);\nint g(void)\n{\n\treturn f(1);\n}\n":               nil,
		"int g(void)\n{\n\tif (f(1)) {\n\t\th();\n\t}\n}\n":                nil,
		"int of(int a)\n{\n}\nint the_f(int a)\n{\n}\n":                    nil,
		"EXPORT(g);\n\n/* f() is */\nstatic int\nf(int a)\n{\n}\n":         {"static int\nf(int a)\n{\n}"},
		"#ifdef A\nint f(void)\n{\n}\n#else\nint f(int a)\n{\n}\n#endif\n": {"int f(void)\n{\n}", "int f(int a)\n{\n}"},
		"int f(int a)\n{":    nil,
		"f(a) { g(); }\n}\n": nil,
		"":                   nil,
	} {
		var found []string
		for from, end := range definitions(text, "f") {
			found = append(found, text[from:end])
		}
		assert.Equal(t, want, found, "%q", text)
	}
}

// Of a function for which a primitive stands it is said where it is, and whether its words are those that are kept.
func TestStands(t *testing.T) {
	of := func(edition, body string) Stand {
		tree, cfg := parker(t, body)
		stands := Stands(tree, cfg, edition, "kthread_park", "smp_mb", "no_primitive")
		require.Len(t, stands, 1, "smp_mb() is in no file")
		return stands[0]
	}
	s := of("v6.12", "\treturn f(k);\n")
	assert.Equal(t, 3, s.Line)
	assert.Len(t, s.Words, wordDigits)
	assert.True(t, s.Other())
	assert.Equal(t, s.Words, of("v6.12", "\t/* words */ return f( k );\n#ifdef CONFIG_NUMA\n\tg();\n#endif\n").Words)
	assert.NotEqual(t, s.Words, of("v6.12", "\treturn g(k);\n").Words)
	assert.False(t, of("v6.6", "\treturn f(k);\n").Other(), "v6.6 was made from no tree")

	tree, cfg := parker(t, "")
	gone := Stands(tree, cfg, "v6.12", "wake_up_process")
	require.Len(t, gone, 1)
	assert.Zero(t, gone[0].Line)
	assert.True(t, gone[0].Other())
}

// Each primitive of a C file has a hash in an edition that was made from a tree; of a header it may be a macro. And the
// trees are those.
func TestStandsOfTrees(t *testing.T) {
	kept := map[string]int{}
	for series, edition := range map[string]string{"6.1": "v6.1", "6.12": "v6.12", "7.3": "v7.3"} {
		tree, err := ktree.Open(trees.Of(t, series))
		require.NoError(t, err)
		cfg, err := tree.Config(ktree.Options{})
		require.NoError(t, err)
		for _, p := range model.Primitives() {
			for _, s := range Stands(tree, cfg, edition, p.Name) {
				assert.Equal(t, s.Pinned, s.Words, "%s: %s", edition, s.Name)
				if s.Line > 0 {
					kept[p.Name]++
				}
			}
		}
	}
	for _, p := range model.Primitives() {
		if strings.HasSuffix(p.File, ".c") {
			assert.Positive(t, kept[p.Name], p.Name)
		}
	}
}
