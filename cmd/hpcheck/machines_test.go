package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// recordingsOf unpacks some recordings of a machine into a directory, and copies its list of states there.
func recordingsOf(t *testing.T, machine, dir string, most int) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "deep"), 0o777))
	from := filepath.Join("../../conform/testdata", machine)
	list, err := os.ReadFile(filepath.Join(from, "states.txt"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "states.txt"), list, 0o666))
	f, err := os.Open(filepath.Join(from, "plain.tar.gz"))
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	archive := tar.NewReader(z)
	for n := 0; n < most; {
		h, err := archive.Next()
		require.NoError(t, err)
		if !strings.HasSuffix(h.Name, ".trace") {
			continue
		}
		n++
		text, err := io.ReadAll(archive)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "deep", filepath.Base(h.Name)), text, 0o666))
	}
}

// conformed runs conform.
func conformed(t *testing.T, stdin io.Reader, args ...string) (out, stderr string, err error) {
	t.Helper()
	cmd := newRootCommand()
	var o, e bytes.Buffer
	cmd.SetArgs(append([]string{"conform"}, args...))
	cmd.SetIn(stdin)
	cmd.SetOut(&o)
	cmd.SetErr(&e)
	err = cmd.Execute()
	return o.String(), e.String(), err
}

// Of the recordings of several machines in one directory each is held against the list that lies nearest to it; one
// that has none, and what is no trace, have their own verdicts.
func TestEachMachineHasItsList(t *testing.T) {
	dir := t.TempDir()
	recordingsOf(t, "6.12-cloud", filepath.Join(dir, "new"), 2)
	recordingsOf(t, "6.1-rt", filepath.Join(dir, "old"), 3)
	out, stderr, err := conformed(t, nil, "-v", dir)
	require.NoError(t, err, "%s%s", stderr, out)
	assert.Contains(t, stderr, "--states "+filepath.Join(dir, "new", "states.txt")+" for 2 of the traces")
	assert.Contains(t, stderr, "--kernel v6.1 for 3 of the traces, by the numbers in ")
	assert.Contains(t, out, "v6.1 on the 66 states of states.txt:\n")
	assert.Contains(t, out, "2 machines can do what 5 of 5 traces show")

	require.NoError(t, os.Mkdir(filepath.Join(dir, "lost"), 0o777))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "lost", "letter"), []byte("Dear all,\n"), 0o666))
	traces, err := filepath.Glob(filepath.Join(dir, "new", "deep", "*"))
	require.NoError(t, err)
	trace, err := os.ReadFile(traces[0])
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "lost", "a.trace"), trace, 0o666))
	out, _, err = conformed(t, nil, dir)
	assert.Equal(t, exitIncomplete, exitStatus(t, err))
	assert.Contains(t, out, "a.trace  --states: is missing")
	assert.Contains(t, out, "letter   it has no events of CPU hotplug")
	assert.Contains(t, out, "2 machines can do what 5 of 5 traces show, with 438 events; 2 not read")

	require.NoError(t, os.Rename(filepath.Join(dir, "old", "states.txt"), filepath.Join(dir, "old", "second.txt")))
	require.NoError(
		t,
		os.WriteFile(filepath.Join(dir, "old", "states.txt"), []byte("1: a\n2: b\n3: c\n4: d\n4: e\n"), 0o666),
	)
	out, _, err = conformed(t, nil, dir)
	assert.Equal(t, exitIncomplete, exitStatus(t, err), "a list that cannot be read ends nothing but its own traces")
	assert.Contains(t, out, "can do what 2 of 2 traces show")
}

// A trace may come from standard input, and what is packed as well; its list is beside where somebody is.
func TestStandardInput(t *testing.T) {
	dir := t.TempDir()
	recordingsOf(t, "6.12-cloud", dir, 1)
	traces, err := filepath.Glob(filepath.Join(dir, "deep", "*"))
	require.NoError(t, err)
	trace, err := os.ReadFile(traces[0])
	require.NoError(t, err)
	t.Chdir(dir)
	out, _, err := conformed(t, bytes.NewReader(trace), "-v", "-")
	require.NoError(t, err)
	assert.Contains(t, out, "accepted  standard input  ")
	out, _, err = conformed(t, bytes.NewReader(trace[:0]), "-")
	assert.Equal(t, exitIncomplete, exitStatus(t, err))
	assert.Contains(t, out, "not read  standard input  it is empty")
}

// A pipe that does not end is read until somebody stops it, and what had come is judged.
func TestEndlessPipe(t *testing.T) {
	dir := t.TempDir()
	recordingsOf(t, "6.12-cloud", dir, 1)
	traces, err := filepath.Glob(filepath.Join(dir, "deep", "*"))
	require.NoError(t, err)
	trace, err := os.ReadFile(traces[0])
	require.NoError(t, err)
	r, w := io.Pipe()
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		_, _ = w.Write(trace)
		_, _ = w.Write([]byte("       cpuhp/1-25      [001] .....    25.8"))
		stop()
	}()
	found, err := openAll(ctx, []string{"-"}, r, io.Discard)
	require.NoError(t, err)
	require.Len(t, found.Traces, 1)
	assert.NoError(t, found.Traces[0].Err)
	assert.NotEmpty(t, found.Traces[0].Events)

	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	silent, _ := io.Pipe()
	found, err = openAll(ctx, []string{"-"}, silent, io.Discard)
	require.NoError(t, err)
	assert.ErrorContains(t, found.Traces[0].Err, "it is empty")
}

// exitStatus is the status with which the program ends.
func exitStatus(t *testing.T, err error) int {
	t.Helper()
	var exit *exitError
	require.ErrorAs(t, err, &exit)
	return exit.status
}
