package model

import "fmt"

// Regions of what is lowered from C that are one instruction although they touch what is shared: what is done under a
// spinlock, which nobody sees half done; and functions of which it is known that it makes no difference.

// Begin begins a region.
func (b *Builder) Begin(text string) {
	if b.a.atomic == 0 {
		b.note(node{op: opAction, label: text, run: func(*Exec) {}, low: &lowered{start: true}}, nil, nil)
	}
	b.a.atomic++
}

// End ends it.
func (b *Builder) End() {
	if b.a.atomic == 0 {
		b.Fail(fmt.Errorf("a lock is given back that is not held"))
	}
	b.a.atomic--
}

// Depth is in how many regions, one in the other, what comes next is.
func (b *Builder) Depth() int { return b.a.atomic }

// Atomic reports whether what comes next is in a region.
func (b *Builder) Atomic() bool { return b.a.atomic > 0 }

// Home has what comes next in a region be about the CPU that the thread is about.
func (b *Builder) Home() {
	b.a.astray = false
	b.note(node{op: opLocal, run: func(x *Exec) { x.cpu = x.m.about(x.s, x.id) }}, nil, nil)
}

// elsewhere has what comes next in a region be about another CPU.
func (b *Builder) elsewhere(cpu Value) {
	f := cpu.run()
	b.note(node{op: opLocal, run: func(x *Exec) { x.cpu = uint8(f(x)) }}, cpu.uses, nil)
	b.a.astray = true
}

// within notes of a node in a region that it is part of one.
func (a *assembler) within(n *node) {
	if a.atomic == 0 {
		return
	}
	if n.ready != nil {
		a.from.Fail(fmt.Errorf("%s: it may wait, where a spinlock is held", n.label))
	}
	if n.low == nil {
		n.low = &lowered{}
	}
	n.low.region = true
	n.access.allCPUs = n.access.allCPUs || a.astray && n.access.read|n.access.write|n.access.add != 0
}

// closeRegions makes one instruction of each region.
func (a *assembler) closeRegions() {
	for i := range a.nodes {
		if n := &a.nodes[i]; n.low != nil && n.low.region && (n.op == opAction || n.op == opTest) {
			n.localize()
		}
	}
	for i := range a.nodes {
		n := &a.nodes[i]
		if n.low == nil || !n.low.start {
			continue
		}
		touches := false
		a.run(i, func(o *node) {
			touches = touches || o.low != nil && o.low.region && o.access.read|o.access.write|o.access.add != 0
		})
		if !touches {
			n.localize()
		}
	}
}

// regionNow is what a region touches in the state as it is: it is executed on a copy of the state.
func (x *Exec) regionNow(is []node, pc int) access {
	s, events := x.s, len(x.Events)
	x.ahead = *s
	x.become(&x.ahead, x.id)
	var acc access
	for count := 0; count < mostLocal; count++ {
		n := &is[pc]
		if n.op == opAction || n.op == opTest {
			break
		}
		if n.low != nil {
			acc = acc.and(x.accessNow(n))
		}
		switch {
		case n.op == opGoto, n.op == opIf && !n.cond(x):
			pc = int(n.to)
			continue
		case n.op == opSwitch:
			pc = int(n.table[n.choose(x)])
			continue
		case n.op == opLocal:
			n.run(x)
		}
		pc++
	}
	x.Events = x.Events[:events]
	x.become(s, x.id)
	return acc
}

// narrowRegions has each instruction that is a region say what it touches in a state.
func (p *program) narrowRegions() {
	for pc := range p.nodes {
		if n := &p.nodes[pc]; n.op == opAction && n.low != nil && n.low.start {
			n.access.now = func(x *Exec) access {
				x.give(n)
				return x.regionNow(p.nodes, pc+1)
			}
		}
	}
}

// Await is a variable that is set to what is read once a condition holds, without which the code would come back here.
func (b *Builder) Await(text string, to LValue, v, until Value) {
	f, g := v.run(), until.run()
	// The state changes with the counter, in the step of whoever comes last.
	acc := v.acc.and(until.acc)
	acc = acc.reading(objAck).unless(func(x *Exec) bool { return g(x) == 0 }, acc)
	b.note(node{
		op: opAction, label: text, access: acc, ready: asCount(func(x *Exec) bool { return g(x) != 0 }),
		run: func(x *Exec) { to.reg.store(x, f(x)) },
	}, append(append([]*Register(nil), v.uses...), until.uses...), []*Register{to.reg})
	to.reg.learn(v.kind)
}
