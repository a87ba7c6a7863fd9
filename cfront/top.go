package cfront

import (
	"slices"
	"strings"
)

// top takes a declaration, a definition or a use of a macro.
func (p *parser) top() {
	start := p.i
	p.fn = nil
	problem := p.attempt(func() {
		if p.eat(";") || p.topMacro() || p.topAsm() {
			return
		}
		p.external()
	})
	if problem == nil && p.i > start {
		return
	}
	if problem == nil {
		problem = &Problem{Line: p.tok().Line, Text: p.tok().String() + " begins no declaration"}
	}
	p.f.Problems = append(p.f.Problems, *problem)
	p.i = start
	p.resume()
}

// resume goes on behind the next ";" or "}", or behind the next block.
func (p *parser) resume() {
	for p.tok().Kind != EOF {
		switch {
		case p.is("{"):
			p.skipGroup()
			p.eat(";")
			return
		case p.is("("), p.is("["):
			p.skipGroup()
		case p.eat(";"), p.eat("}"):
			return
		default:
			p.skip(1)
		}
	}
}

// topAsm takes an asm("...").
func (p *parser) topAsm() bool {
	if !p.is("asm") && !p.is("__asm__") {
		return false
	}
	for !p.is("(") {
		p.skip(1)
		if p.tok().Kind == EOF {
			p.fail("asm without a text")
		}
	}
	p.skipGroup()
	p.eat(";")
	return true
}

// topMacro takes a use of a macro that stands alone, or is a variable's declaration: EXPORT_SYMBOL(x);
// static DEFINE_PER_CPU(T, x) = { ... }; early_param("x", f);
func (p *parser) topMacro() bool {
	j, static := 0, false
	for storage[p.at(j).Text] || p.at(j).is("const") {
		static = static || p.at(j).is("static")
		j++
	}
	if t := p.at(j); t.Kind != Ident || typeWords[t.Text] || keywords[t.Text] || t.Text == "__attribute__" ||
		!p.at(j+1).is("(") {
		return false
	}
	behind := p.behind(j + 1)
	if next := p.toks[behind]; next.is("{") || attribute(p.at(j).Text) && next.Kind == Ident {
		return false // a function, as SYSCALL_DEFINE1(...) { ... }; or an attribute, as __printf(1, 2)
	}
	p.skip(j)
	d := &Decl{Line: p.tok().Line, Static: static}
	call := p.postfix(1)
	if call.Op != CallOp {
		p.fail("%s behind the name of a macro", p.tok())
	}
	for p.tok().Kind == Ident && p.tok().Line == p.toks[p.i-1].Line { // ... __read_mostly
		d.Attrs = append(d.Attrs, p.tok().Text)
		p.skip(1)
	}
	if p.eat("=") {
		d.Init = p.initializer()
	}
	p.eat(";")
	p.f.Macros = append(p.f.Macros, call)
	p.declaredBy(d, call)
	return true
}

// declaredBy notes the variable that the use of a macro declares, if that is what its name says.
func (p *parser) declaredBy(d *Decl, call *Expr) {
	d.Macro, d.Args = call.X.Name, call.Args
	n := len(call.Args)
	if n == 0 || !strings.HasPrefix(d.Macro, "DEFINE_") && !strings.HasPrefix(d.Macro, "DECLARE_") &&
		!strings.HasSuffix(d.Macro, "LIST_HEAD") && !strings.HasSuffix(d.Macro, "ATTR_RW") &&
		!strings.HasSuffix(d.Macro, "ATTR_RO") && !strings.HasSuffix(d.Macro, "ATTR_WO") {
		return
	}
	name := call.Args[0]
	d.Type.Base = d.Macro
	if strings.Contains(d.Macro, "PER_CPU") && n > 1 {
		name = call.Args[1]
		if t := call.Args[0].Type; t != nil {
			d.Type = *t
		} else {
			d.Type = Type{Base: call.Args[0].String()}
		}
	}
	d.Name = name.Name
	p.f.Vars = append(p.f.Vars, d)
}

// external takes a declaration or a function.
func (p *parser) external() {
	start := p.i
	s := p.specifiers()
	if p.eat(";") {
		return
	}
	for {
		line := p.tok().Line
		d := p.declarator(s.t)
		d.decl.Static, d.decl.Line = s.static, line
		if d.function && p.is("{") {
			p.function(start, s, d)
			return
		}
		if d.decl.Name == "" {
			p.fail("%s where a name was expected", p.tok())
		}
		if s.typedef {
			p.typedefs[d.decl.Name] = true
		}
		if p.eat("=") {
			d.decl.Init = p.initializer()
		}
		if !d.function && !s.typedef {
			p.f.Vars = append(p.f.Vars, d.decl)
		}
		if p.eat(",") {
			continue
		}
		p.need(";")
		return
	}
}

// function takes a function's body; the definition begins at token start.
func (p *parser) function(start int, s specifiers, d declarator) {
	f := &Func{
		Name: d.decl.Name, Ret: d.decl.Type, Params: d.params, Static: s.static, Line: p.toks[start].Line,
		Attrs: slices.Concat(s.attrs, d.decl.Attrs),
	}
	f.Ret.Fn = false
	if f.Name == "" { // SYSCALL_DEFINE1(name, ...)
		f.Name = s.t.Base
		if t := p.toks[start+1:]; len(t) > 2 && t[0].is("(") {
			f.Name += "(" + t[1].Text + ")"
		}
	}
	end := p.behind(0)
	f.Toks = p.toks[start:end]
	f.End = p.toks[end-1].Line
	p.fn = f
	f.Body = p.block()
	p.fn = nil
	if p.i != end {
		p.fail("the brackets of %s do not match", f.Name)
	}
	p.f.Funcs = append(p.f.Funcs, f)
	p.f.ByName[f.Name] = f
}
