package lower_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
)

// mutant is one thing done wrong in the C, and the same in the programs that are written by hand.
type mutant struct {
	edit
	hand []model.Mutation
}

// by hand: what is done wrong with an instruction.
func hand(kind model.MutationKind, function, label string, nth int) model.Mutation {
	return model.Mutation{Kind: kind, Instruction: model.Instruction{Function: function, Label: label}, Nth: nth}
}

// call is a call that is left out: of the function of that name on both sides.
func call(function, callee string, nth int) mutant {
	return callBy(function, callee, nth, function, callee, nth)
}

// callBy is a call that is left out, where the functions have other names in the programs written by hand.
func callBy(function, callee string, nth int, caller, called string, at int) mutant {
	return mutant{edit{drop, function, callee, nth, ""}, []model.Mutation{hand(model.MutateCall, caller, called, at)}}
}

// one is a statement that is one instruction.
func one(do, function, what string, nth int, label string, at int) mutant {
	return oneBy(do, function, what, nth, function, label, at)
}

func oneBy(do, function, what string, nth int, in, label string, at int) mutant {
	return mutant{edit{do, function, what, nth, ""}, []model.Mutation{hand(model.MutationKind(do), in, label, at)}}
}

// both is a statement that is two instructions, one for each direction.
func both(do, function, what string, nth int, labels [2]string, at [2]int) mutant {
	kind := model.MutationKind(do)
	return mutant{edit{do, function, what, nth, ""}, []model.Mutation{
		hand(kind, function, labels[0], at[0]), hand(kind, function, labels[1], at[1]),
	}}
}

// unwalked is a walk back that is not made, after which it is still looked whether it failed.
func unwalked(function string) mutant {
	return mutant{
		edit{put, function, "WARN_ON", 0, "WARN_ON(ret);"},
		[]model.Mutation{hand(model.MutateCall, function, "cpuhp_invoke_callback_range", 1)},
	}
}

const (
	registers = "if, on registers"
	sparse    = "mutex_lock(&sparse_irq_lock)"
	unsparse  = "mutex_unlock(&sparse_irq_lock)"
)

