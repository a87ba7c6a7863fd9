package cfront

import (
	"fmt"
	"strings"
)

// specifiers are what a declaration begins with.
type specifiers struct {
	t       Type
	static  bool
	typedef bool
	attrs   []string
}

// specifiers takes those of a declaration.
func (p *parser) specifiers() specifiers {
	defer p.enter()()
	var s specifiers
	for p.specifier(&s) {
	}
	return s
}

// specifier takes one, and reports whether there was one.
func (p *parser) specifier(s *specifiers) bool {
	w := p.tok()
	switch {
	case w.Kind != Ident || keywords[w.Text]:
		return false
	case w.Text == "static":
		s.static = true
		p.skip(1)
	case w.Text == "typedef":
		s.typedef = true
		p.skip(1)
	case storage[w.Text] || w.Text == "const" || w.Text == "volatile":
		s.attrs = append(s.attrs, w.Text)
		p.skip(1)
	case w.Text == "__attribute__":
		s.attrs = append(s.attrs, p.attributeText())
	case strings.Contains(w.Text, "typeof") && p.at(1).is("("):
		s.t.Base = "typeof" + p.groupText(1)
		p.skip(1)
		p.skipGroup()
	case w.Text == "struct" || w.Text == "union" || w.Text == "enum":
		p.aggregate(&s.t)
	case basics[w.Text]:
		s.t.Base = strings.TrimSpace(s.t.Base + " " + w.Text)
		p.skip(1)
	default:
		return p.namedSpecifier(s, w)
	}
	return true
}

// namedSpecifier takes a word that may be the name of a type, an attribute, or what is declared.
func (p *parser) namedSpecifier(s *specifiers, w Token) bool {
	next, third := p.at(1), p.at(2)
	isAttr := attribute(w.Text) && (next.Kind == Ident || next.is("*"))
	switch {
	case p.attributeCall():
		s.attrs = append(s.attrs, p.attributeText())
	case s.t.Base == "" && isAttr && next.Kind == Ident && (typeWords[next.Text] || storage[next.Text] ||
		third.Kind == Ident || third.is("*")):
		s.attrs = append(s.attrs, w.Text)
		p.skip(1)
	case s.t.Base == "" && next.Kind == Ident && (typeWords[next.Text] && next.Text != "const" || storage[next.Text]):
		s.attrs = append(s.attrs, w.Text)
		p.skip(1)
	case s.t.Base == "":
		s.t.Base = w.Text
		p.skip(1)
	case isAttr && !trailing[next.Text]:
		s.attrs = append(s.attrs, w.Text)
		p.skip(1)
	case next.Kind == Ident && !attribute(next.Text) && third.is("("): // an attribute that does not look like one
		s.attrs = append(s.attrs, w.Text)
		p.skip(1)
	default:
		return false
	}
	return true
}

// attributeCall reports whether an attribute with parentheses is next, as __printf(1, 2) before a name, and no function
// whose name looks like one.
func (p *parser) attributeCall() bool {
	t := p.tok()
	if t.Kind != Ident || !attribute(t.Text) || !p.at(1).is("(") {
		return false
	}
	next := p.toks[p.behind(1)]
	return next.Kind == Ident && (!attribute(next.Text) || leading[t.Text]) || next.is("*") && leading[t.Text]
}

// groupText is the text of the bracket k behind the next token, with all in it.
func (p *parser) groupText(k int) string {
	var s strings.Builder
	for _, t := range p.toks[min(p.i+k, len(p.toks)-1):p.behind(k)] {
		s.WriteString(t.Text)
	}
	return s.String()
}

// attributeText takes an attribute, with its parentheses if it has some.
func (p *parser) attributeText() string {
	text := p.tok().Text
	p.skip(1)
	if p.is("(") {
		text += p.groupText(0)
		p.skipGroup()
	}
	return text
}

// aggregate takes a struct, a union or an enum, with what it consists of if that is there.
func (p *parser) aggregate(t *Type) {
	keyword, line := p.tok().Text, p.tok().Line
	p.skip(1)
	for attribute(p.tok().Text) && p.tok().Kind == Ident &&
		(p.at(1).Kind == Ident || p.at(1).is("{") || p.at(1).is("(")) {
		p.attributeText()
	}
	tag := ""
	if p.tok().Kind == Ident && !keywords[p.tok().Text] {
		tag = p.tok().Text
		p.skip(1)
	}
	t.Base = strings.TrimSpace(keyword + " " + tag)
	t.Union = keyword == "union"
	if !p.is("{") {
		if tag == "" {
			p.fail("%s behind %s", p.tok(), keyword)
		}
		return
	}
	p.skip(1)
	if keyword == "enum" {
		p.enumerators(t.Base)
		return
	}
	if tag == "" {
		t.Base = fmt.Sprintf("%s at line %d", keyword, line)
	}
	p.f.Structs[t.Base] = p.fields()
	for p.tok().Kind == Ident && attribute(p.tok().Text) {
		p.attributeText()
	}
}

// enumerators takes the constants of an enum, behind its "{". Those whose value cannot be told are left out, and said.
func (p *parser) enumerators(enum string) {
	next, known := int64(0), true
	for !p.eat("}") {
		c := Enumerator{Line: p.tok().Line, Enum: enum, Name: p.ident()}
		if p.eat("=") {
			next, known = Const(p.assign(), p.f.Enums)
		}
		if known {
			c.Value = next
			next++
			p.f.Enums[c.Name] = c.Value
			p.f.Consts = append(p.f.Consts, c)
		} else {
			p.f.Problems = append(p.f.Problems, Problem{Line: c.Line, Text: "the value of " + c.Name + " is not known"})
		}
		if !p.eat(",") && !p.is("}") {
			p.fail("%s in an enum", p.tok())
		}
	}
}

