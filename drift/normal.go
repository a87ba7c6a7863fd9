package drift

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hpcheck/hpcheck/cfront"
	"github.com/hpcheck/hpcheck/ktree"
)

// normal writes a function in a form in which what does not count is gone: a line for each statement.
type normal struct {
	u     *ktree.Unit
	f     *ktree.Func
	code  bool              // leave out noise, too
	names map[string]string // the local names, by the order in which they appear
	lines []string
	at    []place // where each is in the source
}

// place is where a statement is.
type place struct {
	line      int
	condition bool // it decides where to go on: an if, a loop, a switch
}

func newNormal(u *ktree.Unit, f *ktree.Func, code bool) *normal {
	return &normal{u: u, f: f, code: code, names: map[string]string{}}
}

// function is the text of the whole function.
func (n *normal) function() string {
	var types []string
	for _, d := range n.f.Params {
		n.declare(d.Name)
		types = append(types, d.Type.String())
	}
	n.stmt(n.f.Body)
	return n.f.Ret.String() + "(" + strings.Join(types, ",") + ")\n" + strings.Join(n.lines, "\n")
}

// declare numbers a local name.
func (n *normal) declare(name string) string {
	if v, ok := n.names[name]; ok {
		return v
	}
	v := fmt.Sprintf("$%d", len(n.names))
	n.names[name] = v
	return v
}

func (n *normal) line(at int, s string) {
	n.lines = append(n.lines, s)
	n.at = append(n.at, place{line: at})
}

func (n *normal) stmt(s *cfront.Stmt) {
	if s == nil {
		return
	}
	switch s.Op {
	case cfront.Empty:
	case cfront.Block:
		for _, x := range s.List {
			n.stmt(x)
		}
	case cfront.DeclStmt:
		for _, d := range s.Decls {
			v := n.declare(d.Name)
			if d.Init != nil || d.Static || len(d.Attrs) > 0 { // __free(x) does something at the end
				n.line(d.Line, fmt.Sprint(d.Type, " ", v, d.Static, d.Attrs, " = ", n.expr(d.Init)))
			}
		}
	case cfront.ExprStmt:
		if !n.code || !silent(n.u, n.f.File, s.X, 0) {
			n.line(s.Line, n.expr(s.X))
		}
	case cfront.Goto, cfront.Label:
		n.line(s.Line, s.Op+" "+n.declare("goto "+s.Label))
	case cfront.Return, cfront.Break, cfront.Continue, cfront.Case, cfront.Default:
		n.line(s.Line, s.Op+" "+n.expr(s.X)+" "+n.expr(s.To))
	case cfront.Asm, cfront.Bad:
		n.line(s.Line, s.Op+" "+n.raw(s))
	default:
		n.compound(s)
	}
}

// raw is the text of what is not read further.
func (n *normal) raw(s *cfront.Stmt) string {
	if s.Op == cfront.Asm {
		return s.Text
	}
	var toks []cfront.Token
	for _, t := range n.f.Toks {
		if t.Line >= s.Line && t.Line <= s.End {
			toks = append(toks, t)
		}
	}
	return words(toks)
}

// What stands where the second branch of a compound statement begins, and where it ends.
const (
	otherwise = "else"
	end       = "end"
)

// compound writes an if, a loop or a switch.
func (n *normal) compound(s *cfront.Stmt) {
	n.stmt(s.InitDecl)
	n.line(s.Line, s.Op+" ("+n.expr(s.Init)+";"+n.expr(s.X)+";"+n.expr(s.Post)+")")
	n.at[len(n.at)-1].condition = true
	n.stmt(s.Body)
	if s.Else != nil {
		n.line(s.Else.Line, otherwise)
		n.stmt(s.Else)
	}
	n.line(s.Line, end)
}

func (n *normal) expr(e *cfront.Expr) string {
	if e == nil {
		return ""
	}
	var b strings.Builder
	n.write(&b, e)
	return b.String()
}

func (n *normal) write(b *strings.Builder, e *cfront.Expr) {
	switch e.Op {
	case cfront.Id:
		if v, ok := n.names[e.Name]; ok {
			b.WriteString(v)
		} else {
			b.WriteString(e.Name)
		}
		return
	case cfront.StrLit:
		b.WriteString(`""`)
		return
	case cfront.NumLit:
		b.WriteString(number(e.Name))
		return
	}
	b.WriteString("(" + e.Op + " " + e.Name)
	if e.Type != nil {
		b.WriteString(" " + e.Type.String())
	}
	for _, x := range []*cfront.Expr{e.X, e.Y, e.Z} {
		b.WriteByte(' ')
		if x != nil {
			n.write(b, x)
		}
	}
	for _, a := range e.Args {
		b.WriteByte(',')
		n.write(b, a)
	}
	if e.Body != nil {
		inner := &normal{u: n.u, f: n.f, code: n.code, names: n.names}
		inner.stmt(e.Body)
		b.WriteString(" {" + strings.Join(inner.lines, ";") + "}")
	}
	b.WriteByte(')')
}

// number is a number without regard to how it is written.
func number(text string) string {
	if v, err := strconv.ParseUint(strings.TrimRight(text, "uUlL"), 0, 64); err == nil {
		return strconv.FormatUint(v, 10)
	}
	return text
}
