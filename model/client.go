package model

import (
	"fmt"
	"slices"
	"strings"
)

// Clients: subsystems beside the hotplug core, written in files (package clients reads the files). What they do
// is assembled into programs like those of the kernel, so a state with clients is a state like any other.

// clients are the threads of these.
func clients() participant {
	return participant{
		params: []Param{{
			Key: "client",
			Doc: "subsystems written in files, `FILE,...`: their tasks, work items, locks and callbacks " +
				"(docs/clients.md)",
			At: func(sc *Scenario) any { return &sc.Clients },
			say: func(sc *Scenario) string {
				names := make([]string, len(sc.Clients))
				for i := range sc.Clients {
					names[i] = "client " + sc.Clients[i].Name
				}
				return strings.Join(names, ", ")
			},
		}},
		crews:   clientCrews,
		numbers: true,
		join: func(sc *Scenario) {
			sc.Clients = []Client{{
				Name:    "client",
				Objects: []ClientObject{{Name: "lock", Kind: ClientMutex}},
				Tasks: []ClientTask{{Name: "client_task", Steps: []ClientStep{
					{Verb: "mutex_lock", Object: "lock"}, {Verb: "cpus_read_lock"}, {Verb: "cpus_read_unlock"},
					{Verb: "mutex_unlock", Object: "lock"},
				}}},
			}}
		},
		unforced: func(sc *Scenario) (all []string) {
			for i := range sc.Clients {
				all = append(all, "what the client "+sc.Clients[i].Name+" does meanwhile: have its subsystem do it in "+
					"other shells")
			}
			return all
		},
	}
}

// clientCrews are a thread for each task, and a worker for each work item.
func clientCrews(sc *Scenario) (all []crew) {
	for i := range sc.Clients {
		c := &sc.Clients[i]
		for j := range c.Tasks {
			all = append(all, crew{
				name: c.Tasks[j].Name, alone: c.Tasks[j].Name, count: 1, installs: true,
				body: func(a *assembler) { a.clientTask(c.Name, &c.Tasks[j]) },
			})
		}
		for j := range c.Works {
			all = append(all, crew{
				name: c.Works[j].Name, alone: "kworker for " + c.Works[j].Name, count: 1, installs: true,
				body: func(a *assembler) { a.clientWorker(c.Name, &c.Works[j]) },
			})
		}
	}
	return all
}

// Client is a subsystem: objects of its own, states of the ladder, work items, and tasks.
type Client struct {
	Name    string
	File    string // where it was written down
	Objects []ClientObject
	States  []ClientState
	Works   []ClientWork
	Tasks   []ClientTask
}

// ClientKind says what an object of a client is.
type ClientKind string

// The kinds of objects.
const (
	ClientMutex      ClientKind = "mutex"
	ClientSpinlock   ClientKind = "spinlock"
	ClientRWSem      ClientKind = "rwsem"
	ClientCompletion ClientKind = "completion"
	ClientFlag       ClientKind = "flag"
	ClientCPUFlag    ClientKind = "cpu-flag" // a flag of each CPU
	ClientDuty       ClientKind = "duty"     // what one CPU does for all; CPU 0 at boot
)

// ClientObject is an object of a client.
type ClientObject struct {
	Name string
	Kind ClientKind
	Set  bool // a flag: it is set at boot; a flag of each CPU: of those that are up at boot
}

// ClientState is a state of the ladder that a client has.
type ClientState struct {
	Name       string
	Section    ClientSection
	Startup    string // the functions; "" for none
	Teardown   string
	Up, Down   []ClientStep // what they do
	Registered bool         // it is installed at boot
	Multi      bool         // it has instances
	Instances  int          // how many there are at boot
	Effects    []string     // the flags of each CPU that its startup sets and its teardown clears
	Leftovers  []string     // those that its teardown clears, and somebody else may set for a CPU that is up
}

// ClientSection says where on the ladder a state is.
type ClientSection string

// The sections.
const (
	SectionPrepare  ClientSection = "prepare"  // the task that makes the operation calls it
	SectionStarting ClientSection = "starting" // the CPU itself does, with interrupts off
	SectionOnline   ClientSection = "online"   // the hotplug thread of the CPU does
)

// ClientWork is a work item.
type ClientWork struct {
	Name    string
	Ordered string // the ordered workqueue on which it runs; "" for one on which nobody waits for his turn
	Steps   []ClientStep
}

// ClientTask is a task that does its steps, and is done.
type ClientTask struct {
	Name  string
	Steps []ClientStep
}

// ClientStep is one thing that a client does.
type ClientStep struct {
	Verb   string // the kernel's function, or one of the words of [ClientVerbs]
	Object string // what it is about: an object, a state or a work item
	Not    bool   // of a condition: that it is not so
	CPU    int    // 1 + the CPU that is named; 0 for the one that the code is about
	Errno  Errno
	// Of a choice its branches, of a condition what is done if it is so, and if not, of a loop what it repeats.
	Bodies [][]ClientStep
}

