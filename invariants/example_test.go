package invariants_test

import (
	"context"
	"fmt"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
)

// The bug that hpcheck was written for: a CPU refuses to go, and the next operation waits forever.
func ExampleExplore() {
	kernel, err := model.Lookup("v4.6-rc3")
	if err != nil {
		panic(err)
	}
	machine, err := model.New(kernel, model.Default())
	if err != nil {
		panic(err)
	}
	suite := invariants.Compile(machine, invariants.All())
	suite, result, err := invariants.Explore(context.Background(), suite, explore.Options{Workers: 2})
	if err != nil {
		panic(err)
	}
	for _, v := range result.Violations {
		if p := suite.Properties[v.Property]; p.Name == "no-deadlock" {
			fmt.Println(p.Name, "is violated in", len(v.Trace.Steps), "steps")
		}
	}
	// Output:
	// no-deadlock is violated in 90 steps
}
