package lower_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/lower"
	"github.com/hpcheck/hpcheck/model"
)

// TestAssume: what is assumed of a function that nobody knows decides what is found, and is told.
func TestAssume(t *testing.T) {
	const call = "\tkthread_park(st->thread);\n\tirq_lock_sparse();\n"
	for _, c := range []struct {
		code, assume string
		violated     string // "" for nothing
	}{
		{"\tpower_tell(cpu, 1);\n", "power_tell=nothing", ""},
		{"\tpower_tell(cpu, 1);\n", "power_tell=sleeps", ""},
		{"\terr = power_ask(cpu);\n\tif (err)\n\t\treturn err;\n", "power_ask=0", ""},
		{"\terr = power_ask(cpu);\n\tif (err)\n\t\treturn err;\n", "power_ask=-EBUSY", "no-deadlock"},
		{"\terr = power_ask(cpu);\n\tif (err)\n\t\treturn err;\n", "power_ask=fails", "no-deadlock"},
		{"\terr = power_ask(cpu);\n\tif (err) {\n\t\tkthread_unpark(st->thread);\n\t\treturn err;\n\t}\n",
			"power_ask=fails", ""},
		{"\tif (power_says(cpu, st->state))\n\t\treturn -EBUSY;\n", "power_says=0", ""},
		{"\tif (power_says(cpu, st->state))\n\t\treturn -EBUSY;\n", "power_says=1", "no-deadlock"},
	} {
		k := kernel(t, core(t, call, "\tkthread_park(st->thread);\n"+c.code+"\tirq_lock_sparse();\n"))
		_, err := model.New(k, small())
		require.ErrorContains(t, err, "assume=power_", c.assume)
		source := k.Source.(*lower.Source)
		_, was := source.Origin()
		require.NoError(t, source.Assume(c.assume))
		_, is := source.Origin()
		assert.NotEqual(t, was, is, "it is another program")
		_, violated := verdicts(t, k, small())
		if c.violated == "" {
			assert.Empty(t, violated, c.assume)
		} else {
			assert.Contains(t, violated, c.violated, c.assume)
		}
		assumed := 0
		for _, n := range source.Notes() {
			if n.What == "assumption" {
				assumed++
				assert.Contains(t, c.assume, n.Name+"=")
			}
		}
		assert.Equal(t, 1, assumed, c.assume)
	}
}

// TestAssumeWhat: what makes no sense is refused.
func TestAssumeWhat(t *testing.T) {
	for text, want := range map[string]string{
		"power_tell":          "want NAME=nothing",
		"=nothing":            "want NAME=nothing",
		"power_tell=magic":    `"magic" is nothing that can be assumed of a function: want nothing, sleeps, fails`,
		"power_tell=128":      "a number up to 127",
		"power_tell=-1000":    "an error such as -EBUSY",
		"mutex_lock=nothing":  "mutex_lock() has a meaning in the model",
		"pr_warn=sleeps":      "pr_warn() has a meaning in the model",
		"takedown_cpu=fails":  "takedown_cpu() has a meaning in the model",
		"cpumask_first=0":     "cpumask_first() has a meaning in the model",
		"work_on_cpu=nothing": "work_on_cpu() has a meaning in the model",
	} {
		k := kernel(t, core(t))
		assert.ErrorContains(t, k.Source.(*lower.Source).Assume(text), want)
	}
	k := kernel(t, core(t, "\tsmp_mb();\n", "\tpower_tell(st->last++);\n\tsmp_mb();\n"))
	require.NoError(t, k.Source.(*lower.Source).Assume("power_tell=nothing"))
	_, err := model.New(k, small())
	assert.ErrorContains(t, err, "is an argument of power_tell(), of which something is assumed, and would be left out")
}
