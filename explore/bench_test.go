package explore

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func BenchmarkRun(b *testing.B) {
	for _, sys := range []System{
		commit(7), philosophers(11), filter(5), spread{commit(7)},
	} {
		for _, mode := range []Mode{Exact, Compact} {
			b.Run(fmt.Sprint(sys, " ", mode), func(b *testing.B) {
				transitions := uint64(0)
				for b.Loop() {
					r := run(b, sys, Options{Workers: 1, Mode: mode})
					transitions += r.Transitions
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(transitions), "ns/transition")
			})
		}
	}
}

// BenchmarkTransition is the price of a transition once everything has its size: it must not allocate.
func BenchmarkTransition(b *testing.B) {
	e := newEngine(context.Background(), spread{commit(9)}, Options{Workers: 1, Every: time.Hour})
	defer e.close()
	e.begin()
	for e.result.Transitions < 3_000_000 { // let the buffers grow
		require.True(b, e.enter())
		for e.done < e.current.n && e.result.Transitions < 3_000_000 {
			_, err := e.block()
			require.NoError(b, err)
		}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begin := e.result.Transitions
	for b.Loop() {
		if e.done == e.current.n && !e.enter() {
			b.Fatal("the model is too small")
		}
		_, err := e.block()
		require.NoError(b, err)
	}
	runtime.ReadMemStats(&after)
	n := float64(e.result.Transitions - begin)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/n, "ns/transition")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/n, "allocs/transition")
}

// TestMeasure makes one run for bench/models/run.sh, in a process of its own: HPCHECK_BENCH says which.
func TestMeasure(t *testing.T) {
	spec := os.Getenv("HPCHECK_BENCH")
	if spec == "" {
		t.Skip("HPCHECK_BENCH is not set")
	}
	var name, mode string
	var n, workers int
	_, err := fmt.Sscan(spec, &name, &n, &mode, &workers)
	require.NoError(t, err)
	models := map[string]func(int) packed{
		"commit": commit, "philosophers": philosophers, "filter": filter, "peterson": peterson,
	}
	var sys System = models[name](n)
	if mode == "wide" {
		sys, mode = spread{models[name](n)}, "exact"
	}
	m, err := ParseMode(mode)
	require.NoError(t, err)
	begun := time.Now()
	r := run(t, sys, Options{Workers: workers, Mode: m})
	var u unix.Rusage
	require.NoError(t, unix.Getrusage(unix.RUSAGE_SELF, &u))
	cpu := time.Duration(u.Utime.Nano() + u.Stime.Nano())
	fmt.Printf(
		"measured %d %d %.3f %d %.3f\n", r.States, r.Transitions, cpu.Seconds(), u.Maxrss, time.Since(begun).Seconds(),
	)
}
