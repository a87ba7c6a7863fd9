//go:build !js

package interrupt

import (
	"os"
	"os/signal"
	"syscall"
)

// signals are those that are heeded.
var signals = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}

// ignorePipes makes writing to a pipe that nobody reads an error, and not the end of the program: what is written to
// files is not lost by it.
func ignorePipes() { signal.Ignore(syscall.SIGPIPE) }
