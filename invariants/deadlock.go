package invariants

import "github.com/hpcheck/hpcheck/model"

// Whether everybody ends.

var _ = property(Property{
	order:  14,
	Name:   "no-deadlock",
	Doc:    "no thread waits for what never comes",
	always: true,
	Why: "an operation that hangs holds cpu_add_remove_lock and cpu_hotplug.lock: nobody hotplugs, suspends or " +
		"reads the online " +
		"mask any more.",
	end: func(c *Check) {
		if c.After.Crashed {
			return // after a BUG nothing goes on, and that is no-bug-on's business
		}
		x := c.exec()
		var stuck []model.ThreadID
		for _, id := range c.M.Threads() {
			if !x.Resting(c.After, id) {
				stuck = append(stuck, id)
				c.waits(id)
			}
		}
		if c.explain {
			for _, id := range stuck {
				c.keeps(id)
			}
		}
	},
})

// waits says that a thread waits for ever, and for what. Of all of them this is told before what they keep from each
// other: a story has room for the beginning.
func (c *Check) waits(id model.ThreadID) {
	if !c.explain {
		c.violated(nil, "")
		return
	}
	p := c.M.Place(c.After, id)
	if c.M.Throttled(c.After) == id {
		cpu, timer := c.M.Timer(c.After)
		c.violated(
			vars(timer),
			"%s is throttled for ever in %s(): the timer that would let it run is on CPU %d, which is down",
			c.M.ThreadName(id), p.Function, cpu,
		)
	} else if t := c.M.Thread(c.After, id); !t.Queued {
		c.violated(nil, "%s sleeps for ever in %s(), %v: nobody wakes it", c.M.ThreadName(id), p.Function, t.State)
	} else {
		c.violated(c.M.Touches(c.After, id), "%s waits for ever in %s(): %s", c.M.ThreadName(id), p.Function, p.Label)
	}
	if n := len(c.reasons); n > 0 {
		c.reasons[n-1].Waits = id
	}
}

// keeps says what a thread that waits for ever holds, and which threads of an online CPU are parked meanwhile.
func (c *Check) keeps(id model.ThreadID) {
	if held := c.held(id); len(held) > 0 {
		names := make([]string, len(held))
		for i, v := range held {
			names[i] = c.M.VarName(v)
		}
		c.violated(held, "%s holds %s", c.M.ThreadName(id), join(names))
	}
	cpu, ok := c.M.About(c.After, id)
	if !ok {
		return
	}
	for _, parked := range c.parked(cpu, true) {
		if t := c.M.Thread(c.After, parked); t.State == model.TaskParked && c.After.CPU[cpu].Online {
			c.violated(vars(model.ThreadVar(model.FieldShouldPark, parked), model.ThreadVar(model.FieldTask, parked)),
				"%s is parked on CPU %d, which is online", c.M.ThreadName(parked), cpu)
		}
	}
}

// held are the locks that a thread holds.
func (c *Check) held(id model.ThreadID) []model.Var {
	var held []model.Var
	for l, holder := range c.After.Lock {
		if holder == id {
			held = append(held, model.LockVar(model.Lock(l)))
		}
	}
	return append(held, c.M.ClientLocks(c.After, id)...)
}
