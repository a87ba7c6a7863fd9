package drift

import (
	"encoding/json"
	"io"

	"github.com/hpcheck/hpcheck/cfront"
)

// schemaURL is where the schema of a Document is.
const schemaURL = "https://raw.githubusercontent.com/hpcheck/hpcheck/main/docs/schema/drift-1.schema.json"

// Document is a report in JSON. Lists are never null.
type Document struct {
	Schema    string       `json:"$schema"`
	Kind      string       `json:"kind"` // drift
	Edition   string       `json:"edition"`
	Reference string       `json:"reference"` // the version of the tree that the edition was made from
	Tree      jsonTree     `json:"tree"`
	Config    jsonConfig   `json:"config"`
	Same      int          `json:"same"`
	Changes   []Change     `json:"changes"`
	Steps     []StepChange `json:"steps"`
	Moved     int          `json:"moved"`
	Blind     []string     `json:"not_compared"` // what the model names and has its own of
	Problems  []jsonAt     `json:"problems"`
	Verdicts  []Verdict    `json:"verdicts"`
	Machine   *Machine     `json:"machine,omitempty"`
}

type jsonTree struct {
	Name     string `json:"name"`
	Revision string `json:"revision,omitempty"`
	Version  string `json:"version"`
}

type jsonConfig struct {
	From    string            `json:"from"`
	Arch    string            `json:"arch"`
	Asked   map[string]string `json:"asked"` // the symbols that the files depend on
	Differs []Setting         `json:"differs"`
}

type jsonAt struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Text string `json:"text"`
}

// JSON writes the report for a machine.
func (r *Report) JSON(w io.Writer) error {
	u := r.Taken.Unit
	d := Document{
		Schema:    schemaURL,
		Kind:      "drift",
		Edition:   r.Reference.Edition,
		Reference: r.Reference.Tree,
		Tree:      jsonTree{u.Tree.Name, u.Tree.Revision, u.Tree.Version.String()},
		Config:    jsonConfig{u.Config.From, u.Config.Arch, map[string]string{}, list(r.Settings)},
		Same:      r.Same,
		Changes:   list(r.Changes),
		Steps:     list(r.Steps),
		Moved:     r.Moved,
		Blind:     list(r.Reference.Blind()),
		Problems:  problems(u.Problems()),
		Verdicts:  list(r.Verdicts),
	}
	for _, a := range u.Asked() {
		d.Config.Asked[a.Name] = a.Value
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(d)
}

func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}

func problems(all []cfront.Problem) []jsonAt {
	list := []jsonAt{}
	for _, p := range all {
		list = append(list, jsonAt{p.File, p.Line, p.Text})
	}
	return list
}
