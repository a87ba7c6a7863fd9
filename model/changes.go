package model

import "math/bits"

// An instruction changes little of a state, so little of it is encoded, decoded, copied and looked at.

// Changes says what of a state is not as it was in the one before.
type Changes struct {
	Globals     bool
	Tasks, CPUs uint8 // a bit for each
}

// Everything is what may have changed where nothing is known.
const Everything uint8 = 1<<MaxCPUs - 1

// Changes returns what of s is not as it was before, looking among these CPUs, a bit for each; see [Exec.Reach].
func (m *Machine) Changes(before, s *State, among uint8) (c Changes) {
	c.Globals = s.Globals != before.Globals
	for t := range m.unbound {
		c.Tasks |= uint8(bit(s.Task[t] != before.Task[t])) << t
	}
	for among &= 1<<m.Scenario.CPUs - 1; among != 0; among &= among - 1 {
		cpu := bits.TrailingZeros8(among)
		c.CPUs |= uint8(bit(s.CPU[cpu] != before.CPU[cpu])) << cpu
	}
	return c
}

// EncodeChanges does as Encode does where dst holds what Encode wrote for the state before, and these are the changes.
func (m *Machine) EncodeChanges(dst []uint64, before, s *State, c Changes) {
	if c.Globals {
		m.encodeGlobals(dst, &s.Globals)
	}
	i := m.globalWords()
	for ; c.Tasks != 0; c.Tasks &= c.Tasks - 1 {
		t := bits.TrailingZeros8(c.Tasks)
		dst[i+wordsPerTask*t], dst[i+wordsPerTask*t+1] = s.Task[t].Thread.pack(), s.Task[t].pack()
	}
	for ; c.CPUs != 0; c.CPUs &= c.CPUs - 1 {
		cpu := uint8(bits.TrailingZeros8(c.CPUs))
		m.encodeCPUChanges(dst[m.CPUWords(cpu):], &before.CPU[cpu], &s.CPU[cpu])
	}
}

func (m *Machine) encodeCPUChanges(dst []uint64, was, now *CPU) {
	m.encodeOwn(dst, now)
	dst = dst[m.cpuWords():]
	for slot := range slotSmpboot + m.Scenario.Smpboot {
		if t := &now.Thread[slot]; *t != was.Thread[slot] {
			dst[slot] = t.pack()
		}
	}
}

// Restore makes s what it was before these changes.
func (m *Machine) Restore(s, before *State, c Changes) {
	if c.Globals {
		s.Globals = before.Globals
	}
	for ; c.Tasks != 0; c.Tasks &= c.Tasks - 1 {
		t := bits.TrailingZeros8(c.Tasks)
		s.Task[t] = before.Task[t]
	}
	for ; c.CPUs != 0; c.CPUs &= c.CPUs - 1 {
		cpu := bits.TrailingZeros8(c.CPUs)
		s.CPU[cpu] = before.CPU[cpu]
	}
}

// DecodeChanges does as Decode does where s is what Decode read from was, which becomes src. It returns what has
// changed.
func (m *Machine) DecodeChanges(s *State, was, src []uint64) (c Changes) {
	src = src[:len(was)]
	for i, w := range src {
		if w == was[i] {
			continue
		}
		switch p := &m.places[i]; p.kind {
		case placeGlobal:
			m.decodeGlobals(&s.Globals, src)
			c.Globals = true
		case placeTask:
			s.Task[p.index].unpackAll(src[p.from:])
			c.Tasks |= 1 << p.index
		case placeCPU:
			m.decodeOwn(&s.CPU[p.index], src[p.from:])
			c.CPUs |= 1 << p.index
		case placeThread:
			s.CPU[p.index].Thread[p.slot].unpack(w)
			c.CPUs |= 1 << p.index
		}
		was[i] = w
	}
	return c
}

// wordPlace says what a word of an encoded state encodes.
type wordPlace struct {
	kind        placeKind
	index, slot int // of the task, of the CPU and its thread
	from        int // the first of the words of the same
}

type placeKind uint8

const (
	placeGlobal placeKind = iota
	placeTask
	placeCPU
	placeThread
)

// wordPlaces says it of each word.
func (m *Machine) wordPlaces() []wordPlace {
	var all []wordPlace
	add := func(words int, p wordPlace) {
		p.from = len(all)
		for range words {
			all = append(all, p)
		}
	}
	add(m.globalWords(), wordPlace{kind: placeGlobal})
	for t := range m.unbound {
		add(wordsPerTask, wordPlace{kind: placeTask, index: t})
	}
	for cpu := range m.Scenario.CPUs {
		add(m.cpuWords(), wordPlace{kind: placeCPU, index: cpu})
		for slot := range slotSmpboot + m.Scenario.Smpboot {
			add(1, wordPlace{kind: placeThread, index: cpu, slot: slot})
		}
	}
	return all
}
