package invariants

import "github.com/hpcheck/hpcheck/model"

// What callbacks do for a CPU, and what other callbacks must put back.

var _ = property(Property{
	order: 31,
	Name:  "effects-undone",
	Idle:  "no callback of a client has effects",
	only:  (*model.Machine).HasEffects,
	Doc: "whenever no operation is under way, and no state comes or goes, what the callbacks of a client do for a " +
		"CPU is done for the CPUs whose st->state is there or above, and nothing of it is left for the others; " +
		"and a CPU that has a duty is online",
	Why: "a timer, a buffer or an interrupt that is left to a CPU that is down is used when the CPU is up again, or " +
		"never " +
		"(changelog of 2f8dea1692ee), and what one CPU does for all is done by nobody when that CPU is down.",
	step: func(c *Check) {
		if !c.M.HasEffects() || !c.quiet() || c.After.Lock[model.CPUHPStateMutex] != model.Nobody {
			return
		}
		c.applies()
		for _, e := range c.M.Effects() {
			for cpu := range uint8(c.M.Scenario.CPUs) {
				c.effect(e, cpu)
			}
		}
		for _, d := range c.M.Duties() {
			if cpu, has := c.M.OnDuty(c.After, d); has && !c.After.CPU[cpu].Online {
				c.violated(
					vars(
						d,
						model.CPUVar(model.FieldOnline, cpu),
					),
					"CPU %d has %s and is not online",
					cpu,
					c.M.VarName(d),
				)
			}
		}
	},
})

// effect says whether an effect is as it must be for a CPU.
func (c *Check) effect(e model.Effect, cpu uint8) {
	done, due := c.M.Done(c.After, e, cpu), c.M.Due(c.After, e, cpu)
	switch {
	case done && !due:
		c.violated(
			vars(
				e.Var,
				model.CPUVar(model.FieldState, cpu),
			),
			"%s is left for CPU %d, which is in %s",
			c.M.VarName(e.Var),
			cpu,
			c.M.RungName(c.After.CPU[cpu].State),
		)
	case due && !done && !e.Late:
		c.violated(
			vars(e.Var, model.CPUVar(model.FieldState, cpu)), "%s is missing for CPU %d, which is in %s",
			c.M.VarName(e.Var), cpu, c.M.RungName(c.After.CPU[cpu].State),
		)
	}
}
