package model

import (
	"fmt"

	"github.com/hpcheck/hpcheck/internal/choose"
)

// kernel/cpu.c: callbacks that are installed and removed while the machine runs.

// What an installer may do.
const (
	installDynamic = 1 << iota // it asks for a free slot, and not for a certain state
	installInvoke              // its callbacks are called for the CPUs that are up already
	installPrepare             // it asks for a state of the prepare section
)

// installers are drivers.
func installers() participant {
	return participant{
		params: []Param{
			howMany("installers", "installer", "drivers that install callbacks and remove them", MaxInstallers,
				func(sc *Scenario) *int { return &sc.Installers }),
			whether("prepare-states", "states of the prepare section",
				"they may choose states of the prepare section, too, whose callbacks they call themselves",
				func(sc *Scenario) *bool { return &sc.PrepareStates }).
				on("v4.10 or a later kernel, which has free slots in the prepare section", since410),
		},
		crews: func(sc *Scenario) []crew {
			return some(crew{
				name: "installer", count: sc.Installers, body: (*assembler).installer, operates: true,
				asks: (*Exec).owner,
			})
		},
		numbers: true,
		fits: func(sc *Scenario) error {
			if sc.PrepareStates && sc.Installers == 0 {
				return &ParamError{"prepare-states", "without installers", "installers=1 or more"}
			}
			return nil
		},
		files:    map[string]string{"installer": ""},
		unforced: same(aDriver),
	}
}

// aDriver is what a script cannot force of one.
const aDriver = "a driver that installs or removes callbacks: load and unload a module with a state of CPU hotplug " +
	"meanwhile"

// installer is a driver that installs its callbacks and removes them again, if that went well.
func (a *assembler) installer() {
	a.scenario("installer", a.install)
	a.done()
}

func (a *assembler) install() {
	a.emitNode(node{
		op: opAction, label: "install", ready: func(x *Exec) int { return x.m.installWays() },
		run: func(x *Exec) { x.task.Made = uint8(x.alt) },
		outcome: func(_ *Exec, alt int) string {
			text := choose.If(alt&installDynamic != 0, "a dynamic state", "a fixed state")
			if alt&installPrepare != 0 {
				text += " of the prepare section"
			}
			if alt&installInvoke == 0 {
				text += ", without calls"
			}
			return text
		},
	})
	a.setupState()
	a.when(func(x *Exec) bool { return x.t.Ret == OK }, a.removeState)
	a.local(func(x *Exec) { x.t.Ret, x.task.Made, x.task.Target = OK, 0, 0 })
}

// installWays is how many things an installer may do.
func (m *Machine) installWays() int {
	if m.Scenario.PrepareStates {
		return 2 * installPrepare
	}
	return installPrepare
}

// owner is the number under which the running installer's callbacks are known.
func (x *Exec) owner() Owner { return Owner(1 + x.m.threads[x.id].number) }

func (x *Exec) installs(what uint8) bool { return x.task.Made&what != 0 }

// setupState is __cpuhp_setup_state().
func (a *assembler) setupState() {
	m := a.m
	a.fun("__cpuhp_setup_state", func() {
		a.local(func(x *Exec) {
			x.t.Ret, x.task.Target = OK, m.fixedStep(x.wantedTable())
		})
		a.readSection(func() { a.serially(a.setup) })
	})
}

// serially holds cpuhp_state_mutex over all of it, if the kernel does; if not, those parts that write the step table
// take it themselves.
func (a *assembler) serially(body func()) {
	if a.m.Kernel.InstallersSerial {
		a.mutexLock(CPUHPStateMutex)
		defer a.mutexUnlock(CPUHPStateMutex)
	}
	body()
}

// tableMutex is the other half of it.
func (a *assembler) tableMutex(body func()) {
	if !a.m.Kernel.InstallersSerial {
		a.mutexLock(CPUHPStateMutex)
		defer a.mutexUnlock(CPUHPStateMutex)
	}
	body()
}

