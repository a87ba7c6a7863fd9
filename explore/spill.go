package explore

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"os"

	"github.com/klauspost/compress/s2"
)

// spillFile keeps pages that memory has no room for, compressed. The file has no name once it is open, so nothing is
// left of it whatever becomes of the process.
type spillFile struct {
	dir  string
	file *os.File
	end  int64
	raw  []byte
	buf  []byte
}

// extent is where a page is in a file.
type extent struct {
	offset int64
	length int32
	sum    uint32
}

// write appends a page.
func (f *spillFile) write(page []uint64) (extent, error) {
	if f.file == nil {
		file, err := os.CreateTemp(f.dir, ".hpcheck-spill-*")
		if err != nil {
			return extent{}, err
		}
		if err := os.Remove(file.Name()); err != nil {
			file.Close()
			return extent{}, err
		}
		f.file = file
	}
	f.raw = f.raw[:0]
	for _, w := range page {
		f.raw = binary.LittleEndian.AppendUint64(f.raw, w)
	}
	f.buf = s2.Encode(f.buf[:cap(f.buf)], f.raw)
	if _, err := f.file.WriteAt(f.buf, f.end); err != nil {
		return extent{}, err
	}
	at := extent{f.end, int32(len(f.buf)), crc32.ChecksumIEEE(f.raw)}
	f.end += int64(len(f.buf))
	return at, nil
}

// read reads a page back.
func (f *spillFile) read(at extent, page []uint64) error {
	f.buf = append(f.buf[:0], make([]byte, at.length)...)
	if _, err := io.ReadFull(io.NewSectionReader(f.file, at.offset, int64(at.length)), f.buf); err != nil {
		return err
	}
	raw, err := s2.Decode(f.raw[:cap(f.raw)], f.buf)
	if err != nil || len(raw) != 8*len(page) || crc32.ChecksumIEEE(raw) != at.sum {
		return fmt.Errorf("%s: what was spilled there does not read back as it was written", f.dir)
	}
	f.raw = raw
	return binary.Read(bytes.NewReader(raw), binary.LittleEndian, page)
}

// close gives the disk space back.
func (f *spillFile) close() {
	if f.file != nil {
		f.file.Close()
	}
}
