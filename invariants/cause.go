package invariants

import "github.com/hpcheck/hpcheck/model"

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
		absent := int(e.CPU) >= sc.CPUs-sc.Absent
		if e.Ret == model.OK {
			switch {
			case absent && e.Kind == model.EventEnd:
				c.violated(nil, "0 is returned for CPU %d, which is not there", e.CPU)
			case e.Kind == model.EventReturn && e.Via == model.ViaTarget && !c.M.MayStop(c.After, e.Step):
				c.violated(nil, "0 is returned for CPU %d and a target at which nobody may stop", e.CPU)
			}
			return
		}
		refused := false
		switch {
		case e.Kind == model.EventInstalled: // another one may have taken the state
			refused = sc.Installers > 1
		case e.Ret == model.EINVAL:
			refused = absent || e.Via == model.ViaTarget && !c.M.MayStop(c.After, e.Step)
		case e.Ret == model.EBUSY && e.Kind == model.EventEnd:
			refused = c.forbidding() > 0 || !e.Up && (c.online() <= 1 || !c.M.Housekeeper(c.After, int(e.CPU)))
		case e.Ret == model.EOPNOTSUPP:
			refused = sc.OfflineDisabled && !e.Up
		case e.Ret == model.EPERM, e.Ret == model.ECANCELED: // a second thread that is forbidden
			refused = c.After.SMTOff && c.M.Secondary(e.CPU) || e.Kind == model.EventReturn && e.Via == model.ViaSMT
		case e.Ret == model.EBUSY:
			refused = true // it was judged when the operation ended
		}
		if !refused {
			c.violated(
				nil, "%v is returned for CPU %d, although nothing has failed and nothing forbids the operation", e.Ret,
				e.CPU,
			)
		}
	},
})

// online is how many CPUs are.
func (c *Check) online() (n int) {
	for cpu := range c.M.Scenario.CPUs {
		n += int(flag(c.After.CPU[cpu].Online))
	}
	return n
}
