package cfront

import (
	"slices"
	"strconv"
	"strings"
)

// deepest is how deep anything may be nested: brackets, macros, conditions.
const deepest = 250

// macro is a definition.
type macro struct {
	name     string
	function bool
	variadic bool // the last parameter takes all that is left
	params   []string
	body     []Token
}

// newMacro reads what stands behind the name of a definition, or says what is wrong with it. A macro with parameters
// has its "(" right behind its name.
func newMacro(name string, d []Token) (*macro, string) {
	m := &macro{name: name, body: d}
	if len(d) == 0 || !d[0].is("(") || d[0].spaced {
		return m, ""
	}
	m.function = true
	for i := 1; i < len(d); i++ {
		switch t := d[i]; {
		case t.is(")"):
			m.body = d[i+1:]
			return m, ""
		case t.Kind == Ident:
			m.params = append(m.params, t.Text)
		case t.is("..."):
			m.variadic = true
			if d[i-1].Kind != Ident {
				m.params = append(m.params, "__VA_ARGS__")
			}
		case !t.is(","):
			return nil, strconv.Quote(t.Text) + " in a list of parameters"
		}
	}
	return nil, "the list of parameters does not end"
}

// spend takes n from what may be expanded, and reports whether there was so much left.
func (p *Preprocessed) spend(line, n int) bool {
	if p.budget <= 0 {
		return false
	}
	if p.budget -= n; p.budget > 0 {
		return true
	}
	p.problem(line, "macros expand to too much: from here on they stay as they are")
	return false
}

// expandAt expands the macro that the tokens begin with: how many of them it takes, 0 if there is none, and what it
// becomes. The macros in hide are being expanded.
func (p *Preprocessed) expandAt(toks []Token, hide []string, depth int) (int, []Token) {
	t := toks[0]
	if t.Kind != Ident {
		return 0, nil
	}
	m := p.macros[t.Text]
	if m == nil || slices.Contains(hide, t.Text) || depth > deepest || !p.spend(t.Line, 1) {
		return 0, nil
	}
	n := 1
	var args [][]Token
	if m.function {
		if n, args = p.arguments(m, toks); n == 0 {
			return 0, nil
		}
	}
	x := &expansion{p: p, m: m, args: args, line: t.Line, hide: hide, depth: depth}
	out := x.substitute()
	return n, p.expand(out, append(hide[:len(hide):len(hide)], m.name), depth+1)
}

// expand expands all macros in a list of tokens.
func (p *Preprocessed) expand(toks []Token, hide []string, depth int) []Token {
	var out []Token
	for i := 0; i < len(toks); {
		if n, x := p.expandAt(toks[i:], hide, depth); n > 0 {
			out = append(out, x...)
			i += n
			continue
		}
		out = append(out, toks[i])
		i++
	}
	return out
}

// arguments are those of a macro's use: how many tokens the use has, 0 if there is no list or it does not end.
func (p *Preprocessed) arguments(m *macro, toks []Token) (int, [][]Token) {
	if len(toks) < 2 || !toks[1].is("(") {
		return 0, nil
	}
	var args [][]Token
	depth, from := 0, 2
	for i := 1; i < len(toks) && p.spend(toks[0].Line, 1); i++ {
		switch t := toks[i]; {
		case t.bol && t.is("#"): // a directive inside the use of a macro: nobody writes that
			return 0, nil
		case t.is("("):
			depth++
		case t.is(")"):
			if depth--; depth == 0 {
				return i + 1, append(args, toks[from:i])
			}
		case t.is(",") && depth == 1 && (!m.variadic || len(args) < len(m.params)-1):
			args = append(args, toks[from:i])
			from = i + 1
		}
	}
	return 0, nil
}

// expansion is the expansion of a use of a macro.
type expansion struct {
	p     *Preprocessed
	m     *macro
	args  [][]Token
	line  int
	hide  []string
	depth int
	out   []Token
}

// arg is the argument for a parameter, as it was written; ok tells whether the token is a parameter.
func (x *expansion) arg(t Token) (toks []Token, ok bool) {
	i := slices.Index(x.m.params, t.Text)
	if t.Kind != Ident || i < 0 {
		return nil, false
	}
	if i < len(x.args) {
		toks = x.args[i]
	}
	return toks, true
}

func (x *expansion) add(toks ...Token) {
	for _, t := range toks {
		if !x.p.spend(x.line, 1+len(t.Text)/16) {
			return
		}
		t.Line, t.bol = x.line, false
		x.out = append(x.out, t)
	}
}

// substitute puts the arguments into the body.
func (x *expansion) substitute() []Token {
	body := x.m.body
	for i := 0; i < len(body); i++ {
		t := body[i]
		next := Token{}
		if i+1 < len(body) {
			next = body[i+1]
		}
		raw, isParam := x.arg(t)
		switch {
		case t.is("##") && len(x.out) > 0 && i+1 < len(body):
			x.paste(next)
			i++
		case t.is("#") && x.m.function && next.Kind == Ident:
			raw, ok := x.arg(next)
			if !ok {
				x.add(t)
				continue
			}
			x.add(Token{Kind: Str, Text: quote(raw)})
			i++
		case isParam && next.is("##"):
			x.add(raw...)
			if len(raw) == 0 {
				x.add(Token{Kind: Ident}) // what is pasted to nothing stays as it is
			}
		case isParam:
			x.add(x.p.expand(raw, x.hide, x.depth+1)...)
		default:
			x.add(t)
		}
	}
	return slices.DeleteFunc(x.out, func(t Token) bool { return t.Text == "" })
}

// paste is ##: the last token becomes one with the next. A comma before an empty argument goes away.
func (x *expansion) paste(next Token) {
	raw, ok := x.arg(next)
	if !ok {
		raw = []Token{next}
	}
	last := &x.out[len(x.out)-1]
	switch {
	case last.is(",") && len(raw) == 0:
		x.out = x.out[:len(x.out)-1]
	case last.is(",") || len(raw) == 0:
		x.add(raw...)
	case x.p.spend(x.line, 1+(len(last.Text)+len(raw[0].Text))/16):
		last.Text += raw[0].Text
		if last.Kind != Num {
			last.Kind = max(last.Kind, Ident)
		}
		x.add(raw[1:]...)
	}
}

// quote is # before a parameter.
func quote(toks []Token) string {
	var s strings.Builder
	for i, t := range toks {
		if i > 0 && t.spaced {
			s.WriteByte(' ')
		}
		s.WriteString(t.Text)
	}
	return strconv.Quote(s.String())
}
