package model

// The file cpuN/hotplug/fail, since v4.14: the number of a state is written to it, and the next callback of that state,
// in either direction, is not called and returns -EAGAIN. Then the file is empty again.

// failPoint is the fault that the file injects at a rung; -1 if the scenario does not allow it, or the file never takes
// that state.
func (m *Machine) failPoint(r Rung) int {
	s := &m.Ladder[r]
	if m.atomic(r) || s.Startup == "" && s.Teardown == "" || r == m.rung.offline {
		return -1
	}
	i := m.faultPoint(
		FaultPoint{
			Name: "fail/" + s.Name, Doc: "the file fail makes the next callback of " + s.Name + " return an error",
			Errno: EAGAIN, State: s.Name,
		},
	)
	if !m.FaultPoints[i].Enabled || m.Scenario.Faults == 0 {
		return -1
	}
	return i
}

// atomic is cpuhp_is_atomic_state(): what is called there must not fail.
func (m *Machine) atomic(r Rung) bool { return m.rung.apIdleDead <= r && r < m.rung.apOnline }

// failStore is fail_store(), as a choice before each operation: one of the states that the file of its CPU takes, or
// none.
func (a *assembler) failStore() {
	m := a.m
	var rungs []Rung
	for r := range m.Ladder {
		if m.failPoint(Rung(r)) >= 0 {
			rungs = append(rungs, Rung(r))
		}
	}
	if len(rungs) == 0 {
		return
	}
	// Who writes to the file is a task of the user, which is frozen then.
	frozen := func(x *Exec) bool { return m.freezes() && x.s.Disabled > 0 }
	taken := func(x *Exec) (all []Rung) {
		if x.s.Faults == 0 || x.st().Fail != 0 || frozen(x) || x.absent() {
			return nil
		}
		for _, r := range rungs {
			if !m.Kernel.DeadBarred || r > m.rung.bringupCPU || x.st().State <= m.rung.bringupCPU {
				all = append(all, r)
			}
		}
		return all
	}
	turn := func(to int) { // an operation on all second threads is about CPU 0 otherwise
		if m.Scenario.SMT.any() {
			a.when(
				func(x *Exec) bool { return x.task.Via == ViaSMT },
				func() { a.local(func(x *Exec) { x.turnTo(uint8(to)) }) },
			)
		}
	}
	turn(Op{Via: ViaSMT}.Files())
	a.fun("fail_store", func() {
		a.emitNode(node{
			op: opAction, label: LabelFailStore,
			access: reads(objState|objDisabled).writes(objFail|objFaults).unless(
				func(x *Exec) bool { return !frozen(x) }, reads(objDisabled),
			),
			ready: func(x *Exec) int { return 1 + len(taken(x)) },
			run: func(x *Exec) {
				if x.alt > 0 {
					x.st().Fail = taken(x)[x.alt-1]
					x.s.Faults--
				}
			},
			outcome: func(x *Exec, alt int) string {
				if alt == 0 {
					return "nothing"
				}
				return m.Ladder[taken(x)[alt-1]].Name
			},
		})
	})
	turn(0)
}

// failHere is the head of cpuhp_invoke_callback(): a state that the file names fails, once. One that has nothing to
// call in that direction does not fail, and the file is empty all the same.
func (a *assembler) failHere(end target, up bool) {
	m := a.m
	points := make([]int, len(m.Ladder))
	any := false
	for r := range points {
		points[r] = m.failPoint(Rung(r))
		any = any || points[r] >= 0
	}
	if !any {
		return
	}
	spares := !up && m.Kernel.FailSparesDead
	a.test(LabelFailHere, reads(objFail).writes(objFail), func(x *Exec) bool {
		if st := x.st(); st.Fail == 0 || st.Fail != x.t.Step || spares && x.t.Step <= m.rung.bringupCPU {
			return false
		}
		x.st().Fail = 0
		return true
	}, func() {
		a.when(func(x *Exec) bool { return m.empty(x.t.Step, up) }, func() {
			a.setRet(OK)
			a.jump(end)
		})
		a.local(func(x *Exec) {
			x.t.Ret = EAGAIN
			x.markBit(x.m.numNodes + points[x.t.Step])
			x.emit(Event{Kind: EventFault, CPU: x.cpu, Point: uint16(points[x.t.Step]), Ret: EAGAIN})
		})
		a.jump(end)
	})
}

// FailSpares reports whether a callback is called though the file fail names it.
func (m *Machine) FailSpares(e Event) bool {
	k := &m.Kernel
	return !e.Up && (k.FailSparesDead && e.Step <= m.rung.bringupCPU || k.FailSparesRemovals && e.Owner != OwnerNone)
}

// failSingle is the same where a driver that comes or goes has the callbacks called.
func (a *assembler) failSingle(end target, up bool) {
	if up || !a.m.Kernel.FailSparesRemovals {
		a.failHere(end, up)
	}
}

// Labels of the file fail, which a saved counterexample names: where a callback is made to fail, and where the number
// of a state is written.
const (
	LabelFailHere  = "if (st->fail == state)"
	LabelFailStore = "st->fail = fail"
)
