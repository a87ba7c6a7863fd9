package invariants

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/model"
)

// Reductions lost these: cpu_hotplug_disabled was not among what properties look at, and that a stopper looks at the
// state of multi_cpu_stop() before it acknowledges it was not declared, since no kernel moves on without it.
func TestLostVerdicts(t *testing.T) {
	k, err := model.Lookup("v6.12")
	require.NoError(t, err)
	sc := model.Default()
	sc.Disablers, sc.Ops, sc.Faults, sc.DynStates, sc.Smpboot, sc.Notifiers = 1, 1, 0, 0, 0, 0
	for _, tt := range []struct {
		mutation model.Mutation
		violated []string
	}{
		{
			mutation(model.MutateTwice, "cpu_maps_update_done", "mutex_unlock(&cpu_add_remove_lock)"),
			[]string{"no-warn-on", "error-has-cause", "lock-guards"},
		},
		{
			mutation(model.MutateSwap, "cpu_hotplug_enable", "mutex_lock(&cpu_add_remove_lock)"),
			[]string{"hotplug-disabled-respected", "lock-guards"},
		},
		{
			mutation(model.MutateSwap, "cpu_hotplug_enable", "--cpu_hotplug_disabled"),
			[]string{"error-has-cause", "lock-guards"},
		},
		{
			mutation(model.MutateTwice, "multi_cpu_stop", "MULTI_STOP_RUN: ack_state()"),
			[]string{"no-deadlock"},
		},
	} {
		t.Run(tt.mutation.String(), func(t *testing.T) {
			m, err := model.NewMutant(k, sc, tt.mutation)
			require.NoError(t, err)
			require.NotNil(t, m)
			one := Trial{Mutation: tt.mutation}
			one.run(t.Context(), m, Combinations(Symmetry|PartialOrder|Merge), 10_000)
			assert.Equal(t, Trial{Mutation: tt.mutation, Violated: tt.violated}, one)
		})
	}
}

// Merging seemed to find more than there is: on the way it came past states that a state can't keep. A stopper without
// migrators has room for one work; whoever wakes a second one up finds out at once, merged or not.
func TestMergingKeepsToWhatStatesKeep(t *testing.T) {
	k, err := model.Lookup("v6.12")
	require.NoError(t, err)
	for _, tt := range []struct {
		in       string
		mutation model.Mutation
		violated []string
	}{
		{"one operation", mutation(
			model.MutateTwice, "queue_stop_cpus_work", "for_each_cpu(cpu, cpu_online_mask) cpu_stop_queue_work()",
		), []string{"no-deadlock", ranOff}},
		{
			"an installer", mutation(model.MutateTwice, "cpus_read_unlock", "percpu_up_read(&cpu_hotplug_lock)"),
			[]string{ranOff},
		},
	} {
		all := TrialScenarios(k)
		i := slices.IndexFunc(all, func(s MutationScenario) bool { return s.Name == tt.in })
		m, err := model.NewMutant(k, all[i].Scenario, tt.mutation)
		require.NoError(t, err)
		require.NotNil(t, m)
		one := Trial{Mutation: tt.mutation}
		one.run(t.Context(), m, Combinations(Symmetry|PartialOrder|Merge), 10_000)
		assert.Equal(t, Trial{Mutation: tt.mutation, Violated: tt.violated}, one)
	}
}

// A bounded part of hpcheck mutate --reduce, all of which is make reductions: each mutant of one operation, and one in
// eight beside a disabler and beside an installer.
func TestReductionsOnMutants(t *testing.T) {
	for _, kernel := range []string{"v6.12", "v4.6"} {
		if testing.Short() && kernel != "v6.12" {
			break
		}
		k, err := model.Lookup(kernel)
		require.NoError(t, err)
		done, violate := 0, 0
		for _, s := range TrialScenarios(k) {
			every := map[string]int{"one operation": 1, "a disabler": 8, "an installer": 8}[s.Name]
			if every == 0 || testing.Short() && every > 1 {
				continue
			}
			m, err := model.New(k, s.Scenario)
			require.NoError(t, err)
			for i, mu := range m.Mutations() {
				if i%every != 0 {
					continue
				}
				mutant, err := model.NewMutant(k, s.Scenario, mu)
				require.NoError(t, err)
				one := Trial{Mutation: mu, Scenario: s.Name}
				if one.run(t.Context(), mutant, Combinations(Symmetry|PartialOrder), 4_000); one.TooLarge {
					continue
				}
				done++
				violate += min(1, len(one.Violated))
				assert.Empty(t, one.Undeclared, "%s: %v", one.Scenario, one.Mutation)
				assert.Empty(t, one.Differ, "%s: %v: without, %v", one.Scenario, one.Mutation, one.Violated)
			}
		}
		assert.Greater(t, done, 200)
		assert.Greater(t, violate, 50)
	}
}

// Of a mutant that runs off the ladder, a reduction must find that, and may miss what else is violated: this one's
// stopper counts the CPUs that have still to come below zero, and what the other stopper does meanwhile is cut off.
func TestRunningOffIsAVerdict(t *testing.T) {
	k, err := model.Lookup("v6.12")
	require.NoError(t, err)
	scenarios := TrialScenarios(k)
	migrator := slices.IndexFunc(scenarios, func(s MutationScenario) bool { return s.Name == "a migrator" })
	mu := mutation(model.MutateAstray, "cpu_stopper_thread", "list_first_entry(&stopper->works)")
	m, err := model.NewMutant(k, scenarios[migrator].Scenario, mu)
	require.NoError(t, err)
	require.NotNil(t, m)
	one := Trial{Mutation: mu}
	one.run(t.Context(), m, []Reduction{PartialOrder}, 20_000)
	assert.Equal(t, []string{"no-deadlock", ranOff}, one.Violated)
	assert.Empty(t, one.Differ)

	whole := []string{"no-deadlock", ranOff}
	assert.True(t, agree([]string{ranOff}, whole))
	assert.False(t, agree([]string{"no-deadlock"}, whole), "it must run off as well")
	assert.False(t, agree([]string{"lock-order", ranOff}, whole), "a reduction invents nothing")
	assert.False(t, agree(nil, []string{"no-deadlock"}))
}

// Every scenario in which reductions are tried can be made of the newest kernel, and of the oldest what it knows.
func TestTrialScenarios(t *testing.T) {
	for kernel, want := range map[string]int{"v4.6": 18, "v6.12": 25} {
		k, err := model.Lookup(kernel)
		require.NoError(t, err)
		all := TrialScenarios(k)
		assert.Len(t, all, want, kernel)
		for _, p := range model.Participants() {
			sc := model.Default()
			p.Join(&sc)
			if _, ok := fits(k, sc); ok {
				assert.True(t, slices.ContainsFunc(all, func(s MutationScenario) bool { return p.In(&s.Scenario) }),
					"%s: %s", kernel, p.Key)
			}
		}
	}
}

// What turns to the next CPU can tell CPUs apart by their numbers: a mutant that does so lost violations to symmetry.
func TestNoSymmetryAstray(t *testing.T) {
	k, err := model.Lookup("v6.1")
	require.NoError(t, err)
	sc := model.Default()
	sc.CPUs, sc.Ops = 3, 1
	sound, err := model.New(k, sc)
	require.NoError(t, err)
	assert.NotEmpty(t, sound.Interchangeable())
	mu := mutation(model.MutateAstray, "__cpuhp_kick_ap", "if (!st->single && st->state == st->target)")
	m, err := model.NewMutant(k, sc, mu)
	require.NoError(t, err)
	require.NotNil(t, m)
	assert.Empty(t, m.Interchangeable())
}
