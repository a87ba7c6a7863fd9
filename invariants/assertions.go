package invariants

import "github.com/hpcheck/hpcheck/model"

// The kernel's own assertions.

var _ = property(Property{
	order:  12,
	Name:   "no-bug-on",
	Doc:    "no BUG_ON fires",
	Why:    "the kernel's own authors say that it cannot happen; it takes the machine down.",
	always: true,
	on:     []model.EventKind{model.EventBug},
	event:  asserted,
})

var _ = property(Property{
	order:  13,
	Name:   "no-warn-on",
	Doc:    "no WARN_ON fires",
	Why:    "the kernel's own authors say that it should not happen.",
	always: true,
	on:     []model.EventKind{model.EventWarn},
	event:  asserted,
})

// asserted says which assertion failed, and in which function.
func asserted(c *Check, e model.Event) {
	a := c.M.Assertions[e.Assertion]
	c.violated(nil, "%s in %s", a.Text, a.Where())
}
