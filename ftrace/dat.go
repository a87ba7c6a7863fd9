package ftrace

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// The file of trace-cmd, versions 6 and 7, of either endianness: trace-cmd.dat.v6(5) and trace-cmd.dat.v7(5) say what
// is in it. Of each event only what it is about is read; what a number means, the event's own format tells.

const datMagic = "\x17\x08\x44tracing"

// dat reads such a file.
type dat struct {
	t       *Trace
	whole   []byte
	order   binary.ByteOrder
	page    int
	version int
	packed  string // the name of the compression, "" if there is none
	long    int    // bytes of a long in the kernel
	data    int    // where the events of a page begin

	formats map[int]*format
	symbols []symbol
	strings map[uint64]string // those that pointers point to
	comms   map[int]string
	buffers []datBuffer
	found   []datEvent
}

// datBuffer is what one CPU has recorded.
type datBuffer struct {
	cpu, page    int
	offset, size uint64
	packed       bool
}

// datEvent is an event that was read, and where it stands among all.
type datEvent struct {
	Event
	known bool
}

// symbol is a function of the kernel.
type symbol struct {
	at   uint64
	name string
}

// readDat reads the whole of a file.
func readDat(file string, r io.Reader) (t *Trace, err error) {
	whole, err := all(r)
	if err != nil {
		return nil, err
	}
	d := dat{
		t:       newTrace(file),
		whole:   whole,
		formats: map[int]*format{},
		strings: map[uint64]string{},
		comms:   map[int]string{0: "<idle>"},
	}
	defer func() {
		switch why := recover().(type) {
		case nil:
		case datCut:
			t, err = nil, fmt.Errorf("the file of trace-cmd is cut off: %s", why.where)
		default:
			panic(why)
		}
	}()
	if err := d.read(); err != nil {
		return nil, err
	}
	return d.t, nil
}

// datCut is that the file ends before it should.
type datCut struct{ where string }

// cursor reads numbers and strings one after the other.
type cursor struct {
	b     []byte
	order binary.ByteOrder
	where string
}

func (c *cursor) bytes(n uint64) []byte {
	if n > uint64(len(c.b)) {
		panic(datCut{c.where})
	}
	b := c.b[:n]
	c.b = c.b[n:]
	return b
}

func (c *cursor) u16() int    { return int(c.order.Uint16(c.bytes(2))) }
func (c *cursor) u32() int    { return int(c.order.Uint32(c.bytes(4))) }
func (c *cursor) u64() uint64 { return c.order.Uint64(c.bytes(8)) }

func (c *cursor) text() string {
	i := bytes.IndexByte(c.b, 0)
	if i < 0 {
		panic(datCut{c.where})
	}
	return string(c.bytes(uint64(i) + 1)[:i])
}

// at begins at an offset in the file.
func (d *dat) at(offset uint64, where string) cursor {
	if offset > uint64(len(d.whole)) {
		panic(datCut{where})
	}
	return cursor{d.whole[offset:], d.order, where}
}

func (d *dat) read() error {
	d.order = binary.LittleEndian
	c := d.at(uint64(len(datMagic)), "in its head")
	version := c.text()
	if c.bytes(1)[0] == 1 {
		d.order = binary.BigEndian
		c.order = d.order
	}
	c.bytes(1)
	d.page = c.u32()
	d.version, _ = strconv.Atoi(version)
	var err error
	switch d.version {
	case 6:
		err = d.version6(&c)
	case 7:
		err = d.version7(&c)
	default:
		return fmt.Errorf("it is a file of trace-cmd, version %s: 6 and 7 are read; trace-cmd report prints others "+
			"as text", version)
	}
	if err != nil {
		return err
	}
	for _, b := range d.buffers {
		if err := d.buffer(b); err != nil {
			return err
		}
	}
	return d.merge()
}

