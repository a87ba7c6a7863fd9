package invariants

import "github.com/hpcheck/hpcheck/model"

// What the boot must come to.

var _ = property(Property{
	order: 32,
	Name:  "boot-comes-up",
	Idle:  "the machine does not boot",
	only:  func(m *model.Machine) bool { _, boots := m.Boots(); return boots },
	Doc: "when the machine has booted, as many CPUs are online as there are, or as maxcpus= allows, at least the one " +
		"that boots, and no second thread that is forbidden; fewer only after a failure",
	Why: "whoever says maxcpus=0 has a reason not to start the others, and a CPU that is left out is bought for " +
		"nothing (changelogs of 06c6796e0304 and 6ef8eb512572).",
	on: []model.EventKind{model.EventReturn},
	event: func(c *Check, e model.Event) {
		if e.Via != model.ViaBoot {
			return
		}
		c.applies()
		want, _ := c.M.Boots()
		is := c.online()
		if is > want || is < want && int(c.After.Faults) == c.M.Scenario.Faults {
			c.violated(nil, "the machine has booted, and %d CPUs are online, not %d", is, want)
		}
	},
})