// setup is what __cpuhp_setup_state() does as a reader.
func (a *assembler) setup() {
	out := a.newTarget()
	a.when(func(x *Exec) bool { return x.installs(installDynamic) }, func() {
		a.reserveState()
		a.when(failed, func() { a.jump(out) })
	})
	a.storeCallbacks(func(x *Exec) Owner { return x.owner() })
	a.when(failed, func() { a.jump(out) })
	if !a.m.Kernel.PrepareDyn { // ret is the number of the slot
		a.when(
			func(x *Exec) bool { return x.installs(installDynamic) && x.installs(installPrepare) },
			func() { a.jump(out) },
		)
	}
	a.when(func(x *Exec) bool { return x.installs(installInvoke) }, func() {
		a.eachPresentCPU(func() {
			a.local(func(x *Exec) { x.t.N = uint8(callbackOf(x.owner(), true)) })
			a.issueCall(true)
			a.when(failed, func() {
				a.rollbackInstall(
					func(x *Exec) { x.t.N = uint8(callbackOf(x.owner(), false)) }, func() { a.issueCall(false) },
				)
				a.storeCallbacks(func(*Exec) Owner { return OwnerNone })
				a.jump(out)
			})
		})
	})
	a.put(out)
	a.local(func(x *Exec) {
		x.aim(0)
		x.t.N = 0
		x.emit(
			Event{
				Kind: EventInstalled, Step: x.task.Target, Owner: x.owner(), Up: x.installs(installInvoke),
				Ret: x.t.Ret,
			},
		)
	})
}

// removeState is __cpuhp_remove_state(). In v4.6 the teardown is looked up before the lock is taken.
func (a *assembler) removeState() {
	teardown := func() {
		a.do("teardown = cpuhp_get_teardown_cb(state)", reads(objSteps), func(x *Exec) {
			x.t.N = uint8(callbackOf(x.s.Slot[x.m.Ladder[x.task.Target].Slot-1], false))
		})
	}
	a.fun("__cpuhp_remove_state", func() {
		if a.m.Kernel.Notifiers {
			teardown()
			a.readSection(a.remove)
			return
		}
		a.readSection(func() {
			a.serially(func() {
				teardown()
				a.remove()
			})
		})
	})
}

// remove is what __cpuhp_remove_state() does as a reader.
func (a *assembler) remove() {
	a.when(func(x *Exec) bool { return x.installs(installInvoke) && Callback(x.t.N).Owner() != OwnerNone }, func() {
		a.eachPresentCPU(func() { a.issueCall(false) })
	})
	a.storeCallbacks(func(*Exec) Owner { return OwnerNone })
	a.local(func(x *Exec) {
		x.aim(0)
		x.t.N = 0
		x.emit(Event{Kind: EventRemoved, Step: x.task.Target, Owner: x.owner(), Up: x.installs(installInvoke)})
	})
}

// reserveState is cpuhp_reserve_state(): the first free slot gets a name.
func (a *assembler) reserveState() {
	a.fun("cpuhp_reserve_state", func() {
		a.tableMutex(func() {
			a.do("cpuhp_ap_states[i].name = \"Reserved\"", writes(objSteps), func(x *Exec) {
				x.t.Ret = ENOSPC
				for r := range x.m.Ladder {
					slot := x.m.Ladder[r].Slot
					if slot > 0 && x.m.Ladder[r].Dyn > 0 && x.m.Ladder[r].Table == x.wantedTable() &&
						x.s.Slot[slot-1] == OwnerNone {
						x.s.Slot[slot-1], x.task.Target, x.t.Ret = Reserved, Rung(r), OK
						return
					}
				}
			})
		})
	})
}

// storeCallbacks is cpuhp_store_callbacks(). Since dc280d936239 it refuses a state that has callbacks.
func (a *assembler) storeCallbacks(owner func(*Exec) Owner) {
	a.fun("cpuhp_store_callbacks", func() {
		a.tableMutex(func() {
			a.do("sp->startup = startup; sp->teardown = teardown", writes(objSteps), func(x *Exec) {
				slot, to := &x.s.Slot[x.m.Ladder[x.task.Target].Slot-1], owner(x)
				if !x.m.Kernel.Notifiers && to != OwnerNone && *slot != OwnerNone && *slot != Reserved {
					x.t.Ret = EBUSY
					return
				}
				*slot = to
			})
		})
	})
}

// eachPresentCPU is for_each_present_cpu(cpu), for those whose state is at the step or above. If the register I is not
// 0, the loop ends before that CPU.
func (a *assembler) eachPresentCPU(body func()) {
	m := a.m
	a.local(func(x *Exec) { x.aim(0) })
	a.forever(func(end target) {
		a.leaveIf(end, func(x *Exec) bool {
			return int(x.task.Left) >= m.Scenario.present() || x.t.I > 0 && x.task.Left >= x.t.I
		})
		a.test(
			"if (cpustate >= state)", reads(objState), func(x *Exec) bool { return x.st().State >= x.task.Target },
			body,
		)
		a.local(func(x *Exec) { x.aim(x.task.Left + 1) })
	})
}

