package cfront

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// parseLift reads testdata/lift.c.
func parseLift(t *testing.T, cfg Config) *File {
	t.Helper()
	src, err := os.ReadFile("testdata/lift.c")
	require.NoError(t, err)
	f := Parse("lift.c", string(src), cfg)
	require.NoError(t, f.Err())
	return f
}

// outline is a function's statements, indented.
func outline(s *Stmt, indent string, b *strings.Builder) {
	line := func(format string, a ...any) { fmt.Fprintf(b, indent+format+"\n", a...) }
	head := func() string { return s.X.String() }
	switch s.Op {
	case Block:
		for _, x := range s.List {
			outline(x, indent, b)
		}
		return
	case DeclStmt:
		for _, d := range s.Decls {
			line("decl %s %s = %s", d.Type, d.Name, d.Init)
		}
	case Label, Goto:
		line("%s %s", s.Op, s.Label)
	case Case:
		line("case %s ... %s", s.X, s.To)
	case For:
		line("for (%s; %s; %s)", s.Init, s.X, s.Post)
	case Bad, Asm:
		line("%s %s", s.Op, s.Text)
	default:
		line("%s", strings.TrimSpace(s.Op+" "+head()))
	}
	for _, x := range []*Stmt{s.Body, s.Else} {
		if x != nil {
			outline(x, indent+"  ", b)
		}
	}
}

func outlineOf(f *Func) string {
	var b strings.Builder
	outline(f.Body, "", &b)
	return b.String()
}

func TestStatements(t *testing.T) {
	f := parseLift(t, Config{"CONFIG_LIFT_SAFETY": "1"})
	assert.Equal(t, `decl int step = (l->at < to) ? 1 : -1
decl int ret = 0
decl struct door* door = get_door(l)
decl enum floor f = 
if !l || (to == HEAVEN)
  return -EINVAL
expr guard(mutex)(&lift_mutex)
for (; l->at != to; l->at += step)
  if unlikely(!safe(l))
    goto stuck
    if l->moved
      expr ret = l->moved(l, step)
  switch ret
    case 0 ... 
    continue
    case -EAGAIN ... -1
    break
    default
    expr say("lift: " "%d: %d\n", ret, (int)l->at)
    return ret ?: -EIO
  do !READ_ONCE(l->open) && --ret
    expr cpu_relax()
for (f = 0; f < 4; f++)
  expr l->word |= BIT_ULL(f)
macro list_for_each_entry(l, &all_lifts, list)
  if l->word
    break
macro scoped_guard(irqsave, &l->lock)
  expr l->word = max_t(u64, l->word, sizeof(struct lift))
expr wait_event(queue, ({ ... }))
return 0
label stuck
expr *this_cpu_ptr(&lifts) = (struct lift){ .at = l->at, .target = l->at }
return -EBUSY
`, outlineOf(f.ByName["move"]))
	assert.Equal(t, `decl unsigned long flags = 
expr local_irq_save(flags)
asm ("brake %0"::"r"(l->at):"memory")
expr smp_store_release(&l->target, l->at)
expr local_irq_restore(flags)
`, outlineOf(f.ByName["brake"]))
	assert.Equal(t, `expr DEFINE_RATELIMIT_STATE(rs, 5, 10)
decl load_t most = (lift_limit() / weight) * ((load_t)2)
decl typeof(most)* p = &most
return sysfs_emit(buf, KERN_INFO "%lu" "\n", *p)
`, outlineOf(f.ByName["floor_show"]))
}

func TestFunctions(t *testing.T) {
	f := parseLift(t, nil)
	var got []string
	for _, fn := range f.Funcs {
		var params []string
		for _, d := range fn.Params {
			params = append(params, d.Type.String()+" "+d.Name)
		}
		got = append(got, fmt.Sprintf("%d-%d %s %s(%s) static=%t weak=%t", fn.Line, fn.End, fn.Ret, fn.Name,
			strings.Join(params, ", "), fn.Static, fn.Weak()))
	}
	assert.Equal(t, []string{
		"44-44 bool safe(struct lift* l) static=true weak=false",
		"47-47 int lift_limit() static=false weak=true",
		"49-51 void say(char* fmt) static=true weak=false",
		"53-62 void brake(struct lift* l) static=true weak=false",
		"64-104 int move(struct lift* l, enum floor to) static=true weak=false",
		"106-113 ssize_t floor_show(struct device* dev, char* buf) static=true weak=false",
		"117-120 SYSCALL_DEFINE2 SYSCALL_DEFINE2(lift)() static=false weak=false",
	}, got)
}

