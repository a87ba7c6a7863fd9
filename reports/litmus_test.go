package reports

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
)

// finding29 is the counterexample of finding 29, as it comes back from a file.
func finding29(t *testing.T) *Saved {
	t.Helper()
	k, err := model.Lookup("v6.12")
	require.NoError(t, err)
	sc := model.Default()
	sc.Sequence, sc.Ops, sc.Notifiers = []model.Op{{CPU: 1}}, 0, 0
	sc.MemoryModel, sc.FaultPoints = model.Relaxed, []string{"fail/sched:active"}
	m, err := model.New(k, sc)
	require.NoError(t, err)
	props, err := invariants.Select(nil, "no-deadlock")
	require.NoError(t, err)
	s := invariants.Compile(m, props)
	result, err := explore.Run(context.Background(), s, explore.Options{})
	require.NoError(t, err)
	r, err := NewRun(s, result, 0)
	require.NoError(t, err)
	require.Len(t, r.Violations(), 1)
	saved, err := ReadSaved(bytes.NewReader(render(t, r.Violations()[0].JSON)))
	require.NoError(t, err)
	return &saved[0]
}

func TestLitmus(t *testing.T) {
	saved := finding29(t)
	litmusOf := func(s *Saved) (*Litmus, error) {
		m, err := s.Machine("", nil)
		require.NoError(t, err)
		return LitmusOf(m, s)
	}
	l, err := litmusOf(saved)
	require.NoError(t, err)
	golden(t, "v6.12-no-deadlock.litmus", render(t, l.Write))

	strong := *saved
	strong.Scenario.MemoryModel = model.SC
	_, err = litmusOf(&strong)
	assert.ErrorContains(t, err, "want a counterexample of memory-model=relaxed")
	other := *saved
	other.Trace = append([]int{99}, saved.Trace[1:]...)
	_, err = litmusOf(&other)
	assert.ErrorContains(t, err, "step 1: this hpcheck has no such step")
	before := *saved
	before.Trace, before.Steps = saved.Trace[:30], saved.Steps[:30]
	_, err = litmusOf(&before)
	assert.ErrorContains(t, err, "nothing in it reads what was overwritten before")
}

// herd7 must call the test allowed, and the same with a barrier between the loads forbidden. Name it in HPCHECK_HERD7,
// and a kernel's tree in HPCHECK_KERNEL_TREE; it was run with herd7 7.58 and the tree of 7.3.
func TestHerdAllowsFinding29(t *testing.T) {
	herd, tree := os.Getenv("HPCHECK_HERD7"), os.Getenv("HPCHECK_KERNEL_TREE")
	if herd == "" || tree == "" {
		t.Skip("HPCHECK_HERD7 and HPCHECK_KERNEL_TREE do not name herd7 and a kernel's tree")
	}
	text, err := os.ReadFile("testdata/v6.12-no-deadlock.litmus")
	require.NoError(t, err)
	assert.Equal(t, "Sometimes", observed7(t, herd, tree, string(text)))
	last := strings.LastIndex(string(text), "\tr2 = READ_ONCE(")
	assert.Equal(t, "Never", observed7(t, herd, tree, string(text[:last])+"\tsmp_mb();\n"+string(text[last:])))
}

// observed7 is herd7's observation. It exits with 0 for a test that it cannot read, and then there is none.
func observed7(t *testing.T, herd, tree, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "test.litmus")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o666))
	cmd := exec.Command(herd, "-conf", "linux-kernel.cfg", file)
	cmd.Dir = filepath.Join(tree, "tools", "memory-model")
	out, err := cmd.Output()
	require.NoError(t, err)
	_, verdict, found := strings.Cut(string(out), "\nObservation ")
	require.True(t, found, string(out))
	return strings.Fields(verdict)[1]
}
