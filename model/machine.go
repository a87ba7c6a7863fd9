package model

import (
	"fmt"
	"slices"
)

// ThreadID names a thread of a machine.
type ThreadID uint8

// Nobody is no thread: the holder of a free lock.
const Nobody ThreadID = 0

const firstThread ThreadID = 1

// threadKind says which program a thread runs.
type threadKind uint8

const (
	kindTask   threadKind = iota
	kindBeside            // a participant's
	kindCpuhp             // from here on, bound to a CPU
	kindStopper
	kindIdle
	kindIRQ
	kindSmpboot
)

// unbound reports whether threads of the kind may run on any CPU.
func (k threadKind) unbound() bool { return k < kindCpuhp }

// threadInfo is what never changes about a thread.
type threadInfo struct {
	kind    threadKind
	name    string
	cpu     uint8 // the CPU that it is bound to
	slot    int   // in CPU.Thread
	index   int   // in State.Task
	number  int   // which of its participant's threads it is
	crew    *crew // of a participant's thread; of others one that does nothing
	program *program
}

// Machine is a kernel in a scenario: a transition system. It does not change once it is made.
type Machine struct {
	Kernel      Kernel
	Scenario    Scenario
	Ladder      []Step       // the steps, by rung
	Chain       []Notifier   // the notifiers, in the order in which they are called
	FaultPoints []FaultPoint // the places where something may fail
	Assertions  []Assertion  // the BUG_ONs and WARN_ONs

	rung     rungs
	ops      []Op         // the operations that a task may choose from for each CPU
	threads  []threadInfo // by ThreadID; the first is Nobody
	programs []*program
	numNodes int
	matched  map[string]bool              // fault patterns that matched a point
	created  [slotSmpboot + MaxSmpboot]PC // where a new thread starts, by slot
	idleLoop PC                           // where an idle task waits for its CPU to go down
	vars     []Var
	orders   []Order // in which the programs may take classes of locks

	cyclicOrders []Order
	clients      clientele
	modules      []module
	unbound      int // threads that are bound to no CPU
	extras       []*Extra
	firsts       map[string]ThreadID // the first thread of each crew
	known, found facts               // what the programs were assembled for, and what they do
	victims      bool                // somebody may be throttled

	weakMemory, hasMore bool // see noteSpeed
	undeclared          bool // instructions may do what they do not declare
	places              []wordPlace

	merges  bool            // some instructions are merged from accesses to what one thread owns
	lowered map[string]bool // the functions that were assembled from the source

	mutations []Mutation // what is done wrong on purpose, if anything is
	tampered  bool       // some of that is relied on by rebinds
	marksAll  bool       // local work is marked as well
	// Whoever unparks the thread in a slot may be one that must not sleep; and it would, if that still runs.
	watched [slotSmpboot + MaxSmpboot]bool
	mutated map[Mutation]bool // those of which the programs have the place
}

// New makes a machine. The error is a *ParamError or an *UnknownError, about what of the scenario can't be.
func New(k Kernel, sc Scenario) (*Machine, error) { return newMachine(k, sc) }

// newMachine assembles a machine until its programs are made for what they do.
func newMachine(k Kernel, sc Scenario, mutations ...Mutation) (*Machine, error) {
	for known := facts(0); ; {
		m, err := build(k, sc, known, mutations)
		if m == nil || m.found&^m.known == 0 {
			return m.unless(err)
		}
		known |= m.found
	}
}

// unless returns the machine if there is no error.
func (m *Machine) unless(err error) (*Machine, error) {
	if err != nil {
		return nil, err
	}
	return m, nil
}

