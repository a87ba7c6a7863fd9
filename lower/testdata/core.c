/*
 * A hotplug core of our own, as small as can be, for the tests: the names are the kernel's, the code is not. It walks
 * the ladder up and down, and turns round after an error.
 */
static DEFINE_PER_CPU(struct cpuhp_cpu_state, cpuhp_state);

static bool has_callback(bool up, enum cpuhp_state which)
{
	struct cpuhp_step *entry = cpuhp_hp_states + which;

	return up ? entry->startup.single : entry->teardown.single;
}

static bool advance(bool up, enum cpuhp_state *which, struct cpuhp_cpu_state *st, enum cpuhp_state goal)
{
	for (;;) {
		if (up ? st->state >= goal : st->state <= goal)
			return false;
		if (up)
			*which = ++st->state;
		else
			*which = st->state--;
		if (has_callback(up, *which))
			return true;
	}
}

static int walk(bool up, unsigned int cpu, struct cpuhp_cpu_state *st, enum cpuhp_state goal)
{
	enum cpuhp_state which;
	int err;

	while (advance(up, &which, st, goal)) {
		err = cpuhp_invoke_callback(cpu, which, up, NULL, NULL);
		if (err)
			return err;
	}
	return 0;
}

static void point(unsigned int cpu, struct cpuhp_cpu_state *st, enum cpuhp_state goal)
{
	st->rollback = false;
	st->target = goal;
	st->bringup = st->state < goal;
	if (cpu_dying(cpu) == st->bringup)
		set_cpu_dying(cpu, !st->bringup);
}

static void turn(unsigned int cpu, struct cpuhp_cpu_state *st, enum cpuhp_state goal)
{
	st->target = goal;
	if (st->rollback)
		return;
	st->rollback = true;
	if (!st->last)
		st->state += st->bringup ? -1 : 1;
	st->bringup = !st->bringup;
	if (cpu_dying(cpu) == st->bringup)
		set_cpu_dying(cpu, !st->bringup);
}

static void ask(struct cpuhp_cpu_state *st)
{
	if (st->state == st->target)
		return;
	st->result = 0;
	smp_mb();
	st->should_run = true;
	wake_up_process(st->thread);
	wait_for_completion(st->bringup ? &st->done_up : &st->done_down);
}

static int delegate(unsigned int cpu, struct cpuhp_cpu_state *st, enum cpuhp_state goal)
{
	enum cpuhp_state before = st->state;
	int err;

	point(cpu, st, goal);
	ask(st);
	err = st->result;
	if (err) {
		turn(cpu, st, before);
		ask(st);
	}
	return err;
}

void cpuhp_thread_fun(unsigned int cpu)
{
	struct cpuhp_cpu_state *st = this_cpu_ptr(&cpuhp_state);
	bool up = st->bringup;
	enum cpuhp_state which;

	smp_mb();
	st->should_run = advance(up, &which, st, st->target);
	if (st->should_run) {
		st->result = cpuhp_invoke_callback(cpu, which, up, st->node, &st->last);
		if (st->result) {
			WARN_ON_ONCE(st->rollback);
			st->should_run = false;
		}
	}
	if (!st->should_run)
		complete(up ? &st->done_up : &st->done_down);
}

int cpuhp_bringup_ap(unsigned int cpu)
{
	struct cpuhp_cpu_state *st = per_cpu_ptr(&cpuhp_state, cpu);
	int err;

	irq_lock_sparse();
	err = cpuhp_bp_sync_alive(cpu);
	if (err)
		goto unlock;
	wait_for_completion(&st->done_up);
	if (WARN_ON_ONCE(!cpu_online(cpu))) {
		err = -ECANCELED;
		goto unlock;
	}
	kthread_unpark(st->thread);
	irq_unlock_sparse();
	return st->target > CPUHP_AP_ONLINE_IDLE ? delegate(cpu, st, st->target) : 0;
unlock:
	irq_unlock_sparse();
	return err;
}

int take_cpu_down(void *unused)
{
	struct cpuhp_cpu_state *st = this_cpu_ptr(&cpuhp_state);
	int err = __cpu_disable();

	if (err)
		return err;
	WARN_ON(walk(false, smp_processor_id(), st, max(st->target, CPUHP_AP_OFFLINE)));
	stop_machine_park(smp_processor_id());
	return 0;
}

int takedown_cpu(unsigned int cpu)
{
	struct cpuhp_cpu_state *st = per_cpu_ptr(&cpuhp_state, cpu);
	int err;

	kthread_park(st->thread);
	irq_lock_sparse();
	err = stop_machine_cpuslocked(take_cpu_down, NULL, cpumask_of(cpu));
	if (err) {
		irq_unlock_sparse();
		kthread_unpark(st->thread);
		return err;
	}
	BUG_ON(cpu_online(cpu));
	wait_for_completion(&st->done_down);
	BUG_ON(st->state != CPUHP_AP_IDLE_DEAD);
	irq_unlock_sparse();
	cpuhp_bp_sync_dead(cpu);
	rcutree_migrate_callbacks(cpu);
	return 0;
}

