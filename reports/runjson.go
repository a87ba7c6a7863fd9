package reports

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
)

// jsonRun is a run in JSON.
type jsonRun struct {
	Schema     string         `json:"$schema"`
	Version    int            `json:"version"`
	Kind       string         `json:"kind"` // "run"
	Tool       jsonTool       `json:"tool"`
	Command    string         `json:"command"`
	Kernel     SavedKern      `json:"kernel"`
	Scenario   params         `json:"scenario"`
	Extent     jsonExtent     `json:"extent"`
	Properties []jsonProperty `json:"properties"`
	Coverage   jsonCoverage   `json:"coverage"`
	Assembled  *Assembled     `json:"assembled,omitempty"`
}

type jsonTool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// jsonExtent is what was searched: whether a verdict is a proof hangs on stop.
type jsonExtent struct {
	Stop        string  `json:"stop"`
	Complete    bool    `json:"complete"`
	Search      string  `json:"search"`
	Runs        int     `json:"runs"`            // walks or searches, if they are samples
	Share       *Shares `json:"share,omitempty"` // of a run that was divided
	Reduce      string  `json:"reduce"`
	Store       string  `json:"store"`
	Missed      float64 `json:"missed"`
	DepthBound  int     `json:"depth_bound"`
	States      uint64  `json:"states"`
	Transitions uint64  `json:"transitions"`
	Levels      int     `json:"levels"`
	Depth       int     `json:"depth"`
	Ends        uint64  `json:"ends"`
	Bytes       uint64  `json:"bytes,omitempty"` // with [Run.Timed]
	Seconds     float64 `json:"seconds,omitempty"`
}

type jsonProperty struct {
	Name           string `json:"name"`
	Doc            string `json:"doc"`
	Why            string `json:"why"`
	Verdict        string `json:"verdict"`
	Depth          int    `json:"depth,omitempty"` // with holds-within
	Steps          int    `json:"steps,omitempty"` // with violated
	Counterexample *Saved `json:"counterexample,omitempty"`
}

type jsonCoverage struct {
	Instructions int               `json:"instructions"`
	Missed       []jsonInstruction `json:"missed"`
	Unentered    []string          `json:"unentered"`
	Entered      []string          `json:"entered"`
	Faults       int               `json:"faults"`
	Unfired      []string          `json:"unfired"`
}

type jsonInstruction struct {
	Function string `json:"function"`
	Label    string `json:"label"`
}

// stopNames are the reasons to stop in JSON.
var stopNames = map[explore.Stop]string{
	explore.Failed:      "failed",
	explore.Exhausted:   "exhausted",
	explore.DepthBound:  "depth",
	explore.StateLimit:  "states",
	explore.TimeLimit:   "time",
	explore.MemoryLimit: "memory",
	explore.Interrupted: "interrupted",
	explore.Sampled:     "sampled",
	explore.FirstFound:  "first-found",
}

// Slug is the status in JSON and in other forms for machines.
func (s Status) Slug() string {
	return [...]string{"holds", "holds-within", "violated", "vacuous", "incomplete", "not-seen", "holds-in-share"}[s]
}

// JSON writes the run with its counterexamples.
func (r *Run) JSON(w io.Writer) error { return encode(w, r.json()) }

func (r *Run) json() *jsonRun {
	e := EditionOf(r.Kernel)
	j := &jsonRun{
		Schema: schemaURL, Version: SchemaVersion, Kind: "run", Tool: jsonTool{"hpcheck", r.version()},
		Command: r.Command(), Kernel: savedKernel(e), Scenario: params(r.Scenario),
		Extent: jsonExtent{
			Stop:        stopNames[r.Stop],
			Complete:    r.Complete(),
			Search:      r.Search.String(),
			Runs:        r.Runs,
			Share:       r.Share,
			Reduce:      r.Reduce.String(),
			Store:       r.Mode.String(),
			Missed:      r.Missed,
			DepthBound:  r.DepthBound,
			States:      r.States,
			Transitions: r.Transitions,
			Levels:      r.Levels,
			Depth:       r.Depth,
			Ends:        r.Ends,
		},
		Coverage: jsonCoverage{
			Instructions: r.Coverage.Instructions,
			Missed:       make([]jsonInstruction, 0, len(r.Coverage.Missed)),
			Unentered:    list(r.Coverage.Unentered),
			Entered:      list(r.Coverage.Entered),
			Faults:       r.Coverage.Points,
			Unfired:      list(pointNames(r.Coverage.Unfired)),
		},
	}
	j.Assembled = r.Assembled
	if r.Timed {
		j.Extent.Bytes, j.Extent.Seconds = r.Bytes, r.Elapsed.Seconds()
	}
	for _, in := range r.Coverage.Missed {
		j.Coverage.Missed = append(j.Coverage.Missed, jsonInstruction(in))
	}
	for _, v := range r.Verdicts {
		p := jsonProperty{Name: v.Property.Name, Doc: v.Property.Doc, Why: v.Property.Why, Verdict: v.Status.Slug()}
		switch v.Status {
		case HoldsWithin:
			p.Depth = r.DepthBound
		case Violated:
			p.Steps, p.Counterexample = len(v.Counterexample.Steps), v.Counterexample.Save()
		}
		j.Properties = append(j.Properties, p)
	}
	return j
}

func pointNames(points []model.FaultPoint) []string {
	var names []string
	for _, p := range points {
		names = append(names, p.Name)
	}
	return names
}

// complete reports whether the properties are among these that are asked everywhere.
func complete(names []string) bool {
	return !slices.ContainsFunc(
		invariants.All(), func(p *invariants.Property) bool { return !slices.Contains(names, p.Name) },
	)
}

// Command is the command line that makes the run again.
func (r *Run) Command() string {
	var files, names []string
	for _, v := range r.Verdicts {
		names = append(names, v.Property.Name)
		if f := v.Property.File; f != "" && !slices.Contains(files, f) {
			files = append(files, f)
		}
	}
	var rest []Setting
	for _, f := range files {
		rest = append(rest, Setting{"property-file", f})
	}
	switch {
	case files != nil || !complete(names):
		rest = append(rest, Setting{"property", strings.Join(names, ",")})
	case slices.Contains(names, invariants.AllLive()[0].Name):
		rest = append(rest, Setting{"liveness", "true"})
	}
	if r.DepthBound > 0 {
		rest = append(rest, Setting{"depth", strconv.Itoa(r.DepthBound)})
	}
	if r.Share != nil && r.Request == nil { // else it is among what was asked for
		rest = append(rest, Setting{"shard", r.Share.String()})
	}
	return r.Request.command(EditionOf(r.Kernel), r.Scenario, rest...)
}

// version is the version of hpcheck that made the run.
func (r *Run) version() string {
	if r.Version == "" {
		return "(unknown)"
	}
	return r.Version
}
