package model

var _ = edition(Kernel{
	Name:     "v5.13",
	Since:    "5.13",
	Doc:      "one function goes every way, up or down, on or back; there is a mask of dying CPUs",
	Commit:   "2ea46c6fc945",
	Steps:    steps513,
	DynFirst: 201,
	DynLast:  231,

	SparseIRQ:        true,
	InstallersSerial: true,
	UnlockOnError:    true,
	RWSem:            true,
	UnparkByBP:       true,
	StatePerRun:      true,
	ParkWaits:        true,
	NodeReset:        true,
	UnbindsAtHome:    true,
	SMTControl:       true,
	RangeWalk:        true,
	DeadBarred:       true,
	DyingMask:        true,
	DyingInState:     true,
})

// steps513 are the states of v5.13 that steps61 are of v6.1, with the numbers of v6.1. The timers of a dead CPU are
// seen to when it is dead.
var steps513 = vary(steps61,
	Step{Number: 149, Symbol: "CPUHP_AP_SMPCFD_DYING", Name: "smpcfd:dying", Table: AP, Teardown: "smpcfd_dying_cpu"},
)
