package kconfig

import "strings"

// parser reads Kconfig files into symbols.
type parser struct {
	symbols *Symbols
	read    func(string) (string, error)
	path    string
	line    int

	open    []block // what is open: if, menu, choice
	symbol  *symbol // whose attributes follow
	depends *expr   // what "depends on" said of the entry whose attributes follow
	pending []pending
}

// block is an if, a menu or a choice that is open.
type block struct {
	word   string
	cond   *expr
	choice *choice
}

// pending is a property of an entry, whose condition is complete when all of the entry was read.
type pending struct {
	to   *[]property
	prop property
}

const deepest = 60 // files that source files

func (p *parser) file(path string, depth int) error {
	if depth > deepest {
		return p.errorf("files source each other deeper than %d", deepest)
	}
	src, err := p.read(path)
	if err != nil {
		return err
	}
	outer, line := p.path, p.line
	p.path, p.line = path, 0
	defer func() { p.path, p.line = outer, line }()
	lines := strings.Split(src, "\n")
	for i := 0; i < len(lines); i++ {
		text := lines[i]
		p.line = i + 1
		for strings.HasSuffix(text, "\\") && i+1 < len(lines) {
			i++
			text = text[:len(text)-1] + lines[i]
		}
		trimmed := strings.TrimSpace(text)
		if trimmed == "" || trimmed[0] == '#' {
			continue
		}
		word, rest, _ := strings.Cut(strings.ReplaceAll(trimmed, "\t", " "), " ")
		if word == "help" || word == "---help---" {
			i = skipHelp(lines, i)
			continue
		}
		if strings.Contains(rest, "$(") {
			rest = p.symbols.expand(rest)
		}
		if word == "source" {
			p.finish()
			if err := p.source(strings.Trim(strings.TrimSpace(rest), `"`), depth); err != nil {
				return err
			}
			continue
		}
		if err := p.statement(word, strings.TrimSpace(rest)); err != nil {
			return err
		}
	}
	p.finish()
	return nil
}

func (p *parser) source(path string, depth int) error {
	if path == "" { // of a variable that is empty
		return nil
	}
	return p.file(path, depth+1)
}

// skipHelp returns the last line of the help text that begins behind line i.
func skipHelp(lines []string, i int) int {
	indent := -1
	for j := i + 1; j < len(lines); j++ {
		if strings.TrimSpace(lines[j]) == "" {
			continue
		}
		n := column(lines[j])
		if indent < 0 {
			indent = n
			if n == 0 {
				return i
			}
		}
		if n < indent {
			return j - 1
		}
	}
	return len(lines)
}

// column is where a line's text begins, with tabs of eight.
func column(line string) int {
	n := 0
	for _, c := range line {
		switch c {
		case ' ':
			n++
		case '\t':
			n += 8 - n%8
		default:
			return n
		}
	}
	return n
}

// around is the condition of all that is open.
func (p *parser) around() *expr {
	var cond *expr
	for _, b := range p.open {
		cond = and(cond, b.cond)
	}
	return cond
}

// finish completes the entry whose attributes were read.
func (p *parser) finish() {
	cond := and(p.around(), p.depends)
	for _, x := range p.pending {
		x.prop.cond = and(cond, x.prop.cond)
		*x.to = append(*x.to, x.prop)
	}
	if p.symbol != nil {
		p.symbol.depends = append(p.symbol.depends, property{cond: cond})
	} else if len(p.open) > 0 { // a menu's or a choice's own "depends on"
		b := &p.open[len(p.open)-1]
		if b.word != "if" {
			b.cond = and(b.cond, p.depends)
		}
		if b.choice != nil {
			b.choice.cond = p.around()
		}
	}
	p.symbol, p.depends, p.pending = nil, nil, nil
}

