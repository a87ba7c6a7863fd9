// Command pin writes drift/pins/EDITION.json: the hashes of the functions that an edition was made from, and what the
// runs of the suites execute of them. With -stands it writes the hashes of what primitives stand for to
// drift/stands.json.
//
//	hpcheck run --out REPORTS/v6.12 suites/v6.12.toml
//	go run ./drift/pin EDITION TREE "where the tree is from" REPORTS/v6.12...
//	go run ./drift/pin -stands EDITION TREE
//
// The tree is read under its .config, or under the defaults of x86. See make pins.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/hpcheck/hpcheck/drift"
	"github.com/hpcheck/hpcheck/ktree"
	"github.com/hpcheck/hpcheck/model"
	"github.com/hpcheck/hpcheck/reports"
)

func main() {
	var err error
	switch {
	case len(os.Args) == 4 && os.Args[1] == "-stands":
		err = pinStands(os.Args[2], os.Args[3])
	case len(os.Args) < 5:
		fmt.Fprintln(os.Stderr, "usage: pin EDITION TREE FROM REPORTS..., or pin -stands EDITION TREE")
		os.Exit(2)
	default:
		err = pin(os.Args[1], os.Args[2], os.Args[3], os.Args[4:])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "pin:", err)
		os.Exit(1)
	}
}

// pinStands keeps the hashes of what primitives stand for.
func pinStands(edition, tree string) error {
	t, err := ktree.Open(tree)
	if err != nil {
		return err
	}
	defer t.Close()
	cfg, err := t.Config(ktree.Options{})
	if err != nil {
		return err
	}
	b, err := drift.PinStands(t, cfg, edition)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join("drift", "stands.json"), b, 0o644)
}

func pin(edition, tree, from string, dirs []string) error {
	t, err := ktree.Open(tree)
	if err != nil {
		return err
	}
	defer t.Close()
	cfg, err := t.Config(ktree.Options{})
	if err != nil {
		return err
	}
	var runs []*drift.Executed
	for _, dir := range dirs {
		suite := filepath.Base(dir)
		more, err := drift.ReadRuns(dir, edition, suite)
		if err != nil {
			return err
		}
		runs = append(runs, more...)
	}
	if len(runs) == 0 {
		return fmt.Errorf("there are no runs of %s in %v", edition, dirs)
	}
	k, err := model.Lookup(edition)
	if err != nil {
		return err
	}
	made := drift.Reference{Edition: edition, From: from}
	for _, s := range k.Steps {
		made.Ladder = append(made.Ladder, s.Symbol)
	}
	slices.Sort(made.Ladder)
	r, err := drift.NewReference(made, func(modeled, others []string) (*drift.Taken, error) {
		return drift.Take(t, cfg, modeled, others)
	}, runs, reports.SourceFile)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", " ")
	if err := e.Encode(r); err != nil {
		return err
	}
	file := filepath.Join("drift", "pins", edition+".json")
	fmt.Printf("%s: %d functions of %s, %d runs\n", file, len(r.Prints), r.Tree, len(r.Runs))
	return os.WriteFile(file, b.Bytes(), 0o644)
}
