package cfront

// Callee is the name of what a call calls: guard(mutex)(&x) calls guard(mutex). Through a pointer it is the text of the
// pointer.
func (e *Expr) Callee() string {
	if e.X.Op == Id {
		return e.X.Name
	}
	return e.X.String()
}

// Walk calls f for the expression and for all in it, also those in statement expressions.
func (e *Expr) Walk(f func(*Expr)) { e.WalkAll(func(*Stmt) {}, f) }

// WalkAll calls s for each statement in the expression and f for the expression and for all in it.
func (e *Expr) WalkAll(s func(*Stmt), f func(*Expr)) {
	if e == nil {
		return
	}
	f(e)
	for _, x := range []*Expr{e.X, e.Y, e.Z} {
		x.WalkAll(s, f)
	}
	for _, a := range e.Args {
		a.WalkAll(s, f)
	}
	e.Body.Walk(s, f)
}

// Walk calls visit for the statement and for all in it, and f for all expressions, in the order of the source, except
// that what a for does behind its body comes before it.
func (s *Stmt) Walk(visit func(*Stmt), f func(*Expr)) {
	if s == nil {
		return
	}
	visit(s)
	s.InitDecl.Walk(visit, f)
	for _, x := range []*Expr{s.Init, s.X, s.To, s.Post} {
		x.WalkAll(visit, f)
	}
	for _, d := range s.Decls {
		d.Init.WalkAll(visit, f)
	}
	s.Body.Walk(visit, f)
	s.Else.Walk(visit, f)
	for _, x := range s.List {
		x.Walk(visit, f)
	}
}
