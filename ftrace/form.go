package ftrace

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf16"
)

// foreign are files that are no trace of any form that is read here, by their first bytes, with what would do instead.
var foreign = []struct{ magic, what string }{
	{"PERFILE2", "it is perf's own file: perf script prints it as text"},
	{"\x7fELF", "it is a program or an object file"},
	{"\x89PNG", "it is a picture"},
	{"\xff\xd8\xff", "it is a picture"},
	{"GIF8", "it is a picture"},
	{"%PDF", "it is a PDF"},
	{"KDUMP   ", "it is a dump of memory: the trace in it can be had with crash's trace extension"},
	{"makedumpfile", "it is a dump of memory: the trace in it can be had with crash's trace extension"},
	{"\xc1\x1f\xfc\xc1", "it is a stream of CTF, as LTTng and babeltrace have it: record with ftrace or perf"},
	{"\xc1\xfc\x1f\xc1", "it is a stream of CTF, as LTTng and babeltrace have it: record with ftrace or perf"},
	{"SQLite format 3", "it is a database: want the trace that it was made of"},
	{"LPKSHHRH", "it is a journal of systemd: journalctl -k prints the kernel's lines"},
}

// readForm finds out what a stream is, and reads it.
func readForm(file string, r *bufio.Reader, start []byte) (*Trace, error) {
	for _, f := range foreign {
		if bytes.HasPrefix(start, []byte(f.magic)) {
			return nil, errors.New(f.what)
		}
	}
	if len(start) == 0 {
		return nil, errors.New("it is empty")
	}
	if bytes.HasPrefix(start, []byte(datMagic)) {
		return readDat(file, r)
	}
	if !isText(start) && isPerfetto(start) {
		return readPerfetto(file, r)
	}
	if text := utf16Text(r, start); text != nil {
		return readText(file, text)
	}
	if bytes.HasPrefix(start, []byte("\ufeff")) {
		_, _ = r.Discard(len("\ufeff"))
	}
	if bytes.IndexByte(start, 0) >= 0 {
		return nil, fmt.Errorf(
			"it is no text, and begins with the bytes % x: want text of trace, trace_pipe, trace-cmd report or perf "+
				"script, a trace.dat, or a trace of perfetto",
			start[:min(len(start), 8)],
		)
	}
	return readText(file, r)
}

// isText reports whether there are only characters that a text has.
func isText(b []byte) bool {
	return !slices.ContainsFunc(
		b, func(c byte) bool { return c < ' ' && c != '\n' && c != '\t' && c != '\r' && c != 0x1b },
	)
}

// utf16Text reads text of 16 bits a character, as some terminals write it; nil if it is none.
func utf16Text(r *bufio.Reader, start []byte) io.Reader {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(start, []byte{0xff, 0xfe}):
		order = binary.LittleEndian
	case bytes.HasPrefix(start, []byte{0xfe, 0xff}):
		order = binary.BigEndian
	default:
		return nil
	}
	whole, err := all(r)
	if err != nil {
		return nil
	}
	var words []uint16
	for i := 2; i+1 < len(whole); i += 2 {
		words = append(words, order.Uint16(whole[i:]))
	}
	return bytes.NewReader([]byte(string(utf16.Decode(words))))
}
