package lower

import (
	"cmp"
	"fmt"
	"sort"
	"sync"

	"github.com/hpcheck/hpcheck/cfront"
	"github.com/hpcheck/hpcheck/model"
)

// Source is the functions of a tree.
type Source struct {
	funcs  map[string]function
	enums  map[string]int64
	vars   map[string]*cfront.Decl // with initializers
	files  map[string]bool         // those with an entry: the others are written by hand
	config cfront.Config

	assumed map[string]*model.Primitive // what somebody assumes of functions that nobody knows

	tree, code string // its name, and a hash of its words

	mu    sync.Mutex
	notes map[Note]bool
}

// function is a function and the file that it is in.
type function struct {
	*cfront.Func
	file *cfront.File
}

// Note is something that a program rests on besides the C.
type Note struct {
	Name string // the C name
	What string // what it is in the model
	Why  string
}

// New makes a source of files, which were read under a configuration. Of two functions with one name the one that is
// not weak counts.
func New(config cfront.Config, files ...*cfront.File) *Source {
	s := &Source{
		funcs: map[string]function{}, enums: map[string]int64{}, vars: map[string]*cfront.Decl{},
		files: map[string]bool{}, config: config, notes: map[Note]bool{},
	}
	for _, f := range files {
		for _, v := range f.Vars {
			if v.Init != nil {
				s.vars[v.Name] = v
			}
		}
		for _, fn := range f.Funcs {
			if old, ok := s.funcs[fn.Name]; !ok || old.Weak() {
				s.funcs[fn.Name] = function{fn, f}
			}
		}
		for name, n := range f.Enums {
			s.enums[name] = n
		}
	}
	for name, e := range threadEntries {
		if _, ok := s.funcs[name]; ok {
			s.files[e.file] = true
		}
	}
	return s
}

// Error says what of a tree is not understood, and where it is.
type Error struct {
	File     string
	Line     int
	Function string
	Problem  string
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d: %s(): %s", e.File, e.Line, e.Function, e.Problem)
}

// note keeps what a program rests on.
func (s *Source) note(n Note) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notes[n] = true
}

// Notes lists what the programs that were assembled so far rest on, by name.
func (s *Source) Notes() []Note {
	s.mu.Lock()
	defer s.mu.Unlock()
	notes := make([]Note, 0, len(s.notes))
	for n := range s.notes {
		notes = append(notes, n)
	}
	sort.Slice(notes, func(i, j int) bool {
		return notes[i].What+" "+notes[i].Name < notes[j].What+" "+notes[j].Name
	})
	return notes
}

// Assemble implements [model.Source].
func (s *Source) Assemble(b *model.Builder, name string) bool {
	e, ok := entries[name]
	if !ok {
		if e, ok = threadEntries[name]; !ok || !s.files[e.file] {
			return false
		}
		if name == "cpu_stopper_thread" && b.Machine().StopperByHand() {
			return false
		}
	}
	if e.name != "" {
		name = e.name
	}
	f, ok := s.funcs[name]
	if !ok {
		file := cmp.Or(e.file, "kernel/cpu.c")
		b.Fail(&Error{file, 1, name, "the tree has no such function, with which hpcheck begins"})
	}
	l := &lowering{s: s, b: b, fr: &frame{fn: f}}
	b.Where = l.where
	if len(f.Params) != len(e.args) {
		l.fail(f.Line, "it has %d parameters, and not %d", len(f.Params), len(e.args))
	}
	b.Operation(e.operation)
	l.installs = e.installs
	l.operating = e.operation != 0 || b.Amid()
	var args []operand
	for _, a := range e.args {
		args = append(args, a(b))
	}
	l.fr = nil
	if e.bare {
		if e.sleeps {
			b.Top()
		}
		b.Bare(func() { l.inline(f, args, nil, f.Line) })
		return true
	}
	if e.aside {
		b.Aside(func() { l.inline(f, args, nil, f.Line) })
		return true
	}
	b.Entry(func(result model.LValue) {
		if !e.returns {
			b.Eval("", result.Store(model.Constant(0, model.KindErrno)))
			l.inline(f, args, nil, f.Line)
			return
		}
		l.inline(f, args, &result, f.Line)
	})
	return true
}
