package lower_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/cfront"
	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/lower"
	"github.com/hpcheck/hpcheck/model"
)

// core is the test's own hotplug core, with some of its text replaced: old, new, old, new, ...
func core(t testing.TB, replace ...string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/core.c")
	require.NoError(t, err)
	code := string(text)
	for i := 0; i+1 < len(replace); i += 2 {
		require.Contains(t, code, replace[i])
		code = strings.ReplaceAll(code, replace[i], replace[i+1])
	}
	return code
}

// kernel is v6.12 with its programs from the C.
func kernel(t *testing.T, code string) model.Kernel {
	t.Helper()
	k, err := model.Lookup("v6.12")
	require.NoError(t, err)
	f := cfront.Parse("core.c", code, cfront.Config{"CONFIG_HOTPLUG_CPU": "1"})
	require.Empty(t, f.Problems)
	k.Source = lower.New(cfront.Config{}, f)
	return k
}

// verdicts explores a kernel, and returns how many states it has, and which properties are violated.
func verdicts(t *testing.T, k model.Kernel, sc model.Scenario) (states uint64, violated []string) {
	t.Helper()
	m, err := model.New(k, sc)
	require.NoError(t, err)
	s := invariants.Compile(m, invariants.All())
	s.Reduce = invariants.Auto(sc, 0, s.Properties)
	s, r, err := invariants.Explore(context.Background(), s, explore.Options{Workers: 2})
	require.NoError(t, err)
	for _, v := range r.Violations {
		violated = append(violated, s.Properties[v.Property].Name)
	}
	return r.States, violated
}

func small() model.Scenario {
	sc := model.Default()
	sc.DynStates, sc.Smpboot, sc.Ops = 1, 0, 2
	return sc
}

// TestCore: a core of other words is found as right as the one that is written by hand.
func TestCore(t *testing.T) {
	states, violated := verdicts(t, kernel(t, core(t)), small())
	assert.Empty(t, violated)
	assert.Greater(t, states, uint64(1000))
}

// TestBugs: each mistake is found.
func TestBugs(t *testing.T) {
	for _, bug := range []struct{ name, old, new, property string }{
		{"no unlock", "\t\tirq_unlock_sparse();\n\t\tkthread_unpark", "\t\tkthread_unpark", "no-deadlock"},
		{"no unpark", "\t\tkthread_unpark(st->thread);\n\t\treturn err;", "\t\treturn err;", "no-deadlock"},
		{"no undo", "WARN_ON(walk(false, cpu, st, before));", ";", "rollback-restores-state"},
		{"the error is lost", "err = st->result;", "err = 0;", "truthful-result"},
		{"no wake-up", "wake_up_process(st->thread);", "", "no-deadlock"},
		{"it says that it is dead, and then is", "st->state = " +
			"CPUHP_AP_IDLE_DEAD;\n\tsmp_call_function_single(cpumask_" +
			"first(cpu_online_mask), cpuhp_complete_idle_dead, st, 0);", "smp_call_function_single(cpumask_first(" +
			"cpu_online_mask), cpuhp_complete_idle_dead, st, 0);\n\tst->state = CPUHP_AP_IDLE_DEAD;", "no-bug-on"},
		{"a loop that never ends", "*which = ++st->state;", ";", "no-bug-on"},
		{"off the ladder", "if (up ? st->state >= goal", "if (up ? goal == 0", "no-bug-on"},
		{"a step too far", "st->state += st->bringup ? -1 : 1;", "st->state += st->bringup ? -1 : 2;",
			"callback-balance"},
	} {
		t.Run(bug.name, func(t *testing.T) {
			_, violated := verdicts(t, kernel(t, core(t, bug.old, bug.new)), small())
			assert.Contains(t, violated, bug.property)
		})
	}
}

// TestMinusOne: a variable to which only 0 and -1 are assigned holds an error.
func TestMinusOne(t *testing.T) {
	code := core(t, "st->result = cpuhp_invoke_callback(cpu, which, up, st->node, &st->last);", "int bad = 0;\n\n"+
		"\t\tif (cpuhp_invoke_callback(cpu, which, up, st->node, &st->last))\n\t\t\tbad = -1;\n"+
		"\t\tstop_machine_unpark(cpu);\n\t\tst->result = bad;")
	_, violated := verdicts(t, kernel(t, code), small())
	assert.Empty(t, violated)
}

// TestRefactoring: the same code in other words has as many states, and the same verdicts.
func TestRefactoring(t *testing.T) {
	want, _ := verdicts(t, kernel(t, core(t)), small())
	for _, same := range []struct {
		name    string
		replace []string
	}{
		{"other names", []string{"before", "first", "which", "rung", "int err", "int error", "err)", "error)",
			"err =", "error =", "return err;", "return error;", "(err ", "(error "}},
		{"a variable more", []string{"err = st->result;", "int told = st->result;\n\terr = told;"}},
		{"a function more", []string{"smp_mb();\n\tst->should_run = true;", "announce(st);",
			"static void ask(", "static void announce(struct cpuhp_cpu_state *st)\n{\n\tsmp_mb();\n\tst->should_run " +
				"= true;\n}\n\nstatic void ask("}},
		{"a condition turned round", []string{"if (err) {\n\t\tturn(cpu, st, before);\n\t\task(st);\n\t}",
			"if (!err)\n\t\treturn 0;\n\tturn(cpu, st, before);\n\task(st);"}},
		{"a loop with a goto", []string{"\tfor (;;) {\n\t\tif (up ? st", "again:\n\t{\n\t\tif (up ? st",
			"\t\t\treturn true;\n\t}\n}\n\nstatic int walk", "\t\t\treturn true;\n\t}\n\tgoto again;\n}\n\nstatic " +
				"int walk"}},
		{"a switch of places", []string{"\tst->rollback = false;\n\tst->target = goal;", "\tst->target = " +
			"goal;\n\tst->rollback = false;"}},
	} {
		t.Run(same.name, func(t *testing.T) {
			states, violated := verdicts(t, kernel(t, core(t, same.replace...)), small())
			assert.Equal(t, want, states)
			assert.Empty(t, violated)
		})
	}
}

