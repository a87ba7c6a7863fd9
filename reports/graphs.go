package reports

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"os/exec"
	"strings"
)

//go:embed viz/viz-global.js.gz
var vizJS []byte

var graphsPage = template.Must(template.New("graphs.html").ParseFS(htmlFiles, "html/graphs.html"))

// Graphs writes one page with the state graph around each counterexample. Graphviz draws it now, if it is installed; if
// not, a copy of it that is part of the page draws it in the browser.
func (r *Run) Graphs(w io.Writer) error {
	page := graphs{
		Title: fmt.Sprintf("hpcheck: %s, the alternatives at each step", r.Kernel), Scenario: r.Scenario.String(),
		CSS: Look() + template.CSS(embedded("report.css")),
	}
	for _, c := range r.Violations() {
		var dot bytes.Buffer
		if err := c.Neighbourhood(&dot); err != nil {
			return err
		}
		g := stateGraph{Property: c.Property, Doc: c.Doc}
		svg, err := Graphviz(dot.Bytes(), "svg")
		switch {
		case err == nil:
			_, picture, _ := strings.Cut(string(svg), "<svg")
			g.SVG = template.HTML("<svg" + picture)
		case errors.Is(err, exec.ErrNotFound):
			g.DOT = dot.String()
		default:
			return err
		}
		page.Graphs = append(page.Graphs, g)
	}
	for _, g := range page.Graphs {
		if g.DOT != "" && page.Viz == "" {
			viz, err := inflate(vizJS)
			if err != nil {
				return err
			}
			page.Viz = template.JS(viz)
		}
	}
	return graphsPage.Execute(w, page)
}

// graphs is what the page shows.
type graphs struct {
	Title, Scenario string
	CSS             template.CSS
	Viz             template.JS // empty if everything is drawn
	Graphs          []stateGraph
}

type stateGraph struct {
	Property, Doc string
	SVG           template.HTML
	DOT           string // if the browser is to draw it
}

// Graphviz has graphviz draw a graph, as "svg" or "png". A warning is an error: graphviz warns when it leaves something
// out. The error is [exec.ErrNotFound] if it is not installed.
func Graphviz(dot []byte, form string) ([]byte, error) {
	path, err := exec.LookPath("dot")
	if err != nil {
		return nil, fmt.Errorf("graphviz: %w", err)
	}
	var out, warnings bytes.Buffer
	cmd := exec.Command(path, "-T"+form)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(dot), &out, &warnings
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("graphviz: %w: %s", err, firstLine(warnings.String()))
	}
	if text := firstLine(warnings.String()); text != "" {
		return nil, fmt.Errorf("graphviz warns: %s", text)
	}
	return out.Bytes(), nil
}

// PNG writes the swimlane diagram as a picture, drawn by graphviz.
func (c *Counterexample) PNG(w io.Writer) error {
	var dot bytes.Buffer
	if err := c.DOT(&dot); err != nil {
		return err
	}
	png, err := Graphviz(dot.Bytes(), "png")
	if err != nil {
		return err
	}
	_, err = w.Write(png)
	return err
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}

func inflate(data []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}
