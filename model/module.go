package model

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hpcheck/hpcheck/internal/choose"
)

// kernel/cpu.c: a state of the ladder that comes and goes: a module is loaded and unloaded, or a device, of which such
// a state has an instance, is added and removed.

// modules are states that come and go.
func modules() participant {
	return participant{
		params: []Param{{
			Key: "module",
			Doc: "states of the ladder that come and go, `NAME,...`, or NAME=N for how many instances there are at " +
				"first: modules that are loaded and unloaded, devices",
			At: func(sc *Scenario) any { return &sc.Modules }, has: since414, since: "v4.14 or a later kernel",
			say: func(sc *Scenario) string { return strings.Join(sc.Modules, ", ") + " come and go" },
		}},
		crews: func(sc *Scenario) (all []crew) {
			for i := range sc.Modules {
				all = append(all, crew{
					name: "module", alone: fmt.Sprintf("module %d", i), count: 1,
					body: func(a *assembler) { a.comesAndGoes(i) }, installs: true, module: true,
					asks: func(*Exec) Owner { return OwnerModule },
				})
			}
			return all
		},
		numbers: true,
		join:    func(sc *Scenario) { sc.Modules = []string{"workqueue:online"} },
		files:   map[string]string{"module": ""},
		unforced: same("a state that comes and goes: load and unload its module, or add and remove the device, " +
			"meanwhile"),
	}
}

// MaxModules is how many states may come and go, and maxModuleInstances how many instances one of them may have.
const (
	MaxModules         = 3
	maxModuleInstances = 7
)

// module is a state that comes and goes.
type module struct {
	rung  Rung
	count uint8 // how many instances there are at first; 1 of a state without instances if it is there
	most  int   // how many there may be
}

// modulesOf finds the states of the ladder that a scenario names: NAME, or NAME=N for how many are there at first.
func (m *Machine) modulesOf() ([]module, error) {
	var all []module
	for _, text := range m.Scenario.Modules {
		name, number, told := strings.Cut(text, "=")
		if known := m.ModuleNames(); !slices.Contains(known, name) {
			return nil, &ParamError{
				"module", text, "a state that a driver may have, each once, of " + strings.Join(known, ", "),
			}
		}
		r := slices.IndexFunc(m.Ladder, func(s Step) bool { return s.Name == name })
		step := &m.Ladder[r]
		most := 1
		if step.Multi {
			most = maxModuleInstances
		}
		n := min(1, most)
		if told {
			var err error
			if n, err = strconv.Atoi(number); err != nil || n < 0 || n > most {
				return nil, &ParamError{"module", text, fmt.Sprintf("0 to %d of %s", most, name)}
			}
		}
		step.Module = len(all) + 1
		all = append(all, module{Rung(r), uint8(n), most})
	}
	if len(all) > MaxModules {
		return nil, &ParamError{"module", fmt.Sprintf("%d states", len(all)), fmt.Sprintf("at most %d", MaxModules)}
	}
	return m.clientModules(all)
}

// ModuleNames returns the states that may come and go and that none does yet.
func (m *Machine) ModuleNames() (names []string) {
	for r := range m.Ladder {
		s := &m.Ladder[r]
		if !s.core() && !m.atomic(Rung(r)) && s.Startup+s.Teardown != "" && s.Slot == 0 && s.Dyn == 0 && !s.MayFail &&
			s.Module == 0 && s.Client.Client == 0 &&
			bystanderOf(s) {
			names = append(names, s.Name)
		}
	}
	return names
}

// bystanderOf reports whether the callbacks of a step are none that the model has a program for.
func bystanderOf(s *Step) bool { return callbacks[s.Startup] == nil && callbacks[s.Teardown] == nil }

// count is how many instances of a state that comes and goes there are.
func (x *Exec) count(s *Step) *uint8 { return &x.s.Modules[s.Module-1] }

// labelModule is where a module chooses what it does.
const labelModule = "module"

