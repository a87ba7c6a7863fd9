package kconfig

import (
	"strconv"
	"strings"
)

// expr is an expression: a name, a text, or an operator with what it works on.
type expr struct {
	op   string // "name", "text", "!", "&&", "||", or a comparison
	name string
	x, y *expr
}

func and(x, y *expr) *expr {
	switch {
	case x == nil:
		return y
	case y == nil:
		return x
	}
	return &expr{op: "&&", x: x, y: y}
}

// holds is how far a condition holds: 0, 1 or 2 for n, m and y.
func (s *Symbols) holds(e *expr) int {
	if e == nil {
		return 2
	}
	return s.tristate(e)
}

func (s *Symbols) tristate(e *expr) int {
	switch e.op {
	case "!":
		return 2 - s.tristate(e.x)
	case "&&":
		if x := s.tristate(e.x); x > 0 {
			return min(x, s.tristate(e.y))
		}
		return 0
	case "||":
		if x := s.tristate(e.x); x < 2 {
			return max(x, s.tristate(e.y))
		}
		return 2
	case "name", "text":
		return level(s.textOf(e))
	}
	if compare(e.op, s.textOf(e.x), s.textOf(e.y)) {
		return 2
	}
	return 0
}

// textOf is the value of a name or of a text: a name that is no symbol is itself.
func (s *Symbols) textOf(e *expr) string {
	if e.op != "name" {
		if e.op == "text" {
			return e.name
		}
		return "nmy"[s.tristate(e) : s.tristate(e)+1]
	}
	if e.name == "y" || e.name == "m" || e.name == "n" {
		return e.name
	}
	if sym := s.byName[e.name]; sym != nil && (sym.kind != untyped || len(sym.selects) > 0) {
		return s.evaluate(sym)
	}
	return e.name
}

// compare compares numbers, of which one that is not set is 0, or else texts.
func compare(op, a, b string) bool {
	n, errA := strconv.ParseInt(a, 0, 64)
	m, errB := strconv.ParseInt(b, 0, 64)
	if a == "" && errB == nil {
		errA = nil
	}
	if b == "" && errA == nil {
		errB = nil
	}
	order := strings.Compare(a, b)
	if errA == nil && errB == nil {
		order = int(max(-1, min(1, n-m)))
	}
	switch op {
	case "=":
		return order == 0
	case "!=":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

// scanner cuts an expression into words.
type scanner struct {
	words []string // a text begins with a quote
	i     int
	depth int
}

func scan(line string) []string {
	var words []string
	for line = strings.TrimSpace(line); line != "" && line[0] != '#'; line = strings.TrimSpace(line) {
		n := 1
		switch {
		case line[0] == '"' || line[0] == '\'':
			for n < len(line) && line[n] != line[0] {
				if line[n] == '\\' {
					n++
				}
				n++
			}
			n = min(n, len(line))
			words = append(words, `"`+line[1:n])
			line = line[min(n+1, len(line)):]
			continue
		case strings.HasPrefix(line, "&&"), strings.HasPrefix(line, "||"), strings.HasPrefix(line, "!="),
			strings.HasPrefix(line, "<="), strings.HasPrefix(line, ">="):
			n = 2
		case !strings.ContainsRune("!=<>()", rune(line[0])):
			for n < len(line) && !strings.ContainsRune(" \t!=<>()&|\"#", rune(line[n])) {
				n++
			}
		}
		words = append(words, line[:n])
		line = line[n:]
	}
	return words
}

func (s *scanner) next() string {
	if s.i < len(s.words) {
		return s.words[s.i]
	}
	return ""
}

// expr takes an expression, nil if there is none.
func (s *scanner) expr() *expr { return s.or() }

func (s *scanner) or() *expr {
	x := s.and()
	for s.next() == "||" {
		s.i++
		y := s.and()
		if x == nil || y == nil {
			return nil
		}
		x = &expr{op: "||", x: x, y: y}
	}
	return x
}

func (s *scanner) and() *expr {
	x := s.compare()
	for s.next() == "&&" {
		s.i++
		y := s.compare()
		if x == nil || y == nil {
			return nil
		}
		x = &expr{op: "&&", x: x, y: y}
	}
	return x
}

func (s *scanner) compare() *expr {
	x := s.unary()
	switch op := s.next(); op {
	case "=", "!=", "<", "<=", ">", ">=":
		s.i++
		y := s.unary()
		if x == nil || y == nil {
			return nil
		}
		return &expr{op: op, x: x, y: y}
	}
	return x
}

func (s *scanner) unary() *expr {
	if s.depth++; s.depth > 200 {
		return nil
	}
	defer func() { s.depth-- }()
	w := s.next()
	switch w {
	case "", ")", "&&", "||", "=", "!=", "<", ">", "<=", ">=":
		return nil
	}
	s.i++
	switch w {
	case "!":
		if x := s.unary(); x != nil {
			return &expr{op: "!", x: x}
		}
		return nil
	case "(":
		x := s.or()
		if s.next() != ")" {
			return nil
		}
		s.i++
		return x
	}
	if w[0] == '"' {
		return &expr{op: "text", name: w[1:]}
	}
	return &expr{op: "name", name: w}
}
