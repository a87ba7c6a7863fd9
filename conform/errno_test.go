package conform

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The scripts read the error number out of the message that the shell has printed, also of errors that have no name.
func TestErrorsThatScriptsRead(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no sh")
	}
	file := filepath.Join(t.TempDir(), "message")
	for message, want := range map[string]string{
		"": "0", "sh: write error: Resource temporarily unavailable": "11", "bash: echo: write error: Device or " +
			"resource busy": "16",
		"sh: write error: Invalid argument": "22", "sh: write error: Operation not permitted": "1",
		"x: Cannot allocate memory": "12",
		"x: Operation canceled":     "125", "x: No space left on device": "28", "x: No such device or address": "6",
		"x: No such device":                  "19",
		"sh: write error: Unknown error 524": "524", "x: Operation not supported": "95",
		"x: Connection timed out": "110", "x: Input/output error": "5",
		"x: Permission denied": "13", "x: something new": "255", "x: No error information": "255",
	} {
		require.NoError(t, os.WriteFile(file, []byte(message), 0o666))
		out, err := exec.Command(shell, "-c", part("common.sh")+"\nerrno \"$1\"", "sh", file).Output()
		require.NoError(t, err)
		assert.Equal(t, want, strings.TrimSpace(string(out)), message)
	}
}

// A script binds its writer, and says to which CPU.
func TestRecordingsTellWhereTheWriterIs(t *testing.T) {
	script := Recording{CPUs: []int{1, 300}, Out: "d"}.Script()
	assert.Contains(t, script, "selected='1 300'")
	assert.Contains(t, script, "\n\tbind_writer\n")
	assert.Contains(t, script, `echo "# pin: $pin"`)
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no sh")
	}
	for cpu, want := range map[string]string{"0": "1", "3": "8", "4": "10", "9": "200", "64": "10000000000000000"} {
		out, err := exec.Command(shell, "-c", part("record.sh")+"\nmask "+cpu).Output()
		require.NoError(t, err)
		assert.Equal(t, want, strings.TrimSpace(string(out)), "CPU %s", cpu)
	}
}
