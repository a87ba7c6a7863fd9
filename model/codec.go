package model

import (
	"cmp"
	"encoding/binary"
	"fmt"
)

// A state is encoded as words: two for what there is one of, two for each task, then for each CPU one or two for the
// CPU itself and one for each of its threads. The encoding is exact and reversible; equal states have equal words.

const wordsPerTask = 2

// globalWords is how many words encode what there is one of.
func (m *Machine) globalWords() int {
	n := 2
	if m.more() {
		n++
	}
	if m.hasClients() {
		n += clientWords
	}
	if len(m.extras) > 0 {
		n++
	}
	if m.weak() {
		n += 2 * weakWords
	}
	return n
}

// more reports whether states have what few scenarios need: then there is one more word for what there is one of, and
// one for each CPU.
func (m *Machine) more() bool { return m.hasMore }

// noteSpeed keeps what is asked for with each step.
func (m *Machine) noteSpeed() {
	sc := &m.Scenario
	m.weakMemory = sc.Weak()
	m.hasMore = m.migrates() || sc.Cpuset || sc.SMT.any() || len(m.modules) > 0 || m.cblists()
}

// cpuWords is how many words encode a CPU without its threads.
func (m *Machine) cpuWords() int { return 1 + int(bit(m.more())) }

// weakWords is how many words encode a list of values, of which two go into one.
const weakWords = maxStored / 2

func packStored(dst []uint64, list *[maxStored]Stored) {
	clear(dst[:weakWords])
	for i := range list {
		dst[i/2] |= uint64(list[i].pack()) << (32 * (i % 2))
	}
}

func unpackStored(list *[maxStored]Stored, src []uint64) {
	for i := range list {
		list[i].unpack(uint32(src[i/2] >> (32 * (i % 2))))
	}
}

// storedBits is how many bits encode an entry of what weak memory keeps.
const storedBits = 22

func (v *Stored) pack() uint32 {
	return uint32(v.Thread) | uint32(v.CPU)<<6 | uint32(v.Field)<<9 | uint32(v.Value)<<14
}

func (v *Stored) unpack(w uint32) {
	r := reader(w)
	*v = Stored{ThreadID(r.take(idBits)), uint8(r.take(3)), CPUField(r.take(5)), uint8(r.take(8))}
}

// Words returns how many words encode a state.
func (m *Machine) Words() int {
	return m.globalWords() + wordsPerTask*m.unbound + m.WordsPerCPU()*m.Scenario.CPUs
}

// WordsPerCPU returns how many of them belong to each CPU. The words of the last CPU come last.
func (m *Machine) WordsPerCPU() int { return m.cpuWords() + slotSmpboot + m.Scenario.Smpboot }

// CPUWords returns where the words of a CPU begin.
func (m *Machine) CPUWords(cpu uint8) int {
	return m.globalWords() + wordsPerTask*m.unbound + int(cpu)*m.WordsPerCPU()
}

// Group is a number of things of one kind that are encoded one after the other.
type Group struct {
	Count  int
	Words  int // for each
	PerCPU bool
}

// Layout returns the groups that make up an encoded state, in order.
func (m *Machine) Layout() []Group {
	return []Group{
		{Count: 1, Words: m.globalWords()}, {Count: m.unbound, Words: wordsPerTask},
		{Count: m.Scenario.CPUs, Words: m.WordsPerCPU(), PerCPU: true},
	}
}

// Encode writes the state to dst, which has Words words.
func (m *Machine) Encode(dst []uint64, s *State) {
	m.encodeGlobals(dst, &s.Globals)
	i := m.globalWords()
	for t := range m.unbound {
		task := &s.Task[t]
		dst[i], dst[i+1] = task.Thread.pack(), task.pack()
		i += wordsPerTask
	}
	for cpu := range m.Scenario.CPUs {
		m.encodeCPU(dst[i:], &s.CPU[cpu])
		i += m.WordsPerCPU()
	}
}

func (m *Machine) encodeGlobals(dst []uint64, s *Globals) {
	dst[0], dst[1] = s.pack()
	i := 2
	if m.hasMore {
		dst[i] = s.packMore()
		i++
	}
	if m.hasClients() {
		s.Client.pack(dst[i:])
		i += clientWords
	}
	if len(m.extras) > 0 {
		dst[i] = binary.LittleEndian.Uint64(s.Extra[:])
		i++
	}
	if m.weakMemory {
		packStored(dst[i:], &s.Buffer)
		packStored(dst[i+weakWords:], &s.Old)
	}
}

