package cfront

import "strings"

// Kind is the kind of a token.
type Kind uint8

// The kinds of tokens.
const (
	EOF   Kind = iota // behind the last one
	Ident             // identifiers and keywords
	Num               // numbers, as they are written
	Str               // string literals, with their quotes
	Char              // character constants, with their quotes
	Punct             // operators and brackets, and any byte that begins nothing else
)

// Token is a token and where it stands.
type Token struct {
	Kind   Kind
	Text   string
	Line   int  // counted from 1; of a macro's expansion, the line of its use
	bol    bool // first of its line: a "#" here begins a directive
	spaced bool // there is white space before it
	edge   bool // it is in the first column
}

// is reports whether a token is this word or this operator.
func (t Token) is(text string) bool { return t.Text == text && (t.Kind == Punct || t.Kind == Ident) }

// operators are those of more than one byte, the longest first.
var operators = []string{
	"<<=",
	">>=",
	"...",
	"->",
	"++",
	"--",
	"<<",
	">>",
	"<=",
	">=",
	"==",
	"!=",
	"&&",
	"||",
	"+=",
	"-=",
	"*=",
	"/=",
	"%=",
	"&=",
	"^=",
	"|=",
	"##",
}

// lexer cuts a text into tokens.
type lexer struct {
	src  string
	i    int // the next byte
	line int
	bol  bool
	gap  bool // white space was read since the last token
	toks []Token
	bad  []Problem
}

// lex returns the tokens of a text, and what is wrong with it. Lines that end in a backslash are one line.
func lex(src string) ([]Token, []Problem) {
	l := &lexer{src: src, line: 1, bol: true, toks: make([]Token, 0, len(src)/5)}
	for l.i < len(src) {
		if l.space() {
			l.gap = true
		} else {
			l.token()
			l.gap = false
		}
	}
	return l.toks, l.bad
}

func (l *lexer) problem(line int, text string) {
	l.bad = append(l.bad, Problem{Line: line, Text: text})
}

// rest is what was not read yet.
func (l *lexer) rest() string { return l.src[l.i:] }

// space takes white space, a comment or a line's continuation, and reports whether there was any.
func (l *lexer) space() bool {
	switch c := l.src[l.i]; {
	case c == '\n':
		l.line++
		l.i++
		l.bol = true
	case c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v':
		l.i++
	case continuation(l.rest()) > 0:
		l.i += continuation(l.rest())
		l.line++
	case strings.HasPrefix(l.rest(), "//"):
		l.lineComment()
	case strings.HasPrefix(l.rest(), "/*"):
		n := strings.Index(l.src[l.i+2:], "*/") + 4
		if n < 4 {
			l.problem(l.line, "a comment that does not end")
			n = len(l.rest())
		}
		l.line += strings.Count(l.rest()[:n], "\n")
		l.i += n
	default:
		return false
	}
	return true
}

// continuation is the length of a backslash with the end of its line, 0 if there is none.
func continuation(s string) int {
	switch {
	case strings.HasPrefix(s, "\\\n"):
		return 2
	case strings.HasPrefix(s, "\\\r\n"):
		return 3
	}
	return 0
}

func (l *lexer) lineComment() {
	for l.i < len(l.src) && l.src[l.i] != '\n' {
		if n := continuation(l.rest()); n > 0 {
			l.i += n
			l.line++
			continue
		}
		l.i++
	}
}

// inWord reports whether a byte may be inside an identifier.
func inWord(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || isDigit(c)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// token takes a token.
func (l *lexer) token() {
	start, c := l.i, l.src[l.i]
	t := Token{Line: l.line, bol: l.bol, spaced: l.gap, edge: start == 0 || l.src[start-1] == '\n'}
	l.bol = false
	switch {
	case isDigit(c):
		t.Kind = Num
		for l.i < len(l.src) && (inWord(l.src[l.i]) || l.src[l.i] == '.') {
			l.i++
		}
	case inWord(c):
		t.Kind = Ident
		for l.i < len(l.src) && inWord(l.src[l.i]) {
			l.i++
		}
	case c == '"':
		t.Kind = Str
		l.literal(c)
	case c == '\'':
		t.Kind = Char
		l.literal(c)
	default:
		t.Kind = Punct
		l.i += operator(l.rest())
	}
	t.Text = l.src[start:l.i]
	l.toks = append(l.toks, t)
}

// operator is the length of the operator that a text begins with.
func operator(s string) int {
	for _, op := range operators {
		if strings.HasPrefix(s, op) {
			return len(op)
		}
	}
	return 1
}

// literal takes a string or a character with its quotes, or up to the end of the line if it is not closed.
func (l *lexer) literal(quote byte) {
	for l.i++; l.i < len(l.src) && l.src[l.i] != '\n'; l.i++ {
		switch n := continuation(l.rest()); {
		case n > 0:
			l.i += n - 1
			l.line++
		case l.src[l.i] == '\\' && l.i+1 < len(l.src) && l.src[l.i+1] != '\n':
			l.i++
		case l.src[l.i] == quote:
			l.i++
			return
		}
	}
	l.problem(l.line, "a literal that does not end in its line")
}
