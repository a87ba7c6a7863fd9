package model

import (
	"fmt"

	"github.com/hpcheck/hpcheck/internal/choose"
)

// The callbacks of the step table: what each function of a ladder does to the core.

// callbacks are the functions that the step tables name.
var callbacks = map[string]func(*assembler){
	"smpboot_create_threads": (*assembler).smpbootCreateThreads,
	"notify_prepare":         (*assembler).notifyPrepare,
	"notify_dead":            (*assembler).notifyDead,
	"bringup_cpu":            (*assembler).bringupCPU,
	"cpuhp_kick_ap_alive":    (*assembler).kickAPAlive,
	"cpuhp_bringup_ap":       (*assembler).bringupAP,
	"notify_starting":        func(a *assembler) { a.notifyDropped("notify_starting", CPUStarting) },
	"notify_dying":           func(a *assembler) { a.notifyDropped("notify_dying", CPUDying) },
	"takedown_cpu":           (*assembler).takedownCPU,
	"smpboot_unpark_threads": (*assembler).smpbootUnparkThreads,
	"notify_online":          func(a *assembler) { a.notifyDropped("notify_online", CPUOnline) },
	"notify_down_prepare":    (*assembler).notifyDownPrepare,
	"smpboot_park_threads": func(a *assembler) {
		a.smpbootParkThreads()
		a.setRet(OK)
	},
	"sched_cpu_dying":      (*assembler).schedCPUDying,
	"sched_cpu_activate":   (*assembler).schedCPUActivate,
	"sched_cpu_deactivate": (*assembler).schedCPUDeactivate,
	"driver_dead":          (*assembler).driverDead,
}

// bystanders are callbacks of subsystems that share nothing with the core: they only take their turn.
var bystanders = map[string]bool{
	"takeover_tasklets":       true,
	"workqueue_prepare_cpu":   true,
	"timers_prepare_cpu":      true,
	"timers_dead_cpu":         true,
	"finish_cpu":              true,
	"sched_cpu_starting":      true,
	"hrtimers_cpu_starting":   true,
	"hrtimers_cpu_dying":      true,
	"sched_cpu_wait_empty":    true,
	"irq_affinity_online_cpu": true,
	"tick_cpu_dying":          true,
	"workqueue_online_cpu":    true,
	"workqueue_offline_cpu":   true,
	"hrtimers_prepare_cpu":    true,
	"hrtimers_dead_cpu":       true,
	"smpcfd_dying_cpu":        true,
	"rcutree_dying_cpu":       true,
}

// callback assembles the function of that name.
func (a *assembler) callback(name string) {
	if assemble, ok := callbacks[name]; ok {
		assemble(a)
		return
	}
	if assemble, ok := a.m.clients.callbacks[name]; ok { // no other step has it, see namesOfClients
		assemble(a)
		return
	}
	a.fun(name, func() {
		acc, run := a.bystander(name)
		a.do(name+"(cpu)", acc, run)
		a.setRet(OK)
	})
}

// MayFail reports whether a callback of a ladder may fail by itself, as "startup:STATE" or "teardown:STATE": those that
// the core does not look into.
func MayFail(function string) bool { return function != "" && callbacks[function] == nil }

// ladderCallback is a callback of the ladder that is no driver's. One that shares nothing with the core may fail by
// itself, if it is named; in the dead section the kernel forbids that.
func (a *assembler) ladderCallback(step *Step, up bool) {
	name := step.Callback(up)
	if callbacks[name] != nil || a.m.clients.callbacks[name] != nil || a.m.Kernel.Notifiers {
		a.callback(name)
		return
	}
	way := choose.If(up, "startup", "teardown")
	p := FaultPoint{
		Name:     way + ":" + step.Name,
		Function: name,
		Doc:      name + "() fails",
		Errno:    choose.If(up, ENOMEM, EBUSY),
		Contract: !up && step.Table == BP,
		Named:    true,
	}
	if !a.m.FaultPoints[a.m.faultPoint(p)].Enabled {
		a.callback(name)
		return
	}
	a.fun(name, func() {
		acc, run := a.bystander(name)
		a.mayFail(name+"(cpu)", acc, p, func(x *Exec) {
			if run != nil && x.t.Ret == OK {
				run(x)
			}
		})
	})
}

// schedCPUDying is sched_cpu_dying(): what still runs on the CPU goes elsewhere.
func (a *assembler) schedCPUDying() {
	a.fun("sched_cpu_dying", func() {
		a.do("balance_push()", everyTask(), (*Exec).migrateTasks)
		a.setRet(OK)
	})
}

