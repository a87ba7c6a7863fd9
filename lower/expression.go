package lower

import (
	"strings"

	"github.com/hpcheck/hpcheck/cfront"
	"github.com/hpcheck/hpcheck/model"
)

// value is an expression that is a number.
func (l *lowering) value(e *cfront.Expr) model.Value {
	o := l.operand(e)
	switch o.what {
	case aNumber, theCPU, aStep, aThread, aFunction, aThreadData, aWork, aStopData, aStopDone:
		return o.Value
	case aMask: // a pointer to one
		if n, known := o.Known(); known && n != 0 {
			return o.Value
		}
	}
	l.fail(e.Line, "%s is wanted as a number", e)
	return model.Value{}
}

// operand is what an expression is. What is more than one instruction is assembled before.
func (l *lowering) operand(e *cfront.Expr) operand {
	switch e.Op {
	case cfront.NumLit:
		n, ok := cfront.Const(e, nil)
		if !ok {
			l.fail(e.Line, "the number %s is not understood", e.Name)
		}
		return number(n)
	case cfront.StrLit:
		return number(1)
	case cfront.Cast:
		return l.operand(e.X)
	case cfront.Id:
		return l.name(e)
	case cfront.Arrow, cfront.Dot:
		return l.member(e)
	case cfront.Unary:
		return l.unary(e)
	case cfront.Post:
		return operand{Value: l.lvalue(e.X).Steps(step(e.Name), true)}
	case cfront.Binary:
		return l.binary(e)
	case cfront.CondOp:
		return l.conditional(e)
	case cfront.Assign:
		return operand{Value: l.assign(e)}
	case cfront.CallOp:
		return l.callOperand(e)
	}
	l.fail(e.Line, "%s is not understood", e)
	return operand{}
}

func number(n int64) operand { return operand{Value: model.Constant(n, model.KindUnknown)} }

func step(op string) int64 {
	if op == "--" {
		return -1
	}
	return 1
}

// name is what an identifier stands for.
func (l *lowering) name(e *cfront.Expr) operand {
	if v := l.fr.vars[e.Name]; v != nil {
		if v.at != nil {
			return operand{Value: v.at.Load(), what: v.is.what, turn: v.is.turn, slot: v.is.slot}
		}
		return v.is
	}
	switch e.Name {
	case "true":
		return operand{Value: model.Truth(true)}
	case "false":
		return operand{Value: model.Truth(false)}
	case "NULL":
		return operand{Value: model.Constant(0, model.KindUnknown), name: "NULL"}
	case "cpuhp_state":
		return operand{what: theState, turn: l.now()} // whose it is, per_cpu_ptr() says
	case "cpu_stopper":
		return operand{what: aStopper, turn: l.now()}
	case "current":
		o := thread(l.b.Current())
		o.name, o.turn = "current", l.now()
		return o
	case "nr_cpu_ids":
		return operand{Value: model.Constant(int64(l.b.Machine().Scenario.CPUs), model.KindCount)}
	case "cpuhp_hp_states":
		return operand{what: theSteps}
	}
	if m := l.maskNamed(e.Name); m != nil {
		return operand{what: aMask, name: e.Name, mask: m}
	}
	if r, ok := l.dynamic(e.Name); ok {
		return operand{Value: model.Constant(int64(r), model.KindRung)}
	}
	if r, ok := l.b.Machine().Rung(e.Name); ok {
		return operand{Value: model.Constant(int64(r), model.KindRung)}
	}
	if n, ok := model.ErrorNamed(e.Name); ok {
		return operand{Value: model.Constant(-n, model.KindErrno)}
	}
	if p, ok := l.b.Global(e.Name); ok {
		return operand{Value: p.Load()}
	}
	if n, ok := constants[e.Name]; ok {
		return number(n)
	}
	if n, ok := l.s.enums[e.Name]; ok {
		return number(n)
	}
	if _, ok := l.s.funcs[e.Name]; ok {
		return operand{what: anOpaque, name: e.Name}
	}
	if opaque[e.Name] {
		return operand{what: anOpaque, name: e.Name}
	}
	l.fail(e.Line, "%s is not known: the model has no variable for it", e.Name)
	return operand{}
}

