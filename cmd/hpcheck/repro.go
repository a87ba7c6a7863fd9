package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
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
		Short: "Print a shell script that does what a counterexample does, on a real machine",
		Long: `repro turns a counterexample, as --json or --out writes it, into a shell script for a machine or a guest
with that kernel: it brings CPUs down, arms the file fail, writes to online and hotplug/target, and compares what comes
of each write with what the model says of it. States are found by their names.

What user space cannot force, a schedule or a failure of the processor itself, the script cannot do; it says so in its
head.`,
		Example: `  hpcheck --kernel v6.1 --maxcpus 1 --op up:1,down:1 --fault fail/softirq:dead --json cex.json
  hpcheck repro cex.json >repro.sh
  test/realkernel/run.sh repro.sh`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return errors.New("repro of what? name one file, such as cex.json")
			}
			return nil
		},
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

// cannotForce begins the line about what user space cannot do.
const cannotForce = "CANNOT BE FORCED: "

// reproOf reads off a counterexample what user space does in it.
func reproOf(whole *model.Machine, s *reports.Saved) (*conform.Repro, *model.Machine, error) {
	r := &conform.Repro{About: []string{fmt.Sprintf("%s is violated on %v: %s", s.Property, whole.Kernel,
		s.Story.Headline)}}
	begun := map[string]int{} // the last operation of each task
	cannot := func(what string) {
		if line := cannotForce + what; !slices.Contains(r.About, line) {
			r.About, r.Unforced = append(r.About, line), true
		}
	}
	for _, step := range s.Steps {
		switch {
		case step.Label == "operation":
			op, err := model.ParseOp(step.Outcome)
			if err != nil {
				return nil, nil, err
			}
			r.Ops, r.Arms, r.Came = append(r.Ops, op), append(r.Arms, -1), append(r.Came, -1)
			begun[step.Thread] = len(r.Ops) - 1
		case step.Label == "st->fail = fail" && step.Outcome != "nothing" && len(r.Ops) > 0:
			if n := numberOf(whole, step.Outcome); n >= 0 {
				r.Arms[len(r.Arms)-1] = n
			} else {
				cannot("the number of the driver's state is to be written to fail, which only its machine knows: " +
					"look for it in /sys/devices/system/cpu/hotplug/states")
			}
		case step.Fault && step.Label != "if (st->fail == state)":
			cannot(faultOf(whole, &step))
		}
		for _, e := range step.Events {
			if i, ok := begun[step.Thread]; ok && e.Kind == model.EventReturn.String() {
				r.Came[i] = model.ErrnoNumber(e.Result)
			}
		}
	}
	sc := whole.Scenario
	if len(r.Ops) > 0 && r.Ops[0].Via == model.ViaBoot {
		return nil, nil, errors.New("it begins with the boot of the machine: there is nothing that a script could " +
			"write")
	}
	if sc.SMT != model.SMTNone {
		r.Forbidden = sc.SMT == model.SMTOff
		r.About = append(r.About, "The CPUs with odd numbers have to be second threads of their cores. For "+
			"test/realkernel/run.sh, a machine of that kind:",
			fmt.Sprintf("smp: %d,threads=2", sc.CPUs+sc.CPUs%2))
		var words []string
		if r.Forbidden {
			words = append(words, "nosmt")
		}
		if sc.Boot > 0 {
			words = append(words, fmt.Sprintf("maxcpus=%d", sc.Boot))
		}
		if len(words) > 0 {
			r.About = append(r.About, "append: "+strings.Join(words, " "))
		}
	}
	if len(begun) > 1 || sc.Readers+sc.Disablers > 0 {
		cannot("the schedule of several tasks; their operations are made one after the other")
	}
	if sc.Installers > 0 || sc.InstancesComeAndGo != model.InstancesStay {
		cannot("a driver that installs or removes callbacks: load and unload a module with a state of CPU hotplug " +
			"meanwhile")
	}
	if len(sc.Modules) > 0 {
		cannot("a state that comes and goes: load and unload its module, or add and remove the device, meanwhile")
	}
	for _, c := range sc.Clients {
		cannot("what the client " + c.Name + " does meanwhile: have its subsystem do it in other shells")
	}
	if sc.Throttle != model.ThrottleNobody {
		cannot("that a task is throttled in the middle: run it in a group with little cpu.max, beside a task that " +
			"uses the time up")
	}
	if sc.Cpuset {
		cannot("that a task asks for the CPU, or runs there, before cpuset has followed")
	}
	if sc.Migrators+sc.WakeUps > 0 {
		cannot("that somebody has stoppers work, or wakes a thread up, meanwhile")
	}
	if sc.OfflineDisabled {
		cannot("that the platform has declared that CPUs cannot go down: TDX guests do")
	}
	if sc.PowerOff {
		cannot("when the power of a dead CPU goes off, which on x86 nobody takes")
	}
	if sc.Suspend {
		cannot("a suspend: have another shell write to /sys/power/state meanwhile")
	}
	if sc.Weak() {
		cannot("that a CPU sees the stores of another late: it takes a machine that reorders memory as " +
			string(sc.MemoryModel) + " does")
	}
	if len(r.Ops) == 0 {
		return nil, nil, errors.New("nobody makes an operation in it: there is nothing that a script could write")
	}
	if r.Unforced {
		r.About = append(r.About, "So the script makes the writes again and again, HPCHECK_ATTEMPTS times, and says "+
			"whether it came to that by itself.")
	} else {
		r.About = append(r.About, "All that it takes can be done from user space, unless the schedule matters: then "+
			"the outcome is marked with a dash.")
	}
	for cpu := max(sc.Boot, 1); sc.Boot > 0 && cpu < sc.CPUs; cpu++ {
		r.Offline = append(r.Offline, cpu)
	}
	sc.Tasks, sc.Readers, sc.Disablers, sc.Sequence, sc.Ops, sc.DynStates, sc.Targets = 1, 0, 0, r.Ops, 0, 0,
		model.TargetsAll
	sc.Installers, sc.InstancesComeAndGo, sc.PrepareStates, sc.Instances, sc.Suspend, sc.MemoryModel = 0,
		model.InstancesStay, false, 0, false, model.SC
	sc.Modules, sc.Throttle, sc.Cpuset, sc.Migrators, sc.WakeUps, sc.PowerOff = nil, model.ThrottleNobody, false, 0, 0,
		false
	sc.Clients = nil
	sc.ReadersLoop, sc.ReadersNest, sc.Callback = false, false, model.CallbackPlain
	sc.FaultPoints, sc.Faults = nil, 0
	if whole.Kernel.StatePerRun { // before, there is no file fail
		sc.FaultPoints, sc.Faults = []string{"fail/*"}, 1
	}
	m, err := model.New(whole.Kernel, sc)
	return r, m, err
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
	var cpus []string
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
			for _, text := range cpus {
				n, err := strconv.Atoi(text)
				if err != nil || n < 1 || n > maxCPU {
					return usage("--cpu", fmt.Errorf("%q: want CPUs from 1 to %d", text, maxCPU))
				}
				if slices.Contains(r.CPUs, n) {
					return usage("--cpu", fmt.Errorf("%d is named twice: want each CPU once", n))
				}
				r.CPUs = append(r.CPUs, n)
			}
			if strings.ContainsAny(r.Out, "\n\r\x00") {
				return usage("--dir", errors.New("want a path of one line"))
			}
			_, err := io.WriteString(cmd.OutOrStdout(), r.Script())
			return err
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringSliceVar(&cpus, "cpu", []string{"1"}, "take these CPUs down and up, `N,...`")
	cmd.Flags().BoolVar(&r.Sweep, "sweep", false, "also with a failure injected at every state, on the way down and "+
		"on the way up")
	cmd.Flags().BoolVar(&r.Stops, "targets", false, "also to every state that hotplug/target takes, and back; it "+
		"takes all only with CONFIG_CPU_HOTPLUG_STATE_CONTROL")
	cmd.Flags().StringVar(&r.Out, "dir", "hpcheck-traces", "where the script leaves the traces, `DIR`")
	return cmd
}
