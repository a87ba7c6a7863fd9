package model

// kernel/cgroup/cpuset.c, as far as hotplug has to do with it: on which CPUs tasks may be is what the active mask was
// when cpuset looked at it last.

// cpusetFollows is cpuset_update_active_cpus(), where the active mask has changed. While the machine is suspended
// nothing follows, since all is to be as it was.
func (a *assembler) cpusetFollows() {
	if !a.m.Scenario.Cpuset {
		return
	}
	skip := a.newTarget()
	a.test(
		"if (cpuhp_tasks_frozen)", reads(objFrozen), func(x *Exec) bool { return x.s.TasksFrozen },
		func() { a.jump(skip) },
	)
	a.fun("cpuset_update_active_cpus", func() {
		if a.m.Kernel.CpusetAtOnce {
			a.fun("cpuset_handle_hotplug", a.copyActive)
			return
		}
		a.do("schedule_work(&cpuset_hotplug_work)", writes(objCpuset), func(x *Exec) { x.s.CpusetPending = true })
	})
	a.put(skip)
}

func (a *assembler) copyActive() {
	a.do(
		"cpumask_copy(top_cpuset.effective_cpus, cpu_active_mask)",
		reads(objActive).writes(objAllowed).everyCPU(),
		func(x *Exec) {
			for cpu := range x.m.Scenario.CPUs {
				x.s.CPU[cpu].Allowed = x.s.CPU[cpu].Active
			}
		},
	)
}

// cpusetWorker is the worker that executes cpuset_hotplug_work, and reads the online CPUs meanwhile.
func (a *assembler) cpusetWorker() {
	a.fun("worker_thread", func() {
		a.forever(func(target) {
			a.rest(
				"process_one_work(cpuset_hotplug_work)", writes(objCpuset),
				func(x *Exec) bool { return x.s.CpusetPending },
				func(x *Exec) { x.s.CpusetPending, x.s.CpusetBusy = false, true },
			)
			a.fun("cpuset_hotplug_workfn", func() {
				a.copyActive()
				a.fun("rebuild_sched_domains", func() { a.readSection(func() {}) })
			})
			a.do("pwq_dec_nr_in_flight()", writes(objCpuset), func(x *Exec) { x.s.CpusetBusy = false })
		})
	})
}

// serializeTrainwrecks is cpu_up_down_serialize_trainwrecks(tasks_frozen): an operation waits for that work, when it
// has given the hotplug lock back.
func (a *assembler) serializeTrainwrecks() {
	if !a.m.Scenario.Cpuset || !a.m.Kernel.CpusetFlushed {
		return
	}
	a.fun("cpu_up_down_serialize_trainwrecks", func() {
		a.when(func(x *Exec) bool { return !x.task.Frozen }, func() {
			a.wait(
				"flush_work(&cpuset_hotplug_work)", reads(objCpuset),
				func(x *Exec) bool { return !x.s.CpusetPending && !x.s.CpusetBusy }, nil,
			)
		})
	})
}
