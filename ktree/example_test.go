package ktree_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/hpcheck/hpcheck/ktree"
)

// A tree needs no build: its Makefile says which version it is, and the functions are read from its files.
func Example() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	for file, text := range map[string]string{
		".config":      "CONFIG_X86=y\nCONFIG_X86_64=y\nCONFIG_SMP=y\nCONFIG_HOTPLUG_CPU=y\n",
		"Makefile":     "VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 34\nEXTRAVERSION =\n",
		"kernel/cpu.c": "static int answer(void)\n{\n\treturn 42;\n}\n\nint ask(void)\n{\n\treturn answer();\n}\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, file)), 0o777); err != nil {
			panic(err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o666); err != nil {
			panic(err)
		}
	}
	tree, err := ktree.Open(dir)
	if err != nil {
		panic(err)
	}
	cfg, err := tree.Config(ktree.Options{})
	if err != nil {
		panic(err)
	}
	unit, err := tree.Load(cfg, "kernel/cpu.c")
	if err != nil {
		panic(err)
	}
	fmt.Println(tree.Version)
	for _, f := range unit.Files[0].Funcs {
		fmt.Println(f.Name)
	}
	// Output:
	// v6.12.34
	// answer
	// ask
}
