package reports

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/hpcheck/hpcheck/model"
)

// A scenario is written by the names of its fields, so a parameter that the model gains is in every report, and can be
// replayed, without anybody having to remember it here.

// keys are the keys whose names are not those of the fields.
var keys = map[string]string{
	"CPUs": "cpus", "Boot": "maxcpus", "Smpboot": "smpboot-threads", "Sequence": "op",
	"FaultPoints": "fault", "Modules": "module", "Clients": "client", "SMTThreads": "smt-threads",
}

// KeyOf is the key of scenario files that sets a field of [model.Scenario].
func KeyOf(field string) string {
	if k, ok := keys[field]; ok {
		return k
	}
	var b strings.Builder
	small := false
	for _, r := range field {
		if unicode.IsUpper(r) && small {
			b.WriteByte('-')
		}
		small = unicode.IsLower(r)
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// jsonKey is the key's name in JSON.
func jsonKey(field string) string { return strings.ReplaceAll(KeyOf(field), "-", "_") }

// params writes a scenario.
type params model.Scenario

// MarshalJSON implements [json.Marshaler]. The order is that of the fields.
func (p params) MarshalJSON() ([]byte, error) {
	var b strings.Builder
	v := reflect.ValueOf(p)
	b.WriteByte('{')
	for i := range v.NumField() {
		if i > 0 {
			b.WriteByte(',')
		}
		value := v.Field(i).Interface()
		if seq, ok := value.([]model.Op); ok {
			texts := make([]string, len(seq))
			for i, op := range seq {
				texts[i] = op.String()
			}
			value = texts
		}
		if v.Field(i).Kind() == reflect.Slice && v.Field(i).Len() == 0 {
			value = []string{}
		}
		text, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "%q:%s", jsonKey(v.Type().Field(i).Name), text)
	}
	b.WriteByte('}')
	return []byte(b.String()), nil
}

// UnmarshalJSON implements [json.Unmarshaler]. What is missing keeps the value that it has.
func (p *params) UnmarshalJSON(data []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return err
	}
	v := reflect.ValueOf(p).Elem()
	for i := range v.NumField() {
		key := jsonKey(v.Type().Field(i).Name)
		raw, ok := fields[key]
		delete(fields, key)
		if !ok {
			continue
		}
		if seq, ok := v.Field(i).Addr().Interface().(*[]model.Op); ok {
			if err := readOps(raw, seq); err != nil {
				return fmt.Errorf("scenario.%s: %w", key, err)
			}
			continue
		}
		if err := json.Unmarshal(raw, v.Field(i).Addr().Interface()); err != nil {
			return fmt.Errorf("scenario.%s: %w", key, err)
		}
		if f := v.Field(i); f.Kind() == reflect.Slice && f.Len() == 0 {
			f.SetZero()
		}
	}
	for key := range fields {
		return fmt.Errorf("scenario.%s: this hpcheck knows no such parameter", key)
	}
	return nil
}

func readOps(raw []byte, seq *[]model.Op) error {
	var texts []string
	if err := json.Unmarshal(raw, &texts); err != nil {
		return err
	}
	*seq = nil
	for _, text := range texts {
		op, err := model.ParseOp(text)
		if err != nil {
			return err
		}
		*seq = append(*seq, op)
	}
	return nil
}

// Setting is a key of scenario files with its value: {"cpus", "4"}.
type Setting struct{ Key, Value string }

// Request is what was asked for, as far as a scenario and the properties do not say it.
type Request struct {
	Kernel []Setting                // which kernel, and what is done to it
	Search []Setting                // how it is searched, if not in the ordinary way
	Line   func([]Setting) []string // the words of the command line with these settings; nil: KEY=VALUE each
}

// command is the command line that makes a run again: the kernel, what differs from the plain scenario of that kernel,
// and the rest.
func (q *Request) command(e Edition, sc model.Scenario, rest ...Setting) string {
	if q == nil {
		q = &Request{}
	}
	settings := q.kernel(e)
	plain := reflect.ValueOf(plainScenario(e))
	v := reflect.ValueOf(sc)
	for i := range v.NumField() {
		field := v.Type().Field(i).Name
		if reflect.DeepEqual(v.Field(i).Interface(), plain.Field(i).Interface()) ||
			field == "Ops" && len(sc.Sequence) > 0 {
			continue
		}
		settings = append(settings, Setting{KeyOf(field), valueOf(v.Field(i))})
	}
	settings = slices.Concat(settings, rest, q.Search)
	if q.Line != nil {
		return Quoted(q.Line(settings))
	}
	words := make([]string, len(settings))
	for i, s := range settings {
		words[i] = s.Key + "=" + s.Value
	}
	return Quoted(words)
}

// Command is the command line that checks a machine.
func (q *Request) Command(m *model.Machine) string {
	return q.command(EditionOf(m.Kernel), m.Scenario)
}

// kernel are the settings that say which kernel.
func (q *Request) kernel(e Edition) []Setting {
	if len(q.Kernel) > 0 {
		return slices.Clone(q.Kernel)
	}
	settings := []Setting{{"kernel", e.Name}}
	if e.Tree != "" {
		settings = []Setting{{"source", e.Tree}}
	}
	if len(e.Without) > 0 {
		settings = append(settings, Setting{"revert", strings.Join(e.Without, ",")})
	}
	if e.Machine != "" {
		settings = append(settings, Setting{"ladder", e.Machine})
	}
	return settings
}

// plainScenario is what is checked on a kernel if nobody says anything else.
func plainScenario(e Edition) model.Scenario {
	k, err := model.Lookup(e.Name)
	if err != nil {
		return model.Default()
	}
	m, err := model.New(k, model.Default())
	if err != nil {
		return model.Default()
	}
	return m.Scenario
}

// valueOf is the value of a field in words.
func valueOf(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case []string:
		return strings.Join(x, ",")
	case []model.Client:
		files := make([]string, len(x))
		for i := range x {
			files[i] = x[i].File
		}
		return strings.Join(files, ",")
	case []int:
		return strings.Trim(strings.ReplaceAll(fmt.Sprint(x), " ", ","), "[]")
	case []model.Op:
		texts := make([]string, len(x))
		for i, op := range x {
			texts[i] = op.String()
		}
		return strings.Join(texts, ",")
	}
	return fmt.Sprint(v.Interface())
}

// Quoted joins words to a line for a shell.
func Quoted(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		if w == "" || strings.ContainsFunc(w, special) {
			w = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
		quoted[i] = w
	}
	return strings.Join(quoted, " ")
}

// special reports whether a shell may take a letter for anything else than itself.
func special(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_@%+=:,./-", r)
}
