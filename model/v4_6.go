package model

// seedCommit is "cpu/hotplug: Fix rollback during error-out in __cpu_disable()", April 2016.
const seedCommit = "3b9d6da67e11ca8f78fde887918983523a36b0fa"

var _ = edition(Kernel{
	Name:           "v4.6",
	Doc:            "the first released kernel with the state machine, with the rollback of a failed takedown mended",
	Commit:         seedCommit,
	Steps:          steps46(true),
	DynFirst:       12,
	DynLast:        42,
	APRollback:     true,
	UnparkOnError:  true,
	DownFailedOnAP: true,
})

var _ = edition(Kernel{
	Name:     "v4.6-rc3",
	Doc:      "its parent: a failed takedown is not rolled back",
	Commit:   "2a58c527bb566b7abad96289fa5b973040c33c82",
	Steps:    steps46(false),
	DynFirst: 12,
	DynLast:  42,
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
			Number: 2, Symbol: "CPUHP_NOTIFY_PREPARE", Name: "notify:prepare", Table: BP, CantStop: true, SkipOnErr: true,
			Startup: "notify_prepare", Teardown: "notify_dead",
		},
		{
			Number: 3, Symbol: "CPUHP_BRINGUP_CPU", Name: "cpu:bringup", Table: BP, CantStop: true,
			Startup: "bringup_cpu",
		},
		{Number: 4, Symbol: "CPUHP_AP_IDLE_DEAD", Name: "idle:dead", Table: AP},
		{Number: 5, Symbol: "CPUHP_AP_OFFLINE", Name: "ap:offline", Table: AP, CantStop: true},
		{
			Number: 6, Symbol: "CPUHP_AP_NOTIFY_STARTING", Name: "notify:starting", Table: AP, CantStop: true, SkipOnErr: true,
			Startup: "notify_starting", Teardown: "notify_dying",
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
var fixes = []Fix{
	{
		Name: "rollback", Commit: seedCommit,
		Doc:    "after a failed takedown _cpu_down() has the hotplug thread undo its own steps",
		Before: "the steps of the hotplug thread stay torn down on a CPU that is online",
		has:    func(k *Kernel) bool { return k.APRollback },
		set:    func(k *Kernel, on bool) { k.APRollback = on },
	},
	{
		Name: "unpark", Commit: seedCommit,
		Doc:    "takedown_cpu() unparks the hotplug thread when the CPU refused to die",
		Before: "the hotplug thread stays parked, and the next request to it is never answered",
		has:    func(k *Kernel) bool { return k.UnparkOnError },
		set:    func(k *Kernel, on bool) { k.UnparkOnError = on },
	},
	{
		Name: "down-failed-on-target", Commit: seedCommit,
		Doc:    "the hotplug thread sends CPU_DOWN_FAILED after its undo",
		Before: "takedown_cpu() sends it on the controlling CPU, before anything is undone",
		has:    func(k *Kernel) bool { return k.DownFailedOnAP },
		set:    func(k *Kernel, on bool) { k.DownFailedOnAP = on },
	},
	{
		Name: "skip-onerr", Commit: seedCommit,
		Doc:    "notify:online has skip_onerr: an undo does not call it",
		Before: "the undo of a failed takedown sends CPU_ONLINE, and then comes CPU_DOWN_FAILED",
		has:    func(k *Kernel) bool { return k.notifyOnline() != nil && k.notifyOnline().SkipOnErr },
		set:    func(k *Kernel, on bool) { k.notifyOnline().SkipOnErr = on },
	},
}

// notifyOnline returns the step that carries CPU_ONLINE and CPU_DOWN_PREPARE, nil if there is none.
func (k *Kernel) notifyOnline() *Step {
	for i := range k.Steps {
		if k.Steps[i].Symbol == "CPUHP_AP_NOTIFY_ONLINE" {
			return &k.Steps[i]
		}
	}
	return nil
}
