package explore

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc64"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/hpcheck/hpcheck/internal/files"
)

// A checkpoint is the whole state of an exploration between two blocks, in a file. The search goes on from it as if it
// had never stopped, since nothing depends on time or on the number of workers.
//
// The file begins with a line that says what it is, and ends with a checksum over all of it. It is written beside its
// place and renamed, so there is a whole one at any time.

// Setting is something that a run and its checkpoints must agree on. One without a name is kept for whoever goes on,
// and not compared.
type Setting struct{ Name, Value string }

// checkpointMagic is the first line; another layout has another number.
const checkpointMagic = "hpcheck checkpoint 2\n"

// interval is how often a checkpoint is written.
const interval = 2 * time.Minute

// save writes a checkpoint if it is time to, or if the run stops.
func (e *engine) save(stopped bool) error {
	every := e.opt.Interval
	if every == 0 {
		every = interval
	}
	if e.opt.Checkpoint == "" || !stopped && time.Since(e.saved) < every {
		return nil
	}
	file, remove, err := files.Temporary(filepath.Dir(e.opt.Checkpoint))
	if err != nil {
		return err
	}
	defer remove()
	a := newSaver(file)
	e.archive(a)
	if err := errors.Join(a.finish(), file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("writing checkpoint %s: %w", e.opt.Checkpoint, err)
	}
	e.saved = time.Now()
	return os.Rename(file.Name(), e.opt.Checkpoint)
}

// CheckpointError says why a run can't go on from a file.
type CheckpointError struct{ File, Reason string }

// Error returns the file and the reason.
func (e *CheckpointError) Error() string { return e.File + ": " + e.Reason }

// resume makes the engine what it was when the file was written.
func (e *engine) resume() error {
	file, err := os.Open(e.opt.Resume)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := verify(file); err != nil {
		return &CheckpointError{e.opt.Resume, err.Error()}
	}
	a := newLoader(file)
	e.archive(a)
	if a.err != nil {
		return &CheckpointError{e.opt.Resume, a.err.Error()}
	}
	return nil
}

// Settings returns those of a checkpoint.
func Settings(name string) ([]Setting, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if err := verify(file); err != nil {
		return nil, &CheckpointError{name, err.Error()}
	}
	a := newLoader(file)
	var saved []Setting
	slice(a, &saved, func(s *Setting) {
		a.text(&s.Name)
		a.text(&s.Value)
	})
	return saved, a.err
}

// verify reads a file to its end and compares the checksum.
func verify(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	magic := make([]byte, len(checkpointMagic))
	if _, err := io.ReadFull(file, magic); err != nil || string(magic) != checkpointMagic {
		return errors.New("is no checkpoint of this version of hpcheck")
	}
	sum := crc64.New(crcTable)
	sum.Write(magic)
	if _, err := io.CopyN(sum, file, info.Size()-int64(len(magic))-8); err != nil {
		return errors.New("is damaged: it is too short")
	}
	var want uint64
	if err := binary.Read(file, binary.LittleEndian, &want); err != nil || want != sum.Sum64() {
		return errors.New("is damaged: its checksum is wrong")
	}
	_, err = file.Seek(int64(len(magic)), io.SeekStart)
	return err
}

var crcTable = crc64.MakeTable(crc64.ECMA)

// archive writes or reads: one description of what is in a checkpoint serves both.
type archive struct {
	load bool
	w    *bufio.Writer
	sum  interface {
		io.Writer
		Sum64() uint64
	}
	r    *bufio.Reader
	most int // elements that a slice in the file can have: each takes a word
	err  error
	buf  []byte
}

func newSaver(file *os.File) *archive {
	a := &archive{w: bufio.NewWriterSize(file, 1<<20), sum: crc64.New(crcTable)}
	a.bytes([]byte(checkpointMagic))
	return a
}

func newLoader(file *os.File) *archive {
	a := &archive{load: true, r: bufio.NewReaderSize(file, 1<<20)}
	if info, err := file.Stat(); err == nil {
		a.most = int(info.Size() / 8)
	}
	return a
}

// finish writes the checksum.
func (a *archive) finish() error {
	sum := binary.LittleEndian.AppendUint64(nil, a.sum.Sum64())
	_, err := a.w.Write(sum)
	return errors.Join(a.err, err, a.w.Flush())
}

// bytes writes bytes, or overwrites them with what is read.
func (a *archive) bytes(b []byte) {
	switch {
	case a.err != nil:
	case a.load:
		_, a.err = io.ReadFull(a.r, b)
	default:
		a.sum.Write(b)
		_, a.err = a.w.Write(b)
	}
}

// words writes words, or overwrites them.
func (a *archive) words(words []uint64) {
	for len(words) > 0 {
		run := words[:min(len(words), 1<<13)]
		words = words[len(run):]
		a.buf = a.buf[:0]
		for _, w := range run {
			a.buf = binary.LittleEndian.AppendUint64(a.buf, w)
		}
		a.bytes(a.buf)
		if a.load {
			for i := range run {
				run[i] = binary.LittleEndian.Uint64(a.buf[8*i:])
			}
		}
	}
}

// number writes or reads an integer.
func number[T int | uint64 | int64 | uint32 | uint8 | Stop](a *archive, p *T) {
	word := [1]uint64{uint64(*p)}
	a.words(word[:])
	*p = T(word[0])
}

