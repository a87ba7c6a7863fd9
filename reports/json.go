package reports

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/hpcheck/hpcheck/model"
)

// SchemaVersion is the version of the JSON forms. What a version has keeps its name and its meaning; a new version may
// add fields, and readers skip those that they do not know. The schema is docs/schema/hpcheck-1.schema.json.
const SchemaVersion = 1

const schemaURL = "https://raw.githubusercontent.com/hpcheck/hpcheck/main/docs/schema/hpcheck-1.schema.json"

// Saved is a counterexample as it is written to a file, and all that is needed to walk it again.
type Saved struct {
	Schema   string       `json:"$schema"`
	Version  int          `json:"version"`
	Kind     string       `json:"kind"` // "counterexample"
	Kernel   SavedKern    `json:"kernel"`
	Scenario params       `json:"scenario"`
	Property string       `json:"property"`
	Doc      string       `json:"doc"`
	Why      string       `json:"why"`
	Story    jsonStory    `json:"story"`
	Clauses  []jsonClause `json:"clauses"`
	Trace    []int        `json:"trace"`
	Lasso    bool         `json:"lasso,omitempty"`      // the trace is a way to wait for ever
	Cycle    int          `json:"cycle_from,omitempty"` // from this step on, for ever; 0: nothing comes after
	Lanes    []string     `json:"lanes"`
	Initial  []jsonCell   `json:"initial"`
	Tracks   []jsonTrack  `json:"tracks"`
	Arrows   []jsonArrow  `json:"arrows"`
	Steps    []SavedStep  `json:"steps"`
	Command  string       `json:"command"`
}

// SavedKern names a kernel.
type SavedKern struct {
	Name    string   `json:"name"`
	Commit  string   `json:"commit"`
	Without []string `json:"without"`
	States  string   `json:"states,omitempty"`  // the machine's ladder
	Machine string   `json:"machine,omitempty"` // its name
	Tree    string   `json:"tree,omitempty"`    // the kernel tree whose C it was assembled from
	Code    string   `json:"code,omitempty"`    // a hash of that
}

// SavedStep is a step in a file. Thread, Outcome, Function and Label say which step it is, on this kernel or another.
type SavedStep struct {
	Number    int          `json:"number"`
	Thread    string       `json:"thread"`
	CPU       *int         `json:"cpu"` // null: bound to none
	Function  string       `json:"function"`
	File      string       `json:"file,omitempty"`
	Callers   []string     `json:"callers"`
	Label     string       `json:"label"`
	Line      int          `json:"line,omitempty"` // in the file of the tree that was checked
	Outcome   string       `json:"outcome,omitempty"`
	Events    []jsonEvent  `json:"events,omitempty"`
	Changes   []jsonChange `json:"changes,omitempty"`
	Goes      string       `json:"goes"`
	Violating bool         `json:"violating,omitempty"`
	Fault     bool         `json:"fault,omitempty"`
	Cited     bool         `json:"cited,omitempty"`
	Quiet     bool         `json:"quiet,omitempty"`
}

type jsonStory struct {
	Headline string     `json:"headline"`
	Beats    []jsonBeat `json:"beats"`
}

type jsonBeat struct {
	From int          `json:"from"`
	To   int          `json:"to"`
	Kind SentenceKind `json:"kind"`
	Text string       `json:"text"`
}

type jsonClause struct {
	Text string    `json:"text"`
	Vars []jsonVar `json:"vars"`
}

type jsonVar struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Step  int    `json:"step"` // 0: as it was at boot
}

type jsonCell struct {
	Owner string `json:"owner"`
	Field string `json:"field"`
	Value string `json:"value"`
}

type jsonTrack struct {
	Thread string     `json:"thread"`
	CPU    *int       `json:"cpu"`
	Stands string     `json:"stands"`
	Spans  []jsonSpan `json:"spans"`
}

type jsonSpan struct {
	From int  `json:"from"`
	To   int  `json:"to"`
	Life Life `json:"life"`
}

type jsonArrow struct {
	Kind ArrowKind `json:"kind"`
	From int       `json:"from"`
	To   int       `json:"to"`
	Text string    `json:"text"`
}

type jsonEvent struct {
	Kind     string `json:"kind"`
	Text     string `json:"text"`
	CPU      int    `json:"cpu"`
	Name     string `json:"name,omitempty"`
	Notifier string `json:"notifier,omitempty"`
	Thread   string `json:"thread,omitempty"`
	Result   string `json:"result,omitempty"`
}

type jsonChange struct {
	Name string `json:"name"`
	Old  string `json:"old"`
	New  string `json:"new"`
}

func cpuOf(cpu int) *int {
	if cpu < 0 {
		return nil
	}
	return &cpu
}

// Save makes what is written to a file.
func (c *Counterexample) Save() *Saved {
	story := c.Story()
	s := &Saved{
		Schema:   schemaURL,
		Version:  SchemaVersion,
		Kind:     "counterexample",
		Kernel:   savedKernel(c.Edition),
		Scenario: params(c.Params),
		Property: c.Property,
		Doc:      c.Doc,
		Why:      c.Why,
		Story:    jsonStory{Headline: story.Headline},
		Trace:    c.Trace,
		Lasso:    c.Lasso,
		Cycle:    c.CycleFrom,
		Lanes:    list(c.Lanes),
		Command:  c.command(),
	}
	for _, b := range story.Sentences {
		s.Story.Beats = append(s.Story.Beats, jsonBeat{b.From, b.To, b.Kind, b.Text})
	}
	for _, clause := range c.Clauses {
		j := jsonClause{Text: clause.Text, Vars: []jsonVar{}}
		for _, v := range clause.Vars {
			j.Vars = append(j.Vars, jsonVar(v))
		}
		s.Clauses = append(s.Clauses, j)
	}
	for _, cell := range c.Initial {
		s.Initial = append(s.Initial, jsonCell(cell))
	}
	for _, t := range c.Tracks {
		j := jsonTrack{Thread: t.Thread, CPU: cpuOf(t.CPU), Stands: t.Stands}
		for _, span := range t.Spans {
			j.Spans = append(j.Spans, jsonSpan(span))
		}
		s.Tracks = append(s.Tracks, j)
	}
	s.Arrows = make([]jsonArrow, 0, len(c.Arrows))
	for _, a := range c.Arrows {
		s.Arrows = append(s.Arrows, jsonArrow(a))
	}
	s.Steps = make([]SavedStep, 0, len(c.Steps))
	for i := range c.Steps {
		s.Steps = append(s.Steps, c.Steps[i].save())
	}
	return s
}

