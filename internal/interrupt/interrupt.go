// Package interrupt decides what a signal does. While work is under way whose results can be kept, the first signal
// asks it to stop, and the next one ends the program. At all other times, such as at a prompt or while a pipe is read
// to which nobody writes, the first signal ends it.
package interrupt

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/hpcheck/hpcheck/internal/files"
)

// work is what is under way, the innermost last.
var work struct {
	sync.Mutex
	stops []*stop
}

type stop struct {
	cancel context.CancelFunc
	asked  bool
}

// atOnce is how soon after a signal another one is the same: timeout(1) sends it to the program, and to its group.
const atOnce = 50 * time.Millisecond

// Heed has signals heeded from now on.
func Heed() {
	ignorePipes()
	c := make(chan os.Signal, 1)
	for _, s := range signals {
		if !signal.Ignored(s) { // nohup wants it so
			signal.Notify(c, s)
		}
	}
	go func() {
		var last time.Time
		for s := range c {
			again := time.Since(last) < atOnce
			last = time.Now()
			if !again && !ask() {
				files.Clean()
				os.Exit(status(s))
			}
		}
	}()
}

// status is the exit status of a program that a signal ends, as shells count it.
func status(s os.Signal) int {
	if n, ok := s.(syscall.Signal); ok {
		return 128 + int(n)
	}
	return 130
}

// ask asks the innermost work to stop, and reports whether there was some that had not been asked before.
func ask() bool {
	work.Lock()
	defer work.Unlock()
	if n := len(work.stops); n > 0 && !work.stops[n-1].asked {
		work.stops[n-1].asked = true
		work.stops[n-1].cancel()
		return true
	}
	return false
}

// Work begins work that stops, and keeps what it has, if the context that it returns is done. The function ends it.
func Work(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	s := &stop{cancel: cancel}
	work.Lock()
	work.stops = append(work.stops, s)
	work.Unlock()
	return ctx, sync.OnceFunc(func() {
		work.Lock()
		defer work.Unlock()
		cancel()
		for i := len(work.stops) - 1; i >= 0; i-- {
			if work.stops[i] == s {
				work.stops = append(work.stops[:i], work.stops[i+1:]...)
				return
			}
		}
	})
}
