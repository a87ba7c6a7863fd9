package invariants

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/model"
)

// The kernel's programs do few of the things that programs can do to each other. So reductions are tried on programs
// that are drawn at random as well: what _cpu_up() and the others do is replaced by a few statements on the variables
// that the threads share, on locks, completions and each other's sleep. They wait for what never comes, give back what
// they do not hold, and wake who must not be woken.

// statement is one of a program that was drawn.
type statement struct {
	text      string
	primitive string        // that is called
	args      []model.Value // with these
	names     []string      // or with what has these names
	field     string        // if none is: of st, which is written, or compared if there are blocks
	value     int64
	then      []statement // if it is the value
	otherwise []statement // if it is not
	loop      bool        // it is looked at again and again until it is the value
}

// drawn is a source of which some functions are known.
type drawn map[string][]statement

// Origin implements [model.Source].
func (d drawn) Origin() (tree, code string) { return "", "" }

// Assemble implements [model.Source].
func (d drawn) Assemble(b *model.Builder, name string) bool {
	body, ok := d[name]
	if name == "cpuhp_complete_idle_dead" { // what an interrupt does has no loops, and is not drawn
		done := model.Constant(0, model.KindCount)
		text := "complete(&st->done_down);"
		names := []string{"done_down"}
		body, ok = []statement{{text: text, primitive: "complete", args: []model.Value{done}, names: names}}, true
	}
	if !ok {
		return false
	}
	b.Entry(func(result model.LValue) {
		b.Function(name, "drawn.c", func(model.Label) { put(b, body) })
		b.Eval("", result.Store(model.Constant(0, model.KindErrno)))
	})
	return true
}

func put(b *model.Builder, body []statement) {
	for _, s := range body {
		if s.primitive != "" {
			b.Call(model.PrimitiveOf(s.primitive), model.Call{Text: s.text, Args: s.args, Names: s.names})
			continue
		}
		field, _ := b.Field(s.field)
		is := func() model.Value {
			return model.Unary(func(n int64) int64 {
				if n == s.value {
					return 1
				}
				return 0
			}, model.KindCount, field.Load())
		}
		switch {
		case s.loop:
			again, done := b.NewLabel(), b.NewLabel()
			b.Put(again)
			b.Branch(s.text, is(), func() { b.Jump(done) }, nil)
			b.Jump(again)
			b.Put(done)
		case s.then != nil:
			b.Branch(s.text, is(), func() { put(b, s.then) }, func() { put(b, s.otherwise) })
		default:
			b.Eval(s.text, field.Store(model.Constant(s.value, field.Load().Kind())))
		}
	}
}

// write writes statements as C would have them.
func write(to *strings.Builder, body []statement, indent string) {
	for _, s := range body {
		fmt.Fprintf(to, "%s%s\n", indent, s.text)
		write(to, s.then, indent+"\t")
		if len(s.otherwise) > 0 {
			fmt.Fprintf(to, "%selse\n", indent)
			write(to, s.otherwise, indent+"\t")
		}
	}
}

func (d drawn) String() string {
	var text strings.Builder
	for _, name := range drawnFunctions {
		fmt.Fprintf(&text, "%s()\n", name)
		write(&text, d[name], "\t")
	}
	return text.String()
}

// drawnFunctions are those that are drawn: one that tasks call, another one, and what the hotplug thread does.
var drawnFunctions = []string{"do_cpu_up", "do_cpu_down", "cpuhp_thread_fun"}

// Slots of the threads that a CPU has.
const (
	drawnCpuhp   = 0
	drawnSmpboot = 3
)

// draw draws a kernel.
func draw(t *rapid.T) drawn {
	d, n := drawn{}, 0
	for _, name := range drawnFunctions {
		d[name] = drawBody(t, name == "cpuhp_thread_fun", &n, 0)
	}
	return d
}

// drawBody draws some statements. Each has a number, by which it is known.
func drawBody(t *rapid.T, bound bool, n *int, depth int) []statement {
	var body []statement
	for range rapid.IntRange(1, 3-depth).Draw(t, "statements") {
		body = append(body, drawStatement(t, bound, n, depth))
	}
	return body
}