func TestDeclarations(t *testing.T) {
	f := parseLift(t, nil)
	assert.Equal(t, map[string]int64{"CELLAR": -1, "GROUND": 0, "FIRST": 1, "ROOF": 9, "HEAVEN": 10}, f.Enums)
	assert.Equal(t, Enumerator{Name: "ROOF", Value: 9, Enum: "enum floor", Line: 14}, f.Consts[3])
	var vars []string
	for _, v := range f.Vars {
		vars = append(vars, strings.TrimSpace(fmt.Sprintf("%d %s %s %s", v.Line, v.Type, v.Name, v.Init)))
	}
	assert.Equal(t, []string{
		"33 struct lift lifts { .at = GROUND }",
		"34 DEFINE_MUTEX lift_mutex",
		"35 LIST_HEAD all_lifts",
		"36 int weight 75",
		`37 char*[] names { [CELLAR + 1] = "cellar", [1 ... 2] = "other" }`,
		"38 bool() alarm",
		`114 struct attr attr_floor { .name = "floor", .show = floor_show }`,
	}, vars)
	var fields []string
	for _, d := range f.Structs["struct lift"] {
		fields = append(fields, d.Type.String()+" "+d.Name)
	}
	assert.Equal(t, []string{
		"struct list_head list", "enum floor at", "enum floor target", "int() moved", "union at line 22 ",
		"DECLARE_BITMAP stops", "struct task_struct* driver",
	}, fields)
	assert.Len(t, f.Structs["struct lift"][4].Fields, 2)
	assert.Equal(t, []string{"<linux/lift.h>", `"doors.h"`}, f.Pre.Includes)
}

// What cannot be read is said with its line, and is a node of its own: what is around it stays.
func TestBadStatements(t *testing.T) {
	for _, c := range []struct{ body, want, problem string }{
		{"a();\n b c d;\n e();", "expr a()\nbad \"c\" behind an expression\nexpr e()\n",
			`x.c:3: "c" behind an expression`},
		{"if (x y) { z(); } w();", "bad \"y\" where \")\" was expected\nexpr w()\n",
			`x.c:2: "y" where ")" was expected`},
		{"goto *p; q();", "bad \"*\" where a name was expected\nexpr q()\n", `x.c:2: "*" where a name was expected`},
		{"each(x) *p = 1;", "bad each(x) * p cannot be assigned to\n", `x.c:2: each(x) * p cannot be assigned to`},
		{"x = ; y();", "bad \";\" in an expression\nexpr y()\n", `x.c:2: ";" in an expression`},
		{"case 1 y();", "bad \"y\" where \":\" was expected\n", `x.c:2: "y" where ":" was expected`},
		{"]; x();", "bad \"]\" in an expression\nexpr x()\n", `x.c:2: "]" closes nothing`},
		{"if (a) { b + ; } d();", "if a\n  bad \";\" in an expression\nexpr d()\n", `x.c:2: ";" in an expression`},
	} {
		f := Parse("x.c", "void f(void)\n{ "+c.body+"\n}\nint g(void) { return 1; }\n", nil)
		require.Len(t, f.Funcs, 2, c.body)
		assert.Equal(t, c.want, outlineOf(f.Funcs[0]), c.body)
		assert.Len(t, f.Funcs[0].Bad, 1, c.body)
		assert.EqualError(t, f.Err(), c.problem, c.body)
		assert.Empty(t, f.Funcs[1].Bad)
	}
}

