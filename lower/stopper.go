package lower

import (
	"github.com/hpcheck/hpcheck/cfront"
	"github.com/hpcheck/hpcheck/model"
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
	case "works", "lock":
		return operand{what: anOpaque, name: e.Name}, true
	}
	return operand{}, false
}

// listEmpty is list_empty() of a list that the model has.
func (l *lowering) listEmpty(e *cfront.Expr) operand {
	if l.operand(e.Args[0]).name != "works" {
		l.fail(e.Line, "the list of %s is not known", e)
	}
	return operand{Value: l.b.NoWorks()}
}
