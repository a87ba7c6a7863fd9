package ftrace

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/klauspost/compress/zlib"
	"google.golang.org/protobuf/encoding/protowire"
)

// Traces of perfetto: messages of the type perfetto.protos.Trace. The numbers of fields are those of its files
// trace_packet.proto, ftrace_event_bundle.proto, ftrace_event.proto, cpuhp.proto, power.proto, generic.proto and
// process_tree.proto.
const (
	pfPacket     protowire.Number = 1  // of Trace
	pfBundle     protowire.Number = 1  // of TracePacket
	pfProcesses  protowire.Number = 2  // of TracePacket
	pfSequence   protowire.Number = 10 // of TracePacket: trusted_packet_sequence_id
	pfInterned   protowire.Number = 12 // of TracePacket
	pfCompressed protowire.Number = 50 // of TracePacket
	pfSymbols    protowire.Number = 26 // of InternedData: kernel_symbols
	pfCPU        protowire.Number = 1  // of FtraceEventBundle
	pfEvent      protowire.Number = 2  // of FtraceEventBundle
	pfLost       protowire.Number = 3  // of FtraceEventBundle

	pfTime       protowire.Number = 1 // of FtraceEvent, as what follows
	pfPID        protowire.Number = 2
	pfPrint      protowire.Number = 3
	pfSwitch     protowire.Number = 4
	pfSuspend    protowire.Number = 113
	pfGeneric    protowire.Number = 327
	pfExit       protowire.Number = 343
	pfMultiEnter protowire.Number = 344
	pfEnter      protowire.Number = 345
)

// perfetto reads such a trace.
type perfetto struct {
	parser
	found   []Event
	comms   map[int]string
	symbols map[[2]uint64]string // of a sequence of packets
	packets int
}

// message is what a message has in each field: numbers, or bytes.
type message struct {
	numbers map[protowire.Number]uint64
	bytes   map[protowire.Number][][]byte
}

// text is a field's bytes as a string, the last of them.
func (m *message) text(n protowire.Number) string {
	if all := m.bytes[n]; len(all) > 0 {
		return string(all[len(all)-1])
	}
	return ""
}

func (m *message) number(n protowire.Number) int { return int(int32(m.numbers[n])) }

// parseMessage takes a message apart.
func parseMessage(b []byte) (message, error) {
	m := message{map[protowire.Number]uint64{}, map[protowire.Number][][]byte{}}
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return m, protowire.ParseError(n)
		}
		b = b[n:]
		switch kind {
		case protowire.VarintType:
			var v uint64
			if v, n = protowire.ConsumeVarint(b); n >= 0 {
				m.numbers[number] = v
			}
		case protowire.BytesType:
			var v []byte
			if v, n = protowire.ConsumeBytes(b); n >= 0 {
				m.bytes[number] = append(m.bytes[number], v)
			}
		default:
			n = protowire.ConsumeFieldValue(number, kind, b)
		}
		if n < 0 {
			return m, protowire.ParseError(n)
		}
		b = b[n:]
	}
	return m, nil
}

// isPerfetto reports whether a file may begin so: with a packet that has a known field first.
func isPerfetto(start []byte) bool {
	number, kind, n := protowire.ConsumeTag(start)
	if n < 0 || number != pfPacket || kind != protowire.BytesType {
		return false
	}
	size, m := protowire.ConsumeVarint(start[n:])
	if m < 0 || size > 16<<20 {
		return false
	}
	rest := start[n+m:]
	if uint64(len(rest)) > size {
		rest = rest[:size]
	}
	if len(rest) == 0 {
		return size == 0
	}
	number, kind, n = protowire.ConsumeTag(rest)
	return n > 0 && number < 1000 &&
		(kind == protowire.BytesType || kind == protowire.VarintType || kind == protowire.Fixed64Type)
}

func readPerfetto(file string, r io.Reader) (*Trace, error) {
	whole, err := all(r)
	if err != nil {
		return nil, err
	}
	p := perfetto{
		parser:  parser{t: newTrace(file), names: map[string]string{}},
		comms:   map[int]string{0: "swapper"},
		symbols: map[[2]uint64]string{},
	}
	if err := p.trace(whole); err != nil {
		return nil, fmt.Errorf("the trace of perfetto breaks off in packet %d: %w", p.packets+1, err)
	}
	slices.SortStableFunc(p.found, func(a, b Event) int {
		switch {
		case a.Time < b.Time:
			return -1
		case a.Time > b.Time:
			return 1
		}
		return 0
	})
	for i := range p.found {
		e := &p.found[i]
		e.Line = i + 1
		e.Comm = p.name([]byte(p.comms[e.PID]))
		if e.PID == 0 {
			e.Comm = "<idle>"
		}
		if e.Comm == "" {
			e.Comm = Nobody
		}
	}
	p.t.Events, p.t.Lines = p.found, len(p.found)
	if len(p.found) == 0 {
		return nil, errors.New("the trace of perfetto has no events of CPU hotplug: record with ftrace_events: " +
			"\"cpuhp/*\"")
	}
	return p.t, nil
}