func drawStatement(t *rapid.T, bound bool, n *int, depth int) (s statement) {
	*n++
	number := *n
	text := func(format string, args ...any) string {
		return fmt.Sprintf(format+" /* %d */", append(args, number)...)
	}
	calls := func(primitive, args string, values ...model.Value) statement {
		return statement{text: text("%s(%s);", primitive, args), primitive: primitive, args: values}
	}
	count := func(n int64) model.Value { return model.Constant(n, model.KindCount) }
	slot := func() model.Value { return count(rapid.SampledFrom([]int64{drawnCpuhp, drawnSmpboot}).Draw(t, "slot")) }
	kinds := []string{
		"store", "store", "store", "store", "if", "if", "loop", "lock", "lock", "completion", "completion", "wake",
		"wake",
	}
	if !bound {
		kinds = append(kinds, "park", "operation", "stop")
	}
	switch kind := rapid.SampledFrom(kinds).Draw(t, "kind"); kind {
	case "lock":
		return calls(rapid.SampledFrom([]string{"irq_lock_sparse", "irq_unlock_sparse"}).Draw(t, "lock"), "")
	case "completion":
		which := rapid.Int64Range(0, 1).Draw(t, "completion")
		primitive := rapid.SampledFrom([]string{"complete", "wait_for_completion"}).Draw(t, "side")
		name := []string{"done_down", "done_up"}[which]
		s := calls(primitive, "&st->"+name, count(which))
		s.names = []string{name}
		return s
	case "wake":
		return calls("wake_up_process", "thread", slot())
	case "park":
		return calls(rapid.SampledFrom([]string{"kthread_park", "kthread_unpark"}).Draw(t, "park"), "thread", slot())
	case "operation":
		s := calls(rapid.SampledFrom([]string{"mutex_lock", "mutex_unlock"}).Draw(t, "lock"), "&cpu_add_remove_lock")
		s.names = []string{"cpu_add_remove_lock"}
		return s
	case "stop":
		return calls("stop_machine_cpuslocked", "take_cpu_down, cpu")
	case "if", "loop", "store":
		s.field = rapid.SampledFrom([]string{"should_run", "bringup", "target"}).Draw(t, "field")
		s.value = rapid.Int64Range(0, 1).Draw(t, "value")
		switch {
		case kind == "loop":
			s.loop, s.text = true, text("while (st->%s != %d)", s.field, s.value)
		case kind == "if" && depth < 1:
			s.text = text("if (st->%s == %d)", s.field, s.value)
			s.then, s.otherwise = drawBody(t, bound, n, depth+1), drawBody(t, bound, n, depth+1)
		default:
			s.text = text("st->%s = %d;", s.field, s.value)
		}
	}
	return s
}

// drawnScenario is that in which they are tried.
func drawnScenario(cpus int) model.Scenario {
	sc := model.Default()
	sc.CPUs, sc.Tasks, sc.Ops, sc.Faults, sc.Notifiers, sc.DynStates, sc.Smpboot = cpus, 3, 1, 0, 0, 0, 1
	return sc
}

// anyName is the machine's part of a state, the least of those that differ in the names of the CPUs but the first.
// After a BUG nothing runs, and no property asks how far the others have come: all such ends are one.
func anyName(m *model.Machine, words []uint64) (least string) {
	var state model.State
	m.Decode(&state, words)
	if state.Crashed {
		return "BUG"
	}
	encoded := make([]uint64, m.Words())
	names := m.Interchangeable()
	permute(names, func(to []uint8) {
		r, renamed := model.Same, state
		for i, cpu := range names {
			r[cpu] = to[i]
		}
		m.Rename(&renamed, &r)
		m.Encode(encoded, &renamed)
		if key := keyOf(encoded); least == "" || key < least {
			least = key
		}
	})
	return least
}

// permute calls f with every order.
func permute(of []uint8, f func([]uint8)) {
	var rest func([]uint8, int)
	rest = func(order []uint8, from int) {
		if from >= len(order) {
			f(order)
			return
		}
		for i := from; i < len(order); i++ {
			order[from], order[i] = order[i], order[from]
			rest(order, from+1)
			order[from], order[i] = order[i], order[from]
		}
	}
	rest(slices.Clone(of), 0)
}

// ending is a suite that notes the states that have no successor.
type ending struct {
	*carefully
	ends map[string]bool
}

// endsOf is a worker of it.
type endsOf struct {
	explore.Worker
	of *ending
}

// NewWorker implements [explore.System].
func (e *ending) NewWorker() explore.Worker {
	w := e.carefully.NewWorker()
	c := e.workers[len(e.workers)-1]
	c.inner = &endsOf{c.inner, e}
	return w
}

