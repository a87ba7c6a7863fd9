package model

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// touched compares two states and returns the objects that differ, of each CPU and of the machine.
func touched(m *Machine, a, b *State) (cpu [MaxCPUs]Object, global Object) {
	differ := func(o Object, d bool, set *Object) {
		if d {
			*set |= o
		}
	}
	for l := range numLocks {
		differ(objLock<<l, a.Lock[l] != b.Lock[l], &global)
	}
	differ(objWriter, a.ActiveWriter != b.ActiveWriter, &global)
	differ(objReaders, a.Readers != b.Readers || a.PutsPending != b.PutsPending, &global)
	differ(objQueue, a.OnWaitQueue != b.OnWaitQueue, &global)
	differ(objThrottle, a.Timer != b.Timer || a.Throttled != b.Throttled, &global)
	differ(objCpuset, a.CpusetPending != b.CpusetPending || a.CpusetBusy != b.CpusetBusy, &global)
	differ(objSMT, a.SMTOff != b.SMTOff || a.SMTOne != b.SMTOne, &global)
	differ(objDisabled, a.Disabled != b.Disabled, &global)
	differ(objFrozen, a.TasksFrozen != b.TasksFrozen, &global)
	differ(objSteps, a.Slot != b.Slot || a.Modules != b.Modules, &global)
	differ(objLists, a.Listed != b.Listed || a.Poisoned != b.Poisoned, &global)
	for i := range m.unbound {
		t, u := &a.Task[i], &b.Task[i]
		differ(objQueue, t.State != u.State || t.Queued != u.Queued, &global)
	}
	stops := func(s, r StopMachine) {
		differ(objStop, s.State != r.State || s.Threads != r.Threads, &global)
		differ(objAck, s.Ack != r.Ack, &global)
		differ(objWork, s.Ret != r.Ret || s.Done != r.Done, &global)
		differ(objTodo, s.Todo != r.Todo, &global)
	}
	stops(a.Stop, b.Stop)
	for i := range m.unbound {
		stops(a.Task[i].Stop, b.Task[i].Stop)
	}
	differ(objFaults, a.Faults != b.Faults, &global)
	for i := range m.Scenario.CPUs {
		c, d, set := &a.CPU[i], &b.CPU[i], &cpu[i]
		differ(objState, c.State != d.State, set)
		differ(objTarget, c.Target != d.Target, set)
		differ(objShouldRun, c.ShouldRun != d.ShouldRun, set)
		differ(objRollback, c.Rollback != d.Rollback, set)
		differ(objResult, c.Result != d.Result, set)
		differ(objDone, c.Done != d.Done, set)
		differ(objOnline, c.Online != d.Online, set)
		differ(objActive, c.Active != d.Active, set)
		differ(objStopEnabled, c.StopEnabled != d.StopEnabled, set)
		differ(objStopWork, c.Works != d.Works || c.StopTarget != d.StopTarget || c.Queueing != d.Queueing, set)
		differ(objStopped, c.Stopped != d.Stopped, set)
		differ(objIRQs, c.IRQsOff != d.IRQsOff, set)
		differ(objKicked, c.Kicked != d.Kicked, set)
		differ(objDead, c.Dead != d.Dead, set)
		differ(objIPI, c.IPI != d.IPI, set)
		differ(objLast, c.Last != d.Last, set)
		differ(objNode, c.Node != d.Node, set)
		differ(objRCU, c.RCU != d.RCU || c.Cblist != d.Cblist, set)
		differ(objBootedOnce, c.BootedOnce != d.BootedOnce, set)
		differ(objAllowed, c.Allowed != d.Allowed, set)
		differ(objCB, c.CB != d.CB, set)
		differ(objCBState, c.CBState != d.CBState, set)
		differ(objDevice, c.Offline != d.Offline, set)
		differ(objDriver, c.Allocated != d.Allocated, set)
		for slot := range slotSmpboot + m.Scenario.Smpboot {
			x, y := &c.Thread[slot], &d.Thread[slot]
			differ(taskOf(slot), x.State != y.State || x.Queued != y.Queued || x.Elsewhere != y.Elsewhere, set)
			differ(kthreadOf(slot), x.Exists != y.Exists || x.ShouldPark != y.ShouldPark || x.IsParked != y.IsParked ||
				x.Parked != y.Parked, set)
		}
	}
	return cpu, global
}

// An instruction must change nothing shared but what it is declared to write, on no other CPU than its own unless it
// says so, and no other thread's registers.
func TestDeclaredWrites(t *testing.T) {
	t.Parallel()
	for _, kernel := range append(engines, "v4.6-rc3") {
		for _, b := range beside {
			for _, boot := range []int{0, 1} {
				m := machine(t, kernel, func(sc *Scenario) {
					sc.Boot, sc.Faults = boot, 2
					b.change(sc)
				})
				x := m.NewExec()
				visit(
					m, 25_000,
					func(_ *Exec, before, after *State, act Action) { declared(t, m, x, before, after, act) },
				)
			}
		}
	}
}

