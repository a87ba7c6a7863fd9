package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/reports"
)

const suiteSchema = "../../docs/schema/suite-1.schema.json"

// schemaOfSuites is the JSON Schema of suites, for editors. A flag is a key.
func schemaOfSuites(t *testing.T) []byte {
	t.Helper()
	type object = map[string]any
	flags := object{}
	fs := pflag.NewFlagSet("run", pflag.ContinueOnError)
	new(checkFlags).addCheck(fs)
	fs.VisitAll(func(f *pflag.Flag) {
		_, usage := pflag.UnquoteUsage(f)
		key := object{"description": usage}
		_, list := f.Value.(pflag.SliceValue)
		switch kind := f.Value.Type(); {
		case list && kind == "intSlice":
			key["type"], key["items"] = []string{"integer", "array"}, object{"type": "integer", "minimum": 0}
		case list:
			key["type"], key["items"] = []string{"string", "array"}, object{"type": "string"}
		case kind == "int" || kind == "uint64":
			key["type"], key["minimum"] = "integer", 0
		case kind == "bool":
			key["type"] = "boolean"
		case kind == "SIZE":
			key["type"] = []string{"string", "integer"}
		default:
			key["type"] = "string"
		}
		flags[suiteKey(f)] = key
	})
	run := object{
		"name":    object{"type": "string", "description": "names the run, and its directory of reports"},
		"about":   object{"type": "string", "description": "what it is for"},
		"finding": object{"type": "string", "description": "what is known of its violations"},
		"states":  object{"type": "integer", "minimum": 1, "description": "how many states there must be"},
		"covers": object{"type": "array", "items": object{"type": "string"},
			"description": "kernel functions of which every instruction must be executed"},
		"expect": object{
			"description": "the verdicts: of all properties, or of some; the others must hold, or never apply",
			"oneOf": []any{
				object{"enum": []string{"holds", "violated"}},
				object{"type": "object", "additionalProperties": object{"oneOf": []any{
					object{"enum": reports.Words()},
					object{
						"type": "integer", "minimum": 1,
						"description": "violated, and the shortest counterexample has so many steps",
					},
				}}},
			},
		},
	}
	for name, key := range flags {
		run[name] = key
	}
	schema := object{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"$id":     "https://raw.githubusercontent.com/hpcheck/hpcheck/main/docs/schema/suite-1.schema.json",
		"title":   "A suite of runs, as hpcheck run makes them",
		"type":    "object", "additionalProperties": false, "required": []string{"run"},
		"properties": object{
			"defaults": object{
				"type": "object", "description": "flags for every run that does not set them",
				"additionalProperties": false, "properties": flags,
			},
			"run": object{
				"type":     "array",
				"minItems": 1,
				"items": object{"type": "object", "additionalProperties": false,
					"required": []string{"name"}, "properties": run},
			},
		},
	}
	fs.VisitAll(func(f *pflag.Flag) {
		if f.Name == "workers" {
			assert.NotContains(t, flags["workers"].(object)["description"], "2", "no default of this machine")
		}
	})
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	require.NoError(t, e.Encode(schema))
	return b.Bytes()
}

func TestSuiteSchemaIsCurrent(t *testing.T) {
	want := schemaOfSuites(t)
	if *update {
		require.NoError(t, os.WriteFile(suiteSchema, want, 0o644))
		return
	}
	got, err := os.ReadFile(suiteSchema)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got), "run make generate")
}

// The suites that are shipped follow the schema and are read; mistakes follow neither.
func TestSuitesFollowTheSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile(suiteSchema)
	require.NoError(t, err)
	valid := func(data []byte) error {
		var doc map[string]any
		require.NoError(t, toml.Unmarshal(data, &doc))
		text, err := json.Marshal(doc)
		require.NoError(t, err)
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		require.NoError(t, err)
		return schema.Validate(v)
	}
	files, err := filepath.Glob("../../suites/*.toml")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 3)
	for _, name := range files {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		assert.NoError(t, valid(data), name)
		_, err = readSuite(name)
		assert.NoError(t, err)
	}
	assert.Error(t, valid([]byte("[[run]]\nname = 'a'\ncpu = 3")))
	assert.Error(t, valid([]byte("[[run]]\nname = 'a'\nexpect = 'fails'")))
}

