package model

import (
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
	s, r := a.Stop, b.Stop
	differ(objStop, s.State != r.State || s.Ack != r.Ack || s.Threads != r.Threads, &global)
	differ(objWork, s.Todo != r.Todo || s.Ret != r.Ret || s.Done != r.Done, &global)
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
		differ(objStopWork, c.StopWork != d.StopWork || c.StopTarget != d.StopTarget, set)
		differ(objStopped, c.Stopped != d.Stopped, set)
		differ(objIRQs, c.IRQsOff != d.IRQsOff, set)
		differ(objKicked, c.Kicked != d.Kicked, set)
		differ(objDead, c.Dead != d.Dead, set)
		differ(objIPI, c.IPI != d.IPI, set)
		for slot := range slotSmpboot + m.Scenario.Smpboot {
			x, y := &c.Thread[slot], &d.Thread[slot]
			differ(taskOf(slot), x.State != y.State || x.Queued != y.Queued || x.Elsewhere != y.Elsewhere, set)
			differ(kthreadOf(slot), x.Exists != y.Exists || x.ShouldPark != y.ShouldPark || x.IsParked != y.IsParked ||
				x.Parked != y.Parked, set)
		}
	}
	return cpu, global
}

// An instruction must change nothing shared but what it is declared to write, on no other CPU than its own unless it says so,
// and no other thread's registers.
func TestDeclaredWrites(t *testing.T) {
	for _, kernel := range []string{"v4.6-rc3", "v4.6"} {
		for _, boot := range []int{0, 1} {
			m := machine(t, kernel, func(sc *Scenario) { sc.Boot, sc.Faults = boot, 2 })
			visit(m, 1<<30, func(_ *Exec, before, after *State, act Action) {
				x := m.NewExec()
				x.become(before, act.Thread())
				n, own := x.node(), x.cpu
				cpu, global := touched(m, before, after)
				if extra := global &^ n.access.write; extra != 0 {
					t.Fatalf("%s: %s writes %v", n.fn.name, n.label, extra)
				}
				for i := range cpu {
					if cpu[i] != 0 && !n.access.allCPUs && uint8(i) != own {
						t.Fatalf("%s: %s writes %v of CPU %d, and is about CPU %d", n.fn.name, n.label, cpu[i], i, own)
					}
					if extra := cpu[i] &^ n.access.write; extra != 0 {
						t.Fatalf("%s: %s writes %v", n.fn.name, n.label, extra)
					}
				}
				for _, id := range m.Threads() {
					a, b := *m.Thread(before, id), *m.Thread(after, id)
					if id != act.Thread() && a.Exists == b.Exists && (a.PC != b.PC || a.Ret != b.Ret || a.Step != b.Step) {
						t.Fatalf("%s: %s changes the registers of %s", n.fn.name, n.label, m.ThreadName(id))
					}
				}
			})
		}
	}
}

func TestObjectNames(t *testing.T) {
	assert.Equal(t, "st->state, st->target", (objState | objTarget).String())
	assert.Equal(t, "cpuhp task, migration kthread", (taskOf(slotCpuhp) | kthreadOf(slotStopper)).String())
	assert.Equal(t, "sparse_irq_lock, faults", (objLock<<SparseIRQLock | objFaults).String())
	assert.Less(t, kthreadOf(slotSmpboot+MaxSmpboot-1), objLock, "the objects of a CPU and of the machine overlap")
}
