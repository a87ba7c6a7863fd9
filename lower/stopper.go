package lower

import (
	"strings"

	"github.com/hpcheck/hpcheck/cfront"
	"github.com/hpcheck/hpcheck/model"
)

// kernel/stop_machine.c. Of the works that are queued for stoppers there is one, that of stop_machine(); what it is to
// do is multi_cpu_stop(), and what all have stopped for is take_cpu_down().

// atomic are functions that are one instruction, and why that makes no difference.
var atomic = map[string]string{
	"queue_stop_cpus_work": "one instruction: a stopper that begins early waits in MULTI_STOP_PREPARE for the last one",
	"cpu_stop_signal_done": "one instruction: who counts down to 0 is the last to look",
	"ack_state": "one instruction: all look at the state alone, which is written last, and who counts down to 0 is " +
		"alone with the counter",
}

// What a function pointer of struct cpu_stop_work and of struct multi_stop_data is.
const (
	stopWork = "multi_cpu_stop"
	stopFor  = "take_cpu_down"
)

// stopper is a field of the struct cpu_stopper of the CPU that the code is about.
func (l *lowering) stopper(e *cfront.Expr) (operand, bool) {
	switch e.Name {
	case "enabled":
		return operand{Value: l.b.StopEnabled().Load()}, true
	case "thread":
		o := thread(model.SlotStopper)
		o.turn = l.now()
		return o, true
	case "stop_work":
		return operand{Value: model.Truth(true), what: aWork, turn: l.now()}, true
	case "works", "lock":
		return operand{what: anOpaque, name: e.Name}, true
	}
	return operand{}, false
}

// stopMember is a field of a struct cpu_stop_work, multi_stop_data or cpu_stop_done.
func (l *lowering) stopMember(o operand, e *cfront.Expr) (operand, bool) {
	there := model.Truth(true)
	switch {
	case o.what == aWork && e.Name == "fn":
		return operand{Value: there, what: aFunction, name: stopWork}, true
	case o.what == aWork && e.Name == "arg":
		return operand{Value: there, what: aStopData}, true
	case o.what == aWork && e.Name == "done":
		return operand{Value: there, what: aStopDone}, true
	case o.what == aWork && e.Name == "list":
		return operand{what: anOpaque, name: "list"}, true
	case o.what == aStopData && e.Name == "fn":
		return operand{Value: there, what: aFunction, name: stopFor}, true
	case o.what == aStopData && e.Name == "data":
		return operand{Value: model.Truth(false), what: anOpaque, name: "NULL"}, true
	case o.what == aStopData && e.Name == "active_cpus":
		return operand{Value: there, what: aMask, name: e.Name}, true
	case o.what == aStopDone && e.Name == "completion":
		return operand{Value: model.Truth(true), what: anOpaque, name: e.Name}, true
	}
	if p, ok := l.b.StopField(e.Name); ok {
		return operand{Value: p.Load()}, true
	}
	return operand{}, false
}

// stopData assembles the declaration of the struct multi_stop_data.
func (l *lowering) stopData(d *cfront.Decl) {
	l.fr.vars[d.Name] = &variable{is: operand{Value: model.Truth(true), what: aStopData}}
	for _, set := range d.Init.Args {
		if set.Op != cfront.Set || set.X.Name == "" {
			l.fail(d.Line, "the initializer %s is not understood", d.Init)
		}
		l.b.At(set.Y.Line)
		switch o := l.operand(set.Y); set.X.Name {
		case "fn":
			if o.name != stopFor {
				l.fail(set.Y.Line, "the machine is stopped for %s: want %s()", set.Y, stopFor)
			}
		case "data":
		case "active_cpus":
			if o.what != aMask || !strings.HasPrefix(o.name, "cpumask_of(") {
				l.fail(set.Y.Line, "%s is not the mask of one CPU", set.Y)
			}
			l.b.Eval("msdata.active_cpus", l.b.StopsHere().Store(model.Truth(true)))
		default:
			p, ok := l.b.StopField(set.X.Name)
			if !ok {
				l.fail(set.Y.Line, "struct multi_stop_data has a field %s that the model does not know", set.X.Name)
			}
			l.b.Eval("msdata."+set.X.Name, p.Store(o.Value))
		}
	}
}

// spin assembles that a spinlock is taken, or given back.
func (l *lowering) spin(e *cfront.Expr) {
	if len(e.Args) == 0 {
		l.fail(e.Line, "%s has no lock", e)
	}
	what := Note{"task->pi_lock", "abstraction", "one instruction is done under it"}
	switch l.operand(e.Args[0]).name {
	case "pi_lock":
	case "lock":
		what = Note{"stopper->lock", "abstraction", "what is done under it is one instruction"}
		if strings.HasPrefix(e.Callee(), "raw_spin_lock") {
			l.b.Begin(e.String())
		} else {
			l.b.End()
		}
	default:
		l.fail(e.Line, "%s: the lock is not known", e)
	}
	l.s.note(what)
}

// works checks that the list that is an argument is that of a stopper.
func (l *lowering) works(e *cfront.Expr, i int, name string) {
	if l.operand(e.Args[i]).name != name {
		l.fail(e.Line, "the list of %s is not known", e)
	}
}

func (l *lowering) listEmpty(e *cfront.Expr) operand {
	l.works(e, 0, "works")
	return operand{Value: l.b.NoWorks()}
}

func (l *lowering) listAdd(e *cfront.Expr) operand {
	l.works(e, 0, "list")
	l.works(e, 1, "works")
	return operand{Value: l.b.AddWork()}
}

