package lower_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
	"github.com/hpcheck/hpcheck/museum"
)

// exhibit is a bug of the museum as a change of the C.
type exhibit struct {
	name, series string
	property     string
	change       func(*model.Scenario)
	edits        []edit
	depth        int // how far it is searched, 0 for no bound
}

// ops are operations in turn.
func ops(sc *model.Scenario, up ...bool) {
	sc.Sequence = nil
	for _, is := range up {
		sc.Sequence = append(sc.Sequence, model.Op{CPU: 1, Up: is})
	}
}

// refuses has __cpu_disable() fail.
func refuses(sc *model.Scenario) {
	ops(sc, false)
	sc.Smpboot, sc.FaultPoints = 1, []string{"cpu_disable"}
}

// writes has a task write a state to hotplug/target.
func writes(sc *model.Scenario, symbol string) {
	k, err := model.Lookup("v6.1")
	if err != nil {
		panic(err)
	}
	i := slices.IndexFunc(k.Steps, func(s model.Step) bool { return s.Symbol == symbol })
	sc.Sequence = []model.Op{{Via: model.ViaTarget, CPU: 1, Target: k.Steps[i].Number}}
	sc.Targets, sc.Faults = model.TargetsAll, 0
}

// exhibits are those that can be written so, with the scenarios of the museum.
var exhibits = []exhibit{
	{
		name: "takedown-without-rollback", series: "6.12", property: "rollback-restores-smpboot", change: refuses,
		edits: []edit{
			{drop, "_cpu_down", "cpuhp_reset_state", 0, ""}, {drop, "_cpu_down", "__cpuhp_kick_ap", 0, ""},
			{drop, "takedown_cpu", "kthread_unpark", 0, ""},
		},
	},
	{
		name: "dying-mask-stale", series: "6.1", property: "masks-agree",
		change: func(sc *model.Scenario) { ops(sc, false) },
		edits:  []edit{{drop, "cpuhp_reset_state", "set_cpu_dying", 0, ""}},
	},
	{
		name: "atomic-bail-out", series: "6.1", property: "no-bug-on",
		change: func(sc *model.Scenario) { ops(sc, false); sc.FaultPoints = []string{"atomic/*"} },
		edits: []edit{
			{
				put, "take_cpu_down", "cpuhp_invoke_callback_range_nofail", 0,
				"WARN_ON(cpuhp_invoke_callback_range(false, cpu, st, target));",
			},
		},
	},
	{
		name: "stopper-late", series: "6.12", property: "stopper-serves",
		change: func(sc *model.Scenario) { ops(sc, false, true); sc.Faults = 0 },
		edits: []edit{
			{drop, "cpuhp_online_idle", "stop_machine_unpark", 0, ""},
			{
				put, "bringup_wait_for_ap_online", "kthread_unpark", 0,
				"stop_machine_unpark(cpu); kthread_unpark(st->thread);",
			},
		},
	},
	{
		name: "cpuset-work-later", series: "6.1", property: "masks-agree",
		change: func(sc *model.Scenario) { ops(sc, false); sc.Cpuset, sc.DynStates, sc.Faults = true, 0, 0 },
		edits:  []edit{{drop, "_cpu_down", "cpu_up_down_serialize_trainwrecks", 0, ""}},
	},
	{
		name: "death-report-race", series: "6.1", property: "no-deadlock",
		change: func(sc *model.Scenario) {
			sc.CPUs, sc.Sequence = 3, []model.Op{{CPU: 1}, {CPU: 2}}
			sc.RCU, sc.PowerOff, sc.DynStates, sc.Faults = true, true, 0, 0
		},
		edits: []edit{
			{drop, "cpuhp_report_idle_dead", "rcu_report_dead", 0, ""},
			{put, "cpuhp_report_idle_dead", "smp_call_function_single", 0, "smp_call_function_single(cpumask_first(" +
				"cpu_online_mask), cpuhp_complete_idle_dead, st, 0); rcu_report_dead(smp_processor_id());"},
		},
	},
	{
		name: "write-same-target", series: "6.1", property: "masks-agree",
		change: func(sc *model.Scenario) { writes(sc, "CPUHP_ONLINE") },
		edits:  []edit{{put, "target_store", "if", 5, "true"}},
	},
	{
		name: "refused-target-keeps-lock", series: "6.1", property: "locks-released",
		change: func(sc *model.Scenario) { writes(sc, "CPUHP_TEARDOWN_CPU") },
		edits:  []edit{{put, "target_store", "goto", 0, "return ret;"}},
	},
	{
		name: "prepare-state-without-calls", series: "6.12", property: "installer-complete",
		change: func(sc *model.Scenario) {
			sc.Installers, sc.PrepareStates, sc.Ops, sc.DynStates, sc.Faults = 1, true, 0, 0, 0
		},
		edits: []edit{
			{put, "__cpuhp_setup_state_cpuslocked", "dynstate", 0, "dynstate = state == CPUHP_AP_ONLINE_DYN;"},
		},
	},
	{
		name: "shared-mailbox", series: "6.12", property: "mailbox-exclusive",
		change: func(sc *model.Scenario) { sc.Installers, sc.Ops, sc.DynStates, sc.Faults = 2, 0, 0, 0 },
		edits: []edit{
			{drop, "__cpuhp_setup_state_cpuslocked", "mutex_lock", 0, ""},
			{drop, "__cpuhp_setup_state_cpuslocked", "mutex_unlock", 0, ""},
			{drop, "__cpuhp_remove_state_cpuslocked", "mutex_lock", 0, ""},
			{drop, "__cpuhp_remove_state_cpuslocked", "mutex_unlock", 0, ""},
		},
		depth: 60,
	},
	{
		name: "stale-node", series: "6.12", property: "instance-balance",
		change: func(sc *model.Scenario) {
			ops(sc, false)
			sc.Instances, sc.InstancesComeAndGo, sc.DynStates, sc.Faults = 2, model.InstanceOfOne, 0, 0
		},
		edits: []edit{{drop, "cpuhp_invoke_ap_callback", "node", 1, ""}},
	},
}

