package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"
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

// A saved counterexample is served where it ends, and one that leads nowhere, or flags beside a file, are bad usage.
func TestServeSaved(t *testing.T) {
	t.Chdir(t.TempDir())
	check := newRootCommand()
	check.SetArgs([]string{"--kernel", "v4.6-rc3", "--property", "no-deadlock", "--json", "run.json"})
	check.SetOut(io.Discard)
	require.Error(t, check.Execute()) // it is violated
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		cmd := newRootCommand()
		cmd.SetArgs([]string{"serve", "run.json"})
		cmd.SetOut(w)
		done <- cmd.ExecuteContext(ctx)
	}()
	lines := bufio.NewScanner(r)
	require.True(t, lines.Scan())
	assert.Contains(t, lines.Text(), "v4.6-rc3: 2 CPUs")
	require.True(t, lines.Scan())
	assert.Contains(t, lines.Text(), "  no-deadlock  ", "which of them it is")
	address, _, _ := strings.Cut(lines.Text(), " ")
	resp, err := http.Get(address)
	require.NoError(t, err)
	page, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	resp.Body.Close()
	assert.Contains(t, string(page), "VIOLATED here: <b>no-deadlock</b>")
	assert.Contains(t, string(page), "after step 90")
	cancel()
	require.NoError(t, <-done)

	whole, err := os.ReadFile("run.json")
	require.NoError(t, err)
	cut := regexp.MustCompile(`(?s)"trace": \[.*?\]`).ReplaceAll(whole, []byte(`"trace": [0, 0]`))
	require.NoError(t, os.WriteFile("cut.json", cut, 0o600))
	for _, args := range [][]string{{"serve", "cut.json"}, {"serve", "none.json"},
		{"serve", "run.json", "--cpus", "3"}} {
		cmd := newRootCommand()
		cmd.SetArgs(args)
		var exit *exitError
		require.ErrorAs(t, cmd.Execute(), &exit, args)
		assert.Equal(t, exitUsage, exit.status, args)
	}
}

// A scenario is served as it is checked, and what is wrong in it has its line.
func TestServeScenario(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("scenario.toml", []byte("kernel = \"v6.12\"\ncpus = 3\nreaders = 2\n"), 0o600))
	s, shown, err := (&serveFlags{}).server(pflag.NewFlagSet("", pflag.ContinueOnError), []string{"scenario.toml"}, nil)
	require.NoError(t, err)
	assert.Equal(t, []string{"/"}, shown)
	assert.Contains(t, s.String(), "v6.12: 3 CPUs")
	assert.Contains(t, s.String(), "2 readers")
	for text, want := range map[string]string{
		"cpus = 3\nreader = 2\n":  `bad.toml:2:1: unknown key "reader"`,
		"cpus = 99\n":             "bad.toml:1:1: ",
		"kernel = \"v9.9\"\n":     "bad.toml:1:1: ",
		"[[run]]\nname = \"x\"\n": "this is a suite",
	} {
		require.NoError(t, os.WriteFile("bad.toml", []byte(text), 0o600))
		_, _, err := (&serveFlags{}).server(pflag.NewFlagSet("", pflag.ContinueOnError), []string{"bad.toml"}, nil)
		var exit *exitError
		require.ErrorAs(t, err, &exit, text)
		assert.Equal(t, exitUsage, exit.status)
		assert.ErrorContains(t, err, want)
	}
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
