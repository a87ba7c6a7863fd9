package model

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whatever a list of states says, it is a ladder that a machine can be made of, or an error.
func FuzzParseStates(f *testing.F) {
	lists, err := filepath.Glob("../conform/testdata/*/states.txt")
	require.NoError(f, err)
	for _, name := range lists[:min(len(lists), 3)] {
		text, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(string(text))
	}
	f.Add("  0: offline\n 43: online\n")
	f.Add("# Startup\n\r\n 1: a\n 1: a\n")
	k, err := Lookup("v6.1")
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, text string) {
		steps, err := k.ParseStates(text)
		if err != nil {
			return
		}
		if _, err := k.WithStates("machine", steps); err == nil {
			again, err := k.ParseStates(FormatStates(steps))
			require.NoError(t, err)
			require.Len(t, again, len(steps))
		}
	})
}

// An operation that is understood is written as it was read.
func FuzzParseOp(f *testing.F) {
	for _, op := range []string{"up:1", "down:7", "online:1=0", "target:1=152", "target:1=a:b", "smt:off", "boot",
		"up:"} {
		f.Add(op)
	}
	f.Fuzz(func(t *testing.T, text string) {
		op, err := ParseOp(text)
		if err != nil {
			return
		}
		again, err := ParseOp(op.String())
		require.NoError(t, err, text)
		require.Equal(t, op, again, text)
	})
}
