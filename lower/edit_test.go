package lower_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/cfront"
	"github.com/hpcheck/hpcheck/internal/trees"
	"github.com/hpcheck/hpcheck/ktree"
	"github.com/hpcheck/hpcheck/lower"
	"github.com/hpcheck/hpcheck/model"
)

// edit is a change of one statement of a function of kernel/cpu.c. It says which one without the kernel's text: by what
// is called, by the variable or the field that is assigned to if nothing is, or by being an if.
type edit struct {
	// Drop, swap it with the next statement, negate the condition (of a WARN_ON too), or put text in place.
	do       string
	function string
	what     string // "kthread_unpark", "should_run", "if"
	nth      int    // from 0
	text     string // of what is put: our own
}

// The kinds of edits.
const (
	drop   = "drop"
	swap   = "swap"
	negate = "negate"
	put    = "put"
)

func (e edit) String() string {
	text := e.do + ": " + e.function + "(): " + e.what
	if e.nth > 0 {
		text += " (no. " + string(rune('1'+e.nth)) + ")"
	}
	return text
}

// called is how an edit names a statement.
func called(s *cfront.Stmt) string {
	switch s.Op {
	case cfront.If:
		return "if"
	case cfront.Return, cfront.Goto:
		return s.Op
	case cfront.ExprStmt:
		e := s.X
		for e.Op == cfront.Cast || e.Op == cfront.Assign && e.Y.Op == cfront.CallOp {
			if e.Op == cfront.Cast {
				e = e.X
			} else {
				e = e.Y
			}
		}
		if e.Op == cfront.CallOp {
			return e.Callee()
		}
		for e.Op == cfront.Assign || e.Op == cfront.Post {
			e = e.X
		}
		return e.Name
	}
	return ""
}

// statements lists those of a function that edits can name, in the order of the text; next is the statement that stands
// behind each in the same block, or nil.
func statements(f *cfront.Func) (all []*cfront.Stmt, next map[*cfront.Stmt]*cfront.Stmt) {
	next = map[*cfront.Stmt]*cfront.Stmt{}
	f.Body.Walk(func(s *cfront.Stmt) {
		if called(s) != "" {
			all = append(all, s)
		}
		for i := range s.List {
			if i+1 < len(s.List) && s.List[i].Op == cfront.ExprStmt && s.List[i+1].Op == cfront.ExprStmt {
				next[s.List[i]] = s.List[i+1]
			}
		}
	}, func(*cfront.Expr) {})
	return all, next
}

// apply makes the change in a file.
func (e edit) apply(t *testing.T, config cfront.Config, text string) string {
	t.Helper()
	f := cfront.Parse("kernel/cpu.c", text, config).ByName[e.function]
	require.NotNil(t, f, "%v: the tree has no such function", e)
	all, next := statements(f)
	seen := 0
	for _, s := range all {
		if called(s) != e.what {
			continue
		}
		if seen++; seen <= e.nth {
			continue
		}
		from, to := span(t, text, s)
		switch e.do {
		case drop:
			return text[:from] + ";" + strings.Repeat("\n", strings.Count(text[from:to], "\n")) + text[to:]
		case put:
			return text[:from] + e.text + strings.Repeat("\n", strings.Count(text[from:to], "\n")) + text[to:]
		case negate:
			if m := warning.FindStringIndex(text[from:to]); m != nil {
				from += m[1]
				to = closing(text, from)
			}
			return text[:from] + "!(" + text[from:to] + ")" + text[to:]
		case swap:
			require.NotNil(t, next[s], "%v: no statement follows", e)
			a, b := span(t, text, next[s])
			return text[:from] + text[a:b] + text[to:a] + text[from:to] + text[b:]
		}
	}
	require.Fail(t, "the function has no such statement", "%v", e)
	return ""
}

// span is where a statement stands, with its semicolon; of an if, what is between the parentheses.
func span(t *testing.T, text string, s *cfront.Stmt) (from, to int) {
	t.Helper()
	for range s.Line - 1 {
		from += strings.IndexByte(text[from:], '\n') + 1
	}
	if s.Op == cfront.If {
		from += strings.Index(text[from:], "if (") + len("if (")
		return from, closing(text, from)
	}
	from += len(text[from:]) - len(strings.TrimLeft(text[from:], "\t "))
	for to = from; to < len(text); to++ {
		switch c := text[to]; {
		case c == ';':
			return from, to + 1
		case c == '"':
			to += 1 + strings.IndexByte(text[to+1:], '"')
		}
	}
	require.Fail(t, "a statement does not end")
	return 0, 0
}

// warning is how what warns begins.
var warning = regexp.MustCompile(`^WARN_ON(_ONCE)?\(`)

// closing is where the parenthesis stands that ends what begins there.
func closing(text string, from int) int {
	depth := 0
	for i := from; ; i++ {
		switch text[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth < 0 {
				return i
			}
		}
	}
}

// series is a kernel tree that edits are made in, which was read before.
type series struct {
	tree *ktree.Tree
	cfg  *ktree.Config
}

// open opens the tree of a series, "6.12".
func open(t *testing.T, name string) series {
	t.Helper()
	tree, err := ktree.Open(trees.Of(t, name))
	require.NoError(t, err)
	cfg, err := tree.Config(ktree.Options{})
	require.NoError(t, err)
	return series{tree, cfg}
}

// read is the tree with changes.
func (s series) read(t *testing.T, edits ...edit) *lower.Tree {
	t.Helper()
	text, err := s.tree.Read("kernel/cpu.c")
	require.NoError(t, err)
	for _, e := range edits {
		text = e.apply(t, s.cfg.Set, text)
	}
	read, err := lower.Read(s.tree.With("kernel/cpu.c", text), s.cfg)
	require.NoError(t, err)
	return read
}

// kernel is the tree with changes, as a kernel of the model.
func (s series) kernel(t *testing.T, edits ...edit) model.Kernel {
	t.Helper()
	return s.read(t, edits...).Kernel
}
