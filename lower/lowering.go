package lower

import (
	"errors"
	"fmt"

	"github.com/hpcheck/hpcheck/cfront"
	"github.com/hpcheck/hpcheck/model"
)

// lowering assembles one entry.
type lowering struct {
	s  *Source
	b  *model.Builder
	fr *frame

	dead  bool                  // what comes next can't be reached
	asked map[*cfront.Func]bool // of which it is being found out whether they are formulas

	installs  installs // an installer is at work
	operating bool     // what is assembled belongs to an operation
	turns     []*turn  // to which CPUs the code has turned, the last one last
	turned    int      // how often it has, so far
	steers    bool     // the head of such a loop is assembled, which says what is next
	forks     int      // how many conditions that are not known this hangs on
}

// frame is a call that is being expanded.
type frame struct {
	fn       function
	up       *frame
	vars     map[string]*variable
	brief    bool            // see lowering.brief
	assigned map[string]bool // the variables that are assigned to, or of which the address is taken
	labels   map[string]model.Label
	result   *model.LValue // where its result goes; nil: nobody wants it
	yes, no  *model.Label  // where it goes on if its result is not 0, and if it is
	exit     model.Label
	brk      model.Label // where break and continue go
	cont     model.Label
	loop     *cfront.Stmt // the innermost one
	turns    int          // how many turns there were before
}

// variable is a parameter or a local variable: something that never changes, or a register.
type variable struct {
	is    operand
	at    *model.LValue
	forks int // of a mask: on how many conditions its declaration hangs
}

// what an operand is, besides a number.
type what uint8

const (
	aNumber        what = iota
	theCPU              // the CPU that the code is about
	theState            // its struct cpuhp_cpu_state, or a pointer to that
	theDevice           // its struct device
	theSteps            // the step table
	aStep               // an entry of it; the number is the state
	aCallbacks          // its startup or teardown
	aMask               // a mask of CPUs
	aThread             // a pointer to a thread; the number is whether it is NULL
	aKthread            // its struct kthread
	aThreadData         // its struct smpboot_thread_data
	aHotplugThread      // its struct smp_hotplug_thread
	aStore              // where smpboot keeps the pointer to it
	aStopper            // the struct cpu_stopper of a CPU
	aWork               // a pointer to a struct cpu_stop_work; the number is whether it is NULL
	aStopData           // the struct multi_stop_data
	aStopDone           // the struct cpu_stop_done
	aFunction           // a pointer to a function; the number is whether it is NULL
	aStruct             // a struct with the values of its fields, or a pointer to one
	anOpaque            // something that only primitives know
)

// operand is what an expression is.
type operand struct {
	model.Value
	what what
	name string        // of a mask, a field, or whatever
	at   *model.LValue // what it is the address of
	turn int           // of a CPU, or what belongs to one: to which the code had turned
	slot int           // of a thread, or what belongs to one: which
	mask mask          // of a mask, which CPUs are in it

	fields map[string]operand // of a struct
}

// where says of a mistake that the model has found where it is.
func (l *lowering) where(err error) error {
	var known *Error
	if errors.As(err, &known) || l.fr == nil {
		return err
	}
	return &Error{l.fr.fn.file.Path, l.b.Line(), l.fr.fn.Name, err.Error()}
}

func (l *lowering) fail(line int, format string, args ...any) {
	f := l.fr.fn
	l.b.Fail(&Error{f.file.Path, line, f.Name, fmt.Sprintf(format, args...)})
}

// assigned are the variables of a function that are assigned to, or of which the address is taken.
func assigned(f *cfront.Func) map[string]bool {
	names := map[string]bool{}
	f.Body.Walk(func(*cfront.Stmt) {}, func(e *cfront.Expr) {
		target := e.X
		switch {
		case e.Op == cfront.Assign, e.Op == cfront.Post:
		case e.Op == cfront.Unary && (e.Name == "&" || e.Name == "++" || e.Name == "--"):
		default:
			return
		}
		if target != nil && target.Op == cfront.Id {
			names[target.Name] = true
		}
	})
	return names
}

// inline expands a call. The result goes to where it is wanted.
func (l *lowering) inline(f function, args []operand, result *model.LValue, line int) {
	l.expand(&frame{fn: f, result: result}, args, line)
}

// decide expands a call whose result is a condition.
func (l *lowering) decide(f function, args []operand, yes, no *model.Label, line int) {
	l.expand(&frame{fn: f, yes: yes, no: no}, args, line)
}

