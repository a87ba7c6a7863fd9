package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

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
			return ftrace.Companion{File: file, Dir: dir, Text: string(text)}, true
		}
	}
	return ftrace.Companion{}, false
}

// guessKernel is the kernel that traces are of, if none of them says it, and what says so: the numbers in the list of
// states, and what fits most of the traces.
func guessKernel(ctx context.Context, m *machine) (version, why string) {
	if m.release != "" {
		return m.release, m.why
	}
	if version, why = byNumbers(m.list.Text), "the numbers in "+m.list.File; version == "" {
		return newest(), "nothing in " + m.list.File // which cannot be read, and whose reading says so
	}
	least := refused(ctx, version, m.list, m.traces)
	for _, other := range minors(version) {
		if n := refused(ctx, other, m.list, m.traces); n < least {
			version, least, why = other, n, "the numbers in "+m.list.File+" and what fits most traces"
		}
	}
	return version, why
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
func another(ctx context.Context, named string, m *machine) (version, why string, is bool) {
	k, err := model.Lookup(named)
	if err != nil {
		return "", "", false
	}
	last := func(steps []model.Step) int { return steps[len(steps)-1].Number }
	steps, err := k.ParseStates(m.list.Text)
	if err != nil || last(steps) == last(k.Steps) || refused(ctx, named, m.list, m.traces) == 0 {
		return "", "", false
	}
	version, why = guessKernel(ctx, m)
	if refused(ctx, version, m.list, m.traces) > 0 {
		return "", "", false
	}
	return version, fmt.Sprintf(
		"%s, and not %s: its states end at %d, and those of %s at %d", why, named, last(k.Steps), m.list.File,
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

// byNumbers is the edition whose states have the most in common with a list: the newest of them.
func byNumbers(list string) string {
	best, most := "", -1
	for _, k := range model.Kernels() {
		if same := sharedNumbers(k, list); same >= most && same >= 0 {
			best, most = k.Name, same
		}
	}
	return best
}

// sharedNumbers is how many states have the same number in a list and in a kernel, and how many lie as far behind the
// one before, which one state more or less among the first does not change; -1 if the list cannot be read as one of the
// kernel.
func sharedNumbers(k model.Kernel, list string) (same int) {
	steps, err := k.ParseStates(list)
	if err != nil {
		return -1
	}
	before := [2]int{}
	for _, s := range k.Steps {
		i := slices.IndexFunc(steps, func(o model.Step) bool { return s.Name != "" && o.Name == s.Name })
		if i < 0 {
			continue
		}
		now := [2]int{s.Number, steps[i].Number}
		if now[0] == now[1] {
			same++
		}
		if now[0]-before[0] == now[1]-before[1] {
			same++
		}
		before = now
	}
	return same
}
