package model

// seedCommit is "cpu/hotplug: Fix rollback during error-out in __cpu_disable()", April 2016.
const seedCommit = "3b9d6da67e11ca8f78fde887918983523a36b0fa"

var _ = edition(Kernel{
	Name:           "v4.6",
	Since:          "4.6",
	Notifiers:      true,
	Doc:            "the first released kernel with the state machine, with the rollback of a failed takedown fixed",
	Commit:         seedCommit,
	Steps:          steps46(true),
	DynFirst:       12,
	DynLast:        42,
	APRollback:     true,
	UnparkOnError:  true,
	DownFailedOnAP: true,
})

var _ = edition(Kernel{
	Name:      "v4.6-rc3",
	Notifiers: true,
	Doc:       "its parent: a failed takedown is not rolled back",
	Commit:    "2a58c527bb566b7abad96289fa5b973040c33c82",
	Steps:     steps46(false),
	DynFirst:  12,
	DynLast:   42,
})

// steps46 are enum cpuhp_state (include/linux/cpuhotplug.h) with cpuhp_bp_states and cpuhp_ap_states (kernel/cpu.c).
// skipOnline is the skip_onerr of notify:online, which came with the fix.
func steps46(skipOnline bool) []Step {
	return []Step{
		{Number: 0, Symbol: "CPUHP_OFFLINE", Name: "offline", Table: BP},
		{
			Number: 1, Symbol: "CPUHP_CREATE_THREADS", Name: "threads:create", Table: BP, CantStop: true,
			Startup: "smpboot_create_threads",
		},
		{
			Number:    2,
			Symbol:    "CPUHP_NOTIFY_PREPARE",
			Name:      "notify:prepare",
			Table:     BP,
			CantStop:  true,
			SkipOnErr: true,
			Startup:   "notify_prepare",
			Teardown:  "notify_dead",
		},
		{
			Number: 3, Symbol: "CPUHP_BRINGUP_CPU", Name: "cpu:bringup", Table: BP, CantStop: true,
			Startup: "bringup_cpu",
		},
		{Number: 4, Symbol: "CPUHP_AP_IDLE_DEAD", Name: "idle:dead", Table: AP},
		{Number: 5, Symbol: "CPUHP_AP_OFFLINE", Name: "ap:offline", Table: AP, CantStop: true},
		{
			Number:    6,
			Symbol:    "CPUHP_AP_NOTIFY_STARTING",
			Name:      "notify:starting",
			Table:     AP,
			CantStop:  true,
			SkipOnErr: true,
			Startup:   "notify_starting",
			Teardown:  "notify_dying",
		},
		{Number: 7, Symbol: "CPUHP_AP_ONLINE", Name: "ap:online", Table: AP},
		{
			Number: 8, Symbol: "CPUHP_TEARDOWN_CPU", Name: "cpu:teardown", Table: BP, CantStop: true,
			Teardown: "takedown_cpu",
		},
		{Number: 9, Symbol: "CPUHP_AP_ONLINE_IDLE", Table: AP},
		{
			Number: 10, Symbol: "CPUHP_AP_SMPBOOT_THREADS", Name: "smpboot:threads", Table: AP,
			Startup: "smpboot_unpark_threads",
		},
		{
			Number: 11, Symbol: "CPUHP_AP_NOTIFY_ONLINE", Name: "notify:online", Table: AP, SkipOnErr: skipOnline,
			Startup: "notify_online", Teardown: "notify_down_prepare",
		},
		{Number: 43, Symbol: "CPUHP_ONLINE", Name: "online", Table: AP},
	}
}

// fixes are the parts of the seed's fix, in the order in which they act.
