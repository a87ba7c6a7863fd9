package model

var _ = edition(Kernel{
	Name:  "v4.13",
	Since: "4.13",
	Doc: "a percpu rwsem keeps operations out, and who brings a CPU up unparks its threads; the last with the " +
		"walk of v4.6",
	Commit:   "9cd4f1a4e7a8",
	Steps:    steps414,
	DynFirst: 163,
	DynLast:  193,

	APRollback:       true,
	UnparkOnError:    true,
	SparseIRQ:        true,
	InstallersSerial: true,
	UnlockOnError:    true,
	RWSem:            true,
	UnparkByBP:       true,
	StopperByBP:      true,
})