int _cpu_up(unsigned int cpu, int frozen, enum cpuhp_state goal)
{
	struct cpuhp_cpu_state *st = per_cpu_ptr(&cpuhp_state, cpu);
	enum cpuhp_state before;
	int err = 0;

	cpus_write_lock();
	if (!cpu_present(cpu)) {
		err = -EINVAL;
	} else if (st->state < goal) {
		if (st->state == CPUHP_OFFLINE) {
			err = PTR_ERR(idle_thread_get(cpu));
			if (err)
				goto out;
		}
		cpuhp_tasks_frozen = frozen;
		point(cpu, st, goal);
		if (st->state > CPUHP_BRINGUP_CPU) {
			err = delegate(cpu, st, goal);
			if (err)
				goto out;
		}
		before = st->state;
		err = walk(true, cpu, st, min(goal, CPUHP_BRINGUP_CPU));
		if (err) {
			turn(cpu, st, before);
			WARN_ON(walk(false, cpu, st, before));
		}
	}
out:
	cpus_write_unlock();
	return err;
}

int _cpu_down(unsigned int cpu, int frozen, enum cpuhp_state goal)
{
	struct cpuhp_cpu_state *st = per_cpu_ptr(&cpuhp_state, cpu);
	enum cpuhp_state before, top;
	int err = 0;

	if (num_online_cpus() == 1)
		return -EBUSY;
	if (!cpu_present(cpu))
		return -EINVAL;
	cpus_write_lock();
	cpuhp_tasks_frozen = frozen;
	top = st->state;
	point(cpu, st, goal);
	if (top > CPUHP_TEARDOWN_CPU) {
		err = delegate(cpu, st, max(goal, CPUHP_TEARDOWN_CPU));
		if (err || st->state > CPUHP_TEARDOWN_CPU)
			goto out;
		st->target = goal;
	}
	before = st->state;
	err = walk(false, cpu, st, goal);
	if (err) {
		turn(cpu, st, before);
		if (st->state < before)
			WARN_ON(walk(true, cpu, st, before));
		if (st->state < top && st->state == CPUHP_TEARDOWN_CPU) {
			turn(cpu, st, top);
			ask(st);
		}
	}
out:
	cpus_write_unlock();
	return err;
}

struct errand {
	unsigned int cpu;
	enum cpuhp_state goal;
};

static long run_errand(void *arg)
{
	struct errand *errand = arg;

	return _cpu_down(errand->cpu, 0, errand->goal);
}

static int send_errand(unsigned int cpu, enum cpuhp_state goal)
{
	struct errand errand = { .cpu = cpu, .goal = goal };

	if (cpu_hotplug_offline_disabled)
		return -EOPNOTSUPP;
	if (cpu_hotplug_disabled)
		return -EBUSY;
	for_each_cpu_and(cpu, cpu_online_mask, housekeeping_cpumask(HK_TYPE_DOMAIN)) {
		if (cpu == errand.cpu)
			continue;
		return work_on_cpu(cpu, run_errand, &errand);
	}
	return -EBUSY;
}

int cpu_down(unsigned int cpu, enum cpuhp_state goal)
{
	int err;

	cpu_maps_update_begin();
	err = send_errand(cpu, goal);
	cpu_maps_update_done();
	return err;
}

int cpu_up(unsigned int cpu, enum cpuhp_state goal)
{
	int err = -EINVAL;

	if (cpu_possible(cpu)) {
		err = try_online_node(cpu_to_node(cpu));
		if (err)
			return err;
		cpu_maps_update_begin();
		err = cpu_hotplug_disabled ? -EBUSY : _cpu_up(cpu, 0, goal);
		cpu_maps_update_done();
	}
	return err;
}

int cpuhp_kick_ap_alive(unsigned int cpu)
{
	atomic_t *where = per_cpu_ptr(&cpuhp_state.ap_sync_state, cpu);
	int seen = atomic_read(where);

	do {
		switch (seen) {
		case SYNC_STATE_DEAD:
		case SYNC_STATE_KICKED:
		case SYNC_STATE_ALIVE:
			break;
		default:
			return -EAGAIN;
		}
	} while (!atomic_try_cmpxchg(where, &seen, SYNC_STATE_KICKED));
	return arch_cpuhp_kick_ap_alive(cpu, idle_thread_get(cpu));
}

void notify_cpu_starting(unsigned int cpu)
{
	struct cpuhp_cpu_state *st = per_cpu_ptr(&cpuhp_state, cpu);

	rcutree_report_cpu_starting(cpu);
	cpumask_set_cpu(cpu, &cpus_booted_once_mask);
	WARN_ON(walk(true, cpu, st, min(st->target, CPUHP_AP_ONLINE)));
}

