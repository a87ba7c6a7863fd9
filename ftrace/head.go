package ftrace

import (
	"bytes"
	"regexp"
	"strconv"
)

// Unknown stands for a CPU on which something ran, of a form that does not tell which; [Nobody] for its task.
const (
	Unknown = -1
	Nobody  = "<...>" // the tracer itself writes so of a task whose name it has forgotten
)

// The forms in which tools write who, where and when, besides that of the file trace itself. The last two groups are
// the event's name and what follows it.
var (
	// options/latency-format, trace-cmd report -l, and ftrace_dump(): the name is cut off after 8 characters.
	latencyLine = regexp.MustCompile(
		`^(.+?)-(\d+)\s+(\d+)[^\s\d]\S{3,7}\s+(\d+(?:\.\d+)?)(?:us)? ?[!+#*@$]?\s*:\s+(\S+):\s*(.*)$`,
	)
	// The same with options/verbose.
	verboseLine = regexp.MustCompile(
		`^(.+?)\s+(\d+)\s+(\d+) \d+ [0-9a-f]{8} [0-9a-f]{8} \[[0-9a-f]+\]\s+` +
			`(\d+(?:\.\d+)?)ms \([+-][\d.]+ms\): (\S+):\s*(.*)$`,
	)
	// perf script.
	perfLine = regexp.MustCompile(
		`^(.+?)\s+(\d+(?:/\d+)?)\s+\[(\d+)\]\s+(\d+\.\d+):\s+(?:\d+\s+)?[\w-]+:(\w+):\s*(.*)$`,
	)
	// The task of function_graph: its name is cut off after 7 characters.
	graphTask = regexp.MustCompile(`^\s*(\S.*?)-(\d+)\s*$`)
	graphCPU  = regexp.MustCompile(`^(?:.*\s)?(\d+)\)`)
	// An event alone, as tp_printk and a trace without options/context-info have it.
	bareLine = regexp.MustCompile(
		`^(cpuhp_enter|cpuhp_multi_enter|cpuhp_exit|suspend_resume|tracing_mark_write|print):\s+(.*)$`,
	)
)

// head reads who, where and when, and returns the event's name and what follows it.
func (p *parser) head(line []byte, e *Event) (what, rest []byte, ok bool) {
	if what, rest, ok = p.traceHead(line, e); ok {
		return what, rest, true
	}
	e.Comm, e.PID, e.On, e.Time = Nobody, 0, Unknown, 0
	if !interesting(line) {
		return nil, nil, false
	}
	if bytes.IndexByte(line, '|') >= 0 {
		if what, rest, ok = p.graphHead(line, e); ok {
			return what, rest, true
		}
	}
	for _, f := range []struct {
		line   *regexp.Regexp
		narrow int
		width  int // of the task's name, which is put to the right
		perf   bool
	}{{latencyLine, 8, 8, false}, {verboseLine, 0, 16, false}, {perfLine, 0, 16, true}} {
		m := f.line.FindSubmatch(line)
		if m == nil {
			continue
		}
		pid := m[2]
		if i := bytes.IndexByte(pid, '/'); i >= 0 {
			pid = pid[i+1:] // the thread's
		}
		e.Comm = p.name(p.task(m[1], f.width))
		e.PID, _ = strconv.Atoi(string(pid))
		e.On, _ = strconv.Atoi(string(m[3]))
		stamp(append(bytes.Clone(m[4]), ':'), &e.Time)
		p.t.Narrow = max(p.t.Narrow, f.narrow)
		p.t.Perf = p.t.Perf || f.perf
		return m[5], m[6], true
	}
	if m := bareLine.FindSubmatch(line); m != nil {
		return m[1], m[2], true
	}
	return nil, nil, false
}

// interesting reports whether a line may have an event that is read here.
func interesting(line []byte) bool {
	return bytes.Contains(line, []byte("cpuhp_e")) || bytes.Contains(line, []byte("cpuhp_multi_e")) ||
		bytes.Contains(line, []byte("suspend_resume")) || bytes.Contains(line, []byte("invoke")) ||
		bytes.Contains(line, []byte("BEGIN ")) || bytes.Contains(line, []byte("END "))
}

