package model

var _ = edition(Kernel{
	Name:  "v7.3",
	Since: "7.0",
	Doc: "7.3.4, as Debian's backports have it: cpu_down() does its work itself again, and asks for a " +
		"housekeeping CPU under the lock",
	Commit:   "v7.3",
	Steps:    steps73,
	DynFirst: 201,
	DynLast:  231,

	UnlockOnError:      true,
	InstanceError:      true,
	PrepareDyn:         true,
	SparseIRQ:          true,
	InstallersSerial:   true,
	RWSem:              true,
	UnparkByBP:         true,
	StatePerRun:        true,
	ParkWaits:          true,
	UnparkAsks:         true,
	NodeReset:          true,
	UnbindsAtHome:      true,
	BootCPUTarget:      true,
	SMTControl:         true,
	SMTCounts:          true,
	OfflineBarred:      true,
	FreezesFromLast:    true,
	RangeWalk:          true,
	DeadBarred:         true,
	DyingMask:          true,
	DyingInState:       true,
	NoBailOut:          true,
	TargetNop:          true,
	SplitStartup:       true,
	BringupMask:        true,
	SyncDead:           true,
	HousekeepingLocked: true,
	CpusetAtOnce:       true,
	TimersPushed:       true,
	BandwidthFirst:     true,
})

// steps73 are those of 7.3, chosen as in steps61.
var steps73 = []Step{
	{Number: 0, Symbol: "CPUHP_OFFLINE", Name: "offline", Table: BP},
	{
		Number: 1, Symbol: "CPUHP_CREATE_THREADS", Name: "threads:prepare", Table: BP, CantStop: true,
		Startup: "smpboot_create_threads",
	},
	{Number: 14, Symbol: "CPUHP_SOFTIRQ_DEAD", Name: "softirq:dead", Table: BP, Teardown: "takeover_tasklets"},
	{
		Number: 36, Symbol: "CPUHP_WORKQUEUE_PREP", Name: "workqueue:prepare", Table: BP,
		Startup: "workqueue_prepare_cpu",
	},
	{
		Number: 58, Symbol: "CPUHP_TIMERS_PREPARE", Name: "timers:prepare", Table: BP, Startup: "timers_prepare_cpu",
		Teardown: "timers_dead_cpu",
	},
	{Number: 82, Symbol: "CPUHP_BP_KICK_AP", Name: "cpu:kick_ap", Table: BP, Startup: "cpuhp_kick_ap_alive"},
	{
		Number: 83, Symbol: "CPUHP_BRINGUP_CPU", Name: "cpu:bringup", Table: BP, CantStop: true,
		Startup: "cpuhp_bringup_ap", Teardown: "finish_cpu",
	},
	{Number: 84, Symbol: "CPUHP_AP_IDLE_DEAD", Name: "idle:dead", Table: AP},
	{Number: 85, Symbol: "CPUHP_AP_OFFLINE", Name: "ap:offline", Table: AP, CantStop: true},
	{
		Number: 87, Symbol: "CPUHP_AP_SCHED_STARTING", Name: "sched:starting", Table: AP, Startup: "sched_cpu_starting",
		Teardown: "sched_cpu_dying",
	},
	{Number: 138, Symbol: "CPUHP_AP_TICK_DYING", Name: "tick:dying", Table: AP, Teardown: "tick_cpu_dying"},
	{Number: 141, Symbol: "CPUHP_AP_ONLINE", Name: "ap:online", Table: AP},
	{
		Number: 142, Symbol: "CPUHP_TEARDOWN_CPU", Name: "cpu:teardown", Table: BP, CantStop: true,
		Teardown: "takedown_cpu",
	},
	{Number: 143, Symbol: "CPUHP_AP_ONLINE_IDLE", Table: AP},
	{
		Number: 146, Symbol: "CPUHP_AP_SCHED_WAIT_EMPTY", Name: "sched:waitempty", Table: AP,
		Teardown: "sched_cpu_wait_empty",
	},
	{
		Number: 147, Symbol: "CPUHP_AP_SMPBOOT_THREADS", Name: "smpboot/threads:online", Table: AP,
		Startup: "smpboot_unpark_threads", Teardown: "smpboot_park_threads",
	},
	{
		Number: 148, Symbol: "CPUHP_AP_IRQ_AFFINITY_ONLINE", Name: "irq/affinity:online", Table: AP,
		Startup: "irq_affinity_online_cpu",
	},
	{
		Number: 186, Symbol: "CPUHP_AP_WORKQUEUE_ONLINE", Name: "workqueue:online", Table: AP,
		Startup: "workqueue_online_cpu", Teardown: "workqueue_offline_cpu",
	},
	{
		Number: 234, Symbol: "CPUHP_AP_ACTIVE", Name: "sched:active", Table: AP, Startup: "sched_cpu_activate",
		Teardown: "sched_cpu_deactivate",
	},
	{Number: 235, Symbol: "CPUHP_ONLINE", Name: "online", Table: AP},
}
