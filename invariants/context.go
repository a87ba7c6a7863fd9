package invariants

import (
	"slices"

	"github.com/hpcheck/hpcheck/model"
)

// Who may do what, and where.

var _ = property(Property{
	order: 19,
	Name:  "one-writer-of-state",
	Idle:  "no CPU changes its state",
	Doc:   "while a thread walks a CPU through its states, no other thread changes st->state of that CPU",
	Why: "st->state is one variable that the task, the hotplug thread, the stopper and the idle task count up and " +
		"down without a lock; " +
		"two at once skip a step, or run it twice.",
	when: moved,
	step: func(c *Check) {
		for cpu := range uint8(c.M.Scenario.CPUs) {
			if c.Before.CPU[cpu].State == c.After.CPU[cpu].State {
				continue
			}
			c.applies()
			for _, id := range c.M.Threads() {
				if id != c.Thread && c.exec().Walks(c.After, id, cpu, c.Thread) {
					c.violated(
						vars(model.CPUVar(model.FieldState, cpu)),
						"%s changes st->state of CPU %d, over which %s walks", c.M.ThreadName(c.Thread), cpu,
						c.M.ThreadName(id),
					)
				}
			}
		}
	},
})

var _ = property(Property{
	order: 20,
	Name:  "park-protocol",
	Idle:  "no thread is parked",
	Doc: "a per-CPU thread runs on its own CPU only, unless it is to end, and does not run between parking and being " +
		"unparked",
	Why: "that is what parking is for: whoever parks a thread goes on to take away what it uses " +
		"(kernel/smpboot.c, kernel/kthread.c).",
	step: func(c *Check) {
		cpu := c.M.Home(c.Thread)
		if cpu < 0 || !c.M.Parkable(c.Thread) {
			return
		}
		c.applies()
		was, is := c.M.Thread(c.Before, c.Thread), c.M.Thread(c.After, c.Thread)
		x := c.exec()
		if was.ShouldPark && was.IsParked && is.ShouldPark && !x.Parks(c.After, c.Thread) {
			c.violated(
				vars(model.ThreadVar(model.FieldIsParked, c.Thread)), "%s is parked and runs on",
				c.M.ThreadName(c.Thread),
			)
		}
		if is.Elsewhere && is.Status == model.ThreadActive && !is.ShouldPark && !x.Parks(c.After, c.Thread) &&
			!x.Parks(c.Before, c.Thread) && !c.M.Stops(c.After, c.Thread) {
			c.violated(
				vars(model.ThreadVar(model.FieldElsewhere, c.Thread)), "%s runs its code, and not on CPU %d",
				c.M.ThreadName(c.Thread), cpu,
			)
		}
	},
})

var _ = property(Property{
	order: 21,
	Name:  "idle-never-blocks",
	Doc:   "nothing that may sleep runs in the idle task or with interrupts off",
	Why: "the idle task is what runs when all others sleep; if it sleeps there is nothing to switch to " +
		"(\"scheduling while atomic\").",
	always: true,
	on:     []model.EventKind{model.EventSleep},
	event: func(c *Check, e model.Event) {
		c.violated(
			nil, "%s reaches %s, which may sleep", c.M.ThreadName(e.Thread), c.M.Place(c.After, e.Thread).Label,
		)
	},
})

var _ = property(Property{
	order: 26,
	Name:  "stopper-serves",
	Idle:  "nobody has stoppers do something",
	Doc: "the stopper of a CPU that is online and scheduling accepts work, and work that a stopper has accepted is " +
		"executed, once, before it counts as done",
	Why: "work for a stopper that accepts none, or never gets to it, counts as done and was not; whoever asked for " +
		"it goes on as if it were (changelogs of 45178ac0cea8 and 233e7f267e58).",
	memory: slices.Repeat([]field{{bits: 1}}, model.MaxMigrators), // whether its work was accepted and not executed yet
	on:     []model.EventKind{model.EventWork, model.EventWorked, model.EventWorkDone},
	event: func(c *Check, e model.Event) {
		f := c.M.Migrator(e.Thread)
		waits := c.get(f, 0) == 1
		c.applies()
		switch {
		case e.Kind == model.EventWorked && !waits:
			c.violated(nil, "the work of %s is executed, and nobody waits for that", c.M.ThreadName(e.Thread))
		case e.Kind == model.EventWorkDone && waits:
			c.violated(nil, "%s is told that its work is done, and it was not executed", c.M.ThreadName(e.Thread))
		}
		c.set(f, 0, 0)
		if e.Kind == model.EventWork {
			c.set(f, 0, 1)
		}
	},
	step: func(c *Check) {
		for cpu := range uint8(c.M.Scenario.CPUs) {
			st := &c.After.CPU[cpu]
			if !st.Online || !c.M.Idles(c.After, cpu) {
				continue
			}
			c.applies()
			if !st.StopEnabled {
				c.violated(
					vars(model.CPUVar(model.FieldStopEnabled, cpu)),
					"CPU %d is online and in its idle loop, and its stopper takes no work", cpu,
				)
			}
		}
	},
})
