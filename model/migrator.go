package model

import (
	"fmt"
	"slices"
)

// kernel/stop_machine.c: who has stoppers do something, as the scheduler does to move a task: stop_one_cpu() and
// stop_two_cpus().

// migrators are tasks that do so.
func migrators() participant {
	return participant{
		params: []Param{
			howMany("migrators", "migrator", "tasks that have stoppers do something, as the scheduler does to move a "+
				"task: stop_one_cpu() of any CPU, or stop_two_cpus() of any two", MaxMigrators,
				func(sc *Scenario) *int { return &sc.Migrators }),
		},
		crews: func(sc *Scenario) []crew {
			return some(crew{name: "migrator", count: sc.Migrators, body: (*assembler).migrator})
		},
		numbers: true,
		files: map[string]string{
			"migrator": "", "stop_one_cpu": "kernel/stop_machine.c", "stop_two_cpus": "kernel/stop_machine.c",
		},
		unforced: same(meanwhile),
	}
}

// meanwhile is what a script cannot force of those who interfere.
const meanwhile = "that somebody has stoppers work, or wakes a thread up, meanwhile"

// migrator is a task that asks for one of these, once, of any CPU or of any two.
func (a *assembler) migrator() {
	ways := a.m.migrations()
	a.beside("migrator", func() {
		a.emitNode(node{
			op: opAction, label: "stop", ready: func(*Exec) int { return len(ways) },
			run: func(x *Exec) {
				w := ways[x.alt]
				x.task.CPU, x.cpu = w[0], w[0]
				if len(w) > 1 {
					x.task.Left = 1 + w[1]
				}
			},
			outcome: func(_ *Exec, alt int) string {
				if w := ways[alt]; len(w) > 1 {
					return fmt.Sprintf("stop_two_cpus(%d, %d)", w[0], w[1])
				}
				return fmt.Sprintf("stop_one_cpu(%d)", ways[alt][0])
			},
		})
		a.whenElse(func(x *Exec) bool { return x.task.Left > 0 }, a.stopTwoCPUs, a.stopOneCPU)
		a.local(func(x *Exec) { x.task.CPU, x.task.Left, x.t.Ret = 0, 0, OK })
	})
	a.done()
}

// migrations are the CPUs of which a migrator may ask something: each, and each two.
func (m *Machine) migrations() (ways [][]uint8) {
	n := uint8(m.Scenario.CPUs)
	for cpu := range n {
		ways = append(ways, []uint8{cpu})
	}
	for cpu := range n {
		for other := cpu + 1; other < n; other++ {
			ways = append(ways, []uint8{cpu, other})
		}
	}
	return ways
}

// migrator is the task whose work that is.
func (x *Exec) migrator(w Work) *Task {
	return &x.s.Task[x.m.threads[x.m.migratorOf(w)].index]
}

func (m *Machine) migratorOf(w Work) ThreadID { return m.FirstMigrator() + ThreadID(w-WorkOfMigrator) }

// Migrator is which of the migrators the thread is.
func (m *Machine) Migrator(id ThreadID) int { return m.threads[id].number }

// work is the running migrator's.
func (x *Exec) work() Work { return WorkOfMigrator + Work(x.m.threads[x.id].number) }

// FirstMigrator returns the first of the migrators' threads.
func (m *Machine) FirstMigrator() ThreadID { return m.first("migrator") }

// queueing is what an instruction that queues work for stoppers reads and writes.
func queueing() access {
	return reads(objStopEnabled).writes(
		objStop | objAck | objWork | objTodo | objStopWork | taskOf(slotStopper),
	).reading(objOnline)
}

// accepted makes visible that a work was queued.
func (x *Exec) accepted(cpu uint8) {
	x.emit(Event{Kind: EventWork, CPU: cpu, Thread: x.id})
}

// stopOneCPU is stop_one_cpu().
func (a *assembler) stopOneCPU() {
	a.notes(factQueues)
	a.fun("stop_one_cpu", func() {
		a.testElse("cpu_stop_queue_work(cpu, &work)", queueing(), func(x *Exec) bool {
			if !x.st().StopEnabled {
				x.t.Ret = ENOENT
				return false
			}
			x.task.Stop = StopMachine{Todo: 1}
			x.queueWork(x.work())
			x.accepted(x.cpu)
			return true
		}, a.waitForWork, func() {})
	})
}

// waitForWork waits until what was accepted is done.
func (a *assembler) waitForWork() {
	a.waitForStop(
		func(x *Exec) *StopMachine { return &x.task.Stop },
		func(x *Exec) { x.emit(Event{Kind: EventWorkDone, CPU: x.cpu, Thread: x.id}) },
	)
}

