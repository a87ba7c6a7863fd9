// Package ftrace reads what the kernel's tracer shows of CPU hotplug: the text of the files trace and trace_pipe in
// tracefs, and of trace-cmd report, with the events cpuhp_enter, cpuhp_multi_enter and cpuhp_exit, suspend_resume where
// it is about a CPU, probes of cpuhp_invoke_callback(), and marks of where an operation begins and ends.
package ftrace

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Kind says what an event shows.
type Kind uint8

// The kinds of events, with the fields of [Event] that they use besides who and where.
const (
	Enter      Kind = iota + 1 // cpuhp_enter, a callback is called: CPU, Target, Step, Func
	MultiEnter                 // cpuhp_multi_enter: the same for an instance
	Exit                       // cpuhp_exit, it has returned: CPU, State, Step, Ret
	Invoke                     // a probe: cpuhp_invoke_callback() is called: CPU, Step, Up
	Invoked                    // a probe: it has returned: Ret
	Begin                      // a mark: a write to a file in sysfs begins: CPU, Write
	End                        // a mark: it has ended: CPU, Write, Ret
	Suspend                    // suspend_resume, a suspend takes a CPU down, or its end brings it back: CPU, Up, Starts
)

// String is the tracer's name of such events.
func (k Kind) String() string {
	return [...]string{"", "cpuhp_enter", "cpuhp_multi_enter", "cpuhp_exit", "invoke", "invoke_ret", "BEGIN", "END",
		"suspend_resume"}[k]
}

// Event is a line of a trace.
type Event struct {
	Kind  Kind
	Up    bool
	Line  int    // from 1
	Comm  string // the task that did it
	PID   int
	On    int    // the CPU on which it ran
	Time  uint64 // in the units of the clock: nanoseconds, mostly, or a count
	CPU   int    // the CPU that goes up or down
	Step  int    // the state whose callback it is
	Func  string // the callback
	Write string // "online=0", "hotplug/target=155"

	Starts bool // it begins; false if it is over

	Target int // st->target
	State  int // st->state
	Ret    int // of a callback as it is, below 0 for an error; of a write the error number, 0 for none
}

// Trace is what was read from a file.
type Trace struct {
	File    string
	Dir     string            // where it was found: a directory, or an archive and a directory in it
	Header  map[string]string // the lines "# KEY: VALUE"
	At      map[string]int    // in which line each of them stands
	Kernel  []string          // the lines "# dmesg| TEXT": what the kernel had to say
	Events  []Event           // in the order of the file
	Lost    int               // events that the tracer lost
	Ignored int               // lines of other events
	Lines   int
	Release string // of the kernel, if it says so: "6.12.117+deb13-amd64"
	Narrow  int    // so many characters of the tasks' names are there, 0 for all of them
	Split   []int  // CPUs whose first event stood twice, as trace-cmd split writes it; it is here once
	Raw     bool   // it has lines as options/raw writes them, which say nothing of an event
	Perf    bool   // perf recorded it: of a CPU that goes down it sees nothing from then on
	Cut     int    // its last line, which is cut off and left out; 0 if it is whole
	Part    string // which of the recordings in a file it is, and why it is taken for one; "" if there is one
	Err     error  // why it could not be read; nothing else is to be known then

	companion []byte // the text, as long as it may be that of a file that lies beside traces
}

// Error is a line that cannot be understood.
type Error struct {
	File string
	Line int
	Text string
}

// Error says where, and what.
func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Text) }

// maxLine is how many bytes a line may have.
const maxLine = 1 << 20

