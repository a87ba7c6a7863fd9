package model

import "fmt"

// What is lowered of kernel/kthread.c and kernel/smpboot.c: which thread is meant is known while a program is put
// together, by its slot. That threads sleep and are woken, and on which CPU they run, is the model's.

// noThread is the slot of no thread.
const noThread = -1

// Current is the slot of the thread that runs the program; below 0 if it is bound to no CPU.
func (b *Builder) Current() int { return b.a.self - 1 }

// About is the slot of the thread that is made, parked or unparked here.
func (b *Builder) About() int { return b.a.about - 1 }

// With assembles what is done about a thread.
func (b *Builder) With(slot int, body func()) { within(&b.a.about, 1+slot, body) }

// HotplugThreads are the slots of the threads on the list hotplug_threads, in its order.
func (b *Builder) HotplugThreads() []int { return b.a.m.hotplugThreads() }

// Top says that what comes next is where a thread of smpboot sleeps.
func (b *Builder) Top() { b.a.top = true }

// Parking assembles what is a part of __kthread_parkme().
func (b *Builder) Parking(body func()) { within(&b.a.park, true, body) }

// ThreadFn assembles the function of a thread of smpboot that the programs have, and reports whether they do.
func (b *Builder) ThreadFn(name string) bool {
	at := len(b.a.nodes)
	switch name {
	case "cpuhp_thread_fun":
		b.a.cpuhpThreadFun()
	case "cpu_stopper_thread":
		b.a.cpuStopperThread()
	default:
		return false
	}
	b.claim(at, everySlot)
	return true
}

// HotplugThread is the variable of C that describes the threads of a slot, "" if those stand for several.
func HotplugThread(slot int) string {
	switch slot {
	case slotCpuhp:
		return "cpuhp_threads"
	case slotStopper:
		return "cpu_stop_threads"
	}
	return ""
}

// Slots of the threads that have names of their own in C.
const (
	SlotCpuhp   = slotCpuhp
	SlotStopper = slotStopper
)

// ThreadMade is whether a thread was made. That the pointer to it is kept is one with its making.
func (b *Builder) ThreadMade(slot int) LValue {
	return LValue{
		name: slotName(slot), kind: KindCount, o: kthreadOf(slot), pinned: true,
		get: func(x *Exec) int64 { return int64(bit(x.thread(slot).Exists)) },
	}
}

// ThreadBit is a bit of kthread->flags.
func (b *Builder) ThreadBit(slot int, name string) (p LValue, ok bool) {
	switch name {
	case "KTHREAD_SHOULD_PARK":
	case "KTHREAD_SHOULD_STOP":
		if slot == b.a.m.late() {
			return b.stops(slot), true
		}
		return LValue{name: name, kind: KindCount, fixed: true}, true
	case "KTHREAD_IS_PER_CPU":
		return LValue{name: name, kind: KindCount, fixed: true, n: 1}, true
	default:
		return LValue{}, false
	}
	self := slot == b.Current()
	return LValue{
		name: name, kind: KindCount, o: kthreadOf(slot),
		get: func(x *Exec) int64 { return int64(bit(x.thread(slot).ShouldPark)) },
		set: func(x *Exec, n int64) {
			t := x.thread(slot)
			t.ShouldPark, t.IsParked = n != 0, t.IsParked && n != 0
		},
		note: func(x *Exec, n int64) {
			if n != 0 && !self {
				x.completion(EventRequest, parked(slot), ForPark)
			}
		},
	}, true
}

// ThreadStatus is td->status of the running thread, which nobody else looks at.
func (b *Builder) ThreadStatus() LValue {
	return LValue{
		name: "td->status", kind: KindCount, get: func(x *Exec) int64 { return int64(x.t.Status) },
		set: func(x *Exec, n int64) { x.t.Status = ThreadStatus(n) },
	}
}

// Here is smp_processor_id(): of a thread that does not run on its own CPU, another number than any.
func (b *Builder) Here() Value {
	if !b.a.bound {
		return Self()
	}
	return Value{kind: KindCount, get: func(x *Exec) int64 {
		if x.t.Elsewhere {
			return int64(x.m.Scenario.CPUs)
		}
		return int64(x.cpu)
	}}
}

// slot is the thread that is the first argument.
func (c Call) slot(b *Builder) int {
	slot, ok := c.Args[0].Known()
	if !ok {
		b.Fail(fmt.Errorf("%s: which thread is meant is not known", c.Text))
	}
	return int(slot)
}

// taskState is the state that is an argument.
func (c Call) taskState(b *Builder, i int) TaskState {
	n, ok := c.Args[i].Known()
	if !ok || n < 0 || n > int64(TaskParked) {
		b.Fail(fmt.Errorf("%s: the state of the thread is not known", c.Text))
	}
	return TaskState(n)
}

