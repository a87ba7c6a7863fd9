package invariants

import (
	"github.com/hpcheck/hpcheck/model"

	"github.com/hpcheck/hpcheck/internal/choose"
)

// What an operation tells its caller.

// What truthful-result remembers.
const (
	resultState  = iota // st->state of the CPU when the operation began
	resultOnline        // its online bit then
	resultActive        // its active bit then
	resultMakers        // of each CPU, how many tasks are between asking for something of it and its answer
	resultMixed         // of each CPU, whether there were several at once
	resultAway          // of each CPU, whether a suspend could not bring it back
)

var _ = property(Property{
	order: 10,
	Name:  "truthful-result",
	Idle:  "no operation ends",
	Doc: "0 is returned only if the target was reached, an error only if nothing was left changed; a write to " +
		"online or to smt/control that returns 0 leaves the CPUs, and the file, as written, unless another task " +
		"or a suspend moved the CPU meanwhile; after a suspend the CPUs that it took down are back, or their " +
		"file says that they are not",
	Why: "the caller has nothing but the result: it goes on to use the CPU, or to pull it out of its socket, or to " +
		"try again " +
		"(drivers/base/cpu.c, drivers/acpi/processor_core.c).",
	memory: []field{
		{bits: 7}, {bits: 1}, {bits: 1}, {bits: 3, perCPU: true}, {bits: 1, perCPU: true}, {bits: 1, perCPU: true},
	},
	on: []model.EventKind{
		model.EventCall, model.EventForbid, model.EventBegin, model.EventEnd, model.EventReturn, model.EventAllow,
	},
	event: func(c *Check, e model.Event) {
		switch e.Kind {
		case model.EventCall:
			c.comes(e)
		case model.EventForbid:
			if c.M.Suspends(e.Thread) {
				c.comes(e)
			}
		case model.EventBegin:
			c.begins(e)
		case model.EventEnd:
			c.ended(e)
		case model.EventReturn:
			c.written(e)
			c.leaves(e)
		case model.EventAllow:
			if c.M.Suspends(e.Thread) {
				c.resumed()
				c.leaves(e)
			}
		}
	},
})

// comes notes that somebody asks for something of a CPU, or of all.
func (c *Check) comes(e model.Event) {
	c.askedOf(e, func(cpu uint8) {
		n := c.get(resultMakers, cpu)
		c.set(resultMakers, cpu, n+1)
		if n > 0 {
			c.set(resultMixed, cpu, 1)
		}
	})
}

// leaves notes that this somebody has an answer.
func (c *Check) leaves(e model.Event) {
	c.askedOf(e, func(cpu uint8) {
		n := c.get(resultMakers, cpu) - 1
		c.set(resultMakers, cpu, n)
		if n == 0 {
			c.set(resultMixed, cpu, 0)
		}
	})
}

// askedOf calls for each CPU of which an event's operation asks something; for none where nobody else could.
func (c *Check) askedOf(e model.Event, each func(cpu uint8)) {
	sc := &c.M.Scenario
	switch {
	case sc.Tasks < 2 && !sc.Suspend || !c.M.UsesSysfs():
	case e.Kind == model.EventForbid || e.Kind == model.EventAllow || e.Via == model.ViaSMT || e.Via == model.ViaBoot:
		for cpu := range uint8(sc.CPUs) {
			each(cpu)
		}
	default:
		each(e.CPU)
	}
}

// begins notes where the CPU of an operation stands.
func (c *Check) begins(e model.Event) {
	st := &c.After.CPU[e.CPU]
	c.set(resultState, 0, uint64(st.State))
	c.set(resultOnline, 0, flag(st.Online))
	c.set(resultActive, 0, flag(st.Active))
}

