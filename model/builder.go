package model

import (
	"fmt"
	"math/bits"
	"slices"
)

// Source is a kernel tree, from which functions are assembled instead of being written by hand.
type Source interface {
	// Assemble assembles a function of the kernel, and reports whether it did. The name is that of the function in the
	// hand-written programs. Where the tree has something that is not known it calls [Builder.Fail].
	Assemble(b *Builder, function string) bool

	// Origin is the tree's name, and a hash of its code.
	Origin() (tree, code string)
}

// Builder assembles what a [Source] makes of a function. Its methods make the same nodes as those with which the
// programs are written by hand.
type Builder struct {
	Where func(error) error // says where in the tree it is what the model does not know

	a *assembler
}

// Machine is what is assembled.
func (b *Builder) Machine() *Machine { return b.a.m }

// Program is the name of the program: "task", "cpuhp", "migration", "idle", ...
func (b *Builder) Program() string { return b.a.name }

// failure is what Fail panics with.
type failure struct{ err error }

// Fail ends the making of the machine. [New] returns the error.
func (b *Builder) Fail(err error) {
	if b.Where != nil {
		err = b.Where(err)
	}
	panic(failure{err})
}

// Line is where in the tree the instructions stand that come next.
func (b *Builder) Line() int { return b.a.line }

// catch turns a failure into an error.
func catch(err *error) {
	switch r := recover().(type) {
	case nil:
	case failure:
		*err = r.err
	default:
		panic(r)
	}
}

// Label is a place in the code.
type Label struct{ t target }

// NewLabel returns a place that is not known yet.
func (b *Builder) NewLabel() Label { return Label{b.a.newTarget()} }

// Put says that the place is here.
func (b *Builder) Put(l Label) { b.a.put(l.t) }

// Jump goes there.
func (b *Builder) Jump(l Label) { b.a.jump(l.t) }

// At says where in the tree the following instructions stand.
func (b *Builder) At(line int) { b.a.line = line }

// Local is a new local variable.
func (b *Builder) Local(name string, k Kind) LValue { return (&Register{name: name, kind: k}).place() }

// Copied says that a variable is a copy of another one, so that the two share a register if they can.
func (b *Builder) Copied(to LValue, from Value) {
	if to.reg != nil && len(from.uses) == 1 && from.acc.read == 0 {
		to.reg.like = from.uses[0]
	}
}

// Function assembles a kernel function that is called, as a part of who calls it.
func (b *Builder) Function(name, file string, body func(exit Label)) {
	f := &frame{name: name, file: file, caller: b.a.fn, exit: b.a.newTarget()}
	b.a.fn = f
	line := b.a.line
	body(Label{f.exit})
	b.a.fn, b.a.line = f.caller, line
	b.a.put(f.exit)
}

// Entry assembles a function that a program written by hand calls; the result, if there is one, is left where such a
// program expects it.
func (b *Builder) Entry(body func(result LValue)) {
	result := b.Local("the result", KindErrno)
	result.reg.want = slotNamed("Ret")
	from, line := len(b.a.nodes)+1, b.a.line
	within(&b.a.serves, b.a.name == "cpuhp", func() { body(result) })
	b.claim(from-1, 0)
	ret, low := b.fixed("Ret"), &lowered{from: from}
	b.a.line = line
	b.note(node{op: opLocal, low: low, run: func(x *Exec) {
		n := min(result.reg.load(x), 0) // a state that was handed out is no error
		x.forget(low.dead)
		ret.set(x, n)
	}}, []*Register{result.reg}, []*Register{ret.reg})
	b.note(node{op: opLocal, run: func(*Exec) {}}, []*Register{ret.reg}, nil)
}

// Aside assembles a function without a result that a program written by hand calls in passing: that program's registers
// stay as they are.
func (b *Builder) Aside(body func()) {
	from, line := len(b.a.nodes), b.a.line
	body()
	for i := from; i < len(b.a.nodes); i++ {
		n := &b.a.nodes[i]
		if n.low == nil {
			n.low = &lowered{}
		}
		n.low.spoils = everySlot
	}
	b.a.line = line
}

// Bare assembles a function of which nobody takes the result, in a program that keeps no register then.
func (b *Builder) Bare(body func()) {
	from, line := len(b.a.nodes), b.a.line
	body()
	b.claim(from, 0)
	b.a.line = line
}

// fixed is a register of a thread that the programs written by hand use.
func (b *Builder) fixed(name string) LValue {
	s := slotNamed(name)
	return (&Register{name: name, kind: s.kind, at: s}).place()
}

// note emits a node with the registers that it reads and writes.
func (b *Builder) note(n node, uses, sets []*Register) {
	if n.low == nil {
		n.low = &lowered{}
	}
	n.low.uses, n.low.sets = uses, sets
	b.a.emitNode(n)
}

