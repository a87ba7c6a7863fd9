package model

import (
	"fmt"
	"strconv"
	"strings"
)

// Scenario says what happens to a machine: who is there, what is asked, and what may go wrong.
type Scenario struct {
	CPUs      int  // present CPUs; CPU 0 boots the machine and cannot be unplugged
	Boot      int  // how many of them are brought up at boot, 0 for all: the kernel's maxcpus=
	Tasks     int  // control tasks
	Ops       int  // operations that each of them makes
	Sequence  []Op // these operations instead, one after the other, by each task
	Notifiers int  // CPU notifiers, besides the scheduler's own
	DynStates int  // dynamic states, registered since boot
	Smpboot   int  // ordinary smpboot threads on each CPU
	Faults    int  // how many faults may be injected

	// FaultPoints are patterns of the fault points that may fire: * stands for any text. If there are none, every point may at which
	// the kernel allows a failure; a point that breaks a contract of the kernel must be named, and * alone names none.
	FaultPoints []string
}

// Default is the scenario of a plain run.
func Default() Scenario {
	return Scenario{CPUs: 2, Tasks: 1, Ops: 2, Notifiers: 2, DynStates: 1, Smpboot: 1, Faults: 1}
}

// Op is an operation on a CPU.
type Op struct {
	Up  bool // cpu_up(), not cpu_down()
	CPU int
}

// String returns the operation as ParseOps reads it: "down:1".
func (o Op) String() string {
	if o.Up {
		return fmt.Sprintf("up:%d", o.CPU)
	}
	return fmt.Sprintf("down:%d", o.CPU)
}

// ParseOp reads an operation: "up:CPU" or "down:CPU".
func ParseOp(text string) (Op, error) {
	verb, cpu, _ := strings.Cut(text, ":")
	n, err := strconv.ParseUint(cpu, 10, 8)
	if err != nil || verb != "up" && verb != "down" {
		return Op{}, fmt.Errorf("%q is no operation: up:CPU and down:CPU are", text)
	}
	return Op{Up: verb == "up", CPU: int(n)}, nil
}

// ParamError says which parameter of a scenario can't be, and what can.
type ParamError struct {
	Param string // the field's name in small letters: "cpus"
	Value string
	Want  string
}

// Error returns "cpus 99: want 2 to 8".
func (e *ParamError) Error() string { return fmt.Sprintf("%s %s: want %s", e.Param, e.Value, e.Want) }

// param is a numeric parameter with its range.
type param struct {
	name          string
	value, lo, hi int
}

func (sc *Scenario) params() []param {
	return []param{
		{"cpus", sc.CPUs, 2, MaxCPUs},
		{"maxcpus", sc.Boot, 0, sc.CPUs},
		{"tasks", sc.Tasks, 1, MaxTasks},
		{"ops", sc.Ops, 0, 15},
		{"notifiers", sc.Notifiers, 0, 4},
		{"dyn-states", sc.DynStates, 0, 4},
		{"smpboot-threads", sc.Smpboot, 0, MaxSmpboot},
		{"faults", sc.Faults, 0, 15},
	}
}

// Range says what a numeric parameter may be: "2 to 8". It is empty if there is no such parameter.
func (sc *Scenario) Range(name string) string {
	for _, p := range sc.params() {
		if p.name == name {
			return fmt.Sprintf("%d to %d", p.lo, p.hi)
		}
	}
	return ""
}

// Validate returns a *ParamError if the scenario can't be.
func (sc *Scenario) Validate() error {
	for _, p := range sc.params() {
		if p.value < p.lo || p.value > p.hi {
			return &ParamError{p.name, strconv.Itoa(p.value), sc.Range(p.name)}
		}
	}
	if len(sc.Sequence) > 15 {
		return &ParamError{"op", strconv.Itoa(len(sc.Sequence)) + " operations", "at most 15"}
	}
	for _, o := range sc.Sequence {
		if o.CPU == 0 {
			return &ParamError{"op", o.String(), "another CPU: CPU 0 cannot be unplugged"}
		}
		if o.CPU >= sc.CPUs {
			return &ParamError{"op", o.String(), fmt.Sprintf("a CPU from 1 to %d", sc.CPUs-1)}
		}
	}
	return nil
}

// online reports whether the CPU is brought up at boot.
func (sc *Scenario) online(cpu int) bool { return sc.Boot == 0 || cpu < sc.Boot }

// ops returns how many operations a task makes.
func (sc *Scenario) ops() int {
	if len(sc.Sequence) > 0 {
		return len(sc.Sequence)
	}
	return sc.Ops
}

// String says in words what happens: "2 CPUs, 1 task, 2 operations each, ...".
func (sc Scenario) String() string {
	count := func(n int, what string) string {
		if n == 1 {
			return "1 " + what
		}
		return fmt.Sprintf("%d %ss", n, what)
	}
	parts := []string{count(sc.CPUs, "CPU")}
	if sc.Boot > 0 && sc.Boot < sc.CPUs {
		parts[0] += fmt.Sprintf(" (%d up at boot)", sc.Boot)
	}
	parts = append(parts, count(sc.Tasks, "task"))
	if len(sc.Sequence) > 0 {
		ops := make([]string, len(sc.Sequence))
		for i, o := range sc.Sequence {
			ops[i] = o.String()
		}
		parts = append(parts, strings.Join(ops, " "))
	} else {
		parts = append(parts, count(sc.Ops, "operation"))
	}
	parts = append(parts, count(sc.Notifiers, "notifier"), count(sc.DynStates, "dynamic state"),
		count(sc.Smpboot, "smpboot thread")+" per CPU", count(sc.Faults, "fault"))
	if len(sc.FaultPoints) > 0 {
		parts[len(parts)-1] += " at " + strings.Join(sc.FaultPoints, " ")
	}
	return strings.Join(parts, ", ")
}
