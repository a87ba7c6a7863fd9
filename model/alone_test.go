package model

import "testing"

// An idle task that is alone on a CPU that is offline stays so, whatever the others do, unless somebody binds a thread
// to the CPU: that is what the reduction relies on, and not on what the threads' tasks are otherwise.
func TestAloneStaysAlone(t *testing.T) {
	t.Parallel()
	seen, bound := 0, 0
	for _, kernel := range engines {
		m := machine(t, kernel, func(sc *Scenario) { sc.CPUs, sc.Ops, sc.Faults = 3, 2, 1 })
		x := m.NewExec()
		visit(m, 20_000, func(_ *Exec, before, after *State, act Action) {
			x.become(before, act.Thread())
			binds := x.node().binds
			if binds {
				bound++
			}
			for cpu := range uint8(m.Scenario.CPUs) {
				idle := m.Idle(cpu)
				x.become(before, idle)
				if !x.node().alone || !x.nothingElse() || idle == act.Thread() || binds {
					continue
				}
				seen++
				x.become(after, idle)
				if !x.nothingElse() {
					x.become(before, act.Thread())
					t.Fatalf("%s: after %s the idle task of CPU %d is not alone", m.Kernel.Name, x.node().label, cpu)
				}
			}
		})
	}
	if seen == 0 || bound == 0 {
		t.Fatalf("nobody is alone (%d), or bound (%d)", seen, bound)
	}
}