// node makes a node that evaluates a value.
func (b *Builder) node(text string, v Value, o, local op) node {
	n := node{op: o, label: text, access: v.acc, low: &lowered{gives: v.gives, mine: v.Shared()}}
	n.low.lone = bits.OnesCount64(uint64(v.acc.read))+bits.OnesCount64(uint64(v.acc.write)) == 1
	n.low.late = v.acc.add == objStopped && v.acc.read|v.acc.write == 0
	switch {
	case v.Shared() == 0:
		n.op, n.label, n.stmt = local, "", text
	case b.a.mergeable(v.acc):
		n.low.owned = true
	}
	return n
}

// Eval evaluates a value for what it does.
func (b *Builder) Eval(text string, v Value) {
	if !v.Acts() {
		return
	}
	n, f := b.node(text, v, opAction, opLocal), v.run()
	n.run = func(x *Exec) { f(x) }
	b.note(n, v.uses, v.sets)
}

// Branch looks at a value, followed by what is done if it is not 0, and by what is done if it is.
func (b *Builder) Branch(text string, v Value, then, otherwise func()) {
	if n, known := v.Known(); known {
		if n != 0 {
			then()
		} else if otherwise != nil {
			otherwise()
		}
		return
	}
	n, f := b.node(text, v, opTest, opIf), v.run()
	no := b.a.newTarget()
	n.cond, n.to = func(x *Exec) bool { return f(x) != 0 }, PC(no)
	b.note(n, v.uses, v.sets)
	b.a.branches(no, then, otherwise)
}

// Head stands at the top of a loop, so that a loop that touches only what is owned is one instruction.
func (b *Builder) Head(text string) {
	b.note(node{op: opAction, label: text, run: func(*Exec) {}, low: &lowered{owned: true, head: true}}, nil, nil)
}

// Bug is BUG_ON().
func (b *Builder) Bug(text string, v Value) {
	i, at := b.a.m.assertion(b.a.fn.name+": BUG_ON("+text+")"), len(b.a.nodes)
	b.Branch("BUG_ON("+text+")", v, func() {
		b.a.local(func(x *Exec) { x.bug(i) })
		b.a.halt()
	}, nil)
	b.books(at)
}

// Warn is WARN_ON(), what is shown being the text; then is done if it warns.
func (b *Builder) Warn(text string, v Value, then, otherwise func()) {
	i, at := b.a.m.assertion(b.a.fn.name+": "+text), len(b.a.nodes)
	b.Branch(text, v, func() {
		b.a.emit(func(x *Exec) Event { return Event{Kind: EventWarn, CPU: x.cpu, Assertion: i} })
		if then != nil {
			then()
		}
	}, otherwise)
	b.books(at)
}

// books says that a node is no statement that could be wrong.
func (b *Builder) books(at int) {
	if at < len(b.a.nodes) && (b.a.nodes[at].op == opTest || b.a.nodes[at].op == opIf) {
		b.a.nodes[at].books = true
	}
}

// Call assembles a primitive that is instructions of its own, and returns its result.
func (b *Builder) Call(p *Primitive, c Call) Value {
	at := len(b.a.nodes)
	if p.gives != nil {
		return p.gives(b, c)
	}
	ret := b.fixed("Ret")
	if p.Returns { // it is dead until here
		b.note(node{op: opLocal, run: func(x *Exec) { ret.set(x, 0) }}, nil, []*Register{ret.reg})
	}
	p.code(b, c)
	b.claim(at, p.spoils)
	if !p.Returns {
		return Truth(false)
	}
	result := ret.Load()
	switch {
	case p.truth:
		return Unary(func(n int64) int64 { return int64(bit(n == 0)) }, KindCount, result)
	case p.made:
		return Unary(func(n int64) int64 { return n + int64(bit(n == 0)) }, KindEither, result)
	}
	return result
}

// Spin waits until a value is 0, without an end.
func (b *Builder) Spin(text string, v Value) {
	f, at := v.run(), len(b.a.nodes)
	b.a.spin(text, v.acc, func(x *Exec) bool { return f(x) == 0 })
	b.a.nodes[at].low = &lowered{uses: v.uses, sets: v.sets, mine: v.Shared()}
}

// claim says of the nodes since then that are not lowered which registers they may use.
func (b *Builder) claim(from int, spoils slotSet) {
	for i := from; i < len(b.a.nodes); i++ {
		if b.a.nodes[i].low == nil {
			b.a.nodes[i].low = &lowered{spoils: spoils}
		}
	}
}

// holding keeps a register that the programs written by hand use while a primitive is assembled.
func (b *Builder) holding(name, text string, v Value, body func()) {
	p := b.fixed(name)
	if len(v.uses) == 1 && v.acc.read == 0 {
		v.uses[0].want = p.reg.at
	}
	b.Eval(text, p.Store(v))
	body()
	b.note(node{op: opLocal, low: &lowered{shown: true}, run: func(x *Exec) {}}, []*Register{p.reg}, nil)
}

// Walking assembles a function that calls callbacks itself, knowing in which direction, as a walk.
func (b *Builder) Walking(up bool, body func()) {
	if b.a.single() { // what is called is one callback, wherever st->state is
		body()
		return
	}
	b.a.walking(b.walk(up).walker(), body)
}

