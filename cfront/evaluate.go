package cfront

import (
	"strconv"
	"strings"
)

// evaluator computes the condition of an #if. A name that is not known is 0, as in C.
type evaluator struct {
	p     *Preprocessed
	toks  []Token
	i     int
	depth int
	bad   bool
}

// evaluate computes a condition.
func (p *Preprocessed) evaluate(toks []Token) bool {
	e := &evaluator{p: p, toks: p.expandCondition(toks)}
	v := e.conditional()
	if e.bad || e.i < len(e.toks) {
		p.problem(toks[0].Line, "a condition that cannot be read: it counts as false")
		return false
	}
	return v != 0
}

// expandCondition expands the macros of a condition, except where it asks whether they are defined.
func (p *Preprocessed) expandCondition(toks []Token) []Token {
	var out []Token
	for i := 0; i < len(toks); {
		n := 0
		switch toks[i].Text {
		case "defined", "IS_ENABLED", "IS_BUILTIN", "IS_MODULE", "IS_REACHABLE":
			n = 2
			if i+1 < len(toks) && toks[i+1].is("(") {
				n = 4
			}
			n = min(n, len(toks)-i)
			out = append(out, toks[i:i+n]...)
			i += n
			continue
		}
		n, x := p.expandAt(toks[i:], nil, 0)
		if n == 0 {
			n, x = 1, toks[i:i+1]
		}
		out = append(out, x...)
		i += n
	}
	return out
}

// next is the next token, of kind EOF behind the last.
func (e *evaluator) next() Token {
	if e.i < len(e.toks) {
		return e.toks[e.i]
	}
	return Token{}
}

func (e *evaluator) take() Token {
	t := e.next()
	e.i++
	return t
}

func (e *evaluator) eat(text string) bool {
	if e.next().is(text) {
		e.i++
		return true
	}
	return false
}

func toInt(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// deeper enters a level, and reports whether it may be entered.
func (e *evaluator) deeper() bool {
	e.depth++
	e.bad = e.bad || e.depth > deepest
	return !e.bad
}

func (e *evaluator) conditional() int64 {
	defer func() { e.depth-- }()
	if !e.deeper() {
		return 0
	}
	v := e.binary(0)
	if !e.eat("?") {
		return v
	}
	yes := e.conditional()
	e.bad = e.bad || !e.eat(":")
	no := e.conditional()
	if v != 0 {
		return yes
	}
	return no
}

func (e *evaluator) binary(above int) int64 {
	v := e.unary()
	for {
		t := e.next()
		n := precedence[t.Text]
		if t.Kind != Punct || n <= above {
			return v
		}
		e.i++
		w := e.binary(n)
		r, ok := arithmetic(t.Text, v, w)
		e.bad = e.bad || !ok
		v = r
	}
}

func (e *evaluator) unary() int64 {
	defer func() { e.depth-- }()
	if !e.deeper() {
		return 0
	}
	t := e.take()
	switch {
	case t.is("!"):
		return toInt(e.unary() == 0)
	case t.is("-"):
		return -e.unary()
	case t.is("+"):
		return e.unary()
	case t.is("~"):
		return ^e.unary()
	case t.is("("):
		v := e.conditional()
		e.bad = e.bad || !e.eat(")")
		return v
	case t.Kind == Num:
		v, ok := number(t.Text)
		e.bad = e.bad || !ok
		return v
	case t.Kind == Char:
		v, ok := character(t.Text)
		e.bad = e.bad || !ok
		return v
	case t.Kind == Ident:
		return e.word(t.Text)
	}
	e.bad = true
	return 0
}

// word is a name in a condition: a question, a symbol of the configuration, or nothing that is known.
func (e *evaluator) word(name string) int64 {
	switch name {
	case "defined":
		return toInt(e.p.defined(e.operand()))
	case "IS_ENABLED", "IS_REACHABLE", "IS_BUILTIN", "IS_MODULE":
		return e.enabled(name, e.operand())
	}
	if e.next().is("(") { // a macro of a header, or the compiler's __has_attribute(x)
		e.p.unknown(name)
		depth := 0
		for e.i < len(e.toks) {
			switch t := e.take(); {
			case t.is("("):
				depth++
			case t.is(")"):
				if depth--; depth == 0 {
					return 0
				}
			}
		}
		e.bad = true
		return 0
	}
	if !e.p.defined(name) {
		return 0
	}
	v, _ := number(e.p.cfg[name])
	return v
}

// operand is a name, in parentheses or not.
func (e *evaluator) operand() string {
	paren := e.eat("(")
	t := e.take()
	e.bad = e.bad || t.Kind != Ident || paren && !e.eat(")")
	return t.Text
}

// enabled is one of the macros of linux/kconfig.h.
func (e *evaluator) enabled(question, name string) int64 {
	e.p.asked(name)
	switch question {
	case "IS_BUILTIN":
		return toInt(e.p.cfg.Builtin(name))
	case "IS_MODULE":
		return toInt(e.p.cfg[name+"_MODULE"] == "1")
	}
	return toInt(e.p.cfg.Enabled(name))
}

// number is the value of an integer as it stands in the source.
func number(text string) (int64, bool) {
	v, err := strconv.ParseUint(strings.TrimRight(text, "uUlL"), 0, 64)
	return int64(v), err == nil
}

// character is the value of a character constant.
func character(text string) (int64, bool) {
	r, _, tail, err := strconv.UnquoteChar(strings.TrimPrefix(text, "'"), '\'')
	if text == `'\0'` {
		return 0, true
	}
	return int64(r), err == nil && tail == "'"
}

// precedence orders the binary operators; a larger number binds closer.
var precedence = map[string]int{
	"||": 1, "&&": 2, "|": 3, "^": 4, "&": 5, "==": 6, "!=": 6, "<": 7, ">": 7, "<=": 7, ">=": 7, "<<": 8, ">>": 8,
	"+": 9, "-": 9, "*": 10, "/": 10, "%": 10,
}

// arithmetic computes a binary operator; ok is false where C leaves the result undefined.
func arithmetic(op string, a, b int64) (v int64, ok bool) {
	switch op {
	case "||":
		return toInt(a != 0 || b != 0), true
	case "&&":
		return toInt(a != 0 && b != 0), true
	case "|":
		return a | b, true
	case "^":
		return a ^ b, true
	case "&":
		return a & b, true
	case "==":
		return toInt(a == b), true
	case "!=":
		return toInt(a != b), true
	case "<":
		return toInt(a < b), true
	case ">":
		return toInt(a > b), true
	case "<=":
		return toInt(a <= b), true
	case ">=":
		return toInt(a >= b), true
	case "+":
		return a + b, true
	case "-":
		return a - b, true
	case "*":
		return a * b, true
	}
	switch {
	case op == "<<" && b >= 0 && b < 64:
		return a << b, true
	case op == ">>" && b >= 0 && b < 64:
		return a >> b, true
	case op == "/" && b != 0:
		return a / b, true
	case op == "%" && b != 0:
		return a % b, true
	}
	return 0, false
}