// apartFromC are those that cannot be written so, and why not.
var apartFromC = map[string]string{
	"stopper-drops-work":        "it takes a migrator, and then the stoppers' work is written by hand",
	"writer-starvation":         "the lock is percpu_rw_semaphore, which is no part of kernel/cpu.c",
	"holder-throttled":          "what the callback hrtimers_cpu_dying() does is the edition's",
	"stoppers-in-a-ring":        "stop_two_cpus() is what a migrator calls, which is written by hand",
	"lost-wakeup-of-the-writer": "the lock is percpu_rw_semaphore, which is no part of kernel/cpu.c",
	"park-before-grace-period":  "takedown_cpu() has not waited for a grace period since v4.10",
	"callback-reads":            "it is a driver's mistake",
	"double-increment": "since sched:waitempty, two steps lie before the threads that call nothing" +
		" on the way up",
	"control-task-throttled":      "hrtimers_cpu_dying() pushes the timers away in both trees, which cures it too",
	"idle-blocks":                 "since v4.17 kthread_park() waits until the thread sleeps, so who unparks does not",
	"wrong-table":                 "there is one table of steps",
	"maxcpus-zero":                "a boot with another maxcpus= is not held against the edition yet",
	"one-cpu-short":               "the count would have to move within the loop, which no edit does",
	"nested-reader":               "it is a reader's mistake",
	"failure-in-the-dead-section": "fail_store() is written by hand",
	"should-run-out-of-order":     "6.12 has it still, in another place (finding 29): there is no twin",
	"swallowed-instance-error":    "cpuhp_invoke_callback() is a primitive",
	"node-on-two-lists":           "it is a driver's mistake",
	"threads-for-whom":            "smpboot_register_percpu_thread() is written by hand",
	"stop-unparks-who-runs":       "kthread_stop() is written by hand",
}

// TestMuseum: bugs of the past are found as changes of the C, and the tree as it is has them not.
func TestMuseum(t *testing.T) {
	for _, e := range exhibits {
		t.Run(e.name, func(t *testing.T) {
			tree, sc := open(t, e.series), small()
			e.change(&sc)
			violated := e.violated(t, tree.kernel(t, e.edits...), sc)
			assert.Contains(t, violated, e.property)
			twin := e.violated(t, tree.kernel(t), sc)
			assert.NotContains(t, twin, e.property)
			t.Logf("%s, %v: %v; the twin: %v", e.series, e.edits, violated, twin)
		})
	}
}

// violated are the properties that a kernel violates.
func (e *exhibit) violated(t *testing.T, k model.Kernel, sc model.Scenario) (names []string) {
	t.Helper()
	m, err := model.New(k, sc)
	require.NoError(t, err)
	s := invariants.Compile(m, invariants.All())
	s.Reduce = invariants.Auto(sc, e.depth, s.Properties)
	s, r, err := invariants.Explore(context.Background(), s, explore.Options{Workers: 2, Depth: e.depth})
	require.NoError(t, err)
	for _, v := range r.Violations {
		names = append(names, s.Properties[v.Property].Name)
	}
	return names
}

// TestMuseumIsWhole: each exhibit is written as a change of the C, or it is said why not.
func TestMuseumIsWhole(t *testing.T) {
	files, err := museum.Entries.ReadDir(".")
	require.NoError(t, err)
	core := 0
	for _, f := range files {
		if f.IsDir() {
			continue
		}
		text, err := museum.Entries.ReadFile(f.Name())
		require.NoError(t, err)
		if strings.Contains(string(text), "\nclient = ") {
			continue // it is about a subsystem beside the core
		}
		core++
		name := strings.TrimSuffix(f.Name(), ".toml")
		written := slices.ContainsFunc(exhibits, func(e exhibit) bool { return e.name == name })
		assert.NotEqual(t, written, apartFromC[name] != "", name)
	}
	assert.Equal(t, len(exhibits)+len(apartFromC), core)
}
