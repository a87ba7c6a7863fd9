package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hpcheck/hpcheck/conform"
	"github.com/hpcheck/hpcheck/model"
	"github.com/hpcheck/hpcheck/reports"
)

func newReproCommand() *cobra.Command {
	property, origin := "", sourceFlags{}
	cmd := &cobra.Command{
		Use:   "repro FILE",
		Short: "Print a shell script that reproduces a counterexample on a real machine",
		Long: `repro turns a counterexample, as --json or --out writes it, into a shell script for a machine or a guest
with that kernel: it brings CPUs down, arms the file fail, writes to online and hotplug/target, and compares what comes
of each write with what the model says of it. States are found by their names.

What user space cannot force, a schedule or a failure of the processor itself, the script cannot do; it says so in its
head.`,
		Example: `  hpcheck --kernel v6.1 --maxcpus 1 --op up:1,down:1 --fault fail/softirq:dead --json cex.json
  hpcheck repro cex.json >repro.sh
  test/realkernel/run.sh repro.sh`,
		Args: exactly(1, "repro of what? name one file, such as cex.json"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := notEmpty(cmd.Flags()); err != nil {
				return err
			}
			return repro(cmd.InOrStdin(), cmd.OutOrStdout(), args[0], property, &origin)
		},
	}
	cmd.Flags().StringVar(&property, "property", "",
		"of the counterexamples in the file, that of this property, `NAME`")
	origin.addSaved(cmd.Flags())
	return cmd
}

func repro(stdin io.Reader, w io.Writer, file, property string, origin *sourceFlags) error {
	saved, err := chosenOf(stdin, file, property)
	if err != nil {
		return err
	}
	whole, err := origin.again(saved, file)
	if err != nil {
		return err
	}
	r, m, err := reproOf(whole, saved)
	if err != nil {
		return usage(file, err)
	}
	script, err := r.Script(m)
	if err != nil {
		return usage(file, err)
	}
	_, err = io.WriteString(w, script)
	return err
}

// unforced are parts of a scenario that a script cannot play, and what to do instead. Participants say for themselves
// what of them it cannot.
var unforced = []struct {
	in   func(sc *model.Scenario) bool
	what string
}{
	{
		func(sc *model.Scenario) bool { return sc.OfflineDisabled },
		"that the platform has declared that CPUs cannot go down: TDX guests do",
	},
	{
		func(sc *model.Scenario) bool { return sc.PowerOff },
		"when the power of a dead CPU goes off, which on x86 nobody takes",
	},
}

// script is what becomes of a counterexample.
type script struct {
	conform.Repro
	whole *model.Machine
	begun map[string]int // the last operation of each task
}

// cannot says what user space cannot do.
func (s *script) cannot(what string) {
	if !slices.Contains(s.Unforced, what) {
		s.About, s.Unforced = append(s.About, "CANNOT BE FORCED: "+what), append(s.Unforced, what)
	}
}

// reproOf reads off a counterexample what user space does in it.
func reproOf(whole *model.Machine, saved *reports.Saved) (*conform.Repro, *model.Machine, error) {
	s := script{whole: whole, begun: map[string]int{}}
	s.About = []string{fmt.Sprintf("%s is violated on %v: %s", saved.Property, whole.Kernel, saved.Story.Headline)}
	for i := range saved.Steps {
		if err := s.step(&saved.Steps[i]); err != nil {
			return nil, nil, err
		}
	}
	sc := whole.Scenario
	switch {
	case len(s.Ops) == 0:
		return nil, nil, errors.New("nobody makes an operation in it: there is nothing that a script could write")
	case s.Ops[0].Via == model.ViaBoot:
		return nil, nil, errors.New("it begins with the boot of the machine: there is nothing that a script could " +
			"write")
	case sc.SMT != model.SMTNone:
		s.siblings(&sc)
	}
	s.others(&sc)
	if len(s.Unforced) > 0 {
		s.About = append(s.About, "So the script makes the writes again and again, HPCHECK_ATTEMPTS times, and says "+
			"whether it came to that by itself.")
	} else {
		s.About = append(s.About, "All that it takes can be done from user space, unless the schedule matters: then "+
			"the outcome is marked with a dash.")
	}
	for cpu := max(sc.Boot, 1); sc.Boot > 0 && cpu < sc.CPUs; cpu++ {
		s.Offline = append(s.Offline, cpu)
	}
	m, err := model.New(whole.Kernel, alone(&sc, s.Ops, whole.Kernel.StatePerRun))
	return &s.Repro, m, err
}

// step takes from a step what user space does, and what it cannot.
func (s *script) step(step *reports.SavedStep) error {
	switch {
	case step.Label == model.LabelOperation:
		op, err := model.ParseOp(step.Outcome)
		if err != nil {
			return err
		}
		s.Ops, s.Arms, s.Came = append(s.Ops, op), append(s.Arms, -1), append(s.Came, -1)
		s.begun[step.Thread] = len(s.Ops) - 1
	case step.Label == model.LabelFailStore && step.Outcome != "nothing" && len(s.Ops) > 0:
		if n := numberOf(s.whole, step.Outcome); n >= 0 {
			s.Arms[len(s.Arms)-1] = n
		} else {
			s.cannot("the number of the driver's state is to be written to fail, which only its machine knows: " +
				"look for it in /sys/devices/system/cpu/hotplug/states")
		}
	case step.Fault && step.Label != model.LabelFailHere:
		s.cannot(faultOf(s.whole, step))
	}
	for _, e := range step.Events {
		if i, ok := s.begun[step.Thread]; ok && e.Kind == model.EventReturn.String() {
			s.Came[i] = model.ErrnoNumber(e.Result)
		}
	}
	return nil
}

