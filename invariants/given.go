package invariants

import (
	"math/bits"

	"github.com/hpcheck/hpcheck/model"
)

// Automaton is a property that is given from outside: an automaton that makes a move after each transition of the
// machine.
type Automaton struct {
	Name, Doc, Why string
	File           string // where it was given
	PerCPU         bool   // there is one for each CPU
	States         int    // how many states it has; it begins in state 0
	Always         bool   // it has no premise: it never holds vacuously
	// Watch makes what moves it. Each goroutine has its own.
	Watch func(*model.Machine) Watcher
}

// Watcher moves the automata of a property.
type Watcher interface {
	// Look is called once for each transition; what it gets is valid until it is called again.
	Look(*Check)
	// Move is called after that for each automaton: which state it was in, and the CPU that it is for.
	Move(cpu int, state uint64) Move
}

// Move is what an automaton does.
type Move struct {
	State    uint64 // which state it is in now
	Applies  bool   // the property's premise occurred
	Violated string // what is false; empty if nothing is
	Vars     []model.Var
}

// Given makes a property of an automaton.
func Given(a Automaton) *Property {
	p := &Property{Name: a.Name, Doc: a.Doc, Why: a.Why, File: a.File, always: a.Always}
	if n := bits.Len(uint(a.States - 1)); n > 0 {
		p.memory = []field{{bits: n, perCPU: a.PerCPU}}
	}
	p.step = func(c *Check) {
		w := c.watcher(p, a.Watch)
		w.Look(c)
		cpus := 1
		if a.PerCPU {
			cpus = c.M.Scenario.CPUs
		}
		for cpu := range uint8(cpus) {
			state := uint64(0)
			if p.memory != nil {
				state = c.get(0, cpu)
			}
			move := w.Move(int(cpu), state)
			if p.memory != nil {
				c.set(0, cpu, move.State)
			}
			if move.Applies {
				c.applies()
			}
			if move.Violated != "" {
				c.violated(move.Vars, "%s", move.Violated)
			}
		}
	}
	return p
}

// Given reports whether the property was given from outside. Then nothing may be left out of the exploration.
func (p *Property) Given() bool { return p.File != "" }

// watcher is this goroutine's watcher of a property.
func (c *Check) watcher(p *Property, make func(*model.Machine) Watcher) Watcher {
	w, ok := c.watchers[p]
	if !ok {
		if c.watchers == nil {
			c.watchers = map[*Property]Watcher{}
		}
		w = make(c.M)
		c.watchers[p] = w
	}
	return w
}
