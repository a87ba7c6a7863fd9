package model

// v4.10 and v4.13 have the walk of v4.6, the whole way at each wake-up of the hotplug thread, and no notifiers.

var _ = edition(Kernel{
	Name:     "v4.10",
	Since:    "4.10",
	Doc:      "the first without notifiers: what they did are states like any other",
	Commit:   "dc280d936239",
	Steps:    steps414,
	DynFirst: 163,
	DynLast:  193,

	SparseIRQ:     true,
	APRollback:    true,
	UnparkOnError: true,
})
