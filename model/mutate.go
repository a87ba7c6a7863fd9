package model

import (
	"fmt"
	"slices"
	"strings"
)

// Mutations: the kernel with one instruction done wrong, made by machine. What the properties make of them measures the
// properties (DeMillo, Lipton and Sayward, "Hints on Test Data Selection", 1978).

// MutationKind says what is done wrong.
type MutationKind string

// The kinds.
const (
	MutateDrop   MutationKind = "drop"      // an instruction is left out: an unlock, a wake-up, a wait, an assignment
	MutateNegate MutationKind = "negate"    // a condition is turned round
	MutateTwice  MutationKind = "twice"     // an instruction is done twice
	MutateSwap   MutationKind = "swap"      // an instruction is done after the next one
	MutateAbove  MutationKind = "one above" // a state, a target or a bound is one rung too high
	MutateBelow  MutationKind = "one below" // one too low
	MutateAstray MutationKind = "astray"    // an instruction is done for another CPU
	MutateSkip   MutationKind = "skip"      // a walk does not call a step's callback
	MutateCall   MutationKind = "call"      // a call is left out, with all that it does
)

// MutateUndeclared is a mistake of the model and not of the kernel: an instruction does not say what it reads and
// writes. [Machine.Mutations] has none of the kind; they show that a test of the declarations can fail.
const MutateUndeclared MutationKind = "undeclared"

// Mutation is one thing done wrong, in every place to which the kernel function was expanded.
type Mutation struct {
	Kind MutationKind
	Instruction
	Nth  int    // which of the function's instructions with that label, or of its calls
	Step string // of MutateSkip: the symbol of the step whose callback is skipped
}

// String says it in words: "drop: takedown_cpu(): mutex_unlock(&sparse_irq_lock)".
func (mu Mutation) String() string {
	text := fmt.Sprintf("%s: %s(): %s", mu.Kind, mu.Function, mu.Label)
	if mu.Step != "" {
		text = fmt.Sprintf("%s: %s(): the %s of %s", mu.Kind, mu.Function, mu.Label, mu.Step)
	}
	if mu.Nth > 0 {
		text += fmt.Sprintf(" (no. %d)", mu.Nth+1)
	}
	return text
}

// NewMutant makes a machine with something done wrong; with more than one thing, if one statement of the kernel is
// several instructions here. It may panic where the kernel would run past the end of the ladder. What it does is
// declared as that of the kernel is; an [Audit] finds where that is not so. It is nil if the scenario's programs do not
// have the instruction, or one of them.
func NewMutant(k Kernel, sc Scenario, wrong ...Mutation) (*Machine, error) {
	m, err := newMachine(k, sc, wrong...)
	if err != nil {
		return nil, err
	}
	for _, mu := range wrong {
		if !m.mutated[mu] {
			return nil, nil
		}
	}
	return m, nil
}

// Mutations returns all that can be done wrong in the machine's programs, in their order. Calls are not among them: of
// what is called each instruction is.
func (m *Machine) Mutations() []Mutation { return m.MutationsAt(func(int) bool { return true }) }

// MutationsAt returns those of a node that is reached, by its number among those of all programs: a thread stands
// there, or it was executed. In the others nothing can come of what is done wrong. What a thread does before its first
// instruction belongs to the initial state, and is always among them.
func (m *Machine) MutationsAt(reached func(place int) bool) []Mutation {
	var all []Mutation
	known := map[Mutation]bool{}
	add := func(mu Mutation) {
		if !known[mu] {
			known[mu] = true
			all = append(all, mu)
		}
	}
	for _, p := range m.programs {
		sites := m.sites(p)
		begun := false
		for pc := range p.nodes {
			if begun && !reached(p.base+pc) {
				continue
			}
			begun = begun || p.nodes[pc].op <= opTest
			for _, kind := range p.mutable(PC(pc)) {
				mu := sites[pc]
				mu.Kind = kind
				if kind != MutateSkip {
					add(mu)
					continue
				}
				for r, to := range p.nodes[pc].table {
					if to != p.nodes[pc].table[m.rung.offline] {
						mu.Step = m.Ladder[r].Symbol
						add(mu)
					}
				}
			}
		}
	}
	return all
}

// sites names each node of a program.
func (m *Machine) sites(p *program) []Mutation {
	type copied struct {
		fn *frame
		in Instruction
	}
	seen := map[copied]int{}
	sites := make([]Mutation, len(p.nodes))
	for pc := range p.nodes {
		n := &p.nodes[pc]
		if n.fn == nil {
			continue
		}
		in := Instruction{n.fn.name, n.label + n.stmt + n.way}
		switch {
		case n.op == opSwitch: // a function's walks in one direction are one
			sites[pc] = Mutation{Instruction: in}
			continue
		case in.Label == "" && n.op == opIf:
			in.Label = "if, on registers"
		}
		at := copied{n.fn, in}
		sites[pc] = Mutation{Instruction: in, Nth: seen[at]}
		seen[at]++
	}
	return sites
}

