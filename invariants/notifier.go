package invariants

import "github.com/hpcheck/hpcheck/model"

// What the CPU notifiers are told.

var _ = property(Property{
	order: 1,
	Name:  "down-failed-excludes-online",
	Idle:  "no notifier is called for a CPU that stays",
	Doc:   "in one operation, no notifier sees both CPU_DOWN_FAILED and CPU_ONLINE",
	Why: "CPU_DOWN_FAILED takes back a CPU_DOWN_PREPARE, CPU_ONLINE announces a CPU that was not there: a notifier " +
		"that gets " +
		"both sets up twice what it has once (changelog of 3b9d6da67e11).",
	memory: []field{{bits: 4}, {bits: 4}},
	on:     []model.EventKind{model.EventBegin, model.EventNotify},
	event: func(c *Check, e model.Event) {
		const downFailed, online = 0, 1
		if e.Kind == model.EventBegin {
			c.set(downFailed, 0, 0)
			c.set(online, 0, 0)
			return
		}
		n, ok := c.driver(e)
		if !ok {
			return
		}
		switch e.Notification {
		case model.CPUDownFailed:
			c.applies()
			c.set(downFailed, 0, c.get(downFailed, 0)|1<<n)
		case model.CPUOnline:
			c.set(online, 0, c.get(online, 0)|1<<n)
		default:
			return
		}
		if c.get(downFailed, 0)&c.get(online, 0)>>n&1 != 0 {
			c.violated(nil, "%s got both CPU_DOWN_FAILED and CPU_ONLINE for CPU %d in one operation",
				c.M.Chain[e.Notifier].Name, e.CPU)
		}
	},
})

// driver returns the number, from 0, of a driver's notifier; ok is false for one of the scheduler's.
func (c *Check) driver(e model.Event) (n int, ok bool) {
	for i := range c.M.Chain[:e.Notifier] {
		if !c.M.Chain[i].Own {
			n++
		}
	}
	return n, !c.M.Chain[e.Notifier].Own
}

// What a notifier knows of a CPU.
const (
	knowsOffline = iota
	knowsPrepared
	knowsStarting
	knowsOnline
	knowsDownPrepared
	knowsDying
	knowsDead
)

var knowledge = [...]string{
	"offline", "prepared (CPU_UP_PREPARE)", "starting (CPU_STARTING)", "online", "going down (CPU_DOWN_PREPARE)",
	"dying (CPU_DYING)", "dead (CPU_DEAD)",
}

// protocol says what each notification requires a notifier to know, and what it knows then.
var protocol = [...]struct{ from, to uint64 }{
	model.CPUUpPrepare:   {knowsOffline, knowsPrepared},
	model.CPUUpCanceled:  {knowsPrepared, knowsOffline},
	model.CPUStarting:    {knowsPrepared, knowsStarting},
	model.CPUOnline:      {knowsStarting, knowsOnline},
	model.CPUDownPrepare: {knowsOnline, knowsDownPrepared},
	model.CPUDownFailed:  {knowsDownPrepared, knowsOnline},
	model.CPUDying:       {knowsDownPrepared, knowsDying},
	model.CPUDead:        {knowsDying, knowsDead},
	model.CPUPostDead:    {knowsDead, knowsOffline},
}

const maxNotifiers = 4

var _ = property(Property{
	order: 6,
	Name:  "notifier-protocol",
	Idle:  "no notifier is called",
	Doc: "each notifier sees, per CPU, UP_PREPARE and then UP_CANCELED or STARTING and ONLINE, DOWN_PREPARE and " +
		"then DOWN_FAILED " +
		"or DYING, DEAD and POST_DEAD; CANCELED and FAILED only if it accepted PREPARE; and nobody is left half-way",
	Why: "every subsystem that keeps something per CPU relies on these pairs to set it up and to free it " +
		"(Documentation/cpu-hotplug.txt).",
	memory: []field{{bits: 3, perCPU: true}, {bits: 3, perCPU: true}, {bits: 3, perCPU: true}, {bits: 3, perCPU: true}},
	boot: func(c *Check) {
		for cpu := range c.M.Scenario.CPUs {
			for n := range maxNotifiers {
				if c.After.CPU[cpu].Online {
					c.set(n, uint8(cpu), knowsOnline)
				}
			}
		}
	},
	on: []model.EventKind{model.EventNotify, model.EventEnd},
	event: func(c *Check, e model.Event) {
		if len(c.M.Chain) == 0 {
			return
		}
		c.applies()
		if e.Kind == model.EventEnd {
			c.leftHalfWay(e)
			return
		}
		n, ok := c.driver(e)
		if !ok {
			return
		}
		p := protocol[e.Notification]
		if knows := c.get(n, e.CPU); knows != p.from {
			c.violated(nil, "%s gets %v for CPU %d, which it knows as %s; it must be %s",
				c.M.Chain[e.Notifier].Name, e.Notification, e.CPU, knowledge[knows], knowledge[p.from])
		}
		if e.Ret == model.OK {
			c.set(n, e.CPU, p.to)
		}
	},
})

// leftHalfWay checks, at the end of an operation, that every notifier knows the CPU as online or as offline.
func (c *Check) leftHalfWay(e model.Event) {
	if st := c.After.CPU[e.CPU].State; c.M.Scenario.Targets == model.TargetsAll && st > 0 && st < c.M.Online() {
		return // an operation may end half-way, and so may what the notifiers know
	}
	for i, n := 0, 0; i < len(c.M.Chain); i++ {
		if c.M.Chain[i].Own {
			continue
		}
		if knows := c.get(n, e.CPU); knows != knowsOnline && knows != knowsOffline {
			c.violated(vars(model.CPUVar(model.FieldOnline, e.CPU), model.CPUVar(model.FieldState, e.CPU)),
				"the operation ends, and %s still knows CPU %d as %s", c.M.Chain[i].Name, e.CPU, knowledge[knows])
		}
		n++
	}
}
