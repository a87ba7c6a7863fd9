package model

// kernel/kthread.c: parking. A thread is parked by setting KTHREAD_SHOULD_PARK and waking it; it says that it is parked
// by completing kthread->parked, and sleeps in TASK_PARKED, from which an ordinary wake-up does not bring it back.
// Since 85f1abe0019f who parks it waits until it sleeps; before, KTHREAD_IS_PARKED says that it is about to. Unparking
// does not wait for the thread to have left.

// wake is try_to_wake_up(): a thread whose state is among those given runs again. If it slept and its CPU is offline,
// it runs on another one.
func (x *Exec) wake(slot int, states ...TaskState) {
	t := x.thread(slot)
	for _, state := range states {
		if t.State != state {
			continue
		}
		t.State = TaskRunning
		if !t.Queued {
			t.Queued = true
			t.Elsewhere = t.Elsewhere || !x.st().Online
			x.emit(Event{Kind: EventWake, CPU: x.cpu, Thread: x.m.threadOf(x.cpu, slot)})
		}
		return
	}
}

// wakeUpProcess is wake_up_process(): it does not wake a parked thread.
func (a *assembler) wakeUpProcess(slot int) {
	a.do("wake_up_process("+slotName(slot)+")", reads(objOnline).writes(taskOf(slot)), func(x *Exec) {
		x.wake(slot, TaskInterruptible, TaskUninterruptible)
	})
}

// schedule gives up the CPU; a thread whose state is not TASK_RUNNING sleeps until it is woken. Of one that is parked
// and will be bound before that, it is forgotten whether it was moved away from its CPU.
func (x *Exec) schedule() {
	x.t.Queued = x.t.State == TaskRunning
	if x.t.State == TaskParked && x.m.rebinds() {
		x.t.Elsewhere = false
	}
}

// kthreadPark is kthread_park() of another thread.
func (a *assembler) kthreadPark(slot int) {
	name := slotName(slot)
	park := func() { a.parkAndWait(slot, name) }
	if !a.m.Kernel.ParkWaits {
		park = func() {
			a.test("!test_bit(KTHREAD_IS_PARKED, "+name+")", reads(kthreadOf(slot)),
				func(x *Exec) bool { return !x.thread(slot).IsParked },
				func() { a.askToPark(slot, name) })
		}
	}
	within(&a.about, 1+slot, func() { a.fun("kthread_park", park) })
}

// parkAndWait is kthread_park() that returns when the thread sleeps.
func (a *assembler) parkAndWait(slot int, name string) {
	twice := a.m.assertion("kthread_park: WARN_ON_ONCE(test_bit(KTHREAD_SHOULD_PARK))")
	a.testElse("WARN_ON_ONCE(test_bit(KTHREAD_SHOULD_PARK, "+name+"))", reads(kthreadOf(slot)),
		func(x *Exec) bool { return x.thread(slot).ShouldPark },
		func() { a.emit(func(x *Exec) Event { return Event{Kind: EventWarn, CPU: x.cpu, Assertion: twice} }) },
		func() {
			a.askToPark(slot, name)
			a.waitTaskInactive(slot, func() {})
		})
}

// askToPark tells a thread to park, and waits until it says that it does.
func (a *assembler) askToPark(slot int, name string) {
	a.do("set_bit(KTHREAD_SHOULD_PARK, "+name+")", writes(kthreadOf(slot)),
		func(x *Exec) {
			x.thread(slot).ShouldPark = true
			x.completion(EventRequest, parked(slot), ForPark)
		})
	a.wakeUpProcess(slot)
	a.mightSleep(nil)
	a.wait("wait_for_completion(&"+name+"->parked)", writes(kthreadOf(slot)),
		func(x *Exec) bool { return x.thread(slot).Parked > 0 },
		func(x *Exec) {
			x.thread(slot).Parked--
			x.completion(EventConsume, parked(slot), ForPark)
		})
}

// kthreadUnpark is kthread_unpark() of a thread that is bound to a CPU.
func (a *assembler) kthreadUnpark(slot int) {
	name := slotName(slot)
	clear := func() {
		a.do("clear_bit(KTHREAD_SHOULD_PARK, "+name+")", writes(kthreadOf(slot)), func(x *Exec) {
			t := x.thread(slot)
			t.ShouldPark = false
			t.IsParked = t.IsParked && !x.m.Kernel.ParkWaits
		})
	}
	wake := func() {
		a.do("wake_up_state("+name+", TASK_PARKED)", reads(objOnline).writes(taskOf(slot)),
			func(x *Exec) { x.wake(slot, TaskParked) })
	}
	unpark := func() {
		acc := a.observingIfBound(slot, reads(kthreadOf(slot)))
		if a.m.Kernel.UnparkAsks {
			a.test("!test_bit(KTHREAD_SHOULD_PARK, "+name+")", acc,
				func(x *Exec) bool { return !x.thread(slot).ShouldPark }, a.ret)
		} else {
			a.do("test_bit(KTHREAD_IS_PER_CPU, "+name+")", acc, nil)
		}
		a.kthreadBind(slot)
		clear()
		wake()
	}
	if !a.m.Kernel.ParkWaits {
		unpark = func() {
			clear()
			a.test("test_and_clear_bit(KTHREAD_IS_PARKED, "+name+")",
				a.observingIfBound(slot, writes(kthreadOf(slot))),
				func(x *Exec) bool {
					was := x.thread(slot).IsParked
					x.thread(slot).IsParked = false
					return was
				},
				func() {
					a.kthreadBind(slot)
					wake()
				})
		}
	}
	within(&a.about, 1+slot, func() { a.fun("kthread_unpark", unpark) })
}

