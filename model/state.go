package model

// Limits of the state's fixed arrays. A scenario that asks for more is refused.
const (
	MaxCPUs       = 8 // CPUs, numbered from 0
	MaxTasks      = 4 // control tasks
	MaxInstallers = 3 // tasks that install callbacks
	MaxMigrators  = 3 // tasks that have stoppers do something
	MaxUnbound    = 7 // threads that are bound to no CPU, the control tasks among them
	MaxSmpboot    = 3 // ordinary smpboot threads on each CPU
)

// State is one global state of the machine: everything that the kernel's code shares, and where each thread stands in
// its code. It is a plain value: no pointers, slices or maps, so assignment copies it and == compares it. Entries
// beyond what a scenario uses stay zero.
type State struct {
	Globals
	// Task are the threads that are bound to no CPU: the tasks that call cpu_up() and cpu_down(), and whoever else is
	// there.
	Task [MaxUnbound]Task
	// CPU is what belongs to one CPU each.
	CPU [MaxCPUs]CPU
}

// Globals is what there is one of.
type Globals struct {
	// Lock says which thread holds each lock; Nobody if it is free.
	Lock [numLocks]ThreadID
	// ActiveWriter is cpu_hotplug.active_writer.
	ActiveWriter ThreadID
	// OnWaitQueue says that the active writer is on cpu_hotplug.wq.
	OnWaitQueue bool
	// Readers is cpu_hotplug.refcount.
	Readers uint8
	// PutsPending is cpu_hotplug.puts_pending, before v4.0: readers that are gone and not counted yet.
	PutsPending uint8
	// Disabled is cpu_hotplug_disabled.
	Disabled uint8
	// TasksFrozen is cpuhp_tasks_frozen.
	TasksFrozen bool
	// Slot are the entries of the step table that installers use: free, reserved, or whose callbacks are there.
	Slot [MaxSlots]Owner
	// Listed says whether the instance that comes and goes is on the list of its state: a bit for each of the
	// scenario's states with instances.
	Listed uint8
	// Poisoned: the node that is on two lists was taken off one of them.
	Poisoned bool
	// Modules is how many instances there are of the states that come and go.
	Modules [MaxModules]uint8
	// Client are the objects of clients.
	Client Clientele
	// Stop is the multi_stop_data of the stop_machine() that is under way.
	Stop StopMachine
	// Faults is how many faults may still be injected.
	Faults uint8
	// Extra are the variables that participants bring.
	Extra [maxExtra]uint8
	// SMTOff says that cpu_smt_control is CPU_SMT_DISABLED.
	SMTOff bool
	// SMTOne says that cpu_smt_num_threads is 1.
	SMTOne bool
	// Crashed is set by a BUG: nothing runs any more.
	Crashed bool
	// Buffer are the stores that have not reached memory, those of each thread in their order; Old what threads may
	// still find in memory instead of what is there. Both are empty where memory is not weak (see [MemoryModel]).
	Buffer, Old [maxStored]Stored
}

// CPU is what the kernel keeps per CPU, and the threads that are bound to it.
type CPU struct {
	// struct cpuhp_cpu_state (kernel/cpu.c).

	State     Rung     // where the CPU stands on the ladder
	Target    Rung     // where it is to go
	ShouldRun bool     // the hotplug thread has a request
	Rollback  bool     // that request is to undo a takedown that failed
	Result    Errno    // how the request ended
	Done      uint8    // completions not yet consumed, saturating at maxDone
	CB        Callback // the one callback that an installer asks for
	CBState   Rung     // the state that it belongs to
	Bringup   bool     // since v4.14: the request is to go up
	DoneDown  uint8    // since v4.14: completions of st->done_down; Done is st->done_up then
	Fail      Rung     // since v4.14: the state whose next callback fails, 0 for none

	Last  uint8     // since v4.14: st->last, 1 + the number of the instance that failed, 0 for none
	Node  uint8     // since v4.14: st->node, 1 + the number of the instance, 0 for none
	Dying bool      // since v5.13: it is in the mask of those that go down
	Sync  SyncState // since v6.5: ap_sync_state, how far the CPU and who starts or stops it have come with each other

	// This CPU's bits in the masks.

	Online bool
	Active bool

	// struct cpu_stopper (kernel/stop_machine.c).

	StopEnabled bool           // work may be queued
	Works       [maxWorks]Work // what is queued and was not taken yet, in that order
	StopTarget  bool           // the work of stop_machine() is to run take_cpu_down() here, not only to wait
	Stopped     bool           // the stopper runs work: no other thread gets this CPU
	Work        Work           // which; the stopper's own variable
	Queueing    bool           // an interrupt queues work for this stopper and for another one (before b17718d02f54)

	// The processor itself.

	IRQsOff    bool // interrupts are disabled
	Kicked     bool // __cpu_up() has told it to start
	Dead       bool // it has stopped executing
	IPI        bool // an online CPU is asked to run cpuhp_complete_idle_dead() for it
	Offline    bool // dev->offline of the CPU's device
	RCU        bool // a grace period needs it
	Allowed    bool // it is in top_cpuset.effective_cpus: tasks may be bound to it
	BootedOnce bool // it is in cpus_booted_once_mask
	Cblist     bool // call_rcu() may be called there: its list of RCU callbacks is enabled
	Allocated  bool // what a driver of kind CallbackHalf keeps for the CPU

	// Thread are the threads of this CPU; see the slot constants.
	Thread [slotSmpboot + MaxSmpboot]Thread
}

