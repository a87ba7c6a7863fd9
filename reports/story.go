package reports

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/model"
)

// Story is a counterexample in plain words: what was asked, what went wrong, and what is left.
type Story struct {
	Headline string
	Beats    []Beat
	Ends     []string // what is false in the end
}

// Beat is a sentence of a story.
type Beat struct {
	From, To int // the steps that it tells of
	Text     string
	Kind     BeatKind
}

// BeatKind says how a beat is shown.
type BeatKind string

// The kinds of beats.
const (
	BeatCall  BeatKind = "call"  // an operation begins or ends
	BeatWork  BeatKind = "work"  // the machine does what it should
	BeatFault BeatKind = "fault" // something fails
	BeatClue  BeatKind = "clue"  // it bears on why the property is violated
)

// Story tells the counterexample. Nothing in it is particular to a property or a kernel: it is made of the events, of
// the faults' descriptions, and of the reasons that the property gives.
func (c *Counterexample) Story() Story {
	t := teller{c: c}
	for i := range c.Steps {
		t.step(&c.Steps[i])
	}
	t.flush()
	var s Story
	s.Beats = t.beats
	for _, clause := range c.Clauses {
		s.Ends = append(s.Ends, sentence(clause.Text))
	}
	s.Headline = c.headline()
	return s
}

// seal tells in its place that nothing helps after a step; 0 and less: there is no such step.
func (s *Story) seal(step int) {
	if step <= 0 {
		return
	}
	at := 0
	for at < len(s.Beats) && s.Beats[at].To <= step {
		at++
	}
	s.Beats = slices.Insert(
		s.Beats, at,
		Beat{step, step, "the point of no return: from here on the property is violated whatever happens", BeatClue},
	)
}

