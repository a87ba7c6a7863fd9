// Package clients reads subsystems that a user has written down: TOML, with the objects, the tasks, the work items and
// the callbacks of whoever is beside the hotplug core (docs/clients.md).
package clients

import (
	"slices"
	"strings"
	"unicode"

	"github.com/hpcheck/hpcheck/internal/positioned"
	"github.com/hpcheck/hpcheck/model"
)

// Read reads a client from a file. A mistake is told with file, line and column.
func Read(file string) (model.Client, error) {
	t, err := positioned.Read(file)
	if err != nil {
		return model.Client{}, err
	}
	return read(file, t)
}

// Parse reads a client that is in memory; name is the file's in messages.
func Parse(name string, data []byte) (model.Client, error) {
	t, err := positioned.Parse(name, data)
	if err != nil {
		return model.Client{}, err
	}
	return read(name, t)
}

// Is reports whether a file has the tables of a client.
func Is(t *positioned.Table) bool {
	return slices.ContainsFunc([]string{"state", "work", "task"}, func(key string) bool { return t.Get(key) != nil })
}

// lists are the keys that list objects, and what these are.
var lists = []struct {
	key  string
	kind model.ClientKind
	doc  string
}{
	{"mutexes", model.ClientMutex, "mutexes"},
	{"spinlocks", model.ClientSpinlock, "spinlocks: who holds one must not sleep, and no CPU stops meanwhile"},
	{"rwsems", model.ClientRWSem, "rwsems: who waits to write lets no reader in any more"},
	{"completions", model.ClientCompletion, "completions"},
	{"flags", model.ClientFlag, "flags: true or false"},
	{"cpu-flags", model.ClientCPUFlag, "flags that each CPU has for itself"},
	{"duties", model.ClientDuty, "what one CPU does for all, at boot CPU 0"},
}

// file is a client that is being read.
type file struct {
	client model.Client
	kinds  map[string]model.ClientKind // of each object; of a work item and of a state, those below
	multi  map[string]bool             // of each state
}

const (
	kindWork  model.ClientKind = "work item"
	kindState model.ClientKind = "state"
)

func read(name string, t *positioned.Table) (model.Client, error) {
	f := &file{client: model.Client{File: name}, kinds: map[string]model.ClientKind{}, multi: map[string]bool{}}
	if err := t.Only(topKeys()...); err != nil {
		return f.client, err
	}
	var err error
	if f.client.Name, err = t.Word("name", "ABCDEFGHIJKLMNOPQRSTUVWXYZ._-"); err != nil {
		return f.client, err
	}
	if f.client.Name == "" {
		return f.client, t.Errorf("the client has no name")
	}
	if _, err := t.String("about"); err != nil {
		return f.client, err
	}
	tables := map[string][]*positioned.Table{}
	for _, head := range []string{"state", "work", "task"} {
		if tables[head], err = t.Tables(head, head); err != nil {
			return f.client, err
		}
	}
	if err := f.objects(t); err != nil {
		return f.client, err
	}
	if err := f.name(tables["state"], kindState); err != nil {
		return f.client, err
	}
	if err := f.name(tables["work"], kindWork); err != nil {
		return f.client, err
	}
	if err := f.bodies(tables); err != nil {
		return f.client, err
	}
	if len(f.client.Tasks)+len(f.client.States) == 0 {
		return f.client, t.Errorf("the client does nothing: want [[task]] or [[state]]")
	}
	return f.client, nil
}

// topKeys are the keys of a file.
func topKeys() []string {
	keys := []string{"name", "about", "initially"}
	for _, l := range lists {
		keys = append(keys, l.key)
	}
	return append(keys, "state", "work", "task")
}

// objects reads the lists of objects.
func (f *file) objects(t *positioned.Table) error {
	for _, l := range lists {
		names, err := words(t, l.key)
		if err != nil {
			return err
		}
		for _, v := range names {
			if err := f.know(v, l.kind); err != nil {
				return err
			}
			f.client.Objects = append(f.client.Objects, model.ClientObject{Name: v.Text, Kind: l.kind})
		}
	}
	set, err := words(t, "initially")
	if err != nil {
		return err
	}
	for _, v := range set {
		if k := f.kinds[v.Text]; k != model.ClientFlag && k != model.ClientCPUFlag {
			return v.Errorf("initially: %q is no flag of this client", v.Text)
		}
		for i := range f.client.Objects {
			if f.client.Objects[i].Name == v.Text {
				f.client.Objects[i].Set = true
			}
		}
	}
	return nil
}

// name notes the names of states or of work items.
func (f *file) name(tables []*positioned.Table, kind model.ClientKind) error {
	for _, t := range tables {
		v := t.Get("name")
		if v == nil {
			return t.Errorf("the %s has no name", kind)
		}
		if err := v.Want(positioned.String); err != nil {
			return err
		}
		if err := f.know(v, kind); err != nil {
			return err
		}
		f.multi[v.Text] = t.Get("instances") != nil
	}
	return nil
}

// know notes what an object is.
func (f *file) know(v *positioned.Value, kind model.ClientKind) error {
	if v.Text == "" || len(v.Text) > 64 || strings.ContainsFunc(v.Text, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-:/.", r)
	}) {
		return v.Errorf("the name %q: want letters, digits and _-:/. of at most 64 characters", v.Text)
	}
	if v.Text == "failed" || v.Text == "cpu_online" || v.Text == "cpu_dying" || v.Text == "cpu" {
		return v.Errorf("the name %q has a meaning of its own", v.Text)
	}
	if was, there := f.kinds[v.Text]; there {
		return v.Errorf("there is already a %s %q", was, v.Text)
	}
	f.kinds[v.Text] = kind
	return nil
}

// words are the texts of a list; none if the key is not there.
func words(t *positioned.Table, key string) ([]*positioned.Value, error) {
	v := t.Get(key)
	if v == nil {
		return nil, nil
	}
	if err := v.Want(positioned.Array); err != nil {
		return nil, err
	}
	for _, e := range v.List {
		if err := e.Want(positioned.String); err != nil {
			return nil, err
		}
	}
	return v.List, nil
}

// functionName makes a function's name of a state's.
func functionName(state, way string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return '_'
	}, state) + "_" + way
}
