package reports

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
)

var update = flag.Bool("update", false, "write the golden files anew; commit the difference only if you understand it")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o777))
		require.NoError(t, os.WriteFile(file, got, 0o666))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got))
}

// known are the runs that were made: many tests look at the same.
var known sync.Map

// run checks an edition with the default scenario. What it returns is the test's own, but not the steps in it.
func run(t *testing.T, kernel string, opt explore.Options, properties ...string) *Run {
	t.Helper()
	key := fmt.Sprintf("%s %+v %q", kernel, opt, properties)
	r, ok := known.Load(key)
	if !ok {
		r = checked(t, kernel, opt, properties...)
		known.Store(key, r)
	}
	own := *r.(*Run)
	own.Verdicts = slices.Clone(own.Verdicts)
	for i := range own.Verdicts {
		if c := &own.Verdicts[i].Counterexample; *c != nil {
			one := **c
			*c = &one
		}
	}
	return &own
}

func checked(t *testing.T, kernel string, opt explore.Options, properties ...string) *Run {
	t.Helper()
	k, err := model.Lookup(kernel)
	require.NoError(t, err)
	m, err := model.New(k, model.Default())
	require.NoError(t, err)
	props, err := invariants.Select(nil, properties...)
	require.NoError(t, err)
	s := invariants.Compile(m, props)
	result, err := explore.Run(context.Background(), s, opt)
	require.NoError(t, err)
	r, err := NewRun(s, result, opt.Depth)
	require.NoError(t, err)
	r.Elapsed, r.Bytes = 0, 0
	return r
}

func render(t *testing.T, write func(io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, write(&b))
	return b.Bytes()
}

// The counterexamples of the seed, as a reader gets them.
func TestCounterexamples(t *testing.T) {
	for _, kernel := range []string{"v4.6-rc3", "v4.6"} {
		for _, c := range run(t, kernel, explore.Options{}).Violations() {
			t.Run(kernel+" "+c.Property, func(t *testing.T) {
				name := kernel + "-" + c.Property
				golden(t, name+".txt", render(t, func(w io.Writer) error { return c.Text(w, false) }))
				if c.Property == "rollback-restores-smpboot" {
					golden(t, name+".dot", render(t, c.DOT))
				}
			})
		}
	}
}

// With every step shown nothing may be folded, and the steps are numbered without a gap.
func TestFullText(t *testing.T) {
	c := run(t, "v4.6-rc3", explore.Options{}, "down-failed-on-target").Violations()[0]
	text := render(t, func(w io.Writer) error { return c.Text(w, true) })
	golden(t, "full.txt", text)
	assert.NotContains(t, string(text), "quiet")
	for i := range c.Steps {
		assert.Equal(t, i+1, c.Steps[i].Number)
	}
}

// Graphviz must draw what we write, without a complaint and without losing anything.
func TestGraphvizAccepts(t *testing.T) {
	dot, err := exec.LookPath("dot")
	if err != nil {
		t.Skip("graphviz is not installed")
	}
	for _, c := range run(t, "v4.6-rc3", explore.Options{}).Violations() {
		for _, form := range []func(io.Writer) error{c.DOT, c.Neighbourhood} {
			drawsAll(t, dot, c.Property, render(t, form))
		}
	}
}

func TestGraphvizAcceptsGraphs(t *testing.T) {
	dot, err := exec.LookPath("dot")
	if err != nil {
		t.Skip("graphviz is not installed")
	}
	for _, k := range model.Kernels() {
		m, err := model.New(k, model.Default())
		require.NoError(t, err)
		drawsAll(t, dot, "ladder", render(t, func(w io.Writer) error { return LadderGraph(w, m) }))
		sc := model.Scenario{CPUs: 2, Tasks: 1, Sequence: []model.Op{{Up: true, CPU: 1}}, Faults: 1}
		m, err = model.New(k, sc)
		require.NoError(t, err)
		s := invariants.Compile(m, invariants.All())
		drawsAll(t, dot, "states", render(t, func(w io.Writer) error { return StateGraph(w, s, 1000) }))
		var large *TooLargeError
		require.ErrorAs(t, StateGraph(io.Discard, s, 3), &large)
	}
}