// encodeOwn encodes a CPU without its threads.
func (m *Machine) encodeOwn(dst []uint64, c *CPU) {
	dst[0] = c.pack()
	if m.hasMore {
		dst[1] = c.packMore()
	} else if c.Works[0] > WorkOfStopMachine || c.Works[1] != NoWork {
		panic("model: stopper->works has room for one work, that of stop_machine()")
	}
}

func (m *Machine) encodeCPU(dst []uint64, c *CPU) {
	m.encodeOwn(dst, c)
	dst = dst[m.cpuWords():]
	for slot := range slotSmpboot + m.Scenario.Smpboot {
		if c.Thread[slot].PC>>pcBits != 0 {
			panic(tooWide(threadVariables[:], &c.Thread[slot]))
		}
		dst[slot] = c.Thread[slot].pack()
	}
}

// Decode reads a state from src, as Encode wrote it.
func (m *Machine) Decode(s *State, src []uint64) {
	m.decodeGlobals(&s.Globals, src)
	i := m.globalWords()
	for t := range m.unbound {
		s.Task[t].unpackAll(src[i:])
		i += wordsPerTask
	}
	threads := slotSmpboot + m.Scenario.Smpboot
	for cpu := range m.Scenario.CPUs {
		c := &s.CPU[cpu]
		m.decodeOwn(c, src[i:])
		i += m.cpuWords()
		for slot := range threads {
			c.Thread[slot].unpack(src[i+slot])
		}
		i += threads
	}
}

func (m *Machine) decodeGlobals(s *Globals, src []uint64) {
	s.unpack(src[0], src[1])
	i := 2
	if m.hasMore {
		s.unpackMore(src[i])
		i++
	}
	if m.hasClients() {
		s.Client.unpack(src[i:])
		i += clientWords
	}
	if len(m.extras) > 0 {
		binary.LittleEndian.PutUint64(s.Extra[:], src[i])
		i++
	}
	if m.weakMemory {
		unpackStored(&s.Buffer, src[i:])
		unpackStored(&s.Old, src[i+weakWords:])
	}
}

// decodeOwn decodes a CPU without its threads.
func (m *Machine) decodeOwn(c *CPU, src []uint64) {
	c.unpack(src[0])
	if m.hasMore {
		c.unpackMore(src[1])
	}
}

// Widths in bits. A test checks that they suffice for every machine that a scenario can ask for.
const (
	pcBits    = 12
	pcHigh    = 3 // more bits of it, for a thread that is bound to no CPU
	rungBits  = 7
	errnoBits = 4
	idBits    = 6
	countBits = 4
	ownerBits = 3
	workBits  = 3
	doneBits  = 2 // see maxDone
	wordBits  = 4
)

// bit is 1 for true.
func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// reader takes fields off a word, lowest bits first.
type reader uint64

func (r *reader) take(bits uint) uint64 {
	v := uint64(*r) & (1<<bits - 1)
	*r >>= bits
	return v
}

func (r *reader) flag() bool { return r.take(1) != 0 }

// tooWide names the variable that does not fit its bits: it would be written over those beside it.
func tooWide[T any](rows []row[T], t *T) string {
	for i := range rows {
		if r := &rows[i]; r.at.get(t)>>r.bits != 0 {
			return fmt.Sprintf("model: %s is %d, and has %d bits", cmp.Or(r.name, "a register"), r.at.get(t), r.bits)
		}
	}
	return "model: a variable does not fit its bits"
}

func (s *Globals) pack() (uint64, uint64) {
	if (s.Readers|s.Faults)>>countBits|(s.Disabled|s.PutsPending)>>3|s.Stop.wide() != 0 {
		panic(tooWide(machineVariables[:], &State{Globals: *s}))
	}
	var locks uint64
	for l := numLocks; l > 0; l-- {
		locks = locks<<idBits | uint64(s.Lock[l-1])
	}
	var slots uint64
	for i := MaxSlots; i > 0; i-- {
		slots = slots<<ownerBits | uint64(s.Slot[i-1])
	}
	return locks | uint64(s.ActiveWriter)<<48 | bit(s.OnWaitQueue)<<54 | uint64(s.Readers)<<55 |
			uint64(s.Disabled)<<59 |
			bit(s.TasksFrozen)<<62,
		uint64(s.Faults) | bit(s.Crashed)<<4 | s.Stop.pack()<<5 | slots<<25 |
			uint64(s.Listed)<<(25+ownerBits*MaxSlots) | bit(s.Poisoned)<<(27+ownerBits*MaxSlots) |
			uint64(s.PutsPending)<<(28+ownerBits*MaxSlots)
}

