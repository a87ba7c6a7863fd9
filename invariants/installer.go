package invariants

import "github.com/hpcheck/hpcheck/model"

// Callbacks that are installed and removed while the machine runs.

// What installer-complete knows of an installer.
const (
	notInstalled = iota
	installed    // with calls for the CPUs that are up
	installedNoCalls
	removed // or never installed, because of an error
)

// The memory of installer-complete: what it knows of each installer, and for each CPU how many of its startups were not
// undone.
func installerMemory() []field {
	var fields []field
	for range model.MaxInstallers {
		fields = append(fields, field{bits: 2})
	}
	for range model.MaxInstallers {
		fields = append(fields, field{bits: 2, perCPU: true})
	}
	return fields
}

var _ = property(Property{
	order: 17,
	Name:  "installer-complete",
	Idle:  "nobody installs callbacks",
	Doc: "when __cpuhp_setup_state() returns 0, the startup has run once on each present CPU that is at the state " +
		"or above; after an error or a removal nothing of the state is left, and its callbacks are never called " +
		"again",
	Why: "a driver uses a CPU that its startup was called for, and its code is unloaded once its state is removed " +
		"(Documentation/core-api/cpu_hotplug.rst).",
	memory: installerMemory(),
	on:     []model.EventKind{model.EventEnter, model.EventExit, model.EventInstalled, model.EventRemoved},
	event: func(c *Check, e model.Event) {
		if e.Owner == model.OwnerNone || e.Owner == model.OwnerModule {
			return
		}
		c.applies()
		i := int(e.Owner) - 1
		ups := model.MaxInstallers + i
		switch e.Kind {
		case model.EventEnter:
			if c.get(i, 0) == removed {
				c.violated(
					nil, "the %s of driver %d is called for CPU %d after it was removed", direction(e.Up), i, e.CPU,
				)
			}
		case model.EventExit:
			c.ran(e, i, ups)
		case model.EventInstalled:
			c.setUp(e, i, ups)
		case model.EventRemoved:
			c.set(i, 0, removed)
			if e.Up {
				c.nothingLeft(i, ups, "was removed")
			}
			for cpu := range uint8(c.M.Scenario.CPUs) {
				c.set(ups, cpu, 0)
			}
		}
	},
})

// ran counts a callback that has run. Of a driver that wants no calls when it is installed nothing is known at first.
func (c *Check) ran(e model.Event, i, ups int) {
	if e.Ret != model.OK || c.get(i, 0) == installedNoCalls {
		return
	}
	n := c.get(ups, e.CPU)
	switch {
	case e.Up && n > 0:
		c.violated(nil, "the startup of driver %d runs twice on CPU %d", i, e.CPU)
	case e.Up:
		c.set(ups, e.CPU, n+1)
	case n == 0:
		c.violated(nil, "the teardown of driver %d runs on CPU %d, whose startup did not", i, e.CPU)
	default:
		c.set(ups, e.CPU, n-1)
	}
}

// setUp looks at what __cpuhp_setup_state() has done when it is through.
func (c *Check) setUp(e model.Event, i, ups int) {
	switch {
	case e.Ret != model.OK:
		c.set(i, 0, removed)
		c.nothingLeft(i, ups, "could not be installed")
	case !e.Up:
		c.set(i, 0, installedNoCalls)
	default:
		c.set(i, 0, installed)
		for cpu := range uint8(c.M.Scenario.CPUs) {
			should := flag(c.After.CPU[cpu].State >= e.Step)
			if ran := c.get(ups, cpu); ran != should {
				c.violated(
					vars(model.CPUVar(model.FieldState, cpu)),
					"driver %d was installed at %s with success; CPU %d is in %s, and the startup ran %d times", i,
					c.M.RungName(e.Step), cpu, c.M.RungName(c.After.CPU[cpu].State), ran,
				)
			}
		}
	}
}

// nothingLeft checks that the callbacks of a driver are undone everywhere.
func (c *Check) nothingLeft(i, ups int, why string) {
	for cpu := range uint8(c.M.Scenario.CPUs) {
		if c.get(ups, cpu) > 0 {
			c.violated(nil, "driver %d %s, and its startup on CPU %d was not undone", i, why, cpu)
		}
	}
}

var _ = property(Property{
	order: 18,
	Name:  "mailbox-exclusive",
	Idle:  "nobody asks a hotplug thread for anything",
	Doc: "a request to a hotplug thread is not overwritten before it is answered, and the answer goes to whoever " +
		"asked",
	Why: "each CPU has one place for a request, which operations and installers share; whoever loses a request " +
		"waits for ever, or takes the result of another for its own.",
	memory: []field{{bits: 7, perCPU: true}}, // 1 + the thread that asked and was not answered, 0 for none
	on:     []model.EventKind{model.EventRequest, model.EventConsume},
	event: func(c *Check, e model.Event) {
		if e.Completion != model.DoneCompletion {
			return
		}
		asked := c.get(0, e.CPU)
		me := uint64(c.Thread) + 1
		if e.Purpose == model.ForDead { // the stopper announces what takedown_cpu() waits for
			return
		}
		c.applies()
		if e.Kind == model.EventRequest {
			if asked != 0 && asked != me {
				c.violated(
					vars(model.CPUVar(model.FieldShouldRun, e.CPU)),
					"%s makes a request to cpuhp/%d before that of %s is answered", c.M.ThreadName(c.Thread), e.CPU,
					c.M.ThreadName(model.ThreadID(asked-1)),
				)
			}
			c.set(0, e.CPU, me)
			return
		}
		if asked != 0 && asked != me {
			c.violated(
				vars(model.CPUVar(model.FieldDone, e.CPU)),
				"%s takes the answer of cpuhp/%d, and %s was the last to ask", c.M.ThreadName(c.Thread), e.CPU,
				c.M.ThreadName(model.ThreadID(asked-1)),
			)
		}
		c.set(0, e.CPU, 0)
	},
})
