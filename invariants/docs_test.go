package invariants

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/model"
)

// docs/model.md must name every instruction and fault that the default flags never reach, and the flags that it names
// must reach them.
func TestCoverageIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../docs/model.md")
	require.NoError(t, err)
	documented := func(in model.Instruction) bool {
		return strings.Contains(string(text), "| `"+in.Function+"(): "+in.Label+"` |")
	}
	missed := func(change func(*model.Scenario)) model.Coverage {
		m := machine(t, "v4.6", nil, change)
		_, r := explored(t, m, 2)
		return m.Coverage(r.Marks[1:])
	}
	for _, change := range []func(*model.Scenario){nil, func(sc *model.Scenario) { sc.CPUs = 3 }} {
		c := missed(change)
		for _, in := range c.Missed {
			assert.True(t, documented(in), "docs/model.md does not say what reaches %s(): %s", in.Function, in.Label)
		}
		for _, p := range c.Unfired {
			create := strings.HasPrefix(p.Name, "create/") // one row stands for all of these
			assert.True(
				t,
				create || strings.Contains(string(text), "| fault `"+p.Name+"` |"),
				"docs/model.md does not say what fires %s",
				p.Name,
			)
		}
	}
	cold := missed(func(sc *model.Scenario) { sc.Boot, sc.Faults, sc.DynStates = 1, 2, 2 })
	assert.Equal(t, []model.Instruction{{Function: "cpuhp_online_idle", Label: "complete(&st->done)"}}, cold.Missed)
	require.Len(t, cold.Unfired, 1)
	assert.Equal(t, "undo-teardown/dyn2", cold.Unfired[0].Name)
}
