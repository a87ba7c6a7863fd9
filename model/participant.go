package model

import (
	"fmt"
	"maps"
)

// Who may take part beside the hotplug core and the tasks that make operations. A participant is one value, in one
// file: scenarios and their flags, threads, codec, symmetry, mutants and reproductions take from it what they must
// know. docs/architecture.md says how to write one.

// participant is everything about one of them.
type participant struct {
	// The parameters of a scenario that say whether it takes part, and how.
	params []Param
	// The threads that it brings to a scenario; none: it does not take part.
	crews func(*Scenario) []crew
	// What it keeps, and others may look at, besides what the core has.
	vars []*Extra
	// The files of the kernel in which the functions are that only it calls; "" of one that is the scenario's.
	files map[string]string
	// It names CPUs, or goes through them in the order of their numbers: then they are not alike.
	numbers bool
	// It may be there while the machine boots.
	atBoot bool
	// Has it take part; nil: the first of its parameters does, with its least value.
	join func(*Scenario)
	// Returns a *ParamError if its parameters do not fit the others. Nil: they always do.
	fits func(*Scenario) error
	// What of it user space cannot force on a real machine, and what to do instead.
	unforced func(*Scenario) []string
}

// everybody is the registry of participants, in the order of their threads.
func everybody() []participant {
	return []participant{
		readers(),
		installers(),
		suspends(),
		disablers(),
		devices(),
		throttling(),
		cpusets(),
		modules(),
		wakers(),
		clients(),
		kexecs(),
		migrators(),
		reboots(),
		registrars(),
	}
}

// crew are threads with one program.
type crew struct {
	name  string // of the program; of the threads too, with a number
	alone string // the whole name of its only thread, if that has another one
	count int
	body  func(*assembler)

	operates bool              // its threads make operations, or ask for single callbacks
	work     string            // what they do, as a sentence has it; "" for "the work of" the thread
	frozen   bool              // they do so while tasks are frozen, and note in Took which CPUs they have taken down
	installs bool              // they may have states come and go
	asks     func(*Exec) Owner // for whose callback they ask a hotplug thread; nil: for none
	module   bool              // they are a state of the ladder that comes and goes
}

// thread is the name of one of its threads.
func (c *crew) thread(i int) string {
	if c.alone != "" {
		return c.alone
	}
	return fmt.Sprintf("%s %d", c.name, i)
}

// some is a crew that is there if there is somebody in it.
func some(c crew) []crew {
	if c.count == 0 {
		return nil
	}
	return []crew{c}
}

// one is 1 for true.
func one(b bool) int { return int(bit(b)) }

// same says the same of every scenario.
func same(texts ...string) func(*Scenario) []string {
	return func(*Scenario) []string { return texts }
}

// takesPart reports whether it does.
func (p *participant) takesPart(sc *Scenario) bool { return len(p.crews(sc)) > 0 }

// Participant is who may take part, for those who go through all of them.
type Participant struct {
	Key  string          // of the first of its parameters: "readers"
	Join func(*Scenario) // has it take part in a scenario
	In   func(*Scenario) bool
}

// Participants lists all of them.
func Participants() (all []Participant) {
	for _, p := range everybody() {
		join := p.join
		if join == nil {
			join = p.params[0].least
		}
		all = append(all, Participant{p.params[0].Key, join, p.takesPart})
	}
	return all
}

// taking are the participants of a scenario.
func (sc *Scenario) taking() (all []participant) {
	for _, p := range everybody() {
		if p.takesPart(sc) {
			all = append(all, p)
		}
	}
	return all
}

// unbound is how many threads are bound to no CPU.
func (sc *Scenario) unbound() int {
	n := sc.Tasks
	for _, p := range everybody() {
		for _, c := range p.crews(sc) {
			n += c.count
		}
	}
	return n
}

// FilesBeside are the files of the kernel in which the functions of participants are, by the functions' names; "" of
// one that is the scenario's.
func FilesBeside() map[string]string {
	all := map[string]string{}
	for _, p := range everybody() {
		maps.Copy(all, p.files)
	}
	return all
}

// facts are what the programs of a machine do, as far as other programs depend on it. They are found while the
// programs are assembled; programs that were assembled without knowing them are assembled again.
type facts uint16

const (
	factReads   facts = 1 << iota // somebody is inside get_online_cpus()
	factAsks                      // somebody asks a hotplug thread for a single callback
	factForbids                   // somebody calls cpu_hotplug_disable()
	factFreezes                   // somebody makes operations while tasks are frozen
	factQueues                    // somebody has stoppers do something
	factLocks                     // factLocks << l: somebody takes lock l
	allLocks    = (1<<numLocks - 1) * factLocks
)

// facts are what an instruction with that access says of its program: nobody else touches these.
func (a access) facts() (f facts) {
	for _, of := range [...]struct {
		object Object
		fact   facts
	}{{objReaders, factReads}, {objDisabled, factForbids}} {
		if a.write&of.object != 0 {
			f |= of.fact
		}
	}
	return f
}

// notes says that a program does that.
func (a *assembler) notes(f facts) { a.m.found |= f }

// does reports whether some program does that.
func (m *Machine) does(f facts) bool { return m.known&f != 0 }

// hasReaders reports whether anybody calls get_online_cpus().
func (m *Machine) hasReaders() bool { return m.does(factReads) }

// asksForOne reports whether anybody asks a hotplug thread for a single callback.
func (m *Machine) asksForOne() bool { return m.does(factAsks) }

// mayDisable reports whether anybody forbids hotplug.
func (m *Machine) mayDisable() bool { return m.does(factForbids) }

// freezes reports whether anybody makes operations while tasks are frozen.
func (m *Machine) freezes() bool { return m.does(factFreezes) }

// migrates reports whether anybody has stoppers do something.
func (m *Machine) migrates() bool { return m.does(factQueues) }

// hasLock reports whether anybody takes a lock.
func (m *Machine) hasLock(l Lock) bool { return m.does(factLocks << l) }

// numbersCPUs reports whether somebody takes part to whom the CPUs are not alike.
func (m *Machine) numbersCPUs() bool {
	for _, p := range m.Scenario.taking() {
		if p.numbers {
			return true
		}
	}
	return false
}
