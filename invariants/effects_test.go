package invariants

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/clients"
	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/model"
)

const serving = `name = "c"
cpu-flags = ["armed", "worker"]
duties = ["tick"]

[[state]]
name = "c:online"
registered = true
startup = ["set armed"]
teardown = ["clear armed", "clear worker", "hand_over tick"]
effects = ["armed"]
leftovers = ["worker"]
`

// client reads a client.
func client(t testing.TB, text string) model.Client {
	t.Helper()
	c, err := clients.Parse("c.toml", []byte(text))
	require.NoError(t, err)
	return c
}

func TestEffects(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*model.State)
		want   string
	}{
		{"as it is to be", func(*model.State) {}, ""},
		{"a worker that is there", func(s *model.State) { s.Client.Marks[1] = 0b10 }, ""},
		{"what is left", func(s *model.State) { s.CPU[1].State = 0 },
			"armed is left for CPU 1, which is in CPUHP_OFFLINE"},
		{"a worker that is left", func(s *model.State) {
			s.CPU[1].State, s.Client.Marks = 0, [model.MaxClientCPUFlags]uint8{1, 2}
		}, "worker is left for CPU 1"},
		{"what is missing", func(s *model.State) { s.Client.Marks[0] = 1 }, "armed is missing for CPU 1"},
		{"in an operation", func(s *model.State) { s.Client.Marks[0], s.Lock[model.CPUAddRemoveLock] = 1, 1 }, ""},
		{"while a state comes", func(s *model.State) { s.Client.Marks[0], s.Lock[model.CPUHPStateMutex] = 1, 1 }, ""},
		{"a state that is gone", func(s *model.State) { s.Modules[0] = 0 }, "armed is left for CPU 0"},
		{"a duty of who is down", func(s *model.State) {
			s.Client.Word[0], s.CPU[1].Online = 2, false
		}, "CPU 1 has tick and is not online"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := sceneOn(t, "v6.12", "effects-undone", func(sc *model.Scenario) {
				sc.Notifiers, sc.Clients = 0, []model.Client{client(t, serving)}
			})
			s.show(tt.change)
			if tt.want == "" {
				assert.Empty(t, s.clauses())
				return
			}
			require.NotEmpty(t, s.clauses())
			assert.Contains(t, s.clauses()[0], tt.want)
		})
	}
}

// It is asked where there are effects, and nowhere else.
func TestPropertiesThatAreAskedWhereThereIsSomething(t *testing.T) {
	names := func(m *model.Machine) (all []string) {
		for _, p := range For(m) {
			all = append(all, p.Name)
		}
		return all
	}
	with := machine(t, "v6.12", nil, func(sc *model.Scenario) { sc.Clients = []model.Client{client(t, serving)} })
	assert.True(t, slices.Contains(names(with), "effects-undone"))
	assert.Len(t, For(machine(t, "v6.12", nil, nil)), len(All()))
}

// What a client leaves undone is found.
func TestEffectsAreMissed(t *testing.T) {
	for _, tt := range []struct{ old, new string }{
		{`"clear armed", `, ""}, {`startup = ["set armed"]`, `startup = ["clear armed"]`},
		{`, "hand_over tick"`, `, "take tick"`},
		{`startup = ["set armed"]`, `startup = ["set armed", { may_fail = "EBUSY", undo = [] }]`},
	} {
		text := strings.Replace(serving, tt.old, tt.new, 1)
		require.NotEqual(t, serving, text)
		assert.Contains(t, clientRun(t, text, 0), "effects-undone", tt.new)
	}
	assert.Empty(t, clientRun(t, serving, 0))
}

// A lock of a client that stays behind is one, too: a task's, when all are done, and a callback's, when the operation
// returns.
func TestClientLocksAreReleased(t *testing.T) {
	const whole = "name = 'leaks'\nmutexes = ['m']\nrwsems = ['r']\n" +
		"[[task]]\nname = 'reads'\nsteps = ['down_read r', 'up_read r']\n" +
		"[[task]]\nname = 'locks'\nsteps = ['mutex_lock m', 'mutex_unlock m']\n" +
		"[[state]]\nname = 'leaks:dead'\nsection = 'prepare'\nregistered = true\n" +
		"teardown = ['down_write r', 'up_write r']\n"
	assert.Empty(t, clientRun(t, whole, 0))
	for _, lost := range []string{", 'mutex_unlock m'", ", 'up_read r'", ", 'up_write r'"} {
		text := strings.Replace(whole, lost, "", 1)
		require.NotEqual(t, whole, text)
		assert.Contains(t, clientRun(t, text, 0), "locks-released", lost)
	}
}

// clientRun explores v6.12 with a client and a CPU that goes down and comes back, and returns what is violated.
func clientRun(t *testing.T, text string, reduce Reduction) map[string]int {
	m := machine(t, "v6.12", nil, func(sc *model.Scenario) {
		sc.Clients = []model.Client{client(t, text)}
		sc.Sequence, sc.DynStates, sc.Smpboot, sc.Notifiers = []model.Op{{CPU: 1}, {CPU: 1, Up: true}}, 0, 0, 0
	})
	s := Compile(m, For(m))
	s.Reduce = reduce
	r, err := explore.Run(context.Background(), s, explore.Options{Workers: 2})
	require.NoError(t, err)
	require.Equal(t, explore.Exhausted, r.Stop)
	return violated(s, r)
}

// With every reduction the verdicts on the clients that are shipped are those without any.
func TestClientsReduced(t *testing.T) {
	files, err := filepath.Glob("../suites/clients/*.toml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		whole := slices.Sorted(maps.Keys(clientRun(t, string(text), 0)))
		for _, reduce := range []Reduction{PartialOrder, Symmetry | PartialOrder | Merge} {
			assert.Equal(t, whole, slices.Sorted(maps.Keys(clientRun(t, string(text), reduce))), "%s, %v", file, reduce)
		}
	}
}
