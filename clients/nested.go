package clients

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hpcheck/hpcheck/internal/choose"
	"github.com/hpcheck/hpcheck/internal/positioned"
	"github.com/hpcheck/hpcheck/model"
)

// nested reads a step that is a table.
func (f *file) nested(v *positioned.Value, at place) ([]model.ClientStep, error) {
	t := v.Table
	for _, n := range []struct {
		key  string
		read func(*positioned.Table, *positioned.Value, place) ([]model.ClientStep, error)
	}{
		{"choice", f.choice}, {"if", f.branch}, {"loop", f.loop}, {"repeat", f.repeat},
		{"for_each_online_cpu", f.eachOnline}, {"may_fail", f.mayFail},
	} {
		if head := t.Get(n.key); head != nil {
			return n.read(t, head, at)
		}
	}
	return nil, v.Errorf("want a table with choice, if, loop, repeat, for_each_online_cpu or may_fail")
}

// maxBranches is how many branches a choice may have.
const maxBranches = 8

func (f *file) choice(t *positioned.Table, head *positioned.Value, at place) ([]model.ClientStep, error) {
	if err := t.Only("choice"); err != nil {
		return nil, err
	}
	if err := head.Want(positioned.Array); err != nil {
		return nil, err
	}
	if n := len(head.List); n < 2 || n > maxBranches {
		return nil, head.Errorf("a choice among %d: want 2 to %d lists of steps", n, maxBranches)
	}
	s := model.ClientStep{Verb: "choice"}
	for _, b := range head.List {
		steps, err := f.list(b, at)
		if err != nil {
			return nil, err
		}
		s.Bodies = append(s.Bodies, steps)
	}
	return made(&s, nil)
}

func (f *file) branch(t *positioned.Table, head *positioned.Value, at place) ([]model.ClientStep, error) {
	if err := t.Only("if", "then", "else"); err != nil {
		return nil, err
	}
	s := model.ClientStep{Verb: "if", Bodies: make([][]model.ClientStep, 2)}
	if err := head.Want(positioned.String); err != nil {
		return nil, err
	}
	if err := f.condition(head, strings.Fields(head.Text), at, &s); err != nil {
		return nil, err
	}
	if t.Get("then") == nil {
		return nil, t.Errorf("if without then")
	}
	for i, key := range []string{"then", "else"} {
		if v := t.Get(key); v != nil {
			steps, err := f.list(v, at)
			if err != nil {
				return nil, err
			}
			s.Bodies[i] = steps
		}
	}
	return made(&s, nil)
}

func (f *file) loop(t *positioned.Table, head *positioned.Value, at place) ([]model.ClientStep, error) {
	if err := t.Only("loop"); err != nil {
		return nil, err
	}
	if at.callback || at.loop {
		return nil, head.Errorf("a loop without an end is for tasks and work items")
	}
	steps, err := f.list(head, at)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(steps, func(s model.ClientStep) bool {
		return !slices.Contains([]string{"if", "return", "loop"}, s.Verb)
	}) {
		return nil, head.Errorf("a loop in which nothing is sure to happen")
	}
	return made(&model.ClientStep{Verb: "loop", Bodies: [][]model.ClientStep{steps}}, nil)
}

// maxRepeats is how often steps may be repeated.
const maxRepeats = 4

// repeat writes the steps out.
func (f *file) repeat(t *positioned.Table, head *positioned.Value, at place) ([]model.ClientStep, error) {
	if err := t.Only("repeat", "steps"); err != nil {
		return nil, err
	}
	n, err := head.Int()
	if err != nil {
		return nil, err
	}
	if n < 2 || n > maxRepeats {
		return nil, head.Errorf("repeat = %d: want 2 to %d", n, maxRepeats)
	}
	steps, err := f.steps(t, "steps", at)
	if err != nil {
		return nil, err
	}
	return slices.Repeat(steps, n), nil
}

func (f *file) eachOnline(t *positioned.Table, head *positioned.Value, at place) ([]model.ClientStep, error) {
	if err := t.Only("for_each_online_cpu"); err != nil {
		return nil, err
	}
	if at.callback || at.loop {
		return nil, head.Errorf("a loop over the CPUs is for tasks and work items, and not inside another one")
	}
	at.loop, at.perCPU = true, true
	steps, err := f.list(head, at)
	if err != nil {
		return nil, err
	}
	return made(&model.ClientStep{Verb: "for_each_online_cpu", Bodies: [][]model.ClientStep{steps}}, nil)
}

