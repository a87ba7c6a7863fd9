package model

import (
	"fmt"
	"strconv"
	"strings"
)

// Var names a variable of a machine's states, for reports: a field of a CPU, of a thread, or of the machine.
type Var struct {
	scope varScope
	index uint8 // the CPU or the thread
	field uint8
}

type varScope uint8

const (
	scopeMachine varScope = iota
	scopeCPU
	scopeThread
)

// CPUField is a variable of which each CPU has one.
type CPUField uint8

// The fields of a CPU.
const (
	FieldState CPUField = iota
	FieldTarget
	FieldShouldRun
	FieldRollback
	FieldResult
	FieldDone
	FieldOnline
	FieldActive
	FieldStopEnabled
	FieldStopWork
	FieldStopped
	FieldIRQsOff
	FieldKicked
	FieldDead
	FieldIPI
	FieldCB
	FieldCBState
	FieldDeviceOffline
	FieldAllocated
	FieldBringup
	FieldDoneDown
	FieldFail
	FieldSync
	FieldDying
	FieldLast
	FieldNode
	FieldRCU
	FieldAllowed
	FieldBootedOnce
	FieldCblist
	numCPUFields
)

// ThreadField is a variable of which each thread has one.
type ThreadField uint8

// The fields of a thread.
const (
	FieldTask ThreadField = iota // task_struct.state
	FieldQueued
	FieldExists
	FieldShouldPark
	FieldIsParked
	FieldElsewhere
	FieldStatus
	FieldParked
	numThreadFields
)

// CPUVar names a variable of a CPU.
func CPUVar(f CPUField, cpu uint8) Var { return Var{scopeCPU, cpu, uint8(f)} }

// ThreadVar names a variable of a thread.
func ThreadVar(f ThreadField, id ThreadID) Var { return Var{scopeThread, uint8(id), uint8(f)} }

// LockVar names the variable that says who holds a lock.
func LockVar(l Lock) Var { return Var{scopeMachine, 0, uint8(l)} }

// WriterVar names cpu_hotplug.active_writer.
func WriterVar() Var { return Var{scopeMachine, 0, uint8(numLocks)} }

// TimerVar names the variable that says where the timer of a throttled thread is.
func TimerVar() Var { return Var{scopeMachine, 0, varTimer} }

// The machine's own variables follow the locks.
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
	varTimer       = varPutsPending + 1
	varThrottled   = varTimer + 1
	varPending     = varThrottled + 1
	varBusy        = varPending + 1
	varSMTOff      = varBusy + 1
	varSMTOne      = varSMTOff + 1
	numMachineVars = varSMTOne + 1
)

// exists reports whether a variable is of any use in the scenario: without installers, say, nobody looks at st->cb.
func (m *Machine) exists(v Var) bool {
	sc := &m.Scenario
	switch v.scope {
	case scopeCPU:
		switch CPUField(v.field) {
		case FieldCB, FieldCBState:
			return m.asksForOne()
		case FieldNode:
			return sc.InstancesComeAndGo.any()
		case FieldDeviceOffline:
			return m.usesSysfs()
		case FieldAllocated:
			return sc.Callback == CallbackHalf
		case FieldSync:
			return m.Kernel.SyncDead
		case FieldLast:
			return m.stepwise() && sc.Instances > 0
		case FieldDying:
			return m.Kernel.DyingMask
		case FieldRCU:
			return sc.RCU
		case FieldAllowed:
			return sc.Cpuset
		case FieldBootedOnce:
			return sc.SMT.any()
		case FieldCblist:
			return m.cblists()
		case FieldBringup, FieldDoneDown, FieldFail:
			return m.stepwise()
		}
	case scopeMachine:
		switch {
		case v.field == uint8(DeviceHotplugLock):
			return m.usesSysfs()
		case v.field == uint8(CPUHPStateMutex):
			return m.usesSysfs() || m.asksForOne()
		case v.field == uint8(DriverMutex):
			return sc.Callback == CallbackWaits || sc.Throttle == ThrottleHolder
		case v.field == varReaders || v.field == varWaiting:
			return m.hasReaders()
		case v.field == varDisabled:
			return m.mayDisable()
		case v.field == varTasksFrozen:
			return sc.Suspend
		case v.field == varPoisoned:
			return sc.InstancesComeAndGo == InstanceShared
		case v.field == varPutsPending:
			return m.hasReaders() && m.Kernel.PutsPending && !m.Kernel.RWSem
		case v.field == varTimer || v.field == varThrottled:
			return sc.Throttle.any()
		case v.field == varPending || v.field == varBusy:
			return sc.Cpuset
		case v.field == varSMTOff:
			return sc.SMT.any()
		case v.field == varSMTOne:
			return sc.SMT.any() && m.Kernel.SMTCounts
		case v.field >= varListed:
			return sc.InstancesComeAndGo.any()
		case v.field >= varSlot:
			return int(v.field-varSlot) < m.slots()
		}
	}
	return true
}

