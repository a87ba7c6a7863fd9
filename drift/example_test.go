package drift_test

import (
	"fmt"

	"github.com/hpcheck/hpcheck/drift"
	"github.com/hpcheck/hpcheck/ktree"
)

// A tree is compared with the newest edition that is not newer than it.
func ExampleNearest() {
	version := ktree.Version{Version: "6", Patchlevel: "14", Sublevel: "3"}
	edition := drift.Nearest(version)
	reference, err := drift.ReferenceOf(edition)
	if err != nil {
		panic(err)
	}
	fmt.Println(version, "is compared with", edition)
	for _, p := range reference.Prints {
		if p.Name == "cpuhp_thread_fun" {
			fmt.Println(p.Name, "is in", p.File)
		}
	}
	// Output:
	// v6.14.3 is compared with v6.12
	// cpuhp_thread_fun is in kernel/cpu.c
}
