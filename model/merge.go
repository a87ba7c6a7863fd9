package model

import "math/bits"

// Atomicity of what is lowered from C. An instruction makes at most one access to what is shared. What one thread owns
// at the time, from a request to its completion, is merged with its neighbours: a run of such accesses is one
// instruction (Lipton, "Reduction", 1975). That the thread owns it is not believed: see [Exec.Races].

// ownedObjects are the variables that belong to one thread at a time.
const ownedObjects = objState | objTarget | objRollback | objBringup | objLast | objCB | objCBState | objNode |
	objResult | objDying | objShouldRun

// owned is what of them is merged in the machine: nothing where memory is weak, since there each access counts.
func (m *Machine) owned() Object {
	if m.weak() {
		return 0
	}
	return ownedObjects &^ m.Kernel.Disowned
}

// mergeable reports whether an access may be merged with its neighbours. With st->should_run the others are handed
// over: it is owned by the hotplug thread that has found it set.
func (a *assembler) mergeable(acc access) bool {
	owned := a.m.owned()
	if !a.serves {
		owned &^= objShouldRun
	}
	return (acc.read|acc.write)&^owned == 0 && acc.add|acc.boot == 0 && !acc.allCPUs
}

// merge makes local work of each node that touches only what its thread owns and comes after another one that does, and
// has what comes before declare it.
func (a *assembler) merge() {
	a.closeRegions()
	before := a.before()
	for i := range a.nodes {
		if low := a.nodes[i].low; low != nil && low.late && a.mayBeLate(&a.nodes[i]) && a.followsReads(i, before) {
			a.nodes[i].localize()
		}
	}
	for i := range a.nodes {
		if low := a.nodes[i].low; low != nil && low.owned && a.followsOwned(i, before) {
			a.nodes[i].localize()
		}
	}
	for i := range a.nodes {
		if n := &a.nodes[i]; n.low != nil && n.low.head && n.op == opAction && !a.leadsToOwned(i) {
			n.op, n.run, n.label = opLocal, func(*Exec) {}, ""
		}
	}
	for i := range a.nodes {
		if n := &a.nodes[i]; (n.op == opAction || n.op == opTest) && n.low != nil {
			a.absorb(n, i)
			if n.low.lone && n.low.merged == 0 {
				continue
			}
			n.low.merged |= (n.access.read | n.access.write) & a.m.owned() & n.low.mine
		}
	}
}

// localize makes local work of an instruction.
func (n *node) localize() {
	if n.op == opTest {
		n.op = opIf
		return
	}
	n.op = opLocal
	if n.run == nil {
		n.run = func(*Exec) {}
	}
}

// follows reports whether all nodes that may come right before one agree. Each is asked whether it does, and whether
// those before it have to be asked, too.
func follows(i int, before [][]int, ask func(j int) (agrees, further bool)) bool {
	seen := map[int]bool{}
	var all func(int) bool
	all = func(i int) bool {
		for _, j := range before[i] {
			if seen[j] {
				continue
			}
			seen[j] = true
			if agrees, further := ask(j); !agrees || further && !all(j) {
				return false
			}
		}
		return true
	}
	return len(before[i]) > 0 && all(i)
}

// followsOwned reports whether a node may be merged with all instructions that may come right before it: they touch
// only what is owned, or let nobody else go on. Nodes that were merged already are passed.
func (a *assembler) followsOwned(i int, before [][]int) bool {
	return follows(i, before, func(j int) (agrees, further bool) {
		n := &a.nodes[j]
		instruction := n.op == opAction || n.op == opTest
		switch {
		case n.low != nil && n.low.shown:
			return false, false
		case n.low != nil && n.low.region && n.access.write|n.access.add != 0:
			return false, false
		case n.low != nil && n.low.owned: // an instruction of the run, or a part of one
			return true, false
		case instruction:
			return n.low != nil && !n.releases(), false
		}
		return true, true
	})
}

// mayBeLate reports whether a step that comes to the same before and after what others do may be done with what comes
// before it: a left mover (Lipton).
//
//   - preempt_count_dec() of a stopper. That it has the CPU is looked at only where it is found out who may run: with
//     it given back others may do more, and nothing that they do comes to anything else.
//   - schedule() after a look at what is to be done, which writes nothing. Who wakes a thread that is about to sleep,
//     and who wakes it when it does, leave it running, with the same before it; who waits until it sleeps, waits; who
//     moves it to another CPU while it runs comes before the look. One who changes what it has looked at wakes it next.
func (a *assembler) mayBeLate(n *node) bool {
	return !a.m.weak() && (n.access.write|n.access.add)&a.m.Kernel.Disowned == 0
}

