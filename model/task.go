package model

import "slices"

// task is a control task: it makes its operations, one after the other, and is done. Which operations these are is the
// model's choice, or the scenario's.
func (a *assembler) task() {
	a.scenario("task", a.operations)
	a.done()
}

func (a *assembler) operations() {
	m := a.m
	a.forever(func(end target) {
		a.leaveIf(end, func(x *Exec) bool { return int(x.task.Made) >= m.Scenario.ops() })
		a.emitNode(node{
			op: opAction, label: LabelOperation, ready: func(*Exec) int { return m.choices() }, run: (*Exec).begin,
			outcome: func(x *Exec, alt int) string { return m.choice(alt, int(x.task.Made)).String() },
		})
		if m.statePerRun() {
			a.failStore()
		}
		if m.UsesSysfs() {
			a.when(func(x *Exec) bool { return x.task.Via == ViaOnline }, a.onlineStore)
			a.when(func(x *Exec) bool { return x.task.Via == ViaTarget }, a.writeCPUHPTarget)
		}
		if m.Scenario.SMT.any() {
			a.when(func(x *Exec) bool { return x.task.Via == ViaSMT }, a.storeSMTControl)
		}
		if m.boots() {
			a.when(func(x *Exec) bool { return x.task.Via == ViaBoot }, a.bringupNonbootCPUs)
		}
		a.when(func(x *Exec) bool { return x.task.Via == ViaKernel }, func() {
			a.whenElse(func(x *Exec) bool { return x.task.Up }, a.doCPUUp, a.doCPUDown)
		})
		a.local(func(x *Exec) {
			x.emit(
				Event{Kind: EventReturn, CPU: x.cpu, Up: x.task.Up, Via: x.task.Via, Step: x.task.Target, Ret: x.t.Ret},
			)
			x.t.Ret = OK
			x.task.CPU, x.task.Target, x.task.Up, x.task.Via = 0, 0, false, ViaKernel
		})
	})
}

// LabelOperation is where a task chooses its next operation, which a saved counterexample names.
const LabelOperation = "operation"

// choosing reports whether the running thread is there.
func (x *Exec) choosing() bool { return x.task != nil && x.node().label == LabelOperation }

// opsOf are the operations that a task may choose from for each CPU.
func (m *Machine) opsOf() []Op {
	ops := []Op{{Via: ViaOnline}, {Via: ViaOnline, Up: true}}
	switch m.Scenario.Targets {
	case TargetsOnline:
	case TargetsAll:
		for i := range m.Ladder {
			ops = append(ops, Op{Via: ViaTarget, Target: m.Ladder[i].Number})
		}
		ops = append(ops, Op{Via: ViaTarget, Target: m.Ladder[m.rung.online].Number + 1})
	default:
		return []Op{{}, {Up: true}}
	}
	return ops
}

// choices is how many operations a task may choose from.
func (m *Machine) choices() int {
	if len(m.Scenario.Sequence) > 0 {
		return 1
	}
	return len(m.ops)*(m.Scenario.CPUs-1) + len(smtOps)*int(bit(m.Scenario.SMT.any())) + len(m.opsOfCPU0())
}

// opsOfCPU0 are the operations on CPU 0 from which a task may choose.
func (m *Machine) opsOfCPU0() []Op {
	switch {
	case m.Kernel.BootCPUOffline:
		return m.ops
	case !m.Scenario.CPU0Hotplug:
		return nil
	}
	return slices.DeleteFunc(slices.Clone(m.ops), func(o Op) bool { return o.Via == ViaOnline })
}

// firstCPU is the first CPU that operations may be about: CPU 0, or, if it stays up all the time, CPU 1.
func (m *Machine) firstCPU() uint8 {
	chosen := m.Scenario.Tasks*m.Scenario.ops() > 0 && len(m.opsOfCPU0()) > 0
	if len(m.Scenario.Sequence) > 0 {
		chosen = slices.ContainsFunc(m.Scenario.Sequence, func(o Op) bool {
			return o.CPU == 0 && o.Via != ViaSMT && o.Via != ViaBoot
		})
	}
	return uint8(bit(!chosen))
}

// firstOnline is cpumask_first(cpu_online_mask).
func (x *Exec) firstOnline() uint8 {
	for cpu := range uint8(x.m.Scenario.CPUs) {
		if x.s.CPU[cpu].Online {
			return cpu
		}
	}
	return 0
}

