package model

// wakers is somebody who wakes threads for no reason.
func wakers() participant {
	return participant{
		params: []Param{
			howMany("wake-ups", "wake-up", "spurious wake-ups, which every sleeper has to handle", 15,
				func(sc *Scenario) *int { return &sc.WakeUps }),
		},
		crews: func(sc *Scenario) []crew {
			return some(crew{name: "waker", count: one(sc.WakeUps > 0), body: (*assembler).waker})
		},
		numbers:  true,
		files:    map[string]string{"waker": ""},
		unforced: same(meanwhile),
	}
}

// waker is somebody who wakes threads for no reason, so many times. Every sleeper must bear that: it looks again at
// what it waits for (the comment above set_current_state() in include/linux/sched.h). A thread that is parked is not
// woken, since it sleeps in TASK_PARKED, and one that was just created is known to nobody.
func (a *assembler) waker() {
	m := a.m
	asleep := func(x *Exec) (ids []ThreadID) {
		for id := firstThread; int(id) < len(m.threads); id++ {
			if info := &m.threads[id]; info.kind == kindIRQ || info.kind == kindIdle {
				continue
			}
			t := m.Thread(x.s, id)
			if !t.Queued &&
				(t.State == TaskInterruptible || t.State == TaskUninterruptible && m.threads[id].kind.unbound()) {
				ids = append(ids, id)
			}
		}
		return ids
	}
	acc := everyTask().writes(objQueue).reading(objOnline).everyCPU()
	a.beside("waker", func() {
		a.forever(func(end target) {
			a.leaveIf(end, func(x *Exec) bool { return int(x.task.Made) >= m.Scenario.WakeUps })
			a.emitNode(node{
				op: opAction, label: "wake_up_process()", access: acc, rest: true,
				ready: func(x *Exec) int { return len(asleep(x)) },
				run: func(x *Exec) {
					x.task.Made++
					x.wakeForNoReason(asleep(x)[x.alt])
				},
				outcome: func(x *Exec, alt int) string { return m.ThreadName(asleep(x)[alt]) },
			})
		})
	})
	a.done()
}

func (x *Exec) wakeForNoReason(id ThreadID) {
	info := &x.m.threads[id]
	if info.kind.unbound() {
		t := &x.s.Task[info.index].Thread
		t.State, t.Queued = TaskRunning, true
		return
	}
	about := x.cpu
	x.cpu = info.cpu
	x.wake(info.slot, TaskInterruptible)
	x.cpu = about
}
