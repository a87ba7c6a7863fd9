/*
 * Parking, the loop of a CPU's threads, and the stoppers, of our own and as small as can be: the names are the kernel's,
 * the code is not.
 */
enum { KTHREAD_SHOULD_STOP, KTHREAD_SHOULD_PARK };
enum { HP_THREAD_NONE, HP_THREAD_ACTIVE, HP_THREAD_PARKED };
enum multi_stop_state { MULTI_STOP_NONE, MULTI_STOP_PREPARE, MULTI_STOP_DISABLE_IRQ, MULTI_STOP_RUN, MULTI_STOP_EXIT };

static bool asked(struct task_struct *who)
{
	return test_bit(KTHREAD_SHOULD_PARK, &to_kthread(who)->flags);
}

static void __kthread_parkme(struct kthread *me)
{
again:
	set_special_state(TASK_PARKED);
	if (test_bit(KTHREAD_SHOULD_PARK, &me->flags)) {
		complete(&me->parked);
		schedule();
		goto again;
	}
	__set_current_state(TASK_RUNNING);
}

int kthread_park(struct task_struct *who)
{
	struct kthread *what = to_kthread(who);

	if (WARN_ON(asked(who)))
		return -EBUSY;
	set_bit(KTHREAD_SHOULD_PARK, &what->flags);
	if (who == current)
		return 0;
	wake_up_process(who);
	wait_for_completion(&what->parked);
	WARN_ON(!wait_task_inactive(who, TASK_PARKED));
	return 0;
}

void kthread_unpark(struct task_struct *who)
{
	struct kthread *what = to_kthread(who);

	if (!asked(who))
		return;
	if (wait_task_inactive(who, TASK_PARKED))
		do_set_cpus_allowed(who, cpumask_of(what->cpu));
	else
		WARN_ON(1);
	clear_bit(KTHREAD_SHOULD_PARK, &what->flags);
	wake_up_state(who, TASK_PARKED);
}

static int smpboot_thread_fn(void *arg)
{
	struct smpboot_thread_data *own = arg;
	struct smp_hotplug_thread *kind = own->ht;

	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (asked(current)) {
			__set_current_state(TASK_RUNNING);
			if (kind->park && own->status == HP_THREAD_ACTIVE) {
				kind->park(own->cpu);
				own->status = HP_THREAD_PARKED;
			}
			__kthread_parkme(to_kthread(current));
			continue;
		}
		BUG_ON(own->cpu != smp_processor_id());
		if (own->status != HP_THREAD_ACTIVE) {
			__set_current_state(TASK_RUNNING);
			own->status = HP_THREAD_ACTIVE;
		} else if (kind->thread_should_run(own->cpu)) {
			__set_current_state(TASK_RUNNING);
			kind->thread_fn(own->cpu);
		} else {
			schedule();
		}
	}
}

static int create(struct smp_hotplug_thread *kind, unsigned int cpu)
{
	struct task_struct *made = *per_cpu_ptr(kind->store, cpu);

	if (made)
		return 0;
	made = kthread_create_on_cpu(smpboot_thread_fn, kind, cpu, "");
	if (IS_ERR(made))
		return PTR_ERR(made);
	kthread_park(made);
	*per_cpu_ptr(kind->store, cpu) = made;
	return 0;
}

int smpboot_create_threads(unsigned int cpu)
{
	struct smp_hotplug_thread *kind;
	int err = 0;

	mutex_lock(&smpboot_threads_lock);
	list_for_each_entry(kind, &hotplug_threads, list) {
		err = create(kind, cpu);
		if (err)
			break;
	}
	mutex_unlock(&smpboot_threads_lock);
	return err;
}

int smpboot_unpark_threads(unsigned int cpu)
{
	struct smp_hotplug_thread *kind;

	mutex_lock(&smpboot_threads_lock);
	list_for_each_entry(kind, &hotplug_threads, list) {
		if (kind->selfparking)
			continue;
		kthread_unpark(*per_cpu_ptr(kind->store, cpu));
	}
	mutex_unlock(&smpboot_threads_lock);
	return 0;
}

int smpboot_park_threads(unsigned int cpu)
{
	struct smp_hotplug_thread *kind;

	mutex_lock(&smpboot_threads_lock);
	list_for_each_entry_reverse(kind, &hotplug_threads, list) {
		struct task_struct *who = *per_cpu_ptr(kind->store, cpu);

		if (!who || kind->selfparking)
			continue;
		kthread_park(who);
	}
	mutex_unlock(&smpboot_threads_lock);
	return 0;
}

static int cpuhp_should_run(unsigned int cpu)
{
	struct cpuhp_cpu_state *st = this_cpu_ptr(&cpuhp_state);

	return st->should_run;
}

