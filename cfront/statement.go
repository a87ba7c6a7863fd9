package cfront

import "strings"

// block takes a block. A statement that cannot be read becomes a Bad one.
func (p *parser) block() *Stmt {
	defer p.enter()()
	s := &Stmt{Op: Block, Line: p.tok().Line}
	p.need("{")
	for !p.is("}") {
		if p.tok().Kind == EOF {
			p.fail("the file ends in a block")
		}
		s.List = append(s.List, p.statementOrBad())
	}
	s.End = p.tok().Line
	p.skip(1)
	return s
}

// statementOrBad takes a statement, or leaves out one that cannot be read and says so.
func (p *parser) statementOrBad() *Stmt {
	start := p.i
	var s *Stmt
	problem := p.attempt(func() { s = p.statement() })
	if problem == nil && p.i > start {
		return s
	}
	if problem == nil {
		problem = &Problem{Line: p.tok().Line, Text: p.tok().String() + " begins no statement"}
	}
	p.f.Problems = append(p.f.Problems, *problem)
	p.i = start
	s = &Stmt{Op: Bad, Line: p.tok().Line, Text: problem.Text}
	p.resumeInBlock()
	s.End = p.toks[p.i-1].Line
	if p.fn != nil {
		p.fn.Bad = append(p.fn.Bad, s)
	}
	return s
}

// resumeInBlock goes on behind the next ";" or block, or before the "}" that closes this one.
func (p *parser) resumeInBlock() {
	for first := true; p.tok().Kind != EOF; first = false {
		switch {
		case p.is("{"):
			p.skipGroup()
			if !p.is("else") && !p.is("while") && !p.is(";") && !p.is(")") {
				return
			}
		case p.is("("), p.is("["):
			p.skipGroup()
		case p.eat(";"):
			return
		case p.is("}") && !first:
			return
		default:
			p.skip(1)
		}
	}
}

// declares reports whether the statement that begins here is a declaration.
func (p *parser) declares() bool {
	t := p.tok()
	if t.Kind != Ident || keywords[t.Text] {
		return false
	}
	if typeWords[t.Text] || storage[t.Text] || p.typedefs[t.Text] && !p.at(1).is("(") {
		return true
	}
	j := 1
	for p.at(j).is("*") || p.at(j).is("const") || p.at(j).Kind == Ident && attribute(p.at(j).Text) &&
		p.at(j+1).is("*") {
		j++
	}
	if p.at(j).Kind != Ident || keywords[p.at(j).Text] {
		return strings.HasSuffix(t.Text, "_t") && p.at(1).is("(") && p.at(2).is("*") // T (*name)(...)
	}
	next := p.at(j + 1)
	if next.Kind == Punct {
		switch next.Text {
		case "=", ";", ",", "[":
			return true
		}
	}
	return next.Kind == Ident && attribute(next.Text) // T name __free(kfree) = ...
}

// statement takes a statement.
func (p *parser) statement() *Stmt {
	defer p.enter()()
	t := p.tok()
	s := &Stmt{Line: t.Line}
	switch {
	case p.is("{"):
		return p.block()
	case p.eat(";"):
		s.Op = Empty
		return s
	case t.Kind == Ident && keywords[t.Text] && t.Text != "sizeof":
		return p.keyword()
	case t.Kind == Ident && p.at(1).is(":"):
		s.Op, s.Label = Label, t.Text
		p.skip(2)
		return s
	case p.macroDeclares():
		p.storageWords()
	case p.declares():
		p.declaration(s)
		return s
	}
	if p.tok().Kind == Ident && p.at(1).is("(") {
		if n := p.toks[p.behind(1)]; n.is("{") || n.Kind == Ident && n.Text != "__attribute__" { // a macro with a body
			s.Op = Macro
			s.X = p.postfix(1)
			s.Body = p.statement()
			return s
		}
	}
	s.Op = ExprStmt
	s.X = p.expr()
	if !p.eat(";") {
		p.fail("%s behind an expression", p.tok())
	}
	return s
}

// macroDeclares reports whether a macro declares here what is static: static DEFINE_MUTEX(x);
func (p *parser) macroDeclares() bool {
	j := 0
	for storage[p.at(j).Text] {
		j++
	}
	t := p.at(j)
	return j > 0 && t.Kind == Ident && !typeWords[t.Text] && !keywords[t.Text] && p.at(j+1).is("(") &&
		p.toks[p.behind(j+1)].is(";")
}

func (p *parser) storageWords() {
	for storage[p.tok().Text] {
		p.skip(1)
	}
}

// declaration takes a declaration inside a function.
func (p *parser) declaration(s *Stmt) {
	s.Op = DeclStmt
	spec := p.specifiers()
	if spec.t.Base == "" {
		p.fail("%s where a type was expected", p.tok())
	}
	for !p.is(";") {
		line := p.tok().Line
		d := p.declarator(spec.t).decl
		if d.Name == "" {
			p.fail("%s in a declaration", p.tok())
		}
		d.Static, d.Line = spec.static, line
		if p.eat("=") {
			d.Init = p.initializer()
		}
		s.Decls = append(s.Decls, d)
		if !p.eat(",") && !p.is(";") {
			p.fail("%s in a declaration", p.tok())
		}
	}
	p.skip(1)
}

// parenthesized takes an expression in parentheses.
func (p *parser) parenthesized() *Expr {
	p.need("(")
	e := p.expr()
	p.need(")")
	return e
}

// keyword takes a statement that begins with one.
func (p *parser) keyword() *Stmt {
	s := &Stmt{Line: p.tok().Line, Op: p.tok().Text}
	p.skip(1)
	switch s.Op {
	case If:
		s.X = p.parenthesized()
		s.Body = p.statement()
		if p.eat("else") {
			s.Else = p.statement()
		}
	case While, Switch:
		s.X = p.parenthesized()
		s.Body = p.statement()
	case Do:
		s.Body = p.statement()
		p.need("while")
		s.X = p.parenthesized()
		p.need(";")
	case For:
		p.forHeader(s)
		s.Body = p.statement()
	case Case:
		s.X = p.cond()
		if p.eat("...") {
			s.To = p.cond()
		}
		p.need(":")
	case Default:
		p.need(":")
	case Return:
		if !p.is(";") {
			s.X = p.expr()
		}
		p.need(";")
	case Goto:
		s.Label = p.ident()
		p.need(";")
	case Break, Continue:
		p.need(";")
	case Asm, "__asm__":
		s.Op = Asm
		for p.tok().Kind == Ident {
			p.skip(1)
		}
		s.Text = p.groupText(0)
		if !p.is("(") {
			p.fail("%s behind asm", p.tok())
		}
		p.skipGroup()
		p.need(";")
	default:
		p.fail("%q begins no statement", s.Op)
	}
	return s
}

// forHeader takes what stands in the parentheses of a for.
func (p *parser) forHeader(s *Stmt) {
	p.need("(")
	if p.declares() {
		s.InitDecl = &Stmt{Line: p.tok().Line}
		p.declaration(s.InitDecl)
	} else {
		if !p.is(";") {
			s.Init = p.expr()
		}
		p.need(";")
	}
	if !p.is(";") {
		s.X = p.expr()
	}
	p.need(";")
	if !p.is(")") {
		s.Post = p.expr()
	}
	p.need(")")
}
