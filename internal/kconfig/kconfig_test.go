package kconfig

import (
	"bufio"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/internal/trees"
)

// load reads a tree that is given as file names and texts.
func load(t *testing.T, files map[string]string, variables map[string]string) *Symbols {
	t.Helper()
	s, err := Load(func(path string) (string, error) {
		if text, ok := files[path]; ok {
			return text, nil
		}
		return "", fs.ErrNotExist
	}, "Kconfig", variables)
	require.NoError(t, err)
	return s
}

const lifts = `
mainmenu "Lifts $(KERNELVERSION)"
source "arch/$(SRCARCH)/Kconfig"

config LIFT
	bool "Lifts" if EXPERT
	default y
	select DOORS if !STAIRS
	imply MUSIC
	help
	  A lift goes up.

	  if it does not go down: config NOT_A_SYMBOL

config STAIRS
	tristate "Stairs"
	depends on HOUSE

config DOORS
	bool
config MUSIC
	bool "Music"
	depends on LOUD
config LOUD
	def_bool CABLES || \
		SPEAKERS
config SPEAKERS
	bool "Speakers"

menuconfig PARTS
	bool "Parts"
	default y if FLOORS >= 10
if PARTS
config ROPE
	def_tristate m
config CABLES
	bool "Cables"
	default n
	default y
endif

menu "Inside"
	depends on PARTS
config BUTTONS
	int "Buttons"
	range 1 100
	default 12 if FLOORS = 12
	default 3
config NAME
	string "Name"
	default "none"
endmenu

choice
	prompt "Drive"
	default ROPES if LIFT
config PISTON
	bool "Piston"
config ROPES
	bool "Ropes"
config MAGIC
	bool "Magic"
	depends on WIZARD
endchoice

config CC_IS_GCC
	def_bool $(success,cc --version | grep gcc)
config CC_IS_CLANG
	def_bool $(success,cc --version | grep clang)
config MADE_BY_GCC
	def_bool CC_IS_GCC && !CC_IS_CLANG
config TOOL
	def_bool $(cc-option,-fa $(x)) && !$(failure,false)
config CIRCLE
	def_bool CIRCLE
`

func TestValues(t *testing.T) {
	files := map[string]string{
		"Kconfig": lifts,
		"arch/tall/Kconfig": "config HOUSE\n\tdef_bool y\nconfig FLOORS\n\tint\n\tdefault 12\nconfig EXPERT\n\tbool " +
			"\"x\"\n",
	}
	s := load(t, files, map[string]string{"SRCARCH": "tall"})
	for _, c := range []struct{ defconfig, want string }{
		{"", "LIFT=y DOORS=y STAIRS=n MUSIC=n PARTS=y ROPE=m CABLES=n BUTTONS=12 NAME=none PISTON=n ROPES=y MAGIC=n"},
		{"CONFIG_PISTON=y", "PISTON=y ROPES=n"},
		{"CONFIG_MAGIC=y", "MAGIC=n ROPES=y"},
		{"# CONFIG_ROPES is not set", "PISTON=y ROPES=n"},
		{"CONFIG_STAIRS=y", "STAIRS=y DOORS=n"},
		{"CONFIG_STAIRS=m", "STAIRS=m DOORS=y"}, // !m is m, and a bool that is m is y
		{"# CONFIG_LIFT is not set", "LIFT=y"},  // it cannot be chosen
		{"CONFIG_EXPERT=y\n# CONFIG_LIFT is not set", "LIFT=n DOORS=n PISTON=y"},
		{"CONFIG_SPEAKERS=y", "LOUD=y MUSIC=y"},
		{"CONFIG_SPEAKERS=y\n# CONFIG_MUSIC is not set", "MUSIC=n"},
		{"CONFIG_CABLES=y", "LOUD=y"},
		{"# CONFIG_PARTS is not set", "ROPE=n BUTTONS= CABLES=n"},
		{"CONFIG_BUTTONS=7\nCONFIG_NAME=\"up\"", "BUTTONS=7 NAME=up"},
		{"", "MADE_BY_GCC=y TOOL=y CIRCLE=n NOT_A_SYMBOL=n"},
	} {
		s = load(t, files, map[string]string{"SRCARCH": "tall"})
		s.Defconfig(c.defconfig)
		for _, want := range strings.Fields(c.want) {
			name, _, _ := strings.Cut(want, "=")
			assert.Equal(t, want, name+"="+s.Value(name), "under %q", c.defconfig)
		}
	}
	assert.Equal(t, "y", s.Set()["CONFIG_LIFT"])
	assert.NotContains(t, s.Set(), "CONFIG_STAIRS")
}

func TestMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"endif\n":                      "Kconfig:1: endif closes nothing",
		"menu \"x\"\nendif\n":          "Kconfig:2: endif closes nothing",
		"\nsource \"Kconfig\"\n":       "Kconfig:2: files source each other deeper than 60",
		"source \"nowhere/Kconfig\"\n": "file does not exist",
	} {
		_, err := Load(func(path string) (string, error) {
			if path == "Kconfig" {
				return text, nil
			}
			return "", fs.ErrNotExist
		}, "Kconfig", nil)
		assert.ErrorContains(t, err, want)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(lifts, "CONFIG_PISTON=y\n# CONFIG_LIFT is not set\n")
	f.Add("config A\n\tdef_bool "+strings.Repeat("(", 5000)+"\n", "")
	f.Add("config A\n\tdef_bool "+strings.Repeat("!", 5000)+"A\n", "")
	f.Fuzz(func(t *testing.T, text, defconfig string) {
		s, err := Load(func(path string) (string, error) {
			if path == "Kconfig" {
				return text, nil
			}
			return "", fs.ErrNotExist
		}, "Kconfig", map[string]string{"SRCARCH": "x"})
		if err == nil {
			s.Defconfig(defconfig)
			s.Set()
		}
	})
}

// tools are symbols that depend on the compiler and the linker that made the .config.
var tools = []string{"CC_", "GCC_", "LD_", "AS_", "RUST", "PAHOLE", "TOOLS_", "CLANG", "_INT128", "HAVE_CFI", "OPENSSL"}

// Where the real thing has evaluated x86_64_defconfig, the symbols that kernel/ and include/linux/ ask for are the
// same.
func TestRealTrees(t *testing.T) {
	for _, tree := range trees.All(t) {
		t.Run(filepath.Base(tree), func(t *testing.T) {
			read := func(path string) (string, error) {
				b, err := os.ReadFile(filepath.Join(tree, path))
				return string(b), err
			}
			if _, err := read(".config"); err != nil {
				t.Skip("it has no .config")
			}
			s, err := Load(read, "Kconfig", map[string]string{"SRCARCH": "x86", "ARCH": "x86"})
			require.NoError(t, err)
			defconfig, err := read("arch/x86/configs/x86_64_defconfig")
			require.NoError(t, err)
			s.Defconfig(defconfig)
			ours := s.Set()
			f, err := os.Open(filepath.Join(tree, ".config"))
			require.NoError(t, err)
			defer f.Close()
			real := map[string]string{}
			for lines := bufio.NewScanner(f); lines.Scan(); {
				if name, value, ok := strings.Cut(lines.Text(), "="); ok && strings.HasPrefix(name, "CONFIG_") {
					real[name] = strings.Trim(value, `"`)
				}
			}
			var differ []string
			for name := range union(ours, real) {
				if ours[name] != real[name] && real[name] != "" && !aboutTools(name) {
					differ = append(differ, fmt.Sprintf("%s is %q, not %q", name, real[name], ours[name]))
				}
			}
			t.Logf("%d symbols are set; differ: %v", len(real), differ)
			assert.LessOrEqual(t, len(differ), len(real)/400)
		})
	}
}

func union(a, b map[string]string) map[string]bool {
	all := map[string]bool{}
	for _, m := range []map[string]string{a, b} {
		for name := range m {
			all[name] = true
		}
	}
	return all
}

func aboutTools(name string) bool {
	for _, t := range tools {
		if strings.Contains(name, t) {
			return true
		}
	}
	return false
}
