package main

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/reports"
)

// How the result of a search came about is not part of what was asked for: with any of these it is the same.
var notAsked = []string{"workers", "checkpoint", "checkpoint-interval", "resume", "spill", "set"}

// Properties and the depth are in every run, and not repeated.
var inRun = []string{"property", "property-file", "liveness", "depth"}

// request is what the flags ask for, as a command line that makes the run again has it.
func request(fs *pflag.FlagSet) *reports.Request {
	q := &reports.Request{Line: line}
	if named(fs) {
		q.Kernel = []reports.Setting{{Key: "kernel", Value: fs.Lookup("kernel").Value.String()}}
	}
	fs.VisitAll(func(f *pflag.Flag) {
		if !f.Changed || f.Name == "kernel" || slices.Contains(notAsked, f.Name) || slices.Contains(inRun, f.Name) {
			return
		}
		switch groupOf(f) {
		case groupWhat:
			q.Kernel = append(q.Kernel, setting(f))
		case groupSearch:
			q.Search = append(q.Search, setting(f))
		}
	})
	return q
}

// named reports whether an edition is checked, and not what a tree has.
func named(fs *pflag.FlagSet) bool { return fs.Changed("kernel") || !fs.Changed("source") }

func setting(f *pflag.Flag) reports.Setting {
	return reports.Setting{Key: suiteKey(f), Value: plainValue(f)}
}

// line is the command line that asks for settings: flags that people type, and --set for the other keys.
func line(settings []reports.Setting) []string {
	words := []string{"hpcheck"}
	for _, s := range settings {
		name := flagOfKey(s.Key)
		switch {
		case !slices.Contains(everyday, name) && !slices.Contains(unusual, name):
			words = append(words, "--set", s.Key+"="+s.Value)
		case s.Value == "true":
			words = append(words, "--"+name)
		default:
			words = append(words, "--"+name, s.Value)
		}
	}
	return words
}

// Limits may be others when a run goes on.
var limits = []string{"timeout", "max-states", "memory"}

// resumable are the flags of a run, for who goes on from its checkpoint: KEY=VALUE, each in a line.
func resumable(fs *pflag.FlagSet) explore.Setting {
	var lines []string
	fs.VisitAll(func(f *pflag.Flag) {
		if !asked(f) || !f.Changed && !(f.Name == "kernel" && named(fs)) {
			return
		}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			for _, text := range list.GetSlice() {
				lines = append(lines, f.Name+"="+text)
			}
			return
		}
		lines = append(lines, f.Name+"="+f.Value.String())
	})
	return explore.Setting{Value: strings.Join(lines, "\n")}
}

// asked reports whether a flag says what is checked and how, and not only how far and by whom.
func asked(f *pflag.Flag) bool {
	g := groupOf(f)
	return g != groupOutput && g != groupOther && !slices.Contains(notAsked, f.Name) && !slices.Contains(limits, f.Name)
}

// resumeAlone sets the flags that a checkpoint was made with, if --resume stands without any of them.
func resumeAlone(fs *pflag.FlagSet) error {
	if !fs.Changed("resume") {
		return nil
	}
	alone := true
	fs.Visit(func(f *pflag.Flag) { alone = alone && !asked(f) })
	if !alone {
		return nil
	}
	settings, err := explore.Settings(fs.Lookup("resume").Value.String())
	if err != nil {
		return usage("--resume", err)
	}
	for _, s := range settings {
		if s.Name != "" || s.Value == "" {
			continue
		}
		for line := range strings.SplitSeq(s.Value, "\n") {
			name, value, _ := strings.Cut(line, "=")
			if err := fs.Set(name, value); err != nil {
				return usage("--resume", err)
			}
		}
	}
	return nil
}
