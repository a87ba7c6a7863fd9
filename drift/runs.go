package drift

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/hpcheck/hpcheck/internal/files"
)

// Executed is what a report of hpcheck says of a run.
type Executed struct {
	Run
	Kernel  string   // the edition
	Modeled []string // the functions that the programs have
}

// ReadRun reads what a run executes from its report in JSON.
func ReadRun(file string) (*Executed, error) {
	b, err := files.Read(file, files.Runs)
	if err != nil {
		return nil, err
	}
	var j struct {
		Kind   string
		Kernel struct {
			Name    string
			Without []string
		}
		Coverage struct{ Entered, Unentered []string }
	}
	if err := json.Unmarshal(b, &j); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if j.Kind != "run" || j.Coverage.Entered == nil {
		return nil, fmt.Errorf("%s is no report of a run that says which functions it executed: want run.json, as "+
			"a check writes it", file)
	}
	x := &Executed{Kernel: j.Kernel.Name, Modeled: slices.Concat(j.Coverage.Entered, j.Coverage.Unentered)}
	x.Name, x.Functions = file, j.Coverage.Entered
	return x, nil
}

// ReadRuns reads the reports below a directory that hpcheck run --out has written, of the runs of an edition.
func ReadRuns(dir, edition, suite string) ([]*Executed, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*", "run.json"))
	if err != nil {
		return nil, err
	}
	var runs []*Executed
	for _, file := range names {
		x, err := ReadRun(file)
		if err != nil {
			return nil, err
		}
		if x.Kernel != edition {
			continue
		}
		x.Suite, x.Name = suite, filepath.Base(filepath.Dir(file))
		runs = append(runs, x)
	}
	return runs, nil
}

// NewReference makes the reference of an edition, of which it is known what it is and where it is from: from a tree,
// and from what the edition's runs execute.
func NewReference(r Reference, take func(modeled, others []string) (*Taken, error), runs []*Executed,
	fileOf func(function string) string) (*Reference, error) {
	r.Files = Files
	for _, x := range runs {
		for _, f := range x.Modeled {
			file := fileOf(f)
			if file == "" || slices.Contains(r.Modeled, f) {
				continue
			}
			r.Modeled = append(r.Modeled, f)
			if !slices.Contains(Files, file) {
				r.Others = append(r.Others, file+":"+f)
			}
		}
		r.Runs = append(r.Runs, x.Run)
	}
	slices.Sort(r.Modeled)
	slices.Sort(r.Others)
	t, err := take(r.Modeled, r.Others)
	if err != nil {
		return nil, err
	}
	for _, p := range t.Prints {
		if p.refused {
			return nil, fmt.Errorf("%s:%d: a part of %s cannot be read", p.File, p.line, p.Name)
		}
	}
	made := t.Reference(&r)
	made.Edition, made.tree = r.Edition, false
	return made, nil
}
