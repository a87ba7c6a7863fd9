package model

// kernel/smpboot.c and kernel/kthread.c: threads that are registered when CPUs are up already, by a module or by the
// watchdog of a kernel before v4.19, and are taken away again.

// Whether the threads are on the list hotplug_threads, and on which CPU one of them is told to stop.
var (
	threadsListed = &Extra{name: "on hotplug_threads", kind: Flag, sight: visible}
	threadStops   = &Extra{name: "KTHREAD_SHOULD_STOP", kind: CPUOf}
)

// registrars is a task that registers smpboot threads and unregisters them. They are the last of the scenario's smpboot
// threads on each CPU, which are not there at boot then.
func registrars() participant {
	return participant{
		params: []Param{
			whether("registrar", "task that registers smpboot threads",
				"a task registers the last smpboot threads when CPUs are up, and unregisters them, again and again",
				func(sc *Scenario) *bool { return &sc.Registrar }),
		},
		crews: func(sc *Scenario) []crew {
			return some(crew{
				name: "registrar", alone: "registrar", count: one(sc.Registrar), body: (*assembler).registrar,
			})
		},
		vars:    []*Extra{threadsListed, threadStops},
		numbers: true,
		join:    func(sc *Scenario) { sc.Registrar, sc.Smpboot = true, max(1, sc.Smpboot) },
		fits: func(sc *Scenario) error {
			if sc.Registrar && sc.Smpboot <= one(sc.RCU) {
				return &ParamError{
					"registrar", "true", "a smpboot thread for it in smpboot-threads, besides the one that grace " +
						"periods need",
				}
			}
			return nil
		},
		files: map[string]string{
			"registrar": "", "smpboot_register_percpu_thread": "kernel/smpboot.c",
			"smpboot_unregister_percpu_thread": "kernel/smpboot.c", "smpboot_destroy_threads": "kernel/smpboot.c",
			"smpboot_unpark_thread": "kernel/smpboot.c", "kthread_stop": "kernel/kthread.c",
			"kthread_exit": "kernel/kthread.c",
		},
		unforced: same("that threads are registered meanwhile: load and unload a module that calls " +
			"smpboot_register_percpu_thread()"),
	}
}

// registrar is that task. It does nothing about CPUs itself.
func (a *assembler) registrar() {
	slot := a.m.late()
	a.scenario("registrar", func() {
		a.forever(func(target) {
			a.rest("insmod", own, func(*Exec) bool { return true }, nil)
			a.registerThreads(slot)
			a.when(func(x *Exec) bool { return x.t.Ret == OK }, func() {
				a.rest("rmmod", own, func(*Exec) bool { return true }, nil)
				a.unregisterThreads(slot)
			})
			a.setRet(OK)
		})
	})
}

// late is the slot of the threads that are registered when CPUs are up, below 0 if there are none.
func (m *Machine) late() int {
	if !m.Scenario.Registrar {
		return -1
	}
	return slotSmpboot + m.Scenario.Smpboot - 1
}

// Registered reports whether smpboot knows of the i-th ordinary threads.
func (m *Machine) Registered(s *State, i int) bool {
	return slotSmpboot+i != m.late() || threadsListed.get(m, s) != 0
}

// Stops reports whether a thread is told to end.
func (m *Machine) Stops(s *State, id ThreadID) bool {
	info := &m.threads[id]
	return info.slot == m.late() && info.cpu+1 == threadStops.get(m, s)
}

// eachListed does something about each thread on the list hotplug_threads, or about each from the end of it.
func (a *assembler) eachListed(slots []int, body func(slot int)) {
	for _, slot := range slots {
		if slot != a.m.late() {
			body(slot)
			continue
		}
		a.ifListed(slot, func() { body(slot) })
	}
}

// ifListed does something about threads if they are on the list.
func (a *assembler) ifListed(slot int, then func()) {
	at := len(a.nodes)
	a.test("list_for_each_entry(&hotplug_threads): "+slotName(slot), a.looking(own, threadsListed),
		func(x *Exec) bool { return x.holds(threadsListed) }, then)
	a.nodes[at].books = true
}

// registerThreads is smpboot_register_percpu_thread(), with all possible CPUs in the mask that it takes before v4.19.
func (a *assembler) registerThreads(slot int) {
	register := func() {
		a.mutexLock(SmpbootThreadsLock)
		out := a.newTarget()
		a.setRet(OK)
		online := func(x *Exec) bool { return x.st().Online }
		a.eachCPUThat("for_each_online_cpu(cpu)", reads(objOnline), online, func() {
			a.smpbootCreateThread(slot)
			a.when(failed, func() {
				a.local(func(x *Exec) { x.t.Err = x.t.Ret })
				a.destroyThreads(slot)
				a.local(func(x *Exec) { x.t.Ret, x.t.Err = x.t.Err, OK })
				a.jump(out)
			})
			a.smpbootUnparkThread(slot)
		})
		a.do("list_add(&plug_thread->list, &hotplug_threads)", a.changing(own, threadsListed),
			func(x *Exec) { x.flag(threadsListed, true) })
		a.put(out)
		a.local(func(x *Exec) { x.aim(0) })
		a.mutexUnlock(SmpbootThreadsLock)
	}
	a.fun("smpboot_register_percpu_thread", func() {
		if a.m.Kernel.RegistersUnlocked {
			register()
			return
		}
		a.readSection(register)
	})
}