// comesAndGoes is a module that is loaded and unloaded, or a device that is added and removed, again and again.
func (a *assembler) comesAndGoes(i int) {
	step := &a.m.Ladder[a.m.modules[i].rung]
	ways := func(x *Exec) []bool { return x.moduleWays(step) }
	comes, goes := "install ", "remove "
	if step.Multi {
		comes, goes = "add an instance of ", "remove an instance of "
	}
	a.beside("module", func() {
		a.forever(func(target) {
			a.emitNode(node{
				op: opAction, label: labelModule, access: reads(objSteps), rest: true,
				ready:   func(x *Exec) int { return len(ways(x)) },
				run:     func(x *Exec) { x.task.Up, x.task.Target = ways(x)[x.alt], a.m.modules[i].rung },
				outcome: func(x *Exec, alt int) string { return choose.If(ways(x)[alt], comes, goes) + step.Name },
			})
			a.whenElse(func(x *Exec) bool { return x.task.Up }, func() { a.comes(step) }, func() { a.goes(step) })
			a.local(func(x *Exec) { x.task.Up, x.task.Target, x.t.Ret = false, 0, OK })
		})
	})
}

// moduleWays are the directions in which a state may change: up that it comes, or has one instance more.
func (x *Exec) moduleWays(step *Step) (ways []bool) {
	if int(*x.count(step)) < x.m.modules[step.Module-1].most {
		ways = append(ways, true)
	}
	if *x.count(step) > 0 {
		ways = append(ways, false)
	}
	return ways
}

// comes is __cpuhp_setup_state() or __cpuhp_state_add_instance(), with calls for the CPUs that are up.
func (a *assembler) comes(step *Step) { a.comesWith(step, true, false) }

// comesWith is that with or without calls; locked if who calls it is inside cpus_read_lock() already.
func (a *assembler) comesWith(step *Step, calls, locked bool) {
	name := "__cpuhp_setup_state"
	if step.Multi {
		name = "__cpuhp_state_add_instance"
	}
	a.changesState(name, locked, func(unlock target) {
		a.setRet(OK)
		if step.Client.Client > 0 {
			a.refuseSecond(step, unlock)
		}
		if !step.Multi {
			a.do(
				"cpuhp_store_callbacks(state, name, startup, teardown)", writes(objSteps),
				func(x *Exec) { *x.count(step) = 1 },
			)
		}
		if calls {
			a.eachPresentCPU(func() {
				a.issueModule(step, true)
				a.when(failed, func() {
					a.rollbackInstall(func(*Exec) {}, func() { a.issueModule(step, false) })
					if !step.Multi {
						a.do(
							"cpuhp_store_callbacks(state, NULL, NULL, NULL)", writes(objSteps),
							func(x *Exec) { *x.count(step) = 0 },
						)
					}
					a.jump(unlock)
				})
			})
		}
		if step.Multi {
			a.do("hlist_add_head(node, &sp->list)", writes(objSteps), func(x *Exec) { *x.count(step)++ })
		}
	})
}

// refuseSecond is the -EBUSY of cpuhp_store_callbacks() for a state that has callbacks. More instances than a client
// may have are refused too.
func (a *assembler) refuseSecond(step *Step, out target) {
	most := a.m.modules[step.Module-1].most
	a.test("if (name && sp->name)", reads(objSteps), func(x *Exec) bool { return int(*x.count(step)) >= most }, func() {
		a.setRet(EBUSY)
		a.jump(out)
	})
}

// changesState is one of the functions that have a state come or go, or an instance. Its body may jump to the end.
func (a *assembler) changesState(name string, locked bool, body func(unlock target)) {
	inside := func() {
		a.mutexLock(CPUHPStateMutex)
		unlock := a.newTarget()
		body(unlock)
		a.put(unlock)
		a.local(func(x *Exec) { x.aim(0) })
		a.mutexUnlock(CPUHPStateMutex)
	}
	if locked {
		a.fun(name+"_cpuslocked", inside)
		return
	}
	a.fun(name, func() { a.readSection(inside) })
}

// goes is __cpuhp_remove_state() or __cpuhp_state_remove_instance(), with calls for the CPUs that are up.
func (a *assembler) goes(step *Step) { a.goesWith(step, true, false) }

