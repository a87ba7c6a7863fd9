package cfront

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// parser is a parser of the tokens of a file, by recursive descent.
type parser struct {
	toks     []Token
	close    []int32 // for each bracket, the place behind the one that closes it
	i        int     // the next token
	f        *File
	fn       *Func // the function that is being read
	typedefs map[string]bool
	depth    int
}

// syntaxError is what a construct that cannot be read panics with, as far as the statement, the argument or the
// declaration that it is in. It never leaves the package.
type syntaxError struct{ Problem }

// Parse reads a file's text under a configuration. The path is only said in what it reports.
func Parse(path, src string, cfg Config) *File {
	pre := Preprocess(src, cfg)
	f := &File{
		Path: path, Pre: pre, ByName: map[string]*Func{}, Enums: map[string]int64{}, Structs: map[string][]*Decl{},
		Problems: pre.Problems,
	}
	p := &parser{toks: pre.Tokens, f: f, typedefs: map[string]bool{}}
	var alone []int
	p.close, alone = closers(pre.Tokens)
	for p.tok().Kind != EOF {
		p.top()
	}
	if len(alone) > 0 { // what else cannot be read follows from these
		f.Problems = slices.Clone(pre.Problems)
		for _, i := range alone {
			f.Problems = append(f.Problems, unmatched(pre.Tokens[i]))
		}
	}
	for i := range f.Problems {
		f.Problems[i].File = path
	}
	return f
}

// Err is all that could not be read, nil if that is nothing.
func (f *File) Err() error {
	var all []error
	for _, p := range f.Problems {
		all = append(all, p)
	}
	return errors.Join(all...)
}

// fail gives up the construct.
func (p *parser) fail(format string, a ...any) {
	panic(syntaxError{Problem{Line: p.tok().Line, Text: fmt.Sprintf(format, a...)}})
}

// attempt calls f and returns what could not be read, nil if everything could.
func (p *parser) attempt(f func()) (problem *Problem) {
	depth := p.depth
	defer func() {
		p.depth = depth
		if r := recover(); r != nil {
			e, ok := r.(syntaxError)
			if !ok {
				panic(r)
			}
			problem = &e.Problem
		}
	}()
	f()
	return nil
}

// enter begins a level of nesting; the caller defers what it returns.
func (p *parser) enter() func() {
	if p.depth++; p.depth > deepest {
		p.fail("nested deeper than %d", deepest)
	}
	return func() { p.depth-- }
}

// tok is the next token.
func (p *parser) tok() Token { return p.at(0) }

// at is the token k behind the next one.
func (p *parser) at(k int) Token { return p.toks[min(p.i+k, len(p.toks)-1)] }

// skip takes n tokens.
func (p *parser) skip(n int) { p.i = min(p.i+n, len(p.toks)-1) }

// skipGroup takes a bracket and all to the one that closes it.
func (p *parser) skipGroup() { p.i = min(p.behind(0), len(p.toks)-1) }

// behind is the place behind what closes the bracket k behind the next token.
func (p *parser) behind(k int) int { return int(p.close[min(p.i+k, len(p.toks)-1)]) }

func (p *parser) is(text string) bool { return p.tok().is(text) }

func (p *parser) eat(text string) bool {
	if p.is(text) {
		p.skip(1)
		return true
	}
	return false
}

func (p *parser) need(text string) {
	if !p.eat(text) {
		p.fail("%s where %q was expected", p.tok(), text)
	}
}

// ident takes an identifier that is no keyword.
func (p *parser) ident() string {
	t := p.tok()
	if t.Kind != Ident || keywords[t.Text] {
		p.fail("%s where a name was expected", t)
	}
	p.skip(1)
	return t.Text
}

// String is a token for a message.
func (t Token) String() string {
	if t.Kind == EOF {
		return "the end of the file"
	}
	return fmt.Sprintf("%.40q", t.Text)
}

func words(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

var (
	// keywords begin statements and are no names in expressions.
	keywords = words(`if else while do for switch case default return goto break continue sizeof asm __asm__`)
	// basics are words that types are made of.
	basics = words(`void char short int long float double signed unsigned _Bool bool __auto_type __int128`)
	// typeWords begin a type.
	typeWords = words(`void char short int long float double signed unsigned _Bool bool __auto_type __int128
		struct union enum const volatile typeof __typeof__ __typeof_unqual__ typeof_unqual
		u8 u16 u32 u64 s8 s16 s32 s64 uint ulong __u8 __u16 __u32 __u64 __s8 __s16 __s32 __s64`)
	// storage are what may stand before a type.
	storage = words(
		`static extern register inline __always_inline __inline __inline__ noinline notrace noinstr asmlinkage
		auto typedef noinline_for_stack _Noreturn _Thread_local __extension__ __visible`,
	)
	// leading are attributes with parentheses that stand before what they are about.
	leading = words(`__printf __scanf __section __aligned __alias __alloc_size __malloc __nonnull`)
	// trailing are attributes that stand behind what they are about.
	trailing = words(`__read_mostly __ro_after_init __initdata __initconst __cpuinitdata __maybe_unused __always_unused
		__used __aligned __section __cacheline_aligned __cacheline_aligned_in_smp ____cacheline_aligned
		____cacheline_aligned_in_smp __page_aligned_data __page_aligned_bss __packed __free __cleanup __guarded_by
		__counted_by __attribute__ __latent_entropy __randomize_layout`)
)

// attribute reports whether a word is an attribute by its looks: of the kernel's types only those in typeWords and
// those that end in _t begin with two underscores.
func attribute(word string) bool {
	return !typeWords[word] && !strings.HasSuffix(word, "_t") && (strings.HasPrefix(word, "__") || storage[word])
}
