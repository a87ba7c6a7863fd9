package model

import (
	"math/bits"
	"strings"
)

// Object is a set of shared variables: bits for those of one CPU, and bits for those of which there is one. What an
// instruction reads and writes is declared as two such sets. A thread's program counter and registers are its own and
// belong to no set.
type Object uint64

// The shared variables of one CPU: the one that the running code is about (see [Exec]), or all.
const (
	objState       Object = 1 << iota // st->state
	objTarget                         // st->target
	objShouldRun                      // st->should_run
	objRollback                       // st->rollback
	objResult                         // st->result
	objDone                           // st->done
	objOnline                         // cpu_online_mask
	objActive                         // cpu_active_mask
	objStopEnabled                    // stopper->enabled
	objStopWork                       // stopper->works
	objStopped                        // whether the stopper keeps other threads off the CPU
	objIRQs                           // whether interrupts are disabled
	objKicked                         // whether the CPU was told to start
	objDead                           // whether the CPU has stopped
	objIPI                            // whether the IPI of the dying CPU is pending
	objCB                             // st->cb
	objCBState                        // st->cb_state
	objDevice                         // dev->offline
	objDriver                         // what a driver keeps for the CPU
	objBringup                        // st->bringup
	objFail                           // st->fail
	objSync                           // st->ap_sync_state
	objDying                          // cpu_dying_mask
	objLast                           // st->last
	objNode                           // st->node
	objRCU                            // whether a grace period needs the CPU, and rdp->cblist
	objAllowed                        // whether cpuset has tasks on the CPU
	objBootedOnce                     // cpus_booted_once_mask
	objThread                         // objThread << 2*slot: task_struct of a thread; << 2*slot+1: its struct kthread
)

// taskOf is the task_struct of the thread in a slot: its state, whether it is queued, where it may run.
func taskOf(slot int) Object { return objThread << (2 * slot) }

// kthreadOf is the struct kthread of the thread in a slot: its flags and the completion parked.
func kthreadOf(slot int) Object { return objThread << (2*slot + 1) }

// The shared variables of which there is one.
const (
	objWriter   Object = 1 << (40 + iota) // cpu_hotplug.active_writer
	objReaders                            // cpu_hotplug.refcount
	objQueue                              // cpu_hotplug.wq, and whether the writer sleeps there
	objDisabled                           // cpu_hotplug_disabled
	objFrozen                             // cpuhp_tasks_frozen
	objSteps                              // the callbacks of the steps that installers use
	objLists                              // the lists of instances
	objStop                               // the multi_stop_data: state, num_threads
	objAck                                // its thread_ack
	objWork                               // its cpu_stop_done: ret, completion
	objTodo                               // its nr_todo
	objSMT                                // cpu_smt_control
	objFaults                             // the budget of faults
	objLock                               // objLock << l: lock l
)

// objOwn is what no access names: what nobody reads and writes but one thread.
const objOwn Object = 0

// The variables of the thread in the first slot; those of the others are further to the left.
const (
	objTask    = objThread
	objKthread = objThread << 1
)

// objectNames names each object after the first of its variables.
var objectNames = func() map[Object]string {
	names := map[Object]string{}
	name := func(o Object, name string) {
		if o != objOwn && names[o] == "" {
			names[o] = name
		}
	}
	for _, v := range machineVariables {
		name(v.object, v.name)
	}
	for _, v := range cpuVariables {
		name(v.object, v.name)
	}
	for _, v := range threadVariables {
		for slot := range slotSmpboot + MaxSmpboot {
			name(v.object<<(2*slot), slotName(slot)+" "+v.name)
		}
	}
	return names
}()

// String lists the variables.
func (o Object) String() string {
	var names []string
	for ; o != 0; o &= o - 1 {
		names = append(names, objectNames[1<<bits.TrailingZeros64(uint64(o))])
	}
	return strings.Join(names, ", ")
}

// access is what an instruction may read and write.
type access struct {
	read, write Object
	add         Object // counted up or down: two of these can be swapped
	clientRead  Object // of clients' objects and of [Extra] variables, which have bits of their own
	clientWrite Object
	boot        Object // read of CPU 0
	allCPUs     bool   // of every CPU, not only of the one that the running code is about

	now func(*Exec) access // what it is in the state as it is, where that is less
}

// own is the access of an instruction that touches nothing shared.
var own = access{}

func reads(o Object) access  { return access{read: o} }
func writes(o Object) access { return access{write: o} }

// writes adds what is written.
func (a access) writes(o Object) access {
	a.write |= o
	return a
}

// reading adds what is read.
func (a access) reading(o Object) access {
	a.read |= o
	return a
}

// adding adds what is counted.
func (a access) adding(o Object) access {
	a.add |= o
	return a
}

// narrowedBy says what the access is in a given state, where that is less than what it may be.
func (a access) narrowedBy(now func(*Exec) access) access {
	a.now = now
	return a
}

// unless says that the access is less as long as something is not so.
func (a access) unless(cond func(*Exec) bool, less access) access {
	whole := a
	return a.narrowedBy(func(x *Exec) access {
		if cond(x) {
			return whole
		}
		return less
	})
}

// ofBootCPU adds what is read of CPU 0.
func (a access) ofBootCPU(o Object) access {
	a.boot |= o
	return a
}

// everyCPU says that the variables of every CPU are meant.
func (a access) everyCPU() access {
	a.allCPUs = true
	return a
}
