package model

// What is lowered of kernel/stop_machine.c: the struct multi_stop_data and the struct cpu_stop_done of the one
// stop_machine() that is under way, and the stoppers' lists.

// StopperByHand reports whether the stoppers' work is written by hand: if there are migrators, or spinlocks of clients,
// with which a stopper has to wait.
func (m *Machine) StopperByHand() bool { return m.Scenario.Migrators > 0 || m.spinlocks() != 0 }

// StopEnabled is stopper->enabled.
func (b *Builder) StopEnabled() LValue {
	p := flagField(objStopEnabled, func(c *CPU) *bool { return &c.StopEnabled })
	p.name = "stopper->enabled"
	return p
}

// NoWorks is list_empty(&stopper->works).
func (b *Builder) NoWorks() Value {
	return flagOf(objStopWork, func(x *Exec) bool { return x.st().Works[0] == NoWork })
}

// AddWork is list_add_tail(&work->list, &stopper->works), of the work of stop_machine().
func (b *Builder) AddWork() Value {
	twice := b.a.m.assertion(b.a.fn.name + ": list_add corruption")
	return acts(writes(objStopWork), func(x *Exec) {
		works := &x.st().Works
		if works[0] != NoWork {
			x.bug(twice)
			return
		}
		works[0] = WorkOfStopMachine
	})
}

// TakeWork is list_del_init(&work->list), of the first work. From here on the stopper has its CPU for itself.
func (b *Builder) TakeWork() Value {
	return acts(writes(objStopWork|objStopped), func(x *Exec) {
		x.st().Works[0], x.st().Stopped = NoWork, true
	})
}

// LeaveWork is preempt_count_dec(): others may run on the stopper's CPU again.
func (b *Builder) LeaveWork() Value {
	return acts(own.adding(objStopped), func(x *Exec) { x.st().Stopped = false })
}

// acts is a value for what it does.
func acts(acc access, do func(*Exec)) Value {
	return Value{kind: KindCount, acc: acc, event: true, get: func(x *Exec) int64 {
		do(x)
		return 0
	}}
}

// StopField is a field of struct multi_stop_data, or of struct cpu_stop_done.
func (b *Builder) StopField(name string) (p LValue, ok bool) {
	off := b.a.m.assertion("stop_machine(): a counter runs over")
	most := func(x *Exec, n, most int64) int64 { // that it does is a mistake of the tree, and no state that can be kept
		if n < 0 || n > most {
			x.bug(off)
			return 0
		}
		return n
	}
	field := func(o Object, f func(*StopMachine) *uint8) (LValue, bool) {
		return LValue{
			name: name, kind: KindCount, o: o, get: func(x *Exec) int64 { return int64(*f(&x.s.Stop)) },
			set: func(x *Exec, n int64) { *f(&x.s.Stop) = uint8(most(x, n, MaxCPUs)) },
		}, true
	}
	switch name {
	case "num_threads":
		return field(objStop, func(s *StopMachine) *uint8 { return &s.Threads })
	case "thread_ack":
		return field(objAck, func(s *StopMachine) *uint8 { return &s.Ack })
	case "nr_todo":
		return field(objTodo, func(s *StopMachine) *uint8 { return &s.Todo })
	case "state":
		return LValue{
			name: name, kind: KindCount, o: objStop, get: func(x *Exec) int64 { return int64(x.s.Stop.State) },
			set: func(x *Exec, n int64) { x.s.Stop.State = StopState(most(x, n, int64(StopExit)+1)) },
		}, true
	case "ret":
		return LValue{
			name: name, kind: KindErrno, o: objWork, get: func(x *Exec) int64 { return x.s.Stop.Ret.value() },
			set: func(x *Exec, n int64) { x.s.Stop.Ret = errnoOf(n) },
		}, true
	case "completion":
		return LValue{
			name: name, kind: KindCount, o: objWork, get: func(x *Exec) int64 { return int64(bit(x.s.Stop.Done)) },
			set:  func(x *Exec, n int64) { x.s.Stop.Done = n != 0 },
			note: func(x *Exec, _ int64) { x.completion(EventRequest, StopCompletion, ForStop) },
		}, true
	}
	return LValue{}, false
}

// StopsHere is msdata->active_cpus as a mask of one CPU: whether it is that which the code is about.
func (b *Builder) StopsHere() LValue {
	return LValue{
		name: "active_cpus", kind: KindCount, o: objStop,
		get: func(x *Exec) int64 { return int64(bit(x.st().StopTarget)) },
		set: func(x *Exec, n int64) {
			for cpu := range x.m.Scenario.CPUs {
				x.s.CPU[cpu].StopTarget = n != 0 && uint8(cpu) == x.cpu
			}
		},
	}
}

// CountDown is atomic_dec_and_test(): two that come to something else than 0 can be swapped.
// Outside of a region they can't, since each goes on by what it has come to.
func (b *Builder) CountDown(p LValue) Value {
	v := p.Steps(-1, false)
	get := p.get
	is := Unary(func(n int64) int64 { return int64(bit(n == 0)) }, KindCount, v)
	o := p.o
	if !b.Atomic() {
		return is
	}
	is.acc = writes(o).narrowedBy(func(x *Exec) access {
		if get(x) > 1 {
			return own.adding(o)
		}
		return writes(o)
	})
	return is
}

// StopEnds is the end of stop_machine_cpuslocked(), whose struct multi_stop_data is gone with it.
func (b *Builder) StopEnds() {
	b.note(node{
		op: opLocal, access: writes(objStop | objAck | objTodo | objWork),
		run: func(x *Exec) {
			x.s.Stop = StopMachine{}
			for cpu := range x.m.Scenario.CPUs {
				x.s.CPU[cpu].StopTarget = false
			}
		},
	}, nil, nil)
}

// waitStopped is wait_for_completion(&done.completion).
func (b *Builder) waitStopped(c Call) {
	b.mightSleep(own, nil)
	done := func(x *Exec) bool { return x.s.Stop.Done }
	b.a.wait(c.Text, writes(objWork).reading(objTodo).unless(done, reads(objWork|objTodo)), done, func(x *Exec) {
		x.s.Stop.Done = false
		x.completion(EventConsume, StopCompletion, ForStop)
	})
}

// completeStopped is complete(&done->completion).
func (b *Builder) completeStopped(c Call) {
	b.a.do(c.Text, writes(objWork), func(x *Exec) {
		x.s.Stop.Done = true
		x.completion(EventComplete, StopCompletion, ForStop)
	})
}
