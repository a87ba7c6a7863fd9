package lower

import (
	"fmt"
	"slices"

	"github.com/hpcheck/hpcheck/ktree"
	"github.com/hpcheck/hpcheck/model"
)

// Ladder gives an edition the numbers and the built-in callbacks of a tree's states, and those of the tree that were
// not there when the edition was made. States whose callbacks are registered elsewhere in the kernel keep those of the
// edition. The notes say what differs from it.
func Ladder(k model.Kernel, steps []ktree.Step) (model.Kernel, []string, error) {
	tree := map[string]ktree.Step{}
	for _, s := range steps {
		tree[s.Symbol] = s
	}
	elsewhere, before := k.KnownStates(), numberOf(k.Steps, "CPUHP_ONLINE")
	bringup, ok := tree["CPUHP_BRINGUP_CPU"]
	if !ok {
		return k, nil, fmt.Errorf("include/linux/cpuhotplug.h: enum cpuhp_state has no CPUHP_BRINGUP_CPU")
	}
	var notes []string
	known := map[string]bool{}
	k.Steps = slices.Clone(k.Steps)
	k.Steps = slices.DeleteFunc(k.Steps, func(s model.Step) bool {
		_, ok := tree[s.Symbol]
		if !ok {
			notes = append(notes, s.Symbol+" is gone")
		}
		return !ok
	})
	for i := range k.Steps {
		s, t := &k.Steps[i], tree[k.Steps[i].Symbol]
		known[s.Symbol] = true
		s.Number = int(t.Number)
		if !t.Table || t.Startup == s.Startup && t.Teardown == s.Teardown {
			continue
		}
		if s.Startup+s.Teardown != "" && t.Startup+t.Teardown == "" {
			continue // it is set up while the kernel boots
		}
		notes = append(notes, fmt.Sprintf("%s calls %s and %s", s.Symbol, or(t.Startup), or(t.Teardown)))
		s.Startup, s.Teardown = t.Startup, t.Teardown
	}
	for _, t := range steps {
		if known[t.Symbol] || !t.Table || t.Startup+t.Teardown == "" || elsewhere[t.Name] {
			continue
		}
		s := model.Step{
			Number: int(
				t.Number,
			),
			Symbol:   t.Symbol,
			Name:     t.Name,
			Table:    model.AP,
			Startup:  t.Startup,
			Teardown: t.Teardown,
			CantStop: t.CantStop,
		}
		if t.Number <= bringup.Number {
			s.Table = model.BP
		}
		if slices.ContainsFunc(k.Steps, func(o model.Step) bool { return o.Number == s.Number }) {
			continue // another symbol of the same state
		}
		notes = append(notes, fmt.Sprintf("%s is new, and calls %s and %s", s.Symbol, or(s.Startup), or(s.Teardown)))
		k.Steps = append(k.Steps, s)
	}
	moved := numberOf(k.Steps, "CPUHP_ONLINE") - before
	k.DynFirst, k.DynLast = k.DynFirst+moved, k.DynLast+moved
	return k, notes, nil
}

func numberOf(steps []model.Step, symbol string) int {
	for _, s := range steps {
		if s.Symbol == symbol {
			return s.Number
		}
	}
	return 0
}

func or(function string) string {
	if function == "" {
		return "nothing"
	}
	return function + "()"
}
