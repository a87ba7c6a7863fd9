package invariants

import (
	"github.com/hpcheck/hpcheck/model"

	"github.com/hpcheck/hpcheck/internal/choose"
)

// Whether the threads of a CPU are where its state says.

var _ = property(Property{
	order: 29,
	Name:  "threads-agree",
	Idle:  "no operation ends",
	Doc: "whenever no operation is under way, the smpboot threads, the hotplug thread and the stopper of a CPU that " +
		"is up are told to run, and those of a CPU that is down are told to park; a CPU that is up executes with " +
		"interrupts on, and one that has stopped executes nothing until it is told to start",
	Why: "a parked thread does nothing for its CPU, and one that is not parked wakes up on another CPU, where it " +
		"must not be (kernel/smpboot.c, BUG_ON(td->cpu != " +
		"smp_processor_id())).",
	on:    []model.EventKind{model.EventEnd},
	event: func(c *Check, _ model.Event) { c.applies() },
	step: func(c *Check) {
		if home := c.M.Home(c.Thread); home >= 0 && c.Thread == c.M.Idle(uint8(home)) {
			if was, is := &c.Before.CPU[home], &c.After.CPU[home]; was.Dead && is.Dead &&
				!c.exec().Resting(c.Before, c.Thread) {
				c.violated(
					vars(model.CPUVar(model.FieldDead, uint8(home))), "%s executes, and CPU %d has stopped",
					c.M.ThreadName(c.Thread), home,
				)
			}
		}
		if !c.quiet() {
			return
		}
		for cpu := range uint8(c.M.Scenario.CPUs) {
			switch st := &c.After.CPU[cpu]; {
			case int(st.State) == len(c.M.Ladder)-1:
				c.threadsAgree(cpu, st, true)
			case st.State == 0:
				c.threadsAgree(cpu, st, false)
			}
		}
	},
	end: func(c *Check) {
		if !c.allRest() {
			return
		}
		for cpu := range uint8(c.M.Scenario.CPUs) { // until then it may be about to stop, or to start
			switch st := &c.After.CPU[cpu]; {
			case st.State == 0 && !st.Dead && st.Sync != model.SyncAlive:
				c.violated(
					vars(model.CPUVar(model.FieldDead, cpu), model.CPUVar(model.FieldState, cpu)),
					"CPU %d is in %s, and still executes", cpu, c.M.RungName(st.State),
				)
			case int(st.State) == len(c.M.Ladder)-1 && (st.Dead || st.IRQsOff || st.Stopped):
				c.violated(
					vars(model.CPUVar(model.FieldDead, cpu), model.CPUVar(model.FieldIRQsOff, cpu)),
					"CPU %d is in %s, and does not execute, or not with interrupts on", cpu, c.M.RungName(st.State),
				)
			}
		}
		for _, id := range c.M.Threads() {
			if t := c.M.Thread(c.After, id); c.M.Parkable(id) && t.Exists && t.IsParked && !t.ShouldPark {
				c.violated(
					vars(model.ThreadVar(model.FieldIsParked, id)), "%s is parked, and nobody told it to be",
					c.M.ThreadName(id),
				)
			}
		}
	},
})

// threadsAgree looks at the threads of a CPU that is at one end of the ladder.
func (c *Check) threadsAgree(cpu uint8, st *model.CPU, up bool) {
	look := func(id model.ThreadID) {
		t := c.M.Thread(c.After, id)
		switch {
		case up && !t.Exists:
			c.violated(
				nil, "CPU %d is in %s, and %s was never created", cpu, c.M.RungName(st.State), c.M.ThreadName(id),
			)
		case t.Exists && t.ShouldPark == up:
			c.violated(
				vars(model.ThreadVar(model.FieldShouldPark, id), model.CPUVar(model.FieldState, cpu)),
				"CPU %d is in %s, and %s is told to %s", cpu, c.M.RungName(st.State), c.M.ThreadName(id),
				choose.If(up, "park", "run"),
			)
		}
	}
	for i := range c.M.Scenario.Smpboot {
		id := c.M.Smpboot(cpu, i)
		switch {
		case c.M.Registered(c.After, i):
			look(id)
		case c.M.Thread(c.After, id).Exists && c.After.Lock[model.SmpbootThreadsLock] == model.Nobody:
			c.violated(
				vars(model.ThreadVar(model.FieldExists, id)), "%s is there, and its threads are not registered",
				c.M.ThreadName(id),
			)
		}
	}
	look(c.M.Cpuhp(cpu))
	look(c.M.Stopper(cpu))
	if st.StopEnabled != up {
		c.violated(
			vars(model.CPUVar(model.FieldStopEnabled, cpu), model.CPUVar(model.FieldState, cpu)),
			"CPU %d is in %s, and stopper->enabled is %v", cpu, c.M.RungName(st.State), st.StopEnabled,
		)
	}
}
