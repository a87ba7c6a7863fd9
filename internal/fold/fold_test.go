package fold

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestLinef(t *testing.T) {
	long := strings.Repeat("x", 90)
	for in, want := range map[string]string{
		"":    "\n",
		"a b": "a b\n",
		"  " + strings.Repeat("word ", 20): "  " + strings.TrimSpace(strings.Repeat("word ", 15)) + "\n" +
			"      word word word word word\n",
		long:                  long + "\n",
		"  " + long + " tail": "  " + long + "\n      tail\n",
	} {
		var b strings.Builder
		w := &Writer{W: &b}
		w.Linef("%s", in)
		assert.NoError(t, w.Err)
		assert.Equal(t, want, b.String())
	}
}

type full struct{ n int }

func (f *full) Write(p []byte) (int, error) {
	if f.n--; f.n < 0 {
		return 0, errors.New("full")
	}
	return len(p), nil
}

func TestErrorIsKept(t *testing.T) {
	w := &Writer{W: &full{n: 1}}
	for range 3 {
		w.Linef("line")
	}
	assert.EqualError(t, w.Err, "full")
}
