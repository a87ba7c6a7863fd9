package drift

import (
	"fmt"
	"slices"
	"strings"
)

// steps compares the ladders: what a step calls, which steps there are, and their order. What matters is what is in the
// edition's own ladder. That the numbers of steps have moved changes nothing.
func (r *Report) steps() {
	was, is := map[string]Step{}, map[string]Step{}
	for _, s := range r.Reference.Steps {
		was[s.Symbol] = s
	}
	for _, s := range r.Taken.Steps {
		is[s.Symbol] = s
	}
	change := func(symbol, format string, a ...any) {
		r.Steps = append(r.Steps, StepChange{
			Symbol: symbol, What: fmt.Sprintf(format, a...), Matters: slices.Contains(r.Reference.Ladder, symbol),
		})
	}
	for _, s := range r.Taken.Steps {
		old, ok := was[s.Symbol]
		switch {
		case !ok && s.calls():
			change(s.Symbol, "is new: %s", s)
		case !ok:
		case old.String() != s.String():
			change(s.Symbol, "was %s, is %s", old, s)
		case old.Number != s.Number:
			r.Moved++
		}
	}
	for _, s := range r.Reference.Steps {
		if _, ok := is[s.Symbol]; !ok && s.calls() {
			change(s.Symbol, "is gone: %s", s)
		}
	}
	ladder := func(s Step) bool { return slices.Contains(r.Reference.Ladder, s.Symbol) }
	any := func(Step) bool { return true }
	if s := outOfOrder(r.Reference.Steps, r.Taken.Steps, ladder); s != "" {
		change(s, "is in another place of the order")
	} else if s := outOfOrder(r.Reference.Steps, r.Taken.Steps, any); s != "" {
		r.Steps = append(r.Steps, StepChange{Symbol: s, What: "is in another place of the order"})
	}
}

// calls reports whether the step table says anything of a step.
func (s Step) calls() bool { return s.Startup != "" || s.Teardown != "" || s.CantStop || s.Multi }

// String is what the step table says of a step.
func (s Step) String() string {
	text := fmt.Sprintf("%s/%s", dash(s.Startup), dash(s.Teardown))
	for _, flag := range []struct {
		name string
		is   bool
	}{{"cant_stop", s.CantStop}, {"multi_instance", s.Multi}} {
		if flag.is {
			text += " " + flag.name
		}
	}
	return text
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return strings.TrimPrefix(s, "&")
}

// outOfOrder is the first symbol of both that is not where the other has it, of those that are asked for; "" if there
// is none.
func outOfOrder(a, b []Step, of func(Step) bool) string {
	common := func(x, y []Step) []string {
		var symbols []string
		for _, s := range x {
			if of(s) && slices.ContainsFunc(y, func(o Step) bool { return o.Symbol == s.Symbol }) {
				symbols = append(symbols, s.Symbol)
			}
		}
		return symbols
	}
	p, q := common(a, b), common(b, a)
	for i := range p {
		if p[i] != q[i] {
			return q[i]
		}
	}
	return ""
}