// mutants are the statements of the core that are one thing on both sides, in the order of kernel/cpu.c. Not here is
// what the programs written by hand do in one instruction with something else (the fields that cpuhp_set_state() and
// cpuhp_reset_state() assign, the search of cpuhp_next_state()), what is left out of both, and what needs a scenario
// with SMT, suspend or installers.
var mutants = []mutant{
	one(negate, "__cpuhp_kick_ap", "if", 0, "if (!st->single && st->state == st->target)", 0),
	one(drop, "__cpuhp_kick_ap", "result", 0, "st->result = 0", 0),
	one(drop, "__cpuhp_kick_ap", "should_run", 0, "st->should_run = true", 0),
	one(swap, "__cpuhp_kick_ap", "should_run", 0, "st->should_run = true", 0),
	one(drop, "__cpuhp_kick_ap", "wake_up_process", 0, "wake_up_process(cpuhp)", 0),
	call("__cpuhp_kick_ap", "wait_for_ap_thread", 0),
	call("cpuhp_kick_ap", "cpuhp_set_state", 0),
	call("cpuhp_kick_ap", "__cpuhp_kick_ap", 0),
	one(negate, "cpuhp_kick_ap", "if", 0, registers, 0),
	call("cpuhp_kick_ap", "cpuhp_reset_state", 0),
	call("cpuhp_kick_ap", "__cpuhp_kick_ap", 1),
	oneBy(negate, "__cpuhp_invoke_callback_range", "if", 0, "cpuhp_invoke_callback_range", registers, 1),
	callBy("cpuhp_up_callbacks", "cpuhp_invoke_callback_range", 0, "cpuhp_up_callbacks", "cpuhp_invoke_callback_range",
		0),
	one(negate, "cpuhp_up_callbacks", "if", 0, registers, 0),
	call("cpuhp_up_callbacks", "cpuhp_reset_state", 0),
	one(negate, "cpuhp_up_callbacks", "if", 1, "if (st->state != prev_state)", 0),
	unwalked("cpuhp_up_callbacks"),
	both(negate, "cpuhp_thread_fun", "if", 2, [2]string{"st->should_run = cpuhp_next_state()", "st->should_run = " +
		"cpuhp_next_state()"}, [2]int{0, 1}),
	both(negate, "cpuhp_thread_fun", "if", 4, [2]string{registers, registers}, [2]int{1, 3}),
	both(drop, "cpuhp_thread_fun", "should_run", 1, [2]string{"st->should_run = false", "st->should_run = false"},
		[2]int{0, 1}),
	both(drop, "cpuhp_thread_fun", "complete_ap_thread", 0,
		[2]string{"complete(&st->done_up)", "complete(&st->done_down)"},
		[2]int{0, 0}),
	call("cpuhp_kick_ap_work", "cpuhp_kick_ap", 0),
	one(negate, "take_cpu_down", "if", 0, registers, 0),
	one(negate, "take_cpu_down", "WARN_ON", 0, "WARN_ON(st->state != CPUHP_TEARDOWN_CPU - 1)", 0),
	callBy("take_cpu_down", "cpuhp_invoke_callback_range_nofail", 0, "take_cpu_down", "cpuhp_invoke_callback_range", 0),
	call("take_cpu_down", "stop_machine_park", 0),
	call("takedown_cpu", "kthread_park", 0),
	one(drop, "takedown_cpu", "irq_lock_sparse", 0, sparse, 0),
	callBy("takedown_cpu", "stop_machine_cpuslocked", 0, "takedown_cpu", "stop_machine", 0),
	one(negate, "takedown_cpu", "if", 0, registers, 0),
	one(drop, "takedown_cpu", "irq_unlock_sparse", 0, unsparse, 0),
	call("takedown_cpu", "kthread_unpark", 0),
	call("takedown_cpu", "wait_for_ap_thread", 0),
	one(drop, "takedown_cpu", "irq_unlock_sparse", 1, unsparse, 1),
	one(drop, "cpuhp_report_idle_dead", "state", 0, "st->state = CPUHP_AP_IDLE_DEAD", 0),
	one(swap, "cpuhp_report_idle_dead", "state", 0, "st->state = CPUHP_AP_IDLE_DEAD", 0),
	one(drop, "cpuhp_report_idle_dead", "smp_call_function_single", 0,
		"smp_call_function_single(cpuhp_complete_idle_dead)",
		0),
	call("cpuhp_down_callbacks", "cpuhp_invoke_callback_range", 0),
	one(negate, "cpuhp_down_callbacks", "if", 0, registers, 0),
	call("cpuhp_down_callbacks", "cpuhp_reset_state", 0),
	one(negate, "cpuhp_down_callbacks", "if", 1, "if (st->state != prev_state)", 0),
	unwalked("cpuhp_down_callbacks"),
	one(negate, "_cpu_down", "if", 0, "if (num_online_cpus() == 1)", 0),
	one(negate, "_cpu_down", "if", 1, registers, 0),
	call("_cpu_down", "cpus_write_lock", 0),
	call("_cpu_down", "cpuhp_set_state", 0),
	one(negate, "_cpu_down", "if", 2, registers, 1),
	one(drop, "_cpu_down", "max", 0, "st->target = max(target, CPUHP_TEARDOWN_CPU)", 0),
	call("_cpu_down", "cpuhp_kick_ap_work", 0),
	one(negate, "_cpu_down", "if", 3, registers, 2),
	one(negate, "_cpu_down", "if", 4, "if (st->state > CPUHP_TEARDOWN_CPU) goto out", 0),
	one(drop, "_cpu_down", "target", 0, "st->target = target", 0),
	call("_cpu_down", "cpuhp_down_callbacks", 0),
	one(negate, "_cpu_down", "if", 6, "if (st->state == CPUHP_TEARDOWN_CPU)", 0),
	call("_cpu_down", "cpuhp_reset_state", 0),
	call("_cpu_down", "__cpuhp_kick_ap", 0),
	call("_cpu_down", "cpus_write_unlock", 0),
	callBy("cpu_down", "cpu_maps_update_begin", 0, "do_cpu_down", "cpu_maps_update_begin", 0),
	callBy("cpu_down", "cpu_maps_update_done", 0, "do_cpu_down", "cpu_maps_update_done", 0),
	callBy("notify_cpu_starting", "cpuhp_invoke_callback_range_nofail", 0, "notify_cpu_starting",
		"cpuhp_invoke_callback_range", 0),
	call("cpuhp_online_idle", "stop_machine_unpark", 0),
	one(drop, "cpuhp_online_idle", "state", 0, "st->state = CPUHP_AP_ONLINE_IDLE", 0),
	one(swap, "cpuhp_online_idle", "state", 0, "st->state = CPUHP_AP_ONLINE_IDLE", 0),
	one(drop, "cpuhp_online_idle", "complete_ap_thread", 0, "complete(&st->done_up)", 0),
	call("_cpu_up", "cpus_write_lock", 0),
	one(negate, "_cpu_up", "if", 0, registers, 0),
	one(negate, "_cpu_up", "if", 1, registers, 1),
	call("_cpu_up", "cpuhp_set_state", 0),
	one(negate, "_cpu_up", "if", 4, registers, 4),
	call("_cpu_up", "cpuhp_kick_ap_work", 0),
	one(negate, "_cpu_up", "if", 5, registers, 5),
	one(drop, "_cpu_up", "min", 0, "target = min(target, CPUHP_BRINGUP_CPU)", 0),
	call("_cpu_up", "cpuhp_up_callbacks", 0),
	call("_cpu_up", "cpus_write_unlock", 0),
	oneBy(negate, "cpu_up", "if", 0, "do_cpu_up", registers, 0),
	callBy("cpu_up", "cpu_maps_update_begin", 0, "do_cpu_up", "cpu_maps_update_begin", 0),
	callBy("cpu_up", "_cpu_up", 0, "do_cpu_up", "_cpu_up", 0),
	callBy("cpu_up", "cpu_maps_update_done", 0, "do_cpu_up", "cpu_maps_update_done", 0),
}

