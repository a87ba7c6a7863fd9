// Command hpcheck checks the Linux CPU hotplug core: every failure, under every schedule.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// The exit statuses.
const (
	exitOK         = 0 // no property violated within what was asked
	exitViolated   = 1
	exitUsage      = 2 // bad usage or input
	exitIncomplete = 3 // stopped by a limit or a signal
)

// exitError ends the program with a status; if it has no error, what there was to say is said.
type exitError struct {
	status int
	err    error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.status)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(run(ctx, os.Args[1:]))
}

// run is the program; it returns the exit status.
func run(ctx context.Context, args []string) int {
	root := newRootCommand()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	var exit *exitError
	if !errors.As(err, &exit) {
		exit = &exitError{exitUsage, err} // cobra's: an unknown command or flag
	}
	if exit.err != nil {
		fmt.Fprintln(os.Stderr, "hpcheck:", exit.err)
	}
	return exit.status
}