// unregisterThreads is smpboot_unregister_percpu_thread().
func (a *assembler) unregisterThreads(slot int) {
	a.fun("smpboot_unregister_percpu_thread", func() {
		a.readSection(func() {
			a.mutexLock(SmpbootThreadsLock)
			a.crash(
				"list_del(NULL): kernel NULL pointer dereference", "list_empty(&plug_thread->list)",
				a.looking(own, threadsListed), func(x *Exec) bool { return !x.holds(threadsListed) },
			)
			a.do("list_del(&plug_thread->list)", a.changing(own, threadsListed),
				func(x *Exec) { x.flag(threadsListed, false) })
			a.destroyThreads(slot)
			a.mutexUnlock(SmpbootThreadsLock)
		})
	})
}

// destroyThreads is smpboot_destroy_threads(): also of CPUs that are down.
func (a *assembler) destroyThreads(slot int) {
	a.fun("smpboot_destroy_threads", func() {
		made := func(x *Exec) bool { return x.thread(slot).Exists }
		a.eachCPUThat(slotName(slot), reads(kthreadOf(slot)), made, func() { a.kthreadStop(slot) })
		a.local(func(x *Exec) { x.aim(0) })
	})
}

// eachCPUThat goes through the CPUs of which something is so.
func (a *assembler) eachCPUThat(label string, acc access, is func(*Exec) bool, body func()) {
	a.local(func(x *Exec) { x.aim(0) })
	a.forever(func(end target) {
		a.leaveIf(end, func(x *Exec) bool { return int(x.task.Left) >= x.m.Scenario.CPUs })
		a.test(label, acc, is, body)
		a.local(func(x *Exec) { x.aim(x.task.Left + 1) })
	})
}

// kthreadStop is kthread_stop(): the thread is told to end, unparked, and waited for.
func (a *assembler) kthreadStop(slot int) {
	name := slotName(slot)
	a.fun("kthread_stop", func() {
		a.do("set_bit(KTHREAD_SHOULD_STOP, "+name+")", a.changing(writes(kthreadOf(slot)), threadStops),
			func(x *Exec) { x.let(threadStops, 1+x.cpu) })
		a.kthreadUnpark(slot)
		a.wakeUpProcess(slot)
		a.mightSleep(nil)
		a.wait("wait_for_completion(&"+name+"->exited)", a.changing(reads(kthreadOf(slot)), threadStops),
			func(x *Exec) bool { return !x.thread(slot).Exists }, func(x *Exec) { x.let(threadStops, 0) })
	})
}

// stopping is the look at KTHREAD_SHOULD_STOP at the head of the loop in smpboot_thread_fn(), after the announcement
// that the thread may sleep.
func (a *assembler) stopping(slot int) {
	a.test("kthread_should_stop()", a.looking(writes(taskOf(slot)), threadStops), func(x *Exec) bool {
		x.t.State = TaskInterruptible
		return x.is(threadStops) == 1+x.cpu
	}, a.ret)
}

// stops is KTHREAD_SHOULD_STOP of one of the threads that are registered when CPUs are up.
func (b *Builder) stops(slot int) LValue {
	return LValue{
		name: "KTHREAD_SHOULD_STOP", kind: KindCount, o: kthreadOf(slot), look: b.a.m.objectOf(threadStops),
		get: func(x *Exec) int64 { return int64(bit(x.is(threadStops) == 1+x.cpu)) },
	}
}

// kthreadExit is the end of a thread: nothing is left of it. One that is made anew begins where this one began. One
// that does not say that it ends, which only a mutant's does not, never begins again.
func (a *assembler) kthreadExit(slot int, begin target) {
	a.fun("kthread_exit", func() {
		a.do("complete(&self->exited)", writes(taskOf(slot)|kthreadOf(slot)), func(x *Exec) { *x.t = Thread{} })
		at := len(a.nodes)
		a.when(func(x *Exec) bool { return x.t.Exists }, a.halt)
		a.nodes[at].books = true
	})
	a.jump(begin)
}

// smpbootUnparkThread is smpboot_unpark_thread(). It takes it for granted that the thread was made.
func (a *assembler) smpbootUnparkThread(slot int) {
	a.dereference(slot)
	a.kthreadUnpark(slot)
}

// dereference is what comes of a pointer to a thread that may be NULL.
func (a *assembler) dereference(slot int) {
	if slot != a.m.late() {
		return
	}
	a.crash("to_kthread(NULL): kernel NULL pointer dereference", slotName(slot), reads(kthreadOf(slot)),
		func(x *Exec) bool { return !x.thread(slot).Exists })
}

// IfListed assembles what is done about threads if they are on the list hotplug_threads.
func (b *Builder) IfListed(slot int, then func()) {
	if slot != b.a.m.late() {
		then()
		return
	}
	at := len(b.a.nodes)
	b.a.ifListed(slot, then)
	b.a.nodes[at].low = &lowered{}
}

// Dereference assembles what comes of a pointer to a thread, if there may be none.
func (b *Builder) Dereference(slot int) {
	at := len(b.a.nodes)
	b.a.dereference(slot)
	b.claim(at, 0)
}
