package reports

import (
	"encoding/json"
	"io"
	"time"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/invariants"
)

// Stream writes a run as it goes on: a line of JSON for the start, now and then one for the progress, one for each
// violation, and one for the end. A line is written whole, so that who reads along, or reads what a killed run has
// left, never sees half of one. The first error stays.
type Stream struct {
	w    io.Writer
	ask  *Request
	told map[string]bool // properties whose violation was written
	last time.Duration   // when the progress was written
	err  error
}

// NewStream returns a stream.
func NewStream(w io.Writer) *Stream { return &Stream{w: w, told: map[string]bool{}} }

// The lines. The last has the run as [Run.JSON] writes it.
type (
	lineStart struct {
		Schema   string    `json:"$schema"`
		Version  int       `json:"version"`
		Kind     string    `json:"kind"` // "start"
		Tool     jsonTool  `json:"tool"`
		Command  string    `json:"command"`
		Kernel   SavedKern `json:"kernel"`
		Scenario params    `json:"scenario"`
		Checks   []string  `json:"properties"`
	}
	lineProgress struct {
		Kind        string  `json:"kind"` // "progress"
		States      uint64  `json:"states"`
		Transitions uint64  `json:"transitions"`
		Depth       int     `json:"depth"`
		Frontier    uint64  `json:"frontier"`
		Bytes       uint64  `json:"bytes"`
		Seconds     float64 `json:"seconds"`
	}
	lineViolation struct {
		Kind           string `json:"kind"` // "violation"
		Property       string `json:"property"`
		Steps          int    `json:"steps"`
		Counterexample *Saved `json:"counterexample"`
	}
	lineEnd struct {
		Kind string   `json:"kind"` // "end"
		Run  *jsonRun `json:"run"`
	}
)

const linesURL = "https://raw.githubusercontent.com/hpcheck/hpcheck/main/docs/schema/hpcheck-lines-1.schema.json"

// Start writes what is checked, and how that was asked for.
func (s *Stream) Start(suite *invariants.Suite, version string, ask *Request) {
	s.ask = ask
	e, sc := EditionOf(suite.Machine.Kernel), suite.Machine.Scenario
	line := lineStart{
		Schema: linesURL, Version: SchemaVersion, Kind: "start", Tool: jsonTool{"hpcheck", version},
		Command: ask.command(e, sc), Kernel: savedKernel(e), Scenario: params(sc),
	}
	for _, p := range suite.Properties {
		line.Checks = append(line.Checks, p.Name)
	}
	s.line(line)
}

// Progress writes how far the search is, once a second at most.
func (s *Stream) Progress(p explore.Progress) {
	if p.Elapsed-s.last < time.Second {
		return
	}
	s.last = p.Elapsed
	s.line(lineProgress{"progress", p.States, p.Transitions, p.Level, p.Frontier, p.Bytes, p.Elapsed.Seconds()})
}

// Violation writes a counterexample, unless one of that property was written before.
func (s *Stream) Violation(c *Counterexample) {
	if s.told[c.Property] {
		return
	}
	s.told[c.Property] = true
	c.request = s.ask
	s.line(lineViolation{"violation", c.Property, len(c.Steps), c.Save()})
}

// End writes the violations that were not known before, and the verdicts. It returns the first error of all.
func (s *Stream) End(r *Run) error {
	for _, c := range r.Violations() {
		s.Violation(c)
	}
	s.line(lineEnd{"end", r.json()})
	return s.err
}

func (s *Stream) line(v any) {
	if s.err != nil {
		return
	}
	text, err := json.Marshal(v)
	if err == nil {
		_, err = s.w.Write(append(text, '\n'))
	}
	s.err = err
}
