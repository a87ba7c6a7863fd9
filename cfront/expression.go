package cfront

import "strings"

// expr takes an expression, commas and all.
func (p *parser) expr() *Expr {
	e := p.assign()
	for p.is(",") {
		line := p.tok().Line
		p.skip(1)
		e = &Expr{Op: Comma, X: e, Y: p.assign(), Line: line}
	}
	return e
}

var assignments = words("= += -= *= /= %= &= |= ^= <<= >>=")

// assign takes an expression without a comma.
func (p *parser) assign() *Expr {
	defer p.enter()()
	e := p.cond()
	t := p.tok()
	if t.Kind != Punct || !assignments[t.Text] {
		return e
	}
	switch e.Op {
	case Id, Dot, Arrow, Index, CallOp, Raw, StmtExpr: // a call may be a macro's, as per_cpu(x, cpu)
	case Unary:
		if e.Name != "*" {
			p.fail("%.60s cannot be assigned to", e)
		}
	default:
		p.fail("%.60s cannot be assigned to", e)
	}
	p.skip(1)
	return &Expr{Op: Assign, Name: t.Text, X: e, Y: p.initializer(), Line: t.Line}
}

// cond takes an expression without a comma and an assignment.
func (p *parser) cond() *Expr {
	defer p.enter()()
	e := p.binary(0)
	if !p.is("?") {
		return e
	}
	c := &Expr{Op: CondOp, X: e, Line: p.tok().Line}
	p.skip(1)
	if !p.is(":") {
		c.Y = p.expr()
	}
	p.need(":")
	c.Z = p.cond()
	return c
}

// binary takes operators that bind closer than above.
func (p *parser) binary(above int) *Expr {
	e := p.unary()
	for {
		t := p.tok()
		n := precedence[t.Text]
		if t.Kind != Punct || n <= above {
			return e
		}
		p.skip(1)
		e = &Expr{Op: Binary, Name: t.Text, X: e, Y: p.binary(n), Line: t.Line}
	}
}

// typeAt reports whether the name of a type begins k behind the next token, where a parenthesis was opened.
func (p *parser) typeAt(k int) bool {
	t := p.at(k)
	if t.Kind != Ident || keywords[t.Text] {
		return false
	}
	if typeWords[t.Text] || p.typedefs[t.Text] {
		return true
	}
	j := k + 1
	for p.at(j).is("*") || p.at(j).Kind == Ident && attribute(p.at(j).Text) {
		j++
	}
	return p.at(j).is(")") && (p.at(j-1).is("*") || strings.HasSuffix(t.Text, "_t"))
}

// typeName takes the name of a type.
func (p *parser) typeName() *Type {
	s := p.specifiers()
	d := p.declarator(s.t)
	return &d.decl.Type
}

// unary takes an operator before an expression, a cast or a sizeof.
func (p *parser) unary() *Expr {
	defer p.enter()()
	t := p.tok()
	switch {
	case t.Kind == Punct && strings.Contains(" ++ -- ! ~ - + * & && ", " "+t.Text+" "):
		p.skip(1)
		return &Expr{Op: Unary, Name: t.Text, X: p.unary(), Line: t.Line}
	case t.is("(") && p.typeAt(1):
		p.skip(1)
		e := &Expr{Op: Cast, Type: p.typeName(), Line: t.Line}
		p.need(")")
		if p.is("{") {
			e.X = p.initializer()
		} else {
			e.X = p.unary()
		}
		return e
	case t.is("sizeof"):
		p.skip(1)
		e := &Expr{Op: Sizeof, Line: t.Line}
		if p.is("(") && p.typeAt(1) {
			p.skip(1)
			e.Type = p.typeName()
			p.need(")")
		} else {
			e.X = p.unary()
		}
		return e
	}
	return p.postfix(-1)
}

// postfix takes an operand with at most n operators behind it, any number of them if n is negative.
func (p *parser) postfix(n int) *Expr {
	e := p.primary()
	for ; n != 0; n-- {
		t := p.tok()
		if t.Kind != Punct {
			return e
		}
		switch t.Text {
		case "(":
			e = &Expr{Op: CallOp, X: e, Args: p.args(), Line: t.Line}
		case "[":
			p.skip(1)
			e = &Expr{Op: Index, X: e, Y: p.expr(), Line: t.Line}
			p.need("]")
		case ".", "->":
			p.skip(1)
			e = &Expr{Op: t.Text, X: e, Name: p.ident(), Line: t.Line}
		case "++", "--":
			p.skip(1)
			e = &Expr{Op: Post, Name: t.Text, X: e, Line: t.Line}
		default:
			return e
		}
	}
	return e
}