// traceHead reads the form of the file trace: "COMM-PID [CPU] FLAGS TIME: EVENT: ".
func (p *parser) traceHead(line []byte, e *Event) (what, rest []byte, ok bool) {
	open := 0
	for { // the first [NNN] is the CPU, unless it is in the task's name
		i := bytes.IndexByte(line[open:], '[')
		if i < 0 {
			return nil, nil, false
		}
		open += i + 1
		end := bytes.IndexByte(line[open:], ']')
		if end < 0 {
			return nil, nil, false
		}
		if n, digits := number(line[open : open+end]); digits && p.who(line[:open-1], e) {
			e.On = n
			rest = bytes.TrimLeft(line[open+end+1:], " ")
			break
		}
	}
	field, rest := next(rest)
	if !stamp(field, &e.Time) { // flags come before
		field, rest = next(rest)
		if !stamp(field, &e.Time) {
			return nil, nil, false
		}
	}
	what, rest = next(rest)
	if len(what) > 0 && what[0] == '(' && sinceLast.Match(what) { // trace-cmd report --ts-diff
		what, rest = next(rest)
	}
	for len(what) > 0 && what[len(what)-1] != ':' && len(rest) > 0 && rest[0] == '<' { // options/sym-addr
		_, rest = next(rest)
		what = append(bytes.Clone(what), ':')
	}
	if len(what) < 2 || what[len(what)-1] != ':' {
		return nil, nil, false
	}
	what = what[:len(what)-1]
	if i := bytes.IndexByte(what, '+'); i > 0 { // options/sym-offset
		what = what[:i]
	}
	return what, rest, true
}

// sinceLast is the time since the event before.
var sinceLast = regexp.MustCompile(`^\([+-]?\d+\)$`)

// graphHead reads a comment of function_graph: "[TIME |] CPU) [COMM-PID |] DURATION | /* EVENT: ... */".
func (p *parser) graphHead(line []byte, e *Event) (what, rest []byte, ok bool) {
	parts := bytes.Split(line, []byte("|"))
	text := bytes.TrimSpace(parts[len(parts)-1])
	if !bytes.HasPrefix(text, []byte("/* ")) || !bytes.HasSuffix(text, []byte("*/")) {
		return nil, nil, false
	}
	text = bytes.TrimSpace(text[3 : len(text)-2])
	for _, part := range parts[:len(parts)-1] {
		if m := graphCPU.FindSubmatch(part); m != nil {
			e.On, _ = strconv.Atoi(string(m[1]))
			part = part[len(m[0]):]
		} else if stamp(append(bytes.TrimSpace(bytes.Clone(part)), ':'), &e.Time) {
			continue
		}
		if m := graphTask.FindSubmatch(part); m != nil {
			e.Comm = p.name(m[1])
			e.PID, _ = strconv.Atoi(string(m[2]))
			p.t.Narrow = 7
		}
	}
	what, rest = next(text)
	if len(what) > 1 && what[len(what)-1] == ':' {
		return what[:len(what)-1], rest, true
	}
	return []byte("print"), text, true
}

// who reads "COMM-PID", with "(TGID)" after it perhaps.
func (p *parser) who(text []byte, e *Event) bool {
	text = bytes.TrimRight(text, " ")
	if len(text) > 0 && text[len(text)-1] == ')' {
		text = bytes.TrimRight(text[:max(bytes.LastIndexByte(text, '('), 0)], " ")
	}
	dash := bytes.LastIndexByte(text, '-')
	if dash <= 0 {
		return false
	}
	pid, ok := number(text[dash+1:])
	if !ok {
		return false
	}
	e.Comm, e.PID = p.name(p.task(text[:dash], maxComm+1)), pid
	return true
}

// knownTask is the end of a text that ends in the name of a thread of the kernel, and what stands before it.
var knownTask = regexp.MustCompile(
	`^(.*[\s:|>+"])((?:cpuhp|migration|swapper|ksoftirqd)/\d+|kworker/\S+|<idle>|<\.\.\.>)$`,
)

