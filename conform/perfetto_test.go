package conform

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/zlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/hpcheck/hpcheck/ftrace"
)

// pb is a message that is being written.
type pb []byte

func (m pb) number(field protowire.Number, v int) pb {
	return protowire.AppendVarint(protowire.AppendTag(m, field, protowire.VarintType), uint64(int64(v)))
}

func (m pb) bytes(field protowire.Number, v []byte) pb {
	return protowire.AppendBytes(protowire.AppendTag(m, field, protowire.BytesType), v)
}

// perfettoOf writes events as perfetto does: a bundle for each CPU, the tasks' names and the functions' in messages of
// their own.
func perfettoOf(events []ftrace.Event) (packets []pb) {
	functions, tasks := map[string]int{}, map[int]string{}
	var symbols, tree pb
	bundles := map[int]pb{}
	for i := range events {
		e := &events[i]
		if _, known := tasks[e.PID]; !known {
			tasks[e.PID] = e.Comm
			tree = tree.bytes(2, pb{}.number(1, e.PID).bytes(2, []byte(e.Comm)))
		}
		if _, known := functions[e.Func]; !known {
			functions[e.Func] = len(functions) + 1
			symbols = symbols.bytes(26, pb{}.number(1, functions[e.Func]).bytes(2, []byte(e.Func)))
		}
		event := pb{}.number(1, int(e.Time)).number(2, e.PID)
		switch e.Kind {
		case ftrace.Enter, ftrace.MultiEnter:
			field := map[ftrace.Kind]protowire.Number{ftrace.Enter: 345, ftrace.MultiEnter: 344}[e.Kind]
			event = event.bytes(
				field, pb{}.number(1, e.CPU).number(2, functions[e.Func]).number(3, e.Step).number(4, e.Target),
			)
		case ftrace.Exit:
			event = event.bytes(343, pb{}.number(1, e.CPU).number(2, e.Step).number(3, e.Ret).number(4, e.State))
		case ftrace.Begin, ftrace.End:
			event = event.bytes(3, pb{}.number(1, 7).bytes(2, []byte(e.Kind.String()+" "+e.What()+"\n")))
		}
		if bundles[e.On] == nil {
			bundles[e.On] = pb{}.number(1, e.On)
		}
		bundles[e.On] = bundles[e.On].bytes(2, event)
	}
	packets = append(packets, pb{}.bytes(2, tree), pb{}.number(10, 5).bytes(12, symbols))
	for cpu := range 4 {
		packets = append(packets, pb{}.number(10, 5).bytes(1, bundles[cpu]))
	}
	return packets
}

// A trace of perfetto has the same events, compressed or not.
func TestPerfetto(t *testing.T) {
	_, k := machineOf(t, "6.12-cloud")
	r, text := verdictOf(t, k, "trace.txt", formFiles(t)["trace.txt"])
	require.Equal(t, VerdictAccepted, r.Verdict)
	plain := pb{}
	for _, packet := range perfettoOf(text.Events) {
		plain = plain.bytes(1, packet)
	}
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	_, err := w.Write(plain)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	packed := pb{}.bytes(1, pb{}.bytes(50, z.Bytes()))
	for name, content := range map[string]pb{"plain": plain, "compressed": packed} {
		r, trace := verdictOf(t, k, name, content)
		assert.Equal(t, VerdictAccepted, r.Verdict, "%s:%d: %s %s %v", name, r.Line, r.Why, r.Seen, r.Could)
		require.Len(t, trace.Events, len(text.Events))
		for i := range text.Events {
			want, got := text.Events[i], trace.Events[i]
			want.Line, got.Line = 0, 0
			assert.Equal(t, want, got)
		}
	}
	file := filepath.Join(t.TempDir(), "half")
	require.NoError(t, os.WriteFile(file, plain[:len(plain)-5], 0o666))
	broken := ftrace.OpenAll(file).Traces[0]
	assert.ErrorContains(t, broken.Err, "the trace of perfetto breaks off in packet 6")
	none := pb{}.bytes(1, pb{}.number(10, 5))
	require.NoError(t, os.WriteFile(file, none, 0o666))
	assert.ErrorContains(t, ftrace.OpenAll(file).Traces[0].Err, "has no events of CPU hotplug")
}
