package invariants

import (
	"slices"

	"github.com/hpcheck/hpcheck/model"
)

// What those who look at the CPUs, and those who forbid hotplug, rely on.

var _ = property(Property{
	order: 16,
	Name:  "reader-excludes-writer",
	Idle:  "nobody calls get_online_cpus()",
	Doc: "while any thread is between get_online_cpus() and put_online_cpus(), the online mask does not change; and " +
		"nobody calls put_online_cpus() without get_online_cpus()",
	Why: "that is all that get_online_cpus() is for: whoever walks over the online CPUs must not find one gone " +
		"(kernel/cpu.c). One put too many takes another reader's protection away.",
	memory: readers, // how often each thread is inside
	on:     []model.EventKind{model.EventReadBegin, model.EventReadEnd},
	event: func(c *Check, e model.Event) {
		c.applies()
		f, cpu := readerField(c.M, e.Thread)
		switch inside := c.get(f, cpu); {
		case e.Kind == model.EventReadBegin:
			c.set(f, cpu, inside+1)
		case inside > 0:
			c.set(f, cpu, inside-1)
		default:
			c.violated(nil, "%s puts what it has not got", c.M.ThreadName(e.Thread))
		}
	},
	when: moved,
	step: func(c *Check) {
		for cpu := range c.M.Scenario.CPUs {
			if c.Before.CPU[cpu].Online == c.After.CPU[cpu].Online {
				continue
			}
			if inside := c.reader(); inside != "" {
				c.violated(
					vars(model.CPUVar(model.FieldOnline, uint8(cpu))),
					"CPU %d: online becomes %v, and %s is inside get_online_cpus()",
					cpu,
					c.After.CPU[cpu].Online,
					inside,
				)
			}
		}
	},
})

// readers counts how often each thread is inside get_online_cpus(), which nests twice at the most: those that are bound
// to no CPU, and last the hotplug thread of each CPU.
var readers = append(slices.Repeat([]field{{bits: 2}}, model.MaxUnbound), field{bits: 2, perCPU: true})

// readerField is where a thread is counted.
func readerField(m *model.Machine, id model.ThreadID) (f int, cpu uint8) {
	if home := m.Home(id); home >= 0 {
		return model.MaxUnbound, uint8(home)
	}
	return m.Unbound(id), 0
}

// reader names a thread that is inside get_online_cpus(), "" if there is none.
func (c *Check) reader() string {
	for _, id := range c.M.Threads() {
		if c.M.Home(id) >= 0 {
			continue
		}
		if f, cpu := readerField(c.M, id); c.get(f, cpu) > 0 {
			return c.M.ThreadName(id)
		}
	}
	for cpu := range uint8(c.M.Scenario.CPUs) {
		if c.get(model.MaxUnbound, cpu) > 0 {
			return c.M.ThreadName(c.M.Cpuhp(cpu))
		}
	}
	return ""
}

var _ = property(Property{
	order: 22,
	Name:  "hotplug-disabled-respected",
	Idle:  "no operation meets somebody who forbids hotplug",
	Doc: "between anybody's cpu_hotplug_disable() and cpu_hotplug_enable(), only a suspend takes CPUs up or down; " +
		"and hotplug is enabled again when everybody who disabled it is done",
	Why: "kexec and drivers disable hotplug while they rely on the CPUs that there are, and a suspend because the " +
		"frozen tasks would find other CPUs (kernel/cpu.c, cpu_hotplug_disable()).",
	memory: forbidders,
	on:     []model.EventKind{model.EventForbid, model.EventAllow, model.EventBegin, model.EventEnter},
	event: func(c *Check, e model.Event) {
		if c.forbids(e) {
			return
		}
		holder, who := c.After.Lock[model.CPUAddRemoveLock], c.forbidder()
		if who == "" || c.M.Suspends(holder) || e.Owner != 0 {
			return
		}
		c.applies()
		if e.Kind == model.EventEnter {
			c.violated(nil, "%s runs for CPU %d in an operation of %s, although %s has disabled hotplug",
				c.M.Ladder[e.Step].Callback(e.Up), e.CPU, c.M.ThreadName(holder), who)
		}
	},
	end: func(c *Check) {
		if n := c.forbidding(); int(c.After.Disabled) != n && c.allRest() {
			c.violated(
				nil, "everybody is done, cpu_hotplug_disabled is %d, and hotplug is forbidden %d times",
				c.After.Disabled, n,
			)
		}
	},
})

// forbidders counts how often each thread that is bound to no CPU forbids hotplug, by what it does itself.
var forbidders = slices.Repeat([]field{{bits: 2}}, model.MaxUnbound)

// forbids counts an event, and reports whether it is one that counts.
func (c *Check) forbids(e model.Event) bool {
	switch e.Kind {
	case model.EventForbid:
		f := c.M.Unbound(e.Thread)
		c.set(f, 0, min(c.get(f, 0)+1, 3))
	case model.EventAllow:
		f := c.M.Unbound(e.Thread)
		c.set(f, 0, max(c.get(f, 0), 1)-1)
	default:
		return false
	}
	return true
}

// forbidding is how often hotplug is forbidden now.
func (c *Check) forbidding() (n int) {
	for f := range forbidders {
		n += int(c.get(f, 0))
	}
	return n
}

// forbidder names a thread that forbids it, "" if there is none.
func (c *Check) forbidder() string {
	for f := range forbidders {
		if c.get(f, 0) > 0 {
			return c.M.ThreadName(c.M.UnboundThread(f))
		}
	}
	return ""
}

var _ = property(Property{
	order: 23,
	Name:  "frozen-agrees",
	Idle:  "nobody suspends the machine",
	Doc: "callbacks and notifiers are told the truth about frozen tasks, and the same in both halves of an " +
		"operation; and a suspend that nothing disturbs leaves the CPUs as it found them",
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
