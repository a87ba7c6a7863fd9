package invariants

import (
	"math/bits"

	"github.com/hpcheck/hpcheck/model"
)

// Which callbacks run, how often and where.

var _ = property(Property{
	order: 7,
	Name:  "callback-balance",
	Idle:  "no callback is called",
	Doc: "per CPU and step that is not marked skip_onerr, startup and teardown alternate, and what ran agrees with " +
		"st->state " +
		"whenever no operation is under way",
	Why: "a startup that runs twice leaks what the first one allocated; a teardown without its startup frees what " +
		"is not there " +
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
	when: atRest,
	step: func(c *Check) {
		for cpu := range uint8(c.M.Scenario.CPUs) {
			ups := c.get(0, cpu)
			for diff := ups ^ c.expected(cpu); diff != 0; diff &= diff - 1 {
				r := c.pairs.first(diff)
				c.violated(
					vars(model.CPUVar(model.FieldState, cpu)), "CPU %d is in %s, and the %s of %s was the last to run",
					cpu, c.M.RungName(c.After.CPU[cpu].State), direction(ups&c.pairs.bit(r) != 0), c.M.RungName(r),
				)
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
	order: 27,
	Name:  "instance-balance",
	Idle:  "no state has instances",
	Doc: "per CPU and instance of a state, startup and teardown alternate, and whenever no operation is under way " +
		"all instances of a state that are on its list are up if " +
		"st->state is there or above, and none if it is below",
	Why: "an instance is a device: one that was never started is used all the same if its state counts as done, and " +
		"one that is started twice " +
		"leaks (changelog of 673db10729fb).",
	memory: []field{{bits: 2 * model.MaxInstances, perCPU: true}}, // the instances that are up
	boot: func(c *Check) {
		for cpu := range c.M.Scenario.CPUs {
			c.set(0, uint8(cpu), c.instancesDue(uint8(cpu)))
		}
	},
	on: []model.EventKind{model.EventInstanceDone},
	event: func(c *Check, e model.Event) {
		if !c.M.Ladder[e.Step].MayFail {
			return
		}
		c.applies()
		if e.Ret != model.OK {
			return
		}
		ups, bit := c.get(0, e.CPU), c.instanceBit(e.Step, int(e.Instance))
		if was := ups&bit != 0; was == e.Up {
			c.violated(
				nil, "the %s of instance %d of %s runs twice on CPU %d", direction(e.Up), e.Instance,
				c.M.RungName(e.Step), e.CPU,
			)
		}
		c.set(0, e.CPU, ups&^bit)
		if e.Up {
			c.set(0, e.CPU, ups|bit)
		}
	},
	when: atRest,
	step: func(c *Check) {
		// Who has that may be about to add or remove one.
		if c.M.Scenario.Instances == 0 || c.After.Lock[model.CPUHPStateMutex] != model.Nobody {
			return
		}
		for cpu := range uint8(c.M.Scenario.CPUs) {
			if ups, due := c.get(0, cpu), c.instancesDue(cpu); ups != due {
				c.violated(
					vars(model.CPUVar(model.FieldState, cpu)),
					"CPU %d is in %s, where %d instances must be up, and %d are", cpu,
					c.M.RungName(c.After.CPU[cpu].State), bits.OnesCount64(due), bits.OnesCount64(ups),
				)
			}
		}
	},
})

// instanceBit is the bit of an instance: those of the state of the control task come first.
func (c *Check) instanceBit(r model.Rung, i int) uint64 {
	if c.M.Ladder[r].Table == model.AP {
		i += model.MaxInstances
	}
	return 1 << i
}

// instancesDue is the set of instances that should be up on a CPU, judging by its st->state.
func (c *Check) instancesDue(cpu uint8) (set uint64) {
	for r := range c.M.Ladder {
		if !c.M.Ladder[r].MayFail || model.Rung(r) > c.After.CPU[cpu].State {
			continue
		}
		for i := range c.M.Scenario.Instances {
			if !c.M.Listed(c.After, model.Rung(r), i) {
				continue
			}
			set |= c.instanceBit(model.Rung(r), i)
		}
	}
	return set
}

var _ = property(Property{
	order: 8,
	Name:  "callback-context",
	Idle:  "no callback is called",
	Doc: "BP steps run in the task that controls the operation or installs them, AP steps in the target's hotplug " +
		"thread, and STARTING and DYING " +
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
		case step.Table == model.BP && e.Owner == model.OwnerModule && c.M.Installs(c.Thread),
			step.Table == model.BP && e.Owner != model.OwnerNone && c.Thread == c.M.Installer(e.Owner):
			want = c.Thread // it installs or removes them
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
			c.violated(
				nil, "%s(%d) runs in %s and not in %s", name, e.CPU, c.M.ThreadName(c.Thread), c.M.ThreadName(want),
			)
		}
		if c.M.Thread(c.After, c.Thread).Elsewhere {
			c.violated(
				vars(model.ThreadVar(model.FieldElsewhere, c.Thread)), "%s(%d) runs in %s, which is not on its CPU",
				name, e.CPU, c.M.ThreadName(c.Thread),
			)
		}
		if atomic && !c.After.CPU[e.CPU].IRQsOff {
			c.violated(vars(model.CPUVar(model.FieldIRQsOff, e.CPU)), "%s(%d) runs with interrupts on", name, e.CPU)
		}
	},
})