// build makes a machine, whose programs do not do more than is known, or says in found what else they do. Beside an
// error there may be a machine, too, which says what its programs do.
func build(k Kernel, sc Scenario, known facts, mutations []Mutation) (m *Machine, err error) {
	defer catch(&err)
	if err := sc.Validate(); err != nil {
		return nil, err
	}
	if k.Notifiers && sc.Instances > 0 {
		return nil, &ParamError{"instances", "on " + k.Name, "v4.10 or a later kernel, whose states may have some"}
	}
	if err := k.lacks(&sc); err != nil {
		return nil, err
	}
	if !k.OfflineBarred && sc.OfflineDisabled {
		return nil, &ParamError{
			"offline-disabled", "on " + k.Name, "v6.12 or a later kernel, which has cpu_hotplug_disable_offlining()",
		}
	}
	if what, n := k.wantsPrepare(&sc); n > len(k.freePrepare()) {
		return nil, &ParamError{
			what, fmt.Sprintf("with %d free numbers in the prepare section", len(k.freePrepare())),
			fmt.Sprintf("a ladder with %d", n),
		}
	}
	if !k.SMTControl && sc.SMT.any() {
		return nil, &ParamError{"smt", "on " + k.Name, k.wantsSMT()}
	}
	for _, o := range sc.Sequence {
		if o.Via == ViaOnline && o.CPU == 0 && !k.BootCPUOffline {
			return nil, &ParamError{
				"op", o.String(), "another CPU, or target:0=NUMBER: CPU 0 has no file online here, as it has on " +
					"arm64, powerpc and riscv",
			}
		}
	}
	for _, text := range sc.FaultPoints {
		if _, _, err := splitFault(text); err != nil {
			return nil, err
		}
	}
	if err := k.clientFit(&sc); err != nil {
		return nil, err
	}
	k.fit(&sc)
	m = &Machine{
		Kernel: k, Scenario: sc, Ladder: k.ladder(&sc), matched: map[string]bool{}, mutations: mutations, known: known,
		firsts: map[string]ThreadID{}, victims: sc.Throttle.any(),
	}
	m.mutated = map[Mutation]bool{}
	m.rung = findRungs(m.Ladder)
	if m.modules, err = m.modulesOf(); err != nil {
		return nil, err
	}
	if err := m.placeClients(); err != nil {
		return nil, err
	}
	if err := m.namesOfClients(); err != nil {
		return nil, err
	}
	m.clientCallbacks()
	m.noteEffects()
	m.placeExtras()
	m.noteSpeed()
	m.ops = m.opsOf()
	if k.Notifiers {
		m.Chain = notifierChain(sc.Notifiers)
	}
	m.assembleAll()
	m.known |= m.found & allLocks // on these no program depends
	if m.found&^m.known != 0 {
		return m, nil
	}
	if m.lowered != nil {
		m.assertion(endless)
		m.assertion(offLadder)
	}
	m.places, m.undeclared = m.wordPlaces(), len(m.mutations) > 0 || m.lowered != nil
	m.vars, m.cyclicOrders = m.allVars(), cyclic(m.orders)
	for _, pattern := range sc.FaultPoints {
		if !m.matched[pattern] {
			return nil, &UnknownError{Kind: "fault point", Name: pattern, Known: m.faultNames()}
		}
	}
	return m, nil
}

// assembleAll makes the programs and the threads that run them.
func (m *Machine) assembleAll() {
	add := func(name string, bound bool, c *crew, body func(*assembler)) *program {
		p := m.assemble(name, bound, c, body)
		p.base = m.numNodes
		m.numNodes += len(p.nodes)
		m.programs = append(m.programs, p)
		return p
	}
	none := &crew{}
	m.threads = []threadInfo{{name: "nobody", crew: none}}
	unbound := func(kind threadKind, c *crew, number int) {
		m.firsts[c.name] = ThreadID(len(m.threads))
		p := add(c.name, false, c, c.body)
		for i := range c.count {
			m.threads = append(m.threads, threadInfo{
				kind: kind, name: c.thread(i), index: m.unbound, number: number + i, crew: c, program: p,
			})
			m.unbound++
		}
	}
	unbound(kindTask, &crew{name: "task", count: m.Scenario.Tasks, body: (*assembler).task}, 0)
	for _, p := range m.Scenario.taking() {
		number := 0
		for _, c := range p.crews(&m.Scenario) {
			unbound(kindBeside, &c, number)
			number += c.count
		}
	}

	cpuhp := add("cpuhp", true, none, (*assembler).cpuhp)
	stopper := add("migration", true, none, (*assembler).stopper)
	idle := add("idle", true, none, (*assembler).idle)
	irq := add("irq", true, none, (*assembler).irq)
	smpboot := make([]*program, m.Scenario.Smpboot)
	for i := range smpboot {
		smpboot[i] = add(slotName(slotSmpboot+i), true, none, func(a *assembler) { a.smpboot(slotSmpboot + i) })
	}

	for cpu := range m.Scenario.CPUs {
		bound := func(kind threadKind, slot int, name string, p *program) {
			m.threads = append(m.threads, threadInfo{
				kind: kind, name: fmt.Sprintf("%s/%d", name, cpu), cpu: uint8(cpu), slot: slot, crew: none, program: p,
			})
		}
		bound(kindCpuhp, slotCpuhp, "cpuhp", cpuhp)
		bound(kindStopper, slotStopper, "migration", stopper)
		bound(kindIdle, slotIdle, "swapper", idle)
		bound(kindIRQ, -1, "irq", irq)
		for i, p := range smpboot {
			bound(kindSmpboot, slotSmpboot+i, p.name, p)
		}
	}
	m.idleLoop = m.programOf(slotIdle).at(labelIdle)
	for slot := range slotSmpboot + m.Scenario.Smpboot {
		if slot != slotIdle {
			m.created[slot] = m.programOf(slot).at(labelCreated)
		}
	}
}

