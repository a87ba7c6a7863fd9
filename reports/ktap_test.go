package reports

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/conform"
	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/model"
)

func TestKTAP(t *testing.T) {
	for name, r := range someRuns(t) {
		golden(t, "ktap-"+name+".txt", render(t, r.KTAP))
		passes := len(r.Violations()) == 0 && r.Complete()
		assert.Equal(t, passes, !strings.Contains(string(render(t, r.KTAP)), "not ok"), name)
	}
}

// A group is told from its tests by its name, and no name ends a line or begins a directive.
func TestKTAPNames(t *testing.T) {
	tests := []Test{{Name: "a", Tests: []Test{
		{Name: "a", Notes: []string{"Subtest: a\nnot ok 7 b"}},
		{Name: "b # SKIP\nok 2 c", Why: "d # SKIP\ne", Result: Broken},
	}}, {Name: "c", Result: Skipped}}
	assert.Equal(t, `KTAP version 1
1..2
  KTAP version 1
  # Subtest: a, all
  1..2
  # | Subtest: a
  # not ok 7 b
  ok 1 a
  not ok 2 b _ SKIP ok 2 c # ERROR d _ SKIP e
not ok 1 a, all
ok 2 c # SKIP
`, string(render(t, func(w io.Writer) error { return WriteKTAP(w, tests...) })))
}

// A suite passes where a run is as expected, also if that is a violation.
func TestSuiteKTAP(t *testing.T) {
	violated := run(t, "v4.6-rc3", explore.Options{}, "no-deadlock", "rollback-order")
	violated.States = 2000
	text := string(render(t, func(w io.Writer) error { return SuiteKTAP(w, suiteEntries(violated)) }))
	assert.Equal(t, []string{
		"  ok 1 search # 2,000 states", "  ok 2 rollback-order # as expected: VIOLATED in 69 steps",
		"  ok 3 no-deadlock # as expected: VIOLATED in 90 steps", "ok 1 as-expected",
		"  ok 1 search # 2,000 states", "  ok 2 rollback-order # as expected: VIOLATED in 69 steps",
		"  not ok 3 no-deadlock # no-deadlock: VIOLATED in 90 steps, want violated in 91 steps",
		"  not ok 4 as expected # 2,000 states, want 1", "not ok 2 otherwise",
		"not ok 3 not-made # ERROR the run was not made",
	}, results(text))
}

func suiteEntries(r *Run) []Entry {
	some := Want{Verdict: "violated"}
	return []Entry{
		{Name: "as-expected", Run: r, Want: map[string]Want{"rollback-order": some, "no-deadlock": some}},
		{
			Name: "otherwise", Run: r, States: 1,
			Want: map[string]Want{"rollback-order": some, "no-deadlock": {Verdict: "violated", Length: 91}},
		},
		{Name: "not-made"},
	}
}

