package custom

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"github.com/hpcheck/hpcheck/internal/positioned"
)

// expression is an expression of a file, compiled for a machine.
type expression struct {
	text    string
	at      *positioned.Value
	program *vm.Program
	uses    map[string]bool // every word in it
}

// compile compiles an expression, which must be true or false. The words of scope beside the vocabulary's are those of
// v.
func (v *Vocabulary) compile(at *positioned.Value, perCPU bool) (*expression, error) {
	if err := at.Want(positioned.String); err != nil {
		return nil, err
	}
	if strings.TrimSpace(at.Text) == "" {
		return nil, at.Errorf("the expression is empty")
	}
	scope := maps.Clone(v.scope)
	if !perCPU {
		delete(scope, "me")
	}
	look := &visitor{v: v, uses: map[string]bool{}}
	program, err := expr.Compile(at.Text, expr.Env(scope), expr.AsBool(), expr.DisableBuiltin("now"),
		expr.DisableBuiltin("keys"), expr.DisableBuiltin("values"),
		expr.DisableBuiltin("toPairs"), expr.Patch(look)) // they depend on the time, or on the order of a map
	var mistake *file.Error
	switch {
	case errors.As(err, &mistake):
		return nil, v.explain(at, mistake, look, slices.Sorted(maps.Keys(scope)))
	case err != nil:
		return nil, at.Errorf("%s: want an expression that is true or false", firstLine(err.Error()))
	case look.wrong != nil:
		return nil, at.Inside(bytesOf(at.Text, look.wrong.from)).Errorf("%s", look.wrong.text)
	}
	return &expression{strings.Join(strings.Fields(at.Text), " "), at, program, look.uses}, nil
}

// visitor looks at every node of an expression.
type visitor struct {
	v     *Vocabulary
	uses  map[string]bool
	known []fields // of each a.b, what a has
	wrong *wrong
}

// fields are what a value has that something is asked of.
type fields struct {
	from  int
	names []string
}

// wrong is a text that nothing can be equal to.
type wrong struct {
	from int
	text string
}

// Visit implements [ast.Visitor].
func (w *visitor) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		switch constant := w.v.constants[n.Value].(type) {
		case int:
			ast.Patch(node, &ast.IntegerNode{Value: constant})
		case string:
			ast.Patch(node, &ast.StringNode{Value: constant})
		default:
			w.uses[n.Value] = true
		}
	case *ast.MemberNode:
		name, ok := n.Property.(*ast.StringNode)
		if !ok {
			return
		}
		w.uses[name.Value] = true
		if base := n.Node.Nature(); base.TypeData != nil {
			w.known = append(w.known, fields{n.Property.Location().From, slices.Sorted(maps.Keys(base.Fields))})
		}
	case *ast.BinaryNode:
		switch n.Operator {
		case "==", "!=":
			w.compare(n.Left, n.Right)
			w.compare(n.Right, n.Left)
		case "in":
			w.compare(n.Left, n.Right)
		}
	}
}

// compare checks that something can have the value with which it is compared.
func (w *visitor) compare(what, with ast.Node) {
	if list, ok := with.(*ast.ArrayNode); ok { // what in [...]
		for _, e := range list.Nodes {
			w.compare(what, e)
		}
		return
	}
	text, ok := with.(*ast.StringNode)
	if !ok {
		return
	}
	name := ""
	switch n := what.(type) {
	case *ast.IdentifierNode:
		name = n.Value
	case *ast.MemberNode:
		if s, ok := n.Property.(*ast.StringNode); ok {
			name = s.Value
		}
	}
	if values := w.v.closed[name]; values != nil && !slices.Contains(values, text.Value) {
		w.wrong = &wrong{with.Location().From,
			fmt.Sprintf("%s is never %q; it may be %s", name, text.Value, strings.Join(values, ", "))}
	}
}

// explain says what is wrong, where, and what is in scope there.
func (v *Vocabulary) explain(at *positioned.Value, mistake *file.Error, look *visitor, scope []string) error {
	text := mistake.Message
	switch {
	case strings.HasPrefix(text, "unknown name"):
		text += "; in scope are " + strings.Join(scope, ", ") + ", and the constants that hpcheck list vocabulary names"
	case strings.HasPrefix(text, "unknown field"):
		for _, k := range look.known {
			if k.from == mistake.From {
				text += "; there are " + strings.Join(k.names, ", ")
				break
			}
		}
	}
	return at.Inside(bytesOf(at.Text, mistake.From)).Errorf("%s", text)
}

// bytesOf is where the rune of that number begins.
func bytesOf(text string, rune int) int {
	n := 0
	for i := range text {
		if n == rune {
			return i
		}
		n++
	}
	return len(text)
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
