package model

// PC is a program counter: an index into the nodes of a program.
type PC uint16

// program is what one kind of thread executes. Calls are expanded in place, so the program counter alone tells the
// whole chain of callers and no stack is needed; the kernel's code has no recursion here.
type program struct {
	name  string
	nodes []node
	base  int // index of its first node among all programs, for coverage
}

// op is the kind of a node.
type op uint8

const (
	opAction op = iota // one atomic instruction: a transition
	opTest             // an instruction that then jumps to node.to if its condition is false
	opLocal            // work on registers only
	opIf               // jumps to node.to if its condition, on registers only, is false
	opGoto
	opSwitch // jumps to node.table[cond]; on registers only
)

// node is one instruction, or a bit of local control flow between two. Only opAction and opTest are transitions; the
// others are executed together with the instruction before them, since no other thread could tell.
type node struct {
	op     op
	fn     *frame
	label  string
	access access

	ready  func(*Exec) int  // how many outcomes it has now, 0: it is not enabled; nil: always one
	run    func(*Exec)      // what it does; Exec.alt says which outcome
	cond   func(*Exec) bool // opTest (after run), opIf
	choose func(*Exec) int  // opSwitch

	to    PC
	table []PC

	outcome func(x *Exec, alt int) string // what an outcome means, where it is a choice
	then    func(*Exec)                   // what an instruction that may fail does besides
	// OpLocal: the kernel's statement, if it is one; the others keep the model's books.
	stmt string
	way  string // opSwitch: the callbacks among which it chooses
	// It is no statement of the kernel that could be wrong: an assertion, or the model's books.
	books bool

	inside  Class  // what the thread holds by being here, 0 for nothing: it executes a client's work item
	lock    Class  // what it takes or waits for, 0 for nothing
	walk    walker // who walks over st->state here
	turns   bool   // a walk may begin or end with it
	park    bool   // it is part of __kthread_parkme()
	reads   bool   // it is inside get_online_cpus()
	serves  bool   // the hotplug thread is at work on a request
	begins  bool   // it is part of the wait in cpu_hotplug_begin()
	worker  bool   // a work item does it for the task
	barrier bool   // it is smp_mb()
	order   bool   // it chooses which of two instructions comes first: no barrier
	loose   bool   // it is no barrier, although it writes the state of its own task
	rest    bool   // a thread may stay here for ever: it has nothing to do
	alone   bool   // the idle task waits until nothing else is left to run on its CPU
	binds   bool   // it binds a thread to its CPU
	top     bool   // an smpboot thread that sleeps goes on here
	sleeps  bool   // it is schedule() in __kthread_parkme()
	point   int    // 1 + the index of its fault point, 0 for none

	low  *lowered // of what was lowered from C, and of what stands in the middle of it
	line int      // where it stands in the source, if it was lowered
}

// frame is a kernel function, as it was called from another.
type frame struct {
	name   string
	file   string // of the source, if it was lowered
	caller *frame
	exit   target
	whose  ownership
}

// ownership says whether a function is part of the kernel's core, and so is what it calls.
type ownership uint8

const (
	ofKernel   ownership = iota
	ofScenario           // it is the scenario's, and what it calls is the kernel's
	ofBeside             // it is that of somebody beside the core, with all that it calls
)

// target is a place in a program that may not be known yet.
type target int

// assembler puts a program together. Its methods mirror C's control flow, so that a kernel function reads in Go as it
// does in C; each kernel function is a method of its own, named after it.
type assembler struct {
	m                           *Machine
	name                        string // the program
	nodes                       []node
	fn                          *frame
	place                       []PC // of each target
	crew                        *crew
	bound                       bool   // the program is that of threads that are bound to a CPU
	walk                        walker // as in node
	park, reads, serves, begins bool   // the same
	worker                      bool
	inside                      Class
	holds                       uint32 // the classes of locks that may be held here

	again    target // 1 + where a CPU that is kicked while it spins begins again; 0: nowhere
	action   int64  // what the PM notifier is told
	operates bool   // what is lowered is an operation of its own, from its lock on

	line   int      // where what is lowered stands in the source
	way    way      // in which direction the operation goes that is lowered
	asked  bool     // the hotplug thread was asked for something, and nobody has waited for that yet
	self   int      // 1 + the slot of the thread that runs the program; 0: it is in none
	about  int      // the same of the thread that is made, parked or unparked here
	atomic int      // in how many regions that are one instruction the code is; see Builder.Begin
	from   *Builder // of the source that is being assembled
	astray bool     // in such a region the code has turned to another CPU
	top    bool     // what comes next is where an smpboot thread sleeps
}

// assemble builds the program of a kind of thread.
func (m *Machine) assemble(name string, bound bool, c *crew, body func(*assembler)) *program {
	a := &assembler{m: m, name: name, bound: bound, crew: c}
	if c.asks != nil || c.installs && m.Kernel.Source != nil {
		a.notes(factAsks)
	}
	body(a)
	for i := range a.nodes {
		n := &a.nodes[i]
		switch n.op {
		case opTest, opIf, opGoto:
			n.to = a.place[n.to]
		case opSwitch:
			for j, t := range n.table {
				n.table[j] = a.place[t]
			}
		}
	}
	a.finish()
	p := &program{name: name, nodes: a.nodes}
	p.narrowRegions()
	m.mutate(p)
	p.noteTurns()
	return p
}

