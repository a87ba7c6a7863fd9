package model

import (
	"math/bits"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The orders in which locks are taken are read off the programs. Every order that really occurs must be among them,
// except what follows a lock that an error path forgot to give back, which no reader of the program can know.
func TestOrdersAreKnown(t *testing.T) {
	for i, b := range slices.Repeat(beside, len(engines)) {
		kernel := engines[i/len(beside)]
		t.Run(kernel+" "+b.name, func(t *testing.T) {
			m := machine(t, kernel, b.change)
			x, seen := m.NewExec(), map[Order]bool{}
			states := visit(m, 20_000, func(_ *Exec, _, after *State, act Action) {
				held, taken := x.Takes(after, act.Thread())
				for ; held != 0; held &= held - 1 {
					seen[Order{Class(bits.TrailingZeros32(held)), taken}] = true
				}
			})
			for o := range seen {
				if o.Held != classOf(DeviceHotplugLock) {
					assert.True(t, slices.Contains(m.orders, o), "%v, then %v", o.Held, o.Taken)
				}
			}
			if states > 1 { // somebody of the edition is in this scenario
				assert.NotEmpty(t, seen)
			}
			assert.LessOrEqual(t, len(m.CyclicOrders()), 24, "lock-order keeps no more")
		})
	}
}

// A cycle is one of orders that lead back to where they began.
func TestCyclicOrders(t *testing.T) {
	a, b, c, d := Order{1, 2}, Order{2, 3}, Order{3, 1}, Order{3, 4}
	assert.Empty(t, cyclic([]Order{a, b, d}))
	assert.Equal(t, []Order{a, b, c}, cyclic([]Order{a, b, c, d}))
	assert.Empty(t, machine(t, "v4.6", nil).CyclicOrders())
	for kind, want := range map[CallbackKind]int{CallbackReads: 2, CallbackWaits: 3} {
		m := machine(t, "v4.6", func(sc *Scenario) { sc.Callback, sc.Readers = kind, 1 })
		assert.GreaterOrEqual(t, len(m.CyclicOrders()), want, kind)
	}
}
