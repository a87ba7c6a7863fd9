package model

import "slices"

// kernel/stop_machine.c: stopping every CPU, so that one of them may do what nobody must see half done.

// stopMachine is stop_machine(take_cpu_down, NULL, cpumask_of(cpu)). The caller is the active writer, so its
// get_online_cpus() returns at once.
func (a *assembler) stopMachine() {
	a.fun("stop_machine", func() {
		a.fun("stop_cpus", func() {
			a.mutexLock(StopCPUsMutex)
			a.fun("__stop_cpus", func() {
				a.queueStopCPUsWork()
				a.when(failed, a.ret)
				a.waitForStop(
					func(x *Exec) *StopMachine { return &x.s.Stop },
					func(x *Exec) { x.completion(EventConsume, StopCompletion, ForStop) },
				)
			})
			a.mutexUnlock(StopCPUsMutex)
		})
	})
}

// waitForStop waits until all that was queued for stoppers is done; ret is what came of it.
func (a *assembler) waitForStop(stop func(*Exec) *StopMachine, then func(*Exec)) {
	done := func(x *Exec) bool { return stop(x).Done }
	a.wait(
		"wait_for_completion(&done.completion)",
		writes(objWork|objStop|objTodo|objAck).unless(done, reads(objWork|objTodo)),
		done,
		func(x *Exec) {
			x.t.Ret = stop(x).Ret
			*stop(x) = StopMachine{}
			then(x)
		},
	)
}

// queueStopCPUsWork is queue_stop_cpus_work(). It runs with preemption disabled, so that it is through before anybody
// has to wait for it: a stopper that starts early spins in MULTI_STOP_PREPARE until the last one has its work, so one
// atomic instruction is as good as the loop. Who queues for two stoppers meanwhile is kept out, by
// stop_cpus_in_progress or, before it, by a lock.
func (a *assembler) queueStopCPUsWork() {
	tasks := taskOf(slotStopper)
	a.fun("queue_stop_cpus_work", func() {
		a.unlessQueueing(
			"for_each_cpu(cpu, cpu_online_mask) cpu_stop_queue_work()",
			reads(objOnline|objStopEnabled).writes(objStop|objAck|objWork|objTodo|objStopWork|tasks).everyCPU(),
			func(x *Exec) {
				target, queued := x.cpu, false
				stop := &x.s.Stop
				*stop = StopMachine{State: StopPrepare}
				x.completion(EventRequest, StopCompletion, ForStop)
				for cpu := range x.m.Scenario.CPUs {
					c := &x.s.CPU[cpu]
					if !c.Online {
						continue
					}
					stop.Threads++
					if !c.StopEnabled {
						continue // completed without having run
					}
					queued = true
					stop.Todo++
					c.StopTarget = uint8(cpu) == target
					x.cpu = uint8(cpu)
					x.queueWork(WorkOfStopMachine)
				}
				x.cpu = target
				stop.Ack = stop.Threads
				x.t.Ret = OK
				if !queued {
					x.t.Ret = ENOENT
					*stop = StopMachine{}
				}
			},
		)
	})
}

// queueWork is __cpu_stop_queue_work() for the stopper of the CPU.
func (x *Exec) queueWork(w Work) {
	works := &x.st().Works
	works[slices.Index(works[:], NoWork)] = w
	x.wake(slotStopper, TaskInterruptible, TaskUninterruptible)
}

// takeWork takes the first work off the list of the running stopper, and reports whether there was one. From here on
// the stopper has its CPU for itself.
func (x *Exec) takeWork() bool {
	st := x.st()
	if st.Works[0] == NoWork {
		return false
	}
	if x.m.migrates() {
		st.Work = st.Works[0]
	}
	copy(st.Works[:], st.Works[1:])
	st.Works[maxWorks-1] = NoWork
	st.Stopped = true
	x.t.State = TaskRunning
	return true
}

// stop is the multi_stop_data of the work that the running stopper executes.
func (x *Exec) stop() *StopMachine {
	if w := x.st().Work; w >= WorkOfMigrator {
		return &x.migrator(w).Stop
	}
	return &x.s.Stop
}

