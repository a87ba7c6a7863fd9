package invariants

import "github.com/hpcheck/hpcheck/model"

// Who is told that something is done.

var _ = property(Property{
	order: 15,
	Name:  "no-stale-completion",
	Idle:  "nobody completes what somebody waits for",
	Doc:   "a completion is consumed only by the waiter that it was meant for",
	Why: "st->done serves three purposes, and a completion that is left over lets the next waiter go on before what " +
		"it waits for has happened.",
	memory: func() []field {
		fields := make([]field, model.NumCompletions)
		for i := range fields {
			// 0: nobody waits; 1 + purpose: somebody does; with 8: and was told.
			fields[i] = field{bits: 4, perCPU: true}
		}
		return fields
	}(),
	on: []model.EventKind{model.EventRequest, model.EventComplete, model.EventConsume},
	event: func(c *Check, e model.Event) {
		if e.Completion == model.StopCompletion {
			return // on the waiter's stack: nobody else can have it
		}
		const told = 8
		f := int(e.Completion)
		waits := c.get(f, e.CPU)
		switch e.Kind {
		case model.EventRequest:
			if c.M.Unconsumed(c.Before, e.CPU, e.Completion) > 0 {
				c.violated(
					vars(c.M.CompletionVar(e.CPU, e.Completion)),
					"%s will wait until %v, and %v of CPU %d is completed already", c.M.ThreadName(c.Thread), e.Purpose,
					e.Completion, e.CPU,
				)
			}
			c.set(f, e.CPU, 1+uint64(e.Purpose))
		case model.EventComplete:
			c.applies()
			if waits == 0 || waits&told != 0 || !answers(e.Purpose, model.Purpose(waits-1)) {
				c.violated(
					vars(c.M.CompletionVar(e.CPU, e.Completion)),
					"%s says that %v by %v of CPU %d, and nobody waits for that", c.M.ThreadName(c.Thread), e.Purpose,
					e.Completion, e.CPU,
				)
			}
			c.set(f, e.CPU, waits|told)
		case model.EventConsume:
			if waits&told == 0 {
				c.violated(vars(c.M.CompletionVar(e.CPU, e.Completion)), "%s goes on, and it was not told that %v",
					c.M.ThreadName(c.Thread), e.Purpose)
			}
			c.set(f, e.CPU, 0)
		}
	},
})

// answers reports whether a completion is what somebody waits for. Who brings a CPU up waits until its hotplug thread
// has done its part, which has a request of its own, made by the CPU itself.
func answers(said, waited model.Purpose) bool {
	return said == waited || said == model.ForWork && waited == model.ForOnline
}
