package ktree

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/cfront"
	"github.com/hpcheck/hpcheck/internal/kconfig"
)

var literalDefconfig = regexp.MustCompile(`(?m)^[ \t]*KBUILD_DEFCONFIG[ \t]*:?=[ \t]*([a-z0-9_-]+_defconfig)[ \t\r]*$`)

// defaults evaluates the tree's Kconfig files under an architecture's defconfig.
func (t *Tree) defaults(arch string) (*Config, error) {
	if arch == "" {
		arch = "x86"
	}
	if arch == "x86_64" || arch == "i386" {
		return nil, fmt.Errorf(
			"%s: want the name of a directory under arch, as x86, for the architecture %s",
			t.Name,
			arch,
		)
	}
	file, err := t.defconfig(arch)
	if err != nil {
		return nil, err
	}
	text, err := t.Read(file)
	if err != nil {
		return nil, err
	}
	symbols, err := kconfig.Load(t.Read, "Kconfig", map[string]string{
		"ARCH": arch, "SRCARCH": arch, "KERNELVERSION": strings.TrimPrefix(t.Version.String(), "v"),
	})
	if err != nil {
		return nil, fmt.Errorf("%s has no .config, and its Kconfig files cannot be read for the defaults: %w; name a "+
			"configuration", t.Name, err)
	}
	symbols.Defconfig(text)
	set := cfront.Config{}
	for name, value := range symbols.Set() {
		set.Set(name, value)
	}
	return newConfig(set, arch, "the defaults of "+arch+" ("+path.Base(file)+")"), nil
}

// defconfig finds the file with an architecture's defaults.
func (t *Tree) defconfig(arch string) (string, error) {
	names := []string{"defconfig"}
	switch arch {
	case "x86":
		names = []string{"x86_64_defconfig"}
	case "powerpc": // whose Makefile makes it from several
		names = []string{"ppc64_defconfig"}
	}
	file := "arch/" + arch + "/Makefile"
	makefile, err := t.Read(file)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s has no architecture %s: there is no %s", t.Name, arch, file)
	}
	if err != nil {
		return "", err
	}
	for _, m := range literalDefconfig.FindAllStringSubmatch(makefile, -1) {
		names = append(names, m[1])
	}
	for _, name := range slices.Compact(names) {
		file := "arch/" + arch + "/configs/" + name
		switch there, err := t.exists(file); {
		case err != nil:
			return "", err
		case there:
			return file, nil
		}
	}
	return "", fmt.Errorf(
		"%s: which of arch/%s/configs are the defaults of %s cannot be told: name a configuration", t.Name, arch, arch,
	)
}
