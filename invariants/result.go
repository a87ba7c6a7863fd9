package invariants

import (
	"github.com/hpcheck/hpcheck/model"

	"github.com/hpcheck/hpcheck/internal/choose"
)

// What an operation tells its caller.

var _ = property(Property{
	order: 10,
	Name:  "truthful-result",
	Doc: "0 is returned only if the target was reached, an error only if nothing was left changed; a write to " +
		"online or to smt/control that returns 0 leaves the CPUs, and the " +
		"file, as written",
	Why: "the caller has nothing but the result: it goes on to use the CPU, or to pull it out of its socket, or to " +
		"try again " +
		"(drivers/base/cpu.c, drivers/acpi/processor_core.c).",
	// State, online and active bit of the CPU when the operation began.
	memory: []field{{bits: 7}, {bits: 1}, {bits: 1}},
	on:     []model.EventKind{model.EventBegin, model.EventEnd, model.EventReturn},
	event: func(c *Check, e model.Event) {
		const state, online, active = 0, 1, 2
		st := &c.After.CPU[e.CPU]
		v := model.CPUVar(model.FieldState, e.CPU)
		on, act := flag(st.Online), flag(st.Active)
		switch {
		case e.Kind == model.EventReturn:
			c.written(e)
			return
		case e.Kind == model.EventBegin:
			c.set(state, 0, uint64(st.State))
			c.set(online, 0, on)
			c.set(active, 0, act)
			return
		case e.Ret == model.OK:
			target := c.M.Target(c.Before, c.Thread)
			// There was nothing to do.
			if was := model.Rung(c.get(state, 0)); st.State == was && (was > target) == e.Up {
				break
			}
			if st.State != target {
				c.violated(
					vars(v), "0 is returned for CPU %d, which was to reach %s and is in %s", e.CPU,
					c.M.RungName(target), c.M.RungName(st.State),
				)
			}
		case st.State != model.Rung(c.get(state, 0)):
			c.violated(vars(v), "%v is returned for CPU %d, which was in %s and is in %s", e.Ret, e.CPU,
				c.M.RungName(model.Rung(c.get(state, 0))), c.M.RungName(st.State))
		case on != c.get(online, 0):
			c.violated(
				vars(model.CPUVar(model.FieldOnline, e.CPU)),
				"%v is returned for CPU %d, whose online bit has changed to %v", e.Ret, e.CPU, st.Online,
			)
		case act != c.get(active, 0):
			c.violated(
				vars(model.CPUVar(model.FieldActive, e.CPU)),
				"%v is returned for CPU %d, whose active bit has changed to %v", e.Ret, e.CPU, st.Active,
			)
		}
		c.applies()
	},
})

func flag(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// written looks at a write to online that has returned: at what the file says now and, if nobody else could have moved
// the CPU since, at the CPU.
func (c *Check) written(e model.Event) {
	sc := &c.M.Scenario
	if e.Ret != model.OK || sc.Tasks > 1 || sc.Suspend {
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
		if st := &c.After.CPU[cpu]; !on && c.M.Secondary(cpu) && st.Online {
			c.violated(
				vars(model.CPUVar(model.FieldOnline, cpu)),
				"a write of off to smt/control returned 0, and CPU %d is in %s", cpu, c.M.RungName(st.State),
			)
		}
	}
}