// Expand implements [explore.Worker].
func (e *endsOf) Expand(state []uint64, b *explore.Batch) uint64 {
	violated := e.Worker.Expand(state, b)
	if len(b.Steps) == 0 {
		e.of.ends[anyName(e.of.Machine, state)] = true
	}
	return violated
}

// found is what an exploration finds.
type found struct {
	Violated []string
	Ends     map[string]bool // the states that have no successor
}

// byTheBook explores every transition, breadth first. It returns false if there are too many states.
func byTheBook(m *model.Machine, most int) (found, bool) {
	s := Compile(m, All())
	f := found{Ends: map[string]bool{}}
	w := (&ending{&carefully{Suite: s}, f.Ends}).NewWorker()
	b := explore.NewBatch(s.Width())
	queue := s.Initial()
	known := map[uint64]bool{hashWords(0, queue[0]): true}
	var violated uint64
	for ; len(queue) > 0; queue = queue[1:] {
		b.Reset()
		violated |= w.Expand(queue[0], b)
		for i, step := range b.Steps {
			violated |= step.Violated
			if key := hashWords(0, b.State(i)); !known[key] {
				known[key] = true
				queue = append(queue, slices.Clone(b.State(i)))
			}
		}
		if len(known) > most {
			return f, false
		}
	}
	f.Violated = s.names(violated)
	return f, true
}

// byTheEngine explores with a reduction. If there are no properties, nothing but what depends on each other keeps
// orders apart.
func byTheEngine(t require.TestingT, m *model.Machine, ps []*Property, reduce Reduction) found {
	s := Compile(m, ps)
	s.Reduce = reduce
	f := found{Ends: map[string]bool{}}
	r, err := explore.Run(context.Background(), &ending{&carefully{Suite: s}, f.Ends}, explore.Options{Workers: 1})
	require.NoError(t, err)
	var violated uint64
	for _, v := range r.Violations {
		violated |= 1 << v.Property
	}
	f.Violated = s.names(violated)
	return f
}

// kernelOf is a kernel with those programs. Each access is an instruction of its own: whether an access may be one with
// its neighbours is not what is tried here.
func kernelOf(t require.TestingT, d drawn) model.Kernel {
	k, err := model.Lookup("v6.12")
	require.NoError(t, err)
	k.Source, k.Disowned = d, ^model.Object(0)
	return k
}

// drawnStates is how many states are too many.
const drawnStates = 2_000

// endsAlike checks that a program violates the same properties, and ends in the same states, with every reduction. It
// returns what that is, false if there are too many states to know.
func endsAlike(t require.TestingT, d drawn, cpus int) (found, bool) {
	m, err := model.New(kernelOf(t, d), drawnScenario(cpus))
	require.NoError(t, err)
	want, ok := byTheBook(m, drawnStates)
	if !ok {
		return want, false
	}
	ways := []Reduction{PartialOrder, PartialOrder | Merge}
	if cpus > 2 {
		ways = []Reduction{Symmetry, Symmetry | PartialOrder, Symmetry | PartialOrder | Merge}
	}
	for _, reduce := range ways {
		assert.Equal(t, want, byTheEngine(t, m, All(), reduce), "%v: %v", reduce, d)
		assert.Equal(t, want.Ends, byTheEngine(t, m, nil, reduce).Ends, "no property, %v: %v", reduce, d)
	}
	return want, true
}

// Programs that are drawn violate the same properties, and end in the same states, with every reduction.
func TestReductionsOnDrawnPrograms(t *testing.T) {
	done, violate, ends := 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		want, ok := endsAlike(t, draw(t), rapid.IntRange(2, 3).Draw(t, "CPUs"))
		if ok {
			done, violate, ends = done+1, violate+min(1, len(want.Violated)), ends+len(want.Ends)
		}
	})
	assert.Greater(t, 3*violate, done, "what violates nothing shows nothing")
	assert.Greater(t, ends, done)
	t.Logf("%d, of which %d violate a property; %d ends", done, violate, ends)
}

