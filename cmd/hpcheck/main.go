// Command hpcheck checks the Linux CPU hotplug core: every failure, under every schedule.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"golang.org/x/term"

	"github.com/hpcheck/hpcheck/internal/files"
	"github.com/hpcheck/hpcheck/internal/interrupt"
)

// The exit statuses.
const (
	exitOK         = 0 // no property violated within what was asked
	exitViolated   = 1
	exitUsage      = 2 // bad usage or input
	exitIncomplete = 3 // stopped by a limit or a signal
	exitSkipped    = 4 // a test that the kernel has nothing for, as kselftests say it
	exitUnwritten  = 4 // the answer is known, is not that a property is violated, and could not be written
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

// ended ends the program with a status; what there was to say is said.
func ended(status int) error {
	if status == exitOK {
		return nil
	}
	return &exitError{status: status}
}

func main() {
	interrupt.Heed()
	os.Exit(run(context.Background(), os.Args[1:]))
}

// run is the program; it returns the exit status.
func run(ctx context.Context, args []string) int {
	stdout := &output{file: os.Stdout}
	root := newRootCommand()
	root.SetArgs(args)
	root.SetOut(stdout)
	status := exitOK
	for _, err := range leaves(root.ExecuteContext(ctx)) {
		status = worse(status, stdout.status(err))
	}
	if stdout.err != nil {
		complain(os.Stderr, fmt.Errorf("writing stdout: %w", stdout.err))
		status = worse(status, exitUnwritten)
	}
	return status
}

// leaves are the errors that were joined to one.
func leaves(err error) []error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, err := range joined.Unwrap() {
		all = append(all, leaves(err)...)
	}
	return all
}

// status tells of an error, if there is something to tell, and returns the exit status that it asks for.
func (o *output) status(err error) int {
	var exit *exitError
	var write *files.WriteError
	status := exitUsage // cobra's: an unknown command or flag
	switch {
	case errors.As(err, &exit):
		status, err = exit.status, exit.err
	case o.err != nil && errors.Is(err, o.err):
		status, err = exitUnwritten, nil // told once, for all that did not reach stdout
	case errors.As(err, &write):
		status = exitUnwritten
	}
	if err != nil {
		complain(os.Stderr, err)
	}
	return status
}

// worse is the worse of two statuses. That a property is violated is more than that it could not be written, and this
// more than not to know.
func worse(a, b int) int {
	for _, status := range []int{exitViolated, exitUsage, exitUnwritten, exitIncomplete} {
		if a == status || b == status {
			return status
		}
	}
	return max(a, b)
}

// longest is how long a line of a complaint may be. Names that somebody gives may have any length.
const longest = 400

// complain writes a line for each error.
func complain(w io.Writer, err error) {
	for line := range strings.SplitSeq(strings.TrimSpace(err.Error()), "\n") {
		if runes := []rune(line); len(runes) > longest {
			line = string(runes[:longest]) + " ..."
		}
		fmt.Fprintln(w, "hpcheck:", line)
	}
}

// output is stdout. The first error stays, and ends up in the exit status. Somebody who reads no further, such as head,
// is none: what is written from then on is dropped.
type output struct {
	file *os.File
	err  error
	gone bool
}

// Write implements [io.Writer].
func (o *output) Write(p []byte) (int, error) {
	switch {
	case o.err != nil:
		return 0, o.err
	case o.gone:
		return len(p), nil
	}
	n, err := o.file.Write(p)
	if errors.Is(err, syscall.EPIPE) {
		o.gone = true
		return len(p), nil
	}
	if err != nil {
		var at *os.PathError
		if errors.As(err, &at) {
			err = at.Err
		}
		o.err = err
	}
	return n, err
}

// isTerminal reports whether somebody sits before what is written to.
func isTerminal(w io.Writer) bool {
	if o, ok := w.(*output); ok {
		w = o.file
	}
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
