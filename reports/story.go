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
	Headline  string
	Sentences []Sentence
	Ends      []string // what is false in the end
}

// Sentence is what a story says of some steps.
type Sentence struct {
	From, To int // the steps that it tells of
	Text     string
	Kind     SentenceKind
}

// SentenceKind says how a sentence is shown.
type SentenceKind string

// The kinds of sentences.
const (
	SentenceCall  SentenceKind = "call"  // an operation begins or ends
	SentenceWork  SentenceKind = "work"  // the machine does what it should
	SentenceFault SentenceKind = "fault" // something fails
	SentenceClue  SentenceKind = "clue"  // it bears on why the property is violated
)

// Story tells the counterexample. Nothing in it is particular to a property or a kernel: it is made of the events, of
// the faults' descriptions, and of the reasons that the property gives.
func (c *Counterexample) Story() Story {
	n := narrator{c: c}
	for i := range c.Steps {
		n.step(&c.Steps[i])
	}
	n.flush()
	n.sentences = append(n.sentences, c.lasso()...)
	slices.SortStableFunc(n.sentences, func(a, b Sentence) int { return a.From - b.From })
	s := Story{Headline: c.headline(), Sentences: n.sentences}
	for _, clause := range c.Clauses {
		s.Ends = append(s.Ends, punctuated(clause.Text+clause.At))
	}
	return s
}

// markNoReturn says, after the step from which on the violation is inevitable, that it is. Steps below 1 are none.
func (s *Story) markNoReturn(step int) {
	if step <= 0 {
		return
	}
	at := 0
	for at < len(s.Sentences) && s.Sentences[at].From <= step {
		at++
	}
	s.Sentences = slices.Insert(
		s.Sentences, at,
		Sentence{step, step, "the point of no return: from here on every schedule violates the property", SentenceClue},
	)
}

