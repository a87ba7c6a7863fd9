package monitor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/ftrace"
	"github.com/hpcheck/hpcheck/internal/choose"
	"github.com/hpcheck/hpcheck/invariants/custom"
	"github.com/hpcheck/hpcheck/model"
)

// OfFile makes an automaton of a property of a file. It begins where the property's own does, so it is to be switched
// on when a CPU is there. Letters that lead everywhere to the same states are one event.
func OfFile(o *custom.Observed, ladder []model.Step) (*Automaton, error) {
	s := sectionsOf(ladder)
	a := &Automaton{Name: o.ID(), Doc: o.Doc}
	var classes [][]custom.Letter
	for _, l := range o.Letters {
		still := true
		for state, to := range o.Next[l] {
			still = still && state == to
		}
		if still { // nobody minds
			continue
		}
		i := slices.IndexFunc(classes, func(c []custom.Letter) bool {
			return c[0].Exit == l.Exit && slices.Equal(o.Next[c[0]], o.Next[l])
		})
		if i < 0 {
			i, classes = len(classes), append(classes, nil)
		}
		classes[i] = append(classes[i], l)
	}
	for i, c := range classes {
		a.Events = append(a.Events, s.eventOf(c, ladder, fmt.Sprintf("event_%d", i+1)))
	}
	for _, state := range o.States {
		a.state(strings.ReplaceAll(state, "-", "_"))
	}
	for i, c := range classes {
		for state, to := range o.Next[c[0]] {
			a.Next[state][i] = to
		}
	}
	return a, a.valid()
}

// eventOf binds an event that is any of some letters.
func (s sections) eventOf(letters []custom.Letter, ladder []model.Step, name string) Event {
	var terms []string
	type seen struct {
		number  int
		up, bad bool
	}
	any := map[seen]bool{}
	for _, l := range letters {
		n := ladder[l.Step].Number
		any[seen{n, l.Up, l.Failed}] = true
		term := fmt.Sprintf("idx == %d && %s", n, choose.If(l.Up, "idx <= target", "idx > target"))
		if l.Exit {
			term = fmt.Sprintf("idx == %d && %s", n, choose.If(l.Failed, "ret", "!ret"))
		}
		if n > s.teardown {
			term += " && " + inThreadC
		}
		terms = append(terms, term)
	}
	point := "cpuhp_enter"
	if letters[0].Exit {
		point = "cpuhp_exit"
	}
	return Event{name, point, strings.Join(terms, " || "), func(e ftrace.Event) bool {
		switch {
		case s.kicks(&e):
			return false
		case letters[0].Exit:
			return e.Kind == ftrace.Exit && any[seen{e.Step, false, e.Ret != 0}]
		}
		return enters(&e) && any[seen{e.Step, e.Step <= e.Target, false}]
	}}
}
