package model

// readers are tasks that look at the online CPUs.
func readers() participant {
	noun := func(sc *Scenario) string {
		reader := "reader"
		if sc.ReadersNest {
			reader = "nesting " + reader
		}
		if sc.ReadersLoop {
			reader = "looping " + reader
		}
		return reader
	}
	return participant{
		params: []Param{
			howMany("readers", "", "tasks that call get_online_cpus()", 3,
				func(sc *Scenario) *int { return &sc.Readers }).saying(noun),
			whether("readers-loop", "", "readers call it again and again",
				func(sc *Scenario) *bool { return &sc.ReadersLoop }),
			whether("readers-nest", "", "readers may nest it, which a percpu rwsem forbids",
				func(sc *Scenario) *bool { return &sc.ReadersNest }),
		},
		crews: func(sc *Scenario) []crew {
			return some(crew{name: "reader", count: sc.Readers, body: (*assembler).reader})
		},
		fits: func(sc *Scenario) error {
			if sc.Readers > 0 {
				return nil
			}
			if sc.ReadersNest {
				return &ParamError{"readers-nest", "without readers", "readers=1 or more"}
			}
			if sc.ReadersLoop {
				return &ParamError{"readers-loop", "without readers", "readers=1 or more"}
			}
			return nil
		},
		files:    map[string]string{"reader": ""},
		unforced: same(SeveralTasks),
	}
}

// SeveralTasks is what a script cannot force of several tasks.
const SeveralTasks = "the schedule of several tasks; their operations are made one after the other"

// reader is a task that looks at the online CPUs: once, or again and again. It may call get_online_cpus() inside, too.
func (a *assembler) reader() {
	a.beside("reader", a.readAgain)
	a.done()
}

func (a *assembler) readAgain() {
	m := a.m
	ways := 2
	if m.Kernel.RWSem && !m.Scenario.ReadersNest {
		ways = 1 // a percpu rwsem must not be taken twice: a writer may wait in between
	}
	a.forever(func(end target) {
		if !m.Scenario.ReadersLoop {
			a.leaveIf(end, func(x *Exec) bool { return x.task.Made > 0 })
		}
		a.emitNode(node{
			op: opAction, label: "read", ready: func(*Exec) int { return ways },
			run: func(x *Exec) {
				x.task.Left = uint8(x.alt)
				if !m.Scenario.ReadersLoop {
					x.task.Made = 1
				}
			},
			outcome: func(_ *Exec, alt int) string { return [...]string{"once", "nested"}[alt] },
		})
		if m.Scenario.Callback == CallbackWaits {
			a.mutexLock(DriverMutex)
		}
		a.readSection(func() {
			a.when(func(x *Exec) bool { return x.task.Left > 0 }, func() {
				a.readSection(func() {})
				a.local(func(x *Exec) { x.task.Left = 0 })
			})
		})
		if m.Scenario.Callback == CallbackWaits {
			a.mutexUnlock(DriverMutex)
		}
	})
}