// stopTwoCPUs is stop_two_cpus(): both stoppers come to multi_cpu_stop(), and one of them does it.
func (a *assembler) stopTwoCPUs() {
	k := &a.m.Kernel
	a.notes(factQueues)
	a.fun("stop_two_cpus", func() {
		begin := func(x *Exec) { x.task.Stop = StopMachine{State: StopPrepare, Threads: 2, Ack: 2, Todo: 2} }
		label, may := "cpu_stop_queue_two_works()", queueing().everyCPU()
		both := func(x *Exec, is func(*CPU) bool) bool { return is(x.st()) && is(&x.s.CPU[x.task.Left-1]) }
		ready := func(x *Exec) bool { return both(x, func(c *CPU) bool { return c.StopEnabled }) }
		if k.StopperDrains { // it went by the active mask then
			label, may = "if (cpu_active(cpu1) && cpu_active(cpu2)) cpu_stop_queue_work()", may.reading(objActive)
			ready = func(x *Exec) bool { return both(x, func(c *CPU) bool { return c.Active }) }
		}
		if !k.StopTwoInTurn {
			a.testElse(label, may, func(x *Exec) bool {
				if !ready(x) {
					x.t.Ret = ENOENT
					return false
				}
				begin(x)
				x.queueFor(x.cpu)
				x.queueFor(x.task.Left - 1)
				return true
			}, a.waitForWork, func() {})
			return
		}
		a.waitTest("smp_call_function_single(min(cpu1, cpu2), irq_cpu_stop_queue_work)", may.reading(objIRQs),
			func(x *Exec) bool { return !x.st().Queueing && !x.st().IRQsOff },
			func(x *Exec) bool {
				if !ready(x) {
					x.t.Ret = ENOENT
					return false
				}
				begin(x)
				x.st().Queueing = true
				x.queueFor(x.cpu)
				return true
			}, func() {
				a.do("cpu_stop_queue_work(cpu2, &work2)", queueing().everyCPU(), func(x *Exec) {
					x.st().Queueing = false
					x.queueFor(x.task.Left - 1)
				})
				a.waitForWork()
			}, func() {})
	})
}

// queueFor queues the running migrator's work for the stopper of a CPU. One that takes no work says that it is done.
func (x *Exec) queueFor(cpu uint8) {
	about := x.cpu
	x.cpu = cpu
	if x.st().StopEnabled {
		x.queueWork(x.work())
		if cpu == about {
			x.accepted(cpu) // where it is to be executed
		}
	} else {
		x.workDone(x.work())
	}
	x.cpu = about
}

// unlessQueueing is an instruction that waits for those who are about to queue work for a second stopper, if there may
// be any.
func (a *assembler) unlessQueueing(label string, may access, run func(*Exec)) {
	if !a.m.migrates() || !a.m.Kernel.StopTwoInTurn {
		a.do(label, may, run)
		return
	}
	a.wait(label, may, func(x *Exec) bool {
		return !slices.ContainsFunc(x.s.CPU[:x.m.Scenario.CPUs], func(c CPU) bool { return c.Queueing })
	}, run)
}

// stopperOfAll is cpu_stopper_thread() where there is more than the work of stop_machine().
func (a *assembler) stopperOfAll() {
	const label = "list_first_entry(&stopper->works)"
	may := writes(objStopWork | objStopped | taskOf(slotStopper))
	end := a.newTarget()
	a.testElse(label, may, func(x *Exec) bool {
		if !x.takeWork() {
			x.schedule()
			return false
		}
		return true
	}, func() {
		a.forever(func(target) {
			a.whenElse(func(x *Exec) bool { return x.st().Work == WorkOfStopMachine || x.stop().Threads > 1 }, func() {
				a.do(
					"MULTI_STOP_PREPARE: ack_state()",
					writes(objStop|objAck).narrowedBy(func(x *Exec) access { return x.acks(own) }), (*Exec).ackState,
				)
				a.multiCPUStop()
			}, func() {
				a.do("work->fn(work->arg)", reads(objStopWork), (*Exec).executeWork)
				a.do("cpu_stop_signal_done(work->done)", writes(objWork|objTodo|objStop).adding(objStopped),
					func(x *Exec) {
						x.workDone(x.st().Work)
						x.st().Stopped, x.st().Work = false, NoWork
					})
			})
			a.testElse(label, may, (*Exec).takeWork, func() {}, func() { a.jump(end) })
		})
	}, func() {})
	a.put(end)
}

// executeWork is what a migrator asked for; nothing, if nobody asked the CPU for anything.
func (x *Exec) executeWork() {
	if w := x.st().Work; w >= WorkOfMigrator {
		x.emit(Event{Kind: EventWorked, CPU: x.cpu, Thread: x.m.migratorOf(w)})
	}
}

// drainWorks is cpu_stop_park() before 233e7f267e58: what is still queued is said to be done, and nothing more is
// taken.
func (a *assembler) drainWorks() {
	a.do(
		"list_for_each_entry(work) cpu_stop_signal_done(work->done, false)",
		writes(objStopWork|objStopEnabled|objWork|objTodo|objStop),
		func(x *Exec) {
			st := x.st()
			for _, w := range st.Works {
				if w != NoWork {
					x.workDone(w)
				}
			}
			st.Works, st.StopEnabled = [maxWorks]Work{}, false
		},
	)
}
