package model

var _ = edition(Kernel{
	Name:  "v4.14",
	Since: "4.14",
	Doc: "the first with one callback each time that the hotplug thread runs, and with the file fail; " +
		"takedown_cpu() parks the smpboot threads",
	Commit:   "1db49484f21e",
	Steps:    steps414,
	DynFirst: 163,
	DynLast:  193,

	SparseIRQ:        true,
	InstallersSerial: true,
	UnlockOnError:    true,
	RWSem:            true,
	UnparkByBP:       true,
	StopperByBP:      true,
	StatePerRun:      true,
	NodeReset:        true, // v4.14 has it, though not yet that commit
})

// steps414 are the states of v4.14 that steps419 are of v4.19, with the numbers of v4.19. The smpboot threads are
// parked by takedown_cpu(), a CPU's timers are seen to when it is dead alone, and smpcfd:dying stands in
// cpuhp_bp_states, where nobody looks for a state of the CPU's own.
var steps414 = vary(steps419,
	Step{
		Number: 62, Symbol: "CPUHP_TIMERS_DEAD", Name: "timers:dead", Table: BP, Teardown: "timers_dead_cpu",
	},
	Step{Number: 129, Symbol: "CPUHP_AP_SMPCFD_DYING", Name: "smpcfd:dying", Table: BP, Teardown: "smpcfd_dying_cpu"},
	Step{
		Number: 135, Symbol: "CPUHP_AP_SMPBOOT_THREADS", Name: "smpboot/threads:online", Table: AP,
		Startup: "smpboot_unpark_threads",
	},
)