// A mistake in a suite is told before anything runs, with where it is.
func TestSuiteMistakes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "s.toml")
	run := "[[run]]\nname = 'a'\n"
	for _, test := range []struct{ text, want string }{
		{"", "1:1: there is no run: want [[run]] with a name"},
		{"runs = 1", `1:1: unknown key "runs"; here are known: defaults, run`},
		{"[[run]]\ncpus = 2", "1:3: the run has no name"},
		{"[[run]]\nname = 'a b'", `2:8: name "a b": want small letters, digits and ABC`},
		{"[[run]]\nname = 'Junit.xml'", `2:8: name "Junit.xml": want another`},
		{run + "[[run]]\nname = 'A'", `4:8: there is already a run "a"`},
		{run + "finding = \"a\\u001b\"", "3:11: finding has the character U+001B"},
		{run + "property = ['']", "3:13: property is empty"},
		{run + "states = 0", "3:10: states = 0: want 1 or more"},
		{run + "[run.expect]\nmasks-agree = 0", "4:15: masks-agree = 0: want the length"},
		{run + run, `4:8: there is already a run "a"`},
		{run + "cpu = 2", `3:1: unknown key "cpu", did you mean "cpus"?`},
		{run + "cpus = 'x'", "3:8: cpus = x: want 2 to 8"},
		{run + "cpus = 9", "3:1: cpus 9: want 2 to 8"},
		{run + "cpus = [1, 2]", "3:1: cpus is not a list"},
		{run + "cpus = 1.5", "3:8: cpus: want a text, a whole number, true or false"},
		{run + "kernel = 'v9'", `3:1: kernel: unknown kernel "v9"`},
		{run + "kernel = '9.1'",
			`3:1: kernel: kernel "9.1" is newer than all editions: v7.3 is the newest, and covers 7.0 to 7.3`},
		{run + "arch = 'vax'", `3:1: arch: unknown architecture "vax" (known: x86, arm64, riscv, s390, powerpc)`},
		{run + "suspend = 3", "3:11: suspend = 3: want true or false"},
		{run + "timeout = 'x'", "3:11: timeout = x: want a time such as 90s or 2h"},
		{run + "op = ['up:1', 'fly:1']", "3:1: op: "},
		{run + "store = 'exactly'", "3:1: store: "},
		{run + "property = 'masks'", `3:1: property: unknown property "masks"`},
		{run + "property-file = 'none.toml'", "3:1: property-file: open "},
		{run + "covers = ['nobody']", `3:11: this scenario has no function "nobody"`},
		{run + "expect = 'fails'", `3:10: want "holds", "violated", or a table`},
		{run + "[run.expect]\nmasks = 'holds'",
			`4:1: this run does not check "masks"; it checks down-failed-excludes-online,`},
		{run + "[run.expect]\nmasks-agree = 'fails'", "4:15: masks-agree: want one of holds, violated, vacuous, " +
			"incomplete, not-seen, or the length"},
		{"defaults = 1\n" + run, "1:12: want a table, not a whole number"},
		{"[defaults]\nname = 'b'\n" + run, "2:1: name is for a run, not for defaults"},
		{"[defaults]\ncpus = 12\n" + run, "2:1: cpus 12: want 2 to 8"},
		{run + "cpus =", "3:6: "},
	} {
		require.NoError(t, os.WriteFile(file, []byte(test.text), 0o666))
		_, err := readSuite(file)
		require.Error(t, err, test.text)
		assert.True(t, strings.HasPrefix(err.Error(), file+":"+test.want), "%s\n%v", test.text, err)
		assert.NotContains(t, err.Error(), "\n")
	}
}

// The example of docs/suites.md is as expected.
func TestSuiteOfTheDocument(t *testing.T) {
	text, err := os.ReadFile("../../docs/suites.md")
	require.NoError(t, err)
	_, example, found := strings.Cut(string(text), "```toml\n")
	require.True(t, found)
	example, _, _ = strings.Cut(example, "```")
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("reader.toml", []byte(example), 0o666))
	root := newRootCommand()
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetArgs([]string{"run", "reader.toml"})
	require.NoError(t, root.Execute(), out.String())
	assert.Contains(t, out.String(), "as expected: findings 1 and 4")
}
