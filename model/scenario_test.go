package model

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestValidate(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Scenario)
		want   string
	}{
		{"default", func(*Scenario) {}, ""},
		{"one CPU", func(sc *Scenario) { sc.CPUs = 1 }, "cpus 1: want 2 to 8"},
		{"too many CPUs", func(sc *Scenario) { sc.CPUs = 99 }, "cpus 99: want 2 to 8"},
		{"more at boot than there are", func(sc *Scenario) { sc.Boot = 3 }, "maxcpus 3: want 0 to 2"},
		{"no task", func(sc *Scenario) { sc.Tasks = 0 }, "tasks 0: want 1 to 4"},
		{"negative faults", func(sc *Scenario) { sc.Faults = -1 }, "faults -1: want 0 to 15"},
		{
			"no such CPU", func(sc *Scenario) { sc.Sequence = []Op{{Up: true, CPU: 7}} },
			"op up:7: want a CPU from 0 to 1",
		},
		{
			"second threads that there are not", func(sc *Scenario) { sc.Sequence = []Op{{Via: ViaSMT}} },
			"op smt:off: want smt=on or smt=off, so that there are second threads",
		},
		{"boots late", func(sc *Scenario) { sc.Boot, sc.Sequence = 1, []Op{{CPU: 1}, {Via: ViaBoot}} },
			"op boot: want it as the first operation of one task, with maxcpus=1"},
		{
			"boots what is up", func(sc *Scenario) { sc.Sequence = []Op{{Via: ViaBoot}} },
			"op boot: want it as the first operation of one task, with maxcpus=1",
		},
		{
			"nobody can be throttled so", func(sc *Scenario) { sc.Throttle = "reader" },
			"throttle reader: want none, task or holder",
		},
		{"too many of all", func(sc *Scenario) { sc.Tasks, sc.Readers, sc.Migrators = 4, 3, 1 },
			"tasks 4, readers, installers and others: want at most 7 of all together"},
		{"long sequence", func(sc *Scenario) { sc.Sequence = make([]Op, 16) }, "op 16 operations: want at most 15"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sc := Default()
			tt.change(&sc)
			err := sc.Validate()
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			var param *ParamError
			require.ErrorAs(t, err, &param)
			assert.EqualError(t, err, tt.want)
		})
	}
}

func TestParseOp(t *testing.T) {
	for _, text := range []string{"up:1", "down:7", "online:2=0", "target:1=-1", "smt:on", "smt:off", "boot", "boot:0",
		"boot:3"} {
		op, err := ParseOp(text)
		require.NoError(t, err)
		assert.Equal(t, text, op.String())
	}
	for _, text := range []string{"", "up", "up:", "up:x", "up:-1", "up:999", "left:1", "1", "smt", "smt:1", "boot:x"} {
		_, err := ParseOp(text)
		assert.Error(t, err, text)
	}
}

func TestFaultPatterns(t *testing.T) {
	enabled := func(patterns ...string) []string {
		m := machine(t, "v4.6", func(sc *Scenario) { sc.FaultPoints = patterns })
		var names []string
		for _, p := range m.FaultPoints {
			if p.Enabled {
				names = append(names, p.Name)
			}
		}
		return names
	}
	assert.Equal(t, []string{"cpu_disable"}, enabled("cpu_disable"))
	assert.Equal(
		t, []string{"dead/notifier1", "dead/notifier2"}, enabled("dead/*"), "a contract is broken when it is named",
	)
	assert.NotContains(t, enabled(), "dead/notifier1")

	k, err := Lookup("v4.6")
	require.NoError(t, err)
	sc := Default()
	sc.FaultPoints = []string{"cpu_disable", "cpu_enable"}
	_, err = New(k, sc)
	assert.ErrorContains(t, err, `unknown fault point "cpu_enable", did you mean "cpu_disable"?`)
}

func TestScenarioString(t *testing.T) {
	sc := Default()
	assert.Equal(
		t, "2 CPUs, 1 task, 2 operations, 2 notifiers, 1 dynamic state, 1 smpboot thread per CPU, 1 fault", sc.String(),
	)
	sc.Boot, sc.Sequence, sc.FaultPoints = 1, []Op{{CPU: 1}, {Up: true, CPU: 1}}, []string{"cpu_*"}
	assert.Contains(t, sc.String(), "2 CPUs (1 up at boot), 1 task, down:1 up:1")
	assert.Contains(t, sc.String(), "1 fault at cpu_*")
}
