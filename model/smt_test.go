package model

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// written are the results of the writes of one task, on every schedule the same, and the CPUs that are online then.
func written(t *testing.T, m *Machine) (results []Errno, online []int) {
	t.Helper()
	seen, ends, look := map[int]map[Errno]bool{}, 0, m.NewExec()
	states := visit(m, 50_000, func(x *Exec, before, after *State, act Action) {
		for _, e := range x.Events {
			if e.Kind == EventReturn {
				made := int(after.Task[m.threads[act.Thread()].index].Made)
				if seen[made] == nil {
					seen[made] = map[Errno]bool{}
				}
				seen[made][e.Ret] = true
			}
		}
		if len(look.Enabled(after, nil)) > 0 {
			return
		}
		now := []int(nil)
		for cpu := range m.Scenario.CPUs {
			if after.CPU[cpu].Online {
				now = append(now, cpu)
			}
		}
		if ends++; ends == 1 {
			online = now
		}
		assert.Equal(t, online, now)
	})
	require.Less(t, states, 50_000)
	require.Positive(t, ends)
	for made := 0; len(results) < len(seen); made++ {
		require.LessOrEqual(t, len(seen[made]), 1, "write %d", made)
		for ret := range seen[made] {
			results = append(results, ret)
		}
	}
	return results, online
}

// What comes of writes to a machine with second threads, by architecture: arch is "" for x86.
func TestSecondThreads(t *testing.T) {
	for _, tt := range []struct {
		name, arch string
		change     func(*Scenario)
		ops        []string
		results    []Errno
		online     []int
	}{
		{
			"three threads of a core of four", "powerpc", func(sc *Scenario) { sc.CPUs, sc.SMTThreads = 3, 4 },
			[]string{"smt:off", "smt:on"}, []Errno{OK, OK}, []int{0, 1, 2},
		},
		{
			"off leaves one thread of each core", "", func(sc *Scenario) { sc.CPUs, sc.SMTThreads = 4, 3 },
			[]string{"smt:off"}, []Errno{OK}, []int{0, 3},
		},
		{
			"a second thread that was never started", "", func(sc *Scenario) { sc.SMT, sc.Boot = SMTOff, 1 },
			[]string{"online:1=1", "online:1=1"}, []Errno{ECANCELED, EPERM}, []int{0},
		},
		{
			"the same, started at each write", "arm64", func(sc *Scenario) { sc.SMT, sc.Boot = SMTOff, 1 },
			[]string{"online:1=1", "online:1=1"}, []Errno{ECANCELED, ECANCELED}, []int{0},
		},
		{
			"also if it was started at boot", "arm64", func(sc *Scenario) { sc.SMT = SMTOff },
			[]string{"online:1=1", "online:1=1"}, []Errno{ECANCELED, ECANCELED}, []int{0},
		},
		{
			"the first that is online is primary", "arm64", func(sc *Scenario) { sc.Targets = TargetsAll },
			[]string{"target:0=0", "smt:off", "down:1"}, []Errno{OK, OK, EBUSY}, []int{1},
		},
		{
			"the first is, online or not", "", func(sc *Scenario) { sc.Targets = TargetsAll },
			[]string{"target:0=0", "smt:off"}, []Errno{OK, EBUSY}, []int{1},
		},
		{
			"a core that is offline stays so", "powerpc", func(sc *Scenario) { sc.CPUs = 3 },
			[]string{"online:2=0", "smt:off", "smt:on"}, []Errno{OK, OK, OK}, []int{0, 1},
		},
		{
			"or not", "", func(sc *Scenario) { sc.CPUs = 3 },
			[]string{"online:2=0", "smt:off", "smt:on"}, []Errno{OK, OK, OK}, []int{0, 1, 2},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k, err := Lookup("v7.3")
			require.NoError(t, err)
			if tt.arch != "" {
				k, err = k.On(tt.arch)
				require.NoError(t, err)
			}
			sc := Default()
			sc.SMT, sc.Notifiers, sc.DynStates, sc.Smpboot, sc.Faults, sc.Targets = SMTOn, 0, 0, 0, 0, TargetsOnline
			tt.change(&sc)
			for _, text := range tt.ops {
				op, err := ParseOp(text)
				require.NoError(t, err)
				sc.Sequence = append(sc.Sequence, op)
			}
			m, err := New(k, sc)
			require.NoError(t, err)
			results, online := written(t, m)
			assert.Equal(t, tt.results, results)
			assert.Equal(t, tt.online, online)
		})
	}
}