// slots is how many entries of the step table installers use.
func (m *Machine) slots() int {
	if m.Scenario.Installers == 0 {
		return 0
	}
	if m.Scenario.PrepareStates {
		return 2 * (m.Scenario.Installers + 1)
	}
	return m.Scenario.Installers + 1
}

// Change is a variable with another value than before.
type Change struct {
	Var  Var
	Name string
	Old  string
	New  string
}

// Diff lists the variables that differ, in a fixed order. Program counters and registers are left out.
func (m *Machine) Diff(before, after *State) []Change {
	var changes []Change
	look := func(v Var) {
		if m.Number(before, v) != m.Number(after, v) {
			changes = append(changes, Change{v, m.VarName(v), m.Value(before, v), m.Value(after, v)})
		}
	}
	for _, v := range m.vars {
		look(v)
	}
	return changes
}

// ValueKind says what the values of a variable are.
type ValueKind uint8

// The kinds of values.
const (
	Flag     ValueKind = iota // 0 or 1
	Count                     // a small number
	RungOf                    // [Rung]
	ErrnoOf                   // [Errno]
	TaskOf                    // [TaskState]
	StatusOf                  // [ThreadStatus]
	ThreadOf                  // [ThreadID]
	StopOf                    // [StopState]
	CallOf                    // [Callback]
	OwnerOf                   // [Owner]
	SyncOf                    // [SyncState]
	CPUOf                     // 1 + a CPU
)

// naming is how a variable is called and what its values are.
type naming struct {
	name string
	kind ValueKind
}

var cpuFields = [numCPUFields]naming{
	FieldState:         {"st->state", RungOf},
	FieldTarget:        {"st->target", RungOf},
	FieldShouldRun:     {"st->should_run", Flag},
	FieldRollback:      {"st->rollback", Flag},
	FieldResult:        {"st->result", ErrnoOf},
	FieldDone:          {"st->done", Count},
	FieldOnline:        {"online", Flag},
	FieldActive:        {"active", Flag},
	FieldStopEnabled:   {"stopper->enabled", Flag},
	FieldStopWork:      {"stopper->works", Flag},
	FieldStopped:       {"stopped", Flag},
	FieldIRQsOff:       {"irqs off", Flag},
	FieldKicked:        {"kicked", Flag},
	FieldDead:          {"dead", Flag},
	FieldIPI:           {"ipi pending", Flag},
	FieldCB:            {"st->cb", CallOf},
	FieldCBState:       {"st->cb_state", RungOf},
	FieldDeviceOffline: {"dev->offline", Flag},
	FieldAllocated:     {"driver's data", Flag},
	FieldBringup:       {"st->bringup", Flag},
	FieldDoneDown:      {"st->done_down", Count},
	FieldFail:          {"st->fail", RungOf},
	FieldSync:          {"st->ap_sync_state", SyncOf},
	FieldDying:         {"dying", Flag},
	FieldLast:          {"st->last", Count},
	FieldNode:          {"st->node", Count},
	FieldRCU:           {"known to RCU", Flag},
	FieldAllowed:       {"allowed by cpuset", Flag},
	FieldBootedOnce:    {"booted once", Flag},
	FieldCblist:        {"RCU callbacks enabled", Flag},
}

