package model

import "strings"

// The step table for code that is lowered from C, and what such code does for whoever asks for a single callback: an
// installer, a driver with an instance, a module.

// StepField is a field of the entry of a state. Of a driver's state the two callbacks are one variable: with the
// startup the teardown is there, or gone.
func (b *Builder) StepField(state Value, name string) (p LValue, ok bool) {
	m, at := b.a.m, state.run()
	step := func(x *Exec) *Step { return &x.m.Ladder[at(x)] }
	p = LValue{name: "sp->" + name, kind: KindCount, o: objSteps, of: state}
	switch name {
	case "name":
		p.get = func(x *Exec) int64 { return int64(bit(x.named(step(x)))) }
		p.set = func(x *Exec, n int64) {
			switch s := step(x); {
			case s.Slot > 0 && n == 0:
				x.s.Slot[s.Slot-1] = OwnerNone
			case s.Slot > 0 && x.s.Slot[s.Slot-1] == OwnerNone:
				x.s.Slot[s.Slot-1] = Reserved
			case s.Module > 0 && !s.Multi:
				*x.count(s) = uint8(bit(n != 0))
			}
		}
	case "startup":
		p.set = func(x *Exec, n int64) {
			switch s := step(x); {
			case s.Slot > 0 && n != 0:
				x.s.Slot[s.Slot-1] = x.asks()
			case s.Slot > 0 && x.s.Slot[s.Slot-1] != OwnerNone:
				x.s.Slot[s.Slot-1] = Reserved
			}
		}
	case "teardown":
		p.pinned = true
	case "multi_instance":
		p.o, p.pinned = 0, true
		p.get = func(x *Exec) int64 { return int64(bit(step(x).Multi)) }
	case "cant_stop":
		p.o = 0
		p.get = func(x *Exec) int64 { return int64(bit(m.cantStop(Rung(at(x))))) }
	default:
		return p, false
	}
	return p, true
}

// named reports whether the entry of a state has a name.
func (x *Exec) named(s *Step) bool {
	switch {
	case s.Slot > 0:
		return x.s.Slot[s.Slot-1] != OwnerNone
	case s.Module > 0 && !s.Multi:
		return *x.count(s) > 0
	}
	return s.Name != ""
}

// DynamicRange is the first and the last state that are handed out for CPUHP_AP_ONLINE_DYN or CPUHP_BP_PREPARE_DYN. If
// nobody asks for one in the scenario, no state is equal to either.
func (m *Machine) DynamicRange(symbol string) (first, last Rung) {
	first, last = 1<<rungBits-1, 1<<rungBits-1
	for r := range m.Ladder {
		if s := &m.Ladder[r]; s.Slot > 0 && strings.HasPrefix(s.Symbol, symbol+"+") {
			first, last = min(first, Rung(r)), Rung(r)
		}
	}
	return first, last
}

// single reports whether the program is one of those that ask for single callbacks.
func (a *assembler) single() bool {
	return a.crew.asks != nil
}

// asks is for whose callback the running thread asks.
func (x *Exec) asks() Owner {
	return x.m.threads[x.id].crew.asks(x)
}

// AskedState is the state for which the callbacks are, as whoever asks names it.
func AskedState(b *Builder) Value {
	if b.a.name != "installer" {
		return OperationTarget()
	}
	m := b.a.m
	prepare, _ := m.DynamicRange("CPUHP_BP_PREPARE_DYN")
	online, _ := m.DynamicRange("CPUHP_AP_ONLINE_DYN")
	return Value{kind: KindRung, get: func(x *Exec) int64 {
		switch {
		case !x.installs(installDynamic):
			return int64(m.fixedStep(x.wantedTable()))
		case x.installs(installPrepare):
			return int64(prepare)
		}
		return int64(online)
	}}
}

// AskedInvoke is whether the callbacks are to be called for the CPUs that are up.
func AskedInvoke(b *Builder) Value {
	if b.a.name != "installer" {
		return Truth(true)
	}
	return Value{kind: KindCount, get: func(x *Exec) int64 { return int64(bit(x.installs(installInvoke))) }}
}

