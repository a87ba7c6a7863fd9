package ftrace

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/hpcheck/hpcheck/internal/choose"
)

// body reads what the event says. It returns false if it is of no interest.
func (p *parser) body(e *Event, what string, rest []byte) (bool, error) {
	switch what {
	case "cpuhp_enter", "cpuhp_multi_enter":
		e.Kind = Enter
		if what == "cpuhp_multi_enter" {
			e.Kind = MultiEnter
		}
		if p.assigned(e, rest, "cpu", "target", "idx", "fun") {
			return true, nil
		}
		f := fields{b: rest}
		e.CPU, e.Target, e.Step = f.number("cpu:"), f.number("target:"), f.number("step:")
		e.Func = p.function(f.function())
		return true, f.wrong(what, "cpu: N target: N step: N (FUNCTION)")
	case "cpuhp_exit":
		e.Kind = Exit
		if p.assigned(e, rest, "cpu", "state", "idx", "ret") {
			return true, nil
		}
		f := fields{b: rest}
		e.CPU, e.State, e.Step, e.Ret = f.number("cpu:"), f.number("state:"), f.number("step:"), f.number("ret:")
		return true, f.wrong(what, "cpu: N state: N step: N ret: N")
	case "invoke":
		e.Kind = Invoke
		f := fields{b: afterPlace(rest)}
		e.CPU, e.Step, e.Up = f.number("cpu="), f.number("step="), f.number("bringup=") != 0
		return true, f.wrong(what, "(PLACE) cpu=N step=N bringup=N")
	case "invoke_ret":
		e.Kind = Invoked
		f := fields{b: afterPlace(rest)}
		e.Ret = f.number("ret=")
		return true, f.wrong(what, "(PLACE) ret=N")
	case "suspend_resume":
		return p.suspend(e, string(rest)), nil
	case "tracing_mark_write", "print":
		return p.mark(e, string(rest)), nil
	}
	return false, nil
}

// suspend reads "CPU_OFF[1] begin" and "CPU_ON[1] end". What else a suspend does is of no interest.
func (p *parser) suspend(e *Event, text string) bool {
	name, rest, _ := strings.Cut(strings.TrimSpace(text), "[")
	cpu, edge, ok := strings.Cut(rest, "] ")
	n, digits := number([]byte(cpu))
	e.Kind, e.CPU, e.Up, e.Starts = Suspend, n, name == suspended(true), edge == edges(true)
	return ok && digits && name == suspended(e.Up) && edge == edges(e.Starts)
}

func suspended(up bool) string { return choose.If(up, "CPU_ON", "CPU_OFF") }
func edges(starts bool) string { return choose.If(starts, "begin", "end") }

// mark reads "BEGIN cpu1/online=1" and "END cpu1/online=1 errno=11", whatever names the function before it: trace-cmd
// has its name, its address where symbols are hidden, or "ip=... buf=". Other marks are of no interest.
func (p *parser) mark(e *Event, text string) bool {
	words := strings.Fields(text)
	for len(words) > 1 && strings.HasPrefix(words[0], "ip=") || len(words) > 0 && strings.HasSuffix(words[0], ":") {
		words = words[1:]
	}
	if len(words) > 0 {
		words[0] = strings.TrimPrefix(words[0], "buf=")
	}
	if len(words) < 2 {
		return false
	}
	cpu, write, ok := strings.Cut(words[1], "/")
	n, digits := number([]byte(strings.TrimPrefix(cpu, "cpu")))
	if !ok || !digits || !strings.HasPrefix(cpu, "cpu") || !strings.Contains(write, "=") {
		return false
	}
	e.CPU, e.Write = n, p.name([]byte(write))
	switch {
	case words[0] == "BEGIN" && len(words) == 2:
		e.Kind = Begin
		return true
	case words[0] == "END" && len(words) == 3:
		errno, found := strings.CutPrefix(words[2], "errno=")
		v, err := strconv.Atoi(errno)
		e.Kind, e.Ret = End, v
		return found && err == nil
	}
	return false
}

