package invariants

import (
	"fmt"

	"github.com/hpcheck/hpcheck/model"
)

// What the masks say of the CPUs.

var _ = property(Property{
	order: 9,
	Name:  "masks-agree",
	Idle:  "no operation ends",
	Doc: "the online, active and dying masks agree with st->state whenever no operation is under way, cpuset's mask " +
		"with the active one; the last CPU is never taken " +
		"offline, nor the last that is not isolated",
	Why: "the scheduler places tasks by the active mask, everybody else by the online mask, and hotplug itself goes " +
		"by " +
		"st->state; whoever is wrong uses a CPU that is not there.",
	on:    []model.EventKind{model.EventEnd},
	event: func(c *Check, _ model.Event) { c.applies() },
	end: func(c *Check) {
		for cpu := range uint8(c.M.Scenario.CPUs) {
			if st := &c.After.CPU[cpu]; c.M.Scenario.Cpuset && st.Allowed != st.Active && !c.After.TasksFrozen &&
				c.allRest() {
				c.violated(vars(model.CPUVar(model.FieldAllowed, cpu), model.CPUVar(model.FieldActive, cpu)),
					"when all is done, %s", cpusetSays(cpu, st.Allowed))
			}
		}
	},
	step: func(c *Check) {
		anyOnline := false
		for cpu := range c.M.Scenario.CPUs {
			anyOnline = anyOnline || c.After.CPU[cpu].Online
			if c.quiet() {
				c.masksAgree(uint8(cpu))
			}
		}
		if !anyOnline {
			c.violated(vars(model.CPUVar(model.FieldOnline, 0)), "no CPU is online")
		}
		if len(c.M.Scenario.Isolated) > 0 && c.M.Housekeeper(c.Before, -1) && !c.M.Housekeeper(c.After, -1) {
			c.violated(nil, "no CPU is online that is not isolated")
		}
	},
})

// masksAgree compares a CPU's bits with its state.
func (c *Check) masksAgree(cpu uint8) {
	st := &c.After.CPU[cpu]
	if on := st.State > c.M.TeardownCPU(); st.Online != on {
		c.violated(vars(model.CPUVar(model.FieldOnline, cpu), model.CPUVar(model.FieldState, cpu)),
			"CPU %d is in %s, and online is %v", cpu, c.M.RungName(st.State), st.Online)
	}
	if st.Dying && int(st.State) == len(c.M.Ladder)-1 {
		c.violated(vars(model.CPUVar(model.FieldDying, cpu), model.CPUVar(model.FieldState, cpu)),
			"CPU %d is in %s and still marked dying", cpu, c.M.RungName(st.State))
	}
	if c.M.Scenario.Cpuset && st.Allowed != st.Active && !c.After.TasksFrozen {
		c.violated(vars(model.CPUVar(model.FieldAllowed, cpu), model.CPUVar(model.FieldActive, cpu)),
			"%s", cpusetSays(cpu, st.Allowed))
	}
	if st.Active && !st.Online {
		c.violated(vars(model.CPUVar(model.FieldActive, cpu), model.CPUVar(model.FieldOnline, cpu)),
			"CPU %d is active and not online", cpu)
	}
	if !st.Active && int(st.State) == len(c.M.Ladder)-1 {
		c.violated(vars(model.CPUVar(model.FieldActive, cpu), model.CPUVar(model.FieldState, cpu)),
			"CPU %d is in %s and not active", cpu, c.M.RungName(st.State))
	}
}

// cpusetSays says how cpuset's mask differs from the active one.
func cpusetSays(cpu uint8, allowed bool) string {
	if allowed {
		return fmt.Sprintf("cpuset allows CPU %d, which is not active", cpu)
	}
	return fmt.Sprintf("CPU %d is active, and cpuset does not allow it", cpu)
}