// sourceName is what stands before a line and names a file or a buffer, as trace-cmd report has it.
var sourceName = regexp.MustCompile(`^[\w./+-]*[A-Za-z][\w./+-]*:$`)

// task is a task's name, of a text that may have something before it: the tracer puts names to the right of a column.
func (p *parser) task(text []byte, width int) []byte {
	name := bytes.TrimSpace(text)
	var before []byte
	if bytes.ContainsAny(name, " :|>+\"") {
		if m := knownTask.FindSubmatch(name); m != nil {
			before, name = bytes.TrimSpace(m[1]), m[2]
		}
	}
	if before == nil && len(text) > width {
		before, name = bytes.TrimSpace(text[:len(text)-width]), bytes.TrimSpace(text[len(text)-width:])
	}
	if p.source == "" && sourceName.Match(before) {
		p.source = string(before)
	}
	return name
}

// prefixes are what comes before each line where a trace was quoted, searched for, or printed by the kernel.
var prefixes = []*regexp.Regexp{
	regexp.MustCompile(`^(?:[>|] ?)+`),
	regexp.MustCompile(`^<\d{1,3}>`),
	regexp.MustCompile(
		`^(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)?|\d{4}-\d\d-\d\dT\S+|\d+\.\d+) (?:\S+ )?kernel: ?`,
	),
	regexp.MustCompile(`^\[ *\d+\.\d+\] ?(?:\S+ kernel: ?)?`),
	regexp.MustCompile(`^\[ *\d+\.\d+ < *\d+\.\d+>\] ?`),                                              // dmesg -d
	regexp.MustCompile(`^\[ *\+\d+\.\d+\] ?|^\[[A-Z][a-z]{2} ?\d{1,2} \d\d:\d\d\] ?`),                 // dmesg -e
	regexp.MustCompile(`^\[[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}\] ?`),             // dmesg -T
	regexp.MustCompile(`^[a-z0-9]{2,8} *:(?:emerg|alert|crit|err|warn|notice|info|debug) *: ?`),       // dmesg -x
	regexp.MustCompile(`^\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]? ?`), // a logger
	regexp.MustCompile(`^\d{1,3},\d+,\d+,[^;]{0,64};`),                                                // /dev/kmsg
	regexp.MustCompile(`^\[ *[TC]\d+\] ?`),
	regexp.MustCompile(`^kernel: ?`),
	regexp.MustCompile(`^([\w./+-]+\.(?:trace|dat|txt|log|out|report|html|dmesg|[gx]z|zst|bz2))(?::\d+)?: ?`),
	regexp.MustCompile(`^\d+: ?`),
}

// maxComm is how many characters a task's name has at most (TASK_COMM_LEN is one more).
const maxComm = 15

// escape is what steers a terminal.
var escape = regexp.MustCompile("\x1b\\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]")

// clean takes out of a line what is no text, and makes spaces of tabs.
func clean(line []byte) []byte {
	if bytes.IndexByte(line, 0x1b) >= 0 {
		line = escape.ReplaceAll(line, nil)
	}
	if bytes.IndexByte(line, 0) >= 0 {
		line = bytes.ReplaceAll(line, []byte{0}, nil)
	}
	if bytes.IndexByte(line, '\t') >= 0 {
		line = bytes.ReplaceAll(line, []byte("\t"), []byte(" "))
	}
	return bytes.TrimRight(line, " \r\f\x1a")
}

// plain cuts off what stands before the line of a trace, and tells the file that is named there, if one is. A line of
// the tracer begins with a space, or a task's name.
func plain(line []byte) (rest []byte, source string) {
	for range 6 {
		if len(line) == 0 || line[0] == ' ' || line[0] == '#' {
			return line, source
		}
		cut := 0
		for _, prefix := range prefixes {
			if at := prefix.FindSubmatchIndex(line); at != nil {
				cut = at[1]
				if len(at) > 2 && at[3] > at[2] {
					source = string(line[at[2]:at[3]])
				}
				break
			}
		}
		if cut == 0 {
			return line, source
		}
		line = line[cut:]
	}
	return line, source
}