// rollbackInstall is cpuhp_rollback_install(): the teardown, which is given, on the CPUs before the one that failed.
func (a *assembler) rollbackInstall(begin func(*Exec), teardown func()) {
	a.fun("cpuhp_rollback_install", func() {
		a.when(func(x *Exec) bool { return x.task.Left > 0 }, func() {
			a.local(func(x *Exec) {
				x.t.Err, x.t.I = x.t.Ret, x.task.Left
				begin(x)
			})
			a.eachPresentCPU(teardown)
			a.local(func(x *Exec) { x.t.Ret, x.t.Err, x.t.I = x.t.Err, OK, 0 })
		})
	})
}

// issueCall is cpuhp_issue_call() of the callback in the register N. If it is not of the prepare section, the hotplug
// thread of the CPU calls it.
func (a *assembler) issueCall(up bool) {
	a.fun("cpuhp_issue_call", func() {
		if a.m.Scenario.PrepareStates {
			a.whenElse(
				func(x *Exec) bool { return x.wantedTable() == BP }, func() { a.callHere(up) },
				func() { a.invokeAPCallback(up, 0) },
			)
		} else {
			a.invokeAPCallback(up, 0)
		}
		if !up {
			a.bugIf("ret && !bringup", failed)
		}
	})
}

// callHere is cpuhp_invoke_callback() of a state of the prepare section, which the installer calls itself.
func (a *assembler) callHere(up bool) {
	a.fun("cpuhp_invoke_callback", func() {
		called := a.newTarget()
		a.local(func(x *Exec) { x.t.Step = x.task.Target })
		if a.m.statePerRun() {
			a.failSingle(called, up)
		}
		a.driverCallback("install", "remove")
		a.put(called)
		a.local(func(x *Exec) { x.t.Step = 0 })
	})
}

// invokeAPCallback is cpuhp_invoke_ap_callback() of the callback in the register N, for a node as in [CPU.Node]. All
// who ask share the one request of the CPU's hotplug thread.
func (a *assembler) invokeAPCallback(up bool, node uint8) {
	a.notes(factAsks)
	a.fun("cpuhp_invoke_ap_callback", func() {
		a.setRet(OK)
		a.test("if (!cpu_online(cpu))", reads(objOnline), func(x *Exec) bool { return !x.st().Online }, a.ret)
		if a.m.statePerRun() {
			a.kickSingle(up, node)
			return
		}
		a.do("st->cb_state = state", writes(objCBState), func(x *Exec) { x.st().CBState = x.task.Target })
		a.do("st->cb = cb", writes(objCB), func(x *Exec) { x.st().CB = Callback(x.t.N) })
		a.smpMB()
		a.do("st->should_run = true", writes(objShouldRun), func(x *Exec) {
			x.st().ShouldRun = true
			x.completion(EventRequest, DoneCompletion, ForWork)
		})
		a.wakeUpProcess(slotCpuhp)
		a.waitForCompletion(ForWork)
		a.do("return st->result", reads(objResult), func(x *Exec) { x.t.Ret = x.st().Result })
	})
}

// kickSingle is the rest of it since v4.14.
func (a *assembler) kickSingle(up bool, node uint8) {
	come := a.m.Scenario.InstancesComeAndGo.any()
	a.do("st->rollback = false", writes(objRollback), func(x *Exec) { x.st().Rollback = false })
	if come {
		a.do("st->last = NULL", writes(objLast), func(x *Exec) { x.st().Last = 0 })
		a.do("st->node = node", writes(objNode), func(x *Exec) { x.st().Node = node })
	}
	a.do("st->bringup = bringup", writes(objBringup), func(x *Exec) { x.st().Bringup = up })
	a.do("st->cb_state = state", writes(objCBState), func(x *Exec) { x.st().CBState = x.task.Target })
	a.do("st->single = true", writes(objCB), func(x *Exec) { x.st().CB = Callback(x.t.N) })
	a.kickAP()
	a.do("return st->result", reads(objResult), func(x *Exec) { x.t.Ret = x.st().Result })
	if come && a.m.Kernel.NodeReset {
		a.do("st->node = st->last = NULL", writes(objNode|objLast), func(x *Exec) { x.st().Node, x.st().Last = 0, 0 })
	}
}

// singleCallback is the branch of cpuhp_thread_fun() for one callback of an installer.
func (a *assembler) singleCallback() {
	a.loadSingle(func(x *Exec) bool { return x.st().CB.Up() })
	a.driverCallback("install", "remove")
	a.local(func(x *Exec) { x.t.Step, x.t.N = 0, 0 })
}

