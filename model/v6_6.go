package model

var _ = edition(Kernel{
	Name:  "v6.6",
	Since: "6.5",
	Doc: "a CPU is kicked in one state and brought up in the next, with a handshake; cpu_down() works in a " +
		"worker on another CPU",
	Commit:   "2b8272ff4a70",
	Steps:    steps66,
	DynFirst: 202,
	DynLast:  232,

	SparseIRQ:        true,
	InstallersSerial: true,
	UnlockOnError:    true,
	RWSem:            true,
	UnparkByBP:       true,
	StatePerRun:      true,
	ParkWaits:        true,
	NodeReset:        true,
	UnbindsAtHome:    true,
	BootCPUTarget:    true,
	SMTControl:       true,
	SMTCounts:        true,
	RangeWalk:        true,
	DeadBarred:       true,
	DyingMask:        true,
	DyingInState:     true,
	NoBailOut:        true,
	TargetNop:        true,
	SplitStartup:     true,
	BringupMask:      true,
	SyncDead:         true,
	DownInWorker:     true,
	CpusetFlushed:    true,
	CountWraps:       true,
})

// steps66 are the states of v6.6 that steps612 are of v6.12, with the numbers of v6.12. The tick is not yet handed over
// by a state.
var steps66 = vary(steps612,
	Step{Number: 141, Symbol: "CPUHP_AP_SMPCFD_DYING", Name: "smpcfd:dying", Table: AP, Teardown: "smpcfd_dying_cpu"},
)
