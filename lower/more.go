package lower

import (
	"github.com/hpcheck/hpcheck/cfront"
	"github.com/hpcheck/hpcheck/model"
)

// aggregate declares a struct with the values of its fields, which do not change after that.
func (l *lowering) aggregate(d *cfront.Decl) {
	o := operand{what: aStruct, fields: map[string]operand{}}
	for _, set := range d.Init.Args {
		if set.Op != cfront.Set || set.X.Name == "" || set.X.X != nil {
			l.fail(d.Line, "the initializer %s is not understood", d.Init)
		}
		f := l.operand(set.Y)
		if f.Shared() != 0 || f.Acts() {
			f.Value = l.spill(f.Value, set.Y)
		}
		o.fields[set.X.Name] = f
	}
	l.fr.vars[d.Name] = &variable{is: o}
}

// choose assembles a switch.
func (l *lowering) choose(s *cfront.Stmt) {
	v := l.value(s.X)
	if _, known := v.Known(); !known {
		v = l.spill(v, s.X)
	}
	var labels []model.Label
	end, other := l.b.NewLabel(), -1
	for _, c := range s.Body.List {
		switch c.Op {
		case cfront.Case:
			if c.To != nil {
				l.fail(c.Line, "a range of cases is not understood")
			}
			at := l.b.NewLabel()
			is := model.Binary(binaries["=="], model.KindCount, v, l.value(c.X))
			l.b.Branch("case "+c.X.String(), is, func() { l.b.Jump(at) }, nil)
			labels = append(labels, at)
		case cfront.Default:
			other = len(labels)
			labels = append(labels, l.b.NewLabel())
		}
	}
	if other >= 0 {
		l.b.Jump(labels[other])
	} else {
		l.b.Jump(end)
	}
	brk := l.fr.brk
	l.fr.brk = end
	for _, c := range s.Body.List {
		if c.Op == cfront.Case || c.Op == cfront.Default {
			l.b.Put(labels[0])
			labels, l.dead = labels[1:], false
			continue
		}
		l.statement(c)
	}
	l.b.Put(end)
	l.fr.brk, l.dead = brk, false
}

// callWork assembles work_on_cpu(cpu, fn, arg): a work item on another CPU does it, and the task waits.
func (l *lowering) callWork(e *cfront.Expr, to *model.LValue) model.Value {
	f, ok := l.s.funcs[e.Args[1].Name]
	if !ok {
		l.fail(e.Line, "the tree has no function %s", e.Args[1])
	}
	l.s.note(Note{"work_on_cpu", "primitive", "a work item on the CPU does it, and the task waits"})
	at := l.b.Local("work_on_cpu()", model.KindErrno)
	if to == nil {
		to = &at
	}
	l.b.InWorker(func() { l.inline(f, []operand{l.operand(e.Args[2])}, to, e.Line) })
	return to.Load()
}

// atomic is the atomic variable to which an argument points.
func (l *lowering) atomic(e *cfront.Expr) model.LValue {
	o := l.operand(e)
	if o.at == nil {
		l.fail(e.Line, "%s is no atomic variable that the model has", e)
	}
	return *o.at
}