// dynamic are the ends of the ranges of states that are handed out.
func (l *lowering) dynamic(name string) (model.Rung, bool) {
	symbol, end := strings.CutSuffix(name, "_END")
	if symbol != "CPUHP_AP_ONLINE_DYN" && symbol != "CPUHP_BP_PREPARE_DYN" {
		return 0, false
	}
	first, last := l.b.Machine().DynamicRange(symbol)
	if end {
		return last, true
	}
	return first, true
}

// member is x->name or x.name.
func (l *lowering) member(e *cfront.Expr) operand {
	o := l.operand(e.X)
	if f, ok := l.threadMember(o, e); ok {
		return f
	}
	switch o.what {
	case theState:
		l.own(o, e)
		return l.field(e)
	case theDevice:
		l.own(o, e)
		switch e.Name {
		case "id":
			id := self(nil)
			id.turn = o.turn
			return id
		case "offline":
			return operand{Value: l.b.DeviceOffline().Load()}
		}
	case aStruct:
		if f, ok := o.fields[e.Name]; ok {
			return f
		}
	case aStep:
		switch e.Name {
		case "startup", "teardown":
			return operand{Value: o.Value, what: aCallbacks, name: e.Name}
		}
		if p, ok := l.b.StepField(o.Value, e.Name); ok {
			return operand{Value: p.Load()}
		}
	case aCallbacks:
		if e.Name == "single" || e.Name == "multi" {
			return operand{Value: l.b.StepHas(o.Value, o.name == "startup")}
		}
	}
	l.fail(e.Line, "%s is nothing that the model has", e)
	return operand{}
}

// own checks that what is asked belongs to the CPU that the code is about.
func (l *lowering) own(o operand, e *cfront.Expr) {
	if o.turn != l.now() {
		l.fail(e.Line, "%s is not of the CPU that the code is about", e)
	}
}

// field is a field of struct cpuhp_cpu_state.
func (l *lowering) field(e *cfront.Expr) operand {
	if e.Name == "thread" {
		o := thread(model.SlotCpuhp)
		o.name, o.turn = "thread", l.now()
		return o
	}
	if n, ok := pointers[e.Name]; ok {
		return operand{Value: model.Constant(n, model.KindCount), name: e.Name}
	}
	p, ok := l.b.Field(e.Name)
	if !ok {
		l.fail(e.Line, "struct cpuhp_cpu_state has a field %s that the model does not know", e.Name)
	}
	return operand{Value: p.Load(), at: nil}
}

// lvalue is an expression that is assigned to.
func (l *lowering) lvalue(e *cfront.Expr) model.LValue {
	switch e.Op {
	case cfront.Id:
		if v := l.fr.vars[e.Name]; v != nil && v.at != nil {
			l.keepsCPU(e)
			return *v.at
		}
		if p, ok := l.b.Global(e.Name); ok && l.fr.vars[e.Name] == nil {
			return p
		}
	case cfront.Arrow, cfront.Dot:
		o := l.operand(e.X)
		if p, ok := l.threadPlace(o, e); ok {
			return p
		}
		switch {
		case o.what == theState:
			l.own(o, e)
			if p, ok := l.b.Field(e.Name); ok {
				return p
			}
		case o.what == aStep:
			if p, ok := l.b.StepField(o.Value, e.Name); ok {
				return p
			}
		case o.what == aCallbacks && (e.Name == "single" || e.Name == "multi"):
			if p, ok := l.b.StepField(o.Value, o.name); ok {
				return p
			}
		case o.what == theDevice && e.Name == "offline":
			l.own(o, e)
			return l.b.DeviceOffline()
		}
	case cfront.Unary:
		switch o := l.operand(e.X); {
		case e.Name == "*" && o.at != nil:
			return *o.at
		case e.Name == "*" && o.what == aStore:
			return l.b.ThreadMade(o.slot)
		}
	}
	l.fail(e.Line, "%s is nothing that the model can write", e)
	return model.LValue{}
}