// slice writes or reads a slice with its length.
func slice[T any](a *archive, p *[]T, each func(*T)) {
	n := len(*p)
	number(a, &n)
	if a.load && a.err == nil {
		if n < 0 || n > a.most {
			a.err = errors.New("is damaged: a list in it is longer than the file")
			return
		}
		*p = make([]T, n)
	}
	for i := range *p {
		each(&(*p)[i])
	}
}

func (a *archive) text(s *string) {
	b := []byte(*s)
	slice(a, &b, func(c *byte) { number(a, c) })
	*s = string(b)
}

// archive writes or reads the exploration.
func (e *engine) archive(a *archive) {
	e.agree(a)
	r := &e.result
	for _, p := range []*uint64{&r.States, &r.Transitions, &r.Ends, &r.Reduced, &r.Spilled, &e.first, &e.left,
		&e.peak} {
		number(a, p)
	}
	elapsed := int64(time.Since(e.begun))
	number(a, &elapsed)
	e.begun = time.Now().Add(-time.Duration(elapsed))
	number(a, &e.done)
	slice(a, &r.Levels, func(n *uint64) { number(a, n) })
	for i := range e.found {
		number(a, &e.found[i].State)
		number(a, &e.found[i].Ordinal)
		e.found[i].property = i
	}
	marks := e.marks()
	slice(a, &marks, func(m *uint64) { number(a, m) })
	e.earlier = marks
	for i := range e.shards {
		e.shards[i].archive(a)
	}
	if e.codec.tree != nil {
		e.codec.tree.archive(a)
	}
	e.current.archive(a, e.done)
	e.next.archive(a, 0)
	e.history.archive(a)
}

// agree writes the settings, or compares them.
func (e *engine) agree(a *archive) {
	saved := append([]Setting(nil), e.opt.Settings...)
	slice(a, &saved, func(s *Setting) {
		a.text(&s.Name)
		a.text(&s.Value)
	})
	if !a.load || a.err != nil {
		return
	}
	value := map[string]string{}
	for _, s := range saved {
		value[s.Name] = s.Value
	}
	for _, s := range e.opt.Settings {
		if was, ok := value[s.Name]; s.Name != "" && (!ok || was != s.Value) {
			a.err = fmt.Errorf("is of another run: %s was %q there and is %q now", s.Name, was, s.Value)
			return
		}
	}
}

func (s *shard) archive(a *archive) {
	if s.bits != nil {
		number(a, &s.bits.ones)
		a.words(s.bits.words)
		return
	}
	t := &s.table
	number(a, &t.lines)
	number(a, &t.n)
	zero := uint64(0)
	if t.zero {
		zero = 1
	}
	number(a, &zero)
	t.zero = zero != 0
	if a.load && a.err == nil {
		t.mem.free(t.slots)
		t.slots = t.mem.alloc(int(t.lines+tailLines) * lineSlots)
	}
	a.words(t.slots)
}

func (t *tree) archive(a *archive) {
	t.pair.archive(a)
	done := map[*interner]bool{}
	for _, in := range t.leaf {
		if !done[in] {
			done[in] = true
			in.archive(a)
		}
	}
}

// archive writes or reads the vectors; the index is made anew.
func (in *interner) archive(a *archive) {
	number(a, &in.n)
	if a.load && a.err == nil {
		slabs := make([][]uint64, (in.n+slabVectors-1)/slabVectors)
		for i := range slabs {
			slabs[i] = in.mem.alloc(slabVectors * in.width)
		}
		in.slabs.Store(&slabs)
	}
	for _, slab := range *in.slabs.Load() {
		a.words(slab)
	}
	if a.load && a.err == nil {
		size := 1 << 10
		for size < 2*int(in.n)+2 {
			size *= 2
		}
		index := in.mem.alloc(size)
		for id := range in.n {
			put(index, in.hash(in.at(id)), id)
		}
		in.mem.free(*in.index.Load())
		in.index.Store(&index)
	}
}

// archive writes or reads the items from the given one on.
func (q *queue) archive(a *archive, from int) {
	number(a, &q.n)
	first := from / q.per
	if a.load && a.err == nil {
		q.pages, q.freed = make([][]uint64, (q.n+q.per-1)/q.per), first
		for page := first; page < len(q.pages); page++ {
			q.pages[page] = q.mem.page()
		}
	}
	for page := first; page*q.per < q.n && a.err == nil; page++ {
		spilled := q.pages[page] == nil
		if spilled {
			a.err = q.load(page*q.per, page*q.per+1)
			if a.err != nil {
				return
			}
		}
		a.words(q.pages[page][:min(q.per, q.n-page*q.per)*q.width])
		if spilled {
			q.drop(page)
		}
	}
}

func (h *history) archive(a *archive) {
	number(a, &h.end)
	slice(a, &h.chunks, func(c *historyChunk) {
		number(a, &c.Word)
		number(a, &c.Parent)
		number(a, &c.Child)
		number(a, &c.Width)
	})
	if a.load && a.err == nil {
		for range (h.end + pageWords - 1) / pageWords {
			h.pages = append(h.pages, h.mem.alloc(pageWords))
		}
	}
	for _, page := range h.pages {
		a.words(page)
	}
}
