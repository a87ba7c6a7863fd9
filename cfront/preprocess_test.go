package cfront

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/internal/choose"
)

// text is a file's tokens with spaces between them.
func text(p *Preprocessed) string {
	var s []string
	for _, t := range p.Tokens {
		s = append(s, t.Text)
	}
	return strings.TrimSpace(strings.Join(s, " "))
}

func TestMacros(t *testing.T) {
	for _, c := range []struct{ name, src, want string }{
		{"object", "#define N 1\nN + M", "1 + M"},
		{"object in parentheses", "#define N (1)\nN", "( 1 )"},
		{"function", "#define F(a, b) a + b\nF(1, (2, 3)) F", "1 + ( 2 , 3 ) F"},
		{"nested in its own argument", "#define F(a) [a]\nF(F(1))", "[ [ 1 ] ]"},
		{"itself", "#define X X + 1\nX", "X + 1"},
		{"each other", "#define A B\n#define B A\nA B", "A B"},
		{"string", "#define S(x) #x\nS(a + \"b\")", `"a + \"b\""`},
		{"paste", "#define P(a, b) a##b\n#define XY 3\nP(X, Y) P(, Y) P(X,)", "3 Y X"},
		{"paste of three", "#define P(a, b, c) a##b##c\nP(x,,z)", "xz"},
		{"variadic", "#define V(f, ...) g(f, ##__VA_ARGS__)\nV(1) V(1, 2, 3)", "g ( 1 ) g ( 1 , 2 , 3 )"},
		{"named variadic", "#define V(args...) g(args)\nV(1, 2)", "g ( 1 , 2 )"},
		{"argument is not pasted when expanded", "#define N 7\n#define P(a) a##N a\nP(N)", "NN 7"},
		{"undefined again", "#define N 1\n#undef N\nN", "N"},
		{"several lines", "#define N 1 + \\\n 2\nN", "1 + 2"},
		{"of a header", "DEFINE_THING(x, 1)", "DEFINE_THING ( x , 1 )"},
		{"without arguments", "#define F() 1\nF() F", "1 F"},
	} {
		p := Preprocess(c.src, nil)
		assert.Equal(t, c.want, text(p), c.name)
		assert.Empty(t, p.Problems, c.name)
	}
}

// A macro's expansion stands where the macro was used.
func TestLines(t *testing.T) {
	p := Preprocess("#define F(a) a + \\\n  b\n\n/* one\n two */ x\nF(\n1)\n\"a\\\nb\" y", nil)
	var got []int
	for _, tok := range p.Tokens {
		got = append(got, tok.Line)
	}
	assert.Equal(t, []int{5, 6, 6, 6, 8, 9, 9}, got, text(p))
}

func TestConditions(t *testing.T) {
	cfg, err := ParseConfig(
		"# a comment\nCONFIG_A=y\nCONFIG_M=m\nCONFIG_N=12\n# CONFIG_OFF is not set\nCONFIG_S=\"x=y\"\n",
	)
	require.NoError(t, err)
	for _, c := range []struct {
		condition string
		want      bool
	}{
		{"defined(CONFIG_A)", true}, {"defined CONFIG_M", false}, {"defined(CONFIG_M_MODULE)", true},
		{"CONFIG_A", true},
		{"CONFIG_OFF", false}, {"IS_ENABLED(CONFIG_M)", true}, {"IS_BUILTIN(CONFIG_M)", false},
		{"IS_MODULE(CONFIG_M)", true}, {"IS_MODULE(CONFIG_A)", false}, {"CONFIG_N > 11 && CONFIG_N <= 12", true},
		{"CONFIG_N == 0xc", true}, {"!defined(CONFIG_A) || CONFIG_N % 5 == 2", true}, {"1 ? 0 : 1", false},
		{"__has_attribute(x) || -1 < 0", true}, {"TWICE(2) == 4", true}, {"(1 << 2 | 1) == 5", true},
		{"'A' == 65", true},
		{"SELF", false}, {"defined(TWICE)", true},
	} {
		p := Preprocess(
			"#define TWICE(x) (2 * (x))\n#define SELF SELF\n#if "+c.condition+"\nyes\n#else\nno\n#endif\n",
			cfg,
		)
		assert.Equal(t, choose.If(c.want, "yes", "no"), text(p), c.condition)
		assert.Empty(t, p.Problems, c.condition)
	}
	for _, bad := range []string{"", "1 +", "(1", "1 2", "1 / 0", "defined(", "\"x\"", strings.Repeat("(", 2000),
		strings.Repeat("1 ? ", 2000)} {
		p := Preprocess("#if "+bad+"\nyes\n#else\nno\n#endif\n", cfg)
		assert.Equal(t, "no", text(p), bad)
		require.Len(t, p.Problems, 1, bad)
		assert.Equal(t, 1, p.Problems[0].Line)
	}
}

