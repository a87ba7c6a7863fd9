package model

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every released version since v4.6 is covered by one edition, and says so if it is not the edition's own.
func TestVersionsAreCovered(t *testing.T) {
	tests := []struct{ asked, edition, note string }{
		{"v4.6-rc3", "v4.6-rc3", ""},
		{"4.6-rc3", "v4.6-rc3", ""},
		{"4.6-rc1", "v4.6-rc3", "4.6-rc1"},
		{"4.6.0-rc4+", "v4.6-rc3", "4.6.0-rc4+"},
		{"v4.6-rc5", "v4.6", "4.6-rc5"},
		{"4.6-rc10", "v4.6", "4.6-rc10"},
		{"4.6", "v4.6", ""},
		{"4.9", "v4.6", "4.9"},
		{"4.20", "v4.19", "4.20"},
		{"5.12.19", "v4.19", "5.12.19"},
		{"v5.15", "v5.13", "5.15"},
		{"6.1.0-56-cloud-amd64", "v6.1", "6.1.0-56-cloud-amd64"},
		{"6.4", "v6.1", "6.4"},
		{"6.12.117", "v6.12", "6.12.117"},
		{"6.12-rt", "v6.12", "6.12-rt"},
		{"6.13", "v6.12", "6.13"},
		{"6.19.14", "v6.18", "6.19.14"},
		{"7.1", "v7.3", "7.1"},
		{"v7.3", "v7.3", ""},
		{"7.3.4", "v7.3", "7.3.4"},
		{"7.1/arm64", "v7.3/arm64", "7.1"},
	}
	for _, tt := range tests {
		k, err := Lookup(tt.asked)
		require.NoError(t, err, tt.asked)
		assert.Equal(t, [2]string{tt.edition, tt.note}, [2]string{k.Name, k.Asked}, tt.asked)
	}
	for asked, why := range map[string]string{
		"7.4":      `kernel "7.4" is newer than all editions: v7.3 is the newest, and covers 7.0 to 7.3`,
		"8.0-rc1":  `kernel "8.0-rc1" is newer than all editions: v7.3 is the newest, and covers 7.0 to 7.3`,
		"v4.5":     `kernel "v4.5" is older than all editions: v4.6-rc3 is the first`,
		"6.012":    `unknown kernel "6.012"`,
		"+6.12":    `unknown kernel "+6.12"`,
		"6.12x":    `unknown kernel "6.12x"`,
		"":         `unknown kernel ""`,
		"7.3/vax":  `unknown architecture "vax" (known: x86, arm64, riscv, s390, powerpc)`,
		"7.3/rscv": `unknown architecture "rscv", did you mean "riscv"?`,
	} {
		_, err := Lookup(asked)
		assert.ErrorContains(t, err, why, asked)
	}
}

// What editions say that they cover has no gap and no overlap.
func TestCoversWhatItFinds(t *testing.T) {
	covered := map[string]string{}
	for _, k := range Kernels() {
		covered[k.Name] = k.Covers()
	}
	assert.Equal(t, map[string]string{
		"v4.6-rc3": "", "v4.6": "4.6 to 4.9", "v4.10": "4.10 to 4.12", "v4.13": "4.13", "v4.14": "4.14 to 4.18",
		"v4.19": "4.19 to 5.12", "v5.13": "5.13 to 6.0", "v6.1": "6.1 to 6.4", "v6.6": "6.5 to 6.9",
		"v6.12": "6.10 to 6.13", "v6.18": "6.14 to 6.19", "v7.3": "7.0 to 7.3",
	}, covered)
}

// An architecture changes the configuration, and a name with one can be looked up again.
func TestArchitectures(t *testing.T) {
	for _, tt := range []struct {
		name                 string
		split, dead, smt, up bool
	}{
		{"v7.3", true, true, true, false},
		{"v7.3/x86", true, true, true, false},
		{"v7.3/arm64", false, true, true, true},
		{"v7.3/riscv", true, true, false, true},
		{"v6.12/riscv", false, true, false, true},
		{"v7.3/s390", false, false, true, false},
		{"v6.12/s390", false, false, false, false},
		{"v7.3/powerpc", false, false, true, true},
		{"v6.1/powerpc", false, false, false, true},
	} {
		k, err := Lookup(tt.name)
		require.NoError(t, err, tt.name)
		got := []bool{k.SplitStartup, k.SyncDead, k.SMTControl, k.BootCPUOffline}
		assert.Equal(t, []bool{tt.split, tt.dead, tt.smt, tt.up}, got, tt.name)
		assert.Equal(t, k.SplitStartup, k.step("CPUHP_BP_KICK_AP").Startup != "", tt.name)
		again, err := Lookup(k.Name)
		require.NoError(t, err, tt.name)
		assert.Equal(t, k, again)
		_, err = New(k, Default())
		require.NoError(t, err, tt.name)
	}
}