// On powerpc the number of threads that a refused off has left behind keeps a second thread from coming back.
func TestSecondThreadAfterRefusedOff(t *testing.T) {
	for arch, want := range map[string][]Errno{"x86": {EBUSY, OK, OK}, "powerpc": {EBUSY, OK, EPERM}} {
		k, err := Lookup("v7.3")
		require.NoError(t, err)
		k, err = k.On(arch)
		require.NoError(t, err)
		sc := Default()
		sc.SMT, sc.DynStates, sc.Smpboot, sc.FaultPoints = SMTOn, 0, 0, []string{"sched_cpu_deactivate"}
		for _, text := range []string{"smt:off", "down:1", "up:1"} {
			op, err := ParseOp(text)
			require.NoError(t, err)
			sc.Sequence = append(sc.Sequence, op)
		}
		m, err := New(k, sc)
		require.NoError(t, err)
		x, state := m.NewExec(), m.Initial()
		var results []Errno
		for range 10_000 {
			actions := x.Enabled(&state, nil)
			if len(actions) == 0 {
				break
			}
			x.Do(&state, actions[len(actions)-1]) // the fault, where there is one
			for _, e := range x.Events {
				if e.Kind == EventReturn {
					results = append(results, e.Ret)
				}
			}
		}
		assert.Equal(t, want, results, arch)
	}
}

// What is said of a kernel without smt/control is why it has none.
func TestWithoutSecondThreads(t *testing.T) {
	sc := Default()
	sc.SMT = SMTOn
	for _, tt := range []struct{ kernel, arch, config, want string }{
		{"v4.14", "", "", "v4.19 or a later kernel, which has smt/control"},
		{"v7.3", "riscv", "", "another architecture: riscv has no smt/control"},
		{"v6.12", "arm64", "", "v6.16 or a later kernel, the first that has smt/control on arm64"},
		{"v7.3", "x86", "my.config", "a configuration with CONFIG_HOTPLUG_SMT, which my.config does not set"},
		{"v7.3", "arm64", "my.config", "a configuration with CONFIG_HOTPLUG_SMT, which my.config does not set"},
	} {
		k, err := Lookup(tt.kernel)
		require.NoError(t, err)
		switch {
		case tt.config != "":
			set := func(symbol string) bool { return symbol == "CONFIG_HOTPLUG_CPU" }
			k, err = k.Configured(tt.config, tt.arch, set)
		case tt.arch != "":
			k, err = k.On(tt.arch)
		}
		require.NoError(t, err)
		_, err = New(k, sc)
		var wrong *ParamError
		require.ErrorAs(t, err, &wrong)
		assert.Equal(t, "smt", wrong.Param)
		assert.Equal(t, tt.want, wrong.Want)
	}
	for n, smt := range map[int]SMTControl{4: SMTNone, 1: SMTOn, 9: SMTOn} {
		sc.SMT, sc.SMTThreads = smt, n
		require.ErrorContains(t, sc.Validate(), "smt-threads")
	}
}

// A tree's bringup_nonboot_cpus() is called with what maxcpus= says, or with more than there are.
func TestSetupMaxCPUs(t *testing.T) {
	for text, want := range map[string]int{"boot:2": 2, "boot:0": 0, "boot": 15, "up:1": 15} {
		op, err := ParseOp(text)
		require.NoError(t, err)
		k, err := Lookup("v7.3")
		require.NoError(t, err)
		sc := Default()
		sc.Boot, sc.Sequence = 1, []Op{op}
		m, err := New(k, sc)
		require.NoError(t, err)
		assert.Equal(t, want, m.SetupMaxCPUs(), text)
	}
}
