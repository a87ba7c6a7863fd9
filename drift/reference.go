package drift

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/ktree"
	"github.com/hpcheck/hpcheck/model"
)

//go:embed pins/*.json
var pins embed.FS

// Reference is what an edition was made from.
type Reference struct {
	Edition string            `json:"edition"` // v6.12
	Tree    string            `json:"tree"`    // the version of the tree
	From    string            `json:"from"`    // where the tree is from
	Config  map[string]string `json:"config"`  // the symbols that its files ask for, and their values
	Files   []string          `json:"files"`   // the files that are read together
	Others  []string          `json:"others"`  // FILE:FUNCTION that the model has from other files
	Modeled []string          `json:"modeled"` // the kernel functions that the edition's programs name
	Prints  []Print           `json:"prints"`
	Steps   []Step            `json:"steps"`
	Ladder  []string          `json:"ladder"` // the symbols of the steps that the edition has
	Runs    []Run             `json:"runs"`

	tree bool // it is no edition's, but a tree's that another one is compared with
}

// title names what a tree is compared with.
func (r *Reference) title() string {
	if r.tree {
		return r.Edition
	}
	return "what " + r.Edition + " was made from"
}

// Step is an entry of the step table.
type Step struct {
	Symbol   string `json:"symbol"`
	Number   int64  `json:"number"`
	Name     string `json:"name,omitempty"`
	Startup  string `json:"startup,omitempty"`
	Teardown string `json:"teardown,omitempty"`
	CantStop bool   `json:"cant_stop,omitempty"`
	Multi    bool   `json:"multi,omitempty"`
}

// Run is a run whose verdicts are known: that of a suite, or of a report.
type Run struct {
	Suite     string   `json:"suite"`
	Name      string   `json:"name"`
	Functions []string `json:"functions"` // the kernel functions of which it executes something
}

// Blind lists the functions that the model names and that are not compared: the callbacks of subsystems, which are
// abstractions, and names of the model's own.
func (r *Reference) Blind() []string {
	var blind []string
	for _, name := range r.Modeled {
		if !slices.ContainsFunc(r.Prints, func(p Print) bool { return p.Name == name }) {
			blind = append(blind, name)
		}
	}
	return blind
}

// Editions lists the editions that have a reference.
func Editions() []string {
	entries, err := fs.ReadDir(pins, "pins")
	if err != nil {
		panic(err) // the files are in the program
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".json"))
	}
	slices.SortFunc(names, model.CompareVersions)
	return names
}

// Nearest is the last edition with a reference that is not newer than a version, the first if all are.
func Nearest(v ktree.Version) string {
	all := Editions()
	nearest := all[0]
	for _, e := range all {
		if model.CompareVersions(e, v.String()) <= 0 {
			nearest = e
		}
	}
	return nearest
}

// Reference makes what was taken of a tree what others are compared with, for the runs of an edition.
func (t *Taken) Reference(edition *Reference) *Reference {
	r := *edition
	r.Edition, r.tree = t.Unit.Tree.Name, true
	r.Tree = strings.TrimPrefix(t.Unit.Tree.Version.String(), "v")
	r.Prints, r.Steps = t.Prints, t.Steps
	r.Config = map[string]string{}
	for _, a := range t.Unit.Asked() {
		r.Config[a.Name] = a.Value
	}
	return &r
}

// ReferenceOf is the reference of an edition.
func ReferenceOf(edition string) (*Reference, error) {
	b, err := pins.ReadFile("pins/" + edition + ".json")
	if err != nil {
		return nil, fmt.Errorf("there are no hashes of what %s was made from: want one of %s", edition,
			strings.Join(Editions(), ", "))
	}
	var r Reference
	if err := json.Unmarshal(b, &r); err != nil {
		return nil, fmt.Errorf("pins/%s.json: %w", edition, err)
	}
	return &r, nil
}