// FirstOperations returns how many operations a task may choose from, and how many there are for each CPU: the choice
// of an operation is its CPU's number less one times these, and what is asked of the CPU. Behind those come the writes
// to smt/control, and the operations on CPU 0.
func (m *Machine) FirstOperations() (all, perCPU int) {
	if len(m.Scenario.Sequence) > 0 {
		return 1, 1
	}
	return m.choices(), len(m.ops)
}

// smtOps are those that a task may choose from besides.
var smtOps = [...]Op{{Via: ViaSMT}, {Via: ViaSMT, Up: true}}

// boots reports whether the machine boots as part of the scenario.
func (m *Machine) boots() bool {
	return len(m.Scenario.Sequence) > 0 && m.Scenario.Sequence[0].Via == ViaBoot
}

// choice is the i-th of them, as the n-th operation of a task.
func (m *Machine) choice(i, n int) Op {
	if len(m.Scenario.Sequence) > 0 {
		return m.Scenario.Sequence[n]
	}
	if all := len(m.ops) * (m.Scenario.CPUs - 1); i >= all {
		i -= all
		if !m.Scenario.SMT.any() {
			return m.opsOfCPU0()[i]
		}
		if i >= len(smtOps) {
			return m.opsOfCPU0()[i-len(smtOps)]
		}
		return smtOps[i]
	}
	op := m.ops[i%len(m.ops)]
	op.CPU = 1 + i/len(m.ops)
	return op
}

// begin chooses the task's next operation.
func (x *Exec) begin() {
	o := x.m.choice(x.alt, int(x.task.Made))
	x.task.Made++
	x.task.CPU, x.task.Up, x.task.Via = uint8(o.CPU), o.Up, o.Via
	x.task.Target = x.m.targetOf(o)
	x.cpu = x.task.CPU
	x.emit(Event{Kind: EventCall, CPU: x.cpu, Up: o.Up, Via: o.Via, Step: x.task.Target})
}

// targetOf is the rung that an operation is to reach.
func (m *Machine) targetOf(o Op) Rung {
	switch {
	case o.Via != ViaTarget && o.Up:
		return m.rung.online
	case o.Via != ViaTarget:
		return m.rung.offline
	case o.Target < 0 || o.Target > m.Ladder[m.rung.online].Number:
		return Rung(m.outOfRange())
	}
	for r := range m.Ladder {
		if m.Ladder[r].Number == o.Target {
			return Rung(r)
		}
	}
	return Rung(m.unused())
}

// numberOf is the number of a target, also of one that is no rung.
func (m *Machine) numberOf(r Rung) int {
	switch int(r) {
	case m.outOfRange():
		return m.Ladder[m.rung.online].Number + 1
	case m.unused():
		return m.Ladder[m.rung.online].Number - 1
	}
	return m.Ladder[r].Number
}

// absent reports whether the operation's CPU is not present.
func (x *Exec) absent() bool { return x.m.Scenario.absent(int(x.cpu)) }

// cpuMapsUpdateBegin is cpu_maps_update_begin(): from here on the operation is alone.
func (a *assembler) cpuMapsUpdateBegin() {
	a.fun("cpu_maps_update_begin", func() {
		a.mutexLock(CPUAddRemoveLock)
		a.emit((*Exec).beginning)
	})
}

// beginning is the event that the task's operation begins.
func (x *Exec) beginning() Event {
	return Event{Kind: EventBegin, CPU: x.cpu, Up: x.task.Up, Step: x.task.Target}
}

// cpuMapsUpdateDone is cpu_maps_update_done().
func (a *assembler) cpuMapsUpdateDone() { a.fun("cpu_maps_update_done", a.unlockMaps) }

// unlockMaps gives cpu_add_remove_lock back at the end of an operation.
func (a *assembler) unlockMaps() {
	a.do("mutex_unlock(&cpu_add_remove_lock)", writes(objLock<<CPUAddRemoveLock), func(x *Exec) {
		x.emit(Event{Kind: EventEnd, CPU: x.cpu, Up: x.task.Up, Step: x.task.Target, Ret: x.t.Ret})
		x.s.Lock[CPUAddRemoveLock] = Nobody
	})
	a.holds &^= 1 << classOf(CPUAddRemoveLock)
}
