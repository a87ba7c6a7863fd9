package model

var _ = edition(Kernel{
	Name:     "v4.19",
	Since:    "4.19",
	Doc:      "one callback each time that the hotplug thread runs, one step table, and the way back fixed",
	Commit:   "69fa6eb7d6a6",
	Steps:    steps419,
	DynFirst: 163,
	DynLast:  193,

	SparseIRQ:        true,
	InstallersSerial: true,
	UnlockOnError:    true,
	RWSem:            true,
	UnparkByBP:       true,
	StopperByBP:      true,
	StatePerRun:      true,
	ParkWaits:        true,
	NodeReset:        true,
	UnbindsAtHome:    true,
	SMTControl:       true,
	UndoGuard:        true,
})

// steps419 are enum cpuhp_state with cpuhp_hp_states of 4.19, chosen as in steps61.
var steps419 = []Step{
	{Number: 0, Symbol: "CPUHP_OFFLINE", Name: "offline", Table: BP},
	{
		Number: 1, Symbol: "CPUHP_CREATE_THREADS", Name: "threads:prepare", Table: BP, CantStop: true,
		Startup: "smpboot_create_threads",
	},
	{Number: 14, Symbol: "CPUHP_SOFTIRQ_DEAD", Name: "softirq:dead", Table: BP, Teardown: "takeover_tasklets"},
	{
		Number: 35, Symbol: "CPUHP_WORKQUEUE_PREP", Name: "workqueue:prepare", Table: BP,
		Startup: "workqueue_prepare_cpu",
	},
	{
		Number: 62, Symbol: "CPUHP_TIMERS_PREPARE", Name: "timers:prepare", Table: BP, Startup: "timers_prepare_cpu",
		Teardown: "timers_dead_cpu",
	},
	{Number: 85, Symbol: "CPUHP_BRINGUP_CPU", Name: "cpu:bringup", Table: BP, CantStop: true, Startup: "bringup_cpu"},
	{Number: 86, Symbol: "CPUHP_AP_IDLE_DEAD", Name: "idle:dead", Table: AP},
	{Number: 87, Symbol: "CPUHP_AP_OFFLINE", Name: "ap:offline", Table: AP, CantStop: true},
	{
		Number: 88, Symbol: "CPUHP_AP_SCHED_STARTING", Name: "sched:starting", Table: AP, Startup: "sched_cpu_starting",
		Teardown: "sched_cpu_dying",
	},
	{Number: 129, Symbol: "CPUHP_AP_SMPCFD_DYING", Name: "smpcfd:dying", Table: AP, Teardown: "smpcfd_dying_cpu"},
	{Number: 132, Symbol: "CPUHP_AP_ONLINE", Name: "ap:online", Table: AP},
	{
		Number: 133, Symbol: "CPUHP_TEARDOWN_CPU", Name: "cpu:teardown", Table: BP, CantStop: true,
		Teardown: "takedown_cpu",
	},
	{Number: 134, Symbol: "CPUHP_AP_ONLINE_IDLE", Table: AP},
	{
		Number: 135, Symbol: "CPUHP_AP_SMPBOOT_THREADS", Name: "smpboot/threads:online", Table: AP,
		Startup: "smpboot_unpark_threads", Teardown: "smpboot_park_threads",
	},
	{
		Number: 137, Symbol: "CPUHP_AP_IRQ_AFFINITY_ONLINE", Name: "irq/affinity:online", Table: AP,
		Startup: "irq_affinity_online_cpu",
	},
	{
		Number: 161, Symbol: "CPUHP_AP_WORKQUEUE_ONLINE", Name: "workqueue:online", Table: AP,
		Startup: "workqueue_online_cpu", Teardown: "workqueue_offline_cpu",
	},
	{
		Number: 196, Symbol: "CPUHP_AP_ACTIVE", Name: "sched:active", Table: AP, Startup: "sched_cpu_activate",
		Teardown: "sched_cpu_deactivate",
	},
	{Number: 197, Symbol: "CPUHP_ONLINE", Name: "online", Table: AP},
}
