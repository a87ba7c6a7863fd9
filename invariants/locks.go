package invariants

import (
	"fmt"

	"github.com/hpcheck/hpcheck/model"
)

// What an operation holds when it returns.

var _ = property(Property{
	order: 11,
	Name:  "locks-released",
	Doc:   "an operation returns with the locks that it came with",
	Why:   "a lock that stays behind stops every later operation, and every reader of the online mask with it.",
	on:    []model.EventKind{model.EventReturn},
	event: func(c *Check, e model.Event) {
		c.applies()
		for l, holder := range c.After.Lock {
			if holder == c.Thread {
				c.violated(vars(model.LockVar(model.Lock(l))), "%s returns and holds %v", c.M.ThreadName(c.Thread), model.Lock(l))
			}
		}
		if c.After.ActiveWriter == c.Thread {
			c.violated(vars(model.WriterVar()), "%s returns and is the active writer", c.M.ThreadName(c.Thread))
		}
	},
})

var _ = property(Property{
	order: 24,
	Name:  "lock-order",
	Doc:   "there is no cycle in the order in which locks are taken and hotplug threads are waited for, also if nobody ran into it",
	Why: "two threads that go round such a cycle from different ends wait for each other; lockdep looks for the same " +
		"(Documentation/locking/lockdep-design.rst).",
	memory: []field{{bits: maxOrders}}, // which of the orders that may be part of a cycle were seen
	step: func(c *Check) {
		held, taken := c.exec().Takes(c.After, c.Thread)
		if held == 0 {
			return
		}
		c.applies()
		seen := c.get(0, 0)
		for i, o := range c.M.CyclicOrders() {
			if o.Taken != taken || held>>o.Held&1 == 0 || seen>>i&1 == 1 {
				continue
			}
			c.set(0, 0, seen|1<<i)
			if c.M.Cycle(seen | 1<<i) {
				c.violated(nil, "%s takes %v and holds %v, and others %s", c.M.ThreadName(c.Thread), o.Taken, o.Held, c.otherOrders(seen))
			}
		}
	},
})

// maxOrders is how many orders can be part of a cycle; the rest is not looked at. A test says that there are no more.
const maxOrders = 24

// otherOrders lists orders that were seen before.
func (c *Check) otherOrders(seen uint64) string {
	var texts []string
	for i, o := range c.M.CyclicOrders() {
		if seen>>i&1 == 1 {
			texts = append(texts, fmt.Sprintf("took %v and held %v", o.Taken, o.Held))
		}
	}
	return join(texts)
}
