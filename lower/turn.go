package lower

import (
	"github.com/hpcheck/hpcheck/cfront"
	"github.com/hpcheck/hpcheck/model"
)

// Loops over CPUs. The code of a thread is about one CPU at a time. A loop whose body calls something for its CPU turns
// to one after the other, and back to the one before when it is left, wherever it is left. Whatever is asked about
// another CPU than the one to which the code has turned is a mistake that is told.

// turn is such a loop.
type turn struct {
	id   int
	cpu  model.Value
	body *cfront.Stmt
}

// mask is a mask of CPUs: whether a CPU is in it.
type mask func(cpu model.Value) model.Value

// now is to which loop's CPU the code has turned; 0: to none.
func (l *lowering) now() int {
	if n := len(l.turns); n > 0 {
		return l.turns[n-1].id
	}
	return 0
}

// about checks that an expression is the CPU that the code is about, and returns to which loop it belongs.
func (l *lowering) about(e *cfront.Expr) int {
	if o := l.operand(e); o.what != theCPU || o.turn != l.now() {
		l.fail(e.Line, "%s is not the CPU that the code is about", e)
	}
	return l.now()
}

// turnsIn reports whether code calls something for the CPU that a variable names.
func turnsIn(body *cfront.Stmt, name string) bool {
	found := false
	body.Walk(func(*cfront.Stmt) {}, func(e *cfront.Expr) {
		if e.Op != cfront.CallOp || e.Callee() == "work_on_cpu" {
			return
		}
		for _, a := range e.Args {
			found = found || a.Op == cfront.Id && a.Name == name
		}
	})
	return found
}

// loopVariable makes the variable of a loop that turns.
func (l *lowering) loopVariable(line int, name string) model.LValue {
	if !l.b.Turns() || l.operating && !l.b.Atomic() {
		l.fail(line, "a loop over CPUs is not understood here: the code is about one CPU")
	}
	l.turned++
	at := l.b.LoopVariable(name)
	l.fr.vars[name] = &variable{at: &at, is: operand{what: theCPU, turn: l.turned}}
	return at
}

// turnTo assembles the body of a loop about its CPU.
func (l *lowering) turnTo(at model.LValue, id int, body *cfront.Stmt, assemble func()) {
	l.turns = append(l.turns, &turn{id, at.Load(), body})
	l.b.Turn(at.Load())
	assemble()
	l.turns = l.turns[:len(l.turns)-1]
}

// turnBack has the code be about the CPU again that it was about when it had turned so many times.
func (l *lowering) turnBack(to int) {
	if to == 0 && l.b.Atomic() {
		l.b.Home()
		return
	}
	if to == 0 {
		l.b.Turn(model.Constant(0, model.KindCount))
		return
	}
	l.b.Turn(l.turns[to-1].cpu)
}

// leave turns back before a jump to a label.
func (l *lowering) leave(label string) {
	to := len(l.turns)
	for to > l.fr.turns && !contains(l.turns[to-1].body, label) {
		to--
	}
	if to < len(l.turns) {
		l.turnBack(to)
	}
}

// contains reports whether a label is in a statement.
func contains(s *cfront.Stmt, label string) bool {
	found := false
	s.Walk(func(s *cfront.Stmt) { found = found || s.Op == cfront.Label && s.Label == label }, func(*cfront.Expr) {})
	return found
}

