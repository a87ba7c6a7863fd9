package invariants

import "github.com/hpcheck/hpcheck/model"

// The order in which a rollback goes.

var _ = property(Property{
	order: 5,
	Name:  "rollback-order",
	Idle:  "nothing is rolled back",
	Doc: "an undo runs in the exact reverse order of what was done, and leaves out only the steps that the kernel " +
		"marks skip_onerr; CPU_DOWN_FAILED comes after the smpboot threads are back",
	Why: "a step may use whatever the steps below it have set up; undoing out of order, or not at all, pulls that " +
		"away under it " +
		"(Documentation/core-api/cpu_hotplug.rst, the rollback).",
	memory: []field{
		{bits: 64}, // done: the rungs whose callbacks have run, and must be undone if the operation fails
		{bits: 7},  // last: 1 + the rung that was undone last, 0 for none
		{bits: 1},  // up: the operation's direction
		{bits: 1},  // takedown: takedown_cpu() was entered
	},
	on:    []model.EventKind{model.EventBegin, model.EventEnter, model.EventExit, model.EventNotify, model.EventEnd},
	event: rollbackOrder,
})

// The fields of rollback-order's memory.
const (
	orderDone = iota
	orderLast
	orderUp
	orderTakedown
)

func rollbackOrder(c *Check, e model.Event) {
	up := c.get(orderUp, 0) == 1
	switch e.Kind {
	case model.EventBegin:
		c.set(orderDone, 0, 0)
		c.set(orderLast, 0, 0)
		c.set(orderTakedown, 0, 0)
		c.set(orderUp, 0, 0)
		if e.Up {
			c.set(orderUp, 0, 1)
		}
	case model.EventEnter:
		if c.takedown(e) {
			c.set(orderTakedown, 0, 1)
		}
		if e.Up != up && e.Owner == model.OwnerNone {
			c.undone(e)
		}
	case model.EventExit:
		if e.Up == up && e.Ret == model.OK && reversible(&c.M.Ladder[e.Step]) {
			c.set(orderDone, 0, c.get(orderDone, 0)|c.pairs.bit(e.Step))
		}
	case model.EventNotify:
		if e.Notification == model.CPUDownFailed && c.get(orderTakedown, 0) == 1 {
			c.applies()
			if parked := c.parked(e.CPU, false); len(parked) > 0 {
				c.violated(
					c.parkVars(parked), "%s gets CPU_DOWN_FAILED and %s still parked", c.M.Chain[e.Notifier].Name,
					c.names(parked),
				)
			}
		}
	case model.EventEnd:
		if e.Ret == model.OK {
			return
		}
		for done := c.get(orderDone, 0); done != 0; done &= done - 1 {
			c.violated(nil, "the operation failed with %v, and %s was never undone", e.Ret,
				c.M.RungName(c.pairs.first(done)))
		}
	}
}

// undone checks an undo callback: it must be the reverse of what was done last and is not undone yet. A step that has a
// callback in one direction only is not the reverse of anything, but has its place in the order as well.
func (c *Check) undone(e model.Event) {
	c.applies()
	done := c.get(orderDone, 0)
	switch last := c.get(orderLast, 0); {
	case last == 0:
	case (uint64(e.Step+1) >= last) != e.Up:
		c.violated(nil, "%s is undone after %s", c.M.RungName(e.Step), c.M.RungName(model.Rung(last-1)))
	default:
		c.leftOut(model.Rung(last-1), e)
	}
	c.set(orderLast, 0, uint64(e.Step)+1)
	if !reversible(&c.M.Ladder[e.Step]) {
		return
	}
	switch later := c.later(done, e); {
	case done&c.pairs.bit(e.Step) == 0:
		c.violated(nil, "%s is undone and was not done", c.M.RungName(e.Step))
	case later != 0:
		c.violated(nil, "%s is undone before %s, which was done after it", c.M.RungName(e.Step),
			c.M.RungName(c.pairs.first(later)))
	}
	c.set(orderDone, 0, done&^c.pairs.bit(e.Step))
}

// leftOut looks for callbacks between two of an undo that were to come between them and did not: those that only one
// direction has. The others are among what is done and not undone.
func (c *Check) leftOut(last model.Rung, e model.Event) {
	lo, hi := min(last, e.Step), max(last, e.Step)
	for r := lo + 1; r < hi; r++ {
		if s := &c.M.Ladder[r]; s.Callback(e.Up) != "" && !reversible(s) && !s.SkipOnErr && !comesAndGoes(s) &&
			!c.M.Misplaced(r) {
			c.violated(nil, "%s of %s is left out in the undo", direction(e.Up), c.M.RungName(r))
		}
	}
}

// later are the rungs that were done after that of an undo callback.
func (c *Check) later(done uint64, e model.Event) uint64 {
	if e.Up { // taking down was done downwards
		return done & (c.pairs.bit(e.Step) - 1)
	}
	return done &^ c.pairs.upTo[e.Step]
}
