package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hpcheck/hpcheck/internal/choose"
	"github.com/hpcheck/hpcheck/lower"
	"github.com/hpcheck/hpcheck/model"
	"github.com/hpcheck/hpcheck/reports"
)

// way is a scenario in which a kernel may come to a symptom, and the finding that it is of, 0 if it is of none.
type way struct {
	finding  int
	property string
	args     string
}

// ways are tried in this order: those of findings, which are small, then scenarios in which anything may fail. A target
// is named by its state.
var ways = []way{
	{12, "no-warn-on", "--maxcpus 1 --op up:1,down:1 --fault fail/softirq:dead"},
	{30, "no-warn-on", "--smt off --maxcpus 1 --op up:1 --fault fail/cpu:teardown"},
	{23, "no-warn-on", "--op down:1 --fault atomic/hrtimers_cpu_dying"},
	{23, "no-warn-on", "--op down:1 --fault atomic/tick_cpu_dying"},
	{23, "no-bug-on", "--op down:1 --fault atomic/smpcfd_dying_cpu"},
	{15, "no-bug-on", "--op target:1=ap:online --targets all --faults 0"},
	{24, "no-bug-on", "--installers 1 --ops 1"},
	{13, "no-deadlock", "--op target:1=idle:dead,target:1=sched:starting --targets all --faults 0"},
	{18, "no-deadlock", "--maxcpus 1 --op up:1,up:1 --fault sync_alive"},
	{27, "no-deadlock", "--tasks 2 --op down:1 --fault fail/cpu:bringup"},
	{29, "no-deadlock", "--memory-model relaxed --op down:1 --fault fail/sched:active"},
	{8, "no-deadlock", "--callback get-online-cpus --op down:1"},
	{0, "", ""},
	{0, "", "--maxcpus 1"},
	{0, "", "--suspend --ops 1"},
	{0, "", "--targets all"},
}

// explainFlags are those of hpcheck explain.
type explainFlags struct {
	kernelFlags
	timeout time.Duration
	full    bool
	guess   bool // nobody said which kernel the log is of
}

