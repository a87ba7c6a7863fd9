package model

// devices are a driver of which an instance comes and goes.
func devices() participant {
	return participant{
		params: []Param{
			among("instances-come-and-go", "what a driver does with the last instance, `KIND`: none, one (adds and "+
				"removes that of one state), both (of each of them), shared (of each of them, by one node)",
				texts(InstancesStay, InstanceOfOne, InstanceOfBoth, InstanceShared),
				func(sc *Scenario) *ComeAndGo { return &sc.InstancesComeAndGo }).
				on("v4.14 or a later kernel, which has st->node in its hotplug thread", since414).
				saying(func(sc *Scenario) string {
					return "instances come and go (" + string(sc.InstancesComeAndGo) + ")"
				}),
		},
		crews: func(sc *Scenario) []crew {
			return some(crew{
				name: "device", count: one(sc.InstancesComeAndGo.any()), body: (*assembler).device, operates: true,
				asks: func(*Exec) Owner { return OwnerInstance },
			})
		},
		numbers: true,
		join:    func(sc *Scenario) { sc.Instances, sc.InstancesComeAndGo = 1, InstanceOfOne },
		fits: func(sc *Scenario) error {
			text := string(sc.InstancesComeAndGo)
			if sc.InstancesComeAndGo.any() && sc.Instances == 0 {
				return &ParamError{"instances-come-and-go", text, "instances=1 or more, one of which it is"}
			}
			if sc.InstancesComeAndGo == InstanceShared && (sc.ops() > 0 || sc.Suspend) {
				return &ParamError{
					"instances-come-and-go", text, "ops=0 and no suspend: nobody may walk over such lists",
				}
			}
			return nil
		},
		files:    map[string]string{"device": ""},
		unforced: same(aDriver),
	}
}

// device is a driver that adds an instance to one of the scenario's two states, or one to each, and removes what it has
// added.
func (a *assembler) device() {
	states := a.m.multiRungs()
	prepare, online := states[0], states[1]
	a.scenario("device", func() {
		at := func(r Rung) { a.local(func(x *Exec) { x.t.Ret, x.task.Target = OK, r }) }
		both := a.m.Scenario.InstancesComeAndGo != InstanceOfOne
		a.emitNode(node{
			op: opAction, label: "add an instance", ready: func(*Exec) int {
				if both {
					return 1
				}
				return len(states)
			},
			run: func(x *Exec) { x.task.Target = states[x.alt] },
			outcome: func(_ *Exec, alt int) string {
				if both {
					return "of both states"
				}
				return a.m.Ladder[states[alt]].Name
			},
		})
		if both {
			at(online)
		}
		a.addInstance()
		a.when(func(x *Exec) bool { return x.t.Ret == OK }, func() {
			if both {
				at(prepare)
				a.addInstance()
				a.when(func(x *Exec) bool { return x.t.Ret == OK }, a.removeInstance)
				at(online)
			}
			a.removeInstance()
		})
		a.local(func(x *Exec) { x.t.Ret, x.task.Target = OK, 0 })
	})
	a.done()
}
