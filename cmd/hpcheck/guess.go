package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/conform"
	"github.com/hpcheck/hpcheck/ftrace"
	"github.com/hpcheck/hpcheck/internal/files"
	"github.com/hpcheck/hpcheck/model"
)

// What traces are of, if nobody says.

// beside is a file of that name beside others, if there is one that can be read.
func beside(name string, others ...string) (ftrace.Companion, bool) {
	for _, other := range others {
		dir := filepath.Dir(other)
		if info, err := os.Stat(other); err == nil && info.IsDir() {
			dir = other
		}
		file := filepath.Join(dir, name)
		if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() {
			continue
		}
		if text, err := files.Read(file, files.Text); err == nil {
			return ftrace.Companion{File: file, Text: string(text)}, true
		}
	}
	return ftrace.Companion{}, false
}

// guessList is the list of states that lies among traces, or beside them.
func guessList(found *ftrace.Files, names []string) (ftrace.Companion, error) {
	switch lists := found.Lists; {
	case len(lists) == 1:
		return lists[0], nil
	case len(lists) > 1:
		return ftrace.Companion{}, fmt.Errorf(
			"is missing, and there is more than one: %s and %s", lists[0].File, lists[1].File,
		)
	}
	if list, ok := beside("states.txt", names...); ok {
		return list, nil
	}
	return ftrace.Companion{}, errors.New("is missing: name a copy of the machine's " +
		"/sys/devices/system/cpu/hotplug/states")
}

// guessKernel is the kernel that traces are of, and what says so: what uname printed there, the traces themselves, or
// the numbers in the list of states.
func guessKernel(
	ctx context.Context,
	found *ftrace.Files,
	list ftrace.Companion,
	names []string,
) (version, why string, err error) {
	unames := found.Unames
	if uname, ok := beside("uname.txt", append(slices.Clone(names), list.File)...); ok && len(unames) == 0 {
		unames = []ftrace.Companion{uname}
	}
	for _, u := range unames {
		switch f := strings.Fields(u.Text); len(f) {
		case 0, 2:
		case 1: // uname -r
			return f[0], u.File, nil
		default:
			return f[2], u.File, nil
		}
	}
	for _, t := range found.Traces {
		switch {
		case t.Release == "" || t.Release == version:
		case version != "":
			return "", "", fmt.Errorf(
				"the traces are of %s and of %s: name one, and hold each against its own", version, t.Release,
			)
		default:
			version, why = t.Release, t.File
		}
	}
	if version != "" {
		return version, why, nil
	}
	if version, why = byNumbers(list.Text), "the numbers in "+list.File; version == "" {
		all := model.Kernels()
		return all[len(all)-1].Name, "nothing in " + list.File, nil // which cannot be read, and whose reading says so
	}
	least := refused(ctx, version, list, found.Traces)
	for _, other := range minors(version) {
		if n := refused(ctx, other, list, found.Traces); n < least {
			version, least, why = other, n, "the numbers in "+list.File+" and what fits most traces"
		}
	}
	return version, why, nil
}

// refused is how many traces a kernel refuses, with a list of states; all if the list is not of the kernel.
func refused(ctx context.Context, version string, list ftrace.Companion, traces []*ftrace.Trace) (n int) {
	k, err := model.Lookup(version)
	steps, wrong := k.ParseStates(list.Text)
	if err != nil || wrong != nil {
		return len(traces)
	}
	if k, err = k.WithStates(filepath.Base(list.File), conform.Count(k, steps, traces...)); err != nil {
		return len(traces)
	}
	for _, t := range traces {
		if conform.Check(ctx, k, t).Verdict == conform.VerdictRefused {
			n++
		}
	}
	return n
}

// another is the kernel that a list of states is of, with what says so, if it is not the one that somebody named: the
// list ends at another number, traces are refused, and by that other kernel none is. A kernel whose ladder somebody has
// changed stays what it is called.
func another(
	ctx context.Context,
	named string,
	found *ftrace.Files,
	list ftrace.Companion,
	names []string,
) (version, why string, is bool) {
	k, err := model.Lookup(named)
	if err != nil {
		return "", "", false
	}
	last := func(steps []model.Step) int { return steps[len(steps)-1].Number }
	steps, err := k.ParseStates(list.Text)
	if err != nil || last(steps) == last(k.Steps) || refused(ctx, named, list, found.Traces) == 0 {
		return "", "", false
	}
	version, why, err = guessKernel(ctx, found, list, names)
	if err != nil || refused(ctx, version, list, found.Traces) > 0 {
		return "", "", false
	}
	return version, fmt.Sprintf(
		"%s, and not %s: its states end at %d, and those of %s at %d", why, named, last(k.Steps), list.File,
		last(steps),
	), true
}

// minors are the versions that an edition covers, but its own: 7.0 to 7.2 of v7.3.
func minors(edition string) (all []string) {
	k, err := model.Lookup(edition)
	if err != nil {
		return nil
	}
	var major, first, again, last int
	if n, _ := fmt.Sscanf(k.Covers(), "%d.%d to %d.%d", &major, &first, &again, &last); n < 4 || major != again {
		return nil
	}
	for minor := last; minor >= first; minor-- {
		if version := fmt.Sprintf("%d.%d", major, minor); "v"+version != edition {
			all = append(all, version)
		}
	}
	return all
}

// byNumbers is the edition whose states have the most numbers in common with a list: the newest of them.
func byNumbers(list string) string {
	best, most := "", -1
	for _, k := range model.Kernels() {
		steps, err := k.ParseStates(list)
		if err != nil {
			continue
		}
		same := 0
		for _, s := range k.Steps {
			if s.Name != "" &&
				slices.ContainsFunc(
					steps, func(o model.Step) bool { return o.Name == s.Name && o.Number == s.Number },
				) {
				same++
			}
		}
		if same >= most {
			best, most = k.Name, same
		}
	}
	return best
}