func newExplainCommand() *cobra.Command {
	var f explainFlags
	cmd := &cobra.Command{
		Use:   "explain LOG",
		Short: "Explain what may cause a warning, a BUG or a hang in a kernel log",
		Long: `explain looks in a kernel's log for what it says of CPU hotplug: warnings and BUGs with the function and
the line, tasks that are blocked, lockups and stalls of RCU, with their call traces. For each it says which assertion of
the model that is, which property and which finding (docs/findings.md) it belongs to, and looks for the shortest
schedule to it, first in the scenarios of the findings, then in others. Of several assertions of a function the line
decides, in the sources that --source names, or if it is a release whose lines are known. Of a bad pointer it says in
the callback of which state it was. The kernel is the one that the log names, unless --kernel or --source says another.

The exit status is 0 if each symptom is explained, 1 if one is not, 3 if a limit or a signal came first, and 2 if the
log has no symptom.`,
		Example: `  dmesg >log
  hpcheck explain log --kernel v6.12`,
		Args: exactly(1, "explain what? name one log, such as the output of dmesg"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := notEmpty(cmd.Flags()); err != nil {
				return err
			}
			f.guess = !cmd.Flags().Changed("kernel") && !cmd.Flags().Changed("source")
			return f.run(cmd.Context(), args[0], cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().SortFlags = false
	f.kernelFlags.add(cmd.Flags())
	cmd.Flags().DurationVar(&f.timeout, "timeout", 10*time.Second, "how long a scenario is searched")
	cmd.Flags().BoolVar(&f.full, "full", false, "show every step of a schedule, not only its story")
	completeKernels(cmd, "kernel", "")
	return cmd
}

func (f *explainFlags) run(ctx context.Context, file string, stdin io.Reader, stdout, stderr io.Writer) error {
	r := stdin
	if file != "-" {
		log, err := os.Open(file)
		if err != nil {
			return usage(file, err)
		}
		defer log.Close()
		r = log
	}
	all, release, err := readSymptoms(r)
	if err != nil {
		return usage(file, err)
	}
	if _, unknown := model.Lookup(release); f.guess && unknown == nil {
		f.kernel = release
		fmt.Fprintf(stderr, "hpcheck: --kernel %s, by %s\n", release, file)
	}
	k, err := f.lookup()
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return usage(file, errors.New(
			"it has no WARNING, no kernel BUG, no bad pointer, and nothing that is blocked, stalled or locked up",
		))
	}
	found := map[way]*reports.Run{}
	status := exitOK
	for i := range all {
		s := &all[i]
		fmt.Fprintf(stdout, "%s:%d: %s\n", file, s.Line, s.Text)
		explained, err := f.explain(ctx, s, found, stdout, stderr)
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return &exitError{status: exitIncomplete}
		case !explained:
			if s.searched {
				fmt.Fprintf(stdout, "    no schedule of %v to it was found in the scenarios that were tried\n", k)
			}
			status = exitViolated
		}
	}
	if status != exitOK {
		return &exitError{status: status}
	}
	return nil
}

// explain explains a symptom. found are the runs that were made.
func (f *explainFlags) explain(
	ctx context.Context, s *symptom, found map[way]*reports.Run, stdout, stderr io.Writer,
) (bool, error) {
	if done, explained, err := f.decide(s, stdout); done || err != nil {
		return explained, err
	}
	s.searched = true
	property := map[model.EventKind]string{
		model.EventWarn: "no-warn-on", model.EventBug: "no-bug-on", model.EventNone: "no-deadlock",
	}[s.Kind]
	named := false
	var best *reports.Counterexample
	var by way
	most, others := 0, []way(nil) // that match as well as the best
	for _, w := range ways {
		if w.property != "" && w.property != property || best != nil && w.finding == 0 {
			continue
		}
		w.property = property
		run, err := f.search(ctx, w, found, stderr)
		if err != nil {
			return false, err
		}
		if run == nil { // the kernel has no such thing
			continue
		}
		if m, err := model.New(run.Kernel, run.Scenario); err == nil && !named && s.decided == "" {
			for _, a := range s.assertions(m) {
				fmt.Fprintf(stdout, "    may be %s, of %s\n", a, property)
				named = true
			}
		}
		for _, c := range run.Violations() {
			shares := s.matches(c)
			if shares > most {
				others = nil
			}
			if shares == max(most, 1) || shares > most {
				others = append(others, w)
			}
			if shares > most || shares == most && shares > 0 && len(c.Steps) < len(best.Steps) {
				best, by, most = c, w, shares
			}
		}
	}
	if best == nil {
		return false, nil
	}
	f.answer(s, best, by, others, named, stdout)
	if f.full {
		return true, best.Text(stdout, true)
	}
	return true, best.Tell(stdout)
}

// answer says which property is violated, what it may be, and what looks the same. named says whether the assertion has
// been told.
func (f *explainFlags) answer(
	s *symptom, best *reports.Counterexample, by way, others []way, named bool, stdout io.Writer,
) {
	fmt.Fprintf(stdout, "    %s is violated after %d steps", by.property, len(best.Steps))
	if by.finding > 0 {
		fmt.Fprintf(stdout, ": finding %d of docs/findings.md", by.finding)
	}
	fmt.Fprintf(stdout, "\n    again with: %s\n", best.Save().Command)
	if last := &best.Steps[len(best.Steps)-1]; !named && s.Kind != model.EventNone && s.decided == "" {
		for _, e := range last.Events {
			if e.Kind == s.Kind {
				fmt.Fprintf(stdout, "    it is %s, which the compiler put into %s()\n", e.Name, s.Function)
			}
		}
	}
	for _, w := range others {
		if w.finding > 0 && w.finding != by.finding {
			fmt.Fprintf(stdout, "    finding %d looks the same: %s\n", w.finding, w.args)
		}
	}
	fmt.Fprintln(stdout)
}

// decide says what the log alone tells of a symptom: the callback of a bad pointer, or which assertion stands in its
// line. done is that there is nothing to search for.
func (f *explainFlags) decide(s *symptom, w io.Writer) (done, explained bool, err error) {
	k, err := f.lookup()
	if err != nil {
		return false, false, err
	}
	if s.Crash {
		return true, s.crash(w, k), nil
	}
	if s.Kind == model.EventNone && len(s.Functions) == 0 {
		fmt.Fprintln(w, "    the log has no call trace of it, which would say where it waits")
		return true, false, nil
	}
	at, known, err := f.placeOf(s, k)
	if err != nil || !known {
		return false, false, err
	}
	fmt.Fprintf(w, "    %s\n", at.says())
	s.decided = at.assertion
	return s.decided == "", false, nil
}

// crash says in the callback of which state a bad pointer was met, and reports whether it was in one.
func (s *symptom) crash(w io.Writer, k model.Kernel) bool {
	trace := append([]string{s.Function}, s.Functions...)
	i := slices.IndexFunc(trace, func(f string) bool { return strings.HasPrefix(f, "cpuhp_invoke_callback") })
	if i < 1 || trace[i-1] == "" {
		fmt.Fprintln(w, "    it was in no callback of a state, as far as its call trace says")
		return false
	}
	who := choose.If(s.Comm == "", "", ", in "+s.Comm)
	if state, startup := k.CallbackOf(trace[i-1]); state != "" {
		fmt.Fprintf(w, "    it was in %s(), the %s of %s%s: the callback is at fault, or what it was given, and no "+
			"assertion of the core\n", trace[i-1], choose.If(startup, "startup", "teardown"), state, who)
		return true
	}
	fmt.Fprintf(w, "    it was in %s(), a callback that no known state of %v has%s\n", trace[i-1], k, who)
	return true
}

// matches is how much of what the log says the counterexample ends in, 0 for nothing: functions in which it has an
// assertion, or which the compiler put into those of the log; or in which a thread waits for ever.
func (s *symptom) matches(c *reports.Counterexample) (most int) {
	if s.Kind != model.EventNone {
		last := &c.Steps[len(c.Steps)-1]
		is := func(e reports.Event) bool { return e.Name == s.decided }
		if s.decided != "" && !slices.ContainsFunc(last.Events, is) {
			return 0
		} else if s.decided != "" {
			return 1
		}
		return s.shares(append(slices.Clone(last.Callers), last.Function))
	}
	for _, stuck := range c.Stuck {
		functions := identifiers(stuck.Stands)
		for i := range c.Steps { // where it was last
			if step := &c.Steps[i]; step.Thread == stuck.Thread {
				functions = append(identifiers(stuck.Stands), append(step.Callers, step.Function)...)
			}
		}
		most = max(most, s.shares(functions))
	}
	return most
}

// identifiers are the C identifiers in a text.
func identifiers(text string) []string {
	return strings.FieldsFunc(
		text,
		func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) },
	)
}

