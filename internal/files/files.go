// Package files reads and writes the files of a command line. What is written to a regular file is there whole or not
// at all. Devices, pipes and sockets are written to, and never replaced.
package files

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// unfinished are the temporary files that exist now.
var unfinished struct {
	sync.Mutex
	names map[string]bool
}

// Clean removes the files that are not whole yet. It is for a program that ends at once.
func Clean() {
	unfinished.Lock()
	defer unfinished.Unlock()
	for name := range unfinished.names {
		_ = os.Remove(name) // nobody is left to tell
	}
}

// Temporary makes a temporary file in a directory. The function removes it, if it has not been renamed meanwhile.
func Temporary(dir string) (*os.File, func(), error) {
	unfinished.Lock()
	defer unfinished.Unlock()
	f, err := os.CreateTemp(dir, ".hpcheck-*")
	if err != nil {
		return nil, nil, err
	}
	if unfinished.names == nil {
		unfinished.names = map[string]bool{}
	}
	unfinished.names[f.Name()] = true
	return f, func() {
		unfinished.Lock()
		defer unfinished.Unlock()
		_ = os.Remove(f.Name()) // it has been renamed, or there is nothing more to do
		delete(unfinished.names, f.Name())
	}, nil
}

// Write has a file written. A regular file is replaced once all of it is there, and left as it was on an error.
func Write(name string, write func(io.Writer) error) error {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return replace(name, 0o644, write)
	case err != nil:
		return wrap(name, err)
	case info.IsDir():
		return wrap(name, errors.New("is a directory"))
	}
	if f := standard(info); f != nil {
		return wrap(name, write(f))
	}
	if info.Mode().IsRegular() {
		return replace(name, info.Mode().Perm(), write)
	}
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return wrap(name, err)
	}
	return wrap(name, errors.Join(write(f), f.Close()))
}

// standard is the standard stream that a file is, nil if there is none: /dev/stdout may lead to a regular file that
// others are writing to, which must not be replaced under them.
func standard(info fs.FileInfo) *os.File {
	for _, f := range []*os.File{os.Stdout, os.Stderr} {
		if other, err := f.Stat(); err == nil && os.SameFile(info, other) {
			return f
		}
	}
	return nil
}

// replace writes a regular file.
func replace(name string, mode fs.FileMode, write func(io.Writer) error) error {
	if real, err := filepath.EvalSymlinks(name); err == nil {
		name = real // the link stays, what it leads to is replaced
	}
	tmp, remove, err := Temporary(filepath.Dir(name))
	if err != nil {
		return wrap(name, err)
	}
	defer remove()
	if err := errors.Join(write(tmp), tmp.Chmod(mode), tmp.Close()); err != nil {
		return wrap(name, err)
	}
	return wrap(name, os.Rename(tmp.Name(), name))
}

// WriteError says that a file could not be written.
type WriteError struct {
	Name string
	Err  error
}

// Error says which, and why.
func (e *WriteError) Error() string { return fmt.Sprintf("writing %s: %v", e.Name, e.Err) }

// Unwrap returns the reason.
func (e *WriteError) Unwrap() error { return e.Err }

func wrap(name string, err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &path): // without the name of the temporary file
		err = path.Err
	case errors.As(err, &link):
		err = link.Err
	}
	return &WriteError{name, err}
}

// Writable checks, before work that may take hours, that a file can be written.
func Writable(name string) error {
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		return fmt.Errorf("%s is a directory: want the name of a file", name)
	case err == nil && !info.Mode().IsRegular():
		return nil // to open a pipe may have to wait
	case err == nil:
		if real, err := filepath.EvalSymlinks(name); err == nil {
			name = real
		}
	}
	return WritableDir(filepath.Dir(name))
}

// WritableDir makes a directory and checks that files can be written there.
func WritableDir(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	f, remove, err := Temporary(dir)
	if err != nil {
		return err
	}
	defer remove()
	return f.Close()
}

// Limits of what is read. None of the files that somebody writes or a kernel shows comes near them.
const (
	Text = 16 << 20 // a suite, a list of states, properties
	Runs = 1 << 30  // a run or a counterexample in JSON
)

// Read reads a file of so many bytes at most; an input without an end is an error, and not read for ever.
func Read(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, errors.New("is a directory: name a file")
	}
	return ReadAll(f, limit)
}

// ReadAll is Read for what is open already.
func ReadAll(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(data)) > limit {
		return nil, fmt.Errorf("is too large: want %d MiB at most", limit>>20)
	}
	return data, err
}
