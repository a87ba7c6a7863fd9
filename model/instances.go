package model

import (
	"fmt"

	"github.com/hpcheck/hpcheck/internal/choose"
)

// kernel/cpu.c: states with instances, and an instance that comes and goes.

// instances calls a callback for each instance of a state.
func (a *assembler) instances(r Rung, up bool) {
	step := &a.m.Ladder[r]
	a.setRet(OK)
	end, n := a.newTarget(), step.Instances
	if step.Module > 0 {
		n = a.m.modules[step.Module-1].most
	}
	for i := range n {
		a.unlessThere(step, i, end)
		a.trace(func(x *Exec) Event { return Event{Kind: EventInstance, CPU: x.cpu, Step: r, Up: up} })
		a.callback(step.Callback(up))
		a.trace(
			func(x *Exec) Event { return Event{Kind: EventInstanceDone, CPU: x.cpu, Step: r, Up: up, Ret: x.t.Ret} },
		)
	}
	a.put(end)
}

// drivers calls a callback for each instance of a state of the scenario, each of which may fail. Since v4.14 the
// hotplug thread keeps which one did in st->last, and the way back begins with those before it; who has no such place
// undoes them at once.
func (a *assembler) drivers(r Rung, w walk) {
	cursor := a.m.statePerRun() && w.table == AP && r > a.m.rung.apOnlineIdle
	end, done := a.newTarget(), a.newTarget()
	if cursor && a.m.Scenario.InstancesComeAndGo.any() { // the hotplug thread hands st->node to every callback
		moving := a.m.movingInstance()
		a.test("if (node)", reads(objNode), func(x *Exec) bool { return x.st().Node != 0 }, func() {
			a.callInstance(r, moving, w.up, w.instancePoint(&a.m.Ladder[r]))
			a.jump(end)
		})
	}
	list := a.m.instanceList(&a.m.Ladder[r])
	for pos, i := range list {
		next := a.newTarget()
		a.skipUnlisted(r, i, next)
		if cursor {
			a.test(
				"if (lastp && node == *lastp)", reads(objLast), func(x *Exec) bool { return int(x.st().Last) == i+1 },
				func() { a.jump(done) },
			)
		}
		a.callInstance(r, i, w.up, w.instancePoint(&a.m.Ladder[r]))
		a.when(failed, func() {
			if cursor {
				a.do("*lastp = node", writes(objLast), func(x *Exec) { x.st().Last = uint8(i + 1) })
				a.jump(end)
				return
			}
			a.undoInstances(r, list[:pos], w)
			a.jump(end)
		})
		a.put(next)
	}
	a.put(done)
	if cursor {
		a.do("*lastp = NULL", writes(objLast), func(x *Exec) { x.st().Last = 0 })
	}
	a.setRet(OK)
	a.put(end)
}

// undoInstances undoes what was called for the first instances of the list, after another one has failed.
func (a *assembler) undoInstances(r Rung, before []int, w walk) {
	a.local(func(x *Exec) { x.t.Save = x.t.Ret })
	for _, i := range before {
		next := a.newTarget()
		a.skipUnlisted(r, i, next)
		back := walk{up: !w.up, table: w.table, undo: true}
		a.callInstance(r, i, !w.up, back.instancePoint(&a.m.Ladder[r]))
		if a.m.statePerRun() && !a.m.Kernel.InstanceError {
			a.local(func(x *Exec) { x.t.Save = x.t.Ret })
		}
		a.put(next)
	}
	a.local(func(x *Exec) { x.t.Ret, x.t.Save = x.t.Save, OK })
}

// callInstance calls a callback of one instance of a state; ret is its result.
func (a *assembler) callInstance(r Rung, i int, up bool, p FaultPoint) {
	step := &a.m.Ladder[r]
	event := func(kind EventKind) func(*Exec) Event {
		return func(x *Exec) Event {
			return Event{Kind: kind, CPU: x.cpu, Step: r, Up: up, Instance: uint8(i), Ret: x.t.Ret}
		}
	}
	a.emit(event(EventInstance))
	a.fun(
		step.Callback(up), func() { a.mayFail(fmt.Sprintf("%s(cpu, instance %d)", step.Callback(up), i), own, p, nil) },
	)
	a.emit(event(EventInstanceDone))
}

// instancePoint is the fault that a callback of an instance fails in a walk.
func (w walk) instancePoint(step *Step) FaultPoint {
	name := choose.If(w.up, "startup", "teardown")
	doc := fmt.Sprintf("the %s of an instance of %s fails", name, step.Name)
	if w.undo {
		name, doc = "undo-"+name, doc+" in an undo, which drops the error"
	}
	dead := w.table == BP && !w.up && !w.undo // nobody can go back from there
	if dead {
		doc += ", which the kernel forbids"
	}
	return FaultPoint{Name: name + "/" + step.Name, Doc: doc, Errno: EAGAIN, Contract: dead}
}

// addInstance is __cpuhp_state_add_instance(): the startup for each CPU that is there, and then the instance is on the
// list.
func (a *assembler) addInstance() {
	a.fun("__cpuhp_state_add_instance", func() {
		a.readSection(func() {
			a.mutexLock(CPUHPStateMutex)
			unlock := a.newTarget()
			a.setRet(OK)
			a.eachPresentCPU(func() {
				a.issueInstance(true)
				a.when(failed, func() {
					a.rollbackInstall(func(*Exec) {}, func() { a.issueInstance(false) })
					a.jump(unlock)
				})
			})
			a.do(
				"hlist_add_head(node, &sp->list)", writes(objLists),
				func(x *Exec) { x.s.Listed |= x.m.listBit(x.task.Target) },
			)
			a.put(unlock)
			a.local(func(x *Exec) { x.aim(0) })
			a.mutexUnlock(CPUHPStateMutex)
		})
	})
}