func savedKernel(e Edition) SavedKern {
	return SavedKern{
		Name: e.Name, Commit: e.Commit, Without: list(e.Without), States: e.States, Machine: e.Machine, Tree: e.Tree,
		Code: e.Code,
	}
}

// list is never null in JSON.
func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

// file is where the step's statement is.
func (s *Step) file() string {
	if s.File != "" {
		return s.File
	}
	return SourceFile(s.Function)
}

func (s *Step) save() SavedStep {
	j := SavedStep{
		Number:    s.Number,
		Thread:    s.Thread,
		CPU:       cpuOf(s.CPU),
		Function:  s.Function,
		File:      s.file(),
		Callers:   list(s.Callers),
		Label:     s.Label,
		Line:      s.Line,
		Outcome:   s.Outcome,
		Goes:      s.Goes,
		Violating: s.Violating,
		Fault:     s.Fault,
		Cited:     s.Cited,
		Quiet:     s.Quiet(),
	}
	for _, e := range s.Events {
		je := jsonEvent{
			Kind: e.Kind.String(), Text: e.Text, CPU: e.CPU, Name: e.Name, Notifier: e.Notifier, Result: e.Result,
		}
		if e.Kind == model.EventWake {
			je.Thread = e.Thread
		}
		j.Events = append(j.Events, je)
	}
	for _, ch := range s.Changes {
		j.Changes = append(j.Changes, jsonChange{ch.Name, ch.Old, ch.New})
	}
	return j
}

// JSON writes the counterexample, for programs and for hpcheck replay.
func (c *Counterexample) JSON(w io.Writer) error { return encode(w, c.Save()) }

func encode(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	return e.Encode(v)
}

// ReadSaved reads a counterexample from a file: one that was saved, or those of a whole run.
func ReadSaved(r io.Reader) ([]Saved, error) {
	var file struct {
		Saved
		Properties []struct {
			Counterexample *Saved `json:"counterexample"`
		} `json:"properties"`
	}
	file.Saved.Scenario = params(model.Default())
	d := json.NewDecoder(r)
	if err := d.Decode(&file); err != nil {
		why := err.Error()
		if kind, ok := err.(*json.UnmarshalTypeError); ok { // without the names of Go's types
			why = fmt.Sprintf("at character %d there is a JSON %s", kind.Offset, kind.Value)
			if kind.Field != "" {
				why += " for " + kind.Field
			}
		}
		return nil, fmt.Errorf("this is not JSON that hpcheck wrote: %s", why)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("there is more than one document in it: want the JSON of one run or one counterexample")
	}
	if file.Version != SchemaVersion {
		return nil, fmt.Errorf("version %d: this hpcheck reads version %d", file.Version, SchemaVersion)
	}
	switch file.Kind {
	case "counterexample":
		return []Saved{file.Saved}, nil
	case "run":
		var all []Saved
		for _, p := range file.Properties {
			if p.Counterexample != nil {
				all = append(all, *p.Counterexample)
			}
		}
		return all, nil
	}
	return nil, fmt.Errorf("kind %q: want %q or %q", file.Kind, "counterexample", "run")
}

// TreeError says that a counterexample was found in a kernel tree, which is needed to replay it.
type TreeError struct{ Tree string }

// Error names the tree.
func (e *TreeError) Error() string { return "it was found in the kernel tree " + e.Tree }

// Machine makes the machine on which the counterexample was found, or the same scenario on another kernel if one is
// named. A kernel tree has to be given to [Saved.On]: without it the error is a [*TreeError].
func (s *Saved) Machine(kernel string, without []string) (*model.Machine, error) {
	if kernel == "" {
		if s.Kernel.Tree != "" {
			return nil, &TreeError{s.Kernel.Tree}
		}
		kernel, without = s.Kernel.Name, slices.Concat(s.Kernel.Without, without)
	}
	k, err := model.Lookup(kernel)
	if err != nil {
		return nil, err
	}
	return s.On(k, without)
}

// On makes the same scenario on a kernel, with fixes taken out. If both are kernel trees it has to be the code in which
// the counterexample was found.
func (s *Saved) On(k model.Kernel, without []string) (*model.Machine, error) {
	if k.Source != nil && s.Kernel.Tree != "" {
		if tree, code := k.Source.Origin(); code != s.Kernel.Code {
			return nil, fmt.Errorf("it was found in %s, whose code is %s, and that of %s is %s: want the same tree",
				s.Kernel.Tree, s.Kernel.Code, tree, code)
		}
	}
	k, err := k.Revert(without...)
	if err != nil {
		return nil, err
	}
	if s.Kernel.States != "" && k.StatePerRun {
		steps, err := k.ParseStates(s.Kernel.States)
		if err != nil {
			return nil, err
		}
		if k, err = k.WithStates(s.Kernel.Machine, steps); err != nil {
			return nil, err
		}
	}
	return model.New(k, model.Scenario(s.Scenario))
}