func (s *Globals) unpack(a, b uint64) {
	r := reader(a)
	for l := range s.Lock {
		s.Lock[l] = ThreadID(r.take(idBits))
	}
	s.ActiveWriter, s.OnWaitQueue = ThreadID(r.take(idBits)), r.flag()
	s.Readers, s.Disabled, s.TasksFrozen = uint8(r.take(countBits)), uint8(r.take(3)), r.flag()
	r = reader(b)
	s.Faults, s.Crashed = uint8(r.take(countBits)), r.flag()
	s.Stop.unpack(&r)
	for i := range s.Slot {
		s.Slot[i] = Owner(r.take(ownerBits))
	}
	s.Listed, s.Poisoned, s.PutsPending = uint8(r.take(2)), r.flag(), uint8(r.take(3))
}

// packMore is the third word.
func (s *Globals) packMore() uint64 {
	if (s.Modules[0]|s.Modules[1]|s.Modules[2])>>3 != 0 {
		panic(tooWide(machineVariables[:], &State{Globals: *s}))
	}
	return bit(s.SMTOff) | bit(s.SMTOne)<<1 |
		uint64(s.Modules[0])<<2 | uint64(s.Modules[1])<<5 | uint64(s.Modules[2])<<8
}

func (s *Globals) unpackMore(w uint64) {
	r := reader(w)
	s.SMTOff, s.SMTOne = r.flag(), r.flag()
	for i := range s.Modules {
		s.Modules[i] = uint8(r.take(3))
	}
}

func (st *StopMachine) wide() uint8 {
	return uint8(st.State)>>3 | (st.Threads|st.Ack|st.Todo|uint8(st.Ret))>>countBits
}

func (st *StopMachine) pack() uint64 {
	return uint64(st.State) | uint64(st.Threads)<<3 | uint64(st.Ack)<<7 | uint64(st.Todo)<<11 | uint64(st.Ret)<<15 |
		bit(st.Done)<<19
}

func (st *StopMachine) unpack(r *reader) {
	st.State, st.Threads = StopState(r.take(3)), uint8(r.take(countBits))
	st.Ack, st.Todo = uint8(r.take(countBits)), uint8(r.take(countBits))
	st.Ret, st.Done = Errno(r.take(errnoBits)), r.flag()
}

func (t *Task) pack() uint64 {
	if t.CPU>>3|uint8(t.Target|t.Prev)>>rungBits|(t.Made|t.Left)>>countBits|uint8(t.Via)>>3|t.Stop.wide() != 0 {
		panic(tooWide(taskVariables, t))
	}
	return uint64(t.CPU) | uint64(t.Target)<<3 | uint64(t.Prev)<<10 | uint64(t.Made)<<17 | bit(t.Up)<<21 |
		bit(t.Died)<<22 |
		uint64(t.Via)<<23 | uint64(t.Left)<<26 | bit(t.Frozen)<<30 | uint64(t.Took)<<31 | t.Stop.pack()<<39 |
		uint64(t.PC>>pcBits)<<59
}

// unpackAll reads both words of a task.
func (t *Task) unpackAll(src []uint64) {
	t.Thread.unpack(src[0])
	t.unpack(src[1])
}

func (t *Task) unpack(w uint64) {
	r := reader(w)
	t.CPU, t.Target, t.Prev = uint8(r.take(3)), Rung(r.take(rungBits)), Rung(r.take(rungBits))
	t.Made, t.Up, t.Died = uint8(r.take(countBits)), r.flag(), r.flag()
	t.Via, t.Left, t.Frozen, t.Took = Via(r.take(3)), uint8(r.take(countBits)), r.flag(), uint8(r.take(8))
	t.Stop.unpack(&r)
	t.PC |= PC(r.take(pcHigh)) << pcBits // the rest is in the thread's word
}

func (c *CPU) pack() uint64 {
	if uint8(c.State|c.Target|c.CBState|c.Fail)>>rungBits|uint8(c.Result)>>errnoBits|uint8(c.CB)>>4|
		(c.Done|c.DoneDown)>>doneBits|uint8(c.Sync)>>3|(c.Last|c.Node)>>2 != 0 {
		panic(tooWide(cpuVariables[:], c))
	}
	return uint64(c.State) | uint64(c.Target)<<7 | uint64(c.Result)<<14 | uint64(c.Done)<<18 |
		bit(c.ShouldRun)<<20 | bit(c.Rollback)<<21 | bit(c.Online)<<22 | bit(c.Active)<<23 |
		bit(c.StopEnabled)<<24 | bit(c.Works[0] != NoWork)<<25 | bit(c.StopTarget)<<26 | bit(c.Stopped)<<27 |
		bit(c.IRQsOff)<<28 | bit(c.Kicked)<<29 | bit(c.Dead)<<30 | bit(c.IPI)<<31 |
		uint64(c.CB)<<32 | uint64(c.CBState)<<36 | bit(c.Offline)<<43 | bit(c.Allocated)<<44 |
		bit(c.Bringup)<<45 | uint64(c.DoneDown)<<46 | uint64(c.Fail)<<48 | uint64(c.Sync)<<55 | bit(c.Dying)<<58 |
		uint64(c.Last)<<59 |
		uint64(c.Node)<<61 | bit(c.RCU)<<63
}

