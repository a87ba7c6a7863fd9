package reports

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/dominikbraun/graph"
	"github.com/dominikbraun/graph/draw"
)

// dotGraph is a graph that is written for graphviz.
type dotGraph struct {
	g   graph.Graph[string, string]
	err error
}

func newDotGraph() *dotGraph { return &dotGraph{g: graph.New(graph.StringHash, graph.Directed())} }

// attrs are attributes of a vertex or an edge.
type attrs map[string]string

func (d *dotGraph) vertex(name string, a attrs) {
	options := []func(*graph.VertexProperties){}
	for _, k := range slices.Sorted(maps.Keys(a)) {
		options = append(options, graph.VertexAttribute(k, escape(a[k])))
	}
	d.check(d.g.AddVertex(name, options...))
}

func (d *dotGraph) edge(from, to string, weight int, a attrs) {
	options := []func(*graph.EdgeProperties){graph.EdgeWeight(weight)}
	for _, k := range slices.Sorted(maps.Keys(a)) {
		options = append(options, graph.EdgeAttribute(k, escape(a[k])))
	}
	d.check(d.g.AddEdge(from, to, options...))
}

func (d *dotGraph) check(err error) {
	if d.err == nil {
		d.err = err
	}
}

// escape makes text fit for a quoted string of DOT, which draw.DOT prints verbatim. \l, which ends a line, stays.
func escape(text string) string {
	text = strings.ReplaceAll(text, `\`, `\\`)
	text = strings.ReplaceAll(text, `"`, `\"`)
	return strings.ReplaceAll(text, "\n", `\l`)
}

// write renders the graph with a title, attributes of the whole, and more statements. The library's order is that of a
// map, so the statements are sorted.
func (d *dotGraph) write(w io.Writer, title string, whole attrs, more []string) error {
	if d.err != nil {
		return fmt.Errorf("drawing %q: %w", title, d.err)
	}
	all := attrs{
		"label": title, "labelloc": "t", "labeljust": "l", "fontname": "Helvetica", "fontsize": "14",
		"outputorder": "edgesfirst",
	}
	maps.Copy(all, whole)
	var b bytes.Buffer
	if err := draw.DOT(d.g, &b, each(draw.GraphAttribute, all)...); err != nil {
		return fmt.Errorf("drawing %q: %w", title, err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	body := make([]string, 0, len(lines))
	for _, line := range lines[1 : len(lines)-1] {
		if strings.TrimSpace(line) != "" {
			body = append(body, strings.TrimRight(line, " "))
		}
	}
	slices.Sort(body)
	defaults := []string{
		`	node [fontname="Helvetica", fontsize="10", margin="0.08,0.04"];`,
		`	edge [fontname="Helvetica", fontsize="9"];`,
	}
	statements := slices.Concat([]string{"strict digraph {"}, defaults, body, more, []string{"}", ""})
	_, err := io.WriteString(w, strings.Join(statements, "\n"))
	return err
}

// each makes the library's option of each attribute; the type of the options has no name outside of it.
func each[T any](option func(key, value string) T, a attrs) []T {
	options := make([]T, 0, len(a))
	for _, k := range slices.Sorted(maps.Keys(a)) {
		options = append(options, option(k, escape(a[k])))
	}
	return options
}
