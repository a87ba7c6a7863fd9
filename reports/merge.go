package reports

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
)

// Merged is what several runs of one machine found: the shares of a run that was divided, say, each made by another
// computer.
type Merged struct {
	run  jsonRun
	from int
}

// Add adds a run from its JSON. The error says why it can't be: it is no run, one of another kernel or scenario, or a
// share that is there already.
func (m *Merged) Add(data []byte) error {
	var r jsonRun
	if err := json.Unmarshal(data, &r); err != nil {
		return err
	}
	if r.Version != SchemaVersion || r.Kind != "run" {
		return fmt.Errorf("is not the JSON of a run by this version of hpcheck")
	}
	if s := r.Extent.Share; s != nil && !s.valid() {
		return fmt.Errorf("is damaged: it is share %v", s)
	}
	m.from++
	if m.from == 1 {
		m.run = r
		return nil
	}
	if err := m.fits(&r); err != nil {
		return err
	}
	order := strength
	if m.run.Extent.divided() {
		order = ofShares
	}
	for i := range r.Properties {
		m.run.Properties[i].join(r.Properties[i], order)
	}
	m.run.Extent.join(r.Extent)
	m.run.Coverage.join(r.Coverage)
	return nil
}

// fits says why a run can't be joined with those that are there.
func (m *Merged) fits(r *jsonRun) error {
	switch {
	case !reflect.DeepEqual(r.Kernel, m.run.Kernel):
		return fmt.Errorf("is about %s, the first one about %s", r.kernel(), m.run.kernel())
	case !reflect.DeepEqual(r.Scenario, m.run.Scenario):
		return fmt.Errorf("is about another scenario: %s, not %s", r.Command, m.run.Command)
	case len(r.Properties) != len(m.run.Properties):
		return fmt.Errorf("checks other properties")
	}
	for i := range r.Properties {
		if r.Properties[i].Name != m.run.Properties[i].Name {
			return fmt.Errorf("checks other properties")
		}
	}
	return m.run.Extent.overlaps(&r.Extent)
}

// overlaps says why two runs can't be joined: they are shares of different runs, or the same share.
func (e *jsonExtent) overlaps(o *jsonExtent) error {
	a, b := e.Share, o.Share
	switch {
	case a == nil && b == nil:
		return nil
	case a == nil:
		return fmt.Errorf("is share %v of a run that was divided, the first one is a whole run", b)
	case b == nil:
		return fmt.Errorf("is a whole run, the first one is share %v of a run that was divided", a)
	case a.Of != b.Of:
		return fmt.Errorf("is a share of %d, the first one of %d", b.Of, a.Of)
	case a.Seed != b.Seed:
		return fmt.Errorf("is a share of another run: seed %d, not %d", b.Seed, a.Seed)
	case a.Runs != b.Runs:
		return fmt.Errorf("is a share of another run: of %d runs, not %d", b.Runs, a.Runs)
	case e.way() != o.way():
		return fmt.Errorf("is a share of another run: %s, not %s", o.way(), e.way())
	}
	for _, p := range b.Parts {
		if slices.Contains(a.Parts, p) {
			return fmt.Errorf("is share %d/%d, which is there already", p, a.Of)
		}
	}
	return nil
}

// way is how a run was searched.
func (e *jsonExtent) way() string {
	reduce := strings.ReplaceAll(e.Reduce, " ", "")
	return fmt.Sprintf("search=%s reduce=%s depth=%d", e.Search, reduce, e.DepthBound)
}

func (r *jsonRun) kernel() string {
	return strings.Join(append([]string{r.Kernel.Name}, r.Kernel.Without...), " without ")
}

// strength orders verdicts: the stronger one holds for both runs. What one run proves, another one that saw less does
// not take away.
var strength = map[string]int{
	"violated": 5, "holds": 4, "holds-within": 3, "not-seen": 2, "incomplete": 1, "vacuous": 0,
}

// ofShares orders the verdicts of shares: a share that was not finished takes away what another one has shown.
var ofShares = map[string]int{"violated": 3, "incomplete": 2, "holds-in-share": 1, "vacuous": 0}

// join keeps the stronger verdict and, of two counterexamples, the shorter one.
func (p *jsonProperty) join(o jsonProperty, order map[string]int) {
	a, b := order[p.Verdict], order[o.Verdict]
	if b > a || b == a && (o.Steps < p.Steps || o.Depth > p.Depth) {
		*p = o
	}
}

// divided reports whether it is an exhaustive run that was divided into shares.
func (e *jsonExtent) divided() bool { return e.Share != nil && e.Runs == 0 }

// join adds up. Different states can't be counted over several runs: it is at least as many as one of them has seen.
func (e *jsonExtent) join(o jsonExtent) {
	switch {
	case e.divided() && o.Complete: // the worse counts
	case o.Complete && !e.Complete || o.Stop == "exhausted", e.divided():
		e.Stop, e.Complete = o.Stop, o.Complete
	}
	if e.Share != nil {
		e.Share = e.Share.join(o.Share)
	}
	e.Runs += o.Runs
	e.States, e.Depth = max(e.States, o.States), max(e.Depth, o.Depth)
	e.Levels, e.Bytes = max(e.Levels, o.Levels), max(e.Bytes, o.Bytes)
	e.Transitions += o.Transitions
	e.Ends += o.Ends
	e.Seconds += o.Seconds
}