// args takes a list of arguments.
func (p *parser) args() []*Expr {
	p.need("(")
	var list []*Expr
	for !p.eat(")") {
		list = append(list, p.arg())
		if !p.eat(",") && !p.is(")") {
			p.fail("%s in a list of arguments", p.tok())
		}
	}
	return list
}

// arg takes an argument. That of a macro may be a type, or anything.
func (p *parser) arg() *Expr {
	start, t := p.i, p.tok()
	problems := len(p.f.Problems)
	var bad int
	if p.fn != nil {
		bad = len(p.fn.Bad)
	}
	var e *Expr
	problem := p.attempt(func() {
		if typeWords[t.Text] && !strings.Contains(t.Text, "typeof") {
			e = &Expr{Op: TypeArg, Type: p.typeName(), Line: t.Line}
		} else {
			e = p.assign()
		}
		if !p.is(",") && !p.is(")") {
			p.fail("%s behind an argument", p.tok())
		}
	})
	if problem == nil {
		return e
	}
	p.i = start
	p.f.Problems = p.f.Problems[:problems] // what is kept as text is not left out
	if p.fn != nil {
		p.fn.Bad = p.fn.Bad[:bad]
	}
	return &Expr{Op: Raw, Name: p.rawText(), Line: t.Line}
}

// rawText takes an argument as it is written.
func (p *parser) rawText() string {
	var s strings.Builder
	add := func(text string) {
		if s.Len() > 0 && text != "" && inWord(text[0]) && inWord(s.String()[s.Len()-1]) {
			s.WriteByte(' ')
		}
		s.WriteString(text)
	}
	for !p.is(",") && !p.is(")") && p.tok().Kind != EOF {
		if p.is("(") || p.is("{") || p.is("[") {
			add(p.groupText(0))
			p.skipGroup()
			continue
		}
		add(p.tok().Text)
		p.skip(1)
	}
	return s.String()
}

// primary takes an operand.
func (p *parser) primary() *Expr {
	t := p.tok()
	e := &Expr{Name: t.Text, Line: t.Line}
	switch {
	case t.Kind == Str || t.Kind == Ident && !keywords[t.Text] && p.at(1).Kind == Str: // KERN_INFO "..."
		e.Op = StrLit
		e.Name = p.strings()
	case t.Kind == Ident && !keywords[t.Text]:
		p.skip(1)
		e.Op = Id
	case t.Kind == Num || t.Kind == Char:
		p.skip(1)
		e.Op = NumLit
	case p.is("(") && p.at(1).is("{"):
		p.skip(1)
		e.Op, e.Name = StmtExpr, ""
		e.Body = p.block()
		p.need(")")
	case p.is("("):
		return p.parenthesized()
	default:
		p.fail("%s in an expression", t)
	}
	return e
}

// strings takes string literals in a row, and the macros between them.
func (p *parser) strings() string {
	var parts []string
	for p.tok().Kind == Str || p.tok().Kind == Ident && p.at(1).Kind == Str ||
		p.tok().Kind == Ident && len(parts) > 0 && !keywords[p.tok().Text] {
		parts = append(parts, p.tok().Text)
		p.skip(1)
	}
	return strings.Join(parts, " ")
}

// Const is the value of a constant expression, in which the names in enums are known, and the kernel's BIT.
func Const(e *Expr, enums map[string]int64) (int64, bool) {
	switch e.Op {
	case NumLit:
		if strings.HasPrefix(e.Name, "'") {
			return character(e.Name)
		}
		return number(e.Name)
	case Id:
		v, ok := enums[e.Name]
		return v, ok
	case Unary:
		v, ok := Const(e.X, enums)
		switch e.Name {
		case "-":
			return -v, ok
		case "+":
			return v, ok
		case "~":
			return ^v, ok
		case "!":
			return toInt(v == 0), ok
		}
	case Binary:
		a, okA := Const(e.X, enums)
		b, okB := Const(e.Y, enums)
		v, ok := arithmetic(e.Name, a, b)
		return v, ok && okA && okB
	case CallOp:
		if name := e.Callee(); (name == "BIT" || name == "BIT_ULL") && len(e.Args) == 1 {
			n, ok := Const(e.Args[0], enums)
			v, fits := arithmetic("<<", 1, n)
			return v, ok && fits
		}
	case CondOp:
		v, ok := Const(e.X, enums)
		if ok && v != 0 && e.Y != nil {
			return Const(e.Y, enums)
		}
		if ok && v == 0 {
			return Const(e.Z, enums)
		}
	}
	return 0, false
}
