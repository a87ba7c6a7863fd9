package invariants

import "github.com/hpcheck/hpcheck/model"

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
