package model

import (
	"fmt"
	"slices"
)

// What clients do, as programs.

// clientCode assembles what a client does in one place: a task, a work item, or a callback.
type clientCode struct {
	*assembler
	client   string
	point    string // how its failures are named
	points   int    // how many there are so far
	contract bool   // the kernel forbids that it fails
	end      target
}

// clientFun has the body as a function of a client, which is never in the kernel's source.
func (a *assembler) clientFun(name string, body func()) {
	f := &frame{name: name, caller: a.fn, exit: a.newTarget()}
	a.fn = f
	within(&a.reads, a.reads, body)
	a.fn = f.caller
	a.put(f.exit)
}

// clientTask is a task of a client: it does its steps, once.
func (a *assembler) clientTask(client string, t *ClientTask) {
	c := &clientCode{assembler: a, client: client, point: t.Name}
	a.clientFun(t.Name, func() { c.body(t.Steps) })
	a.local(func(x *Exec) { x.t.Ret, x.task.Target = OK, 0 })
	a.done()
}

// clientWorker is the worker that executes a work item of a client, whenever it is queued.
func (a *assembler) clientWorker(client string, w *ClientWork) {
	m, p := a.m, a.m.clientObject(client, w.Name)
	acc := clientWrites(p.object())
	var before []*clientPlace // those of the same ordered workqueue
	for _, c := range m.Scenario.Clients {
		for _, o := range c.Works {
			if w.Ordered != "" && o.Ordered == w.Ordered && c.Name == client && o.Name != w.Name {
				q := m.clientObject(client, o.Name)
				before, acc.clientRead = append(before, q), acc.clientRead|q.object()
			}
		}
	}
	c := &clientCode{assembler: a, client: client, point: w.Name}
	a.clientFun("worker_thread", func() {
		a.forever(func(target) {
			a.rest("process_one_work("+w.Name+")", acc, func(x *Exec) bool {
				for _, q := range before {
					if x.s.Client.Work[q.index].Busy {
						return false
					}
				}
				return x.s.Client.Work[p.index].Pending
			}, func(x *Exec) {
				item := &x.s.Client.Work[p.index]
				x.turnTo(item.CPU)
				*item = WorkItem{Busy: true}
			})
			within(&a.inside, clientWorkClass(p.index), func() {
				a.clientFun(w.Name, func() { c.body(w.Steps) })
			})
			a.do("pwq_dec_nr_in_flight("+w.Name+")", clientWrites(p.object()), func(x *Exec) {
				x.s.Client.Work[p.index].Busy = false
				x.t.Ret, x.task.Target = OK, 0
				x.turnTo(0)
			})
		})
	})
}

// clientCallbacks are the callbacks of the clients' states, by the names of their functions.
func (m *Machine) clientCallbacks() {
	m.clients.callbacks = map[string]func(*assembler){}
	for r := range m.Ladder {
		step := &m.Ladder[r]
		s := m.clientStateOf(step)
		if s == nil {
			continue
		}
		client := m.Scenario.Clients[step.Client.Client-1].Name
		for _, way := range []struct {
			name  string
			steps []ClientStep
			up    bool
		}{{s.Startup, s.Up, true}, {s.Teardown, s.Down, false}} {
			m.clients.callbacks[way.name] = func(a *assembler) {
				a.clientFun(way.name, func() {
					a.setRet(OK)
					c := &clientCode{
						assembler: a, client: client, point: way.name,
						contract: s.Section == SectionStarting || s.Section == SectionPrepare && !way.up,
					}
					c.body(way.steps)
				})
			}
		}
	}
}

// body is steps, and the end to which a failure leads.
func (c *clientCode) body(steps []ClientStep) {
	end := c.end
	c.end = c.newTarget()
	c.all(steps)
	c.put(c.end)
	c.end = end
}

func (c *clientCode) all(steps []ClientStep) {
	for i := range steps {
		c.one(&steps[i])
	}
}

// one assembles a step.
func (c *clientCode) one(s *ClientStep) {
	switch s.Verb {
	case "choice":
		c.choice(s)
	case "if":
		c.condition(s)
	case "loop":
		c.forever(func(target) { c.all(s.Bodies[0]) })
	case "for_each_online_cpu":
		c.eachOnline(s)
	case "may_fail":
		c.fail(s)
	case "return":
		c.jump(c.end)
	case "warn_on":
		c.warn(s)
	case "cpus_read_lock":
		c.cpusReadLock()
		c.reads = true
	case "cpus_read_unlock":
		c.cpusReadUnlock()
		c.reads = false
	case "cpu_hotplug_disable":
		c.cpuHotplugDisable()
	case "cpu_hotplug_enable":
		c.cpuHotplugEnable()
	default:
		if slices.Contains(ClientStateVerbs, s.Verb) {
			c.state(s)
			return
		}
		c.act(s, c.m.clientObject(c.client, s.Object))
	}
}