// stopper is migration/N. What it runs is multi_cpu_stop(), in the lock-step of all online CPUs; and what migrators ask
// for.
func (a *assembler) stopper() {
	a.kthread(slotStopper)
	a.fun("smpboot_thread_fn", func() {
		a.forever(func(target) {
			a.shouldPark(slotStopper, a.cpuStopPark, func() {
				a.local(func(x *Exec) { x.t.Status = ThreadActive })
				a.cpuStopperThread()
			})
		})
	})
}

// cpuStopperThread is cpu_stopper_thread(), and the stopper's way back to sleep if there is no work.
func (a *assembler) cpuStopperThread() {
	task := taskOf(slotStopper)
	a.fun("cpu_stopper_thread", func() {
		if a.m.migrates() {
			a.stopperOfAll()
			return
		}
		at := len(a.nodes)
		a.testElse("list_first_entry(&stopper->works)",
			writes(objStopWork|objStopped|objStop|objAck|task).narrowedBy(func(x *Exec) access {
				if x.st().Works[0] == NoWork {
					return reads(objStopWork).writes(task)
				}
				return x.acks(writes(objStopWork | objStopped | task))
			}),
			func(x *Exec) bool {
				if !x.takeWork() {
					x.schedule()
					return false
				}
				x.ackState() // MULTI_STOP_PREPARE
				return true
			},
			a.multiCPUStop, func() {})
		a.waitForSpinlocks(at)
	})
}

// cpuStopPark is cpu_stop_park(), which smpboot calls before the stopper parks.
func (a *assembler) cpuStopPark() {
	a.fun("cpu_stop_park", func() {
		a.local(func(x *Exec) { x.t.Status = ThreadParked })
		if a.m.Kernel.StopperDrains {
			a.drainWorks()
			return
		}
		warning := a.m.assertion("cpu_stop_park: WARN_ON(!list_empty(&stopper->works))")
		a.test(
			"WARN_ON(!list_empty(&stopper->works))", reads(objStopWork),
			func(x *Exec) bool { return x.st().Works[0] != NoWork },
			func() { a.emit(func(x *Exec) Event { return Event{Kind: EventWarn, CPU: x.cpu, Assertion: warning} }) },
		)
	})
}

// acks adds what ack_state() does to the access of an instruction. Everybody counts, and whoever comes last moves on:
// who that is makes no difference to what comes of it. That all have the same state before makes it no race to read it.
func (x *Exec) acks(a access) access {
	if x.stop().Ack > 1 {
		return a.adding(objAck)
	}
	return a.adding(objAck).writes(objStop)
}

// stopping is the access of an instruction of multi_cpu_stop(): until the state has come that it waits for, it looks at
// the state, which changes with the count.
func stopping(s StopState, may access, now func(*Exec) access) access {
	return may.narrowedBy(func(x *Exec) access {
		if x.stop().State != s {
			return reads(objStop | objAck)
		}
		return now(x).reading(objStop)
	})
}

// ackState is ack_state(): the last one to acknowledge a state moves to the next.
func (x *Exec) ackState() {
	stop := x.stop()
	if stop.Ack--; stop.Ack == 0 {
		stop.Ack = stop.Threads
		stop.State++
	}
}

// multiCPUStop is multi_cpu_stop() from MULTI_STOP_DISABLE_IRQ on. What a stopper does on seeing a state and its
// acknowledgement are one instruction where it does nothing that takes time: the state can't change in between.
func (a *assembler) multiCPUStop() {
	a.fun("multi_cpu_stop", func() {
		a.wait(
			"MULTI_STOP_DISABLE_IRQ: local_irq_disable()",
			stopping(
				StopDisableIRQ, writes(objStop|objAck|objIRQs), func(x *Exec) access { return x.acks(writes(objIRQs)) },
			),
			seen(StopDisableIRQ),
			func(x *Exec) {
				x.st().IRQsOff = true
				x.ackState()
			},
		)
		a.waitTest("MULTI_STOP_RUN: if (is_active)",
			stopping(StopRun, reads(objStopWork).writes(objStop|objAck), func(x *Exec) access {
				if x.isActive() {
					return reads(objStopWork | objStop)
				}
				return x.acks(reads(objStopWork))
			}),
			seen(StopRun),
			func(x *Exec) bool {
				if !x.isActive() {
					x.ackState()
					return false
				}
				return true
			},
			func() {
				if a.m.migrates() {
					a.whenElse(func(x *Exec) bool { return x.st().Work >= WorkOfMigrator }, func() {
						a.do("msdata->fn(msdata->data)", own, (*Exec).executeWork)
					}, a.takeCPUDown)
				} else {
					a.takeCPUDown()
				}
				a.do(
					"MULTI_STOP_RUN: ack_state()",
					writes(objStop|objAck).narrowedBy(func(x *Exec) access { return x.acks(own) }),
					func(x *Exec) { x.ackState() },
				)
			}, func() {})
	})
	a.cpuStopSignalDone()
}

