package reports

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"image/color"
	"image/png"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
)

// pictured are counterexamples of many shapes: short and long ones, of two tasks, of three CPUs, of CPUs that come up
// cold. They are found once, and nobody writes to them.
func pictured(t *testing.T) map[string]*Counterexample {
	t.Helper()
	all, ok := known.Load("pictured")
	if !ok {
		all = found(t)
		known.Store("pictured", all)
	}
	return all.(map[string]*Counterexample)
}

func found(t *testing.T) map[string]*Counterexample {
	t.Helper()
	all := map[string]*Counterexample{}
	for _, kernel := range []string{"v4.6-rc3", "v4.6"} {
		for name, change := range map[string]func(*model.Scenario){
			"plain":     func(*model.Scenario) {},
			"cold":      func(sc *model.Scenario) { sc.Boot = 1 },
			"three":     func(sc *model.Scenario) { sc.CPUs, sc.Ops, sc.Smpboot = 3, 1, 2 },
			"two tasks": func(sc *model.Scenario) { sc.Tasks, sc.Ops = 2, 1 },
		} {
			k, err := model.Lookup(kernel)
			require.NoError(t, err)
			sc := model.Default()
			change(&sc)
			m, err := model.New(k, sc)
			require.NoError(t, err)
			s := invariants.Compile(m, invariants.All())
			result, err := explore.Run(context.Background(), s, explore.Options{})
			require.NoError(t, err)
			r, err := NewRun(s, result, 0)
			require.NoError(t, err)
			for _, c := range r.Violations() {
				all[kernel+" "+name+" "+c.Property] = c
			}
		}
	}
	return all
}

func (r rect) overlaps(o rect) bool {
	const slack = 0.01
	return r.x < o.right()-slack && o.x < r.right()-slack && r.y < o.bottom()-slack && o.y < r.bottom()-slack
}

func (r rect) holds(o rect) bool {
	const slack = 0.01
	return o.x >= r.x-slack && o.right() <= r.right()+slack && o.y >= r.y-slack && o.bottom() <= r.bottom()+slack
}

// Nothing may lie over anything else: no label over another, no box over another, no arrow over a box.
func TestSVGGeometry(t *testing.T) {
	for name, c := range pictured(t) {
		s := c.layout()
		s.titled()
		page := rect{0, 0, s.width, s.height}
		var labels []label
		labels = append(labels, s.groups...)
		labels = append(labels, s.heads...)
		for _, l := range s.lives {
			if l.label != nil {
				labels = append(labels, *l.label)
			}
		}
		nodes := append(s.nodes[:len(s.nodes):len(s.nodes)], s.why)
		for i, n := range nodes {
			assert.True(t, page.holds(n.rect), "%s: box %d is on the page", name, i)
			for _, l := range n.labels {
				assert.True(t, n.class == "legend" || n.holds(l.rect), "%s: %q is in its box", name, l.text)
			}
			labels = append(labels, n.labels...)
			for _, o := range nodes[:i] {
				assert.False(t, n.overlaps(o.rect), "%s: boxes of steps %d and %d overlap", name, n.from, o.from)
			}
		}
		for i, l := range labels {
			assert.True(t, page.holds(l.rect), "%s: %q is on the page", name, l.text)
			for _, o := range labels[:i] {
				assert.False(t, l.overlaps(o.rect), "%s: %q overlaps %q", name, l.text, o.text)
			}
		}
		for _, w := range s.wires {
			for i := range w.points[1:] {
				a, b := w.points[i], w.points[i+1]
				segment := rect{math.Min(a.x, b.x), math.Min(a.y, b.y), math.Abs(a.x - b.x), math.Abs(a.y - b.y)}
				for _, n := range nodes {
					assert.False(
						t, n.rect.overlaps(segment), "%s: %s crosses the box of step %d", name, w.title, n.from,
					)
				}
			}
		}
	}
}

// Every step is in one box, every fault and the violation is marked, and every arrow goes to a later row.
func TestSVGShowsEverything(t *testing.T) {
	for name, c := range pictured(t) {
		s := c.layout()
		seen := map[int]bool{}
		for _, n := range s.nodes {
			for i := n.from; i <= n.to; i++ {
				seen[i] = true
			}
		}
		assert.Len(t, seen, len(c.Steps), name)
		text := string(render(t, c.SVG))
		faults := 0
		for i := range c.Steps {
			if c.Steps[i].Fault && !c.Steps[i].Violating {
				faults++
			}
		}
		assert.Equal(t, faults, strings.Count(text, "⚡ FAULT"), name)
		for _, a := range c.Arrows {
			assert.Less(t, a.From, a.To, name)
			assert.NotEqual(t, c.Steps[a.From-1].Thread, c.Steps[a.To-1].Thread, name)
		}
	}
}

