package lower_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestThreadsThatCome: the list hotplug_threads, which changes, is gone through from the C too. A thread ends when it
// is told to, and one that was never made is a NULL pointer.
func TestThreadsThatCome(t *testing.T) {
	sc := small()
	sc.Registrar, sc.Smpboot, sc.Ops, sc.Faults, sc.Boot, sc.DynStates = true, 1, 1, 0, 1, 0
	k := threaded(
		t, "		if (asked(current)) {",
		"		if (test_bit(KTHREAD_SHOULD_STOP, &to_kthread(current)->flags))\n			return 0;\n"+
			"		if (asked(current)) {",
	)
	_, violated := verdicts(t, k, sc)
	assert.Empty(t, violated)
	k, err := k.Revert("register-waits")
	require.NoError(t, err)
	_, violated = verdicts(t, k, sc)
	assert.Equal(t, []string{"no-bug-on"}, violated)
}
