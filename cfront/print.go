package cfront

import "strings"

// String writes an expression as C: what is nested is in parentheses where precedence could matter.
func (e *Expr) String() string {
	if e == nil {
		return ""
	}
	switch e.Op {
	case Id, NumLit, StrLit, Raw:
		return e.Name
	case CallOp:
		return e.X.operand() + "(" + list(e.Args) + ")"
	case Dot, Arrow:
		return e.X.operand() + e.Op + e.Name
	case Index:
		return e.X.operand() + "[" + e.Y.String() + "]"
	case Unary:
		if x := e.X; x.Op == Unary && x.Name[0] == e.Name[0] { // - -x
			return e.Name + "(" + x.String() + ")"
		}
		return e.Name + e.X.operand()
	case Post:
		return e.X.operand() + e.Name
	case Binary:
		return e.X.operand() + " " + e.Name + " " + e.Y.operand()
	case Assign:
		return e.X.String() + " " + e.Name + " " + e.Y.String()
	case CondOp:
		if e.Y == nil {
			return e.X.operand() + " ?: " + e.Z.String()
		}
		return e.X.operand() + " ? " + e.Y.String() + " : " + e.Z.String()
	case Comma:
		return e.X.String() + ", " + e.Y.operand()
	case Cast:
		return "(" + e.Type.String() + ")" + e.X.operand()
	case Sizeof:
		if e.Type != nil {
			return "sizeof(" + e.Type.String() + ")"
		}
		return "sizeof(" + e.X.String() + ")"
	case TypeArg:
		return e.Type.String()
	case StmtExpr:
		return "({ ... })"
	case Init:
		return "{ " + list(e.Args) + " }"
	case Set:
		return e.X.String() + " = " + e.Y.String()
	case Desig:
		if e.Y == nil {
			return e.X.String() + "." + e.Name
		}
		if e.Z != nil {
			return e.X.String() + "[" + e.Y.String() + " ... " + e.Z.String() + "]"
		}
		return e.X.String() + "[" + e.Y.String() + "]"
	}
	return "?" + e.Op
}

// operand writes an expression as a part of another.
func (e *Expr) operand() string {
	switch e.Op {
	case Binary, Assign, CondOp, Comma, Cast, Unary, Post:
		if e.Op == Unary && e.Name != "*" || e.Op == Post {
			return e.String()
		}
		return "(" + e.String() + ")"
	}
	return e.String()
}

// list writes expressions with commas between them.
func list(args []*Expr) string {
	s := make([]string, len(args))
	for i, a := range args {
		s[i] = a.String()
		if a.Op == Comma {
			s[i] = "(" + s[i] + ")"
		}
	}
	return strings.Join(s, ", ")
}
