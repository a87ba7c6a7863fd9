package reports_test

import (
	"context"
	"os"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
	"github.com/hpcheck/hpcheck/reports"
)

// A run is what a search has found, and can be written in every form.
func ExampleNewRun() {
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
	run, err := reports.NewRun(suite, result, 0)
	if err != nil {
		panic(err)
	}
	if err := run.Brief(os.Stdout); err != nil {
		panic(err)
	}
	// Output:
	// rollback-restores-smpboot: VIOLATED in 78 steps
	// down-failed-on-target: VIOLATED in 69 steps
	// rollback-restores-state: VIOLATED in 78 steps
	// rollback-order: VIOLATED in 69 steps
	// notifier-protocol: VIOLATED in 264 steps
	// truthful-result: VIOLATED in 78 steps
	// no-deadlock: VIOLATED in 90 steps
	// idle-never-blocks: VIOLATED in 148 steps
}
