package invariants

import (
	"math/bits"
	"slices"

	"github.com/hpcheck/hpcheck/model"
)

// What a failed operation leaves behind, and how it gets there.

var _ = property(Property{
	order: 2,
	Name:  "rollback-restores-smpboot",
	Idle:  "no takedown fails",
	Doc: "when an operation fails and the CPU is online, its smpboot threads and its hotplug thread are not left " +
		"parked",
	Why: "a parked ksoftirqd or watchdog does nothing for its CPU, and a parked hotplug thread never answers the " +
		"next request " +
		"(changelog of 3b9d6da67e11).",
	// The threads that were parked on an online CPU when the operation began.
	memory: []field{{bits: 1 + model.MaxSmpboot}},
	on:     []model.EventKind{model.EventBegin, model.EventEnd},
	event: func(c *Check, e model.Event) {
		if e.Kind == model.EventBegin {
			c.set(0, 0, 0)
			if c.After.CPU[e.CPU].Online {
				c.set(0, 0, c.parkedSet(e.CPU))
			}
			return
		}
		before := c.get(0, 0)
		c.set(0, 0, 0)
		if e.Ret == model.OK || !c.After.CPU[e.CPU].Online {
			return
		}
		c.applies()
		parked := slices.DeleteFunc(
			c.parked(e.CPU, true), func(id model.ThreadID) bool { return before>>c.parkedBit(e.CPU, id)&1 == 1 },
		)
		if len(parked) > 0 {
			c.violated(append(c.parkVars(parked), model.CPUVar(model.FieldOnline, e.CPU)),
				"the operation failed with %v, CPU %d is online, and %s left parked", e.Ret, e.CPU, c.names(parked))
		}
	},
})

// parked returns the smpboot threads of the CPU, with the hotplug thread or without, that were told to park and not
// told to go on since.
func (c *Check) parked(cpu uint8, hotplug bool) []model.ThreadID {
	var parked []model.ThreadID
	look := func(id model.ThreadID) {
		if c.M.Thread(c.After, id).ShouldPark {
			parked = append(parked, id)
		}
	}
	if hotplug {
		look(c.M.Cpuhp(cpu))
	}
	for i := range c.M.Scenario.Smpboot {
		if c.M.Registered(c.After, i) { // somebody may be making the others just now
			look(c.M.Smpboot(cpu, i))
		}
	}
	return parked
}

// parkedSet is the set of those threads, a bit for each.
func (c *Check) parkedSet(cpu uint8) (set uint64) {
	for _, id := range c.parked(cpu, true) {
		set |= 1 << c.parkedBit(cpu, id)
	}
	return set
}

// parkedBit is the bit of a thread of the CPU: 0 of its hotplug thread, then those of the others.
func (c *Check) parkedBit(cpu uint8, id model.ThreadID) int {
	for i := range c.M.Scenario.Smpboot {
		if c.M.Smpboot(cpu, i) == id {
			return 1 + i
		}
	}
	return 0
}

// names lists threads, with the verb.
func (c *Check) names(threads []model.ThreadID) string {
	names := make([]string, len(threads))
	for i, id := range threads {
		names[i] = c.M.ThreadName(id)
	}
	if len(names) == 1 {
		return names[0] + " is"
	}
	return join(names) + " are"
}

func (c *Check) parkVars(threads []model.ThreadID) []model.Var {
	var v []model.Var
	for _, id := range threads {
		v = append(v, model.ThreadVar(model.FieldShouldPark, id))
	}
	return v
}

var _ = property(Property{
	order: 3,
	Name:  "down-failed-on-target",
	Idle:  "no notifier is told CPU_DOWN_FAILED",
	Doc:   "after a failed takedown CPU_DOWN_FAILED is sent on the target, by its hotplug thread",
	Why: "CPU_DOWN_PREPARE ran there; what is to become a state of the hotplug thread relies on running on the " +
		"target, and " +
		"the order of the rollback is lost elsewhere (changelog of 3b9d6da67e11).",
	memory: []field{{bits: 1}},
	on:     []model.EventKind{model.EventBegin, model.EventEnter, model.EventNotify},
	event: func(c *Check, e model.Event) {
		switch e.Kind {
		case model.EventBegin:
			c.set(0, 0, 0)
		case model.EventEnter:
			if c.takedown(e) {
				c.set(0, 0, 1)
			}
		case model.EventNotify:
			if e.Notification != model.CPUDownFailed || c.get(0, 0) == 0 {
				return
			}
			c.applies()
			if c.Thread != c.M.Cpuhp(e.CPU) {
				c.violated(nil, "%s gets CPU_DOWN_FAILED for CPU %d from %s and not from %s",
					c.M.Chain[e.Notifier].Name, e.CPU, c.M.ThreadName(c.Thread), c.M.ThreadName(c.M.Cpuhp(e.CPU)))
			}
		}
	},
})

// takedown reports whether the event is about takedown_cpu().
func (c *Check) takedown(e model.Event) bool {
	return !e.Up && c.M.Ladder[e.Step].Teardown == "takedown_cpu"
}

