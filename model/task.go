package model

// task is a control task: it makes its operations, one after the other, and is done. Which operations these are is the
// model's choice, or the scenario's.
func (a *assembler) task() {
	a.fun("task", a.operations)
	a.rest("done", own, func(*Exec) bool { return false }, nil)
}

func (a *assembler) operations() {
	m := a.m
	a.forever(func(end target) {
		a.leaveIf(end, func(x *Exec) bool { return int(x.task.Made) >= m.Scenario.ops() })
		a.emitNode(node{op: opAction, label: labelOperation, ready: func(*Exec) int { return m.choices() }, run: (*Exec).begin})
		a.whenElse(func(x *Exec) bool { return x.task.Up }, a.doCPUUp, a.doCPUDown)
		a.local(func(x *Exec) {
			x.emit(Event{Kind: EventReturn, CPU: x.cpu, Up: x.task.Up, Ret: x.t.Ret})
			x.t.Ret = OK
			x.task.CPU, x.task.Target, x.task.Up = 0, 0, false
		})
	})
}

// labelOperation is where a task chooses its next operation.
const labelOperation = "operation"

// choosing reports whether the running thread is there.
func (x *Exec) choosing() bool { return x.task != nil && x.node().label == labelOperation }

// choices is how many operations a task may choose from.
func (m *Machine) choices() int {
	if len(m.Scenario.Sequence) > 0 {
		return 1
	}
	return 2 * (m.Scenario.CPUs - 1)
}

// choice is the i-th of them, as the n-th operation of a task.
func (m *Machine) choice(i, n int) Op {
	if len(m.Scenario.Sequence) > 0 {
		return m.Scenario.Sequence[n]
	}
	return Op{CPU: 1 + i/2, Up: i%2 == 1}
}

// begin chooses the task's next operation.
func (x *Exec) begin() {
	o := x.m.choice(x.alt, int(x.task.Made))
	x.task.Made++
	x.task.CPU, x.task.Up = uint8(o.CPU), o.Up
	x.task.Target = x.m.rung.offline
	if o.Up {
		x.task.Target = x.m.rung.online
	}
	x.cpu = x.task.CPU
	x.emit(Event{Kind: EventCall, CPU: x.cpu, Up: o.Up})
}

// cpuMapsUpdateBegin is cpu_maps_update_begin(): from here on the operation is alone.
func (a *assembler) cpuMapsUpdateBegin() {
	a.fun("cpu_maps_update_begin", func() {
		a.mutexLock(CPUAddRemoveLock)
		a.emit(func(x *Exec) Event { return Event{Kind: EventBegin, CPU: x.cpu, Up: x.task.Up} })
	})
}

// cpuMapsUpdateDone is cpu_maps_update_done().
func (a *assembler) cpuMapsUpdateDone() {
	a.fun("cpu_maps_update_done", func() {
		a.do("mutex_unlock(&cpu_add_remove_lock)", writes(objLock<<CPUAddRemoveLock), func(x *Exec) {
			x.emit(Event{Kind: EventEnd, CPU: x.cpu, Up: x.task.Up, Ret: x.t.Ret})
			x.s.Lock[CPUAddRemoveLock] = Nobody
		})
	})
}

// cpuHotplugBegin is cpu_hotplug_begin() without readers.
func (a *assembler) cpuHotplugBegin() {
	a.fun("cpu_hotplug_begin", func() {
		a.do("cpu_hotplug.active_writer = current", writes(objWriter), func(x *Exec) { x.s.ActiveWriter = x.id })
		a.mutexLock(CPUHotplugLock)
	})
}

// cpuHotplugDone is cpu_hotplug_done().
func (a *assembler) cpuHotplugDone() {
	a.fun("cpu_hotplug_done", func() {
		a.do("cpu_hotplug.active_writer = NULL", writes(objWriter), func(x *Exec) { x.s.ActiveWriter = Nobody })
		a.mutexUnlock(CPUHotplugLock)
	})
}