// declared checks one transition.
func declared(t *testing.T, m *Machine, x *Exec, before, after *State, act Action) {
	x.become(before, act.Thread())
	n, own := x.node(), x.cpu
	cpu, global := touched(m, before, after)
	may := x.accessNow(n)
	may.write |= may.add
	if extra := may.write &^ n.access.write; extra != 0 {
		t.Fatalf("%s: %s is narrowed to more than it may: %v", n.fn.name, n.label, extra)
	}
	if extra := global &^ may.write; extra != 0 {
		t.Fatalf("%s: %s writes %v", n.fn.name, n.label, extra)
	}
	for i := range cpu {
		if cpu[i] != 0 && !n.access.allCPUs && uint8(i) != own {
			t.Fatalf("%s: %s writes %v of CPU %d, and is about CPU %d", n.fn.name, n.label, cpu[i], i, own)
		}
		if extra := cpu[i] &^ may.write; extra != 0 {
			t.Fatalf("%s: %s writes %v", n.fn.name, n.label, extra)
		}
	}
	for _, id := range m.Threads() {
		a, b := *m.Thread(before, id), *m.Thread(after, id)
		if id != act.Thread() && a.Exists == b.Exists && (a.PC != b.PC || a.Ret != b.Ret || a.Step != b.Step) {
			t.Fatalf("%s: %s changes the registers of %s", n.fn.name, n.label, m.ThreadName(id))
		}
	}
}

func TestObjectNames(t *testing.T) {
	assert.Equal(t, "st->state, st->target", (objState | objTarget).String())
	assert.Equal(t, "cpuhp task, migration kthread", (taskOf(slotCpuhp) | kthreadOf(slotStopper)).String())
	assert.Equal(t, "faults, sparse_irq_lock", (objLock<<SparseIRQLock | objFaults).String())
	assert.Less(t, kthreadOf(slotSmpboot+MaxSmpboot-1), objWriter, "the objects of a CPU and of the machine overlap")
}

// graft copies what an object stands for, of one CPU or of the machine, from one state to another.
func graft(m *Machine, to, from *State, cpu int, o Object) {
	c, d := &to.CPU[cpu], &from.CPU[cpu]
	switch o {
	case objState:
		c.State = d.State
	case objTarget:
		c.Target = d.Target
	case objShouldRun:
		c.ShouldRun = d.ShouldRun
	case objRollback:
		c.Rollback = d.Rollback
	case objResult:
		c.Result = d.Result
	case objDone:
		c.Done = d.Done
	case objOnline:
		c.Online = d.Online
	case objActive:
		c.Active = d.Active
	case objStopEnabled:
		c.StopEnabled = d.StopEnabled
	case objStopWork:
		c.Works, c.StopTarget, c.Queueing = d.Works, d.StopTarget, d.Queueing
	case objStopped:
		c.Stopped = d.Stopped
	case objIRQs:
		c.IRQsOff = d.IRQsOff
	case objKicked:
		c.Kicked = d.Kicked
	case objDead:
		c.Dead = d.Dead
	case objIPI:
		c.IPI = d.IPI
	case objCB:
		c.CB = d.CB
	case objLast:
		c.Last = d.Last
	case objNode:
		c.Node = d.Node
	case objRCU:
		c.RCU, c.Cblist = d.RCU, d.Cblist
	case objBootedOnce:
		c.BootedOnce = d.BootedOnce
	case objSMT:
		to.SMTOff, to.SMTOne = from.SMTOff, from.SMTOne
	case objAllowed:
		c.Allowed = d.Allowed
	case objThrottle:
		to.Timer, to.Throttled = from.Timer, from.Throttled
	case objCpuset:
		to.CpusetPending, to.CpusetBusy = from.CpusetPending, from.CpusetBusy
	case objCBState:
		c.CBState = d.CBState
	case objDevice:
		c.Offline = d.Offline
	case objDriver:
		c.Allocated = d.Allocated
	case objReaders:
		to.Readers, to.PutsPending = from.Readers, from.PutsPending
	case objQueue:
		to.OnWaitQueue = from.OnWaitQueue
		for i := range m.unbound {
			to.Task[i].State, to.Task[i].Queued = from.Task[i].State, from.Task[i].Queued
		}
	case objDisabled:
		to.Disabled = from.Disabled
	case objFrozen:
		to.TasksFrozen = from.TasksFrozen
	case objSteps:
		to.Slot, to.Modules = from.Slot, from.Modules
	case objLists:
		to.Listed, to.Poisoned = from.Listed, from.Poisoned
	case objWriter:
		to.ActiveWriter = from.ActiveWriter
	}
	graftStop(&to.Stop, &from.Stop, o)
	for i := range m.unbound {
		graftStop(&to.Task[i].Stop, &from.Task[i].Stop, o)
	}
	for l := range numLocks {
		if o == objLock<<l {
			to.Lock[l] = from.Lock[l]
		}
	}
	for slot := range slotSmpboot + m.Scenario.Smpboot {
		t, u := &c.Thread[slot], &d.Thread[slot]
		switch o {
		case taskOf(slot):
			t.State, t.Queued, t.Elsewhere = u.State, u.Queued, u.Elsewhere
		case kthreadOf(slot):
			t.Exists, t.ShouldPark, t.IsParked, t.Parked = u.Exists, u.ShouldPark, u.IsParked, u.Parked
		}
	}
}