// schedCPUActivate is sched_cpu_activate().
func (a *assembler) schedCPUActivate() {
	a.fun("sched_cpu_activate", func() {
		a.do("set_cpu_active(cpu, true)", writes(objActive), func(x *Exec) { x.st().Active = true })
		a.callRCU()
		a.cpusetFollows()
		a.setRet(OK)
	})
}

// schedCPUDeactivate is sched_cpu_deactivate(), which refuses if the deadline tasks do not fit on the other CPUs. Where
// grace periods take no time, what it does before it asks is one with the question.
func (a *assembler) schedCPUDeactivate() {
	overflow := FaultPoint{
		Name: "sched_cpu_deactivate", Doc: "the deadline tasks do not fit on the other CPUs", Errno: EBUSY,
	}
	const inactive = "set_cpu_active(cpu, false)"
	clear := func(label string) {
		a.do(label, writes(objActive), func(x *Exec) { x.st().Active = false })
	}
	a.fun("sched_cpu_deactivate", func() {
		switch {
		case a.m.Kernel.BandwidthFirst:
			a.mayFail("dl_bw_deactivate(cpu)", own, overflow, nil)
			a.when(failed, a.ret)
			clear(inactive)
			a.synchronizeRCU()
			a.setRet(OK)
		default:
			if a.m.Scenario.RCU {
				at := len(a.nodes)
				clear("set_cpu_active(cpu, false); balance_push_set(cpu, true)")
				a.nodes[at].books = true // what comes of it is said below
				a.synchronizeRCU()
			}
			a.mayFail(inactive, writes(objActive), overflow, func(x *Exec) { x.st().Active = x.t.Ret != OK })
		}
		if a.m.Scenario.Cpuset {
			a.when(func(x *Exec) bool { return !failed(x) }, a.cpusetFollows)
		}
	})
}

// atomicCallback is a callback of a section in which nothing may fail. That it does all the same is a fault that the
// kernel forbids.
func (a *assembler) atomicCallback(name string) {
	a.fun(name, func() {
		acc, run := a.bystander(name)
		a.mayFail(name+"(cpu)", acc, FaultPoint{
			Name:     "atomic/" + name,
			Doc:      name + "() fails, with interrupts off, which the kernel forbids",
			Errno:    EINVAL,
			Contract: true,
		}, run)
	})
}

// dynCallback is the startup or teardown of a driver's dynamic state.
func (a *assembler) dynCallback(step *Step, w walk) {
	name := choose.If(w.up, "startup", "teardown")
	doc := fmt.Sprintf("the %s of %s fails", name, step.Name)
	if w.undo {
		name, doc = "undo-"+name, doc+" in an undo, which drops the error"
	}
	p := FaultPoint{Name: name + "/" + step.Name, Doc: doc, Errno: EAGAIN}
	a.scenario(step.Callback(w.up), func() { a.callbackBody(step, w.up, p) })
}

// callbackBody is what a callback of a dynamic state does; ret is its result. Only those of the first state do more
// than to succeed or to fail.
func (a *assembler) callbackBody(step *Step, up bool, p FaultPoint) {
	label, kind := step.Callback(up)+"(cpu)", CallbackPlain
	if step.Dyn == 1 {
		kind = a.m.Scenario.Callback
	}
	switch kind {
	case CallbackReads:
		a.readSection(func() { a.mayFail(label, own, p, nil) })
	case CallbackWaits:
		a.mutexLock(DriverMutex)
		a.mayFail(label, own, p, nil)
		a.mutexUnlock(DriverMutex)
	case CallbackHalf:
		a.halfCallback(label, up, p)
	default:
		a.mayFail(label, own, p, nil)
	}
}

// halfCallback is a callback with two pieces of work, of which the second may fail; then it undoes the first. It warns
// if it is called to set up what is there, or to free what is not.
func (a *assembler) halfCallback(label string, up bool, p FaultPoint) {
	first, second := "allocate", "free"
	if !up {
		first, second = second, first
	}
	set := func(what string, to bool) {
		warning := a.m.assertion(
			a.fn.name + ": WARN_ON(" + choose.If(to, "allocated", "!allocated") + ")",
		)
		a.do(label+": "+what, writes(objDriver), func(x *Exec) {
			if x.st().Allocated == to {
				x.emit(Event{Kind: EventWarn, CPU: x.cpu, Assertion: warning})
			}
			x.st().Allocated = to
		})
	}
	set(first, up)
	a.mayFail(label, own, p, nil)
	a.when(failed, func() { set(second, !up) })
}
