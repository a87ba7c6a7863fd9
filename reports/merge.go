package reports

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// Merged is what several runs of one machine found: the shares of a sampled search, say, each made by another computer.
type Merged struct {
	run  jsonRun
	from int
}

// Add adds a run from its JSON. The error says why it can't be: it is no run, or one of another kernel or scenario.
func (m *Merged) Add(data []byte) error {
	var r jsonRun
	if err := json.Unmarshal(data, &r); err != nil {
		return err
	}
	if r.Version != SchemaVersion || r.Kind != "run" {
		return fmt.Errorf("is no run of this version of hpcheck (hpcheck --json FILE writes one)")
	}
	m.from++
	if m.from == 1 {
		m.run = r
		return nil
	}
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
		m.run.Properties[i].join(r.Properties[i])
	}
	m.run.Extent.join(r.Extent)
	m.run.Coverage.join(r.Coverage)
	return nil
}

func (r *jsonRun) kernel() string {
	return strings.Join(append([]string{r.Kernel.Name}, r.Kernel.Without...), " without ")
}

// strength orders verdicts: the stronger one holds for both runs. What one run proves, another one that saw less does
// not take away.
var strength = map[string]int{
	"violated": 5, "holds": 4, "holds-within": 3, "not-seen": 2, "incomplete": 1, "vacuous": 0,
}

// join keeps the stronger verdict and, of two counterexamples, the shorter one.
func (p *jsonProperty) join(o jsonProperty) {
	a, b := strength[p.Verdict], strength[o.Verdict]
	if b > a || b == a && (o.Steps < p.Steps || o.Depth > p.Depth) {
		*p = o
	}
}

// join adds up. Different states can't be counted over several runs: it is at least as many as one of them has seen.
func (e *jsonExtent) join(o jsonExtent) {
	if o.Complete && !e.Complete || o.Stop == "exhausted" {
		e.Stop, e.Complete = o.Stop, o.Complete
	}
	e.Runs += o.Runs
	e.States, e.Depth, e.Levels, e.Bytes = max(e.States, o.States), max(e.Depth, o.Depth), max(e.Levels, o.Levels), max(
		e.Bytes, o.Bytes,
	)
	e.Transitions += o.Transitions
	e.Ends += o.Ends
	e.Seconds += o.Seconds
}

// join keeps what neither has executed.
func (c *jsonCoverage) join(o jsonCoverage) {
	c.Missed = both(c.Missed, o.Missed)
	c.Unentered = both(c.Unentered, o.Unentered)
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

// Complete reports whether the runs did all that was asked of them.
func (m *Merged) Complete() bool { return m.run.Extent.Complete }

// JSON writes the joint run in the form of one.
func (m *Merged) JSON(w io.Writer) error { return encode(w, m.run) }

// Summary writes the joint verdicts.
func (m *Merged) Summary(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "kernel %s: %d runs joined\n\n", m.run.kernel(), m.from)
	width := 0
	for _, p := range m.run.Properties {
		width = max(width, len(p.Name))
	}
	for _, p := range m.run.Properties {
		verdict := p.Verdict
		switch {
		case p.Counterexample != nil:
			verdict = fmt.Sprintf("VIOLATED in %d steps", p.Steps)
		case verdict == "not-seen":
			verdict = NotSeen.String()
		case p.Depth > 0:
			verdict = fmt.Sprintf("holds within depth %d", p.Depth)
		}
		fmt.Fprintf(&b, "  %-*s  %s\n", width, p.Name, verdict)
	}
	e := m.run.Extent
	fmt.Fprintf(&b, "\n%s; ", e.Stop)
	if e.Runs > 0 {
		fmt.Fprintf(&b, "%s samples, ", Thousands(uint64(e.Runs)))
	}
	fmt.Fprintf(
		&b, "%s transitions, at least %s states, %.0f s in all\n", Thousands(e.Transitions), Thousands(e.States),
		e.Seconds,
	)
	c := m.run.Coverage
	fmt.Fprintf(&b, "executed %d of %d instructions, injected %d of %d faults\n",
		c.Instructions-len(c.Missed), c.Instructions, c.Faults-len(c.Unfired), c.Faults)
	_, err := io.WriteString(w, b.String())
	return err
}
