package main

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/internal/positioned"
	"github.com/hpcheck/hpcheck/model"
	"github.com/hpcheck/hpcheck/museum"
	"github.com/spf13/pflag"
)

// exhibit is a defect that the hotplug core really had.
type exhibit struct {
	Name, Title       string
	From, Until       string // the first and the last version that had it
	Introduced, Fixed string // commits
	Verified          string // what of that was seen in the sources, and what is from memory
	Story             string
	BredBy            string    // the exhibit with whose fix it came, if it came with one
	violates          string    // the property that catches it first
	bug, fixed        *suiteRun // on the kernel that had it, and with the fix
}

// readMuseum reads all exhibits, in the order of the versions that had them first.
func readMuseum() ([]*exhibit, error) {
	files, err := fs.Glob(museum.Entries, "*.toml")
	if err != nil {
		return nil, err
	}
	var all []*exhibit
	for _, file := range files {
		data, err := museum.Entries.ReadFile(file)
		if err != nil {
			return nil, err
		}
		e, err := readExhibit("museum/"+file, data)
		if err != nil {
			return nil, err
		}
		e.Name = strings.TrimSuffix(file, ".toml")
		all = append(all, e)
	}
	for _, e := range all {
		if names := exhibitNames(all); e.BredBy != "" && !slices.Contains(names, e.BredBy) {
			return nil, fmt.Errorf(
				"museum/%s.toml: bred-by: %w", e.Name, &model.UnknownError{Kind: "bug", Name: e.BredBy, Known: names},
			)
		}
	}
	slices.SortStableFunc(all, func(a, b *exhibit) int { return model.CompareVersions(a.From, b.From) })
	return all, nil
}

func readExhibit(file string, data []byte) (*exhibit, error) {
	t, err := positioned.Parse(file, data)
	if err != nil {
		return nil, err
	}
	var e exhibit
	texts := []struct {
		key      string
		into     *string
		optional bool
	}{
		{"title", &e.Title, false},
		{"from", &e.From, false},
		{"until", &e.Until, false},
		{"introduced", &e.Introduced, false},
		{"fixed", &e.Fixed, false},
		{"bred-by", &e.BredBy, true},
		{"verified", &e.Verified, false},
		{"story", &e.Story, false},
		{"violates", &e.violates, false},
	}
	known := []string{"bug", "with-fix"}
	for _, text := range texts {
		known = append(known, text.key)
		if *text.into, err = t.String(text.key); err != nil {
			return nil, err
		}
		if *text.into == "" && !text.optional {
			return nil, t.Errorf("%s is missing", text.key)
		}
	}
	e.Story = strings.Join(strings.Fields(e.Story), " ")
	if err := t.Only(known...); err != nil {
		return nil, err
	}
	if e.bug, err = exhibitRun(file, t, "bug"); err != nil {
		return nil, err
	}
	e.fixed, err = exhibitRun(file, t, "with-fix")
	return &e, err
}

// exhibitRun reads one of the runs of an exhibit.
func exhibitRun(file string, t *positioned.Table, key string) (*suiteRun, error) {
	v := t.Get(key)
	if v == nil {
		return nil, t.Errorf("[%s] is missing", key)
	}
	if err := v.Want(positioned.Map); err != nil {
		return nil, err
	}
	r := &suiteRun{fs: pflag.NewFlagSet(key, pflag.ContinueOnError), keys: map[string]positioned.Pos{}, at: v.Table.Pos}
	r.flags.addCheck(r.fs)
	r.flags.read = func(file string) ([]byte, error) {
		return museum.Entries.ReadFile(strings.TrimPrefix(filepath.ToSlash(file), "museum/"))
	}
	for _, key := range v.Table.Keys {
		if err := r.set(file, key); err != nil {
			return nil, err
		}
	}
	_, err := r.machine()
	return r, err
}

func exhibitNames(all []*exhibit) []string {
	names := make([]string, len(all))
	for i, e := range all {
		names[i] = e.Name
	}
	return names
}
