package ftrace

import (
	"fmt"
	"io"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// busy is a trace of a machine on which much happens that is not hotplug: so many lines.
type busy struct {
	left int
	rest []byte
	most uint64 // bytes that were in use while it was read
}

// Read implements [io.Reader].
func (b *busy) Read(p []byte) (int, error) {
	if len(b.rest) == 0 {
		if b.left == 0 {
			return 0, io.EOF
		}
		if b.left--; b.left%20_000 == 0 {
			var stats runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&stats)
			b.most = max(b.most, stats.HeapAlloc)
		}
		b.rest = fmt.Appendf(b.rest, "            bash-7  [001] d..2.  %d.000001: sched_switch: "+
			"prev_comm=bash prev_pid=7 prev_prio=120 prev_state=S ==> next_comm=swapper/1 next_pid=0 next_prio=120\n",
			b.left)
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

// What is not of hotplug is not kept: a trace may be larger than the memory.
func TestMemory(t *testing.T) {
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	b := &busy{left: 100_000}
	_, err := Read("trace", b)
	require.NoError(t, err)
	assert.NotZero(t, b.most)
	assert.Less(t, b.most, before.HeapAlloc+4<<20, "of 14 MB that were read")
}
