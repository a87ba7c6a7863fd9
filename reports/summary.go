package reports

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hpcheck/hpcheck/explore"
	"github.com/hpcheck/hpcheck/invariants"
	"github.com/hpcheck/hpcheck/model"
)

// Summary writes what a run found, as a table of the properties, and how far it went.
func (r *Run) Summary(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "kernel %s: %v\n", r.Subject(), r.Scenario)
	b.WriteString(inferred(r.Kernel) + "\n")
	width := 0
	for _, v := range r.Verdicts {
		width = max(width, len(v.Property.Name))
	}
	for _, v := range r.Verdicts {
		fmt.Fprintf(&b, "  %-*s  %s\n", width, v.Property.Name, r.verdict(v))
	}
	b.WriteString("\n" + r.extent() + "\n" + r.store() + "\n")
	if r.Search != explore.BreadthFirst {
		fmt.Fprintf(&b, "search %v: counterexamples need not be the shortest\n", r.Search)
	}
	fmt.Fprintf(&b, "%s states, %s transitions, %s", Thousands(r.States), Thousands(r.Transitions), r.reach())
	if r.Timed {
		fmt.Fprintf(&b, "; %s, %s", r.Elapsed.Round(time.Millisecond), Size(r.Bytes))
	}
	b.WriteString("\n")
	r.reduction(&b)
	if r.Spilled > 0 {
		fmt.Fprintf(&b, "moved %s of waiting states to disk\n", Size(r.Spilled))
	}
	r.coverage(&b)
	if r.Assembled != nil {
		r.Assembled.text(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Brief writes a line for each property that is violated or not done.
func (r *Run) Brief(w io.Writer) error {
	var b strings.Builder
	for _, v := range r.Verdicts {
		if v.Status == Violated || v.Status == Incomplete {
			fmt.Fprintf(&b, "%s: %s\n", v.Property.Name, r.verdict(v))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Explained is the summary after what each property says, and why.
func (r *Run) Explained(w io.Writer) error {
	var b strings.Builder
	for _, v := range r.Verdicts {
		fmt.Fprintf(&b, "%s: %s\n", v.Property.Name, r.verdict(v))
		wrap(&b, "  ", "  ", v.Property.Doc)
		wrap(&b, "  why: ", "  ", v.Property.Why)
	}
	b.WriteString("\n")
	if _, err := io.WriteString(w, b.String()); err != nil {
		return err
	}
	return r.Summary(w)
}

// extent says what the verdicts are good for.
func (r *Run) extent() string {
	switch r.Stop {
	case explore.Exhausted:
		if r.Share != nil {
			return fmt.Sprintf(
				"exhaustive within share %v of the run; hpcheck merge joins the shares", r.Share,
			)
		}
		if len(r.Scenario.FaultPoints) > 0 {
			return "exhaustive: every schedule of this scenario, with every choice of the faults that it allows"
		}
		return "exhaustive: every schedule of this scenario, with every choice of faults"
	case explore.Sampled:
		return fmt.Sprintf("sampled: %s %s; what was not found may still be there", Thousands(uint64(r.Runs)),
			map[explore.Search]string{explore.Random: "random walks", explore.Swarm: "searches of a swarm"}[r.Search])
	case explore.FirstFound:
		return "ended at the first violation: what else there is was not looked at"
	case explore.DepthBound:
		return fmt.Sprintf(
			"bounded: every schedule of at most %d steps; longer ones were not tried", r.DepthBound,
		)
	}
	return fmt.Sprintf("INCOMPLETE: %v; what was found stands, and nothing else is known", r.Stop)
}

// reach says how far the search went.
func (r *Run) reach() string {
	switch r.Search {
	case explore.BreadthFirst:
		return fmt.Sprintf("%s levels, maximal depth %d%s", Thousands(uint64(r.Levels)), r.Depth, r.unit())
	case explore.Directed:
		return "the closest first"
	}
	return fmt.Sprintf("longest path %d%s", r.Depth, r.unit())
}

// unit says what the depth counts, if it is not steps.
func (r *Run) unit() string {
	if r.Reduce&invariants.Merge != 0 {
		return " runs of steps"
	}
	return ""
}

// reduction says what was left out, that nothing is lost by it, and why there is not more of that.
func (r *Run) reduction(b *strings.Builder) {
	var ways []string
	if r.Reduce&invariants.Symmetry != 0 {
		ways = append(ways, "states that differ in the numbers of CPUs alone are one")
	}
	if r.Reduce&invariants.PartialOrder != 0 {
		ways = append(ways, "orders of steps that no property can tell apart are one")
	}
	if r.Reduce&invariants.Merge != 0 {
		ways = append(ways, "steps without a choice between them are one")
	}
	if len(ways) > 0 {
		wrap(b, "reduced: ", "  ", strings.Join(ways, ", ")+" (reduce=none for all of them)")
	}
	ps := make([]*invariants.Property, len(r.Verdicts))
	for i := range r.Verdicts {
		ps[i] = r.Verdicts[i].Property
	}
	if r.Live != nil {
		fmt.Fprintf(b, "liveness: %s states, %s transitions, all of them\n", Thousands(r.Live.States),
			Thousands(r.Live.Transitions))
	}
	kept := invariants.Kept(r.Scenario, r.DepthBound, ps)
	if kept != "" && r.Reduce == invariants.Auto(r.Scenario, r.DepthBound, ps) && !r.Search.Samples() {
		wrap(b, "not reduced: ", "  ", kept)
	}
}

// store says how the states were kept, and what that means for the verdicts.
func (r *Run) store() string {
	switch {
	case r.Search.Samples():
		return "different states are counted approximately"
	case r.Mode == explore.Compact:
		return fmt.Sprintf(
			"stored as 64-bit hashes (compact): a state was missed with a probability below %.1g", r.Missed,
		)
	case r.Mode == explore.Bitstate:
		return fmt.Sprintf(
			"stored as bits (bitstate): about %.2g%% of the states were missed; what holds is only likely to hold",
			100*r.Missed,
		)
	}
	return "stored whole (exact): no state was taken for another"
}

// coverage names what never ran: what was not executed was not checked.
func (r *Run) coverage(b *strings.Builder) {
	c := &r.Coverage
	fmt.Fprintf(b, "executed %d of %d instructions, injected %d of %d faults\n",
		c.Instructions-len(c.Missed), c.Instructions, c.Points-len(c.Unfired), c.Points)
	if len(c.Unentered) > 0 {
		wrap(b, "  never entered: ", "    ", strings.Join(c.Unentered, "(), ")+"()")
	}
	var functions []string
	labels := map[string][]string{}
	for _, in := range c.Missed {
		if slices.Contains(c.Unentered, in.Function) {
			continue
		}
		if labels[in.Function] == nil {
			functions = append(functions, in.Function)
		}
		labels[in.Function] = append(labels[in.Function], in.Label)
	}
	for _, f := range functions {
		fmt.Fprintf(b, "  never in %s():\n    %s\n", f, strings.Join(labels[f], "\n    "))
	}
	if len(c.Unfired) > 0 {
		names := make([]string, len(c.Unfired))
		for i, p := range c.Unfired {
			names[i] = p.Name
		}
		wrap(b, "  never a fault at ", "    ", strings.Join(names, ", "))
	}
}

// Thousands writes a number with separators: 605,314.
func Thousands(n uint64) string {
	digits := strconv.FormatUint(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Size writes a number of bytes: "12.3 MiB".
func Size(n uint64) string {
	switch {
	case n >= 1<<40:
		return fmt.Sprintf("%.1f TiB", float64(n)/(1<<40))
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
}

// inferred says what was found out about a kernel and not told, a line each.
func inferred(k model.Kernel) string {
	var b strings.Builder
	for _, line := range k.Inferred {
		b.WriteString(line + "\n")
	}
	return b.String()
}
