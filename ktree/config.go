package ktree

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/cfront"
	"github.com/hpcheck/hpcheck/internal/files"
)

// Config is a configuration, and where it was found.
type Config struct {
	Set  cfront.Config
	Arch string // the directory under arch
	From string // where it was found, for a reader
}

// Options say which configuration a tree is read with.
type Options struct {
	File string // a .config; "" for that of the tree
	Arch string // the architecture whose defaults are taken if there is no .config; "" for x86
}

// Config finds the configuration of a tree: the file that is named, else the .config in the tree's directory, else the
// defaults of the architecture.
func (t *Tree) Config(o Options) (*Config, error) {
	file := o.File
	if file == "" {
		own := filepath.Join(t.Dir, ".config")
		if _, err := os.Stat(own); err != nil || o.Arch != "" {
			return t.defaults(o.Arch)
		}
		file = own
	}
	return ReadConfig(file, o.Arch)
}

// ReadConfig reads a .config; it must be for the architecture, if one is named.
func ReadConfig(file, named string) (*Config, error) {
	text, err := files.Read(file, files.Text)
	if err != nil {
		return nil, err
	}
	set, err := cfront.ParseConfig(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s:%w", file, err)
	}
	arch := architecture(set)
	switch {
	case arch == "":
		return nil, fmt.Errorf("%s sets no architecture (as CONFIG_X86=y): want a whole .config", file)
	case named != "" && named != arch:
		return nil, fmt.Errorf("%s is a configuration for %s, not for %s", file, arch, named)
	}
	return newConfig(set, arch, file), nil
}

// newConfig adds what headers would define and conditions ask for.
func newConfig(set cfront.Config, arch, from string) *Config {
	set["BITS_PER_LONG"] = "32"
	if set.Builtin("CONFIG_64BIT") {
		set["BITS_PER_LONG"] = "64"
	}
	return &Config{Set: set, Arch: arch, From: from}
}

// architectures are the directories under arch whose symbol is not their name in capitals, with their symbols; and the
// others.
var architectures = [][2]string{
	{"powerpc", "PPC"}, {"sh", "SUPERH"}, {"um", "UML"}, {"x86", "X86"}, {"arm64", "ARM64"}, {"arm", "ARM"},
	{"riscv", "RISCV"}, {"s390", "S390"}, {"loongarch", "LOONGARCH"}, {"mips", "MIPS"}, {"parisc", "PARISC"},
	{"sparc", "SPARC"}, {"alpha", "ALPHA"}, {"arc", "ARC"}, {"csky", "CSKY"}, {"hexagon", "HEXAGON"}, {"ia64", "IA64"},
	{"m68k", "M68K"}, {"microblaze", "MICROBLAZE"}, {"nios2", "NIOS2"}, {"openrisc", "OPENRISC"}, {"xtensa", "XTENSA"},
}

// architecture is the directory under arch that a configuration is for, "" if it names none.
func architecture(set cfront.Config) string {
	for _, a := range architectures {
		if set.Builtin("CONFIG_" + a[1]) {
			return a[0]
		}
	}
	return ""
}

// Asked is a symbol that files depend on.
type Asked struct {
	Name  string   // CONFIG_HOTPLUG_CPU
	Value string   // y, m, n, a number or a string
	By    []string // the files that ask for it
}

// Asked lists the symbols that the unit's files depend on, sorted.
func (u *Unit) Asked() []Asked {
	by := map[string][]string{}
	for _, f := range u.Files {
		for _, name := range f.Pre.Asked {
			by[name] = append(by[name], f.Path)
		}
	}
	var list []Asked
	for name, files := range by {
		list = append(list, Asked{Name: name, Value: u.Config.Set.Value(name), By: files})
	}
	slices.SortFunc(list, func(a, b Asked) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// exists reports whether the tree has a file.
func (t *Tree) exists(path string) (bool, error) {
	_, err := t.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