// fields takes those of a struct or a union, behind its "{".
func (p *parser) fields() []*Decl {
	var list []*Decl
	for !p.eat("}") {
		if p.eat(";") {
			continue
		}
		if t := p.tok(); t.Kind == Ident && p.at(1).is("(") && !typeWords[t.Text] { // DECLARE_BITMAP(name, bits);
			d := &Decl{Line: t.Line, Macro: t.Text}
			call := p.postfix(1)
			d.Args = call.Args
			if len(d.Args) > 0 {
				d.Name, d.Type = d.Args[0].Name, Type{Base: d.Macro}
			}
			list = append(list, d)
			p.eat(";")
			continue
		}
		s := p.specifiers()
		if p.eat(";") { // an anonymous struct or union
			list = append(list, &Decl{Type: s.t, Fields: p.f.Structs[s.t.Base]})
			continue
		}
		for {
			line := p.tok().Line
			d := p.declarator(s.t).decl
			d.Line = line
			if p.eat(":") { // a bit field
				p.cond()
			}
			list = append(list, d)
			if !p.eat(",") {
				break
			}
		}
		p.need(";")
	}
	return list
}

// declarator is what stands behind the specifiers.
type declarator struct {
	decl     *Decl
	params   []*Decl
	function bool // it declares a function, not a pointer to one
}

// declarator takes one: pointers, a name, dimensions, parameters, attributes.
func (p *parser) declarator(base Type) declarator {
	defer p.enter()()
	d := declarator{decl: &Decl{Type: base, Line: p.tok().Line}}
	for p.pointer(d.decl) {
	}
	switch {
	case p.is("(") && (p.at(1).is("*") || attribute(p.at(1).Text) && p.at(2).is("*")):
		p.functionPointer(d.decl)
	case p.tok().Kind == Ident && !keywords[p.tok().Text]:
		d.decl.Name = p.ident()
	}
	for {
		switch {
		case p.is("["):
			p.skipGroup()
			d.decl.Type.Array++
		case p.is("(") && !d.decl.Type.Fn:
			d.function, d.decl.Type.Fn = true, true
			d.params = p.params()
		default:
			for p.tok().Kind == Ident && !keywords[p.tok().Text] {
				d.decl.Attrs = append(d.decl.Attrs, p.attributeText())
			}
			return d
		}
	}
}

// pointer takes a "*", or a qualifier or an attribute before the name.
func (p *parser) pointer(d *Decl) bool {
	t, next := p.tok(), p.at(1)
	switch {
	case t.is("*"):
		d.Type.Stars++
		p.skip(1)
	case t.Text == "const" || t.Text == "volatile" || t.Text == "restrict" || t.Text == "__restrict":
		p.skip(1)
	case t.Kind == Ident && attribute(t.Text) && (next.Kind == Ident && !trailing[next.Text] || next.is("*")):
		d.Attrs = append(d.Attrs, t.Text)
		p.skip(1)
	case p.attributeCall():
		d.Attrs = append(d.Attrs, p.attributeText())
	default:
		return false
	}
	return true
}

// functionPointer takes (*name)(parameters), of which the parameters are left out.
func (p *parser) functionPointer(d *Decl) {
	p.need("(")
	for p.pointer(d) {
	}
	d.Type.Stars = 0
	if p.tok().Kind == Ident {
		d.Name = p.ident()
	}
	for p.is("[") {
		p.skipGroup()
		d.Type.Array++
	}
	if p.is("(") { // a function that returns a pointer to a function
		p.skipGroup()
	}
	p.need(")")
	d.Type.Fn = true
	if p.is("(") {
		p.skipGroup()
	}
}

// params takes a list of parameters.
func (p *parser) params() []*Decl {
	p.need("(")
	var list []*Decl
	for !p.eat(")") {
		if p.eat("...") {
			continue
		}
		s := p.specifiers()
		if s.t.Base == "" {
			p.fail("%s in a list of parameters", p.tok())
		}
		if d := p.declarator(s.t).decl; d.Name != "" {
			list = append(list, d)
		}
		if !p.eat(",") && !p.is(")") {
			p.fail("%s in a list of parameters", p.tok())
		}
	}
	return list
}

// initializer takes an expression, or a list in braces.
func (p *parser) initializer() *Expr {
	if !p.is("{") {
		return p.assign()
	}
	defer p.enter()()
	e := &Expr{Op: Init, Line: p.tok().Line}
	p.skip(1)
	for !p.eat("}") {
		line := p.tok().Line
		target := p.designator()
		if target != nil {
			p.need("=")
		}
		v := p.initializer()
		if target != nil {
			v = &Expr{Op: Set, X: target, Y: v, Line: line}
		}
		e.Args = append(e.Args, v)
		if !p.eat(",") && !p.is("}") {
			p.fail("%s in an initializer", p.tok())
		}
	}
	return e
}

// designator takes .name and [index] and any row of them, nil if there is none.
func (p *parser) designator() *Expr {
	var e *Expr
	for p.is(".") || p.is("[") {
		e = &Expr{Op: Desig, X: e, Line: p.tok().Line}
		if p.eat(".") {
			e.Name = p.ident()
			continue
		}
		p.skip(1)
		e.Y = p.assign()
		if p.eat("...") {
			e.Z = p.assign()
		}
		p.need("]")
	}
	return e
}