// keepsCPU checks that a variable which is the CPU that the code is about is not given another value, other than by the
// loop that turns to it: what is asked of it afterwards would be asked of the wrong one.
func (l *lowering) keepsCPU(e *cfront.Expr) {
	if l.fr.vars[e.Name].is.what == theCPU && !l.steers {
		l.fail(e.Line, "%s is assigned to, and is the CPU that the code is about", e.Name)
	}
}

func (l *lowering) unary(e *cfront.Expr) operand {
	switch e.Name {
	case "&":
		return l.address(e)
	case "*":
		if o := l.operand(e.X); o.what == aStore {
			return operand{Value: l.b.ThreadMade(o.slot).Load(), what: aThread, slot: o.slot, turn: o.turn}
		}
		return operand{Value: l.lvalue(e).Load()}
	case "++", "--":
		return operand{Value: l.lvalue(e.X).Steps(step(e.Name), false)}
	}
	op, ok := unaries[e.Name]
	if !ok {
		l.fail(e.Line, "the operator %s is not understood", e.Name)
	}
	v := l.value(e.X)
	kind := v.Kind()
	switch e.Name {
	case "!":
		kind = model.KindCount
	case "-": // below 0 there are only errors
		if n, known := v.Known(); known && n > 0 {
			kind = model.KindErrno
		}
	}
	u := model.Unary(op, kind, v)
	if n, known := u.Known(); known && n < 0 && kind == model.KindUnknown {
		u = u.As(model.KindErrno) // -1 is what C writes for -EPERM
	}
	return operand{Value: u}
}

// address is &x.
func (l *lowering) address(e *cfront.Expr) operand {
	if e.X.Op == cfront.CallOp {
		return l.operand(e.X)
	}
	if e.X.Op == cfront.Id {
		v := l.fr.vars[e.X.Name]
		switch {
		case v == nil && e.X.Name == "cpuhp_state":
			return operand{what: theState, turn: l.now()}
		case v == nil:
			return operand{what: anOpaque, name: e.X.Name}
		case v.is.what == aStruct, v.is.what == aMask, v.is.what == aStopData, v.is.what == aStopDone:
			return v.is
		}
	}
	if e.X.Op == cfront.Arrow || e.X.Op == cfront.Dot {
		o := l.operand(e.X.X)
		if f, ok := l.threadMember(o, e.X); ok && f.what == anOpaque {
			return f
		}
		if o.what == theState {
			if n, ok := pointers[e.X.Name]; ok {
				return operand{Value: model.Constant(n, model.KindCount), name: e.X.Name}
			}
		} else if o.what == aStep && e.X.Name == "list" {
			return operand{Value: o.Value, name: "list"}
		}
	}
	at := l.lvalue(e.X)
	return operand{at: &at}
}

func (l *lowering) binary(e *cfront.Expr) operand {
	if e.Name == "&&" || e.Name == "||" {
		return operand{Value: l.logical(e)}
	}
	a := l.operand(e.X)
	if a.what == theSteps && e.Name == "+" {
		return operand{Value: l.value(e.Y), what: aStep}
	}
	op, ok := binaries[e.Name]
	if !ok {
		l.fail(e.Line, "the operator %s is not understood", e.Name)
	}
	v := a.Value
	switch a.what {
	case aNumber, theCPU, aStep:
	case aThread:
		if b := l.operand(e.Y); b.what == aThread && (e.Name == "==" || e.Name == "!=") {
			return operand{Value: model.Truth(sameThread(a, b) == (e.Name == "=="))}
		}
	default:
		l.fail(e.Line, "%s is wanted as a number", e.X)
	}
	v, w := l.pair(v, e.X, e.Y)
	kind := model.KindCount
	if e.Name == "+" || e.Name == "-" {
		kind = v.Kind()
	}
	return operand{Value: model.Binary(op, kind, v, w)}
}

// pair is a value and a second expression such that both can be had within one instruction. If they can't, or if the
// second is assembled before, the first is read first.
func (l *lowering) pair(v model.Value, x, y *cfront.Expr) (first, second model.Value) {
	if _, known := v.Known(); !known && l.assembles(y) {
		v = l.spill(v, x)
	}
	w := l.value(y)
	if l.b.Alone(v) && l.b.Alone(w) {
		v = l.spill(v, x)
	}
	return v, w
}

