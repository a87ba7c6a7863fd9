package reports

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
)

// Litmus is what weak memory does in a counterexample, as a litmus test for the kernel's memory model
// (tools/memory-model): is what the threads read there allowed? Every lock, completion and wake-up is written as a full
// barrier and a flag that is seen, which is more than the kernel's own give, and a store hangs on every load before it
// that the model does not let it overtake: what is allowed in spite of that is allowed in the kernel.
type Litmus struct {
	Name     string
	Notes    []string
	From, To int // the steps of the counterexample that it is made of, from 1
	Threads  []LitmusThread
	Initial  []LitmusValue // what is not 0 at first
	Reads    []LitmusRead
}

// LitmusThread is what a thread does.
type LitmusThread struct {
	Name      string
	Variables []string
	Body      []litmusLine
}

// LitmusValue is a variable's value at first.
type LitmusValue struct {
	Variable string
	Value    int
}

// LitmusRead is what a register holds in the end.
type LitmusRead struct{ Thread, Register, Value int }

type litmusLine struct {
	text  string
	note  string
	opens int // the register on which what follows hangs, -1 for none
	value int
}

// LitmusOf makes the litmus test of a saved counterexample, which was found on the machine. The error says why there is
// none.
func LitmusOf(m *model.Machine, s *Saved) (*Litmus, error) {
	if !m.Scenario.Weak() {
		return nil, errors.New("its memory is not weak: want a counterexample of memory-model=relaxed")
	}
	b := litmusBuilder{m: m}
	if err := b.replay(s); err != nil {
		return nil, err
	}
	if err := b.window(); err != nil {
		return nil, err
	}
	l := b.build()
	l.Name = fmt.Sprintf("%s+%s", m.Kernel.Name, s.Property)
	l.Notes = []string{
		fmt.Sprintf("%s is violated on %v: steps %d to %d of %d.", s.Property, m.Kernel, l.From, l.To, len(s.Steps)),
		s.Command,
	}
	return l, nil
}

// litmusBuilder makes a litmus test.
type litmusBuilder struct {
	m      *model.Machine
	before []model.State // by step
	steps  []model.MemoryStep
	notes  []string
	from   int // the first step that counts
	to     int // the first that does not any more
}

// replay walks the counterexample again.
func (b *litmusBuilder) replay(s *Saved) error {
	suite := invariants.Compile(b.m, nil)
	walk, state := suite.Walk(), suite.Boot()
	for i, ordinal := range s.Trace {
		ts, _ := walk.Transitions(state)
		if ordinal < 0 || ordinal >= len(ts) {
			return fmt.Errorf("step %d: this hpcheck has no such step: make the counterexample anew", i+1)
		}
		before, t := walk.State(state), ts[ordinal]
		place := b.m.Place(&before, t.Action.Thread())
		b.before = append(b.before, before)
		b.steps = append(b.steps, b.m.MemoryStep(&before, t.Action))
		b.notes = append(b.notes, fmt.Sprintf("%s(): %s", place.Function, place.Label))
		state = t.Next
	}
	return nil
}

// window finds the steps that count: up to the last that finds what was there before, from where memory was settled
// before the first that does.
func (b *litmusBuilder) window() error {
	for i := range b.steps {
		if slices.ContainsFunc(b.steps[i].Accesses, func(a model.MemoryAccess) bool { return a.Old }) {
			if b.to == 0 {
				b.from = i
			}
			b.to = i + 1
		}
	}
	if b.to == 0 {
		return errors.New(
			"nothing in it reads what was overwritten before: there is nothing of which to ask whether it is allowed",
		)
	}
	for !b.before[b.from].Settled() {
		b.from--
	}
	return nil
}

// variable is a variable of the test.
type variable struct {
	cpu   uint8
	field model.CPUField
}

// variables are the fields that are written, and looked at by another thread, in the steps that count.
func (b *litmusBuilder) variables() map[variable]string {
	names := map[variable]string{}
	seen, written := map[variable]map[model.ThreadID]bool{}, map[variable]bool{}
	for _, step := range b.steps[b.from:b.to] {
		for _, a := range step.Accesses {
			v := variable{a.CPU, a.Field}
			if seen[v] == nil {
				seen[v] = map[model.ThreadID]bool{}
			}
			seen[v][step.Thread], written[v] = true, written[v] || a.Store
		}
	}
	for v, by := range seen {
		if written[v] && len(by) > 1 {
			name := b.m.VarName(model.CPUVar(v.field, v.cpu))
			_, name, _ = strings.Cut(name, "->")
			names[v] = fmt.Sprintf("%s_%d", strings.ReplaceAll(name, "->", "_"), v.cpu)
		}
	}
	return names
}

// handover is what one step has to have done for another.
type handover struct{ from, to int }

// handovers are, for each step, the last of each other thread that it had to wait for.
func (b *litmusBuilder) handovers() (all []handover) {
	for to := b.from; to < b.to; to++ {
		done := map[model.ThreadID]bool{b.steps[to].Thread: true}
		for from := to - 1; from >= b.from; from-- {
			if t := b.steps[from].Thread; !done[t] && b.steps[from].Precedes(&b.steps[to]) {
				all, done[t] = append(all, handover{from, to}), true
			}
		}
	}
	return all
}

