package conform

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/model"
)

//go:embed scripts
var scripts embed.FS

// part is a part of the scripts for real machines.
func part(name string) string {
	text, err := scripts.ReadFile("scripts/" + name)
	if err != nil {
		panic(err) // it is part of the program
	}
	return string(text)
}

// Recording says what a script is to record.
type Recording struct {
	CPUs  []int  // that it takes down and up
	Out   string // the directory on the machine for the traces
	Sweep bool   // with a failure injected at every state, too
	Stops bool   // and to every state that hotplug/target takes
}

// Script is a shell script for a real machine that records traces as [Check] reads them. It does nothing unless it is
// told --yes.
func (r Recording) Script() string {
	var b strings.Builder
	cpus := strings.Trim(fmt.Sprint(r.CPUs), "[]")
	fmt.Fprintf(&b, `#!/bin/sh
# Records how this machine's kernel takes CPUs down and up, with the tracer's events of CPU hotplug, and puts
# everything back. It needs root and tracefs.
#
#   sh record.sh --yes
#   hpcheck conform --states %[2]s/states.txt %[2]s/*.trace
set -u
name=record
selected='%[1]s'
out=%[2]s
`, cpus, quote(r.Out))
	b.WriteString(part("common.sh") + "\n" + part("record.sh") + "\ncareful \"${1:-}\"\nbegin\n")
	b.WriteString(
		"for cpu in $selected; do\n\tonline \"$cpu\" 1\n\trecord plain \"$cpu\" online 0 none\n\trecord plain " +
			"\"$cpu\" online 1 none online=0\ndone\n",
	)
	if r.Sweep {
		b.WriteString(`for cpu in $selected; do
	sed 's/:.*//' "$cpus/hotplug/states" >"$work/states"
	while read -r state; do
		online "$cpu" 1
		record sweep "$cpu" online 0 "$state"
		online "$cpu" 0
		record sweep "$cpu" online 1 "$state" online=0
	done <"$work/states"
	online "$cpu" 1
done
`)
	}
	if r.Stops {
		b.WriteString("for cpu in $selected; do\n\tonline \"$cpu\" 1\n\tpartial \"$cpu\"\ndone\n")
	}
	return b.String()
}

// quote quotes a word for the shell.
func quote(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }

// Repro is a sequence of operations for a real machine.
type Repro struct {
	About     []string // what it is about, for the head of the script
	Offline   []int    // CPUs that are down at first
	Ops       []model.Op
	Forbidden bool  // second threads are forbidden at first, and were never started
	Arms      []int // by operation: the number of the state that is written to the file fail before it, -1 for none

	Unforced []string // what it takes that user space cannot do
	Came     []int    // then, by operation: the error number to which it came, 0 for none, -1 if it did not return
}

// Script is a shell script that makes the operations, and compares what they come to with what the machine m says,
// whose operations they are. It does nothing unless it is told --yes. The error is that of [Predict].
func (r Repro) Script(m *model.Machine) (string, error) {
	var b strings.Builder
	b.WriteString("#!/bin/sh\n")
	for _, line := range r.About {
		fmt.Fprintf(&b, "# %s\n", strings.TrimSpace(line))
	}
	b.WriteString(
		"#\n# It needs root, and leaves the CPUs as they are in the end. Run it in a guest.\nset -u\nname=repro\n",
	)
	fmt.Fprintf(&b, "planned=%d\n", r.planned(m))
	b.WriteString(part("common.sh") + "\n" + part("repro.sh") + "\ncareful \"${1:-}\"\n")
	if m.Scenario.SMT == model.SMTOn {
		b.WriteString(
			"case $(cat \"$cpus/cpu1/topology/thread_siblings_list\") in 0[-,]1*) ;; *) unable \"CPU 1 has to be " +
				"the second thread of CPU 0 here\" ;; esac\n",
		)
	}
	if len(r.Unforced) > 0 {
		return b.String() + "plan\n" + r.once(m) + "repeat\n", nil
	}
	if r.Forbidden {
		b.WriteString(
			"[ \"$(cat \"$cpus/smt/control\")\" = off ] || unable \"this machine has to be booted with nosmt, and " +
				"with maxcpus\"\n",
		)
	}
	b.WriteString("plan\n")
	for _, cpu := range r.Offline {
		fmt.Fprintf(&b, "echo 0 >\"$cpus/cpu%d/online\"\n", cpu)
	}
	for i, op := range r.Ops {
		outcomes, err := Predict(m, r.Arms, i)
		if err != nil {
			return "", err
		}
		if r.Arms[i] >= 0 {
			fmt.Fprintf(&b, "arm %d \"%s\"\n", op.Files(), shellNumber(m, r.Arms[i]))
		}
		fmt.Fprintf(&b, "expect %d %s %s\n", op.Files(), writeOf(m, op), expected(m, outcomes))
		for _, o := range outcomes {
			if o.Warnings != "" {
				fmt.Fprintf(&b, "# the kernel's log should have: %s\n", o.Warnings)
			}
			if o.End != "" {
				b.WriteString("# and that is the end\n")
				return b.String() + "finish\n", nil
			}
		}
	}
	return b.String() + "finish\n", nil
}

