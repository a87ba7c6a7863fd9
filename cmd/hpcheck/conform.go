package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/hpcheck/hpcheck/conform"
	"github.com/hpcheck/hpcheck/ftrace"
	"github.com/hpcheck/hpcheck/internal/files"
	"github.com/hpcheck/hpcheck/internal/interrupt"
	"github.com/hpcheck/hpcheck/model"
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
		Short: "Check traces of a real machine against a kernel's model",
		Long: `conform reads what ftrace recorded on a real machine, and decides whether the model has an execution that
shows exactly this: which callback, for which CPU, towards which target, by whom and where, with which result. What the
tracer does not see is searched for.

A trace is a file of tracefs (trace, trace_pipe; with options/latency-format, fields, stacktrace and the like, or of
function_graph), what ftrace_dump or tp_printk wrote to the console, the output of trace-cmd report (and of report -R)
or of perf script, a trace.dat of version 6 or 7, a trace of perfetto, or systrace's HTML; - is standard input. What
stands before each line (dmesg's time, syslog's head, a file's name, "> ") is cut off; lines that a mail program has
broken are put together, and a last line that is cut off is left out, and told. It may be packed by gzip, xz, zstd or
bzip2, and be in an archive (tar, zip). A file that has no end, such as trace_pipe, is read until a signal comes.

The machine's own states are needed as well, from /sys/devices/system/cpu/hotplug/states. If --states names none, each
trace is held against the list that lies nearest, beside it or above, so that a directory may have the recordings of
many machines; which was taken is told. How many instances a state has is counted in the traces, unless --learn names
others. Callbacks are those that the sources of the edition have, or that the file tells; from a trace they are learned
only with --learn, or if nobody knows the state. Without --kernel it is guessed, and said: from uname.txt beside the
traces, from what the traces say, or by the numbers of the states. If the list ends at another number than the kernel
that --kernel names, and that refuses what another one accepts, the other one is taken, and said.

Lines "# KEY: VALUE" above a trace, as hpcheck record writes them, tell of one operation: cpu, from (st->state before),
fail_state ("fail: unknown" if that file is rewritten meanwhile), and what it came to: errno (-1: it has not come back),
final_state, final_target, final_fail, online_mask. Without them a CPU is up where the trace begins unless the first
that is seen of it is the way up from the bottom, and the trace may end anywhere. A suspend is found in a trace, and
looked at more closely if events/power/suspend_resume was recorded too.

Each trace has one verdict: accepted, refused, not decided (the tracer lost events, or was not told to record some, it
begins in the middle of a suspend, or the search was stopped), or not read (it is no trace, or has no events of CPU
hotplug). Where a file has more than one recording, each has its own. A directory stands for all files below it. What a
file is, is found by looking into it.

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
			return f.run(cmd.Context(), args, cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
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

func (f *conformFlags) run(ctx context.Context, names []string, stdin io.Reader, stdout, stderr io.Writer) error {
	found, err := openAll(ctx, names, stdin, stderr)
	if err != nil {
		return err
	}
	all, err := f.machines(found, names)
	if err != nil {
		return err
	}
	if f.out != "" {
		if err := files.WritableDir(f.out); err != nil {
			return usage("--out", err)
		}
	}
	ctx, done := interrupt.Work(ctx)
	defer done()
	c := reports.Conformance{Version: version()}
	meter := newMeter(stderr)
	for _, m := range all {
		if err := f.check(ctx, m, len(all), len(found.Traces), &c, meter, stderr); err != nil {
			return err
		}
	}
	meter.clear()
	if len(all) == 1 {
		c.Of = nil
	}
	return errors.Join(f.print(stdout, &c), f.write(&c), f.status(&c, len(found.Traces)))
}

// patience is how long reading may take until it is told that it goes on.
const patience = 3 * time.Second

// openAll reads files. A file without an end is read until a signal comes, and what it had is judged.
func openAll(ctx context.Context, names []string, stdin io.Reader, stderr io.Writer) (*ftrace.Files, error) {
	ctx, done := interrupt.Work(ctx)
	defer done()
	still := time.AfterFunc(patience, func() {
		fmt.Fprintln(stderr, "hpcheck: still reading; a signal (Ctrl-C) ends that, and what has come is judged")
	})
	defer still.Stop()
	read := make(chan *ftrace.Files, 1)
	go func() { read <- ftrace.Opener{Stdin: stdin, Stop: ctx.Done()}.All(names...) }()
	select {
	case found := <-read:
		return found, nil
	case <-ctx.Done():
	}
	select {
	case found := <-read:
		return found, nil
	case <-time.After(patience): // a pipe that nobody opens for writing
		return nil, &exitError{exitIncomplete, errors.New("stopped before there was anything to read")}
	}
}

// machines are those on which the traces were recorded.
func (f *conformFlags) machines(found *ftrace.Files, names []string) ([]*machine, error) {
	var list *ftrace.Companion
	if f.states.file != "" {
		text, err := files.Read(f.states.file, files.Text)
		if err != nil {
			return nil, usage("--states", err)
		}
		list = &ftrace.Companion{File: f.states.file, Dir: filepath.Dir(f.states.file), Text: string(text)}
	}
	all := machinesOf(found, names, list, f.guess)
	if len(all) > 0 && !slices.ContainsFunc(all, func(m *machine) bool { return m.missing == nil }) {
		return nil, usage("--states", all[0].missing)
	}
	return all, nil
}

// check holds the traces of one machine, of so many, against its kernel. A list that is wrong is an error if there is
// no other.
func (f *conformFlags) check(
	ctx context.Context, m *machine, machines, traces int, c *reports.Conformance, meter *meter, stderr io.Writer,
) error {
	k, err := f.kernelOf(ctx, m, machines, stderr)
	if err != nil && machines == 1 {
		return err
	}
	note := ""
	if err == nil {
		note = foreign(k, m.list)
	}
	c.Kernel = k
	for _, t := range m.traces {
		if ctx.Err() != nil {
			return nil
		}
		meter.line("%d of %d: %s, %d events", len(c.Results)+1, traces, t.File, len(t.Events))
		r, fit := conform.Fit(t)
		switch {
		case err == nil:
			r = conform.Check(ctx, k, t)
		case fit:
			r.Verdict, r.Why = conform.VerdictUnread, err.Error()
		}
		if note != "" && r.Verdict != conform.VerdictAccepted && t.Err == nil {
			r.Notes = append(r.Notes, note)
		}
		c.Results, c.Of = append(c.Results, r), append(c.Of, k)
	}
	return nil
}

// kernelOf is the kernel of a machine with its states. What was guessed is told.
func (f *conformFlags) kernelOf(ctx context.Context, m *machine, machines int, stderr io.Writer) (model.Kernel, error) {
	if m.missing != nil {
		return model.Kernel{}, usage("--states", m.missing)
	}
	which := ""
	if machines > 1 {
		which = fmt.Sprintf(" for %d of the traces", len(m.traces))
	}
	if f.states.file == "" {
		fmt.Fprintf(stderr, "hpcheck: --states %s%s, the list that is nearest to the traces\n", m.list.File, which)
	}
	of := *f
	of.states.file, of.states.text = m.list.File, m.list.Text
	if f.guess {
		version, why := guessKernel(ctx, m)
		of.kernel = version
		fmt.Fprintf(stderr, "hpcheck: --kernel %s%s, by %s\n", version, which, why)
	} else if f.plain() {
		if version, why, is := another(ctx, f.kernel, m); is {
			of.kernel = version
			fmt.Fprintf(stderr, "hpcheck: --kernel %s%s, by %s\n", version, which, why)
		}
	}
	k, err := of.lookup()
	if err != nil {
		return k, err
	}
	if len(f.states.learn) == 0 {
		of.states.counted = m.traces
	}
	return of.states.apply(k)
}

// plain reports whether nothing but a version says which kernel it is.
func (f *conformFlags) plain() bool {
	return len(f.apply) == 0 && len(f.states.learn) == 0 && f.origin.spec == "" && f.origin.against == ""
}

// print prints what came of the traces.
func (f *conformFlags) print(w io.Writer, c *reports.Conformance) error {
	switch {
	case f.format == ktapFormat:
		return c.KTAP(w)
	case len(c.Results) == 0: // there is no kernel either
		return nil
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