// noteTurns finds the instructions with which a walk may begin or end: those after which a thread may come to one that
// belongs to another walk, or to none.
func (p *program) noteTurns() {
	for pc := range p.nodes {
		n := &p.nodes[pc]
		seen, todo := map[PC]bool{}, []PC{PC(pc) + 1}
		if n.op == opTest {
			todo = append(todo, n.to)
		}
		for (n.op == opAction || n.op == opTest) && len(todo) > 0 && !n.turns {
			at := todo[0]
			todo = todo[1:]
			if int(at) >= len(p.nodes) || seen[at] {
				continue
			}
			seen[at] = true
			switch next := &p.nodes[at]; next.op {
			case opAction, opTest:
				n.turns = next.walk != n.walk
			case opLocal:
				todo = append(todo, at+1)
			case opIf:
				todo = append(todo, at+1, next.to)
			case opGoto:
				todo = append(todo, next.to)
			case opSwitch:
				todo = append(todo, next.table...)
			}
		}
	}
}

func (a *assembler) emitNode(n node) {
	n.fn, n.walk, n.park, n.reads, n.serves, n.begins, n.worker = a.fn, a.walk, a.park, a.reads, a.serves, a.begins,
		a.worker
	n.inside = a.inside
	n.line = a.line
	a.notes(n.access.facts())
	if a.top && (n.op == opAction || n.op == opTest) && (n.low == nil || !n.low.head) {
		n.top, a.top = true, false
	}
	if n.lock != classNone {
		a.noteOrder(n.lock)
	}
	a.within(&n)
	a.nodes = append(a.nodes, n)
}

func (a *assembler) newTarget() target {
	a.place = append(a.place, 0)
	return target(len(a.place) - 1)
}

func (a *assembler) put(t target) { a.place[t] = PC(len(a.nodes)) }

// fun is a kernel function: its name and its body, which the kernel's source may have as well.
func (a *assembler) fun(name string, body func()) {
	if a.sourced(name) {
		return
	}
	f := &frame{name: name, caller: a.fn, exit: a.newTarget()}
	a.fn = f
	body()
	a.fn = f.caller
	a.put(f.exit)
}

// scenario is a function of a participant, or of a task, which calls the hotplug core.
func (a *assembler) scenario(name string, body func()) { a.owned(name, ofScenario, body) }

// beside is a function of a participant that is no part of the hotplug core, with all that it calls.
func (a *assembler) beside(name string, body func()) { a.owned(name, ofBeside, body) }

func (a *assembler) owned(name string, whose ownership, body func()) {
	a.fun(name, func() {
		a.fn.whose = whose
		body()
	})
}

// sourced assembles a kernel function from the kernel's source, and reports whether that has it.
func (a *assembler) sourced(name string) (sourced bool) {
	src := a.m.Kernel.Source
	if src == nil {
		return false
	}
	b := &Builder{a: a}
	within(&a.from, b, func() { sourced = src.Assemble(b, name) })
	return sourced
}

// do is one atomic instruction.
func (a *assembler) do(label string, acc access, run func(*Exec)) {
	a.emitNode(node{op: opAction, label: label, access: acc, run: run})
}

// wait is an instruction that is enabled only when ready.
func (a *assembler) wait(label string, acc access, ready func(*Exec) bool, run func(*Exec)) {
	a.emitNode(node{op: opAction, label: label, access: acc, ready: asCount(ready), run: run})
}

// rest is a wait in which a thread may stay for ever, because it has nothing to do.
func (a *assembler) rest(label string, acc access, ready func(*Exec) bool, run func(*Exec)) {
	a.emitNode(node{op: opAction, label: label, access: acc, ready: asCount(ready), run: run, rest: true})
}

// restTest is a test that is enabled only when ready, and before which a thread may stay for ever.
func (a *assembler) restTest(label string, acc access, ready func(*Exec) bool, cond func(*Exec) bool, then func()) {
	no := a.newTarget()
	a.emitNode(node{op: opTest, label: label, access: acc, ready: asCount(ready), cond: cond, to: PC(no), rest: true})
	a.branches(no, then, nil)
}

// waitTest is a test that is enabled only when ready.
func (a *assembler) waitTest(
	label string, acc access, ready func(*Exec) bool, cond func(*Exec) bool, then, otherwise func(),
) {
	no := a.newTarget()
	a.emitNode(node{op: opTest, label: label, access: acc, ready: asCount(ready), cond: cond, to: PC(no)})
	a.branches(no, then, otherwise)
}

func asCount(ready func(*Exec) bool) func(*Exec) int {
	return func(x *Exec) int {
		if ready(x) {
			return 1
		}
		return 0
	}
}

// test is an instruction that looks at something shared, followed by what is done if it was so.
func (a *assembler) test(label string, acc access, cond func(*Exec) bool, then func()) {
	a.testElse(label, acc, cond, then, nil)
}

