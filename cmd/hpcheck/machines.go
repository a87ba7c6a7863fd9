package main

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/ftrace"
	"github.com/hpcheck/hpcheck/model"
)

// machine is one on which traces were recorded: they have a list of states in common, and a release.
type machine struct {
	list    ftrace.Companion
	missing error // why there is no list
	release string
	why     string // what says so: a file
	traces  []*ftrace.Trace
}

// machinesOf finds out on which machines traces were recorded. Each has the list of states that lies nearest to it,
// beside it or above. A list that somebody names is that of all; and a kernel that somebody names is that of all.
func machinesOf(found *ftrace.Files, names []string, list *ftrace.Companion, guess bool) (all []*machine) {
	for _, t := range found.Traces {
		m := machine{}
		if list != nil {
			m.list = *list
		} else {
			m.list, m.missing = listOf(found, t)
		}
		if guess {
			m.release, m.why = releaseOf(found, t, m.list, names)
		}
		i := slices.IndexFunc(
			all,
			func(o *machine) bool { return o.list.File == m.list.File && o.release == m.release },
		)
		if i < 0 {
			i, all = len(all), append(all, &m)
		}
		all[i].traces = append(all[i].traces, t)
	}
	return together(all)
}

// together puts traces that say nothing of their kernel to those of the only other kernel with the same list.
func together(all []*machine) []*machine {
	for i := 0; i < len(all); i++ {
		if all[i].release != "" {
			continue
		}
		others := slices.DeleteFunc(slices.Clone(all), func(m *machine) bool {
			return m == all[i] || m.list.File != all[i].list.File
		})
		if len(others) == 1 {
			others[0].traces = append(others[0].traces, all[i].traces...)
			all = slices.Delete(all, i, i+1)
			i--
		}
	}
	return all
}

// errNoList is that no list of states is to be found.
var errNoList = errors.New("is missing: name a copy of the machine's /sys/devices/system/cpu/hotplug/states")

// listOf is the list of states that is nearest to a trace.
func listOf(found *ftrace.Files, t *ftrace.Trace) (ftrace.Companion, error) {
	near := nearest(found.Lists, t.Dir)
	switch {
	case len(near) == 1:
		return near[0], nil
	case len(near) > 1:
		return ftrace.Companion{}, fmt.Errorf(
			"is missing, and there is more than one: %s and %s",
			near[0].File,
			near[1].File,
		)
	}
	if list, ok := above("states.txt", t.Dir, ""); ok {
		return list, nil
	}
	if len(found.Lists) == 1 {
		return found.Lists[0], nil
	}
	return ftrace.Companion{}, errNoList
}

// releaseOf is the kernel's release as what uname has printed near a trace tells it, or the trace itself, and the file
// that says so.
func releaseOf(found *ftrace.Files, t *ftrace.Trace, list ftrace.Companion, names []string) (release, why string) {
	var unames []ftrace.Companion
	for _, dir := range []string{t.Dir, list.Dir} { // but not above the list
		for _, u := range nearest(found.Unames, dir) {
			if within(u.Dir, list.Dir) && len(unames) == 0 {
				unames = append(unames, u)
			}
		}
		if uname, ok := above("uname.txt", dir, list.Dir); ok && len(unames) == 0 {
			unames = append(unames, uname)
		}
	}
	if uname, ok := beside("uname.txt", names...); ok && len(unames) == 0 &&
		within(filepath.Dir(uname.File), list.Dir) {
		unames = append(unames, uname)
	}
	for _, u := range unames {
		switch f := strings.Fields(u.Text); len(f) {
		case 0, 2:
		case 1: // uname -r
			return f[0], u.File
		default:
			return f[2], u.File
		}
	}
	return t.Release, t.File
}

// nearest are the files of the directory that is nearest to another one, of those that are that directory or above it;
// the one that is called as it should be, if one is.
func nearest(all []ftrace.Companion, dir string) (near []ftrace.Companion) {
	for _, c := range all {
		switch {
		case !within(dir, c.Dir) || len(near) > 0 && len(c.Dir) < len(near[0].Dir):
		case len(near) > 0 && len(c.Dir) == len(near[0].Dir):
			near = append(near, c)
		default:
			near = []ftrace.Companion{c}
		}
	}
	for _, c := range near {
		if name := filepath.Base(c.File); name == "states.txt" || strings.HasSuffix(name, ":states.txt") {
			return []ftrace.Companion{c}
		}
	}
	return near
}

// within reports whether a directory is another one, or lies below it.
func within(dir, other string) bool {
	return dir == other || other == "." && !filepath.IsAbs(dir) ||
		strings.HasPrefix(dir, strings.TrimSuffix(other, "/")+"/")
}

// levels is how far above a trace its list of states may lie.
const levels = 3

// above is a file of that name in a directory, or in the next ones above it, up to a last one if there is one.
func above(name, dir, last string) (ftrace.Companion, bool) {
	for range levels + 1 {
		if c, ok := beside(name, filepath.Join(dir, name)); ok {
			return c, true
		}
		if dir == last || dir == "." || dir == "/" || strings.HasSuffix(dir, "..") {
			break
		}
		dir = filepath.Dir(dir)
	}
	return ftrace.Companion{}, false
}

// foreign says of a list of states that its numbers are those of another edition; "" if they are the kernel's own.
func foreign(k model.Kernel, list ftrace.Companion) string {
	edition := byNumbers(list.Text)
	if edition == "" || edition == k.Name {
		return ""
	}
	other, err := model.Lookup(edition)
	if err != nil {
		return ""
	}
	own, err := model.Lookup(k.Name)
	if err != nil || sharedNumbers(own, list.Text) == sharedNumbers(other, list.Text) {
		return ""
	}
	return fmt.Sprintf("the numbers in %s are those of %s, and not of %s: it may be the list of another kernel",
		filepath.Base(list.File), edition, cmp.Or(k.Name, "this kernel"))
}
