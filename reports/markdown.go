package reports

import (
	"fmt"
	"io"
	"strings"
)

// markdownChars is the longest comment that GitHub takes, with room for what others add.
const markdownChars = 60000

// Markdown writes the run for a mail or the comment of a merge request: what went wrong, the properties, and each
// counterexample with its diagram, as many as fit into a comment.
func (r *Run) Markdown(w io.Writer) error {
	var b strings.Builder
	mark := "✔"
	switch {
	case len(r.Violations()) > 0:
		mark = "✖"
	case !r.Complete():
		mark = "…"
	}
	fmt.Fprintf(&b, "# %s hpcheck: %s on %s\n\n", mark, md(r.Headline()), md(r.Subject()))
	fmt.Fprintf(&b, "%s. %s\n\n", md(r.Scenario.String()), md(punctuated(r.extent())))
	for _, f := range r.Findings() {
		fmt.Fprintf(&b, "**%s** In the end:\n\n", md(f.Cause))
		for _, item := range f.Items {
			fmt.Fprintf(&b, "- %s (`%s`, %d steps)\n", md(item.Ends), item.Property, item.Steps)
		}
		b.WriteString("\n")
	}
	b.WriteString("| property | verdict | what must hold |\n|---|---|---|\n")
	for _, v := range r.Verdicts {
		fmt.Fprintf(&b, "| `%s` | %s %s | %s |\n", v.Property.Name, v.Status.icon(), r.verdict(v), md(v.Property.Doc))
	}
	end := fmt.Sprintf(
		"\n%s states, %s transitions. Again: `%s`\n",
		Thousands(r.States),
		Thousands(r.Transitions),
		r.Command(),
	)
	left := 0
	for _, c := range r.Violations() {
		text := c.markdown()
		if b.Len()+len(text)+len(end)+100 > markdownChars {
			left++
			continue
		}
		b.WriteString(text)
	}
	if left > 0 {
		fmt.Fprintf(&b, "\n%d more counterexamples are in `report.html`.\n", left)
	}
	b.WriteString(end)
	_, err := io.WriteString(w, b.String())
	return err
}

// markdown is a counterexample.
func (c *Counterexample) markdown() string {
	var b strings.Builder
	story := c.Story()
	fmt.Fprintf(
		&b, "\n<details><summary><b>%s</b>, %d steps</summary>\n\n%s\n\n", c.Property, len(c.Steps), md(story.Headline),
	)
	fmt.Fprintf(&b, "What must hold: %s. Why: %s\n\n", md(c.Doc), md(punctuated(c.Why)))
	for _, sentence := range story.Sentences {
		text := md(sentence.Text)
		if sentence.Kind == SentenceFault {
			text = "⚡ **" + text + "**"
		}
		fmt.Fprintf(&b, "- %s: %s\n", sentence.Steps(), text)
	}
	fmt.Fprintf(&b, "\n```mermaid\n%s```\n\n</details>\n", c.mermaid())
	return b.String()
}

// md escapes what has a meaning in Markdown.
func md(text string) string {
	return strings.NewReplacer(
		`\`,
		`\\`,
		"*",
		`\*`,
		"_",
		`\_`,
		"`",
		"\\`",
		"|",
		`\|`,
		"<",
		"&lt;",
		">",
		"&gt;",
		"[",
		`\[`,
		"\n",
		" ",
	).Replace(text)
}
