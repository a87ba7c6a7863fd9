package ftrace

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// Files is what was found in files, archives and directories.
type Files struct {
	Traces []*Trace
	Lists  []Companion // lists of states, as /sys/devices/system/cpu/hotplug/states has them
	Unames []Companion // what uname -a has printed
}

// Companion is a file that is no trace, and lies beside some, in a directory, or a directory of an archive.
type Companion struct{ File, Dir, Text string }

// maxWhole is how many bytes of a file are read at once, where its form needs that.
const maxWhole = 1 << 30

// Opener reads files.
type Opener struct {
	Stdin io.Reader       // for the name -
	Stop  <-chan struct{} // where a file has no end, such as trace_pipe, it ends when this is closed
}

// OpenAll reads files, as [Opener.All] does.
func OpenAll(names ...string) *Files { return Opener{Stdin: os.Stdin}.All(names...) }

// All reads files. Of an archive (tar, zip) and of a directory it reads what is in it, named "ARCHIVE:FILE"
// and "DIRECTORY/FILE". What a file is, it finds by looking into it. Each trace is there, whether it could be read or
// not: see [Trace.Err]. In an archive, files that are no traces at all are left out, unless their names end in .trace.
func (o Opener) All(names ...string) *Files {
	var all Files
	for _, name := range names {
		info, err := os.Stat(name)
		switch {
		case name == "-":
			all.stream("standard input", o.endless(o.Stdin))
		case err != nil:
			all.unread(name, cause(err))
		case !info.IsDir():
			all.file(name, o)
		default:
			all.directory(name, o)
		}
	}
	return &all
}

// endless is a stream that ends when reading is to stop.
func (o Opener) endless(r io.Reader) io.Reader {
	if o.Stop == nil {
		return r
	}
	return &stoppable{from: r, stop: o.Stop, read: make(chan []byte), failed: make(chan error, 1)}
}

// stoppable is such a stream. What blocks in reading it is left there.
type stoppable struct {
	from   io.Reader
	stop   <-chan struct{}
	begun  bool
	rest   []byte
	read   chan []byte
	failed chan error
}

func (s *stoppable) Read(b []byte) (int, error) {
	if !s.begun {
		s.begun = true
		go s.pump()
	}
	if len(s.rest) == 0 {
		select {
		case s.rest = <-s.read:
		case err := <-s.failed:
			s.failed <- err // and again
			return 0, err
		case <-s.stop:
			return 0, io.EOF
		}
	}
	n := copy(b, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

func (s *stoppable) pump() {
	for {
		b := make([]byte, 64<<10)
		n, err := s.from.Read(b)
		if n > 0 {
			select {
			case s.read <- b[:n]:
			case <-s.stop:
				return
			}
		}
		if err != nil {
			s.failed <- err
			return
		}
	}
}

// cause is an error without the name of the file, which is told anyway.
func cause(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

func (all *Files) unread(name string, err error) {
	all.Traces = append(all.Traces, &Trace{File: name, Dir: filepath.Dir(name), Err: err})
}

// directory reads all files below it, in the order of their names.
func (all *Files) directory(dir string, o Opener) {
	root := dir + string(filepath.Separator) // so that a link to a directory is followed
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			all.unread(name, cause(err))
		case entry.Type().IsRegular():
			all.file(name, o)
		case entry.Type()&fs.ModeSymlink != 0:
			if info, err := os.Stat(name); err != nil || info.Mode().IsRegular() {
				all.file(name, o)
			}
		}
		return nil
	})
	if err != nil {
		all.unread(dir, cause(err))
	}
}

// file reads one.
func (all *Files) file(name string, o Opener) {
	f, err := os.Open(name)
	if err != nil {
		all.unread(name, cause(err))
		return
	}
	defer f.Close()
	var r io.Reader = f
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		r = o.endless(f)
	}
	all.stream(name, r)
}

// stream reads what is in a file.
func (all *Files) stream(name string, r io.Reader) {
	c := container{all: all, dir: filepath.Dir(name)}
	if err := c.read(name, r, 0); err != nil {
		all.unread(name, cause(err))
	}
}

// container is where a file was found.
type container struct {
	all   *Files
	dir   string
	inner bool // in an archive
}

// layers is how many times a file may be packed.
const layers = 4

// magics are the first bytes of what is unpacked.
var magics = []struct {
	bytes  string
	unpack func(io.Reader) (io.Reader, error)
}{
	{"\x1f\x8b", func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }},
	{"\xfd7zXZ\x00", func(r io.Reader) (io.Reader, error) { return xz.NewReader(r) }},
	{"\x28\xb5\x2f\xfd", func(r io.Reader) (io.Reader, error) {
		return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(1<<28))
	}},
	{"BZh", func(r io.Reader) (io.Reader, error) { return bzip2.NewReader(r), nil }},
}

