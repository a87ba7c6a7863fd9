package model

// The tables of the variables. Whatever must know all variables of a state, or something about one, takes it from here:
// reports, the objects that instructions declare, what a reduction must hold still, and the tests that read, write and
// graft variables. The codec and [Machine.Observable] are written by hand for speed, and tests hold them against the
// tables. A test fails if a state has a variable without a row.

// The machine's own variables follow the locks. Those after numShownVars are in no report.
const (
	varWriter = uint8(numLocks) + iota
	varStop
	varAck
	varTodo
	varStopRet
	varFaults
	varCrashed
	varReaders
	varWaiting
	varDisabled
	varTasksFrozen
	varSlot
	varListed      = varSlot + MaxSlots
	varPoisoned    = varListed + 2
	varPutsPending = varPoisoned + 1
	varSMTOff      = varPutsPending + 1
	varSMTOne      = varSMTOff + 1
	varStopThreads = varSMTOne + 1
	varStopDone    = varStopThreads + 1
	varModules     = varStopDone + 1
	varBuffer      = varModules + MaxModules
	varOld         = varBuffer + maxStored
	numMachineVars = varOld + maxStored
)

// machineVariables are those of which there is one.
var machineVariables = func() [numMachineVars]row[State] {
	rows := [numMachineVars]row[State]{
		varWriter: {
			"active_writer", ThreadOf, idBits, objWriter, visible, nil,
			num(func(s *State) *ThreadID { return &s.ActiveWriter }),
		},
		varFaults: {
			"faults left", Count, countBits, objFaults, visible, nil, num(func(s *State) *uint8 { return &s.Faults }),
		},
		varCrashed: {"crashed", Flag, 1, objOwn, visible, nil, boolean(func(s *State) *bool { return &s.Crashed })},
		varReaders: {
			"cpu_hotplug.refcount", Count, countBits, objReaders, hidden, (*Machine).hasReaders,
			num(func(s *State) *uint8 { return &s.Readers }),
		},
		varWaiting: {
			"on cpu_hotplug.wq", Flag, 1, objQueue, hidden, (*Machine).hasReaders,
			boolean(func(s *State) *bool { return &s.OnWaitQueue }),
		},
		varDisabled: {
			"cpu_hotplug_disabled", Count, 3, objDisabled, visible, (*Machine).mayDisable,
			num(func(s *State) *uint8 { return &s.Disabled }),
		},
		varTasksFrozen: {
			"cpuhp_tasks_frozen", Flag, 1, objFrozen, visible, (*Machine).freezes,
			boolean(func(s *State) *bool { return &s.TasksFrozen }),
		},
		varPoisoned: {
			"node->pprev is LIST_POISON2", Flag, 1, objLists, hidden,
			func(m *Machine) bool { return m.Scenario.InstancesComeAndGo == InstanceShared },
			boolean(func(s *State) *bool { return &s.Poisoned }),
		},
		varPutsPending: {
			"cpu_hotplug.puts_pending", Count, 3, objReaders, hidden,
			func(m *Machine) bool { return m.hasReaders() && m.Kernel.PutsPending && !m.Kernel.RWSem },
			num(func(s *State) *uint8 { return &s.PutsPending }),
		},
		varSMTOff: {
			"CPU_SMT_DISABLED", Flag, 1, objSMT, visible, (*Machine).hasSMT,
			boolean(func(s *State) *bool { return &s.SMTOff }),
		},
		varSMTOne: {
			"cpu_smt_num_threads is 1", Flag, 1, objSMT, hidden,
			func(m *Machine) bool { return m.hasSMT() && m.Kernel.SMTCounts },
			boolean(func(s *State) *bool { return &s.SMTOne }),
		},
	}
	for l := range numLocks {
		rows[l] = row[State]{
			l.String(), ThreadOf, idBits, objLock << l, visible, func(m *Machine) bool { return m.hasLock(l) },
			num(func(s *State) *ThreadID { return &s.Lock[l] }),
		}
	}
	for i, v := range [numStopVars]uint8{varStop, varAck, varTodo, varStopRet, varStopThreads, varStopDone} {
		rows[v] = partOf(stopVariables[i], func(s *State) *StopMachine { return &s.Stop })
	}
	rows[varStopThreads].name, rows[varStopDone].name = "", ""
	for i := range uint8(MaxSlots) {
		rows[varSlot+i] = row[State]{
			"callbacks of slot" + string('1'+rune(i)), OwnerOf, ownerBits, objSteps, visible,
			func(m *Machine) bool { return int(i) < m.slots() }, num(func(s *State) *Owner { return &s.Slot[i] }),
		}
	}
	for i, state := range [...]string{"multi:prepare", "multi:online"} {
		rows[varListed+uint8(i)] = row[State]{
			"the instance is on the list of " + state, Flag, 1, objLists, visible, (*Machine).instancesMove,
			place[State]{
				func(s *State) int { return int(s.Listed >> i & 1) },
				func(s *State, v int) { s.Listed = s.Listed&^(1<<i) | uint8(v&1)<<i },
			},
		}
	}
	for i := range uint8(MaxModules) {
		rows[varModules+i] = row[State]{
			"", Count, 3, objSteps, visible, func(m *Machine) bool { return int(i) < len(m.modules) },
			num(func(s *State) *uint8 { return &s.Modules[i] }),
		}
	}
	for i := range uint8(maxStored) { // no access names them: no step is left out where memory is weak
		rows[varBuffer+i] = partOf(stored, func(s *State) *Stored { return &s.Buffer[i] })
		rows[varOld+i] = partOf(stored, func(s *State) *Stored { return &s.Old[i] })
	}
	return rows
}()

