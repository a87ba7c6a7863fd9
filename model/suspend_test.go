package model

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// Where the platform has declared that CPUs cannot go down, everybody who asks is refused, but a suspend does not ask.
func TestOfflineDisabled(t *testing.T) {
	m := machine(t, "v6.12", func(sc *Scenario) {
		sc.OfflineDisabled, sc.Suspend, sc.Ops, sc.Faults, sc.Boot = true, true, 1, 0, 1
		sc.CPUs = 3
	})
	down, up, taken := 0, 0, 0
	visit(m, 50_000, func(x *Exec, before, after *State, act Action) {
		for _, e := range x.Events {
			switch {
			case e.Kind == EventReturn && e.Up && e.Ret == OK:
				up++
			case e.Kind == EventReturn && !e.Up:
				down++
				assert.Equal(t, EOPNOTSUPP, e.Ret)
			}
		}
		for cpu := range m.Scenario.CPUs {
			if before.CPU[cpu].Online && !after.CPU[cpu].Online {
				taken++
				assert.NotZero(t, before.Disabled, "somebody else than the suspend takes CPU %d down", cpu)
			}
		}
	})
	assert.NotZero(t, down)
	assert.NotZero(t, up)
	assert.NotZero(t, taken)
}