// build makes the test.
func (b *litmusBuilder) build() *Litmus {
	l := &Litmus{From: b.from + 1, To: b.to}
	names, hand := b.variables(), b.handovers()
	threads := map[model.ThreadID]*threadBuilder{}
	var order []*threadBuilder
	for i := b.from; i < b.to; i++ {
		id := b.steps[i].Thread
		if threads[id] == nil {
			threads[id] = &threadBuilder{name: b.m.ThreadName(id), number: len(order), used: map[string]bool{}}
			order = append(order, threads[id])
		}
		threads[id].step(l, &b.steps[i], b.notes[i], names, i, hand)
	}
	for _, t := range order {
		l.Threads = append(l.Threads, t.done())
	}
	for v, name := range names {
		if n := b.m.MemoryAt(&b.before[b.from], v.cpu, v.field); n != 0 {
			l.Initial = append(l.Initial, LitmusValue{name, n})
		}
	}
	slices.SortFunc(l.Initial, func(a, b LitmusValue) int { return strings.Compare(a.Variable, b.Variable) })
	return l
}

// threadBuilder makes what a thread does.
type threadBuilder struct {
	name      string
	number    int
	registers int
	used      map[string]bool
	body      []litmusLine
	first     bool
}

func (t *threadBuilder) add(line litmusLine) { t.body = append(t.body, line) }

// fence adds a barrier, unless the thread is at one.
func (t *threadBuilder) fence(note string) {
	if n := len(t.body); n == 0 || t.body[n-1].text != "smp_mb();" {
		t.add(litmusLine{text: "smp_mb();", note: note, opens: -1})
	}
}

func (t *threadBuilder) read(l *Litmus, variable string, value int, note string, hangs bool) {
	line := litmusLine{text: fmt.Sprintf("r%d = READ_ONCE(*%s);", t.registers, variable), note: note, opens: -1}
	if hangs {
		line.opens, line.value = t.registers, value
	}
	l.Reads = append(l.Reads, LitmusRead{t.number, t.registers, value})
	t.used[variable] = true
	t.registers++
	t.add(line)
}

func (t *threadBuilder) write(variable string, value int, note string) {
	t.used[variable] = true
	t.add(litmusLine{text: fmt.Sprintf("WRITE_ONCE(*%s, %d);", variable, value), note: note, opens: -1})
}

func (t *threadBuilder) step(
	l *Litmus, s *model.MemoryStep, note string, names map[variable]string, index int, hand []handover,
) {
	if s.Drains {
		return
	}
	if s.Fence {
		t.fence(note)
	}
	for k, h := range hand {
		if h.to == index {
			t.read(l, fmt.Sprintf("done%d", k), 1, note, true)
		}
	}
	if s.Fence {
		t.fence(note)
	}
	for _, a := range s.Accesses {
		switch name, ok := names[variable{a.CPU, a.Field}]; {
		case !ok:
		case a.Store:
			t.write(name, a.Value, note)
		default:
			t.read(l, name, a.Value, note, !t.first)
		}
	}
	t.first = s.First
	for k, h := range hand {
		if h.from == index {
			if s.Fence {
				t.fence(note)
			}
			t.write(fmt.Sprintf("done%d", k), 1, note)
		}
	}
	if s.Fence {
		t.fence(note)
	}
}

func (t *threadBuilder) done() LitmusThread {
	for len(t.body) > 0 && t.body[0].text == "smp_mb();" {
		t.body = t.body[1:]
	}
	for n := len(t.body); n > 0 && t.body[n-1].text == "smp_mb();"; n-- {
		t.body = t.body[:n-1]
	}
	thread := LitmusThread{Name: t.name, Body: t.body}
	for v := range t.used {
		thread.Variables = append(thread.Variables, v)
	}
	slices.Sort(thread.Variables)
	return thread
}

// Write writes the test in the form of herd7, klitmus7 and tools/memory-model.
func (l *Litmus) Write(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "C %s\n\n(*\n * Result: Sometimes\n *\n", l.Name)
	for _, note := range l.Notes {
		fmt.Fprintf(&b, " * %s\n", strings.ReplaceAll(note, "*)", "* )"))
	}
	b.WriteString(" *)\n\n{")
	for _, v := range l.Initial {
		fmt.Fprintf(&b, "\n\t%s=%d;", v.Variable, v.Value)
	}
	if len(l.Initial) > 0 {
		b.WriteByte('\n')
	}
	b.WriteString("}\n")
	for i, t := range l.Threads {
		t.write(&b, i, l.Reads)
	}
	var reads []string
	for _, r := range l.Reads {
		reads = append(reads, fmt.Sprintf("%d:r%d=%d", r.Thread, r.Register, r.Value))
	}
	fmt.Fprintf(&b, "\nexists (%s)\n", strings.Join(reads, ` /\ `))
	_, err := io.WriteString(w, b.String())
	return err
}

func (t *LitmusThread) write(b *strings.Builder, number int, reads []LitmusRead) {
	var params []string
	for _, v := range t.Variables {
		params = append(params, "int *"+v)
	}
	fmt.Fprintf(b, "\nP%d(%s) // %s\n{\n", number, strings.Join(params, ", "), t.Name)
	for _, r := range reads {
		if r.Thread == number {
			fmt.Fprintf(b, "\tint r%d;\n", r.Register)
		}
	}
	open, indent := 0, "\t"
	for i, line := range t.Body {
		fmt.Fprintf(b, "%s%s // %s\n", indent, line.text, line.note)
		if line.opens >= 0 && slices.ContainsFunc(t.Body[i:], func(l litmusLine) bool {
			return strings.HasPrefix(l.text, "WRITE")
		}) {
			fmt.Fprintf(b, "%sif (r%d == %d) {\n", indent, line.opens, line.value)
			open, indent = open+1, indent+"\t"
		}
	}
	for ; open > 0; open-- {
		indent = indent[1:]
		b.WriteString(indent + "}\n")
	}
	b.WriteString("}\n")
}
