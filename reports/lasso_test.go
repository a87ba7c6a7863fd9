package reports

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
)

// A reader that comes again and again starves the writer: every form tells the stem, the cycle, and who starves.
func TestLassoTellsWhoStarves(t *testing.T) {
	k, err := model.Lookup("v4.6")
	require.NoError(t, err)
	sc := model.Scenario{CPUs: 2, Tasks: 1, Sequence: []model.Op{{CPU: 1}}, Readers: 1, ReadersLoop: true}
	m, err := model.New(k, sc)
	require.NoError(t, err)
	props, err := invariants.Select(nil, "writer-not-starved")
	require.NoError(t, err)
	s, err := invariants.CompileLive(m, props)
	require.NoError(t, err)
	lassos := explore.Liveness(context.Background(), s, explore.Options{}).Lassos
	require.NotEmpty(t, lassos)
	c, err := NewLasso(s, lassos[0])
	require.NoError(t, err)
	assert.Equal(t, "task 0", c.Starves)
	assert.Empty(t, c.Stuck, "who waits in the last state goes on in the cycle")
	rounds := c.Cycle()
	require.Len(t, rounds, 2)
	steps := 0
	for _, r := range rounds {
		steps += r.Steps
		assert.Equal(t, r.Thread == "task 0", r.Functions[0] == "cpu_hotplug_begin", r.Thread)
	}
	assert.Equal(t, len(c.Steps)-c.CycleFrom+1, steps, "each step of the cycle is somebody's")
	for name, form := range map[string]func(io.Writer) error{
		"text":  func(w io.Writer) error { return c.Text(w, false) },
		"story": c.Tell, "poster": c.Poster,
	} {
		text := string(render(t, form))
		for _, want := range []string{
			"stem: what leads to the cycle", "cycle: these steps repeat for ever", "and starves",
		} {
			assert.Contains(t, text, want, name)
		}
	}
	for name, form := range map[string]func(io.Writer) error{"svg": c.SVG, "dot": c.DOT} {
		text := string(render(t, form))
		assert.Contains(t, text, "task 0 ✖ starves", name)
		assert.Contains(t, text, "FROM HERE FOR EVER", name)
		assert.NotContains(t, text, "✖ waits for ever", name)
	}
	d := xml.NewDecoder(strings.NewReader(string(render(t, c.SVG))))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else {
			require.NoError(t, err)
		}
	}
}
