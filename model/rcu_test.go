package model

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// withRCUState is an edition with RCU/tree:prepare on its ladder, which is among what the editions leave out.
func withRCUState(t *testing.T, kernel string) Kernel {
	t.Helper()
	k, err := Lookup(kernel)
	require.NoError(t, err)
	state := Step{
		Symbol: "CPUHP_RCUTREE_PREP", Name: "RCU/tree:prepare", Table: BP, Startup: rcutreePrepare,
		Teardown: "rcutree_dead_cpu",
	}
	at := slices.IndexFunc(
		k.Steps, func(s Step) bool { return s.Symbol == "CPUHP_TIMERS_PREPARE" || s.Symbol == "CPUHP_TIMERS_DEAD" },
	)
	require.Positive(t, at)
	state.Number = k.Steps[at].Number - 1
	k.Steps = slices.Insert(slices.Clone(k.Steps), at, state)
	return k
}

// Whoever comes back from below RCU/tree:prepare has a list of RCU callbacks, and whoever comes back from there has
// none (finding 32). What these steps look at and change is declared.
func TestRCUCallbacks(t *testing.T) {
	for _, kernel := range []string{"v4.14", "v6.1", "v6.12"} {
		k := withRCUState(t, kernel)
		prepare := k.step("CPUHP_RCUTREE_PREP").Number
		for number, warns := range map[int]bool{0: false, prepare: true} {
			sc := Scenario{
				CPUs: 2, Tasks: 1, RCU: true,
				Sequence: []Op{{Via: ViaTarget, CPU: 1, Target: number}, {CPU: 1, Up: true}},
			}
			m, err := New(k, sc)
			require.NoError(t, err)
			warned := false
			audit := m.NewAudit()
			visit(m, 40_000, func(x *Exec, before, after *State, act Action) {
				require.NoError(t, audit.Step(before, after, act))
				for _, e := range x.Events {
					warned = warned ||
						e.Kind == EventWarn &&
							m.Assertions[e.Assertion].String() == "call_rcu: "+
								"WARN_ON_ONCE(!rcu_segcblist_is_enabled(&rdp->cblist))"
				}
			})
			assert.Equal(t, warns, warned, "%s, down to %d", kernel, number)
		}
	}
}
