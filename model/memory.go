package model

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
)

// Weak memory, for the fields of cpuhp_cpu_state that are written and read without a lock: a store may stay in the
// buffer of who made it, and a load may find what was there before. Everything else is locks, atomic operations and
// completions, which order what is around them: a thread comes to such an instruction with an empty buffer and, past
// it, sees what is there.
//
// With TSO (Sewell and others, "x86-TSO", 2010) a buffer empties in its order, and loads find the newest. With Relaxed
// it empties in any order, but for two stores to one variable, and another thread that has seen nothing newer may find
// a variable's last value but one, until its next barrier; and a store may come before the load right before it, if it
// takes nothing from it ([assembler.free]). So stores and loads are reordered as the kernel's memory model
// (tools/memory-model) allows it.

// MemoryModel says how the threads see each other's stores; "" is SC.
type MemoryModel string

// The memory models.
const (
	SC      MemoryModel = "sc"      // at once, and in order
	TSO     MemoryModel = "tso"     // late, and in order: x86
	Relaxed MemoryModel = "relaxed" // late, and in any order without a barrier: arm64, POWER
)

// Stored is a value of one of those fields: in the buffer of a thread, or one that a thread may still find.
type Stored struct {
	Thread ThreadID
	CPU    uint8
	Field  CPUField
	Value  uint8
}

// maxStored is how many stores may be in buffers at once, and how many old values may be found. A buffer that is full
// holds the next store up; of old values, more are forgotten.
const maxStored = 8

// plain are the fields that are written and read without a lock.
var plain = [...]CPUField{
	FieldState, FieldTarget, FieldShouldRun, FieldRollback, FieldResult, FieldCB, FieldCBState, FieldBringup, FieldFail,
	FieldLast, FieldNode,
}

var plainObjects = func() (all Object) {
	for _, f := range plain {
		all |= cpuVariables[f].object
	}
	return all
}()

// memory is the values of the plain fields of all CPUs.
type memory [MaxCPUs][len(plain)]uint8

func (m *Machine) memory(s *State) (all memory) {
	for cpu := range m.Scenario.CPUs {
		for i, f := range plain {
			all[cpu][i] = uint8(s.CPU[cpu].value(f))
		}
	}
	return all
}

func (m *Machine) setMemory(s *State, all *memory) {
	for cpu := range m.Scenario.CPUs {
		for i, f := range plain {
			s.CPU[cpu].store(f, all[cpu][i])
		}
	}
}

// store writes a plain field.
func (c *CPU) store(f CPUField, v uint8) { cpuVariables[f].at.set(c, int(v)) }

// weak reports whether the machine's memory is.
func (m *Machine) weak() bool { return m.weakMemory }

// Weak reports whether memory is. Then what an instruction touches depends on more than it declares, and nothing may be
// left out of a search.
func (sc *Scenario) Weak() bool { return cmp.Or(sc.MemoryModel, SC) != SC }

// smpMB is smp_mb(), which there is no need for where memory is not weak.
func (a *assembler) smpMB() {
	if a.m.weak() {
		a.emitNode(node{op: opAction, label: "smp_mb()", access: own, barrier: true})
	}
}

// free says of the store that was emitted last that it takes nothing from the load right before it, and hangs on no
// branch between the two: where memory is relaxed, it may come first. A load that decides whether there is a store at
// all is a test, and comes first everywhere.
func (a *assembler) free() {
	at := len(a.nodes) - 2
	if a.m.Scenario.MemoryModel != Relaxed || at < 0 || slices.Contains(a.place, PC(at+1)) {
		return
	}
	load, store := a.nodes[at], a.nodes[at+1]
	if load.op != opAction || load.fence() || load.access.write != 0 || load.access.read&plainObjects == 0 ||
		load.access.read&store.access.write != 0 {
		return
	}
	a.nodes = a.nodes[:at]
	inOrder, done := a.newTarget(), a.newTarget()
	a.emitNode(node{
		op: opTest, label: load.label + "; " + store.label, order: true, books: true, to: PC(inOrder),
		ready:   func(*Exec) int { return 2 },
		cond:    func(x *Exec) bool { return x.alt == 1 },
		outcome: func(_ *Exec, alt int) string { return [...]string{"in this order", "the store comes first"}[alt] },
	})
	a.nodes = append(a.nodes, store, load)
	a.jump(done)
	a.put(inOrder)
	a.nodes = append(a.nodes, load, store)
	a.put(done)
}

