package model

import (
	"slices"

	"github.com/hpcheck/hpcheck/internal/choose"
)

// kernel/sched/fair.c and kernel/time/hrtimer.c: a thread that is throttled until a timer fires, and what becomes of
// that timer when its CPU goes down.

// Where the timer is queued that lets the throttled thread run again, and which thread that is.
var (
	periodTimer = &Extra{name: "period_timer", kind: CPUOf}
	throttledOf = &Extra{name: "throttled", kind: ThreadOf}
)

// throttling is bandwidth control of one thread, and a task to which it may happen.
func throttling() participant {
	return participant{
		params: []Param{
			among("throttle", "who may be throttled once, until a timer fires, `WHO`: none, task (the first that "+
				"makes operations), holder (who holds a mutex that a callback for a dead CPU takes)",
				texts(ThrottleNobody, ThrottleTask, ThrottleHolder),
				func(sc *Scenario) *Throttle { return &sc.Throttle }).
				on("v4.10 or a later kernel, in which states see to timers and to cpuset", since410).
				saying(func(sc *Scenario) string {
					return choose.If(sc.Throttle == ThrottleTask, "the task", "who holds a mutex") + " may be throttled"
				}),
		},
		crews: func(sc *Scenario) []crew {
			if !sc.Throttle.any() {
				return nil
			}
			crews := []crew{{name: "bandwidth", count: 1, body: (*assembler).bandwidth}}
			if sc.Throttle == ThrottleHolder {
				crews = append(crews, crew{name: "holder", count: 1, body: (*assembler).holder})
			}
			return crews
		},
		vars:    []*Extra{periodTimer, throttledOf},
		numbers: true,
		atBoot:  true,
		files: map[string]string{
			"start_cfs_bandwidth": "kernel/sched/fair.c", "throttle_cfs_rq": "kernel/sched/fair.c",
			"sched_cfs_period_timer": "kernel/sched/fair.c", "holder": "", "driver_dead": "",
		},
		unforced: same("that a task is throttled in the middle: run it in a group with little cpu.max, beside a task " +
			"that uses the time up"),
	}
}

// bandwidth is the scheduler's bandwidth control of a group with one thread: its timer is started on some CPU, and
// later the thread has used its time up. It is let run again when the timer fires, which takes a CPU that is online and
// takes interrupts.
func (a *assembler) bandwidth() {
	m := a.m
	online := func(x *Exec) (cpus []uint8) {
		for cpu := range uint8(m.Scenario.CPUs) {
			if x.s.CPU[cpu].Online {
				cpus = append(cpus, cpu)
			}
		}
		return cpus
	}
	a.beside("start_cfs_bandwidth", func() {
		a.emitNode(node{
			op:      opAction,
			label:   "hrtimer_start(&cfs_b->period_timer)",
			access:  a.changing(reads(objOnline).everyCPU(), periodTimer),
			ready:   func(x *Exec) int { return len(online(x)) },
			run:     func(x *Exec) { x.let(periodTimer, 1+online(x)[x.alt]) },
			outcome: func(x *Exec, alt int) string { return "on CPU " + string('0'+rune(online(x)[alt])) },
		})
	})
	a.beside("throttle_cfs_rq", func() {
		a.do("dequeue_entity(se)", a.changing(own, throttledOf), func(x *Exec) {
			x.let(throttledOf, uint8(m.victim()))
		})
	})
	a.beside("sched_cfs_period_timer", func() {
		a.rest(
			"unthrottle_cfs_rq(cfs_rq)",
			a.changing(reads(objOnline|objIRQs).everyCPU(), periodTimer, throttledOf),
			func(x *Exec) bool {
				on := x.is(periodTimer)
				return on > 0 && x.s.CPU[on-1].Online && !x.s.CPU[on-1].IRQsOff
			},
			func(x *Exec) {
				x.let(throttledOf, uint8(Nobody))
				x.let(periodTimer, 0)
			},
		)
	})
	a.done()
}

