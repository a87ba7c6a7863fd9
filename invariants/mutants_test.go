package invariants

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/model"
)

// outcome is what becomes of one mutant, in the scenarios of the kernel.
func outcome(t *testing.T, kernel string, mu model.Mutation, scenarios ...string) Mutant {
	t.Helper()
	k, err := model.Lookup(kernel)
	require.NoError(t, err)
	some := slices.DeleteFunc(
		MutationScenarios(k), func(s MutationScenario) bool { return !slices.Contains(scenarios, s.Name) },
	)
	require.Len(t, some, len(scenarios))
	bases := make([]base, 0, len(some))
	for _, s := range some {
		m, err := model.New(k, s.Scenario)
		require.NoError(t, err)
		bases = append(bases, baseOf(s.Name, m))
	}
	m := Mutant{Mutation: mu}
	m.find(t.Context(), k, bases)
	return m
}

func mutation(kind model.MutationKind, function, label string) model.Mutation {
	return model.Mutation{Kind: kind, Instruction: model.Instruction{Function: function, Label: label}}
}

// Of what is wrong where nobody comes, nothing can be seen.
func TestMutantsThatAreNotReached(t *testing.T) {
	for _, kernel := range []string{"v4.6", "v6.12"} {
		k, err := model.Lookup(kernel)
		require.NoError(t, err)
		for _, s := range MutationScenarios(k) {
			if s.Name != "a machine that boots, and nothing fails" && s.Name != "suspend alone" {
				continue
			}
			m, err := model.New(k, s.Scenario)
			require.NoError(t, err)
			b, tried := baseOf(s.Name, m), 0
			for i, mu := range m.Mutations() {
				if b.mutants[mu] || i%7 != 0 {
					continue
				}
				wrong, err := model.NewMutant(k, s.Scenario, mu)
				require.NoError(t, err)
				c := &census{shown: map[uint64]bool{}}
				c.take(whole(wrong), 0, b.census)
				assert.True(t, c.sameAs(b.census), "%s, %s: %v", kernel, s.Name, mu)
				tried++
			}
			assert.Positive(t, tried, "%s, %s", kernel, s.Name)
		}
	}
}

// What is wrong must be killed, by the property that is there for it; what can't be told from the kernel must not be.
func TestMutants(t *testing.T) {
	one, boots := "one operation", "a machine that boots"
	for _, tt := range []struct {
		kernel   string
		mutation model.Mutation
		in       string
		outcome  Outcome
		property string
	}{
		{"v6.12", mutation(model.MutateDrop, "cpus_write_unlock", "mutex_unlock(&cpu_hotplug.lock)"), one, Killed,
			"locks-released"},
		{"v6.12", mutation(model.MutateDrop, "smpboot_unpark_threads", "mutex_lock(&smpboot_threads_lock)"), one,
			Killed, "no-warn-on"},
		{"v6.12", mutation(model.MutateNegate, "kthread_park", "WARN_ON_ONCE(test_bit(KTHREAD_SHOULD_PARK, smpboot1))"),
			one, Killed, "no-warn-on"},
		{"v6.12", mutation(model.MutateNegate, "cpuhp_thread_fun", "if (st->fail == state)"), one, Killed, ""},
		{"v6.12", mutation(model.MutateAstray, "cpuhp_thread_fun", "complete(&st->done_down)"), one, Killed, ""},
		{"v6.12", mutation(model.MutateDrop, "cpuhp_bp_sync_dead", "atomic_try_cmpxchg(&st->ap_sync_state, "+
			"SYNC_STATE_SHOULD_DIE)"), one, Harmless, ""},
		// Of the kernel's own programs the machine may forget where a parked thread was moved to, and of these not.
		{"v4.6", mutation(model.MutateTwice, "stop_machine_park", "stopper->enabled = false"), one, Same, ""},
		// What is asked only where somebody reboots is asked there.
		{"v6.12", mutation(
			model.MutateDrop, "set_cpus_allowed_ptr", "cpumask_any_and_distribute(cpu_active_mask, new_mask)",
		), "reboot", Killed, "reboot-keeps-its-cpu"},
		{"v4.6", mutation(
			model.MutateDrop, "migrate_to_reboot_cpu", "if (!cpu_online(cpu)) cpu = cpumask_first(cpu_online_mask)",
		), "reboot", Killed, "reboot-keeps-its-cpu"},
		{"v4.6", mutation(model.MutateDrop, "machine_restart", "machine_restart()"), "reboot", Killed,
			"reboot-keeps-its-cpu"},
		// Whose work it executes is not whose it took: nobody's, which must not look like a migrator's.
		{"v4.6", mutation(model.MutateAstray, "cpu_stopper_thread", "work->fn(work->arg)"), "a migrator", Killed,
			"stopper-serves"},
		// V4.6 has no such function.
		{"v4.6", mutation(model.MutateDrop, "cpuhp_bringup_ap", "mutex_unlock(&sparse_irq_lock)"), one, Same, ""},
		{"v4.6", mutation(model.MutateTwice, "complete_all", "no such instruction"), boots, Same, ""},
	} {
		mu := outcome(t, tt.kernel, tt.mutation, tt.in)
		assert.Equal(t, tt.outcome, mu.Outcome, "%s: %v", tt.kernel, tt.mutation)
		if tt.property != "" {
			assert.Equal(t, tt.property, mu.Property, "%s: %v", tt.kernel, tt.mutation)
		}
	}
}