// ClientStateVerbs are the verbs about a state of the ladder.
var ClientStateVerbs = []string{
	"cpuhp_setup_state", "cpuhp_setup_state_nocalls", "cpuhp_setup_state_cpuslocked",
	"cpuhp_setup_state_nocalls_cpuslocked", "cpuhp_remove_state", "cpuhp_remove_state_nocalls",
	"cpuhp_remove_state_cpuslocked", "cpuhp_state_add_instance",
	"cpuhp_state_add_instance_nocalls", "cpuhp_state_remove_instance", "cpuhp_state_remove_instance_nocalls",
}

// act is a step about one object.
func (c *clientCode) act(s *ClientStep, p *clientPlace) {
	switch p.kind {
	case ClientMutex:
		c.exclusive(s, p, true)
	case ClientSpinlock:
		c.exclusive(s, p, false)
	case ClientRWSem:
		c.rwsem(s, p)
	case ClientCompletion:
		c.completion(s, p)
	case clientWork:
		c.work(s, p)
	default:
		c.flag(s, p)
	}
}

// exclusive is a step about a mutex or a spinlock.
func (c *clientCode) exclusive(s *ClientStep, p *clientPlace, sleeps bool) {
	label, class := s.Verb+"(&"+p.name+")", clientLockClass(p.index)
	if s.Verb == "mutex_lock" || s.Verb == "spin_lock" {
		if sleeps {
			c.mightSleep(nil)
		}
		c.emitNode(node{
			op: opAction, label: label, access: clientWrites(p.object()), lock: class,
			ready: asCount(func(x *Exec) bool { return x.s.Client.Holder[p.index] == Nobody }),
			run:   func(x *Exec) { x.s.Client.Holder[p.index] = x.id },
		})
		c.holds |= 1 << class
		return
	}
	c.release(label, p)
}

// release gives back what one alone holds.
func (c *clientCode) release(label string, p *clientPlace) {
	warning := c.m.assertion(label + ": DEBUG_LOCKS_WARN_ON(owner != current)")
	c.do(label, clientWrites(p.object()), func(x *Exec) {
		if x.s.Client.Holder[p.index] != x.id {
			x.emit(Event{Kind: EventWarn, CPU: x.cpu, Assertion: warning})
			return
		}
		x.s.Client.Holder[p.index] = Nobody
	})
	c.holds &^= 1 << clientLockClass(p.index)
}

// rwsem is a step about an rwsem: who is about to write lets no reader in any more.
func (c *clientCode) rwsem(s *ClientStep, p *clientPlace) {
	label, class, acc := s.Verb+"(&"+p.name+")", clientLockClass(p.index), clientWrites(p.object())
	free := func(x *Exec) bool { return x.s.Client.Holder[p.index] == Nobody }
	switch s.Verb {
	case "down_read":
		again := c.m.assertion(label + ": possible recursive locking")
		c.mightSleep(nil)
		c.emitNode(node{
			op: opAction, label: label, access: acc, lock: class, ready: asCount(free), run: func(x *Exec) {
				if x.s.Client.Readers[p.rwsem]>>x.clientBit()&1 != 0 {
					x.emit(Event{Kind: EventWarn, CPU: x.cpu, Assertion: again})
				}
				x.s.Client.Readers[p.rwsem] |= 1 << x.clientBit()
			},
		})
		c.holds |= 1 << class
	case "down_write":
		c.mightSleep(nil)
		c.emitNode(node{
			op: opAction, label: label, access: acc, lock: class, ready: asCount(free),
			run: func(x *Exec) { x.s.Client.Holder[p.index] = x.id },
		})
		c.holds |= 1 << class
		c.wait(
			label+": wait for readers", acc, func(x *Exec) bool { return x.s.Client.Readers[p.rwsem] == 0 }, nil,
		)
	case "up_read":
		without := c.m.assertion(label + ": nobody reads")
		c.do(label, acc, func(x *Exec) {
			if x.s.Client.Readers[p.rwsem]>>x.clientBit()&1 == 0 {
				x.emit(Event{Kind: EventWarn, CPU: x.cpu, Assertion: without})
			}
			x.s.Client.Readers[p.rwsem] &^= 1 << x.clientBit()
		})
		c.holds &^= 1 << class
	default:
		c.release(label, p)
	}
}

// clientBit is the running thread's bit in [Clientele.Readers]: those that are bound to no CPU come first, then the
// hotplug threads.
func (x *Exec) clientBit() int {
	if info := &x.m.threads[x.id]; !info.kind.unbound() {
		return MaxUnbound + int(info.cpu)
	}
	return x.m.threads[x.id].index
}

