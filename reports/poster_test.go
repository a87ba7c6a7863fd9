package reports

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
)

// Of the seed's bug, the poster shows the whole ladder: both steps of the hotplug thread were torn down, the takedown
// failed, and neither step was undone.
func TestPosterOfTheSeed(t *testing.T) {
	c := run(t, "v4.6-rc3", explore.Options{}, "rollback-restores-smpboot").Violations()[0]
	p := c.poster()
	l := p.l
	assert.Equal(t, "cpu_down(1)", l.Op)
	assert.False(t, l.Up)
	got := map[string]Undone{}
	for i := range l.Rungs {
		got[l.Rungs[i].Name] = l.Undone(i)
	}
	assert.Equal(t, Left, got["CPUHP_AP_ONLINE_DYN+0 (12)"])
	assert.Equal(t, Left, got["CPUHP_AP_NOTIFY_ONLINE (11)"])
	assert.Equal(t, Failing, got["CPUHP_TEARDOWN_CPU (8)"])
	assert.Equal(t, Untouched, got["CPUHP_BRINGUP_CPU (3)"])
	assert.Equal(t, "CPUHP_ONLINE (43)", l.Rungs[l.Began].Name)
	assert.Equal(t, "CPUHP_AP_ONLINE_IDLE (9)", l.Rungs[l.State].Name)
	text := string(render(t, c.Poster))
	for _, want := range []string{
		"✖ not called:", "  dyn1_startup()", "⚡ __cpu_disable() fails:", "✖ returns -EBUSY",
		"The rule: when an operation fails",
		"parked to the end: cpuhp/1, smpboot1/1", "Again: kernel=v4.6-rc3",
	} {
		assert.Contains(t, text, xmlText(want))
	}
}

// v4.14 counts a state up twice on its way back: the one step that it leaves out is not one that the way down called.
func TestLadderNamesWhatTheUndoLeavesOut(t *testing.T) {
	k, err := model.Lookup("v4.14")
	require.NoError(t, err)
	sc := model.Default()
	sc.Sequence, sc.FaultPoints = []model.Op{{CPU: 1}}, []string{"cpu_disable"}
	m, err := model.New(k, sc)
	require.NoError(t, err)
	props, err := invariants.Select(nil, "rollback-restores-smpboot")
	require.NoError(t, err)
	s := invariants.Compile(m, props)
	result, err := explore.Run(context.Background(), s, explore.Options{})
	require.NoError(t, err)
	r, err := NewRun(s, result, 0)
	require.NoError(t, err)
	l := r.Violations()[0].poster().l
	for i := range l.Rungs {
		switch l.Rungs[i].Name {
		case "CPUHP_AP_SMPBOOT_THREADS (135)":
			assert.Equal(t, PassedOver, l.Undone(i))
		case "CPUHP_AP_ACTIVE (196)", "CPUHP_AP_WORKQUEUE_ONLINE (161)":
			assert.Equal(t, TakenBack, l.Undone(i))
		}
	}
	assert.Contains(t, string(render(t, r.Violations()[0].Poster)), "smpboot_unpark_threads()")
}

// What the file "fail" keeps from being called failed on its own rung, and not on the one below it, to which st->state
// has gone already. Nothing undoes what was not called.
func TestLadderOfTheFileFail(t *testing.T) {
	k, err := model.Lookup("v7.3")
	require.NoError(t, err)
	sc := model.Default()
	sc.Sequence, sc.FaultPoints, sc.MemoryModel = []model.Op{{CPU: 1}}, []string{"fail/dyn1"}, model.Relaxed
	m, err := model.New(k, sc)
	require.NoError(t, err)
	props, err := invariants.Select(nil, "no-deadlock")
	require.NoError(t, err)
	s := invariants.Compile(m, props)
	result, err := explore.Run(context.Background(), s, explore.Options{})
	require.NoError(t, err)
	r, err := NewRun(s, result, 0)
	require.NoError(t, err)
	l := r.Violations()[0].poster().l
	failed := map[string]string{}
	for i := range l.Rungs {
		if l.Undone(i) == Failing {
			failed[l.Rungs[i].Name] = l.Rungs[i].There.Result
		}
	}
	assert.Equal(t, map[string]string{"CPUHP_AP_ONLINE_DYN+0 (201)": "-EAGAIN"}, failed)
}

// A story stands beside the numbers of its steps.
func TestPosterOfACycle(t *testing.T) {
	c := run(t, "v4.6-rc3", explore.Options{}, "idle-never-blocks").Violations()[0]
	p := c.poster()
	p.story()
	for _, s := range c.Story().Sentences {
		i := slices.IndexFunc(p.labels, func(l label) bool { return l.text == s.Steps() && l.class == "dim" })
		require.GreaterOrEqual(t, i, 0, s.Text)
		assert.Less(t, p.labels[i].right(), p.labels[i+1].x)
		assert.Equal(t, p.labels[i].y, p.labels[i+1].y)
	}
}

// Nothing on the page lies over anything else, and it is well-formed whatever the counterexample.
func TestPosterGeometry(t *testing.T) {
	for name, c := range pictured(t) {
		p := c.poster()
		page := rect{0, 0, posterWidth, p.height}
		labels := p.labels[:len(p.labels):len(p.labels)]
		for i, n := range p.nodes {
			assert.True(t, page.holds(n.rect), "%s: box %d is on the page", name, i)
			for _, l := range n.labels {
				assert.True(t, n.holds(l.rect), "%s: %q is in its box", name, l.text)
			}
			for _, o := range p.nodes[:i] {
				assert.False(t, n.overlaps(o.rect), "%s: boxes of steps %d and %d", name, n.from, o.from)
			}
			for _, l := range p.labels {
				assert.False(t, n.overlaps(l.rect), "%s: %q lies over a box", name, l.text)
			}
		}
		for i, l := range labels {
			assert.True(t, page.holds(l.rect), "%s: %q is on the page", name, l.text)
			for _, o := range labels[:i] {
				assert.False(t, l.overlaps(o.rect), "%s: %q overlaps %q", name, l.text, o.text)
			}
		}
		text := string(render(t, c.Poster))
		assert.NotContains(t, text, "var(", name)
		d := xml.NewDecoder(strings.NewReader(text))
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else {
				require.NoError(t, err, name)
			}
		}
	}
}