static struct smp_hotplug_thread cpuhp_threads = {
	.thread_should_run = cpuhp_should_run, .thread_fn = cpuhp_thread_fun, .selfparking = true,
};

static bool give(unsigned int cpu, struct cpu_stop_work *task)
{
	struct cpu_stopper *to = &per_cpu(cpu_stopper, cpu);
	bool takes;

	raw_spin_lock(&to->lock);
	takes = to->enabled;
	if (takes)
		list_add_tail(&task->list, &to->works);
	raw_spin_unlock(&to->lock);
	if (takes)
		wake_up_process(to->thread);
	else if (atomic_dec_and_test(&task->done->nr_todo))
		complete(&task->done->completion);
	return takes;
}

static void next(struct multi_stop_data *all, enum multi_stop_state to)
{
	atomic_set(&all->thread_ack, all->num_threads);
	WRITE_ONCE(all->state, to);
}

static void ack_state(struct multi_stop_data *all)
{
	if (atomic_dec_and_test(&all->thread_ack))
		next(all, all->state + 1);
}

static int multi_cpu_stop(void *arg)
{
	struct multi_stop_data *all = arg;
	enum multi_stop_state now, seen = MULTI_STOP_NONE;
	int err = 0;
	bool mine = cpumask_test_cpu(smp_processor_id(), all->active_cpus);

	do {
		cpu_relax();
		now = READ_ONCE(all->state);
		if (now != seen) {
			seen = now;
			if (seen == MULTI_STOP_DISABLE_IRQ)
				local_irq_disable();
			if (seen == MULTI_STOP_RUN && mine)
				err = all->fn(all->data);
			ack_state(all);
		}
	} while (seen != MULTI_STOP_EXIT);
	local_irq_restore(0);
	return err;
}

static bool queue_stop_cpus_work(const struct cpumask *whom, cpu_stop_fn_t fn, void *arg, struct cpu_stop_done *done)
{
	struct cpu_stop_work *task;
	unsigned int cpu;
	bool any = false;

	for_each_cpu(cpu, whom) {
		task = &per_cpu(cpu_stopper.stop_work, cpu);
		task->fn = fn;
		task->arg = arg;
		task->done = done;
		if (give(cpu, task))
			any = true;
	}
	return any;
}

int stop_machine_cpuslocked(cpu_stop_fn_t fn, void *data, const struct cpumask *cpus)
{
	struct multi_stop_data all = { .fn = fn, .data = data, .num_threads = num_online_cpus(), .active_cpus = cpus };
	struct cpu_stop_done done;
	int err = -ENOENT;

	next(&all, MULTI_STOP_PREPARE);
	mutex_lock(&stop_cpus_mutex);
	atomic_set(&done.nr_todo, cpumask_weight(cpu_online_mask));
	init_completion(&done.completion);
	if (queue_stop_cpus_work(cpu_online_mask, multi_cpu_stop, &all, &done)) {
		wait_for_completion(&done.completion);
		err = done.ret;
	}
	mutex_unlock(&stop_cpus_mutex);
	return err;
}

static int cpu_stop_should_run(unsigned int cpu)
{
	return !list_empty(&per_cpu(cpu_stopper, cpu).works);
}

static void cpu_stopper_thread(unsigned int cpu)
{
	struct cpu_stopper *own = &per_cpu(cpu_stopper, cpu);
	struct cpu_stop_work *task;

	for (;;) {
		task = NULL;
		raw_spin_lock_irq(&own->lock);
		if (!list_empty(&own->works)) {
			task = list_first_entry(&own->works, struct cpu_stop_work, list);
			list_del_init(&task->list);
		}
		raw_spin_unlock_irq(&own->lock);
		if (!task)
			return;
		{
			cpu_stop_fn_t fn = task->fn;
			struct cpu_stop_done *done = task->done;
			int err = fn(task->arg);

			if (err)
				done->ret = err;
			if (atomic_dec_and_test(&done->nr_todo))
				complete(&done->completion);
			preempt_count_dec();
		}
	}
}

void stop_machine_park(int cpu)
{
	struct cpu_stopper *own = &per_cpu(cpu_stopper, cpu);

	own->enabled = false;
	kthread_park(own->thread);
}

void stop_machine_unpark(int cpu)
{
	struct cpu_stopper *of = &per_cpu(cpu_stopper, cpu);

	of->enabled = true;
	kthread_unpark(of->thread);
}

static void cpu_stop_park(unsigned int cpu)
{
	WARN_ON(!list_empty(&per_cpu(cpu_stopper, cpu).works));
}

static struct smp_hotplug_thread cpu_stop_threads = {
	.thread_should_run = cpu_stop_should_run, .thread_fn = cpu_stopper_thread, .park = cpu_stop_park,
	.selfparking = true,
};