// Tell writes the story for a terminal.
func (c *Counterexample) Tell(w io.Writer) error {
	s := c.Story()
	var b strings.Builder
	fmt.Fprintf(&b, "%s on %s: what went wrong\n", c.Property, c.Kernel)
	wrap(&b, "  ", "  ", s.Headline)
	for _, beat := range s.Beats {
		wrap(&b, fmt.Sprintf("  %5s  ", beat.Steps()), strings.Repeat(" ", 9), beat.Text)
	}
	b.WriteString("\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// Steps names the steps: "17-25".
func (b *Beat) Steps() string {
	if b.From == b.To {
		return fmt.Sprint(b.From)
	}
	return fmt.Sprintf("%d-%d", b.From, b.To)
}

// ends is what is false in the end, in one breath.
func (c *Counterexample) ends() string {
	const most = 3
	var texts []string
	premise := ""
	for _, clause := range c.Clauses[:min(most, len(c.Clauses))] { // a report has all of them
		text := clause.Text
		if before, after, ok := strings.Cut(text, ", and "); ok && before == premise {
			text = after // "the operation failed with -EBUSY" need not be said twice
		} else if ok {
			premise = before
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, "; ")
}

// faultText says what fails, and how.
func faultText(s *Step, e Event) string {
	if what, ok := strings.CutPrefix(e.Name, "fail/"); ok {
		return fmt.Sprintf("the file fail has the next callback of %s return %s", what, e.Result)
	}
	what := s.Label
	doc := strings.TrimPrefix(e.Detail, what+" fails: ")
	return fmt.Sprintf("%s fails with %s: %s", what, e.Result, doc)
}

// teller puts the events of a trace into sentences.
type teller struct {
	c     *Counterexample
	beats []Beat
	walk  walkBeat
	told  notifyBeat
}

// walkBeat is a run of callbacks that one thread calls one after the other.
type walkBeat struct {
	thread     string
	cpu        int
	up         bool
	names      []string
	from, to   int
	start, end string // st->state
	open       bool   // the last callback has not returned
}

// notifyBeat is a notification on its way along the chain.
type notifyBeat struct {
	name, thread string
	where, cpu   int
	who          []string
	from, to     int
}

func (t *teller) say(kind BeatKind, from, to int, format string, args ...any) {
	t.beats = append(t.beats, Beat{from, to, fmt.Sprintf(format, args...), kind})
}

func (t *teller) step(s *Step) {
	for i := range s.Events {
		t.event(s, &s.Events[i])
	}
	for _, ch := range s.Changes {
		if t.walk.thread == s.Thread && ch.Name == fmt.Sprintf("CPU %d st->state", t.walk.cpu) {
			if t.walk.start == "" {
				t.walk.start = ch.Old
			}
			t.walk.end, t.walk.to = ch.New, s.Number
		}
	}
	if clue := t.clue(s); clue != "" {
		t.flush()
		t.say(BeatClue, s.Number, s.Number, "%s", clue)
	}
}

// clue says what a step does to the variables of which the property speaks, if it wrote one last.
func (t *teller) clue(s *Step) string {
	var parts []string
	for _, clause := range t.c.Clauses {
		for _, v := range clause.Vars {
			if v.Step == s.Number && !slices.Contains(parts, v.Name+" becomes "+v.Value) {
				parts = append(parts, v.Name+" becomes "+v.Value)
			}
		}
	}
	if len(parts) == 0 || len(s.Events) > 0 && s.Violating {
		return ""
	}
	return fmt.Sprintf("%s, in %s(): %s, and nothing changes it back", s.Thread, s.Function, strings.Join(parts, ", "))
}

func (t *teller) event(s *Step, e *Event) {
	switch e.Kind {
	case model.EventCall:
		t.flush()
		t.say(BeatCall, s.Number, s.Number, "%s %s", s.Thread, e.Text)
	case model.EventReturn:
		t.flush()
		t.say(BeatCall, s.Number, s.Number, "%s: %s", s.Thread, e.Text)
	case model.EventEnter:
		t.enter(s, e)
	case model.EventExit:
		t.exit(s, e)
	case model.EventNotify:
		t.notify(s, e)
	case model.EventFault:
		t.flush()
		t.say(BeatFault, s.Number, s.Number, "%s, in %s() on %s: %s (hpcheck injects this fault)", s.Thread, s.Function,
			place(s), faultText(s, *e))
	case model.EventBug, model.EventWarn:
		t.flush()
		t.say(BeatFault, s.Number, s.Number, "%s: %s", s.Thread, e.Text)
	}
}

func place(s *Step) string {
	if s.CPU < 0 {
		return "whatever CPU it runs on"
	}
	return fmt.Sprintf("CPU %d", s.CPU)
}

func (t *teller) enter(s *Step, e *Event) {
	w := &t.walk
	if w.thread != s.Thread || w.cpu != e.CPU || w.up != e.Up || w.open {
		t.flush()
		*w = walkBeat{thread: s.Thread, cpu: e.CPU, up: e.Up, from: s.Number, start: ""}
	}
	w.names, w.to, w.open = append(w.names, e.Name), s.Number, true
}

func (t *teller) exit(s *Step, e *Event) {
	w := &t.walk
	inWalk := w.thread == s.Thread && w.open
	if inWalk {
		w.to, w.open = s.Number, false
	}
	if e.Result == model.OK.String() {
		return
	}
	t.flush()
	t.say(BeatFault, s.Number, s.Number, "%s: %s(%d) returns %s", s.Thread, e.Name, e.CPU, e.Result)
}

func (t *teller) notify(s *Step, e *Event) {
	n := &t.told
	if n.name != e.Name || n.thread != s.Thread || n.cpu != e.CPU {
		t.flushNotify()
		*n = notifyBeat{name: e.Name, thread: s.Thread, where: s.CPU, cpu: e.CPU, from: s.Number}
	}
	n.who, n.to = append(n.who, e.Notifier), s.Number
	if e.Result != model.OK.String() {
		t.flush()
		t.say(BeatFault, s.Number, s.Number, "%s refuses %s with %s", e.Notifier, e.Name, e.Result)
	}
}

func (t *teller) flush() {
	t.flushWalk()
	t.flushNotify()
}

func (t *teller) flushWalk() {
	w := t.walk
	t.walk = walkBeat{}
	if len(w.names) == 0 {
		return
	}
	dir := "down"
	if w.up {
		dir = "up"
	}
	text := fmt.Sprintf("%s takes CPU %d %s: %s()", w.thread, w.cpu, dir, strings.Join(w.names, "(), "))
	if w.open {
		text = fmt.Sprintf("%s calls %s(%d)", w.thread, strings.Join(w.names, "(), "), w.cpu)
	}
	if w.start != "" && w.start != w.end {
		text += fmt.Sprintf("; st->state goes from %s to %s", w.start, w.end)
	}
	t.say(BeatWork, w.from, w.to, "%s", text)
}

func (t *teller) flushNotify() {
	n := t.told
	t.told = notifyBeat{}
	if len(n.who) == 0 {
		return
	}
	where := "on whatever CPU it happens to be"
	if n.where >= 0 {
		where = fmt.Sprintf("on CPU %d", n.where)
	}
	t.say(BeatWork, n.from, n.to, "%s, %s, tells %s: %s for CPU %d", n.thread, where, join(n.who), n.name, n.cpu)
}

// join makes a list readable.
func join(items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	return strings.Join(items[:len(items)-1], ", ") + " and " + items[len(items)-1]
}

// sentence begins with a capital, unless it begins with a name of the kernel's, and ends with a full stop.
func sentence(text string) string {
	first, _, _ := strings.Cut(text, " ")
	if first == strings.ToLower(first) && !strings.ContainsAny(first, "_/0123456789()") {
		text = strings.ToUpper(text[:1]) + text[1:]
	}
	return strings.TrimSuffix(text, ".") + "."
}
