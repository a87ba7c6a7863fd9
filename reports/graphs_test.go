package reports

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/internal/browser"
)

// The page of graphs shows them whether graphviz is installed or not.
func TestGraphsInBrowser(t *testing.T) {
	r := run(t, "v4.6-rc3", explore.Options{}, "no-deadlock", "down-failed-on-target")
	dir := t.TempDir()
	write := func(name string) string {
		file := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(file, render(t, r.Graphs), 0o666))
		return file
	}
	pages := map[string]string{}
	if _, err := exec.LookPath("dot"); err == nil {
		pages["drawn by graphviz"] = write("graphviz.html")
	}
	t.Setenv("PATH", dir)
	pages["drawn in the browser"] = write("browser.html")
	for name, file := range pages {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, name == "drawn in the browser", bytes.Contains(text, []byte("Viz.instance()")), name)
	}
	t.Setenv("PATH", "/usr/local/bin:/usr/bin:/bin")
	for name, file := range pages {
		t.Run(name, func(t *testing.T) {
			p := browser.Open(t, "file://"+file, 1200, 900)
			p.Await("#no-deadlock .drawing", "POINT OF NO RETURN")
			var boxes int
			p.Eval(`document.querySelectorAll("#no-deadlock .drawing svg .node").length`, &boxes)
			assert.Greater(t, boxes, 10)
			p.Shot("graphs")
		})
	}
}

// A warning of graphviz is an error, since it warns when it leaves something out; and so is what is no graph.
func TestGraphviz(t *testing.T) {
	if _, err := exec.LookPath("dot"); err != nil {
		t.Skip("graphviz is not installed")
	}
	png, err := Graphviz([]byte("digraph { a -> b }"), "png")
	require.NoError(t, err)
	assert.True(t, bytes.HasPrefix(png, []byte("\x89PNG")))
	_, err = Graphviz([]byte("digraph { a -> }"), "svg")
	assert.ErrorContains(t, err, "syntax error")
	_, err = Graphviz([]byte(`digraph { a [shape=nonsense] }`), "svg")
	assert.ErrorContains(t, err, "graphviz warns: ")
	t.Setenv("PATH", t.TempDir())
	_, err = Graphviz([]byte("digraph { a -> b }"), "png")
	assert.ErrorIs(t, err, exec.ErrNotFound)
}
