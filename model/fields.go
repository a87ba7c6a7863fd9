package model

// The variables of the kernel that code which is lowered from C may read and write.

// Field is a field of the struct cpuhp_cpu_state of the CPU that the code is about; ok is false if the model does not
// know it.
func (b *Builder) Field(name string) (p LValue, ok bool) {
	m := b.a.m
	defer func() { p.name = "st->" + name }()
	switch name {
	case "state":
		return rungField(objState, func(c *CPU) *Rung { return &c.State }), true
	case "target":
		return rungField(objTarget, func(c *CPU) *Rung { return &c.Target }), true
	case "fail":
		return rungField(objFail, func(c *CPU) *Rung { return &c.Fail }), true
	case "bringup":
		return flagField(objBringup, func(c *CPU) *bool { return &c.Bringup }), true
	case "rollback":
		return flagField(objRollback, func(c *CPU) *bool { return &c.Rollback }), true
	case "should_run":
		p := flagField(objShouldRun, func(c *CPU) *bool { return &c.ShouldRun })
		if !b.a.bound { // the hotplug thread itself says only whether it is done
			b.a.asked = true
			p.note = func(x *Exec, n int64) {
				if n != 0 {
					x.completion(EventRequest, DoneCompletion, ForWork)
				}
			}
		}
		return p, true
	case "ap_sync_state":
		return LValue{
			kind: KindCount, o: objSync, get: func(x *Exec) int64 { return int64(x.st().Sync) },
			set: func(x *Exec, n int64) { x.st().Sync = SyncState(n) },
		}, true
	case "result":
		return LValue{
			kind: KindErrno, o: objResult, get: func(x *Exec) int64 { return x.st().Result.value() },
			set: func(x *Exec, n int64) { x.st().Result = errnoOf(n) },
		}, true
	case "single":
		return LValue{
			kind: KindCount, o: objCB, with: objBringup, fixed: !m.asksForOne(),
			get: func(x *Exec) int64 { return int64(bit(x.st().CB != 0)) },
			set: func(x *Exec, n int64) {
				if x.st().CB = 0; n != 0 {
					x.st().CB = callbackOf(x.asks(), x.st().Bringup)
				}
			},
		}, true
	case "cb_state":
		p := rungField(objCBState, func(c *CPU) *Rung { return &c.CBState })
		p.pinned = !m.asksForOne()
		return p, true
	case "last":
		return countField(objLast, func(c *CPU) *uint8 { return &c.Last }, !m.keepsLast()), true
	case "node":
		return countField(objNode, func(c *CPU) *uint8 { return &c.Node }, !m.Scenario.InstancesComeAndGo.any()), true
	}
	return LValue{}, false
}

// DeviceOffline is dev->offline of the CPU's device.
func (b *Builder) DeviceOffline() LValue {
	p := flagField(objDevice, func(c *CPU) *bool { return &c.Offline })
	p.name, p.pinned = "dev->offline", !b.a.m.UsesSysfs()
	return p
}

// Frozen is frozen_cpus, as a bit for each CPU. Only the thread that suspends the machine looks at it.
func (b *Builder) Frozen() LValue {
	return LValue{
		name: "frozen_cpus", kind: KindCount, get: func(x *Exec) int64 { return int64(x.task.Took) },
		set: func(x *Exec, n int64) { x.task.Took = uint8(n) },
	}
}

// FirstOnline is the first CPU that is online.
func (b *Builder) FirstOnline() Value { return firstOnline(b, Call{}) }

// TargetWritten is the state that was written to the file target. A number that no state has stands for one without a
// name.
func (b *Builder) TargetWritten() Value {
	return Value{kind: KindRung, get: func(x *Exec) int64 {
		if int(x.task.Target) == x.m.unused() {
			return int64(x.m.rung.apOnlineIdle)
		}
		return int64(x.task.Target)
	}}
}

// keepsLast reports whether an instance may fail, so that st->last says which.
func (m *Machine) keepsLast() bool { return m.Scenario.Instances > 0 }

func rungField(o Object, p func(*CPU) *Rung) LValue {
	return LValue{
		kind: KindRung, o: o, get: func(x *Exec) int64 { return int64(*p(x.st())) },
		set: func(x *Exec, n int64) { *p(x.st()) = Rung(n) },
	}
}

func flagField(o Object, p func(*CPU) *bool) LValue {
	return LValue{
		kind: KindCount, o: o, get: func(x *Exec) int64 { return int64(bit(*p(x.st()))) },
		set: func(x *Exec, n int64) { *p(x.st()) = n != 0 },
	}
}

func countField(o Object, p func(*CPU) *uint8, fixed bool) LValue {
	return LValue{
		kind: KindCount, o: o, fixed: fixed, get: func(x *Exec) int64 { return int64(*p(x.st())) },
		set: func(x *Exec, n int64) { *p(x.st()) = uint8(n) },
	}
}

// disabledMask is what a state keeps of cpu_hotplug_disabled; all bits are -1, which C that counts wrong comes to.
const disabledMask = 7

// Global is a variable of which there is one.
func (b *Builder) Global(name string) (p LValue, ok bool) {
	m := b.a.m
	defer func() { p.name = name }()
	switch name {
	case "cpuhp_tasks_frozen":
		return LValue{
			kind: KindCount, o: objFrozen, fixed: !m.freezes(),
			get: func(x *Exec) int64 { return int64(bit(x.s.TasksFrozen)) },
			set: func(x *Exec, n int64) { x.s.TasksFrozen = n != 0 },
		}, true
	case "cpu_hotplug_disabled":
		return LValue{
			kind: KindCount, o: objDisabled, fixed: !m.mayDisable(), finds: true,
			get: func(x *Exec) int64 { return int64(x.s.Disabled+1)&disabledMask - 1 },
			set: func(x *Exec, n int64) { x.s.Disabled = uint8(max(n, -1) & disabledMask) },
		}, true
	case "cpu_hotplug_offline_disabled":
		return LValue{kind: KindCount, fixed: true, n: int64(bit(m.Scenario.OfflineDisabled))}, true
	case "cpu_smt_num_threads": // 1, or as many as there are
		return LValue{
			kind: KindCount, o: objSMT, fixed: !m.Scenario.SMT.any(), n: 1,
			get: func(x *Exec) int64 { return 2 - int64(bit(x.s.SMTOne)) },
			set: func(x *Exec, n int64) { x.s.SMTOne = n == 1 },
		}, true
	case "cpu_smt_max_threads":
		return LValue{kind: KindCount, fixed: true, n: 1 + int64(bit(m.Scenario.SMT.any()))}, true
	case "stop_machine_initialized":
		return LValue{kind: KindCount, fixed: true, n: 1}, true
	case "stop_cpus_in_progress": // nobody can ask while a region that is one instruction is under way
		return LValue{kind: KindCount, fixed: true}, true
	case "__cpuhp_parallel_bringup": // unless the kernel's command line says otherwise
		return LValue{kind: KindCount, fixed: true, n: 1}, true
	case "cpu_smt_control":
		return LValue{
			kind: KindCount, o: objSMT, fixed: !m.Scenario.SMT.any(), n: smtNotImplemented,
			get: func(x *Exec) int64 { return int64(bit(x.s.SMTOff)) }, // CPU_SMT_ENABLED or CPU_SMT_DISABLED
			set: func(x *Exec, n int64) { x.s.SMTOff = n != 0 },
		}, true
	}
	return LValue{}, false
}

// Values of enum cpuhp_smt_control that occur.
const (
	smtEnabled        = 0
	smtDisabled       = 1
	smtNotImplemented = 4
)