func graftStop(to, from *StopMachine, o Object) {
	switch o {
	case objStop:
		to.State, to.Threads = from.State, from.Threads
	case objAck:
		to.Ack = from.Ack
	case objWork:
		to.Ret, to.Done = from.Ret, from.Done
	case objTodo:
		to.Todo = from.Todo
	}
}

// Whether an instruction can run, and what it does, must depend on nothing shared but what it is declared to read or
// write: with anything else as it is in another state, the outcome must be the same.
func TestDeclaredReads(t *testing.T) {
	t.Parallel()
	for i, b := range slices.Repeat(beside, len(engines)) {
		m := machine(t, engines[i/len(beside)], func(sc *Scenario) {
			sc.CPUs, sc.Ops, sc.Faults = 3, 1, 2
			b.change(sc)
		})
		var states []State
		visit(m, 20_000, func(_ *Exec, before, _ *State, _ Action) {
			if n := len(states); n == 0 || states[n-1] != *before { // once, and not for each transition
				states = append(states, *before)
			}
		})
		if len(states) == 0 {
			continue // nobody of the edition is in this scenario
		}
		rng := rand.New(rand.NewPCG(1, 2))
		x := m.NewExec()
		for range 10_000 {
			s, donor := &states[rng.IntN(len(states))], &states[rng.IntN(len(states))]
			id := m.Threads()[rng.IntN(len(m.threads)-1)]
			x.become(s, id)
			n, own, info := x.node(), int(x.cpu), &m.threads[id]
			a := x.accessNow(n)
			mine := a.read | a.write | a.add | objStopped
			mine |= n.access.write & (objStop | objAck) // a stopper is in its round, see acks
			if !info.kind.unbound() && info.kind != kindIRQ {
				mine |= taskOf(info.slot)
			}
			if info.kind.unbound() {
				mine |= objQueue // where it sleeps
			}
			if m.mayBeThrottled(id) {
				mine |= objThrottle
			}
			if info.kind.unbound() || x.t.Elsewhere {
				mine |= objOnline // of every CPU: there must be one for it
			}
			var other State = *s
			for o := objState; o < objLock<<numLocks; o <<= 1 {
				for cpu := range m.Scenario.CPUs {
					if o == objFaults || o == objOnline && mine&objOnline != 0 || o == objStopped {
						continue
					}
					if (a.allCPUs || cpu == own || o >= objWriter) && mine&o != 0 || cpu == 0 && a.boot&o != 0 {
						continue
					}
					graft(m, &other, donor, cpu, o)
				}
			}
			outcomes := x.outcomes(s, id)
			if got := x.outcomes(&other, id); got != outcomes {
				t.Fatalf("%s: %s of %s depends on what it does not declare: %d outcomes, not %d",
					n.fn.name, n.label, m.ThreadName(id), got, outcomes)
			}
			for alt := range outcomes {
				one, two := *s, other
				x.Do(&one, action(id, alt))
				events := slices.Clone(x.Events)
				x.Do(&two, action(id, alt))
				// That is shared.
				registers := func(s *State) Task { t := s.Task[info.index]; t.Stop = StopMachine{}; return t }
				if info.kind.unbound() && registers(&one) != registers(&two) || !slices.Equal(events, x.Events) {
					t.Fatalf("%s: %s of %s reads what it does not declare", n.fn.name, n.label, m.ThreadName(id))
				}
				cpus, global := touched(m, &one, &two)
				before, machine := touched(m, s, &other)
				for cpu := range cpus {
					if extra := cpus[cpu] &^ before[cpu]; extra != 0 {
						t.Fatalf(
							"%s: %s writes %v of CPU %d depending on what it does not declare", n.fn.name, n.label,
							extra, cpu,
						)
					}
				}
				if extra := global &^ machine; extra != 0 {
					t.Fatalf("%s: %s writes %v depending on what it does not declare", n.fn.name, n.label, extra)
				}
			}
		}
	}
}
