package invariants

import "github.com/hpcheck/hpcheck/model"

// Which callbacks run, how often and where.

var _ = property(Property{
	order: 7,
	Name:  "callback-balance",
	Doc: "per CPU and step that is not marked skip_onerr, startup and teardown alternate, and what ran agrees with st->state " +
		"whenever no operation is under way",
	Why: "a startup that runs twice leaks what the first one allocated; a teardown without its startup frees what is not there " +
		"(Documentation/core-api/cpu_hotplug.rst).",
	memory: []field{{bits: 64, perCPU: true}}, // the rungs that are up
	boot: func(c *Check) {
		for cpu := range c.M.Scenario.CPUs {
			c.set(0, uint8(cpu), c.expected(uint8(cpu)))
		}
	},
	on: []model.EventKind{model.EventExit},
	event: func(c *Check, e model.Event) {
		c.applies()
		if e.Ret != model.OK || !reversible(&c.M.Ladder[e.Step]) {
			return
		}
		ups := c.get(0, e.CPU)
		bit := c.pairs.bit(e.Step)
		if was := ups&bit != 0; was == e.Up {
			c.violated(nil, "the %s of %s runs twice on CPU %d", direction(e.Up), c.M.RungName(e.Step), e.CPU)
		}
		ups &^= bit
		if e.Up {
			ups |= bit
		}
		c.set(0, e.CPU, ups)
	},
	step: func(c *Check) {
		if !c.quiet() {
			return
		}
		for cpu := range uint8(c.M.Scenario.CPUs) {
			ups := c.get(0, cpu)
			for diff := ups ^ c.expected(cpu); diff != 0; diff &= diff - 1 {
				r := c.pairs.first(diff)
				c.violated(vars(model.CPUVar(model.FieldState, cpu)), "CPU %d is in %s, and the %s of %s was the last to run",
					cpu, c.M.RungName(c.After.CPU[cpu].State), direction(ups&c.pairs.bit(r) != 0), c.M.RungName(r))
			}
		}
	},
})

// expected is the set of rungs that should be up on a CPU, judging by its st->state.
func (c *Check) expected(cpu uint8) uint64 { return c.pairs.upTo[c.After.CPU[cpu].State] }

func direction(up bool) string {
	if up {
		return "startup"
	}
	return "teardown"
}

var _ = property(Property{
	order: 8,
	Name:  "callback-context",
	Doc: "BP steps run in the task that controls the operation, AP steps in the target's hotplug thread, and STARTING and DYING " +
		"on the target with interrupts off",
	Why: "a callback uses per-CPU data without a lock, or sleeps, because it knows where it runs " +
		"(comments of cpuhp_bp_states and cpuhp_ap_states in kernel/cpu.c).",
	on: []model.EventKind{model.EventEnter},
	event: func(c *Check, e model.Event) {
		c.applies()
		step := &c.M.Ladder[e.Step]
		var want model.ThreadID
		atomic := false
		switch {
		case step.Table == model.BP:
			want = c.After.Lock[model.CPUAddRemoveLock]
		case e.Step >= c.M.APOnlineIdle():
			want = c.M.Cpuhp(e.CPU)
		case e.Up:
			want, atomic = c.M.Idle(e.CPU), true
		default:
			want, atomic = c.M.Stopper(e.CPU), true
		}
		name := step.Callback(e.Up)
		if c.Thread != want {
			c.violated(nil, "%s(%d) runs in %s and not in %s", name, e.CPU, c.M.ThreadName(c.Thread), c.M.ThreadName(want))
		}
		if c.M.Thread(c.After, c.Thread).Elsewhere {
			c.violated(vars(model.ThreadVar(model.FieldElsewhere, c.Thread)), "%s(%d) runs in %s, which is not on its CPU", name, e.CPU,
				c.M.ThreadName(c.Thread))
		}
		if atomic && !c.After.CPU[e.CPU].IRQsOff {
			c.violated(vars(model.CPUVar(model.FieldIRQsOff, e.CPU)), "%s(%d) runs with interrupts on", name, e.CPU)
		}
	},
})