// join keeps what neither has executed, and what either has entered.
func (c *jsonCoverage) join(o jsonCoverage) {
	c.Missed = both(c.Missed, o.Missed)
	c.Unentered = both(c.Unentered, o.Unentered)
	for _, f := range o.Entered {
		if !slices.Contains(c.Entered, f) {
			c.Entered = append(c.Entered, f)
		}
	}
	c.Unfired = both(c.Unfired, o.Unfired)
}

// both returns what is in a and in b.
func both[T comparable](a, b []T) []T {
	in := map[T]bool{}
	for _, x := range b {
		in[x] = true
	}
	common := make([]T, 0, len(a))
	for _, x := range a {
		if in[x] {
			common = append(common, x)
		}
	}
	return common
}

// Violated reports whether a property is violated in one of the runs.
func (m *Merged) Violated() bool {
	for _, p := range m.run.Properties {
		if p.Verdict == "violated" {
			return true
		}
	}
	return false
}

// Complete reports whether the runs did all that was asked of them, and no share is missing.
func (m *Merged) Complete() bool {
	e := &m.run.Extent
	return e.Complete && (e.Share == nil || len(e.Share.Missing()) == 0)
}

// whole is the joint run: where every share is there and complete, what holds in each of them holds.
func (m *Merged) whole() jsonRun {
	run := m.run
	if !run.Extent.divided() {
		return run
	}
	run.Properties = slices.Clone(run.Properties)
	for i := range run.Properties {
		p := &run.Properties[i]
		switch {
		case p.Verdict == "violated" || p.Verdict == "incomplete":
		case !m.Complete():
			p.Verdict = "incomplete"
		case p.Verdict == "holds-in-share" && run.Extent.DepthBound > 0:
			p.Verdict, p.Depth = "holds-within", run.Extent.DepthBound
		case p.Verdict == "holds-in-share":
			p.Verdict = "holds"
		}
	}
	return run
}

// JSON writes the joint run in the form of one. If shares are missing it says which are there, and can be joined with
// the others later.
func (m *Merged) JSON(w io.Writer) error {
	if m.run.Extent.divided() && !m.Complete() {
		return encode(w, m.run)
	}
	return encode(w, m.whole())
}

// Summary writes the joint verdicts.
func (m *Merged) Summary(w io.Writer) error {
	run := m.whole()
	var b strings.Builder
	fmt.Fprintf(&b, "kernel %s: %d runs joined\n\n", run.kernel(), m.from)
	width := 0
	for _, p := range run.Properties {
		width = max(width, len(p.Name))
	}
	for _, p := range run.Properties {
		fmt.Fprintf(&b, "  %-*s  %s\n", width, p.Name, p.words())
	}
	e := run.Extent
	fmt.Fprintf(&b, "\n%s\n", e.words())
	if e.Runs > 0 {
		fmt.Fprintf(&b, "%s samples, ", Thousands(uint64(e.Runs)))
	}
	fmt.Fprintf(
		&b, "%s transitions, at least %s states", Thousands(e.Transitions), Thousands(e.States))
	if e.Seconds > 0 {
		fmt.Fprintf(&b, ", %.0f s in all", e.Seconds)
	}
	b.WriteString("\n")
	c := run.Coverage
	fmt.Fprintf(&b, "executed %d of %d instructions, injected %d of %d faults\n",
		c.Instructions-len(c.Missed), c.Instructions, c.Faults-len(c.Unfired), c.Faults)
	_, err := io.WriteString(w, b.String())
	return err
}

// words is the verdict as a summary has it.
func (p *jsonProperty) words() string {
	switch {
	case p.Counterexample != nil:
		return "VIOLATED in " + stepsInAll(p.Steps)
	case p.Verdict == "not-seen":
		return NotSeen.String()
	case p.Depth > 0:
		return fmt.Sprintf("holds within depth %d", p.Depth)
	}
	return p.Verdict
}

// words says what the joint verdicts are good for.
func (e *jsonExtent) words() string {
	if e.Share != nil && len(e.Share.Missing()) > 0 {
		missing := Shares{Of: e.Share.Of, Parts: e.Share.Missing()}
		return fmt.Sprintf("INCOMPLETE: share %v is missing", &missing)
	}
	switch {
	case !e.divided():
		return e.Stop
	case !e.Complete:
		return fmt.Sprintf("INCOMPLETE: a share was not finished (%s)", e.Stop)
	case e.DepthBound > 0:
		return fmt.Sprintf("bounded: all %d shares of the run, to a depth of %d", e.Share.Of, e.DepthBound)
	}
	return fmt.Sprintf("exhaustive: all %d shares of the run", e.Share.Of)
}
