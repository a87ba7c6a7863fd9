package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// serve says where it listens, on this machine only, and ends with its context.
func TestServe(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		cmd := newRootCommand()
		cmd.SetArgs([]string{"serve", "--kernel", "v4.6-rc3"})
		cmd.SetOut(w)
		done <- cmd.ExecuteContext(ctx)
	}()
	lines := bufio.NewScanner(r)
	require.True(t, lines.Scan())
	assert.Contains(t, lines.Text(), "v4.6-rc3: 2 CPUs")
	require.True(t, lines.Scan())
	address, _, _ := strings.Cut(lines.Text(), " ")
	assert.Regexp(t, `^http://127\.0\.0\.1:\d+/$`, address)
	resp, err := http.Get(address)
	require.NoError(t, err)
	resp.Body.Close()
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	cancel()
	assert.NoError(t, <-done)
}

func TestServeListensNowhere(t *testing.T) {
	cmd := newRootCommand()
	cmd.SetArgs([]string{"serve", "--listen", "127.0.0.1:99999"})
	var exit *exitError
	require.ErrorAs(t, cmd.Execute(), &exit)
	assert.Equal(t, exitUsage, exit.status)
}

// Every parameter of a scenario must have the flag that reports name, or the command that they print does not run.
func TestScenarioFlags(t *testing.T) {
	flags := newRootCommand().Flags()
	for _, name := range scenarioFlags() {
		assert.NotNil(t, flags.Lookup(name), "--%s", name)
	}
}