// A deadlock has no step that violates anything: the picture shows who waits.
func TestSVGShowsWhoWaits(t *testing.T) {
	c := run(t, "v4.6-rc3", explore.Options{}, "no-deadlock").Violations()[0]
	assert.Equal(t, []Stuck{{"task 0", "cpuhp_kick_ap_work(): wait_for_completion(&st->done)"}}, c.Stuck)
	assert.Contains(t, string(render(t, c.SVG)), "✖ waits for ever")
	c = run(t, "v4.6-rc3", explore.Options{}, "rollback-order").Violations()[0]
	assert.Empty(t, c.Stuck)
}

func TestSVGIsWellFormed(t *testing.T) {
	for name, c := range pictured(t) {
		d := xml.NewDecoder(strings.NewReader(string(render(t, c.SVG))))
		for {
			_, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err, name)
		}
	}
}

func TestSVGGolden(t *testing.T) {
	c := run(t, "v4.6-rc3", explore.Options{}, "rollback-restores-smpboot").Violations()[0]
	golden(t, "v4.6-rc3-rollback-restores-smpboot.svg", render(t, c.SVG))
}

func TestFoldTo(t *testing.T) {
	assert.Equal(t, []string{"a b", "  c"}, foldTo("a b c", 4))
	assert.Equal(t, []string{"for", "  CPU 1"}, foldTo("for CPU 1", 8))
	assert.Equal(t, []string{"1234567890", "  12"}, foldTo("123456789012", 10))
	assert.Equal(t, []string{"if (wait_for_", "  completion())"}, foldTo("if (wait_for_completion())", 15))
	assert.Equal(t, []string{"st->should_", "  run"}, foldTo("st->should_run", 13))
	for _, line := range foldTo(strings.Repeat("long_word_ ", 40)+strings.Repeat("x", 300), 40) {
		assert.LessOrEqual(t, len([]rune(line)), 40, fmt.Sprint(line))
	}
}

// The parked threads are what the seed's bug is about: the picture must show that they stay so to its end.
func TestParkedToTheEnd(t *testing.T) {
	c := run(t, "v4.6-rc3", explore.Options{}, "rollback-restores-smpboot").Violations()[0]
	last := map[string]Life{}
	for _, track := range c.Tracks {
		span := track.Spans[len(track.Spans)-1]
		assert.Equal(t, len(c.Steps), span.To)
		last[track.Thread] = span.Life
	}
	assert.Equal(t, Parked, last["cpuhp/1"])
	assert.Equal(t, Parked, last["smpboot1/1"])
	assert.Equal(t, Sleeps, last["cpuhp/0"])
}

// A picture that stands alone is for whatever draws SVG, and that knows no variables.
func TestSVGNeedsNoBrowser(t *testing.T) {
	style := plainStyle(svgStyle)
	assert.NotContains(t, style, "var(")
	assert.NotContains(t, style, "--")
	assert.Equal(t, 2, strings.Count(style, ".swim .node.fault rect {"))
	assert.Contains(t, style, ".swim .node rect { fill: #e3eefa; stroke: #7da7d4; }")
	assert.Equal(t, strings.Count(style, "{"), strings.Count(style, "}"))
	for _, file := range []string{"testdata/v4.6-rc3-rollback-restores-smpboot.svg", "../docs/seed.svg",
		"../docs/museum.svg"} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.NotContains(t, string(text), "var(--", file)
	}
}

// librsvg draws it, and not in black alone. It is looked for, and not installed by the tests.
func TestSVGInLibrsvg(t *testing.T) {
	tool, err := exec.LookPath("rsvg-convert")
	if err != nil {
		t.Skip("there is no rsvg-convert")
	}
	picture := filepath.Join(t.TempDir(), "seed.png")
	out, err := exec.Command(tool, "-w", "400", "-o", picture, "../docs/seed.svg").CombinedOutput()
	require.NoError(t, err, "%s", out)
	file, err := os.Open(picture)
	require.NoError(t, err)
	defer file.Close()
	drawn, err := png.Decode(file)
	require.NoError(t, err)
	colours := map[color.Color]bool{}
	for y := range drawn.Bounds().Dy() {
		for x := range drawn.Bounds().Dx() {
			colours[drawn.At(x, y)] = true
		}
	}
	assert.Greater(t, len(colours), 50)
	assert.Equal(
		t, color.NRGBAModel.Convert(color.White), color.NRGBAModel.Convert(drawn.At(1, 1)), "the paper is white",
	)
}
