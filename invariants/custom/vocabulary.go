package custom

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/expr-lang/expr/types"

	"github.com/hpcheck/hpcheck/model"
)

// Vocabulary is what expressions may speak of. It is made from the model's own tables, for a machine: a variable that
// the model gains is a word of the language.
type Vocabulary struct {
	m         *model.Machine
	state     types.Map      // what before and after are
	scope     types.Map      // what is in scope
	constants map[string]any // numbers and texts
	closed    map[string][]string
}

// Words are some of the vocabulary, under a heading.
type Words struct {
	Heading string
	Words   [][2]string // each with what it is
}

// typeOf is the type of a variable in expressions. Whatever has an order or is counted is a number, the rest are texts.
func typeOf(kind model.ValueKind) types.Type {
	switch kind {
	case model.Flag:
		return types.Bool
	case model.Count, model.RungOf, model.ErrnoOf:
		return types.Int
	}
	return types.String
}

// value is a value as expressions know it: a rung is the number of its enum, an error is negative.
func value(m *model.Machine, kind model.ValueKind, n int) any {
	switch kind {
	case model.Flag:
		return n != 0
	case model.Count:
		return n
	case model.RungOf:
		return m.RungNumber(model.Rung(n))
	case model.ErrnoOf:
		return -model.Errno(n).Number()
	}
	return m.Text(kind, n)
}

// ident makes a word of a name: st->should_run is should_run, KTHREAD_SHOULD_PARK is should_park.
func ident(name string) string {
	for _, prefix := range []string{"st->", "td->", "KTHREAD_"} {
		name = strings.TrimPrefix(name, prefix)
	}
	name = strings.NewReplacer("->", "_", "'", "").Replace(name)
	return strings.ToLower(symbol(name))
}

// symbol replaces what can't be in a word.
func symbol(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return '_'
	}, name)
}

// eventField is something that an event says.
type eventField struct {
	name, doc string
	kind      types.Type
	value     func(*model.Machine, model.Event) any
}

var eventFields = []eventField{
	{
		"kind", "what happened: one of the kinds below", types.String,
		func(_ *model.Machine, e model.Event) any { return e.Kind.String() },
	},
	{"cpu", "the CPU that it is about, which is not always the one on which it happens", types.Int,
		func(_ *model.Machine, e model.Event) any { return int(e.CPU) }},
	{
		"up", "cpu_up(), not cpu_down(); a startup, not a teardown", types.Bool,
		func(_ *model.Machine, e model.Event) any { return e.Up },
	},
	{"step", "of a callback its state, of an operation its target", types.Int,
		func(m *model.Machine, e model.Event) any { return m.RungNumber(e.Step) }},
	{
		"ret", "what was returned: 0 or a negative error", types.Int,
		func(_ *model.Machine, e model.Event) any { return -e.Ret.Number() },
	},
	{"notification", "what a notifier was told", types.String, func(_ *model.Machine, e model.Event) any {
		if e.Kind != model.EventNotify {
			return ""
		}
		return e.Notification.String()
	}},
	{"notifier", "the notifier's name", types.String, func(m *model.Machine, e model.Event) any {
		if e.Kind != model.EventNotify {
			return ""
		}
		return m.Chain[e.Notifier].Name
	}},
	{"thread", "the thread that it is about: who is woken, who reads, who may sleep", types.String,
		func(m *model.Machine, e model.Event) any { return m.ThreadName(e.Thread) }},
	{"point", "of a fault, the fault point", types.String, func(m *model.Machine, e model.Event) any {
		if e.Kind != model.EventFault {
			return ""
		}
		return m.FaultPoints[e.Point].Name
	}},
	{"assertion", "of a bug or a warn, the assertion", types.String, func(m *model.Machine, e model.Event) any {
		if e.Kind != model.EventBug && e.Kind != model.EventWarn {
			return ""
		}
		return m.Assertions[e.Assertion].String()
	}},
	{
		"completion", "the completion", types.String,
		func(_ *model.Machine, e model.Event) any { return e.Completion.String() },
	},
	{
		"purpose", "what the completion says", types.String,
		func(_ *model.Machine, e model.Event) any { return e.Purpose.String() },
	},
	{
		"via", "how the operation was asked for: 0 cpu_up() or cpu_down(), 1 cpuN/online, 2 cpuN/hotplug/target",
		types.Int, func(_ *model.Machine, e model.Event) any { return int(e.Via) },
	},
	{"owner", "whose callback it is: 0 of the step table, else 1 and the number of the driver", types.Int,
		func(_ *model.Machine, e model.Event) any { return int(e.Owner) }},
	{"instance", "of a state that has some, the number of the one whose callback it is", types.Int,
		func(_ *model.Machine, e model.Event) any { return int(e.Instance) }},
}