// A declaration that cannot be read does not take the next one with it.
func TestBadDeclarations(t *testing.T) {
	for _, c := range []struct{ src, problem string }{
		{"int = 3;\nint g(void) { return 1; }", `x.c:1: "=" where a name was expected`},
		{"enum e { A = B };\nint g(void) { return 1; }", `x.c:1: the value of A is not known`},
		{"}\nint g(void) { return 1; }", `x.c:1: "}" closes nothing`},
		{"int f(int a b c) { return 1; }\nint g(void) { return 1; }", ``},
		{"int g(void) { return 1; }\n#if 1\n", `x.c:2: a condition without an #endif`},
		{"int g(void) { return 1; }\nint h(void) { return 1;", `x.c:2: "{" that is opened here is not closed`},
		{"int g(void) { return 1; } /*", `x.c:1: a comment that does not end`},
		{"int g(void) { return 1; }\nchar *x = \"abc;\nint y;", `x.c:2: a literal that does not end in its line`},
	} {
		f := Parse("x.c", c.src, nil)
		assert.NotNil(t, f.ByName["g"], c.src)
		if c.problem != "" {
			assert.ErrorContains(t, f.Err(), c.problem, c.src)
		}
	}
}

// A bracket that has no other one is told where it stands, and takes no other definition with it.
func TestBrackets(t *testing.T) {
	for _, c := range []struct{ body, problem string }{
		{"\tif (a) {\n\t\tb();\n\tc();\n", `x.c:3: "{" that is opened here is not closed`},
		{"\tb();\n\tif (a && (c)\n\t\tb();\n", `x.c:4: "(" that is opened here is not closed`},
		{"\tb(x[1);\n", `x.c:3: "[" that is opened here is not closed`},
		{"\tb();\n\t}\n", `x.c:4: "}" closes nothing`},
		{"\tb());\n", `x.c:3: ")" closes nothing`},
	} {
		f := Parse("x.c", "int e(void)\n{\n"+c.body+"}\n\nint g(void)\n{\n\treturn 1;\n}\n", nil)
		assert.EqualError(t, f.Err(), c.problem, c.body)
		assert.NotNil(t, f.ByName["g"], c.body)
	}
}

func TestConst(t *testing.T) {
	enums := map[string]int64{"N": 7}
	for text, want := range map[string]int64{
		"N + 1": 8, "1 << 4 | 2": 18, "-(N)": -7, "~0": -1, "!N": 0, "N > 3 ? 10 : 20": 10, "'A' + 1": 66, "0x10UL": 16,
		"N % 4 * 2": 6, "BIT(N - 4)": 8, "8 / (N - 5)": 4, "'\\n'": 10, "010": 8,
	} {
		f := Parse("x.c", "int x = "+text+";", nil)
		require.NoError(t, f.Err(), text)
		got, ok := Const(f.Vars[0].Init, enums)
		assert.True(t, ok, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"M", "1 / 0", "1 << 64", "f(1)", "1.5", "x.y"} {
		f := Parse("x.c", "int x = "+text+";", nil)
		_, ok := Const(f.Vars[0].Init, enums)
		assert.False(t, ok, text)
	}
}

// What is printed is read again as the same.
func TestPrint(t *testing.T) {
	for in, want := range map[string]string{
		"a + b * c":              "a + (b * c)",
		"(a + b) * c":            "(a + b) * c",
		"a - (b - c)":            "a - (b - c)",
		"-(-x)":                  "-(-x)",
		"&*p->q[1].r":            "&(*p->q[1].r)",
		"(*f)(x, (y, z))":        "(*f)(x, (y, z))",
		"*p++":                   "*p++",
		"(*p)++":                 "(*p)++",
		"(struct s *)p":          "(struct s*)p",
		"((struct s *)p)->q":     "((struct s*)p)->q",
		"sizeof(int) + sizeof x": "sizeof(int) + sizeof(x)",
		"a = b = c":              "a = b = c",
		"(a ? b : c) ? d : e":    "(a ? b : c) ? d : e",
		"!(a && b)":              "!(a && b)",
		"f(struct s, x ||)":      "f(struct s, x||)",
		"f(return 1, a)":         "f(return 1, a)",
	} {
		read := func(s string) string {
			f := Parse("x.c", "void f(void) { "+s+"; }", nil)
			require.NoError(t, f.Err(), s)
			return f.Funcs[0].Body.List[0].X.String()
		}
		got := read(in)
		assert.Equal(t, want, got)
		assert.Equal(t, got, read(got), "read again")
	}
}