// stored is an entry of what weak memory keeps, as one number.
var stored = row[Stored]{"", Count, storedBits, objOwn, hidden, (*Machine).weak, place[Stored]{
	func(s *Stored) int { return int(s.pack()) },
	func(s *Stored, v int) { s.unpack(uint32(v)) },
}}

const numStopVars = 6

// stopVariables are those of a stop_machine(), of the hotplug core or of a migrator.
var stopVariables = [numStopVars]row[StopMachine]{
	{"multi_stop state", StopOf, 3, objStop, hidden, nil, num(func(s *StopMachine) *StopState { return &s.State })},
	{"thread_ack", Count, countBits, objAck, hidden, nil, num(func(s *StopMachine) *uint8 { return &s.Ack })},
	{"nr_todo", Count, countBits, objTodo, hidden, nil, num(func(s *StopMachine) *uint8 { return &s.Todo })},
	{"stop result", ErrnoOf, errnoBits, objWork, hidden, nil, num(func(s *StopMachine) *Errno { return &s.Ret })},
	{"num_threads", Count, countBits, objStop, hidden, nil, num(func(s *StopMachine) *uint8 { return &s.Threads })},
	{"done.completion", Flag, 1, objWork, hidden, nil, boolean(func(s *StopMachine) *bool { return &s.Done })},
}