// oneSeries are those that only one of the series has.
var oneSeries = map[string][]mutant{
	"6.1": {
		call("bringup_wait_for_ap", "wait_for_ap_thread", 0),
		one(negate, "bringup_wait_for_ap", "if", 0, "if (WARN_ON(!cpu_online(cpu)))", 0),
		call("bringup_wait_for_ap", "kthread_unpark", 0),
		one(negate, "bringup_wait_for_ap", "if", 2, "if (st->target <= CPUHP_AP_ONLINE_IDLE)", 0),
		one(drop, "bringup_cpu", "irq_lock_sparse", 0, sparse, 0),
		call("bringup_cpu", "__cpu_up", 0),
		one(drop, "bringup_cpu", "irq_unlock_sparse", 0, unsparse, 0),
		one(negate, "bringup_cpu", "if", 0, registers, 0),
	},
	"6.12": {
		call("bringup_wait_for_ap_online", "wait_for_ap_thread", 0),
		one(negate, "bringup_wait_for_ap_online", "if", 0, "if (WARN_ON(!cpu_online(cpu)))", 0),
		call("bringup_wait_for_ap_online", "kthread_unpark", 0),
		one(drop, "cpuhp_bringup_ap", "irq_lock_sparse", 0, sparse, 0),
		call("cpuhp_bringup_ap", "cpuhp_bp_sync_alive", 0),
		one(negate, "cpuhp_bringup_ap", "if", 0, registers, 0),
		call("cpuhp_bringup_ap", "bringup_wait_for_ap_online", 0),
		one(drop, "cpuhp_bringup_ap", "irq_unlock_sparse", 0, unsparse, 0),
		one(negate, "cpuhp_bringup_ap", "if", 2, "if (st->target <= CPUHP_AP_ONLINE_IDLE)", 0),
		one(drop, "cpuhp_bringup_ap", "irq_unlock_sparse", 1, unsparse, 1),
		call("takedown_cpu", "cpuhp_bp_sync_dead", 0),
		one(drop, "cpuhp_online_idle", "cpuhp_ap_update_sync_state", 0,
			"cpuhp_ap_update_sync_state(SYNC_STATE_ONLINE)", 0),
	},
}