void cpuhp_online_idle(enum cpuhp_state state)
{
	struct cpuhp_cpu_state *st = this_cpu_ptr(&cpuhp_state);

	if (state == CPUHP_AP_ONLINE_IDLE) {
		atomic_xchg(this_cpu_ptr(&cpuhp_state.ap_sync_state), SYNC_STATE_ONLINE);
		stop_machine_unpark(smp_processor_id());
		st->state = CPUHP_AP_ONLINE_IDLE;
		complete(&st->done_up);
	}
}

void cpuhp_report_idle_dead(void)
{
	struct cpuhp_cpu_state *st = this_cpu_ptr(&cpuhp_state);

	BUG_ON(st->state != CPUHP_AP_OFFLINE);
	rcutree_report_cpu_dead();
	st->state = CPUHP_AP_IDLE_DEAD;
	smp_call_function_single(cpumask_first(cpu_online_mask), cpuhp_complete_idle_dead, st, 0);
}

static void cpuhp_complete_idle_dead(void *arg)
{
	struct cpuhp_cpu_state *st = arg;

	complete(&st->done_down);
}

enum cpuhp_sync_state {
	SYNC_STATE_DEAD, SYNC_STATE_KICKED, SYNC_STATE_SHOULD_DIE,
	SYNC_STATE_ALIVE, SYNC_STATE_SHOULD_ONLINE, SYNC_STATE_ONLINE,
};

void cpus_read_lock(void) { percpu_down_read(&cpu_hotplug_lock); }
void cpus_read_unlock(void) { percpu_up_read(&cpu_hotplug_lock); }
void cpus_write_lock(void) { percpu_down_write(&cpu_hotplug_lock); }
void cpus_write_unlock(void) { percpu_up_write(&cpu_hotplug_lock); }
void cpu_maps_update_begin(void) { mutex_lock(&cpu_add_remove_lock); }
void cpu_maps_update_done(void) { mutex_unlock(&cpu_add_remove_lock); }

void cpu_hotplug_disable(void)
{
	cpu_maps_update_begin();
	cpu_hotplug_disabled++;
	cpu_maps_update_done();
}

void cpu_hotplug_enable(void)
{
	cpu_maps_update_begin();
	WARN_ON(cpu_hotplug_disabled < 1);
	cpu_hotplug_disabled--;
	cpu_maps_update_done();
}

int cpu_device_up(struct device *dev) { return cpu_up(dev->id, CPUHP_ONLINE); }
int cpu_device_down(struct device *dev) { return cpu_down(dev->id, CPUHP_OFFLINE); }

void cpuhp_ap_sync_alive(void)
{
	atomic_t *where = this_cpu_ptr(&cpuhp_state.ap_sync_state);

	atomic_xchg(where, SYNC_STATE_ALIVE);
	while (atomic_read(where) != SYNC_STATE_SHOULD_ONLINE)
		cpu_relax();
}

void cpuhp_ap_report_dead(void)
{
	atomic_xchg(this_cpu_ptr(&cpuhp_state.ap_sync_state), SYNC_STATE_DEAD);
}

static int cpuhp_bp_sync_alive(unsigned int cpu)
{
	return cpuhp_wait_for_sync_state(cpu, SYNC_STATE_ALIVE, SYNC_STATE_SHOULD_ONLINE) ? 0 : -EIO;
}

static void cpuhp_bp_sync_dead(unsigned int cpu)
{
	if (cpuhp_wait_for_sync_state(cpu, SYNC_STATE_DEAD, SYNC_STATE_DEAD))
		arch_cpuhp_cleanup_dead_cpu(cpu);
}

static cpumask_var_t frozen_cpus;

int freeze_secondary_cpus(int first)
{
	int cpu, err = 0;

	cpu_maps_update_begin();
	cpumask_clear(frozen_cpus);
	for_each_online_cpu(cpu) {
		if (cpu == first)
			continue;
		if (pm_wakeup_pending()) {
			err = -EBUSY;
			goto out;
		}
		err = _cpu_down(cpu, 1, CPUHP_OFFLINE);
		if (err)
			goto out;
		cpumask_set_cpu(cpu, frozen_cpus);
	}
	BUG_ON(num_online_cpus() > 1);
out:
	cpu_hotplug_disabled++;
	cpu_maps_update_done();
	return err;
}

void thaw_secondary_cpus(void)
{
	int cpu;

	cpu_maps_update_begin();
	cpu_hotplug_disabled--;
	for_each_cpu(cpu, frozen_cpus)
		_cpu_up(cpu, 1, CPUHP_ONLINE);
	cpumask_clear(frozen_cpus);
	cpu_maps_update_done();
}

static int cpu_hotplug_pm_callback(struct notifier_block *nb, unsigned long what, void *data)
{
	switch (what) {
	case PM_SUSPEND_PREPARE:
		cpu_hotplug_disable();
		return NOTIFY_OK;
	case PM_POST_SUSPEND:
		cpu_hotplug_enable();
		return NOTIFY_OK;
	}
	return NOTIFY_DONE;
}
