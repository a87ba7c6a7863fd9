package ktree

import (
	"fmt"
	"slices"
	"strings"
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
	vars   map[string]*Var
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
		Enums: map[string]int64{}, static: map[[2]string]*Func{}, vars: map[string]*Var{},
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
				u.vars[v.Name] = &Var{Decl: v, File: f.Path}
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

// Var is a variable with an initializer, and the file that it is in.
type Var struct {
	*cfront.Decl
	File string
}

// Call is a call that leaves the unit, or that goes through a pointer, and the functions that it is in.
type Call struct {
	Name    string // what is called; "(*text)" through a pointer
	Pointer bool
	In      []*Func // in the order in which they are reached
	Sites   int
}

// Reach is what can be reached from some functions.
type Reach struct {
	Funcs []*Func             // in the order in which they are found
	Vars  []*Var              // the variables with an initializer that they mention
	Calls []*Call             // the calls that leave the unit, by name
	Edges map[string][]string // from a function or a variable to what it calls or mentions, also outside the unit
}

// Reach finds what can be reached from the functions that are named: what they call or mention (as an argument, say),
// and what the initializer of a variable mentions, as the step table does. Names that the unit does not have are left
// out.
func (u *Unit) Reach(roots ...string) *Reach {
	r := &reach{u: u, seen: map[any]bool{}, out: map[string]*Call{}}
	r.Edges = map[string][]string{}
	for _, name := range roots {
		if f := u.Funcs[name]; f != nil {
			r.visit(f)
		}
	}
	for _, c := range r.out {
		r.Calls = append(r.Calls, c)
	}
	slices.SortFunc(r.Calls, func(a, b *Call) int { return strings.Compare(a.Name, b.Name) })
	return &r.Reach
}

// reach is a Reach that is being found.
type reach struct {
	Reach
	u    *Unit
	seen map[any]bool // functions and variables
	out  map[string]*Call
}

func (r *reach) visit(f *Func) {
	if r.seen[f] {
		return
	}
	r.seen[f] = true
	r.Funcs = append(r.Funcs, f)
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
			r.mention(f.Name, e.Name, f.File)
		}
	})
}

// edge notes that one mentions the other.
func (r *reach) edge(from, to string) {
	if !slices.Contains(r.Edges[from], to) {
		r.Edges[from] = append(r.Edges[from], to)
	}
}

// mention visits what a name means in a file: a function, or a variable with an initializer.
func (r *reach) mention(from, name, file string) {
	if g := r.u.Lookup(name, file); g != nil {
		r.edge(from, name)
		r.visit(g)
		return
	}
	v := r.u.vars[name]
	if v == nil {
		return
	}
	r.edge(from, name)
	if r.seen[v] {
		return
	}
	r.seen[v] = true
	r.Vars = append(r.Vars, v)
	v.Init.Walk(func(e *cfront.Expr) {
		if e.Op == cfront.Id {
			r.mention(name, e.Name, v.File)
		}
	})
}

func (r *reach) call(f *Func, e *cfront.Expr, local map[string]bool) {
	name := e.Callee()
	direct := e.X.Op == cfront.Id && !local[name]
	if g := r.u.Lookup(name, f.File); direct && g != nil {
		r.edge(f.Name, name)
		r.visit(g)
		return
	}
	if direct {
		r.edge(f.Name, name)
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
