package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/hpcheck/hpcheck/internal/files"
	"github.com/hpcheck/hpcheck/invariants/custom"
	"github.com/hpcheck/hpcheck/model"
	"github.com/hpcheck/hpcheck/monitor"
)

// monitorFlags are those of hpcheck monitor.
type monitorFlags struct {
	kernelFlags
	states statesFlags
	files  []string
	out    string
	list   bool
}

func newMonitorCommand() *cobra.Command {
	var f monitorFlags
	cmd := &cobra.Command{
		Use:   "monitor PROPERTY...",
		Short: "Write a property as an automaton for the kernel's run-time verification",
		Long: `monitor writes properties as deterministic automata over what the tracepoints of CPU hotplug show, in the
DOT dialect of rvgen, in tools/verification of the kernel's tree, which makes a run-time monitor of one:

  rvgen monitor -c da -t per_obj -s walk_complete.dot

An automaton watches one CPU. Beside it, NAME.events says of each event which tracepoint it is, and what must be true of
the tracepoint's arguments. A property of --property-file is one per CPU that speaks of ENTER and EXIT alone; its
automaton begins where the property does.

The order of the ladder is that of a machine, so --states is wanted where the automaton has
it. A driver that installs or removes a state while it watches looks like a callback out of order.

With --list it says which properties can be watched, and why others cannot.`,
		Example: `  hpcheck monitor --list
  hpcheck monitor --kernel v6.12 --states states.txt --out monitors walk-complete one-writer-of-state`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := notEmpty(cmd.Flags()); err != nil {
				return err
			}
			if f.list {
				return listMonitors(cmd.OutOrStdout())
			}
			return f.run(args, cmd.OutOrStdout())
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return watchedNames(), cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().SortFlags = false
	f.kernelFlags.add(cmd.Flags())
	f.states.add(cmd.Flags())
	cmd.Flags().StringSliceVar(&f.files, "property-file", nil, "also properties of these files, `FILE,...`")
	cmd.Flags().
		StringVar(&f.out, "out", "", "write NAME.dot and NAME.events to `DIR`; without it the automaton to stdout")
	cmd.Flags().BoolVar(&f.list, "list", false, "say which properties can be watched, and why others cannot")
	completeKernels(cmd, "kernel", "")
	return cmd
}

// watchedNames are the properties that can be watched.
func watchedNames() (names []string) {
	for _, w := range monitor.Table() {
		if w.Part != "" {
			names = append(names, w.Property)
		}
	}
	return names
}

// listMonitors says what can be watched.
func listMonitors(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range monitor.Table() {
		what := "no: "
		if row.Part != "" {
			what = "yes: " + row.Part + "; but "
		}
		fmt.Fprintf(t, "%s\t%s%s\n", row.Property, what, row.Why)
	}
	return t.Flush()
}

func (f *monitorFlags) run(names []string, stdout io.Writer) error {
	k, err := f.lookup()
	if err != nil {
		return err
	}
	switch {
	case len(names) == 0:
		return &exitError{exitUsage, fmt.Errorf("monitor what? name one of %s", strings.Join(watchedNames(), ", "))}
	case f.out == "" && len(names) > 1:
		return usage("--out", errors.New("is missing: stdout takes one automaton"))
	case !k.StatePerRun:
		return usage("--kernel", fmt.Errorf("%s shows other events: want v4.14 or a later kernel", k.Name))
	}
	if k, err = f.states.apply(k); err != nil {
		return err
	}
	if f.out != "" {
		if err := files.WritableDir(f.out); err != nil {
			return usage("--out", err)
		}
	}
	var wrong []error // one does not keep the others back
	for _, name := range names {
		a, err := f.automaton(name, k)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		if f.out == "" {
			return a.DOT(stdout)
		}
		for _, file := range []struct {
			end   string
			write func(io.Writer) error
		}{{".dot", a.DOT}, {".events", a.Binding}} {
			to := filepath.Join(f.out, a.Name+file.end)
			if err := files.Write(to, file.write); err != nil {
				return err
			}
			fmt.Fprintln(stdout, to)
		}
	}
	if len(wrong) > 0 {
		return &exitError{exitUsage, errors.Join(wrong...)}
	}
	return nil
}

// automaton is that of a property, of a file or built in.
func (f *monitorFlags) automaton(name string, k model.Kernel) (*monitor.Automaton, error) {
	sc := model.Default()
	sc.Notifiers, sc.DynStates = 0, 0
	m, err := model.New(k, sc)
	if err != nil {
		return nil, err
	}
	for _, file := range f.files {
		all, err := custom.Observe(m, file)
		if err != nil {
			return nil, err
		}
		for _, o := range all {
			if o.Name == name && o.Err != nil {
				return nil, o.Err
			}
			if o.Name == name {
				return monitor.OfFile(o, m.Ladder)
			}
		}
	}
	return monitor.Of(name, k.Steps)
}