func (f *file) mayFail(t *positioned.Table, head *positioned.Value, at place) ([]model.ClientStep, error) {
	if err := t.Only("may_fail", "undo"); err != nil {
		return nil, err
	}
	if err := head.Want(positioned.String); err != nil {
		return nil, err
	}
	s := model.ClientStep{Verb: "may_fail"}
	if err := failing(head, head.Text, &s); err != nil {
		return nil, err
	}
	undo, err := f.steps(t, "undo", at)
	if err != nil {
		return nil, err
	}
	s.Bodies = [][]model.ClientStep{undo}
	return made(&s, nil)
}

// failing reads with which error a step may fail.
func failing(v *positioned.Value, text string, s *model.ClientStep) error {
	if text == "" {
		return nil
	}
	e, ok := model.ParseErrno(text)
	if !ok {
		return v.Errorf("unknown error %q: want one such as ENOMEM or EBUSY", text)
	}
	s.Errno = e
	return nil
}

// condition reads a condition: a flag, a completion, a duty, cpu_online, cpu_dying or failed, with ! if it is not to be
// so.
func (f *file) condition(v *positioned.Value, parts []string, at place, s *model.ClientStep) error {
	if len(parts) == 0 {
		return v.Errorf("a condition is missing: want a flag, a completion, a duty, cpu_online, cpu_dying or failed")
	}
	parts = slices.Clone(parts)
	parts[0], s.Not = strings.CutPrefix(parts[0], "!")
	switch parts[0] {
	case "failed":
		s.Object = parts[0]
		if len(parts) > 1 {
			return v.Errorf("failed is about no CPU")
		}
		return nil
	case "cpu_online", "cpu_dying":
		s.Object = parts[0]
		return cpuOf(v, parts[1:], at, s, true)
	}
	return f.object(v, parts, at, s, conditions)
}

// object reads what a step is about.
func (f *file) object(
	v *positioned.Value, parts []string, at place, s *model.ClientStep, kinds []model.ClientKind,
) error {
	want := fmt.Sprint(kinds[0])
	for _, k := range kinds[1:] {
		want += " or " + string(k)
	}
	if len(parts) == 0 {
		return v.Errorf("%s: want the name of a %s", s.Verb, want)
	}
	kind, known := f.kinds[parts[0]]
	switch {
	case !known:
		return v.Errorf("%s: there is no %s %q in this file", s.Verb, want, parts[0])
	case !slices.Contains(kinds, kind):
		return v.Errorf("%s: %q is a %s, want a %s", s.Verb, parts[0], kind, want)
	case kind == kindState && f.multi[parts[0]] != strings.HasPrefix(s.Verb, "cpuhp_state_"):
		return v.Errorf(
			"%s: the state %q has %s",
			s.Verb,
			parts[0],
			choose.If(f.multi[parts[0]], "instances: add or remove one", "no instances: set it up or remove it"),
		)
	}
	s.Object = parts[0]
	about := kind == model.ClientCPUFlag || kind == model.ClientDuty || s.Verb == "queue_work_on"
	return cpuOf(v, parts[1:], at, s, about)
}

// cpuOf reads which CPU a step is about.
func cpuOf(v *positioned.Value, parts []string, at place, s *model.ClientStep, about bool) error {
	switch {
	case len(parts) == 0 && about && !at.perCPU:
		return v.Errorf(`%s %s: this code is about no CPU; say "cpu N" behind it`, s.Verb, s.Object)
	case len(parts) == 0:
		return nil
	case !about || len(parts) != 2 || parts[0] != "cpu" || s.Verb == "hand_over":
		return v.Errorf("%s %s: %q is of no use behind it", s.Verb, s.Object, strings.Join(parts, " "))
	}
	n, err := strconv.Atoi(parts[1])
	if err != nil || n < 0 || n >= model.MaxCPUs {
		return v.Errorf("cpu %s: want 0 to %d", parts[1], model.MaxCPUs-1)
	}
	s.CPU = n + 1
	return nil
}
