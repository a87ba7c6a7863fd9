package model

import (
	"fmt"
	"strconv"
	"strings"
)

// assumptions are what can be assumed of a function that nobody knows, besides what it returns.
var assumptions = map[string]string{
	"nothing": "it does nothing, and returns 0",
	"sleeps":  "it may sleep, does nothing else, and returns 0",
	"fails":   "it does nothing, and returns 0, or an error where that fault is injected",
}

// Assumed is a primitive for a function of which nothing is known but what somebody assumes. The error says what may be
// assumed.
func Assumed(name, what string) (*Primitive, error) {
	p := &Primitive{Name: name, Doc: assumptions[what]}
	switch what {
	case "nothing":
		p.value = func(*Builder, Call) Value { return Constant(0, KindErrno) }
	case "sleeps":
		p.Returns, p.spoils = true, results
		p.code = func(b *Builder, c Call) {
			b.a.mightSleep(nil)
			b.a.do(c.Text, own, func(x *Exec) { x.t.Ret = OK })
		}
	case "fails":
		p.Returns, p.spoils = true, results
		point := FaultPoint{Name: name, Doc: "it fails, as is assumed", Errno: EINVAL}
		p.code = func(b *Builder, c Call) { b.a.mayFail(c.Text, own, point, nil) }
	default:
		n, err := strconv.Atoi(what)
		kind := KindCount
		if e, ok := ParseErrno(what); ok && strings.HasPrefix(what, "-") {
			n, kind, err = -e.Number(), KindErrno, nil
		}
		if err != nil || n < 0 && kind == KindCount || n > mostAssumed {
			return nil, fmt.Errorf("%q is nothing that can be assumed of a function: want nothing, sleeps, fails, or "+
				"what it returns, a number up to %d or an error such as -EBUSY", what, mostAssumed)
		}
		p.Doc = "it does nothing, and returns " + what
		p.value = func(*Builder, Call) Value { return Constant(int64(n), kind) }
	}
	return p, nil
}

// mostAssumed is what a register can hold.
const mostAssumed = 127