// expand expands a call.
func (l *lowering) expand(fr *frame, args []operand, line int) {
	f := fr.fn
	for up := l.fr; up != nil; up = up.up {
		if up.fn.Func == f.Func {
			l.fail(line, "%s() calls itself", f.Name)
		}
	}
	l.b.Lowered(f.Name)
	l.countArguments(f)
	ends, locks, was := false, l.b.Depth(), l.fr
	fr.up, fr.assigned = was, assigned(f.Func)
	fr.vars, fr.labels, fr.brief = map[string]*variable{}, map[string]model.Label{}, l.brief(f.Func)
	l.fr = fr
	fr.turns = len(l.turns)
	why, whole := atomic[f.Name]
	if was != nil && !whole {
		l.pass(f, args, line) // that is done where it is called
	}
	l.b.Function(f.Name, f.file.Path, func(exit model.Label) {
		fr.exit = exit
		if whole {
			l.s.note(Note{f.Name, "abstraction", why})
			l.b.Begin(f.Name + "()")
			defer l.b.End()
		}
		if was == nil || whole {
			l.pass(f, args, f.Line)
		}
		body := func() { l.block(f.Body.List) }
		if o, ok := operations[f.Name]; ok && o.locks {
			body = func() { l.b.Operating(func() { l.block(f.Body.List) }) }
		}
		switch up, walks := l.walks(f.Func); {
		case walks:
			l.b.Walking(up, body)
		case f.Name == "__kthread_parkme":
			l.b.Parking(body)
		case f.Name == "stop_machine_cpuslocked":
			ends = true
			body()
		default:
			body()
		}
		l.fr, l.dead = was, false
	})
	if l.b.Depth() > locks {
		l.b.Fail(&Error{f.file.Path, f.End, f.Name, "it takes a spinlock and does not give it back"})
	}
	if ends {
		l.b.StopEnds()
	}
}

// pass gives the parameters of a function their values.
func (l *lowering) pass(f function, args []operand, line int) {
	for i, p := range f.Params {
		l.bind(p, args[i], line)
	}
}

// bind gives a parameter, or a variable that is initialized, its value: for good, if neither can change.
func (l *lowering) bind(d *cfront.Decl, is operand, line int) {
	if !l.fr.assigned[d.Name] && !is.Acts() && (is.Shared() == 0 || l.fr.brief && !l.b.Alone(is.Value)) &&
		(is.at != nil || len(is.Registers()) == 0 || l.fixed(is)) {
		l.fr.vars[d.Name] = &variable{is: is}
		return
	}
	if is.what == aMask && d.Type.Stars > 0 {
		l.fr.vars[d.Name] = &variable{is: is, forks: l.forks}
		return
	}
	switch is.what {
	case aNumber, theCPU, aStep, aThread, aWork:
	default:
		l.fail(d.Line, "%s is assigned to, and is more than a number", d.Name)
	}
	at := l.local(d)
	v := l.fr.vars[d.Name]
	v.is.what, v.is.turn, v.is.slot = is.what, is.turn, is.slot
	l.b.At(line)
	l.b.Copied(*at, is.Value)
	l.b.Eval(d.Name+" = "+l.text(d), at.Store(is.Value))
}

// fixed reports whether a value can't change while a function is expanded to which it is passed: it is in variables of
// callers, of which no address is passed.
func (l *lowering) fixed(is operand) bool {
	for fr := l.fr.up; fr != nil; fr = fr.up {
		for name, v := range fr.vars {
			for _, r := range is.Registers() {
				if v.at != nil && v.at.Register() == r {
					return fr == l.fr.up && !fr.addressed(name)
				}
			}
		}
	}
	return false
}

// brief reports whether a function does but one thing: then what its caller owns can be read when it is used.
func (l *lowering) brief(f *cfront.Func) bool {
	calls, brief := 0, true
	f.Body.Walk(func(s *cfront.Stmt) {
		brief = brief && (s.Op == cfront.Block || s.Op == cfront.ExprStmt || s.Op == cfront.DeclStmt)
	}, func(e *cfront.Expr) {
		switch e.Op {
		case cfront.Assign, cfront.Post:
			brief = false
		case cfront.CallOp:
			calls++
			brief = brief && l.standsFor(e.Callee()) != nil
		}
	})
	return brief && calls == 1
}

// addressed reports whether the address of a variable is taken.
func (fr *frame) addressed(name string) bool {
	found := false
	fr.fn.Body.Walk(func(*cfront.Stmt) {}, func(e *cfront.Expr) {
		found = found || e.Op == cfront.Unary && e.Name == "&" && e.X.Op == cfront.Id && e.X.Name == name
	})
	return found
}

func (l *lowering) text(d *cfront.Decl) string {
	if d.Init == nil {
		return "..."
	}
	return d.Init.String()
}

// local makes a register for a variable.
func (l *lowering) local(d *cfront.Decl) *model.LValue {
	at := l.b.Local(d.Name, kindOf(d.Type))
	l.fr.vars[d.Name] = &variable{at: &at}
	return &at
}

// kindOf is what a variable of a type stands for, if that can be told from the type.
func kindOf(t cfront.Type) model.Kind {
	switch t.Base {
	case "enum cpuhp_state":
		return model.KindRung
	case "bool", "_Bool", "enum multi_stop_state":
		return model.KindCount
	case "struct cpuhp_step":
		return model.KindRung
	}
	return model.KindUnknown
}

// walks reports whether a function calls callbacks itself, and in which direction, if that is known.
func (l *lowering) walks(f *cfront.Func) (up, ok bool) {
	f.Body.Walk(func(*cfront.Stmt) {}, func(e *cfront.Expr) {
		if ok || e.Op != cfront.CallOp || e.Callee() != "cpuhp_invoke_callback" || len(e.Args) < 3 {
			return
		}
		ok = true
		if v := l.fr.vars[e.Args[2].Name]; v != nil {
			n, _ := v.is.Known()
			up = n != 0
		}
	})
	return up, ok
}
