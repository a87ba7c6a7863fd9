package stepper

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
)

// Condition is what a state is searched by: terms that are all true. It is no language on purpose: whatever somebody
// writes into an address, it takes no longer than to look at the variables that it names.
type Condition struct {
	terms []term
}

// term is a part of a condition.
type term struct {
	kind  termKind
	name  string // a variable, a property or an event
	value string
	v     model.Var
	index int
}

type termKind int

const (
	termIs termKind = iota
	termIsNot
	termViolates
	termHappens
	termEnd
)

// Help says how a condition is written.
const Help = `CPU 1 online = false, cpuhp/1 state != TASK_PARKED, violates PROPERTY, happens TEXT (an event), ends; ` +
	`join with &&`

// Condition reads a condition for the suite's machine.
func (s *Stepper) Condition(text string) (*Condition, error) {
	c := &Condition{}
	for part := range strings.SplitSeq(text, "&&") {
		t, err := s.term(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		c.terms = append(c.terms, t)
	}
	return c, nil
}

func (s *Stepper) term(text string) (term, error) {
	if text == "" {
		return term{}, errors.New("say what to look for: " + Help)
	}
	if text == "ends" {
		return term{kind: termEnd}, nil
	}
	if name, ok := strings.CutPrefix(text, "violates "); ok {
		var known []string
		for i, p := range s.Suite.Properties {
			if p.Name == strings.TrimSpace(name) {
				return term{kind: termViolates, name: p.Name, index: i}, nil
			}
			known = append(known, p.Name)
		}
		return term{}, &model.UnknownError{Kind: "property", Name: strings.TrimSpace(name), Known: known}
	}
	if event, ok := strings.CutPrefix(text, "happens "); ok {
		return term{kind: termHappens, name: strings.TrimSpace(event)}, nil
	}
	kind, sign := termIs, "="
	if strings.Contains(text, "!=") {
		kind, sign = termIsNot, "!="
	}
	name, value, ok := strings.Cut(text, sign)
	if !ok {
		return term{}, fmt.Errorf("%.60q is no condition: %s", text, Help)
	}
	name, value = strings.TrimSpace(name), strings.TrimSpace(strings.TrimPrefix(value, "="))
	var known []string
	for _, v := range s.Suite.Machine.Vars() {
		if s.Suite.Machine.VarName(v) == name {
			t := term{kind: kind, name: name, value: value, v: v}
			return t, t.possible(s.Suite.Machine)
		}
		known = append(known, s.Suite.Machine.VarName(v))
	}
	return term{}, &model.UnknownError{Kind: "variable", Name: name, Known: known, Many: true}
}

// possible says which values there are, if the term asks for none of them: no state would ever match.
func (t *term) possible(m *model.Machine) error {
	all := m.Values(t.v)
	if all == nil && t.v.Kind() == model.Count {
		if n, err := strconv.Atoi(t.value); err != nil || n < 0 {
			return fmt.Errorf("%s is never %q: want a number", t.name, t.value)
		}
	}
	if all == nil || slices.ContainsFunc(all, t.means) {
		return nil
	}
	return fmt.Errorf("%s is never %q: want one of %s", t.name, t.value, strings.Join(all, ", "))
}

// means reports whether a value is meant: CPUHP_ONLINE (43) by CPUHP_ONLINE and by 43 as well.
func (t *term) means(value string) bool {
	symbol, number, _ := strings.Cut(value, " ")
	return value == t.value || symbol == t.value || number != "" && number == "("+t.value+")"
}

// matches reports whether the condition is true of a state and of the step to it.
func (c *Condition) matches(
	m *model.Machine,
	s *model.State,
	t *invariants.Transition,
	ends bool,
	violated uint64,
) bool {
	for i := range c.terms {
		if !c.terms[i].matches(m, s, t, ends, violated) {
			return false
		}
	}
	return true
}

func (t *term) matches(m *model.Machine, s *model.State, by *invariants.Transition, ends bool, violated uint64) bool {
	switch t.kind {
	case termEnd:
		return ends
	case termViolates:
		return violated>>t.index&1 == 1
	case termHappens:
		for _, e := range by.Events {
			if strings.Contains(m.DescribeEvent(e), t.name) {
				return true
			}
		}
		return false
	}
	return t.means(m.Value(s, t.v)) == (t.kind == termIs)
}

// NotFoundError says that no such state was found.
type NotFoundError struct {
	States int
	All    bool // there is none: everything that can be reached was looked at
}

// Error says it.
func (e *NotFoundError) Error() string {
	if e.All {
		return fmt.Sprintf(
			"there is no such state: all %d states that can be reached from here were looked at", e.States,
		)
	}
	return fmt.Sprintf("no such state among the first %d that can be reached from here", e.States)
}

// Find looks for the nearest state after a path of which the condition is true, breadth-first, among so many states.
func (s *Stepper) Find(ctx context.Context, path Path, c *Condition, limit int) (Path, error) {
	state := s.Suite.Initial()[0]
	for i, ordinal := range path {
		ts, _ := s.walk.Transitions(state)
		if ordinal >= len(ts) {
			return nil, &PathError{i + 1, len(ts)}
		}
		state = ts[ordinal].Next
	}
	type found struct {
		state   []uint64
		parent  int
		ordinal int
	}
	m := s.Suite.Machine
	queue := []found{{state, -1, 0}}
	known := map[string]bool{key(state): true}
	trace := func(at, ordinal int) Path {
		way := []int{ordinal}
		for ; queue[at].parent >= 0; at = queue[at].parent {
			way = append(way, queue[at].ordinal)
		}
		p := path
		for i := len(way) - 1; i >= 0; i-- {
			p = p.And(way[i])
		}
		return p
	}
	for at := 0; at < len(queue); at++ {
		if at%256 == 0 && ctx.Err() != nil || len(queue) > limit {
			return nil, &NotFoundError{len(queue), false}
		}
		ts, _ := s.walk.Transitions(queue[at].state)
		for i := range ts {
			next, ended := s.walk.Ends(ts[i].Next)
			if c.matches(m, &ts[i].After, &ts[i], next, ts[i].Violated|ended) {
				return trace(at, i), nil
			}
			if k := key(ts[i].Next); !known[k] {
				known[k] = true
				queue = append(queue, found{ts[i].Next, at, i})
			}
		}
	}
	return nil, &NotFoundError{len(queue), true}
}

// key makes a state fit for a map.
func key(state []uint64) string {
	b := make([]byte, 0, 8*len(state))
	for _, w := range state {
		b = append(b, byte(w), byte(w>>8), byte(w>>16), byte(w>>24), byte(w>>32), byte(w>>40), byte(w>>48), byte(w>>56))
	}
	return string(b)
}
