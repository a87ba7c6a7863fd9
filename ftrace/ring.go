package ftrace

import (
	"encoding/binary"
	"fmt"
	"iter"
	"regexp"
	"strconv"
	"strings"
)

// The pages of the kernel's ring buffer, and the formats of the events in them (kernel/trace/ring_buffer.c, the files
// header_page and events/*/*/format of tracefs).

// format is the layout of an event.
type format struct {
	name   string
	id     int
	fields map[string]field
}

// field is a field of an event.
type field struct{ offset, size int }

var (
	formatName  = regexp.MustCompile(`(?m)^name: (\S+)`)
	formatID    = regexp.MustCompile(`(?m)^ID: (\d+)`)
	formatField = regexp.MustCompile(`field:([^;]*?)(\w+)(?:\[[^\]]*\])?;\s*offset:(\d+);\s*size:(\d+);`)
)

func parseFormat(text string) *format {
	f := format{fields: map[string]field{}}
	if m := formatName.FindStringSubmatch(text); m != nil {
		f.name = m[1]
	}
	if m := formatID.FindStringSubmatch(text); m != nil {
		f.id, _ = strconv.Atoi(m[1])
	}
	for _, m := range formatField.FindAllStringSubmatch(text, -1) {
		offset, _ := strconv.Atoi(m[3])
		size, _ := strconv.Atoi(m[4])
		f.fields[m[2]] = field{offset, size}
	}
	return &f
}

func formats(all map[int]*format) iter.Seq[*format] {
	return func(yield func(*format) bool) {
		for _, f := range all {
			if !yield(f) {
				return
			}
		}
	}
}

// The types of what is in a page, besides events whose length in words is the type.
const (
	ringLong    = 0
	ringPadding = 29
	ringExtend  = 30
	ringStamp   = 31
)

// buffer reads the pages of a CPU.
func (d *dat) buffer(b datBuffer) error {
	if b.page <= 0 || b.size == 0 {
		return nil
	}
	c := d.at(b.offset, fmt.Sprintf("in the buffer of CPU %d", b.cpu))
	if !b.packed {
		d.pages(c.bytes(b.size), b)
		return nil
	}
	for range c.u32() {
		size := c.u32()
		want := c.u32()
		pages, err := d.unpack(c.bytes(uint64(size)), want)
		if err != nil {
			return fmt.Errorf("the buffer of CPU %d: %w", b.cpu, err)
		}
		d.pages(pages, b)
	}
	return nil
}

func (d *dat) pages(all []byte, b datBuffer) {
	for len(all) >= d.data+4 {
		page := all[:min(b.page, len(all))]
		all = all[len(page):]
		time := d.order.Uint64(page)
		commit := uint64(d.order.Uint32(page[8:]))
		if d.long == 8 {
			commit = d.order.Uint64(page[8:])
		}
		const missed, stored, length = 1 << 31, 1 << 30, 1<<20 - 1
		end := d.data + int(commit&length)
		if end > len(page) {
			panic(datCut{fmt.Sprintf("in a page of CPU %d", b.cpu)})
		}
		if commit&missed != 0 {
			lost := 1
			if commit&stored != 0 && end+d.long <= len(page) {
				lost = int(d.order.Uint32(page[end:]))
				if d.long == 8 {
					lost = int(d.order.Uint64(page[end:]))
				}
			}
			d.t.Lost += lost
		}
		d.events(page[d.data:end], time, b.cpu)
	}
}

// events reads those of a page that begins at a time.
func (d *dat) events(page []byte, time uint64, cpu int) {
	for len(page) >= 4 {
		word := d.order.Uint32(page)
		kind, delta := int(word&31), uint64(word>>5)
		if d.order == binary.BigEndian {
			kind, delta = int(word>>27), uint64(word&(1<<27-1))
		}
		page = page[4:]
		var size int
		switch {
		case kind == ringPadding && delta == 0 || (kind == ringLong || kind == ringPadding || kind >= ringExtend) &&
			len(page) < 4:
			return // the rest is empty
		case kind == ringExtend:
			time += uint64(d.order.Uint32(page))<<27 + delta
			page = page[4:]
			continue
		case kind == ringStamp:
			time = time&(31<<59) | uint64(d.order.Uint32(page))<<27 + delta
			page = page[4:]
			continue
		case kind == ringPadding:
			size = int(d.order.Uint32(page))
		case kind == ringLong:
			size = int(d.order.Uint32(page)) - 4
			page = page[4:]
		default:
			size = 4 * kind
		}
		if time += delta; size < 0 || size > len(page) {
			return
		}
		if kind != ringPadding {
			d.event(page[:size], time, cpu)
		}
		page = page[min((size+3)&^3, len(page)):]
	}
}

// event reads one.
func (d *dat) event(b []byte, time uint64, cpu int) {
	if len(b) < 8 {
		return
	}
	e := datEvent{Event: Event{On: cpu, Time: time, PID: int(int32(d.order.Uint32(b[4:])))}}
	if f := d.formats[int(d.order.Uint16(b))]; f != nil {
		e.Comm = d.comms[e.PID]
		if e.Comm == "" {
			e.Comm = Nobody
		}
		e.known = d.about(&e.Event, f, b)
	}
	d.found = append(d.found, e)
}

// about reads what the event is about, and reports whether it is of interest.
func (d *dat) about(e *Event, f *format, b []byte) bool {
	number := func(name string) int { return int(int32(d.number(f, b, name))) }
	p := parser{t: d.t, names: map[string]string{}}
	switch f.name {
	case "cpuhp_enter", "cpuhp_multi_enter":
		e.Kind = Enter
		if f.name == "cpuhp_multi_enter" {
			e.Kind = MultiEnter
		}
		e.CPU, e.Target, e.Step, e.Func = number("cpu"), number("target"), number("idx"), d.function(
			d.number(f, b, "fun"),
		)
		return true
	case "cpuhp_exit":
		e.Kind, e.CPU, e.State, e.Step, e.Ret = Exit, number("cpu"), number("state"), number("idx"), number("ret")
		return true
	case "invoke":
		e.Kind, e.CPU, e.Step, e.Up = Invoke, number("cpu"), number("step"), number("bringup") != 0
		return true
	case "invoke_ret":
		e.Kind, e.Ret = Invoked, number("ret")
		return true
	case "suspend_resume":
		edge := edges(number("start") != 0)
		return p.suspend(e, fmt.Sprintf("%s[%d] %s", d.strings[d.number(f, b, "action")], number("val"), edge))
	case "print":
		at := f.fields["buf"].offset
		if at == 0 || at > len(b) {
			return false
		}
		text, _, _ := strings.Cut(string(b[at:]), "\x00")
		return p.mark(e, strings.TrimSpace(text))
	}
	return false
}

// number is the value of a field, 0 if there is none.
func (d *dat) number(f *format, b []byte, name string) uint64 {
	at, ok := f.fields[name]
	if !ok || at.offset+at.size > len(b) {
		return 0
	}
	switch b = b[at.offset:]; at.size {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(d.order.Uint16(b))
	case 4:
		return uint64(d.order.Uint32(b))
	case 8:
		return d.order.Uint64(b)
	}
	return 0
}
