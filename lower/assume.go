package lower

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/cfront"
	"github.com/hpcheck/hpcheck/model"
)

// Assume takes something for granted of a function, as [model.Assumed] has it, wherever it is called: of one that
// hpcheck does not know, or of one of the tree that cannot be assembled. The text is NAME=WHAT.
func (s *Source) Assume(text string) error {
	name, what, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return fmt.Errorf("%q: want NAME=nothing, NAME=sleeps, NAME=fails, or NAME= and what the function returns",
			text)
	}
	if known(name) {
		return fmt.Errorf("%s() has a meaning in the model: nothing can be assumed of it", name)
	}
	p, err := model.Assumed(name, what)
	if err != nil {
		return err
	}
	if s.assumed == nil {
		s.assumed = map[string]*model.Primitive{}
	}
	s.assumed[name] = p
	hash := sha256.Sum256([]byte(s.code + text))
	s.code = hex.EncodeToString(hash[:6])
	return nil
}

// known reports whether a function has a meaning of its own.
func known(name string) bool {
	_, drop := drops(name)
	_, abstract := abstractions[name]
	_, operates := operations[name]
	_, begins := entries[name]
	_, runs := threadEntries[name]
	return drop || abstract || operates || begins || runs || model.PrimitiveOf(name) != nil || builtins[name] != nil ||
		tracepoints[name] != nil || warns[name] || slices.Contains(callForms, name)
}

// callForms are calls that are understood by their form.
var callForms = []string{"work_on_cpu", "BUG_ON", "DEFINE_WAKE_Q", "wake_up_q"}

// assumption is a call of a function of which something is assumed. Its arguments are left out, so they must do
// nothing.
func (l *lowering) assumption(p *model.Primitive, e *cfront.Expr) model.Call {
	l.s.note(Note{p.Name, "assumption", p.Doc})
	for _, a := range e.Args {
		a.Walk(func(x *cfront.Expr) {
			changes := x.Op == cfront.Assign || x.Op == cfront.Post ||
				x.Op == cfront.Unary && (x.Name == "++" || x.Name == "--")
			if changes || x.Op == cfront.CallOp && !l.isValue(x) {
				l.fail(x.Line, "%s is an argument of %s(), of which something is assumed, and would be left out",
					x, p.Name)
			}
		})
	}
	return model.Call{Text: e.String()}
}
