package reports

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"unicode"

	"github.com/hpcheck/hpcheck/model"
)

// A scenario is written by the names of its fields, so a parameter that the model gains is in every report, and can be
// replayed, without anybody having to remember it here.

// flags are the flags whose names are not those of the fields.
var flags = map[string]string{
	"CPUs": "cpus", "Boot": "maxcpus", "Smpboot": "smpboot-threads", "Sequence": "op",
	"FaultPoints": "fault", "Modules": "module",
}

// FlagOf is the flag of hpcheck that sets a field of [model.Scenario].
func FlagOf(field string) string {
	if f, ok := flags[field]; ok {
		return f
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

// keyOf is the flag's name in JSON.
func keyOf(field string) string { return strings.ReplaceAll(FlagOf(field), "-", "_") }

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
		fmt.Fprintf(&b, "%q:%s", keyOf(v.Type().Field(i).Name), text)
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
		key := keyOf(v.Type().Field(i).Name)
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

// Command is the command line that makes a run again: the kernel, what differs from the plain scenario, and the rest.
func Command(e Edition, sc model.Scenario, rest ...string) string {
	words := []string{"hpcheck", "--kernel", e.Name}
	if len(e.Without) > 0 {
		words = append(words, "--revert", strings.Join(e.Without, ","))
	}
	if e.Machine != "" {
		words = append(words, "--states", e.Machine)
	}
	plain := reflect.ValueOf(model.Default())
	v := reflect.ValueOf(sc)
	for i := range v.NumField() {
		field := v.Type().Field(i).Name
		if reflect.DeepEqual(v.Field(i).Interface(), plain.Field(i).Interface()) ||
			field == "Ops" && len(sc.Sequence) > 0 {
			continue
		}
		words = append(words, "--"+FlagOf(field)+valueOf(v.Field(i)))
	}
	return strings.Join(append(words, rest...), " ")
}

// valueOf is the value of a flag, with what separates it from the name.
func valueOf(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case bool:
		if x {
			return ""
		}
		return "=false"
	case []string:
		return " '" + strings.Join(x, ",") + "'"
	case []model.Op:
		texts := make([]string, len(x))
		for i, op := range x {
			texts[i] = op.String()
		}
		return " " + strings.Join(texts, ",")
	}
	return fmt.Sprintf(" %v", v.Interface())
}
