package invariants

import "github.com/hpcheck/hpcheck/model"

// What a reboot relies on.

var _ = property(Property{
	order: 34,
	Name:  "reboot-keeps-its-cpu",
	Idle:  "nobody restarts the machine",
	only:  func(m *model.Machine) bool { return m.Scenario.Reboot },
	Doc: "whoever restarts the machine is bound to the CPU that was chosen for it, and that CPU is online, from " +
		"migrate_to_reboot_cpu() on",
	Why: "some machines restart only from the CPU that has booted them (changelog of f96972f2dc63), and whoever sets " +
		"reboot= has a reason (kernel/reboot.c, migrate_to_reboot_cpu()).",
	step: func(c *Check) {
		cpu, restarting, bound := c.M.Reboot(c.After)
		if restarting {
			c.applies()
		}
		switch {
		case cpu < 0 && restarting:
			c.violated(vars(bound), "the machine restarts, and who restarts it is bound to no CPU")
		case cpu >= 0 && !c.After.CPU[cpu].Online:
			c.violated(vars(bound, model.CPUVar(model.FieldOnline, uint8(cpu))),
				"the reboot has moved to CPU %d, which is not online", cpu)
		}
	},
})
