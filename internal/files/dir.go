package files

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Manifest is the file of a [Dir] that says what is in it: who wrote it, and the names of the files.
const Manifest = "MANIFEST"

// Dir is a directory of files that belong together. One program at a time writes to it, and what an earlier one has
// left there does not stay beside what is written now.
type Dir struct {
	Path string
	lock io.Closer

	before  string   // what the earlier files are of
	earlier []string // their names
	written []string
}

// OpenDir makes a directory, if it is not there, and keeps other programs from writing to it until it is closed.
func OpenDir(path string) (*Dir, error) {
	if err := os.MkdirAll(path, 0o777); err != nil {
		return nil, err
	}
	lock, err := lockDir(path)
	if err != nil {
		return nil, err
	}
	d := &Dir{Path: path, lock: lock}
	left, err := filepath.Glob(filepath.Join(path, ".hpcheck-*")) // of a program that was killed: it holds no lock
	for _, name := range left {
		err = errors.Join(err, os.Remove(name))
	}
	if err = errors.Join(err, WritableDir(path), d.manifest()); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return d, nil
}

// Close lets others write to the directory.
func (d *Dir) Close() error { return d.lock.Close() }

// manifest reads what an earlier program has left.
func (d *Dir) manifest() error {
	text, err := Read(filepath.Join(d.Path, Manifest), Text)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		line := lines.Text()
		if of, ok := strings.CutPrefix(line, "# "); ok {
			d.before = of
		} else if line != "" && line != ".." && filepath.Base(line) == line {
			d.earlier = append(d.earlier, line)
		}
	}
	return errors.Join(err, lines.Err())
}

// Begin begins to write the files of something, which a line tells apart from all else. Files of anything else are
// removed.
func (d *Dir) Begin(of string) error {
	if d.before == of {
		return nil
	}
	var failed error
	for _, name := range d.earlier {
		if err := os.Remove(filepath.Join(d.Path, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = errors.Join(failed, err)
		}
	}
	d.before, d.earlier = of, nil
	return failed
}

// Write writes a file of the directory.
func (d *Dir) Write(name string, write func(io.Writer) error) error {
	err := Write(filepath.Join(d.Path, name), write)
	if err == nil {
		d.written = append(d.written, name)
	}
	return err
}

// Finish removes the earlier files that were not written again, except those that are to be kept, and writes the
// manifest. It returns the names of all files that are there now.
func (d *Dir) Finish(keep func(name string) bool) ([]string, error) {
	all := slices.Clone(d.written)
	var failed error
	for _, name := range d.earlier {
		switch {
		case slices.Contains(d.written, name):
		case keep(name):
			all = append(all, name)
		default:
			if err := os.Remove(filepath.Join(d.Path, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				failed = errors.Join(failed, err)
			}
		}
	}
	slices.Sort(all)
	return all, errors.Join(failed, Write(filepath.Join(d.Path, Manifest), func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "# %s\n%s\n", d.before, strings.Join(all, "\n"))
		return err
	}))
}