// unpacked takes off what the stream is packed in, if anything.
func unpacked(r io.Reader) (*bufio.Reader, error) {
	b := bufio.NewReaderSize(r, 64<<10)
	for range layers {
		packed := false
		for _, m := range magics {
			if start, _ := b.Peek(len(m.bytes)); string(start) == m.bytes {
				inside, err := m.unpack(b)
				if err != nil {
					return nil, err
				}
				b, packed = bufio.NewReaderSize(inside, 64<<10), true
				break
			}
		}
		if packed {
			continue
		}
		if start, err := b.Peek(1); len(start) == 0 && err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("what it is packed in is cut off or damaged: %w", err)
		}
		return b, nil
	}
	return nil, fmt.Errorf("it is packed more than %d times", layers-1)
}

// read reads a stream, and what is in it if it is an archive.
func (c container) read(name string, r io.Reader, depth int) error {
	b, err := unpacked(r)
	if err != nil {
		return err
	}
	start, _ := b.Peek(512)
	switch {
	case depth == 2 && (isTar(start) || isZip(start)):
		return errors.New("it is an archive in an archive in an archive")
	case isTar(start):
		return c.tar(name, b, depth)
	case isZip(start):
		return c.zip(name, b, depth)
	}
	traces, err := readForm(name, b, start)
	if err != nil {
		if c.inner && !strings.HasSuffix(name, ".trace") {
			return nil
		}
		return err
	}
	t := traces[0]
	for _, t := range traces {
		t.Dir = c.dir
	}
	switch {
	case t.companion != nil && len(t.Events) == 0 && c.beside(t):
	case c.inner && len(t.Events) == 0 && !strings.HasSuffix(name, ".trace"):
	default:
		c.all.Traces = append(c.all.Traces, traces...)
	}
	return nil
}

func isTar(start []byte) bool { return len(start) >= 262 && string(start[257:262]) == "ustar" }
func isZip(start []byte) bool { return bytes.HasPrefix(start, []byte("PK\x03\x04")) }

// tar reads the files of an archive.
func (c container) tar(name string, r io.Reader, depth int) error {
	inside := container{all: c.all, inner: true}
	before := c.all.found()
	for archive := tar.NewReader(r); ; {
		h, err := archive.Next()
		switch {
		case errors.Is(err, io.EOF) && c.all.found() == before:
			return errors.New("it is an archive in which no file is a trace")
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("after %d files of the archive: %w", c.all.found()-before, err)
		case h.Typeflag != tar.TypeReg:
			continue
		}
		inside.dir = filepath.Join(name+":", path.Dir(h.Name))
		if err := inside.read(name+":"+path.Base(h.Name), archive, depth+1); err != nil {
			c.all.unread(name+":"+path.Base(h.Name), err)
		}
	}
}

// zip does so too. It needs the whole, since the list of files is at the end.
func (c container) zip(name string, r io.Reader, depth int) error {
	whole, err := all(r)
	if err != nil {
		return err
	}
	archive, err := zip.NewReader(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		return err
	}
	inside := container{all: c.all, inner: true}
	before := c.all.found()
	for _, f := range archive.File {
		if f.Mode().IsDir() {
			continue
		}
		at := name + ":" + path.Base(f.Name)
		inside.dir = filepath.Join(name+":", path.Dir(f.Name))
		content, err := f.Open()
		if err == nil {
			err = inside.read(at, content, depth+1)
			content.Close()
		}
		if err != nil {
			c.all.unread(at, err)
		}
	}
	if c.all.found() == before {
		return errors.New("it is an archive in which no file is a trace")
	}
	return nil
}

func (all *Files) found() int { return len(all.Traces) + len(all.Lists) + len(all.Unames) }

// all reads a stream to its end, if that is not too far.
func all(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxWhole+1))
	if err == nil && len(b) > maxWhole {
		err = fmt.Errorf("it has more than %d bytes: record less, or split it", maxWhole)
	}
	return b, err
}

// maxCompanion is how many bytes of a file are kept that may be one that lies beside traces.
const maxCompanion = 64 << 10

var (
	stateLine = regexp.MustCompile(`^\s*\d{1,3}: \S[^\[\]]*$`)
	unameLine = regexp.MustCompile(`^(?:Linux \S+ )?v?\d+\.\d+\S*(?: |\s*$)`)
)

// beside keeps a file if it is a list of states, or what uname, -a or -r, has printed.
func (c container) beside(t *Trace) bool {
	text := string(t.companion)
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if len(lines) == 1 && unameLine.MatchString(text) {
		c.all.Unames = append(c.all.Unames, Companion{t.File, t.Dir, text})
		return true
	}
	states := 0
	for _, line := range lines {
		line = strings.TrimRight(line, "\r")
		switch {
		case stateLine.MatchString(line):
			states++
		case line != "" && line[0] != '#':
			return false
		}
	}
	if states < 5 {
		return false
	}
	c.all.Lists = append(c.all.Lists, Companion{t.File, t.Dir, text})
	return true
}