// goesWith is that with or without calls; locked if who calls it is inside cpus_read_lock() already.
func (a *assembler) goesWith(step *Step, calls, locked bool) {
	name, label := "__cpuhp_remove_state", "cpuhp_store_callbacks(state, NULL, NULL, NULL)"
	if step.Multi {
		name, label = "__cpuhp_state_remove_instance", "hlist_del(node)"
	}
	a.changesState(name, locked, func(target) {
		if calls {
			a.eachPresentCPU(func() { a.issueModule(step, false) })
		}
		a.do(label, writes(objSteps), func(x *Exec) { *x.count(step) -= min(1, *x.count(step)) })
	})
}

// issueModule is cpuhp_issue_call() of such a state.
func (a *assembler) issueModule(step *Step, up bool) {
	if step.Callback(up) == "" {
		a.setRet(OK)
		return
	}
	a.fun("cpuhp_issue_call", func() {
		if step.Table == BP {
			a.fun("cpuhp_invoke_callback", func() {
				a.local(func(x *Exec) { x.t.Step = x.task.Target })
				a.moduleCallback(step, up)
				a.local(func(x *Exec) { x.t.Step = 0 })
			})
		} else {
			a.local(func(x *Exec) { x.t.N = uint8(callbackOf(OwnerModule, up)) })
			a.invokeAPCallback(up, 0)
			a.local(func(x *Exec) { x.t.N = 0 })
		}
		if !up {
			a.bugIf("ret && !bringup", failed)
		}
	})
}

// moduleCallback calls one callback of such a state, for one instance, for the step in the register Step.
func (a *assembler) moduleCallback(step *Step, up bool) {
	end := a.newTarget()
	enter, exit := EventEnter, EventExit
	if step.Multi {
		enter, exit = EventInstance, EventInstanceDone
	}
	show := func(kind EventKind) {
		event := func(x *Exec) Event {
			return Event{Kind: kind, CPU: x.cpu, Step: x.t.Step, Up: up, Owner: OwnerModule, Ret: x.t.Ret}
		}
		if step.Multi {
			a.trace(event)
		} else {
			a.emit(event)
		}
	}
	a.failSingle(end, up)
	show(enter)
	a.callback(step.Callback(up))
	show(exit)
	a.put(end)
}

// singleModule is what the hotplug thread does if it is asked for one of these.
func (a *assembler) singleModule(called target, up bool) {
	for _, mod := range a.m.modules {
		step := &a.m.Ladder[mod.rung]
		if step.Table == BP || step.Callback(up) == "" {
			continue
		}
		a.when(func(x *Exec) bool { return x.t.Step == mod.rung }, func() {
			a.moduleCallback(step, up)
			a.jump(called)
		})
	}
}

// unlessThere jumps over what is not there of a state that comes and goes: of the n-th instance, counting from 0.
func (a *assembler) unlessThere(step *Step, n int, over target) {
	if step.Module > 0 {
		a.test(
			"step->list", reads(objSteps), func(x *Exec) bool { return int(*x.count(step)) <= n },
			func() { a.jump(over) },
		)
	}
}

// Calls is how many calls of a callback of a step there are: one, or one for each instance.
func (m *Machine) Calls(s *State, r Rung) int {
	switch step := &m.Ladder[r]; {
	case step.Module > 0:
		return int(s.Modules[step.Module-1])
	case step.Multi:
		return step.Instances
	}
	return 1
}

// Installs reports whether the thread may have states come and go, and call their callbacks for that: a module, or a
// client.
func (m *Machine) Installs(id ThreadID) bool {
	return m.threads[id].crew.installs
}

// Module reports whether the thread is a module that comes and goes.
func (m *Machine) Module(id ThreadID) bool { return m.threads[id].crew.module }

// Comes reports whether the action has a state come or go, or an instance of it: which one, and whether it comes.
func (x *Exec) Comes(s *State, act Action) (r Rung, comes, is bool) {
	x.become(s, act.Thread())
	if x.node().label != labelModule {
		return 0, false, false
	}
	r = x.m.modules[x.m.threads[act.Thread()].number].rung
	return r, x.moduleWays(&x.m.Ladder[r])[act.Outcome()], true
}