// removeInstance is __cpuhp_state_remove_instance(): the teardown for each CPU that is there, and the instance is off
// the list. Who called it frees it.
func (a *assembler) removeInstance() {
	a.fun("__cpuhp_state_remove_instance", func() {
		a.readSection(func() {
			a.mutexLock(CPUHPStateMutex)
			a.eachPresentCPU(func() { a.issueInstance(false) })
			a.hlistDel()
			a.local(func(x *Exec) { x.aim(0) })
			a.mutexUnlock(CPUHPStateMutex)
		})
	})
}

// hlistDel is hlist_del(). It takes a node off the list that it was put on last, wherever it was on before, and leaves
// LIST_POISON1 and LIST_POISON2 in it; to take it off once more is to write to the latter.
func (a *assembler) hlistDel() {
	m := a.m
	if m.Scenario.InstancesComeAndGo != InstanceShared {
		a.do("hlist_del(node)", writes(objLists), func(x *Exec) { x.s.Listed &^= m.listBit(x.task.Target) })
		return
	}
	prepare, online := m.listBit(m.multiRungs()[0]), m.listBit(m.multiRungs()[1])
	oops := m.assertion("hlist_del: general protection fault: node->pprev is LIST_POISON2")
	a.testElse("hlist_del(node)", writes(objLists), func(x *Exec) bool { return x.s.Poisoned }, func() {
		a.local(func(x *Exec) { x.bug(oops) })
		a.halt()
	}, func() {
		a.do("node->pprev = LIST_POISON2", writes(objLists), func(x *Exec) {
			x.s.Poisoned = true
			if x.s.Listed&prepare != 0 {
				x.s.Listed &^= prepare
				return
			}
			x.s.Listed &^= online
		})
	})
}

// issueInstance is cpuhp_issue_call() for one instance of the running device's state.
func (a *assembler) issueInstance(up bool) {
	m := a.m
	a.fun("cpuhp_issue_call", func() {
		for _, r := range m.multiRungs() {
			a.when(func(x *Exec) bool { return x.task.Target == r }, func() {
				if m.Ladder[r].Table == BP {
					a.fun("cpuhp_invoke_callback", func() {
						a.local(func(x *Exec) { x.t.Step = r })
						a.singleInstance(r, up)
						a.local(func(x *Exec) { x.t.Step = 0 })
					})
					return
				}
				a.local(func(x *Exec) { x.t.N = uint8(callbackOf(OwnerInstance, up)) })
				a.invokeAPCallback(up, uint8(m.movingInstance()+1))
				a.local(func(x *Exec) { x.t.N = 0 })
			})
		}
		if !up {
			a.bugIf("ret && !bringup", failed)
		}
	})
}

// singleInstance is cpuhp_invoke_callback() of the instance that comes or goes, for the step in the register Step.
func (a *assembler) singleInstance(r Rung, up bool) {
	called, step := a.newTarget(), &a.m.Ladder[r]
	a.failSingle(called, up)
	p := FaultPoint{
		Name: "install/" + step.Name,
		Doc:  fmt.Sprintf("the startup of an instance of %s fails when it is added", step.Name), Errno: EAGAIN,
	}
	if !up {
		p.Name, p.Contract = "remove/"+step.Name, true
		p.Doc = fmt.Sprintf(
			"the teardown of an instance of %s fails when it is removed, or its addition is rolled back, which the "+
				"kernel forbids",
			step.Name,
		)
	}
	a.callInstance(r, a.m.movingInstance(), up, p)
	a.put(called)
}

// skipUnlisted jumps over an instance that is not on the list of its state.
func (a *assembler) skipUnlisted(r Rung, i int, over target) {
	if a.m.Scenario.InstancesComeAndGo.any() && i == a.m.movingInstance() {
		a.test(
			"hlist_for_each(node, &step->list)", reads(objLists), func(x *Exec) bool { return !x.m.Listed(x.s, r, i) },
			func() { a.jump(over) },
		)
	}
}

// movingInstance is the one that comes and goes: the last.
func (m *Machine) movingInstance() int { return m.Scenario.Instances - 1 }

// instanceList are the instances of a state of the scenario, in the order of its list: who comes is its head.
func (m *Machine) instanceList(step *Step) []int {
	var list []int
	for i := range step.Instances {
		if m.Scenario.InstancesComeAndGo.any() && i == m.movingInstance() {
			list = append([]int{i}, list...)
			continue
		}
		list = append(list, i)
	}
	return list
}

// Listed reports whether an instance is on the list of its state.
func (m *Machine) Listed(s *State, r Rung, i int) bool {
	return !m.Scenario.InstancesComeAndGo.any() || i != m.movingInstance() || s.Listed&m.listBit(r) != 0
}

// listBit is the bit of a state in [State.Listed].
func (m *Machine) listBit(r Rung) uint8 {
	for i, multi := range m.multiRungs() {
		if r == multi {
			return 1 << i
		}
	}
	panic("model: " + m.Ladder[r].Name + " has no instances")
}

// multiRungs are the scenario's states with instances: that of the prepare section first.
func (m *Machine) multiRungs() (rungs []Rung) {
	for r := range m.Ladder {
		if m.Ladder[r].MayFail {
			rungs = append(rungs, Rung(r))
		}
	}
	return rungs
}
