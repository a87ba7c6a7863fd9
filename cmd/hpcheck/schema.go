package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/spf13/pflag"

	"github.com/hpcheck/hpcheck/clients"
	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
	"github.com/hpcheck/hpcheck/reports"
)

// object is one of JSON.
type object = map[string]any

// inputSchema is the JSON Schema of the files that somebody writes for hpcheck: scenarios, suites and clients. Which of
// them a file is can be seen by its keys. The keys of a scenario are the flags of a check, and so are those of a suite.
func inputSchema() (object, error) {
	client, err := clientSchema()
	if err != nil {
		return nil, err
	}
	defs := client["$defs"].(object)
	delete(client, "$defs")
	scenario := scenarioKeys()
	defs["keys"] = scenario
	own := object{}
	for name := range scenario {
		own[name] = object{"$ref": "#/$defs/keys/" + name}
	}
	defs["client"], defs["suite"], defs["scenario"] = client, suiteSchema(own), scenarioSchema(own)
	var marks []any // of a client
	for _, name := range slices.Sorted(maps.Keys(client["properties"].(object))) {
		if own[name] == nil && name != "name" && name != "about" {
			marks = append(marks, required(name))
		}
	}
	return object{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"$id":     "https://raw.githubusercontent.com/hpcheck/hpcheck/main/docs/schema/input-1.schema.json",
		"title":   "A scenario, a suite or a client of hpcheck",
		"type":    "object",
		"$defs":   defs,
		"if":      object{"anyOf": []any{required("run"), required("defaults")}},
		"then":    object{"$ref": "#/$defs/suite"},
		"else": object{
			"if":   object{"anyOf": marks},
			"then": object{"$ref": "#/$defs/client"},
			"else": object{"$ref": "#/$defs/scenario"},
		},
	}, nil
}

// required holds of a file that has a key.
func required(key string) object { return object{"required": []string{key}} }

// clientSchema is that of clients, as a part of another.
func clientSchema() (object, error) {
	text, err := clients.Schema()
	if err != nil {
		return nil, err
	}
	var schema object
	err = json.Unmarshal(text, &schema)
	delete(schema, "$schema")
	delete(schema, "$id")
	return schema, err
}

// scenarioKeys are the keys of a scenario.
func scenarioKeys() object {
	sc := model.Default()
	sc.CPUs, sc.Absent = model.MaxCPUs, model.MaxCPUs-1 // so that ranges are as wide as they can be
	words := map[string][]string{
		"search": explore.Searches(), "store": explore.Modes(),
		"reduce": append([]string{"auto", "none"}, invariants.Reductions()...),
	}
	keys := object{}
	fs := pflag.NewFlagSet("run", pflag.ContinueOnError)
	new(checkFlags).addCheck(fs)
	fs.VisitAll(func(f *pflag.Flag) {
		if f.Name == "set" {
			return
		}
		_, usage := pflag.UnquoteUsage(f)
		key := object{"description": usage}
		keys[suiteKey(f)] = key
		_, list := f.Value.(pflag.SliceValue)
		known := words[f.Name]
		if known == nil {
			known = sc.Words(f.Name)
		}
		switch kind := f.Value.Type(); {
		case list && kind == "intSlice":
			key["type"], key["items"] = []string{"integer", "array"}, object{"type": "integer", "minimum": 0}
		case list && known != nil:
			key["type"], key["items"] = []string{"string", "array"}, object{"enum": known}
		case list:
			key["type"], key["items"] = []string{"string", "array"}, object{"type": "string"}
		case known != nil:
			key["enum"] = known
		case kind == "int" || kind == "uint64":
			key["type"], key["minimum"] = "integer", 0
			var low, high int
			if n, _ := fmt.Sscanf(sc.Range(f.Name), "%d to %d", &low, &high); n == 2 {
				key["minimum"], key["maximum"] = low, high
			}
		case kind == "bool":
			key["type"] = "boolean"
		case kind == "SIZE":
			key["type"] = []string{"string", "integer"}
		default:
			key["type"] = "string"
		}
	})
	return keys
}

// scenarioSchema is the schema of a scenario with these keys.
func scenarioSchema(keys object) object {
	all := maps.Clone(keys)
	all["name"] = object{"type": "string", "description": "what it is called"}
	all["about"] = object{"type": "string", "description": "what it is for"}
	return object{
		"title": "A scenario, as hpcheck check checks it", "type": "object", "properties": all,
		"additionalProperties": false,
	}
}

// suiteSchema is the schema of a suite whose runs have these keys.
func suiteSchema(keys object) object {
	run := maps.Clone(keys)
	run["name"] = object{"type": "string", "description": "names the run, and its directory of reports"}
	run["about"] = object{"type": "string", "description": "what it is for"}
	run["finding"] = object{"type": "string", "description": "what is known of its violations"}
	run["states"] = object{"type": "integer", "minimum": 1, "description": "how many states there must be"}
	run["covers"] = object{
		"type": "array", "items": object{"type": "string"},
		"description": "kernel functions of which every instruction must be executed",
	}
	run["expect"] = object{
		"description": "the verdicts: of all properties, or of some; the others must hold, or never apply",
		"oneOf": []any{
			object{"enum": []string{"holds", "violated"}},
			object{"type": "object", "additionalProperties": object{"oneOf": []any{
				object{"enum": reports.Words()},
				object{
					"type": "integer", "minimum": 1,
					"description": "violated, and the shortest counterexample has so many steps",
				},
			}}},
		},
	}
	table := func(keys object, required ...string) object {
		t := object{"type": "object", "additionalProperties": false, "properties": keys}
		if len(required) > 0 {
			t["required"] = required
		}
		return t
	}
	defaults := table(keys)
	defaults["description"] = "keys for every run that does not set them"
	suite := table(object{
		"defaults": defaults,
		"run":      object{"type": "array", "minItems": 1, "items": table(run, "name")},
	}, "run")
	suite["title"] = "A suite of runs, as hpcheck run makes them"
	return suite
}

// writeSchema writes the schema.
func writeSchema(w io.Writer) error {
	schema, err := inputSchema()
	if err != nil {
		return err
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(schema)
}

func listSchema(w io.Writer, _ *model.Machine, _ []*invariants.Property) { _ = writeSchema(w) }