// TestErrorAsNumber: a number below 0 is an error, whatever it is called.
func TestErrorAsNumber(t *testing.T) {
	_, violated := verdicts(t, kernel(t, core(t, "\tint err;\n\n\twhile (advance(up, &which, st, goal)) {\n\t\terr = "+
		"cpuhp_invoke_callback(cpu, which, up, NULL, NULL);\n\t\tif (err)\n\t\t\treturn err;\n\t}\n\treturn 0;",
		"\tint bad = 0;\n\n\twhile (!bad && advance(up, &which, st, goal)) {\n\t\tif (cpuhp_invoke_callback(cpu, "+
			"which, "+
			"up, NULL, NULL))\n\t\t\tbad = -1;\n\t}\n\treturn bad;")), small())
	assert.Empty(t, violated)
}

// TestUnknown: what is not understood is told, with its place.
func TestUnknown(t *testing.T) {
	for _, bad := range []struct{ name, old, new, want string }{
		{"call", "smp_mb();\n\tst->should_run = true;", "frobnicate(st);", "core.c:68: ask(): frobnicate() is not " +
			"known"},
		{"variable", "st->result = 0;", "st->result = jiffies;", "core.c:67: ask(): jiffies is not known"},
		{"field", "st->result = 0;", "st->colour = 0;", "core.c:67: ask(): st->colour is nothing that the model can " +
			"write"},
		{"statement", "st->result = 0;", "asm volatile(\"\");", "core.c:67: ask(): \"asm\" is not understood"},
		{"the CPU", "st->rollback = false;", "cpu = 0;", "core.c:43: point(): cpu is assigned to, and is the CPU that"},
		{"a copy of the CPU", "st->rollback = false;", "unsigned int me = smp_processor_id(); me = 0;",
			"core.c:43: point(): me is assigned to, and is the CPU that"},
		{"label", "st->result = 0;", "goto nowhere;", "core.c:67: ask(): goto nowhere: there is no such label"},
		{"operator", "st->result = 0;", "st->result = 7 % 4;", "core.c:67: ask(): the operator % is not understood"},
		{"recursion", "st->result = 0;", "ask(st);", "core.c:67: ask(): ask() calls itself"},
		{"arguments", "ask(st);\n\terr", "ask(st, 1);\n\terr", "core.c:80: delegate(): ask() is called with 2 " +
			"arguments, and has 1"},
		{"too few arguments", "st->result = 0;", "mutex_lock();", "core.c:67: ask(): mutex_lock() is called with 0 " +
			"arguments: want 1"},
		{"a lock", "st->result = 0;", "mutex_lock(&big_kernel_lock);",
			"core.c:67: ask(): mutex_lock(&big_kernel_lock): " +
				"the lock big_kernel_lock is not known"},
		{"another CPU", "st->result = 0;", "per_cpu_ptr(&cpuhp_state, 1)->result = 0;", "core.c:67: ask(): 1 is not " +
			"the CPU that the code is about"},
		{"a loop in an operation", "st->result = 0;", "int k;\n\tfor_each_online_cpu(k) cpu_dying(k);", "core.c:68: " +
			"ask(): a loop over CPUs is not understood here"},
		{"no entry", "int takedown_cpu", "int takedown", "kernel/cpu.c:1: takedown_cpu(): the tree has no such " +
			"function"},
	} {
		t.Run(bad.name, func(t *testing.T) {
			_, err := model.New(kernel(t, core(t, bad.old, bad.new)), small())
			var unknown *lower.Error
			require.ErrorAs(t, err, &unknown)
			assert.Contains(t, err.Error(), bad.want)
		})
	}
}

// TestDisabler: somebody who forbids hotplug is found where only the C says that he counts.
func TestDisabler(t *testing.T) {
	sc := small()
	sc.Disablers, sc.Ops = 1, 1
	_, violated := verdicts(t, kernel(t, core(t)), sc)
	assert.Empty(t, violated)
	_, violated = verdicts(t, kernel(t, core(t, "\tcpu_hotplug_disabled++;\n", "")), sc)
	assert.Contains(t, violated, "no-warn-on")
}

// A parameter that needs a register gets its value where the function is called, and not where it is declared.
func TestParametersArePassedByTheCaller(t *testing.T) {
	m, err := model.New(kernel(t, core(t)), small())
	require.NoError(t, err)
	var callers []string
	for _, in := range m.Instructions() {
		if in.Label == "goal = ..." {
			callers = append(callers, in.Function)
		}
	}
	assert.Subset(t, callers, []string{"cpuhp_thread_fun", "take_cpu_down"})
	assert.NotContains(t, callers, "walk", "it has the parameter")
}