// completion is a step about a completion.
func (c *clientCode) completion(s *ClientStep, p *clientPlace) {
	label, acc := s.Verb+"(&"+p.name+")", clientWrites(p.object())
	word := func(x *Exec) *uint8 { return &x.s.Client.Word[p.index] }
	switch s.Verb {
	case "wait_for_completion":
		c.mightSleep(nil)
		c.wait(label, acc, func(x *Exec) bool { return *word(x) > 0 }, func(x *Exec) {
			if *word(x) < completed {
				*word(x)--
			}
		})
	case "complete":
		c.do(label, acc, func(x *Exec) { *word(x) = max(*word(x), min(*word(x)+1, completed-1)) })
	case "complete_all":
		c.do(label, acc, func(x *Exec) { *word(x) = completed })
	default:
		c.do(label, acc, func(x *Exec) { *word(x) = 0 })
	}
}

// work is a step about a work item.
func (c *clientCode) work(s *ClientStep, p *clientPlace) {
	acc := clientWrites(p.object())
	item := func(x *Exec) *WorkItem { return &x.s.Client.Work[p.index] }
	switch s.Verb {
	case "queue_work", "queue_work_on":
		label := s.Verb + "(&" + p.name + ")"
		c.do(label, acc, func(x *Exec) {
			if item(x).Pending {
				return
			}
			item(x).Pending = true
			if s.Verb == "queue_work_on" {
				item(x).CPU = x.cpu
				if s.CPU > 0 {
					item(x).CPU = uint8(s.CPU - 1)
				}
			}
		})
	default:
		label := s.Verb + "(&" + p.name + ")"
		if s.Verb == "cancel_work_sync" {
			c.do(label, acc, func(x *Exec) { item(x).Pending, item(x).CPU = false, 0 })
			label += ": wait"
		}
		c.mightSleep(nil)
		c.emitNode(node{
			op: opAction, label: label, access: clientReads(p.object()), lock: clientWorkClass(p.index),
			ready: asCount(func(x *Exec) bool {
				return !item(x).Busy && (!item(x).Pending || s.Verb == "cancel_work_sync")
			}),
		})
	}
}

// flag is a step about a flag, one of each CPU, or a duty.
func (c *clientCode) flag(s *ClientStep, p *clientPlace) {
	acc, label := clientWrites(p.object()), s.Verb+" "+p.name
	switch {
	case s.Verb == "wait_event":
		c.mightSleep(nil)
		c.wait(fmt.Sprintf("wait_event(%s)", conditionText(s)), clientReads(p.object()), func(x *Exec) bool {
			return x.clientFlag(p, s) != s.Not
		}, nil)
	case s.Verb == "take":
		c.do(label, acc, func(x *Exec) { x.s.Client.Word[p.index] = 1 + x.clientCPU(s) })
	case s.Verb == "hand_over":
		acc.read |= objOnline
		c.do(label, acc.everyCPU(), func(x *Exec) {
			if x.s.Client.Word[p.index] == 1+x.cpu {
				x.s.Client.Word[p.index] = x.firstOther()
			}
		})
	case p.kind == ClientCPUFlag:
		c.do(label, acc, func(x *Exec) {
			bit := uint8(1) << x.clientCPU(s)
			if x.s.Client.Marks[p.index] &^= bit; s.Verb == "set" {
				x.s.Client.Marks[p.index] |= bit
			}
		})
	default:
		c.do(label, acc, func(x *Exec) { x.s.Client.Word[p.index] = uint8(bit(s.Verb == "set")) })
	}
}

// firstOther is 1 + the first CPU that is online and not this one; 0 if there is none.
func (x *Exec) firstOther() uint8 {
	for cpu := range uint8(x.m.Scenario.CPUs) {
		if cpu != x.cpu && x.s.CPU[cpu].Online {
			return 1 + cpu
		}
	}
	return 0
}

// clientCPU is the CPU that a step is about.
func (x *Exec) clientCPU(s *ClientStep) uint8 {
	if s.CPU > 0 {
		return uint8(s.CPU - 1)
	}
	return x.cpu
}

// clientFlag is whether a flag is set, a completion is there, or this CPU has a duty.
func (x *Exec) clientFlag(p *clientPlace, s *ClientStep) bool {
	switch p.kind {
	case ClientCPUFlag:
		return x.s.Client.Marks[p.index]>>x.clientCPU(s)&1 != 0
	case ClientDuty:
		return x.s.Client.Word[p.index] == 1+x.clientCPU(s)
	}
	return x.s.Client.Word[p.index] > 0
}
