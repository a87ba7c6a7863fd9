package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/stepper"
)

// stepFlags are those of hpcheck step.
type stepFlags struct {
	machineFlags
	searchFlags
	at string
}

func newStepCommand() *cobra.Command {
	var f stepFlags
	cmd := &cobra.Command{
		Use:   "step",
		Short: "Step through the state space in the terminal",
		Long: `step shows the steps that are possible in a state, takes one, and goes back; hpcheck serve does the same
in a browser.

` + stepHelp,
		Example: `  hpcheck step --kernel v4.6-rc3 --op down:1
  printf '%s\n' 'find violates no-deadlock' state quit | hpcheck step --kernel v4.6-rc3`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(cmd.Context(), cmd.Flags(), cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
	cmd.Flags().SortFlags = false
	f.machineFlags.add(cmd.Flags())
	f.searchFlags.add(cmd.Flags())
	cmd.Flags().StringVar(&f.at, "at", "", "begin in the state at the end of `PATH`, as path prints it")
	complete(cmd, &f.scenario)
	return cmd
}

const stepHelp = `Commands:
  N, or nothing for 0   take the step with that number
  back [N]              take back a step, or N
  state                 show every variable
  trace                 show the way to here
  find CONDITION        go to the nearest state, such as: find CPU 1 online = false && cpuhp/1 state = TASK_PARKED
                        or: find violates PROPERTY, find happens TEXT, find ends
  cex PROPERTY          go to the end of the shortest counterexample
  path, goto PATH       print the path to this state, go to one
  help, quit
`

// stepLimit is how many states find looks at.
const stepLimit = 500_000

func (f *stepFlags) run(ctx context.Context, fs *pflag.FlagSet, stdin io.Reader, stdout io.Writer) error {
	m, err := f.machine(fs)
	if err != nil {
		return err
	}
	opt, err := f.options()
	if err != nil {
		return err
	}
	path, err := stepper.ParsePath(f.at)
	if err != nil {
		return usage("--at", err)
	}
	t := &terminal{ctx: ctx, s: stepper.New(invariants.Compile(m, invariants.For(m))), opt: opt, out: stdout}
	if err := t.goTo(path); err != nil {
		return usage("--at", err)
	}
	fmt.Fprintf(stdout, "%s: %s\n", m.Kernel, m.Scenario)
	t.show()
	lines := bufio.NewScanner(stdin)
	for fmt.Fprint(stdout, "> "); lines.Scan(); fmt.Fprint(stdout, "> ") {
		quit, err := t.command(strings.TrimSpace(lines.Text()))
		if err != nil {
			fmt.Fprintln(stdout, err)
		}
		if quit || ctx.Err() != nil {
			return nil
		}
	}
	fmt.Fprintln(stdout)
	return lines.Err()
}

// terminal is a session.
type terminal struct {
	ctx  context.Context
	s    *stepper.Stepper
	opt  explore.Options
	out  io.Writer
	view *stepper.View
}

func (t *terminal) goTo(path stepper.Path) error {
	v, err := t.s.At(path)
	if err == nil {
		t.view = v
	}
	return err
}

// command does what a line says.
func (t *terminal) command(line string) (quit bool, err error) {
	verb, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	switch verb {
	case "quit", "q", "exit":
		return true, nil
	case "help", "h", "?":
		fmt.Fprint(t.out, stepHelp)
		return false, nil
	case "state", "s":
		t.state()
		return false, nil
	case "trace", "t":
		for i := range t.view.Steps {
			s := &t.view.Steps[i]
			fmt.Fprintf(t.out, "%5d  %s\n", s.Number, s.Brief())
		}
		return false, nil
	case "path":
		fmt.Fprintln(t.out, t.view.Path)
		return false, nil
	case "back", "b":
		n := 1
		if rest != "" {
			if n, err = strconv.Atoi(rest); err != nil || n < 1 {
				return false, fmt.Errorf("back how many steps? %q is no number", rest)
			}
		}
		err = t.goTo(t.view.Path.Back(n))
	case "goto", "g":
		path, bad := stepper.ParsePath(rest)
		if bad != nil {
			return false, bad
		}
		err = t.goTo(path)
	case "find", "f":
		err = t.find(rest)
	case "cex", "c":
		err = t.counterexample(rest)
	default:
		err = t.take(line)
	}
	if err == nil {
		t.show()
	}
	return false, err
}

// take takes the step with a number.
func (t *terminal) take(line string) error {
	n := 0
	if line != "" {
		var err error
		if n, err = strconv.Atoi(line); err != nil {
			return fmt.Errorf("%q is no command; help lists them", line)
		}
	}
	if n < 0 || n >= len(t.view.Choices) {
		return fmt.Errorf("there is no step %d; %d are possible", n, len(t.view.Choices))
	}
	return t.goTo(t.view.Path.And(n))
}

func (t *terminal) find(text string) error {
	c, err := t.s.Condition(text)
	if err != nil {
		return err
	}
	path, err := t.s.Find(t.ctx, t.view.Path, c, stepLimit)
	if err != nil {
		return err
	}
	return t.goTo(path)
}

// counterexample runs the checker for a property.
func (t *terminal) counterexample(name string) error {
	path, err := t.s.Counterexample(t.ctx, name, t.opt)
	if err != nil {
		return err
	}
	return t.goTo(path)
}

// show prints where the session stands, and what is possible.
func (t *terminal) show() {
	v := t.view
	if n := len(v.Steps); n > 0 {
		fmt.Fprintf(t.out, "after step %d, %s\n", n, v.Steps[n-1].Brief())
		for _, ch := range v.Steps[n-1].Changes {
			fmt.Fprintf(t.out, "    %s: %s -> %s\n", ch.Name, ch.Old, ch.New)
		}
	} else {
		fmt.Fprintln(t.out, "the machine has booted")
	}
	for _, x := range v.Violated {
		fmt.Fprintf(t.out, "  VIOLATED %s: %s\n", x.Property, strings.Join(x.Clauses, "; "))
	}
	for _, c := range v.Choices {
		mark := ""
		if len(c.Violates) > 0 {
			mark = "   violates " + strings.Join(c.Violates, ", ")
		}
		fmt.Fprintf(t.out, "  %3d  %s, in %s()%s\n", c.Ordinal, c.Step.Brief(), c.Step.Function, mark)
	}
	if len(v.Choices) == 0 {
		fmt.Fprintln(t.out, "  nothing is possible any more")
	}
}

// state prints every variable, a column for each CPU, and every thread.
func (t *terminal) state() {
	for _, g := range stepper.Tables(t.view.Cells) {
		table(t.out, func(w io.Writer) {
			fmt.Fprintf(w, "%s\t%s\n", g.Title, strings.Join(g.Columns, "\t"))
			for _, row := range g.Rows {
				fmt.Fprintf(w, "%s\t%s\n", row.Name, strings.Join(row.Values, "\t"))
			}
		})
		fmt.Fprintln(t.out)
	}
	table(t.out, func(w io.Writer) {
		for _, th := range t.view.Threads {
			fmt.Fprintf(w, "%s\t%s\t%s\n", th.Name, th.Doing(), th.Stands)
		}
	})
}
