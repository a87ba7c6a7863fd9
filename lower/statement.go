package lower

import (
	"github.com/hpcheck/hpcheck/cfront"
	"github.com/hpcheck/hpcheck/model"
)

// block assembles statements.
func (l *lowering) block(list []*cfront.Stmt) {
	for i, s := range list {
		if i+1 < len(list) && !l.dead {
			if seen, ok := l.awaits(s, list[i+1]); ok {
				l.await(s, seen)
				continue
			}
		}
		l.statement(s)
	}
}

func (l *lowering) statement(s *cfront.Stmt) {
	if l.dead && !labelled(s) {
		return
	}
	l.b.At(s.Line)
	switch s.Op {
	case cfront.Empty:
	case cfront.Block:
		l.block(s.List)
	case cfront.DeclStmt:
		for _, d := range s.Decls {
			l.declare(d)
		}
	case cfront.ExprStmt:
		l.effect(s.X)
	case cfront.Label:
		l.label(s)
	case cfront.Goto:
		if !l.has(s.Label) {
			l.fail(s.Line, "goto %s: there is no such label in the function", s.Label)
		}
		l.leave(s.Label)
		l.jump(l.labelOf(s.Label))
	case cfront.Return:
		l.ret(s)
	case cfront.Break:
		l.jump(l.fr.brk)
	case cfront.Continue:
		l.jump(l.fr.cont)
	case cfront.If:
		var otherwise func()
		if s.Else != nil {
			otherwise = func() { l.statement(s.Else) }
		}
		l.branch("if ("+s.X.String()+")", s.X, func() { l.statement(s.Body) }, otherwise)
	case cfront.While, cfront.Do, cfront.For:
		l.loop(s)
	case cfront.Macro:
		l.macro(s)
	case cfront.Switch:
		l.choose(s)
	default:
		l.fail(s.Line, "%q is not understood", s.Op)
	}
}

// has reports whether the function has a label.
func (l *lowering) has(label string) bool {
	found := false
	l.fr.fn.Body.Walk(func(s *cfront.Stmt) {
		found = found || s.Op == cfront.Label && s.Label == label
	}, func(*cfront.Expr) {})
	return found
}

func (l *lowering) labelOf(name string) model.Label {
	if _, ok := l.fr.labels[name]; !ok {
		l.fr.labels[name] = l.b.NewLabel()
	}
	return l.fr.labels[name]
}

// label assembles a label. One to which the code goes back is the top of a loop.
func (l *lowering) label(s *cfront.Stmt) {
	back := false
	l.fr.fn.Body.Walk(func(g *cfront.Stmt) {
		back = back || g.Op == cfront.Goto && g.Label == s.Label && g.Line > s.Line
	}, func(*cfront.Expr) {})
	if back {
		l.b.Head(l.fr.fn.Name + "()")
	}
	l.b.Put(l.labelOf(s.Label))
	l.dead = false
}

// loop assembles while, do and for.
func (l *lowering) loop(s *cfront.Stmt) {
	if s.InitDecl != nil {
		l.statement(s.InitDecl)
	}
	body, turns := func() { l.statement(s.Body) }, false
	if s.Op == cfront.For && s.Init != nil && s.Init.Op == cfront.Assign && s.Init.X.Op == cfront.Id &&
		turnsIn(s.Body, s.Init.X.Name) {
		at := l.loopVariable(s.Line, s.Init.X.Name)
		id, in := l.turned, body
		body, turns = func() { l.turnTo(at, id, s.Body, in) }, true
	}
	l.steers = turns
	if s.Init != nil {
		l.effect(s.Init)
	}
	l.steers = false
	if l.spins(s) {
		l.b.Spin(s.Op+" ("+s.X.String()+")", l.value(s.X))
		return
	}
	l.b.Head(l.fr.fn.Name + "()")
	top, cont, end := l.b.NewLabel(), l.b.NewLabel(), l.b.NewLabel()
	brk, was := l.fr.brk, l.fr.cont
	l.fr.brk, l.fr.cont = end, cont
	l.forks++
	defer func(loop *cfront.Stmt) { l.fr.loop, l.forks = loop, l.forks-1 }(l.fr.loop)
	l.fr.loop = s
	l.b.Put(top)
	leave := func() { l.b.Jump(end) }
	if s.Op != cfront.Do && s.X != nil {
		l.branch(s.Op+" ("+s.X.String()+")", s.X, func() {}, leave)
	}
	body()
	l.b.Put(cont)
	l.dead = false
	l.steers = turns
	if s.Post != nil {
		l.effect(s.Post)
	}
	l.steers = false
	if s.Op == cfront.Do {
		l.b.At(s.X.Line)
		l.branch("while ("+s.X.String()+")", s.X, func() {}, leave)
	}
	l.b.Jump(top)
	l.b.Put(end)
	l.dead = false
	l.fr.brk, l.fr.cont = brk, was
	if turns {
		l.turnBack(len(l.turns))
	}
}