// mutable says what can be done wrong at a node.
func (p *program) mutable(pc PC) (kinds []MutationKind) {
	n := &p.nodes[pc]
	if n.fn == nil || n.books || n.op == opSwitch && n.way == "" || n.rest || n.outcome != nil || n.fn.given() {
		return nil
	}
	written, touched := n.access.write|n.access.add, n.access.read|n.access.write|n.access.add
	switch n.op {
	case opAction:
		if n.point > 0 { // that it fails is the environment's doing
			if n.then != nil {
				kinds = append(kinds, MutateDrop)
			}
			break
		}
		if n.run == nil {
			break
		}
		kinds = append(kinds, MutateDrop)
		if written != 0 && !n.idempotent() {
			kinds = append(kinds, MutateTwice)
		}
		if p.straight(pc) {
			kinds = append(kinds, MutateSwap)
		}
	case opTest:
		kinds = append(kinds, MutateNegate)
	case opIf:
		return []MutationKind{MutateNegate}
	case opLocal:
		if n.stmt != "" && n.stmt != "ret = 0" { // that only says that a function returned, and what
			kinds = append(kinds, MutateDrop)
		}
	case opSwitch:
		return []MutationKind{MutateSkip}
	}
	if n.moves() {
		kinds = append(kinds, MutateAbove, MutateBelow)
	}
	if touched&(objWriter-1) != 0 && !n.access.allCPUs && n.op != opLocal {
		kinds = append(kinds, MutateAstray)
	}
	return kinds
}

// given reports whether the function is no part of the kernel's core: what a task of the scenario does, a driver's
// callback.
func (f *frame) given() bool {
	if f.whose == ofScenario {
		return true
	}
	for ; f != nil; f = f.caller {
		if f.whose == ofBeside {
			return true
		}
	}
	return false
}

// idempotent reports whether doing the node once more is no mistake: a wake-up for no reason, which every sleeper must
// bear, or an assignment that says the same again.
func (n *node) idempotent() bool {
	for _, prefix := range []string{"wake_up", "st->node = st->last", "set_bit(", "clear_bit(", "set_cpu_",
		"balance_push", "*lastp", "schedule_work(", "hrtimers_"} {
		if strings.HasPrefix(n.label, prefix) {
			return true
		}
	}
	return false
}

// moves reports whether the node sets a state, a target or a bound.
func (n *node) moves() bool {
	bound := strings.HasPrefix(n.label+n.stmt, "target = ") || strings.HasPrefix(n.label, "prev_state = ") ||
		n.stmt == labelGoalDown
	return bound || n.access.write&(objState|objTarget) != 0
}

// straight reports whether the next node is another instruction of the same function, to which nobody jumps.
func (p *program) straight(pc PC) bool {
	next := pc + 1
	if int(next) >= len(p.nodes) || p.nodes[next].op != opAction || p.nodes[next].fn != p.nodes[pc].fn ||
		p.nodes[next].rest {
		return false
	}
	return !slices.ContainsFunc(p.nodes, func(n node) bool {
		return n.to == next && (n.op == opTest || n.op == opIf || n.op == opGoto) || slices.Contains(n.table, next)
	})
}

// mutate does in a program what the machine's mutation says.
func (m *Machine) mutate(p *program) {
	sites := m.sites(p)
	for pc := len(p.nodes) - 1; pc >= 0 && len(m.mutations) > 0; pc-- { // from the end, since nodes may be put in
		for _, mu := range m.mutations {
			at := sites[pc]
			at.Kind, at.Step = mu.Kind, mu.Step
			undeclared := at.Kind == MutateUndeclared && p.nodes[pc].op <= opTest
			if at == mu && (undeclared || slices.Contains(p.mutable(PC(pc)), at.Kind)) {
				m.mutateNode(p, PC(pc), mu)
				m.mutated[mu] = true
			}
		}
	}
	for _, mu := range m.mutations {
		if mu.Kind == MutateCall && p.leaveOut(mu) {
			m.mutated[mu], m.tampered = true, true
		}
	}
}

