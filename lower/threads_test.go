package lower_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/cfront"
	"github.com/hpcheck/hpcheck/lower"
	"github.com/hpcheck/hpcheck/model"
)

// threaded is v6.12 with its core and its threads from the C, with some of the threads' text replaced.
func threaded(t *testing.T, replace ...string) model.Kernel {
	t.Helper()
	text, err := os.ReadFile("testdata/threads.c")
	require.NoError(t, err)
	code := string(text)
	for i := 0; i+1 < len(replace); i += 2 {
		require.Contains(t, code, replace[i])
		code = strings.Replace(code, replace[i], replace[i+1], 1)
	}
	k, err := model.Lookup("v6.12")
	require.NoError(t, err)
	config := cfront.Config{"CONFIG_HOTPLUG_CPU": "1"}
	of, threads := cfront.Parse("core.c", core(t), config), cfront.Parse("threads.c", code, config)
	require.Empty(t, append(of.Problems, threads.Problems...))
	k.Source = lower.New(cfront.Config{}, of, threads)
	return k
}

// TestThreads: threads of other words are found as right as those that are written by hand.
func TestThreads(t *testing.T) {
	sc := small()
	sc.Smpboot = 1
	k := threaded(t)
	states, violated := verdicts(t, k, sc)
	assert.Empty(t, violated)
	assert.Greater(t, states, uint64(1000))
	m, err := model.New(k, sc)
	require.NoError(t, err)
	for _, name := range []string{"kthread_park", "smpboot_thread_fn", "create", "give", "multi_cpu_stop", "next",
		"stop_machine_cpuslocked", "cpu_stopper_thread", "cpu_stop_park", "stop_machine_unpark"} {
		assert.Contains(t, m.Lowered(), name)
	}
}

// TestSpinlock: what cannot be one instruction is told, with its place.
func TestSpinlock(t *testing.T) {
	for _, bad := range []struct{ name, old, new, want string }{
		{"kept", "\traw_spin_unlock(&to->lock);\n", "", "give(): it takes a spinlock and does not give it back"},
		{"sleeps", "\t\tlist_add_tail(&task->list, &to->works);", "\t\tmutex_lock(&stop_cpus_mutex);",
			"it may wait, where a spinlock is held"},
		{"not taken", "\traw_spin_lock_irq(&own->lock);\n", "", "a lock is given back that is not held"},
		{"unknown", "raw_spin_lock(&to->lock)", "raw_spin_lock(&mine)",
			"give(): raw_spin_lock(&mine): the lock is not known"},
		{"another work", "task->fn = fn;", "task->fn = give;",
			"the stoppers are to execute give: want multi_cpu_stop()"},
	} {
		t.Run(bad.name, func(t *testing.T) {
			_, err := model.New(threaded(t, bad.old, bad.new), small())
			assert.ErrorContains(t, err, bad.want)
			assert.ErrorContains(t, err, "threads.c:")
		})
	}
}

// TestBugsOfThreads: each mistake in how threads park, sleep and stop is found; and the same properties are violated if
// nothing is merged, not even schedule() with what comes before it.
func TestBugsOfThreads(t *testing.T) {
	for _, bug := range []struct{ name, old, new, property string }{
		{"nobody is told that it parks", "\t\tcomplete(&me->parked);\n", "", "no-deadlock"},
		{"it parks without its state", "set_special_state(TASK_PARKED)", "set_current_state(TASK_INTERRUPTIBLE)",
			"idle-never-blocks"},
		{"who parks does not wake", "\twake_up_process(who);\n", "", "no-deadlock"},
		{"it is not bound", "do_set_cpus_allowed(who, cpumask_of(what->cpu));", ";", "no-bug-on"},
		{"it is not woken", "\twake_up_state(who, TASK_PARKED);\n", "", "no-deadlock"},
		{"the state comes too late", "\t\t\tschedule();\n\t\t}\n\t}\n}",
			"\t\t\tset_current_state(TASK_INTERRUPTIBLE);\n\t\t\tschedule();\n\t\t}\n\t}\n}", "no-deadlock"},
		{"cpuhp is parked with the others", ".thread_fn = cpuhp_thread_fun, .selfparking = true",
			".thread_fn = cpuhp_thread_fun", "no-deadlock"},
		{"the lock is kept", "\tmutex_unlock(&smpboot_threads_lock);\n\treturn err;", "\treturn err;",
			"locks-released"},
		{"a stopper is not woken", "\tif (takes)\n\t\twake_up_process(to->thread);\n\telse if", "\tif (!takes) if",
			"no-deadlock"},
		{"nobody goes on", "\t\tnext(all, all->state + 1);", "\t\t;", "no-deadlock"},
		{"interrupts are on", "\t\t\t\tlocal_irq_disable();", "\t\t\t\t;", "callback-context"},
		{"all stop for nothing", "seen == MULTI_STOP_RUN && mine", "seen == MULTI_STOP_RUN && !mine", "no-bug-on"},
		{"all run it", "seen == MULTI_STOP_RUN && mine", "seen == MULTI_STOP_RUN", "no-bug-on"},
		{"nobody waits", "\t\twait_for_completion(&done.completion);\n", "", "no-bug-on"},
		{"the error is lost", "\t\t\t\tdone->ret = err;", "\t\t\t\t;", "no-bug-on"},
		{"it is not counted", "\t\t\tif (atomic_dec_and_test(&done->nr_todo))\n\t\t\t\tcomplete(&done->completion);\n",
			"", "no-deadlock"},
		{"the CPU is kept", "\t\t\tpreempt_count_dec();\n", "", "no-deadlock"},
		{"the stopper does not park", "\town->enabled = false;\n\tkthread_park(own->thread);",
			"\town->enabled = false;", "threads-agree"},
		{"the stopper takes no work", "\tof->enabled = true;\n", "", "stopper-serves"},
	} {
		t.Run(bug.name, func(t *testing.T) {
			sc := small()
			sc.Smpboot, sc.Boot = 1, 1
			sc.Sequence = []model.Op{{CPU: 1, Up: true}, {CPU: 1}}
			k := threaded(t, bug.old, bug.new)
			_, violated := verdicts(t, k, sc)
			assert.Contains(t, violated, bug.property)
			k.Disowned = ^model.Object(0)
			_, fine := verdicts(t, k, sc)
			assert.ElementsMatch(t, fine, violated)
		})
	}
}

// Wherever a thread stands in what was assembled it is known on which line that is: also after a callback that is
// written by hand and calls a function of the tree.
func TestEveryStepHasALine(t *testing.T) {
	sc := small()
	sc.Smpboot = 1
	m, err := model.New(threaded(t), sc)
	require.NoError(t, err)
	state, x, steps := m.Initial(), m.NewExec(), 0
	for moved := true; moved; {
		moved = false
		for _, id := range m.Threads() {
			for x.Outcomes(&state, id) > 0 {
				place := m.Place(&state, id)
				if slices.Contains(m.Lowered(), place.Function) {
					assert.Positive(t, place.Line, "%s(): %s", place.Function, place.Label)
				}
				x.Do(&state, model.ActionOf(id, 0))
				moved, steps = true, steps+1
				require.Less(t, steps, 5000)
			}
		}
	}
	assert.Greater(t, steps, 150)
}