var threadFields = [numThreadFields]naming{
	FieldTask:       {"state", TaskOf},
	FieldQueued:     {"on_rq", Flag},
	FieldExists:     {"exists", Flag},
	FieldShouldPark: {"KTHREAD_SHOULD_PARK", Flag},
	FieldIsParked:   {"KTHREAD_IS_PARKED", Flag},
	FieldElsewhere:  {"off its CPU", Flag},
	FieldStatus:     {"td->status", StatusOf},
	FieldParked:     {"kthread->parked", Count},
}

// machineFields are the machine's variables after the locks and before the entries of the step table.
var machineFields = [...]naming{
	{"active_writer", ThreadOf},
	{"multi_stop state", StopOf},
	{"thread_ack", Count},
	{"nr_todo", Count},
	{"stop result", ErrnoOf},
	{"faults left", Count},
	{"crashed", Flag},
	{"cpu_hotplug.refcount", Count},
	{"on cpu_hotplug.wq", Flag},
	{"cpu_hotplug_disabled", Count},
	{"cpuhp_tasks_frozen", Flag},
}

func (v Var) naming() naming {
	switch {
	case v.scope == scopeCPU:
		return cpuFields[v.field]
	case v.scope == scopeThread:
		return threadFields[v.field]
	case v.field < uint8(numLocks):
		return naming{Lock(v.field).String(), ThreadOf}
	case v.field == varPutsPending:
		return naming{"cpu_hotplug.puts_pending", Count}
	case v.field >= varTimer:
		return [...]naming{
			{"period_timer", CPUOf}, {"throttled", ThreadOf}, {"cpuset_hotplug_work pending", Flag}, {"cpuset_hotplug_work running", Flag},
			{"CPU_SMT_DISABLED", Flag}, {"cpu_smt_num_threads is 1", Flag},
		}[v.field-varTimer]
	case v.field == varPoisoned:
		return naming{"node->pprev is LIST_POISON2", Flag}
	case v.field >= varListed:
		return naming{
			[...]string{"the instance is on the list of multi:prepare", "the instance is on the list of multi:online"}[v.field-varListed],
			Flag,
		}
	case v.field >= varSlot:
		return naming{fmt.Sprintf("callbacks of slot%d", v.field-varSlot+1), OwnerOf}
	}
	return machineFields[v.field-varWriter]
}

// Kind says what the variable's values are.
func (v Var) Kind() ValueKind { return v.naming().kind }

// VarField names a variable without its owner: "st->state".
func (m *Machine) VarField(v Var) string { return v.naming().name }

// VarName returns a variable's name: "CPU 1 st->state", "cpuhp/1 KTHREAD_SHOULD_PARK".
func (m *Machine) VarName(v Var) string {
	if owner := m.VarOwner(v); owner != "" {
		return owner + " " + m.VarField(v)
	}
	return m.VarField(v)
}

// Value returns a variable's value in a state, as text.
func (m *Machine) Value(s *State, v Var) string {
	n := m.Number(s, v)
	if v.Kind() == RungOf {
		return m.RungName(Rung(n))
	}
	return m.Text(v.Kind(), n)
}

// Text is a value of that kind as text; a rung is its symbol alone.
func (m *Machine) Text(kind ValueKind, n int) string {
	switch kind {
	case Count:
		return strconv.Itoa(n)
	case RungOf:
		symbol, _, _ := strings.Cut(m.RungName(Rung(n)), " (")
		return symbol
	case ErrnoOf:
		return Errno(n).String()
	case TaskOf:
		return TaskState(n).String()
	case StatusOf:
		return ThreadStatus(n).String()
	case ThreadOf:
		return m.ThreadName(ThreadID(n))
	case StopOf:
		return StopState(n).String()
	case CallOf:
		return callbackName(Callback(n))
	case OwnerOf:
		return ownerName(Owner(n))
	case CPUOf:
		if n == 0 {
			return "nowhere"
		}
		return fmt.Sprintf("on CPU %d", n-1)
	case SyncOf:
		return SyncState(n).String()
	}
	return strconv.FormatBool(n != 0)
}

