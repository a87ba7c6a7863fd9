package model

// kernel/cgroup/cpuset.c, as far as hotplug has to do with it: on which CPUs tasks may be is what the active mask was
// when cpuset looked at it last.

// cpuset_hotplug_work: whether it is queued, and whether a worker executes it.
var (
	cpusetPending = &Extra{name: "cpuset_hotplug_work pending", kind: Flag}
	cpusetBusy    = &Extra{name: "cpuset_hotplug_work running", kind: Flag}
)

// cpusets is the worker of cpuset.
func cpusets() participant {
	return participant{
		params: []Param{
			whether("cpuset", "cpuset", "cpuset follows the active mask, up to v6.9 by a work item",
				func(sc *Scenario) *bool { return &sc.Cpuset }).
				on("v4.10 or a later kernel, in which states see to timers and to cpuset", since410),
		},
		crews: func(sc *Scenario) []crew {
			return some(crew{name: "cpuset", count: one(sc.Cpuset), body: (*assembler).cpusetWorker})
		},
		vars:    []*Extra{cpusetPending, cpusetBusy},
		numbers: true,
		atBoot:  true,
		files: map[string]string{
			"cpuset_update_active_cpus": "kernel/cgroup/cpuset.c", "cpuset_handle_hotplug": "kernel/cgroup/cpuset.c",
			"cpuset_hotplug_workfn": "kernel/cgroup/cpuset.c", "rebuild_sched_domains": "kernel/cgroup/cpuset.c",
			"worker_thread": "kernel/workqueue.c",
		},
		unforced: same("that a task asks for the CPU, or runs there, before cpuset has followed"),
	}
}

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
		a.do("schedule_work(&cpuset_hotplug_work)", a.changing(own, cpusetPending), func(x *Exec) {
			x.flag(cpusetPending, true)
		})
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
	a.beside("worker_thread", func() {
		a.forever(func(target) {
			a.rest(
				"process_one_work(cpuset_hotplug_work)", a.changing(own, cpusetPending, cpusetBusy),
				func(x *Exec) bool { return x.holds(cpusetPending) },
				func(x *Exec) {
					x.flag(cpusetPending, false)
					x.flag(cpusetBusy, true)
				},
			)
			a.fun("cpuset_hotplug_workfn", func() {
				a.copyActive()
				a.fun("rebuild_sched_domains", func() { a.readSection(func() {}) })
			})
			a.do("pwq_dec_nr_in_flight()", a.changing(own, cpusetBusy), func(x *Exec) { x.flag(cpusetBusy, false) })
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
				"flush_work(&cpuset_hotplug_work)", a.looking(own, cpusetPending, cpusetBusy),
				func(x *Exec) bool { return !x.holds(cpusetPending) && !x.holds(cpusetBusy) }, nil,
			)
		})
	})
}
