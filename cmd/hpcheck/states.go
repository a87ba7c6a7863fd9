package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/hpcheck/hpcheck/conform"
	"github.com/hpcheck/hpcheck/ftrace"
	"github.com/hpcheck/hpcheck/internal/files"
	"github.com/hpcheck/hpcheck/model"
)

// statesFlags say which ladder the machine has.
type statesFlags struct {
	file  string
	learn []string

	counted []*ftrace.Trace // nobody named traces to learn from, and these are at hand to count instances
}

func (f *statesFlags) add(fs *pflag.FlagSet) {
	fs.StringVar(
		&f.file,
		"states",
		"",
		"give the kernel the ladder of a machine: a copy of its /sys/devices/system/cpu/hotplug/states, `FILE`",
	)
	fs.StringSliceVar(
		&f.learn,
		"learn",
		nil,
		"learn from these traces of the machine, `TRACE,...`, which callbacks its states have",
	)
}

// apply gives the kernel the machine's ladder.
func (f *statesFlags) apply(k model.Kernel) (model.Kernel, error) {
	if f.file == "" {
		if len(f.learn) > 0 {
			return k, usage("--learn", errors.New("is of no use without --states, whose callbacks are to be learned"))
		}
		return k, nil
	}
	text, err := files.Read(f.file, files.Text)
	if err != nil {
		return k, usage("--states", err)
	}
	steps, err := k.ParseStates(string(text))
	if err != nil {
		return k, usageAt(f.file, err)
	}
	traces, err := openTraces("--learn", f.learn)
	if err != nil {
		return k, err
	}
	for _, t := range traces {
		if len(t.Events) == 0 {
			return k, usage(
				"--learn", fmt.Errorf("%s: it has no events of CPU hotplug, so nothing can be learned from it", t.File),
			)
		}
	}
	steps = conform.Learn(k, conform.Count(k, steps, f.counted...), traces...)
	k, err = k.WithStates(filepath.Base(f.file), steps)
	if err != nil {
		return k, usageAt(f.file, err)
	}
	return k, nil
}

// usageAt is a mistake in a list of states.
func usageAt(file string, err error) error {
	var at *model.StatesError
	if errors.As(err, &at) && at.Line > 0 {
		return &exitError{exitUsage, fmt.Errorf("%s:%d: %s", file, at.Line, at.Text)}
	}
	return usage(file, err)
}

// openTraces reads files of traces; what is the flag, or what else named them.
func openTraces(what string, files []string) ([]*ftrace.Trace, error) {
	var all []*ftrace.Trace
	for _, file := range files {
		if info, err := os.Stat(file); err == nil && info.IsDir() {
			return nil, usage(what, fmt.Errorf("%s is a directory: name the files in it", file))
		}
		traces, err := ftrace.OpenAll(file)
		var line *ftrace.Error
		switch {
		case errors.As(err, &line):
			return nil, &exitError{exitUsage, err} // it says where
		case err != nil:
			return nil, usage(what, err)
		}
		all = append(all, traces...)
	}
	return all, nil
}
