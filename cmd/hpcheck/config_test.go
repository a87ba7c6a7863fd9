package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A .config says what an edition written by hand is without, and the summary what was taken from it.
func TestConfigOfAnEdition(t *testing.T) {
	file := filepath.Join(t.TempDir(), "small.config")
	require.NoError(t, os.WriteFile(file, []byte("CONFIG_X86=y\nCONFIG_HOTPLUG_CPU=y\n"), 0o600))
	run := func(args ...string) (string, error) {
		root := newRootCommand()
		var out bytes.Buffer
		root.SetOut(&out)
		root.SetErr(&out)
		root.SetArgs(append([]string{"--kernel", "v7.3", "--config", file, "--ops", "1", "--faults", "0"}, args...))
		err := root.ExecuteContext(t.Context())
		return out.String(), err
	}
	out, err := run("--property", "masks-agree")
	require.NoError(t, err)
	assert.Contains(t, out, "small.config: inferred no split startup, for CONFIG_HOTPLUG_SPLIT_STARTUP is not set")
	assert.NotContains(t, out, "cpuhp_kick_ap_alive")
	_, err = run("--smt", "on")
	assert.ErrorContains(t, err, "--smt")
	_, err = run("--arch", "arm64")
	assert.ErrorContains(t, err, "is a configuration for x86, not for arm64")
}
