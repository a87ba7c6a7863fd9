// Package positioned reads TOML together with the places where everything stands, so that a mistake in it can be shown
// where it was made.
package positioned

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/hpcheck/hpcheck/internal/files"
)

// Pos is a place in a file, counted from 1; columns are bytes.
type Pos struct {
	File      string
	Line, Col int
}

// Errorf is a mistake at that place.
func (p Pos) Errorf(format string, args ...any) error { return &Error{p, fmt.Sprintf(format, args...)} }

// Error is a mistake in a file.
type Error struct {
	Pos
	Text string
}

// Error says where, and what.
func (e *Error) Error() string { return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Col, e.Text) }

// Table is a table, with its keys in the order of the file.
type Table struct {
	Pos
	Keys []Key
}

// Key is a key and its value.
type Key struct {
	Pos
	Name  string
	Value *Value
}

// Value is a value: one of these.
type Value struct {
	Pos
	Kind  Kind
	Text  string   // of a string its text, of a number as it is written
	True  bool     // of a truth value
	List  []*Value // of an array
	Table *Table   // of a table
	raw   string   // of a string, as it stands in the file
}

// Kind says what a value is.
type Kind string

// The kinds of values. Dates and fractions are of no use here.
const (
	String Kind = "a string"
	Number Kind = "a whole number"
	Truth  Kind = "true or false"
	Array  Kind = "an array"
	Map    Kind = "a table"
	Other  Kind = "something else"
)

// Read reads a file.
func Read(file string) (*Table, error) {
	data, err := files.Read(file, files.Text)
	if err != nil {
		return nil, err
	}
	return Parse(file, data)
}

// Parse reads TOML; file is its name in messages. Its errors are of type [Error].
func Parse(file string, data []byte) (*Table, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	var whole map[string]any // the library's own reader finds what is no TOML, and what is there twice
	if err := toml.Unmarshal(data, &whole); err != nil {
		var at *toml.DecodeError
		if errors.As(err, &at) {
			line, col := at.Position()
			return nil, Pos{file, line, col}.Errorf("%s", strings.TrimPrefix(at.Error(), "toml: "))
		}
		return nil, Pos{file, 1, 1}.Errorf("%s", strings.TrimPrefix(err.Error(), "toml: "))
	}
	r := reader{file: file}
	r.p.Reset(data)
	root := &Table{Pos: Pos{file, 1, 1}}
	into := root
	for r.p.NextExpression() {
		switch e := r.p.Expression(); e.Kind {
		case unstable.KeyValue:
			r.set(into, e)
		case unstable.Table:
			into = r.open(root, e, false)
		case unstable.ArrayTable:
			into = r.open(root, e, true)
		}
	}
	return root, r.p.Error()
}

// reader builds tables of what the library's parser finds.
type reader struct {
	p    unstable.Parser
	file string
}

func (r *reader) pos(n *unstable.Node) Pos {
	at := r.p.Shape(n.Raw).Start
	return Pos{r.file, at.Line, at.Column}
}

// open goes to the table that a header names, and makes it.
func (r *reader) open(t *Table, header *unstable.Node, array bool) *Table {
	for it := header.Key(); it.Next(); {
		n := it.Node()
		k := t.key(string(n.Data), r.pos(n))
		last := it.IsLast()
		switch {
		case k.Value == nil && last && array:
			k.Value = &Value{Pos: k.Pos, Kind: Array}
		case k.Value == nil:
			k.Value = &Value{Pos: k.Pos, Kind: Map, Table: &Table{Pos: k.Pos}}
		}
		if k.Value.Kind == Array {
			if last && array {
				at := r.pos(n)
				k.Value.List = append(k.Value.List, &Value{Pos: at, Kind: Map, Table: &Table{Pos: at}})
			}
			t = k.Value.List[len(k.Value.List)-1].Table
			continue
		}
		t = k.Value.Table
	}
	return t
}

// set puts a key and its value into a table.
func (r *reader) set(t *Table, n *unstable.Node) {
	for it := n.Key(); it.Next(); {
		part := it.Node()
		k := t.key(string(part.Data), r.pos(part))
		if it.IsLast() {
			k.Value = r.value(n.Value(), k.Pos)
			return
		}
		if k.Value == nil {
			k.Value = &Value{Pos: k.Pos, Kind: Map, Table: &Table{Pos: k.Pos}}
		}
		t = k.Value.Table
	}
}

