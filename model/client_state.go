package model

import (
	"slices"
)

// The state of clients' objects: its variables, how it is encoded, and what it is at boot.

// clientWords is how many words encode it.
const clientWords = 4

func (c *Clientele) pack(dst []uint64) {
	var locks, readers, words, marks uint64
	for i := len(c.Holder); i > 0; i-- {
		locks = locks<<idBits | uint64(c.Holder[i-1])
	}
	for i := len(c.Readers); i > 0; i-- {
		readers = readers<<16 | uint64(c.Readers[i-1])
	}
	for i := len(c.Work); i > 0; i-- {
		w := &c.Work[i-1]
		if w.CPU>>3 != 0 {
			panic(tooWide(clientVariables[:], &State{Globals: Globals{Client: *c}}))
		}
		words = words<<5 | uint64(w.CPU)<<2 | bit(w.Busy)<<1 | bit(w.Pending)
	}
	for i := len(c.Word); i > 0; i-- {
		if c.Word[i-1]>>wordBits != 0 {
			panic(tooWide(clientVariables[:], &State{Globals: Globals{Client: *c}}))
		}
		words = words<<wordBits | uint64(c.Word[i-1])
	}
	for i := len(c.Marks); i > 0; i-- {
		marks = marks<<MaxCPUs | uint64(c.Marks[i-1])
	}
	dst[0], dst[1], dst[2], dst[3] = locks, readers, words, marks
}

func (c *Clientele) unpack(src []uint64) {
	locks, readers, words, marks := reader(src[0]), reader(src[1]), reader(src[2]), reader(src[3])
	for i := range c.Holder {
		c.Holder[i] = ThreadID(locks.take(idBits))
	}
	for i := range c.Readers {
		c.Readers[i] = uint16(readers.take(16))
	}
	for i := range c.Word {
		c.Word[i] = uint8(words.take(wordBits))
	}
	for i := range c.Work {
		w := &c.Work[i]
		w.Pending, w.Busy, w.CPU = words.flag(), words.flag(), uint8(words.take(3))
	}
	for i := range c.Marks {
		c.Marks[i] = uint8(marks.take(MaxCPUs))
	}
}

// Where the variables of clients' objects begin, among those.
const (
	varClientHolder  = 0
	varClientReaders = varClientHolder + MaxClientLocks
	varClientWord    = varClientReaders + MaxClientRWSems
	varClientMarks   = varClientWord + MaxClientWords
	varClientWork    = varClientMarks + MaxClientCPUFlags
	varExtra         = varClientWork + 3*MaxClientWorks // those of other participants
	numClientVars    = varExtra + maxExtra
)

// clientVariables are the variables of clients' objects, and those that other participants bring. How they are
// called, these say.
var clientVariables = func() (rows [numClientVars]row[State]) {
	there := func(list func(*clientele) []clientPlace, i int) func(*Machine) bool {
		return func(m *Machine) bool { return i < len(list(&m.clients)) }
	}
	locks := func(c *clientele) []clientPlace { return c.locks }
	rwsems := func(c *clientele) []clientPlace { return c.rwsems }
	words := func(c *clientele) []clientPlace { return c.words }
	cpuFlags := func(c *clientele) []clientPlace { return c.cpuFlags }
	works := func(c *clientele) []clientPlace { return c.works }
	for i := range MaxClientLocks {
		rows[varClientHolder+i] = row[State]{
			"", ThreadOf, idBits, clientLockObject << i, hidden, there(locks, i),
			num(func(s *State) *ThreadID { return &s.Client.Holder[i] }),
		}
	}
	for i := range MaxClientRWSems {
		rows[varClientReaders+i] = row[State]{ // the object is that of the lock, see clientVars
			"", Count, 16, 0, hidden, there(rwsems, i), num(func(s *State) *uint16 { return &s.Client.Readers[i] }),
		}
	}
	for i := range MaxClientWords {
		rows[varClientWord+i] = row[State]{
			"", Count, wordBits, clientWordObject << i, hidden, there(words, i),
			num(func(s *State) *uint8 { return &s.Client.Word[i] }),
		}
	}
	for i := range MaxClientCPUFlags {
		rows[varClientMarks+i] = row[State]{
			"", SetOf, MaxCPUs, clientFlagObject << i, visible, there(cpuFlags, i),
			num(func(s *State) *uint8 { return &s.Client.Marks[i] }),
		}
	}
	for i := range MaxClientWorks {
		o := clientWorkObject << i
		rows[varClientWork+3*i] = row[State]{
			"", Flag, 1, o, hidden, there(works, i), boolean(func(s *State) *bool { return &s.Client.Work[i].Pending }),
		}
		rows[varClientWork+3*i+1] = row[State]{
			"", Flag, 1, o, hidden, there(works, i), boolean(func(s *State) *bool { return &s.Client.Work[i].Busy }),
		}
		rows[varClientWork+3*i+2] = row[State]{
			"", Count, 3, o, hidden, there(works, i), num(func(s *State) *uint8 { return &s.Client.Work[i].CPU }),
		}
	}
	for i := range maxExtra {
		rows[varExtra+i] = row[State]{
			"", Count, 8, extraObject << i, hidden, func(m *Machine) bool { return i < len(m.extras) },
			num(func(s *State) *uint8 { return &s.Extra[i] }),
		}
	}
	return rows
}()

