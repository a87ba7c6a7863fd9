package ftrace

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A file may hold more than one recording: traces that were put one after the other, or the buffers of one report. And
// what wrote or sent a text may have broken its lines, and cut off the last.

// held is a line that may go on in the next one.
type held struct {
	line   []byte
	number int
	joined int    // how many lines it has
	err    *Error // what is wrong with it as it is, nil if nothing is
}

// maxJoined is how many lines a line of a trace may have been broken into.
const maxJoined = 4

var (
	// openLine is a mark whose text is in the next line, or a line that ends before the event's name.
	openLine = regexp.MustCompile(
		`(?:tracing_mark_write|print):\s*(?:BEGIN|END cpu\S+|END)?$|\[\d+\].* \d+(?:\.\d+)?:$`,
	)
	// headLine is a line above a recording, which does not come within one.
	headLine = regexp.MustCompile(
		`^# tracer:|^cpus=\d+$|^# \S+ latency trace v|^# (?:cpu|write|errno|final_state|skipped): `,
	)
	// startsEvent is a line that cannot be the rest of another.
	startsEvent = regexp.MustCompile(`-\d+ .*\[\d+\]|\[\d+\].*\d:|^\s*=>`)
)

// hold keeps a line that is not complete until the next one is seen.
func (p *parser) hold(line []byte, err *Error) {
	p.held = held{line: bytes.Clone(line), number: p.number, joined: 1, err: err}
}

// join reads a line as the rest of the one that is held, and reports whether it was that.
func (p *parser) join(line []byte) (bool, error) {
	h := p.held
	if h.line == nil {
		return false, nil
	}
	if len(bytes.TrimSpace(line)) == 0 {
		return true, nil
	}
	p.held = held{}
	if h.joined == maxJoined || line[0] == '#' || startsEvent.Match(line) {
		return false, h.error()
	}
	whole := append(append(bytes.Clone(h.line), ' '), bytes.TrimLeft(line, " ")...)
	number := p.number
	p.number = h.number
	e, known, err := p.event(whole)
	p.number = number
	switch {
	case err == nil && known:
		return true, p.add(&e)
	case err != nil || openLine.Match(whole):
		p.held = held{whole, h.number, h.joined + 1, h.err}
		return true, nil
	}
	return false, h.error()
}

func (h *held) error() error {
	if h.err == nil {
		return nil
	}
	return h.err
}

// cutOff leaves out the last line if it is not whole. If it does not end, its last number may go on. Where no event
// comes before it, nothing was cut off: the line is wrong.
func (p *parser) cutOff(ended bool) error {
	n := len(p.t.Events)
	if p.held.line != nil {
		if n == 0 && len(p.done) == 0 && p.held.err != nil {
			return p.held.err
		}
		p.t.Cut, p.held = p.held.number, held{}
		return nil
	}
	if ended || n == 0 || p.t.Events[n-1].Line != p.number {
		return nil
	}
	e := &p.t.Events[n-1]
	open := e.Ret != 0 || e.Kind == Begin && !strings.HasPrefix(e.Write, "online=")
	if open && (e.Kind == Exit || e.Kind == Invoked || e.Kind == End || e.Kind == Begin) {
		p.t.Cut, p.t.Events, p.sources = p.number, p.t.Events[:n-1], p.sources[:n-1]
	}
	return nil
}

// after keeps a comment that comes after events: it may be the head of another recording.
func (p *parser) after(line string) {
	if len(p.heads) == 0 {
		p.ahead = p.number
	}
	if len(p.heads) < 10_000 {
		p.heads = append(p.heads, line)
	}
}

// begin begins another recording where what was read last is the head of one.
func (p *parser) begin() {
	if len(p.heads) == 0 {
		return
	}
	heads := p.heads
	p.heads = nil
	another := slices.ContainsFunc(heads, headLine.MatchString)
	if another {
		p.done = append(p.done, p.bySource()...)
		p.t, p.sources = newTrace(p.t.File), nil
	}
	number, events := p.number, p.t.Events
	if !another { // it says nothing of where the recording began
		p.t.Events = nil
	}
	header, at, release := p.t.Header, p.t.At, p.t.Release
	for i, line := range heads {
		p.number = p.ahead + i
		p.comment(line)
	}
	if !another {
		p.t.Events, p.t.Header, p.t.At, p.t.Release = events, header, at, release
	}
	p.number = number
	p.t.Lines = number
}