// eachCPU assembles a loop over the CPUs of a mask.
func (l *lowering) eachCPU(s *cfront.Stmt) {
	in, online := l.loopMask(s)
	name := s.X.Args[0].Name
	turns := turnsIn(s.Body, name)
	var at model.LValue
	if turns {
		at = l.loopVariable(s.Line, name)
	} else {
		at = l.b.Local(name, model.KindCount)
		l.fr.vars[name] = &variable{at: &at}
	}
	id := l.turned
	n := model.Constant(int64(l.b.Machine().Scenario.CPUs), model.KindCount)
	l.b.Eval(at.Name()+" = 0", at.Store(model.Constant(0, model.KindCount)))
	top, next, end := l.b.NewLabel(), l.b.NewLabel(), l.b.NewLabel()
	brk, cont := l.fr.brk, l.fr.cont
	l.fr.brk, l.fr.cont = end, next
	l.forks++
	l.b.Put(top)
	l.b.Branch(s.X.String(), model.Binary(binaries["<"], model.KindCount, at.Load(), n), func() {},
		func() { l.b.Jump(end) })
	body := func() {
		is := model.OnlineIs(at.Load())
		switch {
		case !online:
			is = in(at.Load())
		case turns:
			is = model.PrimitiveOf("cpu_online").Value(l.b, model.Call{})
		}
		l.b.Branch(s.X.String(), is, func() {}, func() { l.b.Jump(next) })
		l.statement(s.Body)
		l.dead = false
	}
	if turns {
		l.turnTo(at, id, s.Body, body)
	} else {
		body()
	}
	l.b.Put(next)
	l.b.Eval(at.Name()+"++", at.Steps(1, true))
	l.b.Jump(top)
	l.b.Put(end)
	l.forks--
	l.fr.brk, l.fr.cont, l.dead = brk, cont, false
	if turns {
		l.turnBack(len(l.turns))
	}
}

// loopMask is over which CPUs a loop goes: those that are online, or those in a mask.
func (l *lowering) loopMask(s *cfront.Stmt) (in mask, online bool) {
	args := s.X.Args
	if len(args) == 0 || args[0].Op != cfront.Id {
		l.fail(s.Line, "the loop %s is not understood", s.X)
	}
	switch s.X.Callee() {
	case "for_each_online_cpu":
		return nil, true
	case "for_each_present_cpu":
		return l.b.InPresentMask, false
	case "for_each_cpu_and":
		if len(args) != 3 || l.operand(args[1]).name != "cpu_online_mask" {
			l.fail(s.Line, "the loop %s is not over cpu_online_mask", s.X)
		}
		l.operand(args[2])
		return nil, true
	case "for_each_cpu":
		if len(args) != 2 {
			break
		}
		switch o := l.operand(args[1]); {
		case o.what == aMask && o.mask != nil:
			return o.mask, false
		case o.name == "cpu_online_mask":
			return nil, true
		}
	}
	l.fail(s.Line, "the loop %s is not understood", s.X)
	return nil, false
}

// maskNamed are the masks that the model has.
func (l *lowering) maskNamed(name string) mask {
	switch name {
	case "cpu_present_mask":
		return l.b.InPresentMask
	case "cpu_primary_thread_mask":
		return l.b.InPrimaryMask
	case "frozen_cpus":
		return l.b.InFrozenMask
	}
	return nil
}

// setMask gives a local mask, or a pointer to one, another value. What it is must be known while the code is assembled.
func (l *lowering) setMask(e *cfront.Expr, m mask) {
	if e.Op == cfront.Unary && e.Name == "&" {
		e = e.X
	}
	v := l.fr.vars[e.Name]
	if e.Op != cfront.Id || v == nil || v.is.what != aMask {
		l.fail(e.Line, "%s is no mask of CPUs that can be written", e)
	}
	if l.forks > v.forks {
		l.fail(e.Line, "which CPUs are in %s is known only when the code runs", e)
	}
	v.is.mask = m
}

// operation assembles a call that is an operation by itself.
func (l *lowering) operation(o operation, f function, args []operand, to model.LValue, line int) {
	up, frozen := o.up == wentUp, model.Constant(0, model.KindCount)
	if o.up >= 0 {
		n, known := args[o.up].Known()
		if !known {
			l.fail(line, "whether %s() goes up is not known", f.Name)
		}
		up = n != 0
	}
	if o.frozen >= 0 {
		frozen = args[o.frozen].Value
	}
	what := model.Operation{
		Up: up, Target: args[o.target].Value, Frozen: frozen, Result: to, Locks: o.locks, Alone: o.alone,
	}
	l.b.Within(what, func() {
		l.operating = true
		l.inline(f, args, &to, line)
		l.operating = false
	})
}
