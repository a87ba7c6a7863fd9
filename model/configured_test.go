package model

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestConfigured(t *testing.T) {
	x86 := []string{"HOTPLUG_CPU", "HOTPLUG_SPLIT_STARTUP", "HOTPLUG_CORE_SYNC_DEAD", "HOTPLUG_SMT",
		"CPU_HOTPLUG_STATE_CONTROL"}
	for _, tt := range []struct {
		kernel, arch       string
		set                []string
		split, dead, smt   bool
		inferred, mistaken string
	}{
		{"v7.3", "x86", x86, true, true, true, "", ""},
		{"v7.3", "x86", x86[:4], true, true, true, "hotplug/target takes the first state and the last", ""},
		{"v7.3", "x86", []string{"HOTPLUG_CPU"}, false, false, false, "no split startup", ""},
		{"v7.3", "arm64", []string{"HOTPLUG_CPU", "HOTPLUG_CORE_SYNC_DEAD"}, false, true, false, "no smt/control", ""},
		{"v7.3", "riscv", x86, true, true, false, "inferred riscv", ""},
		{"v6.1", "x86", []string{"HOTPLUG_CPU", "HOTPLUG_SMT"}, false, false, true, "", ""},
		{"v6.1", "x86", x86, false, false, false, "", "sets CONFIG_HOTPLUG_SPLIT_STARTUP, which v6.1 has not"},
		{"v7.3", "x86", nil, false, false, false, "", "does not set CONFIG_HOTPLUG_CPU"},
		{"v7.3", "sparc", x86, false, false, false, "", `unknown architecture "sparc"`},
	} {
		k, err := Lookup(tt.kernel)
		require.NoError(t, err)
		set := map[string]bool{}
		for _, name := range tt.set {
			set["CONFIG_"+name] = true
		}
		on, err := k.Configured(".config", tt.arch, func(symbol string) bool { return set[symbol] })
		if tt.mistaken != "" {
			assert.ErrorContains(t, err, tt.mistaken)
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, []bool{tt.split, tt.dead, tt.smt}, []bool{on.SplitStartup, on.SyncDead, on.SMTControl},
			"%s on %s with %v", tt.kernel, tt.arch, tt.set)
		lines := ""
		for _, line := range on.Inferred {
			lines += line + "\n"
		}
		assert.Contains(t, lines, tt.inferred)
		_, err = New(on, Default())
		assert.NoError(t, err)
	}
}
