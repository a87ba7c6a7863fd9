//go:build unix

package files

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// lockDir locks a directory for this program, until the result is closed or the program ends.
func lockDir(path string) (io.Closer, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		return nil, errors.Join(fmt.Errorf("another hpcheck is writing to %s: name another directory", path), f.Close())
	// File systems without locks.
	case err != nil && !errors.Is(err, syscall.ENOTSUP) && !errors.Is(err, syscall.ENOLCK):
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
