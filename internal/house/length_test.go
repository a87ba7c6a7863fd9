package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	longestFunction = 60  // lines, without those of tables
	longestTest     = 90  // one that tells a story
	longestFile     = 500 // lines
)

// longer are what may be longer, and why. It is a list that gets shorter: an entry that is not needed any more fails.
var longer = map[string]string{
	"invariants/property_test.go":    "a table: a counterexample of each property",
	"explore/engine.go":              "one loop in three phases, which are read together",
	"conform/shown.go shows":         "a case for each kind of event",
	"lower/call.go call":             "a case for each way to call something",
	"model/invoke.go invokeCallback": "one function of the kernel, in its order",
	"model/machine.go build":         "what a machine is made of, in the order in which one part needs another",
}

// Functions have at most 60 lines and files 500. A table does not count: its rows are read one by one.
func TestLength(t *testing.T) {
	found := map[string]bool{}
	for _, name := range goFiles(t) {
		text, err := os.ReadFile(filepath.Join(root, name))
		require.NoError(t, err)
		tooLong := func(what string, lines, most int) {
			if lines <= most {
				return
			}
			found[what] = true
			if longer[what] == "" {
				t.Errorf("%s: %d lines, want %d at most; see longer in length_test.go", what, lines, most)
			}
		}
		if !strings.Contains(string(text[:min(len(text), 300)]), "Code generated") {
			tooLong(name, strings.Count(string(text), "\n"), longestFile)
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, text, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			switch f := n.(type) {
			case *ast.FuncDecl:
				most := longestFunction
				if strings.HasPrefix(f.Name.Name, "Test") {
					most = longestTest
				}
				tooLong(name+" "+f.Name.Name, length(fset, f), most)
			case *ast.FuncLit:
				tooLong(name+" a function in line", length(fset, f), longestFunction)
			}
			return true
		})
	}
	for what, why := range longer {
		assert.True(t, found[what], "%s is not too long any more: take it out of the list", what)
		assert.NotEmpty(t, why)
	}
}

// length is how many lines a function has, without those inside of tables: composite literals of several lines.
func length(fset *token.FileSet, f ast.Node) int {
	lines := span(fset, f)
	ast.Inspect(f, func(n ast.Node) bool {
		table, ok := n.(*ast.CompositeLit)
		if ok {
			lines -= span(fset, table) - 1
		}
		return !ok
	})
	return lines
}

func span(fset *token.FileSet, n ast.Node) int {
	return fset.Position(n.End()).Line - fset.Position(n.Pos()).Line + 1
}

// What is in a table does not count, and what is around it does.
func TestLengthOfTables(t *testing.T) {
	const text = "package p\nfunc f() {\n\tx := []int{\n\t\t1,\n\t\t2,\n\t}\n\tg(func() {\n\t\th(x)\n\t})\n}\n"
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "p.go", text, 0)
	require.NoError(t, err)
	assert.Equal(t, 6, length(fset, file.Decls[0]))
}

// goFiles are the files of Go, by their paths from the root.
func goFiles(t *testing.T) []string {
	t.Helper()
	return slices.DeleteFunc(files(t), func(name string) bool { return filepath.Ext(name) != ".go" })
}
