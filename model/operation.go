package model

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hpcheck/hpcheck/internal/choose"
)

// Op is an operation on a CPU.
type Op struct {
	Up  bool // cpu_up(), not cpu_down(); a write of 1, not of 0
	CPU int
	Via Via
	// The number that is written to hotplug/target; of a boot 1 + the kernel's maxcpus=, 0 if nothing is said.
	Target int
}

// String returns the operation as ParseOp reads it: "down:1", "online:1=0", "target:1=9".
func (o Op) String() string {
	switch {
	case o.Via == ViaBoot && o.Target > 0:
		return fmt.Sprintf("boot:%d", o.Target-1)
	case o.Via == ViaBoot:
		return "boot"
	case o.Via == ViaSMT:
		return "smt:" + choose.If(o.Up, "on", "off")
	case o.Via == ViaTarget:
		return fmt.Sprintf("target:%d=%d", o.CPU, o.Target)
	case o.Via == ViaOnline:
		return fmt.Sprintf("online:%d=%d", o.CPU, bit(o.Up))
	case o.Up:
		return fmt.Sprintf("up:%d", o.CPU)
	}
	return fmt.Sprintf("down:%d", o.CPU)
}

// Files is the CPU whose files, such as fail, matter to the operation: its own; for smt/control, CPU 1, the first of
// the second threads.
func (o Op) Files() int {
	if o.Via == ViaSMT {
		return 1
	}
	return o.CPU
}

// ParseOp reads an operation: "up:CPU", "down:CPU", "online:CPU=0" or "online:CPU=1", "target:CPU=NUMBER", "smt:off" or
// "smt:on", "boot", "boot:MAXCPUS".
func ParseOp(text string) (Op, error) {
	wrong := fmt.Errorf("%q is no operation: up:CPU, down:CPU, online:CPU=0, online:CPU=1, target:CPU=NUMBER, "+
		"smt:off, smt:on, boot and boot:MAXCPUS are", text)
	for _, o := range []Op{{Via: ViaBoot}, {Via: ViaSMT}, {Via: ViaSMT, Up: true}} {
		if text == o.String() {
			return o, nil
		}
	}
	verb, rest, _ := strings.Cut(text, ":")
	if n, err := strconv.Atoi(rest); verb == "boot" && err == nil && n >= 0 && n <= MaxCPUs {
		return Op{Via: ViaBoot, Target: n + 1}, nil
	}
	where, value, written := strings.Cut(rest, "=")
	cpu, err := strconv.ParseUint(where, 10, 8)
	if err != nil {
		return Op{}, wrong
	}
	o := Op{CPU: int(cpu)}
	switch {
	case !written && (verb == "up" || verb == "down"):
		o.Up = verb == "up"
	case verb == "online" && (value == "0" || value == "1"):
		o.Via, o.Up = ViaOnline, value == "1"
	case verb == "target":
		o.Via = ViaTarget
		if o.Target, err = strconv.Atoi(value); err != nil {
			return Op{}, wrong
		}
	default:
		return Op{}, wrong
	}
	return o, nil
}