// first is the first thread of a crew that is there.
func (m *Machine) first(crew string) ThreadID { return m.firsts[crew] }

// slotName is the name of the threads in a slot, without the CPU.
func slotName(slot int) string {
	switch slot {
	case slotCpuhp:
		return "cpuhp"
	case slotStopper:
		return "migration"
	case slotIdle:
		return "swapper"
	}
	return fmt.Sprintf("smpboot%d", slot-slotSmpboot+1)
}

// threadOf is the id of the thread in a slot of a CPU.
func (m *Machine) threadOf(cpu uint8, slot int) ThreadID {
	id := int(firstThread) + m.unbound + int(cpu)*m.threadsPerCPU() + slot
	if slot >= slotSmpboot {
		id++ // the interrupt handler, which has no slot
	}
	return ThreadID(id)
}

// threadsPerCPU is how many threads each CPU has, with its interrupt handler.
func (m *Machine) threadsPerCPU() int { return slotSmpboot + 1 + m.Scenario.Smpboot }

// Initial returns the state in which the machine has booted: some CPUs are up, and every thread waits.
func (m *Machine) Initial() State {
	var s State
	for i, mod := range m.modules {
		s.Modules[i] = mod.count
	}
	s.Faults, s.SMTOff = uint8(m.Scenario.Faults), m.Scenario.SMT == SMTOff
	m.bootClients(&s)
	s.SMTOne = m.Kernel.SMTCounts && s.SMTOff
	for id := firstThread; int(id) <= m.unbound; id++ {
		x := m.NewExec()
		s.Task[m.threads[id].index].Queued = true
		x.become(&s, id)
		x.t.PC = x.settle(m.threads[id].program, 0)
	}
	for cpu := range m.Scenario.CPUs {
		c := &s.CPU[cpu]
		c.Thread[slotIdle].Queued = true
		c.BootedOnce = m.Scenario.SMT.any() && m.Scenario.booted(cpu)
		if !m.Scenario.online(cpu) {
			c.Dead, c.Offline = true, true
			c.Thread[slotIdle].PC = m.programOf(slotIdle).at(labelPlayDead)
			continue
		}
		c.State, c.Online, c.Active, c.StopEnabled = m.rung.online, true, true, true
		c.Allocated, c.RCU, c.Allowed, c.Cblist = m.Scenario.Callback == CallbackHalf, m.Scenario.RCU,
			m.Scenario.Cpuset, m.cblists()
		if m.Kernel.SyncDead {
			c.Sync = SyncOnline
		}
		if cpu > 0 || m.Kernel.BootCPUTarget {
			c.Target = m.rung.online
		}
		c.Thread[slotIdle].PC = m.idleLoop
		for slot := range slotSmpboot + m.Scenario.Smpboot {
			if slot != slotIdle && slot != m.late() {
				top := m.programOf(slot).top()
				c.Thread[slot] = Thread{PC: top, State: TaskInterruptible, Exists: true, Status: ThreadActive}
			}
		}
	}
	return s
}

// programOf is the program of the threads in a slot.
func (m *Machine) programOf(slot int) *program { return m.threads[m.threadOf(0, slot)].program }

// at is the place of the first instruction with that label.
func (p *program) at(label string) PC {
	for pc := range p.nodes {
		if p.nodes[pc].label == label {
			return PC(pc)
		}
	}
	panic("model: " + p.name + " has no " + label)
}

// top is where a thread of smpboot sleeps.
func (p *program) top() PC {
	return PC(slices.IndexFunc(p.nodes, func(n node) bool { return n.top }))
}

func (m *Machine) faultNames() []string {
	names := make([]string, len(m.FaultPoints))
	for i, p := range m.FaultPoints {
		names[i] = p.Name
	}
	return names
}