// siblings says which machine has second threads like those of the scenario.
func (s *script) siblings(sc *model.Scenario) {
	s.Forbidden = sc.SMT == model.SMTOff
	who, n := "The CPUs with odd numbers have to be second threads of their cores.", sc.ThreadsPerCore()
	if n > 2 {
		who = fmt.Sprintf("Each %d CPUs have to be the threads of a core.", n)
	}
	s.About = append(s.About, who+" For test/realkernel/run.sh, a machine of that kind:",
		fmt.Sprintf("smp: %d,threads=%d", (sc.CPUs+n-1)/n*n, n))
	var words []string
	if s.Forbidden {
		words = append(words, "nosmt")
	}
	if sc.Boot > 0 {
		words = append(words, fmt.Sprintf("maxcpus=%d", sc.Boot))
	}
	if sc.NrCPUs > 0 {
		words = append(words, fmt.Sprintf("nr_cpus=%d", sc.NrCPUs))
	}
	if len(words) > 0 {
		s.About = append(s.About, "append: "+strings.Join(words, " "))
	}
}

// others says who is there beside one task, and cannot be made to come at the right time.
func (s *script) others(sc *model.Scenario) {
	if len(s.begun) > 1 {
		s.cannot(model.SeveralTasks)
	}
	for _, what := range sc.Unforced() {
		s.cannot(what)
	}
	for _, u := range unforced {
		if u.in(sc) {
			s.cannot(u.what)
		}
	}
	if sc.Weak() {
		s.cannot("that a CPU sees the stores of another late: it takes a machine that reorders memory as " +
			string(sc.MemoryModel) + " does")
	}
}

// alone is the scenario of a script: one task that makes the operations on that machine, with nobody beside it.
// failFile says whether the kernel has the file fail.
func alone(sc *model.Scenario, ops []model.Op, failFile bool) model.Scenario {
	one := model.Default()
	one.CPUs, one.Boot, one.Absent, one.Impossible = sc.CPUs, sc.Boot, sc.Absent, sc.Impossible
	one.NrCPUs = sc.NrCPUs
	one.Notifiers, one.Smpboot, one.DynStates = sc.Notifiers, sc.Smpboot, 0
	one.Isolated, one.SMT, one.RCU, one.CPU0Hotplug = sc.Isolated, sc.SMT, sc.RCU, sc.CPU0Hotplug
	one.SMTThreads = sc.SMTThreads
	one.OfflineDisabled = sc.OfflineDisabled
	one.Sequence, one.Ops, one.Targets, one.Faults = ops, 0, model.TargetsAll, 0
	if failFile {
		one.FaultPoints, one.Faults = []string{"fail/*"}, 1
	}
	return one
}

// faultOf says what fails in a step.
func faultOf(m *model.Machine, step *reports.SavedStep) string {
	for _, e := range step.Events {
		for i := range m.FaultPoints {
			if p := &m.FaultPoints[i]; e.Kind == model.EventFault.String() && e.Name == p.Name {
				return fmt.Sprintf("%s, %v: %s", p.Name, p.Errno, p.Doc)
			}
		}
	}
	return step.Function + "() " + step.Outcome
}

// numberOf is the number of a state, by its name; -1 for one of a driver of the scenario.
func numberOf(m *model.Machine, name string) int {
	for _, s := range m.Ladder {
		if s.Name == name && s.Slot == 0 && s.Dyn == 0 && !s.MayFail {
			return s.Number
		}
	}
	return -1
}

// maxCPU is the highest number that a CPU of Linux may have (CONFIG_NR_CPUS).
const maxCPU = 8191

func newRecordCommand() *cobra.Command {
	r := conform.Recording{}
	cpus := []int{1}
	cmd := &cobra.Command{
		Use:   "record",
		Short: "Print a shell script that records traces on a real machine, for hpcheck conform",
		Long: `record prints a shell script for a machine of your own: with --yes, and as root, it takes CPUs down and
up, records what the tracer shows of each, and puts everything back that it touched. It refuses to run on battery, and
on a machine without a second CPU.`,
		Example: `  hpcheck record --cpu 1,2 --sweep >record.sh
  sudo sh record.sh --yes
  hpcheck conform --kernel v6.12 --states hpcheck-traces/states.txt hpcheck-traces/*.trace`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := notEmpty(cmd.Flags()); err != nil {
				return err
			}
			for _, n := range cpus {
				if n < 1 || n > maxCPU {
					return usage("--cpu", fmt.Errorf("%d: want CPUs from 1 to %d", n, maxCPU))
				}
			}
			r.CPUs = cpus
			if strings.ContainsAny(r.Out, "\n\r\x00") {
				return usage("--dir", errors.New("want a path of one line"))
			}
			_, err := io.WriteString(cmd.OutOrStdout(), r.Script())
			return err
		},
	}
	cmd.Flags().SortFlags = false
	addCPUs(cmd.Flags(), &cpus, "cpu", "take these CPUs down and up, `CPUS`, such as 1,3-5")
	cmd.Flags().BoolVar(&r.Sweep, "sweep", false, "also with a failure injected at every state, on the way down and "+
		"on the way up")
	cmd.Flags().BoolVar(&r.Stops, "targets", false, "also to every state that hotplug/target takes, and back; it "+
		"takes all only with CONFIG_CPU_HOTPLUG_STATE_CONTROL")
	cmd.Flags().StringVar(&r.Out, "dir", "hpcheck-traces", "where the script leaves the traces, `DIR`")
	return cmd
}