// spill reads a value into a register.
func (l *lowering) spill(v model.Value, e *cfront.Expr) model.Value {
	at := l.b.Local(e.String(), v.Kind())
	l.b.Eval(e.String(), at.Store(v))
	return at.Load()
}

// logical is the value of && or ||.
func (l *lowering) logical(e *cfront.Expr) model.Value {
	if l.apart(e) {
		at := l.b.Local(e.String(), model.KindCount)
		l.branch(e.String(), e, func() { l.b.Eval("true", at.Store(model.Truth(true))) },
			func() { l.b.Eval("false", at.Store(model.Truth(false))) })
		return at.Load()
	}
	v := l.value(e.X)
	if n, known := v.Known(); known && (n != 0) == (e.Name == "||") {
		return model.Truth(n != 0)
	}
	if e.Name == "&&" {
		return model.Both(v, l.value(e.Y))
	}
	return model.Either(v, l.value(e.Y))
}

// apart reports whether the two halves of && or || can't be one instruction.
func (l *lowering) apart(e *cfront.Expr) bool {
	if l.assembles(e.Y) || l.assembles(e.X) {
		return true
	}
	v := l.value(e.X)
	if n, known := v.Known(); known && (n != 0) == (e.Name == "||") {
		return false
	}
	return l.b.Alone(v) && l.b.Alone(l.value(e.Y))
}

// assembles reports whether instructions are assembled before the value of an expression can be had.
func (l *lowering) assembles(e *cfront.Expr) bool {
	found := false
	e.Walk(func(e *cfront.Expr) {
		switch {
		case e.Op == cfront.CallOp && !l.isValue(e), e.Op == cfront.Assign:
			found = true
		case e.Op == cfront.Binary && e.Name != "&&" && e.Name != "||" && e.X.Op != cfront.CallOp:
			found = found || l.touches(e.X) && l.touches(e.Y)
		}
	})
	return found
}

// touches reports whether an expression reads something that can't be read together with anything else.
func (l *lowering) touches(e *cfront.Expr) bool {
	found := false
	e.Walk(func(e *cfront.Expr) {
		switch e.Op {
		case cfront.Arrow, cfront.Dot:
			if p, ok := l.b.Field(e.Name); ok && l.b.Alone(p.Load()) {
				found = true
			}
		case cfront.CallOp:
			found = true
		}
	})
	return found
}

func (l *lowering) conditional(e *cfront.Expr) operand {
	if e.Y == nil {
		l.fail(e.Line, "%s is not understood", e)
	}
	c := l.value(e.X)
	if n, known := c.Known(); known {
		if n != 0 {
			return l.operand(e.Y)
		}
		return l.operand(e.Z)
	}
	if l.assembles(e.Y) || l.assembles(e.Z) {
		at := l.b.Local(e.String(), model.KindUnknown)
		l.b.Branch(e.X.String(), c, func() { l.b.Eval(e.Y.String(), at.Store(l.value(e.Y))) },
			func() { l.b.Eval(e.Z.String(), at.Store(l.value(e.Z))) })
		return operand{Value: at.Load()}
	}
	v, w := l.value(e.Y), l.value(e.Z)
	if l.b.Alone(c) && (l.b.Alone(v) || l.b.Alone(w)) {
		c = l.spill(c, e.X)
	}
	return operand{Value: model.Choose(c, v, w)}
}

// assign is the value of an assignment.
func (l *lowering) assign(e *cfront.Expr) model.Value {
	at := l.lvalue(e.X)
	v := l.value(e.Y)
	if e.Name != "=" {
		op, ok := binaries[e.Name[:len(e.Name)-1]]
		if !ok {
			l.fail(e.Line, "the operator %s is not understood", e.Name)
		}
		v = model.Binary(op, at.Load().Kind(), at.Load(), v)
	}
	if at.Register() != nil {
		l.b.Copied(at, v)
		return at.Store(v)
	}
	if v.Acts() || l.b.Alone(v) && at.Keeps() {
		v = l.spill(v, e.Y)
	}
	return at.Store(v)
}