// maxDone is where the count of unconsumed completions saturates. The protocol never has more than one; a second one
// that nobody waits for is what no-stale-completion looks for, a third adds nothing.
const maxDone = 3

// Slots of CPU.Thread.
const (
	slotCpuhp   = iota // cpuhp/N, the hotplug thread
	slotStopper        // migration/N, the stopper thread
	slotIdle           // swapper/N, the idle task: it starts the CPU and it is the last to run
	slotSmpboot        // the first ordinary smpboot thread; the others follow
)

// TaskState is task_struct.state, as far as it matters to hotplug.
type TaskState uint8

// The scheduler's states. A thread whose state is not TaskRunning runs on until it calls schedule().
const (
	TaskRunning TaskState = iota
	TaskInterruptible
	TaskUninterruptible
	TaskParked
)

// String returns the kernel's name.
func (s TaskState) String() string {
	return [...]string{"TASK_RUNNING", "TASK_INTERRUPTIBLE", "TASK_UNINTERRUPTIBLE", "TASK_PARKED"}[s]
}

// ThreadStatus is smpboot_thread_data.status.
type ThreadStatus uint8

// What an smpboot thread last told its owner.
const (
	ThreadNone   ThreadStatus = iota // HP_THREAD_NONE: setup() was not called yet
	ThreadActive                     // HP_THREAD_ACTIVE
	ThreadParked                     // HP_THREAD_PARKED: park() was called
)

// String returns the kernel's name.
func (s ThreadStatus) String() string {
	return [...]string{"HP_THREAD_NONE", "HP_THREAD_ACTIVE", "HP_THREAD_PARKED"}[s]
}

// Thread is one thread: where it stands, what others know of it, and its registers.
type Thread struct {
	PC PC // where it stands in its program

	State  TaskState
	Queued bool // it is on a run queue; if not, it sleeps in schedule()

	// struct kthread (kernel/kthread.c) and its place in smpboot.

	Exists     bool // it was created
	ShouldPark bool // KTHREAD_SHOULD_PARK
	IsParked   bool // KTHREAD_IS_PARKED; where there is none, whether it has completed kthread.parked since ShouldPark
	Elsewhere  bool // it may run on another CPU than its own: created and not bound yet, or its CPU died under it
	Status     ThreadStatus
	Parked     uint8 // completions of kthread.parked not yet consumed, saturating at maxDone

	// Registers: the local variables of the functions that it is in. They are zero where they are dead.

	Ret  Errno // what the last call returned
	Err  Errno // ret of a walk, while its undo calls other functions
	Save Errno // err of takedown_cpu(), kept in the same way
	Prev Rung  // prev_state of a walk
	Goal Rung  // target of a walk
	Step Rung  // step: the rung whose callback is called
	I    uint8 // a loop's index
	N    uint8 // a loop's end
}

// Task is a thread that is bound to no CPU: a task that makes hotplug operations, or another that has to do with them.
type Task struct {
	Thread
	CPU    uint8 // the operation's CPU
	Target Rung  // the operation's target; of an installer, the step
	Up     bool  // cpu_up(), not cpu_down()
	Via    Via   // how it was asked for
	Prev   Rung  // prev_state of _cpu_down()
	Died   bool  // hasdied of _cpu_down()
	Made   uint8 // operations begun
	// Of an installer: CPUs still to be called; of a reader: how deep it is in get_online_cpus(); of a migrator: 1 +
	// the second CPU.
	Left   uint8
	Frozen bool // tasks_frozen of _cpu_up() and _cpu_down()
	// Of the thread that suspends: frozen_cpus, a bit for each CPU; of one that boots: ncpus of
	// cpuhp_bringup_cpus_parallel(), from where only the second threads are left.
	Took uint8
	Stop StopMachine // of a migrator: what it waits for
}

// Via says how an operation was asked for.
type Via uint8

// The ways to ask for an operation.
const (
	ViaKernel Via = iota // cpu_up() or cpu_down() is called
	ViaOnline            // 0 or 1 is written to cpuN/online
	ViaTarget            // a number is written to cpuN/hotplug/target
	ViaSMT               // on or off is written to smt/control
	ViaBoot              // the machine boots, and brings its CPUs up
)

// Owner says what an entry of the step table holds: nothing, a reservation, or the callbacks of an installer.
type Owner uint8

