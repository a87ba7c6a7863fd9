package conform_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hpcheck/hpcheck/conform"
	"github.com/hpcheck/hpcheck/ftrace"
	"github.com/hpcheck/hpcheck/model"
)

// recordings are those of a machine with Debian's 6.12, and the list of its states.
const recordings = "testdata/6.12-cloud"

// A recording is one of the kernel, with the states that the machine has. With one event less it is of no kernel.
func ExampleCheck() {
	kernel, err := model.Lookup("v6.12")
	if err != nil {
		panic(err)
	}
	list, err := os.ReadFile(filepath.Join(recordings, "states.txt"))
	if err != nil {
		panic(err)
	}
	steps, err := kernel.ParseStates(string(list))
	if err != nil {
		panic(err)
	}
	traces := ftrace.OpenAll(filepath.Join(recordings, "plain.tar.gz")).Traces
	kernel, err = kernel.WithStates("6.12-cloud", conform.Learn(kernel, steps, traces...))
	if err != nil {
		panic(err)
	}
	trace := traces[0]
	fmt.Println(conform.Check(context.Background(), kernel, trace).Verdict)
	trace.Events = append(trace.Events[:20:20], trace.Events[21:]...)
	r := conform.Check(context.Background(), kernel, trace)
	fmt.Println(r.Verdict, "at line", r.Line)
	// Output:
	// accepted
	// refused at line 56
}
