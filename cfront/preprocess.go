package cfront

import (
	"fmt"
	"slices"
	"strings"
)

// Preprocessed is a file after its conditionals were decided and its own macros expanded.
type Preprocessed struct {
	Tokens   []Token  // the last one is of kind EOF
	Includes []string // what #include names, with its quotes or brackets
	Macros   []string // what the file itself defines, in the order of the definitions
	Asked    []string // the CONFIG_ symbols that it depends on, in the order in which they are asked for
	Unknown  []string // other names that a condition asks for and nobody defines: they count as not defined, and as 0
	Problems []Problem

	cfg    Config
	macros map[string]*macro
	budget int // how much more may be expanded
	seen   map[string]bool
}

// condition is an #if and what has come of it.
type condition struct {
	active bool // this branch is read
	taken  bool // this branch or one before it was
	parent bool // what is around it is read
	line   int
}

// Preprocess decides a text's conditionals by a configuration and expands the macros that it defines. Macros of headers
// stay as they are.
func Preprocess(src string, cfg Config) *Preprocessed {
	p := &Preprocessed{cfg: cfg, macros: map[string]*macro{}, seen: map[string]bool{}}
	toks, bad := lex(src)
	p.Problems = bad
	p.budget = 16*len(toks) + 100_000
	p.Tokens = make([]Token, 0, len(toks)+1)
	var stack []condition
	active := true
	for i := 0; i < len(toks); {
		if toks[i].bol && toks[i].is("#") {
			j := i + 1
			for j < len(toks) && !toks[j].bol {
				j++
			}
			stack, active = p.directive(toks[i+1:j], stack, active)
			i = j
			continue
		}
		if !active {
			i++
			continue
		}
		if n, out := p.expandAt(toks[i:], nil, 0); n > 0 {
			p.Tokens = append(p.Tokens, out...)
			i += n
			continue
		}
		p.Tokens = append(p.Tokens, toks[i])
		i++
	}
	for _, c := range stack {
		p.problem(c.line, "a condition without an #endif")
	}
	last := 1
	if len(toks) > 0 {
		last = toks[len(toks)-1].Line
	}
	for _, t := range p.Tokens {
		if t.Kind == Ident && strings.HasPrefix(t.Text, "CONFIG_") {
			p.asked(t.Text)
		}
	}
	p.Tokens = append(p.Tokens, Token{Kind: EOF, Line: last})
	return p
}

func (p *Preprocessed) problem(line int, format string, a ...any) {
	p.Problems = append(p.Problems, Problem{Line: line, Text: fmt.Sprintf(format, a...)})
}

// asked notes that the text depends on a symbol.
func (p *Preprocessed) asked(name string) {
	if !p.seen[name] {
		p.seen[name] = true
		p.Asked = append(p.Asked, name)
	}
}

// unknown notes that a condition asks for a name that nobody defines.
func (p *Preprocessed) unknown(name string) {
	if !p.seen[name] {
		p.seen[name] = true
		p.Unknown = append(p.Unknown, name)
	}
}

// directive obeys the line d, of which the "#" was taken away, and returns the open conditions and whether the text
// that follows is read.
func (p *Preprocessed) directive(d []Token, stack []condition, active bool) ([]condition, bool) {
	if len(d) == 0 {
		return stack, active
	}
	word, rest := d[0], d[1:]
	switch word.Text {
	case "if", "ifdef", "ifndef":
		v := active && p.decide(word, rest)
		return append(stack, condition{active: v, taken: v, parent: active, line: word.Line}), v
	case "elif", "else", "endif":
		if len(stack) == 0 {
			p.problem(word.Line, "#%s without an #if", word.Text)
			return stack, active
		}
		c := &stack[len(stack)-1]
		switch word.Text {
		case "elif":
			c.active = c.parent && !c.taken && p.decide(word, rest)
		case "else":
			c.active = c.parent && !c.taken
		case "endif":
			return stack[:len(stack)-1], c.parent
		}
		c.taken = c.taken || c.active
		return stack, c.active
	}
	if active {
		p.plain(word, rest)
	}
	return stack, active
}

// decide evaluates the condition of #if, #ifdef, #ifndef and #elif.
func (p *Preprocessed) decide(word Token, rest []Token) bool {
	if len(rest) == 0 {
		p.problem(word.Line, "#%s without a condition", word.Text)
		return false
	}
	switch word.Text {
	case "ifdef":
		return p.defined(rest[0].Text)
	case "ifndef":
		return !p.defined(rest[0].Text)
	}
	return p.evaluate(rest)
}

// plain obeys a directive that decides nothing.
func (p *Preprocessed) plain(word Token, rest []Token) {
	switch word.Text {
	case "include":
		var s strings.Builder
		for _, t := range rest {
			s.WriteString(t.Text)
		}
		p.Includes = append(p.Includes, s.String())
	case "define":
		p.define(word, rest)
	case "undef":
		if len(rest) > 0 {
			delete(p.macros, rest[0].Text)
		}
	case "error":
		p.problem(word.Line, "#error is reached")
	case "pragma", "warning", "line", "ident":
	default:
		p.problem(word.Line, "unknown directive #%s", word.Text)
	}
}

// define takes a definition.
func (p *Preprocessed) define(word Token, rest []Token) {
	if len(rest) == 0 || rest[0].Kind != Ident {
		p.problem(word.Line, "#define without a name")
		return
	}
	m, err := newMacro(rest[0].Text, rest[1:])
	if err != "" {
		p.problem(word.Line, "#define %s: %s", rest[0].Text, err)
		return
	}
	p.macros[m.name] = m
	if !slices.Contains(p.Macros, m.name) {
		p.Macros = append(p.Macros, m.name)
	}
}

// defined reports whether a name is defined by the file or by the configuration.
func (p *Preprocessed) defined(name string) bool {
	if p.macros[name] != nil {
		return true
	}
	_, set := p.cfg[name]
	switch {
	case strings.HasPrefix(name, "CONFIG_"):
		p.asked(name)
	case !set:
		p.unknown(name)
	}
	return set
}