// The limits of what all clients of a scenario may have together.
const (
	MaxClientLocks    = 8
	MaxClientRWSems   = 4
	MaxClientWords    = 8 // completions, flags and duties
	MaxClientCPUFlags = 8
	MaxClientWorks    = 4
)

// Clientele is the state of the clients' objects.
type Clientele struct {
	Holder  [MaxClientLocks]ThreadID // who holds a lock; of an rwsem, who writes or is about to
	Readers [MaxClientRWSems]uint16  // who reads, a bit for each thread, see clientBit
	Word    [MaxClientWords]uint8    // of a flag 0 or 1, of a completion its count, of a duty 1 + its CPU
	Marks   [MaxClientCPUFlags]uint8 // of a flag of each CPU, a bit for each
	Work    [MaxClientWorks]WorkItem
}

// WorkItem is what becomes of a work item.
type WorkItem struct {
	Pending, Busy bool
	CPU           uint8 // where it was queued, while it is pending
}

// completed is the count of a completion after complete_all(); fewer are counted up to one below.
const completed = 1<<wordBits - 1

// clientele is where the objects of a machine's clients are.
type clientele struct {
	locks, rwsems, words, cpuFlags, works []clientPlace
	effects                               []Effect
	duties                                []Var
	callbacks                             map[string]func(*assembler)
}

// clientPlace is an object and where it is.
type clientPlace struct {
	client string
	name   string
	kind   ClientKind
	index  int
	rwsem  int // of an rwsem, its place in [Clientele.Readers]
	set    bool
}

// Accesses of clients' objects are apart from the others: a bit for each object.
const (
	clientLockObject Object = 1 << 0
	clientWordObject Object = 1 << MaxClientLocks
	clientFlagObject Object = 1 << (MaxClientLocks + MaxClientWords)
	clientWorkObject Object = 1 << (MaxClientLocks + MaxClientWords + MaxClientCPUFlags)
)

// object is the bit of an object in accesses.
func (p *clientPlace) object() Object {
	switch p.kind {
	case ClientMutex, ClientSpinlock, ClientRWSem:
		return clientLockObject << p.index
	case ClientCPUFlag:
		return clientFlagObject << p.index
	case clientWork:
		return clientWorkObject << p.index
	}
	return clientWordObject << p.index
}

// clientWork is the kind of a work item.
const clientWork ClientKind = "work"

func clientReads(o Object) access  { return access{clientRead: o} }
func clientWrites(o Object) access { return access{clientWrite: o} }

// hasClients reports whether there are any.
func (m *Machine) hasClients() bool { return len(m.Scenario.Clients) > 0 }

// placeClients gives each object of the clients its place. The error is a *ParamError.
func (m *Machine) placeClients() error {
	for i := range m.Scenario.Clients {
		c := &m.Scenario.Clients[i]
		for _, o := range c.Objects {
			p := clientPlace{client: c.Name, name: o.Name, kind: o.Kind, set: o.Set}
			list := m.clients.listOf(o.Kind)
			p.index = len(*list)
			if o.Kind == ClientRWSem {
				p.rwsem = len(m.clients.rwsems)
				m.clients.rwsems = append(m.clients.rwsems, p)
			}
			*list = append(*list, p)
		}
		for _, w := range c.Works {
			m.clients.works = append(
				m.clients.works,
				clientPlace{client: c.Name, name: w.Name, kind: clientWork, index: len(m.clients.works)},
			)
		}
	}
	for _, l := range []struct {
		what string
		n    int
		most int
	}{
		{"locks", len(m.clients.locks), MaxClientLocks}, {"rwsems", len(m.clients.rwsems), MaxClientRWSems},
		{"completions, flags and duties", len(m.clients.words), MaxClientWords},
		{"flags of each CPU", len(m.clients.cpuFlags), MaxClientCPUFlags},
		{"work items", len(m.clients.works), MaxClientWorks},
	} {
		if l.n > l.most {
			return &ParamError{
				"client",
				fmt.Sprintf("with %d %s", l.n, l.what),
				fmt.Sprintf("at most %d of all clients together", l.most),
			}
		}
	}
	return nil
}

func (c *clientele) listOf(k ClientKind) *[]clientPlace {
	switch k {
	case ClientMutex, ClientSpinlock, ClientRWSem:
		return &c.locks
	case ClientCPUFlag:
		return &c.cpuFlags
	}
	return &c.words
}

// clientObject finds an object of a client, or a work item.
func (m *Machine) clientObject(client, name string) *clientPlace {
	for _, list := range [][]clientPlace{m.clients.locks, m.clients.words, m.clients.cpuFlags, m.clients.works} {
		if i := slices.IndexFunc(
			list,
			func(p clientPlace) bool { return p.client == client && p.name == name },
		); i >= 0 {
			p := list[i]
			return &p
		}
	}
	panic(failure{fmt.Errorf("client %s: there is no %s", client, name)})
}

