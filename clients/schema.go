package clients

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hpcheck/hpcheck/model"
)

// Schema is the JSON Schema of the files; it is a part of that of all files (docs/schema/input-1.schema.json).
func Schema() ([]byte, error) {
	type object = map[string]any
	text := func(doc string) object { return object{"type": "string", "description": doc} }
	list := func(of any, doc string) object { return object{"type": "array", "items": of, "description": doc} }
	ref := func(name string) object { return object{"$ref": "#/$defs/" + name} }
	table := func(required []string, props object) object {
		return object{"type": "object", "properties": props, "required": required, "additionalProperties": false}
	}
	steps := func(doc string) object { return list(ref("step"), doc) }

	var verbs []string
	for _, v := range Verbs {
		verbs = append(verbs, v.Name)
	}
	verbs = append(verbs, model.ClientStateVerbs...)
	nested := []any{
		object{"type": "string", "pattern": `^\s*(` + strings.Join(verbs, "|") + `)(\s.*)?$`},
		table([]string{"choice"}, object{
			"choice": object{
				"type":        "array",
				"items":       ref("steps"),
				"minItems":    2,
				"maxItems":    maxBranches,
				"description": "one of these lists of steps",
			},
		}),
		table([]string{"if", "then"}, object{
			"if": text(
				"a flag, a completion, a duty, cpu_online, cpu_dying or failed; ! before it turns it round",
			),
			"then": ref("steps"),
			"else": ref("steps"),
		}),
		table([]string{"loop"}, object{"loop": ref("steps")}),
		table([]string{"repeat", "steps"}, object{
			"repeat": object{"type": "integer", "minimum": 2, "maximum": maxRepeats}, "steps": ref("steps"),
		}),
		table([]string{"for_each_online_cpu"}, object{"for_each_online_cpu": ref("steps")}),
		table([]string{"may_fail", "undo"}, object{
			"may_fail": text("the error"), "undo": steps("what is done then, before it returns"),
		}),
	}
	props := object{
		"name": text("what it is called"), "about": text("for readers"),
		"initially": list(text(""), "the flags that are set at boot"),
		"state": list(table([]string{"name"}, object{
			"name": text("as in /sys/devices/system/cpu/hotplug/states"),
			"section": object{
				"enum":        sections,
				"description": "where it is on the ladder; online if it does not say",
			},
			"registered": object{"type": "boolean", "description": "it is installed at boot"},
			"instances": object{
				"type":        "integer",
				"minimum":     0,
				"maximum":     model.MaxClientInstances,
				"description": "it has instances, so many at boot",
			},
			"startup":           steps("what its startup does"),
			"teardown":          steps("what its teardown does"),
			"startup-function":  text("the name of the startup"),
			"teardown-function": text("the name of the teardown"),
			"effects":           list(text(""), "the flags of each CPU that its startup sets and its teardown clears"),
			"leftovers": list(
				text(
					"",
				),
				"the flags of each CPU that its teardown clears, and that somebody else may set for a CPU that is up",
			),
		}), "states of the ladder"),
		"work": list(table([]string{"name", "steps"}, object{
			"name": text("of the work item"), "ordered": text("the ordered workqueue on which it runs"),
			"steps": steps("what it does"),
		}), "work items"),
		"task": list(table([]string{"name", "steps"}, object{
			"name": text("of the task"), "steps": steps("what it does, once"),
		}), "tasks"),
	}
	for _, l := range lists {
		props[l.key] = list(text(""), l.doc)
	}
	schema := table([]string{"name"}, props)
	schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	schema["title"] = "a client of hpcheck: a subsystem beside CPU hotplug"
	schema["$defs"] = object{
		"step": object{"oneOf": nested}, "steps": object{"type": "array", "items": ref("step"), "maxItems": maxSteps},
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(schema)
	return b.Bytes(), err
}

// Table is the table of the verbs, in Markdown.
func Table() string {
	var b strings.Builder
	b.WriteString("| step | about | |\n| --- | --- | --- |\n")
	for _, v := range Verbs {
		kinds := make([]string, len(v.Kinds))
		for i, k := range v.Kinds {
			kinds[i] = "a " + string(k)
		}
		doc := v.Doc
		if v.Where == inTasks {
			doc += "; not in callbacks"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", v.Name, strings.Join(kinds, ", "), doc)
	}
	return b.String()
}