// spins reports whether a loop does nothing but wait.
func (l *lowering) spins(s *cfront.Stmt) bool {
	body := s.Body
	for body.Op == cfront.Block && len(body.List) == 1 {
		body = body.List[0]
	}
	return s.Op == cfront.While && body.Op == cfront.ExprStmt && body.X.Op == cfront.CallOp &&
		body.X.Callee() == "cpu_relax"
}

// declare assembles the declaration of a variable.
func (l *lowering) declare(d *cfront.Decl) {
	l.b.At(d.Line)
	if d.Type.Base == "struct cpumask" && d.Init == nil {
		l.fr.vars[d.Name] = &variable{is: operand{what: aMask, name: d.Name}, forks: l.forks}
		return
	}
	if d.Static {
		l.fail(d.Line, "the static variable %s is not understood", d.Name)
	}
	if l.declareStop(d) {
		return
	}
	if d.Init == nil && d.Type.Base == "struct smpboot_thread_data" && d.Type.Stars == 1 {
		l.fr.vars[d.Name] = &variable{is: operand{Value: model.Truth(true), what: aThreadData, slot: l.b.About()}}
		return
	}
	if d.Init == nil {
		at := l.local(d)
		if d.Type.Base == "struct cpuhp_step" && d.Type.Stars == 1 {
			l.fr.vars[d.Name].is.what = aStep
		}
		l.b.Eval(d.Name+" is not set", at.Store(model.Constant(0, model.KindUnknown)))
		return
	}
	if d.Init.Op == cfront.Init {
		l.aggregate(d)
		return
	}
	if d.Init.Op == cfront.CallOp && !l.isValue(d.Init) {
		at := l.local(d)
		l.assignCall(*at, d.Init, d.Name+" = "+d.Init.String())
		return
	}
	l.bind(d, l.operand(d.Init), d.Line)
}

// ret assembles a return.
func (l *lowering) ret(s *cfront.Stmt) {
	switch {
	case s.X == nil:
	case l.fr.yes != nil:
		if len(l.turns) > l.fr.turns {
			l.fail(s.Line, "a return from a loop over CPUs is not understood here")
		}
		l.condition("return "+s.X.String(), s.X, func() { l.b.Jump(*l.fr.yes) }, func() { l.b.Jump(*l.fr.no) })
		l.dead = true
		return
	case l.fr.result == nil:
		l.effect(s.X)
	case s.X.Op == cfront.CallOp && !l.isValue(s.X):
		l.assignCall(*l.fr.result, s.X, s.X.String())
	default:
		v := l.value(s.X)
		l.b.Copied(*l.fr.result, v)
		l.b.Eval("return "+s.X.String(), l.fr.result.Store(v))
	}
	if len(l.turns) > l.fr.turns {
		l.turnBack(l.fr.turns)
	}
	l.jump(l.fr.exit)
}

// jump leaves the code that comes next to who has a label there.
func (l *lowering) jump(to model.Label) {
	l.b.Jump(to)
	l.dead = true
}

// labelled reports whether there is a label in a statement.
func labelled(s *cfront.Stmt) bool {
	found := false
	s.Walk(func(s *cfront.Stmt) { found = found || s.Op == cfront.Label }, func(*cfront.Expr) {})
	return found
}

// arm is a branch of the code: what comes after it can be reached if its end can.
func (l *lowering) arm(ends *bool, body func()) func() {
	return func() {
		was := l.dead
		l.dead = false
		if body != nil {
			body()
		}
		*ends = *ends || !l.dead
		l.dead = was
	}
}

// branch assembles a condition, followed by what is done if it holds, and by what is done if not.
func (l *lowering) branch(text string, e *cfront.Expr, then, otherwise func()) {
	ends := false
	l.condition(text, e, l.arm(&ends, then), l.arm(&ends, otherwise))
	l.dead = l.dead || !ends
}

