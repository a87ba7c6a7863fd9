package model

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hpcheck/hpcheck/internal/choose"
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
	scopeClient // of clients and of other participants; the index is the kind
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

	// Those that are in no report.

	fieldWorks
	fieldStopTarget
	fieldQueueing
	fieldWork
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

	// Those that are in no report; but for fieldPC, the registers.

	fieldPC
	fieldRet
	fieldErr
	fieldSave
	fieldPrev
	fieldGoal
	fieldStep
	fieldI
	fieldN
	numThreadFields
)

// CPUVar names a variable of a CPU.
func CPUVar(f CPUField, cpu uint8) Var { return Var{scopeCPU, cpu, uint8(f)} }

// ThreadVar names a variable of a thread.
func ThreadVar(f ThreadField, id ThreadID) Var { return Var{scopeThread, uint8(id), uint8(f)} }

// LockVar names the variable that says who holds a lock.
func LockVar(l Lock) Var { return Var{scopeMachine, 0, uint8(l)} }

// WriterVar names cpu_hotplug.active_writer.
func WriterVar() Var { return Var{scopeMachine, 0, varWriter} }

// extraVar names a variable that a participant brings.
func (m *Machine) extraVar(v *Extra) Var {
	return Var{scopeClient, uint8(v.kind), uint8(varExtra + m.placeOf(v))}
}

// exists reports whether a variable is of any use in the scenario: without installers, say, nobody looks at st->cb.
func (m *Machine) exists(v Var) bool {
	name, exists := v.row()
	return name.name != "" && (exists == nil || exists(m))
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
	SetOf                     // a bit for each
)

// naming is how a variable is called, what its values are, and what accesses call it.
type naming struct {
	name   string
	kind   ValueKind
	object Object
}

// row is what the tables say of a variable.
func (v Var) row() (naming, func(*Machine) bool) {
	switch v.scope {
	case scopeClient:
		r := &clientVariables[v.field]
		return naming{r.name, ValueKind(v.index), objOwn}, r.exists
	case scopeCPU:
		r := &cpuVariables[v.field]
		return naming{r.name, r.kind, r.object}, r.exists
	case scopeThread:
		r := &threadVariables[v.field]
		return naming{r.name, r.kind, r.object}, r.exists
	}
	r := &machineVariables[v.field]
	return naming{r.name, r.kind, r.object}, r.exists
}

func (v Var) naming() naming {
	n, _ := v.row()
	return n
}

// Kind says what the variable's values are.
func (v Var) Kind() ValueKind { return v.naming().kind }

// VarField names a variable without its owner: "st->state".
func (m *Machine) VarField(v Var) string {
	if v.scope == scopeClient {
		return m.clientRow(int(v.field)).name
	}
	if m.Kernel.ParkWaits && v.scope == scopeThread && ThreadField(v.field) == FieldIsParked {
		return "is parked" // there is no such bit any more; properties ask for it all the same
	}
	return v.naming().name
}

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
	case SetOf:
		return setText(n)
	}
	return strconv.FormatBool(n != 0)
}

// setText lists the members of a set.
func setText(n int) string {
	if n == 0 {
		return "none"
	}
	var all []string
	for i := 0; n>>i != 0; i++ {
		if n>>i&1 != 0 {
			all = append(all, strconv.Itoa(i))
		}
	}
	return strings.Join(all, " ")
}

// Number returns a variable's value in a state, as a number: that of its kind's type.
func (m *Machine) Number(s *State, v Var) int {
	switch v.scope {
	case scopeCPU:
		return s.CPU[v.index].value(CPUField(v.field))
	case scopeThread:
		return threadVariables[v.field].at.get(m.Thread(s, ThreadID(v.index)))
	case scopeClient:
		return clientVariables[v.field].at.get(s)
	}
	return machineVariables[v.field].at.get(s)
}

func (c *CPU) value(f CPUField) int { return cpuVariables[f].at.get(c) }

// callbackName is what st->cb points to.
func callbackName(c Callback) string {
	switch c.Owner() {
	case OwnerNone:
		return "NULL"
	case OwnerInstance:
		return choose.If(c.Up(), "multi_startup", "multi_teardown")
	}
	return fmt.Sprintf("driver%d_%s", c.Owner()-1, choose.If(c.Up(), "startup", "teardown"))
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

// Touches names the variables that a thread's next instruction reads or writes: what it waits for, if it waits. The
// budget of faults is no variable of the kernel's.
func (m *Machine) Touches(s *State, id ThreadID) []Var {
	x := m.NewExec()
	x.become(s, id)
	a := x.node().access
	touched := (a.read | a.write | a.add) &^ objFaults
	var vars []Var
	for _, v := range m.vars {
		object := v.naming().object
		switch v.scope {
		case scopeCPU:
			if v.index != x.cpu {
				continue
			}
		case scopeThread:
			info := &m.threads[v.index]
			if info.cpu != x.cpu {
				continue
			}
			object <<= 2 * info.slot
		case scopeClient:
			if m.clientRow(int(v.field)).object&(a.clientRead|a.clientWrite) != 0 {
				vars = append(vars, v)
			}
			continue
		}
		if touched&object != 0 {
			vars = append(vars, v)
		}
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