// kthreadBind is __kthread_bind(): once the thread has left the run queue it may run on its own CPU only.
func (a *assembler) kthreadBind(slot int) {
	a.fun("__kthread_bind", func() {
		a.waitTaskInactive(slot, func() {
			at := len(a.nodes)
			a.do(
				"do_set_cpus_allowed()", writes(taskOf(slot)|kthreadOf(slot)),
				func(x *Exec) { x.thread(slot).Elsewhere = false },
			)
			a.nodes[at].binds = true
		})
	})
}

// waitTaskInactive waits until a thread that parks has left the run queue, and then goes on; it warns if the thread
// does not park.
func (a *assembler) waitTaskInactive(slot int, then func()) {
	// It sleeps as long as the thread is on a run queue.
	if a.bound && a.name != "cpuhp" || a.m.Scenario.clientsDo("spin_lock") {
		a.m.watched[slot] = true
	}
	a.mightSleep(func(x *Exec) bool { return x.thread(slot).Queued })
	warning := a.m.assertion(a.fn.name + ": WARN_ON(!wait_task_inactive())")
	a.waitTest("wait_task_inactive("+slotName(slot)+", TASK_PARKED)", reads(taskOf(slot)),
		func(x *Exec) bool { t := x.thread(slot); return t.State != TaskParked || !t.Queued },
		func(x *Exec) bool { return x.thread(slot).State == TaskParked },
		then,
		func() { a.emit(func(x *Exec) Event { return Event{Kind: EventWarn, CPU: x.cpu, Assertion: warning} }) })
}

// kthreadParkme is __kthread_parkme(), of the running thread, which is in that slot.
func (a *assembler) kthreadParkme(slot int) {
	within(&a.about, 1+slot, func() { within(&a.park, true, func() { a.parkme(slot) }) })
}

func (a *assembler) parkme(slot int) {
	a.fun("__kthread_parkme", func() {
		a.forever(func(end target) {
			a.testElse("while (test_bit(KTHREAD_SHOULD_PARK))", reads(kthreadOf(slot)).writes(taskOf(slot)),
				func(x *Exec) bool {
					x.t.State = TaskParked
					return x.t.ShouldPark
				},
				func() {
					if a.m.Kernel.ParkWaits {
						a.completeParked(slot)
					} else {
						a.test("!test_and_set_bit(KTHREAD_IS_PARKED)", writes(kthreadOf(slot)),
							func(x *Exec) bool {
								was := x.t.IsParked
								x.t.IsParked = true
								return !was
							},
							func() { a.completeParked(slot) })
					}
					at := len(a.nodes)
					a.do("schedule()", writes(taskOf(slot)), (*Exec).schedule)
					a.nodes[at].sleeps = true
				},
				func() { a.jump(end) })
		})
		if a.m.Kernel.ParkWaits {
			a.do(
				"__set_current_state(TASK_RUNNING)", writes(taskOf(slot)), func(x *Exec) { x.t.State = TaskRunning },
			)
			return
		}
		a.do("clear_bit(KTHREAD_IS_PARKED)", writes(kthreadOf(slot)|taskOf(slot)), func(x *Exec) {
			x.t.IsParked = false
			x.t.State = TaskRunning
		})
	})
}

// observingIfBound adds, in the program of a thread that must not sleep, that what comes next looks whether the thread
// in a slot still runs.
func (a *assembler) observingIfBound(slot int, acc access) access {
	if a.bound {
		return acc.reading(taskOf(slot))
	}
	return acc
}

// completeParked is complete(&self->parked). A stopper that has run parks itself later on, and nobody ever waits for
// that: the kernel's count goes up with each offlining, the model does not keep it.
func (a *assembler) completeParked(slot int) {
	a.do("complete(&self->parked)", writes(kthreadOf(slot)), func(x *Exec) {
		x.t.IsParked = true
		if slot != slotStopper || x.t.Status == ThreadNone {
			x.t.Parked = min(x.t.Parked+1, maxDone)
			x.completion(EventComplete, parked(slot), ForPark)
		}
	})
}

// parked is the completion of a thread that parks.
func parked(slot int) Completion { return ParkedCompletion + Completion(slot) }

// completion makes what happens to a completion visible.
func (x *Exec) completion(kind EventKind, c Completion, p Purpose) {
	x.emit(Event{Kind: kind, CPU: x.cpu, Completion: c, Purpose: p})
}
