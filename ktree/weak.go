package ktree

import (
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/cfront"
)

// archFolders are where an architecture's definitions are looked for, below arch/ARCH.
var archFolders = []string{"kernel", "power"}

// Weak lists the functions of the unit that another definition may take the place of, by name.
func (u *Unit) Weak() []string {
	var weak []string
	for name, f := range u.Funcs {
		if f.Weak() {
			weak = append(weak, name)
		}
	}
	slices.Sort(weak)
	return weak
}

// Overrides looks up functions in arch/ARCH/kernel and arch/ARCH/power of the configuration's architecture: the
// definitions that take the place of weak ones, or that the unit lacks. Names that are not there are left out.
func (u *Unit) Overrides(names ...string) (map[string]*Func, error) {
	found := map[string]*Func{}
	for _, folder := range archFolders {
		files, err := u.Tree.List("arch/" + u.Config.Arch + "/" + folder)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			if !strings.HasSuffix(file, ".c") {
				continue
			}
			text, err := u.Tree.Read(file)
			if err != nil {
				return nil, err
			}
			if !slices.ContainsFunc(names, func(name string) bool { return strings.Contains(text, name+"(") }) {
				continue
			}
			f := cfront.Parse(file, text, u.Config.Set)
			for _, name := range names {
				if fn := f.ByName[name]; fn != nil && !fn.Weak() && found[name] == nil {
					found[name] = &Func{Func: fn, File: file}
				}
			}
		}
	}
	return found, nil
}
