package invariants

import "strings"

// survivors says of mutants that no property minds why that is right, or what is missing. mutant is how the mutant's
// text begins; harmless, that what it does is as good as what the kernel does.
var survivors = []struct {
	mutant   string
	harmless bool
	why      string
}{
	{
		"negate: _cpu_up(): if, on registers (no. 3)", true,
		"idle_thread_get() is asked where it need not be, and the idle task is there",
	},
	{"drop: cpuhp_bp_sync_dead(): atomic_try_cmpxchg", true, "on x86 nobody waits for SYNC_STATE_SHOULD_DIE"},
	{"swap: cpuhp_bp_sync_dead(): atomic_try_cmpxchg", true, "on x86 nobody waits for SYNC_STATE_SHOULD_DIE"},
	{"astray: cpuhp_bp_sync_dead(): atomic_try_cmpxchg", true, "on x86 nobody waits for SYNC_STATE_SHOULD_DIE"},
	{
		"drop: cpuhp_online_idle(): cpuhp_ap_update_sync_state(SYNC_STATE_ONLINE)", true,
		"nobody waits for SYNC_STATE_ONLINE",
	},
	{
		"astray: cpuhp_online_idle(): cpuhp_ap_update_sync_state(SYNC_STATE_ONLINE)", true,
		"nobody waits for SYNC_STATE_ONLINE",
	},
	{
		"drop: _cpu_down(): ret = -EBUSY", true,
		"the only CPU left is asked to stay, and the one that is down is down: 0 says as much",
	},
	{
		"drop: cpuhp_down_callbacks(): prev_state = st->state", true,
		"the first callback of the control task's way down is takedown_cpu(), and no other may fail: when it does, " +
			"there is no way back to go, and the hotplug thread gets its goal from _cpu_down()",
	},
	{
		"one below: cpuhp_down_callbacks(): prev_state = st->state", true,
		"the first callback of the control task's way down is takedown_cpu(), and no other may fail: when it does, " +
			"there is no way back to go, and the hotplug thread gets its goal from _cpu_down()",
	},
	{
		"one above: cpuhp_down_callbacks(): prev_state = st->state", true,
		"the first callback of the control task's way down is takedown_cpu(), and no other may fail: when it does, " +
			"there is no way back to go, and the hotplug thread gets its goal from _cpu_down()",
	},
	{"drop: __kthread_parkme(): clear_bit(KTHREAD_IS_PARKED)", true, "kthread_unpark() has cleared it"},
	{
		"astray: smp_shutdown_nonboot_cpus(): for_each_online_cpu(cpu)", false,
		"one CPU is left, which is not the one that is to boot: in a kexec nobody is bound to that here",
	},
	{
		"drop: __kthread_parkme(): __set_current_state(TASK_RUNNING)", true,
		"smpboot_thread_fn() sets the state again before it does anything else",
	},
	{
		"astray: multi_cpu_stop(): MULTI_STOP_DISABLE_IRQ: local_irq_disable()", true,
		"each stopper does it for the next CPU, in the same step: it comes to the same",
	},
	{
		"one above: notify_cpu_starting(): target = min(st->target, CPUHP_AP_ONLINE)", true,
		"there is no callback between, and cpuhp_online_idle() writes st->state",
	},
	{
		"one below: notify_cpu_starting(): target = min(st->target, CPUHP_AP_ONLINE)", true,
		"there is no callback between, and cpuhp_online_idle() writes st->state",
	},
	{"one above: cpuhp_online_idle(): st->state = CPUHP_AP_ONLINE_IDLE", true, "the next state has no startup"},
	{"drop: cpuhp_thread_fun(): *lastp = NULL", true, "cpuhp_set_state() clears it"},
	{"astray: cpuhp_thread_fun(): *lastp = NULL", true, "cpuhp_set_state() clears it"},
	{
		"drop: cpuhp_thread_fun(): *lastp = node (no. 3)", true,
		"if the first instance fails nothing of the state is to be undone, with st->last or without",
	},
	{
		"astray: cpuhp_thread_fun(): *lastp = node (no. 3)", true,
		"if the first instance fails nothing of the state is to be undone, with st->last or without",
	},
	{
		"astray: device_offline(): if (dev->offline)", true,
		"the core is asked to take a CPU down that is down, and refuses or does nothing",
	},
	{"drop: cpuhp_invoke_ap_callback(): st->rollback = false", true, "of one callback nobody asks for st->rollback"},
	{"swap: cpuhp_invoke_ap_callback(): st->rollback = false", true, "of one callback nobody asks for st->rollback"},
	{"astray: cpuhp_invoke_ap_callback(): st->rollback = false", true, "of one callback nobody asks for st->rollback"},
	{
		"swap: cpuhp_invoke_ap_callback(): st->bringup = bringup", true,
		"the parts of a request are read after should_run, which is set last",
	},
	{
		"swap: cpuhp_invoke_ap_callback(): st->cb_state = state", true,
		"the parts of a request are read after should_run, which is set last",
	},
	{
		"swap: cpuhp_invoke_ap_callback(): st->node = node", true,
		"the parts of a request are read after should_run, which is set last",
	},
	{
		"swap: cpuhp_invoke_ap_callback(): return st->result", true,
		"st->result and st->node have nothing to do with each other",
	},
	{
		"swap: cpuhp_thread_fun(): st->should_run = false", true,
		"the thread alone asks for should_run before it has completed the request",
	},
	{
		"swap: __cpuhp_kick_ap_work(): st->result = 0", true,
		"the thread reads neither before should_run, which is set last",
	},
	{
		"swap: takedown_cpu(): mutex_unlock(&sparse_irq_lock)", true,
		"who waits for the lock waits a moment longer, or less",
	},
	{"swap: _cpu_down(): st->target = prev_state", true, "both are read after the thread is kicked"},
	{
		"swap: cpuhp_online_idle(): st->state = CPUHP_AP_ONLINE_IDLE", true,
		"nobody looks at st->state before the thread is unparked and the task has woken up",
	},
	{
		"twice: take_cpu_down(): st->state--", true,
		"the state that is left out has nothing to call: smpcfd:dying stands in the table in which nobody looks for it",
	},
	{
		"one below: take_cpu_down(): st->state--", true,
		"the state that is left out has nothing to call: smpcfd:dying stands in the table in which nobody looks for it",
	},
	{"twice: __raw_notifier_call_chain(): sched_cpu", true, "an assignment that says the same again"},
	{
		"twice: __raw_notifier_call_chain(): migration_call(CPU_DYING)", true,
		"who was moved away is not there to be moved again",
	},
	{
		"drop: cpu_hotplug_begin(): prepare_to_wait", true,
		"the writer asks again and again where it was to sleep, and gets on when the readers have left",
	},
	{
		"drop: cpu_hotplug_begin(): schedule()", true,
		"the writer asks again and again where it was to sleep, and gets on when the readers have left",
	},
	{
		"drop: cpu_hotplug_begin(): finish_wait", true,
		"a wake-up of the writer that does not sleep is one for no reason",
	},
	{
		"swap: cpu_hotplug_begin(): mutex_lock(&cpu_hotplug.lock)", true,
		"who is on the wait queue before it has the lock is woken for no reason at the worst",
	},
	{"swap: freeze_secondary_cpus(): cpu_hotplug_disabled++", true, "cpu_add_remove_lock is held long enough"},
	{"twice: cpuset_handle_hotplug(): cpumask_copy", true, "an assignment that says the same again"},
	{
		"one below: _cpu_down(): st->target = target", false,
		"nobody reads st->target on the rest of the way, and the next operation sets it: no property asks what the " +
			"file shows in between",
	},
	{
		"skip: cpuhp_down_callbacks(): the teardown of CPUHP_BP_PREPARE_DYN+0", false,
		"a driver's state in the prepare section, of which v4.14 itself calls no startup when it is installed, and " +
			"violates installer-complete (prepare-state-without-calls)",
	},
	{
		"drop: cpuhp_down_callbacks(): step->teardown (no. 2)", false,
		"a driver's state in the prepare section, of which v4.14 itself calls no startup when it is installed, and " +
			"violates installer-complete (prepare-state-without-calls)",
	},
	{
		"negate: cpuhp_thread_fun(): if (st->fail == state) (no. 3)", false,
		"no instance can be added then, and what comes of that is left to the driver: no property asks why",
	},
	{
		"drop: __cpuhp_kick_ap(): st->result = 0", false,
		"shows where a way on which there is nothing to call follows one that failed; no scenario has that",
	},
	{
		"astray: __cpuhp_kick_ap(): st->result = 0", false,
		"shows where a way on which there is nothing to call follows one that failed; no scenario has that",
	},
	{
		"drop: __cpuhp_kick_ap_work(): st->result = 0", true,
		"the hotplug thread sets it before it completes the request",
	},
	{
		"astray: __cpuhp_kick_ap_work(): st->result = 0", true,
		"the hotplug thread sets it before it completes the request",
	},
	{
		"one above: _cpu_up(): target = min(target, CPUHP_BRINGUP_CPU)", false,
		"shows only on the way to a state of the prepare section, where the kernel violates the same properties " +
			"(finding 10)",
	},
	{
		"one above: _cpu_up(): st->target = target", false,
		"shows only on the way to a state of the prepare section, where the kernel violates the same properties " +
			"(finding 10)",
	},
	{
		"one above: _cpu_down(): cpuhp_down_callbacks", false,
		"shows only on the way to a state of the prepare section, where the kernel violates the same properties " +
			"(finding 10)",
	},
	{
		"skip: undo_cpu_up(): the teardown in an undo of CPUHP_SOFTIRQ_DEAD", false,
		"rollback-order takes the first callback of an undo as it comes, unless the step has a startup too: to know " +
			"which is due it would have to remember what failed",
	},
	{
		"skip: undo_cpu_down(): the startup in an undo of CPUHP_WORKQUEUE_PREP", false,
		"the way back from a dead CPU, which v4.14 itself does not find (finding 21)",
	},
	{
		"skip: cpuhp_invoke_callback_range(): the teardown in an undo of CPUHP_SOFTIRQ_DEAD", false,
		"rollback-order takes the first callback of an undo as it comes, unless the step has a startup too: to know " +
			"which is due it would have to remember what failed",
	},
	{
		"drop: sched_cpu_dying(): balance_push()", false,
		"whoever is on a CPU that dies is parked by then, in these scenarios",
	},
	{
		"drop: __raw_notifier_call_chain(): migration_call(CPU_DYING)", false,
		"whoever is on a CPU that dies is parked by then, in these scenarios",
	},
	{
		"swap: stop_machine_park(): stopper->enabled = false", false,
		"nobody queues work at that moment: only stop_machine() does, under the hotplug lock",
	},
	{"swap: start_secondary(): set_cpu_online(cpu, true)", false, "no interrupt comes between the two"},
	{
		"twice: arch_cpu_idle_dead(): cpuhp_ap_report_dead()", false,
		"a second report may come when the CPU has been given up for dead, and nobody looks at it then",
	},
	{
		"drop: cpuhp_thread_fun(): *lastp = node", false,
		"an instance fails in an undo, where the kernel itself violates instance-balance",
	},
	{
		"astray: cpuhp_thread_fun(): *lastp = node", false,
		"an instance fails in an undo, where the kernel itself violates instance-balance",
	},
	{
		"astray: write_cpuhp_target(): else if (st->state > target)", false,
		"cpu_down() to the state in which the CPU is leaves it in the dying mask (finding 22), and half-way down it " +
			"may be there",
	},
	{
		"astray: write_cpuhp_target(): if (st->state < target)", false,
		"cpu_down() is called where cpu_up() was to be, and does nothing; that the write returned 0 is what the " +
			"kernel does as well in that scenario (finding 10)",
	},
	{
		"swap: write_cpuhp_target(): ret =", false,
		"the step table is read without its lock: it takes an installer at the same moment",
	},
	{"negate: __cpuhp_setup_state(): if, on registers", false, "it takes two drivers that ask for the same state"},
	{"drop: cpuhp_reserve_state(): cpuhp_ap_states[i].name", false, "it takes two drivers that ask for the same state"},
	{
		"drop: cpuhp_invoke_ap_callback(): st->node = node", false,
		"the model takes the instance of a single request from the state that it is for",
	},
	{
		"astray: cpuhp_invoke_ap_callback(): st->node = node", false,
		"the model takes the instance of a single request from the state that it is for",
	},
	{
		"twice: __cpuhp_state_add_instance(): hlist_add_head", false,
		"a list is a set here: that a node is on it twice cannot be told",
	},
	{
		"twice: __cpuhp_state_remove_instance(): hlist_del", false,
		"a list is a set here: that a node is on it twice cannot be told",
	},
	{
		"astray: freeze_secondary_cpus(): for_each_online_cpu", false,
		"a CPU that is down is asked to go down, and the suspend fails: why a suspend fails is not judged",
	},
	{
		"astray: disable_nonboot_cpus(): for_each_online_cpu", false,
		"a CPU that is down is asked to go down, and the suspend fails: why a suspend fails is not judged",
	},
	{
		"drop: cpu_hotplug_begin(): cpu_hotplug.active_writer", false,
		"active_writer lets the writer's own callbacks take the lock, and none does that on the control task here",
	},
	{
		"swap: cpu_hotplug_begin(): cpu_hotplug.active_writer", false,
		"active_writer lets the writer's own callbacks take the lock, and none does that on the control task here",
	},
	{
		"swap: cpu_hotplug_done(): cpu_hotplug.active_writer", false,
		"active_writer lets the writer's own callbacks take the lock, and none does that on the control task here",
	},
	{
		"drop: __raw_notifier_call_chain(): notifier", false,
		"notifiers after a bring-up that failed: v4.6 violates the same properties there (finding 1)",
	},
	{
		"swap: bringup_wait_for_ap()", false,
		"the way back of a bring-up that failed: v4.6 violates the same properties there (finding 1)",
	},
	{
		"drop: bringup_wait_for_ap()", false,
		"the way back of a bring-up that failed: v4.6 violates the same properties there (finding 1)",
	},
	{
		"astray: bringup_wait_for_ap()", false,
		"the way back of a bring-up that failed: v4.6 violates the same properties there (finding 1)",
	},
	{
		"one above: cpuhp_up_callbacks(): prev_state", false,
		"the way back of a bring-up that failed: v4.6 violates the same properties there (finding 1)",
	},
	{
		"astray: cpuhp_up_callbacks(): prev_state", false,
		"the way back of a bring-up that failed: v4.6 violates the same properties there (finding 1)",
	},
	{
		"drop: cpuhp_up_callbacks(): st->target = prev_state", false,
		"the way back of a bring-up that failed: v4.6 violates the same properties there (finding 1)",
	},
	{
		"one above: cpuhp_up_callbacks(): st->target = prev_state", false,
		"the way back of a bring-up that failed: v4.6 violates the same properties there (finding 1)",
	},
	{
		"astray: cpuhp_up_callbacks(): st->target = prev_state", false,
		"the way back of a bring-up that failed: v4.6 violates the same properties there (finding 1)",
	},
	{
		"one above: cpuhp_down_callbacks(): st->target = prev_state", false,
		"_cpu_down() sets it again; in between it is looked at by the hotplug thread alone, which is parked",
	},
	{
		"astray: take_cpu_down(): target = max(st->target", false,
		"a target below CPUHP_AP_OFFLINE: the kernel violates the same properties there (finding 7)",
	},
	{
		"drop: cpuhp_online_idle(): complete(&st->done)", false,
		"a target at which the hotplug thread has nothing to do: the kernel violates the same properties there " +
			"(finding 10)",
	},
}

// explain says why the mutant survived, and whether it is harmless.
func (mu *Mutant) explain() {
	text := mu.Mutation.String()
	for _, s := range survivors {
		if strings.HasPrefix(text, s.mutant) {
			mu.Why = s.why
			if s.harmless {
				mu.Outcome = Harmless
			}
			return
		}
	}
}
