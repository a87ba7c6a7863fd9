package lower

import (
	"slices"

	"github.com/hpcheck/hpcheck/cfront"
	"github.com/hpcheck/hpcheck/model"
)

// The threads of kernel/smpboot.c, and how they are parked in kernel/kthread.c. Which thread a pointer means is known
// while the code is assembled: the list hotplug_threads is gone through there, and struct smp_hotplug_thread is read
// from the initializers of the tree.

// Functions that are called through struct smp_hotplug_thread of a thread that stands for any other.
const nothingToDo = "(an ordinary thread)"

// the entries of kernel/kthread.c and kernel/smpboot.c.
var threadEntries = map[string]entry{
	"kthread_park":           {file: "kernel/kthread.c", args: parameters{theThread}, aside: true},
	"kthread_unpark":         {file: "kernel/kthread.c", args: parameters{theThread}, aside: true},
	"__kthread_parkme":       {file: "kernel/kthread.c", args: parameters{theKthread}, aside: true},
	"smpboot_thread_fn":      {file: "kernel/smpboot.c", args: parameters{threadData}, sleeps: true, bare: true},
	"smpboot_create_threads": {file: "kernel/smpboot.c", args: parameters{self}, returns: true},
	"smpboot_park_threads":   {file: "kernel/smpboot.c", args: parameters{self}, returns: true},
	"cpu_stopper_thread":     {file: "kernel/stop_machine.c", args: parameters{self}, bare: true},
	"stop_machine_park":      {file: "kernel/stop_machine.c", args: parameters{self}, aside: true},
	"stop_machine_unpark":    {file: "kernel/stop_machine.c", args: parameters{self}, aside: true},
	"smpboot_unpark_threads": {file: "kernel/smpboot.c", args: parameters{self}, returns: true},
}

func theThread(b *model.Builder) operand  { return thread(b.About()) }
func theKthread(b *model.Builder) operand { return operand{what: aKthread, slot: b.About()} }
func threadData(b *model.Builder) operand { return operand{what: aThreadData, slot: b.Current()} }

// parksOrUnparks are the functions that take a thread for made.
var parksOrUnparks = map[string]bool{"kthread_park": true, "kthread_unpark": true}

// thread is a pointer to the struct task_struct of a thread that there is.
func thread(slot int) operand {
	return operand{Value: model.Truth(true), what: aThread, slot: slot}
}

// hotplugThread is a field of struct smp_hotplug_thread of a thread. Where the tree does not initialize it, it is 0.
func (l *lowering) hotplugThread(o operand, e *cfront.Expr) operand {
	if e.Name == "store" {
		return operand{what: aStore, slot: o.slot, turn: l.now()}
	}
	name := model.HotplugThread(o.slot)
	if name == "" {
		l.s.note(Note{"smpboot", "abstraction", "an ordinary thread of smpboot parks and has no work of its own"})
		switch e.Name {
		case "thread_should_run", "thread_fn":
			return operand{Value: model.Truth(true), what: aFunction, name: nothingToDo}
		}
		return operand{Value: model.Truth(false), what: aFunction}
	}
	d := l.s.vars[name]
	if d == nil {
		l.fail(e.Line, "the tree has no variable %s", name)
	}
	for _, set := range d.Init.Args {
		if set.Op != cfront.Set || set.X.Name != e.Name {
			continue
		}
		switch f := set.Y; {
		case f.Op == cfront.Id && l.s.funcs[f.Name].Func != nil:
			return operand{Value: model.Truth(true), what: aFunction, name: f.Name}
		default:
			return l.operand(f)
		}
	}
	return operand{Value: model.Truth(false), what: aFunction}
}

// through is a call with the function that its pointer means. One that does nothing is nil.
func (l *lowering) through(e *cfront.Expr) *cfront.Expr {
	o := l.operand(e.X)
	switch {
	case o.what != aFunction:
		l.fail(e.Line, "which function %s is, is not known", e.X)
	case o.name == nothingToDo:
		return nil
	case o.name == "":
		l.fail(e.Line, "%s is NULL", e.X)
	}
	call := *e
	call.X = &cfront.Expr{Op: cfront.Id, Name: o.name, Line: e.Line}
	return &call
}

// callThrough assembles a call through a pointer.
func (l *lowering) callThrough(e *cfront.Expr, to *model.LValue) model.Value {
	call := l.through(e)
	switch {
	case call == nil:
		if to != nil {
			l.b.Eval(e.String(), to.Store(model.Truth(false)))
		}
		return model.Truth(false)
	case l.b.ThreadFn(call.X.Name):
		return model.Truth(false)
	}
	return l.call(call, to)
}

// pointed reports whether a call is through a pointer.
func (l *lowering) pointed(e *cfront.Expr) bool {
	switch e.X.Op {
	case cfront.Arrow, cfront.Dot:
		return true
	case cfront.Id:
		v := l.fr.vars[e.X.Name]
		return v != nil && v.is.what == aFunction
	}
	return false
}

