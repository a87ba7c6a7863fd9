package reports

import (
	"fmt"
	"io"
	"strings"
)

// Text writes a counterexample for people. Stretches in which nothing happens that bears on the property are folded,
// unless full is set.
func (c *Counterexample) Text(w io.Writer, full bool) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s is violated%s\n", c.Property, c.after())
	wrap(&b, "  ", "  ", c.Doc)
	fmt.Fprintf(&b, "\nkernel %s: %s\n\nwhy:\n", c.Kernel, c.Scenario)
	for _, clause := range c.Clauses {
		wrap(&b, "  - ", "    ", clause.Text+clause.At)
		for _, v := range clause.Vars {
			fmt.Fprintf(&b, "      %s = %s, %s\n", v.Name, v.Value, c.writer(v))
		}
	}
	for i, sentence := range c.lasso() {
		if i == 0 {
			b.WriteString("\nfor ever:\n")
		}
		wrap(&b, fmt.Sprintf("  %7s  ", sentence.Steps()), strings.Repeat(" ", 11), sentence.Text)
	}
	b.WriteString("\nsteps:\n")
	width := len("thread")
	for _, lane := range c.Lanes {
		width = max(width, len(lane))
	}
	at := "" // the call chain of the last step shown
	if full {
		for i := range c.Steps {
			at = c.Steps[i].text(&b, width, at)
		}
	} else {
		for _, row := range c.Rows() {
			if row.Quiet() {
				row.fold(&b)
				at = ""
			} else {
				at = row.Steps[0].text(&b, width, at)
			}
		}
	}
	if c.CycleFrom > 0 {
		fmt.Fprintf(&b, "         and again from step %d, for ever\n", c.CycleFrom)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// after says how long the way to the violation is.
func (c *Counterexample) after() string {
	switch n := len(c.Steps); {
	case c.CycleFrom > 0:
		return fmt.Sprintf(": %d steps, of which the last %d are repeated for ever", n, n-c.CycleFrom+1)
	case c.Lasso:
		return fmt.Sprintf(": %d steps, and nothing comes after them", n)
	default:
		return " after " + stepsInAll(n)
	}
}

// writer says who wrote a variable last.
func (c *Counterexample) writer(v Var) string {
	if v.Step == 0 {
		return "as it was at boot"
	}
	s := &c.Steps[v.Step-1]
	return fmt.Sprintf("written last in step %d by %s in %s()%s", v.Step, s.Thread, s.Function, s.at())
}

// fold writes a line for a stretch of quiet steps.
func (r *Row) fold(b *strings.Builder) {
	shares := r.Shares()
	if len(shares) == 1 {
		fmt.Fprintf(b, "         ... %s of %s\n", steps(len(r.Steps)), shares[0].Thread)
		return
	}
	names := make([]string, len(shares))
	for i, s := range shares {
		names[i] = fmt.Sprintf("%s %d", s.Thread, s.Steps)
	}
	fmt.Fprintf(b, "         ... %s: %s\n", steps(len(r.Steps)), strings.Join(names, ", "))
}

func steps(n int) string {
	if n == 1 {
		return "1 quiet step"
	}
	return fmt.Sprintf("%d quiet steps", n)
}

// text writes a step, after its call chain if that is not the one at which the report stands, and returns the chain.
func (s *Step) text(b *strings.Builder, width int, at string) string {
	chain := s.Thread + ": " + s.chain()
	if s.Turns {
		b.WriteString("\n         from here for ever:\n")
	}
	if chain != at {
		fmt.Fprintf(b, "         %s\n", chain)
	}
	outcome := ""
	if s.Outcome != "" {
		outcome = " -> " + s.Outcome
	}
	if s.Line > 0 {
		outcome += fmt.Sprintf("  (%s:%d)", s.File, s.Line)
	}
	fmt.Fprintf(b, "%s %5d  %-*s %s  %s%s\n", s.mark(), s.Number, width, s.Thread, cpuName(s.CPU), s.Label, outcome)
	indent := strings.Repeat(" ", 8+width+8)
	for _, e := range s.Events {
		fmt.Fprintf(b, "%s. %s\n", indent, e.Text)
	}
	for _, ch := range s.Changes {
		fmt.Fprintf(b, "%s  %s: %s -> %s\n", indent, ch.Name, ch.Old, ch.New)
	}
	return chain
}

// mark is how the step is marked in texts: "!" if it violates the property, "*" if something fails.
func (s *Step) mark() string {
	switch {
	case s.Violating:
		return "!"
	case s.Fault:
		return "*"
	}
	return " "
}

// chain is the call chain, without its outer functions if it is long.
func (s *Step) chain() string {
	const most = 5
	calls := append(s.Callers[:len(s.Callers):len(s.Callers)], s.Function)
	if len(calls) > most {
		calls = append([]string{"..."}, calls[len(calls)-most:]...)
	}
	return strings.Join(calls, " > ")
}

// cpuName is where a step runs.
func cpuName(cpu int) string {
	if cpu < 0 {
		return "CPU -"
	}
	return fmt.Sprintf("CPU %d", cpu)
}

// wrap writes text in lines of at most 100 columns.
func wrap(b *strings.Builder, first, rest, text string) {
	line := first
	start := true
	for _, word := range strings.Fields(text) {
		if !start && len(line)+1+len(word) > 100 {
			b.WriteString(line + "\n")
			line, start = rest, true
		}
		if !start {
			line += " "
		}
		line += word
		start = false
	}
	b.WriteString(line + "\n")
}
