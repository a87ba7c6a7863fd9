package model

import "github.com/hpcheck/hpcheck/internal/choose"

// What is lowered from C and goes from CPU to CPU: the code of a task is about one CPU at a time, and turns to the
// next.

// Turn has what comes next be about the CPU of that number.
func (b *Builder) Turn(cpu Value) {
	if b.Atomic() {
		b.elsewhere(cpu)
		return
	}
	f := cpu.run()
	b.note(node{op: opLocal, run: func(x *Exec) { x.turnTo(uint8(f(x))) }}, cpu.uses, nil)
}

// Turns reports whether the program's threads may turn to another CPU: those that are bound to one may not, and an
// operation is about one.
func (b *Builder) Turns() bool { return b.Atomic() || !b.a.bound && !b.a.operates }

// Amid reports whether what is assembled is a part of an operation.
func (b *Builder) Amid() bool { return b.a.bound || b.a.operates || b.a.walk != walksNot }

// NotifierAction is what the PM notifier is told.
func NotifierAction(b *Builder) Value { return Constant(b.a.action, KindCount) }

// LoopVariable is a local variable that goes from CPU to CPU.
func (b *Builder) LoopVariable(name string) LValue {
	p := b.Local(name, KindCount)
	if !b.a.bound && !b.Atomic() {
		p.reg.want = slotNamed("task.Left")
	}
	return p
}

// ByNumber is whether a CPU has something, by its number, knowing whether that may change.
func (b *Builder) ByNumber(cpu Value, o Object, has func(*Exec, uint8) bool) Value {
	f := cpu.run()
	v := computed(func(x *Exec) int64 { return int64(bit(has(x, uint8(f(x))))) }, KindCount, cpu)
	if o != 0 {
		v.acc = v.acc.reading(o).everyCPU()
	}
	return v
}

// The masks of CPUs that loops go over.

// InPresentMask is whether a CPU is in cpu_present_mask.
func (b *Builder) InPresentMask(cpu Value) Value {
	return b.ByNumber(cpu, 0, func(x *Exec, cpu uint8) bool { return !x.m.Scenario.absent(int(cpu)) })
}

// InPrimaryMask is whether a CPU is in cpu_primary_thread_mask.
func (b *Builder) InPrimaryMask(cpu Value) Value {
	return b.ByNumber(cpu, 0, func(x *Exec, cpu uint8) bool { return !x.m.Secondary(cpu) })
}

// InFrozenMask is whether a CPU is in frozen_cpus, which only the thread that suspends the machine looks at.
func (b *Builder) InFrozenMask(cpu Value) Value {
	return b.ByNumber(cpu, 0, func(x *Exec, cpu uint8) bool { return x.task.Took>>cpu&1 != 0 })
}

// Within assembles one of several operations that somebody makes, in the direction up or down, to a target.
func (b *Builder) Within(o Operation, body func()) {
	target, frozen := o.Target.run(), o.Frozen.run()
	uses := append(append([]*Register(nil), o.Target.uses...), o.Frozen.uses...)
	was := b.a.way
	b.a.way = choose.If(o.Up, wayUp, wayDown)
	switch {
	case o.Locks: // it shows by itself that it begins, once it is alone
		b.note(node{op: opLocal, run: func(x *Exec) {
			x.task.Up, x.task.Target, x.task.Frozen = o.Up, Rung(target(x)), frozen(x) != 0
		}}, uses, nil)
		body()
		b.note(node{op: opLocal, run: func(x *Exec) {
			if x.task.Frozen = false; x.task.Via == ViaBoot {
				x.task.Up, x.task.Target = false, 0
			}
		}}, nil, nil)
	default:
		if o.Alone {
			b.a.do(labelAlone, writes(objLock<<CPUAddRemoveLock), func(x *Exec) { x.s.Lock[CPUAddRemoveLock] = x.id })
		}
		b.note(node{op: opLocal, run: func(x *Exec) { x.operation(o.Up, Rung(target(x)), frozen(x) != 0) }}, uses, nil)
		body()
		b.holding("Ret", "the result", o.Result.Load(), func() {
			b.a.local(func(x *Exec) {
				x.operationEnds()
				x.task.Up = o.Up && x.task.Via == ViaSMT // the write to the file goes on
			})
		})
		if o.Alone {
			b.a.do(labelAlone, writes(objLock<<CPUAddRemoveLock), func(x *Exec) { x.s.Lock[CPUAddRemoveLock] = Nobody })
		}
	}
	b.a.way = was
}

// labelAlone is what has the lock's place as long as nobody else is there.
const labelAlone = "(system_state < SYSTEM_RUNNING)"

// Operation is one of several operations that somebody makes.
type Operation struct {
	Up             bool
	Target, Frozen Value
	Result         LValue
	Locks          bool // it takes the lock itself
	Alone          bool // nobody takes the lock, since nobody else is there
}