// threadMember is a field of what belongs to a thread.
func (l *lowering) threadMember(o operand, e *cfront.Expr) (operand, bool) {
	switch {
	case o.what == aThread && e.Name == "flags":
		l.s.note(Note{"task->flags", "abstraction", "no thread exits, and none is bound elsewhere by hand"})
		return number(0), true
	case o.what == aKthread && e.Name == "cpu", o.what == aThreadData && e.Name == "cpu":
		id := self(nil)
		id.turn = l.now()
		return id, true
	case o.what == aKthread && (e.Name == "flags" || e.Name == "parked"):
		return operand{
			Value: model.Constant(int64(o.slot), model.KindCount), what: anOpaque, name: e.Name, slot: o.slot,
		}, true
	case o.what == aThreadData && e.Name == "ht":
		return operand{what: aHotplugThread, slot: o.slot}, true
	case o.what == aThreadData && e.Name == "status":
		return operand{Value: l.b.ThreadStatus().Load()}, true
	case o.what == aStopper:
		l.own(o, e)
		return l.stopper(e)
	case o.what == aWork, o.what == aStopData, o.what == aStopDone:
		return l.stopMember(o, e)
	case o.what == aThread && e.Name == "pi_lock":
		return operand{what: anOpaque, name: e.Name}, true
	case o.what == aHotplugThread:
		return l.hotplugThread(o, e), true
	}
	return operand{}, false
}

// threadPlace is such a field as what is assigned to.
func (l *lowering) threadPlace(o operand, e *cfront.Expr) (model.LValue, bool) {
	switch {
	case o.what == aStopper && (e.Name == "fn" || e.Name == "caller"):
		return model.Nowhere(e.String()), true
	case o.what == aWork:
		return model.Nowhere(e.String()), true
	case o.what == aStopData, o.what == aStopDone:
		return l.b.StopField(e.Name)
	case o.what == aStopper && e.Name == "enabled":
		l.own(o, e)
		return l.b.StopEnabled(), true
	case o.what == aThreadData && e.Name == "status":
		return l.b.ThreadStatus(), true
	case o.what == aThread && e.Name == "flags", o.what == aThreadData && (e.Name == "cpu" || e.Name == "ht"):
		return model.Nowhere(e.String()), true
	}
	return model.LValue{}, false
}

// bit is the bit of kthread->flags that is the first argument.
func (l *lowering) bit(e *cfront.Expr) model.LValue {
	o := l.operand(e.Args[1])
	if o.what == anOpaque && o.name == "flags" {
		if p, ok := l.b.ThreadBit(o.slot, e.Args[0].Name); ok {
			if !p.Keeps() {
				l.s.note(Note{e.Args[0].Name, "abstraction", bitsOfThreads[e.Args[0].Name]})
			}
			return p
		}
	}
	l.fail(e.Line, "%s is about no bit that the model has", e)
	return model.LValue{}
}

// setBit is set_bit() or clear_bit().
func (l *lowering) setBit(e *cfront.Expr, to bool) operand {
	return operand{Value: l.bit(e).Store(model.Truth(to))}
}

var bitsOfThreads = map[string]string{
	"KTHREAD_SHOULD_STOP": "nobody stops the threads of a CPU",
	"KTHREAD_IS_PER_CPU":  "the threads that are parked belong to a CPU",
}

// eachThread assembles list_for_each_entry(cur, &hotplug_threads, list): one body for each thread.
func (l *lowering) eachThread(s *cfront.Stmt, backwards bool) {
	args := s.X.Args
	if len(args) != 3 || args[0].Op != cfront.Id || l.operand(args[1]).name != "hotplug_threads" {
		l.fail(s.Line, "the loop %s is not understood", s.X)
	}
	slots := slices.Clone(l.b.HotplugThreads())
	if backwards {
		slices.Reverse(slots)
	}
	brk, cont := l.fr.brk, l.fr.cont
	l.fr.brk = l.b.NewLabel()
	for _, slot := range slots {
		l.fr.cont = l.b.NewLabel()
		l.fr.vars[args[0].Name] = &variable{is: operand{what: aHotplugThread, slot: slot}}
		l.b.With(slot, func() { l.b.IfListed(slot, func() { l.statement(s.Body) }) })
		l.b.Put(l.fr.cont)
		l.dead = false
	}
	l.b.Put(l.fr.brk)
	l.fr.brk, l.fr.cont = brk, cont
}

// macro assembles the use of a macro that is a statement.
func (l *lowering) macro(s *cfront.Stmt) {
	switch s.X.Callee() {
	case "list_for_each_entry":
		l.eachThread(s, false)
	case "list_for_each_entry_reverse":
		l.eachThread(s, true)
	case "scoped_guard":
		l.statement(s.Body) // the lock of a task; see dropped
	default:
		l.eachCPU(s)
	}
}

// sameThread is whether two pointers mean one thread.
func sameThread(a, b operand) bool { return a.slot == b.slot && a.turn == b.turn }

// memory reports whether an expression takes memory.
func memory(e *cfront.Expr) bool {
	return e.Op == cfront.CallOp && (e.Callee() == "kzalloc_node" || e.Callee() == "kzalloc_obj_node")
}

// lost reports whether what is written to a field of a thread, or of a work, is not kept. A work is that of
// stop_machine().
func (l *lowering) lost(e, from *cfront.Expr) bool {
	o := l.operand(e.X)
	p, ok := l.threadPlace(o, e)
	if ok && o.what == aWork && e.Name == "fn" {
		if f := l.operand(from); f.name != stopWork {
			l.fail(e.Line, "the stoppers are to execute %s: want %s()", from, stopWork)
		}
	}
	return ok && !p.Keeps()
}
