package model

// disablers are tasks that forbid hotplug for a while, as kexec and some drivers do.
func disablers() participant {
	return participant{
		params: []Param{
			howMany("disablers", "disabler", "tasks that forbid hotplug for a while", 2,
				func(sc *Scenario) *int { return &sc.Disablers }),
		},
		crews: func(sc *Scenario) []crew {
			return some(crew{name: "disabler", count: sc.Disablers, body: (*assembler).disabler})
		},
		files:    map[string]string{"disabler": ""},
		unforced: same(SeveralTasks),
	}
}

func (a *assembler) disabler() {
	a.scenario("disabler", func() {
		a.cpuHotplugDisable()
		a.cpuHotplugEnable()
	})
	a.done()
}