// search looks for a violation in a scenario; it returns nil if the kernel has no such scenario.
func (f *explainFlags) search(
	ctx context.Context, w way, found map[way]*reports.Run, stderr io.Writer,
) (*reports.Run, error) {
	if run, ok := found[w]; ok {
		return run, nil
	}
	var check checkFlags
	fs := pflag.NewFlagSet("explain", pflag.ContinueOnError)
	check.addCheck(fs)
	k, err := f.lookup()
	if err != nil {
		return nil, err
	}
	args := strings.Fields(w.args)
	for i, arg := range args {
		if args[i], err = byNumber(k, arg); err != nil {
			found[w] = nil
			return nil, nil
		}
	}
	args = append(args, f.words(k)...)
	args = append(args, "--property", w.property, "--timeout", f.timeout.String())
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	run, failed, err := check.check(ctx, fs, stderr)
	var exit *exitError
	if errors.As(err, &exit) && exit.status == exitUsage { // the kernel has no such thing
		if lacks := (*lower.Error)(nil); errors.As(err, &lacks) {
			fmt.Fprintf(stderr, "hpcheck: not tried: %q: %v\n", w.args, lacks)
		}
		run, err = nil, nil
	}
	found[w] = run
	return run, errors.Join(failed, err)
}

// words are the flags that name the kernel.
func (f *explainFlags) words(k model.Kernel) []string {
	if !f.origin.asked() {
		return []string{"--kernel", k.Name}
	}
	words := []string{"--source", f.origin.spec}
	for _, flag := range [][2]string{
		{"--config", f.origin.config}, {"--arch", f.arch}, {"--apply", strings.Join(f.apply, ",")},
	} {
		if flag[1] != "" {
			words = append(words, flag[0], flag[1])
		}
	}
	if len(f.origin.assume) > 0 {
		words = append(words, "--set", "assume="+strings.Join(f.origin.assume, ","))
	}
	return words
}

// byNumber puts the numbers of states in the place of their names.
func byNumber(k model.Kernel, arg string) (string, error) {
	if !strings.HasPrefix(arg, "target:") {
		return arg, nil
	}
	ops := strings.Split(arg, ",")
	for i, op := range ops {
		where, name, _ := strings.Cut(op, "=")
		n, err := numberNamed(k.Steps, name)
		if err != nil {
			return "", err
		}
		ops[i] = fmt.Sprintf("%s=%d", where, n)
	}
	return strings.Join(ops, ","), nil
}
