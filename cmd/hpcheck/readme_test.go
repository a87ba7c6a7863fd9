package main

import (
	"os"
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The README must know every flag.
func TestREADMEListsFlags(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	newRootCommand().Flags().VisitAll(func(f *pflag.Flag) {
		assert.Contains(t, string(text), "`--"+f.Name, "the README does not list --%s", f.Name)
	})
}
