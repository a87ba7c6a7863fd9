package kconfig

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A tree's files are read by one at a time, each once, and not after Load has returned, be it with an error.
func TestReadAhead(t *testing.T) {
	tree := map[string]string{
		"Kconfig": "source \"$(DIR)/a\"\nsource \"b\"\n",
		"x/a":     "config A\n\tdef_bool y\n",
		"b":       "config B\n\tdef_bool A\nsource \"c\"\nsource \"d\"\n",
		"c":       "endif\n", // it closes nothing: the rest is read in vain
		"d":       "config D\n\tdef_bool y\n",
	}
	for _, mend := range []bool{false, true} {
		if mend {
			tree["c"] = "config C\n\tdef_bool B\n"
		}
		var reading atomic.Int32
		var after atomic.Bool
		count := map[string]int{}
		s, err := Load(func(path string) (string, error) {
			assert.EqualValues(t, 1, reading.Add(1), path)
			defer reading.Add(-1)
			assert.False(t, after.Load(), path)
			count[path]++
			time.Sleep(time.Millisecond)
			text, ok := tree[path]
			if !ok {
				return "", errors.New("there is no " + path)
			}
			return text, nil
		}, "Kconfig", map[string]string{"DIR": "x"})
		after.Store(true)
		if !mend {
			assert.ErrorContains(t, err, "c:1: endif closes nothing")
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, map[string]string{"CONFIG_A": "y", "CONFIG_B": "y", "CONFIG_C": "y", "CONFIG_D": "y"}, s.Set())
		assert.Equal(t, map[string]int{"Kconfig": 1, "x/a": 1, "b": 1, "c": 1, "d": 1}, count)
	}
}
