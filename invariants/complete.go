package invariants

import "github.com/hpcheck/hpcheck/model"

// Whether an operation that went well did all of it.

var _ = property(Property{
	order: 25,
	Name:  "walk-complete",
	Idle:  "nobody walks along the ladder to the end",
	Doc: "an operation that returns 0 has called the callback of every step between where it began and where it " +
		"ended, each once and in the order of " +
		"the ladder",
	Why: "a subsystem whose callback is left out goes on to use a CPU that is gone, or never uses one that is " +
		"there; nobody finds out, since the " +
		"operation says that all went well.",
	memory: []field{
		// Last: the rung whose callback came last; at the beginning of a way down, one above st->state.
		{bits: 7},
		{bits: 1}, // up: the operation's direction
		// Wrong: 1 + the rung that ought to have come where another one did, the first and the last of these, 0 for
		// none.
		{bits: 7}, {bits: 7},
	},
	on:    []model.EventKind{model.EventBegin, model.EventEnter, model.EventEnd},
	event: walkComplete,
})

// The fields of walk-complete's memory.
const (
	walkLast = iota
	walkUp
	walkWrong
	walkWrongLast
)

func walkComplete(c *Check, e model.Event) {
	st := c.After.CPU[e.CPU].State
	up := c.get(walkUp, 0) == 1
	switch e.Kind {
	case model.EventBegin:
		c.set(walkWrong, 0, 0)
		c.set(walkWrongLast, 0, 0)
		if e.Up {
			c.set(walkUp, 0, 1)
			c.set(walkLast, 0, uint64(st))
		} else {
			c.set(walkUp, 0, 0)
			c.set(walkLast, 0, uint64(st)+1)
		}
	case model.EventEnter:
		s := &c.M.Ladder[e.Step]
		if e.Up != up || comesAndGoes(s) && !oneOfModule(s) || e.Owner == model.OwnerModule {
			return
		}
		if due := c.due(up, true); due != int(e.Step) {
			if c.get(walkWrong, 0) == 0 {
				c.set(walkWrong, 0, 1+uint64(due))
			}
			c.set(walkWrongLast, 0, 1+uint64(due))
		}
		c.set(walkLast, 0, uint64(e.Step))
	case model.EventEnd:
		first, last, due := c.get(walkWrong, 0), c.get(walkWrongLast, 0), c.due(up, false)
		for f := walkLast; f <= walkWrongLast; f++ {
			c.set(f, 0, 0)
		}
		if e.Ret != model.OK {
			return
		}
		c.applies()
		if first != 0 {
			c.missing(up, int(first)-1)
		}
		if last != first {
			c.missing(up, int(last)-1)
		}
		if due < len(c.M.Ladder) && (up && due <= int(st) || !up && due > int(st)) {
			c.missing(up, due)
		}
	}
}

// missing says of a rung that its callback did not come when it was due.
func (c *Check) missing(up bool, r int) {
	if r >= len(c.M.Ladder) {
		c.violated(nil, "the operation returned 0, and called a callback beyond the end of its way")
		return
	}
	c.violated(
		nil, "the operation returned 0, and left out the %s of %s, or called it out of order", direction(up),
		c.M.RungName(model.Rung(r)),
	)
}

// oneOfModule reports whether a step is a module's, with one callback and not one for each instance.
func oneOfModule(s *model.Step) bool { return s.Module > 0 && !s.Multi }

// due is the rung whose callback must come next, the length of the ladder if there is none. What comes and goes with
// installers is for installer-complete to judge; of a module's it is known during a walk, which keeps it out, whether
// it is there.
func (c *Check) due(up, walks bool) int {
	step := -1
	if up {
		step = 1
	}
	for r := int(c.get(walkLast, 0)) + step; r >= 0 && r < len(c.M.Ladder); r += step {
		s := &c.M.Ladder[r]
		there := !comesAndGoes(s) || walks && oneOfModule(s) && c.M.Calls(c.After, model.Rung(r)) > 0
		if s.Callback(up) != "" && there {
			return r
		}
	}
	return len(c.M.Ladder)
}