// results are the lines of results.
func results(text string) (lines []string) {
	for line := range strings.Lines(text) {
		if word, _, _ := strings.Cut(strings.TrimSpace(line), " "); word == "ok" || word == "not" {
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
	}
	return lines
}

func someTraces(t *testing.T) *Conformance {
	k, err := model.Lookup("v6.1")
	require.NoError(t, err)
	return &Conformance{Kernel: k, Results: []conform.Result{
		{File: "a#1.trace", Verdict: conform.VerdictAccepted, Events: 7},
		{
			File: "b.trace", Verdict: conform.VerdictRefused, Line: 3, Seen: "that", Could: []string{"this"},
			Where: "there", Events: 2,
		},
		{File: "c.trace", Verdict: conform.VerdictUndecided, Why: "the tracer lost events"},
		{File: "d.trace", Verdict: conform.VerdictUnread, Why: "no events"},
	}}
}

func TestConformanceKTAP(t *testing.T) {
	text := string(render(t, someTraces(t).KTAP))
	assert.Equal(t, []string{
		"  ok 1 traces # v6.1 can do what 1 of 2 traces show, with 9 events; 1 not decided; 1 not read",
		"  ok 2 a_1.trace # 7 events",
		"  not ok 3 b.trace # line 3",
		"  not ok 4 c.trace # ERROR not decided: the tracer lost events",
		"  not ok 5 d.trace # ERROR not read: no events",
		"not ok 1 hpcheck conform v6.1",
	}, results(text))
	assert.Contains(t, text, "  # b.trace:3: no execution shows this here\n  #     the machine: that\n")
	nothing := &Conformance{Kernel: model.Kernel{}, Results: someTraces(t).Results[2:3]}
	assert.Contains(t, string(render(t, nothing.KTAP)), "  not ok 1 traces # ", "nothing was looked at")
}

// readKTAP has the parser of the kernel's tree read a text, and prints what it made of it.
const readKTAP = `
import inspect, json, os, sys
sys.path.insert(0, sys.argv[1] + "/tools/testing/kunit")
import kunit_parser
def plain(t):
    return {"name": t.name, "status": t.status.name, "errors": t.counts.errors, "tests": [plain(s) for s in t.subtests]}
parse, extra, out = kunit_parser.parse_run_tests, [], sys.stdout
if len(inspect.signature(parse).parameters) > 1:
    import kunit_printer
    extra = [kunit_printer.Printer(print=False)]
else:
    sys.stdout = open(os.devnull, "w")
json.dump(plain(parse(sys.stdin.read().splitlines(), *extra)), out)
`

// parsed is a test as the kernel's parser has read it.
type parsed struct {
	Name, Status string
	Errors       int
	Tests        []parsed
}

// The kernel's own parser must read what we write: the same tests, the same results, without an error. Name a kernel's
// tree in HPCHECK_KERNEL_TREE; it was run with that of 7.3.
func TestKernelsParserReadsKTAP(t *testing.T) {
	tree := os.Getenv("HPCHECK_KERNEL_TREE")
	if tree == "" {
		t.Skip("HPCHECK_KERNEL_TREE names no kernel's tree")
	}
	require.FileExists(t, filepath.Join(tree, "tools/testing/kunit/kunit_parser.py"))
	status := map[Outcome]string{
		Passed: "SUCCESS", Failed: "FAILURE", Broken: "FAILURE", Skipped: "SKIPPED",
	}
	for name, r := range someRuns(t) {
		got := readBy(t, tree, render(t, r.KTAP))
		want := r.ktap("hpcheck " + r.Kernel.String())
		assert.Equal(t, status[want.outcome()], got.Status, name)
		assert.Zero(t, got.Errors, name)
		require.Len(t, got.Tests, 1, name)
		assert.Equal(t, want.Name, got.Tests[0].Name, name)
		require.Len(t, got.Tests[0].Tests, len(want.Tests), name)
		for i, test := range got.Tests[0].Tests {
			assert.Equal(t, want.Tests[i].Name, test.Name, name)
			assert.Equal(t, status[want.Tests[i].outcome()], test.Status, "%s: %s", name, test.Name)
		}
	}
	violated := run(t, "v4.6-rc3", explore.Options{}, "no-deadlock", "rollback-order")
	violated.States = 2000
	for _, text := range [][]byte{
		render(t, func(w io.Writer) error { return SuiteKTAP(w, suiteEntries(violated)) }),
		render(t, someTraces(t).KTAP),
	} {
		got := readBy(t, tree, text)
		assert.Equal(t, "FAILURE", got.Status)
		assert.Zero(t, got.Errors)
		assert.Len(t, flat(got.Tests), len(results(string(text))))
	}
}

func readBy(t *testing.T, tree string, text []byte) parsed {
	t.Helper()
	cmd := exec.Command("python3", "-c", readKTAP, tree)
	cmd.Stdin = strings.NewReader(string(text))
	out, err := cmd.Output()
	require.NoError(t, err)
	var got parsed
	require.NoError(t, json.Unmarshal(out, &got))
	return got
}

// flat are the tests, and all that are in them.
func flat(tests []parsed) (all []parsed) {
	for _, test := range tests {
		all = append(append(all, test), flat(test.Tests)...)
	}
	return all
}
