package lower

import (
	"fmt"
	"strings"

	"github.com/hpcheck/hpcheck/cfront"
	"github.com/hpcheck/hpcheck/model"
)

// isValue reports whether a call can be had within one instruction, and is not instructions of its own.
func (l *lowering) isValue(e *cfront.Expr) bool {
	name := e.Callee()
	if builtins[name] != nil || warns[name] {
		return builtins[name] != nil
	}
	if p := l.standsFor(name); p != nil {
		return p.IsValue()
	}
	f, ok := l.s.funcs[name]
	return ok && l.formula(f) != nil
}

// formula is what a function is that does nothing but return an expression that is a value; nil if it does more.
func (l *lowering) formula(f function) *cfront.Expr {
	if len(f.Body.List) != 1 || f.Body.List[0].Op != cfront.Return || f.Body.List[0].X == nil || l.asked[f.Func] {
		return nil
	}
	if l.asked == nil {
		l.asked = map[*cfront.Func]bool{}
	}
	l.asked[f.Func] = true
	defer delete(l.asked, f.Func)
	e, plain := f.Body.List[0].X, true
	e.Walk(func(e *cfront.Expr) {
		switch e.Op {
		case cfront.CallOp:
			plain = plain && e.Callee() != f.Name && l.isValue(e)
		case cfront.Assign, cfront.Post:
			plain = false
		}
	})
	if !plain {
		return nil
	}
	return e
}

// standsFor is the primitive that stands for a function here; nil if there is none.
func (l *lowering) standsFor(name string) *model.Primitive {
	if p := l.s.assumed[name]; p != nil {
		return p
	}
	p := model.PrimitiveOf(name)
	switch {
	case p == nil || !p.Spare || !l.s.files[p.File]:
		return p
	case name == "stop_machine_cpuslocked" && l.b.Machine().StopperByHand():
		return p
	}
	return nil
}

// callOperand is the value of a call.
func (l *lowering) callOperand(e *cfront.Expr) operand {
	if l.pointed(e) {
		return operand{Value: l.callThrough(e, nil)}
	}
	name := e.Callee()
	if warns[name] {
		at := l.b.Local(e.String(), model.KindCount)
		l.branch(e.String(), e, func() { l.b.Eval("true", at.Store(model.Truth(true))) },
			func() { l.b.Eval("false", at.Store(model.Truth(false))) })
		return operand{Value: at.Load()}
	}
	if f := builtins[name]; f != nil {
		return f(l, e)
	}
	if name == "cpu_online" {
		if o := l.operand(e.Args[0]); o.what == aNumber || o.turn != l.now() {
			return operand{Value: model.OnlineIs(o.Value)}
		}
	}
	if p := l.standsFor(name); p != nil && p.IsValue() {
		return operand{Value: p.Value(l.b, l.primitive(p, e))}
	}
	if f, ok := l.s.funcs[name]; ok && l.standsFor(name) == nil {
		if x := l.formula(f); x != nil {
			return l.evaluate(f, x, e)
		}
	}
	return operand{Value: l.call(e, nil)}
}

// evaluate is the value of a function that is a formula.
func (l *lowering) evaluate(f function, x, e *cfront.Expr) operand {
	args := l.arguments(f, e)
	fr := &frame{fn: f, up: l.fr, vars: map[string]*variable{}, assigned: assigned(f.Func)}
	for i, p := range f.Params {
		fr.vars[p.Name] = &variable{is: args[i]}
	}
	l.b.Lowered(f.Name)
	l.countArguments(f)
	was := l.fr
	l.fr = fr
	defer func() { l.fr = was }()
	return l.operand(x)
}

// countArguments checks that what the model knows is called with as many arguments as it looks at.
func (l *lowering) countArguments(f function) {
	f.Body.Walk(func(*cfront.Stmt) {}, func(e *cfront.Expr) {
		if e.Op == cfront.CallOp && len(e.Args) < least[e.Callee()] {
			l.b.Fail(&Error{f.file.Path, e.Line, f.Name, fmt.Sprintf(
				"%s() is called with %d arguments: want %d", e.Callee(), len(e.Args), least[e.Callee()],
			)})
		}
	})
}

// arguments are those of a call of a function of the tree.
func (l *lowering) arguments(f function, e *cfront.Expr) []operand {
	if len(e.Args) != len(f.Params) {
		l.fail(e.Line, "%s() is called with %d arguments, and has %d parameters", f.Name, len(e.Args), len(f.Params))
	}
	args := make([]operand, len(e.Args))
	for i, a := range e.Args {
		args[i] = l.operand(a)
		if args[i].Acts() {
			args[i].Value = l.spill(args[i].Value, a)
		}
	}
	return args
}

// primitive is a call of a primitive.
func (l *lowering) primitive(p *model.Primitive, e *cfront.Expr) model.Call {
	if l.s.assumed[p.Name] == p {
		return l.assumption(p, e)
	}
	l.s.note(Note{p.Name, "primitive", p.Doc})
	c := model.Call{Text: e.String()}
	for _, a := range e.Args {
		o := l.operand(a)
		if o.Acts() {
			o.Value = l.spill(o.Value, a)
		}
		if (o.what == theCPU || o.what == theDevice || o.what == aThread) && o.turn != l.now() {
			l.fail(e.Line, "%s is not the CPU that the code is about", a)
		}
		if o.what == aThread {
			o.Value = model.Constant(int64(o.slot), model.KindCount)
		}
		c.Args, c.Names = append(c.Args, o.Value), append(c.Names, o.name)
	}
	return c
}