func (p *parser) statement(word, rest string) error {
	switch word {
	case "config", "menuconfig":
		p.finish()
		p.symbol = p.symbols.symbol(rest)
		if n := len(p.open); n > 0 && p.open[n-1].choice != nil {
			c := p.open[n-1].choice
			p.symbol.choice = c
			c.members = append(c.members, p.symbol)
		}
	case "if", "menu", "choice":
		p.finish()
		b := block{word: word}
		if word == "if" {
			b.cond = p.expr(rest)
		}
		if word == "choice" {
			b.choice = &choice{}
		}
		p.open = append(p.open, b)
	case "endif", "endmenu", "endchoice":
		p.finish()
		if n := len(p.open); n == 0 || p.open[n-1].word != strings.TrimPrefix(word, "end") {
			return p.errorf("%s closes nothing", word)
		}
		p.open = p.open[:len(p.open)-1]
	case "comment", "mainmenu":
		p.finish()
		if word == "comment" {
			p.symbol = &symbol{} // its "depends on" is about nothing else
		}
	default:
		p.attribute(word, rest)
	}
	return nil
}

// expr reads an expression; one that cannot be read is never true.
func (p *parser) expr(text string) *expr {
	s := &scanner{words: scan(text)}
	if e := s.expr(); e != nil && s.i == len(s.words) {
		return e
	}
	return &expr{op: "text", name: "n"}
}

// conditional cuts VALUE if CONDITION.
func (p *parser) conditional(text string) (value []string, cond *expr) {
	words := scan(text)
	for i, w := range words {
		if w == "if" {
			s := &scanner{words: words[i+1:]}
			if cond = s.expr(); cond == nil || s.i < len(s.words) {
				cond = &expr{op: "text", name: "n"}
			}
			return words[:i], cond
		}
	}
	return words, nil
}

// kinds are the words that say of which type a symbol is.
var kinds = map[string]kind{
	"bool": boolean, "def_bool": boolean, "tristate": tristate, "def_tristate": tristate,
	"string": text, "int": text, "hex": text,
}

// attribute reads a line of an entry.
func (p *parser) attribute(word, rest string) {
	if word == "depends" {
		p.depends = and(p.depends, p.expr(strings.TrimSpace(strings.TrimPrefix(rest, "on"))))
		return
	}
	var c *choice
	if n := len(p.open); p.symbol == nil && n > 0 {
		c = p.open[n-1].choice
	}
	value, cond := p.conditional(rest)
	s := &scanner{words: value}
	if c != nil {
		if e := s.expr(); word == "default" && e != nil {
			p.pending = append(p.pending, pending{&c.defaults, property{value: e, cond: cond}})
		}
		return
	}
	if p.symbol == nil {
		return
	}
	if k, ok := kinds[word]; ok {
		p.symbol.kind = k
	}
	switch word {
	case "bool", "tristate", "string", "int", "hex", "prompt":
		if len(value) > 0 {
			p.pending = append(p.pending, pending{&p.symbol.prompts, property{cond: cond}})
		}
	case "default", "def_bool", "def_tristate":
		if e := s.expr(); e != nil {
			p.pending = append(p.pending, pending{&p.symbol.defaults, property{value: e, cond: cond}})
		}
	case "select", "imply":
		if len(value) == 0 || p.symbol.name == "" {
			return
		}
		target := p.symbols.symbol(value[0])
		to := &target.selects
		if word == "imply" {
			to = &target.implies
		}
		p.pending = append(p.pending, pending{to, property{value: &expr{op: "name", name: p.symbol.name}, cond: cond}})
	}
}

// expand replaces $(NAME) by a variable and $(function,...) by what a recent GCC on Linux answers.
func (s *Symbols) expand(text string) string {
	var out strings.Builder
	for {
		i := strings.Index(text, "$(")
		if i < 0 {
			out.WriteString(text)
			return out.String()
		}
		depth, j := 0, i+1
		for ; j < len(text); j++ {
			if text[j] == '(' {
				depth++
			}
			if text[j] == ')' {
				if depth--; depth == 0 {
					break
				}
			}
		}
		out.WriteString(text[:i])
		out.WriteString(s.macro(text[min(i+2, len(text)):min(j, len(text))]))
		text = text[min(j+1, len(text)):]
	}
}

func (s *Symbols) macro(m string) string {
	name, _, call := strings.Cut(m, ",")
	if !call {
		return s.env[name]
	}
	switch name {
	case "failure":
		return "n"
	case "shell":
		return "0"
	}
	return "y" // such as cc-option, as-instr, ld-option, success
}
