package cfront

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// hostile are texts that make a careless reader recurse, loop or grow without end.
var hostile = map[string]string{
	"parentheses":      strings.Repeat("(", 20_000),
	"calls":            "void f(void) { " + strings.Repeat("f(", 8_000),
	"blocks":           "void f(void) " + strings.Repeat("{", 20_000),
	"unclosed calls":   "void f(void) { " + strings.Repeat("f(;", 8_000) + "}",
	"statements":       "void f(void) { " + strings.Repeat("x(({", 6_000),
	"operators":        "int x = " + strings.Repeat("-", 19_999) + "1;",
	"stars":            "void f(void) { " + strings.Repeat("*", 20_000) + "; }",
	"conditionals":     "int x = " + strings.Repeat("1 ? ", 8_000),
	"sums":             "int x = 1" + strings.Repeat(" + 1", 20_000) + ";",
	"initializers":     "int x = " + strings.Repeat("{", 20_000),
	"structs":          strings.Repeat("struct { ", 8_000),
	"declarators":      "int " + strings.Repeat("(*", 8_000),
	"parameters":       "int f" + strings.Repeat("(int g", 8_000),
	"ifs":              "void f(void) { " + strings.Repeat("if (1) ", 8_000) + ";}",
	"elses":            "void f(void) { " + strings.Repeat("if (1) ; else ", 8_000) + ";}",
	"conditions":       strings.Repeat("#if 1\n", 8_000),
	"macros that grow": "#define A0 1\n" + growing(60, "A%d A%d") + "A59\n",
	"pastes that grow": "#define D(x) x##x\n" + strings.Repeat("D(", 60) + "a" + strings.Repeat(")", 60),
	"strings that grow": "#define S(x) #x\n#define T(x) S(x)S(x)\n" + strings.Repeat(
		"T(",
		60,
	) + "a" + strings.Repeat(
		")",
		60,
	),
	"unclosed macros": "#define M(x) x\n" + strings.Repeat("M(", 8_000),
	"raw arguments":   "void f(void) { " + strings.Repeat("f(? ", 6_000) + "; }",
	"assignments":     "int x = " + strings.Repeat("a = ", 8_000) + "1;",
	"strings":         "void f(void) { p(" + strings.Repeat("K \"x\" ", 8_000) + "); }",
	"bytes":           "\x00\xff\\\n\\\r\n'\"\n#\n# \n##\n",
}

// growing are macros each of which is two of the one before it.
func growing(n int, body string) string {
	var s strings.Builder
	for i := 1; i < n; i++ {
		s.WriteString("#define A" + itoa(i) + " " + strings.ReplaceAll(body, "%d", itoa(i-1)) + "\n")
	}
	return s.String()
}

func itoa(n int) string { return string(rune('0'+n/10)) + string(rune('0'+n%10)) }

func TestHostile(t *testing.T) {
	for name, src := range hostile {
		t.Run(name, func(t *testing.T) {
			f := Parse("x.c", src, nil)
			sound(t, f, src)
			require.Less(t, len(f.Pre.Tokens), 200*len(src)+200_000)
		})
	}
}

// sound checks what holds of every file.
func sound(t *testing.T, f *File, src string) {
	lines := strings.Count(src, "\n") + 1
	for _, p := range f.Problems {
		require.True(t, p.Line >= 1 && p.Line <= lines, "%v: of %d lines", p, lines)
		require.Equal(t, "x.c", p.File)
	}
	bad := 0
	for _, fn := range f.Funcs {
		n := 0
		fn.Body.Walk(func(s *Stmt) {
			require.True(
				t,
				s.Line >= fn.Line && s.Line <= fn.End,
				"%s at line %d of %s, which is %d to %d",
				s.Op,
				s.Line,
				fn.Name,
				fn.Line,
				fn.End,
			)
			if s.Op == Bad {
				n++
				require.NotEmpty(t, s.Text)
			}
		}, func(e *Expr) { require.NotContains(t, e.String(), "?id") })
		require.Equal(t, len(fn.Bad), n, "the bad statements of %s", fn.Name)
		bad += n
	}
	require.GreaterOrEqual(t, len(f.Problems), bad, "nothing is left out in silence")
}

// Any bytes are read without a panic and without an end to the patience, under any configuration.
func FuzzParse(f *testing.F) {
	lift, err := os.ReadFile("testdata/lift.c")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(lift), "CONFIG_LIFT_SAFETY=y")
	for _, chunk := range strings.Split(string(lift), "\n\n") {
		f.Add(chunk, "")
	}
	for _, src := range hostile {
		f.Add(src[:min(len(src), 200)], "CONFIG_A=m\n")
	}
	f.Fuzz(func(t *testing.T, src, config string) {
		cfg, err := ParseConfig(config)
		if err != nil {
			cfg = Config{"CONFIG_LIFT_SAFETY": "1"}
		}
		sound(t, Parse("x.c", src, cfg), src)
	})
}
