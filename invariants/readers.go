package invariants

import "github.com/hpcheck/hpcheck/model"

// What those who look at the CPUs, and those who forbid hotplug, rely on.

var _ = property(Property{
	order:  16,
	Name:   "reader-excludes-writer",
	Doc:    "between get_online_cpus() and put_online_cpus() of any task, the online mask does not change",
	Why:    "that is all that get_online_cpus() is for: who walks over the online CPUs must not find one gone (kernel/cpu.c).",
	memory: []field{{bits: 4}}, // how often tasks are inside
	on:     []model.EventKind{model.EventReadBegin, model.EventReadEnd},
	event: func(c *Check, e model.Event) {
		c.applies()
		inside := c.get(0, 0)
		if e.Kind == model.EventReadBegin {
			c.set(0, 0, inside+1)
		} else if inside > 0 {
			c.set(0, 0, inside-1)
		}
	},
	step: func(c *Check) {
		if c.get(0, 0) == 0 {
			return
		}
		for cpu := range c.M.Scenario.CPUs {
			if c.Before.CPU[cpu].Online != c.After.CPU[cpu].Online {
				c.violated(
					vars(model.CPUVar(model.FieldOnline, uint8(cpu))),
					"CPU %d: online becomes %v, and a task is inside get_online_cpus()", cpu, c.After.CPU[cpu].Online,
				)
			}
		}
	},
})

var _ = property(Property{
	order: 22,
	Name:  "hotplug-disabled-respected",
	Doc:   "while cpu_hotplug_disabled is set, nobody but the suspend moves a CPU; and it is not set any more when all who forbade it are done",
	Why: "kexec and drivers forbid hotplug because they can't bear it then, and a suspend because the frozen tasks would find other CPUs " +
		"(kernel/cpu.c, cpu_hotplug_disable()).",
	on: []model.EventKind{model.EventBegin, model.EventEnter},
	event: func(c *Check, e model.Event) {
		holder := c.After.Lock[model.CPUAddRemoveLock]
		if c.After.Disabled == 0 || c.M.Suspends(holder) || e.Owner != 0 {
			return
		}
		c.applies()
		if e.Kind == model.EventEnter {
			c.violated(nil, "%s runs for CPU %d in an operation of %s, and cpu_hotplug_disabled is %d",
				c.M.Ladder[e.Step].Callback(e.Up), e.CPU, c.M.ThreadName(holder), c.After.Disabled)
		}
	},
	end: func(c *Check) {
		if c.After.Disabled != 0 && c.allRest() {
			c.violated(nil, "everybody is done, and cpu_hotplug_disabled is %d", c.After.Disabled)
		}
	},
})

var _ = property(Property{
	order: 23,
	Name:  "frozen-agrees",
	Doc: "what the callbacks and the notifiers are told of frozen tasks is the same in both halves of an operation, and true; and a suspend that nothing disturbs leaves " +
		"the CPUs as it found them",
	Why: "a notifier keeps on CPU_TASKS_FROZEN what it would free otherwise, and expects to find it again " +
		"(kernel/cpu.c, the comment of cpu_hotplug_pm_callback()).",
	on: []model.EventKind{model.EventNotify, model.EventEnter},
	event: func(c *Check, e model.Event) {
		holder := c.After.Lock[model.CPUAddRemoveLock]
		if holder == model.Nobody || !c.M.Scenario.Suspend || e.Owner != model.OwnerNone {
			return
		}
		frozen := c.M.Suspends(holder)
		if frozen {
			c.applies()
		}
		switch {
		case frozen == c.After.TasksFrozen:
		case e.Kind == model.EventEnter:
			c.violated(
				nil, "%s runs for CPU %d in an operation of %s, and cpuhp_tasks_frozen is %v",
				c.M.Ladder[e.Step].Callback(e.Up), e.CPU, c.M.ThreadName(holder), c.After.TasksFrozen,
			)
		default:
			c.violated(
				nil, "%s gets %v for CPU %d in an operation of %s, and cpuhp_tasks_frozen is %v",
				c.M.Chain[e.Notifier].Name, e.Notification, e.CPU, c.M.ThreadName(holder), c.After.TasksFrozen,
			)
		}
	},
	end: func(c *Check) {
		sc := &c.M.Scenario
		if !sc.Suspend || sc.Ops > 0 || len(sc.Sequence) > 0 || int(c.After.Faults) < sc.Faults || !c.allRest() {
			return
		}
		c.applies()
		boot := c.M.Initial()
		for cpu := range uint8(sc.CPUs) {
			if now := c.After.CPU[cpu].State; now != boot.CPU[cpu].State {
				c.violated(
					vars(model.CPUVar(model.FieldState, cpu)), "the machine has woken up, and CPU %d is in %s", cpu,
					c.M.RungName(now),
				)
			}
		}
	},
})
