package reports

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/model"
)

// Finding is what goes wrong for one reason: a failure, and every property that it violates.
type Finding struct {
	Cause string // "During cpu_down(1), __cpu_disable() fails with -EBUSY: the CPU refuses to die."
	Items []FindingItem
}

// FindingItem is a property that is violated.
type FindingItem struct {
	Property string
	Ends     string // what is false in the end
	Must     string // what must hold
	Steps    int
}

// Headline says in one line what the run found.
func (r *Run) Headline() string {
	bad, all := len(r.Violations()), len(r.Verdicts)
	switch {
	case bad == 1 && all == 1:
		return r.Verdicts[0].Property.Name + " is violated"
	case bad == 1:
		return fmt.Sprintf("1 of %d properties is violated", all)
	case bad > 0:
		return fmt.Sprintf("%d of %d properties are violated", bad, all)
	case r.Complete():
		return "no property is violated"
	}
	return "not done: nothing is violated so far"
}

// Findings puts the counterexamples together that have the same failures in the same operations.
func (r *Run) Findings() []Finding {
	var all []Finding
next:
	for _, c := range r.Violations() {
		item := FindingItem{c.Property, c.ends(), c.Doc, len(c.Steps)}
		cause := c.cause()
		for i := range all {
			if all[i].Cause == cause {
				all[i].Items = append(all[i].Items, item)
				continue next
			}
		}
		all = append(all, Finding{cause, []FindingItem{item}})
	}
	return all
}

// cause says what fails, and in which operations.
func (c *Counterexample) cause() string {
	var faults []string
	c.scenes(func(s *Step, e *Event, op string) {
		if e.Kind == model.EventFault {
			faults = append(faults, "During "+op+", "+faultText(s, *e)+".")
		}
	})
	if len(faults) > 0 {
		return strings.Join(faults, " ")
	}
	_, op := c.ending()
	return "During " + op + ", with no failure injected."
}

// calls reports whether a thread begins an operation in the counterexample, as an EventCall says.
func (c *Counterexample) calls(thread string) bool {
	return slices.ContainsFunc(c.Steps, func(s Step) bool {
		return s.Thread == thread &&
			slices.ContainsFunc(s.Events, func(e Event) bool { return e.Kind == model.EventCall })
	})
}

// scenes calls f with each event, and with the operation during which it happens.
func (c *Counterexample) scenes(f func(s *Step, e *Event, op string)) {
	calls := map[string]string{} // the operation that each task is in
	last := model.TheBoot        // a thread may do something before anybody has begun an operation
	for i := range c.Steps {
		s := &c.Steps[i]
		if job, ok := c.jobs[s.Thread]; ok {
			calls[s.Thread] = job
			if last == model.TheBoot {
				last = job
			}
		}
		for j := range s.Events {
			e := &s.Events[j]
			if e.Kind == model.EventCall {
				last = e.OpName
				calls[s.Thread] = last
			}
			f(s, e, during(calls, s.Thread, last))
			if e.Kind == model.EventReturn {
				delete(calls, s.Thread)
			}
		}
	}
}

// during is the operation in which a thread does something: its own, if it is a task's, or the only one that is under
// way.
func during(calls map[string]string, thread, last string) string {
	if own, ok := calls[thread]; ok {
		return own
	}
	if len(calls) == 1 {
		for _, call := range calls {
			return call
		}
	}
	return last
}

// ending is the step that violates the property, nil if the last state itself or a lasso does, and the operation during
// which that happens.
func (c *Counterexample) ending() (*Step, string) {
	op := model.TheBoot
	var violating *Step
	c.scenes(func(s *Step, _ *Event, during string) {
		op = during
	})
	if n := len(c.Steps); n > 0 && c.Steps[n-1].Violating {
		violating = &c.Steps[n-1]
	}
	return violating, op
}

// headline says where the rule is broken, by whom and how, and then what failed before.
func (c *Counterexample) headline() string {
	step, op := c.ending()
	where := "In " + op
	if op == model.TheBoot {
		where = "During " + op
	}
	switch {
	case step != nil && op == "the work of "+step.Thread:
		where = "By " + step.Thread + " in " + step.Function + "()"
	case step == nil:
	case slices.ContainsFunc(step.Events, func(e Event) bool { return e.Kind == model.EventReturn }):
		where += ", as " + step.Thread + " returns"
	case step.CPU < 0:
		where += ", by " + step.Thread + " in " + step.Function + "()"
	default:
		where += fmt.Sprintf(", by %s in %s() on CPU %d", step.Thread, step.Function, step.CPU)
	}
	return where + ": " + c.ends() + ". " + c.failed(op)
}

// failed says what failed on the way, and during which operation if that is another than this.
func (c *Counterexample) failed(op string) string {
	var faults []string
	c.scenes(func(s *Step, e *Event, during string) {
		if e.Kind != model.EventFault {
			return
		}
		text := faultText(s, *e)
		if during != op {
			text = "during " + during + ", " + text
		}
		faults = append(faults, text)
	})
	if len(faults) == 0 {
		return "No failure is injected."
	}
	return "Cause: " + strings.Join(faults, "; then ") + "."
}
