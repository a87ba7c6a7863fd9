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
	objThread                         // objThread << 2*slot: task_struct of a thread; << 2*slot+1: its struct kthread
)

// taskOf is the task_struct of the thread in a slot: its state, whether it is queued, where it may run.
func taskOf(slot int) Object { return objThread << (2 * slot) }

// kthreadOf is the struct kthread of the thread in a slot: its flags and the completion parked.
func kthreadOf(slot int) Object { return objThread << (2*slot + 1) }

// The shared variables of which there is one.
const (
	objLock   Object = 1 << (48 + iota) // objLock << l: lock l
	_                                   // ...
	_                                   // ...
	_                                   // ...
	_                                   // ...
	objWriter                           // cpu_hotplug.active_writer
	objStop                             // the multi_stop_data: state, thread_ack
	objWork                             // its cpu_stop_done: nr_todo, ret, completion
	objFaults                           // the budget of faults
)

var objectNames = func() map[Object]string {
	names := map[Object]string{
		objState: "st->state", objTarget: "st->target", objShouldRun: "st->should_run", objRollback: "st->rollback",
		objResult: "st->result", objDone: "st->done", objOnline: "online", objActive: "active",
		objStopEnabled: "stopper->enabled", objStopWork: "stopper->works", objStopped: "stopped", objIRQs: "irqs off",
		objKicked: "kicked", objDead: "dead", objIPI: "ipi", objWriter: "active_writer", objStop: "multi_stop_data",
		objWork: "cpu_stop_done", objFaults: "faults",
	}
	for slot := range slotSmpboot + MaxSmpboot {
		names[taskOf(slot)], names[kthreadOf(slot)] = slotName(slot)+" task", slotName(slot)+" kthread"
	}
	for l := range numLocks {
		names[objLock<<l] = l.String()
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

// access is what an instruction reads and writes.
type access struct {
	read, write Object
	allCPUs     bool // of every CPU, not only of the one that the running code is about
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

// everyCPU says that the variables of every CPU are meant.
func (a access) everyCPU() access {
	a.allCPUs = true
	return a
}