// cpuVariables are those of each CPU, without its threads.
var cpuVariables = [numCPUFields]row[CPU]{
	FieldState: {"st->state", RungOf, rungBits, objState, visible, nil, num(func(c *CPU) *Rung { return &c.State })},
	FieldTarget: {
		"st->target", RungOf, rungBits, objTarget, visible, nil, num(func(c *CPU) *Rung { return &c.Target }),
	},
	FieldShouldRun: {
		"st->should_run", Flag, 1, objShouldRun, hidden, nil, boolean(func(c *CPU) *bool { return &c.ShouldRun }),
	},
	FieldRollback: {
		"st->rollback", Flag, 1, objRollback, hidden, nil, boolean(func(c *CPU) *bool { return &c.Rollback }),
	},
	FieldResult: {
		"st->result", ErrnoOf, errnoBits, objResult, hidden, nil, num(func(c *CPU) *Errno { return &c.Result }),
	},
	FieldDone:   {"st->done", Count, doneBits, objDone, visible, nil, num(func(c *CPU) *uint8 { return &c.Done })},
	FieldOnline: {"online", Flag, 1, objOnline, visible, nil, boolean(func(c *CPU) *bool { return &c.Online })},
	FieldActive: {"active", Flag, 1, objActive, visible, nil, boolean(func(c *CPU) *bool { return &c.Active })},
	FieldStopEnabled: {
		"stopper->enabled",
		Flag,
		1,
		objStopEnabled,
		visible,
		nil,
		boolean(func(c *CPU) *bool { return &c.StopEnabled }),
	},
	// A view of fieldWorks, so it is not set.
	FieldStopWork: {"stopper->works", Flag, 1, objStopWork, hidden, nil, place[CPU]{
		get: func(c *CPU) int { return int(bit(c.Works[0] != NoWork)) },
	}},
	FieldStopped: {"stopped", Flag, 1, objStopped, hidden, nil, boolean(func(c *CPU) *bool { return &c.Stopped })},
	FieldIRQsOff: {"irqs off", Flag, 1, objIRQs, hidden, nil, boolean(func(c *CPU) *bool { return &c.IRQsOff })},
	FieldKicked:  {"kicked", Flag, 1, objKicked, hidden, nil, boolean(func(c *CPU) *bool { return &c.Kicked })},
	FieldDead:    {"dead", Flag, 1, objDead, hidden, nil, boolean(func(c *CPU) *bool { return &c.Dead })},
	FieldIPI:     {"ipi pending", Flag, 1, objIPI, hidden, nil, boolean(func(c *CPU) *bool { return &c.IPI })},
	FieldCB: {
		"st->cb", CallOf, 4, objCB, hidden, (*Machine).asksForOne, num(func(c *CPU) *Callback { return &c.CB }),
	},
	FieldCBState: {
		"st->cb_state", RungOf, rungBits, objCBState, hidden, (*Machine).asksForOne,
		num(func(c *CPU) *Rung { return &c.CBState }),
	},
	FieldDeviceOffline: {
		"dev->offline",
		Flag,
		1,
		objDevice,
		visible,
		(*Machine).UsesSysfs,
		boolean(func(c *CPU) *bool { return &c.Offline }),
	},
	FieldAllocated: {
		"driver's data", Flag, 1, objDriver, hidden,
		func(m *Machine) bool { return m.Scenario.Callback == CallbackHalf },
		boolean(func(c *CPU) *bool { return &c.Allocated }),
	},
	FieldBringup: {
		"st->bringup",
		Flag,
		1,
		objBringup,
		hidden,
		(*Machine).statePerRun,
		boolean(func(c *CPU) *bool { return &c.Bringup }),
	},
	FieldDoneDown: {
		"st->done_down", Count, doneBits, objDone, visible, (*Machine).statePerRun,
		num(func(c *CPU) *uint8 { return &c.DoneDown }),
	},
	FieldFail: {
		"st->fail",
		RungOf,
		rungBits,
		objFail,
		visible,
		(*Machine).statePerRun,
		num(func(c *CPU) *Rung { return &c.Fail }),
	},
	FieldSync: {
		"st->ap_sync_state", SyncOf, 3, objSync, hidden, func(m *Machine) bool { return m.Kernel.SyncDead },
		num(func(c *CPU) *SyncState { return &c.Sync }),
	},
	FieldDying: {
		"dying", Flag, 1, objDying, visible, func(m *Machine) bool { return m.Kernel.DyingMask },
		boolean(func(c *CPU) *bool { return &c.Dying }),
	},
	FieldLast: {
		"st->last",
		Count,
		2,
		objLast,
		hidden,
		func(m *Machine) bool { return m.statePerRun() && m.Scenario.Instances > 0 },
		num(func(c *CPU) *uint8 { return &c.Last }),
	},
	FieldNode: {
		"st->node", Count, 2, objNode, hidden, (*Machine).instancesMove, num(func(c *CPU) *uint8 { return &c.Node }),
	},
	FieldRCU: {
		"known to RCU", Flag, 1, objRCU, hidden, func(m *Machine) bool { return m.Scenario.RCU },
		boolean(func(c *CPU) *bool { return &c.RCU }),
	},
	FieldAllowed: {
		"allowed by cpuset", Flag, 1, objAllowed, visible, (*Machine).hasCpuset,
		boolean(func(c *CPU) *bool { return &c.Allowed }),
	},
	FieldBootedOnce: {
		"booted once",
		Flag,
		1,
		objBootedOnce,
		hidden,
		(*Machine).hasSMT,
		boolean(func(c *CPU) *bool { return &c.BootedOnce }),
	},
	FieldCblist: {
		"RCU callbacks enabled",
		Flag,
		1,
		objRCU,
		hidden,
		(*Machine).cblists,
		boolean(func(c *CPU) *bool { return &c.Cblist }),
	},
	fieldWorks: {"", Count, workBits * maxWorks, objStopWork, hidden, nil, place[CPU]{
		func(c *CPU) (v int) {
			for i, w := range c.Works {
				v |= int(w) << (workBits * i)
			}
			return v
		},
		func(c *CPU, v int) {
			for i := range c.Works {
				c.Works[i] = Work(v >> (workBits * i) & (1<<workBits - 1))
			}
		},
	}},
	fieldStopTarget: {"", Flag, 1, objStopWork, hidden, nil, boolean(func(c *CPU) *bool { return &c.StopTarget })},
	fieldQueueing: {
		"", Flag, 1, objStopWork, hidden, (*Machine).migrates, boolean(func(c *CPU) *bool { return &c.Queueing }),
	},
	fieldWork: {"", Count, workBits, objOwn, hidden, (*Machine).migrates, num(func(c *CPU) *Work { return &c.Work })},
}

