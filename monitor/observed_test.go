package monitor

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/ftrace"
	"github.com/hpcheck/hpcheck/invariants/custom"
	"github.com/hpcheck/hpcheck/model"
)

// own is a property of a file: once sched:waitempty was called on the way down, smpboot threads are not parked until
// they have been unparked.
const own = `
[[property]]
name = "waits-last"
doc = "threads are parked before the CPU is waited for to be empty"
per = "cpu"
after = "any(events, .kind == ENTER && .cpu == me && !.up && .step == 155)"
never = "any(events, .kind == ENTER && .cpu == me && !.up && .step == 156)"
until = "any(events, .kind == ENTER && .cpu == me && .up && .step == 156)"
`

func observed(t *testing.T, text string) ([]*custom.Observed, *model.Machine, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "own.toml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o666))
	k, err := model.Lookup("v6.1")
	require.NoError(t, err)
	sc := model.Default()
	sc.Notifiers, sc.DynStates = 0, 0
	m, err := model.New(k, sc)
	require.NoError(t, err)
	all, err := custom.Observe(m, file)
	return all, m, err
}

func TestPropertyOfAFile(t *testing.T) {
	all, m, err := observed(t, own)
	require.NoError(t, err)
	a, err := OfFile(all[0], m.Ladder)
	require.NoError(t, err)
	assert.Equal(t, []string{"before", "after"}, a.States)
	assert.Len(t, a.Events, 3)
	_, traces := machine(t, "v6.1", "6.1-cloud")
	swapped := 0
	for _, trace := range traces["plain"] {
		require.Nil(t, a.Run(trace.Events), trace.File)
		i := slices.IndexFunc(trace.Events, func(e ftrace.Event) bool {
			return e.Kind == ftrace.Enter && e.Step == 156 && e.Target < 156 && inThread(&e)
		})
		j := slices.IndexFunc(
			trace.Events,
			func(e ftrace.Event) bool { return e.Kind == ftrace.Enter && e.Step == 155 },
		)
		if i < 0 || j < i {
			continue
		}
		wrong := slices.Clone(trace.Events)
		wrong[i], wrong[j] = wrong[j], wrong[i]
		assert.NotNil(t, a.Run(wrong), trace.File)
		swapped++
	}
	assert.Positive(t, swapped)
}

// What the tracepoints do not show is refused, with the place.
func TestNotObserved(t *testing.T) {
	for text, want := range map[string]string{
		`always = "cpu[me].online"`:                                   "no tracepoint of CPU hotplug shows online",
		`always = "none(events, .kind == ENTER && .step == 156)"`:     "it looks at callbacks of other CPUs",
		`always = "none(events, .kind == EXIT && .cpu == me && .up)"`: "cpuhp_exit does not show which way it goes",
	} {
		all, _, err := observed(t, "[[property]]\nname = \"x\"\ndoc = \"y\"\nper = \"cpu\"\n"+text+"\n"+own)
		require.NoError(t, err)
		assert.ErrorContains(t, all[0].Err, want)
		assert.NoError(t, all[1].Err, "the others are read")
	}
	all, _, err := observed(t, "[[property]]\nname = \"x\"\ndoc = \"y\"\nalways = \"none(events, .kind == ENTER)\"\n")
	require.NoError(t, err)
	assert.ErrorContains(t, all[0].Err, `want per = "cpu"`)
	_, _, err = observed(t, own+own)
	assert.Error(t, err, "a name twice is wrong in the file")
}
