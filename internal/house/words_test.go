package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// flag is a flag of a command line within a text, and not the decrement of a variable in C.
var flag = regexp.MustCompile(`(^|[\s("])--[a-z][a-z-]*([^a-z_.>-]|$)`)

// others are where the flags in a text are not hpcheck's, and whose they are.
var others = map[string]string{
	"ktree/git.go":      "git's",
	"conform/script.go": "of the script itself, --yes",
}

// Only the command knows its flags. Everybody else speaks of the keys of a scenario, which the command writes as flags.
func TestFlagsAreTheCommands(t *testing.T) {
	found := map[string]bool{}
	for _, name := range goFiles(t) {
		if strings.HasPrefix(name, "cmd/") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, name))
		require.NoError(t, err)
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, text, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(lit.Value)
			require.NoError(t, err)
			if flag.MatchString(text) {
				found[name] = true
				assert.Contains(t, others, name, "%v: a flag in %s: say the key", fset.Position(lit.Pos()), lit.Value)
			}
			return true
		})
	}
	for name := range others {
		assert.True(t, found[name], "%s has no flag any more: take it out of the list", name)
	}
}