// clientSteps are the steps of the ladder that clients have.
func (k *Kernel) clientSteps(sc *Scenario) (steps []Step) {
	free, starting := k.freePrepare(), k.freeStarting()
	_, used := k.wantsPrepare(sc)
	online := k.DynFirst + 9
	for i := range sc.Clients {
		for j := range sc.Clients[i].States {
			s := &sc.Clients[i].States[j]
			step := Step{
				Name: s.Name, Startup: s.Startup, Teardown: s.Teardown, Multi: s.Multi,
				Client: ClientRef{i + 1, j + 1},
			}
			switch s.Section {
			case SectionPrepare:
				step.Table, step.Number, step.Symbol = BP, free[used], fmt.Sprintf("CPUHP_BP_PREPARE_DYN+%d", used)
				used++
			case SectionStarting:
				step.Table, step.Number, step.Symbol = AP, starting[0], fmt.Sprintf("CPUHP_AP_%d_STARTING", starting[0])
				starting = starting[1:]
			default:
				step.Table, step.Number = AP, online
				step.Symbol = fmt.Sprintf("CPUHP_AP_ONLINE_DYN+%d", online-k.DynFirst)
				online++
			}
			steps = append(steps, step)
		}
	}
	return steps
}

// freeStarting are the numbers of the section with interrupts off that no state has.
func (k *Kernel) freeStarting() (free []int) {
	for n := k.step("CPUHP_AP_OFFLINE").Number + 1; n < k.step("CPUHP_AP_ONLINE").Number; n++ {
		if !slices.ContainsFunc(k.Steps, func(s Step) bool { return s.Number == n }) {
			free = append(free, n)
		}
	}
	return free
}

// clientStateOf is the state of a client that a step is.
func (m *Machine) clientStateOf(s *Step) *ClientState {
	if s.Client.Client == 0 {
		return nil
	}
	return &m.Scenario.Clients[s.Client.Client-1].States[s.Client.State-1]
}

// clientModules are the states of clients, as states that come and go.
func (m *Machine) clientModules(all []module) ([]module, error) {
	for r := range m.Ladder {
		step := &m.Ladder[r]
		s := m.clientStateOf(step)
		if s == nil {
			continue
		}
		step.Module = len(all) + 1
		mod := module{rung: Rung(r), most: 1}
		if s.Registered {
			mod.count = 1
		}
		if s.Multi {
			mod.count, mod.most = uint8(s.Instances), s.MostInstances()
		}
		all = append(all, mod)
	}
	if len(all) > MaxModules {
		return nil, &ParamError{
			"client",
			fmt.Sprintf("with %d states, modules among them", len(all)),
			fmt.Sprintf("at most %d", MaxModules),
		}
	}
	return all, nil
}

// MaxClientInstances is how many instances a client's state may have.
const MaxClientInstances = 2

// MostInstances is how many the state may have: one, if they may fail, since who goes back after the failure of one of
// several is not told.
func (s *ClientState) MostInstances() int {
	sc := Scenario{Clients: []Client{{States: []ClientState{*s}}}}
	if sc.clientsDo("may_fail") {
		return 1
	}
	return MaxClientInstances
}

// clientFit says what a scenario with clients cannot have besides.
func (k *Kernel) clientFit(sc *Scenario) error {
	if len(sc.Clients) == 0 {
		return nil
	}
	names := make([]string, len(sc.Clients))
	states := map[ClientSection]int{}
	for i, c := range sc.Clients {
		names[i] = c.Name
		for _, s := range c.States {
			states[s.Section]++
		}
	}
	value := strings.Join(names, ",")
	_, prepare := k.wantsPrepare(sc)
	switch {
	case !k.StatePerRun:
		return &ParamError{"client", value + " on " + k.Name, "v4.14 or a later kernel"}
	case sc.Weak():
		return &ParamError{"client", value, "memory-model sc: what clients do is not told for weaker ones"}
	case prepare+states[SectionPrepare] > len(k.freePrepare()):
		return &ParamError{
			"client", fmt.Sprintf("%s with %d states in the prepare section", value, states[SectionPrepare]),
			fmt.Sprintf("at most %d", len(k.freePrepare())-prepare),
		}
	case states[SectionStarting] > len(k.freeStarting()):
		return &ParamError{
			"client", fmt.Sprintf("%s with %d states in the starting section", value, states[SectionStarting]),
			fmt.Sprintf("at most %d", len(k.freeStarting())),
		}
	}
	return nil
}

// namesOfClients returns a *ParamError if a function or a state of a client has the name of another one.
func (m *Machine) namesOfClients() error {
	functions, states := map[string]bool{}, map[string]bool{}
	for name := range callbacks {
		functions[name] = true
	}
	for pass := range 2 { // the ladder's own first
		for i := range m.Ladder {
			step := &m.Ladder[i]
			if own := step.Client.Client == 0; own != (pass == 0) {
				continue
			}
			for _, name := range []string{step.Startup, step.Teardown} {
				if pass == 1 && name != "" && functions[name] {
					return &ParamError{"client", "with a function " + name, "another name: there is such a function"}
				}
				functions[name] = true
			}
			if pass == 1 && states[step.Name] {
				return &ParamError{"client", "with a state " + step.Name, "another name: there is such a state"}
			}
			states[step.Name] = true
		}
	}
	return nil
}
