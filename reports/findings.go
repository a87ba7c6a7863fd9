package reports

import (
	"fmt"
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
	calls := map[string]string{} // the operation that each task is in
	last := "the boot"
	var faults []string
	for i := range c.Steps {
		s := &c.Steps[i]
		for _, e := range s.Events {
			switch e.Kind {
			case model.EventCall:
				last = strings.TrimPrefix(strings.TrimPrefix(e.Text, "calls "), "makes ")
				calls[s.Thread] = last
			case model.EventReturn:
				delete(calls, s.Thread)
			case model.EventFault:
				faults = append(faults, "During "+during(calls, s.Thread, last)+", "+faultText(s, e)+".")
			}
		}
	}
	if len(faults) == 0 {
		return "During " + last + ", without any failure."
	}
	return strings.Join(faults, " ")
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

// headline is the story in a sentence or two.
func (c *Counterexample) headline() string {
	return c.cause() + " In the end " + c.ends() + "."
}