// call assembles a call that is instructions of its own. Its result goes to a register, if one is given, and is
// returned.
func (l *lowering) call(e *cfront.Expr, to *model.LValue) model.Value {
	if l.pointed(e) {
		return l.callThrough(e, to)
	}
	name := e.Callee()
	store := func(v model.Value) model.Value {
		if to == nil {
			return v
		}
		l.b.Copied(*to, v)
		l.b.Eval(e.String(), to.Store(v))
		return to.Load()
	}
	switch {
	case name == "work_on_cpu":
		return l.callWork(e, to)
	case strings.HasPrefix(name, "raw_spin_lock"), strings.HasPrefix(name, "raw_spin_unlock"):
		l.spin(e)
		return model.Truth(false)
	case name == "DEFINE_WAKE_Q" && len(e.Args) == 1:
		at := l.local(&cfront.Decl{Name: e.Args[0].Name, Type: cfront.Type{Base: "bool"}})
		l.b.Eval(e.Args[0].Name+" is empty", at.Store(model.Truth(false)))
		return model.Truth(false)
	case name == "wake_up_q":
		l.wakeAll(e)
		return model.Truth(false)
	}
	if p := l.standsFor(name); p != nil {
		c := l.primitive(p, e)
		if name == "mutex_unlock" {
			c.Args = append(c.Args, l.returned()...)
			if l.installs != installsNot && c.Names[0] == "cpuhp_state_mutex" {
				l.installed(c.Args[1:], e.Line)
			}
		}
		l.b.At(e.Line)
		v := l.b.Call(p, c)
		if to == nil && p.Returns {
			v = l.spill(v, e)
		}
		return store(v)
	}
	if _, walks := l.walks(l.fr.fn.Func); walks && name == "pr_warn" { // a callback has failed that must not
		l.b.Warn("pr_warn()", model.Truth(true), nil, nil)
		return model.Truth(false)
	}
	if trace := tracepoints[name]; trace != nil {
		trace(l, e)
		return model.Truth(false)
	}
	if why, ok := drops(name); ok {
		l.s.note(Note{name, "left out", why})
		return model.Truth(false)
	}
	if why, ok := abstractions[name]; ok {
		l.s.note(Note{name, "abstraction", why})
		return model.Truth(false)
	}
	if f, ok := l.s.funcs[name]; ok {
		if l.formula(f) != nil {
			return store(l.callOperand(e).Value)
		}
		args := l.arguments(f, e)
		if parksOrUnparks[f.Name] {
			l.b.Dereference(args[0].slot)
		}
		if o, ok := operations[f.Name]; ok && !l.operating {
			if to == nil {
				at := l.b.Local(name+"()", model.KindErrno)
				to = &at
			}
			l.operation(o, f, args, *to, e.Line)
			return to.Load()
		}
		if f.Ret.Base == "void" && f.Ret.Stars == 0 {
			l.inline(f, args, nil, e.Line)
			return model.Truth(false)
		}
		if to == nil {
			at := l.b.Local(name+"()", kindOf(f.Ret))
			to = &at
		}
		l.inline(f, args, to, e.Line)
		return to.Load()
	}
	l.fail(e.Line, "%s() is not known: want a primitive for it (model/primitives.go), a row in lower/table.go, or "+
		"assume=%s=nothing (or sleeps, fails, or what it returns)", name, name)
	return model.Value{}
}

// installed shows that an installer is through.
func (l *lowering) installed(returned []model.Value, line int) {
	ret := model.Constant(0, model.KindErrno)
	if len(returned) > 0 {
		ret = returned[0]
	}
	for fr := l.fr; fr != nil; fr = fr.up {
		for _, p := range fr.fn.Params {
			if v := fr.vars[p.Name]; p.Type.Base == "enum cpuhp_state" && v != nil {
				state := v.is.Value
				if v.at != nil {
					state = v.at.Load()
				}
				l.b.Installed(l.installs == removes, state, ret)
				return
			}
		}
	}
	l.fail(line, "no caller has the state as a parameter")
}

// returned is what the function returns in the end, if that is a variable, or who calls it.
func (l *lowering) returned() []model.Value {
	for fr := l.fr; fr != nil; fr = fr.up {
		list := fr.fn.Body.List
		if len(list) == 0 {
			continue
		}
		if last := list[len(list)-1]; last.Op == cfront.Return && last.X != nil && last.X.Op == cfront.Id {
			was := l.fr
			l.fr = fr
			defer func() { l.fr = was }()
			return []model.Value{l.value(last.X)}
		}
	}
	return nil
}

// drops reports whether calls of a function are left out, and why.
func drops(name string) (why string, ok bool) {
	if why, ok = dropped[name]; ok {
		return why, true
	}
	for prefix, why := range droppedPrefixes {
		if strings.HasPrefix(name, prefix) {
			return why, true
		}
	}
	return "", false
}
