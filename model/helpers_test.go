package model

import (
	"encoding/binary"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files anew; commit the difference only if you understand it")

// golden compares text with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o777))
		require.NoError(t, os.WriteFile(file, []byte(got), 0o666))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

// machine makes a machine of an edition; change may alter the default scenario.
func machine(t testing.TB, kernel string, change func(*Scenario)) *Machine {
	t.Helper()
	k, err := Lookup(kernel)
	require.NoError(t, err)
	sc := Default()
	if change != nil {
		change(&sc)
	}
	if sc = k.without(sc); k.Notifiers { // its states have none
		sc.Instances, sc.InstancesComeAndGo = 0, ""
	}
	if !k.SMTControl {
		sc.SMT = ""
	}
	sc.OfflineDisabled = sc.OfflineDisabled && k.OfflineBarred
	if !k.StatePerRun { // and nothing that keeps one of them
		sc.Clients = nil
	}
	m, err := New(k, sc)
	require.NoError(t, err)
	return m
}

// engines are editions of each shape that the programs have.
var engines = []string{"v4.6", "v4.10", "v4.13", "v4.14", "v4.19", "v5.13", "v6.1", "v6.12"}

// visit calls f for every transition that is reachable, at most limit states deep into the set of states. It is a plain
// breadth-first search.
func visit(m *Machine, limit int, f func(x *Exec, before, after *State, act Action)) (states int) {
	x := m.NewExec()
	words, key := make([]uint64, m.Words()), make([]byte, 0, 8*m.Words())
	seen := map[string]bool{}
	var queue []string
	add := func(s *State) {
		m.Encode(words, s)
		key = key[:0]
		for _, w := range words {
			key = binary.LittleEndian.AppendUint64(key, w)
		}
		if !seen[string(key)] {
			k := string(key)
			seen[k] = true
			queue = append(queue, k)
		}
	}
	var after State // here, or each transition has one of its own on the heap
	before, acts := m.Initial(), []Action(nil)
	add(&before)
	for i := 0; i < len(queue) && len(seen) < limit; i++ {
		for j := range words {
			words[j] = binary.LittleEndian.Uint64([]byte(queue[i][8*j : 8*j+8]))
		}
		m.Decode(&before, words)
		acts = x.Enabled(&before, acts[:0])
		for _, act := range acts {
			after = before
			x.Do(&after, act)
			f(x, &before, &after, act)
			add(&after)
		}
	}
	return len(seen)
}

// beside are scenarios with each of those who can be beside an operation.
var beside = append(others(), []struct {
	name   string
	change func(*Scenario)
}{
	{"plain", func(*Scenario) {}},
	{"instances", func(sc *Scenario) { sc.Instances, sc.Faults, sc.Notifiers = 2, 2, 0 }},
	{
		"an instance that comes and goes",
		func(sc *Scenario) { sc.Instances, sc.InstancesComeAndGo, sc.Ops, sc.Faults = 2, InstanceOfOne, 1, 1 },
	},
	{
		"a node on two lists",
		func(sc *Scenario) { sc.Instances, sc.InstancesComeAndGo, sc.Ops, sc.Faults = 1, InstanceShared, 0, 1 },
	},
	{"reader", func(sc *Scenario) { sc.Readers, sc.Ops, sc.Faults = 1, 1, 0 }},
	{"looping reader", func(sc *Scenario) { sc.Readers, sc.ReadersLoop, sc.Ops, sc.Faults = 1, true, 1, 0 }},
	{"installer", func(sc *Scenario) { sc.Installers, sc.Ops, sc.Notifiers = 1, 1, 0 }},
	{"installers", func(sc *Scenario) { sc.Installers, sc.Ops, sc.Faults = 2, 0, 1 }},
	{
		"installer of prepare states",
		func(sc *Scenario) { sc.Installers, sc.PrepareStates, sc.Ops, sc.Notifiers = 1, true, 1, 0 },
	},
	{"sysfs", func(sc *Scenario) { sc.Targets, sc.Faults, sc.Notifiers = TargetsAll, 0, 0 }},
	{"suspend", func(sc *Scenario) { sc.Suspend, sc.Ops, sc.Notifiers, sc.Disablers = true, 1, 0, 1 }},
	{"client", func(sc *Scenario) {
		sc.Clients, sc.Notifiers, sc.Ops, sc.DynStates, sc.Smpboot = []Client{everyVerb}, 0, 1, 0, 0
	}},
	{"CPU 0 goes down, and a suspend", func(sc *Scenario) {
		sc.CPUs, sc.CPU0Hotplug, sc.Suspend, sc.Ops, sc.Notifiers, sc.Faults = 3, true, true, 1, 0, 1
	}},
	{"absent", func(sc *Scenario) { sc.CPUs, sc.Absent, sc.Impossible = 3, 2, 1 }},
	{"reading callback", func(sc *Scenario) { sc.Callback, sc.Readers, sc.Ops = CallbackReads, 1, 1 }},
	{"waiting callback", func(sc *Scenario) { sc.Callback, sc.Readers, sc.Ops = CallbackWaits, 1, 1 }},
	{"grace periods", func(sc *Scenario) { sc.RCU, sc.Faults = true, 0 }},
	{"offlining disabled", func(sc *Scenario) {
		sc.OfflineDisabled, sc.Suspend, sc.Ops, sc.Notifiers, sc.Faults = true, true, 1, 0, 0
	}},
	{
		"grace periods, and power that goes off",
		func(sc *Scenario) { sc.RCU, sc.PowerOff, sc.Faults, sc.Ops = true, true, 0, 3 },
	},
	{"migrators", func(sc *Scenario) { sc.Migrators, sc.Ops, sc.Faults, sc.Notifiers = 2, 1, 0, 0 }},
	{"wake-ups", func(sc *Scenario) { sc.WakeUps, sc.Readers, sc.Ops, sc.Faults, sc.Notifiers = 2, 1, 1, 0, 0 }},
	{"a task that is throttled", func(sc *Scenario) { sc.Throttle, sc.Ops, sc.Faults = ThrottleTask, 2, 0 }},
	{"a holder that is throttled", func(sc *Scenario) { sc.Throttle, sc.Ops, sc.Faults = ThrottleHolder, 2, 0 }},
	{"cpuset", func(sc *Scenario) { sc.Cpuset, sc.Suspend, sc.Ops, sc.Faults = true, true, 1, 1 }},
	{"second threads", func(sc *Scenario) { sc.SMT, sc.Faults, sc.Notifiers = SMTOn, 1, 0 }},
	{
		"second threads that are forbidden",
		func(sc *Scenario) { sc.SMT, sc.Boot, sc.Faults, sc.Disablers = SMTOff, 1, 1, 1 },
	},
	{"boot", func(sc *Scenario) {
		sc.CPUs, sc.Boot, sc.Sequence, sc.Faults, sc.Notifiers = 3, 1, []Op{{Via: ViaBoot}, {CPU: 1}}, 1, 0
	}},
	{"a state that comes and goes", func(sc *Scenario) {
		sc.Modules, sc.Ops, sc.Faults, sc.Notifiers = []string{"workqueue:online"}, 1, 1, 0
	}},
	{"a prepare state that comes and goes", func(sc *Scenario) {
		sc.Modules, sc.Ops, sc.Faults, sc.Notifiers = []string{"workqueue:prepare=0"}, 1, 1, 0
	}},
	{"half callback", func(sc *Scenario) { sc.Callback, sc.Faults = CallbackHalf, 2 }},
}...)

// others are scenarios with those participants that nobody has thought of above.
func others() (all []struct {
	name   string
	change func(*Scenario)
}) {
	for _, p := range Participants() {
		if slices.Contains([]string{
			"readers", "installers", "suspend", "disablers", "instances-come-and-go", "throttle", "cpuset", "module",
			"wake-ups", "client", "migrators",
		}, p.Key) {
			continue
		}
		all = append(all, struct {
			name   string
			change func(*Scenario)
		}{p.Key, func(sc *Scenario) {
			sc.Ops, sc.Notifiers, sc.Faults = 1, 0, 1
			p.Join(sc)
		}})
	}
	return all
}
