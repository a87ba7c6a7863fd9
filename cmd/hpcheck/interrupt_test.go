package main

import (
	"bytes"
	"context"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Ctrl-C must not lose what was found: the partial result is printed, and the status is 3.
func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out bytes.Buffer
	cmd := newRootCommand()
	cmd.SetArgs([]string{"--cpus", "8", "--ops", "9"})
	cmd.SetOut(&out)
	err := cmd.ExecuteContext(ctx)
	var exit *exitError
	require.ErrorAs(t, err, &exit)
	assert.Equal(t, exitIncomplete, exit.status)
	assert.Contains(t, out.String(), "INCOMPLETE: interrupted")
	assert.Contains(t, out.String(), "no-deadlock                  incomplete")
}

// A disk that is full must not lose what was found either: it goes to stdout then.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	var out bytes.Buffer
	cmd := newRootCommand()
	cmd.SetArgs([]string{"--kernel", "v4.6-rc3", "--property", "no-deadlock", "--out", dir})
	cmd.SetOut(&out)
	require.NoError(t, os.Mkdir(dir+"/no-deadlock.txt", 0o777)) // nothing can be renamed to this
	var exit *exitError
	err := cmd.Execute()
	require.ErrorAs(t, err, &exit)
	assert.Equal(t, exitViolated, exit.status)
	assert.ErrorContains(t, err, "no-deadlock.txt: is a directory")
	assert.Contains(t, out.String(), "no-deadlock is violated after 90 steps")
	assert.Contains(t, out.String(), "no-deadlock  VIOLATED in 90 steps")
}

func TestSize(t *testing.T) {
	for text, want := range map[string]size{"0": 0, "100": 100, "1K": 1 << 10, "512M": 512 << 20, "8GiB": 8 << 30,
		"2tb": 2 << 40} {
		var s size
		require.NoError(t, s.Set(text), text)
		assert.Equal(t, want, s, text)
	}
	for _, text := range []string{"", "-1", "M", "12Q", "99999999999999T", "1.5G"} {
		var s size
		assert.Error(t, s.Set(text), text)
	}
}
