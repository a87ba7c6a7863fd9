package main

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/model"
)

// symptom is what a kernel's log says of itself: a warning, a BUG, or a task that hangs.
type symptom struct {
	Line      int
	Text      string
	Kind      model.EventKind // EventWarn, EventBug, or EventNone for a task that hangs
	At        string          // "kernel/cpu.c:1463", if the log says so
	Function  string          // in which it is, if the log says so; for the compiler, which may have put others into it
	Functions []string        // the call trace, the innermost first
	Crash     bool            // a callback, or what it called, died of a bad pointer: nothing that the core asserts
	Comm      string          // the task that it happened to, if the log says so
	Upstream  string          // the kernel's version, as its sources have it: 6.12.117

	decided  string // the assertion of the model that it is, by its line; "" if that is not known
	searched bool   // whether scenarios were searched for it
}

// The lines of a log. Since v6.18 a warning names the place first.
var (
	warnLine = regexp.MustCompile(`WARNING: (?:CPU: \d+ PID: \d+ )?(?:at )?(\S+\.[ch]:\d+)(?: at)?(?: (\w+)[+.])?`)
	bugLine  = regexp.MustCompile(`kernel BUG at (\S+\.[ch]:\d+)!`)
	hangLine = regexp.MustCompile(
		`INFO: task (\S.*?)(?::\d+)? (?:is )?blocked (?:in \S+ state )?(?:on \S+ )?for more than \d+ s`,
	)
	stuckLine = regexp.MustCompile(
		`BUG: soft lockup - CPU#\d+ stuck for \d+s|hard LOCKUP on cpu ?\d+|` +
			`(?:rcu: )?INFO: rcu_\w+ (?:self-)?detected (?:expedited )?stalls?[^:]*`,
	)
	crashLine = regexp.MustCompile(
		`BUG: (?:kernel NULL pointer dereference|unable to handle (?:page fault|kernel \w+))|` +
			`Unable to handle kernel (?:NULL pointer dereference|paging request|access)|general protection fault`,
	)
	commLine     = regexp.MustCompile(`Comm: (\S+)`)
	upstreamLine = regexp.MustCompile(`Debian (\d+\.\d+\.\d+)-\d`)
	releaseLine  = regexp.MustCompile(`(?:Linux version |Not tainted |Tainted: [A-Z ]+ )(\d+\.\d+\S*)`)
	failLine     = regexp.MustCompile(`CPU \d+ (?:UP|DOWN) state \S+ \(-?\d+\) failed \(-\d+\)`)
	whereLine    = regexp.MustCompile(`(?:RIP: \w+:|pc : |NIP \[\w+\] )(\w+)[+.]`)
	traceLine    = regexp.MustCompile(`^[^A-Za-z_]*(?:\[.*?\] *)?(\w+)(?:\.\w+)*\+0x[0-9a-f]+/0x[0-9a-f]+`)
)

// readSymptoms finds the symptoms in a log, and the kernel's release if the log names it.
func readSymptoms(r io.Reader) (all []symptom, release string, err error) {
	upstream := ""
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		if m := releaseLine.FindStringSubmatch(line); m != nil && release == "" {
			release = m[1]
		}
		if m := upstreamLine.FindStringSubmatch(line); m != nil && upstream == "" {
			upstream = m[1]
		}
		add := func(kind model.EventKind, text, at, function string) {
			all = append(all, symptom{Line: n, Text: text, Kind: kind, At: at, Function: function})
		}
		switch {
		case warnLine.MatchString(line):
			m := warnLine.FindStringSubmatch(line)
			add(model.EventWarn, strings.TrimRight(m[0], "+."), m[1], m[2])
		case bugLine.MatchString(line):
			m := bugLine.FindStringSubmatch(line)
			add(model.EventBug, m[0], m[1], "")
		case hangLine.MatchString(line):
			add(model.EventNone, hangLine.FindString(line), "", "")
		case stuckLine.MatchString(line):
			add(model.EventNone, strings.TrimSpace(stuckLine.FindString(line)), "", "")
		case crashLine.MatchString(line):
			add(model.EventNone, crashLine.FindString(line), "", "")
			all[len(all)-1].Crash = true
		case failLine.MatchString(line):
			add(model.EventWarn, failLine.FindString(line), "", "cpuhp_invoke_callback_range_nofail")
		case len(all) > 0:
			all[len(all)-1].more(line)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, "", fmt.Errorf("after %d symptoms: %w", len(all), err)
	}
	if upstream == "" {
		upstream = strings.Join(versionNumber.FindAllString(release, 1), "")
	}
	for i := range all {
		all[i].Upstream = upstream
	}
	return all, release, nil
}

// versionNumber is a version at the beginning of a release.
var versionNumber = regexp.MustCompile(`^\d+\.\d+\.\d+`)

// more takes what the lines after a symptom say of it.
func (s *symptom) more(line string) {
	if m := commLine.FindStringSubmatch(line); m != nil && s.Comm == "" {
		s.Comm = m[1]
	}
	if m := whereLine.FindStringSubmatch(line); m != nil {
		if s.Function == "" {
			s.Function = m[1]
		}
		return
	}
	if i := strings.Index(line, "] "); i >= 0 && strings.Contains(line[:i], "[") { // the time
		line = line[i+2:]
	}
	if m := traceLine.FindStringSubmatch(line); m != nil && len(s.Functions) < 40 && !strings.Contains(line, "? ") {
		s.Functions = append(s.Functions, m[1])
	}
}

// assertions are those of the model that the symptom may be: those of the function that it names, else those of the
// functions in its call trace.
func (s *symptom) assertions(m *model.Machine) (all []string) {
	if s.Kind == model.EventNone {
		return nil
	}
	for _, function := range append([]string{s.Function}, s.Functions...) {
		for _, a := range m.Assertions {
			if a.Function == function && a.Kind() == s.Kind {
				all = append(all, a.String())
			}
		}
		if len(all) > 0 {
			return all
		}
	}
	return nil
}

// shares is how many functions of the symptom are among these.
func (s *symptom) shares(functions []string) (n int) {
	for _, f := range append([]string{s.Function}, s.Functions...) {
		if f != "" && slices.Contains(functions, f) {
			n++
		}
	}
	return n
}
