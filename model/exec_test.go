package model

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// play runs a machine until nothing is possible, taking the first action of the lowest thread, but the fault whenever
// fault says so. It returns what was visible, and the last state.
func play(t *testing.T, m *Machine, fault string) (string, State) {
	t.Helper()
	x, state := m.NewExec(), m.Initial()
	var b strings.Builder
	for range 10_000 {
		actions := x.Enabled(&state, nil)
		if len(actions) == 0 {
			return b.String(), state
		}
		act := actions[0]
		for _, other := range actions {
			x.become(&state, other.Thread())
			if p := x.node().point; other.Thread() == act.Thread() && other.Outcome() == 1 && p > 0 &&
				m.FaultPoints[p-1].Name == fault {
				act = other
				break
			}
		}
		where := m.Place(&state, act.Thread())
		x.Do(&state, act)
		for _, e := range x.Events {
			switch e.Kind {
			case EventWake, EventRequest, EventComplete, EventConsume:
			default:
				on := "-"
				if where.CPU >= 0 {
					on = fmt.Sprint(where.CPU)
				}
				fmt.Fprintf(&b, "%-12s %s  %s\n", m.ThreadName(act.Thread()), on, m.DescribeEvent(e))
			}
		}
	}
	t.Fatal("it does not end")
	return "", state
}

// What an observer sees of an operation, on one schedule. Whoever knows kernel/cpu.c can read along.
func TestWhatIsVisible(t *testing.T) {
	tests := []struct{ name, kernel, ops, fault string }{
		{"v4.6 down up", "v4.6", "down:1 up:1", ""},
		{"v4.6 down up, cold", "v4.6", "up:1 down:1", "cold"},
		{"v4.6 takedown fails", "v4.6", "down:1", "cpu_disable"},
		{"v4.6-rc3 takedown fails", "v4.6-rc3", "down:1", "cpu_disable"},
		{"v4.6 startup fails", "v4.6", "down:1 up:1", "startup/dyn1"},
		{"v4.6-rc3 startup fails", "v4.6-rc3", "down:1 up:1", "startup/dyn1"},
		{"v4.6 bringup fails", "v4.6", "down:1 up:1", "cpu_up"},
		{"v4.6 down veto", "v4.6", "down:1", "down-prepare/notifier2"},
		{"v4.6 up veto", "v4.6", "down:1 up:1", "up-prepare/notifier2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := machine(t, tt.kernel, func(sc *Scenario) {
				sc.Smpboot = 2
				for _, text := range strings.Fields(tt.ops) {
					op, err := ParseOp(text)
					require.NoError(t, err)
					sc.Sequence = append(sc.Sequence, op)
				}
				if tt.fault == "cold" {
					sc.Boot = 1
				}
			})
			seen, _ := play(t, m, tt.fault)
			name := strings.NewReplacer(" ", "-", ",", "").Replace(tt.name) + ".txt"
			golden(t, name, seen)
		})
	}
}

// What each fault leads to, on v4.6: the result of the operation that it hits and what is left of the CPU.
func TestOutcomes(t *testing.T) {
	tests := []struct {
		fault   string
		up      bool
		cold    bool
		result  Errno
		online  bool
		number  int  // of the final state
		parking bool // the smpboot threads are told to park
	}{
		{fault: "", result: OK, number: 0, parking: true},
		{fault: "", up: true, result: OK, online: true, number: 43},
		{fault: "", up: true, cold: true, result: OK, online: true, number: 43},
		{fault: "cpu_disable", result: EBUSY, online: true, number: 43},
		{fault: "teardown/dyn1", result: EAGAIN, online: true, number: 43},
		{fault: "down-prepare/notifier1", result: EPERM, online: true, number: 43},
		{fault: "try_online_node", up: true, result: ENOMEM, parking: true},
		{fault: "idle_thread_get", up: true, result: ENOMEM, parking: true},
		{fault: "up-prepare/notifier1", up: true, result: EPERM, parking: true},
		{fault: "cpu_up", up: true, result: EIO, parking: true},
		{fault: "startup/dyn1", up: true, result: EAGAIN, parking: true},
		{fault: "create/cpuhp", up: true, cold: true, result: ENOMEM},
		{fault: "create/smpboot1", up: true, cold: true, result: ENOMEM},
		{fault: "create/migration", up: true, cold: true, result: ENOMEM, parking: true},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%s up=%v cold=%v", tt.fault, tt.up, tt.cold), func(t *testing.T) {
			m := machine(t, "v4.6", func(sc *Scenario) {
				sc.Sequence = []Op{{CPU: 1}}
				if tt.up {
					sc.Sequence = append(sc.Sequence, Op{Up: true, CPU: 1})
				}
				if tt.cold {
					sc.Boot, sc.Sequence = 1, []Op{{Up: true, CPU: 1}}
				}
			})
			seen, state := play(t, m, tt.fault)
			lines := strings.Split(strings.TrimSpace(seen), "\n")
			assert.Contains(t, lines[len(lines)-1], "returns "+tt.result.String())
			c := &state.CPU[1]
			assert.Equal(t, tt.online, c.Online, "online")
			assert.Equal(t, tt.number, m.Ladder[c.State].Number, "state")
			assert.Equal(t, tt.parking, c.Thread[slotSmpboot].ShouldPark, "smpboot parked")
		})
	}
}

