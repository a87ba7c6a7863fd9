package model

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
				a.wait("wait_for_completion(&done.completion)",
					writes(objWork|objStop|objTodo|objAck).unless(func(x *Exec) bool { return x.s.Stop.Done }, reads(objWork|objTodo)),
					func(x *Exec) bool { return x.s.Stop.Done },
					func(x *Exec) {
						x.t.Ret = x.s.Stop.Ret
						x.s.Stop = StopMachine{}
						x.completion(EventConsume, StopCompletion, ForStop)
					})
			})
			a.mutexUnlock(StopCPUsMutex)
		})
	})
}

// queueStopCPUsWork is queue_stop_cpus_work(). It runs with preemption disabled, so that it is through before anybody has
// to wait for it: a stopper that starts early spins in MULTI_STOP_PREPARE until the last one has its work, so one atomic
// instruction is as good as the loop.
func (a *assembler) queueStopCPUsWork() {
	tasks := taskOf(slotStopper)
	a.fun("queue_stop_cpus_work", func() {
		a.do("for_each_cpu(cpu, cpu_online_mask) cpu_stop_queue_work()",
			reads(objOnline|objStopEnabled).writes(objStop|objAck|objWork|objTodo|objStopWork|tasks).everyCPU(), func(x *Exec) {
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
					c.StopWork, c.StopTarget = true, uint8(cpu) == target
					x.cpu = uint8(cpu)
					x.wake(slotStopper, TaskInterruptible, TaskUninterruptible)
				}
				x.cpu = target
				stop.Ack = stop.Threads
				x.t.Ret = OK
				if !queued {
					x.t.Ret = ENOENT
					*stop = StopMachine{}
				}
			})
	})
}

// stopper is migration/N. It runs nothing but multi_cpu_stop(), in the lock-step of all online CPUs.
func (a *assembler) stopper() {
	a.kthread(slotStopper)
	task := taskOf(slotStopper)
	a.fun("smpboot_thread_fn", func() {
		a.forever(func(target) {
			a.shouldPark(slotStopper, a.cpuStopPark, func() {
				a.local(func(x *Exec) { x.t.Status = ThreadActive })
				a.fun("cpu_stopper_thread", func() {
					a.testElse("list_first_entry(&stopper->works)",
						writes(objStopWork|objStopped|objStop|objAck|task).narrowedBy(func(x *Exec) access {
							if !x.st().StopWork {
								return reads(objStopWork).writes(task)
							}
							return x.acks(writes(objStopWork | objStopped | task))
						}),
						func(x *Exec) bool {
							st := x.st()
							if !st.StopWork {
								x.schedule()
								return false
							}
							st.StopWork, st.Stopped = false, true
							x.t.State = TaskRunning
							x.ackState() // MULTI_STOP_PREPARE
							return true
						},
						a.multiCPUStop, func() {})
				})
			})
		})
	})
}

// cpuStopPark is cpu_stop_park(), which smpboot calls before the stopper parks.
func (a *assembler) cpuStopPark() {
	a.fun("cpu_stop_park", func() {
		a.local(func(x *Exec) { x.t.Status = ThreadParked })
		warning := a.m.assertion("cpu_stop_park: WARN_ON(!list_empty(&stopper->works))")
		a.test("WARN_ON(!list_empty(&stopper->works))", reads(objStopWork), func(x *Exec) bool { return x.st().StopWork },
			func() { a.emit(func(x *Exec) Event { return Event{Kind: EventWarn, CPU: x.cpu, Assertion: warning} }) })
	})
}

// acks adds what ack_state() does to the access of an instruction. Everybody counts, and whoever comes last moves on: who that is
// makes no difference to what comes of it. That all have the same state before makes it no race to read it.
func (x *Exec) acks(a access) access {
	if x.s.Stop.Ack > 1 {
		return a.adding(objAck)
	}
	return a.adding(objAck).writes(objStop)
}

