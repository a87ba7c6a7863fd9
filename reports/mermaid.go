package reports

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/model"
)

// GitHub draws no diagram of more than 50,000 characters; one of more than some hundred lines nobody reads.
const (
	mermaidChars = 45000
	mermaidLines = 160
)

// Mermaid writes the counterexample as a sequence diagram, which GitHub and GitLab draw in a comment.
func (c *Counterexample) Mermaid(w io.Writer) error {
	_, err := io.WriteString(w, c.mermaid())
	return err
}

func (c *Counterexample) mermaid() string {
	head := "sequenceDiagram\n"
	for i, name := range c.Lanes {
		head += fmt.Sprintf("    participant L%d as %s\n", i, mermaidText(name))
	}
	var body []string
	for _, row := range c.Rows() {
		body = append(body, c.mermaidArrows(&row)...)
		if !row.Quiet() {
			body = append(body, c.mermaidNote(&row.Steps[0]))
		}
	}
	if len(c.Lanes) > 0 {
		for _, clause := range c.Clauses {
			body = append(body, fmt.Sprintf("    Note over L0,L%d: ✖ %s", len(c.Lanes)-1, mermaidText(clause.Text)))
		}
	}
	return head + strings.Join(shorten(body, mermaidLines, mermaidChars-len(head)), "\n") + "\n"
}

// mermaidArrows are the arrows that end in the row, as messages.
func (c *Counterexample) mermaidArrows(row *Row) []string {
	var lines []string
	for _, a := range c.Arrows {
		if a.To < row.Steps[0].Number || a.To > row.Steps[len(row.Steps)-1].Number || a.Kind == ArrowEnable {
			continue
		}
		arrow, text := "->>", a.Text
		switch a.Kind {
		case ArrowCall:
			text = "asks, and will wait until " + a.Text
		case ArrowComplete:
			arrow = "-->>"
		}
		lines = append(
			lines,
			fmt.Sprintf("    L%d%sL%d: %d, %s", c.laneOf(a.From), arrow, c.laneOf(a.To), a.From, mermaidText(text)),
		)
	}
	return lines
}

func (c *Counterexample) laneOf(step int) int { return slices.Index(c.Lanes, c.Steps[step-1].Thread) }

// mermaidNote is a step that matters.
func (c *Counterexample) mermaidNote(s *Step) string {
	mark := ""
	switch {
	case s.Turns:
		mark = "↻ FROM HERE FOR EVER "
	case s.Violating:
		mark = "✖ VIOLATED "
	case s.Fault:
		mark = "⚡ FAULT "
	case s.Cited:
		mark = "◆ "
	}
	label := s.Label
	if s.Outcome != "" {
		label += " → " + s.Outcome
	}
	lines := []string{mermaidText(fmt.Sprintf("%s%d %s()", mark, s.Number, s.Function)), mermaidText(label)}
	for _, e := range s.Events {
		if !signal(e.Kind) && e.Kind != model.EventFault {
			lines = append(lines, mermaidText(e.Text))
		}
	}
	for _, ch := range s.Changes {
		lines = append(lines, mermaidText(ch.Name+": "+ch.Old+" → "+ch.New))
	}
	return fmt.Sprintf("    Note over L%d: %s", c.laneOf(s.Number), strings.Join(lines, "<br/>"))
}

// mermaidText makes text fit for a message: what has a meaning there is written by its number.
func mermaidText(text string) string {
	return strings.NewReplacer(
		"#",
		"#35;",
		";",
		"#59;",
		"<",
		"#lt;",
		">",
		"#gt;",
		"&",
		"#amp;",
		"\n",
		" ",
		`"`,
		"#quot;",
		"%%",
		"#37;#37;",
	).Replace(text)
}

// shorten leaves the middle out of what is too long: the beginning says what was asked, and the end what went wrong.
func shorten(lines []string, most, chars int) []string {
	size := func(lines []string) (n int) {
		for _, l := range lines {
			n += len(l) + 1
		}
		return n
	}
	for len(lines) > most || size(lines) > chars {
		first := min(10, len(lines)/4)
		keep := min(most, len(lines)-1) * 9 / 10
		if keep <= first+1 {
			return lines[len(lines)-1:]
		}
		lines = slices.Concat(
			lines[:first], []string{"    Note over L0: ... left out ..."}, lines[len(lines)-(keep-first-1):],
		)
	}
	return lines
}
