package reports

import (
	"fmt"
	"strings"
)

// Assembled says which part of a kernel was assembled from a tree's own C, and what that rests on.
type Assembled struct {
	Tree      string   `json:"tree"`      // as it was given
	Revision  string   `json:"revision"`  // of the tree, "" for files as they are
	Edition   string   `json:"edition"`   // that the rest is from
	Config    string   `json:"config"`    // where the configuration was found
	Symbols   []string `json:"symbols"`   // those that the files ask for: "CONFIG_SMP=y"
	Functions []string `json:"functions"` // that were assembled
	Rests     []Rest   `json:"rests"`
	Differs   []string `json:"differs"` // how the states differ from the edition's
}

// Rest is a function that was not assembled.
type Rest struct {
	Name string `json:"name"`
	As   string `json:"as"` // "primitive", "abstraction", "assumption" or "left out"
	Why  string `json:"why"`

	// Of a primitive that stands for a function of a file: where the tree has it, 0 for nowhere, a hash of its words,
	// and that of the function from which the primitive was made, "" if that is not known.
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Code   string `json:"code,omitempty"`
	Pinned string `json:"pinned,omitempty"`
}

// other reports whether the tree's function is not the one that the primitive was made from.
func (r *Rest) other() bool { return r.Pinned != "" && r.Code != r.Pinned }

// Subject is what was checked: the edition, or a kernel tree, which may be no release, and the version that it names.
func (r *Run) Subject() string {
	if r.Assembled == nil {
		return r.Kernel.String()
	}
	return fmt.Sprintf("the tree %s (%s)", r.Assembled.Tree, r.Kernel)
}

// text tells it in the summary of a run.
func (a *Assembled) text(b *strings.Builder) {
	fmt.Fprintf(b, "assembled from %s: %d functions; the rest is %s's\n", a.Tree, len(a.Functions), a.Edition)
	wrap(b, "  functions: ", "    ", strings.Join(a.Functions, ", "))
	for _, kind := range []struct{ as, title string }{{"assumption", "ASSUMED: "}, {"abstraction", "rests on: "}} {
		var names []string
		for _, r := range a.Rests {
			if r.As == kind.as {
				names = append(names, r.Name+"() ("+r.Why+")")
			}
		}
		if len(names) > 0 {
			wrap(b, "  "+kind.title, "    ", strings.Join(names, ", "))
		}
	}
	var other, unknown []string
	for i := range a.Rests {
		r := &a.Rests[i]
		switch {
		case r.other() && r.Line == 0:
			other = append(other, r.Name+"() (not in "+r.File+")")
		case r.other():
			other = append(other, fmt.Sprintf("%s() (%s:%d)", r.Name, r.File, r.Line))
		case r.Line > 0 && r.Pinned == "":
			unknown = append(unknown, r.Name+"()")
		}
	}
	if len(other) > 0 {
		wrap(
			b, "  primitives that stand for functions which differ in "+a.Edition+": ", "    ",
			strings.Join(other, ", "),
		)
	}
	if len(unknown) > 0 {
		wrap(b, "  primitives for which "+a.Edition+" has no hash: ", "    ", strings.Join(unknown, ", "))
	}
	for _, d := range a.Differs {
		wrap(b, "  ", "    ", d)
	}
	var set []string
	for _, s := range a.Symbols {
		if !strings.HasSuffix(s, "=n") {
			set = append(set, s)
		}
	}
	wrap(b, fmt.Sprintf("  configuration (%s): ", a.Config), "    ", strings.Join(set, " "))
}