// assigned reads "cpu=1 target=145 idx=236 fun=NAME", as options/fields and trace-cmd's raw output have the fields.
// Numbers may be hexadecimal, and once more in brackets.
func (p *parser) assigned(e *Event, text []byte, names ...string) bool {
	for i, name := range names {
		text = bytes.TrimLeft(text, " ")
		if len(text) > 0 && text[0] == '(' { // the same in another base
			end := bytes.IndexByte(text, ')')
			if end < 0 {
				return false
			}
			text = bytes.TrimLeft(text[end+1:], " ")
		}
		word, rest := next(text)
		value, ok := bytes.CutPrefix(word, []byte(name+"="))
		if !ok {
			return false
		}
		if len(value) == 0 { // trace-cmd aligns numbers
			value, rest = next(rest)
		}
		text = rest
		if name == "fun" {
			e.Func = p.function(value)
			return len(value) > 0
		}
		n, err := signed(value)
		if err != nil {
			return false
		}
		switch {
		case i == 0:
			e.CPU = n
		case name == "target":
			e.Target = n
		case name == "state":
			e.State = n
		case name == "idx":
			e.Step = n
		case name == "ret":
			e.Ret = n
		}
	}
	return true
}

// signed is a number of 32 bits, with a sign, or hexadecimal without one.
func signed(value []byte) (int, error) {
	if hex, ok := bytes.CutPrefix(value, []byte("0x")); ok {
		n, err := strconv.ParseUint(string(hex), 16, 64)
		return int(int32(n)), err
	}
	return strconv.Atoi(string(value))
}

// function is a callback's name without what the compiler, the module or the place in it add to it.
func (p *parser) function(name []byte) string {
	if i := bytes.IndexAny(name, "+."); i > 0 {
		name = name[:i]
	}
	return p.name(name)
}

// afterPlace leaves out where a probe stands, "(cpuhp_invoke_callback+0x0/0x480)".
func afterPlace(b []byte) []byte {
	if len(b) > 0 && b[0] == '(' {
		if i := bytes.IndexByte(b, ')'); i >= 0 {
			return b[i+1:]
		}
	}
	return b
}

// fields reads fields one after the other; whether all were there is asked in the end.
type fields struct {
	b   []byte
	bad bool
}

// number reads a number, that may be below 0, after its label.
func (f *fields) number(label string) int {
	b := bytes.TrimLeft(f.b, " ")
	if !bytes.HasPrefix(b, []byte(label)) {
		f.bad = true
		return 0
	}
	b = bytes.TrimLeft(b[len(label):], " ")
	word, rest := next(b)
	f.b = rest
	negative := len(word) > 0 && word[0] == '-'
	if negative {
		word = word[1:]
	}
	n, ok := number(word)
	if !ok {
		f.bad = true
	}
	if negative {
		return -n
	}
	return n
}

// function reads "(sched_cpu_deactivate)", or with what its module is: "(virtnet_cpu_dead [virtio_net])".
func (f *fields) function() []byte {
	b := bytes.TrimSpace(f.b)
	f.b = nil
	if len(b) < 3 || b[0] != '(' || b[len(b)-1] != ')' {
		f.bad = true
		return nil
	}
	word, _ := next(b[1 : len(b)-1])
	return word
}

func (f *fields) wrong(what, want string) error {
	if f.bad {
		return fmt.Errorf("this %s is not complete: want %s", what, want)
	}
	return nil
}

// String is the event as the tracer writes it, without the time.
func (e *Event) String() string {
	who := fmt.Sprintf("%s-%d [%03d] %v: ", e.Comm, e.PID, e.On, e.Kind)
	return who + e.What()
}

// What is what the event shows, as the tracer writes it.
func (e *Event) What() string {
	switch e.Kind {
	case Enter, MultiEnter:
		return fmt.Sprintf("cpu: %04d target: %3d step: %3d (%s)", e.CPU, e.Target, e.Step, e.Func)
	case Exit:
		return fmt.Sprintf("cpu: %04d  state: %3d step: %3d ret: %d", e.CPU, e.State, e.Step, e.Ret)
	case Invoke:
		up := 0
		if e.Up {
			up = 1
		}
		return fmt.Sprintf("cpu=%d step=%d bringup=%d", e.CPU, e.Step, up)
	case Invoked:
		return fmt.Sprintf("ret=%d", e.Ret)
	case Suspend:
		return fmt.Sprintf("%s[%d] %s", suspended(e.Up), e.CPU, edges(e.Starts))
	case End:
		return fmt.Sprintf("cpu%d/%s errno=%d", e.CPU, e.Write, e.Ret)
	}
	return fmt.Sprintf("cpu%d/%s", e.CPU, e.Write)
}
