package clients_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/clients"
	"github.com/hpcheck/hpcheck/model"
)

var update = flag.Bool("update", false, "write the schema anew")

const whole = `name = "c"
about = "everything"
mutexes = ["m"]
rwsems = ["r"]
spinlocks = ["s"]
completions = ["done"]
flags = ["dead", "ready"]
cpu-flags = ["served"]
duties = ["tick"]
initially = ["ready"]

[[state]]
name = "c:online"
registered = true
startup = ["mutex_lock m", "set served", {may_fail = "EBUSY",undo = ["clear served","mutex_unlock m"]},"mutex_unlock m"]
teardown = ["clear served", "hand_over tick"]
teardown-function = "c_goes"
effects = ["served"]

[[state]]
name = "c:multi"
section = "prepare"
instances = 2
startup = ["take tick"]

[[work]]
name = "drain"
ordered = "wq"
steps = ["cpus_read_lock", "cpus_read_unlock"]

[[task]]
name = "user"
steps = [
	"cpuhp_setup_state_nocalls_cpuslocked c:online",
	{ if = "!failed", then = ["return"], else = ["cpuhp_state_add_instance c:multi"] },
	{ choice = [["queue_work_on drain cpu 1"], ["flush_work drain", "wait_event !dead"]] },
	{ for_each_online_cpu = ["set served", "warn_on !cpu_online"] },
	{ repeat = 2, steps = ["down_read r", "up_read r"] },
	{ loop = ["complete done"] },
]
`

func TestWhole(t *testing.T) {
	c, err := clients.Parse("c.toml", []byte(whole))
	require.NoError(t, err)
	assert.Equal(t, "c", c.Name)
	require.Len(t, c.States, 2)
	on := c.States[0]
	assert.Equal(t, "c_online_startup", on.Startup)
	assert.Equal(t, "c_goes", on.Teardown)
	assert.Equal(t, model.SectionOnline, on.Section)
	assert.True(t, on.Registered)
	assert.Equal(t, []string{"served"}, on.Effects)
	assert.Equal(t, model.EBUSY, on.Up[2].Errno)
	assert.Equal(t, "mutex_unlock", on.Up[2].Bodies[0][1].Verb)
	assert.Equal(t, model.ClientState{
		Name: "c:multi", Section: model.SectionPrepare, Startup: "c_multi_startup", Multi: true, Instances: 2,
		Up: []model.ClientStep{{Verb: "take", Object: "tick"}},
	}, c.States[1])
	steps := c.Tasks[0].Steps
	require.Len(t, steps, 9, "what is repeated is written out")
	assert.True(t, steps[1].Not)
	assert.Equal(t, 2, steps[2].Bodies[0][0].CPU)
	assert.Equal(t, "wq", c.Works[0].Ordered)
	for _, o := range c.Objects {
		assert.Equal(t, o.Name == "ready", o.Set, o.Name)
	}

	k, err := model.Lookup("v6.12")
	require.NoError(t, err)
	sc := model.Default()
	sc.Notifiers, sc.Clients = 0, []model.Client{c}
	_, err = model.New(k, sc)
	assert.NoError(t, err)
}

// The table of steps in docs/clients.md is made of the verbs.
func TestDocs(t *testing.T) {
	const file, from, to = "../docs/clients.md", "<!-- the steps -->\n", "<!-- to here -->"
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(text), from)
	require.True(t, ok)
	_, after, ok := strings.Cut(rest, to)
	require.True(t, ok)
	want := before + from + clients.Table() + to + after
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(want), 0o666))
	}
	assert.Equal(t, want, string(text))
}