// drawsAll has graphviz draw a graph, and counts its edges.
func drawsAll(t *testing.T, dot, name string, text []byte) {
	t.Helper()
	cmd := exec.Command(dot, "-Tsvg")
	cmd.Stdin = bytes.NewReader(text)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	require.NoError(t, cmd.Run(), complaints.String())
	assert.Empty(t, complaints.String(), name)
	edges := 0
	for _, line := range strings.Split(string(text), "\n") {
		if edgeLine.MatchString(line) && !strings.Contains(line, `style="invis"`) {
			edges++
		}
	}
	assert.Equal(t, edges, strings.Count(out.String(), `class="edge"`), "edges of %s", name)
}

var edgeLine = regexp.MustCompile(`^\t"[^"]*" -> "`)

// The library's order is that of a map; ours must not be.
func TestDOTIsStable(t *testing.T) {
	c := run(t, "v4.6-rc3", explore.Options{}, "no-deadlock").Violations()[0]
	want := render(t, c.DOT)
	for range 10 {
		assert.Equal(t, want, render(t, c.DOT))
	}
}

func TestEscape(t *testing.T) {
	assert.Equal(t, `a \"b\" \\c\l`, escape("a \"b\" \\c\n"))
}

func TestSummary(t *testing.T) {
	tests := []struct {
		name   string
		kernel string
		opt    explore.Options
	}{
		{"exhaustive", "v4.6", explore.Options{}},
		{"violated", "v4.6-rc3", explore.Options{}},
		{"bounded", "v4.6-rc3", explore.Options{Depth: 75}},
		{"incomplete", "v4.6", explore.Options{MaxStates: 4000}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			golden(t, "summary-"+tt.name+".txt", render(t, run(t, tt.kernel, tt.opt).Summary))
		})
	}
}

// A limit that was hit must never look like a proof.
func TestStatus(t *testing.T) {
	tests := []struct {
		stop    explore.Stop
		applied bool
		want    Status
	}{
		{explore.Exhausted, true, Holds},
		{explore.Exhausted, false, Vacuous},
		{explore.DepthBound, true, HoldsWithin},
		{explore.DepthBound, false, Vacuous},
		{explore.StateLimit, true, Incomplete},
		{explore.StateLimit, false, Incomplete},
		{explore.TimeLimit, true, Incomplete},
		{explore.MemoryLimit, true, Incomplete},
		{explore.Interrupted, true, Incomplete},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.want, status(tt.stop, tt.applied), "%v %v", tt.stop, tt.applied)
	}
}

func TestRows(t *testing.T) {
	quiet := func(threads ...string) []Step {
		var steps []Step
		for i, thread := range threads {
			steps = append(steps, Step{Number: i + 1, Thread: thread})
		}
		return steps
	}
	count := func(steps []Step) int { return len((&Counterexample{Steps: steps}).Rows()) }
	assert.Equal(t, 1, count(quiet("a", "a", "a")))
	assert.Equal(t, 2, count(quiet("a", "a", "b")), "a row for each thread")
	assert.Equal(t, 1, count(quiet("a", "b", "a", "b", "a")), "one row if it goes to and fro")
	loud := quiet("a", "a", "a")
	loud[1].Fault = true
	assert.Equal(t, 3, count(loud), "a fault has a row of its own")
	assert.Equal(t, []Share{{"a", 2}, {"b", 1}}, (&Row{Steps: quiet("a", "b", "a")}).Shares())
}

func TestNumbers(t *testing.T) {
	for n, want := range map[uint64]string{0: "0", 999: "999", 1000: "1,000", 605314: "605,314",
		1234567890: "1,234,567,890"} {
		assert.Equal(t, want, Thousands(n))
	}
	for n, want := range map[uint64]string{512: "0.5 KiB", 3 << 20: "3.0 MiB", 5 << 29: "2.5 GiB"} {
		assert.Equal(t, want, Size(n))
	}
}

func TestElapsedIsShown(t *testing.T) {
	r := run(t, "v4.6", explore.Options{Depth: 3})
	r.Elapsed = 1234567 * time.Microsecond
	assert.NotContains(t, string(render(t, r.Summary)), "1.235s", "two runs of the same must be the same")
	r.Timed = true
	assert.Contains(t, string(render(t, r.Summary)), "1.235s")
}