// AskedCallback is the startup or the teardown that is handed over, as something that is not NULL if there is one.
func AskedCallback(b *Builder, up bool) Value {
	if b.a.name != "module" {
		return Truth(true)
	}
	return Value{kind: KindCount, get: func(x *Exec) int64 {
		return int64(bit(x.m.Ladder[x.task.Target].Callback(up) != ""))
	}}
}

// AskedNode is the instance that comes or goes.
func AskedNode(b *Builder) Value {
	if b.a.name == "module" {
		return Truth(true)
	}
	return Constant(int64(b.a.m.movingInstance()+1), KindCount)
}

// Installed shows that an installer is through with a state: that it is installed, with that result, or removed.
func (b *Builder) Installed(removed bool, state, ret Value) {
	if b.a.name != "installer" {
		return
	}
	f, g := state.run(), ret.run()
	kind := EventInstalled
	if removed {
		kind = EventRemoved
	}
	b.note(node{op: opLocal, low: &lowered{shown: true}, run: func(x *Exec) {
		x.task.Target = Rung(f(x))
		e := Event{Kind: kind, CPU: x.cpu, Step: x.task.Target, Owner: x.owner(), Up: x.installs(installInvoke)}
		if n := g(x); n < 0 {
			e.Ret = errnoOf(n)
		}
		x.emit(e)
	}}, append(append([]*Register(nil), state.uses...), ret.uses...), nil)
}

// callSingleHere is cpuhp_invoke_callback() of a single callback, of the state in the register Step, that whoever asks
// for it calls itself.
func (a *assembler) callSingleHere(up bool) {
	called := a.newTarget()
	switch a.name {
	case "installer":
		a.failSingle(called, up)
		a.local(func(x *Exec) { x.t.N = uint8(callbackOf(x.owner(), up)) })
		a.driverCallback("install", "remove")
		a.local(func(x *Exec) { x.t.N = 0 })
	case "device":
		for _, r := range a.m.multiRungs() {
			if a.m.Ladder[r].Table == BP {
				a.when(func(x *Exec) bool { return x.t.Step == r }, func() { a.singleInstance(r, up) })
			}
		}
	default:
		for _, mod := range a.m.modules {
			if step := &a.m.Ladder[mod.rung]; step.Table == BP && step.Callback(up) != "" {
				a.when(func(x *Exec) bool { return x.t.Step == mod.rung }, func() { a.moduleCallback(step, up) })
			}
		}
	}
	a.put(called)
}

// ListEmpty is whether a state has no instances.
func (b *Builder) ListEmpty(state Value) Value {
	f := state.run()
	v := computed(func(x *Exec) int64 {
		s := &x.m.Ladder[f(x)]
		return int64(bit(s.Module > 0 && *x.count(s) == 0 || s.MayFail && x.s.Listed == 0))
	}, KindCount, state)
	v.acc = v.acc.reading(objLists | objSteps)
	return v
}

// addInstanceTo is hlist_add_head(node, &sp->list).
func addInstanceTo(b *Builder, c Call) {
	if b.a.name == "module" {
		b.a.do(c.Text, writes(objSteps), func(x *Exec) { *x.count(&x.m.Ladder[x.task.Target])++ })
		return
	}
	f := c.Args[1].run()
	b.note(node{op: opAction, label: c.Text, access: writes(objLists), run: func(x *Exec) {
		x.s.Listed |= x.m.listBit(Rung(f(x)))
	}}, c.Args[1].uses, nil)
}

// removeInstanceFrom is hlist_del(node).
func removeInstanceFrom(b *Builder, c Call) {
	if b.a.name == "module" {
		b.a.do(c.Text, writes(objSteps), func(x *Exec) { *x.count(&x.m.Ladder[x.task.Target])-- })
		return
	}
	b.a.hlistDel()
}
