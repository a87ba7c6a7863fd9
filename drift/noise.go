package drift

import (
	"strings"

	"github.com/hpcheck/hpcheck/cfront"
	"github.com/hpcheck/hpcheck/ktree"
)

// noise are calls that can be read, printed or checked, but change nothing that another thread sees.
var (
	noise = map[string]bool{
		"printk": true, "printk_once": true, "might_sleep": true, "kobject_uevent": true, "dump_stack": true,
		"rwsem_acquire": true, "rwsem_release": true, "percpu_rwsem_assert_held": true,
	}
	noisePrefixes = []string{"pr_", "dev_err", "dev_warn", "dev_info", "dev_dbg", "trace_", "lockdep_"}
)

// isNoise reports whether the calls of a function are noise by its name.
func isNoise(name string) bool {
	if noise[name] {
		return true
	}
	for _, prefix := range noisePrefixes {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// silent reports whether an expression is a call that is noise: by its name, or of a function of the unit all of which
// is. Its arguments must have no effect.
func silent(u *ktree.Unit, file string, e *cfront.Expr, depth int) bool {
	if e.Op != cfront.CallOp || e.X.Op != cfront.Id || depth > 4 {
		return false
	}
	effect := false
	for _, a := range e.Args {
		a.Walk(func(x *cfront.Expr) {
			effect = effect || x.Op == cfront.Assign || x.Op == cfront.Post ||
				x.Op == cfront.Unary && (x.Name == "++" || x.Name == "--") || x.Op == cfront.StmtExpr
		})
	}
	if effect {
		return false
	}
	f := u.Lookup(e.X.Name, file)
	if f == nil {
		return isNoise(e.X.Name)
	}
	if f.Weak() { // an architecture may have more to do
		return false
	}
	for _, s := range f.Body.List {
		if s.Op != cfront.Empty && (s.Op != cfront.ExprStmt || !silent(u, f.File, s.X, depth+1)) {
			return false
		}
	}
	return true
}
