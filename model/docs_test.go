package model

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The second column of the tables of kernel functions in docs/model.md names files and functions of this package.
func TestDocsNameTheFunctions(t *testing.T) {
	paths, err := filepath.Glob("*.go")
	require.NoError(t, err)
	names := map[string]bool{}
	for _, path := range paths {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		require.NoError(t, err)
		names[path] = true
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				names[d.Name.Name] = true
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if v, ok := s.(*ast.ValueSpec); ok {
						names[v.Names[0].Name] = true
					}
				}
			}
		}
	}
	doc, err := os.ReadFile("../docs/model.md")
	require.NoError(t, err)
	quoted, table, seen := regexp.MustCompile("`([\\w.]+)`"), false, 0
	for line := range strings.Lines(string(doc)) {
		switch {
		case strings.HasPrefix(line, "| kernel function"):
			table = true
		case !strings.HasPrefix(line, "|"):
			table = false
		case table:
			for _, m := range quoted.FindAllStringSubmatch(strings.Split(line, "|")[2], -1) {
				assert.True(t, names[m[1]], "docs/model.md: `%s` is neither a file nor a function of model", m[1])
				seen++
			}
		}
	}
	assert.Greater(t, seen, 50)
}
