package reports

import (
	"fmt"
	"io"
	"strings"
)

// GitHub writes the run as workflow commands, which GitHub shows as annotations: an error for each violation, a warning
// for what is not known, and a notice for what was never put to the test.
func (r *Run) GitHub(w io.Writer) error {
	var b strings.Builder
	for _, v := range r.Verdicts {
		switch v.Status {
		case Violated:
			c := v.Counterexample
			var last Step
			if n := len(c.Steps); n > 0 {
				last = c.Steps[n-1]
			}
			line := last.Line
			if line == 0 {
				line = r.Tree.Line(last.Function)
			}
			command(
				&b, "error", last.file(), line,
				fmt.Sprintf("%s: %s is violated", r.Subject(), v.Property.Name),
				fmt.Sprintf("%s\n%d steps. Must hold: %s", c.Story().Headline, len(c.Steps), v.Property.Doc),
			)
		case Vacuous:
			command(&b, "notice", "", 0, fmt.Sprintf("%s: %s is vacuous", r.Subject(), v.Property.Name),
				v.idle()+" in this scenario")
		}
	}
	if r.Complete() {
		command(&b, "notice", "", 0, fmt.Sprintf("hpcheck %s", r.Subject()), r.extent())
	} else {
		command(&b, "warning", "", 0, fmt.Sprintf("hpcheck %s is incomplete", r.Subject()), r.extent())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

var (
	githubData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// command writes a workflow command.
func command(b *strings.Builder, name, file string, line int, title, text string) {
	fmt.Fprintf(b, "::%s ", name)
	if file != "" {
		fmt.Fprintf(b, "file=%s,", githubProperty.Replace(file))
	}
	if line > 1 {
		fmt.Fprintf(b, "line=%d,", line)
	}
	fmt.Fprintf(b, "title=%s::%s\n", githubProperty.Replace(title), githubData.Replace(text))
}
