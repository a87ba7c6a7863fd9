package invariants

import (
	"context"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/model"
)

// machine makes a machine; fixes are taken out of the edition, and change may alter the default scenario.
func machine(t testing.TB, kernel string, without []string, change func(*model.Scenario)) *model.Machine {
	t.Helper()
	k, err := model.Lookup(kernel)
	require.NoError(t, err)
	k, err = k.Revert(without...)
	require.NoError(t, err)
	sc := model.Default()
	if change != nil {
		change(&sc)
	}
	if k.Notifiers { // its states have none, and see to less
		sc.Instances, sc.PrepareStates, sc.Throttle, sc.Cpuset = 0, false, "", false
	}
	if !k.SMTControl {
		sc.SMT = ""
	}
	if !k.StatePerRun { // and nothing that keeps one of them
		sc.InstancesComeAndGo, sc.Modules = "", nil
	}
	if !k.Notifiers { // there are no such points
		sc.FaultPoints = nil
	}
	m, err := model.New(k, sc)
	require.NoError(t, err)
	return m
}

// explored explores a suite with all properties, to the end.
func explored(t testing.TB, m *model.Machine, workers int) (*Suite, *explore.Result) {
	t.Helper()
	s := Compile(m, All())
	r, err := explore.Run(context.Background(), s, explore.Options{Workers: workers})
	require.NoError(t, err)
	require.Equal(t, explore.Exhausted, r.Stop)
	return s, r
}

// violated maps the violated properties to the lengths of their counterexamples.
func violated(s *Suite, r *explore.Result) map[string]int {
	out := map[string]int{}
	for _, v := range r.Violations {
		out[s.Properties[v.Property].Name] = len(v.Trace.Steps)
	}
	return out
}

// keyOf is a state as a key of a map.
func keyOf(words []uint64) string {
	key := make([]byte, 0, 8*len(words))
	for _, w := range words {
		key = binary.LittleEndian.AppendUint64(key, w)
	}
	return string(key)
}