// loadSingle has the registers Step and N say which callback it is; up, which direction was asked for.
func (a *assembler) loadSingle(up func(*Exec) bool) {
	label, acc := "cpuhp_invoke_callback(cpu, st->cb_state, st->cb)", reads(objCB|objCBState|objSteps)
	if a.m.Scenario.InstancesComeAndGo.any() {
		label, acc = "cpuhp_invoke_callback(cpu, st->cb_state, bringup, st->node)", acc.reading(objNode)
	}
	a.do(label, acc, func(x *Exec) {
		x.t.Step, x.t.N = x.st().CBState, uint8(x.st().CB)
		if step := &x.m.Ladder[x.t.Step]; step.MayFail || step.Module > 0 {
			return
		}
		// It has no pointer, and looks up what is there now.
		if o := x.s.Slot[x.m.Ladder[x.t.Step].Slot-1]; !x.m.Kernel.Notifiers {
			x.t.N = 0
			if o != Reserved {
				x.t.N = uint8(callbackOf(o, up(x)))
			}
		}
	})
}

// slotCallback is the callback of a step that installers use, in a walk: whatever is stored there.
func (a *assembler) slotCallback(w walk) {
	label := choose.If(w.up, "step->startup", "step->teardown")
	a.do(label, reads(objSteps), func(x *Exec) {
		if o := x.s.Slot[x.m.Ladder[x.t.Step].Slot-1]; o != Reserved {
			x.t.N = uint8(callbackOf(o, w.up))
		}
	})
	switch {
	case w.undo:
		a.driverCallback("undo-startup", "undo-teardown")
	case w.table == BP:
		a.driverCallback("startup", "dead")
	default:
		a.driverCallback("startup", "teardown")
	}
	a.local(func(x *Exec) { x.t.N = 0 })
}

// driverCallback calls the callback in the register N, of an installer, for the step in the register Step; ret is its
// result, 0 if there is none. Up and down name the fault points.
func (a *assembler) driverCallback(up, down string) {
	end := a.newTarget()
	event := func(kind EventKind) func(*Exec) Event {
		return func(x *Exec) Event {
			cb := Callback(x.t.N)
			return Event{Kind: kind, CPU: x.cpu, Step: x.t.Step, Up: cb.Up(), Owner: cb.Owner(), Ret: x.t.Ret}
		}
	}
	a.setRet(OK)
	a.when(func(x *Exec) bool { return Callback(x.t.N).Owner() == OwnerNone }, func() { a.jump(end) })
	a.emit(event(EventEnter))
	called := a.newTarget()
	for i := range a.m.Scenario.Installers {
		for _, startup := range []bool{true, false} {
			cb := callbackOf(Owner(i+1), startup)
			at := len(a.nodes)
			a.when(func(x *Exec) bool { return Callback(x.t.N) == cb }, func() {
				name, point := fmt.Sprintf("driver%d_startup", i), up
				if !startup {
					name, point = fmt.Sprintf("driver%d_teardown", i), down
				}
				a.scenario(name, func() { a.mayFail(name+"(cpu)", own, driverPoint(point, name, i), nil) })
				a.jump(called)
			})
			a.nodes[at].books = true
		}
	}
	a.put(called)
	a.emit(event(EventExit))
	a.put(end)
}

// driverPoint is the fault that a driver's callback fails. It must not when the state is removed.
func driverPoint(point, callback string, i int) FaultPoint {
	p := FaultPoint{Name: fmt.Sprintf("%s/driver%d", point, i), Doc: callback + "() fails", Errno: EAGAIN}
	switch point {
	case "install":
		p.Doc += " for a CPU that is up when the state is installed"
	case "remove":
		p.Doc += " when the state is removed, or its installation is rolled back, which the kernel forbids"
		p.Contract = true
	case "dead":
		p.Doc += " for a CPU that is dead, which the kernel forbids"
		p.Contract = true
	case "undo-startup", "undo-teardown":
		p.Doc += " in an undo, which drops the error"
	}
	return p
}

// wantedTable is where the state stands that the running installer asks for.
func (x *Exec) wantedTable() Table {
	if x.installs(installPrepare) {
		return BP
	}
	return AP
}

// Installer is the thread of the installer whose callbacks those are.
func (m *Machine) Installer(o Owner) ThreadID { return m.first("installer") + ThreadID(o) - 1 }

// fixedStep is the state of a table that installers ask for when they want a certain one.
func (m *Machine) fixedStep(t Table) Rung {
	for r := range m.Ladder {
		if m.Ladder[r].Slot > 0 && m.Ladder[r].Dyn == 0 && m.Ladder[r].Table == t {
			return Rung(r)
		}
	}
	panic("model: the ladder has no fixed state for installers")
}