// leaveOut leaves a call out wherever the function that makes it was expanded, and reports whether it did. Its first
// instruction does nothing now, and goes on behind the call.
func (p *program) leaveOut(mu Mutation) (done bool) {
	calls := map[*frame]int{} // how many such calls each expansion has
	for pc := 0; pc < len(p.nodes); pc++ {
		call := p.nodes[pc].fn.callOf(mu.Function, mu.Label)
		if call == nil {
			continue
		}
		end := pc
		for end < len(p.nodes) && p.nodes[end].fn.callOf(mu.Function, mu.Label) == call {
			end++
		}
		if calls[call.caller]++; calls[call.caller] == mu.Nth+1 {
			p.nodes[pc] = node{op: opAction, fn: p.nodes[pc].fn, label: p.nodes[pc].label, walk: p.nodes[pc].walk}
			if pc+1 < end {
				p.nodes[pc+1] = node{op: opGoto, to: PC(end), fn: p.nodes[pc].fn, walk: p.nodes[pc].walk}
			}
			done = true
		}
		pc = end - 1
	}
	return done
}

// callOf is the call of a function by another one that a frame is in, or nil.
func (f *frame) callOf(caller, callee string) *frame {
	for ; f != nil && f.caller != nil; f = f.caller {
		if f.name == callee && f.caller.name == caller {
			return f
		}
	}
	return nil
}

func (m *Machine) mutateNode(p *program, pc PC, mu Mutation) {
	n := &p.nodes[pc]
	m.tampered = m.tampered || n.parks() || mu.Kind == MutateSwap && p.nodes[pc+1].parks()
	switch mu.Kind {
	case MutateDrop:
		if n.point > 0 {
			n.then = nil
			return
		}
		// Also work on registers becomes a transition, so that no loop runs for ever within one.
		n.op, n.run, n.ready, n.lock = opAction, nil, nil, classNone
	case MutateNegate:
		cond := n.cond
		n.op, n.cond = opTest, func(x *Exec) bool { return !cond(x) }
	case MutateTwice:
		p.insert(pc, *n)
	case MutateSwap:
		p.nodes[pc], p.nodes[pc+1] = p.nodes[pc+1], p.nodes[pc]
	case MutateAbove:
		n.shift(1)
	case MutateBelow:
		n.shift(-1)
	case MutateAstray:
		n.astray()
	case MutateUndeclared:
		// Narrowed to nothing, in every state: a step that touches nothing by its nature may be free.
		n.access = own.narrowedBy(func(*Exec) access { return own })
	case MutateSkip:
		n.table = slices.Clone(n.table)
		for r := range n.table {
			if m.Ladder[r].Symbol == mu.Step {
				n.table[r] = n.table[m.rung.offline]
			}
		}
	}
}

// insert puts a node before another one. Who jumps there comes to the new one.
func (p *program) insert(pc PC, n node) {
	p.nodes = slices.Insert(p.nodes, int(pc), n)
	move := func(to *PC) {
		if *to > pc {
			*to++
		}
	}
	for i := range p.nodes {
		move(&p.nodes[i].to)
		for j := range p.nodes[i].table {
			move(&p.nodes[i].table[j])
		}
	}
}

// shift has what the node sets come out too high or too low.
func (n *node) shift(by int) {
	shifted := func(x *Exec, do func()) {
		rungs := func() [7]*Rung {
			var none Rung
			prev := &none
			if x.task != nil {
				prev = &x.task.Prev
			}
			return [7]*Rung{&x.st().State, &x.st().Target, &x.t.Goal, &x.t.Prev, &x.t.Step, prev}
		}
		var before [7]Rung
		for i, r := range rungs() {
			if r != nil {
				before[i] = *r
			}
		}
		do()
		for i, r := range rungs() {
			if r != nil && *r != before[i] {
				*r = Rung(min(max(int(*r)+by, 0), len(x.m.Ladder)-1))
			}
		}
	}
	if run := n.run; run != nil {
		n.run = func(x *Exec) { shifted(x, func() { run(x) }) }
	}
	if cond := n.cond; cond != nil {
		n.cond = func(x *Exec) (is bool) {
			shifted(x, func() { is = cond(x) })
			return is
		}
	}
}

// astray has the node look at, and change, another CPU than the one that the code is about.
func (n *node) astray() {
	n.access.allCPUs, n.access.now = true, nil
	elsewhere := func(x *Exec, do func()) {
		cpu := x.cpu
		x.cpu = uint8((int(cpu) + 1) % x.m.Scenario.CPUs)
		do()
		x.cpu = cpu
	}
	if run := n.run; run != nil {
		n.run = func(x *Exec) { elsewhere(x, func() { run(x) }) }
	}
	if cond := n.cond; cond != nil {
		n.cond = func(x *Exec) (is bool) {
			elsewhere(x, func() { is = cond(x) })
			return is
		}
	}
	if ready := n.ready; ready != nil {
		n.ready = func(x *Exec) (outcomes int) {
			elsewhere(x, func() { outcomes = ready(x) })
			return outcomes
		}
	}
}
