package model_test

import (
	"fmt"

	"github.com/hpcheck/hpcheck/model"
)

// A kernel is looked up by an edition or by any version that one covers, and a machine is made of it and a scenario.
func Example() {
	kernel, err := model.Lookup("6.12.117")
	if err != nil {
		panic(err)
	}
	scenario := model.Default()
	scenario.CPUs, scenario.Faults = 4, 0
	machine, err := model.New(kernel, scenario)
	if err != nil {
		panic(err)
	}
	fmt.Println(kernel.Name, "of", kernel.Covers())
	fmt.Println(machine.Scenario.CPUs, "CPUs, and this one goes last:", machine.Ladder[len(machine.Ladder)-1].Symbol)
	scenario.CPUs = 99
	_, err = model.New(kernel, scenario)
	fmt.Println(err)
	// Output:
	// v6.12 of 6.10 to 6.13
	// 4 CPUs, and this one goes last: CPUHP_ONLINE
	// cpus 99: want 2 to 8
}
