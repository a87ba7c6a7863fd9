package invariants

import (
	"github.com/hpcheck/hpcheck/model"
)

// What an operation holds when it returns.

var _ = property(Property{
	order: 11,
	Name:  "locks-released",
	Idle:  "nobody takes a lock",
	Doc:   "an operation returns with the locks that it came with, and when all are done no lock is held",
	Why:   "a lock that stays behind stops every later operation, and every reader of the online mask with it.",
	on:    []model.EventKind{model.EventReturn},
	event: func(c *Check, e model.Event) {
		c.applies()
		for _, lock := range c.held(c.Thread) {
			c.violated(vars(lock), "%s returns and holds %s", c.M.ThreadName(c.Thread), c.M.VarName(lock))
		}
		if c.After.ActiveWriter == c.Thread {
			c.violated(vars(model.WriterVar()), "%s returns and is the active writer", c.M.ThreadName(c.Thread))
		}
	},
	end: func(c *Check) {
		if !c.allRest() {
			return
		}
		for _, id := range c.M.Threads() {
			for _, lock := range c.held(id) {
				c.violated(vars(lock), "everybody is done, and %s holds %s", c.M.ThreadName(id), c.M.VarName(lock))
			}
		}
	},
})

// allRest reports whether nothing is left to do in a state without transitions. Who waits for ever there is
// no-deadlock's business.
func (c *Check) allRest() bool {
	x := c.exec()
	for _, id := range c.M.Threads() {
		if !x.Resting(c.After, id) {
			return false
		}
	}
	return !c.After.Crashed
}

var _ = property(Property{
	order: 30,
	Name:  "lock-guards",
	Idle:  "nothing that a lock guards is changed",
	Doc: "only a holder of cpu_add_remove_lock writes cpu_hotplug_disabled and cpuhp_tasks_frozen, only a holder of " +
		"cpuhp_state_mutex writes the step table and the lists of instances, and the online mask changes only " +
		"while somebody holds cpu_add_remove_lock",
	Why: "two writers at once lose a count, or a callback (comments of cpu_add_remove_lock and cpuhp_state_mutex in " +
		"kernel/cpu.c).",
	when: moved,
	step: func(c *Check) {
		held := func(l model.Lock) bool { return c.Before.Lock[l] == c.Thread && c.After.Lock[l] == c.Thread }
		if c.Before.Disabled != c.After.Disabled || c.Before.TasksFrozen != c.After.TasksFrozen {
			c.guarded(
				held(model.CPUAddRemoveLock), "cpu_hotplug_disabled or cpuhp_tasks_frozen", model.CPUAddRemoveLock,
			)
		}
		if c.Before.Slot != c.After.Slot || c.Before.Listed != c.After.Listed || c.Before.Modules != c.After.Modules {
			c.guarded(held(model.CPUHPStateMutex), "the step table, or a list of instances", model.CPUHPStateMutex)
		}
		for cpu := range c.M.Scenario.CPUs {
			if c.Before.CPU[cpu].Online != c.After.CPU[cpu].Online {
				c.guarded(
					c.After.Lock[model.CPUAddRemoveLock] != model.Nobody, "the online mask", model.CPUAddRemoveLock,
				)
			}
		}
	},
})

// guarded says that something was written without its lock, if that is so.
func (c *Check) guarded(held bool, what string, l model.Lock) {
	c.applies()
	if !held {
		c.violated(vars(model.LockVar(l)), "%s writes %s without %v", c.M.ThreadName(c.Thread), what, l)
	}
}

var _ = property(Property{
	order: 24,
	Name:  "lock-order",
	Idle:  "nobody takes a lock while holding another",
	Doc: "the order in which locks are taken and hotplug threads are waited for has no cycle, even if no schedule " +
		"deadlocks on it",
	Why: "two threads that enter such a cycle at different places wait for each other; lockdep looks for the same " +
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
				c.violated(
					nil, "%s takes %s while it holds %s, which closes a cycle with %s", c.M.ThreadName(c.Thread),
					c.M.ClassName(o.Taken), c.M.ClassName(o.Held), c.otherOrders(seen),
				)
			}
		}
	},
})

// maxOrders is how many orders can be part of a cycle; the rest is not looked at. A test says that there are no more.
const maxOrders = 24

// otherOrders lists orders that were seen before, the lock that is held first, as lockdep does.
func (c *Check) otherOrders(seen uint64) string {
	var texts []string
	for i, o := range c.M.CyclicOrders() {
		if seen>>i&1 == 1 {
			texts = append(texts, c.M.ClassName(o.Held)+" → "+c.M.ClassName(o.Taken))
		}
	}
	return join(texts)
}