// version6 reads the parts in their order.
func (d *dat) version6(c *cursor) error {
	d.header(c)
	d.ftraceFormats(c)
	d.eventFormats(c)
	d.kallsyms(c)
	d.printk(c)
	d.cmdlines(c)
	cpus := c.u32()
	for {
		switch part := string(c.bytes(10)); part {
		case "options  \x00":
			for id := c.u16(); id != 0; id = c.u16() {
				d.uname(id, c.bytes(uint64(c.u32())))
			}
		case "latency  \x00":
			return errors.New("it is a file of trace-cmd with the text of a latency tracer: trace-cmd report prints it")
		case "flyrecord\x00":
			for cpu := range cpus {
				d.buffers = append(d.buffers, datBuffer{cpu: cpu, page: d.page, offset: c.u64(), size: c.u64()})
			}
			return nil
		default:
			return fmt.Errorf(
				"the file of trace-cmd has a part %q: want options, latency or flyrecord",
				strings.TrimRight(part, " \x00"),
			)
		}
	}
}

// The sections of version 7, by the option that points to them.
const (
	datBuffers  = 3
	datUname    = 5
	datHeader   = 16
	datFtrace   = 17
	datEvents   = 18
	datKallsyms = 19
	datPrintk   = 20
	datCmdlines = 21
)

// version7 reads the options, and the sections to which they point.
func (d *dat) version7(c *cursor) error {
	d.packed = c.text()
	c.text()
	if d.packed == "none" {
		d.packed = ""
	}
	for next := c.u64(); next != 0; {
		options, _, err := d.section(next)
		if err != nil {
			return err
		}
		next = 0
		for len(options.b) >= 6 {
			id := options.u16()
			o := cursor{options.bytes(uint64(options.u32())), d.order, "in an option"}
			if id == 0 {
				next = o.u64()
				break
			}
			if err := d.option(id, &o); err != nil {
				return err
			}
		}
	}
	return nil
}

// section is what is in a section of version 7, and whether it is compressed.
func (d *dat) section(offset uint64) (cursor, bool, error) {
	c := d.at(offset, "in a section")
	c.u16()
	packed := c.u16()&1 != 0
	c.u32()
	body := cursor{c.bytes(c.u64()), d.order, "in a section"}
	if !packed {
		return body, false, nil
	}
	size := body.u32()
	want := body.u32()
	text, err := d.unpack(body.bytes(uint64(size)), want)
	return cursor{text, d.order, "in a compressed section"}, true, err
}

// unpack unpacks a piece.
func (d *dat) unpack(b []byte, size int) ([]byte, error) {
	if size > maxWhole {
		return nil, fmt.Errorf("the file of trace-cmd has a piece of %d bytes", size)
	}
	switch d.packed {
	case "zstd":
		z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		defer z.Close()
		return z.DecodeAll(b, make([]byte, 0, size))
	case "zlib":
		z, err := zlib.NewReader(bytes.NewReader(b))
		if err != nil {
			return nil, err
		}
		return io.ReadAll(io.LimitReader(z, int64(size)))
	}
	return nil, fmt.Errorf("the file of trace-cmd is compressed by %s: want zstd, zlib or none", d.packed)
}

func (d *dat) option(id int, o *cursor) error {
	readers := map[int]func(*cursor){
		datHeader: d.header, datFtrace: d.ftraceFormats, datEvents: d.eventFormats, datKallsyms: d.kallsyms,
		datPrintk: d.printk, datCmdlines: d.cmdlines,
	}
	d.uname(id, o.b)
	if id == datBuffers {
		offset := o.u64()
		o.text()
		o.text()
		page := o.u32()
		head := d.at(offset, "in the head of a buffer")
		head.u16()
		packed := head.u16()&1 != 0
		for range o.u32() {
			d.buffers = append(d.buffers, datBuffer{o.u32(), page, o.u64(), o.u64(), packed})
		}
		return nil
	}
	if read := readers[id]; read != nil {
		body, _, err := d.section(o.u64())
		if err != nil {
			return err
		}
		read(&body)
	}
	return nil
}

// uname reads "Linux HOST RELEASE VERSION MACHINE" of that option.
func (d *dat) uname(id int, text []byte) {
	if f := strings.Fields(string(text)); id == datUname && len(f) > 2 {
		d.t.Release = f[2]
	}
}