// The census of a kernel must agree with the engine.
func TestCensusAgreesWithTheEngine(t *testing.T) {
	for _, kernel := range []string{"v4.6", "v6.12"} {
		s, r := explored(t, machine(t, kernel, nil, nil), 2)
		c := &census{}
		c.take(s, 0, nil)
		assert.Equal(t, r.States, c.states)
		found := map[string]int{}
		for i, p := range s.Properties {
			if c.violated>>i&1 == 1 {
				found[p.Name] = violated(s, r)[p.Name]
			}
		}
		assert.Equal(t, violated(s, r), found)
	}
}

// What never comes to rest is noticed.
func TestAllReach(t *testing.T) {
	assert.True(t, allReach([]int32{2}, []int32{0, 1}, []int32{1, 2}, 3))
	assert.False(t, allReach([]int32{2}, []int32{0, 1, 1, 3}, []int32{1, 2, 3, 3}, 4), "3 is a loop")
	assert.False(t, allReach(nil, []int32{0}, []int32{0}, 1))
}

// The scenarios together execute what a kernel has.
func TestMutationScenariosCover(t *testing.T) {
	for _, kernel := range []string{"v4.6", "v6.12"} {
		k, err := model.Lookup(kernel)
		require.NoError(t, err)
		missed := map[model.Instruction]bool{}
		executed := map[model.Instruction]bool{}
		for _, s := range MutationScenarios(k) {
			m, err := model.New(k, s.Scenario)
			require.NoError(t, err)
			suite := Compile(m, nil)
			w := suite.newWorker()
			seen := map[uint64]bool{}
			todo := suite.Initial()
			for len(todo) > 0 && len(seen) < 30_000 {
				state := todo[len(todo)-1]
				todo = todo[:len(todo)-1]
				b := explore.NewBatch(suite.Width())
				w.Expand(state, b)
				for i := range b.Steps {
					if key := hashWords(0, b.State(i)); !seen[key] {
						seen[key] = true
						todo = append(todo, slices.Clone(b.State(i)))
					}
				}
			}
			c := m.Coverage(w.Marks()[1:])
			for _, in := range c.Missed {
				missed[in] = true
			}
			for _, in := range m.Instructions() {
				executed[in] = executed[in] || !slices.Contains(c.Missed, in)
			}
		}
		never := 0
		for in := range missed {
			if !executed[in] {
				never++
			}
		}
		assert.Less(
			t, never, len(executed)/20, "%s: %d of %d instructions are never executed", kernel, never, len(executed),
		)
	}
}
