package reports

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/model"
)

// someRuns are runs that between them have every verdict, of a few properties each: a golden file of thirty is read by
// nobody.
func someRuns(t *testing.T) map[string]*Run {
	vacuous := run(t, "v4.6", explore.Options{}, "rollback-order", "no-deadlock")
	vacuous.Verdicts[0].Status = Vacuous
	return map[string]*Run{
		"violated":   run(t, "v4.6-rc3", explore.Options{}, "rollback-restores-smpboot", "no-deadlock", "no-bug-on"),
		"holds":      run(t, "v4.6", explore.Options{}, "no-deadlock"),
		"bounded":    run(t, "v4.6-rc3", explore.Options{Depth: 75}, "down-failed-on-target", "no-bug-on"),
		"incomplete": run(t, "v4.6", explore.Options{MaxStates: 500}, "rollback-order", "no-deadlock"),
		"vacuous":    vacuous,
		"sampled":    run(t, "v4.6", explore.Options{Search: explore.Random, Runs: 5}, "rollback-order", "no-deadlock"),
	}
}

func TestJSONFollowsTheSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("../docs/schema/hpcheck-1.schema.json")
	require.NoError(t, err)
	valid := func(text []byte) error {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		require.NoError(t, err)
		return schema.Validate(doc)
	}
	verdicts := map[string]bool{}
	for name, r := range someRuns(t) {
		text := render(t, r.JSON)
		assert.NoError(t, valid(text), name)
		var got struct {
			Properties []struct{ Verdict string }
			Extent     struct{ Complete bool }
		}
		require.NoError(t, json.Unmarshal(text, &got))
		assert.Equal(t, r.Complete(), got.Extent.Complete)
		for _, p := range got.Properties {
			verdicts[p.Verdict] = true
		}
		for _, c := range r.Violations() {
			assert.NoError(t, valid(render(t, c.JSON)), c.Property)
		}
	}
	assert.Len(t, verdicts, 6, "every verdict is kept apart: %v", verdicts)
	// And the schema refuses what is wrong.
	text := string(render(t, someRuns(t)["holds"].JSON))
	assert.Error(t, valid([]byte(strings.Replace(text, `"verdict": "holds"`, `"verdict": "proved"`, 1))))
	assert.Error(t, valid([]byte(strings.Replace(text, `"verdict": "holds"`, `"verdict": "violated"`, 1))))
}

func TestJSONIsReadAgain(t *testing.T) {
	r := run(t, "v4.6-rc3", explore.Options{})
	saved, err := ReadSaved(bytes.NewReader(render(t, r.JSON)))
	require.NoError(t, err)
	require.Len(t, saved, len(r.Violations()))
	for i, c := range r.Violations() {
		one, err := ReadSaved(bytes.NewReader(render(t, c.JSON)))
		require.NoError(t, err)
		assert.True(t, reflect.DeepEqual(one[0], saved[i]), c.Property)
		assert.Equal(
			t, string(render(t, c.JSON)), string(render(t, func(w io.Writer) error { return encode(w, one[0]) })),
		)
		m, err := one[0].Machine("", nil)
		require.NoError(t, err)
		assert.Equal(t, r.Scenario.String(), m.Scenario.String())
	}
	for text, want := range map[string]string{
		"":                                  "not JSON that hpcheck wrote",
		"{}":                                "version 0: this hpcheck reads version 1",
		`{"version":1}`:                     `kind "": want`,
		`{"version":1,"scenario":{"x":1}}`:  "scenario.x: this hpcheck knows no such parameter",
		`{"version":1,"scenario":{"op":1}}`: "scenario.op",
	} {
		_, err := ReadSaved(strings.NewReader(text))
		assert.ErrorContains(t, err, want)
	}
}

// Every parameter must survive being written and read, also those that the model gains.
func TestScenarioInJSON(t *testing.T) {
	sc := model.Default()
	v := reflect.ValueOf(&sc).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.Int:
			f.SetInt(int64(i + 1))
		case reflect.Bool:
			f.SetBool(true)
		}
	}
	sc.FaultPoints = []string{"cpu_*"}
	sc.Sequence = []model.Op{{Up: true, CPU: 1}, {CPU: 2}}
	text, err := json.Marshal(params(sc))
	require.NoError(t, err)
	var got params
	require.NoError(t, json.Unmarshal(text, &got))
	assert.Equal(t, sc, model.Scenario(got))
}

