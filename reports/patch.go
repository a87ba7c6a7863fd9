package reports

import (
	"fmt"
	"io"
	"strings"

	mail "github.com/hpcheck/hpcheck/internal/fold"
)

// Patch is what a change of the kernel's source changes: the same scenario before and after it.
type Patch struct {
	Before, After *Run
	Unseen        []string    // what differs and was not assembled: "smpboot_unpark_thread, kernel/smpboot.c:233"
	Behaviours    *Difference // of the kernel before, and of that after; nil if they were not compared
}

// Changed are the properties that have another verdict, as pairs of those before and after.
func (p *Patch) Changed() [][2]Verdict {
	var pairs [][2]Verdict
	for i, before := range p.Before.Verdicts {
		after := p.After.Verdicts[i]
		if p.Before.VerdictText(before) != p.After.VerdictText(after) {
			pairs = append(pairs, [2]Verdict{before, after})
		}
	}
	return pairs
}

// Worse reports whether a property is violated that was not.
func (p *Patch) Worse() bool {
	for _, v := range p.Changed() {
		if v[1].Status == Violated && v[0].Status != Violated {
			return true
		}
	}
	return false
}

// Text writes it for a mail: what was checked, the verdicts that differ, each violation that is new with what could
// be seen of its shortest counterexample, and the shortest behaviour that only one of the kernels has.
func (p *Patch) Text(to io.Writer) error {
	w := &mail.Writer{W: to}
	w.Linef("checked: %s", p.After.Scenario)
	before, after := p.Before.extent(), p.After.extent()
	if before == after {
		w.Linef("  before %s states, after %s: %s", Thousands(p.Before.States), Thousands(p.After.States), after)
	} else {
		w.Linef("  before %s states, %s", Thousands(p.Before.States), before)
		w.Linef("  after %s states, %s", Thousands(p.After.States), after)
	}
	if len(p.Unseen) > 0 {
		w.Linef("")
		w.Linef("NOT CHECKED: these differ, but both runs have the model's own in their place:")
		for _, what := range p.Unseen {
			w.Linef("  %s", what)
		}
	}
	changed := p.Changed()
	w.Linef("")
	w.Linef("verdicts that differ: %d of %d", len(changed), len(p.After.Verdicts))
	for _, v := range changed {
		w.Linef("  %s: was %s, is %s", v[0].Property.Name, p.Before.VerdictText(v[0]), p.After.VerdictText(v[1]))
		if v[1].Status == Violated && v[0].Status != Violated {
			v[1].Counterexample.brief(w)
		}
	}
	if p.Behaviours != nil {
		w.Linef("")
		p.behaviours(w)
	}
	return w.Err
}

// brief writes why the counterexample violates its property, and what an observer sees of it.
func (c *Counterexample) brief(w *mail.Writer) {
	for _, clause := range c.Clauses {
		w.Linef("    - %s%s", clause.Text, clause.At)
	}
	width := 0
	for _, lane := range c.Lanes {
		width = max(width, len(lane))
	}
	for i := range c.Steps {
		s := &c.Steps[i]
		at := ""
		if s.Line > 0 {
			at = fmt.Sprintf(", %s:%d", s.File, s.Line)
		}
		seen := false
		for _, e := range s.Events {
			if observed(e.Kind) {
				w.Linef("    %s %4d %-*s %s%s", s.mark(), s.Number, width, s.Thread, e.Text, at)
				seen = true
			}
		}
		if !seen && s.Violating {
			w.Linef("    %s %4d %-*s %s: %s%s", s.mark(), s.Number, width, s.Thread, s.Function, s.Label, at)
		}
	}
}

// behaviours writes the shortest that only one of the kernels has.
func (p *Patch) behaviours(w *mail.Writer) {
	for i, name := range []string{"before", "after"} {
		only := p.Behaviours.Only[i]
		if len(only) == 0 {
			w.Linef("behaviours only %s: none%s", name, p.limit())
			continue
		}
		w.Linef("behaviours only %s: %s; the shortest, all but its last event is possible %s, too:", name,
			Thousands(uint64(len(only))), [2]string{"after", "before"}[i])
		shortest := only[0]
		from := max(0, len(shortest)-mostEvents)
		if from > 0 {
			w.Linef("         ... %d events", from)
		}
		for j := from; j < len(shortest); j++ {
			mark := " "
			if j == len(shortest)-1 {
				mark = "!"
			}
			w.Linef("  %s %4d %s", mark, j+1, strings.TrimSpace(shortest[j]))
		}
	}
}

// mostEvents is how many events of a behaviour are shown.
const mostEvents = 12

// limit says that there may be more.
func (p *Patch) limit() string {
	if p.Behaviours.Complete {
		return ""
	}
	return " that was found before a limit"
}