func TestBranches(t *testing.T) {
	src := `
#ifdef CONFIG_A
a
# if CONFIG_B
ab
# elif defined(CONFIG_C)
ac
# else
a-
# endif
#elif CONFIG_B
b
#else
-
#endif
#ifndef CONFIG_A
not a
#endif`
	for want, cfg := range map[string]Config{
		"- not a": nil, "a ab": {"CONFIG_A": "1", "CONFIG_B": "1", "CONFIG_C": "1"}, "a a -": {"CONFIG_A": "1"},
		"b not a": {"CONFIG_B": "1", "CONFIG_C": "1"}, "a ac": {"CONFIG_A": "1", "CONFIG_C": "1"},
	} {
		assert.Equal(t, want, text(Preprocess(src, cfg)))
	}
}

func TestAsked(t *testing.T) {
	p := Preprocess(`
#ifdef CONFIG_A
#endif
#if defined(arch_hook) && IS_ENABLED(CONFIG_B)
#endif
#ifdef CONFIG_A
#endif
#if 0
CONFIG_NEVER
#endif
x = IS_ENABLED(CONFIG_C) ? CONFIG_D : 0;`, nil)
	assert.Equal(t, []string{"CONFIG_A", "CONFIG_B", "CONFIG_C", "CONFIG_D"}, p.Asked)
	assert.Equal(t, []string{"arch_hook"}, p.Unknown)
}

func TestDirectiveProblems(t *testing.T) {
	for src, want := range map[string]string{
		"#endif": "#endif without an #if", "#else": "#else without an #if", "#elif 1": "#elif without an #if",
		"#ifdef\n#endif": "#ifdef without a condition", "#define": "#define without a name",
		"#define F(a": "#define F: the list of parameters does not end", "#nonsense": "unknown directive #nonsense",
		"#define F(+) 1": `#define F: "+" in a list of parameters`, "#error no": "#error is reached",
	} {
		p := Preprocess("\n"+src, nil)
		require.Len(t, p.Problems, 1, src)
		assert.Equal(t, Problem{Line: 2, Text: want}, p.Problems[0])
	}
}

func TestParseConfig(t *testing.T) {
	c, err := ParseConfig("CONFIG_A=y\r\nCONFIG_B=m\nCONFIG_C=3\nCONFIG_D=n\n")
	require.NoError(t, err)
	for name, want := range map[string]string{"A": "y", "B": "m", "C": "3", "D": "n", "E": "n"} {
		assert.Equal(t, want, c.Value("CONFIG_"+name))
	}
	assert.True(t, c.Enabled("CONFIG_B"))
	assert.False(t, c.Builtin("CONFIG_B"))
	assert.False(t, c.Enabled("CONFIG_C"))
	_, err = ParseConfig("CONFIG_A=y\n<html>\n")
	assert.EqualError(t, err, `2: "<html>" is no line of a .config: want CONFIG_NAME=VALUE or a comment`)
}