// isActive reports whether it is the running stopper that is to do what all have stopped for.
func (x *Exec) isActive() bool {
	if w := x.st().Work; w >= WorkOfMigrator {
		return x.migrator(w).CPU == x.cpu
	}
	return x.st().StopTarget
}

func seen(s StopState) func(*Exec) bool {
	return func(x *Exec) bool { return x.stop().State == s }
}

// cpuStopSignalDone is MULTI_STOP_EXIT, cpu_stop_signal_done() and, without migrators, the way back to sleep, in one:
// nobody looks at the multi_stop_data after MULTI_STOP_EXIT, and then no work can be queued before the last stopper has
// been here.
func (a *assembler) cpuStopSignalDone() {
	a.fun("cpu_stop_signal_done", func() {
		a.wait(
			"MULTI_STOP_EXIT: atomic_dec_and_test(&done->nr_todo)",
			stopping(
				StopExit,
				writes(objWork|objTodo|objAck|objStop|objStopped|objStopWork|objIRQs|taskOf(slotStopper)),
				func(x *Exec) access {
					a := reads(kthreadOf(slotStopper)).writes(
						objStopWork | objIRQs | taskOf(slotStopper),
					).adding(objTodo | objStopped)
					if x.stop().Todo == 1 || x.t.Ret != OK {
						return a.writes(objWork | objStop)
					}
					return a
				},
			),
			seen(StopExit),
			func(x *Exec) {
				st := x.st()
				if x.t.Ret != OK {
					x.stop().Ret = x.t.Ret
				}
				if x.workDone(st.Work); st.Work < WorkOfMigrator {
					st.StopTarget = false
				}
				st.IRQsOff, st.Stopped, st.Work, x.t.Ret = false, false, NoWork, OK
				if !x.m.migrates() && !x.t.ShouldPark {
					x.t.State = TaskInterruptible
					x.schedule()
				}
			},
		)
	})
}

// workDone is cpu_stop_signal_done().
func (x *Exec) workDone(w Work) {
	stop := &x.s.Stop
	if w >= WorkOfMigrator {
		stop = &x.migrator(w).Stop
	}
	if stop.Todo--; stop.Todo > 0 {
		return
	}
	stop.State, stop.Done = StopNone, true
	if w < WorkOfMigrator {
		x.completion(EventComplete, StopCompletion, ForStop)
	}
}

// stopMachinePark is stop_machine_park(), called by the stopper itself.
func (a *assembler) stopMachinePark() {
	a.fun("stop_machine_park", func() {
		if !a.m.Kernel.StopperDrains {
			a.do("stopper->enabled = false", writes(objStopEnabled), func(x *Exec) { x.st().StopEnabled = false })
		}
		a.do("kthread_park(stopper->thread)", writes(kthreadOf(slotStopper)), func(x *Exec) { x.t.ShouldPark = true })
	})
}

// stopMachineUnpark is stop_machine_unpark().
func (a *assembler) stopMachineUnpark() {
	a.fun("stop_machine_unpark", func() {
		a.do("stopper->enabled = true", writes(objStopEnabled), func(x *Exec) { x.st().StopEnabled = true })
		a.kthreadUnpark(slotStopper)
	})
}

// waitForSpinlocks has the stopper, at that node, not run as long as a client's spinlock is held.
func (a *assembler) waitForSpinlocks(at int) {
	spinlocks := a.m.spinlocks()
	if spinlocks == 0 {
		return
	}
	n := &a.nodes[at]
	now := n.access.now
	n.access.clientRead |= spinlocks
	n.access.now = func(x *Exec) access {
		acc := now(x)
		acc.clientRead |= spinlocks
		return acc
	}
	n.ready = asCount(func(x *Exec) bool { return x.st().Works[0] == NoWork || x.nobodySpins() })
}