// followsReads reports whether all instructions that may come right before a node are from the C and show nothing; and,
// unless the node gives the stopper's CPU back, write nothing that is shared.
func (a *assembler) followsReads(i int, before [][]int) bool {
	leaves := a.nodes[i].access.add == objStopped
	return follows(i, before, func(j int) (agrees, further bool) {
		n := &a.nodes[j]
		instruction := n.op == opAction || n.op == opTest
		switch {
		case n.low == nil && instruction, n.low != nil && n.low.shown:
			return false, false
		case n.low != nil && !leaves && n.access.write|n.access.add != 0:
			return false, false
		}
		return true, !instruction
	})
}

// releases reports whether an instruction may let another thread go on, which might then own what this one owned: it
// writes something shared, and is not what takes a lock or what was waited for. What comes after it stands for itself,
// so that [Exec.Races] sees it beside what the other thread does.
func (n *node) releases() bool { return n.access.write|n.access.add != 0 && n.lock == classNone }

// leadsToOwned reports whether something was merged into a node.
func (a *assembler) leadsToOwned(i int) bool {
	found := false
	a.run(i, func(n *node) { found = found || n.low != nil && n.low.owned && !n.low.head })
	return found
}

// run visits the local work that may be done in one with an instruction.
func (a *assembler) run(i int, visit func(*node)) {
	seen := map[int]bool{}
	var walk func(int)
	walk = func(i int) {
		for _, j := range a.successors(i) {
			if n := &a.nodes[j]; !seen[j] && n.op != opAction && n.op != opTest {
				seen[j] = true
				visit(n)
				walk(j)
			}
		}
	}
	walk(i)
}

// absorb adds to what an instruction declares what was merged into it.
func (a *assembler) absorb(n *node, i int) {
	var acc access
	a.run(i, func(o *node) {
		if o.low != nil {
			acc = acc.and(o.access)
		}
	})
	if acc.read|acc.write|acc.add == 0 {
		return
	}
	n.low.merged |= (acc.read | acc.write) & a.m.owned()
	now := n.access.now
	n.access = n.access.and(acc)
	if now != nil {
		n.access.now = func(x *Exec) access { return now(x).and(acc) }
	}
}

// Disown returns the machine with those variables no longer merged with their neighbours.
func (m *Machine) Disown(o Object) (*Machine, error) {
	k := m.Kernel
	k.Disowned |= o
	return newMachine(k, m.Scenario, m.mutations...)
}

// Raced is what of the variables that were merged with their neighbours two threads could have touched at the same
// time, by the union of all Execs' marks; 0 says that what was merged was owned.
func (m *Machine) Raced(marks []uint64) (o Object) {
	at := m.raceMarks()
	for i := range 64 {
		if marks[(at+i)/64]>>((at+i)%64)&1 != 0 {
			o |= 1 << i
		}
	}
	return o
}

// Races marks what two threads may touch at the same time in a state, if one of them is at an instruction into which
// that was merged. A state space that is searched with partial orders shows each such pair, too: an instruction depends
// on all that was merged into it, so it is never taken alone before another one that conflicts with it.
func (x *Exec) Races(s *State) {
	if !x.m.merges || s.Crashed {
		return
	}
	for id := firstThread; int(id) < len(x.m.threads); id++ {
		x.become(s, id)
		n := x.node()
		if n.low == nil || n.low.merged == 0 || x.outcomes(s, id) == 0 {
			continue
		}
		read, write := n.access.read&n.low.merged, n.access.write&n.low.merged
		for other := firstThread; int(other) < len(x.m.threads); other++ {
			if other != id {
				x.race(s, other, x.m.about(s, id), read, write)
			}
		}
	}
}

// race marks what a thread touches of a CPU that another one reads and writes.
func (x *Exec) race(s *State, id ThreadID, cpu uint8, read, write Object) {
	x.become(s, id)
	a := &x.node().access
	if x.cpu != cpu && !a.allCPUs {
		return
	}
	both := write&(a.read|a.write) | read&a.write
	if both == 0 || x.outcomes(s, id) == 0 {
		return
	}
	now := x.accessNow(x.node())
	for both &= write&(now.read|now.write) | read&now.write; both != 0; both &= both - 1 {
		x.markBit(x.m.raceMarks() + bits.TrailingZeros64(uint64(both)))
	}
}

// about is the CPU that the code of a thread is about.
func (m *Machine) about(s *State, id ThreadID) uint8 {
	if info := &m.threads[id]; info.kind.unbound() {
		return s.Task[info.index].CPU
	}
	return m.threads[id].cpu
}