// ended looks at an operation that has come to its end.
func (c *Check) ended(e model.Event) {
	c.applies()
	st, was := &c.After.CPU[e.CPU], model.Rung(c.get(resultState, 0))
	v := model.CPUVar(model.FieldState, e.CPU)
	if c.M.Suspends(c.Thread) && e.Up {
		c.set(resultAway, e.CPU, flag(e.Ret != model.OK))
	}
	switch {
	case e.Ret == model.OK:
		target := c.M.Target(c.Before, c.Thread)
		if idle := st.State == was && (was > target) == e.Up; !idle && st.State != target {
			c.violated(
				vars(v), "0 is returned for CPU %d, which was to reach %s and is in %s", e.CPU,
				c.M.RungName(target), c.M.RungName(st.State),
			)
		}
	case st.State != was:
		c.violated(vars(v), "%v is returned for CPU %d, which was in %s and is in %s", e.Ret, e.CPU,
			c.M.RungName(was), c.M.RungName(st.State))
	case flag(st.Online) != c.get(resultOnline, 0):
		c.violated(
			vars(model.CPUVar(model.FieldOnline, e.CPU)),
			"%v is returned for CPU %d, whose online bit has changed to %v", e.Ret, e.CPU, st.Online,
		)
	case flag(st.Active) != c.get(resultActive, 0):
		c.violated(
			vars(model.CPUVar(model.FieldActive, e.CPU)),
			"%v is returned for CPU %d, whose active bit has changed to %v", e.Ret, e.CPU, st.Active,
		)
	}
}

// resumed looks at a suspend that is over. It does not return what its operations came to, but files may tell it.
func (c *Check) resumed() {
	for cpu := range uint8(c.M.Scenario.CPUs) {
		if st := &c.After.CPU[cpu]; c.get(resultAway, cpu) != 0 && !st.Online && !st.Offline {
			c.violated(
				vars(model.CPUVar(model.FieldOnline, cpu), model.CPUVar(model.FieldState, cpu)),
				"the suspend is over, and CPU %d, which it took down and could not bring back, is in %s, and its "+
					"file online says 1", cpu, c.M.RungName(st.State),
			)
		}
		c.set(resultAway, cpu, 0)
	}
}

func flag(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// written looks at a write that has returned, if nobody else could have moved the CPU since: at what the file says now,
// and at the CPU.
func (c *Check) written(e model.Event) {
	mixed := false
	c.askedOf(e, func(cpu uint8) { mixed = mixed || c.get(resultMixed, cpu) != 0 })
	if e.Ret != model.OK || mixed {
		return
	}
	if e.Via == model.ViaSMT {
		c.applies()
		c.writtenSMT(e.Up)
	}
	if e.Via != model.ViaOnline {
		return
	}
	c.applies()
	switch st := &c.After.CPU[e.CPU]; {
	case st.Offline == e.Up:
		c.violated(
			vars(model.CPUVar(model.FieldDeviceOffline, e.CPU)),
			"a write of %d to online of CPU %d returned 0, and the file says %d", flag(e.Up), e.CPU, flag(!st.Offline),
		)
	case st.Online != e.Up:
		c.violated(
			vars(model.CPUVar(model.FieldOnline, e.CPU), model.CPUVar(model.FieldState, e.CPU)),
			"a write of %d to online of CPU %d returned 0, and the CPU is in %s", flag(e.Up), e.CPU,
			c.M.RungName(st.State),
		)
	}
}

// writtenSMT looks at a write to smt/control that has returned 0. That of on has nothing to do if it was on.
func (c *Check) writtenSMT(on bool) {
	if c.After.SMTOff == on {
		c.violated(
			nil, "a write of %s to smt/control returned 0, and the file says otherwise",
			choose.If(on, "on", "off"),
		)
	}
	for cpu := range uint8(c.M.Scenario.CPUs) {
		if st := &c.After.CPU[cpu]; !on && !c.M.PrimaryThread(c.After, cpu) && st.Online {
			c.violated(
				vars(model.CPUVar(model.FieldOnline, cpu)),
				"a write of off to smt/control returned 0, and CPU %d is in %s", cpu, c.M.RungName(st.State),
			)
		}
	}
}
