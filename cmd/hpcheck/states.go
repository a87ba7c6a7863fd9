package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/hpcheck/hpcheck/conform"
	"github.com/hpcheck/hpcheck/ftrace"
	"github.com/hpcheck/hpcheck/internal/files"
	"github.com/hpcheck/hpcheck/model"
)

// statesFlags say which ladder the machine has.
type statesFlags struct {
	file  string
	text  string // what is in it, if it was read before
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
	text := f.text
	if text == "" {
		read, err := files.Read(f.file, files.Text)
		if err != nil {
			return k, usage("--states", err)
		}
		text = string(read)
	}
	steps, err := k.ParseStates(text)
	if err != nil {
		return k, usageAt(f.file, err)
	}
	traces := ftrace.OpenAll(f.learn...).Traces
	for _, t := range traces {
		var line *ftrace.Error
		switch {
		case errors.As(t.Err, &line):
			return k, usage("--learn", t.Err) // it says where
		case t.Err != nil:
			return k, usage("--learn", fmt.Errorf("%s: %w", t.File, t.Err))
		case len(t.Events) == 0:
			return k, usage(
				"--learn", fmt.Errorf("%s: it has no events of CPU hotplug, so nothing can be learned from it", t.File),
			)
		}
	}
	if len(f.learn) > 0 && len(traces) == 0 {
		return k, usage("--learn", errors.New("there is no trace in what was named"))
	}
	steps = conform.Learn(k, conform.Count(k, steps, f.counted...), traces...)
	if names := model.Unknown(steps); len(names) > 0 {
		steps = f.assume(steps, len(f.counted)+len(traces) > 0)
	}
	read := cmp.Or(k.Arch, "x86")
	k, err = k.WithStates(filepath.Base(f.file), steps)
	if err != nil {
		return k, usageAt(f.file, err)
	}
	if arch := cmp.Or(k.Arch, "x86"); k.Source != nil && arch != read {
		return k, usage(f.file, fmt.Errorf(
			"the states are those of %s, and the tree was read with a configuration of %s: want --arch %s, or "+
				"--config with that machine's own", arch, read, arch,
		))
	}
	return k, nil
}

// assume gives callbacks to states of which nobody knows any, and says so on stderr, with all their names. Where there
// are traces, they have those that the traces show.
func (f *statesFlags) assume(steps []model.Step, shown bool) []model.Step {
	names := model.Unknown(steps)
	what := "they are taken to have a startup and a teardown, or a teardown alone if they are :dead or :dying"
	if shown {
		what = "they are taken to call what the traces show, and nothing else"
	} else {
		steps = model.Assume(steps)
	}
	fmt.Fprintf(
		os.Stderr, "hpcheck: %s: nothing is known of the callbacks of %s: %s; to tell them, write them after the "+
			"name, as in %q\n",
		f.file, quoted(names), what, names[0]+" | STARTUP TEARDOWN",
	)
	return steps
}

// quoted lists names: "a", "b" and "c".
func quoted(names []string) string {
	var b strings.Builder
	for i, name := range names {
		switch {
		case i > 0 && i == len(names)-1:
			b.WriteString(" and ")
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(strconv.Quote(name))
	}
	return b.String()
}

// usageAt is a mistake in a list of states.
func usageAt(file string, err error) error {
	var at *model.StatesError
	if errors.As(err, &at) && at.Line > 0 {
		return &exitError{exitUsage, fmt.Errorf("%s:%d: %s", file, at.Line, at.Text)}
	}
	return usage(file, err)
}