// clientRow is a variable of the clients' objects, with what its client says of it.
func (m *Machine) clientRow(i int) row[State] {
	r := clientVariables[i]
	if r.exists != nil && !r.exists(m) {
		return r
	}
	switch {
	case i < varClientReaders:
		r.name = m.clients.locks[i].name
	case i < varClientWord:
		p := &m.clients.rwsems[i-varClientReaders]
		r.name, r.kind, r.object = p.name+" readers", SetOf, p.object()
	case i < varClientMarks:
		p := &m.clients.words[i-varClientWord]
		r.name, r.sight = p.name, sight(m.hasDuties())
		switch p.kind {
		case ClientFlag:
			r.kind = Flag
		case ClientDuty:
			r.kind = CPUOf
		}
	case i < varClientWork:
		r.name = m.clients.cpuFlags[i-varClientMarks].name
	case i >= varExtra:
		v := m.extras[i-varExtra]
		r.name, r.kind, r.sight = v.name, v.kind, v.sight
	default:
		what := [...]string{" pending", " running", " queued on CPU"}[(i-varClientWork)%3]
		r.name = m.clients.works[(i-varClientWork)/3].name + what
	}
	return r
}

// hasDuties reports whether a client has a duty, so that properties look at it.
func (m *Machine) hasDuties() bool {
	return slices.ContainsFunc(m.clients.words, func(p clientPlace) bool { return p.kind == ClientDuty })
}

// bootClients sets the objects as they are at boot: what the startups of registered states do is done.
func (m *Machine) bootClients(s *State) {
	for i, p := range m.clients.words {
		if s.Client.Word[i] = uint8(bit(p.set)); p.kind == ClientDuty {
			s.Client.Word[i] = 1
		}
	}
	up := uint8(0)
	for cpu := range m.Scenario.CPUs {
		if m.Scenario.online(cpu) {
			up |= 1 << cpu
		}
	}
	for i, p := range m.clients.cpuFlags {
		if p.set {
			s.Client.Marks[i] = up
		}
	}
	for i := range m.Scenario.Clients {
		c := &m.Scenario.Clients[i]
		for j := range c.States {
			if st := &c.States[j]; st.Registered || st.Instances > 0 {
				m.bootSteps(s, c, st.Up, up)
			}
		}
	}
}

// bootSteps does what a startup does for the CPUs that are up at boot, where it sets and clears flags.
func (m *Machine) bootSteps(s *State, c *Client, steps []ClientStep, up uint8) {
	for i := range steps {
		st := &steps[i]
		if st.Verb != "set" && st.Verb != "clear" {
			continue
		}
		p := m.clientObject(c.Name, st.Object)
		switch {
		case p.kind == ClientCPUFlag && st.Verb == "set":
			s.Client.Marks[p.index] |= up
		case p.kind == ClientCPUFlag:
			s.Client.Marks[p.index] &^= up
		default:
			s.Client.Word[p.index] = uint8(bit(st.Verb == "set"))
		}
	}
}