// The command has what is not the plain scenario of that kernel, and what was asked for.
func TestCommand(t *testing.T) {
	var nobody *Request
	sc := model.Default()
	assert.Equal(t, "kernel=v4.6", nobody.command(Edition{Name: "v4.6"}, sc))
	sc.CPUs, sc.Sequence, sc.FaultPoints = 3, []model.Op{{CPU: 1}, {Up: true, CPU: 1}}, []string{"cpu_*"}
	assert.Equal(
		t, "kernel=v4.6 revert=unpark cpus=3 op=down:1,up:1 'fault=cpu_*' property=x",
		nobody.command(Edition{Name: "v4.6", Without: []string{"unpark"}}, sc, Setting{"property", "x"}),
	)
	k, err := model.Lookup("v6.12")
	require.NoError(t, err)
	m, err := model.New(k, model.Default())
	require.NoError(t, err)
	assert.Equal(t, "kernel=v6.12", nobody.Command(m), "no CPU notifiers are what v6.12 has anyway")
	sc = m.Scenario
	sc.WakeUps = 2
	asked := &Request{
		Kernel: []Setting{{"kernel", "v6.12"}, {"ladder", "sub/m.txt"}, {"learn", "a trace"}},
		Search: []Setting{{"search", "random"}},
	}
	assert.Equal(
		t, "kernel=v6.12 ladder=sub/m.txt 'learn=a trace' wake-ups=2 search=random",
		asked.command(Edition{Name: "v6.12", Machine: "m.txt"}, sc),
	)
}

// publishedSARIF is the schema of OASIS, as the library has it in its source. Its own validation is of what its types
// make of a file, and we want to know of the file.
func publishedSARIF(t *testing.T) *jsonschema.Schema {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/owenrumney/go-sarif/v3").Output()
	require.NoError(t, err)
	file := filepath.Join(strings.TrimSpace(string(dir)), "pkg/report/v210/sarif/schema.go")
	source, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	require.NoError(t, err)
	literal := source.Scope.Lookup("schema").Decl.(*ast.ValueSpec).Values[0].(*ast.BasicLit)
	text, err := strconv.Unquote(literal.Value)
	require.NoError(t, err)
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("sarif.json", doc))
	schema, err := c.Compile("sarif.json")
	require.NoError(t, err)
	return schema
}

func TestSARIFFollowsTheSchema(t *testing.T) {
	schema := publishedSARIF(t)
	for name, r := range someRuns(t) {
		text := render(t, r.SARIF)
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		require.NoError(t, err)
		assert.NoError(t, schema.Validate(doc), name)
		d := json.NewDecoder(bytes.NewReader(text))
		d.DisallowUnknownFields()
		var report sarif.Report
		require.NoError(t, d.Decode(&report), name)
		results := report.Runs[0].Results
		assert.Len(t, results, len(r.Violations()), name)
		for _, result := range results {
			flow := result.CodeFlows[0].ThreadFlows[0].Locations
			assert.LessOrEqual(t, len(flow), 1000, "GitHub shows no more")
			assert.NotEmpty(t, result.PartialFingerprints)
		}
	}
}

// A trace that is too long keeps what matters, and its end.
func TestSARIFFoldsLongTraces(t *testing.T) {
	c := run(t, "v4.6-rc3", explore.Options{}, "no-deadlock").Violations()[0]
	for len(c.Steps) < 40000 {
		s := c.Steps[len(c.Steps)%80]
		s.Number = len(c.Steps) + 1
		c.Steps = append(c.Steps, s)
	}
	flow := c.flow(nil)
	assert.Len(t, flow, maxFlowLocations)
	assert.Equal(t, 40000, flow[len(flow)-1].Order)
}

// Nothing may be in the XML that its readers do not know, and the counts must agree with the cases.
func TestJUnit(t *testing.T) {
	for name, r := range someRuns(t) {
		text := render(t, r.JUnit)
		golden(t, "junit-"+name+".xml", text)
		var got junitSuites
		require.NoError(t, xml.Unmarshal(text, &got))
		count := map[string]int{}
		for _, c := range got.Suites[0].Cases {
			switch {
			case c.Failure != nil:
				count["failure"]++
			case c.Error != nil:
				count["error"]++
			case c.Skipped != nil:
				count["skipped"]++
			}
		}
		s := got.Suites[0]
		assert.Equal(t, map[string]int{"failure": s.Failures, "error": s.Errors, "skipped": s.Skipped},
			map[string]int{"failure": count["failure"], "error": count["error"], "skipped": count["skipped"]}, name)
		assert.Equal(t, len(r.Violations()), s.Failures)
		if !r.Complete() {
			assert.Positive(t, s.Errors, "a run that was stopped must not look like one that passed")
		}
	}
}

func TestGitHub(t *testing.T) {
	for name, r := range someRuns(t) {
		text := render(t, r.GitHub)
		golden(t, "github-"+name+".txt", text)
		for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
			assert.Regexp(t, `^::(error|warning|notice) [^:]*title=[^:]+::.`, line)
		}
	}
	var b strings.Builder
	command(&b, "error", "a,b", 7, "x:y", "100%\nz")
	assert.Equal(t, "::error file=a%2Cb,line=7,title=x%3Ay::100%25%0Az\n", b.String())
}

func TestBrief(t *testing.T) {
	assert.Empty(t, render(t, run(t, "v4.6", explore.Options{}, "no-deadlock").Brief))
	assert.Equal(
		t, "no-deadlock: VIOLATED in 90 steps\n",
		string(render(t, run(t, "v4.6-rc3", explore.Options{}, "no-deadlock").Brief)),
	)
}