// current is the slot of the running thread.
func (b *Builder) current(c Call) int {
	if b.Current() == noThread {
		b.Fail(fmt.Errorf("%s: the thread is none of a CPU", c.Text))
	}
	return b.Current()
}

var kthreadPrimitives = []Primitive{
	{
		Name: "set_current_state", Doc: "the state of the running thread, which may be about to sleep",
		code: setState(false),
	},
	{
		Name: "__set_current_state", Doc: "the same, without a barrier",
		code: setState(true),
	},
	{
		Name: "set_special_state", Doc: "the same, of TASK_PARKED",
		code: setState(false),
	},
	{
		Name: "schedule", File: "kernel/sched/core.c",
		Doc:  "the thread sleeps, if its state is another than TASK_RUNNING",
		code: sleep,
	},
	{
		Name: "schedule_preempt_disabled", File: "kernel/sched/core.c",
		Doc:  "the thread sleeps, if its state is another than TASK_RUNNING",
		code: sleep,
	},
	{
		Name: "wake_up_state", File: "kernel/sched/core.c", Doc: "the thread runs again, if that is its state",
		code: func(b *Builder, c Call) {
			slot, state := c.slot(b), c.taskState(b, 1)
			b.a.do(c.Text, reads(objOnline).writes(taskOf(slot)), func(x *Exec) { x.wake(slot, state) })
		},
	},
	{
		Name: "wait_task_inactive", File: "kernel/sched/core.c",
		Doc:   "waits until the thread has left its run queue; false if it has another state",
		gives: waitInactive,
	},
	{
		Name: "do_set_cpus_allowed", File: "kernel/sched/core.c", Doc: "the thread may run on its own CPU only",
		code: bindThread,
	},
	{
		Name: "set_cpus_allowed_force", File: "kernel/sched/core.c", Doc: "the thread may run on its own CPU only",
		code: bindThread,
	},
	{
		Name: "kthread_create_on_cpu", File: "kernel/kthread.c", Returns: true, made: true, spoils: results,
		Doc:  "a thread is made, and sleeps; a fault is that it can't be",
		code: func(b *Builder, _ Call) { b.a.kthreadCreate(b.About()) },
	},
}

func setState(loose bool) func(*Builder, Call) {
	return func(b *Builder, c Call) {
		slot, state := b.current(c), c.taskState(b, 0)
		b.a.do(c.Text, writes(taskOf(slot)), func(x *Exec) { x.t.State = state })
		b.a.nodes[len(b.a.nodes)-1].loose = loose
	}
}

func sleep(b *Builder, c Call) {
	b.note(node{
		op: opAction, label: c.Text, access: writes(taskOf(b.current(c))), run: (*Exec).schedule,
		low: &lowered{late: true},
	}, nil, nil)
}

func bindThread(b *Builder, c Call) {
	slot := c.slot(b)
	b.a.do(c.Text, writes(taskOf(slot)|kthreadOf(slot)), func(x *Exec) { x.thread(slot).Elsewhere = false })
	b.a.nodes[len(b.a.nodes)-1].binds = true
}

func waitInactive(b *Builder, c Call) Value {
	slot, state := c.slot(b), c.taskState(b, 1)
	b.mightSleep(reads(taskOf(slot)), func(x *Exec) bool { return x.thread(slot).Queued })
	is := b.Local(c.Text, KindCount)
	b.note(node{
		op: opAction, label: c.Text, access: reads(taskOf(slot)),
		ready: asCount(func(x *Exec) bool { t := x.thread(slot); return t.State != state || !t.Queued }),
		run:   func(x *Exec) { is.reg.store(x, int64(bit(x.thread(slot).State == state))) },
	}, nil, []*Register{is.reg})
	return is.Load()
}

// mightSleep is [assembler.mightSleep], which looks at something in the instruction that comes before.
func (b *Builder) mightSleep(acc access, cond func(*Exec) bool) {
	at := len(b.a.nodes)
	b.a.mightSleep(cond)
	for i := at; i < len(b.a.nodes); i++ {
		b.a.nodes[i].access, b.a.nodes[i].low = acc, &lowered{}
	}
}

// waitParked is wait_for_completion(&kthread->parked).
func (b *Builder) waitParked(c Call) {
	slot := c.slot(b)
	b.mightSleep(own, nil)
	b.a.wait(c.Text, writes(kthreadOf(slot)),
		func(x *Exec) bool { return x.thread(slot).Parked > 0 },
		func(x *Exec) {
			x.thread(slot).Parked--
			x.completion(EventConsume, parked(slot), ForPark)
		})
}

// Nowhere is a place that nobody looks at.
func Nowhere(name string) LValue { return LValue{name: name, kind: KindCount, fixed: true} }