// stopping is the access of an instruction of multi_cpu_stop(): until the state has come that it waits for, it looks at the
// state, which changes with the count.
func stopping(s StopState, may access, now func(*Exec) access) access {
	return may.narrowedBy(func(x *Exec) access {
		if x.s.Stop.State != s {
			return reads(objStop | objAck)
		}
		return now(x)
	})
}

// ackState is ack_state(): the last one to acknowledge a state moves to the next.
func (x *Exec) ackState() {
	stop := &x.s.Stop
	if stop.Ack--; stop.Ack == 0 {
		stop.Ack = stop.Threads
		stop.State++
	}
}

// multiCPUStop is multi_cpu_stop() from MULTI_STOP_DISABLE_IRQ on. What a stopper does on seeing a state and its
// acknowledgement are one instruction where it does nothing that takes time: the state can't change in between.
func (a *assembler) multiCPUStop() {
	a.fun("multi_cpu_stop", func() {
		a.wait("MULTI_STOP_DISABLE_IRQ: local_irq_disable()",
			stopping(StopDisableIRQ, writes(objStop|objAck|objIRQs), func(x *Exec) access { return x.acks(writes(objIRQs)) }),
			seen(StopDisableIRQ),
			func(x *Exec) {
				x.st().IRQsOff = true
				x.ackState()
			})
		a.waitTest("MULTI_STOP_RUN: if (is_active)",
			stopping(StopRun, reads(objStopWork).writes(objStop|objAck), func(x *Exec) access {
				if x.st().StopTarget {
					return reads(objStopWork | objStop)
				}
				return x.acks(reads(objStopWork))
			}),
			seen(StopRun),
			func(x *Exec) bool {
				if !x.st().StopTarget {
					x.ackState()
				}
				return x.st().StopTarget
			},
			func() {
				a.takeCPUDown()
				a.do("MULTI_STOP_RUN: ack_state()", writes(objStop|objAck).narrowedBy(func(x *Exec) access { return x.acks(own) }), func(x *Exec) { x.ackState() })
			}, func() {})
	})
	a.cpuStopSignalDone()
}

func seen(s StopState) func(*Exec) bool {
	return func(x *Exec) bool { return x.s.Stop.State == s }
}

// cpuStopSignalDone is MULTI_STOP_EXIT, cpu_stop_signal_done() and the way back to sleep, in one: nobody looks at the
// multi_stop_data after MULTI_STOP_EXIT, and no work can be queued before the last stopper has been here.
func (a *assembler) cpuStopSignalDone() {
	a.fun("cpu_stop_signal_done", func() {
		a.wait("MULTI_STOP_EXIT: atomic_dec_and_test(&done->nr_todo)",
			stopping(StopExit, writes(objWork|objTodo|objAck|objStop|objStopped|objStopWork|objIRQs|taskOf(slotStopper)), func(x *Exec) access {
				a := reads(kthreadOf(slotStopper)).writes(objStopWork | objIRQs | taskOf(slotStopper)).adding(objTodo | objStopped)
				if x.s.Stop.Todo == 1 || x.t.Ret != OK {
					return a.writes(objWork | objStop)
				}
				return a
			}),
			seen(StopExit), func(x *Exec) {
				stop, st := &x.s.Stop, x.st()
				if x.t.Ret != OK {
					stop.Ret = x.t.Ret
				}
				st.IRQsOff, st.Stopped, st.StopTarget = false, false, false
				x.t.Ret = OK
				if stop.Todo--; stop.Todo == 0 {
					stop.State, stop.Done = StopNone, true
					x.completion(EventComplete, StopCompletion, ForStop)
				}
				if !x.t.ShouldPark {
					x.t.State = TaskInterruptible
					x.schedule()
				}
			})
	})
}

// stopMachinePark is stop_machine_park(), called by the stopper itself.
func (a *assembler) stopMachinePark() {
	a.fun("stop_machine_park", func() {
		a.do("stopper->enabled = false", writes(objStopEnabled), func(x *Exec) { x.st().StopEnabled = false })
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