// Each function of the programs must be in a file that somebody has looked up, or the links lead nowhere.
func TestSourceFiles(t *testing.T) {
	cpuC := strings.Fields(`bringup_cpu bringup_wait_for_ap cpu_hotplug_begin cpu_hotplug_done cpu_maps_update_begin
		cpu_maps_update_done cpu_notify_nofail cpuhp_ap_offline cpuhp_ap_online cpuhp_complete_idle_dead
		cpuhp_down_callbacks cpuhp_kick_ap_work __cpuhp_kick_ap_work cpuhp_online_idle cpuhp_report_idle_dead
		cpuhp_thread_fun cpuhp_up_callbacks _cpu_down _cpu_up do_cpu_down do_cpu_up notify_cpu_starting notify_dead
		notify_down_prepare notify_dying notify_online notify_prepare notify_starting takedown_cpu take_cpu_down
		undo_cpu_down undo_cpu_up get_online_cpus put_online_cpus __cpuhp_setup_state __cpuhp_remove_state
		cpuhp_reserve_state
		cpuhp_store_callbacks cpuhp_rollback_install cpuhp_issue_call cpuhp_invoke_ap_callback write_cpuhp_target
		cpu_hotplug_disable cpu_hotplug_enable cpu_hotplug_pm_callback disable_nonboot_cpus enable_nonboot_cpus`)
	k, err := model.Lookup("v4.6")
	require.NoError(t, err)
	sc := model.Default()
	sc.Targets, sc.Readers, sc.Installers, sc.Suspend, sc.Disablers = model.TargetsAll, 1, 1, true, 1
	m, err := model.New(k, sc)
	require.NoError(t, err)
	for _, f := range m.Functions() {
		if SourceFile(f) == "kernel/cpu.c" {
			assert.Contains(t, cpuC, f, "add it to the files of reports/source.go, or here if it is in kernel/cpu.c")
		}
	}
	e := Edition{Commit: "abc"}
	assert.Empty(t, e.SourceURL("dyn1_startup"))
	assert.Contains(t, e.SourceURL("kthread_park"), "torvalds/linux.git/tree/kernel/kthread.c?id=abc")
	for name, tag := range map[string]string{
		"v6.12.117": "v6.12.117", "v6.13-rc1/arm64": "v6.13-rc1", "v7.3+unpark": "v7.3", "v6.12.9-dirty": "",
	} {
		e := Edition{Name: name, Commit: "abc", Tree: "linux"}
		if url := e.SourceURL("_cpu_up"); tag == "" {
			assert.Empty(t, url, "who knows what is in %s", name)
		} else {
			assert.Contains(t, url, "stable/linux.git/tree/kernel/cpu.c?id="+tag+"#")
		}
	}
}

func TestStory(t *testing.T) {
	for _, kernel := range []string{"v4.6-rc3", "v4.6"} {
		var b bytes.Buffer
		for _, c := range run(t, kernel, explore.Options{}).Violations() {
			require.NoError(t, c.Tell(&b))
		}
		golden(t, "stories-"+kernel+".txt", b.Bytes())
	}
}

// A form that fails half-way must say so.
func TestFormatsReportErrors(t *testing.T) {
	r := run(t, "v4.6-rc3", explore.Options{}, "no-deadlock")
	for _, f := range Formats() {
		assert.Error(t, f.Write(brokenWriter{}, r, Detail{}), f.Name)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// Lines are those of definitions: neither of declarations nor of calls, and also of a head that takes several lines.
func TestLines(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "kernel"), 0o777))
	_, err := OpenTree(dir)
	assert.ErrorContains(t, err, "no kernel tree")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "kernel", "cpu.c"), []byte(`
static int takedown_cpu(unsigned int cpu);
static void undo_cpu_down(unsigned int cpu, struct cpuhp_cpu_state *st,
			  struct cpuhp_step *steps)
{
	takedown_cpu(cpu);
}

static int
takedown_cpu(unsigned int cpu)
{
	return 0;
}
int do_cpu_up(unsigned int cpu) {
}
`), 0o666))
	tree, err := OpenTree(dir)
	require.NoError(t, err)
	assert.Equal(t, 3, tree.Line("undo_cpu_down"))
	assert.Equal(t, 10, tree.Line("takedown_cpu"))
	assert.Equal(t, 14, tree.Line("do_cpu_up"))
	assert.Equal(t, 1, tree.Line("_cpu_down"), "it is not there")
	assert.Equal(t, 1, tree.Line("kthread_park"), "nor is its file")
	assert.Equal(t, 1, (*Tree)(nil).Line("takedown_cpu"))

	assert.Equal(t, "\treturn 0;", tree.Text("kernel/cpu.c", 12))
	for _, line := range []int{-1, 0, 18, 1000} {
		assert.Empty(t, tree.Text("kernel/cpu.c", line), line)
	}
	assert.Empty(t, tree.Text("kernel/smpboot.c", 1))
	assert.Empty(t, (*Tree)(nil).Text("kernel/cpu.c", 13))
}
