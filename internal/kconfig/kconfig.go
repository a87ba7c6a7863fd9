// Package kconfig evaluates the kernel's Kconfig files well enough to say what a symbol is under a defconfig: types,
// prompts, dependencies, defaults, select, imply, choices, if, menus and source. What a macro asks the toolchain is
// answered as a recent GCC and binutils on Linux would. Ranges, and what is only about menus, are left out.
//
// The language is that of Documentation/kbuild/kconfig-language.rst.
package kconfig

import (
	"fmt"
	"strings"
)

// Symbols are all symbols of a tree.
type Symbols struct {
	byName map[string]*symbol
	user   map[string]string
	env    map[string]string
}

// kind is the type of a symbol.
type kind uint8

const (
	untyped kind = iota
	boolean
	tristate
	text // string, int or hex: all that has a text for a value
)

// symbol is a symbol with its properties from all its definitions.
type symbol struct {
	name     string
	kind     kind
	prompts  []property // when it can be set by hand
	defaults []property
	depends  []property // of each definition, what it depends on
	selects  []property // who selects it
	implies  []property
	choice   *choice // that it is a member of
	state    uint8   // of the evaluation
	value    string
}

// property is a value under a condition.
type property struct {
	value *expr // nil for a prompt
	cond  *expr // nil for always
}

// choice is a list of symbols of which one is y.
type choice struct {
	members  []*symbol
	defaults []property
	cond     *expr
	picked   *symbol
	state    uint8
}

// Load reads the Kconfig file at the top and all that it sources. The variables are such as ARCH and SRCARCH. The
// function that reads is called by one goroutine at a time, and not after Load has returned.
func Load(read func(path string) (string, error), top string, variables map[string]string) (*Symbols, error) {
	s := &Symbols{byName: map[string]*symbol{}, env: variables}
	files := readAhead(read, top, s.expand)
	defer files.close()
	p := &parser{symbols: s, read: files.get}
	if err := p.file(top, 0); err != nil {
		return nil, err
	}
	return s, nil
}

// symbol is that of a name, made if it is not known yet.
func (s *Symbols) symbol(name string) *symbol {
	if s.byName[name] == nil {
		s.byName[name] = &symbol{name: name}
	}
	return s.byName[name]
}

// Defconfig sets what a file of an architecture sets: lines CONFIG_NAME=VALUE and "# CONFIG_NAME is not set".
func (s *Symbols) Defconfig(file string) {
	s.user = map[string]string{}
	for line := range strings.Lines(file) {
		line = strings.TrimSpace(line)
		if name, value, ok := strings.Cut(line, "="); ok && strings.HasPrefix(name, "CONFIG_") {
			s.user[strings.TrimPrefix(name, "CONFIG_")] = strings.Trim(value, `"`)
		}
		if name, ok := strings.CutSuffix(line, " is not set"); ok {
			s.user[strings.TrimPrefix(name, "# CONFIG_")] = "n"
		}
	}
}

// Value is the value of a symbol, without CONFIG_: y, m, n or a text. What is no symbol is n.
func (s *Symbols) Value(name string) string {
	sym := s.byName[name]
	if sym == nil {
		return "n"
	}
	return s.evaluate(sym)
}

// Set is what a .config would hold that is not n: names with CONFIG_ in front, texts without quotes.
func (s *Symbols) Set() map[string]string {
	set := map[string]string{}
	for name, sym := range s.byName {
		if v := s.evaluate(sym); v != "n" && v != "" {
			set["CONFIG_"+name] = v
		}
	}
	return set
}

// The states of an evaluation.
const (
	fresh uint8 = iota
	running
	done
)

// fixed are symbols that ask for the version of a tool, which no condition can answer.
var fixed = map[string]string{
	"CC_IS_GCC": "y", "CC_IS_CLANG": "n", "AS_IS_GNU": "y", "AS_IS_LLVM": "n", "LD_IS_BFD": "y", "LD_IS_LLD": "n",
	"GCC_VERSION": "140200", "CLANG_VERSION": "0", "AS_VERSION": "24400", "LD_VERSION": "24400", "LLD_VERSION": "0",
	"RUST_IS_AVAILABLE": "n", "RUSTC_VERSION": "0", "RUSTC_LLVM_VERSION": "0", "PAHOLE_VERSION": "0",
}

func (s *Symbols) evaluate(sym *symbol) string {
	if v, ok := fixed[sym.name]; ok {
		return v
	}
	switch sym.state {
	case done:
		return sym.value
	case running: // a circle, which a correct Kconfig has only through what is n
		return "n"
	}
	sym.state = running
	if sym.kind == text {
		sym.value = s.textValue(sym)
	} else {
		sym.value = "nmy"[s.tristateValue(sym) : s.tristateValue(sym)+1]
	}
	sym.state = done
	return sym.value
}

func (s *Symbols) textValue(sym *symbol) string {
	if v, ok := s.user[sym.name]; ok && s.visible(sym) > 0 {
		return v
	}
	for _, d := range sym.defaults {
		if s.holds(d.cond) > 0 {
			return s.textOf(d.value)
		}
	}
	return ""
}

// visible is how far a symbol can be set by hand.
func (s *Symbols) visible(sym *symbol) int {
	v := 0
	for _, p := range sym.prompts {
		v = max(v, s.holds(p.cond))
	}
	return v
}

func (s *Symbols) tristateValue(sym *symbol) int {
	v := 0
	user, given := s.user[sym.name]
	switch visible := s.visible(sym); {
	case sym.choice != nil:
		if visible > 0 && s.pick(sym.choice) == sym {
			v = 2
		}
	case visible > 0 && given:
		v = min(level(user), visible)
	default:
		for _, d := range sym.defaults {
			if c := s.holds(d.cond); c > 0 {
				v = min(c, s.tristate(d.value))
				break
			}
		}
		allowed := 0
		for _, p := range sym.depends {
			allowed = max(allowed, s.holds(p.cond))
		}
		for _, p := range sym.implies {
			v = max(v, min(allowed, s.holds(p.cond), s.tristate(p.value)))
		}
	}
	for _, p := range sym.selects {
		v = max(v, min(s.holds(p.cond), s.tristate(p.value)))
	}
	if sym.kind == boolean && v == 1 {
		v = 2
	}
	return v
}

// pick is the member of a choice that is y, nil if the choice is not there.
func (s *Symbols) pick(c *choice) *symbol {
	if c.state != fresh {
		return c.picked
	}
	c.state = running
	defer func() { c.state = done }()
	if s.holds(c.cond) == 0 {
		return nil
	}
	var first *symbol
	for _, m := range c.members {
		if s.visible(m) == 0 {
			continue
		}
		if first == nil && s.user[m.name] != "n" {
			first = m
		}
		if s.user[m.name] == "y" {
			c.picked = m
			return m
		}
	}
	c.picked = first
	for _, d := range c.defaults {
		if m := s.byName[d.value.name]; m != nil && s.holds(d.cond) > 0 && s.visible(m) > 0 &&
			s.user[m.name] != "n" {
			c.picked = m
			break
		}
	}
	return c.picked
}

func level(v string) int { return max(0, strings.Index("nmy", v)) * min(1, len(v)) }

func (p *parser) errorf(format string, a ...any) error {
	return fmt.Errorf("%s:%d: %s", p.path, p.line, fmt.Sprintf(format, a...))
}