// NewVocabulary makes the vocabulary for a machine.
func NewVocabulary(m *model.Machine) *Vocabulary {
	v := &Vocabulary{m: m, state: types.Map{}, constants: map[string]any{}, closed: map[string][]string{}}
	cpu := types.Map{"number": types.Int}
	thread := types.Map{"name": types.String, "cpu": types.Int}
	for _, x := range m.Vars() {
		name, kind := ident(m.VarField(x)), typeOf(x.Kind())
		switch owner, role, _ := v.owner(x); {
		case owner < 0:
			v.state[name] = kind
		case role == "":
			cpu[name] = kind
		default:
			if cpu[role] == nil {
				cpu[role] = types.Map{"name": types.String, "cpu": types.Int}
			}
			cpu[role].(types.Map)[name] = kind
			thread[name] = kind
		}
		v.values(name, x.Kind())
	}
	v.state["cpu"], v.state["threads"] = types.Array(cpu), types.Array(thread)
	event := types.Map{}
	for _, f := range eventFields {
		event[f.name] = f.kind
	}
	for _, k := range model.EventKinds() {
		v.constant(strings.ToUpper(symbol(k.String())), k.String())
		v.closed["kind"] = append(v.closed["kind"], k.String())
	}
	for n := model.CPUUpPrepare; n <= model.CPUPostDead; n++ {
		v.constant(n.String(), n.String())
		v.closed["notification"] = append(v.closed["notification"], n.String())
	}
	for _, n := range m.Chain {
		v.closed["notifier"] = append(v.closed["notifier"], n.Name)
	}
	v.closed["thread"] = []string{m.ThreadName(model.Nobody)}
	for _, id := range m.Threads() {
		v.closed["thread"] = append(v.closed["thread"], m.ThreadName(id))
	}
	v.closed["actor"] = v.closed["thread"]
	for _, x := range m.Vars() {
		if x.Kind() == model.ThreadOf {
			v.closed[ident(m.VarField(x))] = v.closed["thread"]
		}
	}
	for i := range m.Ladder {
		v.constant(symbol(m.Ladder[i].Symbol), m.Ladder[i].Number)
	}
	for e := model.OK + 1; e.Valid(); e++ {
		v.constant(strings.TrimPrefix(e.String(), "-"), e.Number())
	}
	v.constant("NOBODY", m.ThreadName(model.Nobody))
	v.scope = maps.Clone(v.state)
	v.scope["before"], v.scope["after"] = v.state, v.state
	v.scope["events"] = types.Array(event)
	v.scope["actor"], v.scope["me"] = types.String, types.Int
	return v
}

// owner is the CPU that a variable belongs to, and if it is a thread's, which thread's; -1 if it is the machine's.
func (v *Vocabulary) owner(x model.Var) (cpu int, role, thread string) {
	if cpu, ok := x.CPU(); ok {
		return cpu, "", ""
	}
	id, ok := x.Thread()
	if !ok {
		return -1, "", ""
	}
	thread = v.m.ThreadName(id)
	role, _, _ = strings.Cut(thread, "/")
	return v.m.Home(id), role, thread
}

// values makes constants of the values that a variable may have, if they are texts of a fixed set.
func (v *Vocabulary) values(name string, kind model.ValueKind) {
	n := map[model.ValueKind]int{
		model.TaskOf: int(model.TaskParked) + 1, model.StatusOf: int(model.ThreadParked) + 1,
		model.StopOf: int(model.StopExit) + 1,
	}[kind]
	for i := range n {
		text := v.m.Text(kind, i)
		v.constant(text, text)
		if !slices.Contains(v.closed[name], text) {
			v.closed[name] = append(v.closed[name], text)
		}
	}
}

func (v *Vocabulary) constant(name string, value any) { v.constants[name] = value }

// List lists the vocabulary.
func (v *Vocabulary) List() []Words {
	event := Words{Heading: "of an event: any(events, .kind == NOTIFY && .cpu == 1)"}
	for _, f := range eventFields {
		event.Words = append(event.Words, [2]string{f.name + " " + f.kind.String(), f.doc})
	}
	machine := Words{Heading: "of the machine, as it is after the step"}
	cpu := Words{
		Heading: "of a CPU: cpu[1].online, all(cpu, .online)", Words: [][2]string{{"number int", "its number"}},
	}
	thread := Words{Heading: "of a thread of a CPU: cpu[1].cpuhp.should_park, all(threads, !.is_parked)",
		Words: [][2]string{{"name string", "its name"}, {"cpu int", "the CPU that it belongs to"}}}
	var roles []string
	seen := map[string]bool{}
	for _, x := range v.m.Vars() {
		owner, role, _ := v.owner(x)
		word := [2]string{fmt.Sprintf("%s %v", ident(v.m.VarField(x)), typeOf(x.Kind())), v.m.VarField(x)}
		into := &machine
		switch {
		case role != "":
			into = &thread
			if !slices.Contains(roles, role) {
				roles = append(roles, role)
			}
		case owner >= 0:
			into = &cpu
		}
		if id := into.Heading + word[0]; !seen[id] {
			seen[id] = true
			into.Words = append(into.Words, word)
		}
	}
	for _, role := range roles {
		cpu.Words = append(cpu.Words, [2]string{role, "its thread of that name, as below"})
	}
	step := Words{
		"of the step",
		[][2]string{
			{
				"before, after",
				"the machine before and after the step: before.cpu[1].online; without either, after is meant",
			},
			{"events", "what the step made visible, in order"},
			{"actor string", "the thread that acts"},
			{"me int", `with per = "cpu", the CPU that is looked at`},
			{"threads", "all threads of CPUs"},
		},
	}
	constants := Words{Heading: "constants"}
	for _, name := range slices.Sorted(maps.Keys(v.constants)) {
		constants.Words = append(constants.Words, [2]string{name, fmt.Sprintf("%#v", v.constants[name])})
	}
	return []Words{step, machine, cpu, thread, event, constants}
}
