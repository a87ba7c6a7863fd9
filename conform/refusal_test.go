package conform

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/ftrace"
)

// BenchmarkRefuse holds what it takes to refuse a long trace, in which one result is wrong at 1, 50 and 99 of 100 of
// its events, against what it takes to accept it as it is: times-accepting is how many times as long it takes.
func BenchmarkRefuse(b *testing.B) {
	for _, name := range []string{"6.1-cloud", "6.1-rt"} {
		i := slices.IndexFunc(folders, func(f folder) bool { return f.name == name })
		k := folders[i].kernel(b)
		trace := recorded(b, name, "stress")[0]
		c, err := New(k, trace)
		require.NoError(b, err)
		begun := time.Now()
		require.Equal(b, VerdictAccepted, c.Check(b.Context(), trace.Events).Verdict)
		accepting := time.Since(begun)
		for percent, label := range map[int]string{1: "1", 50: "50", 99: "99"} {
			at := len(trace.Events) * percent / 100
			for trace.Events[at].Kind != ftrace.Exit {
				at++
			}
			wrong := slices.Clone(trace.Events)
			wrong[at].Ret = -5
			b.Run(name+"/"+label+"%", func(b *testing.B) {
				searched := 0
				for b.Loop() {
					r := c.Check(b.Context(), wrong)
					require.Equal(b, VerdictRefused, r.Verdict)
					searched = r.Searched
				}
				b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(accepting), "times-accepting")
				b.ReportMetric(float64(searched), "states")
			})
		}
	}
}
