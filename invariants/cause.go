package invariants

import (
	"slices"

	"github.com/hpcheck/hpcheck/model"
)

// Why an operation fails.

var _ = property(Property{
	order: 28,
	Name:  "error-has-cause",
	Idle:  "no operation ends before something fails",
	Doc: "without a fault, an operation fails only where the kernel's rules refuse it: for the last CPU, for one " +
		"that is absent or must not be moved now, for a state at which no CPU may stop; and the callback that " +
		"the file fail names does fail",
	Why: "an error without a cause was meant for somebody else, or is left over from before; whoever gets it gives " +
		"up what would have worked.",
	memory: forbidders,
	on: []model.EventKind{
		model.EventEnter, model.EventEnd, model.EventReturn, model.EventInstalled, model.EventForbid, model.EventAllow,
	},
	event: func(c *Check, e model.Event) {
		sc := &c.M.Scenario
		if c.forbids(e) {
			return
		}
		if e.Kind == model.EventEnter {
			if c.After.CPU[e.CPU].Fail == e.Step && c.Before.CPU[e.CPU].Fail == e.Step && !c.M.FailSpares(e) {
				c.violated(
					vars(model.CPUVar(model.FieldFail, e.CPU)), "the %s of %s is called for CPU %d, and fail names it",
					direction(e.Up), c.M.RungName(e.Step), e.CPU,
				)
			}
			return
		}
		if int(c.After.Faults) < sc.Faults {
			return
		}
		c.applies()
		if e.Via == model.ViaBoot {
			return // it returns nothing
		}
		absent := c.M.Absent(e.CPU)
		if e.Ret == model.OK {
			switch {
			case absent && e.Kind == model.EventEnd:
				c.violated(nil, "0 is returned for CPU %d, which is not there", e.CPU)
			case e.Kind == model.EventReturn && e.Via == model.ViaTarget && !c.M.MayStop(c.After, e.Step):
				c.violated(nil, "0 is returned for CPU %d and a target at which nobody may stop", e.CPU)
			}
			return
		}
		if !c.refused(e) {
			c.violated(
				nil, "%v is returned for CPU %d, although nothing has failed and nothing forbids the operation", e.Ret,
				e.CPU,
			)
		}
	},
})

// refused reports whether the kernel's rules allow the error that something has come to.
func (c *Check) refused(e model.Event) bool {
	sc := &c.M.Scenario
	absent := c.M.Absent(e.CPU)
	switch {
	case e.Kind == model.EventInstalled: // another one may have taken the state
		return sc.Installers > 1
	case e.Ret == model.EINVAL:
		return absent || e.Via == model.ViaTarget && !c.M.MayStop(c.After, e.Step)
	case e.Ret == model.EBUSY && e.Kind == model.EventEnd:
		return c.forbidding() > 0 || !e.Up && (c.online() <= 1 || !c.M.Housekeeper(c.After, int(e.CPU)))
	case e.Ret == model.EOPNOTSUPP:
		return sc.OfflineDisabled && !e.Up
	case e.Ret == model.EPERM, e.Ret == model.ECANCELED: // a second thread that is forbidden
		return c.After.SMTOff && c.M.Secondary(e.CPU) || e.Kind == model.EventReturn && e.Via == model.ViaSMT
	}
	return e.Ret == model.EBUSY // it was judged when the operation ended
}

var _ = property(Property{
	order: 33,
	Name:  "retry-comes-through",
	Idle:  "no operation begins after one that failed and left its CPU as it was",
	only:  func(m *model.Machine) bool { return m.Scenario.Faults > 0 && repeats(m.Scenario.Sequence) },
	Doc: "when something has failed, and has left the CPU where it was to be, the next operation of it fails only if " +
		"something fails in it, or where the kernel's rules refuse it",
	Why: "whoever is told of an error may try again when its cause is gone; an error that outlives its cause is a " +
		"CPU that is lost until the next boot.",
	memory: append(slices.Clone(forbidders), field{bits: 5}),
	on:     []model.EventKind{model.EventBegin, model.EventEnd, model.EventForbid, model.EventAllow},
	event: func(c *Check, e model.Event) {
		// One more than the faults that can still come when a second try begins; 0 if none is under way.
		retry, left := len(forbidders), 1+uint64(c.After.Faults)
		switch {
		case c.forbids(e):
		case e.Kind == model.EventBegin:
			if int(c.After.Faults) < c.M.Scenario.Faults && c.settled(e.CPU) {
				c.set(retry, 0, left)
			}
		default:
			began := c.get(retry, 0)
			c.set(retry, 0, 0)
			if began != left {
				return
			}
			c.applies()
			if e.Ret != model.OK && !c.refused(e) {
				c.violated(
					nil, "%v is returned for CPU %d, and nothing has failed since the operation began, and nothing "+
						"forbids it", e.Ret, e.CPU,
				)
			}
		}
	},
})

// repeats reports whether an operation is asked for again.
func repeats(ops []model.Op) bool {
	for i, o := range ops {
		if slices.Contains(ops[:i], o) {
			return true
		}
	}
	return false
}

// settled reports whether a CPU is where it was to be, online if it has to be then, and the file fail has nothing for
// it.
func (c *Check) settled(cpu uint8) bool {
	st := &c.After.CPU[cpu]
	return st.State == st.Target && st.Online == (st.State > c.M.TeardownCPU()) && st.Fail == 0
}

// online is how many CPUs are.
func (c *Check) online() (n int) {
	for cpu := range c.M.Scenario.CPUs {
		n += int(flag(c.After.CPU[cpu].Online))
	}
	return n
}
