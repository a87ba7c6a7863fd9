package reports

import (
	"crypto/sha256"
	"fmt"
	"io"
	"strings"
)

// SARIF 2.1.0, as far as it is used here. The limits are GitHub's: it refuses a file with more, and shows 1,000
// locations of a code flow.
const (
	sarifSchema      = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	maxFlowLocations = 1000
)

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool              sarifTool         `json:"tool"`
	AutomationDetails sarifID           `json:"automationDetails"`
	Invocations       []sarifInvocation `json:"invocations"`
	Artifacts         []sarifArtifact   `json:"artifacts,omitempty"`
	Results           []sarifResult     `json:"results"`
	ColumnKind        string            `json:"columnKind"`
	Properties        map[string]any    `json:"properties"`
}

type sarifID struct {
	ID string `json:"id"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name           string      `json:"name"`
	Version        string      `json:"version"`
	InformationURI string      `json:"informationUri"`
	Rules          []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID               string         `json:"id"`
	Name             string         `json:"name"`
	ShortDescription sarifText      `json:"shortDescription"`
	FullDescription  sarifText      `json:"fullDescription"`
	Help             sarifText      `json:"help"`
	Configuration    sarifLevel     `json:"defaultConfiguration"`
	Properties       map[string]any `json:"properties"`
}

type sarifLevel struct {
	Level string `json:"level"`
}

type sarifText struct {
	Text     string `json:"text"`
	Markdown string `json:"markdown,omitempty"`
}

type sarifInvocation struct {
	CommandLine         string              `json:"commandLine"`
	ExecutionSuccessful bool                `json:"executionSuccessful"`
	Notifications       []sarifNotification `json:"toolExecutionNotifications,omitempty"`
}

type sarifNotification struct {
	Level   string    `json:"level"`
	Message sarifText `json:"message"`
}

type sarifArtifact struct {
	Location sarifURI `json:"location"`
}

type sarifURI struct {
	URI       string `json:"uri"`
	URIBaseID string `json:"uriBaseId,omitempty"`
}

type sarifResult struct {
	RuleID       string            `json:"ruleId"`
	RuleIndex    int               `json:"ruleIndex"`
	Level        string            `json:"level"`
	Message      sarifText         `json:"message"`
	Locations    []sarifLocation   `json:"locations"`
	CodeFlows    []sarifCodeFlow   `json:"codeFlows"`
	Fingerprints map[string]string `json:"partialFingerprints"`
}

type sarifLocation struct {
	Physical sarifPhysical  `json:"physicalLocation"`
	Logical  []sarifLogical `json:"logicalLocations"`
	Message  *sarifText     `json:"message,omitempty"`
}

type sarifPhysical struct {
	Artifact sarifURI    `json:"artifactLocation"`
	Region   sarifRegion `json:"region"`
}

type sarifRegion struct {
	StartLine int        `json:"startLine"`
	Snippet   *sarifText `json:"snippet,omitempty"`
}

type sarifLogical struct {
	Name      string `json:"name"`
	Qualified string `json:"fullyQualifiedName"`
	Kind      string `json:"kind"`
}

type sarifCodeFlow struct {
	Message     sarifText         `json:"message"`
	ThreadFlows []sarifThreadFlow `json:"threadFlows"`
}

type sarifThreadFlow struct {
	ID        string              `json:"id"`
	Locations []sarifFlowLocation `json:"locations"`
}

type sarifFlowLocation struct {
	Location   sarifLocation `json:"location"`
	Order      int           `json:"executionOrder"`
	Importance string        `json:"importance"`
}

// SARIF writes the violations for code scanning: the kernel function as the location, and the trace as its code flow.
// Lines are those of the run's tree; without one they are the first of the file.
func (r *Run) SARIF(w io.Writer) error {
	run := sarifRun{
		Tool: sarifTool{
			sarifDriver{
				Name:           "hpcheck",
				Version:        r.version(),
				InformationURI: "https://github.com/hpcheck/hpcheck",
				Rules:          []sarifRule{},
			},
		},
		AutomationDetails: sarifID{"hpcheck/" + r.Kernel.String() + "/"},
		Invocations:       []sarifInvocation{{CommandLine: r.Command(), ExecutionSuccessful: r.Complete()}},
		Results:           []sarifResult{}, ColumnKind: "utf16CodeUnits",
		Properties: map[string]any{"kernel": r.Kernel.String(), "scenario": r.Scenario.String(), "extent": r.extent()},
	}
	verdicts := map[string]string{}
	for i, v := range r.Verdicts {
		p := v.Property
		verdicts[p.Name] = r.verdict(v)
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{
			ID: p.Name, Name: camel(p.Name), ShortDescription: sarifText{Text: punctuated(p.Doc)},
			FullDescription: sarifText{Text: punctuated(p.Doc) + " " + punctuated(p.Why)},
			Help:            sarifText{Text: punctuated(p.Why), Markdown: "**Why it matters**: " + p.Why},
			Configuration:   sarifLevel{"error"}, Properties: map[string]any{"tags": []string{"cpu-hotplug"}},
		})
		if v.Counterexample != nil {
			run.Results = append(run.Results, sarifViolation(v.Counterexample, i, r.Tree))
		}
	}
	run.Properties["verdicts"] = verdicts
	if !r.Complete() {
		run.Invocations[0].Notifications = []sarifNotification{{"error", sarifText{Text: r.extent()}}}
	}
	return encode(w, sarifLog{sarifSchema, "2.1.0", []sarifRun{run}})
}

// camel is a rule's name for people: "NoDeadlock".
func camel(name string) string {
	var b strings.Builder
	for _, word := range strings.Split(name, "-") {
		if word != "" {
			b.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return b.String()
}

func sarifViolation(c *Counterexample, rule int, tree *Tree) sarifResult {
	last := Step{Function: "_cpu_down"} // for a property that is violated before anything has happened
	if n := len(c.Steps); n > 0 {
		last = c.Steps[n-1]
	}
	key := c.Kernel + "\n" + c.Property
	for _, clause := range c.Clauses {
		key += "\n" + clause.Text
	}
	return sarifResult{
		RuleID: c.Property, RuleIndex: rule, Level: "error", Message: sarifText{Text: c.Story().Headline},
		Locations: []sarifLocation{sarifPlace(&last, "", tree)},
		CodeFlows: []sarifCodeFlow{{
			Message:     sarifText{Text: fmt.Sprintf("%d steps on %s: %s", len(c.Steps), c.Kernel, c.Scenario)},
			ThreadFlows: []sarifThreadFlow{{ID: "schedule", Locations: c.flow(tree)}},
		}},
		Fingerprints: map[string]string{"hpcheckViolation/v1": fmt.Sprintf("%x", sha256.Sum256([]byte(key)))[:32]},
	}
}

// flow is the trace. If it is longer than what is shown, quiet stretches are folded; if that does not do, its end
// stays.
func (c *Counterexample) flow(tree *Tree) []sarifFlowLocation {
	var flow []sarifFlowLocation
	add := func(s *Step, text, importance string) {
		flow = append(flow, sarifFlowLocation{sarifPlace(c.before(s), text, tree), s.Number, importance})
	}
	for _, row := range c.Rows() {
		if row.Quiet() && len(c.Steps) > maxFlowLocations {
			s := &row.Steps[len(row.Steps)-1]
			add(s, fmt.Sprintf("%s, the last of %s", s.Brief(), steps(len(row.Steps))), "unimportant")
			continue
		}
		for i := range row.Steps {
			s := &row.Steps[i]
			importance := "important"
			switch {
			case s.Violating || s.Fault || s.Cited:
				importance = "essential"
			case s.Quiet():
				importance = "unimportant"
			}
			add(s, s.Brief(), importance)
		}
	}
	if len(flow) == 0 {
		add(&Step{Function: "_cpu_down"}, "the machine has booted", "essential")
	}
	return flow[max(0, len(flow)-maxFlowLocations):]
}

// Brief is a step in one line.
func (s *Step) Brief() string {
	text := s.Thread + ": " + s.Label
	if s.Outcome != "" {
		text += " -> " + s.Outcome
	}
	for _, e := range s.Events {
		text += "; " + e.Text
	}
	return text
}

// before gives a step that is nowhere in the tree, as that in which a task chooses its operation, the place of the next
// step of its thread.
func (c *Counterexample) before(s *Step) *Step {
	if s.Line > 0 || SourceFile(s.Function) != "" {
		return s
	}
	for i := s.Number; i < len(c.Steps); i++ {
		if next := &c.Steps[i]; next.Thread == s.Thread && next.Line > 0 {
			there := *s
			there.File, there.Line = next.File, next.Line
			return &there
		}
	}
	return s
}

func sarifPlace(s *Step, text string, tree *Tree) sarifLocation {
	file, line := s.file(), s.Line
	if file == "" {
		file = "kernel/cpu.c" // a driver's callback is called from there
	}
	if line == 0 {
		line = tree.Line(s.Function)
	}
	loc := sarifLocation{
		Physical: sarifPhysical{sarifURI{URI: file, URIBaseID: "%SRCROOT%"}, sarifRegion{StartLine: line}},
		Logical: []sarifLogical{
			{
				s.Function, strings.Join(append(s.Callers[:len(s.Callers):len(s.Callers)], s.Function), " > "),
				"function",
			},
		},
	}
	if code := tree.Text(file, line); code != "" && line > 1 {
		loc.Physical.Region.Snippet = &sarifText{Text: code}
	}
	if text != "" {
		loc.Message = &sarifText{Text: text}
	}
	return loc
}
