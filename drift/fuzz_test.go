package drift

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzTake puts any text anywhere into a kernel/cpu.c of the tests' own, or in the place of the header. What can be
// taken of it is compared with the core, and with itself, of which nothing differs.
func FuzzTake(f *testing.F) {
	for _, piece := range []string{
		"", ";", "{", "}", "/*", "\n#if A\n", "\n#define sum(a) a sum(a)\n", "__weak ",
		"int cpu_up(void) { return 1; }",
		"lockdep_assert_held(&m);", "goto out;", "[1] = ", ".name = prepare,",
	} {
		for at := 0; at < len(core); at += 300 {
			f.Add(uint16(at), uint8(len(piece)), piece, header)
		}
	}
	for _, h := range []string{
		"", "enum cpuhp_state { };", "enum cpuhp_state { A = -1, A, B = A, };", "enum cpuhp_state { A = 1 << 99, B };",
		"enum cpuhp_state { CPUHP_OFFLINE, CPUHP_SHELVES = CPUHP_OFFLINE, CPUHP_ONLINE };", "enum cpuhp_state { A /",
	} {
		f.Add(uint16(0), uint8(0), "", h)
	}
	was := take(f, core, header)
	ref := was.Reference(&Reference{
		Modeled: []string{"cpu_up", "cpu_down", "prepare"}, Ladder: []string{"CPUHP_OFFLINE", "CPUHP_SHELVES"},
	})
	f.Fuzz(func(t *testing.T, at uint16, drop uint8, piece, header string) {
		from := min(int(at), len(core))
		to := min(from+int(drop), len(core))
		tree := was.Unit.Tree.With("kernel/cpu.c", core[:from]+piece+core[to:]).
			With("include/linux/cpuhotplug.h", header)
		Stands(tree, was.Unit.Config, "v6.12", "cpus_write_lock", "kthread_park")
		now, err := Take(tree, was.Unit.Config, ref.Modeled, []string{"lib/books.c:book"})
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
			return
		}
		r := Compare(ref, now, []Run{{Suite: "s", Name: "up", Functions: []string{"cpu_up"}}})
		require.NoError(t, r.Text(io.Discard, true))
		require.NoError(t, r.JSON(io.Discard))
		same := Compare(now.Reference(ref), now, nil)
		require.False(t, same.Matters(), "%v", same)
		require.Empty(t, same.Changes)
	})
}
