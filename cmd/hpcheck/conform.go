package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/hpcheck/hpcheck/conform"
	"github.com/hpcheck/hpcheck/ftrace"
	"github.com/hpcheck/hpcheck/internal/files"
	"github.com/hpcheck/hpcheck/internal/interrupt"
	"github.com/hpcheck/hpcheck/reports"
)

// conformFlags are those of hpcheck conform.
type conformFlags struct {
	kernelFlags
	guess   bool // nobody named the kernel
	states  statesFlags
	out     string
	format  tableFormat
	verbose bool
}

func newConformCommand() *cobra.Command {
	var f conformFlags
	cmd := &cobra.Command{
		Use:   "conform [--kernel NAME] [--states FILE] TRACE...",
		Short: "Hold a kernel's model against traces of a real machine",
		Long: `conform reads what ftrace recorded on a real machine, and decides whether the model has an execution that
shows exactly this: which callback, for which CPU, towards which target, by whom and where, with which result. What the
tracer does not see is searched for.

A trace is a file of tracefs (trace, trace_pipe; with options/latency-format, fields, stacktrace and the like, or of
function_graph), what ftrace_dump or tp_printk wrote to the console, the output of trace-cmd report (and of report -R)
or of perf script, a trace.dat of version 6 or 7, a trace of perfetto, or systrace's HTML. What stands before each line
(dmesg's time, syslog's head, a file's name, "> ") is cut off. It may be packed by gzip, xz, zstd or bzip2, and be in an
archive (tar, zip).

The machine's own states are needed as well, from /sys/devices/system/cpu/hotplug/states; a file states.txt beside the
traces is taken if --states names none. How many instances a state has is counted in the traces, unless --learn names
others. Callbacks are those that the sources of the edition have, or that the file tells; from a trace they are learned
only with --learn, or if nobody knows the state. Without --kernel it is guessed, and said: from uname.txt beside the
traces, from what the traces say, or by the numbers of the states. If the list ends at another number than the kernel
that --kernel names, and that refuses what another one accepts, the other one is taken, and said.

Lines "# KEY: VALUE" above a trace, as hpcheck record writes them, tell of one operation: cpu, from (st->state before),
fail_state ("fail: unknown" if that file is rewritten meanwhile), and what it came to: errno (-1: it has not come back),
final_state, final_target, final_fail, online_mask. Without them a CPU is up where the trace begins unless the first
that is seen of it is the way up from the bottom, and the trace may end anywhere. A suspend is found in a trace, and
looked at more closely if events/power/suspend_resume was recorded too.

Each trace has one verdict: accepted, refused, not decided (the tracer lost events, it begins in the middle of a
suspend, or the search was stopped), or not read (it is no trace, or has no events of CPU hotplug). A directory stands
for all files below it. What a file is, is found by looking into it.

The exit status is 0 if all traces are accepted, 1 if one is refused, and 3 if one is not decided or not read.`,
		Example: `  cat /sys/devices/system/cpu/hotplug/states >states.txt
  cat /sys/kernel/tracing/trace >down.trace
  hpcheck conform --kernel v6.1 --states states.txt down.trace`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("conform with what? name traces, such as down.trace")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := notEmpty(cmd.Flags()); err != nil {
				return err
			}
			f.guess = !cmd.Flags().Changed("kernel")
			return f.run(cmd.Context(), args, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().SortFlags = false
	f.kernelFlags.add(cmd.Flags())
	f.states.add(cmd.Flags())
	cmd.Flags().StringVar(&f.out, "out", "", "write conform.html and junit.xml to `DIR`")
	cmd.Flags().BoolVarP(
		&f.verbose, "verbose", "v", false, "print a line for each trace, not only for those that are refused",
	)
	f.format.add(cmd.Flags())
	completeKernels(cmd, "kernel", "")
	return cmd
}

func (f *conformFlags) run(ctx context.Context, names []string, stdout, stderr io.Writer) error {
	found := ftrace.OpenAll(names...)
	list, err := f.list(found, names, stderr)
	if err != nil {
		return usage("--states", err)
	}
	if f.guess {
		version, why, err := guessKernel(ctx, found, list, names)
		if err != nil {
			return usage("--kernel", err)
		}
		f.kernel = version
		fmt.Fprintf(stderr, "hpcheck: --kernel %s, by %s\n", version, why)
	} else if f.plain() {
		if version, why, is := another(ctx, f.kernel, found, list, names); is {
			f.kernel = version
			fmt.Fprintf(stderr, "hpcheck: --kernel %s, by %s\n", version, why)
		}
	}
	k, err := f.lookup()
	if err != nil {
		return err
	}
	if len(f.states.learn) == 0 {
		f.states.counted = found.Traces
	}
	if k, err = f.states.apply(k); err != nil {
		return err
	}
	if f.out != "" {
		if err := files.WritableDir(f.out); err != nil {
			return usage("--out", err)
		}
	}
	ctx, done := interrupt.Work(ctx)
	defer done()
	c := reports.Conformance{Kernel: k, Version: version()}
	m := newMeter(stderr)
	for i, t := range found.Traces {
		if ctx.Err() != nil {
			break
		}
		m.line("%d of %d: %s, %d events", i+1, len(found.Traces), t.File, len(t.Events))
		c.Results = append(c.Results, conform.Check(ctx, k, t))
	}
	m.clear()
	return errors.Join(f.print(stdout, &c), f.write(&c), f.status(&c, len(found.Traces)))
}

// plain reports whether nothing but a version says which kernel it is.
func (f *conformFlags) plain() bool {
	return len(f.apply) == 0 && len(f.states.learn) == 0 && f.origin.spec == "" && f.origin.against == ""
}

// list is the machine's list of states: the one that was named, or the one that lies beside the traces.
func (f *conformFlags) list(found *ftrace.Files, names []string, stderr io.Writer) (ftrace.Companion, error) {
	if f.states.file != "" {
		text, err := files.Read(f.states.file, files.Text)
		return ftrace.Companion{File: f.states.file, Text: string(text)}, err
	}
	list, err := guessList(found, names)
	if err != nil {
		return list, err
	}
	f.states.file, f.states.text = list.File, list.Text
	fmt.Fprintf(stderr, "hpcheck: --states %s, which lies beside the traces\n", list.File)
	return list, nil
}

// print prints what came of the traces.
func (f *conformFlags) print(w io.Writer, c *reports.Conformance) error {
	if f.format == ktapFormat {
		return c.KTAP(w)
	}
	return c.Text(w, f.verbose)
}

// write writes the reports.
func (f *conformFlags) write(c *reports.Conformance) error {
	if f.out == "" {
		return nil
	}
	return errors.Join(
		files.Write(filepath.Join(f.out, "conform.html"), c.HTML),
		files.Write(filepath.Join(f.out, "junit.xml"), c.JUnit),
	)
}

// status is the exit status.
func (f *conformFlags) status(c *reports.Conformance, traces int) error {
	switch {
	case c.Count(conform.VerdictRefused) > 0:
		return &exitError{exitViolated, nil}
	case len(c.Results) < traces:
		return &exitError{exitIncomplete, fmt.Errorf("stopped after %d of %d traces", len(c.Results), traces)}
	case traces == 0:
		return &exitError{exitIncomplete, errors.New("there is no trace in what was named")}
	case c.Count(conform.VerdictAccepted) < traces:
		return &exitError{status: exitIncomplete}
	}
	return nil
}