// fence reports whether the node orders what is around it: a barrier, or anything that reads or writes more than plain
// fields, and not only reads. To set or clear a bit of cpu_dying_mask orders nothing: that is set_bit() or clear_bit().
func (n *node) fence() bool {
	written := n.access.write | n.access.add
	return n.barrier || n.lock != classNone || n.ready != nil && !n.order ||
		!n.loose && written&^plainObjects != 0 && written != objDying
}

// Outcomes of the actions that weak memory adds. A thread that stands at a choice has an empty buffer, so they are no
// outcomes of an instruction.
const (
	outcomeOld   = 0x4000 // the instruction finds old values
	outcomeDrain = 0x8000 // and more: a store of the thread reaches memory
)

// weakEnabled appends what weak memory lets a thread do; n is how many outcomes its instruction has.
func (x *Exec) weakEnabled(dst []Action, s *State, id ThreadID, n int) []Action {
	if n == 1 {
		x.become(s, id)
		if node := x.node(); !node.fence() && x.finds(node) {
			dst = append(dst, action(id, outcomeOld))
		}
	}
	mine := 0
	for i, w := range s.Buffer {
		if w.Thread != id {
			continue
		}
		older := func(v Stored) bool { return v.Thread == id && v.CPU == w.CPU && v.Field == w.Field }
		if mine == 0 || x.m.Scenario.MemoryModel == Relaxed && !slices.ContainsFunc(s.Buffer[:i], older) {
			dst = append(dst, action(id, outcomeDrain+mine))
		}
		mine++
	}
	return dst
}

// heldUp reports whether the thread can't go on before its buffer is emptier.
func (x *Exec) heldUp() bool {
	n, used := x.node(), 0
	for _, w := range x.s.Buffer {
		if w.Thread == x.id && n.fence() {
			return true
		}
		used += int(bit(w.Thread != Nobody))
	}
	return !n.fence() && used+bits.OnesCount64(uint64(n.access.write&plainObjects)) > maxStored
}

// finds reports whether an instruction of the running thread reads a field of which the thread may find an old value.
func (x *Exec) finds(n *node) bool {
	for _, o := range x.s.Old {
		if o.Thread == x.id && o.CPU == x.cpu && n.looksAt(o.Field) {
			return true
		}
	}
	return false
}

// looksAt reports whether the node reads a plain field.
func (n *node) looksAt(f CPUField) bool {
	looked := n.access.read
	if n.op == opTest {
		looked |= n.access.write
	}
	return looked&cpuVariables[f].object != 0
}

// doWeak executes an action where memory is weak.
func (x *Exec) doWeak(s *State, act Action) {
	m, id := x.m, act.Thread()
	if k := act.Outcome() - outcomeDrain; k >= 0 {
		x.Events = x.Events[:0]
		x.drain(s, id, k)
		return
	}
	x.become(s, id)
	n := x.node()
	fence := n.fence()
	global := m.memory(s)
	if fence {
		s.Old = without(s.Old, func(o Stored) bool { return o.Thread == id })
	}
	for _, w := range s.Buffer {
		if w.Thread == id {
			s.CPU[w.CPU].store(w.Field, w.Value)
		}
	}
	old := act.Outcome() == outcomeOld
	for _, o := range s.Old {
		if old && o.Thread == id && o.CPU == x.cpu && n.looksAt(o.Field) {
			s.CPU[o.CPU].store(o.Field, o.Value)
		}
	}
	cpu, seen := x.cpu, m.memory(s)
	if old {
		act = action(id, 0)
	}
	x.do(s, act)
	written := m.memory(s)
	m.setMemory(s, &global)
	if !old { // who has seen the newest value never finds an older one
		s.Old = without(s.Old, func(o Stored) bool { return o.Thread == id && o.CPU == cpu && n.looksAt(o.Field) })
	}
	for c := range uint8(m.Scenario.CPUs) {
		for i, f := range plain {
			if written[c][i] == seen[c][i] {
				continue
			}
			w := Stored{id, c, f, written[c][i]}
			s.Old = without(s.Old, func(o Stored) bool { return o.Thread == id && o.CPU == c && o.Field == w.Field })
			if fence {
				x.reach(s, w)
			} else {
				s.Buffer = with(s.Buffer, w)
			}
		}
	}
}