// apart are mutants on whose properties the two sides need not agree, and why not.
var apart = map[string]string{
	"drop: __cpuhp_kick_ap(): wait_for_ap_thread": "two threads walk at once, and by hand each search for the next " +
		"state " +
		"is one instruction, also then",
	"drop: _cpu_down(): max":                 "the C warns of a state that is none of the hotplug thread's",
	"drop: cpuhp_kick_ap(): cpuhp_set_state": "prev_state is not set; by hand, that of a CPU that comes up is known",
	"drop: _cpu_down(): cpuhp_set_state":     "prev_state is not set; by hand, it is what the next condition looks at",
	"drop: cpuhp_online_idle(): state": "to where a CPU that fails goes back is CPUHP_AP_ONLINE then, which only the " +
		"C " +
		"knows: by hand it is always CPUHP_AP_ONLINE_IDLE",
	"drop: _cpu_up(): min": "target is what it was, which is as good; by hand, the bounded target is another " +
		"variable, " +
		"which is not set then",
	"negate: cpuhp_thread_fun(): if (no. 3)": "the C looks at st->should_run again before it completes; by hand, who " +
		"has " +
		"nothing to do goes there",
	"drop: cpuhp_thread_fun(): should_run (no. 2)": "the same, of who has failed",
}

// made is a kernel with something wrong in it.
type made func(model.Scenario) (*model.Machine, error)

// limit is how much happens at most, and how many states are looked at.
type limit struct {
	ops, faults int
	states      uint64
}

// broken explores it in two scenarios, and says which properties are
// violated. It may panic where it goes off the ladder. It is cut if it has very many states.
func broken(t *testing.T, most limit, made made) (violated map[string]bool, cut bool) {
	t.Helper()
	violated = map[string]bool{}
	down, boots := small(), small()
	down.Ops, down.Faults, boots.Faults = most.ops, most.faults, most.faults
	boots.Boot, boots.Ops, boots.Smpboot = 1, 1, min(1, most.faults)
	for _, sc := range []model.Scenario{down, boots} {
		m, err := made(sc)
		require.NoError(t, err)
		require.NotNil(t, m, "the programs written by hand have no such instruction")
		func() {
			defer func() {
				if recover() != nil {
					violated["(it goes off the ladder)"] = true
				}
			}()
			s := invariants.Compile(m, invariants.All())
			s, r,
				err := invariants.Explore(context.Background(), s, explore.Options{Workers: 1, MaxStates: most.states})
			require.NoError(t, err)
			cut = cut || r.Stop != explore.Exhausted
			for _, v := range r.Violations {
				violated[s.Properties[v.Property].Name] = true
			}
		}()
	}
	return violated, cut
}

// alike explores both sides of a mutant, with two operations and a fault, or with less if there are too many states.
func alike(t *testing.T, mu mutant, tree series, k model.Kernel) (inC, byHand map[string]bool) {
	t.Helper()
	c := tree.kernel(t, mu.edit)
	for _, most := range []limit{{2, 1, 20_000}, {1, 1, 100_000}, {1, 0, 600_000}} {
		var cut, cutToo bool
		inC, cut = broken(t, most, func(sc model.Scenario) (*model.Machine, error) {
			return model.New(c, sc)
		})
		byHand, cutToo = broken(t, most, func(sc model.Scenario) (*model.Machine, error) {
			return model.NewMutant(k, sc, mu.hand...)
		})
		if !cut && !cutToo {
			return inC, byHand
		}
	}
	require.Fail(t, "too many states", "%v", mu.edit)
	return nil, nil
}

// TestMutants: what a mistake in the C violates is what the same mistake violates in the programs that are written by
// hand.
func TestMutants(t *testing.T) {
	for name, edition := range map[string]string{"6.1": "v6.1", "6.12": "v6.12"} {
		t.Run(name, func(t *testing.T) {
			tree := open(t, name)
			k, err := model.Lookup(edition)
			require.NoError(t, err)
			agree, found := 0, 0
			for _, mu := range slices.Concat(mutants, oneSeries[name]) {
				c, h := alike(t, mu, tree, k)
				found += min(1, len(h))
				if maps.Equal(c, h) {
					agree++
					continue
				}
				text := fmt.Sprintf("%v: C: %s; by hand: %s", mu.edit, list(c), list(h))
				if apart[mu.edit.String()] != "" {
					t.Log(text)
				} else {
					assert.Fail(t, text)
				}
			}
			t.Logf("%s: %d mutants, %d agree, %d violate something", name, len(mutants)+len(oneSeries[name]), agree,
				found)
		})
	}
}

func list(of map[string]bool) string { return strings.Join(slices.Sorted(maps.Keys(of)), ", ") }
