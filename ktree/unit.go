package ktree

import (
	"fmt"
	"slices"
	"sync"

	"github.com/hpcheck/hpcheck/cfront"
)

// Unit is some files of a tree, read together under a configuration.
type Unit struct {
	Tree   *Tree
	Config *Config
	Files  []*cfront.File
	Funcs  map[string]*Func // by name; of functions of the same name, the one in the file that was named first
	Enums  map[string]int64

	static map[[2]string]*Func // by file and name
	vars   map[string]*cfront.Decl
}

// Func is a function and the file that it is in.
type Func struct {
	*cfront.Func
	File string
}

// Load reads files of a tree. What could not be parsed is in each file's Problems, and in Unit.Problems.
func (t *Tree) Load(cfg *Config, paths ...string) (*Unit, error) {
	u := &Unit{
		Tree: t, Config: cfg, Files: make([]*cfront.File, len(paths)), Funcs: map[string]*Func{},
		Enums: map[string]int64{}, static: map[[2]string]*Func{}, vars: map[string]*cfront.Decl{},
	}
	var wait sync.WaitGroup
	for i, path := range paths {
		text, err := t.Read(path)
		if err != nil {
			wait.Wait()
			return nil, err
		}
		wait.Go(func() { u.Files[i] = cfront.Parse(path, text, cfg.Set) })
	}
	wait.Wait()
	for _, f := range u.Files {
		for _, fn := range f.Funcs {
			g := &Func{Func: fn, File: f.Path}
			u.static[[2]string{f.Path, fn.Name}] = g
			if u.Funcs[fn.Name] == nil {
				u.Funcs[fn.Name] = g
			}
		}
		for name, value := range f.Enums {
			u.Enums[name] = value
		}
		for _, v := range f.Vars {
			if v.Init != nil {
				u.vars[v.Name] = v
			}
		}
	}
	return u, nil
}

// Problems are what could not be read, of all files.
func (u *Unit) Problems() []cfront.Problem {
	var all []cfront.Problem
	for _, f := range u.Files {
		all = append(all, f.Problems...)
	}
	return all
}

// Lookup is the function that a name means in a file, nil if the unit has none.
func (u *Unit) Lookup(name, file string) *Func {
	if f := u.static[[2]string{file, name}]; f != nil {
		return f
	}
	if f := u.Funcs[name]; f != nil && (!f.Static || f.File == file) {
		return f
	}
	return nil
}

// Call is a call that leaves the unit, or that goes through a pointer, and the functions that it is in.
type Call struct {
	Name    string // what is called; "(*text)" through a pointer
	Pointer bool
	In      []*Func // in the order in which they are reached
	Sites   int
}

// Reach finds the functions that can be reached from those named, because they are called or their names are mentioned
// (as an argument, or in the initializer of a variable that is mentioned, as the step table), in the order in which they
// are found; and the calls that leave the unit, in the order of their names. Names that the unit does not have are left
// out.
func (u *Unit) Reach(roots ...string) ([]*Func, []*Call) {
	r := &reach{u: u, seen: map[*Func]bool{}, vars: map[string]bool{}, out: map[string]*Call{}}
	for _, name := range roots {
		if f := u.Funcs[name]; f != nil {
			r.visit(f)
		}
	}
	var calls []*Call
	for _, c := range r.out {
		calls = append(calls, c)
	}
	slices.SortFunc(calls, func(a, b *Call) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return r.found, calls
}

type reach struct {
	u     *Unit
	seen  map[*Func]bool
	vars  map[string]bool
	found []*Func
	out   map[string]*Call
}

func (r *reach) visit(f *Func) {
	if r.seen[f] {
		return
	}
	r.seen[f] = true
	r.found = append(r.found, f)
	local := Locals(f.Func)
	called := map[*cfront.Expr]bool{} // what is called, to be looked at once
	f.Body.Walk(func(*cfront.Stmt) {}, func(e *cfront.Expr) {
		switch {
		case e.Op == cfront.CallOp:
			called[e.X] = true
			if !called[e] { // guard(mutex)(&x) is one call
				r.call(f, e, local)
			}
		case e.Op == cfront.Id && !called[e] && !local[e.Name]:
			r.mention(e.Name, f.File)
		}
	})
}

// mention visits what a name means in a file: a function, or a variable whose initializer mentions functions.
func (r *reach) mention(name, file string) {
	if g := r.u.Lookup(name, file); g != nil {
		r.visit(g)
		return
	}
	v := r.u.vars[name]
	if v == nil || r.vars[name] {
		return
	}
	r.vars[name] = true
	v.Init.Walk(func(e *cfront.Expr) {
		if e.Op == cfront.Id {
			r.mention(e.Name, file)
		}
	})
}

func (r *reach) call(f *Func, e *cfront.Expr, local map[string]bool) {
	name := e.Callee()
	direct := e.X.Op == cfront.Id && !local[name]
	if g := r.u.Lookup(name, f.File); direct && g != nil {
		r.visit(g)
		return
	}
	pointer := !direct && e.X.Op != cfront.CallOp // guard(mutex)(&x) is a macro's
	if pointer {
		name = fmt.Sprintf("(*%s)", name)
	}
	c := r.out[name]
	if c == nil {
		c = &Call{Name: name, Pointer: pointer}
		r.out[name] = c
	}
	c.Sites++
	if !slices.Contains(c.In, f) {
		c.In = append(c.In, f)
	}
}

// Locals are the names that a function declares: its parameters and its variables.
func Locals(f *cfront.Func) map[string]bool {
	local := map[string]bool{}
	for _, d := range f.Params {
		local[d.Name] = true
	}
	f.Body.Walk(func(s *cfront.Stmt) {
		for _, d := range s.Decls {
			local[d.Name] = true
		}
	}, func(*cfront.Expr) {})
	return local
}