// planned is how many tests the script has: one for each write up to one that does not return, or, of what cannot be
// forced, one that says how often it was tried and one that says whether it was shown.
func (r Repro) planned(m *model.Machine) int {
	if len(r.Unforced) > 0 {
		return 2
	}
	for i := range r.Ops {
		outcomes, err := Predict(m, r.Arms, i)
		if err == nil && slices.ContainsFunc(outcomes, func(o Outcome) bool { return o.End != "" }) {
			return i + 1
		}
	}
	return len(r.Ops)
}

// once is the shell function that makes the operations and hopes for what cannot be forced.
func (r Repro) once(m *model.Machine) string {
	var b strings.Builder
	b.WriteString("once() {\n")
	for _, control := range r.control() {
		fmt.Fprintf(&b, "\tattempt 1 ../smt/control %s\n", control)
	}
	for _, cpu := range r.cpus() {
		fmt.Fprintf(&b, "\tattempt %d online 1\n", cpu)
	}
	for _, cpu := range r.Offline {
		fmt.Fprintf(&b, "\tattempt %d online 0\n", cpu)
	}
	for i, op := range r.Ops {
		if r.Arms[i] >= 0 {
			fmt.Fprintf(&b, "\tarm %d \"%s\"\n", op.Files(), shellNumber(m, r.Arms[i]))
		}
		without := "-"
		if outcomes, err := Predict(m, r.Arms, i); err == nil {
			without, _, _ = strings.Cut(expected(m, outcomes), " ")
		}
		fmt.Fprintf(&b, "\thope %d %s %d %s\n", op.Files(), writeOf(m, op), r.Came[i], without)
	}
	return b.String() + "}\n"
}

// control is what is written to smt/control before an attempt, so that it starts as the first one did.
func (r Repro) control() []string {
	switch {
	case !slices.ContainsFunc(r.Ops, func(op model.Op) bool { return op.Via == model.ViaSMT }):
		return nil
	case r.Forbidden:
		return []string{"on", "off"}
	}
	return []string{"on"}
}

// cpus are those that the operations are about.
func (r Repro) cpus() (all []int) {
	for _, op := range r.Ops {
		if !slices.Contains(all, op.Files()) {
			all = append(all, op.Files())
		}
	}
	return all
}

// writeOf is the file and the value that ask for an operation.
func writeOf(m *model.Machine, op model.Op) string {
	top := m.Ladder[len(m.Ladder)-1].Number
	switch {
	case op.Via == model.ViaSMT && op.Up:
		return "../smt/control on"
	case op.Via == model.ViaSMT:
		return "../smt/control off"
	case op.Via == model.ViaOnline && op.Up:
		return "online 1"
	case op.Via == model.ViaOnline:
		return "online 0"
	case op.Via == model.ViaTarget:
		return fmt.Sprintf("hotplug/target \"%s\"", shellNumber(m, op.Target))
	case op.Up:
		return fmt.Sprintf("hotplug/target \"%s\"", shellNumber(m, top))
	}
	return "hotplug/target 0"
}

// expected are the result, the state, the target and what is in the file fail, "-" for what depends on the schedule.
func expected(m *model.Machine, outcomes []Outcome) string {
	first := outcomes[0]
	text := func(of func(Outcome) int, format func(int) string) string {
		for _, o := range outcomes {
			if of(o) != of(first) {
				return "-"
			}
		}
		return format(of(first))
	}
	state := func(n int) string { return `"` + shellNumber(m, n) + `"` }
	return strings.Join([]string{
		text(func(o Outcome) int {
			if o.End != "" {
				return -1
			}
			return o.Errno
		}, func(n int) string { return fmt.Sprint(n) }),
		text(func(o Outcome) int { return o.State }, state), text(func(o Outcome) int { return o.Target }, state),
		text(func(o Outcome) int { return o.Fail }, state),
	}, " ")
}

// shellNumber is the number of a state as the script finds it on its machine, by the name of the state or of the next
// below that has one.
func shellNumber(m *model.Machine, number int) string {
	name, more := "", 0
	for _, s := range m.Ladder {
		if s.Number <= number && s.Name != "" {
			name, more = s.Name, number-s.Number
		}
	}
	if number < 0 || name == "" {
		return fmt.Sprint(number)
	}
	return fmt.Sprintf("$(number %s %d)", quote(name), more)
}