// Operation says in which direction the operation goes of which what is assembled is the most: 1 is up, -1 down. A walk
// in the other one is an undo. 0 leaves it as it is.
func (b *Builder) Operation(direction int) {
	switch {
	case direction > 0:
		b.a.way = wayUp
	case direction < 0:
		b.a.way = wayDown
	}
}

// Operating assembles cpu_up() or cpu_down(): an operation begins with cpu_add_remove_lock, and ends with it.
func (b *Builder) Operating(body func()) { within(&b.a.operates, true, body) }

// InWorker assembles what a work item does for the task.
func (b *Builder) InWorker(body func()) { within(&b.a.worker, true, body) }

// OnlineIs is whether a CPU is online that need not be the one that the code is about.
func OnlineIs(cpu Value) Value {
	f := cpu.run()
	v := computed(func(x *Exec) int64 { return int64(bit(x.s.CPU[f(x)].Online)) }, KindCount, cpu)
	v.acc = v.acc.reading(objOnline).everyCPU()
	return v
}

// way is a direction, if it is known.
type way uint8

const (
	wayUnknown way = iota
	wayUp
	wayDown
)

// walk is the walk in which a callback is called here.
func (b *Builder) walk(up bool) walk {
	m := b.a.m
	switch b.a.name {
	case "cpuhp":
		return m.apWalk(up)
	case "migration":
		return walk{up: up, table: AP, lo: m.rung.apOffline, hi: m.rung.teardownCPU - 1}
	case "idle":
		return walk{up: up, table: AP, lo: m.rung.apIdleDead, hi: m.rung.apOnline}
	}
	w := m.bpWalk(up)
	w.undo = b.a.way == wayUp && !up || b.a.way == wayDown && up
	return w
}

// Self is the CPU that the code is about.
func Self() Value { return Value{get: func(x *Exec) int64 { return int64(x.cpu) }, kind: KindCount} }

// OperationTarget and OperationFrozen are the parameters target and tasks_frozen of _cpu_up() and _cpu_down().
func OperationTarget() Value {
	return Value{get: func(x *Exec) int64 { return int64(x.task.Target) }, kind: KindRung}
}

// OperationUp is whether the operation goes up.
func OperationUp() Value {
	return Value{get: func(x *Exec) int64 { return int64(bit(x.task.Up)) }, kind: KindCount}
}

// OperationFrozen is tasks_frozen.
func OperationFrozen() Value {
	return Value{get: func(x *Exec) int64 { return int64(bit(x.task.Frozen)) }, kind: KindCount}
}

// Rung is the number of a state by its symbol.
func (m *Machine) Rung(symbol string) (Rung, bool) {
	for r := range m.Ladder {
		if m.Ladder[r].Symbol == symbol {
			return Rung(r), true
		}
	}
	return 0, false
}

// ErrorNamed is an error by its name, below 0: "EINVAL".
func ErrorNamed(name string) (int64, bool) {
	for e := range numErrnos {
		if e.String() == "-"+name {
			return e.value(), true
		}
	}
	return 0, false
}

// Trace makes an event visible that only who traces the machine sees: the hotplug thread is asked to work, or has done
// so.
func (b *Builder) Trace(kind EventKind, step, ret Value) {
	f, g := step.run(), ret.run()
	b.note(node{op: opLocal, low: &lowered{shown: true}, run: func(x *Exec) {
		if x.Tracing {
			x.emit(Event{Kind: kind, CPU: x.cpu, Step: Rung(f(x)), Ret: errnoOf(g(x))})
		}
	}}, append(append([]*Register(nil), step.uses...), ret.uses...), nil)
}

// Lowered says that a function was assembled from the source.
func (b *Builder) Lowered(function string) {
	if b.a.m.lowered == nil {
		b.a.m.lowered = map[string]bool{}
	}
	b.a.m.lowered[function] = true
}

// finish decides what is one instruction, and where registers are.
func (a *assembler) finish() {
	most := 1 << (pcBits + pcHigh)
	if a.bound {
		most = 1 << pcBits
	}
	if n := len(a.nodes); n >= most {
		panic(failure{fmt.Errorf("the program %s would have %d nodes: want fewer than %d", a.name, n, most)})
	}
	a.merge()
	a.m.merges = a.m.merges ||
		slices.ContainsFunc(a.nodes, func(n node) bool { return n.low != nil && n.low.merged != 0 })
	if err := a.allocate(); err != nil {
		panic(failure{fmt.Errorf("the program %s: %w", a.name, err)})
	}
}

// Alone reports whether a value makes an access that can't be in one instruction with another one.
func (b *Builder) Alone(v Value) bool { return v.Shared() != 0 && !b.a.mergeable(v.acc) }

// StepHas reports whether the step of a state has a startup, or a teardown.
func (b *Builder) StepHas(state Value, up bool) Value {
	f := state.run()
	v := computed(func(x *Exec) int64 {
		r := Rung(f(x))
		s := &x.m.Ladder[r]
		return int64(bit(!x.m.empty(r, up) && (s.Module == 0 || s.Multi || *x.count(s) > 0)))
	}, KindCount, state)
	if len(b.a.m.modules) > 0 {
		v.acc = v.acc.reading(objSteps)
	}
	return v
}