// mistakes are files that say what cannot be, each with one change of the whole one.
var mistakes = []struct{ old, new, want string }{
	{`name = "c"` + "\n", "", "c.toml:1:1: the client has no name"},
	{`rwsems = ["r"]`, `rwsems = ["m"]`, `c.toml:4:11: there is already a mutex "m"`},
	{`rwsems = ["r"]`, `rwsems = ["failed"]`, "has a meaning of its own"},
	{`initially = ["ready"]`, `initially = ["m"]`, `c.toml:10:14: initially: "m" is no flag`},
	{`"mutex_lock m", `, `"mutex_lok m", `, `c.toml:15:12: unknown step "mutex_lok"`},
	{`"mutex_lock m", `, `"mutex_lock", `, "want the name of a mutex"},
	{`"mutex_lock m", `, `"mutex_lock served", `, `"served" is a cpu-flag, want a mutex`},
	{`"mutex_lock m", `, `"mutex_lock q", `, `there is no mutex "q" in this file`},
	{`"mutex_lock m", `, `"mutex_lock m cpu 1", `, "of no use behind it"},
	{`"mutex_lock m", `, `"cpuhp_setup_state c:online", `, "is not for callbacks"},
	{`"mutex_lock m", `, `{ loop = ["set dead"] }, `, "for tasks and work items"},
	{`"EBUSY"`, `"EBSY"`, `unknown error "EBSY"`},
	{`section = "prepare"`, `section = "prepared"`, "c.toml:22:11: section"},
	{`instances = 2`, `instances = 3`, "want 0 to 2"},
	{`startup = ["take tick"]`, `startup = ["may_fail"]`, "want 1 at most if they may fail"},
	{`effects = ["served"]`, `effects = ["dead"]`, "none of the cpu-flags"},
	{`"wait_event !dead"`, `"wait_event !m"`, `"m" is a mutex, want a flag or cpu-flag`},
	{`drain cpu 1`, `drain`, "this code is about no CPU"},
	{`drain cpu 1`, `drain cpu 8`, "want 0 to 7"},
	{`{ choice = [["queue_work_on drain cpu 1"], `, `{ choice = [`, "a choice among 1"},
	{`then = ["return"], `, "", "if without then"},
	{`repeat = 2`, `repeat = 9`, "want 2 to 4"},
	{`loop = ["complete done"]`, `loop = ["return"]`, "nothing is sure to happen"},
	{`add_instance c:multi`, `add_instance c:online`, "has no instances"},
	{`teardown-function = "c_goes"`, `teardown-function = "c_online_startup"`, "have the same name"},
	{`[[task]]`, `[[tusk]]`, `unknown key "tusk"`},
}

func TestMistakes(t *testing.T) {
	for _, tt := range mistakes {
		text := strings.Replace(whole, tt.old, tt.new, 1)
		require.NotEqual(t, whole, text, tt.old)
		_, err := clients.Parse("c.toml", []byte(text))
		assert.ErrorContains(t, err, tt.want, tt.new)
	}
	_, err := clients.Parse("c.toml", []byte("name = \"c\"\n"))
	assert.ErrorContains(t, err, "does nothing")
}

// The schema is made of the verbs, and the clients that are shipped follow it.
func TestSchema(t *testing.T) {
	text, err := clients.Schema()
	require.NoError(t, err)
	made, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("client.json", made))
	s, err := c.Compile("client.json")
	require.NoError(t, err)
	valid := func(text []byte) error {
		var v any
		require.NoError(t, toml.Unmarshal(text, &v))
		text, err := json.Marshal(v)
		require.NoError(t, err)
		v, err = jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
		require.NoError(t, err)
		return s.Validate(v)
	}
	require.NoError(t, valid([]byte(whole)))
	assert.Error(t, valid([]byte(strings.Replace(whole, "mutex_lock m", "mutex_lok m", 1))))
	assert.Error(t, valid([]byte(strings.Replace(whole, "[[task]]", "[[tusk]]", 1))))
	assert.Error(t, valid([]byte(strings.Replace(whole, "repeat = 2", "repeat = 9", 1))))
	files, err := filepath.Glob("../suites/clients/*.toml")
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.NoError(t, valid(text), file)
		_, err = clients.Read(file)
		assert.NoError(t, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(whole))
	k, err := model.Lookup("v6.12")
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := clients.Parse("c.toml", data)
		if err != nil {
			return
		}
		sc := model.Default()
		sc.Notifiers, sc.Clients = 0, []model.Client{c}
		if m, err := model.New(k, sc); err == nil {
			m.Initial()
		}
	})
}