// Tell writes the story for a terminal.
func (c *Counterexample) Tell(w io.Writer) error {
	s := c.Story()
	var b strings.Builder
	fmt.Fprintf(&b, "%s is violated on %s\n", c.Property, c.Kernel)
	wrap(&b, "  rule: ", "        ", c.Doc)
	wrap(&b, "  ", "  ", s.Headline)
	for _, sentence := range s.Sentences {
		wrap(&b, fmt.Sprintf("  %7s  ", sentence.Steps()), strings.Repeat(" ", 11), sentence.Text)
	}
	b.WriteString("\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// Steps names the steps: "17-25".
func (s *Sentence) Steps() string {
	if s.From == s.To {
		return fmt.Sprint(s.From)
	}
	return fmt.Sprintf("%d-%d", s.From, s.To)
}

// ends is what is false in the end, in one breath.
func (c *Counterexample) ends() string {
	const most = 3
	var texts []string
	for _, clause := range c.Clauses[:min(most, len(c.Clauses))] { // a report has all of them
		texts = append(texts, clause.Text)
	}
	return InOneSentence(texts)
}

// InOneSentence joins clauses. What several begin with, such as "the operation failed with -EBUSY", is said once.
func InOneSentence(clauses []string) string {
	var texts []string
	premise := ""
	for _, text := range clauses {
		if before, after, ok := strings.Cut(text, ", and "); ok && before == premise {
			text = after
		} else if ok {
			premise = before
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, "; ")
}

// faultText says what fails, and how.
func faultText(s *Step, e Event) string {
	if e.State != "" {
		return fmt.Sprintf("the file fail makes the next callback of %s return %s", e.State, e.Result)
	}
	what := s.Label
	doc := strings.TrimPrefix(e.Detail, what+" fails: ")
	return fmt.Sprintf("%s fails with %s: %s", what, e.Result, doc)
}

// narrator puts the events of a trace into sentences.
type narrator struct {
	c         *Counterexample
	sentences []Sentence
	walk      callbackRun
	told      notifierRun
}

// callbackRun is a run of callbacks that one thread calls one after the other.
type callbackRun struct {
	thread     string
	cpu        int
	up         bool
	names      []string
	from, to   int
	start, end string // st->state
	open       bool   // the last callback has not returned
}

// notifierRun is a notification on its way along the chain.
type notifierRun struct {
	name, thread string
	where, cpu   int
	who          []string
	from, to     int
}

func (n *narrator) say(kind SentenceKind, from, to int, format string, args ...any) {
	n.sentences = append(n.sentences, Sentence{from, to, fmt.Sprintf(format, args...), kind})
}

func (n *narrator) step(s *Step) {
	for i := range s.Events {
		n.event(s, &s.Events[i])
	}
	for _, ch := range s.Changes {
		if n.walk.thread == s.Thread && ch.Name == fmt.Sprintf("CPU %d st->state", n.walk.cpu) {
			if n.walk.start == "" {
				n.walk.start = ch.Old
			}
			n.walk.end, n.walk.to = ch.New, s.Number
		}
	}
	if s.Stale {
		n.flush()
		n.say(SentenceClue, s.Number, s.Number, "%s, in %s()%s: %s %s", s.Thread, s.Function, s.at(), s.Label,
			s.Outcome)
	}
	if clue := n.clue(s); clue != "" {
		n.flush()
		n.say(SentenceClue, s.Number, s.Number, "%s", clue)
	}
}

// clue says what a step does to the variables of which the property speaks, if it wrote one last.
func (n *narrator) clue(s *Step) string {
	var parts []string
	for _, clause := range n.c.Clauses {
		for _, v := range clause.Vars {
			text := v.Name + " becomes " + v.Value + " and stays so"
			if v.Value == s.Thread { // a lock
				text = "takes " + v.Name + " and keeps it"
			}
			if v.Step == s.Number && !slices.Contains(parts, text) {
				parts = append(parts, text)
			}
		}
	}
	if len(parts) == 0 || len(s.Events) > 0 && s.Violating {
		return ""
	}
	return fmt.Sprintf("%s, in %s()%s: %s", s.Thread, s.Function, s.at(), strings.Join(parts, ", "))
}

func (n *narrator) event(s *Step, e *Event) {
	switch e.Kind {
	case model.EventCall:
		n.flush()
		n.say(SentenceCall, s.Number, s.Number, "%s %s", s.Thread, e.Text)
	case model.EventReturn:
		n.flush()
		n.say(SentenceCall, s.Number, s.Number, "%s: %s", s.Thread, e.Text)
	case model.EventBegin, model.EventEnd:
		if n.c.jobs[s.Thread] == "" {
			return // its call and its return are told
		}
		n.flush()
		n.say(SentenceCall, s.Number, s.Number, "%s: %s", s.Thread, e.Text)
	case model.EventEnter:
		n.enter(s, e)
	case model.EventExit:
		n.exit(s, e)
	case model.EventNotify:
		n.notify(s, e)
	case model.EventFault:
		n.flush()
		n.say(SentenceFault, s.Number, s.Number, "%s, in %s()%s%s: %s (injected by hpcheck)", s.Thread,
			s.Function, s.at(), place(s.CPU), faultText(s, *e))
	case model.EventBug, model.EventWarn:
		n.flush()
		n.say(SentenceFault, s.Number, s.Number, "%s: %s%s", s.Thread, e.Text, s.at())
	}
}

// at says where a step stands in the tree, "" for one of an edition.
func (s *Step) at() string {
	if s.Line == 0 {
		return ""
	}
	return fmt.Sprintf(" (%s:%d)", s.File, s.Line)
}

// place says on which CPU a thread is; of one that may be on any there is nothing to say.
func place(cpu int) string {
	if cpu < 0 {
		return ""
	}
	return fmt.Sprintf(" on CPU %d", cpu)
}

func (n *narrator) enter(s *Step, e *Event) {
	w := &n.walk
	if w.thread != s.Thread || w.cpu != e.CPU || w.up != e.Up || w.open {
		n.flush()
		*w = callbackRun{thread: s.Thread, cpu: e.CPU, up: e.Up, from: s.Number, start: ""}
	}
	w.names, w.to, w.open = append(w.names, e.Name), s.Number, true
}

func (n *narrator) exit(s *Step, e *Event) {
	w := &n.walk
	inWalk := w.thread == s.Thread && w.open
	if inWalk {
		w.to, w.open = s.Number, false
	}
	if e.Result == model.OK.String() {
		return
	}
	n.flush()
	n.say(SentenceFault, s.Number, s.Number, "%s: %s(%d) returns %s", s.Thread, e.Name, e.CPU, e.Result)
}

func (n *narrator) notify(s *Step, e *Event) {
	told := &n.told
	if told.name != e.Name || told.thread != s.Thread || told.cpu != e.CPU {
		n.flushNotify()
		*told = notifierRun{name: e.Name, thread: s.Thread, where: s.CPU, cpu: e.CPU, from: s.Number}
	}
	told.who, told.to = append(told.who, e.Notifier), s.Number
	if e.Result != model.OK.String() {
		n.flush()
		n.say(SentenceFault, s.Number, s.Number, "%s refuses %s with %s", e.Notifier, e.Name, e.Result)
	}
}

func (n *narrator) flush() {
	n.flushWalk()
	n.flushNotify()
}

func (n *narrator) flushWalk() {
	w := n.walk
	n.walk = callbackRun{}
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
	n.say(SentenceWork, w.from, w.to, "%s", text)
}

func (n *narrator) flushNotify() {
	told := n.told
	n.told = notifierRun{}
	if len(told.who) == 0 {
		return
	}
	where := ""
	if told.where >= 0 {
		where = fmt.Sprintf(", on CPU %d,", told.where)
	}
	n.say(SentenceWork, told.from, told.to, "%s%s sends %s for CPU %d to %s", told.thread, where, told.name,
		told.cpu, join(told.who))
}

// join makes a list readable.
func join(items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	return strings.Join(items[:len(items)-1], ", ") + " and " + items[len(items)-1]
}

// sentence begins with a capital, unless it begins with a name of the kernel's, and ends with a full stop.
func punctuated(text string) string {
	first, _, _ := strings.Cut(text, " ")
	if first == strings.ToLower(first) && !strings.ContainsAny(first, "_/0123456789()") {
		text = strings.ToUpper(text[:1]) + text[1:]
	}
	return strings.TrimSuffix(text, ".") + "."
}
