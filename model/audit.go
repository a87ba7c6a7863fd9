package model

import "fmt"

// Audit holds what instructions do against what they declare. It has scratch space, so each goroutine has its own.
type Audit struct {
	x    *Exec
	vars []Variable
}

// NewAudit returns an Audit of its own for a goroutine.
func (m *Machine) NewAudit() *Audit { return &Audit{m.NewExec(), m.Variables()} }

// Step returns an error if a transition has changed what its instruction does not declare to write: anything shared, on
// another CPU than the one that it is about unless it says so, or the registers of another thread.
func (a *Audit) Step(before, after *State, act Action) error {
	x := a.x
	x.become(before, act.Thread())
	n, about := x.node(), x.cpu
	now := x.declares(n)
	may := now.write | now.add
	fail := func(format string, args ...any) error {
		return fmt.Errorf("%s: %s "+format, append([]any{n.fn.name, n.label}, args...)...)
	}
	if extra := may&^(n.access.write|n.access.add) | now.clientWrite&^n.access.clientWrite; extra != 0 {
		return fail("is narrowed to more than it may write: %v", extra)
	}
	for cpu, wrote := range touched(a.vars, before, after) {
		if cpu == ofClients {
			if extra := wrote &^ now.clientWrite; extra != 0 {
				return fail("writes objects %#x of clients", uint64(extra))
			}
			continue
		}
		if extra := wrote &^ may; extra != 0 {
			return fail("writes %v", extra)
		}
		if wrote&perCPUObjects != 0 && !now.allCPUs && cpu != int(about) {
			return fail("writes %v of CPU %d, and is about CPU %d", wrote, cpu, about)
		}
	}
	x.become(after, act.Thread())
	if walks := x.node().walk; (n.walk != walks || walks != 0 && about != x.cpu) && (now.read|may)&objState == 0 {
		return fail("begins or ends a walk, and touches no st->state")
	}
	return a.others(before, after, act, may, fail)
}

// others looks at the other threads.
func (a *Audit) others(
	before, after *State, act Action, may Object, fail func(string, ...any) error,
) error {
	m := a.x.m
	for id := firstThread; int(id) < len(m.threads); id++ {
		info := &m.threads[id]
		if info.kind.unbound() || info.kind == kindIRQ {
			continue
		}
		// See everyTask.
		if was, is := m.Thread(before, id), m.Thread(after, id); was.Queued && was.Elsewhere != is.Elsewhere &&
			id != act.Thread() && may&kthreadOf(info.slot) == 0 {
			return fail("moves %s, which runs, and does not write its kthread", m.ThreadName(id))
		}
	}
	for i := range a.vars {
		v := &a.vars[i]
		if id := v.Thread; v.Own && id != Nobody && id != act.Thread() && v.get(before) != v.get(after) &&
			!m.creates(may, id) {
			return fail("changes the registers of %s", m.ThreadName(id))
		}
	}
	return nil
}

// creates reports whether who may write that may create a thread, also once more: no step of the thread is independent
// of that, see [Footprint.noteCPU], and neither is that it goes on sleeping.
func (m *Machine) creates(may Object, id ThreadID) bool {
	info := &m.threads[id]
	all := taskOf(info.slot) | kthreadOf(info.slot)
	return !info.kind.unbound() && info.kind != kindIRQ && info.kind != kindIdle && may&all == all
}

// touched compares two states and returns the objects that differ, of each CPU, of the machine, and, last, of clients.
func touched(vars []Variable, a, b *State) (differ [MaxCPUs + 2]Object) {
	for i := range vars {
		if v := &vars[i]; !v.Own && v.get(a) != v.get(b) {
			differ[v.CPU] |= v.object
		}
	}
	return differ
}
