package conform

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/ftrace"
	"github.com/hpcheck/hpcheck/model"
)

// folder is a machine whose recordings are in testdata.
type folder struct {
	name    string
	edition string
	modes   []string
}

// is reports whether it is that one.
func (f folder) is(o folder) bool { return f.name == o.name }

var folders = []folder{
	{"6.1-cloud", "v6.1", []string{"plain", "sweep", "ksweep", "stress"}},
	{"6.1-cloud-modules", "v6.1", []string{"modules"}},
	{"6.1-cloud-suspend", "v6.1", []string{"suspend", "smt"}},
	{"6.1-rt", "v6.1", []string{"plain", "stress"}},
	{"6.1-rt-modules", "v6.1", []string{"modules"}},
	{"6.1-rt-suspend", "v6.1", []string{"suspend", "smt"}},
	{"6.1-sc", "v6.1", []string{"partial"}},
	{"6.1-small", "v6.1", []string{"partial"}},
	{"6.12-cloud", "v6.12", []string{"plain", "sweep"}},
	{"6.12-cloud-modules", "v6.12", []string{"modules"}},
	{"6.12-cloud-suspend", "v6.12", []string{"suspend", "smt"}},
	{"6.12-small", "v6.12", []string{"partial"}},
	{"amd64-6.16.12", "6.16.12", []string{"sweep"}},
	{"amd64-6.17.13", "6.17.13", []string{"sweep"}},
	{"amd64-6.18.15", "6.18.15", []string{"sweep"}},
	{"amd64-6.19.14", "6.19.14", []string{"sweep"}},
	{"amd64-7.0.13", "7.0.13", []string{"sweep"}},
	{"amd64-7.1.13", "7.1.13", []string{"sweep"}},
	{"amd64-7.2.12", "7.2.12", []string{"sweep"}},
	{"amd64-7.3.4", "v7.3", []string{"sweep"}},
	{"amd64-7.3.4-smt", "v7.3", []string{"smt"}},
	{"amd64-7.3.4-stress", "v7.3", []string{"stress"}},
	{"arm64-6.12.117", "v6.12", []string{"sweep"}},
	{"arm64-7.3.4", "v7.3", []string{"sweep"}},
	{"ppc64el-7.2.13", "v7.3", []string{"sweep"}},
	{"riscv64-6.12.117", "v6.12", []string{"sweep"}},
	{"riscv64-7.2.13", "v7.3", []string{"sweep"}},
	{"s390x-6.12.107", "v6.12", []string{"sweep"}},
	{"s390x-7.2.13", "v7.3", []string{"sweep"}},
}

// many reports whether a recording is of many operations, in one trace.
func many(mode string) bool {
	return slices.Contains([]string{"stress", "modules", "suspend", "smt"}, mode)
}

// recorded reads a recording.
func recorded(t testing.TB, folder, mode string) []*ftrace.Trace {
	t.Helper()
	all := ftrace.OpenAll(filepath.Join("testdata", folder, mode+".tar.gz")).Traces
	require.NotEmpty(t, all)
	for _, trace := range all {
		require.NoError(t, trace.Err, trace.File)
	}
	return all
}

// kernel is the edition, or the tree if there is one, with the machine's states, and what the recordings show of them.
func (f folder) kernel(t testing.TB) model.Kernel {
	t.Helper()
	k, err := model.Lookup(f.edition)
	require.NoError(t, err)
	if dir := treeOf(t, f); dir != "" {
		k = fromTree(t, dir, f)
	}
	text, err := os.ReadFile(filepath.Join("testdata", f.name, "states.txt"))
	require.NoError(t, err)
	steps, err := k.ParseStates(string(text))
	require.NoError(t, err)
	steps = Learn(k, steps, recorded(t, f.name, f.modes[0])...)
	if !strings.HasPrefix(f.name, "6.") { // nothing has to be learned
		steps, err = k.ParseStates(string(text))
		require.NoError(t, err)
		steps = Count(k, steps, recorded(t, f.name, f.modes[0])...)
	}
	k, err = k.WithStates(f.name, steps)
	require.NoError(t, err)
	return k
}

// results are those of the recordings: three tests look at them.
var results sync.Map

// checked checks a recording with a kernel that has the states of its folder, once.
func checked(t *testing.T, k model.Kernel, trace *ftrace.Trace) Result {
	key := k.Name + " " + k.Machine + " " + trace.File
	r, ok := results.Load(key)
	if !ok {
		r = Check(t.Context(), k, trace)
		results.Store(key, r)
	}
	return r.(Result)
}

// Every trace of a real kernel must be one that its edition can show.
func TestRealTraces(t *testing.T) {
	for _, f := range folders {
		k := f.kernel(t)
		for _, mode := range f.modes {
			t.Run(f.name+"/"+mode, func(t *testing.T) {
				accepted := 0
				for _, trace := range recorded(t, f.name, mode) {
					r := checked(t, k, trace)
					assert.True(
						t, r.Verdict == VerdictAccepted, "%s:%d: %s%s\n%v\n%s\n%s", r.File, r.Line, r.Why,
						r.Seen, r.Could, r.Where, r.Reason,
					)
					if r.Verdict == VerdictAccepted {
						accepted++
					}
				}
				assert.NotZero(t, accepted)
			})
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	k := folders[0].kernel(b)
	for _, mode := range []string{"stress", "plain"} {
		b.Run(mode, func(b *testing.B) {
			traces := recorded(b, "6.1-cloud", mode)
			events, searched := 0, 0
			for b.Loop() {
				for _, trace := range traces {
					r := Check(b.Context(), k, trace)
					require.True(b, r.Verdict == VerdictAccepted)
					events += r.Events
					searched += r.Searched
				}
			}
			b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
			b.ReportMetric(float64(searched)/float64(events), "states/event")
		})
	}
}