func (c *CPU) unpack(w uint64) {
	r := reader(w)
	c.State, c.Target = Rung(r.take(rungBits)), Rung(r.take(rungBits))
	c.Result, c.Done = Errno(r.take(errnoBits)), uint8(r.take(2))
	c.ShouldRun, c.Rollback, c.Online, c.Active = r.flag(), r.flag(), r.flag(), r.flag()
	c.StopEnabled, c.Works = r.flag(), [maxWorks]Work{Work(r.take(1))} // who else there is fills in the rest
	c.StopTarget, c.Stopped = r.flag(), r.flag()
	c.IRQsOff, c.Kicked, c.Dead, c.IPI = r.flag(), r.flag(), r.flag(), r.flag()
	c.CB, c.CBState, c.Offline, c.Allocated = Callback(r.take(4)), Rung(r.take(rungBits)), r.flag(), r.flag()
	c.Bringup, c.DoneDown, c.Fail = r.flag(), uint8(r.take(2)), Rung(r.take(rungBits))
	c.Sync, c.Dying, c.Last, c.Node, c.RCU = SyncState(r.take(3)), r.flag(), uint8(r.take(2)), uint8(r.take(2)),
		r.flag()
}

// packMore is the second word of a CPU.
func (c *CPU) packMore() uint64 {
	if c.Work>>workBits != 0 {
		panic(tooWide(cpuVariables[:], c))
	}
	var works uint64
	for i := maxWorks; i > 0; i-- {
		works = works<<workBits | uint64(c.Works[i-1])
	}
	return works | uint64(c.Work)<<(workBits*maxWorks) | bit(c.Queueing)<<(workBits*(maxWorks+1)) |
		bit(c.Allowed)<<(workBits*(maxWorks+1)+1) |
		bit(c.BootedOnce)<<(workBits*(maxWorks+1)+2) | bit(c.Cblist)<<(workBits*(maxWorks+1)+3)
}

func (c *CPU) unpackMore(w uint64) {
	r := reader(w)
	for i := range c.Works {
		c.Works[i] = Work(r.take(workBits))
	}
	c.Work, c.Queueing, c.Allowed, c.BootedOnce, c.Cblist = Work(r.take(workBits)), r.flag(), r.flag(), r.flag(),
		r.flag()
}

func (t *Thread) pack() uint64 {
	if uint8(t.PC>>(pcBits+pcHigh))|uint8(t.State)>>2|uint8(t.Status)>>2|t.Parked>>doneBits|
		uint8(t.Ret|t.Err|t.Save)>>errnoBits|
		uint8(t.Prev|t.Goal|t.Step)>>rungBits|(t.I|t.N)>>countBits != 0 {
		panic(tooWide(threadVariables[:], t))
	}
	return uint64(t.PC)&(1<<pcBits-1) | uint64(t.State)<<12 | uint64(t.Status)<<14 | uint64(t.Parked)<<16 |
		bit(t.Queued)<<18 | bit(t.Exists)<<19 | bit(t.ShouldPark)<<20 | bit(t.IsParked)<<21 | bit(t.Elsewhere)<<22 |
		uint64(t.Ret)<<23 | uint64(t.Err)<<27 | uint64(t.Save)<<31 |
		uint64(t.Prev)<<35 | uint64(t.Goal)<<42 | uint64(t.Step)<<49 | uint64(t.I)<<56 | uint64(t.N)<<60
}

func (t *Thread) unpack(w uint64) {
	r := reader(w)
	t.PC, t.State, t.Status, t.Parked = PC(r.take(pcBits)), TaskState(r.take(2)), ThreadStatus(r.take(2)),
		uint8(r.take(2))
	t.Queued, t.Exists, t.ShouldPark, t.IsParked, t.Elsewhere = r.flag(), r.flag(), r.flag(), r.flag(), r.flag()
	t.Ret, t.Err, t.Save = Errno(r.take(errnoBits)), Errno(r.take(errnoBits)), Errno(r.take(errnoBits))
	t.Prev, t.Goal, t.Step = Rung(r.take(rungBits)), Rung(r.take(rungBits)), Rung(r.take(rungBits))
	t.I, t.N = uint8(r.take(countBits)), uint8(r.take(countBits))
}
