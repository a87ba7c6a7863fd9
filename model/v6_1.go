package model

var _ = edition(Kernel{
	Name:     "v6.1",
	Since:    "6.1",
	Doc:      "6.1.192, as Debian 12 has it: one callback each time that the hotplug thread runs, and the file fail",
	Commit:   "v6.1",
	Steps:    steps61,
	DynFirst: 201,
	DynLast:  231,

	UnlockOnError:    true,
	InstanceError:    true,
	PrepareDyn:       true,
	SparseIRQ:        true,
	InstallersSerial: true,
	RWSem:            true,
	UnparkByBP:       true,
	StatePerRun:      true,
	ParkWaits:        true,
	UnparkAsks:       true,
	NodeReset:        true,
	UnbindsAtHome:    true,
	SMTControl:       true,
	RangeWalk:        true,
	DeadBarred:       true,
	DyingMask:        true,
	DyingInState:     true,
	NoBailOut:        true,
	TargetNop:        true,
	DownInWorker:     true,
	CpusetFlushed:    true,
	TimersPushed:     true,
})

// steps61 are enum cpuhp_state (include/linux/cpuhotplug.h) with cpuhp_hp_states (kernel/cpu.c) of 6.1, numbered as on
// x86: those that the core is about, and of those that subsystems have, some of each section and shape.
var steps61 = []Step{
	{Number: 0, Symbol: "CPUHP_OFFLINE", Name: "offline", Table: BP},
	{
		Number: 1, Symbol: "CPUHP_CREATE_THREADS", Name: "threads:prepare", Table: BP, CantStop: true,
		Startup: "smpboot_create_threads",
	},
	{Number: 16, Symbol: "CPUHP_SOFTIRQ_DEAD", Name: "softirq:dead", Table: BP, Teardown: "takeover_tasklets"},
	{
		Number: 41, Symbol: "CPUHP_WORKQUEUE_PREP", Name: "workqueue:prepare", Table: BP,
		Startup: "workqueue_prepare_cpu",
	},
	{
		Number: 68, Symbol: "CPUHP_TIMERS_PREPARE", Name: "timers:prepare", Table: BP, Startup: "timers_prepare_cpu",
		Teardown: "timers_dead_cpu",
	},
	{
		Number: 91, Symbol: "CPUHP_BRINGUP_CPU", Name: "cpu:bringup", Table: BP, CantStop: true, Startup: "bringup_cpu",
		Teardown: "finish_cpu",
	},
	{Number: 92, Symbol: "CPUHP_AP_IDLE_DEAD", Name: "idle:dead", Table: AP},
	{Number: 93, Symbol: "CPUHP_AP_OFFLINE", Name: "ap:offline", Table: AP, CantStop: true},
	{
		Number: 94, Symbol: "CPUHP_AP_SCHED_STARTING", Name: "sched:starting", Table: AP, Startup: "sched_cpu_starting",
		Teardown: "sched_cpu_dying",
	},
	{
		Number: 149, Symbol: "CPUHP_AP_HRTIMERS_DYING", Name: "hrtimers:dying", Table: AP,
		Startup: "hrtimers_cpu_starting", Teardown: "hrtimers_cpu_dying",
	},
	{Number: 152, Symbol: "CPUHP_AP_ONLINE", Name: "ap:online", Table: AP},
	{
		Number: 153, Symbol: "CPUHP_TEARDOWN_CPU", Name: "cpu:teardown", Table: BP, CantStop: true,
		Teardown: "takedown_cpu",
	},
	{Number: 154, Symbol: "CPUHP_AP_ONLINE_IDLE", Table: AP},
	{
		Number: 155, Symbol: "CPUHP_AP_SCHED_WAIT_EMPTY", Name: "sched:waitempty", Table: AP,
		Teardown: "sched_cpu_wait_empty",
	},
	{
		Number: 156, Symbol: "CPUHP_AP_SMPBOOT_THREADS", Name: "smpboot/threads:online", Table: AP,
		Startup: "smpboot_unpark_threads", Teardown: "smpboot_park_threads",
	},
	{
		Number: 158, Symbol: "CPUHP_AP_IRQ_AFFINITY_ONLINE", Name: "irq/affinity:online", Table: AP,
		Startup: "irq_affinity_online_cpu",
	},
	{
		Number: 197, Symbol: "CPUHP_AP_WORKQUEUE_ONLINE", Name: "workqueue:online", Table: AP,
		Startup: "workqueue_online_cpu", Teardown: "workqueue_offline_cpu",
	},
	{
		Number: 235, Symbol: "CPUHP_AP_ACTIVE", Name: "sched:active", Table: AP, Startup: "sched_cpu_activate",
		Teardown: "sched_cpu_deactivate",
	},
	{Number: 236, Symbol: "CPUHP_ONLINE", Name: "online", Table: AP},
}