// pairs numbers the reversible steps of a ladder, from below, so that a set of them fits into a word.
type pairs struct {
	bits  []uint64     // by rung: the bit of a reversible step, 0 of the others
	rungs []model.Rung // by bit
	upTo  []uint64     // by rung: the set of those up to it
}

func pairsOf(m *model.Machine) *pairs {
	p := &pairs{bits: make([]uint64, len(m.Ladder)), upTo: make([]uint64, len(m.Ladder))}
	var set uint64
	for r := range m.Ladder {
		if reversible(&m.Ladder[r]) {
			p.bits[r] = 1 << len(p.rungs)
			p.rungs = append(p.rungs, model.Rung(r))
			set |= p.bits[r]
		}
		p.upTo[r] = set
	}
	return p
}

func (p *pairs) bit(r model.Rung) uint64 { return p.bits[r] }

// first is the lowest step of a set.
func (p *pairs) first(set uint64) model.Rung { return p.rungs[bits.TrailingZeros64(set)] }

// reversible reports whether both directions of a step have a callback that an error rolls back. A step with skip_onerr
// is not rolled back by its callbacks, by the kernel's own declaration; what its notifiers are told instead is for
// notifier-protocol to judge, what comes and goes with installers for installer-complete, and what may fail half-way
// for instance-balance. bringup_cpu() returns what came of all the steps above it, so it may have done its own part
// when it fails.
func reversible(s *model.Step) bool {
	return s.Startup != "" && s.Teardown != "" && !s.SkipOnErr && !comesAndGoes(s) && !s.MayFail &&
		s.Startup != "bringup_cpu" &&
		s.Startup != "cpuhp_bringup_ap"
}

// comesAndGoes reports whether a step may be there at one moment and not at the next: it is an installer's, or of
// --module.
func comesAndGoes(s *model.Step) bool { return s.Slot > 0 || s.Module > 0 }

var _ = property(Property{
	order: 4,
	Name:  "rollback-restores-state",
	Idle:  "nothing is rolled back",
	Doc: "an operation that fails leaves state, target, masks and the callbacks that are not marked skip_onerr as " +
		"it found them",
	Why: "the next operation starts from st->state, the scheduler from the masks, and every subsystem from the " +
		"callbacks that " +
		"have run: what a failed operation leaves behind, they take for real.",
	memory: []field{
		{bits: 7}, {bits: 7}, // state and target of the CPU
		{bits: model.MaxCPUs, cpus: true}, {bits: model.MaxCPUs, cpus: true}, // online and active mask
		{bits: 64}, // the rungs whose callbacks have run once more in one direction than in the other
	},
	on: []model.EventKind{model.EventBegin, model.EventExit, model.EventEnd},
	event: func(c *Check, e model.Event) {
		const state, target, online, active, toggled = 0, 1, 2, 3, 4
		st := &c.After.CPU[e.CPU]
		switch e.Kind {
		case model.EventBegin:
			c.set(state, 0, uint64(st.State))
			c.set(target, 0, uint64(st.Target))
			c.set(online, 0, c.mask(model.FieldOnline))
			c.set(active, 0, c.mask(model.FieldActive))
			c.set(toggled, 0, 0)
		case model.EventExit:
			if e.Ret == model.OK && reversible(&c.M.Ladder[e.Step]) {
				c.set(toggled, 0, c.get(toggled, 0)^c.pairs.bit(e.Step))
			}
		case model.EventEnd:
			if e.Ret == model.OK {
				break
			}
			c.applies()
			c.restored(e, model.FieldState, model.Rung(c.get(state, 0)), st.State)
			c.restored(e, model.FieldTarget, model.Rung(c.get(target, 0)), st.Target)
			c.restoredMask(e, model.FieldOnline, c.get(online, 0))
			c.restoredMask(e, model.FieldActive, c.get(active, 0))
			for t := c.get(toggled, 0); t != 0; t &= t - 1 {
				c.violated(nil, "the operation failed with %v, and the callbacks of %s were not called again", e.Ret,
					c.M.RungName(c.pairs.first(t)))
			}
		}
	},
})

func (c *Check) restored(e model.Event, f model.CPUField, was, is model.Rung) {
	if was != is {
		v := model.CPUVar(f, e.CPU)
		c.violated(vars(v), "the operation failed with %v, and %s is %s and was %s",
			e.Ret, c.M.VarName(v), c.M.RungName(is), c.M.RungName(was))
	}
}

func (c *Check) restoredMask(e model.Event, f model.CPUField, was uint64) {
	for diff := was ^ c.mask(f); diff != 0; diff &= diff - 1 {
		v := model.CPUVar(f, uint8(bits.TrailingZeros64(diff)))
		c.violated(vars(v), "the operation failed with %v, and %s has become %s", e.Ret, c.M.VarName(v),
			c.M.Value(c.After, v))
	}
}

// mask returns the mask of the CPUs with that bit, FieldOnline or FieldActive.
func (c *Check) mask(f model.CPUField) uint64 {
	var mask uint64
	for cpu := range c.M.Scenario.CPUs {
		st := &c.After.CPU[cpu]
		if f == model.FieldOnline && st.Online || f == model.FieldActive && st.Active {
			mask |= 1 << cpu
		}
	}
	return mask
}