// While one task is in a stop_machine() that comes to a BUG, the others may not have begun, or have ended: an order for
// which no property asks, and that free steps do not keep.
func TestReductionsBesideABug(t *testing.T) {
	up := []model.Value{model.Constant(1, model.KindCount)}
	d := drawn{
		"do_cpu_up": {{
			text: "wait_for_completion(&st->done_up);", primitive: "wait_for_completion", args: up,
			names: []string{"done_up"},
		}},
		"do_cpu_down": {
			{text: "irq_lock_sparse();", primitive: "irq_lock_sparse"},
			{text: "stop_machine_cpuslocked(take_cpu_down, cpu);", primitive: "stop_machine_cpuslocked"},
		},
		"cpuhp_thread_fun": {{text: "st->bringup = 1;", field: "bringup", value: 1}},
	}
	want, ok := endsAlike(t, d, 2)
	assert.True(t, ok)
	assert.Contains(t, want.Violated, "no-bug-on")
	assert.Contains(t, want.Ends, "BUG")
	assert.Greater(t, len(want.Ends), 1)
}

// Mutants end in the same states, too. Of one a stopper takes its CPU and keeps it: a thread whose step was
// thought to be enough never gets to it, if the stopper is first.
func TestEndsOfMutants(t *testing.T) {
	k, err := model.Lookup("v6.12")
	require.NoError(t, err)
	sc := TrialScenarios(k)[0].Scenario
	m, err := model.New(k, sc)
	require.NoError(t, err)
	all, tried := m.Mutations(), 0
	if testing.Short() {
		all = []model.Mutation{
			mutation(model.MutateNegate, "cpu_stopper_thread", "list_first_entry(&stopper->works)"),
		}
	}
	for _, mu := range all {
		m, err := model.NewMutant(k, sc, mu)
		require.NoError(t, err)
		if want, ok := byTheBook(m, drawnStates); ok {
			tried++
			assert.Equal(t, want.Ends, byTheEngine(t, m, nil, PartialOrder).Ends, "%v", mu)
		}
	}
	assert.Greater(t, 3*tried, 2*len(all))
}

// notices reports whether a program comes to other ends, by partial orders, if one of its instructions with that label
// does not say what it reads and writes.
func notices(t *testing.T, d drawn, label string, most int) bool {
	k, sc := kernelOf(t, d), drawnScenario(2)
	m, err := model.New(k, sc)
	require.NoError(t, err)
	return slices.ContainsFunc(m.Instructions(), func(in model.Instruction) bool {
		if !slices.Contains(drawnFunctions, in.Function) || !strings.HasPrefix(in.Label, label) {
			return false
		}
		m, err := model.NewMutant(k, sc, model.Mutation{Kind: model.MutateUndeclared, Instruction: in})
		require.NoError(t, err)
		want, ok := byTheBook(m, most)
		return ok && !assert.ObjectsAreEqual(want.Ends, byTheEngine(t, m, nil, PartialOrder).Ends)
	})
}

// What is not declared is noticed.
func TestDrawnProgramsNoticeWhatIsNotDeclared(t *testing.T) {
	programs := rapid.Custom(draw)
	for _, label := range []string{
		"st->should_run = ", "if (st->should_run == ", "while (st->should_run != ", "wait_for_completion(&st",
		"mutex_lock(&sparse_irq_lock)", "mutex_unlock(&sparse_irq_lock)",
	} {
		seed := 0
		for seed < 300 && !notices(t, programs.Example(seed), label, drawnStates) {
			seed++
		}
		assert.Less(t, seed, 300, "nothing is noticed of what %s does not declare", label)
	}
	// Where a third thread is let go, few programs would do.
	count := func(n int64) []model.Value { return []model.Value{model.Constant(n, model.KindCount)} }
	up := []string{"done_up"}
	relay := drawn{
		"do_cpu_up": {
			{text: "st->should_run = true;", field: "should_run", value: 1},
			{text: "wake_up_process(st->thread);", primitive: "wake_up_process", args: count(drawnCpuhp)},
			{text: "complete(&st->done_up);", primitive: "complete", args: count(1), names: up},
		},
		"do_cpu_down": {
			{text: "irq_lock_sparse();", primitive: "irq_lock_sparse"}, // the ends tell who keeps it
			{text: "st->target = 1;", field: "target", value: 1},
		},
		"cpuhp_thread_fun": {
			{
				text: "wait_for_completion(&st->done_up);", primitive: "wait_for_completion", args: count(1), names: up,
			},
			{text: "st->target = 0;", field: "target"},
		},
	}
	for _, label := range []string{"wake_up_process(cpuhp)", "complete("} {
		assert.True(t, notices(t, relay, label, 20_000), "nothing is noticed of what %s does not declare", label)
	}
}