// threadVariables are those of each thread. What is named by objThread << 2*slot of a thread that is bound to a CPU,
// is named by objQueue of any other one.
var threadVariables = [numThreadFields]row[Thread]{
	FieldTask:   {"state", TaskOf, 2, objTask, hidden, nil, num(func(t *Thread) *TaskState { return &t.State })},
	FieldQueued: {"on_rq", Flag, 1, objTask, hidden, nil, boolean(func(t *Thread) *bool { return &t.Queued })},
	FieldExists: {"exists", Flag, 1, objKthread, visible, nil, boolean(func(t *Thread) *bool { return &t.Exists })},
	FieldShouldPark: {
		"KTHREAD_SHOULD_PARK", Flag, 1, objKthread, visible, nil,
		boolean(func(t *Thread) *bool { return &t.ShouldPark }),
	},
	FieldIsParked: {
		"KTHREAD_IS_PARKED", Flag, 1, objKthread, hidden, nil, boolean(func(t *Thread) *bool { return &t.IsParked }),
	},
	FieldElsewhere: {
		"off its CPU", Flag, 1, objTask, visible, nil, boolean(func(t *Thread) *bool { return &t.Elsewhere }),
	},
	FieldStatus: {
		"td->status", StatusOf, 2, objOwn, hidden, nil, num(func(t *Thread) *ThreadStatus { return &t.Status }),
	},
	FieldParked: {
		"kthread->parked", Count, doneBits, objKthread, visible, nil, num(func(t *Thread) *uint8 { return &t.Parked }),
	},
	fieldPC:   {"", Count, pcBits, objOwn, hidden, nil, num(func(t *Thread) *PC { return &t.PC })},
	fieldRet:  {"", ErrnoOf, errnoBits, objOwn, hidden, nil, num(func(t *Thread) *Errno { return &t.Ret })},
	fieldErr:  {"", ErrnoOf, errnoBits, objOwn, hidden, nil, num(func(t *Thread) *Errno { return &t.Err })},
	fieldSave: {"", ErrnoOf, errnoBits, objOwn, hidden, nil, num(func(t *Thread) *Errno { return &t.Save })},
	fieldPrev: {"", RungOf, rungBits, objOwn, hidden, nil, num(func(t *Thread) *Rung { return &t.Prev })},
	fieldGoal: {"", RungOf, rungBits, objOwn, hidden, nil, num(func(t *Thread) *Rung { return &t.Goal })},
	fieldStep: {"", RungOf, rungBits, objOwn, hidden, nil, num(func(t *Thread) *Rung { return &t.Step })},
	fieldI:    {"", Count, countBits, objOwn, hidden, nil, num(func(t *Thread) *uint8 { return &t.I })},
	fieldN:    {"", Count, countBits, objOwn, hidden, nil, num(func(t *Thread) *uint8 { return &t.N })},
}

// taskVariables are those that a thread has besides if it is bound to no CPU.
var taskVariables = func() []row[Task] {
	rows := []row[Task]{
		{"", CPUOf, 3, objOwn, hidden, nil, num(func(t *Task) *uint8 { return &t.CPU })},
		{"", RungOf, rungBits, objOwn, hidden, nil, num(func(t *Task) *Rung { return &t.Target })},
		{"", Flag, 1, objOwn, hidden, nil, boolean(func(t *Task) *bool { return &t.Up })},
		{"", Count, 3, objOwn, hidden, nil, num(func(t *Task) *Via { return &t.Via })},
		{"", RungOf, rungBits, objOwn, hidden, nil, num(func(t *Task) *Rung { return &t.Prev })},
		{"", Flag, 1, objOwn, hidden, nil, boolean(func(t *Task) *bool { return &t.Died })},
		{"", Count, countBits, objOwn, hidden, nil, num(func(t *Task) *uint8 { return &t.Made })},
		{"", Count, countBits, objOwn, hidden, nil, num(func(t *Task) *uint8 { return &t.Left })},
		{"", Flag, 1, objOwn, hidden, nil, boolean(func(t *Task) *bool { return &t.Frozen })},
		{"", Count, MaxCPUs, objOwn, hidden, nil, num(func(t *Task) *uint8 { return &t.Took })},
	}
	for _, row := range stopVariables {
		row.exists = func(m *Machine) bool { return m.migrates() || m.Kernel.Source != nil } // see slots
		rows = append(rows, partOf(row, func(t *Task) *StopMachine { return &t.Stop }))
	}
	return rows
}()

// The conditions under which variables exist.