// What an entry may hold besides the callbacks of an installer, which are 1 and its number.
const (
	OwnerNone     Owner = 0
	OwnerModule   Owner = 5 // of no entry: the request is for a state that comes or goes
	OwnerInstance Owner = 6 // of no entry: the request is for an instance, whose callbacks are its state's
	Reserved      Owner = 7
)

// Callback is a pointer to a callback: nil, or the startup or the teardown of an installer.
type Callback uint8

// callbackOf is the startup or the teardown of an owner.
func callbackOf(o Owner, up bool) Callback { return Callback(o)<<1 | Callback(bit(up)) }

// Owner is whose callback it is.
func (c Callback) Owner() Owner { return Owner(c >> 1) }

// Up reports whether it is a startup.
func (c Callback) Up() bool { return c&1 != 0 }

// MaxSlots is how many entries of the step table installers can use: so many of the hotplug thread's, and as many of
// the prepare section.
const MaxSlots = 2 * (MaxInstallers + 1)

// Work is a struct cpu_stop_work: that of stop_machine(), or of a migrator, from whose number on.
type Work uint8

// What a work may be.
const (
	NoWork Work = iota
	WorkOfStopMachine
	WorkOfMigrator // 0; the others follow
)

// maxWorks is how many works may be queued for a stopper at once: nobody has two.
const maxWorks = 1 + MaxMigrators

// StopMachine is struct multi_stop_data together with its struct cpu_stop_done.
type StopMachine struct {
	State   StopState
	Threads uint8 // num_threads
	Ack     uint8 // thread_ack: who has still to follow
	Todo    uint8 // nr_todo: works not yet finished
	Ret     Errno
	Done    bool // the completion
}

// StopState is enum multi_stop_state.
type StopState uint8

// The lock-step of multi_cpu_stop(): everybody acknowledges a state before anybody gets the next.
const (
	StopNone StopState = iota
	StopPrepare
	StopDisableIRQ
	StopRun
	StopExit
)

// String returns the kernel's name.
func (s StopState) String() string {
	return [...]string{
		"MULTI_STOP_NONE", "MULTI_STOP_PREPARE", "MULTI_STOP_DISABLE_IRQ", "MULTI_STOP_RUN", "MULTI_STOP_EXIT",
		"(all left)",
	}[s]
}

// Lock names a lock.
type Lock uint8

// The locks: those that every operation takes, in that order, and those of who is beside it.
const (
	CPUAddRemoveLock Lock = iota
	CPUHotplugLock
	SmpbootThreadsLock
	SparseIRQLock
	StopCPUsMutex
	DeviceHotplugLock
	CPUHPStateMutex
	DriverMutex
	numLocks
)

// String returns the kernel's name.
func (l Lock) String() string {
	return [...]string{
		"cpu_add_remove_lock", "cpu_hotplug.lock", "smpboot_threads_lock", "sparse_irq_lock", "stop_cpus_mutex",
		"device_hotplug_lock", "cpuhp_state_mutex", "driver_mutex",
	}[l]
}

// Errno is an error number; its value is the model's own, Number gives the kernel's.
type Errno uint8

// The errors that occur.
const (
	OK Errno = iota
	EPERM
	ENOENT
	EIO
	EAGAIN
	ENOMEM
	EBUSY
	EINVAL
	ENOSYS
	ENOSPC
	ECANCELED
	EOPNOTSUPP
	ENODEV
	ENOTSUPP
	ETIMEDOUT
	ENXIO
	numErrnos
)

var errnos = [numErrnos]struct {
	name   string
	number int
}{
	OK: {"0", 0}, EPERM: {"-EPERM", 1}, ENOENT: {"-ENOENT", 2}, EIO: {"-EIO", 5}, EAGAIN: {"-EAGAIN", 11},
	ENOMEM: {"-ENOMEM", 12}, EBUSY: {"-EBUSY", 16}, EINVAL: {"-EINVAL", 22}, ENOSYS: {"-ENOSYS", 38},
	ENOSPC: {"-ENOSPC", 28}, ECANCELED: {"-ECANCELED", 125}, EOPNOTSUPP: {"-EOPNOTSUPP", 95},
	ENODEV: {"-ENODEV", 19}, ENOTSUPP: {"-ENOTSUPP", 524},
	ETIMEDOUT: {"-ETIMEDOUT", 110}, ENXIO: {"-ENXIO", 6},
}

// String returns the error as kernel developers write it: "0" or "-EBUSY".
func (e Errno) String() string { return errnos[e].name }

// Number returns the kernel's positive error number, 0 for OK.
func (e Errno) Number() int { return errnos[e].number }

// ErrnoNumber is the positive error number of an error as [Errno.String] writes it; 0 for none.
func ErrnoNumber(text string) int {
	for e := range numErrnos {
		if e.String() == text {
			return e.Number()
		}
	}
	return 0
}

// Valid reports whether there is such an error.
func (e Errno) Valid() bool { return e < numErrnos }