// Read reads the recordings in a stream, mostly one; file is its name in messages. What is packed by gzip, xz, zstd or
// bzip2 is unpacked. The error is an *Error, or the reader's.
func Read(file string, r io.Reader) ([]*Trace, error) {
	b, err := unpacked(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	start, _ := b.Peek(512)
	all, err := readForm(file, b, start)
	var line *Error
	if err != nil && !errors.As(err, &line) {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return all, err
}

func newTrace(file string) *Trace {
	return &Trace{File: file, Header: map[string]string{}, At: map[string]int{}}
}

// readText reads the lines of traces.
func readText(file string, r io.Reader) ([]*Trace, error) {
	p := parser{t: newTrace(file), names: map[string]string{}}
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 64<<10), maxLine)
	ended := true // by a newline
	lines.Split(func(data []byte, atEOF bool) (int, []byte, error) {
		if len(data) > 0 {
			ended = bytes.IndexByte(data, '\n') >= 0
		}
		return bufio.ScanLines(data, atEOF)
	})
	var companion []byte
	n := 0
	for lines.Scan() {
		n++
		p.number = n
		if len(companion) < maxCompanion {
			companion = append(append(companion, lines.Bytes()...), '\n')
		}
		if lines.Err() != nil { // it is half a line, since reading ended there
			break
		}
		if err := p.line(clean(lines.Bytes())); err != nil {
			return nil, err
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, &Error{
			file, n + 1, fmt.Sprintf("the line has more than %d characters: want the text of a trace", maxLine),
		}
	} else if err != nil {
		return nil, fmt.Errorf("after line %d: %w", n, err)
	}
	if err := p.cutOff(ended); err != nil {
		return nil, err
	}
	if bytes.HasPrefix(companion, []byte("cpus=")) {
		p.t.undouble()
	}
	all := p.recordings()
	all[0].companion = companion
	return all, nil
}

// undouble takes out the second of two events that are the same to the last digit and the first of their CPU:
// trace-cmd split writes it so, if it is told a time to begin at.
func (t *Trace) undouble() {
	seen, first := map[int]int{}, map[int]Event{}
	t.Events = slices.DeleteFunc(t.Events, func(e Event) bool {
		seen[e.On]++
		e.Line = 0
		switch seen[e.On] {
		case 1:
			first[e.On] = e
		case 2:
			if e == first[e.On] {
				t.Split = append(t.Split, e.On)
				return true
			}
		}
		return false
	})
}

// parser reads line after line.
type parser struct {
	t       *Trace
	names   map[string]string // of tasks and functions, which come again and again
	number  int               // of the line
	held    held
	sources []string // of each event, the file or buffer that its line names before it
	source  string   // that of the line

	done  []*Trace // recordings that came before in the file
	heads []string // comments after the last event: they may be the head of the next recording
	ahead int      // the line of the first of them
}

func (p *parser) name(b []byte) string {
	if s, ok := p.names[string(b)]; ok {
		return s
	}
	s := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?' // a task may call itself anything
		}
		return r
	}, string(b))
	p.names[string(b)] = s
	return s
}