// trace reads packets.
func (p *perfetto) trace(b []byte) error {
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		if number != pfPacket || kind != protowire.BytesType {
			return fmt.Errorf("field %d in the place of a packet", number)
		}
		packet, n := protowire.ConsumeBytes(b)
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		if err := p.packet(packet); err != nil {
			return err
		}
		p.packets++
	}
	return nil
}

func (p *perfetto) packet(b []byte) error {
	m, err := parseMessage(b)
	if err != nil {
		return err
	}
	sequence := m.numbers[pfSequence]
	for _, packed := range m.bytes[pfCompressed] {
		z, err := zlib.NewReader(bytes.NewReader(packed))
		if err != nil {
			return err
		}
		inside, err := all(z)
		if err != nil {
			return err
		}
		if err := p.trace(inside); err != nil {
			return err
		}
	}
	for _, interned := range m.bytes[pfInterned] {
		if err := p.intern(interned, sequence); err != nil {
			return err
		}
	}
	for _, tree := range m.bytes[pfProcesses] {
		if err := p.tree(tree); err != nil {
			return err
		}
	}
	for _, bundle := range m.bytes[pfBundle] {
		if err := p.bundle(bundle, sequence); err != nil {
			return err
		}
	}
	return nil
}

// intern reads the names of functions, which events have the numbers of.
func (p *perfetto) intern(b []byte, sequence uint64) error {
	m, err := parseMessage(b)
	for _, b := range m.bytes[pfSymbols] {
		var s message
		if s, err = parseMessage(b); err != nil {
			return err
		}
		p.symbols[[2]uint64{sequence, s.numbers[1]}] = s.text(2)
	}
	return err
}

// tree reads the names of tasks: of processes and of their threads.
func (p *perfetto) tree(b []byte) error {
	m, err := parseMessage(b)
	if err != nil {
		return err
	}
	for _, of := range []struct{ list, name protowire.Number }{{1, 3}, {2, 2}} {
		for _, b := range m.bytes[of.list] {
			task, err := parseMessage(b)
			if err != nil {
				return err
			}
			if names := task.bytes[of.name]; len(names) > 0 && p.comms[task.number(1)] == "" {
				p.comms[task.number(1)] = string(names[0])
			}
		}
	}
	return nil
}

// bundle reads the events of one CPU.
func (p *perfetto) bundle(b []byte, sequence uint64) error {
	m, err := parseMessage(b)
	if err != nil {
		return err
	}
	if m.numbers[pfLost] != 0 {
		p.t.Lost++
	}
	for _, b := range m.bytes[pfEvent] {
		event, err := parseMessage(b)
		if err != nil {
			return err
		}
		e := Event{On: m.number(pfCPU), Time: event.numbers[pfTime], PID: event.number(pfPID)}
		known, err := p.event(&e, &event, sequence)
		if err != nil {
			return err
		}
		if known {
			p.found = append(p.found, e)
		} else {
			p.t.Ignored++
		}
	}
	return nil
}

// event reads what it is about, and reports whether it is of interest.
func (p *perfetto) event(e *Event, m *message, sequence uint64) (bool, error) {
	for number, all := range m.bytes {
		about, err := parseMessage(all[0])
		if err != nil {
			return false, err
		}
		switch number {
		case pfEnter, pfMultiEnter:
			e.Kind = Enter
			if number == pfMultiEnter {
				e.Kind = MultiEnter
			}
			e.CPU, e.Step, e.Target = about.number(1), about.number(3), about.number(4)
			e.Func = p.function([]byte(p.symbols[[2]uint64{sequence, about.numbers[2]}]))
			if e.Func == "" {
				e.Func = fmt.Sprintf("0x%x", about.numbers[2])
			}
			return true, nil
		case pfExit:
			e.Kind, e.CPU, e.Step, e.Ret, e.State = Exit, about.number(1), about.number(
				2,
			), about.number(3), about.number(4)
			return true, nil
		case pfPrint:
			return p.mark(e, about.text(2)), nil
		case pfSuspend:
			return p.suspend(
				e, fmt.Sprintf("%s[%d] %s", about.text(1), about.number(2), edges(about.numbers[3] != 0)),
			), nil
		case pfSwitch:
			p.comms[about.number(2)], p.comms[about.number(6)] = about.text(1), about.text(5)
		case pfGeneric:
			return p.generic(e, &about)
		}
	}
	return false, nil
}

// generic reads an event that perfetto has no type for: probes of cpuhp_invoke_callback().
func (p *perfetto) generic(e *Event, m *message) (bool, error) {
	values := map[string]int{}
	for _, b := range m.bytes[2] {
		f, err := parseMessage(b)
		if err != nil {
			return false, err
		}
		value := f.numbers[4]
		if _, unsigned := f.numbers[5]; unsigned {
			value = f.numbers[5]
		}
		values[f.text(1)] = int(int32(value))
	}
	switch m.text(1) {
	case "invoke":
		e.Kind, e.CPU, e.Step, e.Up = Invoke, values["cpu"], values["step"], values["bringup"] != 0
		return true, nil
	case "invoke_ret":
		e.Kind, e.Ret = Invoked, values["ret"]
		return true, nil
	}
	return false, nil
}
