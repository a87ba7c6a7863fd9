package custom

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
)

// Whatever a file of properties says, it is properties that can be looked at in a state, or an error with its place.
func FuzzParse(f *testing.F) {
	own, err := os.ReadFile("../../properties/own.toml")
	require.NoError(f, err)
	f.Add(own)
	for _, text := range []string{
		"[[property]]\nname = 'a'\ndoc = 'b'\nalways = 'cpus.all(.online)'\n",
		"[[property]]\nname = 'a'\ndoc = 'b'\nalways = 'all(cpus, .st_state == CPUHP_ONLINE)'\n",
		"[[property]]\nname = 'a'\ndoc = 'b'\nnever = 'event.kind == \"call\"'\nafter = 'true'\n",
	} {
		f.Add([]byte(text))
	}
	k, err := model.Lookup("v4.6")
	require.NoError(f, err)
	m, err := model.New(k, model.Default())
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, data []byte) {
		props, err := Parse(m, "own.toml", data)
		if err == nil {
			require.NotEmpty(t, props)
			require.NotNil(t, invariants.Compile(m, props))
		}
	})
}
