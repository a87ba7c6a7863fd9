package reports

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
)

// Every line is an object of the schema, and together they say what the run says.
func TestStreamFollowsTheSchema(t *testing.T) {
	c := jsonschema.NewCompiler()
	for _, name := range []string{"hpcheck-1.schema.json", "hpcheck-lines-1.schema.json"} {
		data, err := os.ReadFile("../docs/schema/" + name)
		require.NoError(t, err)
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		require.NoError(t, err)
		require.NoError(t, c.AddResource(doc.(map[string]any)["$id"].(string), doc))
	}
	schema, err := c.Compile(linesURL)
	require.NoError(t, err)
	for name, r := range someRuns(t) {
		k, err := model.Lookup(r.Kernel.Name)
		require.NoError(t, err)
		m, err := model.New(k, r.Scenario)
		require.NoError(t, err)
		var b bytes.Buffer
		s := NewStream(&b)
		s.Start(invariants.Compile(m, invariants.All()), "v1", nil)
		s.Progress(explore.Progress{States: 7, Elapsed: 3 * time.Second})
		s.Progress(explore.Progress{States: 8, Elapsed: 3*time.Second + time.Millisecond})
		for _, c := range r.Violations() {
			s.Violation(c)
			break
		}
		require.NoError(t, s.End(r))
		kinds := map[string]int{}
		for _, line := range bytes.Split(bytes.TrimSuffix(b.Bytes(), []byte("\n")), []byte("\n")) {
			doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(line))
			require.NoError(t, err)
			assert.NoError(t, schema.Validate(doc), "%s: %.200s", name, line)
			var kind struct{ Kind string }
			require.NoError(t, json.Unmarshal(line, &kind))
			kinds[kind.Kind]++
		}
		want := map[string]int{"start": 1, "progress": 1, "end": 1}
		if n := len(r.Violations()); n > 0 {
			want["violation"] = n
		}
		assert.Equal(t, want, kinds, name)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(`{"kind":"progress"}`)))
	require.NoError(t, err)
	assert.Error(t, schema.Validate(doc))
}

// full is a disk that is full.
type full struct{ n int }

var errFull = errors.New("no space left")

func (f *full) Write([]byte) (int, error) {
	f.n++
	return 0, errFull
}

// After an error nothing more is written, and the error is told.
func TestStreamOnAFullDisk(t *testing.T) {
	f := &full{}
	s := NewStream(f)
	r := run(t, "v4.6-rc3", explore.Options{})
	s.Violation(r.Violations()[0])
	assert.ErrorIs(t, s.End(r), errFull)
	assert.Equal(t, 1, f.n)
}