// Number returns a variable's value in a state, as a number: that of its kind's type.
func (m *Machine) Number(s *State, v Var) int {
	switch v.scope {
	case scopeCPU:
		return s.CPU[v.index].value(CPUField(v.field))
	case scopeThread:
		if info := &m.threads[v.index]; info.kind.unbound() {
			return s.Task[info.index].Thread.value(ThreadField(v.field))
		} else if info.kind != kindIRQ {
			return s.CPU[info.cpu].Thread[info.slot].value(ThreadField(v.field))
		}
		return 0
	}
	if v.field < uint8(numLocks) {
		return int(s.Lock[v.field])
	}
	if v.field >= varTimer {
		return [...]int{int(s.Timer), int(s.Throttled), int(bit(s.CpusetPending)), int(bit(s.CpusetBusy)), int(bit(s.SMTOff)), int(bit(s.SMTOne))}[v.field-varTimer]
	}
	if v.field == varPoisoned {
		return int(bit(s.Poisoned))
	}
	if v.field == varPutsPending {
		return int(s.PutsPending)
	}
	if v.field >= varListed {
		return int(s.Listed >> (v.field - varListed) & 1)
	}
	if v.field >= varSlot {
		return int(s.Slot[v.field-varSlot])
	}
	return [...]int{
		int(s.ActiveWriter), int(s.Stop.State), int(s.Stop.Ack), int(s.Stop.Todo), int(s.Stop.Ret), int(s.Faults),
		int(bit(s.Crashed)), int(s.Readers), int(bit(s.OnWaitQueue)), int(s.Disabled), int(bit(s.TasksFrozen)),
	}[v.field-varWriter]
}

func (c *CPU) value(f CPUField) int {
	return [...]int{
		int(c.State), int(c.Target), int(bit(c.ShouldRun)), int(bit(c.Rollback)), int(c.Result), int(c.Done),
		int(bit(c.Online)), int(bit(c.Active)), int(bit(c.StopEnabled)), int(bit(c.Works[0] != NoWork)), int(bit(c.Stopped)),
		int(bit(c.IRQsOff)), int(bit(c.Kicked)), int(bit(c.Dead)), int(bit(c.IPI)), int(c.CB), int(c.CBState),
		int(bit(c.Offline)), int(bit(c.Allocated)), int(bit(c.Bringup)), int(c.DoneDown), int(c.Fail), int(c.Sync),
		int(bit(c.Dying)), int(c.Last), int(c.Node), int(bit(c.RCU)), int(bit(c.Allowed)), int(bit(c.BootedOnce)), int(bit(c.Cblist)),
	}[f]
}

func (t *Thread) value(f ThreadField) int {
	return [...]int{
		int(t.State), int(bit(t.Queued)), int(bit(t.Exists)), int(bit(t.ShouldPark)), int(bit(t.IsParked)),
		int(bit(t.Elsewhere)), int(t.Status), int(t.Parked),
	}[f]
}

// callbackName is what st->cb points to.
func callbackName(c Callback) string {
	switch c.Owner() {
	case OwnerNone:
		return "NULL"
	case OwnerInstance:
		return map[bool]string{true: "multi_startup", false: "multi_teardown"}[c.Up()]
	}
	return fmt.Sprintf("driver%d_%s", c.Owner()-1, map[bool]string{true: "startup", false: "teardown"}[c.Up()])
}

// ownerName is what an entry of the step table holds.
func ownerName(o Owner) string {
	switch o {
	case OwnerNone:
		return "none"
	case Reserved:
		return "reserved"
	}
	return fmt.Sprintf("driver%d", o-1)
}

// TargetName is a rung as the target of an operation, which may also be one that there is not.
func (m *Machine) TargetName(r Rung) string {
	switch int(r) {
	case m.outOfRange():
		return "a number out of range"
	case m.unused():
		return "a number that no state has"
	}
	return m.RungName(r)
}