// header reads how a page is laid out.
func (d *dat) header(c *cursor) {
	c.where = "in the layout of its pages"
	c.text()
	page := parseFormat(string(c.bytes(c.u64())))
	c.text()
	c.bytes(c.u64())
	d.long, d.data = 8, 16
	if f, ok := page.fields["commit"]; ok {
		d.long = f.size
	}
	if f, ok := page.fields["data"]; ok {
		d.data = f.offset
	}
}

func (d *dat) ftraceFormats(c *cursor) {
	c.where = "in the formats of events"
	for range c.u32() {
		d.addFormat(string(c.bytes(c.u64())))
	}
}

func (d *dat) eventFormats(c *cursor) {
	c.where = "in the formats of events"
	for range c.u32() {
		c.text()
		for range c.u32() {
			d.addFormat(string(c.bytes(c.u64())))
		}
	}
}

func (d *dat) addFormat(text string) {
	f := parseFormat(text)
	d.formats[f.id] = f
}

// kallsyms reads the addresses of functions: "ffffffff8a4bf870 t cpuhp_kick_ap_work [module]".
func (d *dat) kallsyms(c *cursor) {
	c.where = "in the kernel's symbols"
	for line := range strings.Lines(string(c.bytes(uint64(c.u32())))) {
		f := strings.Fields(line)
		if len(f) < 3 || !strings.EqualFold(f[1], "t") && !strings.EqualFold(f[1], "w") {
			continue
		}
		if at, err := strconv.ParseUint(f[0], 16, 64); err == nil && at != 0 {
			d.symbols = append(d.symbols, symbol{at, f[2]})
		}
	}
	sort.SliceStable(d.symbols, func(i, j int) bool { return d.symbols[i].at < d.symbols[j].at })
}

// printk reads strings that the kernel's data point to: `0xffffffff81234567 : "CPU_OFF"`.
func (d *dat) printk(c *cursor) {
	c.where = "in the strings of the kernel"
	for line := range strings.Lines(string(c.bytes(uint64(c.u32())))) {
		at, text, ok := strings.Cut(line, ":")
		n, err := strconv.ParseUint(strings.TrimPrefix(strings.TrimSpace(at), "0x"), 16, 64)
		if ok && err == nil {
			d.strings[n] = strings.Trim(strings.TrimSpace(text), `"`)
		}
	}
}

func (d *dat) cmdlines(c *cursor) {
	c.where = "in the names of tasks"
	for line := range strings.Lines(string(c.bytes(c.u64()))) {
		pid, comm, ok := strings.Cut(strings.TrimRight(line, "\n"), " ")
		if n, err := strconv.Atoi(pid); ok && err == nil {
			d.comms[n] = comm
		}
	}
}

// function is the name of the function at an address; the address if nothing is known of it.
func (d *dat) function(at uint64) string {
	i := sort.Search(len(d.symbols), func(i int) bool { return d.symbols[i].at > at })
	if i == 0 {
		return fmt.Sprintf("0x%x", at)
	}
	name, _, _ := strings.Cut(d.symbols[i-1].name, ".")
	return name
}

// merge puts the events of all CPUs in the order of their times.
func (d *dat) merge() error {
	slices.SortStableFunc(d.found, func(a, b datEvent) int {
		switch {
		case a.Time < b.Time:
			return -1
		case a.Time > b.Time:
			return 1
		}
		return 0
	})
	d.t.Lines = len(d.found)
	for i := range d.found {
		e := &d.found[i]
		if !e.known {
			d.t.Ignored++
			continue
		}
		e.Line = i + 1
		d.t.Events = append(d.t.Events, e.Event)
	}
	d.t.undouble()
	if len(d.t.Events) > 0 {
		return nil
	}
	hotplug := slices.ContainsFunc(
		slices.Collect(formats(d.formats)), func(f *format) bool { return f.name == "cpuhp_enter" },
	)
	if !hotplug {
		return errors.New("the file of trace-cmd has no format of the events of CPU hotplug: record with -e cpuhp")
	}
	return fmt.Errorf(
		"the file of trace-cmd has %d events, and none of CPU hotplug: record with -e cpuhp", len(d.found),
	)
}