// recordings are those that were read.
func (p *parser) recordings() []*Trace {
	told := func(line string) bool {
		return strings.HasPrefix(line, "# final_state: ") || strings.HasPrefix(line, "# skipped: ")
	}
	if !slices.ContainsFunc(p.heads, told) {
		for i := range p.heads { // of one that has no events there is nothing to say
			if headLine.MatchString(p.heads[i]) {
				p.heads = p.heads[:i]
				break
			}
		}
	}
	p.begin()
	all := p.bySource()
	if len(p.done) == 0 && len(all) == 1 {
		return all
	}
	all = append(p.done, all...)
	if whole := ofCPUs(all); whole != nil {
		return []*Trace{whole}
	}
	for i, t := range all {
		if t.Part == "" {
			t.Part = fmt.Sprintf("recording %d of %d in the file", i+1, len(all))
		}
		t.File = fmt.Sprintf("%s (%d of %d)", t.File, i+1, len(all))
	}
	return all
}

// maxSources is how many files or buffers one text may be of.
const maxSources = 16

// bySource takes a recording apart that is of several files or buffers, which each line names.
func (p *parser) bySource() []*Trace {
	var sources []string
	for _, s := range p.sources {
		if !slices.Contains(sources, s) {
			if sources = append(sources, s); len(sources) > maxSources {
				break
			}
		}
	}
	if len(sources) < 2 || len(sources) > maxSources || len(p.t.Events) < 4*len(sources) {
		return []*Trace{p.t}
	}
	var all []*Trace
	for _, source := range sources {
		part := *p.t
		part.Events, part.Part = nil, "of "+source
		for i, s := range p.sources {
			if s == source {
				part.Events = append(part.Events, p.t.Events[i])
			}
		}
		all = append(all, &part)
	}
	return all
}

// ofCPUs puts traces together that are each of what ran on one CPU, as tracefs has them in per_cpu; nil if they are
// not.
func ofCPUs(all []*Trace) *Trace {
	seen := map[int]bool{}
	whole := *all[0]
	whole.Events = nil
	for _, t := range all {
		if len(t.Events) == 0 || t.Header["final_state"] != "" {
			return nil
		}
		on := t.Events[0].On
		if seen[on] || on < 0 || slices.ContainsFunc(t.Events, func(e Event) bool { return e.On != on }) {
			return nil
		}
		seen[on] = true
		whole.Events = append(whole.Events, t.Events...)
		whole.Lines = t.Lines
		if t != all[0] {
			whole.Lost += t.Lost
			whole.Ignored += t.Ignored
		}
	}
	slices.SortStableFunc(whole.Events, func(a, b Event) int {
		switch {
		case a.Time < b.Time:
			return -1
		case a.Time > b.Time:
			return 1
		}
		return 0
	})
	whole.Part = fmt.Sprintf("put together of what ran on %d CPUs", len(all))
	return &whole
}

// OneCPU is the only CPU on which anything of the trace ran, if it shows that something had to run on another one: a
// hotplug thread was asked, and answered. It is -1 otherwise.
func (t *Trace) OneCPU() int {
	if len(t.Events) == 0 {
		return Unknown
	}
	on, another := t.Events[0].On, false
	for i := range t.Events {
		e := &t.Events[i]
		if e.On != on {
			return Unknown
		}
		another = another || e.Kind == Enter && e.Func == "cpuhp_kick_ap_work" && e.CPU != on
	}
	if !another {
		return Unknown
	}
	return on
}

// Restarts are the events at which another recording seems to begin: the time goes back, and stays there.
func (t *Trace) Restarts() (all []int) {
	first, last := 0, uint64(0) // of the recording: its first event, and the latest time
	for i := range t.Events {
		e := &t.Events[i]
		if i > first && e.Time < last && i+1 < len(t.Events) && t.Events[i+1].Time < last &&
			(e.Time <= t.Events[first].Time || begins(e)) {
			all, first, last = append(all, i), i, 0
		}
		last = max(last, e.Time)
	}
	return all
}

// begins reports whether an operation begins with the event.
func begins(e *Event) bool {
	return e.Kind == Begin ||
		e.Kind == Enter && (e.Func == "cpuhp_kick_ap_work" || e.Func == "smpboot_create_threads")
}