// value is a value; the parser does not say of each where it stands, then it is where its key is.
func (r *reader) value(n *unstable.Node, key Pos) *Value {
	v := &Value{Pos: key, Kind: Other, Text: string(n.Data)}
	if n.Raw.Length > 0 {
		v.Pos, v.raw = r.pos(n), string(r.p.Raw(n.Raw))
	}
	switch n.Kind {
	case unstable.String:
		v.Kind = String
	case unstable.Integer:
		v.Kind = Number
	case unstable.Bool:
		v.Kind, v.True = Truth, v.Text == "true"
	case unstable.Array:
		v.Kind = Array
		for it := n.Children(); it.Next(); {
			v.List = append(v.List, r.value(it.Node(), v.Pos))
		}
	case unstable.InlineTable:
		v.Kind, v.Table = Map, &Table{Pos: v.Pos}
		for it := n.Children(); it.Next(); {
			r.set(v.Table, it.Node())
		}
	}
	return v
}

// key is the key of that name, made if it is not there.
func (t *Table) key(name string, at Pos) *Key {
	for i := range t.Keys {
		if t.Keys[i].Name == name {
			return &t.Keys[i]
		}
	}
	t.Keys = append(t.Keys, Key{Pos: at, Name: name})
	return &t.Keys[len(t.Keys)-1]
}

// Get is the value of a key, nil if it is not there.
func (t *Table) Get(name string) *Value {
	for i := range t.Keys {
		if t.Keys[i].Name == name {
			return t.Keys[i].Value
		}
	}
	return nil
}

// Only reports a key that is not among those allowed.
func (t *Table) Only(allowed ...string) error {
	for i := range t.Keys {
		if !slices.Contains(allowed, t.Keys[i].Name) {
			return t.Keys[i].Errorf("unknown key %q; here are known: %s", t.Keys[i].Name, strings.Join(allowed, ", "))
		}
	}
	return nil
}

// Want reports a value that is not of that kind.
func (v *Value) Want(kind Kind) error {
	if v.Kind != kind {
		return v.Errorf("want %s, not %s", kind, v.Kind)
	}
	return nil
}

// String is the text of a key in one line; empty if the key is not there. A text that would do something to a terminal
// is refused.
func (t *Table) String(name string) (string, error) {
	v := t.Get(name)
	if v == nil {
		return "", nil
	}
	if err := v.Want(String); err != nil {
		return "", err
	}
	for _, r := range v.Text {
		if !unicode.IsPrint(r) && !unicode.IsSpace(r) {
			return "", v.Errorf("%s has the character %U, which can't be printed", name, r)
		}
	}
	return strings.Join(strings.Fields(v.Text), " "), nil
}

// Word is the text of a key that names something, and a file after it: small letters, digits and what else is allowed.
func (t *Table) Word(name, also string) (string, error) {
	text, err := t.String(name)
	if err != nil || text == "" {
		return text, err
	}
	v := t.Get(name)
	if len(text) > 64 {
		return "", v.Errorf("%s of %d characters: want 64 at most", name, len(text))
	}
	for _, r := range v.Text {
		if !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || strings.ContainsRune(also, r)) {
			return "", v.Errorf("%s %q: want small letters, digits and %s", name, v.Text, also)
		}
	}
	return text, nil
}

// Int is a whole number.
func (v *Value) Int() (int, error) {
	if err := v.Want(Number); err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(v.Text, 0, 0)
	if err != nil {
		return 0, v.Errorf("want a whole number, not %s", v.Text)
	}
	return int(n), nil
}

// Tables are the tables of an array of tables, whose headings are head; none if the key is not there.
func (t *Table) Tables(name, head string) ([]*Table, error) {
	v := t.Get(name)
	if v == nil {
		return nil, nil
	}
	if err := v.Want(Array); err != nil {
		return nil, v.Errorf("want tables, each headed [[%s]]", head)
	}
	var tables []*Table
	for _, e := range v.List {
		if e.Kind != Map {
			return nil, e.Errorf("want tables, each headed [[%s]]", head)
		}
		tables = append(tables, e.Table)
	}
	return tables, nil
}

// Inside is the place of the byte at that offset of a string's text.
func (v *Value) Inside(offset int) Pos {
	at := strings.Index(v.raw, v.Text)
	if at < 0 {
		return v.Pos // it has escapes
	}
	before := v.raw[:at+min(offset, len(v.Text))]
	p := v.Pos
	p.Line += strings.Count(before, "\n")
	if i := strings.LastIndexByte(before, '\n'); i >= 0 {
		p.Col = len(before) - i
	} else {
		p.Col += len(before)
	}
	return p
}