// victim is the thread that may be throttled.
func (m *Machine) victim() ThreadID {
	if m.Scenario.Throttle == ThrottleTask {
		return firstThread
	}
	return m.first("holder")
}

// Throttled is the thread that is throttled, Nobody if none is.
func (m *Machine) Throttled(s *State) ThreadID { return ThreadID(throttledOf.get(m, s)) }

// Timer says on which CPU the timer is queued that lets it run again, and names the variable that says so.
func (m *Machine) Timer(s *State) (cpu int, v Var) {
	return int(periodTimer.get(m, s)) - 1, m.extraVar(periodTimer)
}

// mayBeThrottled reports whether a thread is the one that may be.
func (m *Machine) mayBeThrottled(id ThreadID) bool {
	return m.Scenario.Throttle.any() && id == m.victim()
}

// holder is a task that holds a mutex for a while.
func (a *assembler) holder() {
	a.beside("holder", func() {
		a.mutexLock(DriverMutex)
		a.mutexUnlock(DriverMutex)
	})
	a.done()
}

// driverDead is a callback for a CPU that is dead, which takes that mutex.
func (a *assembler) driverDead() {
	a.scenario("driver_dead", func() {
		a.mutexLock(DriverMutex)
		a.mutexUnlock(DriverMutex)
		a.setRet(OK)
	})
}

// The callbacks by which the timers of a CPU leave it: when it is dead, or while it dies.
const (
	hrtimersDead  = "hrtimers_dead_cpu"
	hrtimersDying = "hrtimers_cpu_dying"
)

// bystander is what the callback of a subsystem does that shares nothing with the core.
func (a *assembler) bystander(name string) (access, func(*Exec)) {
	if name == rcutreePrepare && a.m.cblists() {
		return writes(objRCU), func(x *Exec) { x.st().Cblist = true }
	}
	if !a.m.Scenario.Throttle.any() || name != hrtimersDead && name != hrtimersDying {
		return own, nil
	}
	acc := a.changing(own, periodTimer)
	if a.m.firstCPU() == 0 {
		acc = acc.reading(objOnline).everyCPU()
	}
	return acc, func(x *Exec) {
		if x.is(periodTimer) == 1+x.cpu {
			x.let(periodTimer, 1+x.firstOnline())
		}
	}
}

// withTimers sees to it that a state has the timers of a CPU leave it, and that, if somebody holds a mutex, a driver
// has a state for dead CPUs that takes it, which comes before those timers are fetched.
func (k *Kernel) withTimers(steps []Step, sc *Scenario) []Step {
	for i := range steps {
		if s := &steps[i]; s.Teardown == hrtimersDead || s.Teardown == hrtimersDying {
			s.Teardown = ""
		}
	}
	free := k.freePrepare() // the others who need some begin with the highest
	timers := Step{
		Number:   free[len(free)-1],
		Symbol:   "CPUHP_HRTIMERS_PREPARE",
		Name:     "hrtimers:prepare",
		Table:    BP,
		Startup:  "hrtimers_prepare_cpu",
		Teardown: hrtimersDead,
	}
	if k.TimersPushed {
		timers = Step{
			Number: k.step("CPUHP_AP_ONLINE").Number - 1, Symbol: "CPUHP_AP_HRTIMERS_DYING", Name: "hrtimers:dying",
			Table: AP, Teardown: hrtimersDying,
		}
	}
	if i := slices.IndexFunc(steps, func(s Step) bool { return s.Name == timers.Name }); i >= 0 {
		steps[i].Teardown = timers.Teardown
	} else {
		steps = append(steps, timers)
	}
	if sc.Throttle == ThrottleHolder {
		steps = append(
			steps,
			Step{
				Number: free[len(free)-2], Symbol: "CPUHP_DRIVER_DEAD", Name: "driver:dead", Table: BP,
				Teardown: "driver_dead",
			},
		)
	}
	return steps
}
