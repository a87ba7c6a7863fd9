package drift

import (
	"bytes"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A report in JSON is what its schema says, whatever is in it.
func TestSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("../docs/schema/drift-1.schema.json")
	require.NoError(t, err)
	full := against(t, strings.NewReplacer("sum > 100", "sum > 99", "static int prepare", "static int refill",
		"= prepare", "= refill", "prepare(cpu)", "refill(cpu)", "tell(n);", "").Replace(core), header)
	full.Machine, err = full.Taken.Machine("states", "0: offline\n9: x\n")
	require.NoError(t, err)
	full.Settings = []Setting{{Name: "CONFIG_X", Was: "y", Is: "n"}}
	broken := against(t, core+"int bad(void) { x = ; }", header)
	require.NotEmpty(t, broken.Taken.Unit.Problems())
	for _, r := range []*Report{against(t, core, header), full, broken} {
		var b bytes.Buffer
		require.NoError(t, r.JSON(&b))
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b.Bytes()))
		require.NoError(t, err)
		require.NoError(t, schema.Validate(v), b.String())
		assert.Contains(t, b.String(), `"$schema": "`+schema.ID+`"`)
	}
}