// RungName returns a rung as kernel developers write it: "CPUHP_AP_ONLINE_IDLE (9)".
func (m *Machine) RungName(r Rung) string {
	if int(r) >= len(m.Ladder) {
		return fmt.Sprintf("rung %d", r)
	}
	return fmt.Sprintf("%s (%d)", m.Ladder[r].Symbol, m.Ladder[r].Number)
}

// Touches names the variables that a thread's next instruction reads or writes: what it waits for, if it waits.
func (m *Machine) Touches(s *State, id ThreadID) []Var {
	x := m.NewExec()
	x.become(s, id)
	acc := x.node().access
	touched := acc.read | acc.write | acc.add
	var vars []Var
	add := func(o Object, v ...Var) {
		if touched&o != 0 {
			vars = append(vars, v...)
		}
	}
	for l := range numLocks {
		add(objLock<<l, LockVar(l))
	}
	add(objWriter, WriterVar())
	add(objStop, Var{scopeMachine, 0, varStop})
	add(objAck, Var{scopeMachine, 0, varAck})
	add(objTodo, Var{scopeMachine, 0, varTodo})
	add(objReaders, Var{scopeMachine, 0, varReaders})
	add(objQueue, Var{scopeMachine, 0, varWaiting})
	if m.Scenario.Throttle.any() {
		add(objThrottle, Var{scopeMachine, 0, varTimer}, Var{scopeMachine, 0, varThrottled})
	}
	if m.Scenario.Cpuset {
		add(objCpuset, Var{scopeMachine, 0, varPending}, Var{scopeMachine, 0, varBusy})
	}
	if m.Scenario.SMT.any() {
		add(objSMT, Var{scopeMachine, 0, varSMTOff}, Var{scopeMachine, 0, varSMTOne})
	}
	add(objDisabled, Var{scopeMachine, 0, varDisabled})
	if m.Scenario.InstancesComeAndGo.any() {
		add(objLists, Var{scopeMachine, 0, varListed}, Var{scopeMachine, 0, varListed + 1})
	}
	fields := [...]struct {
		o Object
		f CPUField
	}{
		{objState, FieldState},
		{objTarget, FieldTarget},
		{objShouldRun, FieldShouldRun},
		{objRollback, FieldRollback},
		{objResult, FieldResult},
		{objDone, FieldDone},
		{objOnline, FieldOnline},
		{objActive, FieldActive},
		{objStopEnabled, FieldStopEnabled},
		{objStopWork, FieldStopWork},
		{objStopped, FieldStopped},
		{objIRQs, FieldIRQsOff},
		{objKicked, FieldKicked},
		{objDead, FieldDead},
		{objIPI, FieldIPI},
		{objCB, FieldCB},
		{objCBState, FieldCBState},
		{objDevice, FieldDeviceOffline},
		{objDriver, FieldAllocated},
		{objBringup, FieldBringup},
		{objFail, FieldFail},
		{objSync, FieldSync},
		{objDying, FieldDying},
		{objLast, FieldLast},
		{objNode, FieldNode},
		{objRCU, FieldRCU},
		{objAllowed, FieldAllowed},
		{objBootedOnce, FieldBootedOnce},
		{objRCU, FieldCblist},
	}
	for _, f := range fields {
		add(f.o, CPUVar(f.f, x.cpu))
	}
	for slot := range slotSmpboot + m.Scenario.Smpboot {
		thread := m.threadOf(x.cpu, slot)
		add(taskOf(slot), ThreadVar(FieldTask, thread))
		add(kthreadOf(slot), ThreadVar(FieldParked, thread))
	}
	return vars
}

// CPU is the CPU that the variable belongs to, if it belongs to one itself and not to a thread.
func (v Var) CPU() (int, bool) { return int(v.index), v.scope == scopeCPU }

// Thread is the thread that the variable belongs to, if it belongs to one.
func (v Var) Thread() (ThreadID, bool) { return ThreadID(v.index), v.scope == scopeThread }

// RungNumber is the value of the rung's enum; -1 if the ladder has no such rung.
func (m *Machine) RungNumber(r Rung) int {
	if int(r) >= len(m.Ladder) {
		return -1
	}
	return m.Ladder[r].Number
}
