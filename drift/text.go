package drift

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hpcheck/hpcheck/internal/choose"
	"github.com/hpcheck/hpcheck/internal/fold"
)

// Text writes the report for a reader. All is whether to name also what makes no difference.
func (r *Report) Text(to io.Writer, all bool) error {
	w := &fold.Writer{W: to}
	r.Functions(w, all)
	r.textVerdicts(w, all)
	return w.Err
}

// Functions writes what differs, without what that means for runs.
func (r *Report) Functions(w *fold.Writer, all bool) {
	t := r.Taken.Unit
	w.Linef(
		"%s (%s) beside %s (%s)",
		t.Tree.Name,
		strings.TrimPrefix(t.Tree.Version.String(), "v"),
		r.Reference.title(),
		r.Reference.Tree,
	)
	w.Linef("  configuration: %s%s", t.Config.From, settings(r.Settings))
	w.Linef("  functions: %s", r.summary())
	for _, c := range r.Changes {
		if c.Kind.Matters() || all {
			change(w, c)
		}
	}
	r.textSteps(w, all)
	if blind := r.Reference.Blind(); len(blind) > 0 && all {
		w.Linef("  the model names, but has its own of: %s", strings.Join(blind, ", "))
	}
	for _, problem := range t.Problems() {
		w.Linef("  NOT READ: %s", problem.Error())
	}
	if m := r.Machine; m != nil {
		w.Linef(
			"  machine %s: %s as the source has them, %d set up at run time", m.File, count(m.Same, "state"), m.RunTime,
		)
		for _, d := range m.Differ {
			w.Linef("    %s", d)
		}
	}
}

// settings names the symbols that are set otherwise.
func settings(list []Setting) string {
	var parts []string
	for _, s := range list {
		parts = append(parts, fmt.Sprintf("%s=%s (was %s)", s.Name, s.Is, s.Was))
	}
	if parts == nil {
		return ""
	}
	return "; set otherwise: " + strings.Join(parts, ", ")
}

// summary counts the functions by how they differ.
func (r *Report) summary() string {
	n := map[Kind]int{}
	for _, c := range r.Changes {
		n[c.Kind]++
	}
	parts := []string{fmt.Sprintf("%d the same", r.Same)}
	for _, k := range []struct {
		kind Kind
		text string
	}{
		{Words, "in words only"}, {Noise, "in printing, tracing, lockdep only"}, {Renamed, "renamed"},
		{Changed, "changed"},
		{New, "new"}, {Gone, "gone"},
	} {
		if n[k.kind] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[k.kind], k.text))
		}
	}
	return strings.Join(parts, ", ")
}

func (r *Report) textSteps(w *fold.Writer, all bool) {
	switch {
	case len(r.Steps) > 0:
		w.Linef("  steps:")
		for _, s := range r.Steps {
			note := ""
			if !s.Matters {
				note = " (the model does not have it)"
			}
			w.Linef("    %s %s%s", s.Symbol, s.What, note)
		}
	case all || r.Moved > 0:
		w.Linef("  steps: the same callbacks in the same order%s", moved(r.Moved))
	}
}

func moved(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", %d under other numbers", n)
}

// textVerdicts writes which runs carry over, those that do not by what they execute that differs.
func (r *Report) textVerdicts(w *fold.Writer, all bool) {
	var suites []string
	for _, v := range r.Verdicts {
		if !slices.Contains(suites, v.Suite) {
			suites = append(suites, v.Suite)
		}
	}
	for _, suite := range suites {
		var yes, no []Verdict
		for _, v := range r.Verdicts {
			switch {
			case v.Suite != suite:
			case v.Carries:
				yes = append(yes, v)
			default:
				no = append(no, v)
			}
		}
		name := suite
		if name == "" {
			name = "runs"
		}
		w.Linef("")
		w.Linef("%s: the verdicts of %d of %s carry over", name, len(yes), count(len(yes)+len(no), "run"))
		if len(yes) > 0 && len(no) > 0 {
			w.Linef("  carry over: %s", strings.Join(runNames(yes), ", "))
		}
		for len(no) > 0 {
			because := no[0].Because
			same := func(v Verdict) bool { return slices.Equal(v.Because, because) }
			var group []Verdict
			for _, v := range no {
				if same(v) {
					group = append(group, v)
				}
			}
			no = slices.DeleteFunc(no, same)
			w.Linef("  to make again: %s: %s", strings.Join(runNames(group), ", "), reasons(because, all))
		}
	}
}

// mostNamed is how many functions are named if not all are.
const mostNamed = 8

// reasons names the functions because of which a run does not carry over.
func reasons(because []string, all bool) string {
	if n := len(because) - mostNamed; n > 1 && !all {
		return fmt.Sprintf("%s and %d more differ", strings.Join(because[:mostNamed], ", "), n)
	}
	if len(because) == 1 && because[0] != theSteps {
		return because[0] + " differs"
	}
	return strings.Join(because, ", ") + " differ"
}

func runNames(list []Verdict) []string {
	var names []string
	for _, v := range list {
		names = append(names, v.Name)
	}
	return names
}

// change writes a function that differs.
func change(w *fold.Writer, c Change) {
	where := c.File
	if c.Line > 0 {
		where = fmt.Sprintf("%s:%d", c.File, c.Line)
	}
	text := fmt.Sprintf("    %-8s %s, %s", c.Kind, c.Name, where)
	if c.Was != "" {
		text += ", was " + c.Was
	}
	w.Linef("%s", text)
	for _, part := range c.Parts {
		w.Linef("%s%s%s", strings.Repeat(" ", 13), part.What, part.where())
	}
}

// where says where a part is: in the tree, and in the one that it is compared with.
func (p *Part) where() string {
	line := func(at []int) string { return choose.If(len(at) == 1, "line ", "lines ") + ranges(at) }
	switch {
	case len(p.Lines) > 0 && len(p.Was) > 0:
		return ", " + line(p.Lines) + ", was " + ranges(p.Was)
	case len(p.Lines) > 0:
		return ", " + line(p.Lines)
	case len(p.Was) > 0:
		return ", was " + line(p.Was)
	}
	return ""
}

// count writes a number of things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// ranges writes 1 2 3 7 as 1-3 7.
func ranges(lines []int) string {
	var parts []string
	for i := 0; i < len(lines); {
		j := i
		for j+1 < len(lines) && lines[j+1] == lines[j]+1 {
			j++
		}
		if i == j {
			parts = append(parts, fmt.Sprint(lines[i]))
		} else {
			parts = append(parts, fmt.Sprintf("%d-%d", lines[i], lines[j]))
		}
		i = j + 1
	}
	return strings.Join(parts, " ")
}
