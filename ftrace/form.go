package ftrace

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
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
	{"\x04\x22\x4d\x18", "it is packed by lz4" + unpackFirst},
	{"\x02\x21\x4c\x18", "it is packed by lz4, in its old form" + unpackFirst},
	{"7z\xbc\xaf\x27\x1c", "it is an archive of 7z" + unpackFirst},
	{"\x89LZO\x00\r\n\x1a\n", "it is packed by lzop" + unpackFirst},
	{"LZIP", "it is packed by lzip" + unpackFirst},
	{"LRZI", "it is packed by lrzip" + unpackFirst},
	{"\x5d\x00\x00", "it is packed by lzma" + unpackFirst},
	{"\x1f\x9d", "it is packed by compress" + unpackFirst},
	{"Rar!\x1a\x07", "it is an archive of rar" + unpackFirst},
	{"MSCF", "it is a cabinet" + unpackFirst},
	{"070701", "it is an archive of cpio" + unpackFirst},
	{"!<arch>\n", "it is an archive of ar" + unpackFirst},
	{"\xff\x06\x00\x00sNaPpY", "it is packed by snappy" + unpackFirst},
	{"hsqs", "it is an image of squashfs" + unpackFirst},
}

// unpackFirst is what would do.
const unpackFirst = ": unpack it first; gzip, xz, zstd, bzip2, tar and zip are unpacked here"

// structured are texts of other tools, by what is in them, with what would do instead.
var structured = []struct {
	text *regexp.Regexp
	what string
}{
	{
		regexp.MustCompile(`^\s*\{\s*"linux-perf-json-version"`),
		"it is the JSON of perf data convert: perf script prints " +
			"the events as text",
	},
	{
		regexp.MustCompile(`^\s*[\[{]\s*(?:\{\s*)?"(?:traceEvents|ph|name|cat|args|pid)"`),
		"it is JSON, as the pages of " +
			"trace viewers take it: want what it was made of",
	},
	{regexp.MustCompile(`\bcpuhp:cpuhp_\w+\(`), "it is text of perf trace: record with perf record -e 'cpuhp:*' -a, " +
		"and print it with perf script"},
	{regexp.MustCompile(`(?i)^Content-Transfer-Encoding: base64|\nContent-Transfer-Encoding: base64`), "it is a mail " +
		"in base64: save its text"},
	{regexp.MustCompile(`^\s*Tracing meta data in file `), "it is what trace-cmd dump says of a file: name that file"},
}

// readForm finds out what a stream is, and reads it.
func readForm(file string, r *bufio.Reader, start []byte) ([]*Trace, error) {
	for _, f := range foreign {
		if bytes.HasPrefix(start, []byte(f.magic)) {
			return nil, errors.New(f.what)
		}
	}
	if len(start) == 0 {
		return nil, errors.New("it is empty")
	}
	for _, f := range structured {
		if f.text.Match(start) {
			return nil, errors.New(f.what)
		}
	}
	if bytes.HasPrefix(start, []byte(datMagic)) {
		return one(readDat(file, r))
	}
	if !isText(start) && isPerfetto(start) {
		return one(readPerfetto(file, r))
	}
	if text := utf16Text(r, start); text != nil {
		return readText(file, text)
	}
	if bytes.HasPrefix(start, []byte("\ufeff")) {
		_, _ = r.Discard(len("\ufeff"))
	}
	if mailHead.Match(start) {
		head, _ := r.Peek(r.Size())
		if bytes.Contains(head, []byte("quoted-printable")) {
			return readText(file, &quoted{r: r})
		}
	}
	// A console's log may have zeros in it.
	if bytes.IndexByte(start, 0) >= 0 && !isText(bytes.ReplaceAll(start, []byte{0}, nil)) {
		return nil, fmt.Errorf(
			"it is no text, and begins with the bytes % x: want text of trace, trace_pipe, trace-cmd report or perf "+
				"script, a trace.dat, or a trace of perfetto",
			start[:min(len(start), 8)],
		)
	}
	return readText(file, r)
}

// one is what was read of a file that has one recording.
func one(t *Trace, err error) ([]*Trace, error) {
	if err != nil {
		return nil, err
	}
	return []*Trace{t}, nil
}

// mailHead is how a mail begins.
var mailHead = regexp.MustCompile(
	`^(?:From |(?:Return-Path|Received|Message-I[dD]|Date|Subject|MIME-Version|Content-Type|Delivered-To|From|To):)`,
)

// quoted reads a mail in which a character may stand as =3D, and a line be broken after a =. What is not meant so it
// leaves as it is.
type quoted struct{ r *bufio.Reader }

func (q *quoted) Read(b []byte) (int, error) {
	n := 0
	for n < len(b) {
		c, err := q.r.ReadByte()
		if err != nil {
			return n, err
		}
		if c == '=' {
			next, _ := q.r.Peek(2)
			var code [1]byte
			switch _, err := hex.Decode(code[:], next); {
			case bytes.HasPrefix(next, []byte("\n")):
				_, _ = q.r.Discard(1)
				continue
			case bytes.HasPrefix(next, []byte("\r\n")):
				_, _ = q.r.Discard(2)
				continue
			case err == nil && len(next) == 2:
				_, _ = q.r.Discard(2)
				c = code[0]
			}
		}
		b[n] = c
		n++
	}
	return n, nil
}

// isText reports whether there are only characters that a text has.
func isText(b []byte) bool {
	return !slices.ContainsFunc(
		b, func(c byte) bool { return c < ' ' && c != '\n' && c != '\t' && c != '\r' && c != 0x1b },
	)
}

// utf16Text reads text of 16 bits a character, as some terminals write it; nil if it is not that.
func utf16Text(r *bufio.Reader, start []byte) io.Reader {
	var order binary.ByteOrder
	mark := 2 // bytes that say which order it is
	switch {
	case bytes.HasPrefix(start, []byte{0xff, 0xfe}):
		order = binary.LittleEndian
	case bytes.HasPrefix(start, []byte{0xfe, 0xff}):
		order = binary.BigEndian
	case len(start) > 3 && start[0] != 0 && start[1] == 0 && start[2] != 0 && start[3] == 0:
		order, mark = binary.LittleEndian, 0
	case len(start) > 3 && start[0] == 0 && start[1] != 0 && start[2] == 0 && start[3] != 0:
		order, mark = binary.BigEndian, 0
	default:
		return nil
	}
	whole, err := all(r)
	if err != nil {
		return nil
	}
	var words []uint16
	for i := mark; i+1 < len(whole); i += 2 {
		words = append(words, order.Uint16(whole[i:]))
	}
	return bytes.NewReader([]byte(string(utf16.Decode(words))))
}