// line reads a line. What is no event, or one of no interest, is counted.
func (p *parser) line(line []byte) error {
	p.t.Lines = p.number
	line, p.source = plain(bytes.TrimSuffix(line, []byte(`\n\`))) // an old systrace has the lines in a script
	if joined, err := p.join(line); joined || err != nil {
		return err
	}
	if len(line) > 0 && line[0] == '#' {
		p.comment(string(line))
		return nil
	}
	if n, ok := lost(line); ok {
		p.t.Lost += n
		return nil
	}
	e, known, err := p.event(line)
	switch {
	case err != nil:
		p.hold(line, &Error{p.t.File, p.number, err.Error()})
	case known:
		return p.add(&e)
	default:
		if openLine.Match(line) {
			p.hold(line, nil)
		}
		p.t.Ignored++
	}
	return nil
}

// event reads a line, and reports whether it is an event of interest.
func (p *parser) event(line []byte) (e Event, known bool, err error) {
	e = Event{Line: p.number}
	what, rest, ok := p.head(line, &e)
	if !ok {
		p.t.Raw = p.t.Raw || rawLine.Match(line)
		if broken(line) {
			err = fmt.Errorf("%q is no line of a trace: want COMM-PID [CPU] TIME: EVENT: and its fields", line)
		}
		return e, false, err
	}
	known, err = p.body(&e, string(what), rest)
	return e, known, err
}

// add keeps an event.
func (p *parser) add(e *Event) error {
	if len(e.Comm) > maxComm && !p.t.Perf {
		return &Error{p.t.File, e.Line, fmt.Sprintf(
			"%q is no task's name, which has %d characters at most: cut off what was put before the lines",
			e.Comm,
			maxComm,
		)}
	}
	p.begin()
	p.t.Events = append(p.t.Events, *e)
	p.sources = append(p.sources, p.source)
	return nil
}

// rawLine is a line with options/raw, which has the number of an event's type in place of the event.
var rawLine = regexp.MustCompile(`^(\d+ \d+ \d+ )?Unknown type \d+$`)

// broken reports whether a line that is not one of a trace was meant to be one: the name of an event of CPU hotplug is
// in it, and it is no function's, as in a stack trace.
func broken(line []byte) bool {
	for _, event := range []string{"cpuhp_enter", "cpuhp_multi_enter", "cpuhp_exit"} {
		i := bytes.Index(line, []byte(event))
		if i > 0 && (line[i-1] == ' ' || line[i-1] == ':') && bytes.HasPrefix(line[i+len(event):], []byte(":")) {
			return true
		}
	}
	return false
}

// latencyHead says with options/latency-format which kernel it is.
var latencyHead = regexp.MustCompile(`^# \S+ latency trace v[\d.]+ on (\S+)`)

// comment reads a line that begins with #.
func (p *parser) comment(line string) {
	if len(p.t.Events) > 0 {
		p.after(line)
		return
	}
	if text, ok := strings.CutPrefix(line, "# dmesg|"); ok {
		p.t.Kernel = append(p.t.Kernel, strings.TrimSpace(text))
		return
	}
	if m := latencyHead.FindStringSubmatch(line); m != nil {
		p.t.Release = m[1]
	}
	key, value, ok := strings.Cut(strings.TrimPrefix(line, "# "), ":")
	if f := strings.Fields(value); len(f) > 2 && key == "uname" {
		p.t.Release = f[2]
	} else if len(f) > 0 && key == "kernel" {
		p.t.Release = f[0]
	}
	var in, written int
	if n, _ := fmt.Sscanf(
		value,
		"%d/%d",
		&in,
		&written,
	); key == "entries-in-buffer/entries-written" && n == 2 &&
		in < written {
		p.t.Lost += written - in // they were written over
	}
	if ok && key != "" && !strings.ContainsAny(key, " |#/\t") {
		p.t.Header[key], p.t.At[key] = strings.TrimSpace(value), p.number
	}
}

// lost reads "CPU:2 [LOST 17 EVENTS]", "CPU:2 [17 EVENTS DROPPED]" or "CPU:2 [EVENTS DROPPED]".
func lost(line []byte) (int, bool) {
	if !bytes.HasPrefix(line, []byte("CPU:")) || !bytes.Contains(line, []byte("EVENTS")) {
		return 0, false
	}
	for _, f := range bytes.FieldsFunc(line[bytes.IndexByte(line, '[')+1:],
		func(r rune) bool { return r < '0' || r > '9' }) {
		n, err := strconv.Atoi(string(f))
		return n, err == nil
	}
	return 1, true // it does not know how many
}

// next cuts off a word.
func next(b []byte) (word, rest []byte) {
	i := bytes.IndexByte(b, ' ')
	if i < 0 {
		return b, nil
	}
	return b[:i], bytes.TrimLeft(b[i:], " ")
}

// number reads digits.
func number(b []byte) (int, bool) {
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, true
}

// stamp reads "62.850089:", in seconds, or "331:".
func stamp(b []byte, to *uint64) bool {
	if len(b) < 2 || b[len(b)-1] != ':' {
		return false
	}
	whole, fraction, seconds := bytes.Cut(b[:len(b)-1], []byte("."))
	n, ok := number(whole)
	if !ok {
		return false
	}
	*to = uint64(n)
	if !seconds {
		return true
	}
	f, ok := number(fraction)
	if !ok || len(fraction) > 9 {
		return false
	}
	for range 9 - len(fraction) {
		f *= 10
	}
	*to = *to*1_000_000_000 + uint64(f)
	return true
}
