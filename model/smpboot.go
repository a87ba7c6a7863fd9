package model

import "slices"

// kernel/smpboot.c: the loop that every per-CPU thread of the kernel lives in, and what creates, parks and unparks
// them.

// labelCreated is where a thread starts that was just created.
const labelCreated = "kthread(): __kthread_parkme()"

// smpboot is an ordinary smpboot thread, such as ksoftirqd or rcuc: it parks and unparks, and has no work of its own.
func (a *assembler) smpboot(slot int) {
	begin := a.newTarget()
	a.put(begin)
	a.kthread(slot)
	a.fun("smpboot_thread_fn", func() {
		a.forever(func(target) {
			a.shouldPark(slot, func() {
				a.local(func(x *Exec) { // ht->park()
					if x.t.Status == ThreadActive {
						x.t.Status = ThreadParked
					}
				})
			}, func() {
				a.whenElse(func(x *Exec) bool { return x.t.Status == ThreadActive },
					func() { a.do("!ht->thread_should_run(): schedule()", writes(taskOf(slot)), (*Exec).schedule) },
					func() { a.local(func(x *Exec) { x.t.Status = ThreadActive }) }) // ht->setup(), ht->unpark()
			})
		})
	})
	if slot == a.m.late() {
		a.kthreadExit(slot, begin)
	}
}

// cpuhp is cpuhp/N, the hotplug thread.
func (a *assembler) cpuhp() {
	a.kthread(slotCpuhp)
	a.fun("smpboot_thread_fn", func() {
		a.forever(func(target) {
			a.shouldPark(slotCpuhp, func() {}, func() {
				a.whenElse(func(x *Exec) bool { return x.t.Status != ThreadActive },
					func() { a.local(func(x *Exec) { x.t.Status = ThreadActive }) },
					func() {
						at := len(a.nodes)
						a.testElse("cpuhp_should_run()", reads(objShouldRun).writes(taskOf(slotCpuhp)),
							func(x *Exec) bool {
								if x.st().ShouldRun {
									x.t.State = TaskRunning
								} else {
									x.schedule()
								}
								return x.st().ShouldRun
							},
							a.cpuhpThreadFun, func() {})
						a.nodes[at].loose = true // __set_current_state(TASK_RUNNING)
					})
			})
		})
	})
}

// kthread is the start of a new thread: it parks before it does anything.
func (a *assembler) kthread(slot int) {
	a.self = 1 + slot
	a.fun("kthread", func() {
		a.do(labelCreated, own, nil)
		a.kthreadParkme(slot)
	})
}

// shouldPark is the head of the loop in smpboot_thread_fn(): the thread announces that it may sleep, and looks whether
// it is to park. The announcement comes first, so that a wake-up in between is not lost.
func (a *assembler) shouldPark(slot int, park, otherwise func()) {
	a.top = true
	acc, announce := reads(kthreadOf(slot)).writes(taskOf(slot)), func(x *Exec) { x.t.State = TaskInterruptible }
	if slot == a.m.late() {
		a.stopping(slot)
		acc, announce = reads(kthreadOf(slot)), func(*Exec) {}
	}
	a.testElse("kthread_should_park()", acc,
		func(x *Exec) bool {
			announce(x)
			return x.t.ShouldPark
		},
		func() {
			park()
			a.kthreadParkme(slot)
		},
		func() {
			a.bugIf("td->cpu != smp_processor_id()", func(x *Exec) bool { return x.t.Elsewhere })
			otherwise()
		})
}

// hotplugThreads are the slots of the registered threads, in the order of the list hotplug_threads: the last one that
// was registered comes first.
func (m *Machine) hotplugThreads() []int {
	var slots []int
	if late := m.late(); late >= 0 {
		slots = append(slots, late)
	}
	slots = append(slots, slotCpuhp)
	for i := m.Scenario.Smpboot - 1; i >= 0; i-- {
		if slot := slotSmpboot + i; slot != m.late() {
			slots = append(slots, slot)
		}
	}
	return append(slots, slotStopper)
}

// selfParking is smp_hotplug_thread.selfparking: smpboot neither parks nor unparks these.
func selfParking(slot int) bool { return slot == slotCpuhp || slot == slotStopper }

// smpbootCreateThreads is smpboot_create_threads(). A failure leaves the threads that it made before, parked; the next
// attempt finds them.
func (a *assembler) smpbootCreateThreads() {
	a.fun("smpboot_create_threads", func() {
		a.mutexLock(SmpbootThreadsLock)
		failure := a.newTarget()
		a.eachListed(a.m.hotplugThreads(), func(slot int) {
			a.smpbootCreateThread(slot)
			a.when(failed, func() { a.jump(failure) })
		})
		a.put(failure)
		a.mutexUnlock(SmpbootThreadsLock)
	})
}

// smpbootCreateThread is __smpboot_create_thread(): it returns 0 for a thread that exists.
func (a *assembler) smpbootCreateThread(slot int) {
	name := slotName(slot)
	a.fun("__smpboot_create_thread", func() {
		a.setRet(OK)
		a.test("!"+name, reads(kthreadOf(slot)), func(x *Exec) bool { return !x.thread(slot).Exists }, func() {
			a.kthreadCreate(slot)
			a.when(failed, a.ret)
			a.kthreadPark(slot)
			if selfParking(slot) { // these have ht->create()
				a.create(slot)
			}
		})
	})
}

// kthreadCreate is kthread_create_on_cpu().
func (a *assembler) kthreadCreate(slot int) {
	name := slotName(slot)
	a.mayFail("kthread_create_on_cpu("+name+")", writes(taskOf(slot)|kthreadOf(slot)),
		FaultPoint{Name: "create/" + name, Doc: "creating the thread " + name + "/N fails", Errno: ENOMEM},
		func(x *Exec) {
			if x.t.Ret == OK {
				*x.thread(slot) = Thread{
					PC: x.m.created[slot], State: TaskUninterruptible, Exists: true, Elsewhere: true,
				}
			}
		})
}

// create waits until a new thread sleeps, and calls ht->create(): cpuhp_create() or cpu_stop_create().
func (a *assembler) create(slot int) {
	a.waitTaskInactive(slot, func() {
		if slot == slotCpuhp {
			a.do("cpuhp_create(): init_completion(&st->done)", writes(objDone), func(x *Exec) { x.st().Done = 0 })
		}
	})
}

// smpbootUnparkThreads is smpboot_unpark_threads().
func (a *assembler) smpbootUnparkThreads() {
	a.fun("smpboot_unpark_threads", func() {
		a.mutexLock(SmpbootThreadsLock)
		a.eachListed(a.m.hotplugThreads(), func(slot int) {
			if !selfParking(slot) {
				a.smpbootUnparkThread(slot)
			}
		})
		a.mutexUnlock(SmpbootThreadsLock)
		a.setRet(OK)
	})
}

// smpbootParkThreads is smpboot_park_threads(), which goes through the list backwards.
func (a *assembler) smpbootParkThreads() {
	a.fun("smpboot_park_threads", func() {
		a.mutexLock(SmpbootThreadsLock)
		slots := a.m.hotplugThreads()
		slices.Reverse(slots)
		a.eachListed(slots, func(slot int) {
			if !selfParking(slot) {
				a.test(slotName(slot), reads(kthreadOf(slot)), func(x *Exec) bool { return x.thread(slot).Exists },
					func() { a.kthreadPark(slot) })
			}
		})
		a.mutexUnlock(SmpbootThreadsLock)
	})
}
