package invariants

import "github.com/hpcheck/hpcheck/model"

// What a reboot relies on.

var _ = property(Property{
	order: 34,
	Name:  "reboot-keeps-its-cpu",
	Idle:  "nobody restarts the machine",
	only:  func(m *model.Machine) bool { return m.Scenario.Reboot },
	Doc: "whoever restarts the machine is bound to the CPU that reboot= asks for, or to another one if that is not " +
		"there, which is online from migrate_to_reboot_cpu() on; and the machine restarts",
	Why: "some machines restart only from the CPU that has booted them (changelog of f96972f2dc63), and whoever sets " +
		"reboot= has a reason (kernel/reboot.c, migrate_to_reboot_cpu()).",
	step: func(c *Check) {
		r, bound := c.M.Reboot(c.After)
		before, _ := c.M.Reboot(c.Before)
		if r.Restarts {
			c.applies()
		}
		switch {
		case r.Bound < 0 && r.Restarts:
			c.violated(vars(bound), "the machine restarts, and who restarts it is bound to no CPU")
		case r.Bound >= 0 && !c.After.CPU[r.Bound].Online:
			c.violated(vars(bound, model.CPUVar(model.FieldOnline, uint8(r.Bound))),
				"the reboot has moved to CPU %d, which is not online", r.Bound)
		case before.Bound < 0 && r.Bound >= 0 && r.Bound != r.Asked && c.Before.CPU[r.Asked].Active:
			c.violated(vars(bound), "the reboot has moved to CPU %d, and CPU %d, which is asked for, is there",
				r.Bound, r.Asked)
		case !r.Restarts && c.exec().Resting(c.After, r.Thread):
			c.violated(vars(bound), "kernel_restart() has returned, and the machine has not restarted")
		}
	},
})
