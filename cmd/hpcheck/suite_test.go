package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hpcheck/hpcheck/clients"
	"github.com/pelletier/go-toml/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const schemaFile = "../../docs/schema/input-1.schema.json"

func TestSchemaIsCurrent(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, writeSchema(&b))
	assert.NotRegexp(t, `"default"|GOMAXPROCS`, b.String(), "it is the same on every machine")
	if *update {
		require.NoError(t, os.WriteFile(schemaFile, b.Bytes(), 0o644))
		return
	}
	got, err := os.ReadFile(schemaFile)
	require.NoError(t, err)
	assert.Equal(t, b.String(), string(got), "run make generate")
}

// The scenarios, suites and clients that there are follow the one schema and are read; mistakes follow neither, and
// what the schema says of them is about the kind of file that they are.
func TestFilesFollowTheSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile(schemaFile)
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
	for pattern, read := range map[string]func(name string) error{
		"../../suites/*.toml":         func(name string) error { _, err := readSuite(name); return err },
		"../../suites/clients/*.toml": func(name string) error { _, err := clients.Read(name); return err },
	} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(files), 8)
		for _, name := range files {
			data, err := os.ReadFile(name)
			require.NoError(t, err)
			assert.NoError(t, valid(data), name)
			assert.NoError(t, read(name))
		}
	}
	var all bytes.Buffer
	require.NoError(t, commented(&all))
	assert.NoError(t, valid(all.Bytes()), "as hpcheck init writes it")
	every := regexp.MustCompile(`(?m)^# ([a-z0-9-]+ = (?:[0-9]+|true|false|\["auto"\]|"[a-z-]+"))$`)
	whole := every.ReplaceAll(all.Bytes(), []byte("$1"))
	assert.Greater(t, bytes.Count(whole, []byte("\n")), bytes.Count(all.Bytes(), []byte("\n# "))/2)
	assert.NoError(t, valid(whole), "with every key that has a value")

	for text, says := range map[string]string{
		"[[run]]\nname = 'a'\ncpu = 3":          "additional properties 'cpu' not allowed",
		"[[run]]\nname = 'a'\nexpect = 'fails'": "at '/run/0/expect'",
		"[[run]]\ncpus = 3":                     "missing property 'name'",
		"[defaults]\ncpus = 3":                  "missing property 'run'",
		"cpus = 9":                              "at '/cpus': maximum: got 9, want 8",
		"cpu = 3":                               "additional properties 'cpu' not allowed",
		"callback = 'wait'":                     "at '/callback'",
		"reduce = ['symmetry', 'pors']":         "at '/reduce/1'",
		"mutexes = ['m']":                       "missing property 'name'",
		"name = 'c'\nmutexes = ['m']\ncpus = 2": "additional properties 'cpus' not allowed",
	} {
		assert.ErrorContains(t, valid([]byte(text)), says, text)
	}
}

// A mistake in a suite is told before anything runs, with where it is.
func TestSuiteMistakes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "s.toml")
	run := "[[run]]\nname = 'a'\n"
	for _, test := range []struct{ text, want string }{
		{"", "1:1: there is no run: want [[run]] with a name"},
		{"runs = 1", `1:1: unknown key "runs"; here are known: defaults, run`},
		{"[[task]]", `1:1: this is a client, and no suite: want hpcheck check --client `},
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
