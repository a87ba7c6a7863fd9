package cfront

import "strings"

// File is what a file defines.
type File struct {
	Path     string // as it was given
	Funcs    []*Func
	ByName   map[string]*Func
	Vars     []*Decl // variables, those too that a macro as DEFINE_MUTEX(x) defines
	Enums    map[string]int64
	Consts   []Enumerator // the same, in the order of the source
	Structs  map[string][]*Decl
	Macros   []*Expr // uses of macros at the top level, as EXPORT_SYMBOL(x)
	Pre      *Preprocessed
	Problems []Problem // of the lexer, the preprocessor and the parser
}

// Enumerator is a constant of an enum.
type Enumerator struct {
	Name  string
	Value int64
	Enum  string // "enum tag", "enum" if it has none
	Line  int
}

// Func is a function with its body.
type Func struct {
	Name      string // of SYSCALL_DEFINE1(x, ...) and its like: SYSCALL_DEFINE1(x)
	Ret       Type
	Params    []*Decl
	Body      *Stmt
	Static    bool
	Attrs     []string // __weak, __init, inline, ...
	Line, End int      // the first line of the definition, and that of the closing brace
	Toks      []Token  // the whole definition, preprocessed
	Bad       []*Stmt  // the statements that could not be read
}

// Weak reports whether another definition takes this one's place.
func (f *Func) Weak() bool {
	for _, a := range f.Attrs {
		if a == "__weak" {
			return true
		}
	}
	return false
}

// Type is a type as far as it can be told without headers.
type Type struct {
	Base  string // "unsigned int", "struct task_struct", "ktime_t"
	Stars int    // how many pointers
	Array int    // how many dimensions
	Fn    bool   // a function, or a pointer to one
	Union bool
}

func (t Type) String() string {
	s := t.Base + strings.Repeat("*", t.Stars)
	if t.Fn {
		s += "()"
	}
	return s + strings.Repeat("[]", t.Array)
}

// Decl declares a variable, a parameter or a field.
type Decl struct {
	Name   string
	Type   Type
	Init   *Expr // nil if there is none
	Static bool
	Attrs  []string // __read_mostly, __free(kfree), ...
	Fields []*Decl  // of an anonymous struct or union that is a field
	Macro  string   // the macro that declares it, as DEFINE_PER_CPU
	Args   []*Expr  // and the macro's arguments
	Line   int
}

// ExprOp is the kind of an expression.
type ExprOp = string

// The kinds of expressions, and what they use of Expr.
const (
	Id       ExprOp = "id"     // Name
	NumLit   ExprOp = "num"    // Name: a number or a character, as it is written
	StrLit   ExprOp = "str"    // Name: the literals, with their quotes, and macros between them
	CallOp   ExprOp = "call"   // X(Args)
	Dot      ExprOp = "."      // X.Name
	Arrow    ExprOp = "->"     // X->Name
	Index    ExprOp = "[]"     // X[Y]
	Unary    ExprOp = "un"     // Name X
	Post     ExprOp = "post"   // X Name
	Binary   ExprOp = "bin"    // X Name Y
	Assign   ExprOp = "="      // X Name Y
	CondOp   ExprOp = "cond"   // X ? Y : Z; Y is nil in X ?: Z
	Comma    ExprOp = ","      // X, Y
	Cast     ExprOp = "cast"   // (Type)X; X is an Init in a compound literal
	Sizeof   ExprOp = "sizeof" // sizeof(Type), or sizeof X if Type is nil
	TypeArg  ExprOp = "type"   // Type, as an argument of a macro
	StmtExpr ExprOp = "stmt"   // ({ Body })
	Init     ExprOp = "init"   // { Args }
	Set      ExprOp = "set"    // X = Y in an Init, where X is a Desig
	Desig    ExprOp = "desig"  // .Name, or [Y], behind X if that is not nil; Z is the end of a range [Y ... Z]
	Raw      ExprOp = "raw"    // Name: the text of an argument that is no expression
)

// Expr is an expression.
type Expr struct {
	Op      ExprOp
	Name    string
	X, Y, Z *Expr
	Args    []*Expr
	Body    *Stmt
	Type    *Type
	Line    int
}

// StmtOp is the kind of a statement.
type StmtOp = string

// The kinds of statements, and what they use of Stmt.
const (
	Block    StmtOp = "block"    // { List }
	ExprStmt StmtOp = "expr"     // X;
	DeclStmt StmtOp = "decl"     // Decls
	If       StmtOp = "if"       // if (X) Body else Else; Else may be nil
	While    StmtOp = "while"    // while (X) Body
	Do       StmtOp = "do"       // do Body while (X)
	For      StmtOp = "for"      // for (Init or InitDecl; X; Post) Body; each may be nil
	Switch   StmtOp = "switch"   // switch (X) Body
	Case     StmtOp = "case"     // case X: or case X ... To:
	Default  StmtOp = "default"  // default:
	Return   StmtOp = "return"   // return X; X may be nil
	Goto     StmtOp = "goto"     // goto Label
	Label    StmtOp = "label"    // Label:
	Break    StmtOp = "break"    // break
	Continue StmtOp = "continue" // continue
	Macro    StmtOp = "macro"    // X Body, as for_each_cpu(cpu, mask) { ... }: X is a call
	Asm      StmtOp = "asm"      // Text
	Empty    StmtOp = "empty"    // ;
	Bad      StmtOp = "bad"      // Text says why it could not be read, End where what was left out ends
)

// Stmt is a statement. A label, a case and a default are statements of their own, before those that they mark.
type Stmt struct {
	Op         StmtOp
	X, To      *Expr
	Init, Post *Expr
	InitDecl   *Stmt
	Body, Else *Stmt
	List       []*Stmt
	Decls      []*Decl
	Label      string
	Text       string
	Line, End  int // the first line; End is that of the closing brace of a Block, and of what a Bad leaves out
}