// The same state must always give the same actions, and each the same successor, no matter which Exec computes them.
func TestDeterminism(t *testing.T) {
	m := machine(t, "v4.6-rc3", func(sc *Scenario) { sc.Faults = 2 })
	other := m.NewExec()
	visit(m, 3000, func(_ *Exec, before, after *State, act Action) {
		again := *before
		if !slices.Contains(other.Enabled(before, nil), act) {
			t.Fatalf("%v is not enabled the second time", act)
		}
		other.Do(&again, act)
		if again != *after {
			t.Fatalf("another successor of %v", act)
		}
	})
}

// While the stoppers hold every CPU, nobody else runs.
func TestStoppersKeepOthersAway(t *testing.T) {
	m := machine(t, "v4.6", func(sc *Scenario) { sc.CPUs, sc.Sequence = 3, []Op{{CPU: 1}} })
	seen := false
	visit(m, 1<<30, func(_ *Exec, before, _ *State, act Action) {
		if before.Stop.State != StopRun {
			return
		}
		seen = true
		info := m.threads[act.Thread()]
		if info.kind != kindStopper && info.kind != kindIRQ {
			t.Fatalf("%s runs in %v", info.name, before.Stop.State)
		}
	})
	assert.True(t, seen, "MULTI_STOP_RUN was never reached")
}

// Marks say which instructions and faults there were.
func TestCoverage(t *testing.T) {
	m := machine(t, "v4.6", nil)
	x := m.NewExec()
	none := m.Coverage(x.Marks())
	assert.Len(t, none.Missed, none.Instructions)
	assert.Len(t, none.Unfired, none.Points)

	state := m.Initial()
	x.Do(&state, x.Enabled(&state, nil)[0]) // down:1
	x.Do(&state, x.Enabled(&state, nil)[0]) // mutex_lock
	c := m.Coverage(x.Marks())
	assert.Len(t, c.Missed, c.Instructions-2)
	assert.NotContains(t, c.Missed, Instruction{"cpu_maps_update_begin", "mutex_lock(&cpu_add_remove_lock)"})

	m = machine(t, "v4.6", func(sc *Scenario) { sc.Sequence = []Op{{Up: true, CPU: 1}} })
	x, state = m.NewExec(), m.Initial()
	x.Do(&state, x.Enabled(&state, nil)[0])
	x.Do(&state, x.Enabled(&state, nil)[1]) // try_online_node fails
	c = m.Coverage(x.Marks())
	assert.Len(t, c.Unfired, c.Points-1)
}

// A task may choose from more operations than a byte counts: a number for each state of a ladder, for each of seven
// CPUs.
func TestManyOutcomes(t *testing.T) {
	m := machine(
		t, "v6.12", func(sc *Scenario) { sc.CPUs, sc.Targets, sc.DynStates, sc.Installers = MaxCPUs, TargetsAll, 4, 2 },
	)
	s, x := m.Initial(), m.NewExec()
	assert.Greater(t, m.choices(), 256)
	byThread := map[ThreadID]int{}
	for _, act := range x.Enabled(&s, nil) {
		assert.Equal(t, byThread[act.Thread()], act.Outcome())
		byThread[act.Thread()]++
		assert.True(t, x.CanDo(&s, act))
	}
	assert.Equal(t, m.choices(), byThread[firstThread])
}
