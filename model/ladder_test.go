package model

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An empty entry of the table is named for its number: a dynamic state only if it is one of those.
func TestGapsOfTheLadder(t *testing.T) {
	for _, k := range Kernels() {
		if k.DynFirst == 0 {
			continue
		}
		sc := Default()
		sc.Targets, sc.Faults, sc.Notifiers = TargetsAll, 0, 0
		for _, s := range k.ladder(&sc) {
			assert.NotContains(t, s.Symbol, "+-", k.Name)
			if strings.HasPrefix(s.Symbol, "CPUHP_AP_ONLINE_DYN+") {
				dynamic := k.DynFirst <= s.Number && s.Number <= k.DynLast
				assert.True(t, dynamic, "%s: %s (%d)", k.Name, s.Symbol, s.Number)
			}
		}
	}
	k, err := Lookup("v6.1")
	require.NoError(t, err)
	sc := Default()
	sc.Targets = TargetsAll
	var names []string
	for _, s := range k.ladder(&sc) {
		names = append(names, s.Symbol)
	}
	assert.Contains(t, names, "CPUHP_AP_SCHED_STARTING+1")
}