func (a *assembler) testElse(label string, acc access, cond func(*Exec) bool, then, otherwise func()) {
	no := a.newTarget()
	a.emitNode(node{op: opTest, label: label, access: acc, cond: cond, to: PC(no)})
	a.branches(no, then, otherwise)
}

// when looks at registers only.
func (a *assembler) when(cond func(*Exec) bool, then func()) { a.whenElse(cond, then, nil) }

func (a *assembler) whenElse(cond func(*Exec) bool, then, otherwise func()) {
	no := a.newTarget()
	a.emitNode(node{op: opIf, cond: cond, to: PC(no)})
	a.branches(no, then, otherwise)
}

func (a *assembler) branches(no target, then, otherwise func()) {
	before := a.holds
	then()
	if otherwise == nil {
		a.put(no)
		a.holds |= before
		return
	}
	end := a.newTarget()
	a.jump(end)
	a.put(no)
	after := a.holds
	a.holds = before
	otherwise()
	a.put(end)
	a.holds |= after
}

// local is work on registers, and events.
func (a *assembler) local(run func(*Exec)) { a.emitNode(node{op: opLocal, run: run}) }

// emit makes an event visible.
func (a *assembler) emit(event func(*Exec) Event) {
	a.local(func(x *Exec) { x.emit(event(x)) })
}

// trace makes an event visible that only who traces the machine looks at.
func (a *assembler) trace(event func(*Exec) Event) {
	a.local(func(x *Exec) {
		if x.Tracing {
			x.emit(event(x))
		}
	})
}

func (a *assembler) jump(t target) { a.emitNode(node{op: opGoto, to: PC(t)}) }

// ret leaves the function.
func (a *assembler) ret() { a.jump(a.fn.exit) }

// forever repeats its body; jumping to end leaves it.
func (a *assembler) forever(body func(end target)) {
	top, end := a.newTarget(), a.newTarget()
	a.put(top)
	body(end)
	a.jump(top)
	a.put(end)
}

// leaveIf leaves a loop when the condition, on registers, is true.
func (a *assembler) leaveIf(end target, cond func(*Exec) bool) {
	a.when(cond, func() { a.jump(end) })
}

// bugOn is BUG_ON(cond).
func (a *assembler) bugOn(cond string, acc access, test func(*Exec) bool) {
	a.crash(a.fn.name+": BUG_ON("+cond+")", "BUG_ON("+cond+")", acc, test)
}

// crash is an instruction at which the kernel crashes if something is so.
func (a *assembler) crash(assertion, label string, acc access, test func(*Exec) bool) {
	i, at := a.m.assertion(assertion), len(a.nodes)
	a.test(label, acc, test, func() {
		a.local(func(x *Exec) { x.bug(i) })
		a.halt()
	})
	a.nodes[at].books = true
}

// bugIf is a BUG_ON on registers.
func (a *assembler) bugIf(cond string, test func(*Exec) bool) {
	i := a.m.assertion(a.fn.name + ": BUG_ON(" + cond + ")")
	at := len(a.nodes)
	a.when(test, func() {
		a.local(func(x *Exec) { x.bug(i) })
		a.halt()
	})
	a.nodes[at].books = true
}

// halt is where a thread stays after a BUG.
func (a *assembler) halt() {
	a.rest("", own, func(*Exec) bool { return false }, nil)
}

// mutexLock waits for a lock and takes it.
func (a *assembler) mutexLock(l Lock) {
	a.mightSleep(nil)
	a.lockNode("mutex_lock(&"+l.String()+")", l)
}

func (a *assembler) lockNode(label string, l Lock) {
	a.notes(factLocks << l)
	a.emitNode(node{
		op: opAction, label: label, access: writes(objLock << l), lock: classOf(l),
		ready: asCount(func(x *Exec) bool { return x.s.Lock[l] == Nobody }),
		run:   func(x *Exec) { x.s.Lock[l] = x.id },
	})
	a.holds |= 1 << classOf(l)
}

// mutexUnlock gives a lock back.
func (a *assembler) mutexUnlock(l Lock) {
	warning := a.m.assertion("mutex_unlock(&" + l.String() + "): DEBUG_LOCKS_WARN_ON(owner != current)")
	a.do("mutex_unlock(&"+l.String()+")", writes(objLock<<l), func(x *Exec) {
		if x.s.Lock[l] != x.id {
			x.emit(Event{Kind: EventWarn, CPU: x.cpu, Assertion: warning})
		}
		x.s.Lock[l] = Nobody
	})
	a.holds &^= 1 << classOf(l)
}

// failed is true when the last call returned an error.
func failed(x *Exec) bool { return x.t.Ret != OK }

// setRet sets ret.
func (a *assembler) setRet(e Errno) {
	a.statement("ret = "+e.String(), func(x *Exec) { x.t.Ret = e })
}

// statement is a statement of the kernel that works on registers only.
func (a *assembler) statement(stmt string, run func(*Exec)) {
	a.emitNode(node{op: opLocal, stmt: stmt, run: run})
}