// heldOfClients is the set of classes of clients' locks that the running thread holds.
func (x *Exec) heldOfClients() (set uint32) {
	for i := range x.m.clients.locks {
		if x.holdsClient(&x.m.clients.locks[i]) {
			set |= 1 << clientLockClass(i)
		}
	}
	return set
}

// clientObjectsHeld are the objects of the locks that the running thread holds.
func (x *Exec) clientObjectsHeld() (held Object) {
	for i := range x.m.clients.locks {
		if p := &x.m.clients.locks[i]; x.holdsClient(p) {
			held |= p.object()
		}
	}
	return held
}

// holdsClient reports whether the running thread holds a lock of a client.
func (x *Exec) holdsClient(p *clientPlace) bool {
	if x.s.Client.Holder[p.index] == x.id {
		return true
	}
	info := &x.m.threads[x.id]
	may := info.kind.unbound() || info.kind == kindCpuhp
	return p.kind == ClientRWSem && may && x.s.Client.Readers[p.rwsem]>>x.clientBit()&1 != 0
}

// spins reports whether the running thread holds a spinlock of a client.
func (x *Exec) spins() bool {
	return slices.ContainsFunc(x.m.clients.locks, func(p clientPlace) bool {
		return p.kind == ClientSpinlock && x.s.Client.Holder[p.index] == x.id
	})
}

// spinlocks are the objects of all spinlocks of clients.
func (m *Machine) spinlocks() (all Object) {
	for i := range m.clients.locks {
		if p := &m.clients.locks[i]; p.kind == ClientSpinlock {
			all |= p.object()
		}
	}
	return all
}

// nobodySpins reports whether no spinlock of a client is held: who holds one is not preempted, so no stopper runs in
// its place.
func (x *Exec) nobodySpins() bool {
	return !slices.ContainsFunc(x.m.clients.locks, func(p clientPlace) bool {
		return p.kind == ClientSpinlock && x.s.Client.Holder[p.index] != Nobody
	})
}

// ClientLocks are the locks of clients that a thread holds, as variables.
func (m *Machine) ClientLocks(s *State, id ThreadID) (held []Var) {
	if len(m.clients.locks) == 0 { // as it is in most scenarios; it is asked in every state
		return nil
	}
	x := m.NewExec()
	x.become(s, id)
	for i := range m.clients.locks {
		if p := &m.clients.locks[i]; x.holdsClient(p) {
			v := Var{scopeClient, uint8(ThreadOf), uint8(varClientHolder + i)}
			if s.Client.Holder[i] != id {
				v = Var{scopeClient, uint8(SetOf), uint8(varClientReaders + p.rwsem)}
			}
			held = append(held, v)
		}
	}
	return held
}

// clientsDo reports whether some client does that.
func (sc *Scenario) clientsDo(verb string) bool { return sc.clientsDoTo(verb, "") }

// clientsDoTo reports whether some client does that to an object; "" is any.
func (sc *Scenario) clientsDoTo(verb, object string) bool {
	var has func([]ClientStep) bool
	has = func(steps []ClientStep) bool {
		return slices.ContainsFunc(steps, func(s ClientStep) bool {
			return s.Verb == verb && (object == "" || s.Object == object) || slices.ContainsFunc(s.Bodies, has)
		})
	}
	for i := range sc.Clients {
		c := &sc.Clients[i]
		if slices.ContainsFunc(c.States, func(s ClientState) bool { return has(s.Up) || has(s.Down) }) ||
			slices.ContainsFunc(c.Works, func(w ClientWork) bool { return has(w.Steps) }) ||
			slices.ContainsFunc(c.Tasks, func(t ClientTask) bool { return has(t.Steps) }) {
			return true
		}
	}
	return false
}