func (l *lowering) condition(text string, e *cfront.Expr, then, otherwise func()) {
	switch {
	case e.Op == cfront.Unary && e.Name == "!":
		l.condition(text, e.X, otherwise, then)
		return
	case e.Op == cfront.CallOp && warns[e.Callee()]:
		l.b.Warn(e.Callee()+"("+e.Args[0].String()+")", l.value(e.Args[0]), then, otherwise)
		return
	case e.Op == cfront.Cast:
		l.condition(text, e.X, then, otherwise)
		return
	case e.Op == cfront.Arrow && e.Name == "thread" && l.operand(e.X).what == theState:
		l.s.note(Note{"st->thread", "abstraction", "a CPU that is online has its hotplug thread"})
		then()
		return
	case e.Op == cfront.Binary && (e.Name == "&&" || e.Name == "||") && l.apart(e):
		l.inTurn(text, e, then, otherwise)
		return
	}
	if f, ok := l.expands(e); ok {
		yes, no, end := l.b.NewLabel(), l.b.NewLabel(), l.b.NewLabel()
		l.decide(f, l.arguments(f, e), &yes, &no, e.Line)
		l.b.Put(yes)
		then()
		l.b.Jump(end)
		l.b.Put(no)
		otherwise()
		l.b.Put(end)
		return
	}
	v := l.value(e)
	if _, known := v.Known(); !known {
		l.forks++
		defer func() { l.forks-- }()
	}
	l.b.Branch(text, v, then, otherwise)
}

// expands reports whether an expression is a call of a function of the tree that is expanded.
func (l *lowering) expands(e *cfront.Expr) (f function, ok bool) {
	if e.Op != cfront.CallOp || l.standsFor(e.Callee()) != nil || builtins[e.Callee()] != nil {
		return f, false
	}
	if _, operates := operations[e.Callee()]; operates && !l.operating {
		return f, false
	}
	f, ok = l.s.funcs[e.Callee()]
	return f, ok && l.formula(f) == nil
}

// inTurn assembles && and || with their second halves as instructions of their own.
func (l *lowering) inTurn(text string, e *cfront.Expr, then, otherwise func()) {
	decided, end := l.b.NewLabel(), l.b.NewLabel()
	decide := func() { l.b.Jump(decided) }
	if e.Name == "&&" {
		l.condition(text, e.X, func() {
			l.condition(text, e.Y, func() { then(); l.b.Jump(end) }, decide)
		}, decide)
	} else {
		l.condition(text, e.X, decide, func() {
			l.condition(text, e.Y, decide, func() { otherwise(); l.b.Jump(end) })
		})
	}
	l.b.Put(decided)
	if e.Name == "&&" {
		otherwise()
	} else {
		then()
	}
	l.b.Put(end)
}

// effect assembles an expression for what it does.
func (l *lowering) effect(e *cfront.Expr) {
	switch {
	case e.Op == cfront.Comma:
		l.effect(e.X)
		l.effect(e.Y)
	case e.Op == cfront.Assign && e.X.Op == cfront.Arrow && e.Y.Op != cfront.CallOp && l.lost(e.X, e.Y):
	case e.Op == cfront.Assign && e.X.Op == cfront.Id && l.fr.vars[e.X.Name] != nil &&
		l.fr.vars[e.X.Name].is.what == aMask:
		o := l.operand(e.Y)
		if l.setMask(e.X, o.mask); o.mask == nil {
			l.fr.vars[e.X.Name].is.name = o.name
		}
	case e.Op == cfront.Assign && e.X.Op == cfront.Id && l.fr.vars[e.X.Name] != nil &&
		l.fr.vars[e.X.Name].is.what == aThreadData && memory(e.Y):
		l.s.note(Note{e.Y.Callee(), "abstraction", "there is memory: that a thread can't be made is one fault"})
	case e.Op == cfront.Assign && e.Name == "=" && e.Y.Op == cfront.CallOp && !l.isValue(e.Y):
		at := l.lvalue(e.X)
		l.assignCall(at, e.Y, e.String())
	case e.Op == cfront.CallOp && warns[e.Callee()]:
		l.b.Warn(e.Callee()+"("+e.Args[0].String()+")", l.value(e.Args[0]), nil, nil)
	case e.Op == cfront.CallOp && e.Callee() == "BUG_ON":
		l.b.Bug(e.Args[0].String(), l.value(e.Args[0]))
	case e.Op == cfront.CallOp && !l.isValue(e):
		l.call(e, nil)
	case e.Op == cfront.Cast && e.Type.Base == "void":
		l.effect(e.X)
	default:
		l.b.Eval(e.String(), l.value(e))
	}
}

// assignCall assembles a call whose result goes to a variable.
func (l *lowering) assignCall(at model.LValue, e *cfront.Expr, text string) {
	if at.Register() != nil || !at.Keeps() {
		l.call(e, &at)
		return
	}
	v := l.call(e, nil)
	l.b.At(e.Line)
	l.b.Eval(text, at.Store(v))
}