func (l *lowering) listFirst(e *cfront.Expr) operand {
	l.works(e, 0, "works")
	return operand{Value: model.Unary(unaries["!"], model.KindCount, l.b.NoWorks()), what: aWork}
}

func (l *lowering) listDel(e *cfront.Expr) operand {
	l.works(e, 0, "list")
	return operand{Value: l.b.TakeWork()}
}

// wakeLater is wake_q_add(&wakeq, stopper->thread): of a wake_q, the one thread that is on it is the stopper.
func (l *lowering) wakeLater(e *cfront.Expr) operand {
	if o := l.operand(e.Args[1]); o.what != aThread || o.slot != model.SlotStopper {
		l.fail(e.Line, "%s is not about the stopper", e)
	}
	return operand{Value: l.atomic(e.Args[0]).Store(model.Truth(true))}
}

// wakeAll is wake_up_q().
func (l *lowering) wakeAll(e *cfront.Expr) {
	p := model.PrimitiveOf("wake_up_process")
	l.s.note(Note{p.Name, "primitive", p.Doc})
	stopper := model.Constant(model.SlotStopper, model.KindCount)
	l.b.Branch(e.String(), l.atomic(e.Args[0]).Load(), func() {
		l.b.Call(p, model.Call{Text: e.String(), Args: []model.Value{stopper}, Names: []string{""}})
	}, nil)
}

// weight is how many CPUs are in a mask.
func (l *lowering) weight(e *cfront.Expr) operand {
	if l.operand(e.Args[0]).name != "cpu_online_mask" {
		l.fail(e.Line, "%s is not known", e)
	}
	return operand{Value: model.PrimitiveOf("num_online_cpus").Value(l.b, model.Call{})}
}

func (l *lowering) writeOnce(e *cfront.Expr) operand {
	return operand{Value: l.lvalue(e.Args[0]).Store(l.value(e.Args[1]))}
}

func (l *lowering) atomicSet(e *cfront.Expr) operand {
	return operand{Value: l.atomic(e.Args[0]).Store(l.value(e.Args[1]))}
}

// initCompletion is init_completion() of the struct cpu_stop_done.
func (l *lowering) initCompletion(e *cfront.Expr) operand {
	if l.operand(e.Args[0]).name != "completion" {
		l.fail(e.Line, "%s is not known", e)
	}
	p, _ := l.b.StopField("completion")
	return operand{Value: p.Store(model.Truth(false))}
}

// awaits reports whether two statements wait in a loop: "now = READ_ONCE(x); if (now != seen) { ... }", where nothing
// else is done as long as both are the same. The condition is when that ends.
func (l *lowering) awaits(s, next *cfront.Stmt) (until *cfront.Expr, ok bool) {
	loop := l.fr.loop
	if loop == nil || loop.Op != cfront.Do || s.Op != cfront.ExprStmt || s.X.Op != cfront.Assign || s.X.Name != "=" ||
		s.X.X.Op != cfront.Id || s.X.Y.Op != cfront.CallOp || s.X.Y.Callee() != "READ_ONCE" || next.Op != cfront.If {
		return nil, false
	}
	is := next.X
	if is.Op != cfront.Binary || is.Name != "!=" || is.X.Op != cfront.Id || is.X.Name != s.X.X.Name ||
		is.Y.Op != cfront.Id || l.fr.vars[is.Y.Name] == nil || l.fr.vars[is.Y.Name].at == nil {
		return nil, false
	}
	if next.Else != nil && !l.quiet(next.Else) {
		return nil, false
	}
	for _, other := range loop.Body.List {
		if other != s && other != next && !l.quiet(other) {
			return nil, false
		}
	}
	return is.Y, true
}

// quiet reports whether a statement does nothing that the model has.
func (l *lowering) quiet(s *cfront.Stmt) bool {
	quiet := true
	s.Walk(func(s *cfront.Stmt) {
		switch s.Op {
		case cfront.Block, cfront.ExprStmt, cfront.If, cfront.Empty:
		default:
			quiet = false
		}
	}, func(e *cfront.Expr) {
		switch e.Op {
		case cfront.Assign, cfront.Post:
			quiet = false
		case cfront.CallOp:
			_, drop := drops(e.Callee())
			f, known := l.s.funcs[e.Callee()]
			quiet = quiet && (drop || known && l.quiet(f.Body))
		}
	})
	return quiet
}

// await assembles such a wait.
func (l *lowering) await(s *cfront.Stmt, seen *cfront.Expr) {
	l.b.At(s.Line)
	v := l.value(s.X.Y)
	other := model.Binary(binaries["!="], model.KindCount, v, l.value(seen))
	leaves := model.Unary(unaries["!"], model.KindCount, l.value(l.fr.loop.X))
	l.b.Await(s.X.String(), l.lvalue(s.X.X), v, model.Either(other, leaves))
}

// declareStop assembles the declarations of what belongs to stop_machine(), and reports whether it is one.
func (l *lowering) declareStop(d *cfront.Decl) bool {
	switch {
	case d.Type.Base == "struct multi_stop_data" && d.Type.Stars == 0 && d.Init != nil && d.Init.Op == cfront.Init:
		l.stopData(d)
	case d.Type.Base == "struct cpu_stop_done" && d.Type.Stars == 0 && d.Init == nil:
		l.fr.vars[d.Name] = &variable{is: operand{Value: model.Truth(true), what: aStopDone}}
	case d.Type.Base == "struct cpu_stop_work" && d.Type.Stars == 1 && d.Init == nil:
		l.local(d)
		l.fr.vars[d.Name].is.what = aWork
	default:
		return false
	}
	return true
}
