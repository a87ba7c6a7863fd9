package main

import (
	"bytes"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Colours must add nothing but colours, whatever the pieces in which text comes.
func TestPainter(t *testing.T) {
	const text = "  no-deadlock  VIOLATED in 90 steps\n  no-bug-on  holds\nplain\n!    78  task 0\n"
	for _, size := range []int{1, 7, 1000} {
		var b bytes.Buffer
		p := &painter{w: &b}
		for rest := []byte(text); len(rest) > 0; {
			n := min(size, len(rest))
			_, err := p.Write(rest[:n])
			require.NoError(t, err)
			rest = rest[n:]
		}
		assert.Contains(t, b.String(), "\x1b[1;31m  no-deadlock")
		assert.Contains(t, b.String(), "\nplain\n")
		assert.Equal(t, text, regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(b.String(), ""))
	}
}

// What is no terminal gets no colours.
func TestNoColours(t *testing.T) {
	f, err := os.Create(t.TempDir() + "/x")
	require.NoError(t, err)
	defer f.Close()
	assert.Same(t, f, painted(f))
	t.Setenv("NO_COLOR", "1")
	assert.Same(t, os.Stdout, painted(os.Stdout))
}