// drain has the k-th store in a thread's buffer reach memory.
func (x *Exec) drain(s *State, id ThreadID, k int) {
	for i, w := range s.Buffer {
		if w.Thread != id {
			continue
		}
		if k == 0 {
			s.Buffer[i] = Stored{}
			s.Buffer = without(s.Buffer, func(v Stored) bool { return v.Thread == Nobody })
			x.reach(s, w)
			return
		}
		k--
	}
}

// reach has a store reach memory. Others may find what was there before, unless they come to a barrier next, or sleep,
// from which they come back through one.
func (x *Exec) reach(s *State, w Stored) {
	c := &s.CPU[w.CPU]
	was := uint8(c.value(w.Field))
	c.store(w.Field, w.Value)
	if x.m.Scenario.MemoryModel != Relaxed || was == w.Value {
		return
	}
	for id := firstThread; int(id) < len(x.m.threads); id++ {
		if id == w.Thread {
			continue
		}
		x.become(s, id)
		if x.task == nil && x.cpu != w.CPU || !x.t.Queued || x.node().fence() {
			continue
		}
		s.Old = with(
			without(s.Old, func(o Stored) bool { return o.Thread == id && o.CPU == w.CPU && o.Field == w.Field }),
			Stored{id, w.CPU, w.Field, was},
		)
	}
}

// with adds a value behind those of its thread; the list is in the order of the threads. If it is full, the value is
// not kept.
func with(list [maxStored]Stored, v Stored) [maxStored]Stored {
	if list[maxStored-1].Thread != Nobody {
		return list
	}
	i := 0
	for i < maxStored && list[i].Thread != Nobody && list[i].Thread <= v.Thread {
		i++
	}
	copy(list[i+1:], list[i:maxStored-1])
	list[i] = v
	return list
}

// without leaves some values out.
func without(list [maxStored]Stored, out func(Stored) bool) (kept [maxStored]Stored) {
	n := 0
	for _, v := range list {
		if v.Thread != Nobody && !out(v) {
			kept[n] = v
			n++
		}
	}
	return kept
}

// FindsOld reports whether an action reads what was there before instead of what is.
func (m *Machine) FindsOld(a Action) bool { return m.weak() && a.Outcome() == outcomeOld }

// describeWeak says what weak memory does in an action, "" if it does nothing.
func (m *Machine) describeWeak(s *State, a Action) string {
	name := func(w Stored) string {
		v := CPUVar(w.Field, w.CPU)
		var shown State
		shown.CPU[w.CPU].store(w.Field, w.Value)
		return fmt.Sprintf("%s = %s", m.VarName(v), m.Value(&shown, v))
	}
	switch k := a.Outcome() - outcomeDrain; {
	case k >= 0:
		for _, w := range s.Buffer {
			if w.Thread == a.Thread() {
				if k == 0 {
					return "not yet; before it, the store " + name(w) + " reaches memory"
				}
				k--
			}
		}
	case a.Outcome() == outcomeOld:
		x := m.NewExec()
		x.become(s, a.Thread())
		text := "still finds the old value:"
		for _, o := range s.Old {
			if o.Thread == a.Thread() && o.CPU == x.cpu && x.node().looksAt(o.Field) {
				text += " " + name(o)
			}
		}
		return text
	}
	return ""
}
